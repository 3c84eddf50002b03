//! Points on their way to their cells, a block at a time: all slots are found and all cells fetched before any is counted.

use drypoint_memory::BudgetExceeded;

use super::log::Hot;
use super::shard::Shard;
use crate::Result;
use crate::tiles::NO_KEY;
use crate::tiles::directory::NONE;
use crate::tiles::relief::Relief;

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

impl Shard {
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

    /// One point, whatever it takes. Refused, nothing is counted.
    pub(super) fn add_one(&mut self, slot: u32, place: u16) -> std::result::Result<(), BudgetExceeded> {
        let hot = &mut self.hot[slot as usize];
        if hot.mask == 0 {
            if hot.room == 0 {
                return self.grow_and_add(slot, place);
            }
            hot.push(place);
            return Ok(());
        }
        // SAFETY: `at` is a page of `TILE_CELLS` bytes of this tile, and `place` is below that.
        let cell = unsafe { hot.at.add(usize::from(place)) };
        // SAFETY: as above; pages do not move, and no reference to this one exists.
        let count = unsafe { *cell };
        if count == u8::MAX {
            self.carry(slot, place, 0)?;
        }
        // SAFETY: as above.
        unsafe { *cell = count.wrapping_add(1) };
        Ok(())
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
