//! Polygons into pixels: each row fills the pixels whose centres are inside, and brings them its value.

use std::sync::Arc;

use drypoint_stream::{Batch, Cancel, Schema, Source};

use super::filling::{FillRule, Polygon};
use super::geometry::{Begins, Drawn, Takes, suits, visit};
use super::sink::{RowData, Sink, spans_suit};
use super::spans::Spans;
use super::{SHAPES_IN_BATCH, bad_shape, not_shapes};
use crate::columns::{Roles, check_batch, part_roles};
use crate::drive::drive;
use crate::fold::{Directories, Folded, SharedCounts};
use crate::mapping::GridMap;
use crate::options::Options;
use crate::plan::{Plan, Target, request};
use crate::{Aggregate, Canvas, Reduction, Result};

/// What of a source is drawn as polygons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolygonColumns {
    /// Polygons and multipolygons: WKB, or lists of positions.
    pub geometry: String,
    /// What is inside.
    pub rule: FillRule,
}

/// Fold each polygon of `source` into the pixels whose centres are inside of it.
///
/// Each polygon of a multipolygon is drawn by itself. One that is narrower or lower than a pixel fills the pixels of its
/// box. The result does not depend on threads or batches, except that float sums are added in another order.
///
/// Refused as by [`points`](crate::points()), and where a row holds something else than polygons.
pub fn polygons(
    canvas: &Canvas,
    source: &dyn Source,
    columns: &PolygonColumns,
    reduction: &Reduction,
    options: &Options,
) -> Result<Aggregate> {
    let mut fold = PolygonsFold::new(canvas, columns, reduction, options)?;
    fold.consume(source)?;
    fold.finish()
}

/// A fold of many sources, one after the other. Cells and buffers are kept in between.
pub struct PolygonsFold {
    canvas: Canvas,
    grid: GridMap,
    columns: PolygonColumns,
    reduction: Reduction,
    options: Options,
    directories: Directories,
    running: Option<Running>,
}

/// What exists from the first source on.
struct Running {
    plan: Plan,
    with_spans: bool,
    /// One for each part of the reduction.
    shared: Vec<Arc<SharedCounts>>,
    workers: Vec<PolygonWorker>,
}

/// The place of the shapes is that of x and y.
fn roles(schema: &Schema, geometry: &str, reduction: &Reduction) -> Result<Roles> {
    let column = schema.index_of(geometry)?;
    let data_type = &schema.fields[column].data_type;
    if !suits(data_type, Drawn::Polygons) {
        return Err(not_shapes(geometry, data_type, "polygons: WKB, or lists of rings of positions"));
    }
    let mut request = vec![column];
    let parts = part_roles(schema, reduction, &mut request)?;
    Ok(Roles { request, x: 0, y: 0, parts })
}

/// Shapes may be long: batches have few rows.
fn with_small_batches(options: &Options) -> Options {
    Options { batch_rows: options.batch_rows.or(Some(SHAPES_IN_BATCH)), ..options.clone() }
}

/// The plan, and whether spans are counted by their ends. Memory for that is given up before threads are.
fn plan(
    source: &dyn Source,
    roles: &Roles,
    grid: &GridMap,
    reduction: &Reduction,
    options: &Options,
) -> Result<(Plan, bool)> {
    let options = &with_small_batches(options);
    let make = |spans_bytes| {
        let thread_bytes = PolygonWorker::own_bytes(reduction) + spans_bytes;
        let target = Target { thread_bytes, ..Target::points(reduction, grid.cells(), None) };
        Plan::make(source, roles, &target, options)
    };
    let spare = if spans_suit(reduction) { Spans::bytes(grid.width, grid.height) } else { 0 };
    Plan::with_spare(spare, options, make)
}

impl Plan {
    /// Plan [`polygons`](crate::polygons()) with the same arguments.
    pub fn for_polygons(
        source: &dyn Source,
        canvas: &Canvas,
        columns: &PolygonColumns,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Self> {
        canvas.check()?;
        reduction.check()?;
        let roles = roles(source.schema(), &columns.geometry, reduction)?;
        plan(source, &roles, &GridMap::new(canvas), reduction, options).map(|(plan, _)| plan)
    }
}

impl PolygonsFold {
    /// Nothing is read and nothing large is allocated yet.
    pub fn new(
        canvas: &Canvas,
        columns: &PolygonColumns,
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
            running: None,
        })
    }

    /// Fold the polygons of a source. The plan is made with the first one.
    ///
    /// After an error the fold holds some of the source's polygons and should be dropped.
    pub fn consume(&mut self, source: &dyn Source) -> Result<()> {
        let Self { grid, columns, reduction, options, directories, running, .. } = self;
        let roles = roles(source.schema(), &columns.geometry, reduction)?;
        let running = match running {
            Some(running) => running,
            none => {
                let (plan, with_spans) = plan(source, &roles, grid, reduction, options)?;
                let (cells, direct) = (grid.cells(), plan.shared_counters);
                let shared = SharedCounts::for_parts(reduction, cells, direct, &options.consumer);
                none.insert(Running { plan, with_spans, shared, workers: Vec::new() })
            }
        };
        let Running { plan, with_spans, shared, workers } = running;
        let mut request = request(&roles, plan.batch_rows, plan.threads, options);
        // A later source may have fewer parts than the first.
        let readers = source.needs(&request)?.max_readers.clamp(1, plan.threads);
        request.readers = readers;
        while workers.len() < readers {
            workers.push(PolygonWorker::new(grid, columns, reduction, shared, *with_spans, options)?);
        }
        PolygonWorker::begin_source(workers);
        let progress = options.progress.as_deref();
        drive(source, &request, &mut workers[..readers], progress, |worker, batch| {
            worker.fold(batch, &roles, &columns.geometry, directories)
        })
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
            let Self { grid, columns, reduction, options, .. } = &self;
            workers.push(PolygonWorker::new(grid, columns, reduction, &shared, false, options)?);
        }
        let rows = workers.iter().map(|worker| worker.rows).sum();
        let skipped = workers.iter().map(|worker| worker.skipped).sum();
        let folded = workers.into_iter().map(PolygonWorker::into_folded).collect();
        Folded::finish(folded, &self.canvas, &self.reduction, &self.directories, (rows, skipped), consumer)
    }
}

