//! The values of a dictionary, held in pooled buffers and checked once, and the codes that point into them.
//!
//! Words are delivered as codes; numbers are looked up, because what draws them wants numbers. The values of
//! run-end-encoded columns are a dictionary too, with the run's place as its code.

use drypoint_memory::{Buffer, MemoryConsumer};

use crate::arrow::layout::{Element, Layout};
use crate::arrow::run::{Run, decode, typed};
use crate::arrow::scratch::{Room, Scratch, corrupt, unsupported};
use crate::{Bitmap, Column, Result, Text, Values};

/// Owned values.
#[derive(Debug)]
pub(crate) struct Dictionary {
    len: usize,
    values: Stored,
    /// One byte a value, 1 where there is one; `None` if all are there.
    present: Option<Buffer<u8>>,
}

#[derive(Debug)]
enum Stored {
    Words { offsets: Buffer<i32>, bytes: Buffer<u8> },
    Numbers { element: Element, bytes: Buffer<u64> },
}

impl Dictionary {
    /// A copy of the values of `run`.
    pub(crate) fn new(
        layout: &Layout,
        run: Run<'_>,
        source: &std::sync::Arc<str>,
        consumer: &MemoryConsumer,
    ) -> Result<Self> {
        let mut scratch = Scratch::new(source, consumer, 0);
        let column = decode(layout, run, None, &mut scratch)?;
        Self::of_column(&column, source, consumer)
    }

    /// A copy of a column's values.
    pub(crate) fn of_column(column: &Column<'_>, source: &str, consumer: &MemoryConsumer) -> Result<Self> {
        Self::joined(&[*column], source, consumer)
    }

    /// The values of `self`, then those of `delta`, as IPC's delta dictionaries mean.
    pub(crate) fn extended(
        &self,
        delta: &Dictionary,
        source: &str,
        consumer: &MemoryConsumer,
    ) -> Result<Self> {
        let (mut mine, mut theirs) = (Room::new(consumer, 0), Room::new(consumer, 0));
        Self::joined(&[self.as_column(&mut mine)?, delta.as_column(&mut theirs)?], source, consumer)
    }

    fn as_column<'a>(&'a self, room: &'a mut Room) -> Result<Column<'a>> {
        let validity = match &self.present {
            None => None,
            Some(present) => {
                let bits = room.bytes(self.len.div_ceil(8))?;
                bits.fill(0);
                for (index, _) in present[..self.len].iter().enumerate().filter(|(_, there)| **there != 0) {
                    bits[index / 8] |= 1 << (index % 8);
                }
                Some(Bitmap { bits, offset: 0 })
            }
        };
        let values = match &self.values {
            Stored::Words { .. } => Values::Text(self.words()),
            Stored::Numbers { element, bytes } => {
                typed(*element, &bytemuck::cast_slice(bytes)[..self.len * element.width()])?
            }
        };
        Ok(Column { values, validity })
    }

    fn joined(parts: &[Column<'_>], source: &str, consumer: &MemoryConsumer) -> Result<Self> {
        let len: usize = parts.iter().map(|part| part.values.len()).sum();
        if u32::try_from(len).is_err() {
            return Err(unsupported(source, format!("a dictionary of {len} values")));
        }
        let present = if parts.iter().any(|part| part.validity.is_some()) {
            let mut present = consumer.buffer(len)?;
            let flags = parts.iter().flat_map(|part| {
                (0..part.values.len())
                    .map(|row| u8::from(part.validity.is_none_or(|bits| bits.is_valid(row))))
            });
            present.iter_mut().zip(flags).for_each(|(byte, flag)| *byte = flag);
            Some(present)
        } else {
            None
        };
        let values = if parts.iter().all(|part| matches!(part.values, Values::Text(_))) {
            join_words(parts, len, source, consumer)?
        } else {
            join_numbers(parts, len, source, consumer)?
        };
        Ok(Self { len, values, present })
    }

    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    fn words(&self) -> Text<'_> {
        match &self.values {
            Stored::Words { offsets, bytes } => Text { offsets: &offsets[..=self.len], bytes },
            Stored::Numbers { .. } => Text { offsets: &[0], bytes: &[] },
        }
    }

