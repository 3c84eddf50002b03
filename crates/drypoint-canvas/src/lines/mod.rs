//! Lines into pixels: vertices are joined in the order of the rows, each segment visits pixels and brings them the value
//! of the row it starts with, as in Datashader (decision 0027).

mod downsample;
mod groups;
mod runs;
mod seam;
mod sink;
mod stepping;
mod worker;

pub use self::downsample::{Chosen, Downsampling, downsample};

use std::sync::Arc;

use drypoint_stream::{Schema, Source};

use self::groups::Groups;
use self::runs::Runs;
use self::seam::Seams;
use self::worker::LineWorker;
use crate::columns::{Roles, check_categorical};
use crate::drive::drive;
use crate::fold::{Directories, Folded, SharedCounts};
use crate::mapping::GridMap;
use crate::options::Options;
use crate::plan::{Plan, Target, request};
use crate::{Aggregate, Canvas, Reduction, Result};

/// What of a source is drawn as lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineColumns {
    /// From left to right.
    pub x: String,
    /// From bottom to top.
    pub y: String,
    /// Rows of one value are one line; without it, all rows are.
    pub group: Option<String>,
}

/// Fold each segment of the lines of `source` into the pixels it crosses.
///
/// Consecutive rows of a line are joined, whatever lies between them in the source, except where a coordinate is missing
/// or not finite. The result does not depend on threads or batches, except that float sums are added in another order.
///
/// Refused as by [`points`](crate::points()).
pub fn lines(
    canvas: &Canvas,
    source: &dyn Source,
    columns: &LineColumns,
    reduction: &Reduction,
    options: &Options,
) -> Result<Aggregate> {
    let mut fold = LinesFold::new(canvas, columns, reduction, options)?;
    fold.consume(source)?;
    fold.finish()
}

/// A fold of many sources, one after the other: lines go on from one to the next.
pub struct LinesFold {
    canvas: Canvas,
    grid: GridMap,
    columns: LineColumns,
    reduction: Reduction,
    options: Options,
    directories: Directories,
    /// Of each part of the reduction: the vertices of one know what another does not ask for.
    seams: Vec<Seams>,
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

/// The columns that lines are read from.
struct LineRoles {
    columns: Roles,
    /// The column of the groups: its name, and its place among the columns of a batch.
    group: Option<(String, usize)>,
}

impl LineRoles {
    fn new(schema: &Schema, columns: &LineColumns, reduction: &Reduction) -> Result<Self> {
        let mut roles = Roles::new(schema, &columns.x, &columns.y, reduction)?;
        let group = match &columns.group {
            None => None,
            Some(name) => {
                let column = schema.index_of(name)?;
                check_categorical(name, &schema.fields[column].data_type)?;
                let known = roles.request.iter().position(|known| *known == column);
                let place = known.unwrap_or_else(|| {
                    roles.request.push(column);
                    roles.request.len() - 1
                });
                Some((name.clone(), place))
            }
        };
        Ok(Self { columns: roles, group })
    }

    /// The same for one part of a summary.
    fn of_part(&self, part: usize) -> Self {
        Self { columns: self.columns.of_part(part), group: self.group.clone() }
    }
}

/// Whether runs count what the reduction folds: they know neither values nor categories.
fn runs_suit(reduction: &Reduction) -> bool {
    matches!(reduction, Reduction::Count(_) | Reduction::Any(_))
}

impl Plan {
    /// Plan [`lines`](crate::lines()) with the same arguments.
    pub fn for_lines(
        source: &dyn Source,
        canvas: &Canvas,
        columns: &LineColumns,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Self> {
        canvas.check()?;
        reduction.check()?;
        let roles = LineRoles::new(source.schema(), columns, reduction)?;
        plan(source, &roles, &GridMap::new(canvas), reduction, options).map(|(plan, _)| plan)
    }
}

/// The plan, and whether vertical runs are counted by their ends. Memory for that is given up before threads are.
fn plan(
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

impl LinesFold {
    /// Nothing is read and nothing large is allocated yet.
    pub fn new(
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
    pub fn consume(&mut self, source: &dyn Source) -> Result<()> {
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
