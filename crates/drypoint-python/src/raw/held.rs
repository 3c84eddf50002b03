//! References to all objects of a heap, in the same table that keeps their addresses when the references are let go.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use pyo3::ffi;
use pyo3::prelude::*;

/// The objects of a walked heap, by the numbers of their nodes.
pub(crate) struct Held {
    objects: Vec<*mut ffi::PyObject>,
    /// Whether each has a reference of ours.
    holding: AtomicBool,
}

// SAFETY: the pointers are only followed by threads that are attached to the interpreter.
unsafe impl Send for Held {}
// SAFETY: as above; the table is never changed.
unsafe impl Sync for Held {}

impl Held {
    /// The objects, each of which has been given a reference for this.
    ///
    /// # Safety
    /// So it is.
    pub(super) unsafe fn new(objects: Vec<*mut ffi::PyObject>) -> Self {
        Self { objects, holding: AtomicBool::new(true) }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }

    /// The object of a node; None if they were let go, or there is no such node.
    pub(crate) fn get<'py>(&self, py: Python<'py>, node: usize) -> Option<Bound<'py, PyAny>> {
        let object = *self.objects.get(node)?;
        // SAFETY: as long as we hold them the object is alive; whoever lets them go is attached, as we are, and says so before.
        self.holding.load(Relaxed).then(|| unsafe { Bound::from_borrowed_ptr(py, object) })
    }

    /// Where the object of a node is, or was.
    pub(crate) fn address(&self, node: usize) -> u64 {
        self.objects[node].addr() as u64
    }

    /// Let go of the references. What a finalizer does meanwhile finds no objects here any more.
    pub(crate) fn let_go(&self, _py: Python<'_>) {
        if self.holding.swap(false, Relaxed) {
            for &object in &self.objects {
                // SAFETY: attached; the reference that `new` was given, once.
                unsafe { ffi::Py_DecRef(object) };
            }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if *self.holding.get_mut() {
            // Without an interpreter nobody needs them.
            let _ = Python::try_attach(|py| self.let_go(py));
        }
    }
}