    /// The column of `codes`, each below [`Dictionary::len`] where its row is valid.
    pub(crate) fn column<'a>(
        &'a self,
        codes: &'a [u32],
        validity: Option<Bitmap<'a>>,
        room: &'a mut Room,
        bits: &'a mut Room,
    ) -> Result<Column<'a>> {
        let validity = match &self.present {
            None => validity,
            Some(present) => {
                let both = bits.bytes(codes.len().div_ceil(8))?;
                both.fill(0);
                for (row, &code) in codes.iter().enumerate() {
                    let there = present.get(code as usize).is_some_and(|there| *there != 0);
                    if there && validity.is_none_or(|bits| bits.is_valid(row)) {
                        both[row / 8] |= 1 << (row % 8);
                    }
                }
                Some(Bitmap { bits: both, offset: 0 })
            }
        };
        let values = match &self.values {
            Stored::Words { .. } => Values::Dictionary { codes, words: self.words() },
            Stored::Numbers { element, bytes } => {
                let width = element.width();
                let out = room.bytes(codes.len() * width)?;
                let values: &[u8] = bytemuck::cast_slice(bytes);
                for (to, &code) in out.chunks_exact_mut(width).zip(codes) {
                    let at = code as usize * width;
                    match values.get(at..at + width) {
                        Some(value) => to.copy_from_slice(value),
                        None => to.fill(0),
                    }
                }
                typed(*element, out)?
            }
        };
        Ok(Column { values, validity })
    }
}

