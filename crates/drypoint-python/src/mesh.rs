//! Meshes drawn to a canvas: triangles between vertices, and arrays whose rows and columns are not even.
//!
//! Both are drawn in two steps, because ranges that are not given are found before a canvas has its size: the places come
//! first, the values after them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use drypoint_canvas::{
    Axis, AxisKind, Breaks, Canvas, GridOfQuads, Image, MeshVertices, Method, Options, Progress, Reduction,
    Scale, TrimeshFold, quadmesh,
};
use drypoint_memory::MemoryPool;
use drypoint_stream::{Cancel, DataType, Extent, TimeUnit};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::aggregate::Aggregate;
use crate::chunked::Chunked;
use crate::error::CoreError;
use crate::memory::pool_within;
use crate::page::Ranges;
use crate::raster::lent;
use crate::reduction;
use crate::source::Source;
use crate::watch::{detached, watched};

/// What all drawing of a mesh runs with.
pub(crate) struct Running {
    pub(crate) options: Options,
    progress: Arc<Progress>,
    pub(crate) pool: MemoryPool,
    glance: Option<Py<PyAny>>,
}

impl Running {
    pub(crate) fn new(
        threads: Option<usize>,
        memory: Option<&str>,
        glance: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let pool = pool_within(memory, "drawing")?;
        let progress = Arc::new(Progress::default());
        let mut options = Options::new(pool.consumer("canvas"));
        options.threads = threads;
        options.cancel = Cancel::default();
        options.progress = Some(progress.clone());
        Ok(Self { options, progress, pool, glance })
    }

    pub(crate) fn watched<T: Send>(
        &self,
        py: Python<'_>,
        source: Option<&Source>,
        work: impl FnOnce() -> Result<T, CoreError> + Send,
    ) -> PyResult<T> {
        let total = source.and_then(|source| source.inner.rows());
        let glance = |py: Python<'_>| match &self.glance {
            Some(callable) => callable.call1(py, (self.progress.rows(), total)).map(drop),
            None => Ok(()),
        };
        let stop = || {
            self.options.cancel.cancel();
            source.inspect(|source| source.cancel.cancel());
        };
        watched(py, stop, glance, work)
    }

    pub(crate) fn aggregate(&self, inner: drypoint_canvas::Aggregate, threads: usize) -> Aggregate {
        let consumer = self.pool.consumer("picture");
        Aggregate { inner: Arc::new(inner), layout: None, threads, consumer }
    }
}

pub(crate) fn locked<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn scale_of(name: &str) -> Scale {
    if name == "log" { Scale::Log } else { Scale::Linear }
}

/// Axes as Python tells them: pixels, range, scale and the unit of instants.
type AxisTuple = (usize, (f64, f64), String, Option<String>);

fn axis((pixels, range, scale, unit): AxisTuple) -> Axis {
    let unit = unit.as_deref().and_then(|unit| UNITS.iter().find(|(name, _)| *name == unit));
    let kind = match unit {
        Some((_, unit)) => AxisKind::Time { unit: *unit, zone: None },
        None => AxisKind::Number,
    };
    Axis { pixels, range, scale: scale_of(&scale), kind }
}

pub(crate) const UNITS: [(&str, TimeUnit); 5] = [
    ("D", TimeUnit::Day),
    ("s", TimeUnit::Second),
    ("ms", TimeUnit::Millisecond),
    ("us", TimeUnit::Microsecond),
    ("ns", TimeUnit::Nanosecond),
];

