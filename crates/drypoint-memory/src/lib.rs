//! The memory heart of Drypoint: a budget, a pool that arbitrates it, a ledger that says who holds what.
//!
//! Every large block of the library is a [`Buffer`] granted by a [`MemoryConsumer`] of a [`MemoryPool`].
//! Reserve first, then allocate; a failure undoes itself by drop.

mod buffer;
mod error;
mod pool;

pub use buffer::{Buffer, Pod};
pub use error::BudgetExceeded;
pub use pool::{MemoryConsumer, MemoryPool, MemoryReservation};
