//! What the tests of sources share.

pub mod cells;
#[allow(dead_code)] // not every test makes columns
pub mod columns;

#[allow(unused_imports)]
pub use cells::{Cell, expected, read, request};
