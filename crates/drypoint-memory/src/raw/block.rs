//! Memory with one owner: pages of a size class, or a few bytes of the heap.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{map, page_bytes};
use crate::class::{ALIGNMENT, Class, STAGGER};

/// From here on pages are exchanged for fresh ones, which a sparse block never takes; below, warm pages win where
/// there are no huge ones (decision 0002).
const RENEW_FROM: usize = 32 << 20;

/// The pages of one class. Dropping it gives them back to the system.
#[derive(Debug)]
pub(crate) struct Mapped {
    base: NonNull<u8>,
    class: Class,
}

// SAFETY: a `Mapped` is the only one that knows its pages; they are not tied to a thread.
unsafe impl Send for Mapped {}
// SAFETY: a shared `Mapped` gives no access to the pages.
unsafe impl Sync for Mapped {}

impl Mapped {
    /// Fresh pages, all zero. `None` if the system has none.
    pub(crate) fn fresh(class: Class) -> Option<Self> {
        map::map(class.mapped_bytes()).map(|base| Self { base, class })
    }

    pub(crate) fn class(&self) -> Class {
        self.class
    }

    /// Bytes of address space, which is what it is charged with.
    pub(crate) fn bytes(&self) -> usize {
        self.class.mapped_bytes()
    }

    /// Where the pages begin.
    #[cfg(any(test, asan))]
    pub(super) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Give up ownership without giving the pages back.
    pub(super) fn into_base(self) -> NonNull<u8> {
        std::mem::ManuallyDrop::new(self).base
    }

    /// Take up ownership again.
    ///
    /// # Safety
    /// `base` is from [`Mapped::into_base`] of a mapping of this class, and nobody took it up since.
    pub(super) unsafe fn from_base(base: NonNull<u8>, class: Class) -> Self {
        Self { base, class }
    }

    /// Give up ownership for a pointer to bytes in the first page, which [`Mapped::of_data`] takes back.
    pub(crate) fn hand_out(self, offset: usize) -> NonNull<u8> {
        debug_assert!(offset < STAGGER);
        // SAFETY: `offset` is below `STAGGER`, by which every mapping is longer than its class.
        unsafe { self.into_base().add(offset) }
    }

    /// The address that `hand_out` gives.
    pub(crate) fn address_at(&self, offset: usize) -> usize {
        self.base.addr().get() + offset
    }

    /// The pages behind a pointer that [`Mapped::hand_out`] gave.
    ///
    /// # Safety
    /// `data` is from `hand_out` of pages of this class, and is given up.
    pub(crate) unsafe fn of_data(data: NonNull<u8>, class: Class) -> Self {
        let base = data.map_addr(|address| {
            let base = address.get() & !(page_bytes() - 1);
            std::num::NonZero::new(base).unwrap_or(address)
        });
        // SAFETY: a block begins in the first page of its mapping, which is therefore where the page of `data` begins;
        // the caller vouches for the class and for the end of all use.
        unsafe { Self::from_base(base, class) }
    }

    /// Where in their first page the caller's bytes begin.
    pub(crate) fn offset_of(data: NonNull<u8>) -> usize {
        data.addr().get() & (page_bytes() - 1)
    }

    /// Whether some of its pages have memory, as far as a few of them tell. Fresh ones have none until they are touched.
    pub(crate) fn is_touched(&self) -> bool {
        const LOOKS: usize = 8;
        let page = page_bytes();
        let pages = self.bytes() / page;
        (0..LOOKS).any(|look| {
            let at = (pages - 1) * look / (LOOKS - 1) * page;
            // SAFETY: the page lies in the mapping that `self` owns.
            unsafe { map::has_memory(self.base.add(at)) }
        })
    }

    /// The next block's place in its first page: odd cache lines in turn.
    pub(crate) fn next_stagger() -> usize {
        static TURN: AtomicUsize = AtomicUsize::new(0);
        let turn = TURN.fetch_add(1, Ordering::Relaxed);
        (2 * turn + 1) * ALIGNMENT % STAGGER
    }

