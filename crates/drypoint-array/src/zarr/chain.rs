//! The codecs of an array in their order: axes may be turned, items become bytes or a shard, bytes become fewer.
//!
//! A part of a chunk is read without a detour: turned axes are turned strides of the place where the part goes, a shard
//! is entered through its index, and of items that are not compressed only those between the first and the last are read.

use std::sync::atomic::{AtomicBool, Ordering};

use drypoint_memory::MemoryConsumer;
use serde_json::{Value, json};

use super::compressor::{self, Compressor, Tools, decode_at_most};
use super::data_type::{INSTEAD, swap_bytes};
use super::fault::{Fault, Result, damaged};
use super::named::{Named, shown};
use super::piece::Piece;
use super::region::{self, Part, Place, reordered};
use super::shard::{HeldIndex, Shard};
use crate::{DType, Number};

/// The codecs of a chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chain {
    /// Axis `i` of what is stored is axis `order[i]` of the chunk; none where they are the same.
    order: Option<Vec<usize>>,
    serial: Serial,
    compressors: Vec<Compressor>,
}

/// How items become bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Serial {
    /// One after the other, in this order of bytes.
    Bytes { endian: Option<Endian> },
    /// Smaller chunks with codecs of their own, and an index.
    Shard(Box<Shard>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endian {
    Little,
    Big,
}

impl Endian {
    pub(super) const NATIVE: Self = if cfg!(target_endian = "little") { Self::Little } else { Self::Big };

    /// The option of a codec called `bytes`.
    pub(super) fn of(named: &Named<'_>) -> Result<Option<Self>> {
        match named.option("endian").map(|value| (value, value.as_str())) {
            None => Ok(None),
            Some((_, Some("little"))) => Ok(Some(Self::Little)),
            Some((_, Some("big"))) => Ok(Some(Self::Big)),
            Some((value, _)) => {
                Err(damaged(format!("endian is {}, expected \"little\" or \"big\"", shown(value))))
            }
        }
    }

    pub(super) fn name(self) -> &'static str {
        if self == Self::Little { "little" } else { "big" }
    }
}

/// What all codecs need to know of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) bytes: usize,
    /// Bytes that have an order among them; 1 if none have.
    pub(super) swap: usize,
    pub(super) boolean: bool,
    /// The item of what was never written.
    pub(super) fill: Vec<u8>,
}

impl Item {
    pub(super) fn new(dtype: &DType, fill: Vec<u8>) -> Self {
        let boolean = dtype.number() == Number::Bool;
        Self { bytes: dtype.item_bytes(), swap: swap_bytes(dtype), boolean, fill }
    }
}

/// What one thread keeps from one chunk to the next, and from one read to the next.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) tools: Tools,
    pub(super) index: HeldIndex,
}

/// What one thread reads with.
pub(super) struct Work<'w> {
    pub(super) item: &'w Item,
    pub(super) consumer: &'w MemoryConsumer,
    pub(super) kept: Kept,
    /// Looked at before each chunk.
    pub(super) stop: &'w AtomicBool,
}

impl Work<'_> {
    pub(super) fn check(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) { Err(Fault::Cancelled) } else { Ok(()) }
    }
}

impl Chain {
    /// Of `codecs` in a `zarr.json`, for chunks of this shape.
    pub(super) fn parse(value: &Value, chunk_shape: &[usize], item: &Item) -> Result<Self> {
        let codecs = value
            .as_array()
            .ok_or_else(|| damaged(format!("codecs is {}, expected a list", shown(value))))?;
        let mut order: Option<Vec<usize>> = None;
        let mut serial = None;
        let mut compressors = Vec::new();
        for codec in codecs {
            let named = Named::of(codec, "codec")?;
            match (named.name, &serial) {
                ("transpose", None) => {
                    let next = axes(named.required("order")?, chunk_shape.len())?;
                    order = Some(order.map_or(next.clone(), |order| reordered(&order, &next)));
                }
                ("bytes", None) => {
                    let endian = Endian::of(&named)?;
                    if endian.is_none() && item.swap > 1 {
                        return Err(damaged("the codec \"bytes\" does not say which endian it has"));
                    }
                    serial = Some(Serial::Bytes { endian });
                }
                ("sharding_indexed", None) => {
                    let stored =
                        order.as_ref().map_or(chunk_shape.to_vec(), |order| reordered(chunk_shape, order));
                    serial = Some(Serial::Shard(Box::new(Shard::parse(&named, &stored, item)?)));
                }
                (name @ ("transpose" | "bytes" | "sharding_indexed"), Some(_)) => {
                    return Err(damaged(format!("the codec {name:?} comes after one that makes bytes")));
                }
                (name @ ("zstd" | "gzip" | "crc32c" | "blosc"), None) => {
                    return Err(damaged(format!("the codec {name:?} comes before one that makes bytes")));
                }
                (name, None) => return Err(Fault::Unsupported(format!("the codec {name:?} {INSTEAD}"))),
                (_, Some(_)) => compressors.push(Compressor::parse(codec)?),
            }
        }
        let serial = serial.ok_or_else(|| damaged("no codec makes bytes of items"))?;
        let order = order.filter(|order| !order.iter().copied().eq(0..order.len()));
        Ok(Self { order, serial, compressors })
    }

