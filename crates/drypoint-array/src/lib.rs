//! Arrays that take fewer bytes than their items would: compressed, sparse, tiled; and Zarr, where they live on disk.
//!
//! All of them hold their bytes in blocks of the pool, so that the ledger names them and pressure can reach them.

mod chunked;
mod codec;
mod compressed;
mod disk;
mod dtype;
mod error;
mod folder;
mod raw;
pub mod sparse;
mod threads;
mod tiles;
pub mod zarr;

pub use chunked::Chunked;
pub use codec::{Codec, Delta, Filter, Guess, Mode, Predict, Scratch, Shuffle, Step, choose, quantise};
pub use compressed::{
    CompressedArray, FileArray, Geometry, GrowingArray, Packing, Selection, Storage, Store, StoredChunk,
    StridedArray, chunk_shape,
};
pub use disk::{SpillLog, SpillSpace, SpilledPiece};
pub use dtype::{DType, Number};
pub use error::{ArrayError, Result};
pub use folder::NewFolder;
pub use tiles::{
    CountTiles, Distributor, NO_KEY, Packer, Packing as TilePacking, TILE_CELLS, TILE_SIDE, TileCells,
    TileGrid, TileScratch,
};
