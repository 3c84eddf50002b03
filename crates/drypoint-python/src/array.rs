//! Python's arrays and rows as columns in memory.

use std::ffi::CStr;
use std::sync::Arc;

use drypoint_stream::array::{ArrayColumn, ArraySource, ColumnStorage, Item, Items, Words};
use drypoint_stream::arrow::{ArrowStream, Element};
use drypoint_stream::{DataType, Instant, StreamError, TimeUnit};
use pyo3::buffer::{ElementType, PyUntypedBuffer};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::error::CoreError;
use crate::raw::{Loan, take_array, take_stream};
use crate::source::Source;

/// Whether `value` can be borrowed through the buffer protocol.
#[pyfunction]
pub(crate) fn has_buffer(value: &Bound<'_, PyAny>) -> bool {
    PyUntypedBuffer::get(value).is_ok()
}

/// A column as Python's side hands it over: its name; what holds its values; what that is; what tells which are missing.
type Given<'py> = (String, Bound<'py, PyAny>, Option<String>, Option<Bound<'py, PyAny>>);

/// Columns of (name, object, kind, mask): the object lends its buffer, holds rows if the kind is ``"rows"``, or is asked
/// for Arrow data if it is ``"arrow"``; the kind ``"time:ns"`` or ``"duration:s"`` says what integers mean. The mask
/// lends a byte for each row, not 0 where the row is missing.
#[pyfunction]
pub(crate) fn array_source(name: &str, columns: Vec<Given<'_>>) -> PyResult<Source> {
    let mut arrays = Vec::with_capacity(columns.len());
    for (column, object, kind, mask) in &columns {
        let array = match kind.as_deref() {
            Some("rows") => row_column(column, object.cast::<PyList>()?)?,
            Some("arrow") => arrow_column(column, object)?,
            kind => lent_column(column, object, kind)?,
        };
        arrays.push(match mask {
            Some(mask) => array.with_mask(Arc::new(Loan::new(mask)?)).map_err(CoreError::from)?,
            None => array,
        });
    }
    Ok(Source::new(ArraySource::new(name, arrays).map_err(CoreError::from)?))
}

/// A column of another library. What cannot be had as Arrow (pandas without PyArrow, mixed objects) is read value by
/// value, where that is possible.
fn arrow_column(name: &str, object: &Bound<'_, PyAny>) -> PyResult<ArrayColumn> {
    let taken = if object.hasattr("__arrow_c_stream__")? {
        take_stream(name, object)
    } else {
        take_array(name, object).map(ArrowStream::from)
    };
    match taken {
        Ok(table) => Ok(ArrayColumn::arrow(name, table).map_err(CoreError::from)?),
        Err(CoreError::Python(_)) if object.hasattr("tolist")? => {
            row_column(name, object.call_method0("tolist")?.cast::<PyList>()?)
        }
        Err(error) => Err(error.into()),
    }
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
                let of = if what == "time" { "datetime64" } else { "timedelta64" };
                unsupported(name, format!("an array of {of}[{unit}]"))
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
        .map_or_else(|_| object.get_type().to_string(), |dtype| format!("an array of {dtype}"));
    unsupported(name, of)
}

