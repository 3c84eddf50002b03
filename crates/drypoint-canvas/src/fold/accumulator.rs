//! One thread's accumulator for any reduction, and how those of all threads become planes.

use std::sync::Arc;

use drypoint_memory::{BudgetExceeded, Buffer, MemoryConsumer, Pod, charged_bytes};

use super::cells::{
    AnyFold, Cells, FirstFold, Keyed, LastFold, LastOfRising, MaxFold, MinFold, Moments, MomentsFold, SumFold,
};
use super::counters::{Counters, SharedCounts};
use super::numbers::RowNumbers;
use super::ranks::{Entry, Ranks, Selected};
use crate::aggregate::{Planes, Support};
use crate::raw::{self, Fold, Points};
use crate::{Rank, Reduction};

/// The cells of one thread.
pub(crate) enum Accumulator {
    Count(Counters),
    Any(Cells<AnyFold>),
    Sum(Cells<SumFold>),
    /// The sum and the count of each cell stand apart: 9 bytes a cell, where a pair would take 16.
    Mean(Cells<SumFold>, Counters),
    Min(Cells<MinFold>),
    Max(Cells<MaxFold>),
    Moments(Cells<MomentsFold>),
    First(Cells<FirstFold>),
    Last(Cells<LastFold>),
    /// Several values.
    Values(Ranks<f64>),
    /// Several values by their place, or places by their value.
    Places(Ranks<Keyed>),
    /// What selected rows have elsewhere.
    Selected(Ranks<Selected>),
}

/// Planes that are ready, and what a later merge needs besides them.
pub(crate) struct Finished {
    pub(crate) planes: Planes,
    pub(crate) support: Support,
}

/// Run `$body` with the cells and the counters of an accumulator, as far as it has them.
macro_rules! each_part {
    ($accumulator:expr, |$cells:ident| $body:expr, |$counters:ident| $counting:expr) => {
        match $accumulator {
            Accumulator::Count($counters) => $counting,
            Accumulator::Any($cells) => $body,
            Accumulator::Sum($cells) => $body,
            Accumulator::Mean($cells, $counters) => {
                $body;
                $counting
            }
            Accumulator::Min($cells) => $body,
            Accumulator::Max($cells) => $body,
            Accumulator::Moments($cells) => $body,
            Accumulator::First($cells) => $body,
            Accumulator::Last($cells) => $body,
            Accumulator::Values($cells) => $body,
            Accumulator::Places($cells) => $body,
            Accumulator::Selected($cells) => $body,
        }
    };
}

impl Accumulator {
    /// Without any plane yet.
    pub(crate) fn new(reduction: &Reduction, shared: &Arc<SharedCounts>) -> Self {
        match reduction.inner() {
            Reduction::Count(_) | Reduction::Mode(_) => Self::Count(Counters::new(shared)),
            Reduction::Any(_) => Self::Any(Cells::new()),
            Reduction::Sum(_) => Self::Sum(Cells::new()),
            Reduction::Mean(_) => Self::Mean(Cells::new(), Counters::new(shared)),
            Reduction::Min(_) => Self::Min(Cells::new()),
            Reduction::Max(_) => Self::Max(Cells::new()),
            Reduction::Var(_) | Reduction::Std(_) => Self::Moments(Cells::new()),
            Reduction::First(_) => Self::First(Cells::new()),
            Reduction::Last(_) => Self::Last(Cells::new()),
            Reduction::Ranked(rank @ (Rank::Min | Rank::Max), _, depth) => {
                Self::Values(Ranks::new(*rank, *depth))
            }
            Reduction::Ranked(rank, _, depth) => Self::Places(Ranks::new(*rank, *depth)),
            Reduction::Where(selector, lookup) => {
                let rank = selector.rank().unwrap_or_else(|| unreachable!("refused by Reduction::check"));
                let depth = selector.depth().unwrap_or(1);
                match lookup {
                    Some(_) => Self::Selected(Ranks::new(rank, depth)),
                    None => Self::Places(Ranks::new(rank, depth)),
                }
            }
            Reduction::By(..) | Reduction::Summary(_) | Reduction::Resampled(..) => {
                unreachable!("refused by Reduction::check, or folded part by part")
            }
        }
    }

