//! Rows into the cells of a table: categories along one axis or both, numbers in bins along the other.
//!
//! Which categories come is not known before the rows are read, and they are read once: cells are held for as many as may
//! come, found by the number that a category got when it was met. At the end those that came are put in their order.

use std::sync::Arc;

use drypoint_memory::{Buffer, MemoryConsumer, Pod};
use drypoint_stream::{Batch, Schema, Source};

use super::visits::{NO_CATEGORY, Visits};
use crate::aggregate::{Planes, Support};
use crate::columns::{
    Roles, as_f64, check_batch, check_categorical, check_numeric, convert_missing, for_each_missing,
    part_roles, place,
};
use crate::drive::drive;
use crate::fold::{Accumulator, Directories, Directory, Finished, Interner, SharedCounts};
use crate::mapping::AxisMap;
use crate::options::Options;
use crate::plan::{Plan, Target, request};
use crate::raw::{BLOCK_ROWS, NOWHERE};
use crate::{Aggregate, Axis, AxisKind, Canvas, CanvasError, Categories, Reduction, Result, Scale};

/// In which order categories stand on an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CategoryOrder {
    /// Text by code points, integers by value.
    Sorted,
    /// As they appear in the source.
    Appearance,
    /// Those with most rows first.
    Count,
}

/// One axis of a heatmap.
#[derive(Debug, Clone, PartialEq)]
pub enum HeatAxis {
    /// The categories of a column.
    Categories {
        /// The column.
        column: String,
        /// Their order.
        order: CategoryOrder,
        /// At most so many.
        most: usize,
    },
    /// The numbers of a column, in bins.
    Numbers {
        /// The column.
        column: String,
        /// The bins.
        axis: Axis,
    },
}

impl HeatAxis {
    fn column(&self) -> &str {
        match self {
            Self::Categories { column, .. } | Self::Numbers { column, .. } => column,
        }
    }

    fn places(&self) -> usize {
        match self {
            Self::Categories { most, .. } => *most,
            Self::Numbers { axis, .. } => axis.pixels,
        }
    }
}

/// A fold of rows into the cells of two axes.
pub struct HeatmapFold {
    axes: [HeatAxis; 2],
    reduction: Reduction,
    options: Options,
    /// The categories of each axis.
    directories: [Option<Directory>; 2],
    folded: Directories,
    running: Option<Running>,
}

struct Running {
    plan: Plan,
    shared: Arc<SharedCounts>,
    workers: Vec<Worker>,
}

/// The rows of each category, by its number.
#[derive(Debug, Clone, Copy)]
struct Seen {
    rows: u64,
    first: u64,
}

impl HeatmapFold {
    /// Nothing is read yet.
    pub fn new(x: HeatAxis, y: HeatAxis, reduction: &Reduction, options: &Options) -> Result<Self> {
        reduction.check()?;
        reduction.check_one_value("tables of categories")?;
        for (name, axis) in [("x", &x), ("y", &y)] {
            if let HeatAxis::Numbers { axis, .. } = axis {
                axis.check(name)?;
            }
        }
        let (width, height) = (x.places(), y.places());
        let limit = Canvas::MAX_PIXELS;
        if width.checked_mul(height).is_none_or(|cells| cells as u64 > limit) {
            return Err(CanvasError::TooManyPixels { width, height, per_axis: Axis::MAX_PIXELS, limit });
        }
        let directory = |axis: &HeatAxis| match axis {
            HeatAxis::Categories { column, most, .. } => {
                Directory::new(&Categories::Values(column.clone()), false, *most).map(Some)
            }
            HeatAxis::Numbers { .. } => Ok(None),
        };
        Ok(Self {
            directories: [directory(&x)?, directory(&y)?],
            axes: [x, y],
            reduction: reduction.clone(),
            options: options.clone(),
            folded: Directories::new(reduction, options.max_categories)?,
            running: None,
        })
    }

    fn cells(&self) -> usize {
        self.axes[0].places() * self.axes[1].places()
    }

    fn roles(&self, schema: &Schema) -> Result<Roles> {
        let mut request = Vec::new();
        let mut place = |name: &str, categorical: bool| {
            let check = if categorical { check_categorical } else { check_numeric };
            place(schema, name, check, &mut request)
        };
        let [x, y] = &self.axes;
        let x = place(x.column(), matches!(x, HeatAxis::Categories { .. }))?;
        let y = place(y.column(), matches!(y, HeatAxis::Categories { .. }))?;
        let parts = part_roles(schema, &self.reduction, &mut request)?;
        Ok(Roles { request, x, y, parts })
    }

