//! Counters of a grid far larger than memory, of which little is touched.
//!
//! The grid is cut into tiles of 256 x 256 cells. A tile costs nothing until a point falls in it; then it is a log of
//! where points fell, 2 bytes each; when that grows as long as counters would be, it becomes counters of one byte, and
//! where one of these overflows, of as many bytes as needed. Under pressure tiles are packed, then moved to disk;
//! what falls in them afterwards begins a new log, so that nothing has to come back to be added to (decision 0025).

mod counts;
mod directory;
mod grid;
mod packed;
mod raw;
mod relief;
mod scratch;

pub use counts::{CountTiles, Distributor};
pub use grid::{NO_KEY, TILE_CELLS, TILE_SIDE, TileGrid};
pub use packed::{Packer, Packing};
pub use scratch::{TileCells, TileScratch};
