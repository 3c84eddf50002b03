//! What was packed of tiles: in chains of chunks while memory has room, then on disk, and back.

use drypoint_memory::{BudgetExceeded, SpillRange};

use super::log::Hot;
use super::pages::{Address, CLASSES, HEADER, Pages, chunk_bytes};
use super::shard::{Shard, Slot, grow};
use crate::tiles::TileScratch;
use crate::tiles::directory::NONE;
use crate::tiles::packed::corrupt;
use crate::tiles::relief::Relief;
use crate::{ArrayError, Result};

/// Shorter logs are not packed, nor spilled: what is noted of where they went would take as much.
const LEAST_PACKED: u32 = 64;
const LEAST_SPILLED: u32 = 16;

/// What was packed of a tile at one time and waits in memory.
#[derive(Clone, Copy)]
pub(super) struct Part {
    next: u32,
    bytes: u32,
    crc: u32,
    chunk: Address,
}

/// What was packed of a tile at one time and is on disk. It begins with the record before it, so that memory holds one
/// for each tile, however many there are.
#[derive(Clone, Copy, Default)]
pub(super) struct Record {
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

impl Shard {
    /// Make room after a refusal, or pass it on.
    #[cold]
    pub(super) fn relieve(&mut self, refused: BudgetExceeded, relief: &Relief) -> Result<()> {
        // Pages are only asked for where none is free; else it is a table that could not grow, which needs blocks.
        let table = self.pages.free_pages() > 0;
        // So much that the next refusal is far.
        let enough = (self.pages.pages() / 4).max(1);
        for pressure in [Pressure::Pack, Pressure::Spill] {
            match self.press(pressure, relief) {
                Err(ArrayError::Spill(error)) => {
                    return Err(ArrayError::NotSpilled { budget: refused, spill: error.to_string() });
                }
                pressed => pressed?,
            }
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
                    self.pages.free_chain(part.chunk);
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
        let stored = if noted { store(&mut self.pages, packed) } else { None };
        match stored {
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
        Ok(())
    }

    /// Free what a tile is counted in.
    fn empty(&mut self, slot: u32) {
        let hot = std::mem::replace(&mut self.hot[slot as usize], Hot::EMPTY);
        let slot = &mut self.slots[slot as usize];
        let first = std::mem::replace(&mut slot.first, Address::NONE);
        if hot.mask == 0 {
            self.pages.free_chain(first);
        } else {
            let upper = std::mem::replace(&mut slot.upper, NONE);
            self.free_counters(first, upper);
        }
    }

    /// Add what fell in a tile to `scratch`.
    pub(in crate::tiles) fn read(&self, tile: u64, scratch: &mut TileScratch, relief: &Relief) -> Result<()> {
        let slot = self.directory.find(tile);
        if slot == NONE {
            return Ok(());
        }
        for chunk in self.log(slot) {
            // Entries begin at an even address.
            scratch.add_entries(bytemuck::cast_slice(chunk))?;
        }
        for (byte, plane) in self.planes(slot).into_iter().enumerate() {
            scratch.add_plane(byte, plane)?;
        }
        self.read_parts(slot, scratch, relief)
    }

    /// Add what was packed of a tile to `scratch`: what waits in memory, then what is on disk.
    fn read_parts(&self, slot: u32, scratch: &mut TileScratch, relief: &Relief) -> Result<()> {
        let Slot { tile, mut part, disk: mut record, .. } = self.slots[slot as usize];
        let mut packed = std::mem::take(&mut scratch.packed);
        while part != NONE {
            let Part { next, bytes, crc, chunk } = self.parts[part as usize];
            packed.clear();
            self.gather(chunk, bytes as usize, &mut packed);
            check(&packed, crc, tile)?;
            scratch.unpack(&packed)?;
            part = next;
        }
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

    /// Append what a chain of chunks holds to `packed`.
    fn gather(&self, mut chunk: Address, bytes: usize, packed: &mut Vec<u8>) {
        while chunk != Address::NONE {
            let here = (chunk_bytes(self.pages.class(chunk)) - HEADER).min(bytes - packed.len());
            // SAFETY: `store` fills each chunk of a chain but the last, in which it writes the rest.
            packed.extend_from_slice(unsafe { self.pages.payload(chunk, here) });
            chunk = self.pages.next(chunk);
        }
    }
}

fn check(packed: &[u8], crc: u32, tile: u64) -> Result<()> {
    if crc32c::crc32c(packed) == crc {
        return Ok(());
    }
    Err(corrupt(format!("the {} B that wait of tile {tile} are not what was written", packed.len())))
}

/// Write bytes to a chain of chunks, without asking the pool for more; `None` if there is no room.
fn store(pages: &mut Pages, bytes: &[u8]) -> Option<Address> {
    let (mut first, mut last) = (Address::NONE, Address::NONE);
    let mut left = bytes;
    while !left.is_empty() {
        let wanted = (0..CLASSES).find(|class| chunk_bytes(*class) - HEADER >= left.len());
        let Some((chunk, class)) = pages.chunk_at_hand(wanted.unwrap_or(CLASSES - 1)) else {
            pages.free_chain(first);
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
