//! A run of rows in Arrow's layouts, decoded into a [`Column`]: lent where the layouts agree, copied into
//! [`Scratch`] where they do not. Nothing in a run is trusted; every slice is checked, every offset ordered.

use crate::arrow::dictionary::{Dictionary, codes_of_keys, codes_of_runs};
use crate::arrow::layout::{Element, Layout};
use crate::arrow::list::{ListBody, lists};
use crate::arrow::number::{f32_from_half, f64_from_decimal, power_of_ten};
use crate::arrow::scratch::{Room, Scratch, corrupt, unsupported};
use crate::{Bitmap, Column, Result, Text, Values};

/// A stretch of a longer buffer: `bytes` begin at byte `base` of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span<'a> {
    pub(crate) base: u64,
    pub(crate) bytes: &'a [u8],
}

impl<'a> Span<'a> {
    /// Bytes `start .. end` of the longer buffer, if they are here.
    pub(crate) fn get(&self, start: u64, end: u64) -> Option<&'a [u8]> {
        let start = usize::try_from(start.checked_sub(self.base)?).ok()?;
        let end = usize::try_from(end.checked_sub(self.base)?).ok()?;
        self.bytes.get(start..end)
    }
}

/// The buffers of a run, cut to its rows.
#[derive(Debug, Clone)]
pub(crate) enum Body<'a> {
    /// Of [`Layout::Null`].
    Empty,
    /// One value or key a row.
    Rows(&'a [u8]),
    /// One bit a row.
    Bits(Bitmap<'a>),
    /// One offset more than rows, and the text that they point into.
    Text { offsets: &'a [u8], text: Span<'a> },
    /// One view a row, and the blocks that they point into.
    Views { views: &'a [u8], blocks: Vec<Span<'a>> },
    /// The offsets of each level of lists from its list 0 on, the buffers of their items likewise, which items there
    /// are (and the first one that this says), and the first row's list. Lists of fixed size have no offsets, only a base: the number of their list 0.
    Lists { levels: Vec<Span<'a>>, items: [Span<'a>; 2], present: Option<(Bitmap<'a>, u64)>, first: u64 },
    /// All ends of the column's runs, and the place of the first row among them.
    Runs { ends: &'a [u8], first: u64 },
}

/// Rows of one column.
#[derive(Debug, Clone)]
pub(crate) struct Run<'a> {
    pub(crate) rows: usize,
    pub(crate) validity: Option<Bitmap<'a>>,
    pub(crate) body: Body<'a>,
}

/// The column that `run` holds, in `scratch` what cannot be lent. `dictionary` holds the values of a dictionary or of runs.
pub(crate) fn decode<'a>(
    layout: &Layout,
    run: Run<'a>,
    dictionary: Option<&'a Dictionary>,
    scratch: &'a mut Scratch,
) -> Result<Column<'a>> {
    let Scratch { source, values, codes, validity: bits, text } = scratch;
    let (rows, validity) = (run.rows, run.validity);
    if let Some(bitmap) = validity {
        check_bits(bitmap, rows, source)?;
    }
    let values = match (layout, run.body) {
        (Layout::Null, _) => {
            let zeros: &mut [f64] = values.items(rows)?;
            zeros.fill(0.0);
            let none = bits.bytes(rows.div_ceil(8))?;
            none.fill(0);
            return Ok(Column {
                values: Values::F64(zeros),
                validity: Some(Bitmap { bits: none, offset: 0 }),
            });
        }
        (Layout::Bits, Body::Bits(set)) => {
            check_bits(set, rows, source)?;
            let out = values.bytes(rows)?;
            for (row, byte) in out.iter_mut().enumerate() {
                *byte = u8::from(set.is_valid(row));
            }
            Values::Bool(out)
        }
        (Layout::Fixed(element), Body::Rows(bytes)) => {
            lend_or_copy(*element, whole(bytes, rows, element.width(), source)?, values)?
        }
        (Layout::Half, Body::Rows(bytes)) => {
            let out: &mut [f32] = values.items(rows)?;
            for (value, half) in out.iter_mut().zip(whole(bytes, rows, 2, source)?.chunks_exact(2)) {
                *value = f32_from_half(u16::from_le_bytes([half[0], half[1]]));
            }
            Values::F32(out)
        }
        (Layout::Decimal { bytes: width, scale }, Body::Rows(bytes)) => {
            let divisor = power_of_ten(*scale);
            let out: &mut [f64] = values.items(rows)?;
            for (value, digits) in
                out.iter_mut().zip(whole(bytes, rows, *width, source)?.chunks_exact(*width))
            {
                *value = f64_from_decimal(digits, divisor);
            }
            Values::F64(out)
        }
        (Layout::Text { wide }, Body::Text { offsets, text: bytes }) => {
            Values::Text(text_of_offsets(offsets, *wide, bytes, rows, true, codes, source)?)
        }
        (Layout::Bytes { wide }, Body::Text { offsets, text: bytes }) => {
            Values::Binary(text_of_offsets(offsets, *wide, bytes, rows, false, codes, source)?)
        }
        (Layout::ByteViews, Body::Views { views, blocks }) => {
            let views = whole(views, rows, 16, source)?;
            Values::Binary(text_of_views(views, &blocks, validity, false, codes, text, source)?)
        }
        (Layout::Lists(layout), Body::Lists { levels, items, present, first }) => {
            let body = ListBody { levels: &levels, items, present, first };
            Values::Lists(lists(layout, body, rows, codes, values, source)?)
        }
        (Layout::Views, Body::Views { views, blocks }) => {
            let views = whole(views, rows, 16, source)?;
            Values::Text(text_of_views(views, &blocks, validity, true, codes, text, source)?)
        }
        (Layout::Dictionary { key, .. }, Body::Rows(keys)) => {
            let Some(dictionary) = dictionary else { return Err(corrupt(source, "a dictionary is missing")) };
            let keys = whole(keys, rows, key.width(), source)?;
            let codes = codes_of_keys(*key, keys, dictionary.len(), validity, codes, source)?;
            return dictionary.column(codes, validity, values, bits);
        }
        (Layout::RunEnds { end, .. }, Body::Runs { ends, first }) => {
            let Some(dictionary) = dictionary else {
                return Err(corrupt(source, "the values of runs are missing"));
            };
            let codes = codes_of_runs(*end, ends, first, rows, dictionary.len(), codes, source)?;
            return dictionary.column(codes, validity, values, bits);
        }
        (layout, _) => return Err(unsupported(source, format!("a column laid out as {layout:?}"))),
    };
    Ok(Column { values, validity })
}

