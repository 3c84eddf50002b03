//! Zarr version 3 on disk: a folder with a `zarr.json` and a file for each chunk (decision 0023).
//!
//! [`ZarrNode::open`] tells an array from a group; a [`ZarrArray`] gives any box of itself and never holds more than a
//! chunk for it; a [`ZarrWriter`] makes an array chunk by chunk, which appears whole or not at all.

mod array;
mod blosc;
mod blosclz;
mod chain;
mod compressor;
mod data_type;
mod fault;
mod fill;
mod group;
mod keys;
mod metadata;
mod named;
mod piece;
mod region;
mod shard;
mod writer;

pub use array::ZarrArray;
pub use group::{ZarrGroup, ZarrNode};
pub use writer::{ZarrCompression, ZarrGroupWriter, ZarrLayout, ZarrWriter};
