//! Arrays that take fewer bytes than their items would: compressed, sparse, tiled; and Zarr, where they live on disk.
//!
//! All of them hold their bytes in blocks of the pool, so that the ledger names them and pressure can reach them.

mod chunked;
mod codec;
mod dtype;
mod error;
mod tiles;

pub use chunked::Chunked;
pub use codec::{Codec, Scratch};
pub use dtype::{DType, Number};
pub use error::{ArrayError, Result};
pub use tiles::{
    CountTiles, Distributor, NO_KEY, Packer, Packing, TILE_CELLS, TILE_SIDE, TileCells, TileGrid, TileScratch,
};
