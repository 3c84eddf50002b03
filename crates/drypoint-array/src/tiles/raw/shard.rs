//! The tiles of one lock: logs, counters, what is packed of them, and the loop that counts.

use drypoint_memory::{BudgetExceeded, MemoryConsumer, MemoryReservation, SpillRange};

use super::pages::{Address, CLASSES, HEADER, PAGE, Pages, chunk_bytes};
use crate::Result;
use crate::tiles::directory::{Directory, NONE};
use crate::tiles::packed::corrupt;
use crate::tiles::relief::Relief;
use crate::tiles::{NO_KEY, TILE_CELLS, TileScratch};

/// A log of more entries becomes counters: it is as fast to read then, and half as long.
const MOST_ENTRIES: usize = 1 << 13;
/// Shorter logs are not packed, nor spilled: what is noted of where they went would take as much.
const LEAST_PACKED: u32 = 64;
const LEAST_SPILLED: u32 = 16;
/// Bytes of a count beyond the lowest.
const UPPER: usize = 7;

/// What is touched for each point. Bytes of counters where `mask` is set, else a log.
#[derive(Clone, Copy)]
struct Hot {
    /// Counters of one byte, or where the next entry of the log goes.
    at: *mut u8,
    /// 0xffff or 0: what of a place is added to `at` to reach its cell.
    mask: u16,
    /// Entries that the log's last chunk has room for.
    room: u16,
    /// Entries of the log.
    entries: u32,
}

/// The rest of a tile.
#[derive(Clone, Copy)]
struct Slot {
    tile: u64,
    /// The log's last chunk, or the page of the lowest bytes.
    first: Address,
    /// Which of `uppers` has the pages of higher bytes.
    upper: u32,
    /// The last of what was packed and is in memory.
    part: u32,
    /// The last of what is on disk.
    disk: Record,
}

/// What was packed of a tile at one time and waits in memory.
#[derive(Clone, Copy)]
struct Part {
    next: u32,
    bytes: u32,
    crc: u32,
    chunk: Address,
}

/// What was packed of a tile at one time and is on disk. It begins with the record before it, so that memory holds one
/// for each tile, however many there are.
#[derive(Clone, Copy, Default)]
struct Record {
    offset: u64,
    /// 0 if there is none.
    bytes: u32,
    crc: u32,
}

impl Record {
    const BYTES: usize = 16;

    fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&self.offset.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.bytes.to_le_bytes());
        bytes[12..].copy_from_slice(&self.crc.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (offset, rest) = bytes.split_first_chunk()?;
        let (bytes, rest) = rest.split_first_chunk()?;
        let (crc, _) = rest.split_first_chunk()?;
        Some(Self {
            offset: u64::from_le_bytes(*offset),
            bytes: u32::from_le_bytes(*bytes),
            crc: u32::from_le_bytes(*crc),
        })
    }
}

/// What a shard is asked to give up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tiles) enum Pressure {
    /// Pack what is counted in.
    Pack,
    /// That, and move everything packed to disk.
    Spill,
}

/// What a shard holds, in numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::tiles) struct Held {
    pub(in crate::tiles) tiles: u64,
    /// Bytes of pages in use, of tables, and on disk.
    pub(in crate::tiles) bytes: u64,
}

pub(in crate::tiles) struct Shard {
    directory: Directory,
    hot: Vec<Hot>,
    slots: Vec<Slot>,
    uppers: Vec<[Address; UPPER]>,
    unused_uppers: Vec<u32>,
    parts: Vec<Part>,
    pages: Pages,
    /// Covers the tables.
    held: MemoryReservation,
    /// Of packed parts on disk.
    disk_bytes: u64,
}

// SAFETY: the pointers in `hot` are into the blocks of `pages`, which move along; nobody else has them.
unsafe impl Send for Shard {}

