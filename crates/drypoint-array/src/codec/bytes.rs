//! Zstandard and LZ4 behind a filter. With `narrow` the first byte says how many bytes a number kept.

use super::corrupt;
use super::filter::{Filter, Shuffle};
use super::layout::Layout;
use super::palette::{self, Palette};
use super::scratch::Scratch;
use crate::Result;

/// The two compressors of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packer {
    Zstd { level: i32 },
    Lz4,
}

impl Packer {
    fn name(self) -> &'static str {
        match self {
            Self::Zstd { .. } => "zstd",
            Self::Lz4 => "lz4",
        }
    }

    /// Append the packed `bytes`; false, with anything appended, where they would take more than `limit` bytes.
    fn pack(
        self,
        bytes: &[u8],
        limit: usize,
        scratch: &mut Tools<'_>,
        encoded: &mut Vec<u8>,
    ) -> Result<bool> {
        let start = encoded.len();
        match self {
            Self::Zstd { level } => {
                let refused = |error: std::io::Error| corrupt("zstd", error.to_string());
                let compressor = match &mut *scratch.compressor {
                    Some((held, compressor)) => {
                        if *held != level {
                            compressor.set_compression_level(level).map_err(refused)?;
                            *held = level;
                        }
                        compressor
                    }
                    none => {
                        let compressor = zstd::bulk::Compressor::new(level).map_err(refused)?;
                        &mut none.insert((level, compressor)).1
                    }
                };
                encoded.resize(start + limit, 0);
                let Ok(packed) = compressor.compress_to_buffer(bytes, &mut encoded[start..]) else {
                    return Ok(false);
                };
                encoded.truncate(start + packed);
                Ok(true)
            }
            Self::Lz4 => {
                let most = lz4_flex::block::get_maximum_output_size(bytes.len());
                let table = scratch.lz4.get_or_insert_default();
                let packed = scratch.packed.bytes_mut(most);
                let length = lz4_flex::block::compress_into_with_table(bytes, packed, table)
                    .map_err(|error| corrupt("lz4", error.to_string()))?;
                encoded.extend_from_slice(&packed[..length]);
                Ok(length <= limit)
            }
        }
    }

    fn unpack(
        self,
        encoded: &[u8],
        decompressor: &mut Option<zstd::bulk::Decompressor<'static>>,
        bytes: &mut [u8],
    ) -> Result<()> {
        let damaged = |error: &dyn std::fmt::Display| corrupt(self.name(), error.to_string());
        let expected = bytes.len();
        let found = match self {
            Self::Zstd { .. } => {
                let decompressor = match decompressor {
                    Some(decompressor) => decompressor,
                    none => none.insert(zstd::bulk::Decompressor::new().map_err(|error| damaged(&error))?),
                };
                decompressor.decompress_to_buffer(encoded, bytes).map_err(|error| damaged(&error))?
            }
            Self::Lz4 => lz4_flex::block::decompress_into(encoded, bytes).map_err(|error| damaged(&error))?,
        };
        if found == expected {
            return Ok(());
        }
        Err(corrupt(self.name(), format!("{found} B where {expected} B were expected")))
    }
}

/// The parts of a [`Scratch`] that a packer uses, apart from those that hold its input.
struct Tools<'a> {
    compressor: &'a mut Option<(i32, zstd::bulk::Compressor<'static>)>,
    lz4: &'a mut Option<lz4_flex::block::CompressTable>,
    packed: &'a mut super::scratch::Words,
}

pub(super) fn encode(
    packer: Packer,
    filter: Filter,
    layout: &Layout,
    items: &[u8],
    limit: usize,
    scratch: &mut Scratch,
    encoded: &mut Vec<u8>,
) -> Result<bool> {
    let Scratch { items: native, filtered, packed, compressor, lz4, .. } = scratch;
    let mut tools = Tools { compressor, lz4, packed };
    let mut filter = filter;
    if filter.palette {
        let numbers = filtered.bytes_mut(layout.numbers());
        if let Some(bytes) = palette::apply(layout, items, numbers, encoded) {
            return packer.pack(&numbers[..bytes], limit, &mut tools, encoded);
        }
        filter.palette = false;
    }
    if filter.is_none() {
        return packer.pack(items, limit, &mut tools, encoded);
    }
    layout.to_native(items, native);
    let (first, width) = filter.apply(layout, native, filtered);
    let bytes = if first { native } else { filtered }.bytes(layout.numbers() * width);
    if filter.narrow {
        encoded.push(width as u8);
    }
    packer.pack(bytes, limit, &mut tools, encoded)
}

pub(super) fn decode(
    packer: Packer,
    filter: Filter,
    layout: &Layout,
    encoded: &[u8],
    scratch: &mut Scratch,
    items: &mut [u8],
) -> Result<()> {
    let (mut filter, mut encoded) = (filter, encoded);
    if filter.palette {
        let (palette, rest) = Palette::read(layout, encoded)?;
        if let Some(palette) = palette {
            let numbers = scratch.filtered.bytes_mut(palette.number_bytes());
            packer.unpack(rest, &mut scratch.decompressor, numbers)?;
            return palette.undo(numbers, items);
        }
        (filter.palette, encoded) = (false, rest);
    }
    let mut width = layout.width;
    if filter.narrow {
        let (&first, rest) =
            encoded.split_first().ok_or_else(|| corrupt(packer.name(), "no width of its numbers".into()))?;
        width = first.into();
        if !matches!(width, 1 | 2 | 4 | 8) || width > layout.width {
            let what = format!("numbers of {width} B narrowed from {} B", layout.width);
            return Err(corrupt(packer.name(), what));
        }
        encoded = rest;
    }
    let moves =
        filter.shuffle != Shuffle::None || width < layout.width || (filter.planar && layout.channels > 1);
    if moves {
        packer.unpack(
            encoded,
            &mut scratch.decompressor,
            scratch.filtered.bytes_mut(layout.numbers() * width),
        )?;
        filter.undo(layout, width, &mut scratch.filtered, &mut scratch.items, items);
    } else {
        packer.unpack(encoded, &mut scratch.decompressor, items)?;
        filter.undo_in_place(layout, items);
    }
    // Without a filter the bytes were packed as they lay.
    if !filter.is_none() {
        layout.restore(items);
    }
    Ok(())
}
