//! Indices and values lent to Python without a copy, for reading only.

use std::ffi::{CStr, c_int};

use drypoint_array::sparse::{IndexArray, IndexType, Part, ValueType, Values};
use pyo3::ffi;
use pyo3::prelude::*;

use crate::raw;

/// Items of one dimension.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct SparsePart {
    part: Part,
    format: &'static CStr,
    item_bytes: usize,
}

impl SparsePart {
    pub(super) fn places(places: &IndexArray) -> Self {
        let format = match places.kind() {
            IndexType::U8 => c"B",
            IndexType::U16 => c"H",
            IndexType::U32 => c"I",
            IndexType::U64 => c"Q",
        };
        Self { part: places.part().clone(), format, item_bytes: places.kind().bytes() }
    }

    pub(super) fn values(values: &Values) -> Self {
        Self::of(values.kind(), values.part().clone())
    }

    pub(super) fn of(kind: ValueType, part: Part) -> Self {
        let format = match kind {
            ValueType::Bool => c"?",
            ValueType::I8 => c"b",
            ValueType::I16 => c"h",
            ValueType::I32 => c"i",
            ValueType::I64 => c"q",
            ValueType::U8 => c"B",
            ValueType::U16 => c"H",
            ValueType::U32 => c"I",
            ValueType::U64 => c"Q",
            ValueType::F16 => c"e",
            ValueType::F32 => c"f",
            ValueType::F64 => c"d",
            ValueType::C64 => c"Zf",
            ValueType::C128 => c"Zd",
        };
        Self { part, format, item_bytes: kind.bytes() }
    }
}

#[pymethods]
impl SparsePart {
    /// Whether the memory is another library's.
    #[getter]
    fn lent(&self) -> bool {
        self.part.lent()
    }

    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let Self { part, format, item_bytes } = slf.get();
        let bytes = part.bytes();
        let shape = vec![(bytes.len() / item_bytes) as isize];
        let strides = vec![*item_bytes as isize];
        let cells = raw::Cells { bytes, format, item_bytes: *item_bytes, shape, strides };
        // SAFETY: the interpreter gave `view`; a part's memory is never moved and lives as long as `slf`. We never write to
        // it; a lender who does shows its readers what it wrote, as any view of its memory would.
        unsafe { raw::lend(slf.clone().into_any(), view, flags, cells) }
    }

    unsafe fn __releasebuffer__(&self, view: *mut ffi::Py_buffer) {
        // SAFETY: the interpreter releases each view that `__getbuffer__` filled once.
        unsafe { raw::release(view) }
    }
}
