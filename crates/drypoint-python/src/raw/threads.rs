//! What the interpreter keeps for each thread: the dict in which thread-local objects and compiled code leave their data.
//! Python shows a thread only its own.

use std::ffi::c_void;
use std::mem::transmute;

use pyo3::ffi;
use pyo3::prelude::*;

use super::symbol::symbol;

type Head = unsafe extern "C" fn(*mut ffi::PyInterpreterState) -> *mut ffi::PyThreadState;
type Next = unsafe extern "C" fn(*mut ffi::PyThreadState) -> *mut ffi::PyThreadState;
type Ask = unsafe extern "C" fn(*mut ffi::PyThreadState) -> *mut ffi::PyObject;

/// For each thread its innermost frame, by which it is known, None where it runs nothing; and its data. Empty where the interpreter
/// has no such calls.
#[pyfunction]
pub(crate) fn thread_data(py: Python<'_>) -> Vec<(Option<Py<PyAny>>, Py<PyAny>)> {
    let mut found = Vec::new();
    let (Some(head), Some(next), Some(data), Some(frame)) = (
        symbol(c"PyInterpreterState_ThreadHead"),
        symbol(c"PyThreadState_Next"),
        symbol(c"_PyThreadState_GetDict"),
        symbol(c"PyThreadState_GetFrame"),
    ) else {
        return found;
    };
    // SAFETY: the interpreter's functions of these names, for debuggers: the first thread of an interpreter, the next one, a
    // thread's dict (borrowed; null if there is no memory for one), its innermost frame (a new reference, or null). A thread
    // leaves the list only while it has the interpreter, which this one has.
    unsafe {
        let head = transmute::<*mut c_void, Head>(head);
        let next = transmute::<*mut c_void, Next>(next);
        let (data, frame) = (transmute::<*mut c_void, Ask>(data), transmute::<*mut c_void, Ask>(frame));
        let mut thread = head(ffi::PyInterpreterState_Get());
        while !thread.is_null() {
            let running = Bound::from_owned_ptr_or_opt(py, frame(thread)).map(Bound::unbind);
            if let Some(dict) = Bound::from_borrowed_ptr_or_opt(py, data(thread)) {
                found.push((running, dict.unbind()));
            }
            thread = next(thread);
        }
    }
    found
}
