//! What both layouts have in common: entries in an order, each with a place along every dimension and a value.
//!
//! Reductions, filling of dense arrays and drawing need only where an entry falls in an array of some strides. That is computed
//! a block at a time for the indices' type alone, and used for the values' type alone: no loop exists for each pair of types.

use super::index::{Index, with_index};
use super::{IndexArray, Values};

/// Entries of an array of some shape.
pub trait Entries: Send + Sync {
    /// Items along each dimension.
    fn shape(&self) -> &[usize];

    /// The values, one for each entry.
    fn values(&self) -> &Values;

    /// The places along `axis`, where they lie in memory.
    fn places(&self, axis: usize) -> Option<&IndexArray>;

    /// Whether no two entries have the same place.
    fn unique(&self) -> bool;

    /// Add the places of the entries from `first` on along `axis`, each times `stride`, to `positions`.
    fn add_places(&self, axis: usize, first: usize, stride: u64, positions: &mut [u64]);

    /// How many entries there are.
    fn nnz(&self) -> usize {
        self.values().len()
    }

    /// Where the entries from `first` on fall in an array of these strides, counted in items.
    fn positions(&self, first: usize, strides: &[u64], positions: &mut [u64]) {
        positions.fill(0);
        for (axis, stride) in strides.iter().enumerate() {
            if *stride != 0 {
                self.add_places(axis, first, *stride, positions);
            }
        }
    }
}

/// Strides of an array of this shape in C order, counted in items.
pub(super) fn row_major(shape: &[usize]) -> Vec<u64> {
    let mut strides = vec![1u64; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis].saturating_mul(shape[axis].max(1) as u64);
    }
    strides
}

/// Add `places[first..]`, each times `stride`.
pub(super) fn add_scaled(places: &IndexArray, first: usize, stride: u64, positions: &mut [u64]) {
    with_index!(places.kind(), I => {
        let places = &places.items::<I>()[first..first + positions.len()];
        for (position, place) in positions.iter_mut().zip(places) {
            *position = position.wrapping_add((place.place() as u64).wrapping_mul(stride));
        }
    });
}
