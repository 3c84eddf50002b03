//! The arbiter (placeholder semantics while the rooms are built: limits are kept, blocks are not reused yet).

use std::sync::{Arc, Mutex};

use crate::{BudgetExceeded, Buffer, Pod};

/// A ceiling and what is granted under it.
#[derive(Clone, Debug)]
pub struct MemoryPool(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    limit: usize,
    reserved: usize,
}

impl MemoryPool {
    /// A pool that grants at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Mutex::new(State { limit, reserved: 0 })))
    }

    /// Bytes that may still be granted, after everything reclaimable went.
    pub fn available(&self) -> usize {
        let state = self.0.lock().unwrap();
        state.limit - state.reserved
    }

    /// A named account.
    pub fn consumer(&self, name: &str) -> MemoryConsumer {
        MemoryConsumer { pool: self.clone(), name: name.into() }
    }
}

/// A named account at a pool.
#[derive(Clone, Debug)]
pub struct MemoryConsumer {
    pool: MemoryPool,
    name: Arc<str>,
}

impl MemoryConsumer {
    /// The account's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pool it draws on.
    pub fn pool(&self) -> &MemoryPool {
        &self.pool
    }

    /// Ask for `bytes`; dropping the reservation gives them back.
    pub fn try_reserve(&self, bytes: usize) -> Result<MemoryReservation, BudgetExceeded> {
        let mut state = self.pool.0.lock().unwrap();
        let available = state.limit - state.reserved;
        if bytes > available {
            return Err(BudgetExceeded {
                consumer: self.name.to_string(),
                requested: bytes,
                available,
                limit: state.limit,
                holders: Vec::new(),
            });
        }
        state.reserved += bytes;
        Ok(MemoryReservation { consumer: self.clone(), bytes })
    }

    /// `len` items whose contents are arbitrary (a reused block is not cleared).
    pub fn buffer<T: Pod>(&self, len: usize) -> Result<Buffer<T>, BudgetExceeded> {
        Buffer::new(self, len)
    }

    /// `len` items, all bytes zero.
    pub fn zeroed<T: Pod>(&self, len: usize) -> Result<Buffer<T>, BudgetExceeded> {
        Buffer::new(self, len)
    }
}

/// Bytes granted; drop returns them.
#[derive(Debug)]
pub struct MemoryReservation {
    consumer: MemoryConsumer,
    bytes: usize,
}

impl MemoryReservation {
    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for MemoryReservation {
    fn drop(&mut self) {
        self.consumer.pool.0.lock().unwrap().reserved -= self.bytes;
    }
}
