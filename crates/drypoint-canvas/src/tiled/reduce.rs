//! Parts of a tiled aggregate, and coarser ones: blocks of pixels become one, whose count is their sum.
//!
//! A block has a whole number of pixels along each side, the same for all: every count is exact, and no pattern comes
//! from pixels that cover more than their neighbours do (decision 0025).

use std::ops::Range;

use drypoint_array::{CountTiles, TILE_SIDE, TileCells, TileGrid, TileScratch};
use drypoint_memory::{Buffer, MemoryConsumer, Pod};
use drypoint_stream::Cancel;

use super::{TiledAggregate, suits_tiles};
use crate::mapping::AxisMap;
use crate::{Aggregate, Axis, Canvas, CanvasError, Planes, Reduction, Result, Scale};

/// A coarser aggregate, as a whole or in tiles.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // Made once, and taken apart at once.
pub enum Reduced {
    /// As a whole.
    Whole(Aggregate),
    /// In tiles.
    Tiled(TiledAggregate),
}

/// Blocks along one axis.
#[derive(Debug, Clone, Copy)]
struct Blocks {
    /// The first pixel of the first block.
    first: usize,
    /// Past the last pixel; the last block may reach beyond it.
    end: usize,
    /// Pixels of a block.
    step: usize,
}

impl Blocks {
    fn count(&self) -> usize {
        (self.end - self.first).div_ceil(self.step)
    }

    /// The block of each pixel of a column (or row) of tiles, less `from`; `u32::MAX` where there is none.
    fn of_tile(&self, origin: usize, from: usize, end: usize) -> [u32; TILE_SIDE] {
        std::array::from_fn(|place| {
            let pixel = origin + place;
            if pixel < self.first || pixel >= self.end {
                return u32::MAX;
            }
            let block = (pixel - self.first) / self.step;
            if (from..end).contains(&block) { (block - from) as u32 } else { u32::MAX }
        })
    }
}

impl TiledAggregate {
    /// The pixels of a box, as a whole; taken from `consumer`.
    ///
    /// # Panics
    /// If the box reaches beyond the canvas or is empty.
    pub fn crop(
        &self,
        x: Range<usize>,
        y: Range<usize>,
        consumer: &MemoryConsumer,
        cancel: &Cancel,
    ) -> Result<Aggregate> {
        assert!(x.end <= self.width() && y.end <= self.height() && !x.is_empty() && !y.is_empty());
        let blocks = |range: Range<usize>| Blocks { first: range.start, end: range.end, step: 1 };
        self.whole(blocks(x), blocks(y), consumer, cancel)
    }

    /// The aggregate in which `2^level` pixels along each side are one. Its last pixels may cover more than there was:
    /// the ranges grow by that. In tiles if it is large.
    pub fn level(&self, level: u32, consumer: &MemoryConsumer, cancel: &Cancel) -> Result<Reduced> {
        // A larger block is still a single pixel.
        let step = 1usize << level.min(31);
        let blocks = |pixels: usize| Blocks { first: 0, end: pixels, step };
        self.reduced(blocks(self.width()), blocks(self.height()), consumer, cancel)
    }

    /// [`TiledAggregate::level`] 1, in tiles however large it is.
    pub fn halved(&self, cancel: &Cancel) -> Result<Self> {
        let blocks = |pixels: usize| Blocks { first: 0, end: pixels, step: 2 };
        self.tiled(blocks(self.width()), blocks(self.height()), cancel)
    }

    /// The aggregate of a window, of at most so many pixels: its ends are moved outward to whole pixels, and as many of
    /// them become one, along each axis, as it takes. In tiles if it is large.
    pub fn zoom(
        &self,
        x_range: Option<(f64, f64)>,
        y_range: Option<(f64, f64)>,
        (width, height): (usize, usize),
        consumer: &MemoryConsumer,
        cancel: &Cancel,
    ) -> Result<Reduced> {
        let x = window("x", &self.canvas.x, x_range, width)?;
        let y = window("y", &self.canvas.y, y_range, height)?;
        self.reduced(x, y, consumer, cancel)
    }

    fn reduced(&self, x: Blocks, y: Blocks, consumer: &MemoryConsumer, cancel: &Cancel) -> Result<Reduced> {
        let canvas = self.part(x, y);
        if suits_tiles(&canvas, &self.reduction, consumer.pool().available()) {
            Ok(Reduced::Tiled(self.tiled(x, y, cancel)?))
        } else {
            Ok(Reduced::Whole(self.whole(x, y, consumer, cancel)?))
        }
    }

