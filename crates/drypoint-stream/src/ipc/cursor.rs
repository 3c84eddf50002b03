//! One reader's way from a column of a message to a column of a batch.

use std::sync::Arc;

use drypoint_memory::MemoryConsumer;

use super::message::Codec;
use super::schema::Placed;
use super::store::Store;
use super::stretch::Stretch;
use crate::arrow::dictionary::Dictionary;
use crate::arrow::layout::{Items, Layout, Level, ListLayout};
use crate::arrow::run::{Body, Run, Span, decode};
use crate::arrow::scratch::{Room, Scratch, corrupt};
use crate::{Bitmap, Column, Result};

/// The rooms of a column, kept from message to message.
#[derive(Debug)]
pub(super) struct Rooms {
    validity: Room,
    rows: Room,
    text: Room,
    blocks: Vec<Room>,
    consumer: MemoryConsumer,
    scratch: Scratch,
}

impl Rooms {
    pub(super) fn new(source: &Arc<str>, consumer: &MemoryConsumer, lane: usize) -> Self {
        Self {
            validity: Room::new(consumer, lane),
            rows: Room::new(consumer, lane),
            text: Room::new(consumer, lane),
            blocks: Vec::new(),
            consumer: consumer.clone(),
            scratch: Scratch::new(source, consumer, lane),
        }
    }
}

/// The buffers of one column in one message.
pub(super) struct Cursor<'s> {
    layout: &'s Layout,
    source: &'s str,
    rows: u64,
    validity: Option<Stretch<'s>>,
    buffers: Vec<Stretch<'s>>,
    /// Whether the packed blocks of views were read as a whole already.
    blocks_loaded: bool,
}

impl<'s> Cursor<'s> {
    pub(super) fn new(
        layout: &'s Layout,
        placed: &Placed,
        store: &Arc<dyn Store>,
        body: u64,
        codec: Option<Codec>,
        consumer: &MemoryConsumer,
        source: &'s str,
    ) -> Result<Self> {
        let stretch = |piece| Stretch::new(store, body, piece, codec, consumer, source);
        let validity = match placed.buffers.first() {
            Some(&piece) if placed.missing > 0 && piece.len > 0 => Some(stretch(piece)?),
            _ => None,
        };
        let buffers = placed.buffers.iter().skip(1).map(|&piece| stretch(piece)).collect::<Result<_>>()?;
        Ok(Self { layout, source, rows: placed.rows, validity, buffers, blocks_loaded: false })
    }

