//! Pages of 64 KiB out of larger blocks of the pool, whole or cut into chunks of one size each.
//!
//! A page is as large as a tile's counters of one byte. Logs are chains of chunks: growing one copies nothing, and the
//! page whose last chunk is freed is a page again, for chunks of another size or for counters.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ptr::NonNull;

use drypoint_memory::{BudgetExceeded, Buffer, MemoryConsumer};

/// Bytes of a page.
pub(super) const PAGE: usize = 1 << 16;
/// Chunks are 16 bytes times a power of two, so that an address is a page and one of its 4,096 units.
const UNIT_BITS: u32 = 4;
const UNITS_BITS: u32 = 16 - UNIT_BITS;
/// How many sizes of chunks there are: 16 bytes to 2 KiB.
pub(super) const CLASSES: usize = 8;
/// Bytes at the beginning of a chunk: the address of the next one of its chain.
pub(super) const HEADER: usize = 4;
/// Most pages of one block of the pool, 4 MiB: larger ones are no faster.
const MOST_SLAB_PAGES: usize = 64;
/// From so many pages on one is kept aside for packing.
const SPARE_FROM: usize = 16;

/// Which chunk: its page and the first of its units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address(u32);

impl Address {
    /// No chunk.
    pub(super) const NONE: Self = Self(u32::MAX);

    fn new(page: u32, unit: u16) -> Self {
        Self(page << UNITS_BITS | u32::from(unit))
    }

    pub(super) fn page(self) -> u32 {
        self.0 >> UNITS_BITS
    }

    fn unit(self) -> u16 {
        (self.0 & ((1 << UNITS_BITS) - 1)) as u16
    }

    fn offset(self) -> usize {
        usize::from(self.unit()) << UNIT_BITS
    }
}

/// Bytes of a chunk, its header included.
pub(super) fn chunk_bytes(class: usize) -> usize {
    16 << class
}

const NO_UNIT: u16 = u16::MAX;
const NO_PAGE: u32 = u32::MAX;
/// The last page number whose addresses are not [`Address::NONE`].
const MOST_PAGES: usize = (1 << (32 - UNITS_BITS)) - 1;

/// What is known of a page. `class` is `WHOLE` or `FREE` where it is not cut.
#[derive(Clone, Copy)]
struct Meta {
    slab: u32,
    class: u8,
    live: u16,
    /// The first chunk that was freed; each of them holds the unit of the next.
    freed: u16,
    /// The first unit that was never given out.
    fresh: u16,
    previous: u32,
    next: u32,
}

const WHOLE: u8 = 0xfe;
const FREE: u8 = 0xff;

struct Slab {
    /// Held for what `Pages::bases` points into.
    _block: Buffer<u8>,
    pages: Vec<u32>,
    used: usize,
}

pub(super) struct Pages {
    consumer: MemoryConsumer,
    slabs: Vec<Option<Slab>>,
    /// By page: where it is. Dangling for the numbers in `unused`.
    bases: Vec<NonNull<u8>>,
    meta: Vec<Meta>,
    /// Numbers of pages whose block went back to the pool.
    unused: Vec<u32>,
    /// Pages that nobody uses, the lowest first, so that the highest blocks become free as a whole.
    free: BinaryHeap<Reverse<u32>>,
    /// Kept for packing under pressure, when there is no other.
    spare: Option<u32>,
    /// By class, the first page that has room.
    roomy: [u32; CLASSES],
    /// Pages of all blocks.
    pages: usize,
}

// SAFETY: the pointers are into the blocks of `slabs`, which move along and are `Send`; nobody else has them.
unsafe impl Send for Pages {}

impl Pages {
    pub(super) fn new(consumer: &MemoryConsumer) -> Self {
        Self {
            consumer: consumer.clone(),
            slabs: Vec::new(),
            bases: Vec::new(),
            meta: Vec::new(),
            unused: Vec::new(),
            free: BinaryHeap::new(),
            spare: None,
            roomy: [NO_PAGE; CLASSES],
            pages: 0,
        }
    }

    /// Pages of all blocks.
    pub(super) fn pages(&self) -> usize {
        self.pages
    }

    /// Pages that nobody uses.
    pub(super) fn free_pages(&self) -> usize {
        self.free.len()
    }

    /// The first byte of a chunk or page.
    #[inline]
    pub(super) fn at(&self, address: Address) -> NonNull<u8> {
        let base = self.bases[address.page() as usize];
        // SAFETY: the offset of an address is below `PAGE`, which is what lies at `base`.
        unsafe { base.add(address.offset()) }
    }

