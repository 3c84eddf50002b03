//! The folds of values, and the planes of their cells.
//!
//! Cells are as small as exactness allows, because past the second-level cache their size is the speed (decision
//! 0008): a sum is one float64 whose emptiness is written as -0.0, which no sum of normalised values can be.

use bytemuck::Zeroable;
use drypoint_memory::{BudgetExceeded, Buffer, MemoryConsumer};

use crate::raw::{self, Fold, Points};

/// Whether anything fell.
pub(crate) struct AnyFold;

impl Fold for AnyFold {
    type Cell = u8;
    const EMPTY: u8 = 0;
    const VALUED: bool = false;

    #[inline(always)]
    fn add(cell: &mut u8, _value: f64, _key: u64) {
        *cell = 1;
    }

    fn merge(cell: &mut u8, other: &u8) {
        *cell |= other;
    }
}

/// Sum; -0.0 is empty.
pub(crate) struct SumFold;

impl SumFold {
    /// Whether nothing fell: -0.0 is the identity of addition, and no value added is -0.0, so no sum can be.
    pub(crate) fn is_empty(cell: f64) -> bool {
        cell.to_bits() == Self::EMPTY.to_bits()
    }
}

impl Fold for SumFold {
    type Cell = f64;
    const EMPTY: f64 = -0.0;

    #[inline(always)]
    fn add(cell: &mut f64, value: f64, _key: u64) {
        *cell += value + 0.0; // -0.0 + 0.0 = 0.0
    }

    fn merge(cell: &mut f64, other: &f64) {
        *cell += other;
    }
}

/// Least value; NaN is empty. Zeros are made positive, so that which of 0.0 and -0.0 came first does not show.
pub(crate) struct MinFold;

impl Fold for MinFold {
    type Cell = f64;
    const EMPTY: f64 = f64::NAN;

    #[inline(always)]
    fn add(cell: &mut f64, value: f64, _key: u64) {
        let kept = *cell <= value;
        if !kept {
            *cell = value + 0.0;
        }
    }

    fn merge(cell: &mut f64, other: &f64) {
        if !other.is_nan() {
            Self::add(cell, *other, 0);
        }
    }
}

/// Greatest value; as [`MinFold`].
pub(crate) struct MaxFold;

impl Fold for MaxFold {
    type Cell = f64;
    const EMPTY: f64 = f64::NAN;

    #[inline(always)]
    fn add(cell: &mut f64, value: f64, _key: u64) {
        let kept = *cell >= value;
        if !kept {
            *cell = value + 0.0;
        }
    }

    fn merge(cell: &mut f64, other: &f64) {
        if !other.is_nan() {
            Self::add(cell, *other, 0);
        }
    }
}

/// Number, mean, and sum of squared differences from the mean: Welford's update (1962) and the merge of Chan, Golub and
/// LeVeque (1979). A mean that is kept has no more rounding than its own size; a sum of many large values would have, and
/// differences of large sums of squares would lose all digits where the spread is small beside the mean.
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct Moments {
    /// Exact up to 2⁵³.
    pub(crate) count: f64,
    pub(crate) mean: f64,
    pub(crate) squares: f64,
}

pub(crate) struct MomentsFold;

impl Fold for MomentsFold {
    type Cell = Moments;
    const EMPTY: Moments = Moments { count: 0.0, mean: 0.0, squares: 0.0 };

    #[inline(always)]
    fn add(cell: &mut Moments, value: f64, _key: u64) {
        let count = cell.count + 1.0;
        let off = value - cell.mean;
        let mean = cell.mean + off / count;
        cell.squares += off * (value - mean);
        (cell.count, cell.mean) = (count, mean);
    }

    fn merge(cell: &mut Moments, other: &Moments) {
        if other.count == 0.0 {
            return;
        }
        if cell.count == 0.0 {
            *cell = *other;
            return;
        }
        let count = cell.count + other.count;
        let off = other.mean - cell.mean;
        cell.squares += other.squares + off * off * (cell.count * (other.count / count));
        // From the larger side, so that the mean of many is not moved by the rounding of a few.
        cell.mean = if cell.count >= other.count {
            cell.mean + off * (other.count / count)
        } else {
            other.mean - off * (cell.count / count)
        };
        cell.count = count;
    }
}

/// A value and where it stood in the source; a NaN value is empty, and its key is such that any row comes before it in
/// the order of the fold, so that only keys are compared.
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct Keyed {
    pub(crate) value: f64,
    pub(crate) key: u64,
}

pub(crate) struct FirstFold;

impl Fold for FirstFold {
    type Cell = Keyed;
    const EMPTY: Keyed = Keyed { value: f64::NAN, key: u64::MAX };
    const ORDERED: bool = true;

    #[inline(always)]
    fn add(cell: &mut Keyed, value: f64, key: u64) {
        if key < cell.key {
            *cell = Keyed { value, key };
        }
    }

