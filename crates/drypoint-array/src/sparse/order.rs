//! Bringing entries in order, and adding those of the same place.
//!
//! A matrix is dealt out to its rows, whose number is known, and each row is sorted by itself; an array of more dimensions is
//! sorted by the number of its cells. Loops exist for the type of an index or of a value, never for both at once.

use drypoint_memory::{Buffer, Pod};

use super::entries::row_major;
use super::index::{Index, with_index};
use super::value::{Kind, with_kind, with_width};
use super::{CooArray, CsrArray, Entries, IndexArray, IndexType, Part, ValueType, Values, Work};
use crate::Result;

/// Entries that are placed at once: their places stay in the nearest cache.
const PLACED: usize = 1024;

/// How many entries have each key, as where the first of them goes.
pub(super) struct Counted {
    begins: Buffer<u64>,
}

impl Counted {
    pub(super) fn new(keys: &IndexArray, length: usize, work: &Work<'_>) -> Result<Self> {
        let mut counted = work.zeroed::<u64>(length + 1)?;
        let begins: &mut [u64] = &mut counted;
        with_index!(keys.kind(), I => {
            let keys = keys.items::<I>();
            work.blocks(keys.len(), |first, end| {
                for key in &keys[first..end] {
                    begins[key.place() + 1] += 1;
                }
                Ok(())
            })
        })?;
        let mut sum = 0;
        for begin in begins {
            sum += *begin;
            *begin = sum;
        }
        Ok(Self { begins: counted })
    }

    /// Where the entries of each key begin, and where the last ones end; before they are dealt.
    pub(super) fn indptr(&self, kind: IndexType, work: &Work<'_>) -> Result<IndexArray> {
        narrowed(&self.begins, kind, work)
    }

    /// The others' places and the values, those of the first key first; within a key in the order they had.
    pub(super) fn dealt(
        &mut self,
        keys: &IndexArray,
        others: &IndexArray,
        values: &Values,
        work: &Work<'_>,
    ) -> Result<(IndexArray, Values)> {
        let len = keys.len();
        let mut places = Dealt::places(others, work)?;
        let mut items = Dealt::values(values, work)?;
        let mut to = [0u64; PLACED];
        let begins: &mut [u64] = &mut self.begins;
        with_index!(keys.kind(), I => {
            let keys = keys.items::<I>();
            work.blocks(len, |first, end| {
                let mut first = first;
                while first < end {
                    let to = &mut to[..PLACED.min(end - first)];
                    for (to, key) in to.iter_mut().zip(&keys[first..]) {
                        let next = &mut begins[key.place()];
                        *to = *next;
                        *next += 1;
                    }
                    places.deal(first, to);
                    items.deal(first, to);
                    first += to.len();
                }
                Ok(())
            })
        })?;
        let indices = IndexArray::new(others.kind(), places.part());
        Ok((indices, Values::new(values.kind(), items.part())))
    }
}

/// Items on their way from one order to another, whatever their type.
trait Deal {
    fn deal(&mut self, first: usize, to: &[u64]);
    fn part(self: Box<Self>) -> Part;
}

struct Dealt<'a, T: Pod> {
    from: &'a [T],
    to: Buffer<T>,
}

impl Dealt<'_, u8> {
    fn places<'a>(places: &'a IndexArray, work: &Work<'_>) -> Result<Box<dyn Deal + 'a>> {
        with_index!(places.kind(), I => {
            let from = places.items::<I>();
            Ok(Box::new(Dealt { from, to: work.buffer::<I>(from.len())? }))
        })
    }

    fn values<'a>(values: &'a Values, work: &Work<'_>) -> Result<Box<dyn Deal + 'a>> {
        with_width!(values.kind(), T => {
            let from = values.items::<T>();
            Ok(Box::new(Dealt { from, to: work.buffer::<T>(from.len())? }))
        })
    }
}

