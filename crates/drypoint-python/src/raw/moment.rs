//! Whether this is a moment to run Python code, and how to have some run at a better one.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;

use super::frame::attached;

/// Call `act` if this thread holds the interpreter and the interpreter is not about to end.
pub(crate) fn with_interpreter<R>(act: impl FnOnce(Python<'_>) -> R) -> Option<R> {
    if attached() { Python::try_attach(act) } else { None }
}

/// Call `act` on a thread that let go of the interpreter and is about to take it up again.
pub(crate) fn with_interpreter_again<R>(act: impl FnOnce(Python<'_>) -> R) -> Option<R> {
    Python::try_attach(act)
}

/// While it lives no exception is set; one that was under way is put back.
pub(crate) struct Aside<'py> {
    _py: Python<'py>,
    error: [*mut ffi::PyObject; 3],
}

impl<'py> Aside<'py> {
    pub(crate) fn new(py: Python<'py>) -> Self {
        let mut error = [ptr::null_mut(); 3];
        let [kind, value, trace] = &mut error;
        // SAFETY: the thread is attached, as `py` shows; the three places live through the call, and what they are given is
        // ours.
        unsafe { ffi::PyErr_Fetch(kind, value, trace) };
        Self { _py: py, error }
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        let [kind, value, trace] = self.error;
        // SAFETY: attached, as when it was made; the three references, or nulls, are handed back once.
        unsafe { ffi::PyErr_Restore(kind, value, trace) };
    }
}

/// Which thread this is; never 0.
#[allow(clippy::unnecessary_cast)] // narrower on some systems
pub(crate) fn thread_number() -> u64 {
    // SAFETY: any thread may ask.
    unsafe { ffi::PyThread_get_thread_ident() as u64 }
}

/// Whether `gc` is enabled.
pub(crate) fn collector_is_on(_py: Python<'_>) -> bool {
    // SAFETY: the thread is attached, as the argument shows.
    unsafe { ffi::PyGC_IsEnabled() != 0 }
}

/// Whether a call of ours waits or runs. A second one that is added while the first runs Python code would keep the
/// interpreter of 3.11 busy for ever where a trace or profile function is set: it looks again and again whether it may run.
static WAITING: AtomicBool = AtomicBool::new(false);

/// While it lives the call that `add_pending_call` added runs; no other is added before its end.
pub(crate) struct Pending(());

impl Pending {
    pub(crate) fn begin() -> Self {
        Self(())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        WAITING.store(false, Relaxed);
    }
}

/// Have a function run in the main thread, attached, between two steps of the program. It has to hold a [`Pending`]. `false` if
/// too many wait, or one of ours.
pub(crate) fn add_pending_call(call: extern "C" fn(*mut c_void) -> c_int) -> bool {
    if WAITING.swap(true, Relaxed) {
        return false;
    }
    // SAFETY: `call` needs no argument and is safe to call.
    let added = unsafe { ffi::Py_AddPendingCall(Some(call), ptr::null_mut()) == 0 };
    if !added {
        WAITING.store(false, Relaxed);
    }
    added
}

/// Have a class of exceptions raised in this thread, as soon as it is back in Python code.
pub(crate) fn raise_soon(class: &Bound<'_, PyAny>) -> PyResult<()> {
    // SAFETY: the thread is attached, as `class` shows, and the interpreter takes a reference of its own.
    let found = unsafe {
        let thread = ffi::PyThread_get_thread_ident();
        ffi::PyThreadState_SetAsyncExc(thread.cast_signed(), class.as_ptr())
    };
    if found == 0 {
        return Err(PyRuntimeError::new_err("a thread that Python does not know"));
    }
    Ok(())
}
