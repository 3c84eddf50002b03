//! Aggregates as Python sees them: arrays lent without a copy.

use std::ffi::{CStr, c_int};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use drypoint_canvas::{Aggregate as Inner, Axis, AxisKind, CanvasError, Cells, Loaded, Reduction, Scale};
use drypoint_figure::{Layout, Part, shade_part};
use drypoint_memory::{MemoryConsumer, MemoryPool};
use drypoint_stream::{Cancel, StreamError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::memory::process_pool;
use crate::pixmap::Pixmap;
use crate::raw;
use crate::shading::ShadingSpec;
use crate::tiled::{Drawn, TiledAggregate};
use crate::watch::{detached, watched};

/// Folded pixels.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Aggregate {
    pub(crate) inner: Arc<Inner>,
    /// The page it was drawn for.
    pub(crate) layout: Option<Layout>,
    /// Threads that it was drawn on; 0 if it was loaded or merged.
    pub(crate) threads: usize,
    /// The account that pictures of it are taken from.
    pub(crate) consumer: MemoryConsumer,
}

impl Aggregate {
    pub(crate) fn bare(inner: Inner) -> Self {
        let consumer = MemoryPool::process().consumer("picture");
        Self { inner: Arc::new(inner), layout: None, threads: 0, consumer }
    }

    /// The bytes of all planes, the format of a cell and its size.
    fn bytes(&self) -> (&[u8], &'static CStr, usize) {
        match self.inner.all_cells() {
            Cells::Bool(cells) => (cells, c"?", 1),
            Cells::U32(cells) => (bytemuck::cast_slice(cells), c"I", 4),
            Cells::U64(cells) => (bytemuck::cast_slice(cells), c"Q", 8),
            Cells::I64(cells) => (bytemuck::cast_slice(cells), c"q", 8),
            Cells::F64(cells) => (bytemuck::cast_slice(cells), c"d", 8),
        }
    }

    fn is_by(&self) -> bool {
        matches!(self.inner.reduction, Reduction::By(..))
    }
}

#[pymethods]
impl Aggregate {
    #[getter]
    fn shape(&self) -> Vec<usize> {
        let mut shape = vec![self.inner.height(), self.inner.width()];
        if self.is_by() {
            shape.push(self.inner.planes());
        }
        shape.extend(self.inner.reduction.depth());
        shape
    }

    #[getter]
    fn dtype(&self) -> &'static str {
        match self.bytes().1.to_bytes() {
            b"?" => "bool",
            b"I" => "uint32",
            b"Q" => "uint64",
            b"q" => "int64",
            _ => "float64",
        }
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
    fn categories(&self) -> Vec<String> {
        self.inner.categories.clone()
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
    fn nbytes(&self) -> usize {
        self.bytes().0.len()
    }

    #[getter]
    fn threads(&self) -> usize {
        self.threads
    }

    #[getter]
    fn reduction(&self) -> String {
        self.inner.reduction.to_string()
    }

    /// The categories of axis "x" or "y", one for each pixel; empty where it has numbers.
    fn axis_categories(&self, axis: &str) -> Vec<String> {
        let axis = if axis == "x" { &self.inner.canvas.x } else { &self.inner.canvas.y };
        match &axis.kind {
            AxisKind::Categories { names } => names.to_vec(),
            _ => Vec::new(),
        }
    }

    /// The data values at the centres of the pixels of axis "x" or "y".
    fn centres(&self, axis: &str) -> Vec<f64> {
        let axis = if axis == "x" { &self.inner.canvas.x } else { &self.inner.canvas.y };
        (0..axis.pixels).map(|pixel| centre(axis, pixel)).collect()
    }

    /// Values of a pixel, where they are a dimension.
    #[getter]
    fn depth(&self) -> Option<usize> {
        self.inner.reduction.depth()
    }

    /// The same counts in tiles.
    fn tiled(&self, py: Python<'_>) -> PyResult<TiledAggregate> {
        TiledAggregate::from_whole(py, self)
    }

    /// Both, folded together.
    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        let (left, right) = (&self.inner, &other.inner);
        let merged = detached(py, || Ok(left.merge(right, &self.consumer)?))?;
        Ok(Self::bare(merged))
    }

    /// A picture of it, of all cells or of those where `mask`, a byte for each, is not 0.
    #[pyo3(signature = (shading, mask=None, theme="light"))]
    fn shade(
        &self,
        py: Python<'_>,
        shading: &ShadingSpec,
        mask: Option<PyBackedBytes>,
        theme: &str,
    ) -> PyResult<Pixmap> {
        let shaded = detached(py, || {
            let shading = shading.of(&self.inner, theme, 1.0)?;
            let part = Part { mask: mask.as_deref(), plane: None };
            Ok(shade_part(&self.inner, part, &shading, &self.consumer)?)
        })?;
        Ok(Pixmap::new(shaded.pixmap, &self.consumer))
    }

    /// Write cells, ranges and what merging needs.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        detached(py, || Ok(self.inner.save(&path)?))
    }

    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let this = slf.get();
        let (bytes, format, item_bytes) = this.bytes();
        let shape: Vec<isize> = this.shape().into_iter().map(|length| length as isize).collect();
        // Planes lie one after the other; the category is a dimension after the pixels, as in Datashader, and the last
        // are the values of a pixel.
        let strides = if this.is_by() {
            let (height, width) = (this.inner.height(), this.inner.width());
            let depth = this.inner.depth();
            let plane = (height * width * depth * item_bytes) as isize;
            let mut strides =
                vec![(width * depth * item_bytes) as isize, (depth * item_bytes) as isize, plane];
            strides.extend(this.inner.reduction.depth().map(|_| item_bytes as isize));
            strides
        } else {
            raw::row_major(&shape, item_bytes)
        };
        let cells = raw::Cells { bytes, format, item_bytes, shape, strides };
        // SAFETY: the interpreter gave `view`; the planes of an aggregate are never written again nor moved, and live
        // as long as `slf`.
        unsafe { raw::lend(slf.clone().into_any(), view, flags, cells) }
    }

    unsafe fn __releasebuffer__(&self, view: *mut ffi::Py_buffer) {
        // SAFETY: the interpreter releases each view that `__getbuffer__` filled once.
        unsafe { raw::release(view) }
    }
}

fn centre(axis: &Axis, pixel: usize) -> f64 {
    let (start, end) = axis.range;
    let at = (pixel as f64 + 0.5) / axis.pixels as f64;
    match axis.scale {
        Scale::Linear => start + (end - start) * at,
        Scale::Log => 10f64.powf(start.log10() + (end.log10() - start.log10()) * at),
    }
}

/// Read what `save` wrote.
#[pyfunction]
pub(crate) fn load_aggregate(py: Python<'_>, path: PathBuf) -> PyResult<Drawn> {
    let consumer = process_pool()?.consumer("aggregate");
    let cancel = Cancel::default();
    let stop = || cancel.cancel();
    let loaded = watched(
        py,
        stop,
        |_| Ok(()),
        || match Loaded::load(&path, &consumer, &cancel) {
            // Reading is told as it is of any other source.
            Err(CanvasError::Io { path, error }) if error.kind() == ErrorKind::NotFound => {
                Err(StreamError::NotFound { path }.into())
            }
            Err(CanvasError::Io { path, error }) => Err(StreamError::Io { path, error }.into()),
            loaded => Ok(loaded?),
        },
    )?;
    Ok(match loaded {
        Loaded::Whole(inner) => Drawn::Whole(Aggregate::bare(inner)),
        Loaded::Tiled(inner) => Drawn::Tiled(TiledAggregate::bare(inner)),
    })
}
