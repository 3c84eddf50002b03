//! How large the graph of the heap will be, before anything is kept of it, so that its memory can be asked for first.
//!
//! The containers of the collector are counted by looking at their references once. What the collector does not track is
//! met once for each reference to it, so each time a part of it is counted, one of its reference count: the parts add up to
//! the objects, nearly, without a table of those that were seen. Of the many small containers some stand for all; the large
//! ones are all looked into.

use std::ffi::{c_int, c_void};

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySet, PyTuple};

use super::island::references_of;

/// Of small containers each so-and-so-manieth is looked into, where there are many.
const STRIDE: usize = 8;
const MANY: usize = 1 << 14;
/// A container of more items is large.
const SMALL: usize = 64;

/// What a walk will find, about.
pub(crate) struct Census {
    /// Objects that the collector tracks.
    pub(crate) tracked: usize,
    pub(crate) nodes: usize,
    pub(crate) edges: usize,
}

/// Containers that nobody tracks hold values and each other; they are looked into as well.
struct Count {
    weight: f64,
    nodes: f64,
    edges: f64,
    pending: Vec<(*mut ffi::PyObject, f64)>,
}

/// What the collector tracks now.
pub(crate) fn tracked(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let listing = py.import(intern!(py, "gc"))?.getattr(intern!(py, "get_objects"))?;
    Ok(listing.call0()?.cast_into::<PyList>()?)
}

/// What a walk that begins with these objects will find.
pub(crate) fn census(tracked: &Bound<'_, PyList>) -> Census {
    let mut count = Count { weight: 1.0, nodes: tracked.len() as f64, edges: 0.0, pending: Vec::new() };
    let stride = if tracked.len() < MANY { 1 } else { STRIDE };
    for (place, object) in tracked.iter().enumerate() {
        let is_sample = place % stride == 0;
        count.weight = if is_large(&object) { 1.0 } else { stride as f64 };
        if !is_sample && count.weight > 1.0 {
            continue;
        }
        count.look_into(object.as_ptr());
        while let Some((inner, weight)) = count.pending.pop() {
            count.weight = weight;
            count.look_into(inner);
        }
    }
    Census { tracked: tracked.len(), nodes: count.nodes as usize, edges: count.edges as usize }
}

fn is_large(object: &Bound<'_, PyAny>) -> bool {
    let items = if let Ok(dict) = object.cast_exact::<PyDict>() {
        dict.len()
    } else if let Ok(list) = object.cast_exact::<PyList>() {
        list.len()
    } else if let Ok(tuple) = object.cast_exact::<PyTuple>() {
        tuple.len()
    } else if let Ok(set) = object.cast_exact::<PySet>() {
        set.len()
    } else {
        0
    };
    items > SMALL
}

impl Count {
    /// `object` is alive: the list of all has it, or a container that the list has.
    fn look_into(&mut self, object: *mut ffi::PyObject) {
        // SAFETY: the object is alive and the thread attached. A type's traverse function shows its references to `visit`, which
        // stores in the count behind the pointer and runs no Python code; a dict is not changed while it is read.
        unsafe {
            let kind = ffi::Py_TYPE(object);
            if kind == &raw mut ffi::PyDict_Type {
                let (mut place, mut key, mut value) = (0, std::ptr::null_mut(), std::ptr::null_mut());
                while ffi::PyDict_Next(object, &raw mut place, &raw mut key, &raw mut value) != 0 {
                    self.meet(key);
                    self.meet(value);
                }
                return;
            }
            let slot = ffi::PyType_GetSlot(kind, ffi::Py_tp_traverse);
            if !slot.is_null() {
                let traverse = std::mem::transmute::<*mut c_void, ffi::traverseproc>(slot);
                traverse(object, visit, std::ptr::from_mut(self).cast::<c_void>());
            }
        }
    }

    fn meet(&mut self, object: *mut ffi::PyObject) {
        if object.is_null() {
            return;
        }
        let references = references_of(object);
        if references == 0 {
            return; // dead, on a list for reuse
        }
        // SAFETY: whoever shows it keeps it alive; these calls read it and its type.
        let (tracked, built_in, container) = unsafe {
            let kind = ffi::Py_TYPE(object);
            let flags = ffi::PyType_GetFlags(kind);
            let container = kind == &raw mut ffi::PyDict_Type || kind == &raw mut ffi::PyTuple_Type;
            (ffi::PyObject_GC_IsTracked(object) != 0, flags & ffi::Py_TPFLAGS_HEAPTYPE == 0, container)
        };
        if tracked {
            self.edges += self.weight;
        } else if references > 1 || !built_in || container {
            let part = self.weight / references as f64;
            self.edges += self.weight;
            self.nodes += part;
            if container {
                self.pending.push((object, part));
            }
        }
    }
}

/// What `tp_traverse` calls for each reference; `count` is the [`Count`] that asked.
unsafe extern "C" fn visit(object: *mut ffi::PyObject, count: *mut c_void) -> c_int {
    // SAFETY: `look_into` passed a count that it has to itself, and a traversed object lends its references.
    unsafe { (*count.cast::<Count>()).meet(object) };
    0
}
