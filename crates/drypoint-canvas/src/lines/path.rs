//! Folds of whatever a pen draws along lines: strokes of some width, steps, filled areas. What is common to them is here:
//! batches become tracks, tracks are drawn piece by piece, and where batches meet the pen goes on (decision 0029).

use std::sync::Arc;

use drypoint_stream::{Batch, Cancel, Schema, Source};

use super::groups::{GroupKey, Groups, LineRows, Order};
use super::joints::{Knot, Open};
use super::seam::{Seams, Stretch};
use super::sink::Sink;
use super::stepping::Frame;
use super::track::{Holds, Knots, Places, Step, Track, to_positions};
use super::{LineColumns, LineRoles};
use crate::columns::{check_batch, check_numeric, place};
use crate::drive::drive;
use crate::fold::{Accumulator, Directories, Directory, Folded, RowNumbers, RowRuns, SharedCounts};
use crate::mapping::GridMap;
use crate::options::Options;
use crate::plan::{Plan, Target, request};
use crate::raw::{BLOCK_ROWS, NOWHERE};
use crate::{Aggregate, Canvas, Categories, Reduction, Result};

/// Draws along a line into the cells of one thread.
pub(super) trait Pen: Sized + Send {
    /// What makes pens of one fold alike.
    type Recipe: Clone + Send + Sync;
    /// Bytes besides the cells.
    const OWN_BYTES: usize;
    /// What the cells fold, where that is not what the reduction says.
    fn folded(recipe: &Self::Recipe, reduction: &Reduction) -> Result<Reduction>;
    /// Bytes that make it faster and may be given up.
    fn spare_bytes(grid: &GridMap, reduction: &Reduction, layers: usize) -> usize;
    /// A pen whose cells are empty; `spare` says whether it may take what [`Pen::spare_bytes`] says.
    fn new(recipe: &Self::Recipe, frame: &Frame, spare: bool, sink: Sink, options: &Options) -> Result<Self>;
    /// Draw the segments that the knots name.
    fn draw(&mut self, knots: &Knots<'_>);
    fn sink(&mut self) -> &mut Sink;
    /// The cells and the numbers of their planes.
    fn into_parts(self) -> (Accumulator, Vec<u32>);
}

/// What the other side of an area is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Base {
    /// Lines have none.
    None,
    Constant(f64),
    Column(String),
}

/// What of a source is drawn.
#[derive(Debug, Clone)]
pub(super) struct PathColumns {
    pub(super) line: LineColumns,
    pub(super) base: Base,
    /// Columns that stand on y, each on the one before; in planes of their own if there are any.
    pub(super) stack: Vec<String>,
}

impl PathColumns {
    fn layers(&self) -> usize {
        1 + self.stack.len()
    }
}

/// Where that is in the batches of one source.
struct PathRoles {
    line: LineRoles,
    base: Option<usize>,
    stack: Vec<usize>,
}

impl PathRoles {
    fn new(schema: &Schema, columns: &PathColumns, reduction: &Reduction) -> Result<Self> {
        let mut line = LineRoles::new(schema, &columns.line, reduction)?;
        let request = &mut line.columns.request;
        let mut place = |name: &String| place(schema, name, check_numeric, request);
        let base = match &columns.base {
            Base::Column(name) => Some(place(name)?),
            _ => None,
        };
        let stack = columns.stack.iter().map(&mut place).collect::<Result<_>>()?;
        Ok(Self { line, base, stack })
    }

    /// The same for one part of a summary.
    fn of_part(&self, part: usize) -> Self {
        Self { line: self.line.of_part(part), base: self.base, stack: self.stack.clone() }
    }
}

/// A fold of many sources, one after the other.
pub(super) struct PathFold<P: Pen> {
    canvas: Canvas,
    frame: Frame,
    columns: PathColumns,
    /// Of each part of the reduction.
    recipes: Vec<P::Recipe>,
    reduction: Reduction,
    /// What the cells of each part fold.
    folded: Vec<Reduction>,
    options: Options,
    directories: Directories,
    /// Of each part, of each layer.
    seams: Vec<Vec<Seams<Open>>>,
    running: Option<Running<P>>,
}

