//! Zarr on disk as Python sees it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use drypoint_array::zarr::{
    ZarrArray as Inner, ZarrCompression, ZarrGroup as InnerGroup, ZarrGroupWriter as InnerGroupWriter,
    ZarrLayout, ZarrNode, ZarrWriter as InnerWriter,
};
use drypoint_array::{ArrayError, Chunked as _, DType, Selection};
use drypoint_figure::FigureError;
use pyo3::prelude::*;

use crate::chunked::Chunked;
use crate::compressed::{stoppable, workers};
use crate::error::CoreError;
use crate::memory::process_pool;
use crate::raw::Room;
use crate::watch::detached;

/// Who holds the chunks that are read and written.
const CONSUMER: &str = "zarr chunks";

/// An array in a folder.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct ZarrArray {
    pub(crate) inner: Arc<Inner>,
}

#[pymethods]
impl ZarrArray {
    /// NumPy's name of its type.
    #[getter]
    fn dtype(&self) -> &str {
        self.inner.dtype().name()
    }

    #[getter]
    fn shape(&self) -> Vec<usize> {
        self.inner.shape().to_vec()
    }

    /// Items of what is decoded alone.
    #[getter]
    fn chunks(&self) -> Vec<usize> {
        self.inner.chunk_shape().to_vec()
    }

    /// Items of what a file holds.
    #[getter]
    fn file_shape(&self) -> Vec<usize> {
        self.inner.file_shape().to_vec()
    }

    #[getter]
    fn codec(&self) -> String {
        self.inner.codec()
    }

    /// The bytes of the item that was never written.
    #[getter]
    fn fill_item(&self) -> &[u8] {
        self.inner.fill_item()
    }

    #[getter]
    fn dimension_names(&self) -> Option<Vec<Option<String>>> {
        self.inner.dimension_names().map(<[_]>::to_vec)
    }

    #[getter]
    fn folder(&self) -> PathBuf {
        self.inner.folder().to_path_buf()
    }

    /// Its zarr.json.
    #[getter]
    fn document(&self) -> &str {
        self.inner.document()
    }

    /// Bytes of its files.
    fn stored_bytes(&self, py: Python<'_>) -> PyResult<u64> {
        detached(py, || Ok(self.inner.stored_bytes()?))
    }

    /// Fill the bytes of `out` with every `step`-th item from `start` on, `count` along each axis.
    fn select(
        &self,
        py: Python<'_>,
        start: Vec<usize>,
        step: Vec<usize>,
        count: Vec<usize>,
        out: &Bound<'_, PyAny>,
        threads: Option<usize>,
    ) -> PyResult<()> {
        let mut room = Room::new(out)?;
        let items = room.bytes();
        let selection = Selection { start, step, count };
        stoppable(py, items.len(), |stop| self.inner.select(&selection, workers(threads), stop, items))
    }

    /// The array, to be read by others.
    fn chunked(&self) -> Chunked {
        Chunked { inner: self.inner.clone() }
    }
}

/// A folder of arrays and groups.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct ZarrGroup {
    inner: InnerGroup,
}

#[pymethods]
impl ZarrGroup {
    #[getter]
    fn folder(&self) -> PathBuf {
        self.inner.folder().to_path_buf()
    }

    /// Its zarr.json.
    #[getter]
    fn document(&self) -> &str {
        self.inner.document()
    }

    /// The names of what is in it.
    fn members(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        detached(py, || Ok(self.inner.members()?))
    }
}

/// The array or the group at a path.
#[pyfunction]
pub(crate) fn open_zarr(py: Python<'_>, path: PathBuf) -> PyResult<Py<PyAny>> {
    let consumer = process_pool()?.consumer(CONSUMER);
    Ok(match detached(py, || Ok::<_, CoreError>(ZarrNode::open(&path, &consumer)?))? {
        ZarrNode::Array(inner) => Py::new(py, ZarrArray { inner })?.into_any(),
        ZarrNode::Group(inner) => Py::new(py, ZarrGroup { inner })?.into_any(),
    })
}

/// What cannot be written is told as it is of any other output.
fn written(error: ArrayError) -> CoreError {
    match error {
        ArrayError::Io { name, error } => CoreError::Figure(FigureError::Io { path: name.into(), error }),
        error => error.into(),
    }
}

fn closed() -> CoreError {
    CoreError::Closed("this Zarr writer is finished".into())
}

