//! One drawing from source to aggregate: ranges, layout, plan, fold.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use drypoint_canvas::{
    Aggregate as Inner, Axis, AxisKind, Canvas, GrowingAxis, GrowingFold, Options, Plan, Progress, Reduction,
    Scale, TiledFold, suits_tiles, tiled_points,
};
use drypoint_figure::Layout;
use drypoint_memory::{MemoryConsumer, MemoryPool};
use drypoint_stream::{Cancel, DataType, Extent, Field, Schema, Spool, StreamError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::aggregate::Aggregate;
use crate::axis_value::AxisValue;
use crate::error::CoreError;
use crate::mark::{Mark, MarkFold, Marked, around};
use crate::memory::{parse_budget, pool_within};
use crate::page::{Page, PageSpec, Ranges};
use crate::reduction;
use crate::source::Source;
use crate::tiled::{Drawn, TiledAggregate};
use crate::watch::watched;

/// Rows of a batch that is spooled: large enough to compress well.
const SPOOLED_ROWS: usize = 65_536;

/// What one axis was asked to be.
#[derive(Clone)]
struct AxisArguments {
    name: &'static str,
    column: String,
    pixels: usize,
    range: Option<(AxisValue, AxisValue)>,
    scale: Scale,
}

impl AxisArguments {
    fn new(
        name: &'static str,
        column: String,
        pixels: usize,
        range: Option<(AxisValue, AxisValue)>,
        scale: &str,
    ) -> Self {
        let scale = if scale == "log" { Scale::Log } else { Scale::Linear };
        Self { name, column, pixels, range, scale }
    }

    /// A stream's instants cannot change their unit or zone midway, nor become plain numbers.
    fn same_kind(&self, kind: &AxisKind, first: &AxisKind, name: &str) -> Result<(), CoreError> {
        if kind == first {
            return Ok(());
        }
        let shown = |kind: &AxisKind| match kind {
            AxisKind::Number => "numbers".to_string(),
            AxisKind::Categories { .. } => "categories".to_string(),
            AxisKind::Time { unit, zone } => DataType::Time { unit: *unit, zone: zone.clone() }.to_string(),
        };
        let what = format!("column {:?} is {}, it was {} before", self.column, shown(kind), shown(first));
        Err(StreamError::Mismatch { name: name.into(), what }.into())
    }

    /// The range that was given, in data units.
    fn given(&self, kind: &AxisKind) -> Result<Option<(f64, f64)>, CoreError> {
        let Some((start, end)) = &self.range else { return Ok(None) };
        let (what, holder) = (format!("{} range", self.name), format!("column {:?}", self.column));
        let value = |end: &AxisValue| end.value(kind, &what, &holder);
        Ok(Some((value(start)?, value(end)?)))
    }
}

/// What a job is told and never changes.
#[derive(Clone)]
struct Told {
    axes: [AxisArguments; 2],
    mark: Mark,
    reduction: Reduction,
    exact: bool,
    /// Whether to count in tiles; as it suits the canvas and the budget if that is not told.
    tiled: Option<bool>,
    page: Option<PageSpec>,
    /// Whether it has its place on a page already, among other layers.
    placed: bool,
    options: Options,
    progress: Arc<Progress>,
    pool: MemoryPool,
}

/// A drawing that is described, and perhaps begun.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Job {
    told: Told,
    glance: Option<Py<PyAny>>,
    stream: Mutex<Stream>,
    /// What the first part of a stream had on its axes.
    kinds: OnceLock<[AxisKind; 2]>,
}

/// What has come of a stream of sources.
enum Stream {
    Untouched,
    Folding(Box<dyn MarkFold>, Option<Box<Layout>>),
    Tiled(Box<TiledFold>),
    Growing(Box<GrowingFold>, Vec<String>),
    Spooled(Box<Spool>),
}

/// What was drawn, and on how many threads.
#[allow(clippy::large_enum_variant)] // Made once, and taken apart at once.
enum Folded {
    Whole(Inner, Option<Layout>, usize),
    Tiled(drypoint_canvas::TiledAggregate, usize),
}

impl Folded {
    fn rows(&self) -> u64 {
        match self {
            Self::Whole(inner, ..) => inner.rows,
            Self::Tiled(inner, _) => inner.rows,
        }
    }
}

/// Where a source that can be read again will be drawn, and how.
struct Fitted {
    canvas: Canvas,
    layout: Option<Layout>,
    options: Options,
}