    /// A page for one byte of counters, all 0.
    pub(super) fn zeroed_page(&mut self) -> Result<Address, BudgetExceeded> {
        let page = self.page(true)?;
        self.meta[page as usize].class = WHOLE;
        // SAFETY: a page is `PAGE` bytes, and this one is nobody else's.
        unsafe { self.bases[page as usize].write_bytes(0, PAGE) };
        Ok(Address::new(page, 0))
    }

    /// The bytes of a whole page.
    pub(super) fn page_bytes(&self, address: Address) -> &[u8] {
        debug_assert_eq!(self.meta[address.page() as usize].class, WHOLE);
        // SAFETY: `PAGE` bytes lie there, written when the page was taken; writes need `&mut` of the shard.
        unsafe { std::slice::from_raw_parts(self.at(address).as_ptr(), PAGE) }
    }

    /// The bytes of a whole page, to be written.
    pub(super) fn page_bytes_mut(&mut self, address: Address) -> &mut [u8] {
        debug_assert_eq!(self.meta[address.page() as usize].class, WHOLE);
        // SAFETY: as in `page_bytes`; a shard does not use its own pointers into the page while this is borrowed.
        unsafe { std::slice::from_raw_parts_mut(self.at(address).as_ptr(), PAGE) }
    }

    pub(super) fn free_page(&mut self, address: Address) {
        debug_assert_eq!(self.meta[address.page() as usize].class, WHOLE);
        self.put_back(address.page());
    }

    /// A chunk, whose header says that there is no next one. With `grow`, the pool is asked if there is no room.
    pub(super) fn chunk(&mut self, class: usize, grow: bool) -> Result<Address, BudgetExceeded> {
        if self.roomy[class] == NO_PAGE {
            let page = self.page(grow)?;
            let meta = &mut self.meta[page as usize];
            *meta = Meta { class: class as u8, live: 0, freed: NO_UNIT, fresh: 0, ..*meta };
            self.link(page);
        }
        let page = self.roomy[class];
        let units = 1u16 << class;
        let meta = &mut self.meta[page as usize];
        let unit = if meta.freed != NO_UNIT {
            let unit = meta.freed;
            let at = self.bases[page as usize].as_ptr();
            // SAFETY: the unit is of a freed chunk of this page; `free_chunk` wrote two bytes there.
            let next = unsafe { at.add(usize::from(unit) << UNIT_BITS).cast::<u16>().read() };
            self.meta[page as usize].freed = next;
            unit
        } else {
            let unit = meta.fresh;
            meta.fresh += units;
            unit
        };
        let meta = &mut self.meta[page as usize];
        meta.live += 1;
        if meta.freed == NO_UNIT && meta.fresh == 1 << UNITS_BITS {
            self.unlink(page);
        }
        let address = Address::new(page, unit);
        self.set_next(address, Address::NONE);
        Ok(address)
    }

    /// A chunk of the largest class up to `class` that there is room for, the spare page included; never asks the pool.
    pub(super) fn chunk_at_hand(&mut self, class: usize) -> Option<(Address, usize)> {
        if self.roomy[class] == NO_PAGE
            && self.free.is_empty()
            && let Some(spare) = self.spare.take()
        {
            self.free.push(Reverse(spare));
        }
        (0..=class).rev().find_map(|class| Some((self.chunk(class, false).ok()?, class)))
    }

    pub(super) fn free_chunk(&mut self, address: Address) {
        let page = address.page();
        let at = self.at(address).as_ptr();
        let meta = &mut self.meta[page as usize];
        let full = meta.freed == NO_UNIT && meta.fresh == 1 << UNITS_BITS;
        // SAFETY: the chunk is 16 bytes or more, aligned to 16, and no longer used.
        unsafe { at.cast::<u16>().write(meta.freed) };
        meta.freed = address.unit();
        meta.live -= 1;
        let empty = meta.live == 0;
        if full {
            self.link(page);
        }
        if empty {
            self.unlink(page);
            self.put_back(page);
        }
    }

    /// Free a chunk and all that follow it in its chain.
    pub(super) fn free_chain(&mut self, mut chunk: Address) {
        while chunk != Address::NONE {
            let next = self.next(chunk);
            self.free_chunk(chunk);
            chunk = next;
        }
    }

