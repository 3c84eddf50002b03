//! The values of one column in one batch: shown where they lie, or gathered into a pooled buffer.

use drypoint_memory::{Buffer, MemoryConsumer};
use half::f16;

use crate::{Bitmap, Column, Result, StreamError, Text, Values};

use super::element::{Element, Storage};

/// Text of a batch is kept near this many bytes, by shorter batches.
const TEXT_BYTES: usize = 1 << 20;

/// NumPy's "not a time".
const NOT_A_TIME: i64 = i64::MIN;

impl Element {
    /// Whether an aligned run of these is a slice of the type that is delivered. Truth values are not: a file may hold
    /// bytes other than 0 and 1.
    fn can_be_viewed(&self) -> bool {
        !self.swapped
            && match self.storage {
                Storage::Int | Storage::UInt => true,
                Storage::Float => self.size > 2,
                Storage::Time { factor } => factor == 1,
                Storage::Bool | Storage::Utf32 | Storage::Bytes | Storage::Opaque => false,
            }
    }

    fn is_text(&self) -> bool {
        matches!(self.storage, Storage::Utf32 | Storage::Bytes)
    }

    /// Bytes of a delivered number.
    fn delivered_size(&self) -> usize {
        if self.storage == Storage::Float { self.size.max(4) } else { self.size }
    }

    /// At most `rows`, fewer where a batch of text would become too long.
    pub(crate) fn batch_rows(&self, rows: usize) -> usize {
        if self.is_text() { rows.min(TEXT_BYTES / self.size).max(1) } else { rows }
    }

    /// Bytes that a [`Gatherer`] of `rows` values holds.
    pub(crate) fn gathered_bytes(&self, rows: usize, views: bool) -> usize {
        let validity = if self.is_nullable() { rows.div_ceil(8) } else { 0 };
        if self.is_text() {
            (rows + 1) * size_of::<i32>() + rows * self.size
        } else if views {
            validity
        } else {
            (rows * self.delivered_size()).next_multiple_of(8) + validity
        }
    }

    /// Whether values `stride` bytes apart, the first at `offset` of an aligned block, can be shown where they lie.
    pub(crate) fn views(&self, offset: usize, stride: usize) -> bool {
        self.can_be_viewed() && stride == self.size && offset.is_multiple_of(self.size)
    }
}

/// Fills and shows one column.
#[derive(Debug)]
pub(crate) struct Gatherer {
    element: Element,
    views: bool,
    /// Numbers, whatever their size.
    words: Buffer<u64>,
    offsets: Buffer<i32>,
    text: Buffer<u8>,
    validity: Buffer<u8>,
}

impl Gatherer {
    /// Room for `rows` values; none for numbers if `views` says that they can be shown where they lie.
    pub(crate) fn new(
        element: &Element,
        rows: usize,
        views: bool,
        consumer: &MemoryConsumer,
    ) -> Result<Self> {
        let room = |wanted: bool, items: usize| if wanted { items } else { 0 };
        let text = element.is_text();
        let numbers = !text && !views;
        Ok(Self {
            element: element.clone(),
            views,
            words: consumer.buffer(room(numbers, (rows * element.delivered_size()).div_ceil(8)))?,
            offsets: consumer.buffer(room(text, rows + 1))?,
            text: consumer.buffer(room(text, rows * element.size))?,
            validity: consumer.buffer(room(element.is_nullable(), rows.div_ceil(8)))?,
        })
    }

    /// Take `rows` values from `bytes`, the first at its start, then `stride` bytes apart.
    ///
    /// The error says what cannot be read; the caller adds where.
    pub(crate) fn fill(
        &mut self,
        bytes: &[u8],
        stride: usize,
        rows: usize,
    ) -> std::result::Result<(), &'static str> {
        if self.views {
            return Ok(());
        }
        let swapped = self.element.swapped;
        let words = &mut self.words[..];
        match (self.element.storage, self.element.size) {
            (Storage::Utf32, _) => return self.fill_text(bytes, stride, rows, push_utf32),
            (Storage::Bytes, _) => return self.fill_text(bytes, stride, rows, push_bytes),
            (Storage::Bool, _) => {
                gather(words, bytes, stride, rows, false, |raw: [u8; 1]| u8::from(raw[0] != 0))
            }
            (Storage::Float, 2) => {
                gather(words, bytes, stride, rows, swapped, |raw| f16::from_ne_bytes(raw).to_f32());
            }
            (Storage::Time { factor }, _) => {
                gather(words, bytes, stride, rows, swapped, i64::from_ne_bytes);
                let times: &mut [i64] = &mut bytemuck::cast_slice_mut(words)[..rows];
                for time in times.iter_mut().filter(|time| factor != 1 && **time != NOT_A_TIME) {
                    *time = time.checked_mul(factor).ok_or("a time beyond 64 bits")?;
                }
            }
            (_, 1) => gather(words, bytes, stride, rows, swapped, u8::from_ne_bytes),
            (_, 2) => gather(words, bytes, stride, rows, swapped, u16::from_ne_bytes),
            (_, 4) => gather(words, bytes, stride, rows, swapped, u32::from_ne_bytes),
            _ => gather(words, bytes, stride, rows, swapped, u64::from_ne_bytes),
        }
        Ok(())
    }

    fn fill_text(
        &mut self,
        bytes: &[u8],
        stride: usize,
        rows: usize,
        push: fn(&[u8], bool, &mut [u8]) -> Option<usize>,
    ) -> std::result::Result<(), &'static str> {
        let mut end = 0;
        self.offsets[0] = 0;
        for (row, start) in (0..rows).map(|row| (row, row * stride)) {
            let field = &bytes[start..start + self.element.size];
            end +=
                push(field, self.element.swapped, &mut self.text[end..]).ok_or("text that is not Unicode")?;
            self.offsets[row + 1] = i32::try_from(end).map_err(|_| "text beyond 2 GiB")?;
        }
        Ok(())
    }

    /// The column that was filled, or that lies in the first `rows` values of `bytes`.
    pub(crate) fn column<'a>(&'a mut self, bytes: &'a [u8], rows: usize) -> Option<Column<'a>> {
        let Self { element, views, words, offsets, text, validity } = self;
        if element.is_text() {
            let offsets = &offsets[..rows + 1];
            let text = Text { offsets, bytes: &text[..offsets[rows] as usize] };
            return Some(Column { values: Values::Text(text), validity: None });
        }
        let delivered: &[u8] = if *views { bytes } else { bytemuck::cast_slice(&words[..]) };
        let values = values(element, delivered.get(..rows * element.delivered_size())?)?;
        let missing = match (element.storage, &values) {
            (Storage::Time { .. }, Values::I64(times)) => mark_missing(times, validity),
            _ => false,
        };
        let validity = missing.then_some(Bitmap { bits: &validity[..], offset: 0 });
        Some(Column { values, validity })
    }
}