    /// Bytes of one plane: (for each thread, once for all threads).
    pub(crate) fn plane_bytes(reduction: &Reduction, cells: usize, direct: bool) -> (usize, usize) {
        let plane = |bytes: usize| charged_bytes(bytes.saturating_mul(cells)).unwrap_or(usize::MAX);
        let narrow = if direct { 0 } else { plane(1) };
        match reduction.inner() {
            Reduction::Count(_) | Reduction::Mode(_) => (narrow, plane(4)),
            Reduction::Any(_) => (plane(1), 0),
            Reduction::Sum(_) | Reduction::Min(_) | Reduction::Max(_) => (plane(8), 0),
            Reduction::Mean(_) => (plane(8).saturating_add(narrow), plane(4)),
            Reduction::Var(_) | Reduction::Std(_) => (plane(size_of::<Moments>()), 0),
            Reduction::First(_) | Reduction::Last(_) => (plane(size_of::<Keyed>()), 0),
            Reduction::Ranked(..) | Reduction::Where(..) => (plane(Self::entry_bytes(reduction)), 0),
            Reduction::By(..) | Reduction::Summary(_) | Reduction::Resampled(..) => {
                unreachable!("refused by Reduction::check, or folded part by part")
            }
        }
    }

    /// Bytes of a cell that is a list.
    fn entry_bytes(reduction: &Reduction) -> usize {
        let entry = match reduction.inner() {
            Reduction::Ranked(Rank::Min | Rank::Max, ..) => size_of::<f64>(),
            Reduction::Where(_, Some(_)) => size_of::<Selected>(),
            _ => size_of::<Keyed>(),
        };
        entry.saturating_mul(reduction.depth().unwrap_or(1))
    }

    /// Bytes of all planes of a cell of the result, where they are put together anew, and of what a later merge needs.
    pub(crate) fn result_bytes(reduction: &Reduction, planes: usize) -> usize {
        let joined = reduction.categories().is_some();
        let plane = match reduction.inner() {
            Reduction::Mode(_) => return planes.saturating_mul(4).saturating_add(8),
            Reduction::Count(_) if joined => 4,
            Reduction::Any(_) if joined => 1,
            Reduction::Mean(_) if joined => 12,
            Reduction::Sum(_) | Reduction::Min(_) | Reduction::Max(_) if joined => 8,
            Reduction::Var(_) | Reduction::Std(_) => 24,
            Reduction::First(_) | Reduction::Last(_) => 16,
            Reduction::Ranked(Rank::Min | Rank::Max, ..) if !joined => 0,
            Reduction::Ranked(..) | Reduction::Where(..) => Self::entry_bytes(reduction),
            _ => 0,
        };
        plane.saturating_mul(planes)
    }

    /// Whether rows must be numbered for it.
    pub(crate) fn is_ordered(&self) -> bool {
        matches!(self, Self::First(_) | Self::Last(_) | Self::Places(_) | Self::Selected(_))
    }

    /// A plane for the category that the directory calls `number`; it becomes this thread's next code.
    pub(crate) fn add_plane(
        &mut self,
        number: u32,
        cells: usize,
        consumer: &MemoryConsumer,
    ) -> Result<(), BudgetExceeded> {
        each_part!(self, |planes| planes.add_plane(cells, consumer)?, |counters| counters
            .add_plane(number)?);
        Ok(())
    }

    /// Planes so far.
    pub(crate) fn planes(&self) -> usize {
        match self {
            Self::Count(counters) | Self::Mean(_, counters) => counters.planes(),
            Self::Any(cells) => cells.planes.len(),
            Self::Sum(cells) => cells.planes.len(),
            Self::Min(cells) => cells.planes.len(),
            Self::Max(cells) => cells.planes.len(),
            Self::Moments(cells) => cells.planes.len(),
            Self::First(cells) => cells.planes.len(),
            Self::Last(cells) => cells.planes.len(),
            Self::Values(cells) => cells.planes.len(),
            Self::Places(cells) => cells.planes.len(),
            Self::Selected(cells) => cells.planes.len(),
        }
    }

    /// Fold a block.
    pub(crate) fn add(&mut self, points: &Points<'_>) {
        each_part!(self, |cells| cells.add(points), |counters| counters.add(points));
    }

    /// Fold a block whose rows stand behind all that this thread folded before, in their order.
    pub(crate) fn add_rising(&mut self, points: &Points<'_>) {
        match self {
            Self::Last(cells) => raw::fold::<LastOfRising>(points, &mut cells.planes),
            Self::Places(ranks) => ranks.add_rising(points),
            Self::Selected(ranks) => ranks.add_rising(points),
            other => other.add(points),
        }
    }

