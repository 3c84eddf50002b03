//! Histograms of one column: counts, or sums of weights, between edges; once for each category where that is asked for.
//!
//! Counts are NumPy's, bin by bin: a value is first put by arithmetic and then moved to the bin whose edges it lies between, so
//! that rounding decides nothing (decision 0031). Where the number of bins follows from the data, its rule needs the number
//! of values, their spread or their quartiles; these are found by passes over the rows, never by sorting them.

mod bars;
mod bins;
mod choose;
mod worker;

use drypoint_memory::charged_bytes;
use drypoint_stream::{Schema, Source};

pub use bars::bars;
pub use bins::Edges as BinEdges;
pub use choose::{AutoBins, BinRule, histogram};

use self::bins::Bins;
use self::worker::Worker;
use crate::columns::{PartRoles, Roles, check_categorical, check_numeric, place};
use crate::drive::drive;
use crate::fold::Directory;
use crate::options::Options;
use crate::plan::{Plan, PlanLine, request};
use crate::{Categories, Result};

/// Which columns a histogram reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistogramColumns {
    /// What is put into bins.
    pub x: String,
    /// What is added up there, instead of counting.
    pub weights: Option<String>,
    /// A histogram for each of its values.
    pub by: Option<String>,
}

/// What lies between the edges.
#[derive(Debug, Clone, PartialEq)]
pub enum Totals {
    /// How many values.
    Counts(Vec<u64>),
    /// The sum of their weights.
    Weights(Vec<f64>),
}

/// A histogram that is ready.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// One more than there are bins.
    pub edges: Vec<f64>,
    /// The categories, sorted; empty if there are none.
    pub categories: Vec<String>,
    /// The bins of each category, one after the other.
    pub totals: Totals,
    /// Rows read.
    pub rows: u64,
    /// Rows that are in no bin.
    pub skipped: u64,
}

/// The columns as they stand in a batch.
struct BinRoles {
    columns: Roles,
}

impl BinRoles {
    fn new(schema: &Schema, columns: &HistogramColumns) -> Result<Self> {
        let mut request = Vec::new();
        let mut place = |name: &str, categorical: bool| {
            let check = if categorical { check_categorical } else { check_numeric };
            place(schema, name, check, &mut request)
        };
        let x = place(&columns.x, false)?;
        let value = columns.weights.as_deref().map(|name| place(name, false)).transpose()?;
        let category = columns.by.as_deref().map(|name| place(name, true)).transpose()?;
        let parts = vec![PartRoles { value, lookup: None, category }];
        Ok(Self { columns: Roles { request, x, y: x, parts } })
    }
}