struct Running<P> {
    plan: Plan,
    spare: bool,
    shared: Vec<Arc<SharedCounts>>,
    /// For each thread, one for each part of the reduction.
    workers: Vec<Vec<PathWorker<P>>>,
}

impl<P: Pen> PathFold<P> {
    /// What the categories of a stack are told apart by.
    const LAYERS: &str = "layer";

    pub(super) fn new(
        canvas: &Canvas,
        columns: PathColumns,
        recipe: impl Fn(&Reduction) -> P::Recipe,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Self> {
        canvas.check()?;
        reduction.check()?;
        let parts = reduction.parts();
        let recipes: Vec<P::Recipe> = parts.iter().map(|part| recipe(part)).collect();
        let folded = parts.iter().zip(&recipes).map(|(part, recipe)| P::folded(recipe, part));
        let layers = || (0..columns.layers()).map(|_| Seams::new(&options.consumer)).collect();
        Ok(Self {
            canvas: canvas.clone(),
            frame: Frame::new(&GridMap::new(canvas)),
            folded: folded.collect::<Result<_>>()?,
            recipes,
            reduction: reduction.clone(),
            options: options.clone(),
            directories: Directories::new(reduction, options.max_categories)?,
            seams: parts.iter().map(|_| layers()).collect(),
            columns,
            running: None,
        })
    }

    /// What the cells fold as the plan counts it: the layers of a stack are planes as categories are.
    fn planned(&self) -> Reduction {
        match (&self.reduction, self.columns.layers()) {
            (Reduction::Summary(parts), _) => {
                let folded = parts.iter().zip(&self.folded);
                Reduction::Summary(folded.map(|((name, _), folded)| (name.clone(), folded.clone())).collect())
            }
            (_, 1) => self.folded[0].clone(),
            (_, _) => Self::in_layers(self.folded[0].clone()),
        }
    }

    fn in_layers(fold: Reduction) -> Reduction {
        Reduction::By(Categories::Values(Self::LAYERS.into()), Box::new(fold))
    }

    fn known(&self) -> Options {
        let layers = self.columns.layers();
        let known_categories = if layers > 1 { layers } else { self.options.known_categories };
        Options { known_categories, ..self.options.clone() }
    }

    /// The plan of a source, and whether pens may take what makes them faster: that is given up before threads are.
    pub(super) fn plan(&self, source: &dyn Source) -> Result<(Plan, bool)> {
        let roles = PathRoles::new(source.schema(), &self.columns, &self.reduction)?;
        let grouping = if roles.line.group.is_some() { Groups::ROW_BYTES } else { 0 };
        let row_bytes = grouping + Track::row_bytes(self.columns.line.step);
        let (grid, options) = (&self.frame.grid, &self.options);
        let (planned, known) = (self.planned(), self.known());
        let make = |spare| {
            let thread_bytes = P::OWN_BYTES * self.folded.len() + spare;
            let row_bytes = row_bytes * self.folded.len();
            let target = Target { thread_bytes, row_bytes, ..Target::points(&planned, grid.cells(), None) };
            Plan::make(source, &roles.line.columns, &target, &known)
        };
        let spare = P::spare_bytes(grid, &self.reduction, self.columns.layers());
        Plan::with_spare(spare, options, make)
    }

    pub(super) fn consume(&mut self, source: &dyn Source) -> Result<()> {
        let roles = PathRoles::new(source.schema(), &self.columns, &self.reduction)?;
        if self.running.is_none() {
            let (plan, spare) = self.plan(source)?;
            let cells = self.frame.grid.cells();
            let planned = self.planned();
            let shared =
                SharedCounts::for_parts(&planned, cells, plan.shared_counters, &self.options.consumer);
            self.running = Some(Running { plan, spare, shared, workers: Vec::new() });
        }
        let Self { frame, columns, recipes, folded, reduction, options, directories, seams, running, .. } =
            self;
        let Some(Running { plan, spare, shared, workers }) = running else { return Ok(()) };
        let mut request = request(&roles.line.columns, plan.batch_rows, plan.threads, options);
        // A later source may have fewer parts than the first.
        let readers = source.needs(&request)?.max_readers.clamp(1, plan.threads);
        request.readers = readers;
        while workers.len() < readers {
            let make = Make { frame, columns, recipes, folded, reduction, options };
            workers.push(make.workers(workers.len(), shared, *spare)?);
        }
        PathWorker::begin_source(workers.iter_mut().flatten());
        seams.iter().flatten().for_each(|seams| seams.begin_source(readers));
        let parts: Vec<PathRoles> = (0..seams.len()).map(|part| roles.of_part(part)).collect();
        let progress = options.progress.as_deref();
        let (directories, seams) = (&*directories, &*seams);
        drive(source, &request, &mut workers[..readers], progress, |workers, batch| {
            workers.iter_mut().zip(&parts).zip(seams).enumerate().try_for_each(
                |(part, ((worker, roles), seams))| worker.fold(batch, roles, directories.get(part), seams),
            )
        })?;
        for (part, (worker, seams)) in workers[0].iter_mut().zip(seams).enumerate() {
            let mut joiner = worker.joiner(directories.get(part));
            for (layer, seams) in seams.iter().enumerate() {
                joiner.layer = layer;
                seams.end_source(&mut joiner)?;
            }
        }
        Ok(())
    }

    /// Threads that the plan of the first source took; 0 before it.
    pub(super) fn threads(&self) -> usize {
        self.running.as_ref().map_or(0, |running| running.plan.threads)
    }

    pub(super) fn finish(mut self) -> Result<Aggregate> {
        let cells = self.frame.grid.cells();
        let consumer = &self.options.consumer;
        let mut workers = match self.running.take() {
            Some(running) => running.workers,
            None => Vec::new(),
        };
        if workers.is_empty() {
            // Nothing was read: an empty canvas.
            let shared = SharedCounts::for_parts(&self.planned(), cells, true, consumer);
            let Self { frame, columns, recipes, folded, reduction, options, .. } = &self;
            let make = Make { frame, columns, recipes, folded, reduction, options };
            workers.push(make.workers(0, &shared, false)?);
        }
        for (part, (worker, seams)) in workers[0].iter_mut().zip(&self.seams).enumerate() {
            let mut joiner = worker.joiner(self.directories.get(part));
            for (layer, seams) in seams.iter().enumerate() {
                joiner.layer = layer;
                seams.finish(&mut joiner)?;
            }
        }
        let first = |count: fn(&PathWorker<P>) -> u64| {
            workers.iter().filter_map(|parts| parts.first()).map(count).sum::<u64>()
        };
        let (rows, skipped) = (first(|worker| worker.rows), first(|worker| worker.skipped));
        let folded: Vec<Vec<Folded>> = workers
            .into_iter()
            .map(|parts| parts.into_iter().map(PathWorker::into_folded).collect())
            .collect();
        if self.columns.stack.is_empty() {
            let Self { canvas, reduction, folded: fold, directories, .. } = &self;
            return Folded::finish_as(
                folded,
                canvas,
                reduction,
                fold,
                directories,
                (rows, skipped),
                consumer,
            );
        }
        let names = std::iter::once(&self.columns.line.y).chain(&self.columns.stack);
        let categories = names.cloned().collect();
        let numbers: Vec<u32> = (0..self.columns.layers() as u32).collect();
        let (mut accumulators, mut runs) = (Vec::new(), Vec::new());
        for folded in folded.into_iter().flatten() {
            accumulators.push((folded.accumulator, folded.numbers));
            runs.push(folded.runs);
        }
        let planned = self.planned();
        let mut finished = Accumulator::finish(accumulators, &numbers, &planned, cells, consumer)?;
        finished.number_rows(&planned, &RowNumbers::new(runs));
        let reduction = Self::in_layers(self.reduction);
        Ok(Aggregate::finished(self.canvas, reduction, categories, rows, skipped, finished))
    }
}

/// What workers are made of.
struct Make<'a, R> {
    frame: &'a Frame,
    columns: &'a PathColumns,
    recipes: &'a [R],
    folded: &'a [Reduction],
    reduction: &'a Reduction,
    options: &'a Options,
}

