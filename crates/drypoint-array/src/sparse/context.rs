//! What every longer piece of work is given: the account that it takes memory from, and the flag that ends it.

use std::sync::atomic::{AtomicBool, Ordering};

use drypoint_memory::{Buffer, MemoryConsumer, Pod};

use crate::{ArrayError, Result};

/// Entries between two looks at the flag: well under 100 ms of any loop here, also where each touches a new page.
pub(super) const BLOCK: usize = 1 << 14;

/// An account and a flag.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    consumer: &'a MemoryConsumer,
    stop: &'a AtomicBool,
}

impl<'a> Work<'a> {
    /// Work whose memory is `consumer`'s, and which ends with [`ArrayError::Cancelled`] soon after `stop` is set.
    pub fn new(consumer: &'a MemoryConsumer, stop: &'a AtomicBool) -> Self {
        Self { consumer, stop }
    }

    /// Whether to go on.
    pub fn check(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) { Err(ArrayError::Cancelled) } else { Ok(()) }
    }

    pub(super) fn buffer<T: Pod>(&self, len: usize) -> Result<Buffer<T>> {
        Ok(self.consumer.buffer(len)?)
    }

    pub(super) fn zeroed<T: Pod>(&self, len: usize) -> Result<Buffer<T>> {
        Ok(self.consumer.zeroed(len)?)
    }

    /// `0..len` in blocks, the flag looked at before each.
    pub(super) fn blocks(&self, len: usize, mut each: impl FnMut(usize, usize) -> Result<()>) -> Result<()> {
        let mut first = 0;
        while first < len {
            self.check()?;
            let end = (first + BLOCK).min(len);
            each(first, end)?;
            first = end;
        }
        Ok(())
    }
}
