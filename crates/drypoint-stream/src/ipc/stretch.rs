//! One buffer of a body, read window by window. A compressed one is unpacked as a stream, so that a file of one huge
//! record batch needs no more memory than one of many small ones.

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use drypoint_memory::{MemoryConsumer, MemoryReservation};

use super::message::{Codec, Piece};
use super::store::{Forward, Store};
use crate::Result;
use crate::arrow::scratch::corrupt;

/// What the reader before a decoder buffers.
const INPUT_BYTES: usize = 32 << 10;
/// Bytes that the next window may begin before the end of the last: one offset, or the byte that two windows of
/// bits share.
const TAIL_BYTES: usize = 16;

pub(super) struct Stretch<'s> {
    source: &'s str,
    /// Bytes of it, unpacked.
    len: u64,
    kind: Kind,
}

enum Kind {
    Plain { store: Arc<dyn Store>, at: u64 },
    Packed(Box<Packed>),
}

struct Packed {
    decoder: Box<dyn Read + Send>,
    /// The bytes read so far.
    at: u64,
    /// The last of them.
    tail: [u8; TAIL_BYTES],
    _held: MemoryReservation,
}

impl<'s> Stretch<'s> {
    /// The buffer at `piece` of the body that begins at `body` of `store`.
    pub(super) fn new(
        store: &Arc<dyn Store>,
        body: u64,
        piece: Piece,
        codec: Option<Codec>,
        consumer: &MemoryConsumer,
        source: &'s str,
    ) -> Result<Self> {
        let at = body + piece.offset;
        let plain = |at, len| Ok(Self { source, len, kind: Kind::Plain { store: store.clone(), at } });
        let Some(codec) = codec else { return plain(at, piece.len) };
        if piece.len == 0 {
            return plain(at, 0);
        }
        let damaged = |error: io::Error| corrupt(source, format!("a buffer cannot be unpacked: {error}"));
        let mut start = [0; 8];
        if piece.len < 8 {
            return Err(corrupt(source, format!("a compressed buffer of {} bytes", piece.len)));
        }
        store.read_at(at, &mut start).map_err(damaged)?;
        let (at, packed_len) = (at + 8, piece.len - 8);
        let len = match i64::from_le_bytes(start) {
            -1 => return plain(at, packed_len),
            len => u64::try_from(len).map_err(|_| corrupt(source, format!("a buffer of {len} bytes")))?,
        };
        // No lz4 block says more than 255 bytes with one.
        if codec == Codec::Lz4 && len / 256 > packed_len {
            return Err(corrupt(source, format!("{packed_len} bytes of lz4 cannot hold {len}")));
        }
        let mut head = [0; 16];
        let head_len = packed_len.min(16) as usize;
        store.read_at(at, &mut head[..head_len]).map_err(damaged)?;
        let held = consumer.try_reserve(decoder_bytes(codec, &head[..head_len]))?;
        let input =
            BufReader::with_capacity(INPUT_BYTES, Forward { store: store.clone(), at, end: at + packed_len });
        let decoder: Box<dyn Read + Send> = match codec {
            Codec::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(input)),
            Codec::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(input).map_err(damaged)?),
        };
        let packed = Packed { decoder, at: 0, tail: [0; TAIL_BYTES], _held: held };
        Ok(Self { source, len, kind: Kind::Packed(Box::new(packed)) })
    }

    /// Bytes of it, unpacked, as it says.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Whether windows have to be read in order.
    pub(super) fn is_packed(&self) -> bool {
        matches!(self.kind, Kind::Packed(_))
    }

    /// That it holds bytes up to `end`: before room is made for them.
    pub(super) fn check(&self, end: Option<u64>) -> Result<()> {
        match end {
            Some(end) if end <= self.len => Ok(()),
            _ => {
                Err(corrupt(self.source, format!("a buffer of {} bytes is too short for its rows", self.len)))
            }
        }
    }

    /// Fill `out` with the bytes from `start`. Windows come in order, each at or after the end of the last but for
    /// `TAIL_BYTES`.
    pub(super) fn read(&mut self, start: u64, out: &mut [u8]) -> Result<()> {
        self.check(start.checked_add(out.len() as u64))?;
        if out.is_empty() {
            return Ok(()); // lists without items may be told to lie anywhere
        }
        let read = match &mut self.kind {
            Kind::Plain { store, at } => store.read_at(*at + start, out),
            Kind::Packed(packed) => packed.read(start, out),
        };
        read.map_err(|error| corrupt(self.source, format!("a buffer cannot be read: {error}")))
    }
}

