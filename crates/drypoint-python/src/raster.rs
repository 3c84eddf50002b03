//! Images drawn to a canvas: arrays lent by Python, and tiles that Python reads.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use drypoint_canvas::{
    Axis, AxisKind, Canvas, Edges, GivenRaster, Image, Method, Options, Progress, Scale, colors, raster,
};
use drypoint_figure::{Color, Pixels, Pixmap as Picture};
use drypoint_memory::{Buffer, MemoryConsumer, MemoryPool};
use drypoint_stream::Cancel;
use pyo3::prelude::*;

use crate::aggregate::Aggregate;
use crate::chunked::Chunked;
use crate::error::CoreError;
use crate::memory::{pool_within, process_pool};
use crate::pixmap::Pixmap;
use crate::raw::Loan;
use crate::watch::{detached, watched};

/// Rows and columns, from and to.
type Bounds = (usize, usize, usize, usize);

/// An image that is described but not drawn.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Raster {
    canvas: Canvas,
    edges: Edges,
    method: Method,
    options: Options,
    progress: Arc<Progress>,
    pool: MemoryPool,
    glance: Option<Py<PyAny>>,
    /// Where Python gives the tiles: what has become of them.
    given: Mutex<Option<GivenRaster>>,
}

impl Raster {
    fn watched<T: Send>(
        &self,
        py: Python<'_>,
        total: Option<u64>,
        work: impl FnOnce() -> Result<T, CoreError> + Send,
    ) -> PyResult<T> {
        let glance = |py: Python<'_>| match &self.glance {
            Some(callable) => callable.call1(py, (self.progress.rows(), total)).map(drop),
            None => Ok(()),
        };
        watched(py, || self.options.cancel.cancel(), glance, work)
    }

    fn given(&self) -> MutexGuard<'_, Option<GivenRaster>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn consumer(&self) -> MemoryConsumer {
        self.pool.consumer("picture")
    }

    fn pixmap(&self, rgba: Buffer<u8>) -> Pixmap {
        let (width, height) = (self.canvas.x.pixels, self.canvas.y.pixels);
        Pixmap::new(Picture { width, height, pixels: Pixels::Rgba(rgba) }, &self.consumer())
    }

    fn aggregate(&self, inner: drypoint_canvas::Aggregate) -> Aggregate {
        Aggregate { inner: Arc::new(inner), layout: None, threads: 0, consumer: self.consumer() }
    }
}

/// An image of the memory that an array lends. `mapped` says that it is a shared mapping of a file.
pub(crate) fn lent(array: &Bound<'_, PyAny>, name: &str, dtype: &str, mapped: bool) -> PyResult<Image> {
    let loan = Arc::new(Loan::new(array)?);
    let (shape, strides) = (loan.buffer().shape().to_vec(), loan.buffer().strides().to_vec());
    let image = Image::in_memory(name, dtype, &shape, &strides, loan.first_byte, loan.clone());
    let image = image.map_err(CoreError::from)?;
    if !mapped {
        return Ok(image);
    }
    // SAFETY: the caller has looked at the mapping.
    Ok(image.letting_go(Arc::new(move |bytes| unsafe { loan.let_go(bytes) })))
}

#[pymethods]
impl Raster {
    #[new]
    #[allow(clippy::too_many_arguments)]
    fn new(
        width: usize,
        height: usize,
        x_range: (f64, f64),
        y_range: (f64, f64),
        x_scale: &str,
        y_scale: &str,
        edges: ((f64, f64), (f64, f64)),
        method: &str,
        threads: Option<usize>,
        memory: Option<&str>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let pool = pool_within(memory, "drawing")?;
        let counted = Arc::new(Progress::default());
        let mut options = Options::new(pool.consumer("canvas"));
        options.threads = threads;
        options.cancel = Cancel::default();
        options.progress = Some(counted.clone());
        let axis = |pixels, range, scale: &str| Axis {
            pixels,
            range,
            scale: if scale == "log" { Scale::Log } else { Scale::Linear },
            kind: AxisKind::Number,
        };
        let canvas = Canvas { x: axis(width, x_range, x_scale), y: axis(height, y_range, y_scale) };
        let method = Method::parse(method)
            .ok_or_else(|| CoreError::Argument(format!("there is no method {method:?} to draw images")))?;
        let edges = Edges { x: edges.0, y: edges.1 };
        let given = Mutex::new(None);
        Ok(Self { canvas, edges, method, options, progress: counted, pool, glance: progress, given })
    }