impl Shard {
    /// A shard of tiles `0 .. tiles`.
    pub(in crate::tiles) fn new(
        tiles: u64,
        consumer: &MemoryConsumer,
    ) -> std::result::Result<Self, BudgetExceeded> {
        Ok(Self {
            directory: Directory::new(tiles, consumer)?,
            hot: Vec::new(),
            slots: Vec::new(),
            uppers: Vec::new(),
            unused_uppers: Vec::new(),
            parts: Vec::new(),
            pages: Pages::new(consumer),
            held: consumer.try_reserve(0)?,
            disk_bytes: 0,
        })
    }

    /// Count points; `shift` takes a key to the number of its tile in this shard, which must be below its tiles. Keys
    /// that are [`NO_KEY`] are left out; returns how many are not.
    pub(in crate::tiles) fn count(&mut self, keys: &[u64], shift: u32, relief: &Relief) -> Result<u64> {
        let mut counted = 0;
        for keys in keys.chunks(BLOCK) {
            let mut block = Block::new();
            let mut done = 0;
            while let Err(refused) = self.find(keys, shift, &mut done, &mut block) {
                self.relieve(refused, relief)?;
                self.find_cells(&mut block);
            }
            let mut done = 0;
            while let Err(refused) = self.count_from(&block, &mut done) {
                self.relieve(refused, relief)?;
                self.find_cells(&mut block);
            }
            counted += block.len as u64;
        }
        Ok(counted)
    }

    /// The slot of each key, made if there is none.
    fn find(
        &mut self,
        keys: &[u64],
        shift: u32,
        done: &mut usize,
        block: &mut Block,
    ) -> std::result::Result<(), BudgetExceeded> {
        for key in &keys[*done..] {
            let tile = key >> shift;
            let mut slot = self.directory.find(tile);
            if slot == NONE {
                if *key == NO_KEY {
                    *done += 1;
                    continue;
                }
                slot = self.new_slot(tile)?;
            }
            block.put(block.len, slot, *key as u16, &self.hot[slot as usize]);
            block.len += 1;
            *done += 1;
        }
        Ok(())
    }

    /// The cells of a block anew, after tiles were packed.
    #[cold]
    fn find_cells(&self, block: &mut Block) {
        for at in 0..block.len {
            let (slot, place) = (block.slots[at], block.places[at]);
            block.put(at, slot, place, &self.hot[slot as usize]);
        }
    }

    fn count_from(&mut self, block: &Block, done: &mut usize) -> std::result::Result<(), BudgetExceeded> {
        while *done < block.len {
            // Nothing here moves `hot`: all slots exist.
            *done = add_fast(&mut self.hot, block, *done);
            if *done == block.len {
                break;
            }
            let (slot, place) = (block.slots[*done], block.places[*done]);
            self.add_one(slot, place)?;
            *done += 1;
        }
        Ok(())
    }

    /// One point, whatever it takes.
    fn add_one(&mut self, slot: u32, place: u16) -> std::result::Result<(), BudgetExceeded> {
        let hot = &mut self.hot[slot as usize];
        if hot.mask != 0 {
            // SAFETY: `at` is a page of `TILE_CELLS` bytes of this tile, and `place` is below that.
            let count = unsafe {
                let cell = hot.at.add(usize::from(place));
                *cell = (*cell).wrapping_add(1);
                *cell
            };
            if count == 0 {
                self.carry(slot, place, 0)?;
            }
            return Ok(());
        }
        if hot.room == 0 {
            return self.grow_and_add(slot, place);
        }
        hot.push(place);
        Ok(())
    }

