//! Two aggregates of one canvas and one reduction become one, by the reduction's own fold.

use drypoint_memory::{Buffer, MemoryConsumer, Pod};

use super::{Aggregate, Planes, Support};
use crate::fold::{Entry, Keyed, Selected, empty, modes, put};
use crate::{CanvasError, Rank, Reduction, Result};

/// Where the planes of two aggregates go: the union of their categories, sorted as each of them is.
struct Union {
    categories: Vec<String>,
    /// For each plane of the result, those of the left and of the right.
    sources: Vec<(Option<usize>, Option<usize>)>,
}

impl Union {
    fn new(left: &Aggregate, right: &Aggregate) -> Self {
        let Some(categories) = left.reduction.categories() else {
            return Self { categories: Vec::new(), sources: vec![(Some(0), Some(0))] };
        };
        if categories.computed().is_some() {
            let sources = (0..left.categories.len()).map(|place| (Some(place), Some(place)));
            return Self { categories: left.categories.clone(), sources: sources.collect() };
        }
        let mut names: Vec<&String> = left.categories.iter().chain(&right.categories).collect();
        // Integers sort by value, everything else by code points, as when they were read.
        if names.iter().all(|name| name.parse::<i128>().is_ok()) {
            names.sort_by_key(|name| name.parse::<i128>().unwrap_or(0));
        } else if matches!(left.reduction, Reduction::Mode(_))
            && names.iter().all(|name| name.parse::<f64>().is_ok())
        {
            names.sort_by(|a, b| {
                let value = |name: &str| name.parse::<f64>().unwrap_or(0.0);
                value(a).total_cmp(&value(b))
            });
        } else {
            names.sort();
        }
        names.dedup();
        let find = |categories: &[String], name: &String| categories.iter().position(|known| known == name);
        let sources = names.iter().map(|name| (find(&left.categories, name), find(&right.categories, name)));
        Self { sources: sources.collect(), categories: names.into_iter().cloned().collect() }
    }
}

impl Aggregate {
    /// Both together, as if all rows had been folded into one; new planes are taken from `consumer`.
    ///
    /// Categories are united. First and last values are told apart by their place in their source, so they mean
    /// something only for parts of one source; where the places are equal, `self` comes first.
    pub fn merge(&self, other: &Aggregate, consumer: &MemoryConsumer) -> Result<Aggregate> {
        if self.canvas != other.canvas {
            let (left, right) = (self.canvas.to_string(), other.canvas.to_string());
            return Err(CanvasError::DifferentCanvas { left, right });
        }
        if self.reduction != other.reduction {
            let (left, right) = (Box::new(self.reduction.clone()), Box::new(other.reduction.clone()));
            return Err(CanvasError::DifferentReduction { left, right });
        }
        let union = Union::new(self, other);
        let merge = Merge { cells: self.canvas.pixels(), depth: self.depth(), union: &union, consumer };
        let (planes, support) = merge.run(self, other)?;
        Ok(Aggregate {
            canvas: self.canvas.clone(),
            reduction: self.reduction.clone(),
            categories: union.categories,
            rows: self.rows + other.rows,
            skipped: self.skipped + other.skipped,
            planes,
            support,
        })
    }
}

struct Merge<'a> {
    cells: usize,
    /// Values of a cell.
    depth: usize,
    union: &'a Union,
    consumer: &'a MemoryConsumer,
}

