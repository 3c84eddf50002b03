//! Parts of an array: single places, ranges with steps, rows in any order.

use drypoint_memory::{Buffer, Pod};

use super::entries::add_scaled;
use super::index::{Index, with_index};
use super::order::{narrowed, pick, pick_values};
use super::value::with_width;
use super::{CooArray, CsrArray, Entries, IndexArray, IndexType, Part, Values, Work};
use crate::Result;

/// What is wanted along one dimension; within its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// One place; the dimension goes.
    At(usize),
    /// `count` places from `start` on.
    Range {
        /// The first.
        start: usize,
        /// To the next, perhaps backwards; not 0.
        step: isize,
        /// How many.
        count: usize,
    },
}

impl Pick {
    /// Everything along a dimension of `length`.
    pub fn all(length: usize) -> Self {
        Self::Range { start: 0, step: 1, count: length }
    }

    /// Which place of the result `place` becomes.
    #[inline]
    fn result(self, place: usize) -> Option<usize> {
        match self {
            Self::At(at) => (at == place).then_some(0),
            Self::Range { start, step, count } => {
                let (distance, step) = (place as isize - start as isize, step);
                let result = distance / step;
                (distance % step == 0 && result >= 0 && (result as usize) < count).then_some(result as usize)
            }
        }
    }

    /// Take from `keep` what is not wanted of `places`.
    fn sieve<I: Index>(self, places: &[I], keep: &mut [u8]) {
        match self {
            // Without a division, which would cost more than all else.
            Self::Range { start, step: 1, count } => {
                for (keep, place) in keep.iter_mut().zip(places) {
                    *keep &= u8::from(place.place().wrapping_sub(start) < count);
                }
            }
            Self::At(at) => {
                for (keep, place) in keep.iter_mut().zip(places) {
                    *keep &= u8::from(place.place() == at);
                }
            }
            Self::Range { .. } => {
                for (keep, place) in keep.iter_mut().zip(places) {
                    *keep &= u8::from(self.result(place.place()).is_some());
                }
            }
        }
    }

    fn forwards(self) -> bool {
        !matches!(self, Self::Range { step: ..=-1, count: 2.., .. })
    }

    /// The least place that is wanted and the one after the greatest.
    fn span(self) -> (usize, usize) {
        match self {
            Self::At(at) => (at, at + 1),
            Self::Range { count: 0, start, .. } => (start, start),
            Self::Range { start, step, count } => {
                let last = start.saturating_add_signed(step.saturating_mul(count as isize - 1));
                (start.min(last), start.max(last) + 1)
            }
        }
    }
}

/// The entries in a box of an array, one pick for each dimension.
///
/// # Errors
/// Of the budget: a byte an entry beside the result.
pub fn pick_entries(array: &CooArray, picks: &[Pick], work: &Work<'_>) -> Result<CooArray> {
    let array = &narrowed_to(array, picks);
    let mut kept = work.buffer::<u8>(array.nnz())?;
    let keep: &mut [u8] = &mut kept;
    keep.fill(1);
    for ((places, pick), &length) in array.coords().iter().zip(picks).zip(array.shape()) {
        if *pick != Pick::all(length) {
            with_index!(places.kind(), I => {
                let places = places.items::<I>();
                work.blocks(places.len(), |first, end| {
                    pick.sieve(&places[first..end], &mut keep[first..end]);
                    Ok(())
                })
            })?;
        }
    }
    let (mut shape, mut coords) = (Vec::new(), Vec::new());
    for ((places, wanted), &length) in array.coords().iter().zip(picks).zip(array.shape()) {
        let Pick::Range { count, .. } = *wanted else { continue };
        shape.push(count);
        let picked = pick(places, keep, work)?;
        let all = *wanted == Pick::all(length);
        coords.push(if all { picked } else { renumbered(&picked, *wanted, count, work)? });
    }
    let values = pick_values(array.values(), keep, work)?;
    let sorted = array.sorted() && picks.iter().all(|pick| pick.forwards());
    if sorted || array.unique() && shape.is_empty() {
        return Ok(CooArray::known(shape, coords, values, sorted, array.unique()));
    }
    let picked = CooArray::looked_at(shape, coords, values, work)?.unique_if(array.unique());
    // Backwards, entries that were in order are so the other way round.
    if array.sorted() { picked.canonical(false, work) } else { Ok(picked) }
}