    fn part(&self, x: Blocks, y: Blocks) -> Canvas {
        Canvas {
            x: self.canvas.x.part(x.first, x.step, x.count()),
            y: self.canvas.y.part(y.first, y.step, y.count()),
        }
    }

    /// The touched tiles that have pixels of these blocks.
    fn inside(&self, x: Blocks, y: Blocks) -> Result<Buffer<u64>> {
        let grid = *self.grid();
        let columns = (x.first / TILE_SIDE) as u64..x.end.div_ceil(TILE_SIDE) as u64;
        let rows = (y.first / TILE_SIDE) as u64..y.end.div_ceil(TILE_SIDE) as u64;
        let across = columns.end - columns.start;
        let all = across * (rows.end - rows.start);
        if all <= self.tiles() {
            let mut tiles = self.consumer().buffer::<u64>(all as usize)?;
            for (place, tile) in tiles.iter_mut().enumerate() {
                let (row, column) = (place as u64 / across, place as u64 % across);
                *tile = (rows.start + row) * grid.columns() + columns.start + column;
            }
            return Ok(tiles);
        }
        let touched = self.touched()?;
        let is_inside = |tile: &&u64| {
            columns.contains(&(**tile % grid.columns())) && rows.contains(&(**tile / grid.columns()))
        };
        let mut tiles = self.consumer().buffer::<u64>(touched.iter().filter(is_inside).count())?;
        for (target, tile) in tiles.iter_mut().zip(touched.iter().filter(is_inside)) {
            *target = *tile;
        }
        Ok(tiles)
    }