impl Told {
    fn mark(&self) -> &dyn Marked {
        self.mark.get()
    }

    /// The canvas for these ranges: of the size asked for, or of the page's plot area.
    fn canvas(
        &self,
        ranges: [(f64, f64); 2],
        kinds: [AxisKind; 2],
        categories: Vec<String>,
    ) -> Result<(Canvas, Option<Layout>), CoreError> {
        let [x_kind, y_kind] = kinds;
        let axis = |place: usize, kind| {
            let AxisArguments { pixels, scale, .. } = self.axes[place];
            Axis { pixels, range: ranges[place], scale, kind }
        };
        let mut canvas = Canvas { x: axis(0, x_kind), y: axis(1, y_kind) };
        // How many pixels it may have depends on how they are held, which is decided later.
        canvas.check_tiled()?;
        let layout =
            self.page.as_ref().map(|page| page.layout(&canvas.x, &canvas.y, categories)).transpose()?;
        if let Some(layout) = &layout {
            (canvas.x.pixels, canvas.y.pixels) = layout.data_pixels(0);
            canvas.check()?;
        }
        Ok((canvas, layout))
    }

    /// The columns of points that are to be counted in tiles. A page is drawn as a whole: its picture is.
    fn in_tiles(&self, canvas: &Canvas) -> Option<(&str, &str)> {
        let suits = || suits_tiles(canvas, &self.reduction, self.pool.available());
        let tiled = self.page.is_none() && !self.placed && self.tiled.unwrap_or_else(suits);
        self.mark().as_points().filter(|_| tiled)
    }

    /// How far a source reaches along these axes. Rows count as done when they are drawn, not when this is looked for.
    fn extents(
        &self,
        source: &dyn drypoint_stream::Source,
        places: &[usize],
    ) -> Result<Vec<Option<Extent>>, CoreError> {
        let wanted: Vec<(usize, Scale)> =
            places.iter().map(|place| (*place, self.axes[*place].scale)).collect();
        let uncounted = Options { progress: None, ..self.options.clone() };
        Ok(self.mark().extents(source, &wanted, &uncounted)?)
    }

    /// The ranges that were given. Bad ones, and scales that do not suit, are told before the data is read.
    fn given(&self, kinds: &[AxisKind; 2]) -> Result<[Option<(f64, f64)>; 2], CoreError> {
        let given = [self.axes[0].given(&kinds[0])?, self.axes[1].given(&kinds[1])?];
        for ((axis, kind), range) in self.axes.iter().zip(kinds).zip(&given) {
            // What every scale can draw stands for a range that is yet to be found.
            let range = range.unwrap_or((1.0, 2.0));
            Axis { pixels: 1, range, scale: axis.scale, kind: kind.clone() }.check(axis.name)?;
        }
        Ok(given)
    }

    /// What the axes show of `source`: the ranges that were given, or those of all its rows.
    fn ranges(&self, source: &dyn drypoint_stream::Source) -> Result<Ranges, CoreError> {
        let kinds = self.mark().kinds(source.schema())?;
        let given = self.given(&kinds)?;
        let open: Vec<usize> = (0..2).filter(|&place| given[place].is_none()).collect();
        let mut found = if open.is_empty() { Vec::new() } else { self.extents(source, &open)? }.into_iter();
        let mut ranges = [(0.0, 1.0); 2];
        for place in 0..2 {
            ranges[place] = match given[place] {
                Some(range) => range,
                None => {
                    let AxisArguments { column, scale, .. } = &self.axes[place];
                    let extent =
                        found.next().flatten().ok_or_else(|| nothing(source.name(), column, *scale))?;
                    around(self.mark(), place, extent, *scale, &kinds[place])
                }
            };
        }
        let [x, y] = kinds;
        let axis = |place: usize, kind| Axis {
            pixels: 1,
            range: ranges[place],
            scale: self.axes[place].scale,
            kind,
        };
        let told = [given[0].is_some(), given[1].is_some()];
        Ok(Ranges { axes: [axis(0, x), axis(1, y)], told, categories: self.categories(source)? })
    }

