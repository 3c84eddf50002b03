//! Compressed arrays as Python sees them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use drypoint_array::{
    Chunked as _, Codec, CompressedArray as Inner, DType, GrowingArray as Growing, Packing, Selection,
    SpillSpace, Store, StoredChunk,
};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::chunked::Chunked;
use crate::error::CoreError;
use crate::memory::process_pool;
use crate::raw::Room;
use crate::watch::{detached, watched};

/// Less than this is decoded, encoded, or read from files before anybody could press Ctrl-C; a thread to look for it would cost more.
const SHORT_DECODED: usize = 16 << 20;
const SHORT_ENCODED: usize = 256 << 10;
const SHORT_FILED: usize = 1 << 20;

/// What all compressed arrays of the process share.
fn process_store() -> Result<&'static Arc<Store>, CoreError> {
    static STORE: OnceLock<Arc<Store>> = OnceLock::new();
    let pool = process_pool()?;
    Ok(STORE.get_or_init(|| Store::new(pool, SpillSpace::process().clone())))
}

/// Run `work` detached; unless it is short, Ctrl-C stops it.
pub(crate) fn stoppable_unless<T: Send, E: Into<CoreError>>(
    py: Python<'_>,
    short: bool,
    work: impl FnOnce(&AtomicBool) -> Result<T, E> + Send,
) -> PyResult<T> {
    let stop = AtomicBool::new(false);
    if short {
        return detached(py, || work(&stop).map_err(Into::into));
    }
    watched(py, || stop.store(true, Ordering::Relaxed), |_| Ok(()), || work(&stop).map_err(Into::into))
}

/// As [`stoppable_unless`], for work on so many bytes of files.
pub(crate) fn stoppable<T: Send, E: Into<CoreError>>(
    py: Python<'_>,
    bytes: usize,
    work: impl FnOnce(&AtomicBool) -> Result<T, E> + Send,
) -> PyResult<T> {
    stoppable_unless(py, bytes < SHORT_FILED, work)
}

/// As many as asked for, or one for each core. That the system is asked only once is worth 30 µs a slice.
pub(crate) fn workers(threads: Option<usize>) -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get());
    threads.unwrap_or_else(|| *CORES.get_or_init(cores))
}

fn packing(codec: Option<&str>, max_error: Option<f64>) -> Result<Packing, CoreError> {
    Ok(Packing::new(codec.map(str::parse::<Codec>).transpose()?, max_error))
}

/// An array in encoded chunks.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct CompressedArray {
    inner: Arc<Inner>,
}

impl CompressedArray {
    fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }
}

fn selection(start: Vec<usize>, step: Vec<usize>, count: Vec<usize>) -> Selection {
    Selection { start, step, count }
}

#[pymethods]
impl CompressedArray {
    /// NumPy's name of its type.
    #[getter]
    fn dtype(&self) -> &str {
        self.inner.dtype().name()
    }

    #[getter]
    fn shape(&self) -> Vec<usize> {
        self.inner.shape().to_vec()
    }

    /// Items of a chunk along each dimension.
    #[getter]
    fn chunks(&self) -> Vec<usize> {
        self.inner.chunk_shape().to_vec()
    }

    /// Chunks along each dimension.
    #[getter]
    fn grid(&self) -> Vec<usize> {
        self.inner.grid_shape()
    }

    /// Bytes of its items.
    #[getter]
    fn nbytes(&self) -> usize {
        self.inner.plain_bytes()
    }

    /// Bytes of its encoded chunks.
    #[getter]
    fn nbytes_stored(&self) -> usize {
        self.inner.stored_bytes()
    }

    /// Bytes of those that are in memory.
    #[getter]
    fn nbytes_held(&self) -> usize {
        self.inner.held_bytes()
    }

    /// The codec of most chunks; None where all are single items.
    #[getter]
    fn codec(&self) -> Option<String> {
        self.inner.codec().map(|codec| codec.to_string())
    }

