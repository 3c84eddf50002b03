//! Chunks that were decoded lately: what is looked at again costs a copy.
//!
//! Bounded by a part of the budget, and the first thing to go under pressure. There are a few hundred entries at most, so
//! the oldest is found by looking at all.

use std::collections::HashMap;
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
        let mut entries = self.entries();
        entries.turn += 1;
        let turn = entries.turn;
        let entry = entries.by_chunk.get_mut(&chunk)?;
        entry.turn = turn;
        Some(entry.items.clone())
    }

    /// Keep the items of a chunk; the oldest go for it.
    pub(super) fn put(&self, chunk: u64, items: Arc<Buffer<u8>>) {
        let limit = self.limit();
        if items.len() > limit {
            return;
        }
        let leaving = {
            let mut entries = self.entries();
            entries.turn += 1;
            let turn = entries.turn;
            let mut leaving = entries.shrink_to(limit - items.len());
            entries.bytes += items.len();
            if let Some(before) = entries.by_chunk.insert(chunk, Entry { items, turn }) {
                entries.bytes -= before.items.len();
                leaving.push(before.items);
            }
            leaving
        };
        drop(leaving);
    }

    /// The chunk is no more.
    pub(super) fn forget(&self, chunk: u64) {
        let leaving = {
            let mut entries = self.entries();
            let leaving = entries.by_chunk.remove(&chunk);
            entries.bytes -= leaving.as_ref().map_or(0, |entry| entry.items.len());
            leaving
        };
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
    fn shrink_to(&mut self, bytes: usize) -> Vec<Arc<Buffer<u8>>> {
        let mut leaving = Vec::new();
        while self.bytes > bytes {
            let Some(oldest) = self.by_chunk.iter().min_by_key(|(_, entry)| entry.turn).map(|(&id, _)| id)
            else {
                break;
            };
            if let Some(entry) = self.by_chunk.remove(&oldest) {
                self.bytes -= entry.items.len();
                leaving.push(entry.items);
            }
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
        assert!(cache.get(4).is_none() && cache.get(3).is_some(), "larger than all it may hold");
    }
}
