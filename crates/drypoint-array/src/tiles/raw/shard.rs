//! The tiles of one lock: which there are, and what each of them has.

use drypoint_memory::{BudgetExceeded, MemoryConsumer, MemoryReservation};

use super::counters::UPPER;
use super::log::Hot;
use super::pages::{Address, PAGE, Pages};
use super::parts::{Part, Record};
use crate::tiles::directory::{Directory, NONE};

/// A tile, besides what is touched for each point of it ([`Hot`]).
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub(super) tile: u64,
    /// The log's last chunk, or the page of the lowest bytes.
    pub(super) first: Address,
    /// Which of `uppers` has the pages of higher bytes.
    pub(super) upper: u32,
    /// The last of what was packed and is in memory.
    pub(super) part: u32,
    /// The last of what is on disk.
    pub(super) disk: Record,
}

pub(in crate::tiles) struct Shard {
    pub(super) directory: Directory,
    /// By slot.
    pub(super) hot: Vec<Hot>,
    pub(super) slots: Vec<Slot>,
    /// Pages of the higher bytes of counters, for the tiles that have any.
    pub(super) uppers: Vec<[Address; UPPER]>,
    pub(super) unused_uppers: Vec<u32>,
    pub(super) parts: Vec<Part>,
    pub(super) pages: Pages,
    /// Covers the tables.
    pub(super) held: MemoryReservation,
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
        })
    }

    /// A slot for a tile that has none. Refused, nothing is changed.
    #[cold]
    pub(super) fn new_slot(&mut self, tile: u64) -> std::result::Result<u32, BudgetExceeded> {
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

    /// The tiles in which something fell, in no order.
    pub(in crate::tiles) fn touched(&self) -> impl Iterator<Item = u64> {
        self.slots.iter().map(|slot| slot.tile)
    }

    /// How many they are.
    pub(in crate::tiles) fn tiles(&self) -> u64 {
        self.slots.len() as u64
    }

    /// Bytes in memory: pages in use and tables.
    pub(in crate::tiles) fn bytes(&self) -> u64 {
        let pages = (self.pages.pages() - self.pages.free_pages()) * PAGE;
        (pages + self.held.bytes()) as u64
    }
}

/// Room for one more item, reserved first.
pub(super) fn grow<T>(
    items: &mut Vec<T>,
    held: &mut MemoryReservation,
) -> std::result::Result<(), BudgetExceeded> {
    if items.len() < items.capacity() {
        return Ok(());
    }
    let more = (items.capacity() / 2).max(64);
    held.try_grow(more * size_of::<T>())?;
    items.reserve_exact(more);
    Ok(())
}