    /// What is in cell `from` of a plane falls into `to`; `from` is empty then.
    pub(crate) fn absorb(&mut self, plane: usize, from: usize, to: usize) {
        each_part!(self, |cells| cells.absorb(plane, from, to), |counters| counters.absorb(plane, from, to));
    }

    /// The counters of a fold that only counts.
    pub(crate) fn counts(&mut self) -> Option<&mut Counters> {
        match self {
            Self::Count(counters) => Some(counters),
            _ => None,
        }
    }

    /// Merge cell `from` of `other_plane` of another grid into cell `to` of `plane`; the other cell may be empty then.
    pub(crate) fn take(
        &mut self,
        plane: usize,
        to: usize,
        other: &mut Self,
        other_plane: usize,
        from: usize,
    ) {
        macro_rules! cells {
            ($mine:expr, $theirs:expr) => {
                $mine.take(plane, to, $theirs, other_plane, from)
            };
        }
        match (self, other) {
            (Self::Count(mine), Self::Count(theirs)) => mine.put(plane, to, theirs.clear(other_plane, from)),
            (Self::Any(mine), Self::Any(theirs)) => cells!(mine, theirs),
            (Self::Sum(mine), Self::Sum(theirs)) => cells!(mine, theirs),
            (Self::Mean(mine, counts), Self::Mean(theirs, their_counts)) => {
                cells!(mine, theirs);
                counts.put(plane, to, their_counts.clear(other_plane, from));
            }
            (Self::Min(mine), Self::Min(theirs)) => cells!(mine, theirs),
            (Self::Max(mine), Self::Max(theirs)) => cells!(mine, theirs),
            (Self::Moments(mine), Self::Moments(theirs)) => cells!(mine, theirs),
            (Self::First(mine), Self::First(theirs)) => cells!(mine, theirs),
            (Self::Last(mine), Self::Last(theirs)) => cells!(mine, theirs),
            (Self::Values(mine), Self::Values(theirs)) => cells!(mine, theirs),
            (Self::Places(mine), Self::Places(theirs)) => cells!(mine, theirs),
            (Self::Selected(mine), Self::Selected(theirs)) => cells!(mine, theirs),
            _ => unreachable!("the accumulators of one fold are of one kind"),
        }
    }

