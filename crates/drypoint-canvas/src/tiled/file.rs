//! A tiled aggregate as a file: the archive of any other, with packed tiles in place of cells
//! (docs/formats/aggregate.md). Written and read one tile at a time.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use drypoint_array::{CountTiles, Packer, TILE_CELLS, TILE_SIDE, TilePacking};
use drypoint_memory::MemoryConsumer;
use drypoint_stream::{Cancel, OutputFile};

use super::{TiledAggregate, tile_grid};
use crate::aggregate::about::{About, CellType};
use crate::aggregate::file::{ABOUT, Archive, Loading, npy_header};
use crate::{Aggregate, CanvasError, Reduction, Result};

const TILES: &str = "tiles.npy";
const ENDS: &str = "ends.npy";
const PACKED: &str = "packed.bin";
/// No packed tile is longer: eight planes as they are.
const MOST_PACKED: u64 = 8 * (TILE_CELLS as u64 + 8) + 8;

/// An aggregate that was saved.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // Made once, and taken apart at once.
pub enum Loaded {
    /// One held as a whole.
    Whole(Aggregate),
    /// A tiled one.
    Tiled(TiledAggregate),
}

impl Loaded {
    /// Read what [`Aggregate::save`] or [`TiledAggregate::save`] wrote; memory is taken from accounts of the pool of
    /// `consumer`.
    ///
    /// Nothing is believed before it is checked.
    pub fn load(path: &Path, consumer: &MemoryConsumer, cancel: &Cancel) -> Result<Self> {
        let file = File::open(path).map_err(|error| CanvasError::Io { path: path.to_path_buf(), error })?;
        let loading = Loading::new(path, file)?;
        let about = loading.about(consumer)?;
        match about.tiles {
            None => Ok(Self::Whole(loading.read(about, consumer)?)),
            Some(TILE_SIDE) => {
                let consumer = consumer.pool().consumer("tiles");
                Ok(Self::Tiled(read(&loading, about, &consumer, cancel)?))
            }
            Some(side) => Err(loading.corrupt(format!("tiles of {side} x {side} pixels"))),
        }
    }
}

impl TiledAggregate {
    /// Write everything to `path`, which afterwards is whole, or as it was before.
    pub fn save(&self, path: &Path, cancel: &Cancel) -> Result<()> {
        let io = |error| CanvasError::Io { path: path.to_path_buf(), error };
        let mut out = OutputFile::create(path).map_err(io)?;
        let touched = self.touched()?;
        let mut ends = self.consumer().buffer::<u64>(touched.len())?;
        let _held = self.consumer().try_reserve(Packer::BYTES)?;
        let (mut scratch, mut packer) = (self.scratch()?, Packer::default());
        let mut archive = Archive::new(&mut out);
        archive
            .streamed::<Failed>(PACKED, |writer| {
                let mut written = 0;
                for (tile, end) in touched.iter().zip(ends.iter_mut()) {
                    cancel.check().map_err(CanvasError::from)?;
                    let packed = packer.pack(self.read(*tile, &mut scratch)?, TilePacking::Small);
                    writer.write_all(packed)?;
                    written += packed.len() as u64;
                    *end = written;
                }
                Ok(())
            })
            .map_err(|failed| match failed {
                Failed::Io(error) => io(error),
                Failed::Canvas(error) => error,
            })?;
        let any = matches!(self.reduction, Reduction::Any(_));
        let cells = match self.cell_bytes()? {
            _ if any => CellType::Bool,
            8 => CellType::U64,
            _ => CellType::U32,
        };
        let about = About {
            canvas: self.canvas.clone(),
            reduction: self.reduction.clone(),
            categories: Vec::new(),
            rows: self.rows,
            skipped: self.skipped,
            cells,
            counts: None,
            means: false,
            keys: false,
            selectors: false,
            tiles: Some(TILE_SIDE),
        };
        let header = npy_header(CellType::U64, &[touched.len()]);
        archive
            .member(TILES, &[&header, touched.as_bytes()])
            .and_then(|()| archive.member(ENDS, &[&header, ends.as_bytes()]))
            .and_then(|()| archive.member(ABOUT, &[about.write().as_bytes()]))
            .and_then(|()| archive.finish())
            .and_then(|()| out.commit())
            .map_err(io)
    }
}

/// Why a member was not written.
enum Failed {
    Io(std::io::Error),
    Canvas(CanvasError),
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<CanvasError> for Failed {
    fn from(error: CanvasError) -> Self {
        Self::Canvas(error)
    }
}

fn read(
    loading: &Loading<'_>,
    about: About,
    consumer: &MemoryConsumer,
    cancel: &Cancel,
) -> Result<TiledAggregate> {
    let About { canvas, reduction, rows, skipped, categories, .. } = about;
    let grid = tile_grid(&canvas, &reduction).map_err(|error| loading.corrupt(error.to_string()))?;
    if !categories.is_empty() {
        return Err(loading.corrupt("categories of a reduction without any"));
    }
    let header_bytes = npy_header(CellType::U64, &[usize::MAX]).len() as u64;
    let (size, reader) = loading.member(TILES, |size| size >= header_bytes && size % 8 == 0)?;
    drop(reader);
    let shape = [(size - header_bytes) as usize / 8];
    let touched = loading.array::<u64>(TILES, CellType::U64, &shape, consumer)?;
    let ends = loading.array::<u64>(ENDS, CellType::U64, &shape, consumer)?;
    if !touched.is_sorted_by(|a, b| a < b) || touched.last().is_some_and(|tile| *tile >= grid.tiles()) {
        return Err(loading.corrupt(format!("member {TILES:?} is not a rising list of tiles")));
    }
    let all = ends.last().copied().unwrap_or(0);
    let (_, mut packed) = loading.member(PACKED, |size| size == all)?;
    let tiles = CountTiles::new(grid, 1, consumer)?;
    let mut scratch = drypoint_array::TileScratch::new(consumer)?;
    let _held = consumer.try_reserve(MOST_PACKED as usize)?;
    let (mut bytes, mut start) = (Vec::new(), 0);
    for (&tile, &end) in touched.iter().zip(ends.iter()) {
        cancel.check()?;
        let length = end.checked_sub(start).filter(|length| *length <= MOST_PACKED);
        let Some(length) = length else {
            return Err(loading.corrupt(format!("tile {tile} from {start} to {end}")));
        };
        bytes.resize(length as usize, 0);
        packed
            .read_exact(&mut bytes)
            .map_err(|error| loading.corrupt(format!("member {PACKED:?} ({error})")))?;
        scratch.clear();
        let wrong = |error: drypoint_array::ArrayError| match error {
            drypoint_array::ArrayError::Corrupt { what, .. } => {
                loading.corrupt(format!("tile {tile}: {what}"))
            }
            other => other.into(),
        };
        scratch.unpack(&bytes).map_err(wrong)?;
        tiles.add(tile, scratch.cells()).map_err(wrong)?;
        start = end;
    }
    // The checksum is compared where the end is read.
    loading.fill(PACKED, &mut packed, &mut [])?;
    Ok(TiledAggregate::new(canvas, reduction, rows, skipped, tiles))
}
