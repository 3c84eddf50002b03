//! What one consumer holds. Written only under the pool's lock; atomic so that no `unsafe` is needed to say so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use crate::ledger::ConsumerUsage;

/// The account that foreign code is counted under when it allocates through
/// [`PoolAllocator`](crate::PoolAllocator); what a plan expects it to take is reserved under the same name.
pub const DECODERS: &str = "decoders";

/// The account of a snapshot of the heap, whose tables are allocated in the same way.
pub const HEAP_SNAPSHOT: &str = "heap snapshot";

/// One name's numbers.
#[derive(Debug)]
pub(crate) struct Account {
    name: Arc<str>,
    decoders: bool,
    reserved: AtomicUsize,
    live: AtomicUsize,
    peak: AtomicUsize,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Account {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            decoders: name == DECODERS || name == HEAP_SNAPSHOT,
            reserved: AtomicUsize::new(0),
            live: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Whether what is reserved here covers what foreign code allocates.
    pub(crate) fn covers_decoders(&self) -> bool {
        self.decoders
    }

    pub(super) fn reserve(&self, bytes: usize) {
        let reserved = self.reserved.load(Relaxed) + bytes;
        self.reserved.store(reserved, Relaxed);
        self.peak.store(self.peak.load(Relaxed).max(reserved), Relaxed);
    }

    pub(super) fn release(&self, bytes: usize) {
        self.reserved.store(self.reserved.load(Relaxed) - bytes, Relaxed);
    }

    pub(super) fn begin(&self, bytes: usize) {
        self.live.store(self.live.load(Relaxed) + bytes, Relaxed);
    }

    pub(super) fn end(&self, bytes: usize) {
        self.live.store(self.live.load(Relaxed) - bytes, Relaxed);
    }

    pub(super) fn count(&self, hit: bool) {
        let counter = if hit { &self.hits } else { &self.misses };
        counter.store(counter.load(Relaxed) + 1, Relaxed);
    }

    pub(super) fn reset_peak(&self) {
        self.peak.store(self.reserved.load(Relaxed), Relaxed);
    }

    pub(super) fn usage(&self) -> ConsumerUsage {
        ConsumerUsage {
            name: self.name.clone(),
            reserved: self.reserved.load(Relaxed),
            live: self.live.load(Relaxed),
            peak: self.peak.load(Relaxed),
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
        }
    }

    /// Whether nothing is held (its past may still be of interest).
    pub(super) fn holds_nothing(&self) -> bool {
        self.reserved.load(Relaxed) == 0 && self.live.load(Relaxed) == 0
    }
}
