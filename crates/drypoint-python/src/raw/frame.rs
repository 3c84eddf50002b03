//! The calls of Python that are running in this thread, seen from the innermost one outwards, without running any.
//!
//! It is asked from within an allocation, where nothing of the program may run: on 3.11 the making of a frame's object
//! can start the collector, and an exception may be on its way. [`Quiet`] holds both still. What a frame runs is kept
//! as an offset into its code, since to find the line of it takes longer than all the rest.

use std::ffi::{c_int, c_void};
use std::mem::transmute;
use std::ptr;
use std::sync::OnceLock;

use pyo3::ffi;
use pyo3::prelude::*;

use super::symbol::symbol;

type Back = unsafe extern "C" fn(*mut ffi::PyFrameObject) -> *mut ffi::PyObject;
type Offset = unsafe extern "C" fn(*mut ffi::PyFrameObject) -> c_int;
type Line = unsafe extern "C" fn(*mut ffi::PyObject, c_int) -> c_int;
type Check = unsafe extern "C" fn() -> c_int;

/// The interpreter's calls that are not in the limited API. None of them needs to be there.
#[derive(Clone, Copy)]
pub(crate) struct Calls {
    back: Option<Back>,
    offset: Option<Offset>,
}

/// Where in its code a frame is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Position {
    /// Bytes into the instructions.
    Instruction(c_int),
    Line(c_int),
}

impl Calls {
    /// Only what every interpreter has.
    pub(crate) const PORTABLE: Self = Self { back: None, offset: None };

    /// Those of this process.
    pub(crate) fn found() -> Self {
        static FOUND: OnceLock<Calls> = OnceLock::new();
        *FOUND.get_or_init(|| {
            // SAFETY: documented functions of the interpreter since 3.9 and 3.11: `PyFrameObject *(PyFrameObject *)`,
            // whose result is an object, and `int (PyFrameObject *)`.
            let (back, offset) = unsafe {
                (
                    symbol(c"PyFrame_GetBack").map(|call| transmute::<*mut c_void, Back>(call)),
                    symbol(c"PyFrame_GetLasti").map(|call| transmute::<*mut c_void, Offset>(call)),
                )
            };
            // An offset is of use only if its line can be found later.
            Self { back, offset: offset.filter(|_| line_of_offset().is_some()) }
        })
    }
}

fn line_of_offset() -> Option<Line> {
    static FOUND: OnceLock<Option<Line>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        // SAFETY: `int PyCode_Addr2Line(PyCodeObject *, int)`, of every interpreter that has it.
        symbol(c"PyCode_Addr2Line").map(|call| unsafe { transmute::<*mut c_void, Line>(call) })
    })
}

/// Whether this thread holds the interpreter, as far as can be told.
pub(crate) fn attached() -> bool {
    static FOUND: OnceLock<Option<Check>> = OnceLock::new();
    let check = FOUND.get_or_init(|| {
        // SAFETY: `int PyGILState_Check(void)`, of every interpreter that has it.
        symbol(c"PyGILState_Check").map(|call| unsafe { transmute::<*mut c_void, Check>(call) })
    });
    // SAFETY: any thread may ask.
    check.is_none_or(|check| unsafe { check() != 0 })
}

/// While it lives the collector is off and no exception is set; both are put back.
pub(crate) struct Quiet<'py> {
    _py: Python<'py>,
    collecting: bool,
    error: [*mut ffi::PyObject; 3],
}

impl<'py> Quiet<'py> {
    pub(crate) fn new(py: Python<'py>) -> Self {
        let mut error = [ptr::null_mut(); 3];
        let [kind, value, trace] = &mut error;
        // SAFETY: the thread is attached, as `py` shows; the three places live through the call, and what they are
        // given is ours.
        let collecting = unsafe {
            ffi::PyErr_Fetch(kind, value, trace);
            ffi::PyGC_Disable() != 0
        };
        Self { _py: py, collecting, error }
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        let [kind, value, trace] = self.error;
        // SAFETY: attached, as when it was made; the three references, or nulls, are handed back once.
        unsafe {
            if self.collecting {
                ffi::PyGC_Enable();
            }
            ffi::PyErr_Restore(kind, value, trace);
        }
    }
}

/// A running call. Its object stays with the interpreter until the call ends.
pub(crate) struct Frame<'py>(Bound<'py, PyAny>);

impl<'py> Frame<'py> {
    /// That of the innermost Python function.
    pub(crate) fn innermost(quiet: &Quiet<'py>) -> Option<Self> {
        // SAFETY: attached, as `quiet` shows; the result is null or borrowed from the running call, so it is counted.
        unsafe {
            let frame = ffi::PyEval_GetFrame();
            Bound::from_borrowed_ptr_or_opt(quiet._py, frame.cast()).map(Self)
        }
    }

    /// The one that called it.
    pub(crate) fn outer(&self, calls: &Calls) -> Option<Self> {
        let Some(back) = calls.back else {
            return self.0.getattr("f_back").ok().filter(|frame| !frame.is_none()).map(Self);
        };
        // SAFETY: a live frame; the result is null or a new reference.
        unsafe { Bound::from_owned_ptr_or_opt(self.0.py(), back(self.pointer())).map(Self) }
    }

    /// The code that it runs.
    pub(crate) fn code(&self) -> Bound<'py, PyAny> {
        // SAFETY: a live frame, which always has a code; the reference is new.
        unsafe { Bound::from_owned_ptr(self.0.py(), ffi::PyFrame_GetCode(self.pointer()).cast()) }
    }

    /// Where it is in its code.
    pub(crate) fn position(&self, calls: &Calls) -> Position {
        match calls.offset {
            // SAFETY: a live frame.
            Some(offset) => Position::Instruction(unsafe { offset(self.pointer()) }),
            // SAFETY: a live frame.
            None => Position::Line(unsafe { ffi::PyFrame_GetLineNumber(self.pointer()) }),
        }
    }

    fn pointer(&self) -> *mut ffi::PyFrameObject {
        self.0.as_ptr().cast()
    }
}

/// The line of the file at a position of a code. `code` comes from [`Frame::code`].
pub(crate) fn line(code: &Bound<'_, PyAny>, position: Position) -> c_int {
    match (position, line_of_offset()) {
        (Position::Line(line), _) => line,
        // SAFETY: a live code object, and an offset that a frame of it had.
        (Position::Instruction(offset), Some(find)) => unsafe { find(code.as_ptr(), offset) },
        (Position::Instruction(_), None) => 0,
    }
}
