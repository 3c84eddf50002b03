//! NumPy's allocator hook (NEP 49): a handler for each account, and one for the whole process.
//!
//! NumPy keeps the current handler in a context variable, so threads, tasks and generators are its business; each array
//! keeps the handler that made it. Requests that are small go to the handler that NumPy came with, and so does every
//! pointer that is none of ours, whoever frees it. The process's handler stands in the capsule of NumPy's default one.
//! It is never taken out again: arrays made meanwhile would be freed by the wrong function. Turned off, it passes on.

use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use drypoint_memory::{ArrayAccount, POOLED_FROM, free_array, is_array, resize_array};
use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;

use crate::request::{Served, allocate, resize};

const CAPSULE: &CStr = c"mem_handler";
const NAME_BYTES: usize = 127;
const VERSION: u8 = 1;
/// What NumPy calls the handler that it comes with, also when ours has taken its place, and what we call those of scopes.
const THEIRS: &CStr = c"default_allocator";
const OURS: &CStr = c"drypoint";

/// Places in NumPy's table of functions.
const SET_HANDLER: usize = 304;
const GET_HANDLER: usize = 305;
const DEFAULT_HANDLER: usize = 306;

/// `PyDataMemAllocator`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Functions {
    context: *mut c_void,
    malloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
    calloc: unsafe extern "C" fn(*mut c_void, usize, usize) -> *mut c_void,
    realloc: unsafe extern "C" fn(*mut c_void, *mut c_void, usize) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void, *mut c_void, usize),
}

/// `PyDataMem_Handler`.
#[repr(C)]
struct Handler {
    name: [c_char; NAME_BYTES],
    version: u8,
    functions: Functions,
}

/// A handler of ours, first, and what its functions find behind their context.
#[repr(C)]
struct Owned {
    handler: Handler,
    account: Arc<ArrayAccount>,
    /// Whether it pools; the process's handler can be turned off.
    on: AtomicBool,
    /// Whether it may have arrays from [`POOLED_FROM`] on that did not come from the pool.
    strayed: AtomicBool,
}

// SAFETY: a table for any thread to call by; its context is null in NumPy's own, and an `Owned` in ours, whose parts may
// be shared.
unsafe impl Send for Functions {}
// SAFETY: as above.
unsafe impl Sync for Functions {}

/// What NumPy came with; set before there is any handler of ours.
static DEFAULT: OnceLock<Functions> = OnceLock::new();

#[inline]
fn default() -> &'static Functions {
    match DEFAULT.get() {
        Some(functions) => functions,
        None => std::process::abort(),
    }
}

impl Owned {
    fn new(told: &CStr, account: Arc<ArrayAccount>, on: bool, strayed: bool) -> Box<Self> {
        let mut name = [0; NAME_BYTES];
        for (to, &from) in name.iter_mut().zip(told.to_bytes()) {
            *to = from as c_char;
        }
        let functions = Functions { context: ptr::null_mut(), malloc, calloc, realloc, free };
        let handler = Handler { name, version: VERSION, functions };
        let (on, strayed) = (AtomicBool::new(on), AtomicBool::new(strayed));
        let mut owned = Box::new(Self { handler, account, on, strayed });
        owned.handler.functions.context = ptr::from_mut(&mut *owned).cast();
        owned
    }

    /// # Safety
    /// `context` is that of a handler of ours.
    #[inline]
    unsafe fn behind<'a>(context: *mut c_void) -> &'a Self {
        // SAFETY: the caller's promise. An `Owned` lives as long as its capsule, which whoever uses the handler holds.
        unsafe { &*context.cast::<Self>() }
    }

    /// Memory from the pool, if it pools.
    fn serve(&self, bytes: usize, zeroed: bool) -> Served {
        if !self.on.load(Relaxed) {
            return Served::Elsewhere;
        }
        let served = allocate(&self.account, bytes, zeroed);
        if let Served::Elsewhere = served {
            self.strayed.store(true, Relaxed);
        }
        served
    }