    /// The lowest byte of a cell passed 255. Refused, it is 255 again if it was one point that passed it (`before` 0).
    #[cold]
    #[inline(never)]
    fn carry(&mut self, slot: u32, place: u16, lowest: usize) -> std::result::Result<(), BudgetExceeded> {
        for byte in lowest..UPPER {
            let page = match self.upper(slot, byte) {
                Ok(page) => page,
                Err(refused) => {
                    // Undo: every byte below is 0 because it wrapped.
                    for below in lowest..byte {
                        if let Some(page) = self.upper_at_hand(slot, below) {
                            // SAFETY: a page of this tile.
                            unsafe { *self.pages.at(page).as_ptr().add(usize::from(place)) = 255 };
                        }
                    }
                    if lowest == 0 {
                        // SAFETY: as in `add_one`.
                        unsafe { *self.hot[slot as usize].at.add(usize::from(place)) = 255 };
                    }
                    return Err(refused);
                }
            };
            // SAFETY: a page of this tile.
            let count = unsafe {
                let cell = self.pages.at(page).as_ptr().add(usize::from(place));
                *cell = (*cell).wrapping_add(1);
                *cell
            };
            if count != 0 {
                break;
            }
        }
        Ok(())
    }

    fn upper_at_hand(&self, slot: u32, byte: usize) -> Option<Address> {
        let upper = self.slots[slot as usize].upper;
        let page = self.uppers.get(upper as usize)?[byte];
        (page != Address::NONE).then_some(page)
    }

    /// The page of a higher byte (0 is the second lowest), made if there is none.
    fn upper(&mut self, slot: u32, byte: usize) -> std::result::Result<Address, BudgetExceeded> {
        if let Some(page) = self.upper_at_hand(slot, byte) {
            return Ok(page);
        }
        if self.slots[slot as usize].upper == NONE {
            let place = match self.unused_uppers.pop() {
                Some(place) => place,
                None => {
                    grow(&mut self.uppers, &mut self.held)?;
                    self.uppers.push([Address::NONE; UPPER]);
                    (self.uppers.len() - 1) as u32
                }
            };
            self.slots[slot as usize].upper = place;
        }
        let page = self.pages.zeroed_page()?;
        self.uppers[self.slots[slot as usize].upper as usize][byte] = page;
        Ok(page)
    }

    #[cold]
    fn new_slot(&mut self, tile: u64) -> std::result::Result<u32, BudgetExceeded> {
        grow(&mut self.hot, &mut self.held)?;
        grow(&mut self.slots, &mut self.held)?;
        let slot = self.slots.len() as u32;
        self.directory.insert(tile, slot)?;
        self.hot.push(Hot::EMPTY);
        self.slots.push(Slot {
            tile,
            first: Address::NONE,
            upper: NONE,
            part: NONE,
            disk: Record::default(),
        });
        Ok(slot)
    }

    #[cold]
    fn grow_and_add(&mut self, slot: u32, place: u16) -> std::result::Result<(), BudgetExceeded> {
        let (hot, slots) = (&mut self.hot[slot as usize], &mut self.slots[slot as usize]);
        if hot.entries as usize >= MOST_ENTRIES {
            self.become_counters(slot)?;
        } else {
            // A quarter of what the log has: an eighth of it lies unused on average.
            let class = ((hot.entries as usize / 2).max(16).ilog2() as usize - 4).min(CLASSES - 1);
            let chunk = self.pages.chunk(class, true)?;
            self.pages.set_next(chunk, slots.first);
            slots.first = chunk;
            // SAFETY: a chunk is longer than its header.
            hot.at = unsafe { self.pages.at(chunk).as_ptr().add(HEADER) };
            hot.room = entries_of(class) as u16;
        }
        self.add_one(slot, place)
    }

    /// Count what the log has.
    fn become_counters(&mut self, slot: u32) -> std::result::Result<(), BudgetExceeded> {
        let page = self.pages.zeroed_page()?;
        let base = self.pages.at(page).as_ptr();
        let mut wraps: Vec<u16> = Vec::new();
        for chunk in self.log(slot) {
            for entry in chunk.chunks_exact(2) {
                let place = u16::from_ne_bytes([entry[0], entry[1]]);
                // SAFETY: the page was just made for this tile, and no chunk of the log is in it.
                let count = unsafe {
                    let cell = base.add(usize::from(place));
                    *cell = (*cell).wrapping_add(1);
                    *cell
                };
                if count == 0 {
                    wraps.push(place);
                }
            }
        }
        // Before the log is gone, so that nothing is lost if there is no room for the upper bytes.
        let old = (self.hot[slot as usize], self.slots[slot as usize].first);
        self.hot[slot as usize] = Hot { at: base, mask: u16::MAX, room: 0, entries: 0 };
        self.slots[slot as usize].first = page;
        if !wraps.is_empty()
            && let Err(refused) = self.upper(slot, 0)
        {
            (self.hot[slot as usize], self.slots[slot as usize].first) = old;
            self.pages.free_page(page);
            return Err(refused);
        }
        for place in wraps {
            // 8,192 entries wrap a cell 32 times at most, so that no further byte is needed.
            self.carry(slot, place, 0)?;
        }
        self.free_chain(old.1);
        Ok(())
    }

