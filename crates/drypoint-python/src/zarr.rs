//! Zarr on disk as Python sees it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use drypoint_array::Chunked;
use drypoint_array::zarr::{ZarrArray as Inner, ZarrGroup as InnerGroup, ZarrNode};
use pyo3::prelude::*;

use crate::error::CoreError;
use crate::memory::process_pool;
use crate::raw::Room;
use crate::watch::{detached, watched};

/// Who holds the chunks that are read and written.
const CONSUMER: &str = "zarr chunks";
/// Less than this is read before anybody could press Ctrl-C.
const SHORT_BYTES: usize = 1 << 20;

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

    /// Fill the bytes of `room` with a box.
    fn read(
        &self,
        py: Python<'_>,
        start: Vec<usize>,
        shape: Vec<usize>,
        room: &Bound<'_, PyAny>,
        threads: usize,
    ) -> PyResult<()> {
        let mut room = Room::new(room)?;
        let stop = AtomicBool::new(false);
        let items = room.bytes();
        if items.len() < SHORT_BYTES {
            return detached(py, || Ok(self.inner.read_until(&start, &shape, items, 1, &stop)?));
        }
        watched(
            py,
            || stop.store(true, Ordering::Relaxed),
            |_| Ok(()),
            || Ok(self.inner.read_until(&start, &shape, items, threads, &stop)?),
        )
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
        ZarrNode::Array(inner) => Py::new(py, ZarrArray { inner: Arc::new(inner) })?.into_any(),
        ZarrNode::Group(inner) => Py::new(py, ZarrGroup { inner })?.into_any(),
    })
}
