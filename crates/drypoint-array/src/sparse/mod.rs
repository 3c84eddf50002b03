//! Sparse arrays: only what is not zero is kept, with its place in the smallest type of index that fits.
//!
//! Both layouts keep their numbers in blocks that are shared and never written again: blocks of the pool, or memory that
//! another library lends. So a row, a range of rows or a transposed view of coordinates costs no copy.

mod context;
mod coo;
mod csr;
mod dense;
mod entries;
mod given;
mod index;
mod order;
mod part;
mod product;
mod reduce;
mod select;
mod triplets;
mod value;

pub use context::Work;
pub use coo::CooArray;
pub use csr::CsrArray;
pub use dense::{DenseEntries, scatter};
pub use entries::Entries;
pub use given::{Given, Keep};
pub use index::{IndexArray, IndexType};
pub use part::{Part, Storage};
pub use product::{Vector, product};
pub use reduce::{Extreme, Reduced, extremes, sums};
pub use select::{Pick, pick_columns, pick_entries, pick_rows};
pub use triplets::Triplets;
pub use value::{ValueType, Values};
