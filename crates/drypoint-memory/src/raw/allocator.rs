//! The pool as an allocator for code that knows nothing of it.
//!
//! A decoder allocates and frees its page buffers over and over; the C library maps and unmaps each large one,
//! and the page faults cost three times the decoding. Installed as `#[global_allocator]`, large requests are
//! served from the idle blocks of the process's pool. The budget cannot refuse here (a null would abort the
//! program): what foreign code takes is counted instead, as the consumer `"decoders"`, and everyone who asks
//! after it finds so much less.
//!
//! Everything is decided by the layout alone, so a block needs no header: from 64 KiB on, and aligned to no more
//! than a small page, it is ours.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::{self, NonNull};

use super::block::Mapped;
use super::survive_forks;
use crate::class::{ALIGNMENT, Class, POOLED_FROM, STAGGER};
use crate::pool::Decoders;

/// A global allocator that takes requests of 64 KiB and more from the process's pool.
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: drypoint_memory::PoolAllocator = drypoint_memory::PoolAllocator;
///
/// let page = vec![1u8; 1 << 20];
/// let usage = drypoint_memory::MemoryPool::process().snapshot();
/// assert!(usage.consumer("decoders").unwrap().live >= page.len());
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct PoolAllocator;

/// Blocks of at least this many bytes grow by moving their pages: copying them would cost some tenths of a millisecond.
const MOVED_FROM: usize = 4 << 20;

/// The class that serves a layout; `None` if the system allocator does.
fn class_of(layout: Layout) -> Option<Class> {
    if layout.size() < POOLED_FROM || layout.align() > STAGGER { None } else { Class::of(layout.size()) }
}

/// Where the caller's bytes begin in the pages.
fn offset_for(layout: Layout) -> usize {
    if layout.align() <= ALIGNMENT { Mapped::next_stagger() } else { 0 }
}

// SAFETY: a block is at least as long as its layout asks (its class holds the size after any offset up to
// `STAGGER`) and aligned as it asks (offsets are multiples of 64, and 0 for more, up to a page). It belongs to the
// caller alone until it comes back. No path here panics or allocates: the lists live in the blocks.
unsafe impl GlobalAlloc for PoolAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(class) = class_of(layout) else {
            // SAFETY: handed on to the caller.
            return unsafe { System.alloc(layout) };
        };
        survive_forks();
        match Decoders::take(class) {
            Some((pages, _)) => pages.hand_out(offset_for(layout)).as_ptr(),
            None => ptr::null_mut(),
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let Some(class) = class_of(layout) else {
            // SAFETY: handed on to the caller.
            return unsafe { System.alloc_zeroed(layout) };
        };
        survive_forks();
        let Some((mut pages, fresh)) = Decoders::take(class) else { return ptr::null_mut() };
        let offset = offset_for(layout);
        if !fresh {
            pages.clear(offset, layout.size());
        }
        pages.hand_out(offset).as_ptr()
    }

    unsafe fn dealloc(&self, data: *mut u8, layout: Layout) {
        match class_of(layout) {
            Some(class) => {
                // SAFETY: the caller gives back what it had for this layout, which is not null.
                Decoders::give_back(unsafe { Mapped::of_data(NonNull::new_unchecked(data), class) });
            }
            // SAFETY: handed on to the caller.
            None => unsafe { System.dealloc(data, layout) },
        }
    }

    unsafe fn realloc(&self, data: *mut u8, old: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the new size, rounded up to the alignment, does not overflow.
        let new = unsafe { Layout::from_size_align_unchecked(new_size, old.align()) };
        let (old_class, new_class) = (class_of(old), class_of(new));
        match (old_class, new_class) {
            // SAFETY: handed on to the caller.
            (None, None) => unsafe { System.realloc(data, old, new_size) },
            (Some(before), Some(after)) if before == after => data,
            // A warm block and a copy beat fresh pages; without one, moving many pages beats copying them. Few are copied
            // all the same: the old block stays behind for the next small vector, so that the same work done again finds
            // every block it needs.
            (Some(before), Some(after)) if before.capacity() >= MOVED_FROM && !Decoders::has_idle(after) => {
                // SAFETY: the caller gives the old block up if this succeeds.
                unsafe { remapped(data, before, after) }
                    // SAFETY: as the caller promised for `realloc`.
                    .unwrap_or_else(|| unsafe { self.copied(data, old, new) })
            }
            // SAFETY: as the caller promised for `realloc`.
            _ => unsafe { self.copied(data, old, new) },
        }
    }
}

/// The same contents at another class by moving the pages; `None` leaves everything as it was.
///
/// # Safety
/// `data` is from this allocator for a layout of class `before`, and is given up on success.
unsafe fn remapped(data: *mut u8, before: Class, after: Class) -> Option<*mut u8> {
    // SAFETY: a block of ours is not null; the rest is handed on to the caller.
    let (data, pages) = unsafe {
        let data = NonNull::new_unchecked(data);
        (data, Mapped::of_data(data, before))
    };
    let offset = Mapped::offset_of(data);
    match pages.resized(after) {
        Ok(pages) => {
            Decoders::resized(before, after);
            Some(pages.hand_out(offset).as_ptr())
        }
        Err(pages) => {
            pages.hand_out(offset);
            None
        }
    }
}

impl PoolAllocator {
    /// # Safety
    /// As for `GlobalAlloc::realloc`.
    unsafe fn copied(&self, data: *mut u8, old: Layout, new: Layout) -> *mut u8 {
        // SAFETY: `new` is not empty, as the caller promised; the two blocks are different ones, each at least as
        // long as the shorter of the layouts; `data` is given back for the layout it had.
        unsafe {
            let moved = self.alloc(new);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(data, moved, old.size().min(new.size()));
                self.dealloc(data, old);
            }
            moved
        }
    }
}