/// Only the entries that can be in the box by their first dimension, found by bisection where they are in order.
fn narrowed_to(array: &CooArray, picks: &[Pick]) -> CooArray {
    let (Some(rows), Some(pick), true) = (array.coords().first(), picks.first(), array.sorted()) else {
        return array.clone();
    };
    let (start, end) = pick.span();
    let (first, after) = with_index!(rows.kind(), I => {
        let rows = rows.items::<I>();
        (rows.partition_point(|row| row.place() < start), rows.partition_point(|row| row.place() < end))
    });
    array.cut(first, after.max(first))
}

fn renumbered(places: &IndexArray, wanted: Pick, count: usize, work: &Work<'_>) -> Result<IndexArray> {
    with_index!(places.kind(), From => with_index!(IndexType::for_length(count), To => {
        let from = places.items::<From>();
        let mut places = work.buffer::<To>(from.len())?;
        let to: &mut [To] = &mut places;
        if let Pick::Range { start, step: 1, .. } = wanted {
            for (to, from) in to.iter_mut().zip(from) {
                *to = To::from_place(from.place() - start);
            }
        } else {
            for (to, from) in to.iter_mut().zip(from) {
                *to = To::from_place(wanted.result(from.place()).unwrap_or(0));
            }
        }
        Ok(IndexArray::of(places, from.len()))
    }))
}

/// The rows from `start` to before `end`, whose columns and values are shared, not copied.
fn rows_between(array: &CsrArray, start: usize, end: usize, work: &Work<'_>) -> Result<CsrArray> {
    let (first, after) = (array.indptr().at(start), array.indptr().at(end));
    let mut begins = work.zeroed::<u64>(end - start + 1)?;
    add_scaled(array.indptr(), start, 1, &mut begins);
    begins.iter_mut().for_each(|begin| *begin -= first as u64);
    let indptr = narrowed(&begins, IndexType::for_greatest((after - first) as u64), work)?;
    let (indices, values) = (array.indices().cut(first, after), array.values().cut(first, after));
    let shape = [end - start, array.dimensions()[1]];
    Ok(CsrArray::known(shape, indptr, indices, values, array.sorted(), array.unique()))
}

/// `count` rows by their numbers, which `row` gives and which must be there; `contiguous` if each is the one after the last: that
/// costs no copy of columns and values.
///
/// # Errors
/// Of the budget.
pub fn pick_rows(
    array: &CsrArray,
    count: usize,
    row: impl Fn(usize) -> usize,
    contiguous: bool,
    work: &Work<'_>,
) -> Result<CsrArray> {
    if contiguous {
        let start = if count == 0 { 0 } else { row(0) };
        return rows_between(array, start, start + count, work);
    }
    // Where each row is, and where it goes.
    let (mut firsts, mut places) = (work.buffer::<u64>(count)?, work.zeroed::<u64>(count + 1)?);
    let (from, begins): (&mut [u64], &mut [u64]) = (&mut firsts, &mut places);
    with_index!(array.indptr().kind(), I => {
        let indptr = array.indptr().items::<I>();
        for at in 0..count {
            let row = row(at);
            let (first, end) = (indptr[row].place() as u64, indptr[row + 1].place() as u64);
            from[at] = first;
            begins[at + 1] = begins[at] + (end - first);
        }
    });
    let nnz = begins[count] as usize;
    let indices = with_index!(array.indices().kind(), I => {
        IndexArray::of(rows_copied(array.indices().items::<I>(), from, begins, work)?, nnz)
    });
    let kind = array.values().kind();
    let values = with_width!(kind, T => {
        Values::new(kind, Part::of(rows_copied(array.values().items::<T>(), from, begins, work)?, nnz))
    });
    let indptr = narrowed(begins, IndexType::for_greatest(nnz as u64), work)?;
    let shape = [count, array.dimensions()[1]];
    Ok(CsrArray::known(shape, indptr, indices, values, array.sorted(), array.unique()))
}