    /// Draw an array that lends its memory.
    fn array(
        &self,
        py: Python<'_>,
        array: &Bound<'_, PyAny>,
        name: &str,
        dtype: &str,
        mapped: bool,
    ) -> PyResult<Aggregate> {
        let image = lent(array, name, dtype, mapped)?;
        let drawn = self.watched(py, None, || {
            Ok(raster(&self.canvas, &image, &self.edges, self.method, &self.options)?)
        })?;
        Ok(self.aggregate(drawn))
    }

    /// Draw an array that is read chunk by chunk.
    fn chunked(&self, py: Python<'_>, array: &Chunked) -> PyResult<Aggregate> {
        let drawn = self.watched(py, None, || {
            let image = Image::chunked(array.inner.clone())?;
            Ok(raster(&self.canvas, &image, &self.edges, self.method, &self.options)?)
        })?;
        Ok(self.aggregate(drawn))
    }

    /// Draw an array of colours that is read chunk by chunk.
    fn chunked_colors(&self, py: Python<'_>, array: &Chunked) -> PyResult<Pixmap> {
        let drawn = self.watched(py, None, || {
            let image = Image::chunked(array.inner.clone())?;
            Ok(colors(&self.canvas, &image, &self.edges, self.method, &self.options)?)
        })?;
        Ok(self.pixmap(drawn))
    }

    /// Draw an array of colours that lends its memory.
    fn colors(
        &self,
        py: Python<'_>,
        array: &Bound<'_, PyAny>,
        name: &str,
        dtype: &str,
        mapped: bool,
    ) -> PyResult<Pixmap> {
        let image = lent(array, name, dtype, mapped)?;
        let drawn = self.watched(py, None, || {
            Ok(colors(&self.canvas, &image, &self.edges, self.method, &self.options)?)
        })?;
        Ok(self.pixmap(drawn))
    }

    /// Begin a picture whose tiles Python reads: boxes of chunks of a size, or strips from the first row on.
    fn begin(
        &self,
        py: Python<'_>,
        name: &str,
        dtype: &str,
        shape: Vec<usize>,
        chunk: (usize, usize),
        strips: bool,
    ) -> PyResult<()> {
        let begun = self.watched(py, None, || {
            let image = Image::given(name, dtype, &shape, chunk)?;
            Ok(GivenRaster::new(&self.canvas, image, &self.edges, self.method, strips, &self.options)?)
        })?;
        *self.given() = Some(begun);
        Ok(())
    }

    /// The box to give next.
    fn next_box(&self) -> Option<Bounds> {
        let (rows, columns) = self.given().as_ref()?.next_box()?;
        Some((rows.start, rows.end, columns.start, columns.end))
    }

    /// Give the next box or strip.
    fn give(&self, py: Python<'_>, array: &Bound<'_, PyAny>, name: &str, dtype: &str) -> PyResult<()> {
        let tile = lent(array, name, dtype, false)?;
        self.watched(py, None, || match self.given().as_mut() {
            Some(given) => Ok(given.give(&tile)?),
            None => Err(CoreError::Closed("this picture was finished".into())),
        })
    }

    /// The picture of all that was given.
    fn finish(&self, py: Python<'_>) -> PyResult<Aggregate> {
        let given = self.given().take();
        let given = given.ok_or_else(|| CoreError::Closed("this picture was finished".into()))?;
        let drawn = self.watched(py, None, || Ok(given.finish()?))?;
        Ok(self.aggregate(drawn))
    }
}

/// The pixels of an array of bytes as they are.
#[pyfunction]
pub(crate) fn pixels(py: Python<'_>, array: &Bound<'_, PyAny>) -> PyResult<Pixmap> {
    let image = lent(array, "frame", "|u1", false)?;
    let consumer = process_pool()?.consumer("picture");
    let made = detached(py, || Ok(drypoint_canvas::pixels(&image, &consumer)?))?;
    let (height, width, _) = image.shape();
    Ok(Pixmap::new(Picture { width, height, pixels: Pixels::Rgba(made) }, &consumer))
}

/// A colour by its name or its digits: red, green, blue and opacity.
#[pyfunction]
pub(crate) fn color(text: &str) -> PyResult<(u8, u8, u8, u8)> {
    let Color { r, g, b, a } = text.parse().map_err(CoreError::from)?;
    Ok((r, g, b, a))
}
