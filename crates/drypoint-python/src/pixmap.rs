//! Shaded pixels as Python sees them.

use std::path::PathBuf;
use std::sync::Arc;

use drypoint_figure::{
    Blend, CellBlend, Color, Figure, Format, Pixmap as Inner, SpreadShape, spread_cells, spread_px_of_cells,
};
use drypoint_memory::MemoryConsumer;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::aggregate::Aggregate;
use crate::error::CoreError;
use crate::watch::detached;

/// Shaded pixels.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Pixmap {
    pub(crate) inner: Arc<Inner>,
    pub(crate) consumer: MemoryConsumer,
}

impl Pixmap {
    pub(crate) fn new(pixmap: Inner, consumer: &MemoryConsumer) -> Self {
        Self { inner: Arc::new(pixmap), consumer: consumer.clone() }
    }

    fn figure(&self) -> Figure {
        Figure::bare_shared(self.inner.clone(), 1.0)
    }

    /// A picture made of this one.
    fn made(
        &self,
        py: Python<'_>,
        make: impl FnOnce(&Inner, &MemoryConsumer) -> Result<Inner, CoreError> + Send,
    ) -> PyResult<Self> {
        let made = detached(py, || make(&self.inner, &self.consumer))?;
        Ok(Self::new(made, &self.consumer))
    }
}

#[pymethods]
impl Pixmap {
    #[getter]
    fn width(&self) -> usize {
        self.inner.width
    }

    #[getter]
    fn height(&self) -> usize {
        self.inner.height
    }

    #[getter]
    fn nbytes(&self) -> usize {
        self.inner.bytes()
    }

    /// Straight RGBA, row by row from the top.
    fn rgba<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        PyBytes::new_with(py, 4 * self.inner.width * self.inner.height, |bytes| {
            self.inner.to_rgba(bytes);
            Ok(())
        })
    }

    /// As PNG.
    fn png<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.bytes(py, "png")
    }

    /// In a format by its name.
    fn bytes<'py>(&self, py: Python<'py>, format: &str) -> PyResult<Bound<'py, PyBytes>> {
        let mut bytes = Vec::new();
        detached(py, || {
            let format = Format::from_name(format)?;
            Ok(self.figure().write(format, &mut bytes, &self.consumer)?)
        })?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// As a file, by the name's end or in the format of a name.
    fn save(&self, py: Python<'_>, path: PathBuf, format: Option<&str>) -> PyResult<()> {
        detached(py, || {
            let format = format.map_or_else(|| Format::from_path(&path), Format::from_name)?;
            Ok(self.figure().save_as(format, &path, &self.consumer)?)
        })
    }

    /// Others laid over it.
    fn stack(&self, py: Python<'_>, others: Vec<PyRef<'_, Self>>, how: &str) -> PyResult<Self> {
        let others: Vec<Arc<Inner>> = others.iter().map(|other| other.inner.clone()).collect();
        self.made(py, |lowest, consumer| {
            let others: Vec<&Inner> = others.iter().map(Arc::as_ref).collect();
            Ok(Inner::stack(lowest, &others, how.parse::<Blend>()?, consumer)?)
        })
    }

    /// Every pixel grown.
    fn spread(&self, py: Python<'_>, px: usize, shape: &str, how: Option<&str>) -> PyResult<Self> {
        self.made(py, |inner, consumer| {
            let shape: SpreadShape = shape.parse()?;
            Ok(match how {
                None => inner.spread(px, shape, consumer)?,
                Some(how) => inner.spread_colors(px, shape, how.parse::<Blend>()?, consumer)?,
            })
        })
    }

    /// How far Datashader's rule would let pixels grow.
    fn dynspread_px(&self, py: Python<'_>, threshold: f64, most: usize) -> PyResult<usize> {
        detached(py, || Ok(self.inner.spread_px_by_touching(threshold, most)))
    }

    /// On a ground of this colour.
    fn on_background(&self, py: Python<'_>, color: &str) -> PyResult<Self> {
        self.made(py, |inner, consumer| Ok(inner.on_background(Color::parse(color)?, consumer)?))
    }
}

/// Every cell of an aggregate grown.
#[pyfunction]
pub(crate) fn spread_aggregate(
    py: Python<'_>,
    aggregate: &Aggregate,
    px: usize,
    shape: &str,
    how: &str,
) -> PyResult<Aggregate> {
    let spread = detached(py, || {
        let (shape, how) = (shape.parse::<SpreadShape>()?, how.parse::<CellBlend>()?);
        Ok(spread_cells(&aggregate.inner, px, shape, how, &aggregate.consumer)?)
    })?;
    Ok(Aggregate::bare(spread))
}

/// How far Datashader's rule would let cells grow.
#[pyfunction]
pub(crate) fn aggregate_dynspread_px(
    py: Python<'_>,
    aggregate: &Aggregate,
    threshold: f64,
    most: usize,
) -> PyResult<usize> {
    detached(py, || Ok(spread_px_of_cells(&aggregate.inner, threshold, most)))
}
