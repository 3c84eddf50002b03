//! Tells AddressSanitizer which blocks idle, so that it reports whoever still looks into one. It watches the heap by
//! itself, but not pages that are mapped and reused. Built only with `--cfg asan`.

use std::ffi::c_void;
use std::ptr::NonNull;

unsafe extern "C" {
    fn __asan_poison_memory_region(base: *const c_void, bytes: usize);
    fn __asan_unpoison_memory_region(base: *const c_void, bytes: usize);
}

/// The part of an idle block that the lists are threaded through stays open.
const LISTS: usize = 64;

/// From now on nobody may touch this block.
pub(super) fn poison(base: NonNull<u8>, bytes: usize) {
    // SAFETY: marks bytes in the sanitizer's books; those of the caller's block, which is longer than `LISTS`.
    unsafe { __asan_poison_memory_region(base.as_ptr().add(LISTS).cast(), bytes - LISTS) }
}

/// The block has an owner again.
pub(super) fn unpoison(base: NonNull<u8>, bytes: usize) {
    // SAFETY: as for `poison`.
    unsafe { __asan_unpoison_memory_region(base.as_ptr().add(LISTS).cast(), bytes - LISTS) }
}
