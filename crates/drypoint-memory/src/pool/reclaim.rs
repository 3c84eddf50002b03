//! Who can give memory back when somebody needs it.

use std::sync::{Arc, Weak};

use super::core::Home;

#[cfg(shuttle)]
use shuttle::thread_local;
use std::cell::Cell;

/// Someone who holds memory that others may need more.
///
/// Called without any lock of the pool, on the thread that asks for memory. What it asks of the pool meanwhile (room
/// to compress into) is granted or refused without asking reclaimers again. Any function from bytes wanted to
/// bytes freed is one.
pub trait Reclaimer: Send + Sync {
    /// Free about `bytes`, if that is possible, and say how many were freed.
    fn reclaim(&self, bytes: usize) -> usize;
}

impl<F: Fn(usize) -> usize + Send + Sync> Reclaimer for F {
    fn reclaim(&self, bytes: usize) -> usize {
        self(bytes)
    }
}

/// Who is gone has nothing to give.
impl<R: Reclaimer + ?Sized> Reclaimer for Weak<R> {
    fn reclaim(&self, bytes: usize) -> usize {
        self.upgrade().map_or(0, |reclaimer| reclaimer.reclaim(bytes))
    }
}

/// The cheapest sacrifice first. Idle blocks come before all of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReclaimOrder {
    /// What can be computed again.
    Caches,
    /// What can be held in fewer bytes.
    Compressible,
    /// What can be moved to disk.
    Spillable,
    /// A collection of garbage that may hold some.
    Collector,
}

/// One reclaimer of a pool, alive as long as its guard.
#[derive(Clone)]
pub(crate) struct Registered {
    pub(super) order: ReclaimOrder,
    pub(super) reclaimer: Weak<dyn Reclaimer>,
}

impl std::fmt::Debug for Registered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registered").field("order", &self.order).finish_non_exhaustive()
    }
}

/// A registration; dropping it ends it. A call that is under way in another thread may still finish after that.
#[must_use = "the reclaimer is registered only as long as this lives"]
pub struct ReclaimerGuard {
    pub(super) home: Home,
    pub(super) reclaimer: Arc<dyn Reclaimer>,
}

impl std::fmt::Debug for ReclaimerGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReclaimerGuard").finish_non_exhaustive()
    }
}

impl Drop for ReclaimerGuard {
    fn drop(&mut self) {
        self.home.unregister(&self.reclaimer);
    }
}

/// Marks this thread as one that reclaims, so that reclaimers are not called from within reclaimers.
pub(super) struct Reclaiming(());

thread_local! {
    static RECLAIMING: Cell<bool> = const { Cell::new(false) };
}

impl Reclaiming {
    /// `None` if this thread reclaims already.
    pub(super) fn enter() -> Option<Self> {
        let entered = RECLAIMING.with(|reclaiming| !reclaiming.replace(true));
        entered.then_some(Self(()))
    }
}

impl Drop for Reclaiming {
    fn drop(&mut self) {
        RECLAIMING.with(|reclaiming| reclaiming.set(false));
    }
}