impl<R> Make<'_, R> {
    /// One for each part of the reduction.
    fn workers<P: Pen<Recipe = R>>(
        &self,
        index: usize,
        shared: &[Arc<SharedCounts>],
        spare: bool,
    ) -> Result<Vec<PathWorker<P>>> {
        let Self { frame, columns, recipes, folded, reduction, options } = *self;
        let (layers, cells) = (columns.layers(), frame.grid.cells());
        let parts = reduction.parts().into_iter().zip(recipes.iter().zip(folded)).zip(shared);
        parts
            .map(|((part, (recipe, folded)), shared)| {
                let sink = Sink::of_layers(folded, layers, cells, shared, &options.consumer)?;
                let pen = P::new(recipe, frame, spare, sink, options)?;
                Ok(PathWorker::new(index, frame, columns, part, pen, options))
            })
            .collect()
    }
}

/// What one thread holds between batches. Nothing in it grows with the number of rows.
struct PathWorker<P> {
    /// Its place among the readers.
    index: usize,
    frame: Frame,
    step: Option<Step>,
    base: Base,
    has_values: bool,
    has_lookups: bool,
    /// The rows read, if their numbers are told.
    row_runs: Option<RowRuns>,
    cancel: Cancel,
    pen: P,
    groups: Groups,
    lines: Vec<LineRows>,
    track: Option<Track>,
    options: Options,
    /// The keys that a source gives its rows are counted from here; past all keys of the sources before.
    first_key: u64,
    /// Past all keys so far.
    end_key: u64,
    rows: u64,
    skipped: u64,
}

