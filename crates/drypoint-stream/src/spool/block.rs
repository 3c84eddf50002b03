//! One batch on disk: where each column's pieces lie, and how they become slices again.

use bytemuck::cast_slice;
use drypoint_memory::{Buffer, MemoryConsumer, Spill, SpillRange};

use crate::{Batch, Bitmap, Column, Lists, Request, Result, StreamError, Text, Values};

/// Bytes in the spill file, compressed if that made them fewer.
#[derive(Debug, Clone, Copy)]
struct Piece {
    range: SpillRange,
    bytes: usize,
}

impl Piece {
    fn is_packed(self) -> bool {
        self.range.bytes() < self.bytes
    }
}

/// The physical type, without the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    Text,
    Dictionary,
    Binary,
    Lists(ListShape),
}

/// What of lists is not in their pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ListShape {
    /// How many offsets each level has.
    offsets: [usize; Lists::LEVELS],
    step: usize,
    kept: Kept,
}

/// What the pieces of values and bytes hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Numbers,
    /// x and y of positions in turn, all that belongs to one after the other.
    Together,
    /// x in one, y in the other.
    Apart,
}

/// The pieces of one column: values or codes; offsets and bytes of text; offsets of lists and y beside x; bits of
/// validity.
#[derive(Debug, Clone)]
struct StoredColumn {
    kind: Kind,
    values: Piece,
    offsets: Option<Piece>,
    bytes: Option<Piece>,
    validity: Option<(Piece, usize)>,
}

impl StoredColumn {
    fn pieces(&self) -> [Option<Piece>; 4] {
        [Some(self.values), self.offsets, self.bytes, self.validity.map(|(piece, _)| piece)]
    }
}

/// One batch on disk.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) rows: usize,
    order: u64,
    columns: Vec<StoredColumn>,
}

impl Block {
    /// Bytes that a reader holds for it: every piece, and the packed form of the largest.
    pub(super) fn decoded_bytes(&self, columns: &[usize]) -> usize {
        let pieces =
            columns.iter().filter_map(|&place| self.columns.get(place)).flat_map(|column| column.pieces());
        let (sum, largest) = pieces.flatten().fold((0, 0), |(sum, largest): (usize, usize), piece| {
            (sum + room(piece.bytes), largest.max(piece.range.bytes()))
        });
        sum + room(largest)
    }
}

/// What a buffer of `bytes` may be rounded up to by its size class.
fn room(bytes: usize) -> usize {
    bytes + bytes / 8 + 4096
}

/// Writes batches as blocks; keeps the buffer that they are packed in.
pub(super) struct Packer {
    consumer: MemoryConsumer,
    packed: Option<Buffer<u8>>,
}

impl Packer {
    pub(super) fn new(consumer: MemoryConsumer) -> Self {
        Self { consumer, packed: None }
    }

    pub(super) fn consumer(&self) -> &MemoryConsumer {
        &self.consumer
    }

    /// Write `batch`, whose first row is row `order` of the spool.
    pub(super) fn pack(&mut self, batch: &Batch<'_>, order: u64, spill: &Spill) -> Result<Block> {
        let columns = batch.columns.iter().map(|column| self.column(column, batch.rows, spill));
        Ok(Block { rows: batch.rows, order, columns: columns.collect::<Result<_>>()? })
    }

    fn column(&mut self, column: &Column<'_>, rows: usize, spill: &Spill) -> Result<StoredColumn> {
        let (kind, values): (Kind, &[u8]) = match column.values {
            Values::Bool(v) => (Kind::Bool, v),
            Values::I8(v) => (Kind::I8, cast_slice(v)),
            Values::I16(v) => (Kind::I16, cast_slice(v)),
            Values::I32(v) => (Kind::I32, cast_slice(v)),
            Values::I64(v) => (Kind::I64, cast_slice(v)),
            Values::U8(v) => (Kind::U8, v),
            Values::U16(v) => (Kind::U16, cast_slice(v)),
            Values::U32(v) => (Kind::U32, cast_slice(v)),
            Values::U64(v) => (Kind::U64, cast_slice(v)),
            Values::F32(v) => (Kind::F32, cast_slice(v)),
            Values::F64(v) => (Kind::F64, cast_slice(v)),
            Values::Text(_) => (Kind::Text, &[]),
            Values::Binary(_) => (Kind::Binary, &[]),
            Values::Lists(lists) => return self.lists(&lists, column, rows, spill),
            Values::Dictionary { codes, .. } => (Kind::Dictionary, cast_slice(codes)),
        };
        let text = match column.values {
            Values::Text(text) | Values::Binary(text) | Values::Dictionary { words: text, .. } => Some(text),
            _ => None,
        };
        let validity = self.validity(column, rows, spill)?;
        Ok(StoredColumn {
            kind,
            values: self.piece(values, spill)?,
            offsets: text.map(|text| self.piece(cast_slice(text.offsets), spill)).transpose()?,
            bytes: text.map(|text| self.piece(text.bytes, spill)).transpose()?,
            validity,
        })
    }

