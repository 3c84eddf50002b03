//! A matrix times a vector. Sums are kept in the widest type of their sort, whatever the type of the values.

use drypoint_memory::Pod;

use super::dense::in_blocks;
use super::index::{Index, with_index};
use super::value::{Kind, with_kind};
use super::{CsrArray, Entries, Reduced, Work};
use crate::{ArrayError, Result};

/// A vector in the type that the sums are to have.
pub enum Vector<'a> {
    /// Sums wrap at 64 bits; for values without a fraction.
    Integers(&'a [i64]),
    /// For all but complex values.
    Floats(&'a [f64]),
    /// For all values.
    Complex(&'a [[f64; 2]]),
}

impl Vector<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Integers(items) => items.len(),
            Self::Floats(items) => items.len(),
            Self::Complex(items) => items.len(),
        }
    }
}

/// A type of sums: how a value becomes one, and how two multiply.
trait Sum: Pod + Default {
    fn of<K: Kind>(item: K::Item) -> Self;
    fn plus_product(self, left: Self, right: Self) -> Self;
}

impl Sum for i64 {
    #[inline(always)]
    fn of<K: Kind>(item: K::Item) -> Self {
        K::integer(item)
    }
    #[inline(always)]
    fn plus_product(self, left: Self, right: Self) -> Self {
        self.wrapping_add(left.wrapping_mul(right))
    }
}

impl Sum for f64 {
    #[inline(always)]
    fn of<K: Kind>(item: K::Item) -> Self {
        K::float(item)
    }
    #[inline(always)]
    fn plus_product(self, left: Self, right: Self) -> Self {
        self + left * right
    }
}

impl Sum for [f64; 2] {
    #[inline(always)]
    fn of<K: Kind>(item: K::Item) -> Self {
        K::complex(item)
    }
    #[inline(always)]
    fn plus_product(self, [a, b]: Self, [c, d]: Self) -> Self {
        [self[0] + (a * c - b * d), self[1] + (a * d + b * c)]
    }
}

/// The product of an array of one or two dimensions with a vector.
///
/// # Errors
/// [`ArrayError::Argument`] if the vector is not as long as the last dimension; of the budget.
pub fn product(entries: &dyn Entries, vector: &Vector<'_>, work: &Work<'_>) -> Result<Reduced> {
    check(entries, vector)?;
    Ok(match vector {
        Vector::Integers(items) => Reduced::Integers(by_places(entries, items, work)?),
        Vector::Floats(items) => Reduced::Floats(by_places(entries, items, work)?),
        Vector::Complex(items) => Reduced::Complex(by_places(entries, items, work)?),
    })
}

fn check(entries: &dyn Entries, vector: &Vector<'_>) -> Result<()> {
    let shape = entries.shape();
    match shape.last() {
        Some(&last) if last == vector.len() && shape.len() <= 2 => Ok(()),
        _ => Err(ArrayError::Argument(format!(
            "an array of shape {} cannot be multiplied with a vector of {} items",
            super::coo::shown(shape),
            vector.len()
        ))),
    }
}

fn by_places<S: Sum>(
    entries: &dyn Entries,
    vector: &[S],
    work: &Work<'_>,
) -> Result<drypoint_memory::Buffer<S>> {
    let matrix = entries.shape().len() == 2;
    let (to, from) = if matrix { (&[1, 0][..], &[0, 1][..]) } else { (&[0][..], &[1][..]) };
    let mut sums = work.zeroed::<S>(if matrix { entries.shape()[0] } else { 1 })?;
    let into: &mut [S] = &mut sums;
    let (mut rows, mut columns) = ([0u64; 1024], [0u64; 1024]);
    with_kind!(entries.values().kind(), K => {
        let values = entries.values().items::<<K as Kind>::Item>();
        in_blocks(entries, to, &mut rows, work, |first, rows| {
            let columns = &mut columns[..rows.len()];
            entries.positions(first, from, columns);
            for ((value, row), column) in values[first..].iter().zip(rows).zip(columns) {
                let sum = &mut into[*row as usize];
                *sum = sum.plus_product(S::of::<K>(*value), vector[*column as usize]);
            }
        })
    })?;
    Ok(sums)
}

/// A row times a vector.
#[inline(always)]
fn dot<K: Kind, I: Index, S: Sum>(values: &[K::Item], columns: &[I], vector: &[S]) -> S {
    values.iter().zip(columns).fold(S::default(), |sum, (value, column)| {
        sum.plus_product(S::of::<K>(*value), vector[column.place()])
    })
}

impl CsrArray {
    /// The product with a vector, row by row.
    ///
    /// # Errors
    /// As [`product`].
    pub fn product(&self, vector: &Vector<'_>, work: &Work<'_>) -> Result<Reduced> {
        check(self, vector)?;
        Ok(match vector {
            Vector::Integers(items) => Reduced::Integers(self.by_rows(items, work)?),
            Vector::Floats(items) => Reduced::Floats(self.by_rows(items, work)?),
            Vector::Complex(items) => Reduced::Complex(self.by_rows(items, work)?),
        })
    }

    fn by_rows<S: Sum>(&self, vector: &[S], work: &Work<'_>) -> Result<drypoint_memory::Buffer<S>> {
        let [rows, _] = self.dimensions();
        let mut sums = work.buffer::<S>(rows)?;
        let to: &mut [S] = &mut sums;
        with_kind!(self.values().kind(), K => with_index!(self.indices().kind(), I => {
            let values = self.values().items::<<K as Kind>::Item>();
            let columns = self.indices().items::<I>();
            self.row_blocks(work, |first, begins| {
                for (to, row) in to[first..].iter_mut().zip(begins.windows(2)) {
                    let row = row[0] as usize..row[1] as usize;
                    *to = dot::<K, I, S>(&values[row.clone()], &columns[row], vector);
                }
                Ok(())
            })
        }))?;
        Ok(sums)
    }
}