/// Copy values that lie `stride` bytes apart next to each other, each turned to the machine's byte order and by `convert`.
fn gather<const N: usize, T: bytemuck::Pod>(
    words: &mut [u64],
    bytes: &[u8],
    stride: usize,
    rows: usize,
    swapped: bool,
    convert: impl Fn([u8; N]) -> T,
) {
    let cells: &mut [T] = &mut bytemuck::cast_slice_mut(words)[..rows];
    for (cell, row) in cells.iter_mut().zip(bytes.chunks(stride)) {
        if let Some(raw) = row.first_chunk::<N>() {
            let mut raw = *raw;
            if swapped {
                raw.reverse();
            }
            *cell = convert(raw);
        }
    }
}

/// Bytes of aligned numbers as values; `None` where they are not aligned, or no numbers.
fn values<'a>(element: &Element, bytes: &'a [u8]) -> Option<Values<'a>> {
    fn cast<T: bytemuck::Pod>(bytes: &[u8]) -> Option<&[T]> {
        bytemuck::try_cast_slice(bytes).ok()
    }
    Some(match (element.storage, element.size) {
        (Storage::Bool, _) => Values::Bool(bytes),
        (Storage::Int, 1) => Values::I8(cast(bytes)?),
        (Storage::Int, 2) => Values::I16(cast(bytes)?),
        (Storage::Int, 4) => Values::I32(cast(bytes)?),
        (Storage::Int | Storage::Time { .. }, 8) => Values::I64(cast(bytes)?),
        (Storage::UInt, 1) => Values::U8(bytes),
        (Storage::UInt, 2) => Values::U16(cast(bytes)?),
        (Storage::UInt, 4) => Values::U32(cast(bytes)?),
        (Storage::UInt, 8) => Values::U64(cast(bytes)?),
        (Storage::Float, 2 | 4) => Values::F32(cast(bytes)?),
        (Storage::Float, 8) => Values::F64(cast(bytes)?),
        _ => return None,
    })
}

/// Clear the bits of rows that are no time; whether there are any.
fn mark_missing(times: &[i64], validity: &mut [u8]) -> bool {
    if !times.contains(&NOT_A_TIME) {
        return false;
    }
    validity.fill(0xff);
    for (row, _) in times.iter().enumerate().filter(|(_, time)| **time == NOT_A_TIME) {
        validity[row >> 3] &= !(1 << (row & 7));
    }
    true
}

/// Append UCS-4 up to the zeros that fill it as UTF-8, which is never longer.
fn push_utf32(field: &[u8], swapped: bool, out: &mut [u8]) -> Option<usize> {
    let code = |raw: &[u8; 4]| {
        if swapped { u32::from_ne_bytes(*raw).swap_bytes() } else { u32::from_ne_bytes(*raw) }
    };
    let codes = field.as_chunks::<4>().0;
    let len = codes.iter().rposition(|raw| code(raw) != 0).map_or(0, |last| last + 1);
    let mut end = 0;
    for raw in &codes[..len] {
        end += char::from_u32(code(raw))?.encode_utf8(&mut out[end..]).len();
    }
    Some(end)
}

/// Append bytes up to the zeros that fill them.
fn push_bytes(field: &[u8], _swapped: bool, out: &mut [u8]) -> Option<usize> {
    let len = field.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    std::str::from_utf8(&field[..len]).ok()?;
    out[..len].copy_from_slice(&field[..len]);
    Some(len)
}

/// The error for a column that cannot be delivered.
pub(crate) fn check_readable(name: &str, column: &str, element: &Element) -> Result<()> {
    if element.is_readable() && element.size <= LONGEST_TEXT {
        return Ok(());
    }
    let what = match element.data_type.to_string().as_str() {
        "object" => format!("reading the pickled objects of column {column:?}"),
        data_type => format!("reading column {column:?}, which is {data_type} of {} B,", element.size),
    };
    Err(StreamError::Unsupported { name: name.to_string(), what })
}

/// One string longer than this is not read.
const LONGEST_TEXT: usize = 64 << 20;
