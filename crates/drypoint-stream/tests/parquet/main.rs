//! Parquet files of every type, encoding and codec, read in every way, and damaged in many.

mod damage;
mod many;
mod statistics;
mod table;
mod types;
mod window;
