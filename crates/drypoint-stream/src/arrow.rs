//! Arrow at the border: arrays of other libraries in, batches out again.
//!
//! Inside, columns are plain slices ([`Values`](crate::Values)); Arrow's arrays appear only here, where somebody
//! hands us some or asks for some (decision 0006).

pub(crate) mod dictionary;
mod export;
pub(crate) mod import;
pub(crate) mod layout;
mod list;
pub(crate) mod number;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod scratch;
mod table;

pub use export::{export, to_record_batch};
pub use layout::Element;
pub use table::{ArrowBatches, ArrowStream, ArrowTable, StreamFactory};
