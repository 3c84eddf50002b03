//! Tables of other libraries, taken over through Arrow's PyCapsules.

use drypoint_stream::StreamError;
use drypoint_stream::arrow::ArrowTable;
use pyo3::prelude::*;

use crate::error::CoreError;
use crate::raw::{take_array, take_stream};
use crate::source::Source;

/// A table that gives an Arrow stream (asked for anew at each scan if `again`) or an Arrow array.
#[pyfunction]
pub(crate) fn arrow_source(
    table: Bound<'_, PyAny>,
    name: String,
    again: bool,
    rows: Option<u64>,
) -> PyResult<Source> {
    if !table.hasattr("__arrow_c_stream__")? {
        return Ok(Source::new(take_array(&name, &table)?));
    }
    if !again {
        return Ok(Source::new(take_stream(&name, &table)?));
    }
    let table = table.unbind();
    let called = name.clone();
    let open = move || {
        // Where the interpreter has gone, nobody waits for the rows either.
        let taken = Python::try_attach(|py| take_stream(&called, table.bind(py)));
        taken.ok_or(StreamError::Cancelled)?.map_err(|error| match error {
            CoreError::Stream(error) => error,
            error => StreamError::Foreign(PyErr::from(error).into()),
        })
    };
    Ok(Source::new(ArrowTable::new(&name, rows, Box::new(open)).map_err(CoreError::from)?))
}
