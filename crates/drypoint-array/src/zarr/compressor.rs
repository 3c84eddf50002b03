//! Codecs that make fewer bytes of bytes, and the checksum. The libraries do the work; what is ours is that a chunk
//! has exactly as many bytes as its shape says, whatever the encoded bytes claim.

use std::io::Read;

use flate2::bufread::MultiGzDecoder;
use serde_json::{Value, json};

use super::blosc;
use super::data_type::INSTEAD;
use super::fault::{Fault, Result, damaged};
use super::named::{Named, shown};

/// One step from bytes to bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Compressor {
    Zstd {
        level: i32,
        checksum: bool,
    },
    Gzip {
        level: u32,
    },
    /// Several compressors behind shuffled bytes; which, each chunk tells itself. Only read.
    Blosc,
    /// Four bytes behind the others tell whether they are whole.
    Crc32c,
}

impl Compressor {
    pub(super) fn parse(value: &Value) -> Result<Self> {
        let named = Named::of(value, "codec")?;
        let level = |least: i64, most: i64, usual: i64| match named.option("level") {
            None => Ok(usual),
            Some(level) => level.as_i64().filter(|level| (least..=most).contains(level)).ok_or_else(|| {
                damaged(format!(
                    "the level of {} is {}, expected {least} to {most}",
                    named.name,
                    shown(level)
                ))
            }),
        };
        Ok(match named.name {
            "zstd" => Self::Zstd {
                level: level(-131_072, 22, 0)? as i32,
                checksum: named.option("checksum").and_then(Value::as_bool).unwrap_or(false),
            },
            "gzip" => Self::Gzip { level: level(0, 9, 5)? as u32 },
            "blosc" => Self::Blosc,
            "crc32c" => Self::Crc32c,
            name => return Err(Fault::Unsupported(format!("the codec {name:?} {INSTEAD}"))),
        })
    }

    pub(super) fn spelled(&self) -> Value {
        match self {
            Self::Zstd { level, checksum } => {
                json!({"name": "zstd", "configuration": {"level": level, "checksum": checksum}})
            }
            Self::Gzip { level } => json!({"name": "gzip", "configuration": {"level": level}}),
            Self::Blosc => json!({"name": "blosc"}),
            Self::Crc32c => json!({"name": "crc32c"}),
        }
    }

    /// What a person calls it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Zstd { .. } => "zstd",
            Self::Gzip { .. } => "gzip",
            Self::Blosc => "blosc",
            Self::Crc32c => "crc32c",
        }
    }

    /// Fill `out` with what `encoded` holds: neither more nor less.
    fn decode(&self, tools: &mut Tools, encoded: &[u8], out: &mut [u8]) -> Result<()> {
        match self {
            Self::Zstd { .. } => {
                let found = tools.zstd()?.decompress_to_buffer(encoded, out);
                let found = found.map_err(|error| damaged(format!("zstd: {error}")))?;
                exactly(found, out.len())
            }
            Self::Gzip { .. } => {
                let mut decoder = MultiGzDecoder::new(encoded);
                let told = |error| damaged(format!("gzip: {error}"));
                decoder.read_exact(out).map_err(told)?;
                let more = decoder.read(&mut [0]).map_err(told)?;
                if more > 0 {
                    Err(damaged(format!("more than the {} B of a chunk", out.len())))
                } else {
                    Ok(())
                }
            }
            Self::Blosc => blosc::decode(tools, encoded, out),
            Self::Crc32c => {
                let checked = checked(encoded)?;
                exactly(checked.len(), out.len())?;
                out.copy_from_slice(checked);
                Ok(())
            }
        }
    }

    /// What `encoded` holds, of which only the most that it may be is known.
    fn decode_at_most(&self, encoded: &[u8], most: usize) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        let limit = most as u64 + 1;
        match self {
            Self::Zstd { .. } => zstd::stream::read::Decoder::with_buffer(encoded)
                .and_then(|decoder| decoder.take(limit).read_to_end(&mut out))
                .map_err(|error| damaged(format!("zstd: {error}")))?,
            Self::Gzip { .. } => MultiGzDecoder::new(encoded)
                .take(limit)
                .read_to_end(&mut out)
                .map_err(|error| damaged(format!("gzip: {error}")))?,
            Self::Blosc => {
                let bytes = blosc::decoded_bytes(encoded)?;
                if bytes <= most {
                    out.resize(bytes, 0);
                    blosc::decode(&mut Tools::default(), encoded, &mut out)?;
                    return Ok(out);
                }
                return Err(damaged(format!("more than {most} B")));
            }
            Self::Crc32c => return Ok(checked(encoded)?.to_vec()),
        };
        if out.len() > most { Err(damaged(format!("more than {most} B"))) } else { Ok(out) }
    }

    /// What `bytes` become.
    pub(super) fn encode(&self, tools: &mut Tools, bytes: &[u8]) -> Result<Vec<u8>> {
        Ok(match self {
            Self::Zstd { level, checksum } => tools.zstd_encoder(*level, *checksum)?.compress(bytes)?,
            Self::Gzip { level } => {
                let mut encoder = flate2::bufread::GzEncoder::new(bytes, flate2::Compression::new(*level));
                let mut out = Vec::new();
                encoder.read_to_end(&mut out)?;
                out
            }
            Self::Blosc => return Err(Fault::Unsupported("writing blosc".into())),
            Self::Crc32c => [bytes, &crc32c::crc32c(bytes).to_le_bytes()].concat(),
        })
    }
}

