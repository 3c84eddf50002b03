//! What a thread holds while it folds: planes of cells, one for each category it met.
//!
//! A mark makes a [`Part`] for each reduction of its [summary](crate::Reduction::Summary) (of any other reduction, one),
//! lets it [begin](Part::begin) each batch, and hands it blocks of rows that have pixels: by [`Part::fold`] where the rows
//! of the block are rows of the batch, else by filling the block itself. [`Folded::finish`] makes the aggregate.

mod accumulator;
mod category;
mod cells;
mod counters;
mod numbers;
mod part;
mod ranks;
mod worker;

pub(crate) use accumulator::{Accumulator, Finished, modes};
pub(crate) use category::{Directories, Directory, Interner};
pub(crate) use cells::Keyed;
pub(crate) use counters::{Counters, SharedCounts};
pub(crate) use numbers::{RowNumbers, RowRuns};
pub(crate) use part::{Folded, Part};
pub(crate) use ranks::{Entry, Selected, empty, put};
pub(crate) use worker::{Worker, positions};
