//! The only place of this crate with `unsafe` code.

pub(crate) mod mapping;