    /// The planes of all threads, merged in the order of the threads and put in the order of `numbers`.
    ///
    /// `threads` is not empty; beside each accumulator stand the numbers of its planes.
    pub(crate) fn finish(
        threads: Vec<(Self, Vec<u32>)>,
        numbers: &[u32],
        reduction: &Reduction,
        cells: usize,
        consumer: &MemoryConsumer,
    ) -> Result<Finished, BudgetExceeded> {
        let joined = reduction.category_column().is_some();
        let plain = |planes| Ok(Finished { planes, support: Support::None });
        macro_rules! collect {
            ($kind:path) => {{
                let parts = threads.into_iter().filter_map(|(accumulator, numbers)| match accumulator {
                    $kind(cells) => Some((cells, numbers)),
                    _ => None,
                });
                merge(parts, numbers, cells, consumer)?
            }};
        }
        macro_rules! ranks {
            ($kind:path) => {{
                let parts = threads.into_iter().filter_map(|(accumulator, numbers)| match accumulator {
                    $kind(cells) => Some((cells, numbers)),
                    _ => None,
                });
                Ranks::merge(parts.collect(), numbers, cells, consumer)?
            }};
        }
        match &threads[0].0 {
            Self::Count(_) => {
                let counters = threads.into_iter().filter_map(|(accumulator, _)| match accumulator {
                    Self::Count(counters) => Some(counters),
                    _ => None,
                });
                let counts = Counters::finish(counters.collect(), numbers, joined)?;
                match reduction {
                    Reduction::Mode(_) => {
                        let modes = modes(&counts, cells, consumer)?;
                        Ok(Finished { planes: Planes::I64(modes), support: Support::Tally(counts) })
                    }
                    _ => plain(counts),
                }
            }
            Self::Any(_) => plain(Planes::Bool(join(collect!(Self::Any), joined, consumer)?)),
            Self::Sum(_) => {
                let mut sums = join(collect!(Self::Sum), joined, consumer)?;
                sums.iter_mut().filter(|sum| SumFold::is_empty(**sum)).for_each(|sum| *sum = f64::NAN);
                plain(Planes::F64(sums))
            }
            Self::Mean(..) => {
                let (mut sums, mut counters) = (Vec::new(), Vec::new());
                for (accumulator, numbers) in threads {
                    if let Self::Mean(cells, counts) = accumulator {
                        sums.push((cells, numbers));
                        counters.push(counts);
                    }
                }
                let sums = merge(sums.into_iter(), numbers, cells, consumer)?;
                let mut means = join(sums, joined, consumer)?;
                let counts = Counters::finish(counters, numbers, joined)?;
                match &counts {
                    Planes::U32(counts) => divide(&mut means, counts.iter().map(|count| f64::from(*count))),
                    Planes::U64(counts) => divide(&mut means, counts.iter().map(|count| *count as f64)),
                    Planes::Bool(_) | Planes::F64(_) | Planes::I64(_) => {
                        unreachable!("counts are not negative")
                    }
                }
                Ok(Finished { planes: Planes::F64(means), support: Support::Counts(counts) })
            }
            Self::Min(_) => plain(Planes::F64(join(collect!(Self::Min), joined, consumer)?)),
            Self::Max(_) => plain(Planes::F64(join(collect!(Self::Max), joined, consumer)?)),
            Self::Moments(_) => {
                let deviation = matches!(reduction.inner(), Reduction::Std(_));
                finish_moments(collect!(Self::Moments), deviation, cells, consumer)
            }
            Self::First(_) => finish_keyed(collect!(Self::First), consumer),
            Self::Last(_) => finish_keyed(collect!(Self::Last), consumer),
            Self::Values(_) => plain(Planes::F64(join(ranks!(Self::Values), joined, consumer)?)),
            Self::Places(_) => {
                let planes = ranks!(Self::Places);
                let of_place = |entry: &Keyed| if entry.value.is_nan() { -1 } else { entry.key as i64 };
                if reduction.numbers_rows() {
                    let (values, rows) = apart(planes, consumer, |entry| (entry.value, of_place(entry)))?;
                    let support = Support::Selected { values: Planes::F64(values), keys: None };
                    return Ok(Finished { planes: Planes::I64(rows), support });
                }
                finish_keyed(planes, consumer)
            }
            Self::Selected(_) => {
                let planes = ranks!(Self::Selected);
                let len = planes.iter().map(|plane| plane.len()).sum();
                let (mut values, mut keys, mut lookups) = (
                    consumer.buffer::<f64>(len)?,
                    consumer.buffer::<u64>(len)?,
                    consumer.buffer::<f64>(len)?,
                );
                let mut at = 0;
                for plane in planes {
                    for entry in plane.iter() {
                        (values[at], keys[at], lookups[at]) = (entry.value, entry.known_key(), entry.lookup);
                        at += 1;
                    }
                }
                let support =
                    Support::Selected { values: Planes::F64(values), keys: Some(Planes::U64(keys)) };
                Ok(Finished { planes: Planes::F64(lookups), support })
            }
        }
    }
}

impl Finished {
    /// The numbers of rows, where cells were told keys, which may have gaps.
    pub(crate) fn number_rows(&mut self, reduction: &Reduction, rows: &RowNumbers) {
        if let (true, Planes::I64(cells)) = (reduction.numbers_rows(), &mut self.planes) {
            for cell in cells.iter_mut().filter(|cell| **cell >= 0) {
                *cell = rows.number(*cell as u64) as i64;
            }
        }
    }
}

/// Of each cell the plane that counted most, the first of equal ones; -1 where none did.
pub(crate) fn modes(
    counts: &Planes,
    cells: usize,
    consumer: &MemoryConsumer,
) -> Result<Buffer<i64>, BudgetExceeded> {
    let mut modes = consumer.buffer::<i64>(cells)?;
    modes.fill(-1);
    // Some cells at a time, so that each plane is read in a row and the greatest counts stay near.
    fn find<T: Copy + PartialOrd + Default>(counts: &[T], modes: &mut [i64]) {
        const CELLS: usize = 1024;
        let cells = modes.len().max(1);
        for (block, modes) in modes.chunks_mut(CELLS).enumerate() {
            let mut most = [T::default(); CELLS];
            for (place, plane) in counts.chunks_exact(cells).enumerate() {
                let counts = &plane[block * CELLS..][..modes.len()];
                for ((mode, most), count) in modes.iter_mut().zip(&mut most).zip(counts) {
                    if *count > *most {
                        (*most, *mode) = (*count, place as i64);
                    }
                }
            }
        }
    }
    match counts {
        Planes::U32(counts) => find(counts, &mut modes),
        Planes::U64(counts) => find(counts, &mut modes),
        _ => unreachable!("counts are not negative"),
    }
    Ok(modes)
}

