//! Batches out as Arrow arrays. A batch borrows from its reader and an Arrow array owns what it holds, so this copies;
//! a batch is small.

use std::sync::Arc;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, to_ffi};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StructArray, make_array};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::{
    ArrowError, DataType as ArrowType, Field as ArrowField, Schema as ArrowSchema, TimeUnit as ArrowUnit,
};

use crate::{Batch, Column, DataType, Field, Lists, Result, StreamError, Text, TimeUnit, Values};

/// The record batch that holds a copy of `batch`, whose columns `fields` describes in the same order. Instants keep
/// their unit and zone; what is delivered as another type (decimals, float16) stays that type; words stay a
/// dictionary of `uint32` keys.
///
/// # Errors
/// [`StreamError::Mismatch`] if the fields are not those of the batch.
pub fn to_record_batch(batch: &Batch<'_>, fields: &[Field]) -> Result<RecordBatch> {
    if fields.len() != batch.columns.len() {
        let what = format!("{} fields for a batch of {} columns", fields.len(), batch.columns.len());
        return Err(StreamError::Mismatch { name: "batch".into(), what });
    }
    let mut arrow_fields = Vec::with_capacity(fields.len());
    let mut arrays = Vec::with_capacity(fields.len());
    for (column, field) in batch.columns.iter().zip(fields) {
        let array = array_of(column, &field.data_type, batch.rows).map_err(failed)?;
        let nullable = field.nullable || array.null_count() > 0;
        arrow_fields.push(ArrowField::new(&field.name, array.data_type().clone(), nullable));
        arrays.push(array);
    }
    let schema = Arc::new(ArrowSchema::new(arrow_fields));
    let options = RecordBatchOptions::new().with_row_count(Some(batch.rows));
    RecordBatch::try_new_with_options(schema, arrays, &options).map_err(failed)
}

/// A record batch in the form of Arrow's C data interface, as `__arrow_c_array__` hands it out: a struct array and
/// its schema, each to be released by whoever takes it.
///
/// # Errors
/// [`StreamError::Foreign`] if the schema has no C form, which no schema made here is.
pub fn export(batch: &RecordBatch) -> Result<(FFI_ArrowArray, FFI_ArrowSchema)> {
    let schema = FFI_ArrowSchema::try_from(batch.schema_ref().as_ref()).map_err(failed)?;
    let (array, _) = to_ffi(&StructArray::from(batch.clone()).to_data()).map_err(failed)?;
    Ok((array, schema))
}

fn failed(error: ArrowError) -> StreamError {
    StreamError::Foreign(Box::new(error))
}

fn array_of(
    column: &Column<'_>,
    data_type: &DataType,
    rows: usize,
) -> std::result::Result<ArrayRef, ArrowError> {
    let nulls = column
        .validity
        .map(|bits| NullBuffer::new(BooleanBuffer::collect_bool(rows, |row| bits.is_valid(row))));
    let (arrow, buffers, children) = match column.values {
        Values::Bool(values) => {
            let bits = BooleanBuffer::collect_bool(values.len(), |row| values[row] != 0);
            (ArrowType::Boolean, vec![bits.into_inner()], vec![])
        }
        Values::Text(text) => {
            let (offsets, bytes) = compact(text);
            (ArrowType::Utf8, vec![offsets, bytes], vec![])
        }
        Values::Binary(binary) => {
            let (offsets, bytes) = compact(binary);
            (ArrowType::Binary, vec![offsets, bytes], vec![])
        }
        Values::Lists(lists) => {
            let data = lists_of(&lists)?;
            let data = data.into_builder().nulls(nulls);
            return Ok(make_array(data.build()?));
        }
        Values::Dictionary { codes, words } => {
            let (offsets, bytes) = compact(words);
            let values =
                ArrayData::builder(ArrowType::Utf8).len(words.len()).add_buffer(offsets).add_buffer(bytes);
            let arrow = ArrowType::Dictionary(Box::new(ArrowType::UInt32), Box::new(ArrowType::Utf8));
            (arrow, vec![Buffer::from_slice_ref(codes)], vec![values.build()?])
        }
        numbers => {
            let (arrow, values) = numbers_of(numbers, data_type)?;
            (arrow, vec![values], vec![])
        }
    };
    let data = ArrayData::builder(arrow).len(rows).nulls(nulls).buffers(buffers).child_data(children);
    Ok(make_array(data.build()?))
}

