//! Decompression into buffers of the pool.
//!
//! The `parquet` crate decompresses into a new vector per page; we decompress into the column's own page buffer, so
//! that a scan allocates nothing after its first pages and its memory is the pool's.

use std::io::Read;

use parquet::basic::Compression;

use super::fault::{Decoded, Fault};

/// How the pages of a column chunk are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Uncompressed,
    Snappy,
    Gzip,
    /// The deprecated codec: Hadoop's framing, LZ4's own framing, or none.
    Lz4,
    Lz4Raw,
    Zstd,
    /// Not read here.
    Lzo,
    /// Not read here: its decoder would add more to the wheel than its rare files are worth.
    Brotli,
}

impl Codec {
    pub(super) fn of(compression: Compression) -> Self {
        match compression {
            Compression::UNCOMPRESSED => Codec::Uncompressed,
            Compression::SNAPPY => Codec::Snappy,
            Compression::GZIP(_) => Codec::Gzip,
            Compression::LZ4 => Codec::Lz4,
            Compression::LZ4_RAW => Codec::Lz4Raw,
            Compression::ZSTD(_) => Codec::Zstd,
            Compression::LZO => Codec::Lzo,
            Compression::BROTLI(_) => Codec::Brotli,
        }
    }

    /// Bytes that a decoder of this codec holds for itself (the library's sources say so; none keeps a window of
    /// its own, because a whole page is decoded at once).
    pub(super) fn state_bytes(self) -> usize {
        match self {
            Codec::Uncompressed | Codec::Snappy | Codec::Lz4Raw | Codec::Lzo | Codec::Brotli => 0,
            Codec::Gzip => 64 << 10,
            Codec::Lz4 => 192 << 10,
            Codec::Zstd => 256 << 10,
        }
    }

    /// The largest page that `compressed` bytes can become, where the format sets a bound. A header that claims
    /// more is refused before anything is allocated for it.
    fn largest(self, compressed: usize) -> usize {
        match self {
            Codec::Uncompressed => compressed,
            // A copy of 64 bytes takes 3 (or 2 for up to 11).
            Codec::Snappy => compressed.saturating_mul(32),
            // Deflate's limit is 1032; LZ4's length bytes count 255 each.
            Codec::Gzip => compressed.saturating_mul(1100),
            Codec::Lz4 | Codec::Lz4Raw => compressed.saturating_mul(256),
            Codec::Zstd | Codec::Lzo | Codec::Brotli => usize::MAX,
        }
    }

    fn unsupported(self) -> Fault {
        Fault::Unsupported(format!("{self:?} compression"))
    }

    /// Refuse what cannot be decompressed, before memory is taken for it.
    pub(super) fn check(self, compressed: usize, uncompressed: usize) -> Decoded<()> {
        let possible = match self {
            Codec::Lzo | Codec::Brotli => return Err(self.unsupported()),
            Codec::Uncompressed => compressed == uncompressed,
            codec => uncompressed <= codec.largest(compressed),
        };
        if possible {
            Ok(())
        } else {
            Err(Fault::damaged(format!("a page of {compressed} B claims to become {uncompressed} B")))
        }
    }
}

/// The state that outlives a page: one per reader.
#[derive(Default)]
pub(super) struct Decompressor {
    zstd: Option<zstd::bulk::Decompressor<'static>>,
    snappy: snap::raw::Decoder,
}

impl std::fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Decompressor")
    }
}

impl Decompressor {
    /// Make `from` into exactly `to.len()` bytes.
    pub(super) fn decompress(&mut self, codec: Codec, from: &[u8], to: &mut [u8]) -> Decoded<()> {
        let expected = to.len();
        let found = match codec {
            // An empty page may have no compressed bytes at all.
            _ if expected == 0 => 0,
            Codec::Uncompressed => {
                to.copy_from_slice(from);
                expected
            }
            Codec::Snappy => self.snappy.decompress(from, to).map_err(broken)?,
            Codec::Zstd => {
                let zstd = match &mut self.zstd {
                    Some(ready) => ready,
                    none => none.insert(zstd::bulk::Decompressor::new()?),
                };
                zstd.decompress_to_buffer(from, to).map_err(broken)?
            }
            Codec::Gzip => fill(flate2::read::MultiGzDecoder::new(from), to)?,
            Codec::Lz4Raw => lz4_flex::block::decompress_into(from, to).map_err(broken)?,
            Codec::Lz4 => lz4_of_any_framing(from, to)?,
            Codec::Lzo | Codec::Brotli => return Err(codec.unsupported()),
        };
        if found == expected {
            Ok(())
        } else {
            Err(Fault::damaged(format!("a page decompresses to {found} B, its header says {expected} B")))
        }
    }
}

