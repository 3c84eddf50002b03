//! Folds of whatever a pen draws along lines: strokes of some width, steps, filled areas. What is common to them is here:
//! batches become tracks, tracks are drawn piece by piece, and where batches meet the pen goes on (decision 0029).

use std::sync::Arc;

use drypoint_stream::{Batch, Cancel, Schema, Source};

use super::groups::{GroupKey, Groups, LineRows, Order};
use super::joints::{Knot, Open};
use super::seam::{Seams, Stretch};
use super::sink::Sink;
use super::stepping::Frame;
use super::track::{Holds, Knots, Places, Step, Track, to_base, to_positions};
use super::{LineColumns, LineRoles};
use crate::columns::check_batch;
use crate::drive::drive;
use crate::fold::{Accumulator, Directory, SharedCounts};
use crate::mapping::GridMap;
use crate::options::Options;
use crate::plan::{Plan, Target, request};
use crate::raw::{BLOCK_ROWS, NOWHERE};
use crate::{Aggregate, Canvas, CanvasError, Reduction, Result};

/// Draws along a line into the cells of one thread.
pub(super) trait Pen: Sized + Send {
    /// What makes pens of one fold alike.
    type Recipe: Clone + Send + Sync;
    /// Bytes besides the cells.
    const OWN_BYTES: usize;
    /// What the cells fold, where that is not what the reduction says.
    fn folded(recipe: &Self::Recipe, reduction: &Reduction) -> Result<Reduction>;
    /// Bytes that make it faster and may be given up.
    fn spare_bytes(grid: &GridMap, reduction: &Reduction) -> usize;
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
}

/// Where that is in the batches of one source.
struct PathRoles {
    line: LineRoles,
    base: Option<usize>,
}

impl PathRoles {
    fn new(schema: &Schema, columns: &PathColumns, reduction: &Reduction) -> Result<Self> {
        let mut line = LineRoles::new(schema, &columns.line, reduction)?;
        let base = match &columns.base {
            Base::Column(name) => {
                let column = schema.index_of(name)?;
                let data_type = &schema.fields[column].data_type;
                if !data_type.is_numeric() {
                    return Err(CanvasError::NotNumeric {
                        column: name.clone(),
                        data_type: data_type.clone(),
                    });
                }
                let request = &mut line.columns.request;
                Some(request.iter().position(|known| *known == column).unwrap_or_else(|| {
                    request.push(column);
                    request.len() - 1
                }))
            }
            _ => None,
        };
        Ok(Self { line, base })
    }
}

/// A fold of many sources, one after the other.
pub(super) struct PathFold<P: Pen> {
    canvas: Canvas,
    frame: Frame,
    columns: PathColumns,
    recipe: P::Recipe,
    reduction: Reduction,
    /// What the cells fold.
    folded: Reduction,
    options: Options,
    directory: Option<Directory>,
    seams: Seams<Open>,
    running: Option<Running<P>>,
}

struct Running<P> {
    plan: Plan,
    spare: bool,
    shared: Arc<SharedCounts>,
    workers: Vec<PathWorker<P>>,
}

