//! Aliased lines, a block of vertices at a time: the fold of most lines, and the plan of it (decision 0027).

use std::sync::Arc;

use drypoint_stream::Source;

use super::groups::Groups;
use super::runs::{Runs, runs_suit};
use super::seam::{Ends, Seams};
use super::worker::LineWorker;
use super::{LineColumns, LineRoles};
use crate::drive::drive;
use crate::fold::{Directories, Folded, SharedCounts};
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
    directories: Directories,
    /// Of each part of the reduction: the vertices of one know what another does not ask for.
    seams: Vec<Seams<Ends>>,
    running: Option<Running>,
}

/// What exists from the first source on.
struct Running {
    plan: Plan,
    with_runs: bool,
    shared: Vec<Arc<SharedCounts>>,
    /// For each thread, one for each part of the reduction.
    workers: Vec<Vec<LineWorker>>,
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
        let thread_bytes = LineWorker::OWN_BYTES * reduction.parts().len() + thread_bytes;
        let row_bytes = row_bytes * reduction.parts().len();
        let target = Target { thread_bytes, row_bytes, ..Target::points(reduction, grid.cells(), None) };
        Plan::make(source, &roles.columns, &target, options)
    };
    let spare = if runs_suit(reduction) { Runs::bytes(grid.width, grid.height) } else { 0 };
    Plan::with_spare(spare, options, make)
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
            directories: Directories::new(reduction, options.max_categories)?,
            seams: reduction.parts().iter().map(|_| Seams::new(&options.consumer)).collect(),
            running: None,
        })
    }

    /// Fold the lines of a source. The plan is made with the first one.
    ///
    /// After an error the fold holds some of the source's lines and should be dropped.
    pub(super) fn consume(&mut self, source: &dyn Source) -> Result<()> {
        let Self { grid, columns, reduction, options, directories, seams, running, .. } = self;
        let roles = LineRoles::new(source.schema(), columns, reduction)?;
        let running = match running {
            Some(running) => running,
            none => {
                let (plan, with_runs) = plan(source, &roles, grid, reduction, options)?;
                let (cells, direct) = (grid.cells(), plan.shared_counters);
                let shared = SharedCounts::for_parts(reduction, cells, direct, &options.consumer);
                none.insert(Running { plan, with_runs, shared, workers: Vec::new() })
            }
        };
        let Running { plan, with_runs, shared, workers } = running;
        let mut request = request(&roles.columns, plan.batch_rows, plan.threads, options);
        // A later source may have fewer parts than the first.
        let readers = source.needs(&request)?.max_readers.clamp(1, plan.threads);
        request.readers = readers;
        while workers.len() < readers {
            workers.push(LineWorker::all(workers.len(), grid, reduction, shared, *with_runs, options)?);
        }
        let parts: Vec<LineRoles> = (0..seams.len()).map(|part| roles.of_part(part)).collect();
        LineWorker::begin_source(workers.iter_mut().flatten());
        seams.iter().for_each(|seams| seams.begin_source(readers));
        let progress = options.progress.as_deref();
        let (directories, seams) = (&*directories, &*seams);
        drive(source, &request, &mut workers[..readers], progress, |workers, batch| {
            workers.iter_mut().zip(&parts).zip(seams).enumerate().try_for_each(
                |(part, ((worker, roles), seams))| worker.fold(batch, roles, directories.get(part), seams),
            )
        })?;
        workers[0]
            .iter_mut()
            .zip(seams)
            .enumerate()
            .try_for_each(|(part, (worker, seams))| seams.end_source(&mut worker.draw(directories.get(part))))
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
            let shared = SharedCounts::for_parts(&self.reduction, cells, true, consumer);
            workers.push(LineWorker::all(0, &self.grid, &self.reduction, &shared, false, &self.options)?);
        }
        for (part, (worker, seams)) in workers[0].iter_mut().zip(&self.seams).enumerate() {
            seams.finish(&mut worker.draw(self.directories.get(part)))?;
        }
        let first =
            |count: fn(&LineWorker) -> u64| workers.iter().filter_map(|parts| parts.first()).map(count).sum();
        let seen = (first(|worker| worker.rows), first(|worker| worker.skipped));
        let folded =
            workers.into_iter().map(|parts| parts.into_iter().map(LineWorker::into_folded).collect());
        Folded::finish(folded.collect(), &self.canvas, &self.reduction, &self.directories, seen, consumer)
    }
}
