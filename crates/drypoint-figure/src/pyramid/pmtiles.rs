//! All tiles in one file: PMTiles version 3, as its specification of 2023 describes it.
//!
//! ```text
//! header, 127 B | root directory | metadata (JSON) | leaf directories | tiles
//! ```
//! Tiles are numbered level by level along Hilbert curves. They are written as they come, first to a spill, because
//! the directories, which stand before them, are known last.

use std::io::Write;
use std::path::{Path, PathBuf};

use drypoint_memory::{MemoryConsumer, MemoryReservation, Spill, SpillRange};
use drypoint_stream::{OutputFile, StreamError};

use super::TileSink;
use crate::{FigureError, Result};

const HEADER_BYTES: usize = 127;
/// Header and root directory lie within the first 16 KiB.
const MOST_ROOT_BYTES: usize = 16_384 - HEADER_BYTES;
/// Entries of a leaf: some 20 KB, one request of a reader.
const LEAF_ENTRIES: usize = 4096;
/// Levels whose tiles 64 bits can number.
const MOST_LEVELS: u32 = 31;

/// Where a tile is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    id: u64,
    offset: u64,
    bytes: u32,
    /// 1, or 0 if it is a leaf directory.
    run: u32,
}

/// A PMTiles file that is being written.
#[derive(Debug)]
pub struct PmtilesSink {
    path: PathBuf,
    out: OutputFile,
    tiles: Spill,
    entries: Vec<Entry>,
    held: MemoryReservation,
}

impl PmtilesSink {
    /// Begin a file that will be `path`, or replace it.
    ///
    /// # Errors
    /// [`FigureError::Io`]
    pub fn create(path: &Path, consumer: &MemoryConsumer) -> Result<Self> {
        let io = |error| FigureError::Io { path: path.to_path_buf(), error };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let tiles =
            Spill::create(Some(folder.unwrap_or(Path::new("."))), u64::MAX).map_err(StreamError::from)?;
        Ok(Self {
            path: path.to_path_buf(),
            out: OutputFile::create(path).map_err(io)?,
            tiles,
            entries: Vec::new(),
            held: consumer.try_reserve(0)?,
        })
    }
}

impl TileSink for PmtilesSink {
    fn tile(&mut self, z: u32, x: u64, y: u64, png: &[u8]) -> Result<()> {
        if z > MOST_LEVELS {
            return Err(FigureError::Encode { format: "PMTiles", what: format!("{z} levels are too many") });
        }
        if self.entries.len() == self.entries.capacity() {
            let more = (self.entries.capacity() / 2).max(1024);
            self.held.try_grow(more * size_of::<Entry>())?;
            self.entries.reserve_exact(more);
        }
        let range = self.tiles.append(png).map_err(StreamError::from)?;
        let (id, offset) = (tile_id(z, x, y), range.offset());
        self.entries.push(Entry { id, offset, bytes: range.bytes() as u32, run: 1 });
        Ok(())
    }

    fn finish(mut self, levels: u32, about: &str) -> Result<()> {
        if self.entries.is_empty() {
            return Err(FigureError::Encode { format: "PMTiles", what: "there is no tile to write".into() });
        }
        self.entries.sort_unstable();
        let (root, leaves) = directories(&self.entries);
        let mut header = Vec::with_capacity(HEADER_BYTES);
        header.extend_from_slice(b"PMTiles\x03");
        let mut at = HEADER_BYTES as u64;
        let count = self.entries.len() as u64;
        for bytes in [root.len() as u64, about.len() as u64, leaves.len() as u64, self.tiles.written()] {
            header.extend_from_slice(&at.to_le_bytes());
            header.extend_from_slice(&bytes.to_le_bytes());
            at += bytes;
        }
        for _ in ["addressed", "entries", "contents"] {
            header.extend_from_slice(&count.to_le_bytes());
        }
        let (clustered, no_compression, png, least) = (0, 1, 2, 0);
        header.extend_from_slice(&[clustered, no_compression, no_compression, png, least, levels as u8]);
        // The whole square map: longitudes and latitudes, of which these tiles know nothing, in 1e-7 degrees.
        let (east, north) = (1_800_000_000i32, 850_511_287i32);
        for place in [-east, -north, east, north] {
            header.extend_from_slice(&place.to_le_bytes());
        }
        header.extend_from_slice(&[0; 9]);
        debug_assert_eq!(header.len(), HEADER_BYTES);
        let Self { path, mut out, tiles, .. } = self;
        let io = |error| FigureError::Io { path: path.clone(), error };
        for part in [&header[..], &root, about.as_bytes(), &leaves] {
            out.write_all(part).map_err(io)?;
        }
        let mut part = vec![0; 1 << 16];
        let mut copied = 0;
        while copied < tiles.written() {
            let here = (tiles.written() - copied).min(part.len() as u64) as usize;
            tiles.read(SpillRange::new(copied, here), &mut part[..here]).map_err(StreamError::from)?;
            out.write_all(&part[..here]).map_err(io)?;
            copied += here as u64;
        }
        out.commit().map_err(io)
    }
}

