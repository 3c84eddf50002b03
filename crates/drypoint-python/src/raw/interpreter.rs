//! Which of the process's interpreters asks. PyO3 keeps types and exceptions once for the process, so that a second
//! interpreter would be handed the objects of the first.

use std::sync::atomic::{AtomicI64, Ordering};

use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;

/// No interpreter has this number.
const NOBODY: i64 = -1;

/// Let the first interpreter in, as often as it comes, and no other.
pub(crate) fn refuse_other_interpreters(_attached: Python<'_>) -> PyResult<()> {
    static FIRST: AtomicI64 = AtomicI64::new(NOBODY);
    // SAFETY: a thread that is attached, as the argument shows, has a current interpreter.
    let current = unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) };
    match FIRST.compare_exchange(NOBODY, current, Ordering::Relaxed, Ordering::Relaxed) {
        Err(first) if first != current => Err(PyImportError::new_err(
            "drypoint was imported by another interpreter of this process; it does not support subinterpreters",
        )),
        _ => Ok(()),
    }
}
