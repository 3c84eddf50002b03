//! Arrays that are given: their memory, and what its items are.

use std::sync::Arc;

use drypoint_array::DType;
use drypoint_array::sparse::{Given, Keep, Storage};
use drypoint_stream::array::ColumnStorage;
use pyo3::prelude::*;

use crate::error::CoreError;
use crate::raw::Loan;

impl Storage for Loan {
    fn bytes(&self) -> &[u8] {
        ColumnStorage::bytes(self)
    }

    fn lent(&self) -> bool {
        true
    }
}

/// A name for messages, an array of one dimension, NumPy's ``dtype.str``.
pub(super) type GivenTuple<'py> = (String, Bound<'py, PyAny>, String);

/// What was given, borrowed.
pub(super) fn given((name, object, dtype): GivenTuple<'_>) -> PyResult<Given> {
    let loan = Loan::new(&object)?;
    let buffer = loan.buffer();
    let (&[len], &[stride_bytes]) = (buffer.shape(), buffer.strides()) else {
        let dimensions = buffer.dimensions();
        return Err(CoreError::Argument(format!("{name} has {dimensions} dimensions, expected 1")).into());
    };
    let dtype = DType::parse(&dtype).map_err(CoreError::from)?;
    let first_byte = loan.first_byte;
    Ok(Given { name, storage: Arc::new(loan), dtype, first_byte, stride_bytes, len })
}

/// NumPy's ``copy=``: None where needed, False never, True always.
pub(super) fn keep(copy: Option<bool>) -> Keep {
    match copy {
        None => Keep::WhereFit,
        Some(false) => Keep::Always,
        Some(true) => Keep::Never,
    }
}