    /// The codec that was asked for.
    #[getter]
    fn codec_asked(&self) -> Option<String> {
        self.inner.packing().codec().map(|codec| codec.to_string())
    }

    #[getter]
    fn max_error(&self) -> Option<f64> {
        self.inner.packing().max_error()
    }

    /// Fill `out`, contiguous bytes, with every `step`-th item from `start` on, `count` of them.
    fn select(
        &self,
        py: Python<'_>,
        start: Vec<usize>,
        step: Vec<usize>,
        count: Vec<usize>,
        out: &Bound<'_, PyAny>,
        threads: Option<usize>,
    ) -> PyResult<()> {
        let selection = selection(start, step, count);
        let mut room = Room::new(out)?;
        let items = room.bytes();
        stoppable_unless(py, items.len() < SHORT_DECODED, |stop| {
            self.inner.select(&selection, workers(threads), stop, items)
        })
    }

    /// Put the items of `source` where `select` would read them.
    fn assign(
        &self,
        py: Python<'_>,
        start: Vec<usize>,
        step: Vec<usize>,
        count: Vec<usize>,
        source: &Chunked,
        threads: Option<usize>,
    ) -> PyResult<()> {
        let selection = selection(start, step, count);
        let bytes = selection.items().saturating_mul(self.inner.dtype().item_bytes());
        let source = source.inner.clone();
        stoppable_unless(py, bytes < SHORT_ENCODED, |stop| {
            let assigned = self.inner.assign(&selection, &*source, workers(threads), stop);
            drop(source);
            assigned
        })
    }

    /// The array, to be read by others.
    fn chunked(&self) -> Chunked {
        Chunked { inner: self.inner.clone() }
    }

    /// Another array that has these chunks until one of the two is assigned to.
    fn share(&self) -> Self {
        Self::new(self.inner.share())
    }

    /// The codec and the stored bytes of one chunk; no codec, and one item, where all its items are the same.
    fn export<'py>(
        &self,
        py: Python<'py>,
        number: usize,
    ) -> PyResult<Option<(Option<String>, Bound<'py, PyBytes>)>> {
        let stored = detached(py, || Ok(self.inner.export(number)?))?;
        Ok(stored
            .map(|stored| (stored.codec.map(|codec| codec.to_string()), PyBytes::new(py, &stored.bytes))))
    }
}

/// The shape of chunks for an array of this shape.
#[pyfunction]
pub(crate) fn chunk_shape(shape: Vec<usize>, item_bytes: usize) -> Vec<usize> {
    drypoint_array::chunk_shape(&shape, item_bytes)
}

/// All items of `source`, encoded.
#[pyfunction]
pub(crate) fn compress_chunked(
    py: Python<'_>,
    source: &Chunked,
    chunks: Vec<usize>,
    codec: Option<&str>,
    max_error: Option<f64>,
    threads: Option<usize>,
) -> PyResult<CompressedArray> {
    let (store, packing) = (process_store()?, packing(codec, max_error)?);
    let source = source.inner.clone();
    let items: usize = source.shape().iter().fold(1, |items, &count| items.saturating_mul(count));
    let bytes = items.saturating_mul(source.dtype().item_bytes());
    let array = stoppable_unless(py, bytes < SHORT_ENCODED, |stop| {
        let built = Inner::from_source(store, &*source, &chunks, packing, workers(threads), stop);
        drop(source);
        built
    })?;
    Ok(CompressedArray::new(array))
}

/// An array whose items are all `item`.
#[pyfunction]
pub(crate) fn filled_array(
    dtype: &str,
    shape: Vec<usize>,
    chunks: Vec<usize>,
    codec: Option<&str>,
    max_error: Option<f64>,
    item: &[u8],
) -> PyResult<CompressedArray> {
    let dtype = DType::parse(dtype).map_err(CoreError::from)?;
    if item.len() != dtype.item_bytes() {
        let text = format!("an item of {} B is not one of {}", item.len(), dtype.name());
        return Err(CoreError::Argument(text).into());
    }
    let packing = packing(codec, max_error)?;
    let array =
        Inner::filled(process_store()?, dtype, &shape, &chunks, packing, item).map_err(CoreError::from)?;
    Ok(CompressedArray::new(array))
}

