//! Bytes borrowed from a Python object through the buffer protocol.

use drypoint_stream::array::ColumnStorage;
use pyo3::buffer::PyUntypedBuffer;
use pyo3::prelude::*;

/// A buffer held until this is dropped; its exporter keeps the memory in place meanwhile.
pub(crate) struct Loan {
    buffer: PyUntypedBuffer,
    /// The lowest address that an item has, and how many bytes lie between it and the end of the highest item.
    lowest: *const u8,
    span: usize,
    /// Where in them the first item begins.
    pub(crate) first_byte: usize,
}

// SAFETY: a `PyUntypedBuffer` may be sent and shared (it attaches to release); the two other fields are an address
// in the memory that it keeps alive, and numbers.
unsafe impl Send for Loan {}
// SAFETY: as above; all access is by reading.
unsafe impl Sync for Loan {}

impl Loan {
    /// Borrow the memory of `object`, of any number of dimensions and any strides.
    pub(crate) fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let buffer = PyUntypedBuffer::get(object)?;
        let (mut below, mut above) = (0usize, buffer.item_size());
        for (&length, &stride) in buffer.shape().iter().zip(buffer.strides()) {
            let reach = stride.unsigned_abs().saturating_mul(length.saturating_sub(1));
            if stride < 0 { below += reach } else { above += reach }
        }
        let empty = buffer.item_count() == 0;
        let first = buffer.buf_ptr().cast::<u8>().cast_const();
        // SAFETY: the exporter guarantees that every item of the shape lies in its memory, so `below` bytes before the
        // first item are in it too; an empty buffer has no items and its address is not moved.
        let lowest = if empty { first } else { unsafe { first.sub(below) } };
        let span = if empty { 0 } else { below + above };
        Ok(Self { buffer, lowest, span, first_byte: if empty { 0 } else { below } })
    }

    /// What was borrowed: format, shape and strides.
    pub(crate) fn buffer(&self) -> &PyUntypedBuffer {
        &self.buffer
    }
}

impl Loan {
    /// Let go of the resident pages of these bytes, which lie in a shared mapping of a file: what is read there again comes
    /// from the file, with all that was written to it.
    ///
    /// # Safety
    /// So they do. Those of a private mapping, or of the heap, would lose what they hold.
    pub(crate) unsafe fn let_go(&self, bytes: std::ops::Range<usize>) {
        #[cfg(unix)]
        {
            const PAGE: usize = 4096;
            let bytes = bytes.start..bytes.end.min(self.span);
            let start = (self.lowest.addr() + bytes.start).next_multiple_of(PAGE) - self.lowest.addr();
            let end = self.lowest.addr().saturating_add(bytes.end) / PAGE * PAGE;
            let end = end.saturating_sub(self.lowest.addr());
            if start < end {
                // SAFETY: whole pages within the span, which the exporter keeps mapped; by the contract above their
                // contents stay the file's. Where pages are larger the system refuses, and nothing happens.
                unsafe {
                    libc::madvise(self.lowest.add(start).cast_mut().cast(), end - start, libc::MADV_DONTNEED);
                }
            }
        }
        #[cfg(not(unix))]
        let _ = bytes;
    }
}

impl ColumnStorage for Loan {
    fn bytes(&self) -> &[u8] {
        if self.span == 0 {
            return &[];
        }
        // SAFETY: `new` found the span of the items, which the exporter keeps in place until the buffer is released,
        // that is until `self` is dropped. A program that writes to the array meanwhile gets some of its old and some
        // of its new values drawn, as with every reader that lets go of the interpreter: any bytes are values here.
        unsafe { std::slice::from_raw_parts(self.lowest, self.span) }
    }
}