    /// What folding a source will hold.
    pub fn plan(&self, source: &dyn Source) -> Result<Plan> {
        let roles = self.roles(source.schema())?;
        let target = Target {
            thread_bytes: Visits::OWN_BYTES + size_of::<Scratch>(),
            ..Target::points(&self.reduction, self.cells(), None)
        };
        Plan::make(source, &roles, &target, &self.options)
    }

    /// Fold all rows of a source.
    ///
    /// After an error the fold holds some of the source's rows and should be dropped.
    pub fn consume(&mut self, source: &dyn Source) -> Result<()> {
        let roles = self.roles(source.schema())?;
        let cells = self.cells();
        if self.running.is_none() {
            let plan = self.plan(source)?;
            let shared = SharedCounts::new(cells, plan.shared_counters, self.options.consumer.clone());
            self.running = Some(Running { plan, shared, workers: Vec::new() });
        }
        let Self { axes, reduction, options, directories, folded, running, .. } = self;
        let Some(Running { plan, shared, workers }) = running else { return Ok(()) };
        let mut request = request(&roles, plan.batch_rows, plan.threads, options);
        let readers = source.needs(&request)?.max_readers.clamp(1, plan.threads);
        request.readers = readers;
        while workers.len() < readers {
            workers.push(Worker::new(axes, reduction, cells, shared, &options.consumer)?);
        }
        let first_key = workers.iter().map(|worker| worker.end_key).max().unwrap_or(0);
        workers.iter_mut().for_each(|worker| worker.first_key = first_key);
        drive(source, &request, &mut workers[..readers], options.progress.as_deref(), |worker, batch| {
            worker.fold(batch, &roles, directories, folded.get(0))
        })
    }

    /// Threads that the plan of the first source took; 0 before it.
    pub fn threads(&self) -> usize {
        self.running.as_ref().map_or(0, |running| running.plan.threads)
    }

    /// The table of all that was consumed: along an axis of categories as many cells as came. The first of y is on top.
    pub fn finish(mut self) -> Result<Aggregate> {
        let cells = self.cells();
        let consumer = self.options.consumer.clone();
        let mut workers = self.running.take().map_or_else(Vec::new, |running| running.workers);
        if workers.is_empty() {
            let shared = SharedCounts::new(cells, true, consumer.clone());
            workers.push(Worker::new(&self.axes, &self.reduction, cells, &shared, &consumer)?);
        }
        let rows = workers.iter().map(|worker| worker.rows).sum();
        let skipped = workers.iter().map(|worker| worker.skipped).sum();
        let mut placed = Vec::new();
        for place in 0..2 {
            let seen = workers.iter().map(|worker| &worker.lines[place].seen[..]);
            placed.push(self.placed(place, seen)?);
        }
        let (categories, numbers) = self.folded.sorted(0);
        let parts = workers.into_iter().map(|worker| worker.visits.into_parts()).collect();
        let finished = Accumulator::finish(parts, &numbers, &self.reduction, cells, &consumer)?;
        let Ok([(x, columns), (y, lines)]) = <[_; 2]>::try_from(placed) else { unreachable!("two axes") };
        let pick = Pick { columns: &columns, lines: &lines, width: self.axes[0].places(), cells };
        let finished = Finished {
            planes: pick.planes(finished.planes, &consumer)?,
            support: match finished.support {
                Support::None => Support::None,
                Support::Counts(counts) => Support::Counts(pick.planes(counts, &consumer)?),
                Support::Moments { counts, means } => Support::Moments {
                    counts: pick.planes(counts, &consumer)?,
                    means: pick.planes(means, &consumer)?,
                },
                Support::Keys(keys) => Support::Keys(pick.planes(keys, &consumer)?),
                Support::Selected { .. } | Support::Tally(_) | Support::Parts(_) => {
                    unreachable!("refused when the fold was made")
                }
            },
        };
        Ok(Aggregate::finished(Canvas { x, y }, self.reduction, categories, rows, skipped, finished))
    }

