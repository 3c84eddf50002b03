//! Arrow's C structures in and out of PyCapsules.

use std::ffi::CStr;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use drypoint_stream::StreamError;
use drypoint_stream::arrow::{ArrowBatches, ArrowStream};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

use crate::error::CoreError;

/// The stream that `table.__arrow_c_stream__()` gives.
pub(crate) fn take_stream(name: &str, table: &Bound<'_, PyAny>) -> Result<ArrowStream, CoreError> {
    let capsule = table.call_method0("__arrow_c_stream__")?;
    let pointer = pointer::<FFI_ArrowArrayStream>(&capsule, c"arrow_array_stream")?;
    // SAFETY: a capsule of this name holds a stream by the Arrow PyCapsule protocol, and `capsule` keeps it in place;
    // this is its only consumer. The protocol lets a stream be pulled from any one thread at a time.
    Ok(unsafe { ArrowStream::from_raw(name, pointer) }?)
}

/// The batch that `table.__arrow_c_array__()` gives.
pub(crate) fn take_array(name: &str, table: &Bound<'_, PyAny>) -> Result<ArrowBatches, CoreError> {
    let pair = table.call_method0("__arrow_c_array__")?;
    let pair = pair.cast::<PyTuple>().map_err(PyErr::from)?;
    let (schema, array) = (pair.get_item(0)?, pair.get_item(1)?);
    let schema_pointer = pointer::<FFI_ArrowSchema>(&schema, c"arrow_schema")?;
    let array_pointer = pointer::<FFI_ArrowArray>(&array, c"arrow_array")?;
    // SAFETY: as above, for the pair of capsules, which `pair` keeps in place.
    Ok(unsafe { ArrowBatches::from_raw(name, array_pointer, schema_pointer) }?)
}

fn pointer<T>(capsule: &Bound<'_, PyAny>, name: &'static CStr) -> Result<*mut T, CoreError> {
    let wrong = || {
        CoreError::Stream(StreamError::Corrupt {
            name: "an Arrow PyCapsule".into(),
            what: format!("its name is not {name:?}"),
        })
    };
    let capsule = capsule.cast::<PyCapsule>().map_err(|_| wrong())?;
    Ok(capsule.pointer_checked(Some(name)).map_err(|_| wrong())?.as_ptr().cast::<T>())
}

/// A capsule that owns `value` and drops it unless a consumer has moved it out, as the protocol lets it.
pub(crate) fn export<'py, T: Send + 'static>(
    py: Python<'py>,
    value: T,
    name: &'static CStr,
) -> PyResult<Bound<'py, PyCapsule>> {
    PyCapsule::new_with_value(py, value, name)
}
