//! Where one tile at a time is read to: a list while it is short, else a counter for each cell.

use drypoint_memory::{BudgetExceeded, Buffer, MemoryConsumer, MemoryReservation};

use super::TILE_CELLS;
use super::packed::corrupt;
use crate::Result;

/// A longer list is slower to go through than all cells.
const MOST_ENTRIES: usize = 1 << 14;

/// What fell in a tile. A place in it is `256 * y + x`.
#[derive(Debug, Clone, Copy)]
pub enum TileCells<'a> {
    /// The place of each point, in no order.
    Few(&'a [u16]),
    /// The count of each of the [`TILE_CELLS`] cells.
    Many(&'a [u64]),
}

/// Room for one tile that is read, and for what it is read from.
pub struct TileScratch {
    entries: Vec<u16>,
    counts: Buffer<u64>,
    many: bool,
    pub(super) plane: Vec<u8>,
    pub(super) packed: Vec<u8>,
    _held: MemoryReservation,
}

impl TileScratch {
    /// Room taken from an account: 770 kB.
    pub fn new(consumer: &MemoryConsumer) -> std::result::Result<Self, BudgetExceeded> {
        // The list, a plane, and a packed tile of two planes; more is rare, and short-lived.
        let held = consumer.try_reserve(2 * MOST_ENTRIES + 3 * TILE_CELLS)?;
        Ok(Self {
            entries: Vec::with_capacity(MOST_ENTRIES),
            counts: consumer.zeroed(TILE_CELLS)?,
            many: false,
            plane: Vec::new(),
            packed: Vec::new(),
            _held: held,
        })
    }

    /// Make it an empty tile.
    pub fn clear(&mut self) {
        self.entries.clear();
        if self.many {
            self.counts.fill(0);
        }
        self.many = false;
    }

    /// What was read.
    pub fn cells(&self) -> TileCells<'_> {
        if self.many { TileCells::Many(&self.counts) } else { TileCells::Few(&self.entries) }
    }

    /// Add points at these places.
    pub(super) fn add_entries(&mut self, entries: &[u16]) -> Result<()> {
        if !self.many && self.entries.len() + entries.len() <= MOST_ENTRIES {
            self.entries.extend_from_slice(entries);
            return Ok(());
        }
        self.spread();
        for entry in entries {
            let count = &mut self.counts[usize::from(*entry)];
            *count = count.checked_add(1).ok_or_else(passed)?;
        }
        Ok(())
    }

    /// Add a plane of the bytes with this place in their counts.
    pub(super) fn add_plane(&mut self, byte: usize, plane: &[u8]) -> Result<()> {
        self.spread();
        let mut passes = false;
        for (count, digit) in self.counts.iter_mut().zip(plane) {
            let (sum, passed) = count.overflowing_add(u64::from(*digit) << (8 * byte));
            *count = sum;
            passes |= passed;
        }
        if passes { Err(passed()) } else { Ok(()) }
    }

    /// Add a count to one cell. Past 2⁶⁴ it stays there.
    pub fn add(&mut self, place: u16, count: u64) {
        if count == 1 && !self.many && self.entries.len() < MOST_ENTRIES {
            self.entries.push(place);
        } else {
            self.spread();
            let cell = &mut self.counts[usize::from(place)];
            *cell = cell.saturating_add(count);
        }
    }

    /// Call `take(place, count)` for each cell that is not empty, in the order of the places.
    pub fn each_cell(&mut self, mut take: impl FnMut(u16, u64)) {
        if self.many {
            for (place, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                take(place as u16, *count);
            }
        } else {
            self.entries.sort_unstable();
            for same in self.entries.chunk_by(|a, b| a == b) {
                take(same[0], same.len() as u64);
            }
        }
    }

    /// Unpack a tile into it, on top of what it holds.
    pub fn unpack(&mut self, packed: &[u8]) -> Result<()> {
        super::packed::unpack(packed, self)
    }

    fn spread(&mut self) {
        if !self.many {
            self.many = true;
            for entry in self.entries.drain(..) {
                self.counts[usize::from(entry)] += 1;
            }
        }
    }
}

fn passed() -> crate::ArrayError {
    corrupt("a count passes 2⁶⁴".into())
}
