//! A series of few rows that looks like the one of many: rows of the source, chosen by interval of x.
//!
//! M4 (Jugel and others 2014) and its half, least and greatest, need no order of the rows, so that threads take parts of
//! the source and what they chose is merged. Largest triangles (Steinarsson 2013) go through the rows one after the
//! other, twice, so that neither rows nor buckets are held.

use bytemuck::Zeroable;
use drypoint_memory::{Buffer, MemoryConsumer};
use drypoint_stream::{Batch, Extent, Source, StreamError};

use crate::columns::{Roles, as_f64, check_batch, for_each_missing};
use crate::drive::drive;
use crate::mapping::AxisMap;
use crate::options::Options;
use crate::plan::request;
use crate::raw::{BLOCK_ROWS, Isa, series_of};
use crate::{Axis, AxisKind, CanvasError, Reduction, Result, Scale, extents};

/// How rows are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Downsampling {
    /// The first, least, greatest and last row of each of a quarter as many intervals.
    M4,
    /// The least and greatest row of each of half as many intervals.
    MinMax,
    /// The row of each bucket that spans the largest triangle.
    Lttb,
    /// Four times as many by least and greatest, of which the largest triangles are chosen.
    MinMaxLttb,
}

/// Rows for each that the first step of [`Downsampling::MinMaxLttb`] chooses.
const CHOSEN_BEFORE: usize = 4;

/// A row that was chosen.
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Chosen {
    /// Its value from left to right.
    pub x: f64,
    /// Its value from bottom to top.
    pub y: f64,
    /// Its key in the source: of an array, its index.
    pub key: u64,
}

/// Choose at most `count` rows of two columns of a source, in the order of the source, each once.
///
/// Rows whose x or y is missing or not finite are never chosen. Intervals are those of `count / 4` (or `count / 2`)
/// pixels of a canvas over the extent of x. Of equal values the first is chosen. The result does not depend on threads or
/// batches.
pub fn downsample(
    source: &dyn Source,
    (x, y): (&str, &str),
    count: usize,
    method: Downsampling,
    options: &Options,
) -> Result<Vec<Chosen>> {
    let roles = Roles::new(source.schema(), x, y, &Reduction::Count(None))?;
    let task = Task { source, x, roles, options };
    match method {
        Downsampling::M4 => task.by_intervals(count / 4, true),
        Downsampling::MinMax => task.by_intervals(count / 2, false),
        Downsampling::Lttb => task.largest_triangles(count),
        Downsampling::MinMaxLttb => {
            let chosen = task.by_intervals(count.saturating_mul(CHOSEN_BEFORE) / 2, false)?;
            if chosen.len() <= count {
                return Ok(chosen);
            }
            let mut triangles = Triangles::new(count, chosen.len() as u64, &options.consumer)?;
            let rows = || chosen.iter().zip(0..);
            rows().for_each(|(row, at)| triangles.sum(at, row));
            rows().for_each(|(row, at)| triangles.look(at, row));
            Ok(triangles.finish())
        }
    }
}

struct Task<'a> {
    source: &'a dyn Source,
    x: &'a str,
    roles: Roles,
    options: &'a Options,
}

/// What is kept of the rows of one interval; a key of `NONE` is nothing.
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct Interval {
    first: Chosen,
    least: Chosen,
    greatest: Chosen,
    last: Chosen,
    /// 0 if it has no row yet.
    rows: u64,
}

impl Interval {
    fn add(&mut self, row: Chosen) {
        if self.rows == 0 {
            *self = Self { first: row, least: row, greatest: row, last: row, rows: 1 };
            return;
        }
        if row.key < self.first.key {
            self.first = row;
        }
        if row.key > self.last.key {
            self.last = row;
        }
        if row.y < self.least.y || (row.y == self.least.y && row.key < self.least.key) {
            self.least = row;
        }
        if row.y > self.greatest.y || (row.y == self.greatest.y && row.key < self.greatest.key) {
            self.greatest = row;
        }
    }

    fn merge(&mut self, other: &Self) {
        if other.rows > 0 {
            [other.first, other.least, other.greatest, other.last].into_iter().for_each(|row| self.add(row));
        }
    }
}

/// One thread's intervals.
struct Chooser {
    isa: Isa,
    axis: AxisMap,
    intervals: Buffer<Interval>,
    x: Box<[f64; BLOCK_ROWS]>,
    y: Box<[f64; BLOCK_ROWS]>,
}