    /// An axis as it turned out, and where each of its places was while it was folded.
    fn placed<'a>(&self, place: usize, seen: impl Iterator<Item = &'a [Seen]>) -> Result<(Axis, Vec<u32>)> {
        let (order, directory) = match (&self.axes[place], &self.directories[place]) {
            (HeatAxis::Numbers { axis, .. }, _) => {
                return Ok((axis.clone(), (0..axis.pixels as u32).collect()));
            }
            (HeatAxis::Categories { order, .. }, Some(directory)) => (order, directory),
            (HeatAxis::Categories { .. }, None) => unreachable!("made with the axis"),
        };
        let (names, numbers) = directory.sorted();
        if names.is_empty() {
            let column = self.axes[place].column().to_string();
            return Err(CanvasError::NoCategories { column });
        }
        let mut all = vec![Seen { rows: 0, first: u64::MAX }; names.len()];
        for thread in seen {
            for (all, seen) in all.iter_mut().zip(thread) {
                *all = Seen { rows: all.rows + seen.rows, first: all.first.min(seen.first) };
            }
        }
        let mut placed: Vec<(u32, String)> = numbers.into_iter().zip(names).collect();
        // Both sorts keep the order of labels where nothing else decides.
        match order {
            CategoryOrder::Sorted => {}
            CategoryOrder::Appearance => placed.sort_by_key(|(number, _)| all[*number as usize].first),
            CategoryOrder::Count => {
                placed.sort_by_key(|(number, _)| std::cmp::Reverse(all[*number as usize].rows));
            }
        }
        if place == 1 {
            placed.reverse();
        }
        let (numbers, names): (Vec<u32>, Vec<String>) = placed.into_iter().unzip();
        Ok((Axis::of_categories(names), numbers))
    }
}

impl Axis {
    /// An axis of categories, one pixel each; number `i` lies around the position `i`.
    pub fn of_categories(names: Vec<String>) -> Self {
        Self {
            pixels: names.len(),
            range: (-0.5, names.len() as f64 - 0.5),
            scale: Scale::Linear,
            kind: AxisKind::Categories { names: names.into() },
        }
    }
}

/// Which cells are kept, and where they go.
struct Pick<'a> {
    columns: &'a [u32],
    lines: &'a [u32],
    /// Of the lines that are picked from.
    width: usize,
    cells: usize,
}

impl Pick<'_> {
    fn planes(&self, planes: Planes, consumer: &MemoryConsumer) -> Result<Planes> {
        Ok(match planes {
            Planes::Bool(cells) => Planes::Bool(self.pick(&cells, consumer)?),
            Planes::U32(cells) => Planes::U32(self.pick(&cells, consumer)?),
            Planes::U64(cells) => Planes::U64(self.pick(&cells, consumer)?),
            Planes::I64(cells) => Planes::I64(self.pick(&cells, consumer)?),
            Planes::F64(cells) => Planes::F64(self.pick(&cells, consumer)?),
        })
    }

    fn pick<T: Pod>(&self, from: &[T], consumer: &MemoryConsumer) -> Result<Buffer<T>> {
        let planes = from.len() / self.cells;
        let mut kept = consumer.buffer(planes * self.columns.len() * self.lines.len())?;
        let lines = (0..planes).flat_map(|plane| {
            self.lines.iter().map(move |line| plane * self.cells + *line as usize * self.width)
        });
        for (kept, start) in kept.chunks_exact_mut(self.columns.len()).zip(lines) {
            for (kept, column) in kept.iter_mut().zip(self.columns) {
                *kept = from[start + *column as usize];
            }
        }
        Ok(kept)
    }
}

/// One thread's view of an axis.
struct Line {
    interner: Option<Interner>,
    map: Option<AxisMap>,
    /// By the numbers of categories.
    seen: Vec<Seen>,
}

struct Scratch {
    converted: [f64; BLOCK_ROWS],
    values: [f64; BLOCK_ROWS],
    codes: [u32; BLOCK_ROWS],
    places: [[u32; BLOCK_ROWS]; 2],
}

struct Worker {
    visits: Visits,
    lines: [Line; 2],
    width: u32,
    scratch: Box<Scratch>,
    first_key: u64,
    end_key: u64,
    rows: u64,
    skipped: u64,
}