    /// The canvas that shows all of `source`, or the ranges that were given.
    fn fitted(&self, source: &dyn drypoint_stream::Source) -> Result<Fitted, CoreError> {
        let Ranges { axes: [x, y], categories, .. } = self.ranges(source)?;
        let options = self.options(categories.len());
        let (canvas, layout) = self.canvas([x.range, y.range], [x.kind, y.kind], categories)?;
        Ok(Fitted { canvas, layout, options })
    }

    /// The same drawing in its place on a page.
    fn at(&self, page: &Page, (axes, layer): (usize, usize)) -> Self {
        let (width, height, x_range, y_range) = page.canvas_of(axes, layer);
        let mut placed = Self { page: None, placed: true, ..self.clone() };
        for (axis, (pixels, range)) in placed.axes.iter_mut().zip([(width, x_range), (height, y_range)]) {
            axis.pixels = pixels;
            axis.range = Some((AxisValue::Number(range.0), AxisValue::Number(range.1)));
        }
        placed
    }

    /// How to fold where these categories are known to come: a canvas for each must fit, or the work is refused now.
    fn options(&self, categories: usize) -> Options {
        Options { known_categories: categories, ..self.options.clone() }
    }

    fn draw(&self, source: &dyn drypoint_stream::Source) -> Result<Folded, CoreError> {
        let Fitted { canvas, layout, options } = self.fitted(source)?;
        if let Some((x, y)) = self.in_tiles(&canvas) {
            let plan = Plan::for_tiled_points(source, &canvas, x, y, &self.reduction, &options)?;
            let inner = tiled_points(&canvas, source, x, y, &self.reduction, &options)?;
            if inner.rows == 0 {
                return Err(no_rows(&source.name()));
            }
            return Ok(Folded::Tiled(inner, plan.threads));
        }
        let mut fold = self.mark().fold(&canvas, &self.reduction, &options)?;
        fold.consume(source)?;
        let threads = fold.threads();
        let inner = fold.finish()?;
        if inner.rows == 0 {
            return Err(no_rows(&source.name()));
        }
        Ok(Folded::Whole(inner, layout, threads))
    }

    /// What becomes of a stream, decided by its first part.
    fn begin(&self, part: &dyn drypoint_stream::Source) -> Result<Stream, CoreError> {
        let schema = part.schema();
        let kinds = self.mark().kinds(schema)?;
        let given = self.given(&kinds)?;
        let categories = self.categories(part)?;
        if let [Some(x_range), Some(y_range)] = given {
            let options = self.options(categories.len());
            let (canvas, layout) = self.canvas([x_range, y_range], kinds, categories)?;
            if let Some((x, y)) = self.in_tiles(&canvas) {
                let fold = TiledFold::new(&canvas, x, y, &self.reduction, &options)?;
                return Ok(Stream::Tiled(Box::new(fold)));
            }
            let fold = self.mark().fold(&canvas, &self.reduction, &options)?;
            return Ok(Stream::Folding(fold, layout.map(Box::new)));
        }
        let growing = self.mark().as_points().filter(|_| !self.exact);
        let Some((x, y)) = growing else {
            let schema = Schema { fields: self.fields(schema)? };
            let consumer = self.pool.consumer("spool");
            return Ok(Stream::Spooled(Box::new(Spool::new(&part.name(), schema, u64::MAX, &consumer)?)));
        };
        if self.tiled == Some(true) {
            return Err(CoreError::Argument(
                "a stream whose ranges are not known cannot be drawn in tiles as it comes: give x_range and y_range, or \
                 exact=True, which keeps it on disk to draw it afterwards"
                    .into(),
            ));
        }
        let pixels = self.grown_pixels(part, &given, &kinds, &categories)?;
        let grown = |place: usize, kind: &AxisKind| GrowingAxis {
            pixels: pixels[place],
            range: given[place],
            scale: self.axes[place].scale,
            kind: kind.clone(),
        };
        let (x_axis, y_axis) = (grown(0, &kinds[0]), grown(1, &kinds[1]));
        let options = self.options(categories.len());
        let fold = GrowingFold::new(x_axis, y_axis, x, y, &self.reduction, &options)?;
        Ok(Stream::Growing(Box::new(fold), categories))
    }

