//! Where a cell is: in which tile, and where in it. Both make up its key.

/// Cells along a side of a tile: as many as one byte of an index tells apart.
pub const TILE_SIDE: usize = 256;

/// Cells of a tile: as many as two bytes tell apart.
pub const TILE_CELLS: usize = TILE_SIDE * TILE_SIDE;

/// The key of a point that is in no tile. Tiles are fewer than 2⁴⁷.
pub const NO_KEY: u64 = u64::MAX;

/// A grid of cells cut into tiles. Cells beyond the right and upper edge of the grid exist in its last tiles, and stay 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileGrid {
    width: usize,
    height: usize,
    columns: u64,
    rows: u64,
}

impl TileGrid {
    /// The most cells along a side.
    pub const MAX_SIDE: usize = i32::MAX as usize;

    /// A grid of so many cells; `None` if a side is 0 or longer than [`TileGrid::MAX_SIDE`].
    pub fn new(width: usize, height: usize) -> Option<Self> {
        let fits = |side: usize| (1..=Self::MAX_SIDE).contains(&side);
        let tiles = |side: usize| side.div_ceil(TILE_SIDE) as u64;
        (fits(width) && fits(height)).then(|| Self {
            width,
            height,
            columns: tiles(width),
            rows: tiles(height),
        })
    }

    /// Cells from left to right.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Cells from bottom to top.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Tiles from left to right.
    pub fn columns(&self) -> u64 {
        self.columns
    }

    /// Tiles from bottom to top.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Tiles in all; fewer than 2⁴⁷.
    pub fn tiles(&self) -> u64 {
        self.columns * self.rows
    }

    /// The key of a cell: its tile in the upper 48 bits, its place in the tile in the lower 16.
    #[inline]
    pub fn key(&self, x: usize, y: usize) -> u64 {
        let (x, y) = (x as u64, y as u64);
        (((y >> 8) * self.columns + (x >> 8)) << 16) | ((y & 0xff) << 8) | (x & 0xff)
    }

    /// The lowest, leftmost cell of a tile: x and y.
    pub fn origin(&self, tile: u64) -> (usize, usize) {
        let (column, row) = (tile % self.columns, tile / self.columns);
        (column as usize * TILE_SIDE, row as usize * TILE_SIDE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_back() {
        for (width, height) in [(1, 1), (256, 256), (257, 1000), (i32::MAX as usize, i32::MAX as usize)] {
            let grid = TileGrid::new(width, height).unwrap();
            for (x, y) in [(0, 0), (width - 1, height - 1), (width / 2, height / 3)] {
                let key = grid.key(x, y);
                assert!(key >> 16 < grid.tiles());
                let (left, low) = grid.origin(key >> 16);
                assert_eq!((left + (key & 0xff) as usize, low + (key >> 8 & 0xff) as usize), (x, y));
            }
        }
        assert_eq!(TileGrid::new(0, 5), None);
        assert_eq!(TileGrid::new(5, 1 << 31), None);
    }
}