    /// Rows `start .. start + rows`.
    pub(super) fn read<'a>(
        &mut self,
        start: u64,
        rows: usize,
        dictionary: Option<&'a Dictionary>,
        rooms: &'a mut Rooms,
    ) -> Result<Column<'a>> {
        let end = start.checked_add(rows as u64);
        if end.is_none_or(|end| end > self.rows) {
            return Err(corrupt(self.source, format!("row {start} + {rows} of {}", self.rows)));
        }
        let Rooms { validity, rows: room, text, blocks, consumer, scratch } = rooms;
        let validity = match &mut self.validity {
            None => None,
            Some(bits) => Some(read_bits(bits, start, rows, validity)?),
        };
        let body = self.body(start, rows, room, text, blocks, consumer)?;
        decode(self.layout, Run { rows, validity, body }, dictionary, scratch)
    }

    fn body<'a>(
        &mut self,
        start: u64,
        rows: usize,
        room: &'a mut Room,
        text: &'a mut Room,
        blocks: &'a mut Vec<Room>,
        consumer: &MemoryConsumer,
    ) -> Result<Body<'a>> {
        let source = self.source;
        let missing = || corrupt(source, "a column lacks a buffer");
        if let Some(width) = self.layout.row_bytes() {
            let (values, others) = self.buffers.split_first_mut().ok_or_else(missing)?;
            let bytes = read_rows(values, start, rows, width, room)?;
            if !matches!(self.layout, Layout::Views | Layout::ByteViews) {
                return Ok(Body::Rows(bytes));
            }
            let loaded = std::mem::replace(&mut self.blocks_loaded, true);
            let blocks = read_blocks(others, bytes, loaded, blocks, consumer)?;
            return Ok(Body::Views { views: bytes, blocks });
        }
        match self.layout {
            Layout::Null => Ok(Body::Empty),
            Layout::Bits => {
                let bits = self.buffers.first_mut().ok_or_else(missing)?;
                Ok(Body::Bits(read_bits(bits, start, rows, room)?))
            }
            Layout::Lists(lists) => self.lists(lists, start, rows, room, text, blocks, consumer),
            Layout::Text { .. } | Layout::Bytes { .. } if rows == 0 => {
                Ok(Body::Text { offsets: &[], text: Span::default() })
            }
            Layout::Text { wide } | Layout::Bytes { wide } => {
                let [offsets, bytes] = &mut self.buffers[..] else { return Err(missing()) };
                let width = if *wide { 8 } else { 4 };
                let offsets = read_rows(offsets, start, rows + 1, width, room)?;
                let (base, end) = (offset(&offsets[..width]), offset(&offsets[rows * width..]));
                bytes.check(Some(end))?;
                let Some(len) = end.checked_sub(base).and_then(|len| usize::try_from(len).ok()) else {
                    return Err(corrupt(source, format!("text at {base}..{end}")));
                };
                let here = text.bytes(len)?;
                bytes.read(base, here)?;
                Ok(Body::Text { offsets, text: Span { base, bytes: here } })
            }
            layout => Err(corrupt(source, format!("a column laid out as {layout:?}"))),
        }
    }

    /// The windows of lists that stand one in the other: each level's offsets tell what to read of the next.
    #[allow(clippy::too_many_arguments)]
    fn lists<'a>(
        &mut self,
        layout: &ListLayout,
        start: u64,
        rows: usize,
        room: &'a mut Room,
        text: &'a mut Room,
        blocks: &'a mut Vec<Room>,
        consumer: &MemoryConsumer,
    ) -> Result<Body<'a>> {
        let source = self.source;
        let missing = || corrupt(source, "a column of lists lacks a buffer");
        while blocks.len() <= layout.levels.len() {
            blocks.push(Room::new(consumer, blocks.len()));
        }
        let (bits_room, offset_rooms) = blocks.split_first_mut().ok_or_else(missing)?;
        let mut buffers = self.buffers.iter_mut();
        let mut range = (start, start + rows as u64);
        let mut levels = Vec::with_capacity(layout.levels.len());
        // Which items there are; the bits of the lists around them are of no matter, because theirs say the same.
        let mut bits = None;
        for (level, room) in layout.levels.iter().zip(offset_rooms) {
            let count = usize::try_from(range.1 - range.0).map_err(|_| missing())?;
            match level {
                Level::Fixed(size) => {
                    let of = |list: u64| list.checked_mul(*size as u64).ok_or_else(missing);
                    range = (of(range.0)?, of(range.1)?);
                    levels.push(Span::default());
                }
                Level::Offsets { wide } => {
                    let width = if *wide { 8 } else { 4 };
                    let offsets = buffers.next().ok_or_else(missing)?;
                    if count == 0 {
                        range = (0, 0);
                        levels.push(Span::default());
                    } else {
                        let base = range.0 * width as u64;
                        let bytes = read_rows(offsets, range.0, count + 1, width, room)?;
                        range = (offset(&bytes[..width]), offset(&bytes[count * width..]));
                        if range.0 > range.1 {
                            return Err(corrupt(source, format!("lists at {}..{}", range.0, range.1)));
                        }
                        levels.push(Span { base, bytes });
                    }
                }
            }
            bits = buffers.next();
        }
        let width = layout.items.element().width() * layout.items.step();
        let count = usize::try_from(range.1 - range.0).map_err(|_| missing())?;
        let read = |stretch: Option<&mut Stretch<'_>>, room: &'a mut Room| {
            let bytes = read_rows(stretch.ok_or_else(missing)?, range.0, count, width, room)?;
            Result::Ok(Span { base: range.0 * width as u64, bytes })
        };
        let mut present = None;
        let items = match layout.items {
            Items::Numbers(_) => {
                if let Some(bits) = bits.filter(|bits| bits.len() > 0) {
                    // Counted from item 0, of which the window knows only those that it holds.
                    let window = read_bits(bits, range.0, count, bits_room)?;
                    present = Some(window);
                }
                [read(buffers.next(), room)?, Span::default()]
            }
            // Before each buffer of values stand the bits of its own array.
            Items::Interleaved(..) => [read(buffers.nth(1), room)?, Span::default()],
            Items::Separated(_) => [read(buffers.nth(1), room)?, read(buffers.nth(1), text)?],
        };
        Ok(Body::Lists { levels, items, present: present.map(|bits| (bits, range.0)), first: start })
    }
}

