//! The inner loops: compiled for several instruction sets, indexed without checks, shared between threads.
//!
//! What makes the unchecked part sound is one type, [`Points`]: it can only be made by [`Block::close`], and every
//! pixel in it is below its bound. The scatter loops compare that bound with the length of their cells once per
//! block of [`BLOCK_ROWS`] rows.

mod atomic;
mod block;
mod isa;
mod locate;
mod raster;
mod scatter;
mod segments;
mod stroke;
mod tile_keys;

pub(crate) use atomic::AtomicPlane;
pub(crate) use block::{BLOCK_ROWS, Block, NOWHERE, Points};
pub(crate) use isa::Isa;
pub(crate) use locate::extent_of;
pub(crate) use raster::Item;
pub(crate) use scatter::{Fold, Told, count_direct, count_narrow, fold, fold_deep};
pub(crate) use segments::{
    FIRST, Located, MISSING, SIDES, changes_of, locate_along, locate_segments, locate_vertices, series_of,
};
pub(crate) use stroke::{Nib, Side, Vertices, stroke_greatest, stroke_means, stroke_sums};
pub(crate) use tile_keys::{hide_nan_keys, locate_keys};
