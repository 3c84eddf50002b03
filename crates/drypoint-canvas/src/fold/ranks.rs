//! Folds that keep rows of a pixel: so many of them, in an order, each with what the reduction asks of it.
//!
//! A cell is a short list that is always sorted, the entries without a row last. A new row is compared with the last
//! entry first, which settles it for nearly all rows of a full cell. Rows of equal value are told apart by their keys, so
//! that threads and batches do not show.

use drypoint_memory::{BudgetExceeded, Buffer, MemoryConsumer, Pod};

use super::cells::Keyed;
use crate::Rank;
use crate::raw::{self, Points, Told};

/// What is kept of a row.
pub(crate) trait Entry: Pod {
    /// Whether rows must be numbered.
    const KEYED: bool;
    /// Whether a second column is read.
    const LOOKED_UP: bool = false;
    /// What stands where there is no row; the key decides where keys are compared.
    fn empty(key: u64) -> Self;
    fn of(told: Told) -> Self;
    /// NaN if there is no row.
    fn value(&self) -> f64;
    fn key(&self) -> u64;

    /// The key, 0 if there is no row.
    fn known_key(&self) -> u64 {
        if self.value().is_nan() { 0 } else { self.key() }
    }
}

impl Entry for f64 {
    const KEYED: bool = false;

    fn empty(_key: u64) -> f64 {
        f64::NAN
    }

    /// Zeros are made positive, so that which of 0.0 and -0.0 came first does not show.
    #[inline(always)]
    fn of(told: Told) -> f64 {
        told.value + 0.0
    }

    #[inline(always)]
    fn value(&self) -> f64 {
        *self
    }

    #[inline(always)]
    fn key(&self) -> u64 {
        0
    }
}

impl Entry for Keyed {
    const KEYED: bool = true;

    fn empty(key: u64) -> Keyed {
        Keyed { value: f64::NAN, key }
    }

    #[inline(always)]
    fn of(told: Told) -> Keyed {
        Keyed { value: told.value, key: told.key }
    }

    #[inline(always)]
    fn value(&self) -> f64 {
        self.value
    }

    #[inline(always)]
    fn key(&self) -> u64 {
        self.key
    }
}

/// A row that was selected by its value, and what it has in another column.
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct Selected {
    pub(crate) value: f64,
    pub(crate) key: u64,
    pub(crate) lookup: f64,
}

impl Entry for Selected {
    const KEYED: bool = true;
    const LOOKED_UP: bool = true;

    fn empty(key: u64) -> Selected {
        Selected { value: f64::NAN, key, lookup: f64::NAN }
    }

    #[inline(always)]
    fn of(told: Told) -> Selected {
        Selected { value: told.value, key: told.key, lookup: told.lookup }
    }

    #[inline(always)]
    fn value(&self) -> f64 {
        self.value
    }

    #[inline(always)]
    fn key(&self) -> u64 {
        self.key
    }
}

/// Whether a row stands before another one; before none it always does, which is seen from what [`empty`] gives.
trait Order {
    /// Whether most rows stand before all others: they come in the order of the source.
    const RISING: bool = false;
    fn before<E: Entry>(new: &E, old: &E) -> bool;
}

struct Least;
struct Greatest;
struct Earliest;
struct Latest;
/// As [`Latest`], where no row comes after a later one.
struct LatestOfRising;

impl Order for Least {
    #[inline(always)]
    fn before<E: Entry>(new: &E, old: &E) -> bool {
        let (value, other) = (new.value(), old.value());
        value < other || other.is_nan() || (E::KEYED && value == other && new.key() < old.key())
    }
}

impl Order for Greatest {
    #[inline(always)]
    fn before<E: Entry>(new: &E, old: &E) -> bool {
        let (value, other) = (new.value(), old.value());
        value > other || other.is_nan() || (E::KEYED && value == other && new.key() < old.key())
    }
}

impl Order for Earliest {
    #[inline(always)]
    fn before<E: Entry>(new: &E, old: &E) -> bool {
        new.key() < old.key()
    }
}