impl<P: Pen> PathWorker<P> {
    fn new(
        index: usize,
        frame: &Frame,
        columns: &PathColumns,
        reduction: &Reduction,
        pen: P,
        options: &Options,
    ) -> Self {
        Self {
            index,
            frame: *frame,
            step: columns.line.step,
            base: columns.base.clone(),
            has_values: reduction.value_column().is_some(),
            has_lookups: reduction.lookup_column().is_some(),
            row_runs: reduction.numbers_rows().then(RowRuns::default),
            cancel: options.cancel.clone(),
            pen,
            groups: Groups::new(&options.consumer),
            lines: Vec::new(),
            track: None,
            options: options.clone(),
            first_key: 0,
            end_key: 0,
            rows: 0,
            skipped: 0,
        }
    }

    /// To be called before each source with all that take part in it: what comes now stands behind what came before.
    fn begin_source<'w>(workers: impl Iterator<Item = &'w mut Self>)
    where
        P: 'w,
    {
        let mut workers: Vec<&mut Self> = workers.collect();
        let first_key = workers.iter().map(|worker| worker.end_key).max().unwrap_or(0);
        for worker in &mut workers {
            worker.first_key = first_key;
        }
    }

    /// What was folded.
    fn into_folded(self) -> Folded {
        let (accumulator, numbers) = self.pen.into_parts();
        Folded { accumulator, numbers, runs: self.row_runs.unwrap_or_default() }
    }

    /// Draws what joins two runs of rows with the pen of this thread.
    fn joiner<'a>(&'a mut self, directory: Option<&'a Directory>) -> Joiner<'a, P> {
        let (has_base, has_values, has_lookups) =
            (self.base != Base::None, self.has_values, self.has_lookups);
        Joiner {
            pen: &mut self.pen,
            directory,
            frame: &self.frame,
            step: self.step,
            has_base,
            has_values,
            has_lookups,
            layer: 0,
            constant_base: matches!(self.base, Base::Constant(_)),
        }
    }

    /// Fold a batch, and note its ends.
    fn fold(
        &mut self,
        batch: &Batch<'_>,
        roles: &PathRoles,
        directory: Option<&Directory>,
        seams: &[Seams<Open>],
    ) -> Result<()> {
        let columns = &roles.line.columns;
        check_batch(batch, columns.request.len())?;
        let key = self.first_key.saturating_add(batch.order);
        self.end_key = self.end_key.max(key.saturating_add(batch.rows as u64));
        if batch.rows == 0 {
            return Ok(());
        }
        let sink = self.pen.sink();
        if let Some(runs) = &mut self.row_runs {
            runs.note(key, batch.rows, &sink.consumer)?;
        }
        if let (Some(interner), Some(category)) = (&mut sink.interner, columns.category) {
            interner.begin_batch(&batch.columns[category]);
        }
        let holds = Holds {
            base: self.base != Base::None,
            values: self.has_values,
            lookups: self.has_lookups,
            codes: columns.category.is_some() || !roles.stack.is_empty(),
            order: sink.accumulator.is_ordered(),
        };
        if self.track.as_ref().is_none_or(|track| !track.holds(batch.rows)) {
            self.track = None;
            self.track = Some(Track::new(batch.rows, holds, self.step, &self.options.consumer)?);
        }
        let Self { track: Some(track), groups, lines, pen, frame, .. } = self else {
            unreachable!("the track was made above")
        };
        let sink = pen.sink();
        let codes_of = |sink: &mut Sink, codes: &mut [u32]| match columns.category {
            Some(category) => sink.encode(directory, &batch.columns[category], 0, codes),
            None => Ok(()),
        };
        let sorted = match &roles.line.group {
            None => {
                lines.clear();
                lines.push(LineRows { group: GroupKey::All, start: 0, end: batch.rows, pending: None });
                None
            }
            Some((name, column)) => {
                let order = groups.find(name, &batch.columns[*column], batch.rows, lines)?;
                let kept = lines.last().map_or(0, |line| line.end);
                self.skipped += (batch.rows - kept) as u64;
                match order {
                    Order::AsTheyStand => None,
                    Order::Sorted => {
                        let codes = columns.category.map(|_| |codes: &mut [u32]| codes_of(sink, codes));
                        Some(groups.sort(batch, columns, lines, codes)?)
                    }
                }
            }
        };
        let kept = lines.last().map_or(0, |line| line.end);
        let constant_base = if let Base::Constant(base) = self.base { Some(base) } else { None };
        let places = Places {
            x: columns.x,
            y: columns.y,
            base: roles.base,
            constant_base,
            value: columns.value,
            lookup: columns.lookup,
            has_codes: columns.category.is_some(),
        };
        let sink = pen.sink();
        track.read(batch, &places, sorted, kept, |codes| codes_of(sink, codes))?;
        self.skipped += track.outside(kept, &frame.grid);
        self.rows += batch.rows as u64;
        let stacked = !roles.stack.is_empty();
        let rows: Vec<LineRows> = lines.clone();
        for (layer, seams) in seams.iter().enumerate() {
            lines.clone_from(&rows);
            if let Some(column) = layer.checked_sub(1).map(|above| roles.stack[above]) {
                track.stack(batch, column, sorted, kept)?;
            }
            track.lay(stacked.then_some(layer as u32), &frame.grid, lines);
            // The base belongs to an area that stands on it alone.
            let with_base = constant_base.is_some() && layer == 0;
            let mut stretch = Stretch::default();
            for (line, first_row) in lines.iter_mut().zip(rows.iter().map(|line| line.start)) {
                // All segments but the first and the last, some at a time: each may cover many pixels.
                let (mut first, end) = (line.start + 1, line.end.saturating_sub(2));
                while first < end {
                    self.cancel.check()?;
                    let next = end.min(first + BLOCK_ROWS);
                    pen.draw(&track.knots(first - 1, next + 2, key, with_base));
                    first = next;
                }
                let knots = track.knots(line.start, line.end, key, with_base);
                let step = 1 + Step::corners(self.step);
                let sink = pen.sink();
                let open = Open::new((line.end - line.start) as u64, |at| {
                    let at = at as usize;
                    Knot {
                        x: knots.x[at],
                        y: knots.y[at],
                        base: knots.base.get(at).copied().unwrap_or(0.0),
                        data_x: track.data_x(first_row + at / step),
                        value: knots.values.get(at).copied().unwrap_or(1.0),
                        lookup: knots.lookups.get(at).copied().unwrap_or(f64::NAN),
                        category: knots.codes.get(at).map_or(NOWHERE, |code| sink.number(*code)),
                        key: key.saturating_add(knots.numbers.get(at).map_or(0, |number| u64::from(*number))),
                    }
                });
                stretch.note(std::mem::replace(&mut line.group, GroupKey::All), open);
            }
            let keys = (batch.order, batch.order.saturating_add(batch.rows as u64));
            let (has_base, has_values, has_lookups) =
                (self.base != Base::None, self.has_values, self.has_lookups);
            let mut joiner = Joiner {
                pen: &mut *pen,
                directory,
                frame,
                step: self.step,
                has_base,
                constant_base: constant_base.is_some(),
                has_values,
                has_lookups,
                layer,
            };
            seams.note(self.index, keys, stretch, &mut joiner)?;
        }
        Ok(())
    }
}

