//! The value that covers most of a pixel.
//!
//! Unlike sums and extremes it cannot be put together from parts that forget their items, so each pixel is found from
//! all of its items at once.

use std::ops::Range;

use drypoint_memory::{Buffer, MemoryConsumer};

use super::fold::{Block, Fold, Window};
use super::source::Tile;
use super::taps::Tap;
use crate::Result;
use crate::raw::Item;

/// The items of a pixel, and what each weighs.
pub(crate) struct Census {
    items: Buffer<[u64; 2]>,
}

impl Census {
    pub(super) fn new(items: usize, consumer: &MemoryConsumer) -> Result<Self> {
        Ok(Self { items: consumer.buffer(items.max(1))? })
    }

    pub(super) fn bytes(items: usize) -> usize {
        Buffer::<[u64; 2]>::charged_bytes(items.max(1)).unwrap_or(usize::MAX)
    }
}

impl Fold {
    /// The most items that a pixel of the canvas reads.
    pub(super) fn most_items(&self) -> usize {
        let most = |taps: &[Tap]| taps.iter().map(|tap| tap.count as usize).max().unwrap_or(0);
        most(&self.rows.taps).saturating_mul(most(&self.columns.taps))
    }

    /// The mode of each pixel of `window`; all that it reads lies in `tile`. Returns how many items are NaN, of those
    /// that lie neither in a row nor in a column before `fresh`.
    pub(super) fn modes<T: Item>(
        &self,
        tile: &Tile<'_>,
        window: &Window,
        fresh: (usize, usize),
        census: &mut Census,
        block: &mut Block,
    ) -> u64 {
        let items: &[T] = bytemuck::cast_slice(tile.bytes);
        let stride = tile.stride / size_of::<T>();
        let (rows, columns) = (self.rows.items_of(&window.rows), self.columns.items_of(&window.columns));
        let line = |row: usize, columns: &Range<usize>| {
            let start = (row - tile.rows.start) * stride + columns.start - tile.columns.start;
            &items[start..start + columns.len()]
        };
        let own = columns.start.max(fresh.1).min(columns.end)..columns.end;
        let missing =
            (rows.start.max(fresh.0)..rows.end).map(|row| T::missing(self.isa, line(row, &own)) as u64);
        let missed = missing.sum();
        let mut cells = block.cells.iter_mut();
        for row in window.rows.clone() {
            for (column, cell) in window.columns.clone().zip(&mut cells) {
                let (down, across) = (self.rows.taps[row], self.columns.taps[column]);
                if down.count == 0 || across.count == 0 {
                    *cell = self.empty::<T>();
                    continue;
                }
                let read = across.items();
                if size_of::<T>() == 1 && down.count * across.count > FEW {
                    let mut weights = [0.0; TABLE];
                    for row in down.items() {
                        let weight = down.weight(row);
                        for (item, value) in read.clone().zip(line(row, &read)) {
                            weights[place(*value)] += weight * across.weight(item);
                        }
                    }
                    *cell = heaviest_place(&weights).to_bits();
                    continue;
                }
                let mut count = 0;
                for row in down.items() {
                    let weight = down.weight(row);
                    for (item, value) in read.clone().zip(line(row, &read)) {
                        if !(T::FLOAT && value.number().is_nan()) {
                            census.items[count] = [order(*value), (weight * across.weight(item)).to_bits()];
                            count += 1;
                        }
                    }
                }
                *cell = heaviest(&mut census.items[..count]).map_or(self.empty::<T>(), cell_of::<T>);
            }
        }
        missed
    }
}

/// Up to so many items are sorted even where they could be counted in a table.
const FEW: u32 = 32;
/// Values of items of one byte, with and without sign.
const TABLE: usize = 128 + 256;

/// The place of an item of one byte in the table.
fn place<T: Item>(item: T) -> usize {
    (item.number() + 128.0) as usize
}

/// The value that weighs most; of several the least.
fn heaviest_place(weights: &[f64; TABLE]) -> f64 {
    let mut best = 0;
    for (place, weight) in weights.iter().enumerate() {
        if *weight > weights[best] * SAME {
            best = place;
        }
    }
    best as f64 - 128.0
}

/// Weights of the same area may differ by a rounding, and are told apart beyond this ratio.
const SAME: f64 = 1.0 + 1e-12;

/// The place of an item among all others of its type.
fn order<T: Item>(item: T) -> u64 {
    if T::WIDE {
        return item.key();
    }
    let number = item.number() + 0.0; // -0.0 is 0.0
    let bits = number.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// What `order` was made from, as a cell.
fn cell_of<T: Item>(order: u64) -> u64 {
    match (T::WIDE, order >> 63) {
        (true, _) => order,
        (false, 1) => order & !(1 << 63),
        (false, _) => !order,
    }
}

/// The item that weighs most; of several the least.
fn heaviest(items: &mut [[u64; 2]]) -> Option<u64> {
    items.sort_unstable_by_key(|[order, _]| *order);
    let mut best: Option<(u64, f64)> = None;
    for same in items.chunk_by(|a, b| a[0] == b[0]) {
        let weight: f64 = same.iter().map(|[_, weight]| f64::from_bits(*weight)).sum();
        if best.is_none_or(|(_, most)| weight > most * SAME) {
            best = Some((same[0][0], weight));
        }
    }
    best.map(|(order, _)| order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_item_wins_and_of_equals_the_least() {
        let item = |value: f64, weight: f64| [order(value), weight.to_bits()];
        let mode =
            |items: &mut [[u64; 2]]| heaviest(items).map(|order| f64::from_bits(cell_of::<f64>(order)));
        assert_eq!(mode(&mut []), None);
        assert_eq!(mode(&mut [item(3.0, 1.0), item(-2.0, 1.0), item(7.0, 0.5)]), Some(-2.0));
        assert_eq!(mode(&mut [item(3.0, 0.25), item(-2.0, 0.5), item(3.0, 0.5)]), Some(3.0));
        let zeros = mode(&mut [item(-0.0, 0.5), item(0.0, 0.5), item(1.0, 0.75)]).unwrap();
        assert!(zeros == 0.0 && zeros.is_sign_positive());
    }

    #[test]
    fn sums_of_the_same_parts_are_the_same_area() {
        let tenth = [order(5.0), 0.1f64.to_bits()];
        let mut items = vec![[order(1.0), 1.0f64.to_bits()]];
        items.extend([tenth; 10]); // 0.9999999999999999
        assert_eq!(heaviest(&mut items).map(cell_of::<f64>), Some(1.0f64.to_bits()));
    }
}
