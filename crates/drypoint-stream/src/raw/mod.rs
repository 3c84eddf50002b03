//! The only `unsafe` of this crate: taking over what a C producer hands us.

pub(crate) mod stream;