/// How an array is stored, as Python's side hands it over.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Layout {
    dtype: String,
    shape: Vec<usize>,
    chunks: Vec<usize>,
    shards: Option<Vec<usize>>,
    /// "plain", "zstd" or "gzip".
    codec: String,
    level: i32,
    /// The bytes of an item.
    fill: Option<Vec<u8>>,
    dimension_names: Option<Vec<Option<String>>>,
    /// JSON.
    attributes: String,
}

impl Layout {
    fn parts(self) -> Result<(DType, ZarrLayout), CoreError> {
        let compression = match self.codec.as_str() {
            "zstd" => ZarrCompression::Zstd { level: self.level },
            "gzip" => ZarrCompression::Gzip { level: self.level.unsigned_abs() },
            _ => ZarrCompression::None,
        };
        let layout = ZarrLayout {
            shape: self.shape,
            chunks: self.chunks,
            shards: self.shards,
            compression,
            fill: self.fill,
            dimension_names: self.dimension_names,
            attributes: self.attributes,
        };
        Ok((DType::parse(&self.dtype)?, layout))
    }
}

/// An array being written.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct ZarrWriter {
    inner: Mutex<Option<InnerWriter>>,
}

impl ZarrWriter {
    fn held(&self) -> MutexGuard<'_, Option<InnerWriter>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl ZarrWriter {
    /// Begin an array that will be at `path`.
    #[new]
    fn new(py: Python<'_>, path: PathBuf, layout: Layout, replace: bool) -> PyResult<Self> {
        let consumer = process_pool()?.consumer(CONSUMER);
        let (dtype, layout) = layout.parts()?;
        let inner = detached(py, || {
            InnerWriter::create(&path, &dtype, &layout, replace, &consumer).map_err(written)
        })?;
        Ok(Self { inner: Mutex::new(Some(inner)) })
    }

    /// Write all of `source` as the box that begins at `start`.
    fn write(
        &self,
        py: Python<'_>,
        start: Vec<usize>,
        source: &Chunked,
        threads: Option<usize>,
    ) -> PyResult<()> {
        let source = source.inner.clone();
        let bytes =
            source.shape().iter().fold(source.dtype().item_bytes(), |bytes, n| bytes.saturating_mul(*n));
        stoppable(py, bytes, |stop| {
            let held = self.held();
            let done = match &*held {
                Some(writer) => writer.write_from(&*source, &start, workers(threads), stop).map_err(written),
                None => Err(closed()),
            };
            drop(source);
            done
        })
    }

    /// Have it end after so many rows.
    fn end_at(&self, py: Python<'_>, rows: usize) -> PyResult<()> {
        detached(py, || {
            self.held().as_mut().ok_or_else(closed)?.set_rows(rows);
            Ok(())
        })
    }

    /// Let it appear.
    fn commit(&self, py: Python<'_>) -> PyResult<()> {
        detached(py, || self.held().take().ok_or_else(closed)?.commit().map_err(written))
    }

    /// Leave nothing behind, unless it was committed.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        detached(py, || {
            drop(self.held().take());
            Ok(())
        })
    }
}

/// A group being written.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct ZarrGroupWriter {
    inner: Mutex<Option<InnerGroupWriter>>,
}

#[pymethods]
impl ZarrGroupWriter {
    /// Begin a group that will be at `path`.
    #[new]
    fn new(py: Python<'_>, path: PathBuf, attributes: String, replace: bool) -> PyResult<Self> {
        let consumer = process_pool()?.consumer(CONSUMER);
        let inner = detached(py, || {
            InnerGroupWriter::create(&path, &attributes, replace, &consumer).map_err(written)
        })?;
        Ok(Self { inner: Mutex::new(Some(inner)) })
    }

    /// Begin a member.
    fn array(&self, py: Python<'_>, name: String, layout: Layout) -> PyResult<ZarrWriter> {
        let (dtype, layout) = layout.parts()?;
        let inner = detached(py, || match &*self.inner.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(group) => group.array(&name, &dtype, &layout).map_err(written),
            None => Err(closed()),
        })?;
        Ok(ZarrWriter { inner: Mutex::new(Some(inner)) })
    }

    /// Let it appear.
    fn commit(&self, py: Python<'_>) -> PyResult<()> {
        detached(py, || {
            let group = self.inner.lock().unwrap_or_else(PoisonError::into_inner).take();
            group.ok_or_else(closed)?.commit().map_err(written)
        })
    }

    /// Leave nothing behind, unless it was committed.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        detached(py, || {
            drop(self.inner.lock().unwrap_or_else(PoisonError::into_inner).take());
            Ok(())
        })
    }
}
