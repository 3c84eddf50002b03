//! Files and iterators in, bounded batches out.
//!
//! A [`Source`] tells its schema, its row count and its extents where they are known, and is read by a
//! [`Scan`] whose [`Reader`]s share the work between threads. Nothing here holds more than a batch.

#![deny(unsafe_code)]

pub mod array;
pub mod arrow;
mod batch;
pub mod chunked;
pub mod csv;
mod error;
mod instant;
pub mod ipc;
mod many;
mod names;
pub mod npy;
pub mod npz;
mod output;
mod parquet;
mod path;
mod pipe;
#[allow(unsafe_code)]
mod raw;
mod schema;
mod source;
mod sparse;
mod spool;
mod survive;
mod zarr;

pub use self::parquet::ParquetFile;
pub use batch::{Batch, Bitmap, Column, Lists, Text, Values};
pub use error::StreamError;
pub use instant::Instant;
pub use many::Many;
pub use output::OutputFile;
pub use path::{Format, ScanOptions, scan_paths};
pub use pipe::scan_reader;
pub use schema::{DataType, Extent, Field, Schema, TimeUnit, nearest};
pub use source::{Cancel, Needs, Reader, Request, Scan, Source};
pub use sparse::SparseSource;
pub use spool::Spool;

/// What the readers return.
pub type Result<T> = std::result::Result<T, StreamError>;
