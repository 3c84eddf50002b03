//! Arrow's C stream interface, pulled without making typed arrays.
//!
//! `arrow-array` has a reader of its own, but that builds arrays whose constructors panic where a producer's buffers
//! do not fit its schema; here the buffers stay plain data, and the decoder checks them.

use std::ffi::CStr;
use std::sync::Arc;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi, from_ffi_and_data_type};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, StructArray, make_array};
use arrow_data::ArrayData;
use arrow_schema::{ArrowError, DataType, Field, Schema};

use crate::StreamError;
use crate::arrow::{ArrowBatches, ArrowStream};
use crate::survive::survive;

type Result<T> = std::result::Result<T, ArrowError>;

impl ArrowStream {
    /// Move a stream out of the place that `pointer` names, as the consumer of a PyCapsule `arrow_array_stream` does.
    /// What stays there is marked as released, so that its owner (the capsule) frees the place and nothing else.
    ///
    /// # Errors
    /// If the stream was consumed already, or its producer cannot tell the schema.
    ///
    /// # Safety
    /// `pointer` is valid for reads and writes, aligned, and holds an initialised `ArrowArrayStream` that obeys the
    /// Arrow C stream interface, that nobody else uses meanwhile, and whose callbacks may be called from any one
    /// thread at a time.
    pub unsafe fn from_raw(name: &str, pointer: *mut FFI_ArrowArrayStream) -> crate::Result<Self> {
        // SAFETY: the caller guarantees the same.
        let stream = unsafe { RawStream::from_raw(pointer) };
        Self::from_stream(name, stream.map_err(foreign)?)
    }
}

impl ArrowBatches {
    /// Move an array out of the place that `array` names, as the consumer of the PyCapsules `arrow_schema` and
    /// `arrow_array` does: a struct array is a record batch, any other a table of one column. The schema is read
    /// and stays its owner's.
    ///
    /// # Errors
    /// If one of them was consumed already, is of a type that Arrow's Rust does not know, or does not fit the other.
    ///
    /// # Safety
    /// Both pointers are valid and aligned, `array` for writes too; they hold initialised structures that obey the
    /// Arrow C data interface, belong together, and are used by nobody else meanwhile.
    pub unsafe fn from_raw(
        name: &str,
        array: *mut FFI_ArrowArray,
        schema: *const FFI_ArrowSchema,
    ) -> crate::Result<Self> {
        // SAFETY: the caller guarantees the same.
        let (data, field) = unsafe { array_from_raw(array, schema) }.map_err(foreign)?;
        // Typed arrays assert what the C data interface promises; a producer that breaks it is an error here.
        let batch = survive(|| match field.data_type() {
            DataType::Struct(_) => Ok(RecordBatch::from(StructArray::from(data))),
            _ => RecordBatch::try_new(Arc::new(Schema::new(vec![field.clone()])), vec![make_array(data)]),
        });
        let batch = batch.ok_or_else(|| StreamError::Corrupt {
            name: name.into(),
            what: "its producer broke the Arrow C data interface".into(),
        })?;
        let batch = batch.map_err(foreign)?;
        Self::new(name, &batch.schema(), vec![batch])
    }
}

fn foreign(error: ArrowError) -> StreamError {
    StreamError::Foreign(Box::new(error))
}

/// A stream that we own. Its producer promised the C stream interface when it was taken over.
#[derive(Debug)]
pub(crate) struct RawStream {
    // The callbacks want the address of the stream; a box keeps it where it is.
    stream: Box<FFI_ArrowArrayStream>,
}

impl RawStream {
    /// Take over a stream that somebody owns already.
    ///
    /// # Errors
    /// If it is released.
    ///
    /// # Safety
    /// Its callbacks obey the C stream interface, and may be called from any one thread at a time.
    pub(crate) unsafe fn new(stream: FFI_ArrowArrayStream) -> Result<Self> {
        if stream.release().is_none() {
            return Err(ArrowError::CDataInterface("the stream was consumed already".into()));
        }
        Ok(Self { stream: Box::new(stream) })
    }