impl Packed {
    fn read(&mut self, start: u64, out: &mut [u8]) -> io::Result<()> {
        if start > self.at {
            let skipped = io::copy(&mut (&mut self.decoder).take(start - self.at), &mut io::sink())?;
            if skipped != start - self.at {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.at = start;
        }
        let again = (self.at - start) as usize;
        if again > TAIL_BYTES {
            return Err(io::Error::other("its windows were asked for out of order"));
        }
        let repeated = again.min(out.len());
        out[..repeated].copy_from_slice(&self.tail[TAIL_BYTES - again..][..repeated]);
        let fresh = &mut out[repeated..];
        self.decoder.read_exact(fresh)?;
        let kept = fresh.len().min(TAIL_BYTES);
        self.tail.copy_within(kept.., 0);
        self.tail[TAIL_BYTES - kept..].copy_from_slice(&fresh[fresh.len() - kept..]);
        self.at += fresh.len() as u64;
        Ok(())
    }
}

/// What a decoder will allocate for a frame that begins with `head`: they do it on their own, outside the pool.
pub(super) fn decoder_bytes(codec: Codec, head: &[u8]) -> usize {
    match codec {
        // Its context, a window and a block before and after unpacking.
        Codec::Zstd => {
            const CONTEXT_BYTES: u64 = 160 << 10;
            const BLOCK_BYTES: u64 = 128 << 10;
            /// Larger windows are refused by the decoder.
            const WINDOW_BYTES_MAX: u64 = 128 << 20;
            let window = zstd_window(head).unwrap_or(0).min(WINDOW_BYTES_MAX);
            (CONTEXT_BYTES + window + 2 * BLOCK_BYTES.min(window.max(1 << 10))) as usize + INPUT_BYTES
        }
        // A block before unpacking, two after it with the 64 KiB that it may look back.
        Codec::Lz4 => {
            let block = match head.get(5).map(|descriptor| descriptor >> 4 & 7) {
                Some(size @ 4..=7) => 1usize << (8 + 2 * size),
                _ => 64 << 10,
            };
            3 * block + (64 << 10) + INPUT_BYTES
        }
    }
}

/// The window that the header of a zstd frame asks for (RFC 8878, 3.1.1.1).
fn zstd_window(head: &[u8]) -> Option<u64> {
    const MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
    let descriptor = *head.strip_prefix(MAGIC)?.first()?;
    if descriptor >> 5 & 1 == 0 {
        let window = *head.get(5)?;
        let base = 1u64 << (10 + (window >> 3));
        return Some(base + base / 8 * u64::from(window & 7));
    }
    // A single segment: the window is the content.
    let at = 5 + [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    Some(match descriptor >> 6 {
        0 => size(head.get(at..at + 1)?),
        1 => size(head.get(at..at + 2)?) + 256,
        2 => size(head.get(at..at + 4)?),
        _ => size(head.get(at..at + 8)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipc::store::Kept;
    use drypoint_memory::MemoryPool;

    #[test]
    fn windows_of_packed_buffers_equal_those_of_plain_ones() {
        let consumer = MemoryPool::new(64 << 20).consumer("test");
        let plain: Vec<u8> = (0..300_000u32).flat_map(|value| (value / 7).to_le_bytes()).collect();
        let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
        io::copy(&mut plain.as_slice(), &mut lz4).unwrap();
        let packed =
            [(Codec::Lz4, lz4.finish().unwrap()), (Codec::Zstd, zstd::encode_all(&*plain, 1).unwrap())];
        for (codec, frame) in packed {
            let mut bytes = consumer.buffer(frame.len() + 8).unwrap();
            bytes[..8].copy_from_slice(&(plain.len() as i64).to_le_bytes());
            bytes[8..].copy_from_slice(&frame);
            let piece = Piece { offset: 0, len: bytes.len() as u64 };
            let store: Arc<dyn Store> = Arc::new(Kept { parts: vec![(0, bytes)] });
            let mut stretch = Stretch::new(&store, 0, piece, Some(codec), &consumer, "test").unwrap();
            let mut start = 0;
            for len in [1, 9, 0, 40, 100_000, 3, 70_000, 16, 500_000] {
                let mut out = vec![0; len];
                stretch.read(start as u64, &mut out).unwrap();
                stretch.read(0, &mut []).unwrap();
                assert_eq!(out, plain[start..start + len]);
                // Alternately a little back and some forward.
                start = if len % 2 == 1 { start + len - 1 } else { start + len + 5 };
            }
            assert!(stretch.read(plain.len() as u64 - 1, &mut [0; 2]).is_err());
        }
    }

    #[test]
    fn the_window_of_a_frame_is_told_from_its_header() {
        let content: Vec<u8> = (0..3_000_000u32).map(|value| (value % 251) as u8).collect();
        let frame = zstd::bulk::compress(&content[..100_000], 1).unwrap();
        assert_eq!(zstd_window(&frame[..16]), Some(100_000));
        let frame = zstd::encode_all(&*content, 1).unwrap();
        assert!(zstd_window(&frame[..16]).is_some_and(|window| (1 << 10..=8 << 20).contains(&window)));
    }
}