impl Worker {
    fn new(
        axes: &[HeatAxis; 2],
        reduction: &Reduction,
        cells: usize,
        shared: &Arc<SharedCounts>,
        consumer: &MemoryConsumer,
    ) -> Result<Self> {
        let line = |axis: &HeatAxis| match axis {
            HeatAxis::Categories { .. } => {
                Line { interner: Some(Interner::new()), map: None, seen: Vec::new() }
            }
            HeatAxis::Numbers { axis, .. } => {
                Line { interner: None, map: Some(AxisMap::new(axis)), seen: Vec::new() }
            }
        };
        Ok(Self {
            visits: Visits::new(reduction, cells, shared, consumer)?,
            lines: [line(&axes[0]), line(&axes[1])],
            width: axes[0].places() as u32,
            scratch: Box::new(Scratch {
                converted: [0.0; BLOCK_ROWS],
                values: [f64::NAN; BLOCK_ROWS],
                codes: [NO_CATEGORY; BLOCK_ROWS],
                places: [[0; BLOCK_ROWS]; 2],
            }),
            first_key: 0,
            end_key: 0,
            rows: 0,
            skipped: 0,
        })
    }

    fn fold(
        &mut self,
        batch: &Batch<'_>,
        roles: &Roles,
        directories: &[Option<Directory>; 2],
        directory: Option<&Directory>,
    ) -> Result<()> {
        check_batch(batch, roles.request.len())?;
        let key = self.first_key.saturating_add(batch.order);
        self.end_key = self.end_key.max(key.saturating_add(batch.rows as u64));
        let columns = [&batch.columns[roles.x], &batch.columns[roles.y]];
        let category = roles.category.map(|column| &batch.columns[column]);
        self.visits.begin(key, category);
        for (line, column) in self.lines.iter_mut().zip(columns) {
            if let Some(interner) = &mut line.interner {
                interner.begin_batch(column);
            }
        }
        for start in (0..batch.rows).step_by(BLOCK_ROWS) {
            let count = BLOCK_ROWS.min(batch.rows - start);
            let Scratch { converted, values, codes, places } = &mut *self.scratch;
            for (((line, column), directory), places) in
                self.lines.iter_mut().zip(columns).zip(directories).zip(places.iter_mut())
            {
                let places = &mut places[..count];
                match (&mut line.interner, directory, &line.map) {
                    (Some(interner), Some(directory), _) => {
                        interner.encode(directory, column, start, places, &mut |_| Ok(()))?;
                        for place in places.iter_mut().filter(|place| **place != NOWHERE) {
                            *place = interner.numbers[*place as usize];
                        }
                    }
                    (_, _, Some(map)) => {
                        let numbers = as_f64(column, start, count, converted)?;
                        for (place, value) in places.iter_mut().zip(numbers) {
                            let inside = *value >= map.start && *value <= map.end;
                            let position = if map.log { value.log10() } else { *value };
                            *place = if inside { map.pixel_at(position) as u32 } else { NOWHERE };
                        }
                        if let Some(validity) = column.validity {
                            for_each_missing(validity, start, count, |row| places[row] = NOWHERE);
                        }
                    }
                    _ => unreachable!("an axis has categories or numbers"),
                }
            }
            if let Some(value) = roles.value {
                convert_missing(&batch.columns[value], start, &mut values[..count])?;
            }
            if let Some(column) = category {
                self.visits.encode(directory, column, start, &mut codes[..count])?;
            }
            for row in 0..count {
                let (x, y) = (places[0][row], places[1][row]);
                if x == NOWHERE || y == NOWHERE {
                    self.skipped += 1;
                    continue;
                }
                let number = key.saturating_add((start + row) as u64);
                self.lines[0].note(x, number);
                self.lines[1].note(y, number);
                self.visits.visit(y * self.width + x, values[row], (start + row) as u32, codes[row]);
            }
        }
        self.visits.flush();
        self.rows += batch.rows as u64;
        Ok(())
    }
}

impl Line {
    #[inline(always)]
    fn note(&mut self, number: u32, key: u64) {
        if self.interner.is_none() {
            return;
        }
        let number = number as usize;
        if number >= self.seen.len() {
            self.seen.resize(number + 1, Seen { rows: 0, first: u64::MAX });
        }
        let seen = &mut self.seen[number];
        seen.rows += 1;
        seen.first = seen.first.min(key);
    }
}
