//! Chunks of Blosc 1, read only: many stores have them. Its container is blocks of shuffled bytes behind a header of 16
//! bytes; what is in a block was compressed by LZ4, Zstandard, zlib or its own BloscLZ, each by a library but the last.
//!
//! After the format description of c-blosc (`README_CHUNK_FORMAT.rst`).

use std::io::Read;

use super::blosclz;
use super::compressor::Tools;
use super::fault::{Fault, Result, damaged};

const HEADER: usize = 16;
/// Blocks are split into a stream for each byte of an item only up to this many, and only if each has so many bytes.
const MOST_SPLITS: usize = 16;
const LEAST_SPLIT: usize = 128;

/// What the header says.
struct Header {
    version: u8,
    flags: u8,
    item_bytes: usize,
    bytes: usize,
    block_bytes: usize,
}

impl Header {
    const SHUFFLED: u8 = 1;
    const COPIED: u8 = 2;
    const BIT_SHUFFLED: u8 = 4;
    const WHOLE_BLOCKS: u8 = 16;

    fn of(encoded: &[u8]) -> Result<Self> {
        if encoded.len() < HEADER {
            return Err(damaged(format!("blosc: {} B are no header", encoded.len())));
        }
        let header = Self {
            version: encoded[0],
            flags: encoded[2],
            item_bytes: usize::from(encoded[3]).max(1),
            bytes: number(encoded, 4)?,
            block_bytes: number(encoded, 8)?,
        };
        let stored = number(encoded, 12)?;
        if stored != encoded.len() {
            return Err(damaged(format!("blosc: {} B where its header says {stored} B", encoded.len())));
        }
        Ok(header)
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Streams in a block of this size.
    fn splits(&self, block: usize) -> usize {
        let split = !self.has(Self::WHOLE_BLOCKS)
            && block == self.block_bytes
            && self.item_bytes <= MOST_SPLITS
            && block / self.item_bytes >= LEAST_SPLIT;
        if split { self.item_bytes } else { 1 }
    }
}

/// How many bytes `encoded` says that it holds.
pub(super) fn decoded_bytes(encoded: &[u8]) -> Result<usize> {
    Ok(Header::of(encoded)?.bytes)
}

/// Fill `out` with what `encoded` holds: neither more nor less.
pub(super) fn decode(tools: &mut Tools, encoded: &[u8], out: &mut [u8]) -> Result<()> {
    let header = Header::of(encoded)?;
    if header.bytes != out.len() {
        return Err(damaged(format!("blosc: {} B where a chunk has {} B", header.bytes, out.len())));
    }
    if header.has(Header::COPIED) {
        let bytes = encoded.get(HEADER..HEADER + out.len()).ok_or_else(cut)?;
        out.copy_from_slice(bytes);
        return Ok(());
    }
    if out.is_empty() {
        return Ok(());
    }
    if header.block_bytes == 0 {
        return Err(damaged("blosc: blocks of 0 B"));
    }
    let block_bytes = header.block_bytes.min(out.len());
    let header = Header { block_bytes, ..header };
    let mut unshuffled = Vec::new();
    for (index, block) in out.chunks_mut(block_bytes).enumerate() {
        let start = number(encoded, HEADER + 4 * index)?;
        let stream = encoded.get(start..).ok_or_else(cut)?;
        decode_block(&header, tools, stream, block)?;
        let bits = header.has(Header::BIT_SHUFFLED) && block.len() >= header.item_bytes;
        let bytes = header.has(Header::SHUFFLED) && header.item_bytes > 1;
        if bits || bytes {
            unshuffled.resize(block.len(), 0);
            if bytes {
                unshuffle(header.item_bytes, block, &mut unshuffled);
            } else {
                unshuffle_bits(&header, block, &mut unshuffled);
            }
            block.copy_from_slice(&unshuffled);
        }
    }
    Ok(())
}

fn decode_block(header: &Header, tools: &mut Tools, mut stream: &[u8], block: &mut [u8]) -> Result<()> {
    let splits = header.splits(block.len());
    let split_bytes = block.len() / splits;
    if split_bytes * splits != block.len() {
        return Err(damaged(format!("blosc: a block of {} B cannot be split in {splits}", block.len())));
    }
    for split in block.chunks_mut(split_bytes) {
        let length = number(stream, 0)?;
        let bytes = stream.get(4..4 + length).ok_or_else(cut)?;
        stream = &stream[4 + length..];
        if length == split.len() {
            split.copy_from_slice(bytes);
        } else {
            decompress(header.flags >> 5, tools, bytes, split)?;
        }
    }
    Ok(())
}

fn decompress(format: u8, tools: &mut Tools, bytes: &[u8], out: &mut [u8]) -> Result<()> {
    let found = match format {
        0 => blosclz::decompress(bytes, out).ok_or_else(|| damaged("blosc: its blosclz is damaged"))?,
        1 => lz4_flex::block::decompress_into(bytes, out)
            .map_err(|error| damaged(format!("blosc: lz4: {error}")))?,
        3 => {
            let mut decoder = flate2::bufread::ZlibDecoder::new(bytes);
            decoder.read_exact(out).map_err(|error| damaged(format!("blosc: zlib: {error}")))?;
            out.len()
        }
        4 => tools
            .zstd()?
            .decompress_to_buffer(bytes, out)
            .map_err(|error| damaged(format!("blosc: zstd: {error}")))?,
        2 => return Err(Fault::Unsupported("blosc with snappy".into())),
        _ => return Err(damaged(format!("blosc: there is no compressor {format}"))),
    };
    if found == out.len() {
        Ok(())
    } else {
        Err(damaged(format!("blosc: {found} B where a block has {} B", out.len())))
    }
}

/// First bytes of all items, then second bytes, ...: back to items.
fn unshuffle(item_bytes: usize, shuffled: &[u8], out: &mut [u8]) {
    let items = shuffled.len() / item_bytes;
    for (place, row) in shuffled.chunks_exact(items.max(1)).take(item_bytes).enumerate() {
        for (item, byte) in row.iter().enumerate() {
            out[item * item_bytes + place] = *byte;
        }
    }
    let whole = items * item_bytes;
    out[whole..].copy_from_slice(&shuffled[whole..]);
}

/// The same by bits: row `8 * byte + bit` has that bit of every item, eight items in a byte.
fn unshuffle_bits(header: &Header, shuffled: &[u8], out: &mut [u8]) {
    let mut items = shuffled.len() / header.item_bytes;
    if !items.is_multiple_of(8) {
        // The second version of the format left such blocks as they were, later ones do what they can.
        items = if header.version <= 2 { 0 } else { items - items % 8 };
    }
    let row_bytes = items / 8;
    for group in 0..row_bytes {
        for byte in 0..header.item_bytes {
            // Eight bits of eight items: a little square that is turned over its diagonal.
            let mut square = 0u64;
            for bit in 0..8 {
                square |= u64::from(shuffled[(8 * byte + bit) * row_bytes + group]) << (8 * bit);
            }
            for (item, value) in transposed(square).to_le_bytes().into_iter().enumerate() {
                out[(8 * group + item) * header.item_bytes + byte] = value;
            }
        }
    }
    let whole = items * header.item_bytes;
    out[whole..].copy_from_slice(&shuffled[whole..]);
}

/// Bit `j` of byte `i` becomes bit `i` of byte `j` (Hacker's Delight, 7-3).
fn transposed(mut square: u64) -> u64 {
    for (shift, mask) in
        [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0x0000_0000_f0f0_f0f0)]
    {
        let turned = (square ^ (square >> shift)) & mask;
        square ^= turned ^ (turned << shift);
    }
    square
}

