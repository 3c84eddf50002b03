//! A tile as bytes: what waits packed in memory or on disk, and what a file holds (docs/formats/aggregate.md).
//!
//! ```text
//! 1  n  d d d ...          n places in rising order as differences, each repeated as often as points fell there
//! 2  b  then b times       b planes of one byte a cell, the lowest byte first:
//!       m  l  bytes        how it is packed (0 as it is, 1 LZ4, 2 Zstandard), and l bytes
//! ```
//! `n`, `d` and `l` are variable-length integers (7 bits a byte, the lowest first).

use crate::{ArrayError, Result};

use super::scratch::{TileCells, TileScratch};
use super::{TILE_CELLS, TILE_SIDE};

const ENTRIES: u8 = 1;
const PLANES: u8 = 2;
const AS_IT_IS: u8 = 0;
const LZ4: u8 = 1;
const ZSTD: u8 = 2;

/// Bytes of a count.
const MOST_PLANES: usize = 8;
/// The level for files: the lowest is within a tenth of the best on counters.
const ZSTD_LEVEL: i32 = 1;
/// What a Zstandard encoder of a plane allocates, measured, rounded up.
const ZSTD_BYTES: usize = 1 << 20;

/// How planes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Quickly: LZ4.
    Fast,
    /// Into fewer bytes: Zstandard.
    Small,
}

/// What packing needs besides the tile.
#[derive(Default)]
pub struct Packer {
    entries: Vec<u16>,
    plane: Vec<u8>,
    packed: Vec<u8>,
    zstd: Option<zstd::bulk::Compressor<'static>>,
}

impl Packer {
    /// Bytes that it comes to hold, for a tile whose counts fit four bytes.
    pub const BYTES: usize = (4 + 1 + 1) * TILE_CELLS + ZSTD_BYTES;

    /// The same where nothing is packed [small](Packing::Small).
    pub(super) const FAST_BYTES: usize = Self::BYTES - ZSTD_BYTES;

    /// Pack the places in which points fell, each as often as points fell there, in any order.
    pub(super) fn pack_entries<'a>(&mut self, chunks: impl Iterator<Item = &'a [u8]>) -> &[u8] {
        self.entries.clear();
        for chunk in chunks {
            let entries = chunk.chunks_exact(2).map(|entry| u16::from_ne_bytes([entry[0], entry[1]]));
            self.entries.extend(entries);
        }
        self.pack_sorted()
    }

    fn pack_sorted(&mut self) -> &[u8] {
        let Self { entries, packed, .. } = self;
        entries.sort_unstable();
        packed.clear();
        packed.push(ENTRIES);
        put(packed, entries.len() as u64);
        let mut before = 0;
        for &entry in entries.iter() {
            put(packed, u64::from(entry - before));
            before = entry;
        }
        packed
    }

    /// Pack counters, one plane for each of their bytes, the lowest first.
    pub(super) fn pack_planes<'a>(&mut self, planes: impl ExactSizeIterator<Item = &'a [u8]>) -> &[u8] {
        self.packed.clear();
        self.packed.extend([PLANES, planes.len() as u8]);
        for plane in planes {
            self.append(plane, Packing::Fast);
        }
        &self.packed
    }

    /// Pack what was read of a tile.
    pub fn pack(&mut self, cells: TileCells<'_>, packing: Packing) -> &[u8] {
        match cells {
            TileCells::Few(entries) => {
                self.entries.clear();
                self.entries.extend_from_slice(entries);
                self.pack_sorted()
            }
            TileCells::Many(counts) => {
                let most = counts.iter().fold(0, |all, count| all | count);
                let planes = (8 - most.leading_zeros() as usize / 8).max(1);
                self.packed.clear();
                self.packed.extend([PLANES, planes as u8]);
                for byte in 0..planes {
                    let mut plane = std::mem::take(&mut self.plane);
                    plane.clear();
                    plane.extend(counts.iter().map(|count| (count >> (8 * byte)) as u8));
                    self.append(&plane, packing);
                    self.plane = plane;
                }
                &self.packed
            }
        }
    }

    fn append(&mut self, plane: &[u8], packing: Packing) {
        let (method, bytes) = match packing {
            Packing::Fast => (LZ4, lz4_flex::block::compress(plane)),
            Packing::Small => {
                let encoder = match &mut self.zstd {
                    Some(encoder) => Some(encoder),
                    None => {
                        self.zstd = zstd::bulk::Compressor::new(ZSTD_LEVEL).ok();
                        self.zstd.as_mut()
                    }
                };
                // An encoder that fails costs bytes, not the tile.
                (ZSTD, encoder.and_then(|encoder| encoder.compress(plane).ok()).unwrap_or_default())
            }
        };
        let (method, bytes) = if bytes.is_empty() || bytes.len() >= plane.len() {
            (AS_IT_IS, plane)
        } else {
            (method, &bytes[..])
        };
        self.packed.push(method);
        put(&mut self.packed, bytes.len() as u64);
        self.packed.extend_from_slice(bytes);
    }
}

