//! Python's arrays and rows as columns in memory.

use std::ffi::CStr;
use std::sync::Arc;

use drypoint_stream::array::{ArrayColumn, ArraySource, ColumnStorage, Item, Items, Words};
use drypoint_stream::arrow::Element;
use drypoint_stream::{DataType, Instant, StreamError, TimeUnit};
use pyo3::buffer::{ElementType, PyUntypedBuffer};
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
    let (rows, stride_bytes) = (buffer.shape()[0], buffer.strides()[0]);
    let swapped =
        matches!(buffer.format().to_bytes().first(), Some(b'>' | b'!')) == cfg!(target_endian = "little");
    let Some(item) = item_of(buffer.format()) else {
        return match Characters::of(buffer.format(), swapped) {
            Some(characters) => Ok(fixed_text(name, characters, &loan, rows, stride_bytes)),
            None => unreadable(name, object, rows),
        };
    };
    let items = Items { item, rows, first_byte: loan.first_byte, stride_bytes, swapped };
    let column = ArrayColumn::new(name, items, Arc::new(loan)).map_err(CoreError::from)?;
    match kind.and_then(|kind| kind.split_once(':')) {
        None => Ok(column),
        Some((what, unit)) => {
            let unit = time_unit(unit).ok_or_else(|| {
                let (name, what) = (format!("column {name:?}"), format!("a time in units of {unit:?}"));
                CoreError::from(StreamError::Unsupported { name, what })
            })?;
            Ok(match what {
                "time" => column.with_time(unit, None),
                _ => column.with_data_type(DataType::Duration(unit)),
            })
        }
    }
}

/// A column that is there but cannot be asked for: complex numbers, nested records.
fn unreadable(name: &str, object: &Bound<'_, PyAny>, rows: usize) -> PyResult<ArrayColumn> {
    let type_name = object.getattr("dtype").map_or_else(|_| "unknown".into(), |dtype| dtype.to_string());
    let items =
        Items { item: Item::Element(Element::U8), rows, first_byte: 0, stride_bytes: 0, swapped: false };
    let column = ArrayColumn::new(name, items, Arc::new(vec![0u8])).map_err(CoreError::from)?;
    Ok(column.with_data_type(DataType::Other(type_name)))
}

/// NumPy's text of a fixed width: bytes, or UCS-4 in either order, both padded with zeros.
#[derive(Clone, Copy)]
struct Characters {
    width: usize,
    wide: bool,
    swapped: bool,
}

impl Characters {
    fn of(format: &CStr, swapped: bool) -> Option<Self> {
        let format = format.to_str().ok()?.trim_start_matches(['@', '=', '<', '>', '!']);
        let (digits, letter) = format.split_at(format.len().checked_sub(1)?);
        let width = if digits.is_empty() { 1 } else { digits.parse().ok()? };
        match letter {
            "w" => Some(Self { width, wide: true, swapped }),
            "s" => Some(Self { width, wide: false, swapped }),
            _ => None,
        }
    }

    fn item_bytes(self) -> usize {
        if self.wide { self.width * 4 } else { self.width }
    }

    fn decode(self, bytes: &[u8]) -> String {
        if !self.wide {
            let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
            return String::from_utf8_lossy(&bytes[..end]).into_owned();
        }
        let codes = bytes.chunks_exact(4).map(|code| {
            let code = [code[0], code[1], code[2], code[3]];
            if self.swapped { u32::from_be_bytes(code) } else { u32::from_le_bytes(code) }
        });
        let text: String =
            codes.map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        text.trim_end_matches('\0').to_string()
    }
}

fn fixed_text(
    name: &str,
    characters: Characters,
    loan: &Loan,
    rows: usize,
    stride_bytes: isize,
) -> ArrayColumn {
    let (bytes, item_bytes) = (loan.bytes(), characters.item_bytes());
    let word = |row: usize| {
        let at = loan.first_byte.wrapping_add_signed(row as isize * stride_bytes);
        characters.decode(bytes.get(at..at + item_bytes).unwrap_or_default())
    };
    let (mut offsets, mut text) = (Vec::with_capacity(rows + 1), Vec::new());
    offsets.push(0i64);
    for row in 0..rows {
        text.extend_from_slice(word(row).as_bytes());
        offsets.push(text.len() as i64);
    }
    ArrayColumn::text(name, Words::new(Arc::new(offsets), true, Arc::new(text)))
}

fn refused(name: &str, object: &Bound<'_, PyAny>) -> PyErr {
    let of = object
        .getattr("dtype")
        .map_or_else(|_| format!("a value of {}", object.get_type()), |dtype| format!("an array of {dtype}"));
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
    if iso_text(&first)?.is_some() {
        return time_column(name, rows);
    }
    if first.is_instance_of::<PyBool>()
        || !first.is_instance_of::<PyInt>() && !first.is_instance_of::<PyFloat>()
    {
        first.extract::<f64>().map_err(|_| refused(name, &first))?;
    }
    let number = |value: Bound<'_, PyAny>| {
        if value.is_none() {
            return Ok(f64::NAN);
        }
        value.extract::<f64>().map_err(|_| odd_one(name, &value, "a number"))
    };
    Ok(ArrayColumn::from_f64(name, rows.iter().map(number).collect::<PyResult<_>>()?))
}

fn text_column(name: &str, rows: &Bound<'_, PyList>) -> PyResult<ArrayColumn> {
    let word = |value: Bound<'_, PyAny>| value.extract().map_err(|_| odd_one(name, &value, "text"));
    let words: Vec<Option<String>> = rows.iter().map(word).collect::<PyResult<_>>()?;
    let missing: Vec<u8> = words.iter().map(|word| u8::from(word.is_none())).collect();
    let column =
        ArrayColumn::text(name, Words::from_strings(words.iter().map(|w| w.as_deref().unwrap_or(""))));
    if missing.contains(&1) {
        column.with_mask(Arc::new(missing)).map_err(|e| CoreError::from(e).into())
    } else {
        Ok(column)
    }
}

/// A date or datetime, of Python or NumPy, as ISO 8601.
fn iso_text(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    if value.hasattr("isoformat")? {
        return value.call_method0("isoformat")?.extract().map(Some);
    }
    let is_numpy = value.get_type().name()? == "datetime64";
    Ok(if is_numpy { Some(value.str()?.to_string()) } else { None })
}

/// A value that is not what the first one of its column was.
fn odd_one(name: &str, value: &Bound<'_, PyAny>, expected: &str) -> PyErr {
    let value = value.repr().map_or_else(|_| value.get_type().to_string(), |text| text.to_string());
    CoreError::Value(format!(
        "column {name:?}: {value} is not {expected}, as the first value of the column is"
    ))
    .into()
}

/// Dates and datetimes become microseconds; one without a zone is taken as UTC, as NumPy does.
fn time_column(name: &str, rows: &Bound<'_, PyList>) -> PyResult<ArrayColumn> {
    let instant = |value: Bound<'_, PyAny>| -> PyResult<i64> {
        if value.is_none() {
            return Ok(i64::MIN);
        }
        iso_text(&value)?
            .and_then(|text| Instant::parse(text.as_bytes()))
            .and_then(|instant| instant.in_unit(TimeUnit::Microsecond))
            .ok_or_else(|| odd_one(name, &value, "a date"))
    };
    let values = rows.iter().map(instant).collect::<PyResult<Vec<i64>>>()?;
    let items = Items::contiguous(Item::Element(Element::I64), values.len());
    let column = ArrayColumn::new(name, items, Arc::new(values)).map_err(CoreError::from)?;
    Ok(column.with_time(TimeUnit::Microsecond, None))
}