    /// The chunks of a log, the last first: the bytes of its entries.
    fn log(&self, slot: u32) -> impl Iterator<Item = &[u8]> {
        let Hot { room, mask, .. } = self.hot[slot as usize];
        let mut chunk = if mask == 0 { self.slots[slot as usize].first } else { Address::NONE };
        let mut room = usize::from(room);
        std::iter::from_fn(move || {
            if chunk == Address::NONE {
                return None;
            }
            let entries = entries_of(self.pages.class(chunk)) - std::mem::take(&mut room);
            // SAFETY: all of a chunk but the last one's `room` was written.
            let bytes = unsafe { self.pages.payload(chunk, 2 * entries) };
            chunk = self.pages.next(chunk);
            Some(bytes)
        })
    }

    fn free_chain(&mut self, mut chunk: Address) {
        while chunk != Address::NONE {
            let next = self.pages.next(chunk);
            self.pages.free_chunk(chunk);
            chunk = next;
        }
    }

    /// The pages of a tile's counters, the lowest bytes first. None if it is a log.
    fn planes(&self, slot: u32) -> Vec<&[u8]> {
        let mut planes = Vec::new();
        if self.hot[slot as usize].mask != 0 {
            planes.push(self.pages.page_bytes(self.slots[slot as usize].first));
            let upper = self.uppers.get(self.slots[slot as usize].upper as usize);
            let pages = upper.into_iter().flatten().take_while(|page| **page != Address::NONE);
            planes.extend(pages.map(|page| self.pages.page_bytes(*page)));
        }
        planes
    }

    /// Add counts to a tile, each cell's its own.
    pub(in crate::tiles) fn add_counts(&mut self, tile: u64, counts: &[u64], relief: &Relief) -> Result<()> {
        assert_eq!(counts.len(), TILE_CELLS);
        let mut done = 0;
        while let Err(refused) = self.add_counts_from(tile, counts, &mut done) {
            self.relieve(refused, relief)?;
        }
        Ok(())
    }

    fn add_counts_from(
        &mut self,
        tile: u64,
        counts: &[u64],
        done: &mut usize,
    ) -> std::result::Result<(), BudgetExceeded> {
        let mut slot = self.directory.find(tile);
        if slot == NONE {
            slot = self.new_slot(tile)?;
        }
        if self.hot[slot as usize].mask == 0 {
            self.become_counters(slot)?;
        }
        // Pages first, so that nothing is half added. A sum has at most one byte more than its terms, and 0 is added
        // in it then.
        let most = counts[*done..].iter().fold(0, |all, count| all | count);
        let bytes = (8 - most.leading_zeros() as usize / 8).max(1);
        for byte in 1..bytes {
            self.upper(slot, byte - 1)?;
        }
        let mut pages: Vec<Address> = vec![self.slots[slot as usize].first];
        for byte in 1..bytes {
            pages.push(self.upper(slot, byte - 1)?);
        }
        while *done < counts.len() {
            let (place, count) = (*done, counts[*done]);
            if count != 0 {
                let mut old = [0u8; 8];
                let mut carry = 0;
                for (byte, page) in pages.iter().enumerate() {
                    // SAFETY: pages of this tile, `place` is below `TILE_CELLS`.
                    let cell = unsafe { &mut *self.pages.at(*page).as_ptr().add(place) };
                    old[byte] = *cell;
                    let sum = u16::from(*cell) + u16::from((count >> (8 * byte)) as u8) + carry;
                    (*cell, carry) = (sum as u8, sum >> 8);
                }
                if carry > 0
                    && bytes <= UPPER
                    && let Err(refused) = self.carry(slot, place as u16, bytes - 1)
                {
                    for (byte, page) in pages.iter().enumerate() {
                        // SAFETY: as above.
                        unsafe { *self.pages.at(*page).as_ptr().add(place) = old[byte] };
                    }
                    return Err(refused);
                }
            }
            *done += 1;
        }
        Ok(())
    }

