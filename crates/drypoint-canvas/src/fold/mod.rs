//! What a thread holds while it folds: planes of cells, one for each category it met.

mod accumulator;
mod category;
mod cells;
mod counters;
mod worker;

pub(crate) use accumulator::{Accumulator, Finished};
pub(crate) use category::{Directory, Interner};
pub(crate) use counters::{Counters, SharedCounts};
pub(crate) use worker::{Worker, positions};