impl<P: Pen> PathFold<P> {
    pub(super) fn new(
        canvas: &Canvas,
        columns: PathColumns,
        recipe: P::Recipe,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Self> {
        canvas.check()?;
        reduction.check()?;
        Ok(Self {
            canvas: canvas.clone(),
            frame: Frame::new(&GridMap::new(canvas)),
            columns,
            folded: P::folded(&recipe, reduction)?,
            recipe,
            reduction: reduction.clone(),
            options: options.clone(),
            directory: reduction
                .category_column()
                .map(|column| Directory::new(column, options.max_categories)),
            seams: Seams::new(&options.consumer),
            running: None,
        })
    }

    /// The plan of a source, and whether pens may take what makes them faster: that is given up before threads are.
    pub(super) fn plan(&self, source: &dyn Source) -> Result<(Plan, bool)> {
        let roles = PathRoles::new(source.schema(), &self.columns, &self.reduction)?;
        let grouping = if roles.line.group.is_some() { Groups::ROW_BYTES } else { 0 };
        let row_bytes = grouping + Track::row_bytes(self.columns.line.step);
        let (grid, options) = (&self.frame.grid, &self.options);
        let make = |spare| {
            let thread_bytes = P::OWN_BYTES + spare;
            let target =
                Target { thread_bytes, row_bytes, ..Target::points(&self.folded, grid.cells(), None) };
            Plan::make(source, &roles.line.columns, &target, options)
        };
        let spare = P::spare_bytes(grid, &self.reduction);
        if spare == 0 {
            return Ok((make(0)?, false));
        }
        let with = make(spare);
        if let Ok(plan) = &with
            && plan.peak <= plan.available
            && plan.threads == options.wanted_threads()
        {
            return Ok((with?, true));
        }
        let without = make(0)?;
        match with {
            Ok(plan) if plan.peak <= plan.available && plan.threads >= without.threads => Ok((plan, true)),
            _ => Ok((without, false)),
        }
    }

    pub(super) fn consume(&mut self, source: &dyn Source) -> Result<()> {
        let roles = PathRoles::new(source.schema(), &self.columns, &self.reduction)?;
        if self.running.is_none() {
            let (plan, spare) = self.plan(source)?;
            let cells = self.frame.grid.cells();
            let shared = SharedCounts::new(cells, plan.shared_counters, self.options.consumer.clone());
            self.running = Some(Running { plan, spare, shared, workers: Vec::new() });
        }
        let has_values = self.reduction.value_column().is_some();
        let Self { frame, columns, recipe, folded, options, directory, seams, running, .. } = self;
        let Some(Running { plan, spare, shared, workers }) = running else { return Ok(()) };
        let mut request = request(&roles.line.columns, plan.batch_rows, plan.threads, options);
        // A later source may have fewer parts than the first.
        let readers = source.needs(&request)?.max_readers.clamp(1, plan.threads);
        request.readers = readers;
        while workers.len() < readers {
            let sink = Sink::new(folded, frame.grid.cells(), shared, &options.consumer)?;
            let pen = P::new(recipe, frame, *spare, sink, options)?;
            workers.push(PathWorker::new(workers.len(), frame, columns, has_values, pen, options));
        }
        PathWorker::begin_source(workers);
        seams.begin_source(readers);
        let progress = options.progress.as_deref();
        drive(source, &request, &mut workers[..readers], progress, |worker, batch| {
            worker.fold(batch, &roles, directory.as_ref(), seams)
        })?;
        seams.end_source(&mut workers[0].joiner(directory.as_ref()))
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
            let shared = SharedCounts::new(cells, true, consumer.clone());
            let sink = Sink::new(&self.folded, cells, &shared, consumer)?;
            let pen = P::new(&self.recipe, &self.frame, false, sink, &self.options)?;
            let has_values = self.reduction.value_column().is_some();
            let (frame, columns) = (&self.frame, &self.columns);
            workers.push(PathWorker::new(0, frame, columns, has_values, pen, &self.options));
        }
        self.seams.finish(&mut workers[0].joiner(self.directory.as_ref()))?;
        let rows = workers.iter().map(|worker| worker.rows).sum();
        let skipped = workers.iter().map(|worker| worker.skipped).sum();
        let (categories, numbers) = match &self.directory {
            Some(directory) => directory.sorted(),
            None => (Vec::new(), vec![0]),
        };
        let parts = workers.into_iter().map(|worker| worker.pen.into_parts()).collect();
        let finished = Accumulator::finish(parts, &numbers, &self.folded, cells, consumer)?;
        Ok(Aggregate::finished(self.canvas, self.reduction, categories, rows, skipped, finished))
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
        has_values: bool,
        pen: P,
        options: &Options,
    ) -> Self {
        Self {
            index,
            frame: *frame,
            step: columns.line.step,
            base: columns.base.clone(),
            has_values,
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
    fn begin_source(workers: &mut [Self]) {
        let first_key = workers.iter().map(|worker| worker.end_key).max().unwrap_or(0);
        for worker in workers {
            worker.first_key = first_key;
        }
    }

    /// Draws what joins two runs of rows with the pen of this thread.
    fn joiner<'a>(&'a mut self, directory: Option<&'a Directory>) -> Joiner<'a, P> {
        let (has_base, has_values) = (self.base != Base::None, self.has_values);
        Joiner { pen: &mut self.pen, directory, frame: &self.frame, step: self.step, has_base, has_values }
    }

    /// Fold a batch, and note its ends.
    fn fold(
        &mut self,
        batch: &Batch<'_>,
        roles: &PathRoles,
        directory: Option<&Directory>,
        seams: &Seams<Open>,
    ) -> Result<()> {
        let columns = &roles.line.columns;
        check_batch(batch, columns.request.len())?;
        let key = self.first_key.saturating_add(batch.order);
        self.end_key = self.end_key.max(key.saturating_add(batch.rows as u64));
        if batch.rows == 0 {
            return Ok(());
        }
        let sink = self.pen.sink();
        if let (Some(interner), Some(category)) = (&mut sink.interner, columns.category) {
            interner.begin_batch(&batch.columns[category]);
        }
        let holds = Holds {
            base: self.base != Base::None,
            values: self.has_values,
            codes: columns.category.is_some(),
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
                        Some(groups.sort(batch, [columns.x, columns.y], columns.value, lines, codes)?)
                    }
                }
            }
        };
        let starts: Vec<usize> = lines.iter().map(|line| line.start).collect();
        let places = Places { x: columns.x, y: columns.y, base: roles.base, value: columns.value };
        let constant = if let Base::Constant(base) = self.base { base } else { 0.0 };
        let sink = pen.sink();
        self.skipped += track
            .fill(batch, &places, sorted, constant, &frame.grid, lines, |codes| codes_of(sink, codes))?;
        self.rows += batch.rows as u64;