    /// Items one after the other in this machine's order, then these steps.
    pub(super) fn plain(compressors: Vec<Compressor>, item: &Item) -> Self {
        let endian = (item.swap > 1).then_some(Endian::NATIVE);
        Self { order: None, serial: Serial::Bytes { endian }, compressors }
    }

    /// Shards as they are.
    pub(super) fn sharded(shard: Shard) -> Self {
        Self { order: None, serial: Serial::Shard(Box::new(shard)), compressors: Vec::new() }
    }

    /// As a `zarr.json` has it.
    pub(super) fn spelled(&self) -> Value {
        let turn = self.order.as_ref();
        let turn = turn.map(|order| json!({"name": "transpose", "configuration": {"order": order}}));
        let serial = match &self.serial {
            Serial::Bytes { endian: None } => json!({"name": "bytes"}),
            Serial::Bytes { endian: Some(endian) } => {
                json!({"name": "bytes", "configuration": {"endian": endian.name()}})
            }
            Serial::Shard(shard) => shard.spelled(),
        };
        turn.into_iter().chain([serial]).chain(self.compressors.iter().map(Compressor::spelled)).collect()
    }

    /// What a person calls it, such as `transpose, bytes, zstd`.
    pub(super) fn name(&self) -> String {
        let mut names: Vec<String> = Vec::new();
        names.extend(self.order.iter().map(|_| "transpose".into()));
        names.push(match &self.serial {
            Serial::Bytes { endian: Some(Endian::Big) } => "bytes (big endian)".into(),
            Serial::Bytes { .. } => "bytes".into(),
            Serial::Shard(shard) => format!("shards of ({})", shard.chain.name()),
        });
        names.extend(self.compressors.iter().map(|step| step.name().into()));
        names.join(", ")
    }

    /// The smallest box that can be decoded alone.
    pub(super) fn smallest(&self, chunk_shape: &[usize]) -> Vec<usize> {
        match &self.serial {
            Serial::Shard(shard) if self.compressors.is_empty() => {
                let stored = shard.chain.smallest(&shard.chunk_shape);
                let Some(order) = &self.order else { return stored };
                let mut shape = stored.clone();
                for (place, &axis) in order.iter().enumerate() {
                    shape[axis] = stored[place];
                }
                shape
            }
            _ => chunk_shape.to_vec(),
        }
    }

    /// Put the part of the chunk that `piece` encodes where it belongs.
    pub(super) fn read_part(
        &self,
        work: &mut Work<'_>,
        piece: Piece<'_>,
        chunk_shape: &[usize],
        part: Part<'_>,
        to: (&mut [u8], &Place),
    ) -> Result<()> {
        let (items, place) = to;
        let Some(order) = &self.order else {
            return self.read_stored(work, piece, chunk_shape, part, (items, place));
        };
        let (start, step) = (reordered(part.start, order), reordered(part.step, order));
        let count = reordered(part.count, order);
        let part = Part { start: &start, step: &step, count: &count };
        self.read_stored(work, piece, &reordered(chunk_shape, order), part, (items, &place.transposed(order)))
    }

    /// The same with the axes as they are stored.
    fn read_stored(
        &self,
        work: &mut Work<'_>,
        piece: Piece<'_>,
        chunk_shape: &[usize],
        part: Part<'_>,
        to: (&mut [u8], &Place),
    ) -> Result<()> {
        match &self.serial {
            Serial::Shard(shard) if self.compressors.is_empty() => {
                shard.read_part(work, piece, chunk_shape, part, to)
            }
            Serial::Shard(shard) => {
                let encoded = piece.read(work.consumer)?;
                let most = shard.most_bytes(chunk_shape, work.item.bytes);
                let bytes = decode_at_most(&self.compressors, &encoded, most)?;
                drop(encoded);
                shard.read_part(work, Piece::Memory(&bytes), chunk_shape, part, to)
            }
            Serial::Bytes { endian } => self.read_items(work, piece, chunk_shape, part, to, *endian),
        }
    }

