//! From dense items and to them. An item is kept if any of its bits is set: a negative zero and a NaN with its payload come back
//! as they were.

use bytemuck::Zeroable;
use drypoint_memory::{Buffer, Pod};

use super::coo::check_shape;
use super::entries::row_major;
use super::index::{Index, with_index};
use super::part::{cast, cast_mut};
use super::value::{Kind, with_kind, with_width};
use super::{CooArray, Entries, IndexArray, IndexType, Part, ValueType, Values, Work};
use crate::{ArrayError, Result};

/// Items that are looked at at once, to pass over zeros.
const GLANCE: usize = 16;
/// Entries that are placed at once.
const PLACED: usize = 1024;

/// The entries of an array that comes in runs, each read twice: to count, and to take.
pub struct DenseEntries {
    shape: Vec<usize>,
    kind: ValueType,
    coords: Vec<(IndexType, Buffer<u8>)>,
    values: Buffer<u8>,
    nnz: usize,
    taken: usize,
}

fn changed() -> ArrayError {
    ArrayError::Argument("the array was written to while it was read".into())
}

impl DenseEntries {
    /// How many of these items are kept.
    ///
    /// # Errors
    /// Of the flag alone.
    ///
    /// # Panics
    /// If `items` do not begin where items of the kind may.
    pub fn count(kind: ValueType, items: &[u8], work: &Work<'_>) -> Result<usize> {
        let mut count = 0;
        with_width!(kind, T => {
            let items: &[T] = cast(items);
            work.blocks(items.len(), |first, end| {
                count += items[first..end].iter().filter(|item| **item != T::zeroed()).count();
                Ok(())
            })
        })?;
        Ok(count)
    }

    /// Room for `nnz` entries of an array of this shape.
    ///
    /// # Errors
    /// Of the budget.
    pub fn new(shape: &[usize], kind: ValueType, nnz: usize, work: &Work<'_>) -> Result<Self> {
        check_shape(shape)?;
        let coords = shape.iter().map(|&length| {
            let index = IndexType::for_length(length);
            Ok((index, work.buffer::<u8>(nnz * index.bytes())?))
        });
        let coords = coords.collect::<Result<Vec<_>>>()?;
        let values = work.buffer::<u8>(nnz * kind.bytes())?;
        Ok(Self { shape: shape.to_vec(), kind, coords, values, nnz, taken: 0 })
    }

    /// Take what is kept of `items`, which follow each other in C order from cell `cell` on. Runs come in order.
    ///
    /// # Errors
    /// [`ArrayError::Argument`] if more are kept than were counted.
    ///
    /// # Panics
    /// If `items` do not begin where items of the kind may.
    pub fn take(&mut self, cell: usize, items: &[u8], work: &Work<'_>) -> Result<()> {
        let line = self.shape.last().copied().unwrap_or(1).max(1);
        let (bytes, kind) = (self.kind.bytes(), self.kind);
        let (mut cell, mut items) = (cell, items);
        let mut waiting = 0usize;
        while !items.is_empty() {
            let column = cell % line;
            let len = (line - column).min(items.len() / bytes);
            if len == 0 {
                return Err(ArrayError::Argument("items end within one".into()));
            }
            if waiting < len {
                work.check()?;
                waiting = super::context::BLOCK;
            }
            waiting = waiting.saturating_sub(len);
            let (now, rest) = items.split_at(len * bytes);
            let first = self.taken;
            self.taken += match self.coords.last_mut() {
                None => {
                    with_width!(kind, T => line_of::<u8, T>(now, column, first, &mut [0], &mut self.values)?)
                }
                Some((index, places)) => with_index!(*index, I => with_width!(kind, T => {
                    line_of::<I, T>(now, column, first, cast_mut(places), &mut self.values)?
                })),
            };
            self.outer(cell / line, first);
            (cell, items) = (cell + len, rest);
        }
        Ok(())
    }

