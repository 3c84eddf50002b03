//! Room for what a batch cannot lend from its source.

use std::sync::Arc;

use drypoint_memory::{Buffer, MemoryConsumer};

use crate::{Result, StreamError};

const LINE: usize = 64;

/// A pooled block that grows to what the largest batch needed, its contents lost each time it is asked for.
#[derive(Debug)]
pub(crate) struct Room {
    consumer: MemoryConsumer,
    block: Option<Buffer<u64>>,
    start: usize,
}

impl Room {
    /// Room that begins `lane`-dependently many cache lines into its block: columns of equal size a power of two
    /// apart fight for the same sets of the first-level cache and halve the speed of the kernels that read them.
    pub(crate) fn new(consumer: &MemoryConsumer, lane: usize) -> Self {
        Self { consumer: consumer.clone(), block: None, start: (lane * 5 % 16) * LINE }
    }

    /// `len` bytes, aligned for any value, contents arbitrary.
    pub(crate) fn bytes(&mut self, len: usize) -> Result<&mut [u8]> {
        let words = len.checked_add(self.start).map(|bytes| bytes.div_ceil(8)).unwrap_or(usize::MAX / 8);
        if self.block.as_ref().is_none_or(|block| block.len() < words) {
            self.block = None; // gives the bytes back before more are asked for
            self.block = Some(self.consumer.buffer(words)?);
        }
        let block: &mut [u64] = self.block.as_deref_mut().unwrap_or_default();
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(block);
        Ok(&mut bytes[self.start..self.start + len])
    }

    /// `len` items of a plain type, contents arbitrary.
    pub(crate) fn items<T: bytemuck::Pod>(&mut self, len: usize) -> Result<&mut [T]> {
        let bytes = self.bytes(len.saturating_mul(size_of::<T>()))?;
        Ok(if bytes.is_empty() { &mut [] } else { bytemuck::cast_slice_mut(bytes) })
    }
}

/// The rooms of one column of one reader, and the name of its source for messages.
#[derive(Debug)]
pub(crate) struct Scratch {
    pub(crate) source: Arc<str>,
    pub(crate) values: Room,
    pub(crate) codes: Room,
    pub(crate) validity: Room,
    pub(crate) text: Room,
}

impl Scratch {
    /// Rooms of the column at place `lane` of a request.
    pub(crate) fn new(source: &Arc<str>, consumer: &MemoryConsumer, lane: usize) -> Self {
        Self {
            source: source.clone(),
            values: Room::new(consumer, lane),
            codes: Room::new(consumer, lane),
            validity: Room::new(consumer, lane),
            text: Room::new(consumer, lane),
        }
    }
}

/// An error of the bytes of `source`.
pub(crate) fn corrupt(source: &str, what: impl Into<String>) -> StreamError {
    StreamError::Corrupt { name: source.to_string(), what: what.into() }
}

/// An error of what is not read here.
pub(crate) fn unsupported(source: &str, what: impl Into<String>) -> StreamError {
    StreamError::Unsupported { name: source.to_string(), what: what.into() }
}