/// Lists of float64, or of structures of x and y.
fn lists_of(lists: &Lists<'_>) -> std::result::Result<ArrayData, ArrowError> {
    let mut range = (0, lists.rows);
    let mut levels = Vec::new();
    for offsets in lists.offsets.iter().filter(|offsets| !offsets.is_empty()) {
        let here = &offsets[range.0..=range.1];
        range = (here[0] as usize, here[here.len() - 1] as usize);
        levels.push(here.iter().map(|offset| offset - here[0]).collect::<Vec<i32>>());
    }
    let items = range.1 - range.0;
    let numbers = |values: &[f64]| {
        let values = values.iter().skip(range.0 * lists.step).step_by(lists.step).take(items).copied();
        let buffer = Buffer::from_vec(values.collect::<Vec<f64>>());
        ArrayData::builder(ArrowType::Float64).len(items).add_buffer(buffer).build()
    };
    let number = |name: &str| Arc::new(ArrowField::new(name, ArrowType::Float64, true));
    let mut data = if !lists.positions {
        numbers(lists.x)?
    } else {
        let arrow = ArrowType::Struct(vec![number("x"), number("y")].into());
        let children = vec![numbers(lists.x)?, numbers(lists.y)?];
        ArrayData::builder(arrow).len(items).child_data(children).build()?
    };
    for offsets in levels.into_iter().rev() {
        let arrow = ArrowType::List(Arc::new(ArrowField::new("item", data.data_type().clone(), true)));
        let rows = offsets.len() - 1;
        let offsets = Buffer::from_vec(offsets);
        data = ArrayData::builder(arrow).len(rows).add_buffer(offsets).add_child_data(data).build()?;
    }
    Ok(data)
}

/// Offsets that begin at 0, and only the bytes between them.
fn compact(text: Text<'_>) -> (Buffer, Buffer) {
    let (first, last) = match text.offsets {
        [first, .., last] => (*first, *last),
        _ => (0, 0),
    };
    let offsets: Vec<i32> = text.offsets.iter().map(|offset| offset - first).collect();
    let offsets = if offsets.is_empty() { vec![0] } else { offsets };
    (Buffer::from_vec(offsets), Buffer::from_slice_ref(&text.bytes[first as usize..last as usize]))
}

fn numbers_of(
    values: Values<'_>,
    data_type: &DataType,
) -> std::result::Result<(ArrowType, Buffer), ArrowError> {
    let unit_of = |unit: &TimeUnit| match unit {
        TimeUnit::Day | TimeUnit::Second => ArrowUnit::Second,
        TimeUnit::Millisecond => ArrowUnit::Millisecond,
        TimeUnit::Microsecond => ArrowUnit::Microsecond,
        TimeUnit::Nanosecond => ArrowUnit::Nanosecond,
    };
    match data_type {
        DataType::Time { unit: TimeUnit::Day, .. } => {
            let days = integers(values)?.map(|day| {
                // NumPy's NaT marks a row that is missing anyway.
                i32::try_from(if day == i64::MIN { 0 } else { day })
                    .map_err(|_| ArrowError::InvalidArgumentError(format!("{day} is no day of date32")))
            });
            Ok((ArrowType::Date32, Buffer::from_vec(days.collect::<std::result::Result<Vec<i32>, _>>()?)))
        }
        DataType::Time { unit, zone } => {
            let instants: Vec<i64> = integers(values)?.collect();
            Ok((ArrowType::Timestamp(unit_of(unit), zone.clone()), Buffer::from_vec(instants)))
        }
        DataType::Duration(unit) => {
            // Arrow has no span of days.
            let scale = if *unit == TimeUnit::Day { 86_400 } else { 1 };
            let spans: Vec<i64> = integers(values)?.map(|span| span.saturating_mul(scale)).collect();
            Ok((ArrowType::Duration(unit_of(unit)), Buffer::from_vec(spans)))
        }
        _ => Ok(match values {
            Values::I8(v) => (ArrowType::Int8, Buffer::from_slice_ref(v)),
            Values::I16(v) => (ArrowType::Int16, Buffer::from_slice_ref(v)),
            Values::I32(v) => (ArrowType::Int32, Buffer::from_slice_ref(v)),
            Values::I64(v) => (ArrowType::Int64, Buffer::from_slice_ref(v)),
            Values::U8(v) => (ArrowType::UInt8, Buffer::from_slice_ref(v)),
            Values::U16(v) => (ArrowType::UInt16, Buffer::from_slice_ref(v)),
            Values::U32(v) => (ArrowType::UInt32, Buffer::from_slice_ref(v)),
            Values::U64(v) => (ArrowType::UInt64, Buffer::from_slice_ref(v)),
            Values::F32(v) => (ArrowType::Float32, Buffer::from_slice_ref(v)),
            Values::F64(v) => (ArrowType::Float64, Buffer::from_slice_ref(v)),
            _ => return Err(ArrowError::InvalidArgumentError("values that are no numbers".into())),
        }),
    }
}

/// The values of an instant or a span, whatever their width.
fn integers<'a>(values: Values<'a>) -> std::result::Result<Box<dyn Iterator<Item = i64> + 'a>, ArrowError> {
    Ok(match values {
        Values::I8(v) => Box::new(v.iter().map(|value| i64::from(*value))),
        Values::I16(v) => Box::new(v.iter().map(|value| i64::from(*value))),
        Values::I32(v) => Box::new(v.iter().map(|value| i64::from(*value))),
        Values::I64(v) => Box::new(v.iter().copied()),
        Values::U8(v) => Box::new(v.iter().map(|value| i64::from(*value))),
        Values::U16(v) => Box::new(v.iter().map(|value| i64::from(*value))),
        Values::U32(v) => Box::new(v.iter().map(|value| i64::from(*value))),
        _ => return Err(ArrowError::InvalidArgumentError("instants that are no integers".into())),
    })
}