    /// Write the places of a line along all dimensions but the last.
    fn outer(&mut self, mut line: usize, first: usize) {
        let Some(outer) = self.shape.len().checked_sub(1) else { return };
        if first == self.taken {
            return;
        }
        for axis in (0..outer).rev() {
            let length = self.shape[axis].max(1);
            let (index, places) = &mut self.coords[axis];
            with_index!(*index, I => {
                cast_mut::<I>(places)[first..self.taken].fill(I::from_place(line % length));
            });
            line /= length;
        }
    }

    /// The array.
    ///
    /// # Errors
    /// [`ArrayError::Argument`] if fewer entries were taken than were counted.
    pub fn finish(self) -> Result<CooArray> {
        if self.taken != self.nnz {
            return Err(changed());
        }
        let coords = self.coords.into_iter().map(|(index, places)| {
            let bytes = places.len();
            IndexArray::new(index, Part::of(places, bytes))
        });
        let bytes = self.values.len();
        let values = Values::new(self.kind, Part::of(self.values, bytes));
        Ok(CooArray::known(self.shape, coords.collect(), values, true, true))
    }
}

/// Take what is kept of a line or a part of one; how many that were.
fn line_of<I: Index, T: Pod + PartialEq>(
    items: &[u8],
    column: usize,
    first: usize,
    places: &mut [I],
    values: &mut Buffer<u8>,
) -> Result<usize> {
    let items: &[T] = cast(items);
    let values: &mut [T] = cast_mut(values);
    let mut at = first;
    for (glance, items) in items.chunks(GLANCE).enumerate() {
        if items.iter().all(|item| *item == T::zeroed()) {
            continue;
        }
        for (place, item) in items.iter().enumerate() {
            if *item != T::zeroed() {
                *values.get_mut(at).ok_or_else(changed)? = *item;
                places[at.min(places.len() - 1)] = I::from_place(column + glance * GLANCE + place);
                at += 1;
            }
        }
    }
    Ok(at - first)
}

/// Write the entries to `items`, which are zeros of the array's type in C order. Entries of the same place are added.
///
/// # Errors
/// [`ArrayError::Argument`] if `items` are not as many as the array has cells.
///
/// # Panics
/// If `items` do not begin where items of the kind may.
pub fn scatter(entries: &dyn Entries, items: &mut [u8], work: &Work<'_>) -> Result<()> {
    let kind = entries.values().kind();
    let cells: usize = entries.shape().iter().product();
    if items.len() != cells * kind.bytes() {
        let what = format!("{} B for {cells} cells of {} B each", items.len(), kind.bytes());
        return Err(ArrayError::Argument(what));
    }
    let strides = row_major(entries.shape());
    let mut positions = [0u64; PLACED];
    if entries.unique() {
        return with_width!(kind, T => {
            let (from, to) = (entries.values().items::<T>(), cast_mut::<T>(items));
            in_blocks(entries, &strides, &mut positions, work, |first, positions| {
                for (value, position) in from[first..].iter().zip(positions) {
                    to[*position as usize] = *value;
                }
            })
        });
    }
    with_kind!(kind, K => {
        type Item = <K as Kind>::Item;
        let (from, to) = (entries.values().items::<Item>(), cast_mut::<Item>(items));
        // What nothing is changed by when it is added: a negative zero, so that one that is there alone stays one.
        in_blocks(entries, &strides, &mut positions, work, |_, positions| {
            for position in positions {
                to[*position as usize] = K::NOTHING;
            }
        })?;
        in_blocks(entries, &strides, &mut positions, work, |first, positions| {
            for (value, position) in from[first..].iter().zip(positions) {
                let to = &mut to[*position as usize];
                *to = K::add(*to, *value);
            }
        })
    })
}

/// Call `each` with a first entry and where it and those after it fall.
pub(super) fn in_blocks(
    entries: &dyn Entries,
    strides: &[u64],
    positions: &mut [u64; PLACED],
    work: &Work<'_>,
    mut each: impl FnMut(usize, &[u64]),
) -> Result<()> {
    work.blocks(entries.nnz(), |first, end| {
        for first in (first..end).step_by(PLACED) {
            let positions = &mut positions[..PLACED.min(end - first)];
            entries.positions(first, strides, positions);
            each(first, positions);
        }
        Ok(())
    })
}
