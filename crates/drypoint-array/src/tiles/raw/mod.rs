//! The parts of tiles that are reached by address: pages cut into chunks, and the loop that counts.
//!
//! A shard owns its pages, and every address it keeps points into one of them. Pages do not move, and none is given
//! back to the pool as long as a chunk of it is used.

mod block;
mod counters;
mod log;
mod pages;
mod parts;
mod shard;

pub(super) use parts::Pressure;
pub(super) use shard::Shard;
