//! The result of a tiled fold.

use std::fmt;
use std::sync::{Arc, OnceLock};

use drypoint_array::{CountTiles, TILE_SIDE, TileCells, TileGrid, TileScratch};
use drypoint_memory::{Buffer, MemoryConsumer};
use drypoint_stream::Cancel;

use crate::{Aggregate, Canvas, CanvasError, Cells, Reduction, Result};

/// A canvas with what was counted in its tiles.
///
/// Reading takes room for one tile. Tiles may be packed or on disk at any time; reading does not bring them back.
pub struct TiledAggregate {
    /// The grid.
    pub canvas: Canvas,
    /// The fold: a count, or whether it is above 0.
    pub reduction: Reduction,
    /// Rows seen.
    pub rows: u64,
    /// Rows that have no pixel: x or y missing, not finite, or out of range.
    pub skipped: u64,
    pub(super) tiles: Arc<CountTiles>,
    most: OnceLock<u64>,
}

impl TiledAggregate {
    pub(super) fn new(
        canvas: Canvas,
        reduction: Reduction,
        rows: u64,
        skipped: u64,
        tiles: Arc<CountTiles>,
    ) -> Self {
        Self { canvas, reduction, rows, skipped, tiles, most: OnceLock::new() }
    }

    /// The counts of an aggregate that is held as a whole, in tiles.
    pub fn from_whole(whole: &Aggregate, consumer: &MemoryConsumer, cancel: &Cancel) -> Result<Self> {
        let grid = super::tile_grid(&whole.canvas, &whole.reduction)?;
        let tiles = CountTiles::new(grid, 1, consumer)?;
        let mut scratch = TileScratch::new(consumer)?;
        let width = whole.width();
        for tile in 0..grid.tiles() {
            cancel.check()?;
            scratch.clear();
            let (left, low) = grid.origin(tile);
            let right = width.min(left + TILE_SIDE);
            for y in low..whole.height().min(low + TILE_SIDE) {
                let line = y * width + left..y * width + right;
                let mut put = |x: usize, count: u64| {
                    if count > 0 {
                        scratch.add(((y - low) << 8 | x) as u16, count);
                    }
                };
                match whole.all_cells() {
                    Cells::Bool(cells) => {
                        cells[line].iter().enumerate().for_each(|(x, n)| put(x, u64::from(*n)))
                    }
                    Cells::U32(cells) => {
                        cells[line].iter().enumerate().for_each(|(x, n)| put(x, u64::from(*n)))
                    }
                    Cells::U64(cells) => cells[line].iter().enumerate().for_each(|(x, n)| put(x, *n)),
                    Cells::F64(_) | Cells::I64(_) => {
                        return Err(CanvasError::NotTiled { reduction: Box::new(whole.reduction.clone()) });
                    }
                }
            }
            if !matches!(scratch.cells(), TileCells::Few([])) {
                tiles.add(tile, scratch.cells())?;
            }
        }
        let (canvas, reduction) = (whole.canvas.clone(), whole.reduction.clone());
        Ok(Self::new(canvas, reduction, whole.rows, whole.skipped, tiles))
    }

    /// Pixels from left to right.
    pub fn width(&self) -> usize {
        self.canvas.x.pixels
    }

    /// Pixels from bottom to top.
    pub fn height(&self) -> usize {
        self.canvas.y.pixels
    }

    /// How the tiles lie.
    pub fn grid(&self) -> &TileGrid {
        self.tiles.grid()
    }

    /// Tiles in which something fell.
    pub fn tiles(&self) -> u64 {
        self.tiles.tiles()
    }

    /// Bytes held, in memory and on disk.
    pub fn stored_bytes(&self) -> u64 {
        self.tiles.stored_bytes()
    }

    /// Bytes of those that are on disk.
    pub fn spilled_bytes(&self) -> u64 {
        self.tiles.spilled_bytes()
    }

    /// Bytes that a cell has outside of tiles: 1 for truth values, 8 if some count passes 2³² - 1, else 4.
    pub fn cell_bytes(&self) -> Result<usize> {
        Ok(match self.reduction {
            Reduction::Any(_) => 1,
            _ if self.most()? > u64::from(u32::MAX) => 8,
            _ => 4,
        })
    }

    /// The sum of all counts.
    pub fn total(&self) -> u64 {
        self.tiles.total()
    }

    /// No count is greater; exact where that passes 2³² - 1.
    fn most(&self) -> Result<u64> {
        if self.total() <= u64::from(u32::MAX) {
            return Ok(self.total());
        }
        if let Some(most) = self.most.get() {
            return Ok(*most);
        }
        let mut most = 0;
        self.each_tile(&Cancel::default(), |_, cells| {
            if let TileCells::Many(counts) = cells {
                most = counts.iter().fold(most, |most, count| most.max(*count));
            }
            Ok(())
        })?;
        Ok(*self.most.get_or_init(|| most))
    }

    /// What fell in each tile in which something fell, from the lowest row on.
    fn each_tile(
        &self,
        cancel: &Cancel,
        mut take: impl FnMut(u64, TileCells<'_>) -> Result<()>,
    ) -> Result<()> {
        let touched = self.touched()?;
        let mut scratch = self.scratch()?;
        for &tile in touched.iter() {
            cancel.check()?;
            take(tile, self.read(tile, &mut scratch)?)?;
        }
        Ok(())
    }

    /// The tiles in which something fell, from the lowest row on.
    pub fn touched(&self) -> Result<Buffer<u64>> {
        Ok(self.tiles.touched()?)
    }

    /// Room for [`TiledAggregate::read`].
    pub fn scratch(&self) -> Result<TileScratch> {
        Ok(TileScratch::new(self.consumer())?)
    }

    /// What fell in a tile.
    pub fn read<'s>(&self, tile: u64, scratch: &'s mut TileScratch) -> Result<TileCells<'s>> {
        Ok(self.tiles.read(tile, scratch)?)
    }

    pub(super) fn consumer(&self) -> &MemoryConsumer {
        self.tiles.consumer()
    }

    /// Both together, as if all rows had been folded into one. Costs as much memory as both.
    pub fn merge(&self, other: &Self, cancel: &Cancel) -> Result<Self> {
        if self.canvas != other.canvas {
            let (left, right) = (self.canvas.to_string(), other.canvas.to_string());
            return Err(CanvasError::DifferentCanvas { left, right });
        }
        if self.reduction != other.reduction {
            let (left, right) = (Box::new(self.reduction.clone()), Box::new(other.reduction.clone()));
            return Err(CanvasError::DifferentReduction { left, right });
        }
        let tiles = CountTiles::new(*self.grid(), 1, self.consumer())?;
        for part in [self, other] {
            part.each_tile(cancel, |tile, cells| Ok(tiles.add(tile, cells)?))?;
        }
        let (canvas, reduction) = (self.canvas.clone(), self.reduction.clone());
        Ok(Self::new(canvas, reduction, self.rows + other.rows, self.skipped + other.skipped, tiles))
    }
}

impl fmt::Debug for TiledAggregate {
    /// What it is, not what it holds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TiledAggregate")
            .field("canvas", &self.canvas.to_string())
            .field("reduction", &self.reduction)
            .field("tiles", &self.tiles())
            .finish_non_exhaustive()
    }
}