impl<T: Pod> Deal for Dealt<'_, T> {
    fn deal(&mut self, first: usize, to: &[u64]) {
        let items: &mut [T] = &mut self.to;
        for (item, &to) in self.from[first..].iter().zip(to) {
            items[to as usize] = *item;
        }
    }

    fn part(self: Box<Self>) -> Part {
        let len = self.to.len();
        Part::of(self.to, len)
    }
}

/// Counts as places of a type in which they fit.
pub(super) fn narrowed(counts: &[u64], kind: IndexType, work: &Work<'_>) -> Result<IndexArray> {
    with_index!(kind, I => {
        let mut places = work.buffer::<I>(counts.len())?;
        for (place, count) in places.iter_mut().zip(counts) {
            *place = I::from_place(*count as usize);
        }
        Ok(IndexArray::of(places, counts.len()))
    })
}

/// Each row by itself in the order of its columns; entries of the same column stay in the order they had.
pub(super) fn sorted_rows(array: &CsrArray, work: &Work<'_>) -> Result<(IndexArray, Values)> {
    let (indices, values) = (array.indices(), array.values());
    let mut longest = 0;
    array.row_blocks(work, |_, begins| {
        longest = begins.windows(2).map(|row| (row[1] - row[0]) as usize).fold(longest, usize::max);
        Ok(())
    })?;
    let mut order = work.buffer::<u128>(longest)?;
    let order: &mut [u128] = &mut order;
    with_index!(indices.kind(), I => with_width!(values.kind(), T => {
        let (from, from_values) = (indices.items::<I>(), values.items::<T>());
        let mut sorted = work.buffer::<I>(from.len())?;
        let mut sorted_values = work.buffer::<T>(from.len())?;
        let (to, to_values): (&mut [I], &mut [T]) = (&mut sorted, &mut sorted_values);
        array.row_blocks(work, |_, begins| {
            for row in begins.windows(2) {
                let row = row[0] as usize..row[1] as usize;
                let given = (&from[row.clone()], &from_values[row.clone()]);
                sort_row(given, (&mut to[row.clone()], &mut to_values[row]), order);
            }
            Ok(())
        })?;
        let len = from.len();
        Ok((IndexArray::of(sorted, len), Values::new(values.kind(), Part::of(sorted_values, len))))
    }))
}

/// A row in the order of its columns; `order` has room for it.
fn sort_row<I: Index, T: Pod>(
    (from, from_values): (&[I], &[T]),
    (to, to_values): (&mut [I], &mut [T]),
    order: &mut [u128],
) {
    if from.is_sorted() {
        to.copy_from_slice(from);
        to_values.copy_from_slice(from_values);
    } else if size_of::<I>() < 8 && from.len() <= u32::MAX as usize {
        // The column and the place in one word: half the bytes to move.
        let order: &mut [u64] = &mut bytemuck::cast_slice_mut(order)[..from.len()];
        for (at, (order, column)) in order.iter_mut().zip(from).enumerate() {
            *order = (column.place() as u64) << 32 | at as u64;
        }
        order.sort_unstable();
        for ((order, to), to_value) in order.iter().zip(to).zip(to_values) {
            *to = I::from_place((order >> 32) as usize);
            *to_value = from_values[(order & 0xffff_ffff) as usize];
        }
    } else {
        let order = &mut order[..from.len()];
        for (at, (order, column)) in order.iter_mut().zip(from).enumerate() {
            *order = (column.place() as u128) << 64 | at as u128;
        }
        order.sort_unstable();
        for ((order, to), to_value) in order.iter().zip(to).zip(to_values) {
            *to = I::from_place((order >> 64) as usize);
            *to_value = from_values[*order as u64 as usize];
        }
    }
}

/// How many of these are 1.
/// They are counted as bytes where that cannot overflow, which vectorises.
pub(super) fn kept(keep: &[u8]) -> usize {
    keep.chunks(255).map(|part| usize::from(part.iter().sum::<u8>())).sum()
}

/// The places whose `keep` is 1.
pub(super) fn pick(places: &IndexArray, keep: &[u8], work: &Work<'_>) -> Result<IndexArray> {
    with_index!(places.kind(), I => {
        let (picked, len) = picked::<I>(places.items(), keep, work)?;
        Ok(IndexArray::of(picked, len))
    })
}

