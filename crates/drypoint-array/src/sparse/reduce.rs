//! Sums and extremes along any dimensions, of what is there and of the zeros that are not.

use drypoint_memory::Buffer;

use super::dense::in_blocks;
use super::index::{Index, with_index};
use super::value::{Kind, with_kind};
use super::{CsrArray, Entries, IndexArray, Part, ValueType, Values, Work};
use crate::Result;

/// Numbers that were added up: integers wrap at 64 bits, as NumPy's.
pub enum Reduced {
    /// Of integers and truth values; those without a sign as the same bits.
    Integers(Buffer<i64>),
    /// Of floats.
    Floats(Buffer<f64>),
    /// Of complex numbers.
    Complex(Buffer<[f64; 2]>),
}

impl Reduced {
    /// The type and the memory of them.
    pub fn into_part(self) -> (ValueType, Part) {
        match self {
            Self::Integers(sums) => (ValueType::I64, whole(sums)),
            Self::Floats(sums) => (ValueType::F64, whole(sums)),
            Self::Complex(sums) => (ValueType::C128, whole(sums)),
        }
    }
}

fn whole<T: drypoint_memory::Pod>(items: Buffer<T>) -> Part {
    let len = items.len();
    Part::of(items, len)
}

/// The sums of the entries that fall in each of `cells` cells by these strides, a stride of 0 where a dimension is summed over.
///
/// Integers are added as floats if `as_floats`.
///
/// # Errors
/// Of the budget.
pub fn sums(
    entries: &dyn Entries,
    strides: &[u64],
    cells: usize,
    as_floats: bool,
    work: &Work<'_>,
) -> Result<Reduced> {
    let kind = entries.values().kind();
    let mut positions = [0u64; 1024];
    macro_rules! add {
        ($wide:ty, $convert:ident, $add:expr, $result:path) => {{
            let mut sums = work.zeroed::<$wide>(cells)?;
            let to: &mut [$wide] = &mut sums;
            with_kind!(kind, K => {
                let values = entries.values().items::<<K as Kind>::Item>();
                if cells == 1 {
                    work.blocks(values.len(), |first, end| {
                        to[0] = $add(to[0], in_lanes(&values[first..end], K::$convert, $add));
                        Ok(())
                    })
                } else if let Some(places) = one_by_one(entries, strides) {
                    with_index!(places.kind(), I => {
                        let places = places.items::<I>();
                        work.blocks(values.len(), |first, end| {
                            for (value, place) in values[first..end].iter().zip(&places[first..end]) {
                                let sum = &mut to[place.place()];
                                *sum = $add(*sum, K::$convert(*value));
                            }
                            Ok(())
                        })
                    })
                } else {
                    in_blocks(entries, strides, &mut positions, work, |first, positions| {
                        for (value, position) in values[first..].iter().zip(positions) {
                            let sum = &mut to[*position as usize];
                            *sum = $add(*sum, K::$convert(*value));
                        }
                    })
                }
            })?;
            Ok($result(sums))
        }};
    }
    if kind.is_complex() {
        add!([f64; 2], complex, <[f64; 2] as Kind>::add, Reduced::Complex)
    } else if kind.is_inexact() || as_floats {
        add!(f64, float, <f64 as Kind>::add, Reduced::Floats)
    } else {
        add!(i64, integer, <i64 as Kind>::add, Reduced::Integers)
    }
}

/// The places that the result has, if they are those along one dimension.
fn one_by_one<'a>(entries: &'a dyn Entries, strides: &[u64]) -> Option<&'a IndexArray> {
    let mut kept = strides.iter().enumerate().filter(|(_, stride)| **stride != 0);
    match (kept.next(), kept.next()) {
        (Some((axis, 1)), None) => entries.places(axis),
        _ => None,
    }
}

/// A sum of a block by itself, so that a long sum loses little, in lanes, so that no addition waits for the one before.
fn in_lanes<T: Copy, W: Copy + Default>(items: &[T], convert: impl Fn(T) -> W, add: impl Fn(W, W) -> W) -> W {
    const LANES: usize = 16;
    let mut lanes = [W::default(); LANES];
    let groups = items.chunks_exact(LANES);
    let rest = groups.remainder();
    for group in groups {
        for (lane, item) in lanes.iter_mut().zip(group) {
            *lane = add(*lane, convert(*item));
        }
    }
    for (lane, item) in lanes.iter_mut().zip(rest) {
        *lane = add(*lane, convert(*item));
    }
    lanes.into_iter().reduce(add).unwrap_or_default()
}