    fn merge(cell: &mut Keyed, other: &Keyed) {
        if !other.value.is_nan() {
            Self::add(cell, other.value, other.key);
        }
    }
}

pub(crate) struct LastFold;

impl Fold for LastFold {
    type Cell = Keyed;
    const EMPTY: Keyed = Keyed { value: f64::NAN, key: 0 };
    const ORDERED: bool = true;

    #[inline(always)]
    fn add(cell: &mut Keyed, value: f64, key: u64) {
        if key >= cell.key {
            *cell = Keyed { value, key };
        }
    }

    fn merge(cell: &mut Keyed, other: &Keyed) {
        if !other.value.is_nan() {
            Self::add(cell, other.value, other.key);
        }
    }
}

/// As [`LastFold`], where no row comes after a later one: what is in the cell need not be looked at.
pub(crate) struct LastOfRising;

impl Fold for LastOfRising {
    type Cell = Keyed;
    const EMPTY: Keyed = LastFold::EMPTY;
    const ORDERED: bool = true;

    #[inline(always)]
    fn add(cell: &mut Keyed, value: f64, key: u64) {
        *cell = Keyed { value, key };
    }

    fn merge(cell: &mut Keyed, other: &Keyed) {
        LastFold::merge(cell, other);
    }
}

/// The planes of one thread, in the order in which it met the categories.
pub(crate) struct Cells<F: Fold> {
    pub(crate) planes: Vec<Buffer<F::Cell>>,
}

impl<F: Fold> Cells<F> {
    pub(crate) fn new() -> Self {
        Self { planes: Vec::new() }
    }

    pub(crate) fn add_plane(
        &mut self,
        cells: usize,
        consumer: &MemoryConsumer,
    ) -> Result<(), BudgetExceeded> {
        self.planes.push(empty_plane::<F>(cells, consumer)?);
        Ok(())
    }

    pub(crate) fn add(&mut self, points: &Points<'_>) {
        raw::fold::<F>(points, &mut self.planes);
    }

    /// What is in cell `from` of a plane falls into `to`; `from` is empty then.
    pub(crate) fn absorb(&mut self, plane: usize, from: usize, to: usize) {
        let cells = &mut self.planes[plane];
        let moved = std::mem::replace(&mut cells[from], F::EMPTY);
        F::merge(&mut cells[to], &moved);
    }

    /// Merge cell `from` of `plane` of another grid into cell `to`.
    pub(crate) fn take(&mut self, plane: usize, to: usize, other: &Self, other_plane: usize, from: usize) {
        F::merge(&mut self.planes[plane][to], &other.planes[other_plane][from]);
    }
}

/// A plane in which nothing fell.
pub(crate) fn empty_plane<F: Fold>(
    cells: usize,
    consumer: &MemoryConsumer,
) -> Result<Buffer<F::Cell>, BudgetExceeded> {
    if bytemuck::bytes_of(&F::EMPTY) == bytemuck::bytes_of(&F::Cell::zeroed()) {
        return consumer.zeroed(cells);
    }
    let mut plane = consumer.buffer(cells)?;
    plane.fill(F::EMPTY);
    Ok(plane)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_of_zeros_of_either_sign_is_not_empty() {
        for values in [&[-0.0][..], &[0.0], &[-0.0, -0.0], &[1.0, -1.0], &[-5e-324, 5e-324]] {
            let mut cell = SumFold::EMPTY;
            assert!(SumFold::is_empty(cell));
            values.iter().for_each(|value| SumFold::add(&mut cell, *value, 0));
            assert!(!SumFold::is_empty(cell), "{values:?}");
            let mut merged = SumFold::EMPTY;
            SumFold::merge(&mut merged, &SumFold::EMPTY);
            assert!(SumFold::is_empty(merged));
            SumFold::merge(&mut merged, &cell);
            assert!(!SumFold::is_empty(merged));
        }
    }

    #[test]
    fn moments_of_a_small_spread_on_a_large_mean_survive_a_merge() {
        let values: Vec<f64> = (0..1000).map(|i| 1e9 + f64::from(i % 10)).collect();
        let mut whole = MomentsFold::EMPTY;
        values.iter().for_each(|value| MomentsFold::add(&mut whole, *value, 0));
        let mut merged = MomentsFold::EMPTY;
        for part in values.chunks(37) {
            let mut cell = MomentsFold::EMPTY;
            part.iter().for_each(|value| MomentsFold::add(&mut cell, *value, 0));
            MomentsFold::merge(&mut merged, &cell);
        }
        // A rounding of the mean is 1e-7 here; sums of squares would be off by hundreds.
        for cell in [whole, merged] {
            assert!((cell.squares / cell.count - 8.25).abs() < 1e-7, "{cell:?}");
        }
    }
}