    /// Pixels that a stream's canvas may end with: those asked for, or of the page's plot area. Its margins follow from
    /// labels of ranges that are not known yet; those of the first part tell them well enough, some pixels aside.
    fn grown_pixels(
        &self,
        part: &dyn drypoint_stream::Source,
        given: &[Option<(f64, f64)>; 2],
        kinds: &[AxisKind; 2],
        categories: &[String],
    ) -> Result<[usize; 2], CoreError> {
        const SPARE: f64 = 24.0;
        let asked = [self.axes[0].pixels, self.axes[1].pixels];
        let Some(page) = &self.page else { return Ok(asked) };
        if part.one_shot() {
            return Ok(asked.map(|units| (units as f64 * page.scale()).ceil() as usize));
        }
        let found = self.extents(part, &[0, 1])?;
        let range = |place: usize| {
            let around = Axis::around(1, found[place], self.axes[place].scale, kinds[place].clone());
            given[place].unwrap_or(around.range)
        };
        let (canvas, _) = self.canvas([range(0), range(1)], kinds.clone(), categories.to_vec())?;
        let spare = (SPARE * page.scale()).ceil() as usize;
        Ok([canvas.x.pixels + spare, canvas.y.pixels + spare])
    }

    /// The categories that a page has to leave room for. Without a page nothing is read for them.
    fn categories(&self, source: &dyn drypoint_stream::Source) -> Result<Vec<String>, CoreError> {
        match self.page.is_some() || self.placed {
            true if !self.mark().layers().is_empty() => Ok(self.mark().layers().to_vec()),
            true => first_categories(source, &self.reduction, &self.options),
            false => Ok(Vec::new()),
        }
    }

    /// The columns that the fold reads.
    fn fields(&self, schema: &Schema) -> Result<Vec<Field>, CoreError> {
        let [mut names, along_y] = self.mark().along();
        names.extend(along_y);
        names.extend(self.reduction.columns());
        names.extend(self.mark().others());
        let mut fields: Vec<Field> = Vec::new();
        for name in names {
            let field = &schema.fields[schema.index_of(name)?];
            if !fields.contains(field) {
                fields.push(field.clone());
            }
        }
        Ok(fields)
    }

    fn consumer(&self) -> MemoryConsumer {
        self.pool.consumer("picture")
    }
}

impl Job {
    fn stream(&self) -> MutexGuard<'_, Stream> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watched<T: Send>(
        &self,
        py: Python<'_>,
        total: Option<u64>,
        pipe: Option<&Cancel>,
        work: impl FnOnce() -> Result<T, CoreError> + Send,
    ) -> PyResult<T> {
        let glance = |py: Python<'_>| match &self.glance {
            Some(callable) => callable.call1(py, (self.told.progress.rows(), total)).map(drop),
            None => Ok(()),
        };
        let stop = || {
            self.told.options.cancel.cancel();
            pipe.inspect(|pipe| pipe.cancel());
        };
        watched(py, stop, glance, work)
    }

    fn aggregate(&self, folded: Folded) -> Drawn {
        let consumer = self.told.consumer();
        match folded {
            Folded::Whole(inner, _, threads) if matches!(inner.reduction, Reduction::Summary(_)) => {
                let part = |(name, inner)| {
                    let consumer = consumer.clone();
                    (name, Aggregate { inner: Arc::new(inner), layout: None, threads, consumer })
                };
                Drawn::Several(inner.into_parts().into_iter().map(part).collect())
            }
            Folded::Whole(inner, layout, threads) => {
                Drawn::Whole(Aggregate { inner: Arc::new(inner), layout, threads, consumer })
            }
            Folded::Tiled(inner, threads) => Drawn::Tiled(TiledAggregate::new(inner, threads, consumer)),
        }
    }
}

#[pymethods]
impl Job {
    #[new]
    #[allow(clippy::too_many_arguments)]
    fn new(
        mark: Mark,
        reduction: &Bound<'_, PyTuple>,
        width: usize,
        height: usize,
        x_range: Option<(AxisValue, AxisValue)>,
        y_range: Option<(AxisValue, AxisValue)>,
        x_scale: &str,
        y_scale: &str,
        threads: Option<usize>,
        memory: Option<&str>,
        exact: bool,
        tiled: Option<bool>,
        progress: Option<Py<PyAny>>,
        page: Option<PageSpec>,
    ) -> PyResult<Self> {
        let whole = page.as_ref().and_then(PageSpec::pool);
        let pool = match (memory, whole) {
            (Some(memory), Some(whole)) => {
                whole.child("layer", parse_budget(memory)?).map_err(CoreError::from)?
            }
            (None, Some(whole)) => whole.clone(),
            (memory, None) => pool_within(memory, "drawing")?,
        };
        let counted = Arc::new(Progress::default());
        let mut options = Options::new(pool.consumer("canvas"));
        options.threads = threads;
        options.cancel = Cancel::default();
        options.progress = Some(counted.clone());
        options.picture_bytes = page.as_ref().map_or(0, PageSpec::picture_bytes);
        let axes = [
            AxisArguments::new("x", mark.x().into(), width, x_range, x_scale),
            AxisArguments::new("y", mark.y().into(), height, y_range, y_scale),
        ];
        let reduction = reduction::read(reduction)?;
        let told = Told {
            axes,
            mark,
            reduction,
            exact,
            tiled,
            page,
            placed: false,
            options,
            progress: counted,
            pool,
        };
        Ok(Self { told, glance: progress, stream: Mutex::new(Stream::Untouched), kinds: OnceLock::new() })
    }

