//! The arbiter of a budget. Why one pool for all, and one lock for all pools: decision 0001.

mod account;
mod array_account;
mod arrays;
mod core;
mod decoders;
mod reclaim;
mod register;
mod site_usage;
mod state;

use std::sync::{Arc, OnceLock};

use self::core::Core;
use crate::ledger::Snapshot;
use crate::raw::survive_forks;
use crate::{Budget, BudgetExceeded, MemoryConsumer, peak_resident_bytes, resident_bytes};

pub(crate) use account::Account;
pub use account::{DECODERS, HEAP_SNAPSHOT};
pub use array_account::{ARRAYS, ArrayAccount, ArrayUsage};
pub(crate) use arrays::Begun;
pub use arrays::{ArrayRequest, Denied, live_array_bytes, living_arrays};
pub(crate) use core::{Home, PROCESS};
pub(crate) use decoders::Decoders;
#[cfg(all(unix, not(shuttle)))]
pub(crate) use decoders::forget_idle_after_fork;
pub use reclaim::{ReclaimOrder, Reclaimer, ReclaimerGuard};
pub use site_usage::{SiteUsage, site_peak, site_usage, sites_used, watch_site_peaks};

/// A ceiling in bytes, what is granted under it, and blocks that wait for their next use.
///
/// Bytes reserved and idle blocks together never pass the limit. First come, first served. Clones are the same pool.
#[derive(Clone, Debug)]
pub struct MemoryPool(Home);

impl MemoryPool {
    /// A pool of its own that grants at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        survive_forks();
        Self(Home::Own(Arc::new(Core::new(limit, None))))
    }

    /// The pool of the process, which foreign code that allocates through [`PoolAllocator`](crate::PoolAllocator)
    /// shares. Its first limit is `DRYPOINT_MEMORY`, or [`Budget::default_for_process`] where that is unset or
    /// wrong; call [`Budget::from_environment`] to hear what is wrong with it.
    pub fn process() -> &'static Self {
        static POOL: OnceLock<MemoryPool> = OnceLock::new();
        POOL.get_or_init(|| {
            survive_forks();
            let budget =
                Budget::from_environment().ok().flatten().unwrap_or_else(Budget::default_for_process);
            let surplus = PROCESS.with(|state| {
                state.limit = budget.bytes();
                state.unlink_surplus()
            });
            PROCESS.unmap(surplus);
            Self(Home::Process(&PROCESS))
        })
    }

    /// A pool within this one. All of `limit` is reserved here under `name` until the last clone, consumer,
    /// reservation and buffer of the child is gone; its idle blocks come here then.
    pub fn child(&self, name: &str, limit: usize) -> Result<Self, BudgetExceeded> {
        let account = self.0.account(name);
        self.0.acquire(&account, limit)?;
        Ok(Self(Home::Own(Arc::new(Core::new(limit, Some((self.0.clone(), account)))))))
    }

    /// The ceiling, in bytes.
    pub fn limit(&self) -> usize {
        self.0.with(|state| state.limit)
    }

    /// Change the ceiling, which for a child changes what it holds of its parent. A lower one first asks reclaimers
    /// for what is in the way; refused, and nothing changed, if more stays reserved.
    pub fn set_limit(&self, bytes: usize) -> Result<(), BudgetExceeded> {
        self.0.set_limit(bytes)
    }

    /// Keep at most `bytes` of idle blocks from now on (at first 256 MiB), and never more than the limit has room for.
    pub fn set_idle_limit(&self, bytes: usize) {
        let surplus = self.0.with(|state| {
            state.idle_limit = bytes;
            state.unlink_surplus()
        });
        self.0.unmap(surplus);
    }

    /// Have the arrays that are taken by way of [`ArrayAccount`] count against the ceiling of the process's pool from now
    /// on, or no longer; other pools have none. Refused if what is held with them passes the ceiling.
    pub fn count_arrays(&self, counted: bool) -> Result<(), BudgetExceeded> {
        let over = self.0.with(|state| {
            let before = std::mem::replace(&mut state.arrays.counted, counted);
            let held = state.granted();
            let over = held > state.limit;
            if over {
                state.arrays.counted = before;
            }
            over.then_some(held)
        });
        match over {
            Some(held) => Err(self.0.refused("what is held already", held)),
            None => {
                let surplus = self.0.with(|state| state.unlink_surplus());
                self.0.unmap(surplus);
                Ok(())
            }
        }
    }

    /// Bytes that may still be granted when all idle blocks go; reclaimers may free more.
    pub fn available(&self) -> usize {
        self.0.with(|state| state.available())
    }

    /// A named account. All consumers of one name share it.
    pub fn consumer(&self, name: &str) -> MemoryConsumer {
        MemoryConsumer::new(self.clone(), self.0.account(name))
    }

    /// Have `reclaimer` asked for memory when a request does not fit, as long as the guard lives: in the order
    /// given, and among equals in the order of registration. It must not hold a lock that an owner of memory
    /// holds while asking for more.
    pub fn register_reclaimer(
        &self,
        order: ReclaimOrder,
        reclaimer: impl Reclaimer + 'static,
    ) -> ReclaimerGuard {
        let reclaimer: Arc<dyn Reclaimer> = Arc::new(reclaimer);
        self.0.register(order, &reclaimer);
        ReclaimerGuard { home: self.0.clone(), reclaimer }
    }

    /// Ask reclaimers, in their order, until they say that they freed `bytes`. Returns what they said.
    pub fn reclaim(&self, bytes: usize) -> usize {
        self.0.reclaim(bytes)
    }

    /// Give idle blocks back to the system, oldest first, until at most `keep_idle_bytes` are left. Returns the bytes
    /// that went.
    pub fn trim(&self, keep_idle_bytes: usize) -> usize {
        self.0.trim(keep_idle_bytes)
    }

    /// Who holds what, in one instant.
    pub fn snapshot(&self) -> Snapshot {
        let (totals, consumers) = self.0.usage(|state| state.totals());
        Snapshot {
            resident: resident_bytes(),
            peak_resident: peak_resident_bytes(),
            ..Snapshot::new(totals, consumers)
        }
    }

    /// Let all peaks of this pool begin again from what is held now.
    pub fn reset_peaks(&self) {
        self.0.with(|state| state.reset_peaks());
    }

    pub(crate) fn home(&self) -> &Home {
        &self.0
    }
}