        let mut stretch = Stretch::default();
        for (line, first_row) in lines.iter_mut().zip(starts) {
            // All segments but the first and the last, some at a time: each may cover many pixels.
            let (mut first, end) = (line.start + 1, line.end.saturating_sub(2));
            while first < end {
                self.cancel.check()?;
                let next = end.min(first + BLOCK_ROWS);
                pen.draw(&track.knots(first - 1, next + 2, key));
                first = next;
            }
            let knots = track.knots(line.start, line.end, key);
            let step = 1 + Step::corners(self.step);
            let sink = pen.sink();
            let open = Open::new((line.end - line.start) as u64, |at| {
                let at = at as usize;
                let (data_x, data_y) = track.data(first_row + at / step);
                Knot {
                    x: knots.x[at],
                    y: knots.y[at],
                    data_x,
                    data_y,
                    base: knots.base.get(at).copied().unwrap_or(0.0),
                    value: knots.values.get(at).copied().unwrap_or(1.0),
                    category: knots.codes.get(at).map_or(NOWHERE, |code| sink.number(*code)),
                    key: key.saturating_add(knots.numbers.get(at).map_or(0, |number| u64::from(*number))),
                }
            });
            stretch.note(std::mem::replace(&mut line.group, GroupKey::All), open);
        }
        let keys = (batch.order, batch.order.saturating_add(batch.rows as u64));
        let index = self.index;
        seams.note(index, keys, stretch, &mut self.joiner(directory))
    }
}

/// Draws what joins two runs of rows with the pen of the thread that finds out.
pub(super) struct Joiner<'a, P> {
    pen: &'a mut P,
    directory: Option<&'a Directory>,
    frame: &'a Frame,
    step: Option<Step>,
    has_base: bool,
    has_values: bool,
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
            if sink.interner.is_some() {
                for (code, knot) in codes.iter_mut().zip(around) {
                    *code = sink.code_of(self.directory, knot.category)?;
                }
            }
            let len = around.len();
            let column = |of: fn(&Knot) -> f64| -> [f64; 4] {
                std::array::from_fn(|at| around.get(at).map_or(f64::NAN, of))
            };
            let (x, y, base) = (column(|knot| knot.x), column(|knot| knot.y), column(|knot| knot.base));
            let values = column(|knot| knot.value);
            let has_codes = sink.interner.is_some();
            let is_ordered = sink.accumulator.is_ordered();
            self.pen.draw(&Knots {
                x: &x[..len],
                y: &y[..len],
                base: if self.has_base { &base[..len] } else { &[] },
                values: if self.has_values { &values[..len] } else { &[] },
                codes: if has_codes { &codes[..len] } else { &[] },
                numbers: if is_ordered { &[0; 4][..len] } else { &[] },
                order: around[segment - first].key,
                comes: segment > 0,
                goes: segment + 2 < first + len,
            });
        }
        Ok(())
    }

    /// The corners of a step between two rows; none if one of them has no position.
    pub(super) fn corners(&self, from: &Knot, to: &Knot) -> Vec<Knot> {
        let Some(step) = self.step.filter(|_| !from.x.is_nan() && !to.x.is_nan()) else {
            return Vec::new();
        };
        let between = step.between((from.data_x, from.data_y), (to.data_x, to.data_y));
        let corners = between.into_iter().take(Step::corners(Some(step)));
        corners
            .map(|(data_x, data_y)| {
                let (mut x, mut y) = ([data_x], [data_y]);
                to_positions(&mut x, &self.frame.grid.x);
                to_positions(&mut y, &self.frame.grid.y);
                Knot { x: x[0], y: y[0], data_x, data_y, ..*from }
            })
            .collect()
    }
}
