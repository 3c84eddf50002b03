//! One pool's state and what is done with it: everything here takes the lock for a few instructions, lets go, and
//! only then talks to the system or to others.

use std::ops::Deref;
use std::sync::Arc;

use super::account::Account;
use super::reclaim::Reclaiming;
use super::state::{Admission, State};
use crate::BudgetExceeded;
use crate::class::Class;
use crate::ledger::Snapshot;
use crate::raw::{Block, Chain, Guarded, Mapped, yield_now};

/// The pool of the process: a `static`, because an allocator cannot wait for somebody to make one. Until
/// [`MemoryPool::process`](crate::MemoryPool::process) sets its limit it keeps idle blocks only.
pub(crate) static PROCESS: Core = Core { state: Guarded::new(State::new(usize::MAX)), parent: None };

/// A pool and the account of its parent that its limit was carved from.
#[derive(Debug)]
pub(crate) struct Core {
    state: Guarded<State>,
    parent: Option<(Home, Arc<Account>)>,
}

/// Where a pool lives.
#[derive(Debug, Clone)]
pub(crate) enum Home {
    Process(&'static Core),
    Own(Arc<Core>),
}

impl Deref for Home {
    type Target = Core;
    fn deref(&self) -> &Core {
        match self {
            Home::Process(core) => core,
            Home::Own(core) => core,
        }
    }
}

impl Core {
    pub(super) fn new(limit: usize, parent: Option<(Home, Arc<Account>)>) -> Self {
        Self { state: Guarded::new(State::new(limit)), parent }
    }

    pub(crate) fn with<R>(&self, look: impl FnOnce(&mut State) -> R) -> R {
        self.state.with(look)
    }

    fn ancestors(&self) -> impl Iterator<Item = &Core> {
        std::iter::successors(self.parent(), |core| core.parent())
    }

    fn parent(&self) -> Option<&Core> {
        self.parent.as_ref().map(|(home, _)| &**home)
    }

    /// Give blocks back to the system, then their bytes to the pool.
    pub(crate) fn unmap(&self, chain: Chain) {
        let bytes = chain.bytes();
        if bytes > 0 {
            drop(chain);
            self.with(|state| state.left(bytes));
        }
    }

    /// Give back to the system what idles beyond `keep` bytes.
    pub(crate) fn trim(&self, keep: usize) -> usize {
        let chain = self.with(|state| state.unlink_oldest(state.idle.bytes().saturating_sub(keep)));
        let freed = chain.bytes();
        self.unmap(chain);
        freed
    }

    /// Reserve `bytes`, by every means.
    pub(crate) fn acquire(&self, account: &Account, bytes: usize) -> Result<(), BudgetExceeded> {
        self.pressed(|| self.try_acquire(account, bytes)).map_err(|_| self.refused(account.name(), bytes))?;
        self.cover_decoders(account, bytes, true);
        Ok(())
    }

    /// Repeat `attempt`, which says how many bytes it lacks, after each reclaimer, until it succeeds.
    pub(super) fn pressed(&self, attempt: impl Fn() -> Result<(), usize>) -> Result<(), usize> {
        let mut lacking = match attempt() {
            Ok(()) => return Ok(()),
            Err(lacking) => lacking,
        };
        let Some(_reclaiming) = Reclaiming::enter() else { return Err(lacking) };
        let Some(reclaimers) = self.with(|state| state.reclaimers.clone()) else { return Err(lacking) };
        for reclaimer in reclaimers.iter().filter_map(|registered| registered.reclaimer.upgrade()) {
            reclaimer.reclaim(lacking);
            // Look for ourselves: what was said to be freed may still be held by someone, or be taken already.
            match attempt() {
                Ok(()) => return Ok(()),
                Err(still) => lacking = still,
            }
        }
        Err(lacking)
    }

    /// Ask reclaimers for `bytes`.
    pub(super) fn reclaim(&self, bytes: usize) -> usize {
        let Some(_reclaiming) = Reclaiming::enter() else { return 0 };
        let Some(reclaimers) = self.with(|state| state.reclaimers.clone()) else { return 0 };
        let mut freed = 0;
        for reclaimer in reclaimers.iter().filter_map(|registered| registered.reclaimer.upgrade()) {
            if freed >= bytes {
                break;
            }
            freed += reclaimer.reclaim(bytes - freed);
        }
        freed
    }

    /// Reserve `bytes` from what is free or idle.
    fn try_acquire(&self, account: &Account, bytes: usize) -> Result<(), usize> {
        loop {
            match self.with(|state| state.admit(account, bytes)) {
                Admission::Granted => return Ok(()),
                Admission::Trimmed(chain) => self.unmap(chain),
                Admission::Wait => yield_now(),
                Admission::Short(lacking) => return Err(lacking),
            }
        }
    }

    /// Take back what [`Core::acquire`] granted.
    pub(crate) fn release(&self, account: &Account, bytes: usize) {
        if bytes > 0 {
            self.cover_decoders(account, bytes, false);
            self.with(|state| state.release(account, bytes));
        }
    }

    /// Foreign code is counted by the root, whichever pool its bytes were reserved at.
    fn cover_decoders(&self, account: &Account, bytes: usize, more: bool) {
        if account.covers_decoders() {
            for core in self.ancestors() {
                core.with(|state| {
                    let reserved = &mut state.decoders.reserved;
                    *reserved = if more { *reserved + bytes } else { *reserved - bytes };
                });
            }
        }
    }

