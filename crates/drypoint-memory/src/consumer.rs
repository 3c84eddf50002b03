//! A named account at a pool: the place where memory is asked for.

use std::sync::Arc;

use crate::pool::Account;
use crate::{BudgetExceeded, Buffer, MemoryPool, MemoryReservation, Pod};

/// A named account at a pool. Cheap to clone; clones share the account.
#[derive(Clone, Debug)]
pub struct MemoryConsumer {
    pool: MemoryPool,
    account: Arc<Account>,
}

impl MemoryConsumer {
    pub(crate) fn new(pool: MemoryPool, account: Arc<Account>) -> Self {
        Self { pool, account }
    }

    /// The account's name.
    pub fn name(&self) -> &str {
        self.account.name()
    }

    /// The pool it draws on.
    pub fn pool(&self) -> &MemoryPool {
        &self.pool
    }

    /// Ask for `bytes`; dropping the reservation gives them back. What is in the way is asked to go first: idle
    /// blocks, then reclaimers in their order.
    pub fn try_reserve(&self, bytes: usize) -> Result<MemoryReservation, BudgetExceeded> {
        let mut reservation = MemoryReservation::empty(self);
        reservation.try_grow(bytes)?;
        Ok(reservation)
    }

    /// `len` items whose contents are arbitrary (a reused block is not cleared). Reserves what the block really
    /// holds, [`Buffer::charged_bytes`].
    pub fn buffer<T: Pod>(&self, len: usize) -> Result<Buffer<T>, BudgetExceeded> {
        Buffer::new(self, len, false)
    }

    /// `len` items, all bytes zero. From 32 MiB on, pages of the system that exist only once they are touched.
    pub fn zeroed<T: Pod>(&self, len: usize) -> Result<Buffer<T>, BudgetExceeded> {
        Buffer::new(self, len, true)
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }
}