/// Which end of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extreme {
    /// The least.
    Least,
    /// The greatest.
    Greatest,
}

/// The least or greatest value in each of `cells` cells of `cell_items` items, of which those that are not kept are 0. A NaN
/// is what it is found with. No two entries may have the same place.
///
/// # Errors
/// Of the budget.
pub fn extremes(
    entries: &dyn Entries,
    strides: &[u64],
    cells: usize,
    cell_items: u64,
    which: Extreme,
    work: &Work<'_>,
) -> Result<Values> {
    let kind = entries.values().kind();
    let mut seen = work.zeroed::<u64>(cells)?;
    let mut positions = [0u64; 1024];
    with_kind!(kind, K => {
        type Item = <K as Kind>::Item;
        let better = |new: Item, old: Item| {
            !K::is_nan(old)
                && (K::is_nan(new) || if which == Extreme::Least { K::less(new, old) } else { K::less(old, new) })
        };
        let mut extremes = work.zeroed::<Item>(cells)?;
        let (found, seen): (&mut [Item], &mut [u64]) = (&mut extremes, &mut seen);
        let values = entries.values().items::<Item>();
        in_blocks(entries, strides, &mut positions, work, |first, positions| {
            for (value, position) in values[first..].iter().zip(positions) {
                let at = *position as usize;
                if seen[at] == 0 || better(*value, found[at]) {
                    found[at] = *value;
                }
                seen[at] += 1;
            }
        })?;
        let zero: Item = bytemuck::Zeroable::zeroed();
        for (found, seen) in found.iter_mut().zip(seen.iter()) {
            if *seen < cell_items && better(zero, *found) {
                *found = zero;
            }
        }
        Ok(Values::new(kind, Part::of(extremes, cells)))
    })
}

impl CsrArray {
    /// The sum of each row; as [`sums`], and row by row.
    ///
    /// # Errors
    /// Of the budget.
    pub fn row_sums(&self, as_floats: bool, work: &Work<'_>) -> Result<Reduced> {
        let (kind, rows) = (self.values().kind(), self.dimensions()[0]);
        macro_rules! add {
            ($wide:ty, $convert:ident, $result:path) => {{
                let mut sums = work.buffer::<$wide>(rows)?;
                let to: &mut [$wide] = &mut sums;
                with_kind!(kind, K => {
                    let values = self.values().items::<<K as Kind>::Item>();
                    self.row_blocks(work, |first, begins| {
                        for (to, row) in to[first..].iter_mut().zip(begins.windows(2)) {
                            let row = &values[row[0] as usize..row[1] as usize];
                            *to = row.iter().fold(<$wide>::default(), |sum, value| {
                                <$wide as Kind>::add(sum, K::$convert(*value))
                            });
                        }
                        Ok(())
                    })
                })?;
                Ok($result(sums))
            }};
        }
        if kind.is_complex() {
            add!([f64; 2], complex, Reduced::Complex)
        } else if kind.is_inexact() || as_floats {
            add!(f64, float, Reduced::Floats)
        } else {
            add!(i64, integer, Reduced::Integers)
        }
    }

    /// The least or greatest of each row; as [`extremes`], and row by row. No two entries may have the same place.
    ///
    /// # Errors
    /// Of the budget.
    pub fn row_extremes(&self, which: Extreme, work: &Work<'_>) -> Result<Values> {
        let kind = self.values().kind();
        let [rows, columns] = self.dimensions();
        with_kind!(kind, K => {
            type Item = <K as Kind>::Item;
            let better = |new: Item, old: Item| {
                !K::is_nan(old)
                    && (K::is_nan(new) || if which == Extreme::Least { K::less(new, old) } else { K::less(old, new) })
            };
            let zero: Item = bytemuck::Zeroable::zeroed();
            let mut extremes = work.buffer::<Item>(rows)?;
            let to: &mut [Item] = &mut extremes;
            let values = self.values().items::<Item>();
            self.row_blocks(work, |first, begins| {
                for (to, row) in to[first..].iter_mut().zip(begins.windows(2)) {
                    let row = &values[row[0] as usize..row[1] as usize];
                    let begin = if row.len() < columns { zero } else { row[0] };
                    *to = row.iter().fold(begin, |old, new| if better(*new, old) { *new } else { old });
                }
                Ok(())
            })?;
            Ok(Values::new(kind, Part::of(extremes, rows)))
        })
    }
}
