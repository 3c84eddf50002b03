//! A tile of many points: a counter for each cell, one page for each byte of it.
//!
//! The page that a sum needs is made before anything is added, so that a refusal leaves nothing to undo.

use drypoint_memory::BudgetExceeded;

use super::log::Hot;
use super::pages::Address;
use super::shard::{Shard, grow};
use crate::Result;
use crate::tiles::TILE_CELLS;
use crate::tiles::directory::NONE;
use crate::tiles::relief::Relief;

/// Bytes of a count beyond the lowest.
pub(super) const UPPER: usize = 7;

impl Shard {
    /// Add 1 to the bytes of a cell from `lowest` on (0 is the second lowest of its count). Refused, nothing is changed.
    #[cold]
    #[inline(never)]
    pub(super) fn carry(
        &mut self,
        slot: u32,
        place: u16,
        lowest: usize,
    ) -> std::result::Result<(), BudgetExceeded> {
        let place = usize::from(place);
        let mut byte = lowest;
        while let Some(page) = self.upper_at_hand(slot, byte)
            && self.pages.page_bytes(page)[place] == u8::MAX
        {
            byte += 1;
        }
        if byte < UPPER {
            let page = self.upper(slot, byte)?;
            self.pages.page_bytes_mut(page)[place] += 1;
        }
        for full in lowest..byte {
            if let Some(page) = self.upper_at_hand(slot, full) {
                self.pages.page_bytes_mut(page)[place] = 0;
            }
        }
        Ok(())
    }

    /// The page of a higher byte, if there is one.
    fn upper_at_hand(&self, slot: u32, byte: usize) -> Option<Address> {
        let uppers = self.uppers.get(self.slots[slot as usize].upper as usize)?;
        uppers.get(byte).copied().filter(|page| *page != Address::NONE)
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

    /// Count what the log has. Refused, it is still a log.
    pub(super) fn become_counters(&mut self, slot: u32) -> std::result::Result<(), BudgetExceeded> {
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
        // `MOST_ENTRIES` wrap a cell 32 times at most, so that no further byte is needed and nothing is refused below.
        if !wraps.is_empty()
            && let Err(refused) = self.upper(slot, 0)
        {
            self.pages.free_page(page);
            return Err(refused);
        }
        self.hot[slot as usize] = Hot { at: base, mask: u16::MAX, ..Hot::EMPTY };
        let chain = std::mem::replace(&mut self.slots[slot as usize].first, page);
        self.pages.free_chain(chain);
        for place in wraps {
            self.carry(slot, place, 0)?;
        }
        Ok(())
    }

    /// The pages of a tile's counters, the lowest bytes first. None if it is a log.
    pub(super) fn planes(&self, slot: u32) -> Vec<&[u8]> {
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
        // A sum has at most one byte more than its terms, and that byte is carried to.
        let most = counts[*done..].iter().fold(0, |all, count| all | count);
        let bytes = (8 - most.leading_zeros() as usize / 8).max(1);
        let mut pages = vec![self.slots[slot as usize].first];
        for byte in 1..bytes {
            pages.push(self.upper(slot, byte - 1)?);
        }
        for (place, count) in counts.iter().enumerate().skip(*done) {
            *done = place;
            if *count == 0 {
                continue;
            }
            let cell = |page: &Address| u64::from(self.pages.page_bytes(*page)[place]);
            let before = pages.iter().rev().fold(0, |before, page| before << 8 | cell(page));
            let sum = before.wrapping_add(*count);
            if bytes <= UPPER && sum >> (8 * bytes) > 0 {
                self.carry(slot, place as u16, bytes - 1)?;
            }
            for (page, byte) in pages.iter().zip(sum.to_le_bytes()) {
                self.pages.page_bytes_mut(*page)[place] = byte;
            }
        }
        *done = counts.len();
        Ok(())
    }

    /// Free the counters of a tile.
    pub(super) fn free_counters(&mut self, lowest: Address, upper: u32) {
        self.pages.free_page(lowest);
        if let Some(pages) = self.uppers.get_mut(upper as usize) {
            for page in std::mem::replace(pages, [Address::NONE; UPPER]) {
                if page != Address::NONE {
                    self.pages.free_page(page);
                }
            }
            self.unused_uppers.push(upper);
        }
    }
}