/// What one thread holds between batches. It grows with the largest polygon.
struct PolygonWorker {
    cancel: Cancel,
    polygon: Polygon,
    /// One for each part of the reduction.
    sinks: Vec<Sink>,
    /// What a row brings to each of them.
    data: Vec<Option<RowData>>,
    /// The keys that a source gives its rows are counted from here; past all keys of the sources before.
    first_key: u64,
    /// Past all keys so far.
    end_key: u64,
    rows: u64,
    skipped: u64,
}

impl PolygonWorker {
    /// Bytes besides the planes and the spans.
    fn own_bytes(reduction: &Reduction) -> usize {
        Sink::OWN_BYTES * reduction.parts().len()
    }

    fn new(
        grid: &GridMap,
        columns: &PolygonColumns,
        reduction: &Reduction,
        shared: &[Arc<SharedCounts>],
        with_spans: bool,
        options: &Options,
    ) -> Result<Self> {
        let consumer = &options.consumer;
        let sink = |(part, shared): (&Reduction, &Arc<SharedCounts>)| {
            Sink::new(part, grid, shared, with_spans && spans_suit(reduction), consumer)
        };
        let sinks = reduction.parts().into_iter().zip(shared).map(sink).collect::<Result<Vec<_>>>()?;
        Ok(Self {
            cancel: options.cancel.clone(),
            polygon: Polygon::new(columns.rule, grid, consumer),
            sinks,
            data: Vec::new(),
            first_key: 0,
            end_key: 0,
            rows: 0,
            skipped: 0,
        })
    }

    /// To be called before each source with all that take part in it: what comes now stands behind what came before.
    fn begin_source(workers: &mut [Self]) {
        let first_key = workers.iter().map(|worker| worker.end_key).max().unwrap_or(0);
        for worker in workers {
            worker.first_key = first_key;
        }
    }

    fn fold(
        &mut self,
        batch: &Batch<'_>,
        roles: &Roles,
        geometry: &str,
        directories: &Directories,
    ) -> Result<()> {
        check_batch(batch, roles.request.len())?;
        let key = self.first_key.saturating_add(batch.order);
        self.end_key = self.end_key.max(key.saturating_add(batch.rows as u64));
        for (sink, part) in self.sinks.iter_mut().zip(&roles.parts) {
            sink.begin(batch, *part, key)?;
        }
        let column = &batch.columns[roles.x];
        for row in 0..batch.rows {
            self.cancel.check()?;
            let there = column.validity.is_none_or(|validity| validity.is_valid(row));
            let Self { polygon, sinks, data, .. } = self;
            data.clear();
            if there {
                for (place, (sink, part)) in sinks.iter_mut().zip(&roles.parts).enumerate() {
                    data.push(sink.row(batch, *part, row, directories.get(place))?);
                }
            }
            let mut filler = Filler { polygon, sinks, data, seen: false };
            if there {
                visit(column, row, Drawn::Polygons, &mut filler)
                    .map_err(|fault| bad_shape(geometry, key + row as u64, "polygons", fault))?;
                filler.fill()?;
            }
            self.skipped += u64::from(!filler.seen);
        }
        self.sinks.iter_mut().for_each(Sink::flush);
        self.rows += batch.rows as u64;
        Ok(())
    }

    /// What was folded, for each part of the reduction.
    fn into_folded(self) -> Vec<Folded> {
        self.sinks.into_iter().map(Sink::into_folded).collect()
    }
}

/// Fills the polygons of a row.
struct Filler<'a> {
    polygon: &'a mut Polygon,
    sinks: &'a mut [Sink],
    data: &'a [Option<RowData>],
    /// Whether any of them has a pixel.
    seen: bool,
}

impl Filler<'_> {
    /// Fill the polygon whose rings were taken.
    fn fill(&mut self) -> Result<()> {
        if !self.polygon.is_empty() && self.polygon.is_seen() {
            self.seen = true;
            let (sinks, data) = (&mut *self.sinks, self.data);
            if data.iter().any(Option::is_some) {
                self.polygon.fill(|line, first, end| {
                    for (sink, data) in sinks.iter_mut().zip(data) {
                        if let Some(data) = data {
                            sink.span(line, first, end, data);
                        }
                    }
                })?;
            }
        }
        self.polygon.clear();
        Ok(())
    }
}

impl Takes for Filler<'_> {
    fn take(&mut self, begins: Begins, positions: impl ExactSizeIterator<Item = (f64, f64)>) -> Result<()> {
        if begins == Begins::Polygon {
            self.fill()?;
        }
        Ok(self.polygon.ring(positions)?)
    }
}