    fn validity(
        &mut self,
        column: &Column<'_>,
        rows: usize,
        spill: &Spill,
    ) -> Result<Option<(Piece, usize)>> {
        let Some(Bitmap { bits, offset }) = column.validity else { return Ok(None) };
        // Only the bytes that hold these rows' bits.
        let bytes = &bits[offset / 8..(offset + rows).div_ceil(8)];
        Ok(Some((self.piece(bytes, spill)?, offset % 8)))
    }

    fn lists(
        &mut self,
        lists: &Lists<'_>,
        column: &Column<'_>,
        rows: usize,
        spill: &Spill,
    ) -> Result<StoredColumn> {
        let total = lists.offsets.iter().map(|offsets| offsets.len()).sum();
        let mut offsets = self.consumer.buffer::<i32>(total)?;
        let mut end = 0;
        for level in lists.offsets {
            offsets[end..end + level.len()].copy_from_slice(level);
            end += level.len();
        }
        let (x, y) = (lists.x.as_ptr_range(), lists.y.as_ptr_range());
        let kept = match (lists.positions, lists.step) {
            (false, _) => Kept::Numbers,
            (true, 1) => Kept::Apart,
            _ if lists.x.is_empty() => Kept::Together,
            // y begins one place after x and ends with it.
            _ if x.start.wrapping_add(1) == y.start && x.end == y.end => Kept::Together,
            _ => {
                let what = "positions that are neither together nor apart".into();
                return Err(StreamError::Unsupported { name: "the spool".into(), what });
            }
        };
        let shape = ListShape { offsets: lists.offsets.map(|offsets| offsets.len()), step: lists.step, kept };
        let y = if kept == Kept::Apart { lists.y } else { &[] };
        Ok(StoredColumn {
            kind: Kind::Lists(shape),
            values: self.piece(cast_slice(lists.x), spill)?,
            offsets: Some(self.piece(cast_slice(&offsets[..]), spill)?),
            bytes: Some(self.piece(cast_slice(y), spill)?),
            validity: self.validity(column, rows, spill)?,
        })
    }

    fn piece(&mut self, bytes: &[u8], spill: &Spill) -> Result<Piece> {
        let most = lz4_flex::block::get_maximum_output_size(bytes.len());
        if self.packed.as_ref().is_none_or(|packed| packed.len() < most) {
            self.packed = None;
            self.packed = Some(self.consumer.buffer(most)?);
        }
        let packed = match &mut self.packed {
            Some(packed) => lz4_flex::block::compress_into(bytes, packed).ok().map(|len| &packed[..len]),
            None => None,
        };
        let smaller = packed.filter(|packed| packed.len() < bytes.len());
        Ok(Piece { range: spill.append(smaller.unwrap_or(bytes))?, bytes: bytes.len() })
    }
}

/// The slices of one column of the block that was loaded last.
#[derive(Default)]
struct Slot {
    kind: Option<Kind>,
    values: Room,
    offsets: Room,
    bytes: Room,
    validity: Room,
    first_bit: Option<usize>,
}

/// A buffer and how much of it is used.
#[derive(Default)]
struct Room {
    buffer: Option<Buffer<u8>>,
    used: usize,
}

impl Room {
    fn bytes(&self) -> &[u8] {
        self.buffer.as_ref().map_or(&[], |buffer| &buffer[..self.used])
    }

    /// The first `bytes` of a buffer that is at least as large.
    fn take(&mut self, bytes: usize, consumer: &MemoryConsumer) -> Result<&mut [u8]> {
        if self.buffer.as_ref().is_none_or(|buffer| buffer.len() < bytes) {
            self.buffer = None;
            self.buffer = Some(consumer.buffer(bytes)?);
        }
        self.used = bytes;
        Ok(self.buffer.as_mut().map_or(&mut [], |buffer| &mut buffer[..bytes]))
    }
}

/// A block in memory again.
pub(super) struct Decoded {
    consumer: MemoryConsumer,
    slots: Vec<Slot>,
    packed: Room,
    order: u64,
}

impl Decoded {
    pub(super) fn new(request: &Request) -> Self {
        let slots = request.columns.iter().map(|_| Slot::default()).collect();
        Self { consumer: request.consumer.clone(), slots, packed: Room::default(), order: 0 }
    }