fn unsupported(name: &str, what: String) -> PyErr {
    CoreError::from(StreamError::Unsupported { name: format!("column {name:?}"), what }).into()
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

/// A column of Python objects, one a row: numbers, truth values, text, dates, spans, or nothing. The first that is
/// something tells which; one of another kind is an error.
fn row_column(name: &str, rows: &Bound<'_, PyList>) -> PyResult<ArrayColumn> {
    let values = rows.iter().map(present).collect::<PyResult<Vec<_>>>()?;
    let Some(first) = values.iter().flatten().next() else {
        return Ok(ArrayColumn::nothing(name, rows.len()));
    };
    let is = |attribute| first.hasattr(attribute);
    if first.is_instance_of::<PyString>() {
        text_column(name, &values)
    } else if is_bytes(first)? {
        binary_column(name, &values)
    } else if is_list(first)? {
        crate::lists::list_column(name, &values)
    } else if is("toordinal")? {
        time_column(name, &values)
    } else if is("total_seconds")? {
        span_column(name, &values, span_micros)
    } else if is("isoformat")? {
        span_column(name, &values, clock_micros)
    } else {
        number_column(name, &values)
    }
}

/// A row's value, NumPy's instants and spans as those of `datetime`; nothing for None, NaN, NaT and NA.
fn present(value: Bound<'_, PyAny>) -> PyResult<Option<Bound<'_, PyAny>>> {
    if value.is_none() {
        return Ok(None);
    }
    if let Ok(float) = value.cast_exact::<PyFloat>() {
        return Ok((!float.value().is_nan()).then_some(value));
    }
    if value.is_exact_instance_of::<PyInt>() || value.is_exact_instance_of::<PyString>() {
        return Ok(Some(value));
    }
    if value.is_instance_of::<PyFloat>() && value.extract::<f64>()?.is_nan() {
        return Ok(None);
    }
    let type_name = value.get_type().name()?;
    match type_name.to_str()? {
        "NAType" | "NaTType" => Ok(None),
        kind @ ("datetime64" | "timedelta64") => {
            let micros = value.call_method1("astype", (format!("{kind}[us]"),))?.call_method0("item")?;
            Ok((!micros.is_none()).then_some(micros))
        }
        _ => Ok(Some(value)),
    }
}

/// Whether it is bytes, or a shape that has itself as WKB.
fn is_bytes(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(value.is_instance_of::<PyBytes>() || value.is_instance_of::<PyByteArray>() || value.hasattr("wkb")?)
}

/// Whether it is a list of something.
fn is_list(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let sequence = value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>();
    Ok(sequence || value.hasattr("__array_interface__")? && value.hasattr("__len__")? && value.len().is_ok())
}

fn binary_column(name: &str, rows: &Present<'_>) -> PyResult<ArrayColumn> {
    let (mut offsets, mut bytes) = (vec![0i64], Vec::new());
    for (row, value) in rows.iter().enumerate() {
        if let Some(value) = value {
            let found = match value.getattr_opt("wkb")? {
                Some(wkb) => wkb.extract::<Vec<u8>>(),
                None if is_bytes(value)? => value.extract::<Vec<u8>>(),
                None => return Err(of_another_kind(name, rows, row, value)),
            };
            bytes.extend(found?);
        }
        offsets.push(bytes.len() as i64);
    }
    masked(ArrayColumn::binary(name, Words::new(Arc::new(offsets), true, Arc::new(bytes))), rows)
}

pub(crate) type Present<'py> = [Option<Bound<'py, PyAny>>];

/// The column that `convert` makes of each value, `missing` in rows that have none.
fn convert<T: Copy>(
    name: &str,
    rows: &Present<'_>,
    missing: T,
    convert: impl Fn(&Bound<'_, PyAny>) -> PyResult<T>,
) -> PyResult<Vec<T>> {
    let one = |(row, value): (usize, &Option<Bound<'_, PyAny>>)| match value {
        None => Ok(missing),
        Some(value) => convert(value).map_err(|_| of_another_kind(name, rows, row, value)),
    };
    rows.iter().enumerate().map(one).collect()
}

/// A value that is not of its column's kind, which the first one tells.
pub(crate) fn of_another_kind(name: &str, rows: &Present<'_>, row: usize, value: &Bound<'_, PyAny>) -> PyErr {
    let kind = rows.iter().flatten().next().and_then(kind_of);
    let Some(kind) = kind else { return unsupported(name, format!("a value of {}", value.get_type())) };
    let mut shown = value.repr().map_or_else(|_| value.get_type().to_string(), |repr| repr.to_string());
    const SHOWN: usize = 40;
    if let Some((end, _)) = shown.char_indices().nth(SHOWN) {
        shown.truncate(end);
        shown.push('…');
    }
    CoreError::Value(format!("column {name:?}: {shown} is not {kind} (row {row}), as the first value is"))
        .into()
}

/// What a person calls values like this one; `None` for what has no place in a column.
fn kind_of(value: &Bound<'_, PyAny>) -> Option<&'static str> {
    let is = |attribute| value.hasattr(attribute).unwrap_or(false);
    if value.is_instance_of::<PyString>() {
        Some("text")
    } else if is_bytes(value).unwrap_or(false) {
        Some("bytes")
    } else if is_list(value).unwrap_or(false) {
        Some("a list")
    } else if is("toordinal") {
        Some("a date")
    } else if is("total_seconds") {
        Some("a span of time")
    } else if is("isoformat") {
        Some("a time of day")
    } else if value.is_instance_of::<PyInt>() || is("__float__") {
        Some("a number")
    } else {
        None
    }
}

fn masked(column: ArrayColumn, rows: &Present<'_>) -> PyResult<ArrayColumn> {
    if rows.iter().all(Option::is_some) {
        return Ok(column);
    }
    let missing: Vec<u8> = rows.iter().map(|value| u8::from(value.is_none())).collect();
    Ok(column.with_mask(Arc::new(missing)).map_err(CoreError::from)?)
}

fn owned<T: drypoint_memory::Pod>(name: &str, element: Element, values: Vec<T>) -> PyResult<ArrayColumn> {
    let items = Items::contiguous(Item::Element(element), values.len());
    Ok(ArrayColumn::new(name, items, Arc::new(values)).map_err(CoreError::from)?)
}

/// Truth values, integers, or anything that knows itself as a float.
fn number_column(name: &str, rows: &Present<'_>) -> PyResult<ArrayColumn> {
    if rows.iter().flatten().all(|value| value.is_instance_of::<PyBool>()) {
        let values = convert(name, rows, 0, |value| Ok(u8::from(value.is_truthy()?)))?;
        return masked(owned(name, Element::Bool, values)?, rows);
    }
    // Integers of more than 63 bits and anything with a fraction fail here.
    if let Ok(values) = convert(name, rows, 0, |value| value.extract::<i64>()) {
        return masked(owned(name, Element::I64, values)?, rows);
    }
    Ok(ArrayColumn::from_f64(name, convert(name, rows, f64::NAN, |value| value.extract::<f64>())?))
}

fn text_column(name: &str, rows: &Present<'_>) -> PyResult<ArrayColumn> {
    let mut words = Vec::with_capacity(rows.len());
    for (row, value) in rows.iter().enumerate() {
        words.push(match value {
            None => String::new(),
            Some(value) => value.extract::<String>().map_err(|_| of_another_kind(name, rows, row, value))?,
        });
    }
    masked(ArrayColumn::text(name, Words::from_strings(words.iter().map(String::as_str))), rows)
}

/// Dates are days, datetimes microseconds; one without a zone is taken as UTC, as NumPy does.
fn time_column(name: &str, rows: &Present<'_>) -> PyResult<ArrayColumn> {
    let mut unit = TimeUnit::Day;
    for value in rows.iter().flatten() {
        if value.hasattr("hour")? {
            unit = TimeUnit::Microsecond;
            break;
        }
    }
    let instant = |value: &Bound<'_, PyAny>| {
        let text: String = value.call_method0("isoformat")?.extract()?;
        let instant = Instant::parse(text.as_bytes()).and_then(|instant| instant.in_unit(unit));
        instant.ok_or_else(|| PyTypeError::new_err(text))
    };
    let values = convert(name, rows, i64::MIN, instant)?;
    Ok(owned(name, Element::I64, values)?.with_time(unit, None))
}

/// Spans and times of day, in microseconds.
fn span_column(
    name: &str,
    rows: &Present<'_>,
    micros: impl Fn(&Bound<'_, PyAny>) -> PyResult<i64>,
) -> PyResult<ArrayColumn> {
    let values = convert(name, rows, i64::MIN, micros)?;
    Ok(owned(name, Element::I64, values)?.with_data_type(DataType::Duration(TimeUnit::Microsecond)))
}

fn span_micros(value: &Bound<'_, PyAny>) -> PyResult<i64> {
    let part = |name| value.getattr(name)?.extract::<i64>();
    Ok((part("days")? * 86_400 + part("seconds")?) * 1_000_000 + part("microseconds")?)
}

fn clock_micros(value: &Bound<'_, PyAny>) -> PyResult<i64> {
    let part = |name| value.getattr(name)?.extract::<i64>();
    Ok(((part("hour")? * 60 + part("minute")?) * 60 + part("second")?) * 1_000_000 + part("microsecond")?)
}
