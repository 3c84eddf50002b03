//! The least and the greatest finite item of a chunk, noted when it is made: a drawing that has to know the extent of a column
//! before it begins need not decode all of it for that.
//!
//! Columns are what lies along the first dimension: all of an array of one, each of few in an array of two. Others, such as
//! images, have no extents.

use crate::{DType, Number};

/// Wider chunks are no tables.
const MOST_COLUMNS: usize = 16;
/// Numbers compared side by side, so that one comparison need not wait for the other.
const LANES: usize = 8;

/// The extent of each column of a chunk, as float64; of a column without finite items the least is infinite.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Extents(Box<[(f64, f64)]>);

/// The extent of nothing.
pub(super) const NOTHING: (f64, f64) = (f64::INFINITY, f64::NEG_INFINITY);

impl Extents {
    /// Of the items of a chunk of this shape; `None` for types without order, and for chunks that are no columns.
    pub(super) fn of(dtype: &DType, shape: &[usize], items: &[u8]) -> Option<Self> {
        let columns = columns(shape)?;
        let time = matches!(dtype.name().as_bytes().get(1), Some(b'M' | b'm'));
        let of = Of { items, columns, swapped: dtype.swapped() };
        Some(Self(match dtype.number() {
            Number::Bool | Number::Unsigned(1) => of.each::<1>(|[byte]| f64::from(byte)),
            Number::Signed(1) => of.each::<1>(|[byte]| f64::from(byte as i8)),
            Number::Unsigned(2) => of.each::<2>(|item| f64::from(u16::from_ne_bytes(item))),
            Number::Signed(2) => of.each::<2>(|item| f64::from(i16::from_ne_bytes(item))),
            Number::Unsigned(4) => of.each::<4>(|item| f64::from(u32::from_ne_bytes(item))),
            Number::Signed(4) => of.each::<4>(|item| f64::from(i32::from_ne_bytes(item))),
            Number::Unsigned(8) => of.each::<8>(|item| u64::from_ne_bytes(item) as f64),
            // The least count is no time.
            Number::Signed(8) if time => of.each::<8>(|item| match i64::from_ne_bytes(item) {
                i64::MIN => f64::NAN,
                count => count as f64,
            }),
            Number::Signed(8) => of.each::<8>(|item| i64::from_ne_bytes(item) as f64),
            Number::Float(2) => of.each::<2>(|item| half::f16::from_ne_bytes(item).to_f64()),
            Number::Float(4) => of.each::<4>(|item| f64::from(f32::from_ne_bytes(item))),
            Number::Float(8) => of.each::<8>(f64::from_ne_bytes),
            _ => return None,
        }))
    }

    /// Of a chunk whose items are all this one.
    pub(super) fn of_one(dtype: &DType, shape: &[usize], item: &[u8]) -> Option<Self> {
        let columns = columns(shape)?;
        Self::of(dtype, &[1, columns], &item.repeat(columns))
    }

    /// That of a column of the chunk.
    pub(super) fn column(&self, column: usize) -> (f64, f64) {
        self.0.get(column).copied().unwrap_or(NOTHING)
    }
}

/// Columns of a chunk of this shape, if they are columns.
fn columns(shape: &[usize]) -> Option<usize> {
    match *shape {
        [_] => Some(1),
        [_, columns] => Some(columns).filter(|columns| (1..=MOST_COLUMNS).contains(columns)),
        _ => None,
    }
}

/// What covers both.
pub(super) fn union(one: (f64, f64), other: (f64, f64)) -> (f64, f64) {
    (one.0.min(other.0), one.1.max(other.1))
}

struct Of<'a> {
    items: &'a [u8],
    columns: usize,
    swapped: bool,
}

impl Of<'_> {
    fn each<const N: usize>(&self, number: impl Fn([u8; N]) -> f64) -> Box<[(f64, f64)]> {
        let items = self.items.as_chunks::<N>().0;
        let turned = |mut item: [u8; N]| {
            item.reverse();
            number(item)
        };
        (0..self.columns)
            .map(|column| match (self.columns, self.swapped) {
                (1, false) => row(items, &number),
                (_, false) => of(items.iter().skip(column).step_by(self.columns).map(|item| number(*item))),
                (_, true) => of(items.iter().skip(column).step_by(self.columns).map(|item| turned(*item))),
            })
            .collect()
    }
}

/// `extent` and a number, if that is finite.
#[inline(always)]
fn with((low, high): (f64, f64), number: f64) -> (f64, f64) {
    let (down, up) = if number.is_finite() { (number, number) } else { NOTHING };
    (if down < low { down } else { low }, if up > high { up } else { high })
}

fn of(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    numbers.fold(NOTHING, with)
}

fn row<const N: usize>(items: &[[u8; N]], number: impl Fn([u8; N]) -> f64) -> (f64, f64) {
    let mut lanes = [NOTHING; LANES];
    let (some, rest) = items.as_chunks::<LANES>();
    for items in some {
        for (lane, item) in lanes.iter_mut().zip(items) {
            *lane = with(*lane, number(*item));
        }
    }
    lanes.into_iter().fold(of(rest.iter().map(|item| number(*item))), union)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_does_not_count() {
        let of = |dtype: &str, shape: &[usize], items: &[u8]| {
            let extents = Extents::of(&DType::parse(dtype).unwrap(), shape, items)?;
            Some(extents.0.to_vec())
        };
        let floats: Vec<u8> =
            [f64::NAN, 3.0, -2.0, f64::INFINITY, 1.0, 0.5, 9.0, f64::NEG_INFINITY, 8.0, 4.0]
                .into_iter()
                .flat_map(f64::to_ne_bytes)
                .collect();
        assert_eq!(of("<f8", &[10], &floats), Some(vec![(-2.0, 9.0)]));
        assert_eq!(of("<f8", &[5, 2], &floats), Some(vec![(-2.0, 9.0), (0.5, 4.0)]));
        assert_eq!(of("<f8", &[1], &floats[..8]), Some(vec![NOTHING]));
        let counts: Vec<u8> = [i64::MIN, 5, -7].into_iter().flat_map(i64::to_ne_bytes).collect();
        assert_eq!(of("<i8", &[3], &counts), Some(vec![(i64::MIN as f64, 5.0)]));
        assert_eq!(of("<M8[ns]", &[3], &counts), Some(vec![(-7.0, 5.0)]));
        assert_eq!(of(">i2", &[2], &[0xff, 0xfe, 0, 3]), Some(vec![(-2.0, 3.0)]));
        assert_eq!(of("|i1", &[2], &[0xff, 3]), Some(vec![(-1.0, 3.0)]));
        assert_eq!(of("<f2", &[2], &[0, 0x3c, 0, 0xfc]), Some(vec![(1.0, 1.0)]));
        assert_eq!(of("<c8", &[1], &[0; 8]), None);
        assert_eq!(of("|S4", &[1], &[0; 4]), None);
        assert_eq!(of("|u1", &[2, 17], &[0; 34]), None);
        assert_eq!(of("|u1", &[2, 2, 2], &[0; 8]), None);
    }
}