    /// Draw a source that can be read again.
    fn draw(&self, py: Python<'_>, source: &Source) -> PyResult<Drawn> {
        let (told, inner) = (&self.told, &source.inner);
        let folded = self.watched(py, inner.rows(), Some(&source.cancel), || told.draw(inner.as_ref()))?;
        Ok(self.aggregate(folded))
    }

    /// Fold one more part of a stream.
    fn consume(&self, py: Python<'_>, source: &Source) -> PyResult<()> {
        let (told, part) = (&self.told, source.inner.as_ref());
        self.watched(py, None, Some(&source.cancel), || {
            let kinds = told.mark().kinds(part.schema())?;
            let first = self.kinds.get_or_init(|| kinds.clone());
            for ((axis, kind), first) in told.axes.iter().zip(&kinds).zip(first) {
                axis.same_kind(kind, first, &part.name())?;
            }
            let mut stream = self.stream();
            if let Stream::Untouched = *stream {
                *stream = told.begin(part)?;
            }
            match &mut *stream {
                Stream::Untouched => {}
                Stream::Folding(fold, _) => fold.consume(part)?,
                Stream::Tiled(fold) => fold.consume(part)?,
                Stream::Growing(fold, _) => fold.consume(part)?,
                Stream::Spooled(spool) => spool.fill(part, SPOOLED_ROWS, &told.options.cancel)?,
            }
            Ok(())
        })
    }

    /// The aggregate of a stream that has ended.
    fn finish(&self, py: Python<'_>) -> PyResult<Drawn> {
        let told = &self.told;
        let folded = self.watched(py, None, None, || {
            match std::mem::replace(&mut *self.stream(), Stream::Untouched) {
                Stream::Untouched => Err(CoreError::Empty("the stream yielded nothing to draw".into())),
                Stream::Folding(fold, layout) => {
                    let threads = fold.threads();
                    Ok(Folded::Whole(fold.finish()?, layout.map(|layout| *layout), threads))
                }
                Stream::Tiled(fold) => {
                    let threads = fold.threads();
                    Ok(Folded::Tiled(fold.finish()?, threads))
                }
                Stream::Spooled(spool) => told.draw(spool.as_ref()),
                Stream::Growing(fold, categories) => {
                    let threads = fold.threads();
                    for (axis, seen) in told.axes.iter().zip(fold.seen()) {
                        if axis.range.is_none() && seen.is_none() {
                            return Err(nothing("the stream".into(), &axis.column, axis.scale));
                        }
                    }
                    let [x, y] = fold.axes();
                    let (canvas, layout) = told.canvas([x.range, y.range], [x.kind, y.kind], categories)?;
                    Ok(Folded::Whole(fold.finish_on(&canvas)?, layout, threads))
                }
            }
        })?;
        if folded.rows() == 0 {
            return Err(CoreError::Empty("the stream has no rows to draw".into()).into());
        }
        Ok(self.aggregate(folded))
    }

    /// What the axes show of a source that can be read again.
    fn ranges(&self, py: Python<'_>, source: &Source) -> PyResult<Ranges> {
        let (told, inner) = (&self.told, &source.inner);
        self.watched(py, None, Some(&source.cancel), || told.ranges(inner.as_ref()))
    }

    /// What they show of a stream that has ended and was kept.
    fn kept_ranges(&self, py: Python<'_>) -> PyResult<Ranges> {
        let told = &self.told;
        self.watched(py, None, None, || match &*self.stream() {
            Stream::Spooled(spool) => told.ranges(spool.as_ref()),
            _ => Err(CoreError::Empty("the stream yielded nothing to draw".into())),
        })
    }