/// Runs of items: that at `from[i]` goes to `begins[i]`, and reaches to `begins[i + 1]`.
fn rows_copied<T: Pod>(items: &[T], from: &[u64], begins: &[u64], work: &Work<'_>) -> Result<Buffer<T>> {
    let mut copied = work.buffer::<T>(begins[begins.len() - 1] as usize)?;
    let to: &mut [T] = &mut copied;
    work.blocks(from.len(), |first, end| {
        for (from, to_of) in from[first..end].iter().zip(begins[first..=end].windows(2)) {
            let to = &mut to[to_of[0] as usize..to_of[1] as usize];
            to.copy_from_slice(&items[*from as usize..][..to.len()]);
        }
        Ok(())
    })?;
    Ok(copied)
}

/// All rows, the columns from `start` on of an array whose rows are in order: a run of each row, found by bisection.
fn columns_between(array: &CsrArray, start: usize, count: usize, work: &Work<'_>) -> Result<CsrArray> {
    let rows = array.dimensions()[0];
    let (mut firsts, mut places) = (work.buffer::<u64>(rows)?, work.zeroed::<u64>(rows + 1)?);
    let (from, begins): (&mut [u64], &mut [u64]) = (&mut firsts, &mut places);
    with_index!(array.indptr().kind(), P => with_index!(array.indices().kind(), I => {
        let (indptr, columns) = (array.indptr().items::<P>(), array.indices().items::<I>());
        work.blocks(rows, |first, end| {
            for row in first..end {
                let (at, after) = (indptr[row].place(), indptr[row + 1].place());
                let left = at + columns[at..after].partition_point(|column| column.place() < start);
                let run = columns[left..after].partition_point(|column| column.place() < start + count);
                from[row] = left as u64;
                begins[row + 1] = begins[row] + run as u64;
            }
            Ok(())
        })
    }))?;
    let nnz = begins[rows] as usize;
    let indices = with_index!(array.indices().kind(), I => {
        IndexArray::of(rows_copied(array.indices().items::<I>(), from, begins, work)?, nnz)
    });
    let indices = renumbered(&indices, Pick::Range { start, step: 1, count }, count, work)?;
    let kind = array.values().kind();
    let values = with_width!(kind, T => {
        Values::new(kind, Part::of(rows_copied(array.values().items::<T>(), from, begins, work)?, nnz))
    });
    let indptr = narrowed(begins, IndexType::for_greatest(nnz as u64), work)?;
    Ok(CsrArray::known([rows, count], indptr, indices, values, true, array.unique()))
}

/// All rows, these columns.
///
/// # Errors
/// Of the budget.
pub fn pick_columns(
    array: &CsrArray,
    start: usize,
    step: isize,
    count: usize,
    work: &Work<'_>,
) -> Result<CsrArray> {
    if step == 1 && array.sorted() {
        return columns_between(array, start, count, work);
    }
    let wanted = Pick::Range { start, step, count };
    let rows = array.dimensions()[0];
    let mut kept = work.buffer::<u8>(array.nnz())?;
    let keep: &mut [u8] = &mut kept;
    keep.fill(1);
    with_index!(array.indices().kind(), I => {
        let columns = array.indices().items::<I>();
        work.blocks(columns.len(), |first, end| {
            wanted.sieve(&columns[first..end], &mut keep[first..end]);
            Ok(())
        })
    })?;
    let begins = array.counted(keep, work)?;
    let indptr = narrowed(&begins, IndexType::for_greatest(begins[rows]), work)?;
    let indices = renumbered(&pick(array.indices(), keep, work)?, wanted, count, work)?;
    let values = pick_values(array.values(), keep, work)?;
    let (sorted, unique) = (array.sorted() && wanted.forwards(), array.unique());
    // Backwards, a row whose columns were in order has them the other way round.
    let picked = CsrArray::known([rows, count], indptr, indices, values, sorted, unique);
    if wanted.forwards() { Ok(picked) } else { picked.canonical(false, work) }
}