    /// Another size for memory of NumPy's own handler, which comes into the pool if it becomes large.
    ///
    /// # Safety
    /// `data` is from that handler, and is given up if something comes back.
    unsafe fn adopt(&self, data: *mut c_void, bytes: usize) -> *mut c_void {
        let other = default();
        // SAFETY: as the caller promises. Nobody tells how many bytes `data` has, so it is first made as large as it can
        // have been: where nothing strayed, that is less than `POOLED_FROM`, and otherwise only the first `bytes` count.
        // Both blocks have what is copied, and the smaller one is given up with the size that it has then.
        unsafe {
            if bytes >= POOLED_FROM {
                match self.serve(bytes, false) {
                    Served::Memory(block) => {
                        let kept = if self.strayed.load(Relaxed) { bytes } else { POOLED_FROM };
                        let widened = (other.realloc)(other.context, data, kept);
                        if widened.is_null() {
                            free_array(block.as_ptr());
                            return widened;
                        }
                        block.as_ptr().copy_from_nonoverlapping(widened.cast(), kept);
                        (other.free)(other.context, widened, kept);
                        return block.as_ptr().cast();
                    }
                    Served::Refused => return ptr::null_mut(),
                    Served::Elsewhere => {}
                }
            }
            (other.realloc)(other.context, data, bytes)
        }
    }
}

unsafe extern "C" fn malloc(context: *mut c_void, bytes: usize) -> *mut c_void {
    let other = default();
    // SAFETY: NumPy's function gets its own context, and ours comes from NumPy with ours.
    unsafe {
        if bytes >= POOLED_FROM {
            let owned = Owned::behind(context);
            match owned.serve(bytes, false) {
                Served::Memory(data) => return data.as_ptr().cast(),
                Served::Refused => return ptr::null_mut(),
                Served::Elsewhere => {}
            }
        }
        (other.malloc)(other.context, bytes)
    }
}

unsafe extern "C" fn calloc(context: *mut c_void, count: usize, item_bytes: usize) -> *mut c_void {
    let other = default();
    // What overflows is for NumPy's own function to refuse.
    let bytes = count.checked_mul(item_bytes).unwrap_or(0);
    // SAFETY: as in `malloc`.
    unsafe {
        if bytes >= POOLED_FROM {
            let owned = Owned::behind(context);
            match owned.serve(bytes, true) {
                Served::Memory(data) => return data.as_ptr().cast(),
                Served::Refused => return ptr::null_mut(),
                Served::Elsewhere => {}
            }
        }
        (other.calloc)(other.context, count, item_bytes)
    }
}

/// What is ours is known by its address, so a block may pass from NumPy's own handler to the pool when it grows.
unsafe extern "C" fn realloc(context: *mut c_void, data: *mut c_void, bytes: usize) -> *mut c_void {
    // SAFETY: as in `malloc`; NumPy gives up what it hands in, if it gets something for it.
    unsafe {
        if data.is_null() {
            return malloc(context, bytes);
        }
        if !is_array(data.cast()) {
            return Owned::behind(context).adopt(data, bytes);
        }
        let bytes = bytes.max(1);
        match resize(&Owned::behind(context).account, bytes, |site, overrun| {
            resize_array(data.cast(), bytes, site, overrun)
        }) {
            Served::Memory(data) => data.as_ptr().cast(),
            Served::Refused | Served::Elsewhere => ptr::null_mut(),
        }
    }
}

/// The size that NumPy gives is not looked at: what is ours is known by its address.
unsafe extern "C" fn free(_context: *mut c_void, data: *mut c_void, bytes: usize) {
    // SAFETY: NumPy gives the memory up; what is not ours came from its own handler.
    unsafe {
        if !free_array(data.cast()) {
            let other = default();
            (other.free)(other.context, data, bytes);
        }
    }
}