/// What decoders and encoders keep between chunks: to make one anew costs more than a small chunk.
#[derive(Default)]
pub(super) struct Tools {
    zstd: Option<zstd::bulk::Decompressor<'static>>,
    encoder: Option<(i32, bool, zstd::bulk::Compressor<'static>)>,
}

impl Tools {
    pub(super) fn zstd(&mut self) -> Result<&mut zstd::bulk::Decompressor<'static>> {
        Ok(match &mut self.zstd {
            Some(decoder) => decoder,
            none => none.insert(zstd::bulk::Decompressor::new()?),
        })
    }

    fn zstd_encoder(&mut self, level: i32, checksum: bool) -> Result<&mut zstd::bulk::Compressor<'static>> {
        self.encoder.take_if(|(held, sums, _)| (*held, *sums) != (level, checksum));
        Ok(match &mut self.encoder {
            Some((_, _, encoder)) => encoder,
            none => {
                let mut encoder = zstd::bulk::Compressor::new(level)?;
                encoder.include_checksum(checksum)?;
                &mut none.insert((level, checksum, encoder)).2
            }
        })
    }
}

/// Undo all of `steps` on `encoded`, to exactly `out`.
pub(super) fn decode(steps: &[Compressor], tools: &mut Tools, encoded: &[u8], out: &mut [u8]) -> Result<()> {
    match steps {
        [] => {
            exactly(encoded.len(), out.len())?;
            out.copy_from_slice(encoded);
            Ok(())
        }
        [only] => only.decode(tools, encoded, out),
        [earlier @ .., Compressor::Crc32c] => decode(earlier, tools, checked(encoded)?, out),
        [earlier @ .., last] => {
            let between = last.decode_at_most(encoded, most_encoded(out.len()))?;
            decode(earlier, tools, &between, out)
        }
    }
}

/// Undo all of `steps` on `encoded`, to at most so many bytes.
pub(super) fn decode_at_most(steps: &[Compressor], encoded: &[u8], most: usize) -> Result<Vec<u8>> {
    let mut bytes: Option<Vec<u8>> = None;
    for step in steps.iter().rev() {
        bytes = Some(step.decode_at_most(bytes.as_deref().unwrap_or(encoded), most_encoded(most))?);
    }
    Ok(bytes.unwrap_or_else(|| encoded.to_vec()))
}

/// More than any codec makes of so many bytes that it cannot compress.
pub(super) fn most_encoded(bytes: usize) -> usize {
    bytes.saturating_add(bytes / 8).saturating_add(1 << 16)
}

/// The bytes before their checksum, if it is theirs.
pub(super) fn checked(encoded: &[u8]) -> Result<&[u8]> {
    let (bytes, sum) = encoded
        .split_last_chunk::<4>()
        .ok_or_else(|| damaged(format!("{} B have no room for a checksum", encoded.len())))?;
    let (found, expected) = (crc32c::crc32c(bytes), u32::from_le_bytes(*sum));
    if found == expected {
        Ok(bytes)
    } else {
        Err(damaged(format!("its checksum is {found:08x}, {expected:08x} was written")))
    }
}

fn exactly(found: usize, expected: usize) -> Result<()> {
    if found == expected { Ok(()) } else { Err(damaged(format!("{found} B where a chunk has {expected} B"))) }
}