/// The values whose `keep` is 1.
pub(super) fn pick_values(values: &Values, keep: &[u8], work: &Work<'_>) -> Result<Values> {
    with_width!(values.kind(), T => {
        let (picked, len) = picked::<T>(values.items(), keep, work)?;
        Ok(Values::new(values.kind(), Part::of(picked, len)))
    })
}

fn picked<T: Pod>(from: &[T], keep: &[u8], work: &Work<'_>) -> Result<(Buffer<T>, usize)> {
    // Each item is written and the next one written over it unless it is kept, which needs no branch, and room for one more.
    let len = kept(keep);
    let mut picked = work.buffer::<T>(len + 1)?;
    let to: &mut [T] = &mut picked;
    let mut at = 0;
    work.blocks(from.len(), |first, end| {
        for (item, keep) in from[first..end].iter().zip(&keep[first..end]) {
            to[at] = *item;
            at += usize::from(*keep);
        }
        Ok(())
    })?;
    Ok((picked, len))
}

/// The values whose `keep` is 1, to each the ones added that follow it and whose `keep` is 0.
pub(super) fn folded(values: &Values, keep: &[u8], work: &Work<'_>) -> Result<Values> {
    with_kind!(values.kind(), K => {
        let from = values.items::<<K as Kind>::Item>();
        let mut sums = work.buffer::<<K as Kind>::Item>(kept(keep))?;
        let to: &mut [<K as Kind>::Item] = &mut sums;
        let mut after = 0;
        work.blocks(from.len(), |first, end| {
            for (item, keep) in from[first..end].iter().zip(&keep[first..end]) {
                if *keep == 1 {
                    to[after] = *item;
                    after += 1;
                } else {
                    to[after - 1] = K::add(to[after - 1], *item);
                }
            }
            Ok(())
        })?;
        Ok(Values::new(values.kind(), Part::of(sums, after)))
    })
}

impl CooArray {
    /// The entries in C order, those of a place in the order they had or, with `sum_duplicates`, added up. Nothing is copied
    /// if it is so already.
    ///
    /// # Errors
    /// Of the budget: an order takes 8 bytes an entry, 16 where cells and entries are very many.
    pub fn canonical(&self, sum_duplicates: bool, work: &Work<'_>) -> Result<Self> {
        let sorted = if self.sorted() { self.clone() } else { self.in_order(work)? };
        if sorted.unique() || !sum_duplicates {
            return Ok(sorted);
        }
        let strides = row_major(self.shape());
        let mut firsts = work.buffer::<u8>(self.nnz())?;
        let keep: &mut [u8] = &mut firsts;
        let mut positions = [0u64; PLACED];
        let mut last = None;
        for first in (0..self.nnz()).step_by(PLACED) {
            work.check()?;
            let positions = &mut positions[..PLACED.min(self.nnz() - first)];
            sorted.positions(first, &strides, positions);
            for (keep, position) in keep[first..].iter_mut().zip(positions) {
                *keep = u8::from(last != Some(*position));
                last = Some(*position);
            }
        }
        let coords = sorted.coords().iter().map(|places| pick(places, keep, work));
        let coords = coords.collect::<Result<Vec<_>>>()?;
        let values = folded(sorted.values(), keep, work)?;
        Ok(Self::known(self.shape().to_vec(), coords, values, true, true))
    }

    fn in_order(&self, work: &Work<'_>) -> Result<Self> {
        let cells =
            self.shape().iter().fold(1u64, |cells, &length| cells.saturating_mul(length.max(1) as u64));
        let place_bits = (self.nnz() as u64).checked_ilog2().map_or(1, |bits| bits + 1);
        let cell_bits = cells.checked_ilog2().map_or(1, |bits| bits + 1);
        if place_bits + cell_bits <= 64 {
            self.ordered_by::<u64>(place_bits, cell_bits, work)
        } else {
            self.ordered_by::<u128>(64, cell_bits, work)
        }
    }

