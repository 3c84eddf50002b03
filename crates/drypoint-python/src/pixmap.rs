//! Shaded pixels as Python sees them.

use std::path::PathBuf;

use drypoint_canvas::Aggregate;
use drypoint_figure::{Figure, Format, Pixmap as Inner, Shading, shade};
use drypoint_memory::MemoryConsumer;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::watch::detached;

/// Shaded pixels.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Pixmap {
    figure: Figure,
    consumer: MemoryConsumer,
}

impl Pixmap {
    pub(crate) fn new(pixmap: Inner, consumer: &MemoryConsumer) -> Self {
        Self { figure: Figure::bare(pixmap, 1.0), consumer: consumer.clone() }
    }

    pub(crate) fn shade(
        py: Python<'_>,
        aggregate: &Aggregate,
        shading: &Shading,
        consumer: &MemoryConsumer,
    ) -> PyResult<Self> {
        let shaded = detached(py, || Ok(shade(aggregate, shading, consumer)?))?;
        Ok(Self::new(shaded.pixmap, consumer))
    }
}

#[pymethods]
impl Pixmap {
    #[getter]
    fn width(&self) -> usize {
        self.figure.pixels().0
    }

    #[getter]
    fn height(&self) -> usize {
        self.figure.pixels().1
    }

    #[getter]
    fn nbytes(&self) -> usize {
        self.figure.pixmap().map_or(0, Inner::bytes)
    }

    /// Straight RGBA, row by row from the top.
    fn rgba<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let (width, height) = self.figure.pixels();
        PyBytes::new_with(py, 4 * width * height, |bytes| {
            if let Some(pixmap) = self.figure.pixmap() {
                pixmap.to_rgba(bytes);
            }
            Ok(())
        })
    }

    /// As PNG.
    fn png<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut bytes = Vec::new();
        detached(py, || Ok(self.figure.write(Format::Png, &mut bytes, &self.consumer)?))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// As a PNG file.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        detached(py, || Ok(self.figure.save(&path, &self.consumer)?))
    }
}