impl Merge<'_> {
    fn run(&self, left: &Aggregate, right: &Aggregate) -> Result<(Planes, Support)> {
        use Planes::{Bool, F64, U64};
        let plain = |planes| Ok((planes, Support::None));
        match (left.reduction.inner(), &left.planes, &right.planes, &left.support, &right.support) {
            // Of antialiased lines: coverage.
            (Reduction::Count(_), F64(a), F64(b), ..) => plain(F64(self.floats(a, b, |a, b| a + b)?)),
            (Reduction::Any(_), F64(a), F64(b), ..) => plain(F64(self.floats(a, b, f64::max)?)),
            (Reduction::Count(_), a, b, ..) => plain(self.counts(a, b)?),
            (Reduction::Any(_), Bool(a), Bool(b), ..) => {
                plain(Bool(self.cells(|at| a[at], |at| b[at], 0, |a, b| a | b)?))
            }
            (Reduction::Sum(_), F64(a), F64(b), ..) => plain(F64(self.floats(a, b, |a, b| a + b)?)),
            (Reduction::Min(_), F64(a), F64(b), ..) => plain(F64(self.floats(a, b, f64::min)?)),
            (Reduction::Max(_), F64(a), F64(b), ..) => plain(F64(self.floats(a, b, f64::max)?)),
            (Reduction::Mean(_), F64(a), F64(b), Support::Counts(m), Support::Counts(n)) => {
                let (a, b) = (|at| (number(m, at), a[at]), |at| (number(n, at), b[at]));
                Ok((F64(self.cells(a, b, (0.0, 0.0), mean)?), Support::Counts(self.counts(m, n)?)))
            }
            (
                inner @ (Reduction::Var(_) | Reduction::Std(_)),
                F64(a),
                F64(b),
                Support::Moments { counts: m, means: F64(x) },
                Support::Moments { counts: n, means: F64(y) },
            ) => {
                let deviation = matches!(inner, Reduction::Std(_));
                let variance = |value: f64| if deviation { value * value } else { value };
                let first = |at| (number(m, at), x[at], variance(a[at]));
                let second = |at| (number(n, at), y[at], variance(b[at]));
                let merged = self.cells(first, second, (0.0, 0.0, 0.0), |a, b| {
                    let variance = pooled(a, b);
                    if deviation { variance.sqrt() } else { variance }
                })?;
                let means =
                    self.cells(first, second, (0.0, 0.0, 0.0), |a, b| mean((a.0, a.1), (b.0, b.1)))?;
                Ok((F64(merged), Support::Moments { counts: self.counts(m, n)?, means: F64(means) }))
            }
            (
                inner @ (Reduction::First(_) | Reduction::Last(_)),
                F64(a),
                F64(b),
                Support::Keys(U64(k)),
                Support::Keys(U64(l)),
            ) => {
                let last = matches!(inner, Reduction::Last(_));
                let winner = |a: (f64, u64), b: (f64, u64)| {
                    let right = if last { b.1 >= a.1 } else { b.1 < a.1 };
                    if a.0.is_nan() || (right && !b.0.is_nan()) { b } else { a }
                };
                let (first, second) = (|at| (a[at], k[at]), |at| (b[at], l[at]));
                let values = self.cells(first, second, (f64::NAN, 0), |a, b| winner(a, b).0)?;
                let keys = self.cells(first, second, (f64::NAN, 0), |a, b| winner(a, b).1)?;
                Ok((F64(values), Support::Keys(U64(keys))))
            }
            (Reduction::Mode(_), .., Support::Tally(a), Support::Tally(b)) => {
                let counts = self.counts(a, b)?;
                Ok((Planes::I64(modes(&counts, self.cells, self.consumer)?), Support::Tally(counts)))
            }
            (Reduction::Ranked(rank @ (Rank::Min | Rank::Max), ..), F64(a), F64(b), ..) => {
                plain(F64(self.lists(*rank, |at| a[at], |at| b[at])?))
            }
            (Reduction::Ranked(rank, ..), F64(a), F64(b), Support::Keys(U64(k)), Support::Keys(U64(l))) => {
                let first = |at| Keyed { value: a[at], key: k[at] };
                let merged = self.lists(*rank, first, |at| Keyed { value: b[at], key: l[at] })?;
                let values = self.part_of(&merged, |entry| entry.value)?;
                Ok((F64(values), Support::Keys(U64(self.part_of(&merged, Keyed::known_key)?))))
            }
            (
                Reduction::Where(selector, None),
                Planes::I64(a),
                Planes::I64(b),
                Support::Selected { values: F64(x), .. },
                Support::Selected { values: F64(y), .. },
            ) => {
                let rank = rank_of(selector);
                let first = |at| Keyed { value: x[at], key: a[at] as u64 };
                let merged = self.lists(rank, first, |at| Keyed { value: y[at], key: b[at] as u64 })?;
                let row = |entry: &Keyed| if entry.value.is_nan() { -1 } else { entry.key as i64 };
                let values = F64(self.part_of(&merged, |entry| entry.value)?);
                Ok((Planes::I64(self.part_of(&merged, row)?), Support::Selected { values, keys: None }))
            }
            (
                Reduction::Where(selector, Some(_)),
                F64(a),
                F64(b),
                Support::Selected { values: F64(x), keys: Some(U64(k)) },
                Support::Selected { values: F64(y), keys: Some(U64(l)) },
            ) => {
                let rank = rank_of(selector);
                let first = |at| Selected { value: x[at], key: k[at], lookup: a[at] };
                let second = |at| Selected { value: y[at], key: l[at], lookup: b[at] };
                let merged = self.lists(rank, first, second)?;
                let values = F64(self.part_of(&merged, |entry| entry.value)?);
                let keys = Some(U64(self.part_of(&merged, Selected::known_key)?));
                Ok((F64(self.part_of(&merged, |entry| entry.lookup)?), Support::Selected { values, keys }))
            }
            _ => Err(CanvasError::NotMergeable { reduction: Box::new(left.reduction.clone()) }),
        }
    }

    /// The entries of both, as if they had fallen into one cell.
    fn lists<E: Entry>(
        &self,
        rank: Rank,
        left: impl Fn(usize) -> E,
        right: impl Fn(usize) -> E,
    ) -> Result<Buffer<E>> {
        let size = self.cells * self.depth;
        let mut merged = self.consumer.buffer::<E>(size * self.union.sources.len())?;
        merged.fill(empty(rank));
        for ((a, b), plane) in self.union.sources.iter().zip(merged.chunks_exact_mut(size.max(1))) {
            for (cell, list) in plane.chunks_exact_mut(self.depth).enumerate() {
                for place in 0..self.depth {
                    let at = |plane: usize| plane * size + cell * self.depth + place;
                    a.iter().for_each(|plane| put(rank, list, left(at(*plane))));
                    b.iter().for_each(|plane| put(rank, list, right(at(*plane))));
                }
            }
        }
        Ok(merged)
    }

    fn part_of<E: Entry, T: Pod>(&self, entries: &[E], part: impl Fn(&E) -> T) -> Result<Buffer<T>> {
        let mut parts = self.consumer.buffer::<T>(entries.len())?;
        parts.iter_mut().zip(entries).for_each(|(target, entry)| *target = part(entry));
        Ok(parts)
    }

    /// Each cell of each plane of the result; `empty` stands for a category that one side does not have.
    fn cells<T: Copy, U: Pod>(
        &self,
        left: impl Fn(usize) -> T,
        right: impl Fn(usize) -> T,
        empty: T,
        merge: impl Fn(T, T) -> U,
    ) -> Result<Buffer<U>> {
        let mut merged = self.consumer.buffer::<U>(self.cells * self.union.sources.len())?;
        for (plane, (a, b)) in self.union.sources.iter().enumerate() {
            for cell in 0..self.cells {
                let a = a.map_or(empty, |plane| left(plane * self.cells + cell));
                let b = b.map_or(empty, |plane| right(plane * self.cells + cell));
                merged[plane * self.cells + cell] = merge(a, b);
            }
        }
        Ok(merged)
    }

    /// NaN is empty.
    fn floats(&self, a: &[f64], b: &[f64], merge: impl Fn(f64, f64) -> f64) -> Result<Buffer<f64>> {
        let either = |a: f64, b: f64| match (a.is_nan(), b.is_nan()) {
            (true, _) => b,
            (_, true) => a,
            _ => merge(a, b),
        };
        self.cells(|at| a[at], |at| b[at], f64::NAN, either)
    }

    /// As narrow as the greatest sum allows.
    fn counts(&self, a: &Planes, b: &Planes) -> Result<Planes> {
        let (most_a, most_b) = (most(a), most(b));
        let (a, b) = (|at| count(a, at), |at| count(b, at));
        if most_a.saturating_add(most_b) <= u64::from(u32::MAX) {
            Ok(Planes::U32(self.cells(a, b, 0, |a, b| (a + b) as u32)?))
        } else {
            Ok(Planes::U64(self.cells(a, b, 0, u64::saturating_add)?))
        }
    }
}