    /// A block of a class for `account`, and whether it is fresh. With `paid` its bytes are reserved already;
    /// otherwise they are reserved here.
    pub(crate) fn take(
        &self,
        account: &Account,
        class: Class,
        paid: bool,
    ) -> Result<(Mapped, bool), BudgetExceeded> {
        if let Some(block) = self.with(|state| state.reuse(account, class, paid)) {
            if !paid {
                self.cover_decoders(account, block.bytes(), true);
            }
            return Ok((block, false));
        }
        let bytes = class.mapped_bytes();
        if !paid {
            self.acquire(account, bytes)?;
        }
        let handed_down = self.ancestors().find_map(|core| core.with(|state| state.idle.take(class)));
        let (block, fresh) = match handed_down {
            Some(block) => (Some(block), false),
            None => (self.map_pressed(class), true),
        };
        match block {
            Some(block) => {
                self.with(|state| state.begin(account, bytes, !fresh));
                Ok((block, fresh))
            }
            None => {
                if !paid {
                    self.release(account, bytes);
                }
                Err(self.refused_by_system(account, bytes))
            }
        }
    }

    /// Fresh pages; if the system has none, give it all idle ones and ask once more.
    fn map_pressed(&self, class: Class) -> Option<Mapped> {
        Mapped::fresh(class).or_else(|| {
            self.trim(0);
            self.ancestors().for_each(|core| {
                core.trim(0);
            });
            Mapped::fresh(class)
        })
    }

    /// A small block of the heap for `account`; as for [`Core::take`].
    pub(crate) fn take_small(
        &self,
        account: &Account,
        bytes: usize,
        paid: bool,
    ) -> Result<Block, BudgetExceeded> {
        if !paid {
            self.acquire(account, bytes)?;
        }
        match Block::heap(bytes) {
            Some(block) => {
                self.with(|state| state.begin_uncounted(account, bytes));
                Ok(block)
            }
            None => {
                if !paid {
                    self.release(account, bytes);
                }
                Err(self.refused_by_system(account, bytes))
            }
        }
    }

    /// Take back a block and the `bytes` it was charged with.
    pub(crate) fn give_back(&self, account: &Account, block: Block, bytes: usize) {
        self.cover_decoders(account, bytes, false);
        match block.into_pages() {
            Some(pages) => {
                let leaving = self.with(|state| {
                    state.end(account, bytes);
                    state.keep(pages)
                });
                self.unmap(leaving);
            }
            None => self.with(|state| state.end(account, bytes)),
        }
    }

    /// Change the limit; the parent's share follows.
    pub(super) fn set_limit(&self, limit: usize) -> Result<(), BudgetExceeded> {
        loop {
            let now = self.with(|state| state.limit);
            let changed = if limit > now {
                if let Some((parent, carved)) = &self.parent {
                    parent.acquire(carved, limit - now)?;
                }
                self.change_limit(now, limit)
            } else {
                self.pressed(|| {
                    let held = self.with(|state| state.granted());
                    if held > limit { Err(held - limit) } else { Ok(()) }
                })
                .map_err(|lacking| self.held_above(limit, lacking))?;
                self.change_limit(now, limit)
            };
            let surplus = if changed { now.saturating_sub(limit) } else { limit.saturating_sub(now) };
            if let Some((parent, carved)) = &self.parent {
                parent.release(carved, surplus);
            }
            if changed {
                return Ok(());
            }
        }
    }

    /// `false`, and nothing changed, if someone else changed it since or holds too much by now.
    fn change_limit(&self, now: usize, limit: usize) -> bool {
        let (changed, surplus) = self.with(|state| {
            let changed = state.limit == now && state.granted() <= limit;
            if changed {
                state.limit = limit;
            }
            (changed, state.unlink_surplus())
        });
        self.unmap(surplus);
        changed
    }

    /// What is held already, as a request that the new limit refuses.
    fn held_above(&self, limit: usize, lacking: usize) -> BudgetExceeded {
        let refused = self.refused("what is held already", limit + lacking);
        BudgetExceeded { available: limit, limit, ..refused }
    }

    pub(crate) fn refused(&self, name: &str, bytes: usize) -> BudgetExceeded {
        let (totals, consumers) = self.usage(|state| state.totals());
        BudgetExceeded {
            consumer: name.to_string(),
            requested: bytes,
            available: totals.available,
            limit: totals.limit,
            holders: Snapshot::new(totals, consumers).largest_holders(),
        }
    }

    /// The budget had room and the system did not: then `requested <= available`.
    fn refused_by_system(&self, account: &Account, bytes: usize) -> BudgetExceeded {
        let refused = self.refused(account.name(), bytes);
        BudgetExceeded { available: refused.available.max(bytes), ..refused }
    }
}

impl Drop for Core {
    /// A child's idle blocks stay warm at its parent, and its limit is the parent's again.
    fn drop(&mut self) {
        let Some((parent, carved)) = self.parent.take() else { return };
        let state = self.state.get_mut();
        let limit = state.limit;
        let idle = state.idle.bytes();
        // Oldest first into the chain, so it yields the newest first: turned round, the newest comes last again.
        let mut newest_first = state.unlink_oldest(idle);
        let mut oldest_first = Chain::default();
        while let Some(block) = newest_first.pop() {
            oldest_first.push(block);
        }
        while let Some(block) = oldest_first.pop() {
            parent.unmap(parent.with(|state| {
                state.release(&carved, block.bytes());
                state.keep(block)
            }));
        }
        parent.release(&carved, limit - idle);
    }
}