/// The ranges that show all: of each axis its extent, widened where it has no width.
fn ranges(
    extents: [Option<Extent>; 2],
    scales: [Scale; 2],
    units: &[Option<&'static str>; 2],
) -> [Option<(f64, f64)>; 2] {
    let mut found = [None; 2];
    for place in 0..2 {
        let kind = axis((1, (0.0, 1.0), String::new(), units[place].map(Into::into))).kind;
        found[place] = extents[place].map(|extent| Axis::around(1, Some(extent), scales[place], kind).range);
    }
    found
}

/// What a layer of such axes reaches.
#[pyfunction]
pub(crate) fn ranges_of(x: AxisTuple, y: AxisTuple, told: [bool; 2], categories: Vec<String>) -> Ranges {
    Ranges { axes: [axis(x), axis(y)], told, categories }
}

/// What a layer of an aggregate that is drawn already reaches.
#[pyfunction]
pub(crate) fn ranges_around(aggregate: &Aggregate, told: [bool; 2]) -> Ranges {
    let canvas = &aggregate.inner.canvas;
    let categories = aggregate.inner.categories.clone();
    Ranges { axes: [canvas.x.clone(), canvas.y.clone()], told, categories }
}

/// The cells of an aggregate, as large as the axes of a page; kinds of axes are kept.
#[pyfunction]
pub(crate) fn enlarged(
    py: Python<'_>,
    aggregate: &Aggregate,
    size: (usize, usize),
    x_range: (f64, f64),
    y_range: (f64, f64),
) -> PyResult<Aggregate> {
    let held = &aggregate.inner.canvas;
    let fit = |axis: &Axis, pixels, range| Axis { pixels, range, ..axis.clone() };
    let canvas = Canvas { x: fit(&held.x, size.0, x_range), y: fit(&held.y, size.1, y_range) };
    let inner = detached(py, || Ok(aggregate.inner.enlarged(&canvas, &aggregate.consumer)?))?;
    Ok(Aggregate { inner: Arc::new(inner), layout: None, threads: 0, consumer: aggregate.consumer.clone() })
}

/// A histogram as bars on the pixels of axes: heights of the bins of each category, one after the other.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub(crate) fn bars(
    py: Python<'_>,
    x: AxisTuple,
    y: AxisTuple,
    edges: Vec<f64>,
    heights: Vec<f64>,
    by: Option<(String, Vec<String>)>,
    stacked: bool,
    gap: usize,
    rows: (u64, u64),
    memory: Option<&str>,
) -> PyResult<Aggregate> {
    let canvas = Canvas { x: axis(x), y: axis(y) };
    let consumer = pool_within(memory, "drawing")?.consumer("picture");
    let inner = detached(py, || {
        let by = by.as_ref().map(|(column, categories)| (column.as_str(), &categories[..]));
        let mut made = drypoint_canvas::bars(&canvas, &edges, &heights, by, stacked, gap, &consumer)?;
        // Those that were counted: the bars themselves have none.
        (made.rows, made.skipped) = rows;
        Ok(made)
    })?;
    Ok(Aggregate { inner: Arc::new(inner), layout: None, threads: 0, consumer })
}

