//! The C library's own heap: what it keeps of freed memory, and from which size on it does not keep it.
//!
//! Only glibc has these calls; they are looked up in the running process, so a build for another C library does nothing.

use std::ffi::{c_int, c_void};

use super::symbol::symbol;

/// `mallopt`'s numbers for the size above which blocks are mapped, and the free space above which the heap is cut.
const M_TRIM_THRESHOLD: c_int = -1;
const M_MMAP_THRESHOLD: c_int = -3;

/// What glibc begins with. Setting either ends its own adjustment of both, which no call brings back.
pub(crate) const DEFAULT_THRESHOLD: usize = 128 * 1024;

/// Give the free pages of the C library's heap back to the system.
pub(crate) fn trim() -> bool {
    let Some(call) = symbol(c"malloc_trim") else { return false };
    // SAFETY: glibc's `int malloc_trim(size_t)`, safe to call from any thread.
    unsafe {
        let call = std::mem::transmute::<*mut c_void, extern "C" fn(usize) -> c_int>(call);
        call(0) != 0
    }
}

/// Map blocks only from `mapped` bytes on, and keep up to `kept` free bytes at the heap's end.
pub(crate) fn set_thresholds(mapped: usize, kept: usize) -> bool {
    let Some(call) = symbol(c"mallopt") else { return false };
    if symbol(c"malloc_trim").is_none() {
        return false; // musl has a `mallopt` of the name in some builds, which does nothing
    }
    let clamp = |bytes: usize| c_int::try_from(bytes).unwrap_or(c_int::MAX);
    // SAFETY: glibc's `int mallopt(int, int)`, safe to call from any thread.
    unsafe {
        let call = std::mem::transmute::<*mut c_void, extern "C" fn(c_int, c_int) -> c_int>(call);
        call(M_MMAP_THRESHOLD, clamp(mapped)) != 0 && call(M_TRIM_THRESHOLD, clamp(kept)) != 0
    }
}

/// glibc's `struct mallinfo2`: the heaps and the blocks that are mapped by themselves.
#[repr(C)]
#[derive(Default)]
struct HeapNumbers {
    arena: usize,
    free_chunks: usize,
    small_chunks: usize,
    mapped_blocks: usize,
    mapped_bytes: usize,
    most: usize,
    small_free: usize,
    used: usize,
    free: usize,
    at_end: usize,
}

/// Bytes in use in the C library's heaps and mapped blocks, and bytes that its heaps keep free; `None` where it cannot tell.
pub(crate) fn numbers() -> Option<(usize, usize)> {
    let call = symbol(c"mallinfo2")?;
    // SAFETY: glibc's `struct mallinfo2 mallinfo2(void)`, safe to call from any thread.
    let found = unsafe { std::mem::transmute::<*mut c_void, extern "C" fn() -> HeapNumbers>(call)() };
    Some((found.used + found.mapped_bytes, found.free))
}
