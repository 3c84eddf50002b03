//! Python's arrays and rows as columns in memory.

use std::ffi::CStr;
use std::sync::Arc;

use drypoint_stream::array::{ArrayColumn, ArraySource, Item, Items, Words};
use drypoint_stream::arrow::Element;
use drypoint_stream::{DataType, Instant, StreamError, TimeUnit};
use pyo3::buffer::{ElementType, PyUntypedBuffer};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyList, PyString};

use crate::error::CoreError;
use crate::raw::Loan;
use crate::source::Source;

/// Whether `value` can be borrowed through the buffer protocol.
#[pyfunction]
pub(crate) fn has_buffer(value: &Bound<'_, PyAny>) -> bool {
    PyUntypedBuffer::get(value).is_ok()
}

/// Columns of (name, object, kind): the object lends its buffer, or holds rows if the kind is ``"rows"``; the kind
/// ``"time:ns"`` or ``"duration:s"`` says what integers mean.
#[pyfunction]
pub(crate) fn array_source(
    name: &str,
    columns: Vec<(String, Bound<'_, PyAny>, Option<String>)>,
) -> PyResult<Source> {
    let mut arrays = Vec::with_capacity(columns.len());
    for (column, object, kind) in &columns {
        arrays.push(match kind.as_deref() {
            Some("rows") => row_column(column, object.cast::<PyList>()?)?,
            kind => lent_column(column, object, kind)?,
        });
    }
    Ok(Source::new(ArraySource::new(name, arrays).map_err(CoreError::from)?))
}

/// Columns of (name, list of values), one value a row.
#[pyfunction]
pub(crate) fn row_source(columns: Vec<(String, Bound<'_, PyList>)>) -> PyResult<Source> {
    let arrays = columns.iter().map(|(name, rows)| row_column(name, rows)).collect::<PyResult<Vec<_>>>()?;
    Ok(Source::new(ArraySource::new("rows", arrays).map_err(CoreError::from)?))
}

fn lent_column(name: &str, object: &Bound<'_, PyAny>, kind: Option<&str>) -> PyResult<ArrayColumn> {
    let loan = Loan::new(object).map_err(|_| refused(name, object))?;
    let buffer = loan.buffer();
    if buffer.dimensions() != 1 {
        let what = format!("column {name:?} has {} dimensions, expected 1", buffer.dimensions());
        return Err(CoreError::from(StreamError::Mismatch { name: "array".into(), what }).into());
    }
    let items = Items {
        item: item_of(buffer.format()).ok_or_else(|| refused(name, object))?,
        rows: buffer.shape()[0],
        first_byte: loan.first_byte,
        stride_bytes: buffer.strides()[0],
        swapped: matches!(buffer.format().to_bytes().first(), Some(b'>' | b'!'))
            == cfg!(target_endian = "little"),
    };
    let column = ArrayColumn::new(name, items, Arc::new(loan)).map_err(CoreError::from)?;
    match kind.and_then(|kind| kind.split_once(':')) {
        None => Ok(column),
        Some((what, unit)) => {
            let unit = time_unit(unit).ok_or_else(|| {
                PyValueError::new_err(format!("column {name:?}: instants in units of {unit} cannot be drawn"))
            })?;
            Ok(match what {
                "time" => column.with_time(unit, None),
                _ => column.with_data_type(DataType::Duration(unit)),
            })
        }
    }
}

fn refused(name: &str, object: &Bound<'_, PyAny>) -> PyErr {
    let of = object
        .getattr("dtype")
        .map_or_else(|_| object.get_type().to_string(), |dtype| format!("an array of {dtype}"));
    CoreError::from(StreamError::Unsupported { name: format!("column {name:?}"), what: of }).into()
}

fn item_of(format: &CStr) -> Option<Item> {
    // `ElementType` knows a format in this machine's order only; the order is told apart by the caller.
    let code = format.to_bytes();
    let (order, letter) = match code {
        [letter] => (b'@', *letter),
        [order @ (b'@' | b'=' | b'<' | b'>' | b'!'), letter] => (*order, *letter),
        _ => return None,
    };
    let native = [if order == b'@' { b'@' } else { b'=' }, letter, 0];
    let format = CStr::from_bytes_until_nul(&native).ok()?;
    Some(match ElementType::from_format(format) {
        ElementType::Bool => Item::Element(Element::Bool),
        ElementType::SignedInteger { bytes: 1 } => Item::Element(Element::I8),
        ElementType::SignedInteger { bytes: 2 } => Item::Element(Element::I16),
        ElementType::SignedInteger { bytes: 4 } => Item::Element(Element::I32),
        ElementType::SignedInteger { bytes: 8 } => Item::Element(Element::I64),
        ElementType::UnsignedInteger { bytes: 1 } => Item::Element(Element::U8),
        ElementType::UnsignedInteger { bytes: 2 } => Item::Element(Element::U16),
        ElementType::UnsignedInteger { bytes: 4 } => Item::Element(Element::U32),
        ElementType::UnsignedInteger { bytes: 8 } => Item::Element(Element::U64),
        ElementType::Float { bytes: 2 } => Item::Half,
        ElementType::Float { bytes: 4 } => Item::Element(Element::F32),
        ElementType::Float { bytes: 8 } => Item::Element(Element::F64),
        _ => return None,
    })
}

fn time_unit(name: &str) -> Option<TimeUnit> {
    Some(match name {
        "D" => TimeUnit::Day,
        "s" => TimeUnit::Second,
        "ms" => TimeUnit::Millisecond,
        "us" => TimeUnit::Microsecond,
        "ns" => TimeUnit::Nanosecond,
        _ => return None,
    })
}

/// A column of Python objects, one a row: numbers, truth values, text, dates, or None.
fn row_column(name: &str, rows: &Bound<'_, PyList>) -> PyResult<ArrayColumn> {
    let first = rows.iter().find(|value| !value.is_none());
    let Some(first) = first else { return Ok(ArrayColumn::from_f64(name, vec![f64::NAN; rows.len()])) };
    if first.is_instance_of::<PyString>() {
        return text_column(name, rows);
    }
    if first.hasattr("isoformat")? {
        return time_column(name, rows);
    }
    if first.is_instance_of::<PyBool>()
        || !first.is_instance_of::<PyInt>() && !first.is_instance_of::<PyFloat>()
    {
        first.extract::<f64>().map_err(|_| {
            PyTypeError::new_err(format!("column {name:?}: cannot draw a {}", first.get_type()))
        })?;
    }
    let number =
        |value: Bound<'_, PyAny>| if value.is_none() { Ok(f64::NAN) } else { value.extract::<f64>() };
    Ok(ArrayColumn::from_f64(name, rows.iter().map(number).collect::<PyResult<_>>()?))
}

fn text_column(name: &str, rows: &Bound<'_, PyList>) -> PyResult<ArrayColumn> {
    let words: Vec<Option<String>> = rows.iter().map(|value| value.extract()).collect::<PyResult<_>>()?;
    let missing: Vec<u8> = words.iter().map(|word| u8::from(word.is_none())).collect();
    let column =
        ArrayColumn::text(name, Words::from_strings(words.iter().map(|w| w.as_deref().unwrap_or(""))));
    if missing.contains(&1) {
        column.with_mask(Arc::new(missing)).map_err(|e| CoreError::from(e).into())
    } else {
        Ok(column)
    }
}

/// Dates and datetimes become microseconds; one without a zone is taken as UTC, as NumPy does.
fn time_column(name: &str, rows: &Bound<'_, PyList>) -> PyResult<ArrayColumn> {
    let instant = |value: Bound<'_, PyAny>| -> PyResult<i64> {
        if value.is_none() {
            return Ok(i64::MIN);
        }
        let text: String = value.call_method0("isoformat")?.extract()?;
        Instant::parse(text.as_bytes())
            .and_then(|instant| instant.in_unit(TimeUnit::Microsecond))
            .ok_or_else(|| PyValueError::new_err(format!("column {name:?}: {text:?} is not an instant")))
    };
    let values = rows.iter().map(instant).collect::<PyResult<Vec<i64>>>()?;
    let items = Items::contiguous(Item::Element(Element::I64), values.len());
    let column = ArrayColumn::new(name, items, Arc::new(values)).map_err(CoreError::from)?;
    Ok(column.with_time(TimeUnit::Microsecond, None))
}