    /// Add what fell in a tile to `scratch`.
    pub(in crate::tiles) fn read(&self, tile: u64, scratch: &mut TileScratch, relief: &Relief) -> Result<()> {
        let slot = self.directory.find(tile);
        if slot == NONE {
            return Ok(());
        }
        for chunk in self.log(slot) {
            match bytemuck::try_cast_slice(chunk) {
                Ok(entries) => scratch.add_entries(entries)?,
                Err(_) => unreachable!("entries begin at an even address"),
            }
        }
        for (byte, plane) in self.planes(slot).into_iter().enumerate() {
            scratch.add_plane(byte, plane)?;
        }
        let mut packed = std::mem::take(&mut scratch.packed);
        let mut part = self.slots[slot as usize].part;
        while part != NONE {
            let Part { next, bytes, crc, chunk } = self.parts[part as usize];
            packed.clear();
            self.gather(chunk, bytes as usize, &mut packed);
            check(&packed, crc, tile)?;
            scratch.unpack(&packed)?;
            part = next;
        }
        let mut record = self.slots[slot as usize].disk;
        while record.bytes > 0 {
            packed.resize(record.bytes as usize, 0);
            relief.read(SpillRange::new(record.offset, packed.len()), &mut packed)?;
            check(&packed, record.crc, tile)?;
            let (before, rest) = packed.split_at_checked(Record::BYTES).unwrap_or_default();
            scratch.unpack(rest)?;
            record = Record::from_bytes(before).unwrap_or_default();
        }
        scratch.packed = packed;
        Ok(())
    }

    fn gather(&self, mut chunk: Address, bytes: usize, packed: &mut Vec<u8>) {
        while chunk != Address::NONE {
            let here = (chunk_bytes(self.pages.class(chunk)) - HEADER).min(bytes - packed.len());
            // SAFETY: `store` fills each chunk of a chain but the last, in which it writes the rest.
            packed.extend_from_slice(unsafe { self.pages.payload(chunk, here) });
            chunk = self.pages.next(chunk);
        }
    }

    /// The tiles in which something fell, in no order.
    pub(in crate::tiles) fn touched(&self) -> impl Iterator<Item = u64> {
        self.slots.iter().map(|slot| slot.tile)
    }

    pub(in crate::tiles) fn held(&self) -> Held {
        let pages = (self.pages.pages() - self.pages.free_pages()) * PAGE;
        let bytes = (pages + self.held.bytes()) as u64 + self.disk_bytes;
        Held { tiles: self.slots.len() as u64, bytes }
    }

    /// Make room after a refusal, or pass it on.
    #[cold]
    fn relieve(&mut self, refused: BudgetExceeded, relief: &Relief) -> Result<()> {
        // Pages are only asked for where none is free; else it is a table that could not grow, which needs blocks.
        let table = self.pages.free_pages() > 0;
        // So much that the next refusal is far.
        let enough = (self.pages.pages() / 4).max(1);
        for pressure in [Pressure::Pack, Pressure::Spill] {
            self.press(pressure, relief)?;
            let done =
                if table { self.give_back() >= refused.requested } else { self.pages.free_pages() >= enough };
            if done {
                return Ok(());
            }
        }
        if !table && self.pages.free_pages() > 0 { Ok(()) } else { Err(refused.into()) }
    }