fn broken(error: impl std::fmt::Display) -> Fault {
    Fault::damaged(format!("a page cannot be decompressed: {error}"))
}

/// Read to the end, but never more than `to` holds; one byte more is told as such.
fn fill(mut from: impl Read, to: &mut [u8]) -> Decoded<usize> {
    let mut done = 0;
    while done < to.len() {
        match from.read(&mut to[done..]).map_err(broken)? {
            0 => return Ok(done),
            count => done += count,
        }
    }
    let mut more = [0];
    Ok(done + from.read(&mut more).map_err(broken)?)
}

/// Writers of the deprecated codec did not agree on a framing; the order of trials is that of the other readers.
fn lz4_of_any_framing(from: &[u8], to: &mut [u8]) -> Decoded<usize> {
    if let Some(count) = lz4_hadoop(from, to) {
        return Ok(count);
    }
    if let Ok(count) = fill(lz4_flex::frame::FrameDecoder::new(from), to)
        && count == to.len()
    {
        return Ok(count);
    }
    lz4_flex::block::decompress_into(from, to).map_err(broken)
}

/// Blocks, each after its decompressed and compressed size, both big-endian.
fn lz4_hadoop(mut from: &[u8], to: &mut [u8]) -> Option<usize> {
    let mut done = 0usize;
    while !from.is_empty() {
        let (sizes, rest) = from.split_at_checked(8)?;
        let size = |bytes: &[u8]| usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok();
        let (decompressed, compressed) = (size(&sizes[..4])?, size(&sizes[4..])?);
        let (block, rest) = rest.split_at_checked(compressed)?;
        let room = to.get_mut(done..done.checked_add(decompressed)?)?;
        if lz4_flex::block::decompress_into(block, room).ok()? != decompressed {
            return None;
        }
        done += decompressed;
        from = rest;
    }
    (done == to.len()).then_some(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deprecated_lz4_is_read_in_all_three_framings() {
        let text = b"abcabcabcabcabcabcabc-abcabcabcabc".repeat(9);
        let block = lz4_flex::block::compress(&text);
        let mut hadoop = Vec::new();
        hadoop.extend((text.len() as u32).to_be_bytes());
        hadoop.extend((block.len() as u32).to_be_bytes());
        hadoop.extend(&block);
        let mut frame = lz4_flex::frame::FrameEncoder::new(Vec::new());
        std::io::Write::write_all(&mut frame, &text).unwrap();
        for bytes in [hadoop, frame.finish().unwrap(), block] {
            let mut found = vec![0; text.len()];
            Decompressor::default().decompress(Codec::Lz4, &bytes, &mut found).unwrap();
            assert_eq!(found, text);
        }
    }

    #[test]
    fn a_size_that_cannot_be_is_refused_without_reading() {
        assert!(Codec::Snappy.check(1000, i32::MAX as usize).is_err());
        assert!(Codec::Uncompressed.check(1000, 1001).is_err());
        assert!(Codec::Snappy.check(1000, 20_000).is_ok());
    }

    #[test]
    fn a_page_of_another_length_than_promised_is_damage() {
        let bytes = snap::raw::Encoder::new().compress_vec(b"twelve bytes").unwrap();
        for length in [0usize, 11, 13] {
            let mut to = vec![0; length];
            let found = Decompressor::default().decompress(Codec::Snappy, &bytes, &mut to);
            assert_eq!(found.is_ok(), length == 0, "{length}");
        }
    }
}
