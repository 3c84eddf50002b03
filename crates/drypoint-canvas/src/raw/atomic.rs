//! Counters that all threads add to.

use std::sync::atomic::{AtomicU32, Ordering};

use drypoint_memory::Buffer;

/// A buffer that is counted in by many threads, and an ordinary one again afterwards.
pub(crate) struct AtomicPlane {
    cells: Buffer<u32>,
    /// Of `cells`; not touched through `cells` as long as this is.
    counters: *const AtomicU32,
    len: usize,
}

// SAFETY: shared access goes through `counters` only, and those are atomic; the buffer itself is `Send`.
unsafe impl Sync for AtomicPlane {}
// SAFETY: `counters` points into `cells`, which moves along; its items do not move with it (they are on the heap).
unsafe impl Send for AtomicPlane {}

impl AtomicPlane {
    pub(crate) fn new(mut cells: Buffer<u32>) -> Self {
        let len = cells.len();
        let counters = cells.as_mut_ptr().cast::<AtomicU32>().cast_const();
        Self { cells, counters, len }
    }

    /// The counters.
    pub(crate) fn counters(&self) -> &[AtomicU32] {
        // SAFETY: `AtomicU32` is laid out as `u32`; the items live as long as `cells`, that is as `self`; nothing else
        // refers to them, because `cells` is private and only given away by value.
        unsafe { std::slice::from_raw_parts(self.counters, self.len) }
    }

    /// Add to one counter; true if that wrapped past 2³².
    #[inline]
    pub(crate) fn add(&self, cell: usize, count: u32) -> bool {
        self.counters()[cell].fetch_add(count, Ordering::Relaxed).checked_add(count).is_none()
    }

    /// What was counted.
    pub(crate) fn into_cells(self) -> Buffer<u32> {
        self.cells
    }
}
