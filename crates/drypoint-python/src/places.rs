//! Where in a list or tuple an object stands, by identity: Python can only look for an equal one, or look slowly.

use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

/// The place of `held` in a list or tuple; None if it is not there, or if `holder` is something else.
#[pyfunction]
pub(crate) fn place_of(holder: &Bound<'_, PyAny>, held: &Bound<'_, PyAny>) -> Option<usize> {
    if let Ok(list) = holder.cast::<PyList>() {
        return list.iter().position(|item| item.is(held));
    }
    holder.cast::<PyTuple>().ok()?.iter_borrowed().position(|item| item.is(held))
}