/// NumPy's table of functions, if the program has imported NumPy.
#[derive(Clone, Copy)]
pub(crate) struct NumPy {
    table: *const *mut c_void,
}

/// The table, once it was found; NumPy is never unloaded.
static TABLE: AtomicPtr<*mut c_void> = AtomicPtr::new(ptr::null_mut());

/// Why a handler cannot be set.
pub(crate) enum HandlerError {
    /// Another one is there, of this name.
    Conflict(String),
    Python(PyErr),
}

impl From<PyErr> for HandlerError {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl NumPy {
    /// Looked up, never imported. An error if it is there and has no such table.
    pub(crate) fn find(py: Python<'_>) -> PyResult<Option<Self>> {
        let known = TABLE.load(Relaxed);
        if !known.is_null() {
            return Ok(Some(Self { table: known.cast_const() }));
        }
        let modules = py.import("sys")?.getattr("modules")?;
        for name in ["numpy._core._multiarray_umath", "numpy.core._multiarray_umath"] {
            let Ok(module) = modules.get_item(name) else { continue };
            let Ok(api) = module.getattr("_ARRAY_API") else { continue };
            // SAFETY: the capsule has no name, as NumPy's own header has it; a wrong one is an error.
            let table = unsafe { ffi::PyCapsule_GetPointer(api.as_ptr(), ptr::null()) };
            if table.is_null() {
                return Err(PyErr::fetch(py));
            }
            let numpy = Self { table: table.cast_const().cast() };
            if numpy.default_capsule().is_null() {
                return Ok(None); // another thread is importing it
            }
            numpy.save_default()?;
            TABLE.store(table.cast(), Relaxed);
            return Ok(Some(numpy));
        }
        Ok(None)
    }

    fn entry(self, slot: usize) -> *mut c_void {
        // SAFETY: every NumPy that has the handlers' functions (1.22 and later) has these slots; older ones cannot be
        // installed beside the oldest Python that we support.
        unsafe { *self.table.add(slot) }
    }

    /// The capsule of the handler that NumPy came with.
    fn default_capsule(self) -> *mut ffi::PyObject {
        // SAFETY: this slot holds the address of the variable that holds the capsule.
        unsafe { *self.entry(DEFAULT_HANDLER).cast::<*mut ffi::PyObject>() }
    }

    fn save_default(self) -> PyResult<()> {
        if DEFAULT.get().is_none() {
            let handler = behind(self.default_capsule())?;
            // SAFETY: a capsule of this name holds a handler.
            DEFAULT.get_or_init(|| unsafe { (*handler).functions });
        }
        Ok(())
    }

    /// The current context's handler.
    fn current(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        // SAFETY: `PyObject *PyDataMem_GetHandler(void)`, a new reference or null with an error.
        unsafe {
            let get = std::mem::transmute::<*mut c_void, extern "C" fn() -> *mut ffi::PyObject>(
                self.entry(GET_HANDLER),
            );
            Bound::from_owned_ptr_or_err(py, get())
        }
    }

    /// Make a handler the current context's; the one before comes back.
    pub(crate) fn set<'py>(
        self,
        py: Python<'py>,
        handler: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: `PyObject *PyDataMem_SetHandler(PyObject *handler)`, which takes null for the default and returns a
        // new reference, or null with an error.
        unsafe {
            let set = std::mem::transmute::<
                *mut c_void,
                extern "C" fn(*mut ffi::PyObject) -> *mut ffi::PyObject,
            >(self.entry(SET_HANDLER));
            Bound::from_owned_ptr_or_err(py, set(handler.map_or(ptr::null_mut(), Bound::as_ptr)))
        }
    }

    /// Refuse if the current handler is neither NumPy's own nor one of ours.
    pub(crate) fn check(self, py: Python<'_>) -> Result<(), HandlerError> {
        let current = self.current(py)?;
        let name = name_of(current.as_ptr())?;
        if name == THEIRS || name == OURS {
            Ok(())
        } else {
            Err(HandlerError::Conflict(name.to_string_lossy().into_owned()))
        }
    }