    /// Move a stream out of the place that `pointer` names, as the consumer of a PyCapsule `arrow_array_stream` does:
    /// what stays there is marked as released, so whoever owns the place must not release it again.
    ///
    /// # Errors
    /// If it is released.
    ///
    /// # Safety
    /// `pointer` is valid for reads and writes, aligned, and holds an initialised stream that nobody else uses
    /// meanwhile; further as for [`RawStream::new`].
    pub(crate) unsafe fn from_raw(pointer: *mut FFI_ArrowArrayStream) -> Result<Self> {
        // SAFETY: the caller guarantees what `from_raw` asks for: a valid, aligned, initialised stream.
        let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer) };
        // SAFETY: the caller guarantees the callbacks.
        unsafe { Self::new(stream) }
    }

    /// The type of its arrays.
    pub(crate) fn field(&mut self) -> Result<Field> {
        let get_schema = self.stream.get_schema().ok_or_else(|| missing("get_schema"))?;
        let mut schema = FFI_ArrowSchema::empty();
        // SAFETY: the callback belongs to this stream, which is not released (see `new`), and `schema` is ours to fill.
        let code = unsafe { get_schema(&raw mut *self.stream, &raw mut schema) };
        if code != 0 {
            return Err(self.error("its schema", code));
        }
        Field::try_from(&schema)
    }

    /// Its next array, of `data_type`; `None` at its end.
    pub(crate) fn pull(&mut self, data_type: &DataType) -> Result<Option<ArrayData>> {
        let get_next = self.stream.get_next().ok_or_else(|| missing("get_next"))?;
        let mut array = FFI_ArrowArray::empty();
        // SAFETY: as in `field`, with `array` to fill.
        let code = unsafe { get_next(&raw mut *self.stream, &raw mut array) };
        if code != 0 {
            return Err(self.error("a batch", code));
        }
        if array.is_released() {
            return Ok(None);
        }
        // SAFETY: the producer guarantees by the C data interface that the array is of the type its schema named.
        unsafe { from_ffi_and_data_type(array, data_type.clone()) }.map(Some)
    }

    fn error(&mut self, of: &str, code: i32) -> ArrowError {
        let message = self.stream.get_last_error().and_then(|get_last_error| {
            // SAFETY: the stream is not released, and the call before this one failed, which is when this is allowed.
            let text = unsafe { get_last_error(&raw mut *self.stream) };
            if text.is_null() {
                return None;
            }
            // SAFETY: the producer keeps the string, which ends in a zero byte, until the next call; it is copied here.
            Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
        });
        let message = message.unwrap_or_else(|| "no reason given".into());
        ArrowError::CDataInterface(format!("the producer failed to give {of} (error {code}): {message}"))
    }
}

/// Move an array and its schema out of the places that the pointers name, as the consumer of the PyCapsules
/// `arrow_array` and `arrow_schema` does. The array's place is marked as released; the schema is only read.
///
/// # Errors
/// If one of them is released or of a type that Arrow's Rust does not know.
///
/// # Safety
/// Both pointers are valid, aligned and hold initialised structures that obey the C data interface and belong
/// together; the array's is valid for writes too.
pub(crate) unsafe fn array_from_raw(
    array: *mut FFI_ArrowArray,
    schema: *const FFI_ArrowSchema,
) -> Result<(ArrayData, Field)> {
    // SAFETY: the caller guarantees a valid, initialised schema, which is only borrowed here.
    let schema = unsafe { &*schema };
    if schema.release().is_none() {
        return Err(ArrowError::CDataInterface("the schema was released already".into()));
    }
    let field = Field::try_from(schema)?;
    // SAFETY: the caller guarantees a valid, initialised array that may be written to.
    let array = unsafe { FFI_ArrowArray::from_raw(array) };
    if array.is_released() {
        return Err(ArrowError::CDataInterface("the array was consumed already".into()));
    }
    // SAFETY: the caller guarantees that both obey the C data interface and belong together.
    let data = unsafe { from_ffi(array, schema) }?;
    Ok((data, field))
}

fn missing(callback: &str) -> ArrowError {
    ArrowError::CDataInterface(format!("the stream has no {callback}"))
}
