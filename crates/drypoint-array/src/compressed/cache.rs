//! Chunks that were decoded lately: what is looked at again costs a copy.
//!
//! Bounded by a part of the budget, and the first thing to go under pressure. Chunks may be tiny and their number large, so
//! the turns at which they were used are kept in order.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use drypoint_memory::{Buffer, MemoryPool};

/// At most this many bytes, and this part of the budget.
const MOST_BYTES: usize = 64 << 20;
const PART: usize = 8;

#[derive(Debug)]
pub(super) struct Cache {
    pool: MemoryPool,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    by_chunk: HashMap<u64, Entry>,
    /// The chunk of each turn, for those that are held.
    by_turn: BTreeMap<u64, u64>,
    bytes: usize,
    turn: u64,
}

#[derive(Debug)]
struct Entry {
    items: Arc<Buffer<u8>>,
    turn: u64,
}

impl Cache {
    pub(super) fn new(pool: MemoryPool) -> Self {
        Self { pool, entries: Mutex::default() }
    }

    /// Bytes that it may hold.
    pub(super) fn limit(&self) -> usize {
        (self.pool.limit() / PART).min(MOST_BYTES)
    }

    /// Bytes that it holds.
    pub(super) fn bytes(&self) -> usize {
        self.entries().bytes
    }

    /// The items of a chunk, if they are here.
    pub(super) fn get(&self, chunk: u64) -> Option<Arc<Buffer<u8>>> {
        self.entries().used(chunk)
    }

    /// Keep the items of a chunk; the oldest go for it.
    pub(super) fn put(&self, chunk: u64, items: Arc<Buffer<u8>>) {
        let limit = self.limit();
        if items.len() > limit {
            return;
        }
        let leaving = {
            let mut entries = self.entries();
            let mut leaving = entries.shrink_to(limit - items.len());
            leaving.extend(entries.remove(chunk));
            entries.insert(chunk, items);
            leaving
        };
        drop(leaving);
    }

    /// The chunk is no more.
    pub(super) fn forget(&self, chunk: u64) {
        let leaving = self.entries().remove(chunk);
        drop(leaving);
    }

    /// Let `bytes` go, oldest first. Returns what went.
    pub(super) fn reclaim(&self, bytes: usize) -> usize {
        let leaving = {
            let mut entries = self.entries();
            let keep = entries.bytes.saturating_sub(bytes);
            entries.shrink_to(keep)
        };
        leaving.iter().map(|items| items.len()).sum()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    /// The items of a chunk, which is now the one that was used last.
    fn used(&mut self, chunk: u64) -> Option<Arc<Buffer<u8>>> {
        let entry = self.by_chunk.get_mut(&chunk)?;
        self.turn += 1;
        self.by_turn.remove(&entry.turn);
        self.by_turn.insert(self.turn, chunk);
        entry.turn = self.turn;
        Some(entry.items.clone())
    }

    /// A chunk that is not here comes.
    fn insert(&mut self, chunk: u64, items: Arc<Buffer<u8>>) {
        self.turn += 1;
        self.bytes += items.len();
        self.by_turn.insert(self.turn, chunk);
        self.by_chunk.insert(chunk, Entry { items, turn: self.turn });
    }

    fn remove(&mut self, chunk: u64) -> Option<Arc<Buffer<u8>>> {
        let entry = self.by_chunk.remove(&chunk)?;
        self.by_turn.remove(&entry.turn);
        self.bytes -= entry.items.len();
        Some(entry.items)
    }

    fn shrink_to(&mut self, bytes: usize) -> Vec<Arc<Buffer<u8>>> {
        let mut leaving = Vec::new();
        while self.bytes > bytes {
            let Some((_, oldest)) = self.by_turn.pop_first() else { break };
            leaving.extend(self.remove(oldest));
        }
        leaving
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first() {
        let pool = MemoryPool::new(8 << 20);
        let cache = Cache::new(pool.clone());
        let items = || Arc::new(pool.consumer("decoded chunks").buffer::<u8>(300_000).unwrap());
        for chunk in 0..3 {
            cache.put(chunk, items());
        }
        assert!(cache.get(0).is_some());
        cache.put(3, items());
        assert!(cache.get(1).is_none(), "used longest ago");
        assert!(cache.get(0).is_some());
        assert_eq!(cache.bytes(), 900_000);
        assert_eq!(cache.reclaim(1), 300_000);
        assert!(cache.get(2).is_none());
        cache.forget(0);
        assert_eq!(cache.bytes(), 300_000);
        let large = Arc::new(pool.consumer("decoded chunks").buffer::<u8>(2 << 20).unwrap());
        cache.put(4, large);
        let entries = cache.entries();
        assert_eq!(entries.by_turn.len(), entries.by_chunk.len());
        drop(entries);
        assert!(cache.get(4).is_none() && cache.get(3).is_some(), "larger than all it may hold");
    }
}
