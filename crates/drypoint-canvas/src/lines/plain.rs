//! Aliased lines, a block of vertices at a time: the fold of most lines, and the plan of it (decision 0027).

use std::sync::Arc;

use drypoint_stream::Source;

use super::groups::Groups;
use super::runs::{Runs, runs_suit};
use super::seam::{Ends, Seams};
use super::worker::LineWorker;
use super::{LineColumns, LineRoles};
use crate::drive::drive;
use crate::fold::{Accumulator, Directory, SharedCounts};
use crate::mapping::GridMap;
use crate::options::Options;
use crate::plan::{Plan, Target, request};
use crate::{Aggregate, Canvas, Reduction, Result};

/// A fold of many sources, one after the other: lines go on from one to the next.
pub(super) struct PlainFold {
    canvas: Canvas,
    grid: GridMap,
    columns: LineColumns,
    reduction: Reduction,
    options: Options,
    directory: Option<Directory>,
    seams: Seams<Ends>,
    running: Option<Running>,
}

/// What exists from the first source on.
struct Running {
    plan: Plan,
    with_runs: bool,
    shared: Arc<SharedCounts>,
    workers: Vec<LineWorker>,
}

/// The plan, and whether vertical runs are counted by their ends. Memory for that is given up before threads are.
pub(super) fn plan(
    source: &dyn Source,
    roles: &LineRoles,
    grid: &GridMap,
    reduction: &Reduction,
    options: &Options,
) -> Result<(Plan, bool)> {
    let row_bytes = if roles.group.is_some() { Groups::ROW_BYTES } else { 0 };
    let make = |thread_bytes| {
        let thread_bytes = LineWorker::OWN_BYTES + thread_bytes;
        let target = Target { thread_bytes, row_bytes, ..Target::points(reduction, grid.cells(), None) };
        Plan::make(source, &roles.columns, &target, options)
    };
    if !runs_suit(reduction) {
        return Ok((make(0)?, false));
    }
    let with_runs = make(Runs::bytes(grid.width, grid.height));
    if let Ok(plan) = &with_runs
        && plan.peak <= plan.available
        && plan.threads == options.wanted_threads()
    {
        return Ok((with_runs?, true));
    }
    let without = make(0)?;
    match with_runs {
        Ok(plan) if plan.peak <= plan.available && plan.threads >= without.threads => Ok((plan, true)),
        _ => Ok((without, false)),
    }
}

impl PlainFold {
    /// Nothing is read and nothing large is allocated yet.
    pub(super) fn new(
        canvas: &Canvas,
        columns: &LineColumns,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Self> {
        canvas.check()?;
        reduction.check()?;
        Ok(Self {
            canvas: canvas.clone(),
            grid: GridMap::new(canvas),
            columns: columns.clone(),
            reduction: reduction.clone(),
            options: options.clone(),
            directory: reduction
                .category_column()
                .map(|column| Directory::new(column, options.max_categories)),
            seams: Seams::new(&options.consumer),
            running: None,
        })
    }

    /// Fold the lines of a source. The plan is made with the first one.
    ///
    /// After an error the fold holds some of the source's lines and should be dropped.
    pub(super) fn consume(&mut self, source: &dyn Source) -> Result<()> {
        let Self { grid, columns, reduction, options, directory, seams, running, .. } = self;
        let roles = LineRoles::new(source.schema(), columns, reduction)?;
        let running = match running {
            Some(running) => running,
            none => {
                let (plan, with_runs) = plan(source, &roles, grid, reduction, options)?;
                let shared = SharedCounts::new(grid.cells(), plan.shared_counters, options.consumer.clone());
                none.insert(Running { plan, with_runs, shared, workers: Vec::new() })
            }
        };
        let Running { plan, with_runs, shared, workers } = running;
        let mut request = request(&roles.columns, plan.batch_rows, plan.threads, options);
        // A later source may have fewer parts than the first.
        let readers = source.needs(&request)?.max_readers.clamp(1, plan.threads);
        request.readers = readers;
        while workers.len() < readers {
            let index = workers.len();
            workers.push(LineWorker::new(index, grid, reduction, shared, *with_runs, options)?);
        }
        LineWorker::begin_source(workers);
        seams.begin_source(readers);
        let progress = options.progress.as_deref();
        drive(source, &request, &mut workers[..readers], progress, |worker, batch| {
            worker.fold(batch, &roles, directory.as_ref(), seams)
        })?;
        seams.end_source(&mut workers[0].draw(directory.as_ref()))
    }

    /// Threads that the plan of the first source took; 0 before it.
    pub(super) fn threads(&self) -> usize {
        self.running.as_ref().map_or(0, |running| running.plan.threads)
    }

    /// The aggregate of all that was consumed.
    pub(super) fn finish(mut self) -> Result<Aggregate> {
        let cells = self.grid.cells();
        let consumer = &self.options.consumer;
        let mut workers = match self.running.take() {
            Some(running) => running.workers,
            None => Vec::new(),
        };
        if workers.is_empty() {
            // Nothing was read: an empty canvas.
            let shared = SharedCounts::new(cells, true, consumer.clone());
            workers.push(LineWorker::new(0, &self.grid, &self.reduction, &shared, false, &self.options)?);
        }
        self.seams.finish(&mut workers[0].draw(self.directory.as_ref()))?;
        let rows = workers.iter().map(|worker| worker.rows).sum();
        let skipped = workers.iter().map(|worker| worker.skipped).sum();
        let (categories, numbers) = match &self.directory {
            Some(directory) => directory.sorted(),
            None => (Vec::new(), vec![0]),
        };
        let parts = workers.into_iter().map(LineWorker::into_parts).collect();
        let finished = Accumulator::finish(parts, &numbers, &self.reduction, cells, consumer)?;
        Ok(Aggregate::finished(self.canvas, self.reduction, categories, rows, skipped, finished))
    }
}
