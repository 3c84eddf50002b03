//! The only `unsafe` of this crate: files mapped into memory, and what a C producer hands over.

pub(crate) mod mapping;
pub(crate) mod stream;