/// Add what was packed to `scratch`. Any bytes at all give counts or an error.
pub(super) fn unpack(packed: &[u8], scratch: &mut TileScratch) -> Result<()> {
    let mut left = packed;
    match take_byte(&mut left)? {
        ENTRIES => {
            let entries = take(&mut left)?;
            let mut place = 0;
            for _ in 0..entries {
                place += take(&mut left)?;
                let place = u16::try_from(place).map_err(|_| corrupt(format!("place {place}")))?;
                scratch.add_entries(&[place])?;
            }
        }
        PLANES => {
            let planes = usize::from(take_byte(&mut left)?);
            if !(1..=MOST_PLANES).contains(&planes) {
                return Err(corrupt(format!("{planes} planes")));
            }
            let mut plane = std::mem::take(&mut scratch.plane);
            for byte in 0..planes {
                let method = take_byte(&mut left)?;
                let bytes = take(&mut left)? as usize;
                if bytes > left.len() {
                    return Err(corrupt(format!("{bytes} B of a plane where {} B are left", left.len())));
                }
                let (packed, rest) = left.split_at(bytes);
                left = rest;
                plane.resize(TILE_CELLS, 0);
                let found = match method {
                    AS_IT_IS if bytes == TILE_CELLS => {
                        plane.copy_from_slice(packed);
                        Ok(bytes)
                    }
                    AS_IT_IS => Ok(bytes),
                    LZ4 => lz4_flex::block::decompress_into(packed, &mut plane)
                        .map_err(|error| error.to_string()),
                    ZSTD => zstd::bulk::decompress_to_buffer(packed, &mut plane[..])
                        .map_err(|error| error.to_string()),
                    other => Err(format!("method {other}")),
                };
                match found {
                    Ok(TILE_CELLS) => scratch.add_plane(byte, &plane)?,
                    Ok(found) => return Err(corrupt(format!("a plane of {found} cells, not {TILE_SIDE}²"))),
                    Err(what) => return Err(corrupt(what)),
                }
            }
            scratch.plane = plane;
        }
        other => return Err(corrupt(format!("kind {other}"))),
    }
    if left.is_empty() { Ok(()) } else { Err(corrupt(format!("{} B too many", left.len()))) }
}

pub(super) fn corrupt(what: String) -> ArrayError {
    ArrayError::Corrupt { codec: "tile", what }
}

fn put(packed: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        packed.push(value as u8 | 0x80);
        value >>= 7;
    }
    packed.push(value as u8);
}

fn take_byte(left: &mut &[u8]) -> Result<u8> {
    let (first, rest) = left.split_first().ok_or_else(|| corrupt("it ends too early".into()))?;
    *left = rest;
    Ok(*first)
}

#[inline]
fn take(left: &mut &[u8]) -> Result<u64> {
    let mut value = 0;
    for shift in (0..32).step_by(7) {
        let byte = take_byte(left)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(corrupt("a number of more than 5 bytes".into()))
}

#[cfg(test)]
mod tests {
    use drypoint_memory::MemoryPool;
    use proptest::prelude::*;

    use super::*;

    fn scratch() -> TileScratch {
        TileScratch::new(&MemoryPool::new(16 << 20).consumer("test")).unwrap()
    }

    fn counted(scratch: &TileScratch) -> Vec<u64> {
        match scratch.cells() {
            TileCells::Many(counts) => counts.to_vec(),
            TileCells::Few(entries) => {
                let mut counts = vec![0; TILE_CELLS];
                entries.iter().for_each(|entry| counts[usize::from(*entry)] += 1);
                counts
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn what_is_packed_is_unpacked(
            places in proptest::collection::vec((any::<u16>(), 0u32..64), 0..300),
            small in any::<bool>(),
        ) {
            let mut counts = vec![0u64; TILE_CELLS];
            for (place, bits) in places {
                counts[usize::from(place)] = (1 << bits) - 1;
            }
            let packing = if small { Packing::Small } else { Packing::Fast };
            let packed = Packer::default().pack(TileCells::Many(&counts), packing).to_vec();
            let mut scratch = scratch();
            unpack(&packed, &mut scratch).unwrap();
            prop_assert_eq!(counted(&scratch), counts);
        }

        #[test]
        fn entries_too(entries in proptest::collection::vec(any::<u16>(), 0..3000)) {
            let packed = Packer::default().pack(TileCells::Few(&entries), Packing::Fast).to_vec();
            let mut scratch = scratch();
            unpack(&packed, &mut scratch).unwrap();
            let mut counts = vec![0u64; TILE_CELLS];
            entries.iter().for_each(|entry| counts[usize::from(*entry)] += 1);
            prop_assert_eq!(counted(&scratch), counts);
        }

        #[test]
        fn any_bytes_give_counts_or_an_error(
            kind in 0u8..4, mut bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            bytes.insert(0, kind);
            let _ = unpack(&bytes, &mut scratch());
        }

        #[test]
        fn a_changed_byte_never_panics(at in any::<prop::sample::Index>(), to in any::<u8>()) {
            let counts: Vec<u64> = (0..TILE_CELLS as u64).map(|at| at % 7 * 90).collect();
            let mut packed = Packer::default().pack(TileCells::Many(&counts), Packing::Small).to_vec();
            let at = at.index(packed.len());
            packed[at] = to;
            let _ = unpack(&packed, &mut scratch());
        }
    }
}