    /// The class of the page that a chunk is in.
    pub(super) fn class(&self, address: Address) -> usize {
        usize::from(self.meta[address.page() as usize].class)
    }

    /// The chunk after this one in its chain.
    pub(super) fn next(&self, address: Address) -> Address {
        // SAFETY: a chunk begins with its header, which `chunk` wrote.
        Address(unsafe { self.at(address).cast::<u32>().read() })
    }

    pub(super) fn set_next(&mut self, address: Address, next: Address) {
        // SAFETY: a chunk begins with room for its header; it is aligned to 16 bytes.
        unsafe { self.at(address).cast::<u32>().write(next.0) };
    }

    /// The bytes of a chunk after its header.
    ///
    /// # Safety
    /// `bytes` of them must have been written, and be at most the chunk's.
    pub(super) unsafe fn payload(&self, address: Address, bytes: usize) -> &[u8] {
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts(self.at(address).as_ptr().add(HEADER), bytes) }
    }

    /// Write what a chunk holds after its header.
    pub(super) fn write(&mut self, address: Address, bytes: &[u8]) {
        assert!(HEADER + bytes.len() <= chunk_bytes(self.class(address)));
        // SAFETY: the chunk is as long as was just checked, and `bytes` is no part of it: it is borrowed, the chunk ours.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.at(address).as_ptr().add(HEADER), bytes.len());
        }
    }

    /// Put one page aside, if there are enough to be worth packing.
    pub(super) fn keep_spare(&mut self) {
        if self.spare.is_none()
            && self.pages >= SPARE_FROM
            && let Some(Reverse(page)) = self.free.pop()
        {
            self.spare = Some(page);
        }
    }

    /// Give blocks back to the pool of which no page is used. Returns the bytes.
    pub(super) fn give_back(&mut self) -> usize {
        if let Some(spare) = self.spare
            && self.slabs[self.meta[spare as usize].slab as usize].as_ref().is_some_and(|slab| slab.used == 0)
        {
            self.spare = None;
            self.free.push(Reverse(spare));
        }
        let mut freed = 0;
        for place in 0..self.slabs.len() {
            if self.slabs[place].as_ref().is_some_and(|slab| slab.used == 0)
                && let Some(slab) = self.slabs[place].take()
            {
                freed += slab.pages.len() * PAGE;
                self.pages -= slab.pages.len();
                self.unused.extend(slab.pages);
            }
        }
        if freed > 0 {
            let (meta, slabs) = (&self.meta, &self.slabs);
            self.free.retain(|Reverse(page)| slabs[meta[*page as usize].slab as usize].is_some());
        }
        freed
    }

    /// A page that nobody uses.
    fn page(&mut self, grow: bool) -> Result<u32, BudgetExceeded> {
        if self.free.is_empty() {
            if !grow {
                return Err(self.refused());
            }
            self.grow()?;
        }
        let Some(Reverse(page)) = self.free.pop() else { return Err(self.refused()) };
        let slab = self.meta[page as usize].slab as usize;
        if let Some(slab) = &mut self.slabs[slab] {
            slab.used += 1;
        }
        Ok(page)
    }

    fn refused(&self) -> BudgetExceeded {
        BudgetExceeded {
            consumer: self.consumer.name().into(),
            requested: PAGE,
            available: 0,
            limit: self.consumer.pool().limit(),
            holders: Vec::new(),
        }
    }

    fn put_back(&mut self, page: u32) {
        let meta = &mut self.meta[page as usize];
        meta.class = FREE;
        if let Some(slab) = &mut self.slabs[meta.slab as usize] {
            slab.used -= 1;
        }
        self.free.push(Reverse(page));
    }

    /// One more block: an eighth of what there is, or a single page if that is refused.
    fn grow(&mut self) -> Result<(), BudgetExceeded> {
        let wanted = (self.pages / 8).clamp(1, MOST_SLAB_PAGES);
        if self.bases.len() + wanted > MOST_PAGES {
            return Err(self.refused());
        }
        let (mut block, count) = match self.consumer.buffer::<u8>(wanted * PAGE) {
            Ok(block) => (block, wanted),
            Err(refused) if wanted == 1 => return Err(refused),
            Err(_) => (self.consumer.buffer::<u8>(PAGE)?, 1),
        };
        let slab = self.slabs.iter().position(Option::is_none).unwrap_or(self.slabs.len());
        let base = block.as_mut_ptr();
        let mut pages = Vec::with_capacity(count);
        for place in 0..count {
            // SAFETY: the block holds `count` pages.
            let at = unsafe { NonNull::new_unchecked(base.add(place * PAGE)) };
            let meta = Meta {
                slab: slab as u32,
                class: FREE,
                live: 0,
                freed: NO_UNIT,
                fresh: 0,
                previous: NO_PAGE,
                next: NO_PAGE,
            };
            let page = match self.unused.pop() {
                Some(page) => {
                    self.bases[page as usize] = at;
                    self.meta[page as usize] = meta;
                    page
                }
                None => {
                    self.bases.push(at);
                    self.meta.push(meta);
                    (self.bases.len() - 1) as u32
                }
            };
            pages.push(page);
            self.free.push(Reverse(page));
        }
        let slab_of = Slab { _block: block, pages, used: 0 };
        if slab == self.slabs.len() {
            self.slabs.push(Some(slab_of));
        } else {
            self.slabs[slab] = Some(slab_of);
        }
        self.pages += count;
        self.keep_spare();
        if self.free.is_empty() {
            // The only page went aside.
            self.free.extend(self.spare.take().map(Reverse));
        }
        Ok(())
    }

    fn link(&mut self, page: u32) {
        let class = usize::from(self.meta[page as usize].class);
        let next = std::mem::replace(&mut self.roomy[class], page);
        let meta = &mut self.meta[page as usize];
        (meta.previous, meta.next) = (NO_PAGE, next);
        if next != NO_PAGE {
            self.meta[next as usize].previous = page;
        }
    }

    fn unlink(&mut self, page: u32) {
        let Meta { class, previous, next, .. } = self.meta[page as usize];
        if previous == NO_PAGE {
            self.roomy[usize::from(class)] = next;
        } else {
            self.meta[previous as usize].next = next;
        }
        if next != NO_PAGE {
            self.meta[next as usize].previous = previous;
        }
    }
}

