//! One reader's way from a column in memory to a batch.

use std::sync::Arc;

use drypoint_memory::MemoryConsumer;

use super::column::{ArrayColumn, ColumnStorage, Items, Storage};
use crate::arrow::dictionary::Dictionary;
use crate::arrow::import;
use crate::arrow::layout::Layout;
use crate::arrow::run::{Body, Run, Span, decode};
use crate::arrow::scratch::{Room, Scratch, corrupt};
use crate::{Bitmap, Column, Result, Values};

pub(super) struct ColumnReader<'s> {
    column: &'s ArrayColumn,
    dictionary: Option<&'s Dictionary>,
    gathered: Room,
    present: Room,
    scratch: Scratch,
    /// Reads the chunks of a column that is Arrow's.
    chunks: Option<import::ColumnReader>,
}

impl<'s> ColumnReader<'s> {
    pub(super) fn new(
        column: &'s ArrayColumn,
        dictionary: Option<&'s Dictionary>,
        source: &Arc<str>,
        consumer: &MemoryConsumer,
        lane: usize,
    ) -> Self {
        Self {
            column,
            dictionary,
            gathered: Room::new(consumer, lane),
            present: Room::new(consumer, lane),
            scratch: Scratch::new(source, consumer, lane),
            chunks: match &column.storage {
                Storage::Arrow(chunks) => {
                    Some(import::ColumnReader::new(0, &chunks.layout, source, consumer, lane))
                }
                _ => None,
            },
        }
    }

    /// Rows `start .. start + rows`, which the caller knows to be there.
    pub(super) fn read(&mut self, start: usize, rows: usize) -> Result<Column<'_>> {
        let Self { column, dictionary, gathered, present, scratch, chunks: reader } = self;
        let (layout, body) = match &column.storage {
            Storage::Items { items, bytes } => {
                let values = lend_or_gather(items, bytes, start, rows, gathered, &scratch.source)?;
                (items.item.layout(), Body::Rows(values))
            }
            Storage::Dictionary { keys, bytes, words } => {
                let keys_here = lend_or_gather(keys, bytes, start, rows, gathered, &scratch.source)?;
                let Layout::Fixed(key) = keys.item.layout() else {
                    return Err(corrupt(&scratch.source, "the keys of a dictionary are no integers"));
                };
                (Layout::Dictionary { key, values: Box::new(words.layout()) }, Body::Rows(keys_here))
            }
            Storage::Text(words) | Storage::Binary(words) => {
                let width = if words.wide { 8 } else { 4 };
                let offsets = words.offsets.bytes().get(start * width..(start + rows + 1) * width);
                let offsets = offsets.ok_or_else(|| corrupt(&scratch.source, "offsets went away"))?;
                let layout = match &column.storage {
                    Storage::Binary(_) => Layout::Bytes { wide: words.wide },
                    _ => words.layout(),
                };
                (layout, Body::Text { offsets, text: Span { base: 0, bytes: words.bytes.bytes() } })
            }
            Storage::Arrow(chunks) => {
                let (Some(reader), Some((chunk, first, _))) = (reader, chunks.at(start)) else {
                    return Err(corrupt(&scratch.source, format!("row {start} went away")));
                };
                return reader.read(chunk, start - first, rows);
            }
        };
        let validity = match &column.mask {
            None => None,
            Some(mask) => {
                let mask = mask.bytes().get(start..start + rows);
                let mask = mask.ok_or_else(|| corrupt(&scratch.source, "a mask went away"))?;
                let bits = present.bytes(rows.div_ceil(8))?;
                pack(mask.iter().map(|missing| *missing == 0), bits);
                Some(Bitmap { bits, offset: 0 })
            }
        };
        if column.has_nat() {
            return decode_with_nat(&layout, Run { rows, validity, body }, scratch);
        }
        decode(&layout, Run { rows, validity, body }, *dictionary, scratch)
    }
}

/// As [`decode`], the least int64 counted as missing. Bits are made only for batches that hold one.
fn decode_with_nat<'a>(layout: &Layout, run: Run<'a>, scratch: &'a mut Scratch) -> Result<Column<'a>> {
    let Scratch { source, values, validity, .. } = scratch;
    let (rows, given) = (run.rows, run.validity);
    let (Body::Rows(bytes), Layout::Fixed(element)) = (run.body, layout) else {
        return Err(corrupt(source, "instants that are no integers"));
    };
    let column = crate::arrow::run::lend_or_copy(*element, bytes, values)?;
    let Values::I64(instants) = column else { return Err(corrupt(source, "instants that are no int64")) };
    if instants.iter().fold(false, |found, instant| found | (*instant == i64::MIN)) {
        let bits = validity.bytes(rows.div_ceil(8))?;
        let is_given = |row| given.is_none_or(|bits| bits.is_valid(row));
        pack(instants.iter().enumerate().map(|(row, instant)| *instant != i64::MIN && is_given(row)), bits);
        return Ok(Column { values: column, validity: Some(Bitmap { bits, offset: 0 }) });
    }
    Ok(Column { values: column, validity: given })
}

fn pack(flags: impl Iterator<Item = bool>, bits: &mut [u8]) {
    bits.fill(0);
    for (row, flag) in flags.enumerate() {
        bits[row / 8] |= u8::from(flag) << (row % 8);
    }
}

fn lend_or_gather<'a>(
    items: &Items,
    storage: &'a Arc<dyn ColumnStorage>,
    start: usize,
    rows: usize,
    room: &'a mut Room,
    source: &str,
) -> Result<&'a [u8]> {
    let bytes = storage.bytes();
    let width = items.item.width();
    let first = match items.byte_of(start) {
        Some(first) if items.lies_within(start, start + rows, bytes.len()) => first,
        _ => return Err(corrupt(source, format!("rows {start}..{} went away", start + rows))),
    };
    if items.is_contiguous() {
        return Ok(&bytes[first..first + rows * width]);
    }
    let out = room.bytes(rows * width)?;
    match width {
        1 => gather::<1>(bytes, first, items, out),
        2 => gather::<2>(bytes, first, items, out),
        4 => gather::<4>(bytes, first, items, out),
        _ => gather::<8>(bytes, first, items, out),
    }
    Ok(out)
}

fn gather<const WIDTH: usize>(bytes: &[u8], first: usize, items: &Items, out: &mut [u8]) {
    // The usual case, a column of a table stored by rows, without a bounds check for each value.
    if let (false, Ok(stride @ 1..)) = (items.swapped, usize::try_from(items.stride_bytes))
        && stride >= WIDTH
    {
        let here = bytes.get(first..).unwrap_or_default();
        for (value, row) in out.chunks_exact_mut(WIDTH).zip(here.chunks(stride)) {
            value.copy_from_slice(&row[..WIDTH]);
        }
        return;
    }
    let mut at = first;
    for value in out.chunks_exact_mut(WIDTH) {
        value.copy_from_slice(&bytes[at..at + WIDTH]);
        if items.swapped {
            value.reverse();
        }
        // Past the last row this may leave the address range, where nobody looks any more.
        at = at.wrapping_add_signed(items.stride_bytes);
    }
}