    /// Call `take(column, row, count)` for what fell in each pixel of a tile, points one by one where they are few.
    /// Columns and rows are those that `columns` and `rows` say, pixels without any are left out.
    fn each_cell(
        &self,
        tile: u64,
        [columns, rows]: [&[u32; TILE_SIDE]; 2],
        scratch: &mut TileScratch,
        mut take: impl FnMut(u32, u32, u64),
    ) -> Result<()> {
        match self.read(tile, scratch)? {
            TileCells::Few(places) => {
                for place in places {
                    let column = columns[usize::from(place & 0xff)];
                    let row = rows[usize::from(place >> 8)];
                    if column != u32::MAX && row != u32::MAX {
                        take(column, row, 1);
                    }
                }
            }
            TileCells::Many(counts) => {
                for (line, row) in counts.chunks_exact(TILE_SIDE).zip(rows) {
                    if *row == u32::MAX {
                        continue;
                    }
                    for (count, column) in line.iter().zip(columns) {
                        if *count > 0 && *column != u32::MAX {
                            take(*column, *row, *count);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn whole(&self, x: Blocks, y: Blocks, consumer: &MemoryConsumer, cancel: &Cancel) -> Result<Aggregate> {
        let canvas = self.part(x, y);
        let any = matches!(self.reduction, Reduction::Any(_));
        let narrow = self.total() <= u64::from(u32::MAX);
        let (planes, seen) = if any {
            let (cells, seen) = self.plane(x, y, consumer, cancel, |cell: &mut u8, _| *cell = 1)?;
            (Planes::Bool(cells), seen)
        } else if narrow {
            // No sum of some counts is greater than the sum of all.
            let add = |cell: &mut u32, count: u64| *cell += count as u32;
            let (cells, seen) = self.plane(x, y, consumer, cancel, add)?;
            (Planes::U32(cells), seen)
        } else {
            let (cells, seen) = self.plane(x, y, consumer, cancel, |cell: &mut u64, count| *cell += count)?;
            if cells.iter().all(|count| *count <= u64::from(u32::MAX)) {
                let mut counts = consumer.buffer::<u32>(cells.len())?;
                counts.iter_mut().zip(cells.iter()).for_each(|(count, wide)| *count = *wide as u32);
                (Planes::U32(counts), seen)
            } else {
                (Planes::U64(cells), seen)
            }
        };
        let mut aggregate = Aggregate::from_planes(canvas, self.reduction.clone(), Vec::new(), planes);
        (aggregate.rows, aggregate.skipped) = (self.rows, self.skipped + (self.total() - seen));
        Ok(aggregate)
    }

    /// One cell for each block, and the sum of all counts.
    fn plane<T: Pod>(
        &self,
        x: Blocks,
        y: Blocks,
        consumer: &MemoryConsumer,
        cancel: &Cancel,
        add: impl Fn(&mut T, u64),
    ) -> Result<(Buffer<T>, u64)> {
        let (width, height) = (x.count(), y.count());
        let mut cells = consumer.zeroed::<T>(width.saturating_mul(height))?;
        let (tiles, mut scratch) = (self.inside(x, y)?, self.scratch()?);
        let mut sum = 0;
        for &tile in tiles.iter() {
            cancel.check()?;
            let (left, low) = self.grid().origin(tile);
            let places = [&x.of_tile(left, 0, width), &y.of_tile(low, 0, height)];
            self.each_cell(tile, places, &mut scratch, |column, row, count| {
                add(&mut cells[row as usize * width + column as usize], count);
                sum += count;
            })?;
        }
        Ok((cells, sum))
    }

    /// The same in tiles, one after the other: each is made of the tiles that its blocks lie in.
    fn tiled(&self, x: Blocks, y: Blocks, cancel: &Cancel) -> Result<TiledAggregate> {
        let canvas = self.part(x, y);
        let grid = super::tile_grid(&canvas, &self.reduction)?;
        let target = CountTiles::new(grid, 1, self.consumer())?;
        let pairs = self.pairs(x, y, &grid)?;
        let (mut scratch, mut sums) = (self.scratch()?, self.scratch()?);
        let mut start = 0;
        while let Some(&[to, _]) = pairs.get(start) {
            cancel.check()?;
            let end = start + pairs[start..].iter().take_while(|pair| pair[0] == to).count();
            sums.clear();
            let (left, low) = grid.origin(to);
            for &[_, from] in &pairs[start..end] {
                let origin = self.grid().origin(from);
                let columns = x.of_tile(origin.0, left, left + TILE_SIDE);
                let rows = y.of_tile(origin.1, low, low + TILE_SIDE);
                self.each_cell(from, [&columns, &rows], &mut scratch, |column, row, count| {
                    sums.add((row << 8 | column) as u16, count);
                })?;
            }
            target.add(to, sums.cells())?;
            start = end;
        }
        let skipped = self.skipped + (self.total() - target.total());
        Ok(TiledAggregate::new(canvas, self.reduction.clone(), self.rows, skipped, target))
    }

    /// Each tile of the target with each tile that goes into it, in order.
    fn pairs(&self, x: Blocks, y: Blocks, target: &TileGrid) -> Result<Buffer<[u64; 2]>> {
        let tiles = self.inside(x, y)?;
        let columns = |tile: u64| targets(x, self.grid().origin(tile).0);
        let rows = |tile: u64| targets(y, self.grid().origin(tile).1);
        let count = tiles.iter().map(|tile| columns(*tile).count() * rows(*tile).count()).sum();
        let mut pairs = self.consumer().buffer::<[u64; 2]>(count)?;
        let all = tiles.iter().flat_map(|&tile| {
            rows(tile).flat_map(move |row| {
                columns(tile).map(move |column| [row as u64 * target.columns() + column as u64, tile])
            })
        });
        for (pair, found) in pairs.iter_mut().zip(all) {
            *pair = found;
        }
        pairs.sort_unstable();
        Ok(pairs)
    }
}

/// The columns (or rows) of target tiles in which the blocks of a tile's pixels lie.
fn targets(blocks: Blocks, origin: usize) -> Range<usize> {
    let tile_of =
        |pixel: usize| (pixel.clamp(blocks.first, blocks.end - 1) - blocks.first) / blocks.step / TILE_SIDE;
    tile_of(origin)..tile_of(origin + TILE_SIDE - 1) + 1
}

/// The blocks of a window: the fewest pixels a block that leave at most `most` of them.
fn window(name: &'static str, axis: &Axis, range: Option<(f64, f64)>, most: usize) -> Result<Blocks> {
    let (mut first, mut end) = (0, axis.pixels);
    if let Some((start, stop)) = range {
        let (low, high) = axis.range;
        Axis { pixels: 1, range: (start, stop), ..axis.clone() }.check(name)?;
        if start >= high || stop <= low {
            return Err(CanvasError::NoSuchPart { axis: name, start, end: stop, first: low, last: high });
        }
        let map = AxisMap::new(axis);
        let position = |value: f64| if axis.scale == Scale::Log { value.log10() } else { value };
        if start > low {
            first = map.pixel_at(position(start));
        }
        if stop < high {
            // A pixel that begins where the window ends is not in it.
            let last = map.pixel_at(position(stop));
            let begins = axis.part(last, 1, 1).range.0 >= stop;
            end = (last + usize::from(!begins)).max(first + 1);
        }
    }
    Ok(Blocks { first, end, step: (end - first).div_ceil(most.max(1)) })
}
