//! From a tile to its slot: a plain table where the tiles are few enough, a hash table where they are not.

use drypoint_memory::{BudgetExceeded, Buffer, MemoryConsumer, charged_bytes};

/// No slot.
pub(super) const NONE: u32 = u32::MAX;

/// A plain table of at most so many tiles: 4 MiB.
const MOST_FLAT: u64 = 1 << 20;

/// The places of a hash table when it begins.
const LEAST_PLACES: usize = 1 << 10;

/// Which slot a tile has. Tiles are numbered from 0.
pub(super) enum Directory {
    /// By tile; one more than the slot, so that zeroed memory is an empty table.
    Flat(Buffer<u32>),
    /// Open addressing: (tile + 1, slot), 0 where nothing is.
    Hashed { places: Buffer<[u64; 2]>, used: usize, consumer: MemoryConsumer },
}

impl Directory {
    /// Bytes of an empty table.
    pub(super) fn bytes(tiles: u64) -> usize {
        let bytes = if tiles <= MOST_FLAT { 4 * tiles as usize } else { 16 * LEAST_PLACES };
        charged_bytes(bytes).unwrap_or(usize::MAX)
    }

    pub(super) fn new(tiles: u64, consumer: &MemoryConsumer) -> Result<Self, BudgetExceeded> {
        if tiles <= MOST_FLAT {
            Ok(Self::Flat(consumer.zeroed(tiles as usize)?))
        } else {
            let places = consumer.zeroed(LEAST_PLACES)?;
            Ok(Self::Hashed { places, used: 0, consumer: consumer.clone() })
        }
    }

    /// The slot of a tile, or [`NONE`].
    #[inline]
    pub(super) fn find(&self, tile: u64) -> u32 {
        match self {
            Self::Flat(slots) => slots.get(tile as usize).copied().unwrap_or(0).wrapping_sub(1),
            Self::Hashed { places, .. } => {
                let [found, slot] = places[place(places, tile)];
                if found == 0 { NONE } else { slot as u32 }
            }
        }
    }

    /// Note the slot of a tile that has none yet. Refused, nothing is changed.
    pub(super) fn insert(&mut self, tile: u64, slot: u32) -> Result<(), BudgetExceeded> {
        match self {
            Self::Flat(slots) => slots[tile as usize] = slot + 1,
            Self::Hashed { places, used, consumer } => {
                if *used * 3 >= places.len() * 2 {
                    let mut wider = consumer.zeroed::<[u64; 2]>(places.len() * 2)?;
                    for &[found, slot] in places.iter().filter(|[found, _]| *found != 0) {
                        let at = place(&wider, found - 1);
                        wider[at] = [found, slot];
                    }
                    *places = wider;
                }
                let at = place(places, tile);
                places[at] = [tile + 1, u64::from(slot)];
                *used += 1;
            }
        }
        Ok(())
    }
}

/// Where a tile is, or would be. The table is never full.
#[inline]
fn place(places: &[[u64; 2]], tile: u64) -> usize {
    let mask = places.len() - 1;
    let mut at = (tile.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) as usize & mask;
    while places[at][0] != 0 && places[at][0] != tile + 1 {
        at = (at + 1) & mask;
    }
    at
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use drypoint_memory::MemoryPool;

    use super::*;

    #[test]
    fn both_tables_give_back_what_was_put_in() {
        let consumer = MemoryPool::new(64 << 20).consumer("test");
        for tiles in [10_000, 1 << 44] {
            let mut directory = Directory::new(tiles, &consumer).unwrap();
            let mut twin = BTreeMap::new();
            for slot in 0..5000u32 {
                let tile = u64::from(slot).wrapping_mul(0x5851_f42d_4c95_7f2d) % tiles;
                assert_eq!(directory.find(tile), twin.get(&tile).copied().unwrap_or(NONE));
                if twin.insert(tile, slot).is_none() {
                    directory.insert(tile, slot).unwrap();
                } else {
                    twin.insert(tile, directory.find(tile));
                }
            }
            assert!(twin.iter().all(|(tile, slot)| directory.find(*tile) == *slot));
        }
    }
}
