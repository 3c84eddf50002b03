//! Files and iterators in, bounded batches out.
//!
//! A [`Source`] tells its schema, its row count and its extents where they are known, and is read by a
//! [`Scan`] whose [`Reader`]s share the work between threads. Nothing here holds more than a batch.

mod batch;
mod error;
mod many;
mod parquet;
mod path;
mod schema;
mod source;

pub use self::parquet::ParquetFile;
pub use batch::{Batch, Bitmap, Column, Text, Values};
pub use error::StreamError;
pub use many::Many;
pub use path::{Format, ScanOptions, scan_paths};
pub use schema::{DataType, Extent, Field, Schema, TimeUnit, nearest};
pub use source::{Cancel, Needs, Reader, Request, Scan, Source};

/// What the readers return.
pub type Result<T> = std::result::Result<T, StreamError>;
