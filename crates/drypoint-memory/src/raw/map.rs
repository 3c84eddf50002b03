//! Pages from the system and back to it. Nothing here allocates, locks or reports: the allocator calls it.

use std::ptr::NonNull;

/// Mappings from here on are aligned to huge pages and ask for them (decision 0002 has the figures).
const HUGE_FROM: usize = 2 << 20;
const HUGE_PAGE: usize = 2 << 20;

/// `bytes` of zeroed memory, a multiple of the page size, aligned to a page.
pub(super) fn map(bytes: usize) -> Option<NonNull<u8>> {
    #[cfg(feature = "fault-injection")]
    if super::fault::is_due() {
        return None;
    }
    imp::map(bytes)
}

/// Give pages back to the system.
///
/// # Safety
/// `base` and `bytes` are those of one earlier [`map`] or [`remap`], and nobody uses the memory any more.
pub(super) unsafe fn unmap(base: NonNull<u8>, bytes: usize) {
    // SAFETY: handed on to the caller.
    unsafe { imp::unmap(base, bytes) }
}

/// Change the length of a mapping; it may move. New bytes are zero. `None` leaves it as it was.
///
/// # Safety
/// As for [`unmap`], save that the contents go on living at the new place.
pub(super) unsafe fn remap(base: NonNull<u8>, old_bytes: usize, new_bytes: usize) -> Option<NonNull<u8>> {
    #[cfg(feature = "fault-injection")]
    if super::fault::is_due() {
        return None;
    }
    // SAFETY: handed on to the caller.
    unsafe { imp::remap(base, old_bytes, new_bytes) }
}

/// Make a mapping zero by exchanging its pages for fresh ones, taken when they are touched.
/// `false` where the system has no such thing; the contents are as they were then.
///
/// # Safety
/// `base` and `bytes` are those of one mapping, borrowed by nobody.
pub(super) unsafe fn renew(base: NonNull<u8>, bytes: usize) -> bool {
    // SAFETY: handed on to the caller.
    unsafe { imp::renew(base, bytes) }
}

/// Whether a page has memory yet; yes, where the system does not tell.
///
/// # Safety
/// The page is mapped.
pub(super) unsafe fn has_memory(page: NonNull<u8>) -> bool {
    // SAFETY: handed on to the caller.
    unsafe { imp::has_memory(page) }
}

#[cfg(unix)]
mod imp {
    use std::ptr::{self, NonNull};

    use super::{HUGE_FROM, HUGE_PAGE};

    fn anonymous(bytes: usize) -> Option<NonNull<u8>> {
        // SAFETY: an anonymous private mapping at a place of the system's choice touches no memory of ours.
        let base = unsafe {
            libc::mmap(
                ptr::null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED { None } else { NonNull::new(base.cast()) }
    }

    pub(super) fn map(bytes: usize) -> Option<NonNull<u8>> {
        if bytes < HUGE_FROM || !cfg!(target_os = "linux") {
            return anonymous(bytes);
        }
        // The system aligns to small pages: map a huge page more and cut off what sticks out.
        let wide = anonymous(bytes.checked_add(HUGE_PAGE)?)?;
        let before = wide.align_offset(HUGE_PAGE);
        // SAFETY: `before < HUGE_PAGE`, so both ends lie in the mapping just made, which nobody else knows.
        unsafe {
            let base = wide.add(before);
            if before > 0 {
                unmap(wide, before);
            }
            if HUGE_PAGE > before {
                unmap(base.add(bytes), HUGE_PAGE - before);
            }
            prefer_huge(base, bytes);
            Some(base)
        }
    }

    /// # Safety
    /// The range is mapped.
    #[cfg(target_os = "linux")]
    unsafe fn prefer_huge(base: NonNull<u8>, bytes: usize) {
        // SAFETY: advice changes no contents, and the caller vouches for the range. A kernel without huge
        // pages refuses, which is as good as taking no notice: hence the answer is not looked at.
        unsafe {
            libc::madvise(base.as_ptr().cast(), bytes, libc::MADV_HUGEPAGE);
        }
    }

    /// # Safety
    /// None is needed: there is nothing to advise here.
    #[cfg(not(target_os = "linux"))]
    unsafe fn prefer_huge(_base: NonNull<u8>, _bytes: usize) {}

    pub(super) unsafe fn unmap(base: NonNull<u8>, bytes: usize) {
        // SAFETY: the caller owns these pages. It fails only for arguments that are no mapping, or when
        // cutting one in two would pass the system's count of mappings: the pages stay mapped then.
        let answer = unsafe { libc::munmap(base.as_ptr().cast(), bytes) };
        debug_assert_eq!(answer, 0);
    }

    #[cfg(target_os = "linux")]
    pub(super) unsafe fn remap(base: NonNull<u8>, old: usize, new: usize) -> Option<NonNull<u8>> {
        // SAFETY: the caller owns the old mapping and forgets its address once this succeeds.
        let moved = unsafe { libc::mremap(base.as_ptr().cast(), old, new, libc::MREMAP_MAYMOVE) };
        if moved == libc::MAP_FAILED {
            return None;
        }
        let moved = NonNull::new(moved.cast())?;
        if new >= HUGE_FROM {
            // SAFETY: the mapping just made.
            unsafe { prefer_huge(moved, new) };
        }
        Some(moved)
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) unsafe fn remap(_base: NonNull<u8>, _old: usize, _new: usize) -> Option<NonNull<u8>> {
        None
    }

    #[cfg(target_os = "linux")]
    pub(super) unsafe fn renew(base: NonNull<u8>, bytes: usize) -> bool {
        // SAFETY: the caller owns the range; on Linux a private anonymous page reads as zero after this.
        unsafe { libc::madvise(base.as_ptr().cast(), bytes, libc::MADV_DONTNEED) == 0 }
    }

    #[cfg(target_os = "linux")]
    pub(super) unsafe fn has_memory(page: NonNull<u8>) -> bool {
        let mut present = 1u8;
        // SAFETY: the caller vouches for the page, and one byte is what one page's answer takes.
        let answer = unsafe { libc::mincore(page.as_ptr().cast(), 1, &raw mut present) };
        answer != 0 || present & 1 != 0
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) unsafe fn has_memory(_page: NonNull<u8>) -> bool {
        true
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) unsafe fn renew(_base: NonNull<u8>, _bytes: usize) -> bool {
        false
    }
}

/// Systems without `mmap`: zeroed memory from the system allocator, aligned to a page.
#[cfg(not(unix))]
mod imp {
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::ptr::NonNull;

    use crate::raw::page_bytes;

    pub(super) fn map(bytes: usize) -> Option<NonNull<u8>> {
        let layout = Layout::from_size_align(bytes, page_bytes()).ok()?;
        // SAFETY: the layout is not empty: a mapping is at least a page.
        NonNull::new(unsafe { System.alloc_zeroed(layout) })
    }

    pub(super) unsafe fn unmap(base: NonNull<u8>, bytes: usize) {
        // SAFETY: `map` made this very layout from the same numbers, and the caller gives the memory up.
        unsafe { System.dealloc(base.as_ptr(), Layout::from_size_align_unchecked(bytes, page_bytes())) }
    }

    pub(super) unsafe fn remap(_base: NonNull<u8>, _old: usize, _new: usize) -> Option<NonNull<u8>> {
        None
    }

    pub(super) unsafe fn renew(_base: NonNull<u8>, _bytes: usize) -> bool {
        false
    }

    pub(super) unsafe fn has_memory(_page: NonNull<u8>) -> bool {
        true
    }
}