/// Ranges of x and y, and the unit of each where it holds instants.
type Placed = ([Option<(f64, f64)>; 2], [Option<&'static str>; 2]);

/// Triangles between vertices.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Trimesh {
    running: Running,
    x: String,
    y: String,
    state: Mutex<Stage>,
}

/// What a mesh of triangles has so far.
struct Stage {
    vertices: Option<MeshVertices>,
    units: [Option<&'static str>; 2],
    fold: Option<TrimeshFold>,
}

#[pymethods]
impl Trimesh {
    #[new]
    fn new(
        x: String,
        y: String,
        value: Option<&str>,
        threads: Option<usize>,
        memory: Option<&str>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let running = Running::new(threads, memory, progress)?;
        let vertices = MeshVertices::new(&x, &y, value, &running.options);
        let state = Mutex::new(Stage { vertices: Some(vertices), units: [None; 2], fold: None });
        Ok(Self { running, x, y, state })
    }

    /// Take the vertices of a source, or of a part of one.
    fn extend(&self, py: Python<'_>, source: &Source) -> PyResult<()> {
        self.running.watched(py, Some(source), || {
            let mut state = locked(&self.state);
            let schema = source.inner.schema();
            for (place, column) in [&self.x, &self.y].into_iter().enumerate() {
                state.units[place] = match &schema.fields[schema.index_of(column)?].data_type {
                    DataType::Time { unit, .. } => {
                        UNITS.iter().find(|(_, known)| known == unit).map(|(name, _)| *name)
                    }
                    _ => None,
                };
            }
            match &mut state.vertices {
                Some(vertices) => Ok(vertices.extend(source.inner.as_ref())?),
                None => Err(finished()),
            }
        })
    }

    /// The ranges of all vertices; none where no vertex has a place.
    fn placed(&self, py: Python<'_>, x_scale: &str, y_scale: &str) -> PyResult<Placed> {
        let scales = [scale_of(x_scale), scale_of(y_scale)];
        self.running.watched(py, None, || {
            let state = locked(&self.state);
            let vertices = state.vertices.as_ref().ok_or_else(finished)?;
            Ok((ranges(vertices.extents(scales), scales, &state.units), state.units))
        })
    }

    /// Begin the fold of triangles.
    fn begin(
        &self,
        py: Python<'_>,
        x: AxisTuple,
        y: AxisTuple,
        corners: (String, String, String),
        reduction: &Bound<'_, PyTuple>,
        interpolate: bool,
    ) -> PyResult<()> {
        let reduction = reduction::read(reduction)?;
        let canvas = Canvas { x: axis(x), y: axis(y) };
        self.running.watched(py, None, || {
            let mut state = locked(&self.state);
            let vertices = state.vertices.take().ok_or_else(finished)?;
            let (a, b, c) = &corners;
            let options = &self.running.options;
            state.fold =
                Some(TrimeshFold::new(&canvas, vertices, [a, b, c], &reduction, interpolate, options)?);
            Ok(())
        })
    }

    /// Fold the triangles of a source, or of a part of one.
    fn consume(&self, py: Python<'_>, source: &Source) -> PyResult<()> {
        self.running.watched(py, Some(source), || match &mut locked(&self.state).fold {
            Some(fold) => Ok(fold.consume(source.inner.as_ref())?),
            None => Err(finished()),
        })
    }

    /// What folding a source will hold, as a table.
    fn explain(&self, py: Python<'_>, source: &Source) -> PyResult<String> {
        self.running.watched(py, Some(source), || match &locked(&self.state).fold {
            Some(fold) => Ok(fold.plan(source.inner.as_ref())?.to_string()),
            None => Err(finished()),
        })
    }

    /// The aggregate of all triangles.
    fn finish(&self, py: Python<'_>) -> PyResult<Aggregate> {
        let (drawn, threads) = self.running.watched(py, None, || {
            let fold = locked(&self.state).fold.take().ok_or_else(finished)?;
            let threads = fold.threads();
            Ok((fold.finish()?, threads))
        })?;
        Ok(self.running.aggregate(drawn, threads))
    }

    /// Let go of vertices and cells.
    fn close(&self) {
        *locked(&self.state) = Stage { vertices: None, units: [None; 2], fold: None };
    }
}

fn finished() -> CoreError {
    CoreError::Closed("this mesh was finished".into())
}

/// An array of a mesh: one that is read chunk by chunk, or one that lends its memory (with its name, its type, and whether
/// its memory is that of a file).
#[derive(FromPyObject)]
enum Items<'py> {
    Chunked(PyRef<'py, Chunked>),
    Lent((Bound<'py, PyAny>, String, String, bool)),
}

impl Items<'_> {
    fn image(&self) -> PyResult<Image> {
        Ok(match self {
            Self::Chunked(array) => Image::chunked(array.inner.clone()).map_err(CoreError::from)?,
            Self::Lent((array, name, dtype, mapped)) => lent(array, name, dtype, *mapped)?,
        })
    }
}

/// An array whose items lie between edges or corners.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Quadmesh {
    running: Running,
    image: Image,
    grid: GridOfQuads,
}

#[pymethods]
impl Quadmesh {
    /// Between edges along the axes; `even` says that they are evenly spaced.
    #[staticmethod]
    fn straight(
        values: Items<'_>,
        x: Vec<f64>,
        y: Vec<f64>,
        even: bool,
        threads: Option<usize>,
        memory: Option<&str>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let running = Running::new(threads, memory, progress)?;
        Ok(Self { running, image: values.image()?, grid: GridOfQuads::Straight(Breaks { x, y, even }) })
    }

    /// Between corners, or around centres, that are arrays themselves.
    #[staticmethod]
    fn bent(
        values: Items<'_>,
        x: Items<'_>,
        y: Items<'_>,
        threads: Option<usize>,
        memory: Option<&str>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let running = Running::new(threads, memory, progress)?;
        let image = values.image()?;
        let grid = GridOfQuads::bent(x.image()?, y.image()?, &image).map_err(CoreError::from)?;
        Ok(Self { running, image, grid })
    }

    /// The ranges of all edges or corners.
    fn placed(&self, py: Python<'_>, x_scale: &str, y_scale: &str) -> PyResult<[Option<(f64, f64)>; 2]> {
        let scales = [scale_of(x_scale), scale_of(y_scale)];
        let uncounted = Options { progress: None, ..self.running.options.clone() };
        self.running
            .watched(py, None, || Ok(ranges(self.grid.extents(scales, &uncounted)?, scales, &[None; 2])))
    }

    /// Fold all values into the pixels of a canvas.
    fn draw(
        &self,
        py: Python<'_>,
        x: AxisTuple,
        y: AxisTuple,
        reduction: &Bound<'_, PyTuple>,
    ) -> PyResult<Aggregate> {
        let name: String = reduction.get_item(0)?.extract()?;
        let reduction = if name == "mode" {
            Reduction::Resampled(Method::Mode, reduction.get_item(1)?.extract()?)
        } else {
            reduction::read(reduction)?
        };
        let canvas = Canvas { x: axis(x), y: axis(y) };
        let drawn = self.running.watched(py, None, || {
            Ok(quadmesh(&canvas, &self.image, &self.grid, &reduction, &self.running.options)?)
        })?;
        Ok(self.running.aggregate(drawn, 0))
    }
}