impl Order for Latest {
    const RISING: bool = true;

    #[inline(always)]
    fn before<E: Entry>(new: &E, old: &E) -> bool {
        new.key() >= old.key()
    }
}

impl Order for LatestOfRising {
    const RISING: bool = true;

    #[inline(always)]
    fn before<E: Entry>(_new: &E, _old: &E) -> bool {
        true
    }
}

#[inline(always)]
fn insert<O: Order, E: Entry>(cell: &mut [E], new: E) {
    let Some((last, before)) = cell.split_last() else { return };
    if !O::before(&new, last) {
        return;
    }
    let mut at = before.len();
    if O::RISING && O::before(&new, &cell[0]) {
        (1..=at).rev().for_each(|place| cell[place] = cell[place - 1]);
        cell[0] = new;
        return;
    }
    while at > 0 && O::before(&new, &cell[at - 1]) {
        cell[at] = cell[at - 1];
        at -= 1;
    }
    cell[at] = new;
}

#[inline(always)]
fn fold<O: Order, E: Entry>(points: &Points<'_>, planes: &mut [Buffer<E>], depth: usize) {
    let (keyed, looked_up) = (E::KEYED, E::LOOKED_UP);
    raw::fold_deep(points, planes, depth, (keyed, looked_up), |cell, told| insert::<O, E>(cell, E::of(told)));
}

/// Run `$body` with the order as a type.
macro_rules! with_order {
    ($rank:expr, |$order:ident| $body:expr) => {
        match $rank {
            Rank::Min => {
                type $order = Least;
                $body
            }
            Rank::Max => {
                type $order = Greatest;
                $body
            }
            Rank::First => {
                type $order = Earliest;
                $body
            }
            Rank::Last => {
                type $order = Latest;
                $body
            }
        }
    };
}

/// What stands in a list where there is no row.
pub(crate) fn empty<E: Entry>(rank: Rank) -> E {
    E::empty(if rank == Rank::First { u64::MAX } else { 0 })
}

/// Put an entry into the list of a cell, if it has a row.
pub(crate) fn put<E: Entry>(rank: Rank, cell: &mut [E], new: E) {
    if !new.value().is_nan() {
        with_order!(rank, |O| insert::<O, E>(cell, new));
    }
}

/// The planes of one thread, in the order in which it met the categories; each cell is `depth` entries.
pub(crate) struct Ranks<E: Entry> {
    rank: Rank,
    depth: usize,
    pub(crate) planes: Vec<Buffer<E>>,
}

impl<E: Entry> Ranks<E> {
    pub(crate) fn new(rank: Rank, depth: usize) -> Self {
        Self { rank, depth, planes: Vec::new() }
    }

    pub(crate) fn add_plane(
        &mut self,
        cells: usize,
        consumer: &MemoryConsumer,
    ) -> Result<(), BudgetExceeded> {
        self.planes.push(self.empty_plane(cells, consumer)?);
        Ok(())
    }

    fn empty_plane(&self, cells: usize, consumer: &MemoryConsumer) -> Result<Buffer<E>, BudgetExceeded> {
        // More than can be addressed is more than any budget.
        let mut plane = consumer.buffer(cells.saturating_mul(self.depth))?;
        plane.fill(empty(self.rank));
        Ok(plane)
    }

    pub(crate) fn add(&mut self, points: &Points<'_>) {
        with_order!(self.rank, |O| self.add_by::<O>(points));
    }

    /// The same of rows that stand behind all that were added before, in their order.
    pub(crate) fn add_rising(&mut self, points: &Points<'_>) {
        match self.rank {
            Rank::Last => self.add_by::<LatestOfRising>(points),
            _ => self.add(points),
        }
    }

    fn add_by<O: Order>(&mut self, points: &Points<'_>) {
        let planes = &mut self.planes;
        match self.depth {
            // As a constant, so that the list is no loop.
            1 => fold::<O, E>(points, planes, 1),
            2 => fold::<O, E>(points, planes, 2),
            3 => fold::<O, E>(points, planes, 3),
            4 => fold::<O, E>(points, planes, 4),
            depth => fold::<O, E>(points, planes, depth),
        }
    }

