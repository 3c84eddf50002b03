//! Rust's cells lent to Python through the buffer protocol, without a copy and for reading only.

use std::ffi::{CStr, c_int, c_void};

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;

/// What is lent: the bytes, the type of an item as `struct` writes it, the shape and the strides in bytes.
pub(crate) struct Cells<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) format: &'static CStr,
    pub(crate) item_bytes: usize,
    pub(crate) shape: Vec<isize>,
    pub(crate) strides: Vec<isize>,
}

/// Shape and strides live as long as the view, in a box that `internal` points to.
struct Geometry {
    shape: Vec<isize>,
    strides: Vec<isize>,
}

/// Fill `view` with `cells`, kept alive by `owner`.
///
/// # Safety
/// `view` is the pointer that the interpreter gave to `__getbuffer__`, and the bytes stay in place, unchanged, as long
/// as `owner` lives.
pub(crate) unsafe fn lend(
    owner: Bound<'_, PyAny>,
    view: *mut ffi::Py_buffer,
    flags: c_int,
    cells: Cells<'_>,
) -> PyResult<()> {
    if view.is_null() {
        return Err(PyBufferError::new_err("no view to fill"));
    }
    if flags & ffi::PyBUF_WRITABLE == ffi::PyBUF_WRITABLE {
        return Err(PyBufferError::new_err("the cells can be read, not written"));
    }
    let contiguous = row_major(&cells.shape, cells.item_bytes) == cells.strides;
    if flags & ffi::PyBUF_STRIDES != ffi::PyBUF_STRIDES && !contiguous {
        return Err(PyBufferError::new_err("these cells are strided, and the consumer cannot take strides"));
    }
    let dimensions = cells.shape.len();
    let mut geometry = Box::new(Geometry { shape: cells.shape, strides: cells.strides });
    // SAFETY: the interpreter gave a view that is valid for writing. The geometry's vectors are not touched again
    // until `release` takes the box back, so their addresses stay good for as long as the view is used.
    unsafe {
        (*view).buf = cells.bytes.as_ptr().cast_mut().cast::<c_void>();
        (*view).len = cells.bytes.len() as isize;
        (*view).itemsize = cells.item_bytes as isize;
        (*view).readonly = 1;
        (*view).ndim = dimensions as c_int;
        (*view).format = cells.format.as_ptr().cast_mut();
        (*view).shape = geometry.shape.as_mut_ptr();
        (*view).strides = geometry.strides.as_mut_ptr();
        (*view).suboffsets = std::ptr::null_mut();
        (*view).internal = Box::into_raw(geometry).cast::<c_void>();
        (*view).obj = owner.into_ptr();
    }
    Ok(())
}

/// Give back what `lend` made for `view`.
///
/// # Safety
/// `view` is one that `lend` filled, and is released once.
pub(crate) unsafe fn release(view: *mut ffi::Py_buffer) {
    // SAFETY: `internal` is the box that `lend` put there, by the contract above.
    unsafe { drop(Box::from_raw((*view).internal.cast::<Geometry>())) };
}

/// The strides in bytes of an array stored row by row.
pub(crate) fn row_major(shape: &[isize], item_bytes: usize) -> Vec<isize> {
    let mut strides = vec![item_bytes as isize; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

/// Bytes of one item of a format that this crate lends.
pub(crate) fn item_bytes(format: &CStr) -> usize {
    match format.to_bytes() {
        b"?" | b"b" | b"B" => 1,
        b"h" | b"H" => 2,
        b"i" | b"I" | b"f" => 4,
        _ => 8,
    }
}
