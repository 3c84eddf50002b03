//! Arrays of other libraries that give any box of themselves when they are asked: those of zarr-python that do not lie in a
//! folder, datasets of h5py.

use std::sync::Arc;

use drypoint_array::{ArrayError, DType, Scratch};
use drypoint_stream::array::ColumnStorage;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::chunked::Chunked;
use crate::error::CoreError;
use crate::raw::Loan;

/// An array behind a function of Python.
struct Called {
    name: String,
    dtype: DType,
    shape: Vec<usize>,
    chunks: Vec<usize>,
    /// From a start and a shape to the box's items, as contiguous bytes.
    read: Py<PyAny>,
}

impl drypoint_array::Chunked for Called {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn chunk_shape(&self) -> &[usize] {
        &self.chunks
    }

    fn read(
        &self,
        start: &[usize],
        shape: &[usize],
        _: &mut Scratch,
        items: &mut [u8],
    ) -> drypoint_array::Result<()> {
        // Where the interpreter has gone, nobody waits for the items either.
        let done = Python::try_attach(|py| -> PyResult<()> {
            let given = self.read.bind(py).call1((start.to_vec(), shape.to_vec()))?;
            let loan = Loan::new(&given)?;
            let bytes = ColumnStorage::bytes(&loan);
            if bytes.len() != items.len() {
                let (found, expected) = (bytes.len(), items.len());
                let text = format!("{} gave {found} B for a box of {expected} B", self.name);
                return Err(PyValueError::new_err(text));
            }
            items.copy_from_slice(bytes);
            Ok(())
        });
        done.ok_or(ArrayError::Cancelled)?.map_err(|error| ArrayError::Foreign(error.into()))
    }
}

/// An array whose boxes `read` gives.
#[pyfunction]
pub(crate) fn called_array(
    name: String,
    dtype: &str,
    shape: Vec<usize>,
    chunks: Vec<usize>,
    read: Py<PyAny>,
) -> PyResult<Chunked> {
    let dtype = DType::parse(dtype).map_err(CoreError::from)?;
    Ok(Chunked { inner: Arc::new(Called { name, dtype, shape, chunks, read }) })
}