impl Chooser {
    fn add(&mut self, batch: &Batch<'_>, roles: &Roles) -> Result<()> {
        let (x_column, y_column) = (&batch.columns[roles.x], &batch.columns[roles.y]);
        let complete = x_column.validity.is_none() && y_column.validity.is_none();
        let mut start = 0;
        while start < batch.rows {
            let rows = BLOCK_ROWS.min(batch.rows - start);
            let x = as_f64(x_column, start, rows, &mut *self.x)?;
            let y = as_f64(y_column, start, rows, &mut *self.y)?;
            let key = batch.order.saturating_add(start as u64);
            let row = |at: usize| Chosen { x: x[at], y: y[at], key: key.saturating_add(at as u64) };
            let series = series_of(self.isa, x, y);
            let interval = self.axis.pixel_at(series.x.0);
            if complete && series.finite && interval == self.axis.pixel_at(series.x.1) {
                // All rows in one interval: four of them are candidates, and two only if they are better.
                let known = &mut self.intervals[interval];
                let (fresh, least, greatest) = (known.rows == 0, known.least.y, known.greatest.y);
                known.add(row(0));
                known.add(row(rows - 1));
                let place = |value: f64| y.iter().position(|y| *y == value).unwrap_or(0);
                if fresh || series.y.0 <= least {
                    known.add(row(place(series.y.0)));
                }
                if fresh || series.y.1 >= greatest {
                    known.add(row(place(series.y.1)));
                }
            } else {
                let mut missing = [false; BLOCK_ROWS];
                for column in [x_column, y_column] {
                    if let Some(validity) = column.validity {
                        for_each_missing(validity, start, rows, |at| missing[at] = true);
                    }
                }
                for at in (0..rows).filter(|at| !missing[*at] && x[*at].is_finite() && y[*at].is_finite()) {
                    self.intervals[self.axis.pixel_at(x[at])].add(row(at));
                }
            }
            start += rows;
        }
        Ok(())
    }
}

impl Task<'_> {
    fn by_intervals(&self, intervals: usize, ends: bool) -> Result<Vec<Chosen>> {
        let intervals = intervals.max(1);
        let extent = extents(self.source, &[(self.x, Scale::Linear)], self.options)?[0];
        let Some(extent) = extent else { return Ok(Vec::new()) };
        let Extent { min, max } = extent;
        let axis = Axis::around(intervals, Some(extent), Scale::Linear, AxisKind::Number);
        axis.check("x").map_err(|_| CanvasError::RangeIndivisible {
            axis: "x",
            start: min,
            end: max,
            pixels: intervals,
        })?;
        let consumer = &self.options.consumer;
        let wanted = self.options.wanted_threads();
        let mut request = request(&self.roles, 16 * BLOCK_ROWS, wanted, self.options);
        request.readers = self.source.needs(&request)?.max_readers.clamp(1, wanted);
        let mut choosers = Vec::new();
        for reader in 0..request.readers {
            let kept = match consumer.zeroed(intervals) {
                Ok(kept) => kept,
                // One thread more is not missed.
                Err(_) if reader > 0 => break,
                Err(refused) => return Err(refused.into()),
            };
            choosers.push(Chooser {
                isa: Isa::detect(),
                axis: AxisMap::new(&axis),
                intervals: kept,
                x: Box::new([0.0; BLOCK_ROWS]),
                y: Box::new([0.0; BLOCK_ROWS]),
            });
        }
        request.readers = choosers.len();
        let progress = self.options.progress.as_deref();
        drive(self.source, &request, &mut choosers, progress, |chooser, batch| {
            check_batch(batch, self.roles.request.len())?;
            chooser.add(batch, &self.roles)
        })?;
        let mut merged = choosers.remove(0).intervals;
        for chooser in choosers {
            merged
                .iter_mut()
                .zip(chooser.intervals.iter())
                .for_each(|(interval, other)| interval.merge(other));
        }
        let mut chosen = Vec::new();
        for interval in merged.iter().filter(|interval| interval.rows > 0) {
            let Interval { first, least, greatest, last, .. } = *interval;
            chosen.extend([least, greatest]);
            chosen.extend([first, last].into_iter().filter(|_| ends));
        }
        chosen.sort_unstable_by_key(|row| row.key);
        chosen.dedup_by_key(|row| row.key);
        Ok(chosen)
    }

    fn largest_triangles(&self, count: usize) -> Result<Vec<Chosen>> {
        let unknown = |what: &str| StreamError::Unsupported { name: self.source.name(), what: what.into() };
        let rows = self.source.rows().ok_or_else(|| unknown("how many rows it has is not known before"))?;
        if self.source.one_shot() {
            return Err(unknown("it can be read only once, and largest triangles take two passes").into());
        }
        let mut triangles = vec![Triangles::new(count, rows, &self.options.consumer)?];
        let request = request(&self.roles, 16 * BLOCK_ROWS, 1, self.options);
        for look in [false, true] {
            let mut seen = 0u64;
            let progress = self.options.progress.as_deref().filter(|_| look);
            let seen_so_far = std::sync::Mutex::new(&mut seen);
            drive(self.source, &request, &mut triangles, progress, |triangles, batch| {
                check_batch(batch, self.roles.request.len())?;
                let mut seen = seen_so_far.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                each_row(batch, &self.roles, |at, row| {
                    let at = **seen + at as u64;
                    if look { triangles.look(at, &row) } else { triangles.sum(at, &row) }
                })?;
                **seen += batch.rows as u64;
                Ok(())
            })?;
        }
        Ok(triangles.remove(0).finish())
    }
}