/// Planes of entries as two blocks, each plane freed as it is taken apart.
fn apart<E: Entry, T: Pod>(
    planes: Vec<Buffer<E>>,
    consumer: &MemoryConsumer,
    part: impl Fn(&E) -> (f64, T),
) -> Result<(Buffer<f64>, Buffer<T>), BudgetExceeded> {
    let len = planes.iter().map(|plane| plane.len()).sum();
    let (mut values, mut others) = (consumer.buffer::<f64>(len)?, consumer.buffer::<T>(len)?);
    let (mut left_values, mut left_others) = (&mut values[..], &mut others[..]);
    for plane in planes {
        let (own_values, next_values) = left_values.split_at_mut(plane.len());
        let (own_others, next_others) = left_others.split_at_mut(plane.len());
        for ((value, other), entry) in own_values.iter_mut().zip(own_others).zip(plane.iter()) {
            (*value, *other) = part(entry);
        }
        (left_values, left_others) = (next_values, next_others);
    }
    Ok((values, others))
}

/// The planes in the order of `numbers`, each merged over the threads in their order; the first thread's are kept.
fn merge<F: Fold>(
    threads: impl Iterator<Item = (Cells<F>, Vec<u32>)>,
    numbers: &[u32],
    cells: usize,
    consumer: &MemoryConsumer,
) -> Result<Vec<Buffer<F::Cell>>, BudgetExceeded> {
    let mut merged: Vec<Option<Buffer<F::Cell>>> = numbers.iter().map(|_| None).collect();
    for (thread, thread_numbers) in threads {
        for (plane, number) in thread.planes.into_iter().zip(thread_numbers) {
            let Some(place) = numbers.iter().position(|known| *known == number) else { continue };
            match &mut merged[place] {
                None => merged[place] = Some(plane),
                Some(kept) => {
                    kept.iter_mut().zip(plane.iter()).for_each(|(cell, other)| F::merge(cell, other))
                }
            }
        }
    }
    merged
        .into_iter()
        .map(|plane| match plane {
            Some(plane) => Ok(plane),
            None => super::cells::empty_plane::<F>(cells, consumer),
        })
        .collect()
}

/// One block of all planes; a single one that need not be joined is kept where it stands.
fn join<T: Pod>(
    mut planes: Vec<Buffer<T>>,
    joined: bool,
    consumer: &MemoryConsumer,
) -> Result<Buffer<T>, BudgetExceeded> {
    if !joined && planes.len() == 1 {
        return Ok(planes.remove(0));
    }
    let cells = planes.first().map_or(0, |plane| plane.len());
    let mut all = consumer.buffer(cells * planes.len())?;
    // Each plane is freed as soon as it is copied.
    for (index, plane) in planes.into_iter().enumerate() {
        all[index * cells..][..cells].copy_from_slice(&plane);
    }
    Ok(all)
}

fn divide(sums: &mut [f64], counts: impl Iterator<Item = f64>) {
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum = if count > 0.0 { *sum / count } else { f64::NAN };
    }
}

fn finish_moments(
    planes: Vec<Buffer<Moments>>,
    deviation: bool,
    cells: usize,
    consumer: &MemoryConsumer,
) -> Result<Finished, BudgetExceeded> {
    let len = planes.len() * cells;
    let (mut results, mut counts, mut means) =
        (consumer.buffer::<f64>(len)?, consumer.buffer::<u64>(len)?, consumer.buffer::<f64>(len)?);
    for (index, plane) in planes.into_iter().enumerate() {
        for (cell, moments) in plane.iter().enumerate() {
            let at = index * cells + cell;
            let variance = if moments.count > 0.0 { moments.squares / moments.count } else { f64::NAN };
            results[at] = if deviation { variance.sqrt() } else { variance };
            counts[at] = moments.count as u64;
            means[at] = if moments.count > 0.0 { moments.mean } else { f64::NAN };
        }
    }
    Ok(Finished {
        planes: Planes::F64(results),
        support: Support::Moments { counts: Planes::U64(counts), means: Planes::F64(means) },
    })
}

fn finish_keyed(planes: Vec<Buffer<Keyed>>, consumer: &MemoryConsumer) -> Result<Finished, BudgetExceeded> {
    let (values, keys) = apart(planes, consumer, |entry| (entry.value, entry.known_key()))?;
    Ok(Finished { planes: Planes::F64(values), support: Support::Keys(Planes::U64(keys)) })
}
