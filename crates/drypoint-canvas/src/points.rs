//! Points into pixels: one source at once, or many one after the other.

use std::sync::Arc;

use drypoint_stream::Source;

use crate::columns::Roles;
use crate::drive::{drive_within, window_of};
use crate::fold::{Directories, Folded, SharedCounts, Worker};
use crate::mapping::GridMap;
use crate::options::Options;
use crate::plan::{Plan, Target, request};
use crate::raw::Isa;
use crate::{Aggregate, Canvas, Reduction, Result};

/// Fold each point of `source` into the pixel it falls in.
///
/// Row 0 of the result is the lowest y. Points without a pixel are counted in [`Aggregate::skipped`]. The result
/// does not depend on threads or batches, except that float sums are added in another order.
///
/// Refused before anything is read: a canvas that cannot be drawn, a missing column or one of a wrong type, and what
/// the budget cannot hold.
pub fn points(
    canvas: &Canvas,
    source: &dyn Source,
    x: &str,
    y: &str,
    reduction: &Reduction,
    options: &Options,
) -> Result<Aggregate> {
    let mut fold = PointsFold::new(canvas, x, y, reduction, options)?;
    fold.consume(source)?;
    fold.finish()
}

/// A fold of many sources, one after the other. Cells and buffers are kept in between.
pub struct PointsFold {
    canvas: Canvas,
    grid: GridMap,
    x: String,
    y: String,
    reduction: Reduction,
    options: Options,
    directories: Directories,
    running: Option<Running>,
}

/// What exists from the first source on.
struct Running {
    plan: Plan,
    /// One for each part of the reduction.
    shared: Vec<Arc<SharedCounts>>,
    workers: Vec<Worker>,
}

impl PointsFold {
    /// Nothing is read and nothing large is allocated yet.
    pub fn new(canvas: &Canvas, x: &str, y: &str, reduction: &Reduction, options: &Options) -> Result<Self> {
        canvas.check()?;
        reduction.check()?;
        Ok(Self {
            canvas: canvas.clone(),
            grid: GridMap::new(canvas),
            x: x.into(),
            y: y.into(),
            reduction: reduction.clone(),
            options: options.clone(),
            directories: Directories::new(reduction, options.max_categories)?,
            running: None,
        })
    }

    /// Fold all points of a source. The plan is made with the first one.
    ///
    /// After an error the fold holds some of the source's points and should be dropped.
    pub fn consume(&mut self, source: &dyn Source) -> Result<()> {
        let roles = Roles::new(source.schema(), &self.x, &self.y, &self.reduction)?;
        let cells = self.grid.cells();
        if self.running.is_none() {
            let target = Target::points(&self.reduction, cells, None);
            let plan = Plan::make(source, &roles, &target, &self.options)?;
            self.running = Some(Running::new(plan, cells, &self.reduction, &self.options));
        }
        let Self { canvas, grid, reduction, options, directories, running, .. } = self;
        let Some(Running { plan, shared, workers }) = running else { return Ok(()) };
        let mut request = request(&roles, plan.batch_rows, plan.threads, options);
        // A later source may have fewer parts than the first.
        let readers = source.needs(&request)?.max_readers.clamp(1, plan.threads);
        request.readers = readers;
        while workers.len() < readers {
            workers.push(Worker::new(reduction, cells, shared, &options.consumer, Isa::detect())?);
        }
        Worker::begin_source(workers.iter_mut());
        let window = window_of(canvas, &roles, reduction);
        let progress = options.progress.as_deref();
        let taken = &mut workers[..readers];
        let passed_over = drive_within(source, &request, &window, taken, progress, |worker, batch| {
            worker.fold(batch, &roles, grid, directories)
        })?;
        workers[0].rows += passed_over;
        workers[0].skipped += passed_over;
        Ok(())
    }

    /// Threads that the plan of the first source took; 0 before it.
    pub fn threads(&self) -> usize {
        self.running.as_ref().map_or(0, |running| running.plan.threads)
    }

    /// The aggregate of all that was consumed.
    pub fn finish(mut self) -> Result<Aggregate> {
        let cells = self.grid.cells();
        let consumer = &self.options.consumer;
        let mut workers = match self.running.take() {
            Some(running) => running.workers,
            None => Vec::new(),
        };
        if workers.is_empty() {
            // Nothing was read: an empty canvas.
            let shared = SharedCounts::for_parts(&self.reduction, cells, true, consumer);
            workers.push(Worker::new(&self.reduction, cells, &shared, consumer, Isa::detect())?);
        }
        let rows = workers.iter().map(|worker| worker.rows).sum();
        let skipped = workers.iter().map(|worker| worker.skipped).sum();
        let folded = workers.into_iter().map(Worker::into_folded).collect();
        Folded::finish(folded, &self.canvas, &self.reduction, &self.directories, (rows, skipped), consumer)
    }
}

impl Running {
    fn new(plan: Plan, cells: usize, reduction: &Reduction, options: &Options) -> Self {
        let shared = SharedCounts::for_parts(reduction, cells, plan.shared_counters, &options.consumer);
        Self { plan, shared, workers: Vec::new() }
    }
}