fn join_words(parts: &[Column<'_>], len: usize, source: &str, consumer: &MemoryConsumer) -> Result<Stored> {
    let texts = || {
        parts.iter().filter_map(|part| match part.values {
            Values::Text(text) => Some(text),
            _ => None,
        })
    };
    let spans = texts().map(|text| (0..text.len()).map(move |index| text.get(index)));
    let total: usize = spans.clone().flatten().map(<[u8]>::len).sum();
    if i32::try_from(total).is_err() {
        return Err(unsupported(source, format!("a dictionary of {total} bytes")));
    }
    let mut offsets: Buffer<i32> = consumer.buffer(len + 1)?;
    let mut bytes: Buffer<u8> = consumer.buffer(total)?;
    offsets[0] = 0;
    let mut end = 0;
    for (index, word) in spans.flatten().enumerate() {
        bytes[end..end + word.len()].copy_from_slice(word);
        end += word.len();
        offsets[index + 1] = end as i32;
    }
    Ok(Stored::Words { offsets, bytes })
}

fn join_numbers(parts: &[Column<'_>], len: usize, source: &str, consumer: &MemoryConsumer) -> Result<Stored> {
    let mut element = None;
    for part in parts {
        let (found, _) = number_bytes(part.values)
            .ok_or_else(|| unsupported(source, "a dictionary of something else than words or numbers"))?;
        if *element.get_or_insert(found) != found {
            return Err(corrupt(source, "the parts of a dictionary are of different types"));
        }
    }
    let element = element.unwrap_or(Element::U8);
    let mut bytes: Buffer<u64> = consumer.buffer((len * element.width()).div_ceil(8))?;
    let mut rest: &mut [u8] = bytemuck::cast_slice_mut(&mut bytes);
    for (_, part) in parts.iter().filter_map(|part| number_bytes(part.values)) {
        let (to, after) = rest.split_at_mut(part.len());
        to.copy_from_slice(part);
        rest = after;
    }
    Ok(Stored::Numbers { element, bytes })
}

fn number_bytes(values: Values<'_>) -> Option<(Element, &[u8])> {
    use bytemuck::cast_slice;
    Some(match values {
        Values::Bool(v) => (Element::Bool, v),
        Values::I8(v) => (Element::I8, cast_slice(v)),
        Values::I16(v) => (Element::I16, cast_slice(v)),
        Values::I32(v) => (Element::I32, cast_slice(v)),
        Values::I64(v) => (Element::I64, cast_slice(v)),
        Values::U8(v) => (Element::U8, v),
        Values::U16(v) => (Element::U16, cast_slice(v)),
        Values::U32(v) => (Element::U32, cast_slice(v)),
        Values::U64(v) => (Element::U64, cast_slice(v)),
        Values::F32(v) => (Element::F32, cast_slice(v)),
        Values::F64(v) => (Element::F64, cast_slice(v)),
        Values::Text(_) | Values::Binary(_) | Values::Lists(_) | Values::Dictionary { .. } => return None,
    })
}

/// Little-endian integer `index` of `bytes`; negative ones become large, so one comparison finds both.
fn integer(element: Element, bytes: &[u8], index: usize) -> u64 {
    let width = element.width();
    let mut wide = [0; 8];
    wide[..width].copy_from_slice(&bytes[index * width..(index + 1) * width]);
    let value = u64::from_le_bytes(wide);
    match element {
        Element::I8 => value as i8 as u64,
        Element::I16 => value as i16 as u64,
        Element::I32 => value as i32 as u64,
        _ => value,
    }
}

/// Keys as codes, each checked against `limit`; a missing row's key is arbitrary and becomes 0 where it must.
pub(crate) fn codes_of_keys<'a>(
    key: Element,
    keys: &'a [u8],
    limit: usize,
    validity: Option<Bitmap<'_>>,
    room: &'a mut Room,
    source: &str,
) -> Result<&'a [u32]> {
    if matches!(key, Element::U32 | Element::I32)
        && let Ok(codes) = bytemuck::try_cast_slice::<u8, u32>(keys)
        && codes.iter().copied().max().is_none_or(|max| (max as usize) < limit)
    {
        return Ok(codes);
    }
    let codes: &mut [u32] = room.items(keys.len() / key.width())?;
    // Narrow keys are what categories have: widened in one loop that the compiler turns into vectors.
    let pairs = || keys.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
    let greatest = match key {
        Element::U8 => fill(codes, keys.iter().map(|&key| u32::from(key))),
        Element::I8 => fill(codes, keys.iter().map(|&key| key as i8 as u32)),
        Element::U16 => fill(codes, pairs().map(|pair| u32::from(u16::from_le_bytes(pair)))),
        Element::I16 => fill(codes, pairs().map(|pair| i16::from_le_bytes(pair) as u32)),
        _ => u32::MAX,
    };
    if (greatest as usize) < limit {
        return Ok(codes);
    }
    for (row, code) in codes.iter_mut().enumerate() {
        let value = integer(key, keys, row);
        *code = if value < limit as u64 {
            value as u32
        } else if validity.is_some_and(|bits| !bits.is_valid(row)) {
            0
        } else {
            return Err(corrupt(source, format!("key {} of a dictionary of {limit} values", value as i64)));
        };
    }
    Ok(codes)
}

/// Put `values` into `codes`; the greatest of them.
fn fill(codes: &mut [u32], values: impl Iterator<Item = u32>) -> u32 {
    let mut greatest = 0;
    for (code, value) in codes.iter_mut().zip(values) {
        *code = value;
        greatest = greatest.max(value);
    }
    greatest
}

/// The places of the runs that rows `first .. first + rows` belong to.
pub(crate) fn codes_of_runs<'a>(
    end: Element,
    ends: &[u8],
    first: u64,
    rows: usize,
    limit: usize,
    room: &'a mut Room,
    source: &str,
) -> Result<&'a [u32]> {
    let runs = (ends.len() / end.width()).min(limit);
    let (mut low, mut high) = (0, runs);
    while low < high {
        let middle = (low + high) / 2;
        if integer(end, ends, middle) <= first { low = middle + 1 } else { high = middle }
    }
    let codes: &mut [u32] = room.items(rows)?;
    let (mut run, mut row) = (low, 0);
    while row < rows {
        if run == runs {
            return Err(corrupt(source, format!("{runs} runs end before row {}", first + row as u64)));
        }
        let until = integer(end, ends, run).saturating_sub(first).min(rows as u64) as usize;
        if until < row {
            return Err(corrupt(source, format!("run {run} ends before the one before it")));
        }
        codes[row..until].fill(run as u32);
        (row, run) = (until, run + 1);
    }
    Ok(codes)
}
