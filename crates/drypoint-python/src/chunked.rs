//! Arrays that are read box by box, whoever has them: NumPy's memory, a file, a compressed array.

use std::path::PathBuf;
use std::sync::Arc;

use drypoint_array::{DType, FileArray, Geometry, Storage, StridedArray};
use drypoint_stream::array::ColumnStorage;
use drypoint_stream::chunked::{ChunkedColumn, ChunkedSource};
use pyo3::prelude::*;

use crate::error::CoreError;
use crate::raw::Loan;
use crate::source::Source;

/// An array of any number of dimensions that gives any box of itself.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Chunked {
    pub(crate) inner: Arc<dyn drypoint_array::Chunked>,
}

#[pymethods]
impl Chunked {
    /// What messages call it.
    #[getter]
    fn name(&self) -> String {
        self.inner.name()
    }

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
}

impl Storage for Loan {
    fn bytes(&self) -> &[u8] {
        ColumnStorage::bytes(self)
    }
}

/// Memory that `object` lends, of any strides, its items taken for those of NumPy's type `dtype`.
#[pyfunction]
pub(crate) fn strided_array(name: &str, dtype: &str, object: &Bound<'_, PyAny>) -> PyResult<Chunked> {
    let dtype = DType::parse(dtype).map_err(CoreError::from)?;
    let loan = Loan::new(object)?;
    let buffer = loan.buffer();
    let (shape, strides) = (buffer.shape().to_vec(), buffer.strides().to_vec());
    let geometry = Geometry { dtype, shape, strides, first_byte: loan.first_byte as u64 };
    let array = StridedArray::new(name, geometry, loan).map_err(CoreError::from)?;
    Ok(Chunked { inner: Arc::new(array) })
}

/// Items in a file, the first at byte `first_byte`, `strides` bytes apart.
#[pyfunction]
pub(crate) fn file_array(
    path: PathBuf,
    dtype: &str,
    shape: Vec<usize>,
    strides: Vec<isize>,
    first_byte: u64,
) -> PyResult<Chunked> {
    let dtype = DType::parse(dtype).map_err(CoreError::from)?;
    let geometry = Geometry { dtype, shape, strides, first_byte };
    let opened = std::fs::File::open(&path)
        .map_err(|error| drypoint_array::ArrayError::Io { name: path.display().to_string(), error });
    let array = opened.and_then(|file| FileArray::new(path, file, geometry)).map_err(CoreError::from)?;
    Ok(Chunked { inner: Arc::new(array) })
}

/// A column as Python's side hands it over: its name; the array; which of the array's columns, if it has two dimensions.
type Given<'py> = (String, PyRef<'py, Chunked>, Option<usize>);

/// Columns that are read chunk by chunk. Those that give the same object are read together.
#[pyfunction]
pub(crate) fn chunked_source(name: &str, columns: Vec<Given<'_>>) -> PyResult<Source> {
    let columns = columns
        .into_iter()
        .map(|(name, array, place)| ChunkedColumn { name, array: array.inner.clone(), place })
        .collect();
    Ok(Source::new(ChunkedSource::new(name, columns).map_err(CoreError::from)?))
}