    /// By words whose lower `bits` are the place of an entry and whose upper ones are its cell.
    fn ordered_by<W: Word>(&self, bits: u32, cell_bits: u32, work: &Work<'_>) -> Result<Self> {
        let strides = row_major(self.shape());
        let mut words = work.buffer::<W>(self.nnz())?;
        let order: &mut [W] = &mut words;
        let mut positions = [0u64; PLACED];
        for first in (0..self.nnz()).step_by(PLACED) {
            work.check()?;
            let positions = &mut positions[..PLACED.min(self.nnz() - first)];
            self.positions(first, &strides, positions);
            for (at, (order, position)) in order[first..].iter_mut().zip(positions).enumerate() {
                *order = W::of(*position, first + at, bits);
            }
        }
        let order = sort(words, bits, cell_bits, work)?;
        let coords = self.coords().iter().map(|places| {
            with_index!(places.kind(), I => {
                let dealt = gathered::<I, W>(places.items(), &order, bits, work)?;
                let len = dealt.len();
                Ok(IndexArray::of(dealt, len))
            })
        });
        let coords = coords.collect::<Result<Vec<_>>>()?;
        let kind: ValueType = self.values().kind();
        let values = with_width!(kind, T => {
            let dealt = gathered::<T, W>(self.values().items(), &order, bits, work)?;
            let len = dealt.len();
            Values::new(kind, Part::of(dealt, len))
        });
        Self::looked_at(self.shape().to_vec(), coords, values, work)
    }
}

fn gathered<T: Pod, W: Word>(from: &[T], order: &[W], bits: u32, work: &Work<'_>) -> Result<Buffer<T>> {
    let mut gathered = work.buffer::<T>(from.len())?;
    let to: &mut [T] = &mut gathered;
    work.blocks(from.len(), |first, end| {
        for (to, word) in to[first..end].iter_mut().zip(&order[first..end]) {
            *to = from[word.low(bits)];
        }
        Ok(())
    })?;
    Ok(gathered)
}

/// Digit by digit from the lowest of the cells on; words of the same cell keep their order, which is that of their places.
fn sort<W: Word>(mut order: Buffer<W>, bits: u32, cell_bits: u32, work: &Work<'_>) -> Result<Buffer<W>> {
    const DIGIT: u32 = 11;
    let mut other = work.buffer::<W>(order.len())?;
    for pass in 0..cell_bits.div_ceil(DIGIT) {
        let shift = bits + pass * DIGIT;
        let mut begins = [0usize; 1 << DIGIT];
        work.blocks(order.len(), |first, end| {
            for word in &order[first..end] {
                begins[word.digit(shift, DIGIT)] += 1;
            }
            Ok(())
        })?;
        if begins.contains(&order.len()) {
            continue; // all have the same digit
        }
        let mut sum = 0;
        for begin in &mut begins {
            sum += std::mem::replace(begin, sum);
        }
        let (from, to): (&[W], &mut [W]) = (&order, &mut other);
        work.blocks(from.len(), |first, end| {
            for word in &from[first..end] {
                let begin = &mut begins[word.digit(shift, DIGIT)];
                to[*begin] = *word;
                *begin += 1;
            }
            Ok(())
        })?;
        std::mem::swap(&mut order, &mut other);
    }
    Ok(order)
}

/// A cell and a place in one word.
trait Word: Pod + Ord {
    fn of(cell: u64, place: usize, bits: u32) -> Self;
    fn low(self, bits: u32) -> usize;
    fn digit(self, shift: u32, bits: u32) -> usize;
}

macro_rules! word {
    ($($word:ty),*) => {$(
        impl Word for $word {
            #[inline(always)]
            fn of(cell: u64, place: usize, bits: u32) -> Self {
                Self::from(cell) << bits | place as Self
            }
            #[inline(always)]
            fn low(self, bits: u32) -> usize {
                (self & ((1 << bits) - 1)) as usize
            }
            #[inline(always)]
            fn digit(self, shift: u32, bits: u32) -> usize {
                (self >> shift & ((1 << bits) - 1)) as usize
            }
        }
    )*};
}
word!(u64, u128);