#[cfg(test)]
mod tests {
    use drypoint_memory::MemoryPool;

    use super::*;

    #[test]
    fn chunks_and_pages_come_and_go_without_overlap() {
        let pool = MemoryPool::new(32 << 20);
        let mut pages = Pages::new(&pool.consumer("test"));
        let mut held: Vec<(Address, Option<usize>, u32)> = Vec::new();
        let mut random = 1u64;
        for turn in 0..60_000u32 {
            random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            let choice = (random >> 33) as usize;
            // Grow for a while, then shrink.
            if choice % 100 < if turn / 10_000 % 2 == 0 { 60 } else { 40 } || held.is_empty() {
                let class = choice / 100 % (CLASSES + 1);
                let address = if class == CLASSES {
                    if held.iter().filter(|(_, class, _)| class.is_none()).count() > 50 {
                        continue;
                    }
                    let address = pages.zeroed_page().unwrap();
                    assert!(pages.page_bytes(address).iter().all(|byte| *byte == 0));
                    (address, None)
                } else {
                    (pages.chunk(class, true).unwrap(), Some(class))
                };
                match address {
                    (address, Some(class)) => {
                        assert_eq!((pages.class(address), pages.next(address)), (class, Address::NONE));
                        pages.write(address, &vec![turn as u8; chunk_bytes(class) - HEADER]);
                    }
                    (address, None) => {
                        // SAFETY: the page was just taken.
                        unsafe { pages.at(address).write_bytes(turn as u8, PAGE) };
                    }
                }
                held.push((address.0, address.1, turn));
            } else {
                let (address, class, turn) = held.swap_remove(choice / 100 % held.len());
                match class {
                    Some(class) => {
                        // SAFETY: it was written whole.
                        let bytes = unsafe { pages.payload(address, chunk_bytes(class) - HEADER) };
                        assert!(bytes.iter().all(|byte| *byte == turn as u8));
                        pages.free_chunk(address);
                    }
                    None => {
                        assert!(pages.page_bytes(address).iter().all(|byte| *byte == turn as u8));
                        pages.free_page(address);
                    }
                }
            }
            if turn % 5000 == 4999 {
                pages.give_back();
            }
        }
        for (address, class, _) in held {
            match class {
                Some(_) => pages.free_chunk(address),
                None => pages.free_page(address),
            }
        }
        assert!(pages.give_back() > 0);
        assert_eq!((pages.pages(), pages.free_pages()), (0, 0));
        drop(pages);
        assert_eq!(pool.snapshot().live, 0);
    }
}