    /// Read the asked-for columns of `block`.
    pub(super) fn load(&mut self, block: &Block, columns: &[usize], spill: &Spill) -> Result<()> {
        self.order = block.order;
        for (slot, &place) in self.slots.iter_mut().zip(columns) {
            let stored = &block.columns[place];
            let mut read = |room: &mut Room, piece: Option<Piece>| match piece {
                Some(piece) => unpack(piece, room, &mut self.packed, &self.consumer, spill),
                None => Ok(()),
            };
            slot.kind = Some(stored.kind);
            slot.first_bit = stored.validity.map(|(_, first_bit)| first_bit);
            read(&mut slot.values, Some(stored.values))?;
            read(&mut slot.offsets, stored.offsets)?;
            read(&mut slot.bytes, stored.bytes)?;
            read(&mut slot.validity, stored.validity.map(|(piece, _)| piece))?;
        }
        Ok(())
    }

    /// Rows `start .. end` of the block.
    pub(super) fn window(&self, start: usize, end: usize) -> Batch<'_> {
        let columns = self.slots.iter().filter_map(|slot| slot.column(start, end)).collect();
        Batch { rows: end - start, order: self.order + start as u64, columns }
    }
}

impl Slot {
    fn column(&self, start: usize, end: usize) -> Option<Column<'_>> {
        let (values, words) = (self.values.bytes(), self.bytes.bytes());
        let offsets: &[i32] = typed(self.offsets.bytes());
        let values = match self.kind? {
            Kind::Bool => Values::Bool(&values[start..end]),
            Kind::I8 => Values::I8(&typed(values)[start..end]),
            Kind::I16 => Values::I16(&typed(values)[start..end]),
            Kind::I32 => Values::I32(&typed(values)[start..end]),
            Kind::I64 => Values::I64(&typed(values)[start..end]),
            Kind::U8 => Values::U8(&values[start..end]),
            Kind::U16 => Values::U16(&typed(values)[start..end]),
            Kind::U32 => Values::U32(&typed(values)[start..end]),
            Kind::U64 => Values::U64(&typed(values)[start..end]),
            Kind::F32 => Values::F32(&typed(values)[start..end]),
            Kind::F64 => Values::F64(&typed(values)[start..end]),
            Kind::Text => Values::Text(Text { offsets: &offsets[start..=end], bytes: words }),
            Kind::Binary => Values::Binary(Text { offsets: &offsets[start..=end], bytes: words }),
            Kind::Lists(shape) => {
                let (first, others) = offsets.split_at(shape.offsets[0]);
                let (second, third) = others.split_at(shape.offsets[1]);
                let first = if first.is_empty() { first } else { &first[start..=end] };
                let numbers: &[f64] = typed(values);
                // Without any list, rows are the items.
                let from = if first.is_empty() { start * shape.step } else { 0 };
                let from = from.min(numbers.len());
                let y: &[f64] = match shape.kept {
                    Kept::Numbers => &[],
                    Kept::Together => numbers.get(from + 1..).unwrap_or_default(),
                    Kept::Apart => typed::<f64>(words).get(from..).unwrap_or_default(),
                };
                Values::Lists(Lists {
                    offsets: [first, second, third],
                    rows: end - start,
                    x: &numbers[from..],
                    y,
                    step: shape.step,
                    positions: shape.kept != Kept::Numbers,
                })
            }
            Kind::Dictionary => Values::Dictionary {
                codes: &typed(values)[start..end],
                words: Text { offsets, bytes: words },
            },
        };
        let validity = self.first_bit.map(|bit| Bitmap { bits: self.validity.bytes(), offset: bit + start });
        Some(Column { values, validity })
    }
}

/// The items of a buffer's beginning. Buffers are aligned for every type; a slice without bytes may not be.
fn typed<T: drypoint_memory::Pod>(bytes: &[u8]) -> &[T] {
    if bytes.is_empty() { &[] } else { cast_slice(bytes) }
}

fn unpack(
    piece: Piece,
    room: &mut Room,
    packed: &mut Room,
    consumer: &MemoryConsumer,
    spill: &Spill,
) -> Result<()> {
    let target = room.take(piece.bytes, consumer)?;
    if !piece.is_packed() {
        return Ok(spill.read(piece.range, target)?);
    }
    let source = packed.take(piece.range.bytes(), consumer)?;
    spill.read(piece.range, source)?;
    match lz4_flex::block::decompress_into(source, target) {
        Ok(found) if found == piece.bytes => Ok(()),
        _ => {
            Err(StreamError::Corrupt { name: "the spool".into(), what: "a block on disk was altered".into() })
        }
    }
}