/// The rows of a batch that have both coordinates.
fn each_row(batch: &Batch<'_>, roles: &Roles, mut visit: impl FnMut(usize, Chosen)) -> Result<()> {
    let (x_column, y_column) = (&batch.columns[roles.x], &batch.columns[roles.y]);
    let (mut x_converted, mut y_converted) = ([0.0; BLOCK_ROWS], [0.0; BLOCK_ROWS]);
    for start in (0..batch.rows).step_by(BLOCK_ROWS) {
        let rows = BLOCK_ROWS.min(batch.rows - start);
        let x = as_f64(x_column, start, rows, &mut x_converted)?;
        let y = as_f64(y_column, start, rows, &mut y_converted)?;
        let valid = |at: usize| {
            [x_column, y_column].iter().all(|column| column.validity.is_none_or(|known| known.is_valid(at)))
        };
        for at in 0..rows {
            if x[at].is_finite() && y[at].is_finite() && valid(start + at) {
                let key = batch.order.saturating_add((start + at) as u64);
                visit(start + at, Chosen { x: x[at], y: y[at], key });
            }
        }
    }
    Ok(())
}

/// Buckets of equal numbers of rows, the first and the last row apart.
struct Triangles {
    rows: u64,
    /// For each bucket the sums of x and y and the number of rows.
    sums: Buffer<[f64; 3]>,
    /// The row before the bucket that is looked at.
    before: Option<Chosen>,
    /// The bucket that is looked at, and the best of it with twice its area.
    bucket: usize,
    best: Option<(f64, Chosen)>,
    chosen: Vec<Chosen>,
}

impl Triangles {
    fn new(count: usize, rows: u64, consumer: &MemoryConsumer) -> Result<Self> {
        let buckets = u64::try_from(count).unwrap_or(u64::MAX).min(rows).max(3) as usize;
        let mut sums = consumer.buffer(buckets)?;
        sums.fill(Zeroable::zeroed());
        Ok(Self { rows, sums, before: None, bucket: 0, best: None, chosen: Vec::new() })
    }

    /// Row 0 is the first bucket, the last row the last one; those between are shared out evenly.
    fn bucket_of(&self, at: u64) -> usize {
        let inner = self.sums.len() as u128 - 2;
        if at == 0 {
            0
        } else if at + 1 >= self.rows {
            self.sums.len() - 1
        } else {
            (u128::from(at - 1) * inner / u128::from(self.rows - 2)) as usize + 1
        }
    }

    fn sum(&mut self, at: u64, row: &Chosen) {
        let bucket = self.bucket_of(at);
        let [x, y, rows] = &mut self.sums[bucket];
        *x += row.x;
        *y += row.y;
        *rows += 1.0;
    }

    fn look(&mut self, at: u64, row: &Chosen) {
        let bucket = self.bucket_of(at);
        if bucket != self.bucket {
            self.close();
            self.bucket = bucket;
        }
        let area = match (self.before, self.sums[bucket + 1..].iter().find(|[.., rows]| *rows > 0.0)) {
            (Some(before), Some([x, y, rows])) => {
                let (x, y) = (x / rows, y / rows);
                ((before.x - x) * (row.y - before.y) - (before.x - row.x) * (y - before.y)).abs()
            }
            // The first and the last bucket that have rows.
            _ => 0.0,
        };
        if self.best.is_none_or(|(best, _)| area > best) {
            self.best = Some((area, *row));
        }
    }

    fn close(&mut self) {
        if let Some((_, row)) = self.best.take() {
            self.chosen.push(row);
            self.before = Some(row);
        }
    }

    fn finish(mut self) -> Vec<Chosen> {
        self.close();
        self.chosen
    }
}