fn check_bits(bitmap: Bitmap<'_>, rows: usize, source: &str) -> Result<()> {
    let held = bitmap.bits.len().saturating_mul(8);
    if bitmap.offset.checked_add(rows).is_none_or(|needed| needed > held) {
        let what = format!("{held} bits where {} + {rows} are needed", bitmap.offset);
        return Err(corrupt(source, what));
    }
    Ok(())
}

/// Exactly the bytes of `rows` values.
fn whole<'a>(bytes: &'a [u8], rows: usize, width: usize, source: &str) -> Result<&'a [u8]> {
    let needed = rows.checked_mul(width);
    needed.and_then(|needed| bytes.get(..needed)).ok_or_else(|| {
        corrupt(source, format!("{} bytes hold fewer than {rows} values of {width} bytes", bytes.len()))
    })
}

/// `bytes` as values, copied only if they are not aligned.
pub(crate) fn lend_or_copy<'a>(element: Element, bytes: &'a [u8], room: &'a mut Room) -> Result<Values<'a>> {
    match element.values(bytes) {
        Some(values) => Ok(values),
        None => {
            let copy = room.bytes(bytes.len())?;
            copy.copy_from_slice(bytes);
            typed(element, copy)
        }
    }
}

/// Bytes of a room, always aligned, as values.
pub(crate) fn typed(element: Element, bytes: &[u8]) -> Result<Values<'_>> {
    element
        .values(bytes)
        .ok_or_else(|| unsupported("a buffer of the pool", format!("{element:?} at its address")))
}