    /// Whether a handler is the current context's.
    pub(crate) fn is_current(self, py: Python<'_>, handler: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.current(py)?.is(handler))
    }

    /// Put our handler into the capsule of NumPy's own, for all threads and all arrays, for good.
    pub(crate) fn take_over(
        self,
        py: Python<'_>,
        account: &Arc<ArrayAccount>,
    ) -> Result<Switch, HandlerError> {
        static TAKEN: OnceLock<&'static Owned> = OnceLock::new();
        if let Some(owned) = TAKEN.get() {
            return Ok(Switch(owned));
        }
        self.check(py)?;
        let capsule = self.default_capsule();
        let name = name_of(capsule)?;
        if name != THEIRS {
            return Err(HandlerError::Conflict(name.to_string_lossy().into_owned()));
        }
        let owned: &'static Owned = Box::leak(Owned::new(THEIRS, account.clone(), false, true));
        // SAFETY: the capsule is NumPy's, lives as long as NumPy, and is asked for its pointer at each use; a handler of
        // ours frees what its own functions made too.
        if unsafe { ffi::PyCapsule_SetPointer(capsule, ptr::from_ref(owned).cast_mut().cast()) } != 0 {
            return Err(PyErr::fetch(py).into());
        }
        Ok(Switch(TAKEN.get_or_init(|| owned)))
    }
}

/// Turns the process's handler on and off.
#[derive(Clone, Copy)]
pub(crate) struct Switch(&'static Owned);

impl Switch {
    pub(crate) fn set(self, on: bool) {
        self.0.on.store(on, Relaxed);
    }
}

fn behind(capsule: *mut ffi::PyObject) -> PyResult<*const Handler> {
    // SAFETY: any object may be asked; what is no capsule of this name is an error.
    let handler = unsafe { ffi::PyCapsule_GetPointer(capsule, CAPSULE.as_ptr()) };
    if handler.is_null() {
        return Err(Python::attach(PyErr::fetch));
    }
    Ok(handler.cast_const().cast())
}

fn name_of<'a>(capsule: *mut ffi::PyObject) -> PyResult<&'a CStr> {
    let handler = behind(capsule)?;
    // SAFETY: a capsule of this name holds a handler, whose name is within its array; both live as long as the capsule,
    // which is NumPy's current or default one here.
    let bytes = unsafe { &(*handler).name };
    // SAFETY: a `c_char` is a byte.
    let bytes = unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast::<u8>(), NAME_BYTES) };
    CStr::from_bytes_until_nul(bytes).map_err(|_| PyRuntimeError::new_err("NumPy's allocator has no name"))
}

/// A capsule with a handler for an account. The account lives until the last array that it made is gone.
pub(crate) fn handler_for<'py>(py: Python<'py>, account: &Arc<ArrayAccount>) -> PyResult<Bound<'py, PyAny>> {
    unsafe extern "C" fn drop_owned(capsule: *mut ffi::PyObject) {
        // SAFETY: called once, by the capsule's end, with the pointer that it was made with.
        unsafe {
            let owned = ffi::PyCapsule_GetPointer(capsule, CAPSULE.as_ptr());
            if !owned.is_null() {
                drop(Box::from_raw(owned.cast::<Owned>()));
            }
        }
    }
    let owned = Box::into_raw(Owned::new(OURS, account.clone(), true, false));
    // SAFETY: the pointer is good until the destructor, and the name lives for ever.
    unsafe {
        let capsule = ffi::PyCapsule_New(owned.cast(), CAPSULE.as_ptr(), Some(drop_owned));
        if capsule.is_null() {
            drop(Box::from_raw(owned));
        }
        Bound::from_owned_ptr_or_err(py, capsule)
    }
}