fn number(bytes: &[u8], at: usize) -> Result<usize> {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()).ok_or_else(cut)?;
    let number = i32::from_le_bytes(*found);
    usize::try_from(number).map_err(|_| damaged(format!("blosc: a length of {number}")))
}

fn cut() -> Fault {
    damaged("blosc: it ends too early")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_are_turned() {
        for seed in [1u64, 0x0123_4567_89ab_cdef, u64::MAX << 9, 0x8000_0000_0000_0001] {
            let turned = transposed(seed);
            for (i, j) in (0..8).flat_map(|i| (0..8).map(move |j| (i, j))) {
                assert_eq!(seed >> (8 * i + j) & 1, turned >> (8 * j + i) & 1, "{seed:x} {i} {j}");
            }
        }
    }

    #[test]
    fn any_bytes_are_an_error_at_most() {
        let mut random = 7u32;
        let mut out = [0; 300];
        for round in 0..20_000 {
            let mut bytes: Vec<u8> = (0..16 + round % 90)
                .map(|_| {
                    random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (random >> 24) as u8
                })
                .collect();
            // A header that is believed.
            let length = bytes.len() as u32;
            bytes[12..16].copy_from_slice(&length.to_le_bytes());
            bytes[4..8].copy_from_slice(&300u32.to_le_bytes());
            bytes[8..12].copy_from_slice(&(1 + round as u32 % 400).to_le_bytes());
            bytes[3] %= 20;
            if bytes.len() > 20 {
                bytes[16..20].copy_from_slice(&20u32.to_le_bytes());
            }
            let _ = decode(&mut Tools::default(), &bytes, &mut out);
        }
    }
}
