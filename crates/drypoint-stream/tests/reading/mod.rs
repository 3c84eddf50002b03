//! What the tests of sources share.

pub(crate) mod cells;
#[allow(dead_code)] // not every test makes columns
pub(crate) mod columns;

#[allow(unused_imports)]
pub(crate) use cells::{Cell, expected, read, request};