fn rank_of(selector: &Reduction) -> Rank {
    selector.rank().unwrap_or_else(|| unreachable!("refused by Reduction::check"))
}

fn count(planes: &Planes, at: usize) -> u64 {
    match planes {
        Planes::Bool(cells) => u64::from(cells[at]),
        Planes::U32(cells) => u64::from(cells[at]),
        Planes::U64(cells) => cells[at],
        Planes::I64(cells) => cells[at] as u64,
        Planes::F64(cells) => cells[at] as u64,
    }
}

fn number(planes: &Planes, at: usize) -> f64 {
    count(planes, at) as f64
}

fn most(planes: &Planes) -> u64 {
    (0..planes.len()).map(|at| count(planes, at)).max().unwrap_or(0)
}

/// Of two (count, mean): the mean of all; NaN of none.
fn mean(a: (f64, f64), b: (f64, f64)) -> f64 {
    match (a.0 > 0.0, b.0 > 0.0) {
        (false, false) => f64::NAN,
        (true, false) => a.1,
        (false, true) => b.1,
        (true, true) => (a.0 * a.1 + b.0 * b.1) / (a.0 + b.0),
    }
}

/// Of two (count, mean, variance): the variance of all; NaN of none.
fn pooled(a: (f64, f64, f64), b: (f64, f64, f64)) -> f64 {
    match (a.0 > 0.0, b.0 > 0.0) {
        (false, false) => f64::NAN,
        (true, false) => a.2,
        (false, true) => b.2,
        (true, true) => {
            let count = a.0 + b.0;
            let off = a.1 - b.1;
            (a.2 * a.0 + b.2 * b.0 + off * off * (a.0 * (b.0 / count))) / count
        }
    }
}