fn text_of_offsets<'a>(
    offsets: &'a [u8],
    wide: bool,
    text: Span<'a>,
    rows: usize,
    utf8: bool,
    room: &'a mut Room,
    source: &str,
) -> Result<Text<'a>> {
    // An array without rows may come without its only offset.
    if rows == 0 {
        return Ok(Text { offsets: &[0], bytes: &[] });
    }
    let width = if wide { 8 } else { 4 };
    let offsets = whole(offsets, rows.saturating_add(1), width, source)?;
    let get = |index: usize| -> i64 {
        let at = &offsets[index * width..(index + 1) * width];
        match *at {
            [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
            [a, b, c, d, e, f, g, h] => i64::from_le_bytes([a, b, c, d, e, f, g, h]),
            _ => -1,
        }
    };
    let (first, last) = (get(0), get(rows));
    let used = match (u64::try_from(first), u64::try_from(last)) {
        (Ok(first), Ok(last)) => text.get(first, last),
        _ => None,
    };
    let Some(used) = used else {
        let held = text.base + text.bytes.len() as u64;
        return Err(corrupt(source, format!("text at {first}..{last} of {held} bytes")));
    };
    let utf8 = if utf8 {
        let text = std::str::from_utf8(used);
        Some(text.map_err(|error| corrupt(source, format!("text is not UTF-8: {error}")))?)
    } else {
        None
    };
    let within = |at: i64| utf8.is_none_or(|text| text.is_char_boundary((at - first) as usize));
    let mut before = first;
    for index in 1..=rows {
        let at = get(index);
        if at < before || at > last || !within(at) {
            return Err(corrupt(source, format!("string {} lies at {before}..{at}", index - 1)));
        }
        before = at;
    }
    if !wide
        && text.base == 0
        && let Ok(offsets) = bytemuck::try_cast_slice(offsets)
    {
        return Ok(Text { offsets, bytes: text.bytes });
    }
    if last - first > i64::from(i32::MAX) {
        return Err(unsupported(source, format!("{} bytes of text in a batch of {rows} rows", last - first)));
    }
    let out: &mut [i32] = room.items(rows + 1)?;
    for (index, offset) in out.iter_mut().enumerate() {
        *offset = (get(index) - first) as i32;
    }
    Ok(Text { offsets: out, bytes: used })
}

fn text_of_views<'a>(
    views: &[u8],
    blocks: &[Span<'_>],
    validity: Option<Bitmap<'_>>,
    utf8: bool,
    offset_room: &'a mut Room,
    text_room: &'a mut Room,
    source: &str,
) -> Result<Text<'a>> {
    let rows = views.len() / 16;
    let word =
        |view: &[u8], at: usize| u32::from_le_bytes([view[at], view[at + 1], view[at + 2], view[at + 3]]);
    let is_valid = |row: usize| validity.is_none_or(|bits| bits.is_valid(row));
    // A missing row's view is arbitrary: it counts as empty.
    let length = |row: usize, view: &[u8]| if is_valid(row) { word(view, 0) } else { 0 };
    let offsets: &mut [i32] = offset_room.items(rows + 1)?;
    offsets[0] = 0;
    let mut total = 0u64;
    for (row, view) in views.chunks_exact(16).enumerate() {
        total += u64::from(length(row, view));
        offsets[row + 1] = i32::try_from(total).map_err(|_| {
            unsupported(source, format!("over {} bytes of text in a batch of {rows} rows", i32::MAX))
        })?;
    }
    let bytes = text_room.bytes(total as usize)?;
    for (row, view) in views.chunks_exact(16).enumerate() {
        let length = length(row, view);
        let held = if length <= 12 {
            Some(&view[4..4 + length as usize])
        } else {
            let (block, start) = (word(view, 8), u64::from(word(view, 12)));
            blocks.get(block as usize).and_then(|block| block.get(start, start + u64::from(length)))
        };
        let Some(held) = held else {
            return Err(corrupt(source, format!("string {row} of {length} bytes points outside its blocks")));
        };
        if utf8 && let Err(error) = std::str::from_utf8(held) {
            return Err(corrupt(source, format!("string {row} is not UTF-8: {error}")));
        }
        bytes[offsets[row] as usize..offsets[row + 1] as usize].copy_from_slice(held);
    }
    Ok(Text { offsets, bytes })
}
