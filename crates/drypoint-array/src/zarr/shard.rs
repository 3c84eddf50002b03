//! A shard: one file with many chunks, and an index that says where each of them is.

use std::ops::Deref;

use drypoint_memory::{Buffer, MemoryConsumer};
use serde_json::{Value, json};

use super::chain::{Chain, Endian, Item, Work};
use super::compressor::{checked, most_encoded};
use super::fault::{Fault, Result, damaged};
use super::named::{Named, lengths, shown};
use super::piece::{Piece, Version};
use super::region::{self, Part, Place, each_chunk};

/// The index has this for a chunk that was never written.
const MISSING: u64 = u64::MAX;
/// An offset and a length.
const ENTRY: usize = 16;

/// The index of the shard that was read last, checked: slices of one shard after the other need it once.
#[derive(Default)]
pub(super) struct HeldIndex(Option<(Option<Version>, u64, Buffer<u8>)>);

impl HeldIndex {
    /// That of the shard which has it there.
    fn of(self, piece: Piece<'_>, checksum: bool, consumer: &MemoryConsumer) -> Result<Self> {
        let length = piece.bytes() as usize;
        if let (Some((held, at, bytes)), Piece::File { version, offset, .. }) = (&self.0, piece)
            && (*held, *at, bytes.len()) == (Some(version), offset, length)
        {
            return Ok(self);
        }
        drop(self);
        let mut bytes = consumer.buffer::<u8>(length)?;
        piece.read_into(&mut bytes)?;
        if checksum {
            checked(&bytes).map_err(|error| error.within(|| "the index of the shard".into()))?;
        }
        let (version, offset) = match piece {
            Piece::File { version, offset, .. } => (Some(version), offset),
            Piece::Memory(_) => (None, 0),
        };
        Ok(Self(Some((version, offset, bytes))))
    }
}

impl Deref for HeldIndex {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |(_, _, bytes)| bytes)
    }
}

/// How a shard is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shard {
    /// Of the chunks within.
    pub(super) chunk_shape: Vec<usize>,
    pub(super) chain: Chain,
    index: Index,
}

/// How the index is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Index {
    endian: Endian,
    checksum: bool,
    at_start: bool,
}

impl Shard {
    pub(super) fn parse(named: &Named<'_>, shape: &[usize], item: &Item) -> Result<Self> {
        let inner = named.required("chunk_shape")?;
        let chunk_shape = lengths(inner, "the shape of the chunks in a shard")?;
        let fits = chunk_shape.len() == shape.len()
            && shape.iter().zip(&chunk_shape).all(|(outer, inner)| *inner > 0 && outer % inner == 0);
        if !fits {
            return Err(damaged(format!("chunks of {} do not divide a shard of {shape:?}", shown(inner))));
        }
        let chain = Chain::parse(named.required("codecs")?, &chunk_shape, item)?;
        let at_start = match named.option("index_location") {
            None => false,
            Some(Value::String(place)) if place == "end" => false,
            Some(Value::String(place)) if place == "start" => true,
            Some(other) => return Err(damaged(format!("the index of a shard is at {}", shown(other)))),
        };
        let (endian, checksum) = index_codecs(named.required("index_codecs")?)?;
        Ok(Self { chunk_shape, chain, index: Index { endian, checksum, at_start } })
    }

    /// What is written: the index at the end, with a checksum.
    pub(super) fn new(chunk_shape: Vec<usize>, chain: Chain) -> Self {
        Self { chunk_shape, chain, index: Index { endian: Endian::Little, checksum: true, at_start: false } }
    }

    pub(super) fn spelled(&self) -> Value {
        let mut index = vec![json!({"name": "bytes", "configuration": {"endian": self.index.endian.name()}})];
        if self.index.checksum {
            index.push(json!({"name": "crc32c"}));
        }
        json!({
            "name": "sharding_indexed",
            "configuration": {
                "chunk_shape": self.chunk_shape,
                "codecs": self.chain.spelled(),
                "index_codecs": index,
                "index_location": if self.index.at_start { "start" } else { "end" },
            },
        })
    }

    /// Chunks of a shard along each axis.
    fn grid(&self, shape: &[usize]) -> Vec<usize> {
        shape.iter().zip(&self.chunk_shape).map(|(outer, inner)| outer / inner).collect()
    }

    fn index_bytes(&self, chunks: usize) -> usize {
        chunks.saturating_mul(ENTRY).saturating_add(if self.index.checksum { 4 } else { 0 })
    }

    /// A shard of this shape has no more.
    pub(super) fn most_bytes(&self, shape: &[usize], item_bytes: usize) -> usize {
        let chunks = self.grid(shape).iter().product();
        let chunk_bytes = self.chunk_shape.iter().product::<usize>().saturating_mul(item_bytes);
        most_encoded(chunk_bytes).saturating_mul(chunks).saturating_add(self.index_bytes(chunks))
    }

