//! The memory heart of Drypoint: a budget, a pool that arbitrates it, a ledger that says who holds what.
//!
//! Every large block of the library is a [`Buffer`] granted by a [`MemoryConsumer`] of a [`MemoryPool`].
//! Reserve first, then allocate; a failure undoes itself by drop.
//!
//! ```
//! use drypoint_memory::{Budget, MemoryPool};
//!
//! let budget: Budget = "64MB".parse()?;
//! let pool = MemoryPool::new(budget.bytes());
//! let mut plan = pool.consumer("canvas").try_reserve(8_000_000)?;   // refused here, or not at all
//! let mut counts = plan.zeroed::<u32>(900 * 600)?;
//! counts[0] += 1;
//! assert!(pool.snapshot().consumer("canvas").unwrap().live >= 900 * 600 * 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod budget;
mod buffer;
mod class;
mod consumer;
mod error;
mod ledger;
mod pool;
mod positioned;
mod process_limit;
mod raw;
mod reservation;
mod resident;
mod spill;

pub use budget::{Budget, ParseBudgetError};
pub use buffer::{Buffer, Pod};
pub use class::{POOLED_FROM, charged_bytes};
pub use consumer::MemoryConsumer;
pub use error::BudgetExceeded;
pub use ledger::{ConsumerUsage, Snapshot};
pub use pool::{
    ARRAYS, ArrayAccount, ArrayRequest, ArrayUsage, DECODERS, Denied, HEAP_SNAPSHOT, MemoryPool,
    ReclaimOrder, Reclaimer, ReclaimerGuard, SiteUsage, live_array_bytes, living_arrays, site_peak,
    site_usage, sites_used, watch_site_peaks,
};
pub use positioned::read_exact_at;
pub use process_limit::process_limit;
#[cfg(feature = "fault-injection")]
pub use raw::fault;
pub use raw::{PoolAllocator, array_site, free_array, is_array, resize_array};
pub use reservation::MemoryReservation;
pub use resident::{peak_resident_bytes, reset_peak_resident, resident_bytes};
pub use spill::{Spill, SpillError, SpillRange};