    /// Draw a source that can be read again in its place on a page.
    fn draw_on(
        &self,
        py: Python<'_>,
        source: &Source,
        page: &Page,
        axes: usize,
        layer: usize,
    ) -> PyResult<Drawn> {
        let (told, inner) = (self.told.at(page, (axes, layer)), &source.inner);
        let folded = self.watched(py, inner.rows(), Some(&source.cancel), || told.draw(inner.as_ref()))?;
        Ok(self.aggregate(folded))
    }

    /// Draw a stream that has ended and was kept in its place on a page.
    fn finish_on(&self, py: Python<'_>, page: &Page, axes: usize, layer: usize) -> PyResult<Drawn> {
        let told = self.told.at(page, (axes, layer));
        let folded = self.watched(py, None, None, || {
            match std::mem::replace(&mut *self.stream(), Stream::Untouched) {
                Stream::Spooled(spool) => told.draw(spool.as_ref()),
                _ => Err(CoreError::Empty("the stream yielded nothing to draw".into())),
            }
        })?;
        Ok(self.aggregate(folded))
    }

    /// The plan of drawing `source`, as a table.
    fn explain(&self, py: Python<'_>, source: &Source) -> PyResult<String> {
        let (told, inner) = (&self.told, &source.inner);
        self.watched(py, None, Some(&source.cancel), || {
            let Fitted { canvas, options, .. } = told.fitted(inner.as_ref())?;
            let (source, reduction) = (inner.as_ref(), &told.reduction);
            let plan = match told.in_tiles(&canvas) {
                Some((x, y)) => Plan::for_tiled_points(source, &canvas, x, y, reduction, &options)?,
                None => told.mark().plan(source, &canvas, reduction, &options)?,
            };
            Ok(format!("canvas {} x {} pixels\n{plan}", canvas.x.pixels, canvas.y.pixels))
        })
    }

    /// Let go of what a stream left.
    fn close(&self) {
        *self.stream() = Stream::Untouched;
    }
}

fn no_rows(name: &str) -> CoreError {
    CoreError::Empty(format!("{name}: there are no rows to draw"))
}

fn nothing(name: String, column: &str, scale: Scale) -> CoreError {
    let above = if scale == Scale::Log { " above 0" } else { "" };
    CoreError::Empty(format!(
        "{name}: column {column:?} has no finite value{above}; there is nothing to draw"
    ))
}

/// Categories that the first batch shows, so that a legend's room can be measured before the data is drawn.
fn first_categories(
    source: &dyn drypoint_stream::Source,
    reduction: &Reduction,
    options: &Options,
) -> Result<Vec<String>, CoreError> {
    const MOST: usize = 200;
    let Some(categories) = reduction.categories() else { return Ok(Vec::new()) };
    if categories.computed().is_some() {
        return Ok(categories.names());
    }
    let column = categories.column();
    let place = source.schema().index_of(column)?;
    if source.one_shot() || source.schema().fields[place].data_type != DataType::Text {
        return Ok(Vec::new());
    }
    let request = drypoint_stream::Request {
        columns: vec![place],
        batch_rows: 4096,
        readers: 1,
        consumer: options.consumer.clone(),
        cancel: options.cancel.clone(),
    };
    let scan = source.scan(&request)?;
    let mut reader = scan.reader()?;
    let Some(batch) = reader.next()? else { return Ok(Vec::new()) };
    let mut names: Vec<String> = Vec::new();
    let word = |row: usize| match batch.columns[0].values {
        drypoint_stream::Values::Text(text) => Some(text.get(row)),
        drypoint_stream::Values::Dictionary { codes, words } => Some(words.get(codes[row] as usize)),
        _ => None,
    };
    for row in 0..batch.rows {
        if batch.columns[0].validity.is_some_and(|validity| !validity.is_valid(row)) {
            continue;
        }
        let Some(bytes) = word(row) else { break };
        if names.len() < MOST && !names.iter().any(|name| name.as_bytes() == bytes) {
            let name = std::str::from_utf8(bytes).map_err(|_| StreamError::Corrupt {
                name: source.name(),
                what: format!("column {column:?} is not UTF-8"),
            })?;
            names.push(name.to_string());
        }
    }
    Ok(names)
}
