//! A tile of few points: a log of where they fell, 2 bytes each, in a chain of chunks.

use drypoint_memory::BudgetExceeded;

use super::pages::{Address, CLASSES, HEADER, chunk_bytes};
use super::shard::Shard;

/// A log of more entries becomes counters: it is as fast to read then, and half as long.
const MOST_ENTRIES: usize = 1 << 13;

/// What is touched for each point of a tile. Bytes of counters where `mask` is set, else a log.
#[derive(Clone, Copy)]
pub(super) struct Hot {
    /// Counters of one byte, or where the next entry of the log goes.
    pub(super) at: *mut u8,
    /// 0xffff or 0: what of a place is added to `at` to reach its cell.
    pub(super) mask: u16,
    /// Entries that the log's last chunk has room for.
    pub(super) room: u16,
    /// Entries of the log.
    pub(super) entries: u32,
}

impl Hot {
    pub(super) const EMPTY: Self = Self { at: std::ptr::null_mut(), mask: 0, room: 0, entries: 0 };

    /// An entry more. There must be room.
    #[inline(always)]
    pub(super) fn push(&mut self, place: u16) {
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

impl Shard {
    /// One point more than the log has room for.
    #[cold]
    pub(super) fn grow_and_add(&mut self, slot: u32, place: u16) -> std::result::Result<(), BudgetExceeded> {
        let (hot, first) = (&mut self.hot[slot as usize], &mut self.slots[slot as usize].first);
        if hot.entries as usize >= MOST_ENTRIES {
            self.become_counters(slot)?;
        } else {
            // A quarter of what the log has: an eighth of it lies unused on average.
            let class = ((hot.entries as usize / 2).max(16).ilog2() as usize - 4).min(CLASSES - 1);
            let chunk = self.pages.chunk(class, true)?;
            self.pages.set_next(chunk, *first);
            *first = chunk;
            // SAFETY: a chunk is longer than its header.
            hot.at = unsafe { self.pages.at(chunk).as_ptr().add(HEADER) };
            hot.room = entries_of(class) as u16;
        }
        self.add_one(slot, place)
    }

    /// The chunks of a log, the last first: the bytes of its entries.
    pub(super) fn log(&self, slot: u32) -> impl Iterator<Item = &[u8]> {
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
}

/// Entries that a chunk has room for.
fn entries_of(class: usize) -> usize {
    (chunk_bytes(class) - HEADER) / 2
}
