//! Memory of a Python object that Rust fills: a new array, which nobody else has seen yet.

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;

/// Writable bytes held until this is dropped; their exporter keeps them in place meanwhile.
pub(crate) struct Room {
    buffer: PyBuffer<u8>,
}

// SAFETY: a `PyBuffer` may be sent (it attaches to release), and the bytes behind it are reached by `&mut self` alone.
unsafe impl Send for Room {}

impl Room {
    /// Borrow the bytes of `object` (one dimension of unsigned bytes) for writing. Whoever calls this made the object
    /// for this purpose and shows it to nobody before the room is dropped.
    pub(crate) fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let buffer = PyBuffer::<u8>::get(object)?;
        if buffer.readonly() || !buffer.is_c_contiguous() {
            return Err(PyBufferError::new_err("room is needed in contiguous bytes that can be written"));
        }
        Ok(Self { buffer })
    }

    /// The bytes.
    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        let bytes = self.buffer.len_bytes();
        if bytes == 0 {
            return &mut [];
        }
        // SAFETY: the exporter keeps `bytes` contiguous writable bytes at this address until the buffer is released, that
        // is until `self` is dropped. By the contract of `new` nobody else knows the object, so nothing else reads or
        // writes them while this borrow of `self` lasts.
        unsafe { std::slice::from_raw_parts_mut(self.buffer.buf_ptr().cast::<u8>(), bytes) }
    }
}
