//! From parts, from dense items, from a stream.

use std::sync::{Mutex, MutexGuard, PoisonError};

use drypoint_array::DType;
use drypoint_array::sparse::{CooArray, CsrArray, DenseEntries, Triplets, ValueType};
use drypoint_stream::array::ColumnStorage;
use pyo3::prelude::*;

use super::array::{Layout, Sparse};
use super::given::{GivenTuple, given, keep};
use super::run;
use crate::error::CoreError;
use crate::memory::process_pool;
use crate::raw::Loan;

/// Whether so many bytes could be had now; the error says who holds them.
#[pyfunction]
pub(crate) fn check_room(py: Python<'_>, name: &str, bytes: u64) -> PyResult<()> {
    let consumer = process_pool()?.consumer(name);
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    Ok(py.detach(|| consumer.try_reserve(bytes).map(drop)).map_err(CoreError::from)?)
}

/// From coordinates and values.
#[pyfunction]
pub(crate) fn coo_array(
    py: Python<'_>,
    shape: Vec<usize>,
    coords: Vec<GivenTuple<'_>>,
    data: GivenTuple<'_>,
    copy: Option<bool>,
) -> PyResult<Sparse> {
    let coords = coords.into_iter().map(given).collect::<PyResult<Vec<_>>>()?;
    let data = given(data)?;
    let made = run(py, data.len, |work| Ok(CooArray::new(&shape, &coords, &data, keep(copy), work)?))?;
    Ok(Sparse(Layout::Coo(made)))
}

/// From where rows begin, columns and values.
#[pyfunction]
pub(crate) fn csr_array(
    py: Python<'_>,
    shape: [usize; 2],
    indptr: GivenTuple<'_>,
    indices: GivenTuple<'_>,
    data: GivenTuple<'_>,
    copy: Option<bool>,
) -> PyResult<Sparse> {
    let (indptr, indices, data) = (given(indptr)?, given(indices)?, given(data)?);
    let size = data.len + indptr.len;
    let made = run(py, size, |work| Ok(CsrArray::new(shape, &indptr, &indices, &data, keep(copy), work)?))?;
    Ok(Sparse(Layout::Csr(made)))
}

fn kind_of(dtype: &str) -> PyResult<ValueType> {
    let dtype = DType::parse(dtype).map_err(CoreError::from)?;
    Ok(ValueType::of(&dtype).map_err(CoreError::from)?)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The entries of a dense array that comes in runs: first all to count, then all to take.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct SparseEntries {
    shape: Vec<usize>,
    kind: ValueType,
    state: Mutex<Taking>,
}

struct Taking {
    counted: usize,
    entries: Option<DenseEntries>,
}

fn finished() -> CoreError {
    CoreError::Argument("this array is finished".into())
}

/// The bytes of a run of items, in C order and this machine's order, where items may begin.
fn items(object: &Bound<'_, PyAny>) -> PyResult<Loan> {
    let loan = Loan::new(object)?;
    if loan.buffer().is_c_contiguous() && loan.buffer().item_size() == 1 {
        Ok(loan)
    } else {
        Err(CoreError::Argument("items must be given as contiguous bytes".into()).into())
    }
}

#[pymethods]
impl SparseEntries {
    #[new]
    fn new(shape: Vec<usize>, dtype: &str) -> PyResult<Self> {
        let state = Mutex::new(Taking { counted: 0, entries: None });
        Ok(Self { shape, kind: kind_of(dtype)?, state })
    }

    /// Count what is kept of a run of bytes.
    fn count(&self, py: Python<'_>, bytes: &Bound<'_, PyAny>) -> PyResult<()> {
        let loan = items(bytes)?;
        let len = ColumnStorage::bytes(&loan).len();
        let kind = self.kind;
        let count = run(py, len / kind.bytes(), |work| {
            Ok(DenseEntries::count(kind, ColumnStorage::bytes(&loan), work)?)
        })?;
        locked(&self.state).counted += count;
        Ok(())
    }

    /// Take what is kept of a run that begins at a cell; after all were counted.
    fn take(&self, py: Python<'_>, cell: usize, bytes: &Bound<'_, PyAny>) -> PyResult<()> {
        let loan = items(bytes)?;
        let len = ColumnStorage::bytes(&loan).len();
        run(py, len / self.kind.bytes(), |work| {
            let mut state = locked(&self.state);
            if state.entries.is_none() {
                state.entries = Some(DenseEntries::new(&self.shape, self.kind, state.counted, work)?);
            }
            match &mut state.entries {
                Some(entries) => Ok(entries.take(cell, ColumnStorage::bytes(&loan), work)?),
                None => Err(finished()),
            }
        })
    }

    /// The array.
    fn finish(&self, py: Python<'_>) -> PyResult<Sparse> {
        let made = run(py, 0, |work| {
            let mut state = locked(&self.state);
            let entries = match state.entries.take() {
                Some(entries) => entries,
                None => DenseEntries::new(&self.shape, self.kind, state.counted, work)?,
            };
            Ok(entries.finish()?)
        })?;
        Ok(Sparse(Layout::Coo(made)))
    }
}

/// Entries that come in parts.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct SparseTriplets {
    state: Mutex<Option<Triplets>>,
}

#[pymethods]
impl SparseTriplets {
    #[new]
    fn new(shape: Option<Vec<usize>>, sum_duplicates: bool) -> Self {
        Self { state: Mutex::new(Some(Triplets::new(shape, sum_duplicates))) }
    }

    /// Take some more.
    fn push(&self, py: Python<'_>, coords: Vec<GivenTuple<'_>>, data: GivenTuple<'_>) -> PyResult<()> {
        let coords = coords.into_iter().map(given).collect::<PyResult<Vec<_>>>()?;
        let data = given(data)?;
        // What is held is joined now and then, which takes as long as it is large.
        run(py, usize::MAX, |work| {
            let mut state = locked(&self.state);
            let triplets = state.as_mut().ok_or_else(finished)?;
            Ok(triplets.push(&coords, &data, work)?)
        })
    }

    /// The array; values are of this type if none came.
    fn finish(&self, py: Python<'_>, dtype: &str) -> PyResult<Sparse> {
        let kind = kind_of(dtype)?;
        let triplets = locked(&self.state).take().ok_or_else(finished)?;
        let made = run(py, usize::MAX, |work| Ok(triplets.finish(kind, work)?))?;
        Ok(Sparse(Layout::Coo(made)))
    }
}