/// Draws what joins two runs of rows with the pen of the thread that finds out.
pub(super) struct Joiner<'a, P> {
    pen: &'a mut P,
    directory: Option<&'a Directory>,
    frame: &'a Frame,
    step: Option<Step>,
    has_base: bool,
    constant_base: bool,
    has_values: bool,
    has_lookups: bool,
    pub(super) layer: usize,
}

impl<P: Pen> Joiner<'_, P> {
    /// Draw among a few vertices; see [`Knots`].
    pub(super) fn draw(&mut self, around: &[Knot], comes: bool, goes: bool) -> Result<()> {
        // Each segment on its own: it has the key of its own row, which one number cannot give for all.
        let all = usize::from(comes)..around.len().saturating_sub(1 + usize::from(goes));
        for segment in all {
            let first = segment.saturating_sub(1);
            let around = &around[first..around.len().min(segment + 3)];
            let mut codes = [NOWHERE; 4];
            let sink = self.pen.sink();
            let has_codes = sink.has_planes();
            if has_codes {
                for (code, knot) in codes.iter_mut().zip(around) {
                    *code = sink.code_of(self.directory, knot.category)?;
                }
            }
            let len = around.len();
            let column = |of: fn(&Knot) -> f64| -> [f64; 4] {
                std::array::from_fn(|at| around.get(at).map_or(f64::NAN, of))
            };
            let (x, y, base) = (column(|knot| knot.x), column(|knot| knot.y), column(|knot| knot.base));
            let (values, lookups) = (column(|knot| knot.value), column(|knot| knot.lookup));
            let is_ordered = sink.accumulator.is_ordered();
            self.pen.draw(&Knots {
                x: &x[..len],
                y: &y[..len],
                base: if self.has_base { &base[..len] } else { &[] },
                values: if self.has_values { &values[..len] } else { &[] },
                lookups: if self.has_lookups { &lookups[..len] } else { &[] },
                codes: if has_codes { &codes[..len] } else { &[] },
                numbers: if is_ordered { &[0; 4][..len] } else { &[] },
                order: around[segment - first].key,
                comes: segment > 0,
                goes: segment + 2 < first + len,
                with_base: self.constant_base && self.layer == 0,
            });
        }
        Ok(())
    }

    /// The corners of a step between two rows; none if one of them has no position.
    pub(super) fn corners(&self, from: &Knot, to: &Knot) -> Vec<Knot> {
        let Some(step) = self.step.filter(|_| !from.x.is_nan() && !to.x.is_nan()) else {
            return Vec::new();
        };
        let corners = step.between(from.data_x, to.data_x).into_iter().take(Step::corners(Some(step)));
        corners
            .map(|(data_x, second)| {
                let mut x = [data_x];
                to_positions(&mut x, &self.frame.grid.x);
                let Knot { y, base, .. } = if second { *to } else { *from };
                Knot { x: x[0], data_x, y, base, ..*from }
            })
            .collect()
    }
}