/// Count, mean, spread and extent of the values that are in a bin.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Survey {
    pub(crate) count: f64,
    /// Of the differences from the middle of the range.
    sum: f64,
    squares: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Survey {
    fn add(&mut self, off: f64, value: f64) {
        if self.count == 0.0 {
            (self.min, self.max) = (value, value);
        }
        self.count += 1.0;
        self.sum += off;
        self.squares += off * off;
        (self.min, self.max) = (self.min.min(value), self.max.max(value));
    }

    fn merge(&mut self, other: &Self) {
        if other.count == 0.0 {
            return;
        }
        if self.count == 0.0 {
            *self = *other;
            return;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
        (self.min, self.max) = (self.min.min(other.min), self.max.max(other.max));
    }

    /// The population standard deviation.
    pub(crate) fn deviation(&self) -> f64 {
        let mean = self.sum / self.count;
        (self.squares / self.count - mean * mean).max(0.0).sqrt()
    }
}

/// A fold of the rows of many sources into bins.
pub struct HistogramFold {
    columns: HistogramColumns,
    bins: Bins,
    options: Options,
    directory: Option<Directory>,
    surveying: bool,
    threads: usize,
    workers: Vec<Worker>,
}

impl HistogramFold {
    /// Most bins of a histogram.
    pub const MOST_BINS: usize = 1 << 24;

    /// Nothing is read yet.
    pub fn new(columns: &HistogramColumns, edges: &BinEdges, options: &Options) -> Result<Self> {
        Self::made(columns, Bins::new(edges)?, false, options)
    }

    /// The same, which looks at the values too.
    pub(crate) fn surveying(columns: &HistogramColumns, edges: &BinEdges, options: &Options) -> Result<Self> {
        Self::made(columns, Bins::new(edges)?, true, options)
    }

    fn made(columns: &HistogramColumns, bins: Bins, surveying: bool, options: &Options) -> Result<Self> {
        let directory = |column: &String| {
            Directory::new(&Categories::Values(column.clone()), false, options.max_categories)
        };
        let directory = columns.by.as_ref().map(directory).transpose()?;
        Ok(Self {
            columns: columns.clone(),
            bins,
            options: options.clone(),
            directory,
            surveying,
            threads: 0,
            workers: Vec::new(),
        })
    }

    /// The plan of consuming a source: it is the readers that need memory, and the bins of each thread.
    pub fn plan(&self, source: &dyn Source) -> Result<Plan> {
        const BATCH_ROWS: usize = 16 * 1024;
        const LEAST_BATCH_ROWS: usize = 1024;
        let roles = BinRoles::new(source.schema(), &self.columns)?;
        let planes = if self.columns.by.is_some() { self.options.known_categories.max(8) } else { 1 };
        let bins = charged_bytes(self.bins.count().saturating_mul(8 * Worker::LANES)).unwrap_or(usize::MAX);
        let available = self.options.consumer.pool().available();
        let mut smallest: Option<Plan> = None;
        for threads in (1..=self.options.wanted_threads()).rev() {
            let mut batch_rows = self.options.batch_rows.unwrap_or(BATCH_ROWS).max(1);
            loop {
                let needs = source.needs(&request(&roles.columns, batch_rows, threads, &self.options))?;
                let threads = threads.min(needs.max_readers.max(1));
                let line = |holder, bytes, times| PlanLine { holder, bytes, times };
                let lines = vec![
                    line("readers, each", needs.reader_bytes, threads),
                    line("readers, together", needs.shared_bytes, 1),
                    line("blocks of rows", Worker::OWN_BYTES, threads),
                    line("bins of a thread", bins.saturating_mul(planes), threads),
                ];
                let peak = lines
                    .iter()
                    .fold(0usize, |sum, line| sum.saturating_add(line.bytes.saturating_mul(line.times)));
                let plan = Plan {
                    threads,
                    batch_rows,
                    shared_counters: false,
                    tiled: false,
                    rows: source.rows(),
                    available,
                    peak,
                    lines: lines.into_iter().filter(|line| line.bytes > 0).collect(),
                };
                if peak <= available {
                    return Ok(plan);
                }
                if smallest.as_ref().is_none_or(|smallest| peak < smallest.peak) {
                    smallest = Some(plan);
                }
                if batch_rows <= LEAST_BATCH_ROWS || self.options.batch_rows.is_some() {
                    break;
                }
                batch_rows /= 2;
            }
        }
        let smallest = smallest.unwrap_or_else(|| unreachable!("at least one thread was tried"));
        drop(self.options.consumer.try_reserve(smallest.peak)?);
        Ok(smallest)
    }

    /// Put all rows of a source into bins.
    ///
    /// After an error the fold holds some of the source's rows and should be dropped.
    pub fn consume(&mut self, source: &dyn Source) -> Result<()> {
        let roles = BinRoles::new(source.schema(), &self.columns)?;
        let plan = self.plan(source)?;
        let Self { bins, options, directory, surveying, workers, .. } = self;
        let mut request = request(&roles.columns, plan.batch_rows, plan.threads, options);
        let readers = source.needs(&request)?.max_readers.clamp(1, plan.threads);
        request.readers = readers;
        self.threads = self.threads.max(readers);
        while workers.len() < readers {
            let weighed = roles.columns.value.is_some();
            workers.push(Worker::new(bins.count(), weighed, directory.is_some(), *surveying, options)?);
        }
        drive(source, &request, &mut workers[..readers], options.progress.as_deref(), |worker, batch| {
            worker.fold(batch, &roles.columns, bins, directory.as_ref())
        })
    }

    /// Threads that it ran on.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// The histogram of all that was consumed.
    pub fn finish(self) -> Histogram {
        self.finish_surveyed().0
    }

    pub(crate) fn finish_surveyed(self) -> (Histogram, Survey) {
        let count = self.bins.count();
        let (categories, numbers) = match &self.directory {
            Some(directory) => directory.sorted(),
            None => (Vec::new(), vec![0]),
        };
        let mut survey = Survey::default();
        self.workers.iter().for_each(|worker| survey.merge(&worker.survey));
        let rows = self.workers.iter().map(|worker| worker.rows).sum();
        let skipped = self.workers.iter().map(|worker| worker.skipped).sum();
        let totals = if self.columns.weights.is_some() {
            let mut sums = vec![0.0; count * numbers.len()];
            for worker in &self.workers {
                worker.sums(&numbers, |at, sum| sums[at] += sum);
            }
            Totals::Weights(sums)
        } else {
            let mut counts = vec![0; count * numbers.len()];
            for worker in &self.workers {
                worker.counts(&numbers, |at, count| counts[at] += count);
            }
            Totals::Counts(counts)
        };
        (Histogram { edges: self.bins.into_edges(), categories, totals, rows, skipped }, survey)
    }
}