    /// Make the first `bytes` after `offset` zero.
    pub(super) fn clear(&mut self, offset: usize, bytes: usize) {
        debug_assert!(offset + bytes <= self.bytes());
        // SAFETY: the range lies in pages that `self` owns and that nobody borrows while `self` is borrowed
        // exclusively; `renew` is given exactly what was mapped.
        unsafe {
            if bytes < RENEW_FROM || !map::renew(self.base, self.bytes()) {
                self.base.add(offset).write_bytes(0, bytes);
            }
        }
    }

    /// Pages of another class with the same contents as far as they reach, new bytes zero. The old ones if the
    /// system refuses.
    pub(crate) fn resized(self, class: Class) -> Result<Self, Self> {
        let old = std::mem::ManuallyDrop::new(self);
        // SAFETY: `old` owns the mapping and is not used again when it has moved.
        match unsafe { map::remap(old.base, old.class.mapped_bytes(), class.mapped_bytes()) } {
            Some(base) => Ok(Self { base, class }),
            None => Err(std::mem::ManuallyDrop::into_inner(old)),
        }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: `self` owns the mapping, which is of the length of its class.
        unsafe { map::unmap(self.base, self.class.mapped_bytes()) }
    }
}

/// Initialised bytes for the items of one buffer, 64-byte aligned.
#[derive(Debug)]
pub(crate) struct Block {
    data: NonNull<u8>,
    capacity: usize,
    backing: Backing,
}

#[derive(Debug)]
enum Backing {
    /// No bytes, no memory.
    Nothing,
    /// From the system allocator, `capacity` bytes.
    Heap,
    Pages(Mapped),
}

// SAFETY: a `Block` owns its memory, which is not tied to a thread.
unsafe impl Send for Block {}
// SAFETY: through a shared `Block` the memory can only be read.
unsafe impl Sync for Block {}

impl Block {
    /// A block without bytes.
    pub(crate) fn empty() -> Self {
        #[repr(align(64))]
        struct Line;
        const { assert!(align_of::<Line>() == ALIGNMENT) };
        Self { data: NonNull::<Line>::dangling().cast(), capacity: 0, backing: Backing::Nothing }
    }

    /// Zeroed bytes of the heap; `None` if the system has none.
    pub(crate) fn heap(capacity: usize) -> Option<Self> {
        if capacity == 0 {
            return Some(Self::empty());
        }
        #[cfg(feature = "fault-injection")]
        if super::fault::is_due() {
            return None;
        }
        let layout = Layout::from_size_align(capacity, ALIGNMENT).ok()?;
        // SAFETY: the layout is not empty.
        let data = NonNull::new(unsafe { System.alloc_zeroed(layout) })?;
        Some(Self { data, capacity, backing: Backing::Heap })
    }

    /// Pages as a block. With `zeroed`, the first `bytes` are made zero unless the pages are `fresh`.
    pub(crate) fn pages(mut pages: Mapped, fresh: bool, zeroed: bool, bytes: usize) -> Self {
        let capacity = pages.class().capacity();
        let offset = Mapped::next_stagger();
        debug_assert!(bytes <= capacity);
        if zeroed && !fresh {
            pages.clear(offset, bytes);
        }
        // SAFETY: `offset <= STAGGER`, by which a mapping is longer than its class.
        let data = initialised(unsafe { pages.base.add(offset) });
        Self { data, capacity, backing: Backing::Pages(pages) }
    }

    /// The pages, for reuse; heap bytes are freed.
    pub(crate) fn into_pages(mut self) -> Option<Mapped> {
        match std::mem::replace(&mut self.backing, Backing::Nothing) {
            Backing::Pages(pages) => Some(pages),
            other => {
                self.backing = other;
                None
            }
        }
    }

    /// The first `len` items.
    pub(crate) fn items<T: bytemuck::Pod>(&self, len: usize) -> &[T] {
        self.check::<T>(len);
        // SAFETY: `check` has seen that the block holds that many, aligned. All its bytes are initialised (zeroed
        // by the system, or written since) and any bytes are a `T`. The result borrows the block.
        unsafe { std::slice::from_raw_parts(self.data.as_ptr().cast(), len) }
    }

