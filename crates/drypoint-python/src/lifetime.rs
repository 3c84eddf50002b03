//! What the closers need of the core: an array made empty in one step.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

fn count(thing: &Bound<'_, PyAny>) -> isize {
    #[allow(deprecated)] // the advice is to call it unsafely
    thing.get_refcnt()
}

/// How many references there are to a thing, without those of this call.
#[pyfunction]
pub(crate) fn references(thing: &Bound<'_, PyAny>) -> isize {
    count(thing)
}

/// Give an object another state, unless there are more references to it than `references`; whether that was done.
///
/// The count and the change are one step: no other thread comes in between.
#[pyfunction]
pub(crate) fn set_state_if(
    thing: &Bound<'_, PyAny>,
    references: isize,
    setter: &Bound<'_, PyAny>,
    state: &Bound<'_, PyTuple>,
) -> PyResult<bool> {
    if count(thing) > references {
        return Ok(false);
    }
    setter.call1((thing, state))?;
    Ok(true)
}
