//! Parquet, read page by page into buffers of the pool, without Arrow in between.
//!
//! The `parquet` crate parses footers and decodes the rarer encodings; pages, decompression, levels, dictionaries and
//! plain values are ours, because the size of a page decides the memory of a reader, and the crate allocates a page
//! before anyone can ask the pool (decision 0003).

#[cfg(target_endian = "big")]
compile_error!("values are handed out as they stand in the file, which is little-endian");

mod binary;
mod codec;
mod column;
mod convert;
mod dictionary;
mod extents;
mod fault;
mod file;
mod footer;
mod foreign;
mod header;
mod hybrid;
mod page;
mod positioned;
mod scan;
mod schema;
mod strings;
mod survey;
mod thrift;
mod validity;
mod values;

pub use file::ParquetFile;
