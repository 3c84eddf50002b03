//! The inner loops, each with a plain twin.

mod shuffle;

pub(crate) use shuffle::{bit_shuffle, bit_unshuffle, shuffle, unshuffle};
