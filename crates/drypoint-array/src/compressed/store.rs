//! What the compressed arrays of a pool share: two accounts, the cache, and who gives way under pressure.
//!
//! No lock of this room is held while the pool is asked for memory, so the pool may ask this room at any time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use drypoint_memory::{Buffer, MemoryConsumer, MemoryPool, ReclaimOrder, ReclaimerGuard};

use super::cache::Cache;
use super::chunk::Chunk;
use crate::disk::SpillSpace;
use crate::{ArrayError, Result};

/// Under pressure at least this much is spilled at once, or this part of what is held: looking for the coldest
/// costs a walk over all chunks.
const LEAST_SPILLED: usize = 2 << 20;
const PART_SPILLED: usize = 32;

/// The shared part of all compressed arrays of one pool.
pub struct Store {
    stored: MemoryConsumer,
    decoded: MemoryConsumer,
    cache: Cache,
    space: Arc<SpillSpace>,
    ids: AtomicU64,
    clock: AtomicU64,
    arrays: Mutex<Vec<Weak<Slots>>>,
    /// Registered with the pool; they know the store weakly.
    guards: Mutex<Vec<ReclaimerGuard>>,
}

/// The chunks of one array, in C order of their places.
#[derive(Debug, Default)]
pub(super) struct Slots(RwLock<Vec<Arc<Chunk>>>);

impl Slots {
    pub(super) fn new(chunks: Vec<Arc<Chunk>>) -> Self {
        Self(RwLock::new(chunks))
    }

    pub(super) fn get(&self, number: usize) -> Option<Arc<Chunk>> {
        self.read().get(number).cloned()
    }

    pub(super) fn all(&self) -> Vec<Arc<Chunk>> {
        self.read().clone()
    }

    pub(super) fn extend(&self, chunks: Vec<Arc<Chunk>>) {
        self.write().extend(chunks);
    }

    /// Put `new` in the place of `old`, unless someone else did so before. What was there is dropped without the lock.
    pub(super) fn replace(&self, number: usize, old: &Arc<Chunk>, new: Arc<Chunk>) -> bool {
        let before = {
            let mut chunks = self.write();
            match chunks.get_mut(number) {
                Some(slot) if Arc::ptr_eq(slot, old) => Some(std::mem::replace(slot, new)),
                _ => None,
            }
        };
        before.is_some()
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<Arc<Chunk>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<Arc<Chunk>>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("cached_bytes", &self.cache.bytes()).finish_non_exhaustive()
    }
}

impl Store {
    /// For arrays in blocks of `pool` that spill to `space`.
    pub fn new(pool: &MemoryPool, space: Arc<SpillSpace>) -> Arc<Self> {
        let store = Arc::new(Self {
            stored: pool.consumer("compressed arrays"),
            decoded: pool.consumer("decoded chunks"),
            cache: Cache::new(pool.clone()),
            space,
            ids: AtomicU64::new(0),
            clock: AtomicU64::new(0),
            arrays: Mutex::default(),
            guards: Mutex::default(),
        });
        let (caches, arrays) = (Arc::downgrade(&store), Arc::downgrade(&store));
        let guards = vec![
            pool.register_reclaimer(ReclaimOrder::Caches, move |bytes| {
                caches.upgrade().map_or(0, |store| store.cache.reclaim(bytes))
            }),
            pool.register_reclaimer(ReclaimOrder::Spillable, move |bytes| {
                arrays.upgrade().map_or(0, |store| store.spill(bytes))
            }),
        ];
        *store.guards.lock().unwrap_or_else(PoisonError::into_inner) = guards;
        store
    }

    /// Where the pool's arrays spill to.
    pub fn space(&self) -> &Arc<SpillSpace> {
        &self.space
    }

    /// Bytes of decoded chunks that are kept for another look.
    pub fn cached_bytes(&self) -> usize {
        self.cache.bytes()
    }

    pub(super) fn cache(&self) -> &Cache {
        &self.cache
    }

    pub(super) fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }

    /// Have the chunks of an array spilled when memory is short.
    pub(super) fn watch(&self, slots: &Arc<Slots>) {
        let mut arrays = self.arrays.lock().unwrap_or_else(PoisonError::into_inner);
        if arrays.len() == arrays.capacity() {
            arrays.retain(|slots| slots.strong_count() > 0);
        }
        arrays.push(Arc::downgrade(slots));
    }

    /// Room for a chunk's encoded bytes.
    pub(super) fn stored(&self, bytes: usize) -> Result<Buffer<u8>> {
        self.stored.buffer(bytes).map_err(|error| self.explained(error.into()))
    }

    /// Room for a chunk's items, or for what passes on the way to them.
    pub(super) fn decoded(&self, bytes: usize) -> Result<Buffer<u8>> {
        self.decoded.buffer(bytes).map_err(|error| self.explained(error.into()))
    }

    /// Where the budget refused because nothing could be spilled, that is said too.
    fn explained(&self, error: ArrayError) -> ArrayError {
        self.space.explain(error)
    }

    /// Move chunks to disk, those first that were not used for longest, until `bytes` or a little more left memory.
    pub fn spill(&self, bytes: usize) -> usize {
        let arrays: Vec<Arc<Slots>> = {
            let arrays = self.arrays.lock().unwrap_or_else(PoisonError::into_inner);
            arrays.iter().filter_map(Weak::upgrade).collect()
        };
        let mut held: Vec<(u64, Arc<Chunk>)> = Vec::new();
        let mut held_bytes = 0;
        for slots in &arrays {
            for chunk in slots.read().iter() {
                // A single item stays: it is no larger than what would say where it went.
                let bytes = if chunk.codec().is_some() { chunk.held_bytes() } else { 0 };
                if bytes > 0 {
                    held_bytes += bytes;
                    held.push((chunk.used(), chunk.clone()));
                }
            }
        }
        held.sort_unstable_by_key(|(used, _)| *used);
        let wanted = bytes.max(LEAST_SPILLED).max(held_bytes / PART_SPILLED);
        let mut freed = 0;
        for (_, chunk) in held {
            if freed >= wanted {
                break;
            }
            match chunk.spill() {
                Ok(bytes) => freed += bytes,
                // The reason is kept by the space, for whoever asked.
                Err(_) => break,
            }
        }
        freed
    }
}