    /// Put the part of the shard that is wanted where it belongs: only the chunks that it touches are read.
    pub(super) fn read_part(
        &self,
        work: &mut Work<'_>,
        piece: Piece<'_>,
        shape: &[usize],
        part: Part<'_>,
        (items, place): (&mut [u8], &Place),
    ) -> Result<()> {
        let grid = self.grid(shape);
        let length = self.index_bytes(grid.iter().product()) as u64;
        let first = piece.bytes().checked_sub(length).ok_or_else(|| {
            damaged(format!("a shard of {} B has no room for its index of {length} B", piece.bytes()))
        })?;
        let index = piece.stretch(if self.index.at_start { 0 } else { first }, length)?;
        // Taken along, because chunks within may be shards again, whose index then is the one that is held.
        let held = std::mem::take(&mut work.kept.index).of(index, self.index.checksum, work.consumer)?;
        let entries: &[u8] = &held;
        let number = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&entries[at..at + 8]);
            if self.index.endian == Endian::Little {
                u64::from_le_bytes(bytes)
            } else {
                u64::from_be_bytes(bytes)
            }
        };
        let read = each_chunk(part, &self.chunk_shape, |chunk, part, at| {
            work.check()?;
            let entry = chunk.iter().zip(&grid).fold(0, |entry, (place, chunks)| entry * chunks + place);
            let (offset, length) = (number(ENTRY * entry), number(ENTRY * entry + 8));
            let place = place.part(at);
            if (offset, length) == (MISSING, MISSING) {
                region::fill(part.count, &work.item.fill, items, &place);
                return Ok(());
            }
            piece
                .stretch(offset, length)
                .and_then(|piece| {
                    self.chain.read_part(work, piece, &self.chunk_shape, part, (&mut *items, &place))
                })
                .map_err(|error: Fault| error.within(|| format!("its chunk {chunk:?}")))
        });
        work.kept.index = held;
        read
    }

    /// A shard of items in C order.
    pub(super) fn encode(&self, work: &mut Work<'_>, shape: &[usize], items: &[u8]) -> Result<Vec<u8>> {
        let item = work.item;
        let whole = Place::whole(shape, item.bytes);
        let within = Place::whole(&self.chunk_shape, item.bytes);
        let chunk_bytes = self.chunk_shape.iter().product::<usize>() * item.bytes;
        let mut chunk_items = work.consumer.buffer::<u8>(chunk_bytes)?;
        let mut index = Vec::new();
        let mut bytes = Vec::new();
        let head =
            if self.index.at_start { self.index_bytes(self.grid(shape).iter().product()) as u64 } else { 0 };
        let (zeros, ones) = (vec![0; shape.len()], vec![1; shape.len()]);
        let all = Part { start: &zeros, step: &ones, count: shape };
        each_chunk(all, &self.chunk_shape, |_, part, at| {
            region::copy(part.count, item.bytes, (items, &whole.part(at)), (&mut chunk_items, &within));
            let entry = match self.chain.encode(work, &self.chunk_shape, &chunk_items)? {
                None => [MISSING, MISSING],
                Some(encoded) => {
                    let offset = head + bytes.len() as u64;
                    bytes.extend_from_slice(&encoded);
                    [offset, encoded.len() as u64]
                }
            };
            for number in entry {
                let little = self.index.endian == Endian::Little;
                index.extend(if little { number.to_le_bytes() } else { number.to_be_bytes() });
            }
            Ok::<(), Fault>(())
        })?;
        if self.index.checksum {
            let sum = crc32c::crc32c(&index);
            index.extend(sum.to_le_bytes());
        }
        Ok(if self.index.at_start { [index, bytes].concat() } else { [bytes, index].concat() })
    }
}

/// The order of bytes in an index, and whether a checksum follows. Others would hide how long it is.
fn index_codecs(value: &Value) -> Result<(Endian, bool)> {
    let codecs = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let names = codecs.iter().map(|codec| Named::of(codec, "codec")).collect::<Result<Vec<_>>>()?;
    match names.as_slice() {
        [bytes, rest @ ..] if bytes.name == "bytes" => {
            let endian = Endian::of(bytes)?.unwrap_or(Endian::Little);
            match rest {
                [] => Ok((endian, false)),
                [sum] if sum.name == "crc32c" => Ok((endian, true)),
                _ => Err(Fault::Unsupported(format!("an index of shards with the codecs {}", shown(value)))),
            }
        }
        _ => Err(Fault::Unsupported(format!("an index of shards with the codecs {}", shown(value)))),
    }
}