/// A little-endian offset of 4 or 8 bytes; what is below 0 becomes large.
fn offset(at: &[u8]) -> u64 {
    match *at {
        [a, b, c, d] => u64::from(u32::from_le_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        _ => 0,
    }
}

fn read_rows<'a>(
    stretch: &mut Stretch<'_>,
    start: u64,
    rows: usize,
    width: usize,
    room: &'a mut Room,
) -> Result<&'a [u8]> {
    let width_u64 = width as u64;
    let end = start.checked_add(rows as u64).and_then(|end| end.checked_mul(width_u64));
    stretch.check(end)?;
    let bytes = room.bytes(rows * width)?;
    stretch.read(start * width_u64, bytes)?;
    Ok(bytes)
}

fn read_bits<'a>(
    stretch: &mut Stretch<'_>,
    start: u64,
    rows: usize,
    room: &'a mut Room,
) -> Result<Bitmap<'a>> {
    let (first, end) = (start / 8, (start + rows as u64).div_ceil(8));
    stretch.check(Some(end))?;
    let bits = room.bytes((end - first) as usize)?;
    stretch.read(first, bits)?;
    Ok(Bitmap { bits, offset: (start % 8) as usize })
}

/// The stretches of the blocks that `views` point into: of plain ones what lies between the first and the last byte
/// in use, which is little where strings were written in order; packed ones as a whole, once a message.
fn read_blocks<'a>(
    stretches: &mut [Stretch<'_>],
    views: &[u8],
    loaded: bool,
    rooms: &'a mut Vec<Room>,
    consumer: &MemoryConsumer,
) -> Result<Vec<Span<'a>>> {
    rooms.truncate(stretches.len());
    while rooms.len() < stretches.len() {
        rooms.push(Room::new(consumer, rooms.len()));
    }
    let word =
        |view: &[u8], at: usize| u32::from_le_bytes([view[at], view[at + 1], view[at + 2], view[at + 3]]);
    let mut used: Vec<(u64, u64)> = vec![(u64::MAX, 0); stretches.len()];
    for view in views.chunks_exact(16).filter(|view| word(view, 0) > 12) {
        // Views that point elsewhere are found by the decoder, which knows whether their row is missing.
        if let Some((first, last)) = used.get_mut(word(view, 8) as usize) {
            let start = u64::from(word(view, 12));
            (*first, *last) = ((*first).min(start), (*last).max(start + u64::from(word(view, 0))));
        }
    }
    let parts = stretches.iter_mut().zip(rooms).zip(used);
    let spans = parts.map(|((stretch, room), (first, last))| {
        let whole = stretch.is_packed();
        let (first, last) = if whole { (0, stretch.len()) } else { (first, last.min(stretch.len())) };
        let Some(len) = last.checked_sub(first).and_then(|len| usize::try_from(len).ok()) else {
            return Ok(Span::default());
        };
        let bytes = room.bytes(len)?;
        if !(whole && loaded) {
            stretch.read(first, bytes)?;
        }
        Ok(Span { base: first, bytes })
    });
    spans.collect()
}

/// All values of a dictionary's message.
pub(super) fn read_dictionary(
    layout: &Layout,
    placed: &Placed,
    store: &Arc<dyn Store>,
    body: u64,
    codec: Option<Codec>,
    consumer: &MemoryConsumer,
    source: &Arc<str>,
) -> Result<Dictionary> {
    let rows = usize::try_from(placed.rows).map_err(|_| corrupt(source, "a dictionary too long"))?;
    if rows == 0 {
        return empty_dictionary(layout, consumer, source);
    }
    let mut cursor = Cursor::new(layout, placed, store, body, codec, consumer, source)?;
    let mut rooms = Rooms::new(source, consumer, 0);
    let column = cursor.read(0, rows, None, &mut rooms)?;
    Dictionary::of_column(&column, source, consumer)
}

/// A dictionary of which nothing was said: every row that points into it has to be missing.
pub(super) fn empty_dictionary(
    layout: &Layout,
    consumer: &MemoryConsumer,
    source: &Arc<str>,
) -> Result<Dictionary> {
    let body = match layout {
        Layout::Bits => Body::Bits(Bitmap { bits: &[], offset: 0 }),
        Layout::Text { .. } => Body::Text { offsets: &[], text: Span::default() },
        Layout::Views => Body::Views { views: &[], blocks: Vec::new() },
        _ => Body::Rows(&[]),
    };
    Dictionary::new(layout, Run { rows: 0, validity: None, body }, source, consumer)
}