    /// Pack, and spill if told so. Pages are free afterwards, not blocks of the pool; see [`Shard::give_back`].
    pub(in crate::tiles) fn press(&mut self, pressure: Pressure, relief: &Relief) -> Result<()> {
        for slot in 0..self.slots.len() as u32 {
            let hot = &self.hot[slot as usize];
            let least = if pressure == Pressure::Pack { LEAST_PACKED } else { LEAST_SPILLED };
            if hot.mask != 0 || hot.entries >= least {
                self.pack(slot, pressure, relief)?;
            }
        }
        if pressure == Pressure::Spill && !self.parts.is_empty() {
            let mut packed = Vec::new();
            for slot in 0..self.slots.len() {
                while let Some(part) = self.parts.get(self.slots[slot].part as usize).copied() {
                    packed.clear();
                    self.gather(part.chunk, part.bytes as usize, &mut packed);
                    self.append(slot, &packed, relief)?;
                    self.slots[slot].part = part.next;
                    self.free_chain(part.chunk);
                }
            }
            self.parts.clear();
        }
        self.pages.keep_spare();
        Ok(())
    }

    /// Give blocks back to the pool that are not used. Returns their bytes.
    pub(in crate::tiles) fn give_back(&mut self) -> usize {
        self.pages.give_back()
    }

    /// Pack what a tile is counted in. What falls in it from now on begins a new log.
    fn pack(&mut self, slot: u32, pressure: Pressure, relief: &Relief) -> Result<()> {
        // Before the packer is locked: who is asked for memory here may want to pack other shards.
        let noted = pressure == Pressure::Pack && grow(&mut self.parts, &mut self.held).is_ok();
        let mut packer = relief.packer();
        let packed = if self.hot[slot as usize].mask == 0 {
            packer.pack_entries(self.log(slot))
        } else {
            packer.pack_planes(self.planes(slot).into_iter())
        };
        match if noted { store(&mut self.pages, packed) } else { None } {
            Some(chunk) => {
                let (bytes, crc) = (packed.len() as u32, crc32c::crc32c(packed));
                let next = std::mem::replace(&mut self.slots[slot as usize].part, self.parts.len() as u32);
                self.parts.push(Part { next, bytes, crc, chunk });
            }
            None => self.append(slot as usize, packed, relief)?,
        }
        drop(packer);
        // Only now that it is safe elsewhere.
        self.empty(slot);
        Ok(())
    }

    /// Move something packed of a tile to disk.
    fn append(&mut self, slot: usize, packed: &[u8], relief: &Relief) -> Result<()> {
        let record = [&self.slots[slot].disk.to_bytes(), packed].concat();
        let offset = relief.append(&record)?.offset();
        self.slots[slot].disk = Record { offset, bytes: record.len() as u32, crc: crc32c::crc32c(&record) };
        self.disk_bytes += record.len() as u64;
        Ok(())
    }

    /// Free what a tile is counted in.
    fn empty(&mut self, slot: u32) {
        let hot = std::mem::replace(&mut self.hot[slot as usize], Hot::EMPTY);
        let first = std::mem::replace(&mut self.slots[slot as usize].first, Address::NONE);
        if hot.mask == 0 {
            self.free_chain(first);
            return;
        }
        self.pages.free_page(first);
        let upper = std::mem::replace(&mut self.slots[slot as usize].upper, NONE);
        if let Some(pages) = self.uppers.get_mut(upper as usize) {
            let pages = std::mem::replace(pages, [Address::NONE; UPPER]);
            pages
                .into_iter()
                .filter(|page| *page != Address::NONE)
                .for_each(|page| self.pages.free_page(page));
            self.unused_uppers.push(upper);
        }
    }
}

impl Hot {
    const EMPTY: Self = Self { at: std::ptr::null_mut(), mask: 0, room: 0, entries: 0 };

    /// An entry more. There must be room.
    #[inline(always)]
    fn push(&mut self, place: u16) {
        debug_assert!(self.mask == 0 && self.room > 0);
        // SAFETY: the log's last chunk has room for `room` more entries at `at`, which is even.
        unsafe {
            self.at.cast::<u16>().write(place);
            self.at = self.at.add(2);
        }
        self.room -= 1;
        self.entries += 1;
    }
}