/// An array of chunks as `CompressedArray.export` gives them, each checked by decoding it.
#[pyfunction]
pub(crate) fn import_chunks(
    py: Python<'_>,
    dtype: &str,
    shape: Vec<usize>,
    chunks: Vec<usize>,
    codec: Option<&str>,
    max_error: Option<f64>,
    stored: Vec<(Option<String>, Bound<'_, PyBytes>)>,
) -> PyResult<CompressedArray> {
    let dtype = DType::parse(dtype).map_err(CoreError::from)?;
    let (store, packing) = (process_store()?, packing(codec, max_error)?);
    let mut imported = Vec::with_capacity(stored.len());
    for (codec, bytes) in stored {
        let codec = codec.as_deref().map(str::parse::<Codec>).transpose().map_err(CoreError::from)?;
        imported.push(StoredChunk { codec, bytes: bytes.as_bytes().to_vec() });
    }
    let array = detached(py, || Ok(Inner::import(store, dtype, &shape, &chunks, packing, &imported)?))?;
    Ok(CompressedArray::new(array))
}

/// An array that comes in pieces along its first dimension.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct GrowingArray {
    /// None once it is finished.
    inner: Mutex<Option<Growing>>,
}

impl GrowingArray {
    fn taken(&self) -> Result<Growing, CoreError> {
        let taken = self.inner.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.ok_or_else(|| CoreError::Closed("this array is finished, or another thread adds to it".into()))
    }
}

#[pymethods]
impl GrowingArray {
    /// For pieces of any number of rows of shape `row`.
    #[new]
    fn new(
        dtype: &str,
        row: Vec<usize>,
        chunks: Vec<usize>,
        codec: Option<&str>,
        max_error: Option<f64>,
    ) -> PyResult<Self> {
        let dtype = DType::parse(dtype).map_err(CoreError::from)?;
        let packing = packing(codec, max_error)?;
        let inner = Growing::new(process_store()?, dtype, &row, &chunks, packing).map_err(CoreError::from)?;
        Ok(Self { inner: Mutex::new(Some(inner)) })
    }

    /// Take all rows of a piece.
    fn append(&self, py: Python<'_>, piece: &Chunked, threads: Option<usize>) -> PyResult<()> {
        let mut inner = self.taken()?;
        let piece = piece.inner.clone();
        let items: usize = piece.shape().iter().fold(1, |items, &count| items.saturating_mul(count));
        let bytes = items.saturating_mul(piece.dtype().item_bytes());
        let inner = stoppable_unless(py, bytes < SHORT_ENCODED, |stop| {
            let appended = inner.append(&*piece, workers(threads), stop);
            drop(piece);
            appended.map(|()| inner)
        })?;
        *self.inner.lock().unwrap_or_else(PoisonError::into_inner) = Some(inner);
        Ok(())
    }

    /// The array of all that was taken.
    fn finish(&self, py: Python<'_>, threads: Option<usize>) -> PyResult<CompressedArray> {
        let inner = self.taken()?;
        let array = stoppable_unless(py, true, |stop| inner.finish(workers(threads), stop))?;
        Ok(CompressedArray::new(array))
    }
}

/// Spill to `directory`, at most `limit` bytes, from now on; None for the defaults. Returns both. Refused, and nothing
/// changed, if no file can be made there.
#[pyfunction]
pub(crate) fn set_spill(
    py: Python<'_>,
    directory: Option<PathBuf>,
    limit: Option<u64>,
) -> PyResult<(PathBuf, u64)> {
    detached(py, || {
        drypoint_memory::Spill::create(directory.as_deref(), 0)
            .map_err(|error| CoreError::Array(error.into()))?;
        let space = SpillSpace::process();
        space.set(directory.as_deref(), limit);
        Ok(space.limits())
    })
}