    /// The first `len` items, to write.
    pub(crate) fn items_mut<T: bytemuck::Pod>(&mut self, len: usize) -> &mut [T] {
        self.check::<T>(len);
        // SAFETY: as for `items`, and the result borrows the block exclusively. `T` has no padding, so the bytes
        // stay initialised whatever is written.
        unsafe { std::slice::from_raw_parts_mut(self.data.as_ptr().cast(), len) }
    }

    #[inline]
    fn check<T>(&self, len: usize) {
        const { assert!(align_of::<T>() <= ALIGNMENT, "items aligned beyond a cache line") };
        assert!(len.checked_mul(size_of::<T>()).is_some_and(|bytes| bytes <= self.capacity));
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if let Backing::Heap = self.backing {
            // SAFETY: `heap` allocated it with this very layout, and nobody borrows the block any more.
            unsafe {
                let layout = Layout::from_size_align_unchecked(self.capacity, ALIGNMENT);
                System.dealloc(self.data.as_ptr(), layout);
            }
        }
    }
}

/// The same pointer, to bytes that the compiler has to take for written.
///
/// Reused pages may have served foreign code whose values had padding, which Rust calls uninitialised though
/// the machine knows no such thing. The compiler cannot see into the assembly, which might have written them.
fn initialised(data: NonNull<u8>) -> NonNull<u8> {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    // SAFETY: there is no instruction; the block only stands for one that writes the caller's own memory.
    unsafe {
        std::arch::asm!("/* {0} */", in(reg) data.as_ptr(), options(nostack, preserves_flags));
    }
    std::hint::black_box(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_block_has_empty_items_and_any_number_of_nothings() {
        let mut block = Block::empty();
        assert!(block.items::<u64>(0).is_empty());
        assert!(block.items_mut::<u64>(0).is_empty());
        assert_eq!(block.items::<()>(9).len(), 9);
    }

    #[test]
    #[should_panic]
    fn items_beyond_the_block_are_refused() {
        Block::heap(64).unwrap().items::<u64>(9);
    }

    #[test]
    fn reused_pages_are_cleared_as_far_as_asked() {
        for bytes in [1 << 16, 33 << 20] {
            let class = Class::of(bytes).unwrap();
            let mut block = Block::pages(Mapped::fresh(class).unwrap(), true, true, bytes);
            assert!(block.items::<u8>(bytes).iter().all(|&byte| byte == 0));
            block.items_mut::<u8>(bytes).fill(7);
            let block = Block::pages(block.into_pages().unwrap(), false, true, bytes);
            assert!(block.items::<u8>(bytes).iter().all(|&byte| byte == 0));
        }
    }

    #[test]
    fn blocks_begin_at_odd_lines_in_turn() {
        let class = Class::of(1).unwrap();
        let places: std::collections::HashSet<_> = (0..8)
            .map(|_| Block::pages(Mapped::fresh(class).unwrap(), true, false, 1))
            .map(|block| block.items::<u8>(1).as_ptr().addr() % STAGGER)
            .collect();
        assert!(places.len() > 4, "{places:?}");
        assert!(places.iter().all(|place| place % ALIGNMENT == 0 && place / ALIGNMENT % 2 == 1));
    }

    #[test]
    fn resized_pages_keep_their_contents() {
        let (small, large) = (Class::of(1 << 16).unwrap(), Class::of(5 << 20).unwrap());
        let mut block = Block::pages(Mapped::fresh(small).unwrap(), true, false, 1 << 16);
        block.items_mut::<u8>(1 << 16).fill(3);
        let offset = block.items::<u8>(0).as_ptr().addr() % STAGGER;
        let pages = match block.into_pages().unwrap().resized(large) {
            Ok(pages) => pages,
            Err(_) if cfg!(not(target_os = "linux")) => return,
            Err(_) => panic!("the system refused"),
        };
        assert_eq!(pages.class(), large);
        // SAFETY: the range lies in pages that `pages` owns.
        let bytes = unsafe { std::slice::from_raw_parts(pages.base().add(offset).as_ptr(), 5 << 20) };
        assert!(bytes[..1 << 16].iter().all(|&byte| byte == 3));
        assert!(bytes[2 << 16..].iter().all(|&byte| byte == 0));
    }
}
