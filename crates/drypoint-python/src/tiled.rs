//! Tiled aggregates as Python sees them: parts and coarser ones of them are arrays, they themselves are not.

use std::path::PathBuf;
use std::sync::Arc;

use drypoint_canvas::{Reduced, Reduction, TiledAggregate as Inner};
use drypoint_figure::{FolderSink, PmtilesSink, shade_tiled, write_pyramid};
use drypoint_memory::{MemoryConsumer, MemoryPool};
use drypoint_stream::Cancel;
use pyo3::prelude::*;

use crate::aggregate::Aggregate;
use crate::error::CoreError;
use crate::pixmap::Pixmap;
use crate::shading::ShadingSpec;
use crate::watch::watched;

/// Folded pixels in tiles.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct TiledAggregate {
    inner: Arc<Inner>,
    threads: usize,
    /// The account that pictures and parts of it are taken from.
    consumer: MemoryConsumer,
}

/// An aggregate of either kind.
#[derive(IntoPyObject)]
#[allow(clippy::large_enum_variant)] // Made once, and taken apart at once.
pub(crate) enum Drawn {
    Whole(Aggregate),
    Tiled(TiledAggregate),
}

impl TiledAggregate {
    pub(crate) fn new(inner: Inner, threads: usize, consumer: MemoryConsumer) -> Self {
        Self { inner: Arc::new(inner), threads, consumer }
    }

    pub(crate) fn bare(inner: Inner) -> Self {
        Self::new(inner, 0, MemoryPool::process().consumer("picture"))
    }

    /// Run `work` until it is done or Ctrl-C is pressed.
    fn long<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&Inner, &MemoryConsumer, &Cancel) -> Result<T, CoreError> + Send,
    ) -> PyResult<T> {
        let cancel = Cancel::default();
        let (inner, consumer) = (&*self.inner, &self.consumer);
        watched(py, || cancel.cancel(), |_| Ok(()), || work(inner, consumer, &cancel))
    }

    /// The counts of an aggregate that is held as a whole.
    pub(crate) fn from_whole(py: Python<'_>, whole: &Aggregate) -> PyResult<Self> {
        let cancel = Cancel::default();
        let tiles = whole.consumer.pool().consumer("tiles");
        let work = || Ok(Inner::from_whole(&whole.inner, &tiles, &cancel)?);
        let inner = watched(py, || cancel.cancel(), |_| Ok(()), work)?;
        Ok(Self::new(inner, whole.threads, whole.consumer.clone()))
    }

    fn drawn(reduced: Reduced) -> Drawn {
        match reduced {
            Reduced::Whole(inner) => Drawn::Whole(Aggregate::bare(inner)),
            Reduced::Tiled(inner) => Drawn::Tiled(Self::bare(inner)),
        }
    }
}

#[pymethods]
impl TiledAggregate {
    #[getter]
    fn shape(&self) -> (usize, usize) {
        (self.inner.height(), self.inner.width())
    }

    #[getter]
    fn dtype(&self, py: Python<'_>) -> PyResult<&'static str> {
        Ok(match self.long(py, |inner, _, _| Ok(inner.cell_bytes()?))? {
            _ if matches!(self.inner.reduction, Reduction::Any(_)) => "bool",
            8 => "uint64",
            _ => "uint32",
        })
    }

    #[getter]
    fn x_range(&self) -> (f64, f64) {
        self.inner.canvas.x.range
    }

    #[getter]
    fn y_range(&self) -> (f64, f64) {
        self.inner.canvas.y.range
    }

    #[getter]
    fn rows(&self) -> u64 {
        self.inner.rows
    }

    #[getter]
    fn skipped(&self) -> u64 {
        self.inner.skipped
    }

    #[getter]
    fn nbytes(&self) -> u64 {
        self.inner.stored_bytes()
    }

    #[getter]
    fn nbytes_spilled(&self) -> u64 {
        self.inner.spilled_bytes()
    }

    #[getter]
    fn nbytes_dense(&self, py: Python<'_>) -> PyResult<u128> {
        let cell = self.long(py, |inner, _, _| Ok(inner.cell_bytes()?))?;
        Ok(self.inner.width() as u128 * self.inner.height() as u128 * cell as u128)
    }

    #[getter]
    fn tiles(&self) -> u64 {
        self.inner.tiles()
    }

    #[getter]
    fn threads(&self) -> usize {
        self.threads
    }

    #[getter]
    fn reduction(&self) -> String {
        self.inner.reduction.to_string()
    }

    /// Both, folded together.
    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        let right = other.inner.clone();
        Ok(Self::bare(self.long(py, move |left, _, cancel| Ok(left.merge(&right, cancel)?))?))
    }

    /// The pixels of columns `left .. right` and rows `low .. high`.
    fn crop(
        &self,
        py: Python<'_>,
        left: usize,
        right: usize,
        low: usize,
        high: usize,
    ) -> PyResult<Aggregate> {
        let whole = self.long(py, move |inner, consumer, cancel| {
            Ok(inner.crop(left..right, low..high, consumer, cancel)?)
        })?;
        Ok(Aggregate::bare(whole))
    }

    /// Blocks of `2^level` pixels along each side as one pixel.
    fn level(&self, py: Python<'_>, level: u32) -> PyResult<Drawn> {
        let reduced =
            self.long(py, move |inner, consumer, cancel| Ok(inner.level(level, consumer, cancel)?))?;
        Ok(Self::drawn(reduced))
    }

    /// A window of at most so many pixels.
    fn zoom(
        &self,
        py: Python<'_>,
        x_range: Option<(f64, f64)>,
        y_range: Option<(f64, f64)>,
        width: usize,
        height: usize,
    ) -> PyResult<Drawn> {
        let reduced = self.long(py, move |inner, consumer, cancel| {
            Ok(inner.zoom(x_range, y_range, (width, height), consumer, cancel)?)
        })?;
        Ok(Self::drawn(reduced))
    }

    /// A picture of all of it.
    fn shade(&self, py: Python<'_>, shading: &ShadingSpec) -> PyResult<Pixmap> {
        let shading = shading.of_categories(None, "light", 1.0)?;
        let shaded =
            self.long(py, |inner, consumer, cancel| Ok(shade_tiled(inner, &shading, consumer, cancel)?))?;
        Ok(Pixmap::new(shaded.pixmap, &self.consumer))
    }

    /// Write an image pyramid to a folder, or to a PMTiles file. Returns its tiles.
    fn pyramid(&self, py: Python<'_>, path: PathBuf, pmtiles: bool, shading: &ShadingSpec) -> PyResult<u64> {
        let shading = shading.of_categories(None, "light", 1.0)?;
        self.long(py, |inner, consumer, cancel| {
            Ok(if pmtiles {
                let sink = PmtilesSink::create(&path, consumer)?;
                write_pyramid(inner, &shading, sink, consumer, cancel)?
            } else {
                write_pyramid(inner, &shading, FolderSink::create(&path)?, consumer, cancel)?
            })
        })
    }

    /// Write tiles, ranges and what merging needs.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.long(py, |inner, _, cancel| Ok(inner.save(&path, cancel)?))
    }
}
