//! Bytes granted before anything is allocated, so that a plan is refused as a whole or can be carried out.

use crate::{BudgetExceeded, Buffer, MemoryConsumer, Pod};

/// Bytes granted; drop returns them.
#[derive(Debug)]
pub struct MemoryReservation {
    consumer: MemoryConsumer,
    bytes: usize,
}

impl MemoryReservation {
    pub(crate) fn empty(consumer: &MemoryConsumer) -> Self {
        Self { consumer: consumer.clone(), bytes: 0 }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The account that holds them.
    pub fn consumer(&self) -> &MemoryConsumer {
        &self.consumer
    }

    /// Ask for `bytes` more; refused, what was held is held still.
    pub fn try_grow(&mut self, bytes: usize) -> Result<(), BudgetExceeded> {
        self.consumer.pool().home().acquire(self.consumer.account(), bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Give back `bytes`, or all if it holds less. Returns what went back.
    pub fn shrink(&mut self, bytes: usize) -> usize {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.consumer.pool().home().release(self.consumer.account(), bytes);
        bytes
    }

    /// Take `bytes` of it apart, or all if it holds less: the result says how many it has.
    pub fn split(&mut self, bytes: usize) -> Self {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        Self { consumer: self.consumer.clone(), bytes }
    }

    /// As [`MemoryConsumer::buffer`], from bytes held here, of which it takes [`Buffer::charged_bytes`]. Refused, and
    /// nothing taken, if it holds less; `available` in the error is then what it holds.
    pub fn buffer<T: Pod>(&mut self, len: usize) -> Result<Buffer<T>, BudgetExceeded> {
        Buffer::from_reservation(self, len, false)
    }

    /// As [`MemoryConsumer::zeroed`], from bytes held here; see [`MemoryReservation::buffer`].
    pub fn zeroed<T: Pod>(&mut self, len: usize) -> Result<Buffer<T>, BudgetExceeded> {
        Buffer::from_reservation(self, len, true)
    }

    /// So many bytes belong to a buffer now, which will give them back.
    pub(crate) fn hand_over(&mut self, bytes: usize) {
        self.bytes -= bytes;
    }
}

impl Drop for MemoryReservation {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}