    fn read_items(
        &self,
        work: &mut Work<'_>,
        piece: Piece<'_>,
        chunk_shape: &[usize],
        part: Part<'_>,
        (items, place): (&mut [u8], &Place),
        endian: Option<Endian>,
    ) -> Result<()> {
        let item_bytes = work.item.bytes;
        let whole = Place::whole(chunk_shape, item_bytes);
        let chunk_bytes = chunk_shape.iter().product::<usize>() * item_bytes;
        let plain = self.compressors.is_empty();
        if plain && piece.bytes() != chunk_bytes as u64 {
            let found = piece.bytes();
            return Err(damaged(format!("{found} B where a chunk has {chunk_bytes} B")));
        }
        if part.count == chunk_shape && same_strides(chunk_shape, &whole, place) {
            // The chunk lies in the result as it lies on disk: it needs no place of its own.
            let out = &mut items[place.first..place.first + chunk_bytes];
            if plain {
                piece.read_into(out)?;
            } else {
                let encoded = piece.read(work.consumer)?;
                compressor::decode(&self.compressors, &mut work.kept.tools, &encoded, out)?;
            }
            finish(out, work.item, endian);
            return Ok(());
        }
        let mut from = part.of(&whole);
        let mut buffer;
        if plain {
            let last: Vec<usize> = part.count.iter().map(|count| count - 1).collect();
            let end = from.part(&last).first + item_bytes;
            buffer = work.consumer.buffer::<u8>(end - from.first)?;
            piece.stretch(from.first as u64, (end - from.first) as u64)?.read_into(&mut buffer)?;
            from.first = 0;
        } else {
            let encoded = piece.read(work.consumer)?;
            buffer = work.consumer.buffer::<u8>(chunk_bytes)?;
            compressor::decode(&self.compressors, &mut work.kept.tools, &encoded, &mut buffer)?;
        }
        finish(&mut buffer, work.item, endian);
        region::copy(part.count, item_bytes, (&buffer, &from), (items, place));
        Ok(())
    }

    /// What a whole chunk of items in C order becomes; none if it is all fill and need not exist.
    pub(super) fn encode(
        &self,
        work: &mut Work<'_>,
        chunk_shape: &[usize],
        items: &[u8],
    ) -> Result<Option<Vec<u8>>> {
        work.check()?;
        if is_fill(items, &work.item.fill) {
            return Ok(None);
        }
        let item_bytes = work.item.bytes;
        let turned;
        let (shape, items) = match &self.order {
            None => (chunk_shape.to_vec(), items),
            Some(order) => {
                let shape = reordered(chunk_shape, order);
                let mut buffer = work.consumer.buffer::<u8>(items.len())?;
                let from = Place::whole(chunk_shape, item_bytes).transposed(order);
                let to = Place::whole(&shape, item_bytes);
                region::copy(&shape, item_bytes, (items, &from), (&mut buffer, &to));
                turned = buffer;
                (shape, &*turned)
            }
        };
        let mut steps = self.compressors.iter();
        let mut bytes = match &self.serial {
            Serial::Shard(shard) => shard.encode(work, &shape, items)?,
            Serial::Bytes { endian } => {
                let mut swapped;
                let mut stored = items;
                if endian.is_some_and(|endian| endian != Endian::NATIVE) {
                    swapped = work.consumer.buffer::<u8>(items.len())?;
                    swapped.copy_from_slice(items);
                    turn(&mut swapped, work.item.swap);
                    stored = &swapped;
                }
                match steps.next() {
                    None => stored.to_vec(),
                    Some(first) => first.encode(&mut work.kept.tools, stored)?,
                }
            }
        };
        for step in steps {
            bytes = step.encode(&mut work.kept.tools, &bytes)?;
        }
        Ok(Some(bytes))
    }
}

/// Whether two places walk a box of this shape alike; the stride of an axis of one item is never used.
fn same_strides(shape: &[usize], one: &Place, other: &Place) -> bool {
    shape
        .iter()
        .zip(one.strides.iter().zip(&other.strides))
        .all(|(items, (one, other))| *items == 1 || one == other)
}

/// Whether nothing was written here.
fn is_fill(items: &[u8], fill: &[u8]) -> bool {
    fill.is_empty() || items.chunks_exact(fill.len()).all(|item| item == fill)
}

/// Decoded bytes as this machine has them.
fn finish(items: &mut [u8], item: &Item, endian: Option<Endian>) {
    if endian.is_some_and(|endian| endian != Endian::NATIVE) {
        turn(items, item.swap);
    }
    if item.boolean {
        items.iter_mut().for_each(|byte| *byte = u8::from(*byte != 0));
    }
}

/// Turn the bytes of each number round.
pub(super) fn turn(items: &mut [u8], width: usize) {
    match width {
        2 => items.chunks_exact_mut(2).for_each(<[u8]>::reverse),
        4 => items.chunks_exact_mut(4).for_each(<[u8]>::reverse),
        8 => items.chunks_exact_mut(8).for_each(<[u8]>::reverse),
        _ => {}
    }
}

fn axes(value: &Value, count: usize) -> Result<Vec<usize>> {
    let wrong = || damaged(format!("the order of axes is {}, expected each of {count} once", shown(value)));
    let order = super::named::lengths(value, "the order of axes").map_err(|_| wrong())?;
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted.iter().copied().eq(0..count) { Ok(order) } else { Err(wrong()) }
}