/// The root directory and all leaves, one after the other. Without leaves if the root holds all entries.
fn directories(entries: &[Entry]) -> (Vec<u8>, Vec<u8>) {
    let mut size = LEAF_ENTRIES;
    let root = directory(entries);
    if root.len() <= MOST_ROOT_BYTES {
        return (root, Vec::new());
    }
    loop {
        let (mut pointers, mut leaves) = (Vec::new(), Vec::new());
        for part in entries.chunks(size) {
            let leaf = directory(part);
            let (offset, bytes) = (leaves.len() as u64, leaf.len() as u32);
            pointers.push(Entry { id: part[0].id, offset, bytes, run: 0 });
            leaves.extend_from_slice(&leaf);
        }
        let root = directory(&pointers);
        if root.len() <= MOST_ROOT_BYTES {
            return (root, leaves);
        }
        size *= 2;
    }
}

/// Entries as they are written: column by column, numbers and places as differences.
fn directory(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(&mut bytes, entries.len() as u64);
    let mut before = 0;
    for entry in entries {
        put(&mut bytes, entry.id - before);
        before = entry.id;
    }
    entries.iter().for_each(|entry| put(&mut bytes, u64::from(entry.run)));
    entries.iter().for_each(|entry| put(&mut bytes, u64::from(entry.bytes)));
    let mut end = None;
    for entry in entries {
        put(&mut bytes, if end == Some(entry.offset) { 0 } else { entry.offset + 1 });
        end = Some(entry.offset + u64::from(entry.bytes));
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// The number of a tile: past those of all coarser levels, along the Hilbert curve of its own.
fn tile_id(z: u32, mut x: u64, mut y: u64) -> u64 {
    let mut id = ((1u64 << (2 * z)) - 1) / 3;
    for level in (0..z).rev() {
        let half = 1u64 << level;
        let (right, low) = (x & half > 0, y & half > 0);
        id += half
            * half
            * match (right, low) {
                (false, false) => 0,
                (false, true) => 1,
                (true, true) => 2,
                (true, false) => 3,
            };
        // The quarter's own curve is turned.
        (x, y) = (x & (half - 1), y & (half - 1));
        if !low {
            if right {
                (x, y) = (half - 1 - x, half - 1 - y);
            }
            (x, y) = (y, x);
        }
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_numbered_as_the_specification_does() {
        for (expected, (z, x, y)) in
            [(0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0), (2, 0, 0)].into_iter().enumerate()
        {
            assert_eq!(tile_id(z, x, y), expected as u64);
        }
        assert_eq!(tile_id(12, 3423, 1763), 19_078_479);
        // Each level is one path through all of its tiles, from neighbour to neighbour.
        for z in 1..6 {
            let side = 1u64 << z;
            let mut path: Vec<_> =
                (0..side * side).map(|at| (tile_id(z, at % side, at / side), at % side, at / side)).collect();
            path.sort_unstable();
            assert_eq!((path[0].1, path[0].2), (0, 0));
            assert!(path.windows(2).all(|pair| {
                pair[1].0 == pair[0].0 + 1
                    && pair[0].1.abs_diff(pair[1].1) + pair[0].2.abs_diff(pair[1].2) == 1
            }));
        }
    }

    #[test]
    fn many_entries_get_leaves_and_a_small_root() {
        let entries: Vec<Entry> =
            (0..500_000).map(|at| Entry { id: 7 * at, offset: 900 * at, bytes: 900, run: 1 }).collect();
        let (root, leaves) = directories(&entries);
        assert!(root.len() <= MOST_ROOT_BYTES && leaves.len() > MOST_ROOT_BYTES);
        let (root, leaves) = directories(&entries[..100]);
        assert!(root.len() > 100 && leaves.is_empty());
    }
}