/// Points whose slots are found, and their cells fetched, before any of them is counted.
const BLOCK: usize = 256;

struct Block {
    /// The cell of a point whose tile has counters, null where it is a log. Good until tiles are packed.
    cells: [*mut u8; BLOCK],
    slots: [u32; BLOCK],
    places: [u16; BLOCK],
    len: usize,
}

impl Block {
    fn new() -> Self {
        Self { cells: [std::ptr::null_mut(); BLOCK], slots: [0; BLOCK], places: [0; BLOCK], len: 0 }
    }

    #[inline(always)]
    fn put(&mut self, at: usize, slot: u32, place: u16, hot: &Hot) {
        let cell = hot.at.wrapping_add(usize::from(place & hot.mask));
        // A block later it is there: a block touches no more lines than the first-level cache has.
        fetch(cell);
        self.cells[at] = if hot.mask != 0 { cell } else { std::ptr::null_mut() };
        (self.slots[at], self.places[at]) = (slot, place);
    }
}

/// Count the points of a block from `start` on, up to the first that needs more than a byte or a place in a log that is
/// there. Returns which that is; it is not counted.
fn add_fast(hots: &mut [Hot], block: &Block, start: usize) -> usize {
    let Block { cells, slots, places, len } = block;
    let len = (*len).min(BLOCK);
    for at in start..len {
        let cell = cells[at];
        if !cell.is_null() {
            // SAFETY: `Block::put` made it of a page of this tile and a place in it, and nothing was packed since:
            // `Shard::count` makes all of them anew when it was. No reference to the page exists.
            unsafe {
                if *cell == u8::MAX {
                    return at;
                }
                *cell += 1;
            }
            continue;
        }
        let hot = &mut hots[slots[at] as usize];
        // A log that became counters since is counted in the slow way.
        if hot.room == 0 {
            return at;
        }
        hot.push(places[at]);
    }
    len
}

fn check(packed: &[u8], crc: u32, tile: u64) -> Result<()> {
    if crc32c::crc32c(packed) == crc {
        return Ok(());
    }
    Err(corrupt(format!("the {} B that wait of tile {tile} are not what was written", packed.len())))
}

/// Entries that a chunk has room for.
fn entries_of(class: usize) -> usize {
    (chunk_bytes(class) - HEADER) / 2
}

/// Write bytes to a chain of chunks, without asking the pool for more; `None` if there is no room.
fn store(pages: &mut Pages, bytes: &[u8]) -> Option<Address> {
    let (mut first, mut last) = (Address::NONE, Address::NONE);
    let mut left = bytes;
    while !left.is_empty() {
        let wanted = (0..CLASSES).find(|class| chunk_bytes(*class) - HEADER >= left.len());
        let Some((chunk, class)) = pages.chunk_at_hand(wanted.unwrap_or(CLASSES - 1)) else {
            while first != Address::NONE {
                let next = pages.next(first);
                pages.free_chunk(first);
                first = next;
            }
            return None;
        };
        let (here, rest) = left.split_at(left.len().min(chunk_bytes(class) - HEADER));
        pages.write(chunk, here);
        if last == Address::NONE {
            first = chunk;
        } else {
            pages.set_next(last, chunk);
        }
        (last, left) = (chunk, rest);
    }
    Some(first)
}

/// Room for one more item, reserved first.
fn grow<T>(items: &mut Vec<T>, held: &mut MemoryReservation) -> std::result::Result<(), BudgetExceeded> {
    if items.len() < items.capacity() {
        return Ok(());
    }
    let more = (items.capacity() / 2).max(64);
    held.try_grow(more * size_of::<T>())?;
    items.reserve_exact(more);
    Ok(())
}

#[inline(always)]
fn fetch(at: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch may be given any address; it reads nothing.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    std::hint::black_box(at);
}