    /// What is in cell `from` of a plane falls into `to`; `from` is empty then.
    pub(crate) fn absorb(&mut self, plane: usize, from: usize, to: usize) {
        for place in 0..self.depth {
            let entry =
                std::mem::replace(&mut self.planes[plane][from * self.depth + place], empty(self.rank));
            self.put(plane, to, entry);
        }
    }

    /// Merge cell `from` of `plane` of another grid into cell `to`.
    pub(crate) fn take(&mut self, plane: usize, to: usize, other: &Self, other_plane: usize, from: usize) {
        for place in 0..self.depth {
            self.put(plane, to, other.planes[other_plane][from * self.depth + place]);
        }
    }

    fn put(&mut self, plane: usize, cell: usize, entry: E) {
        put(self.rank, &mut self.planes[plane][cell * self.depth..][..self.depth], entry);
    }

    /// The planes in the order of `numbers`, each merged over the threads.
    pub(crate) fn merge(
        threads: Vec<(Self, Vec<u32>)>,
        numbers: &[u32],
        cells: usize,
        consumer: &MemoryConsumer,
    ) -> Result<Vec<Buffer<E>>, BudgetExceeded> {
        let Some((rank, depth)) = threads.first().map(|(first, _)| (first.rank, first.depth)) else {
            return Ok(Vec::new());
        };
        let mut merged: Vec<Option<Buffer<E>>> = numbers.iter().map(|_| None).collect();
        for (thread, thread_numbers) in threads {
            for (plane, number) in thread.planes.into_iter().zip(thread_numbers) {
                let Some(place) = numbers.iter().position(|known| *known == number) else { continue };
                match &mut merged[place] {
                    None => merged[place] = Some(plane),
                    Some(kept) => {
                        for (cell, other) in kept.chunks_exact_mut(depth).zip(plane.chunks_exact(depth)) {
                            other.iter().for_each(|entry| put(rank, cell, *entry));
                        }
                    }
                }
            }
        }
        let empty = Self::new(rank, depth);
        merged.into_iter().map(|plane| plane.map_or_else(|| empty.empty_plane(cells, consumer), Ok)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn naive(rank: Rank, mut rows: Vec<Selected>, depth: usize) -> Vec<Selected> {
        rows.retain(|row| !row.value.is_nan());
        rows.sort_by_key(|row| row.key);
        match rank {
            Rank::First => {}
            Rank::Last => rows.reverse(),
            Rank::Min => rows.sort_by(|a, b| a.value.total_cmp(&b.value)),
            Rank::Max => rows.sort_by(|a, b| b.value.total_cmp(&a.value)),
        }
        rows.truncate(depth);
        rows
    }

    proptest! {
        #[test]
        fn lists_are_what_sorting_gives(
            values in proptest::collection::vec(prop_oneof![Just(f64::NAN), (0..5i32).prop_map(f64::from)], 0..40),
            depth in 1usize..7,
            parts in 1usize..4,
        ) {
            for rank in [Rank::Min, Rank::Max, Rank::First, Rank::Last] {
                let rows: Vec<Selected> = values
                    .iter()
                    .enumerate()
                    .map(|(row, value)| Selected { value: *value, key: row as u64, lookup: row as f64 / 2.0 })
                    .collect();
                let mut lists = vec![vec![empty::<Selected>(rank); depth]; parts];
                rows.iter().enumerate().for_each(|(at, row)| put(rank, &mut lists[at * 7 % parts], *row));
                let (first, others) = lists.split_first_mut().unwrap();
                others.iter().flatten().for_each(|row| put(rank, first, *row));
                let found: Vec<Selected> = first.iter().copied().filter(|row| !row.value.is_nan()).collect();
                prop_assert_eq!(found, naive(rank, rows, depth));
            }
        }
    }
}
