//! Knowing that an object died whose compiled type has neither weak references nor a finalizer, as OpenCV's captures.
//!
//! A subclass cannot help: OpenCV's types free their instances in a way that crashes for subclasses made in Python. So the
//! destructor of the type itself is put behind one of ours, which clears the entry of a dying object and goes on to the
//! original. The field is found where the interpreter's documented layout has it, and only written if it holds what
//! `PyType_GetSlot` says that it holds; otherwise nothing is done, and the caller is told.

use std::collections::HashMap;
use std::ffi::c_void;
use std::mem::size_of;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

#[derive(Default)]
struct Table {
    /// The destructor of each watched type. Never emptied: a type may be watched again.
    originals: HashMap<usize, ffi::destructor>,
    /// The cells that hold the address of each living object that somebody asked about.
    cells: HashMap<usize, Arc<AtomicUsize>>,
}

static TABLE: Mutex<Option<Table>> = Mutex::new(None);

fn with_table<T>(act: impl FnOnce(&mut Table) -> T) -> T {
    let mut table: MutexGuard<'_, Option<Table>> = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    act(table.get_or_insert_default())
}

/// Where a type keeps its destructor, if it is where we expect it.
fn destructor_field(kind: &Bound<'_, PyType>) -> Option<*mut *mut c_void> {
    // A build without the lock of the interpreter has its own objects' layout, which abi3 modules do not load into.
    let object = kind.as_type_ptr();
    // SAFETY: `kind` is a live type object, whose flags any thread with the interpreter may read.
    let flags = unsafe { ffi::PyType_GetFlags(object) };
    if flags & ffi::Py_TPFLAGS_HEAPTYPE == 0 {
        return None; // `PyType_GetSlot` takes only these on 3.11
    }
    // tp_name, tp_basicsize and tp_itemsize come before it.
    let offset = size_of::<ffi::PyVarObject>() + 3 * size_of::<usize>();
    // SAFETY: every type object is far larger than this offset, and the field is aligned as a pointer.
    let field = unsafe { object.cast::<u8>().add(offset).cast::<*mut c_void>() };
    // SAFETY: a heap type, as checked; the slot is one that every type has, and `field` is inside the object.
    let (said, found) = unsafe { (ffi::PyType_GetSlot(object, ffi::Py_tp_dealloc), field.read()) };
    (said == found && !found.is_null()).then_some(field)
}

fn ours() -> *mut c_void {
    departing as *mut c_void
}

/// Have the ends of a type's instances noticed; False if that cannot be done for this type.
#[pyfunction]
pub(crate) fn watch_deaths(kind: &Bound<'_, PyType>) -> bool {
    let Some(field) = destructor_field(kind) else { return false };
    // SAFETY: `destructor_field` gives the field of a live type, and the interpreter is ours while we write.
    unsafe {
        let found = field.read();
        if found != ours() {
            // SAFETY: the slot of a type's destructor holds a function of that type, and is not null.
            let original = std::mem::transmute::<*mut c_void, ffi::destructor>(found);
            with_table(|table| table.originals.insert(kind.as_type_ptr() as usize, original));
            field.write(ours());
        }
    }
    true
}

/// Put the type's own destructor back.
#[pyfunction]
pub(crate) fn unwatch_deaths(kind: &Bound<'_, PyType>) {
    let original = with_table(|table| table.originals.get(&(kind.as_type_ptr() as usize)).copied());
    if let (Some(original), Some(field)) = (original, destructor_field(kind)) {
        // SAFETY: as in `watch_deaths`; what is written is what was there.
        unsafe {
            if field.read() == ours() {
                field.write(original as *mut c_void);
            }
        }
    }
}

/// The destructor of watched types: whoever asks for the object from now on is told that it is gone.
unsafe extern "C" fn departing(object: *mut ffi::PyObject) {
    let mut original = None;
    with_table(|table| {
        if let Some(cell) = table.cells.remove(&(object as usize)) {
            cell.store(0, Ordering::Release);
        }
        // SAFETY: a dying object still has its type, and a type its bases.
        let mut kind = unsafe { ffi::Py_TYPE(object) };
        while !kind.is_null() && original.is_none() {
            original = table.originals.get(&(kind as usize)).copied();
            // SAFETY: subclasses of a heap type are heap types, and the walk ends at the watched one.
            kind = unsafe { ffi::PyType_GetSlot(kind, ffi::Py_tp_base).cast() };
        }
    });
    if let Some(original) = original {
        // SAFETY: the type's own destructor, with the object that the interpreter gave to it.
        unsafe { original(object) }
    }
}

/// A weak reference to an instance of a watched type: called, it gives the object or None.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Fleeting {
    cell: Arc<AtomicUsize>,
}

#[pymethods]
impl Fleeting {
    #[new]
    fn new(thing: &Bound<'_, PyAny>) -> PyResult<Self> {
        let address = thing.as_ptr() as usize;
        let kind = thing.get_type();
        let watched = destructor_field(&kind).is_some_and(|field| {
            // SAFETY: the field of a live type, as `destructor_field` promises.
            unsafe { field.read() == ours() }
        });
        if !watched {
            return Err(PyTypeError::new_err(format!("deaths of {kind} are not watched")));
        }
        let cell = with_table(|table| {
            Arc::clone(table.cells.entry(address).or_insert_with(|| Arc::new(AtomicUsize::new(address))))
        });
        Ok(Self { cell })
    }

    fn __call__<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let address = self.cell.load(Ordering::Acquire) as *mut ffi::PyObject;
        // SAFETY: the cell is cleared when the object's count has come to nothing, before anything else happens to it, by a
        // thread with the interpreter; we have it now, so an address that is there is that of a living object.
        unsafe { Bound::from_borrowed_ptr_or_opt(py, address) }
    }
}
