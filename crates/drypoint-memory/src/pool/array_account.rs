//! Whose arrays are whose: a tree of accounts below that of the process, each with a ceiling of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};

/// The name under which arrays stand in the ledger.
pub const ARRAYS: &str = "arrays";

/// The arrays of one scope and of the scopes inside it. Written under the pool's lock, read by anyone.
#[derive(Debug)]
pub struct ArrayAccount {
    name: Arc<str>,
    parent: Option<Arc<ArrayAccount>>,
    limit: usize,
    closed: AtomicBool,
    live: AtomicUsize,
    peak: AtomicUsize,
    arrays: AtomicUsize,
    allocations: AtomicU64,
    allocated: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
    refused: AtomicU64,
}

/// An account's numbers; plain data. Arrays below [`POOLED_FROM`](crate::POOLED_FROM) are in none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ArrayUsage {
    /// Bytes asked for by arrays that are alive.
    pub live: usize,
    /// The most that was alive.
    pub peak: usize,
    /// Arrays that are alive.
    pub arrays: usize,
    /// Requests that were served.
    pub allocations: u64,
    /// Bytes that they asked for.
    pub allocated: u64,
    /// Of these requests, those served from idle blocks.
    pub hits: u64,
    /// And those served with fresh pages.
    pub misses: u64,
    /// Requests that a budget refused.
    pub refused: u64,
}

impl ArrayAccount {
    /// An account of its own, which is nobody's part.
    pub fn root() -> Arc<Self> {
        Self::with(ARRAYS.into(), None, usize::MAX)
    }

    /// An account whose arrays are `self`'s as well, and may take `limit` bytes at most.
    pub fn child(self: &Arc<Self>, name: &str, limit: usize) -> Arc<Self> {
        Self::with(name.into(), Some(self.clone()), limit)
    }

    fn with(name: Arc<str>, parent: Option<Arc<Self>>, limit: usize) -> Arc<Self> {
        Arc::new(Self {
            name,
            parent,
            limit,
            closed: AtomicBool::new(false),
            live: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            arrays: AtomicUsize::new(0),
            allocations: AtomicU64::new(0),
            allocated: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        })
    }

    /// What it is called.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Its ceiling in bytes; `usize::MAX` if it has none.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The account that it is a part of.
    pub fn parent(&self) -> Option<&Arc<Self>> {
        self.parent.as_ref()
    }

    /// Bytes that it and all it is a part of have room for.
    pub fn available(&self) -> usize {
        self.ceilings()
            .map(|account| account.limit.saturating_sub(account.live()))
            .min()
            .unwrap_or(usize::MAX)
    }

    /// Take no more: later requests are those of the account that it is a part of, and its ceiling holds no longer. What
    /// it has it keeps until it is freed.
    pub fn close(&self) {
        self.closed.store(true, Relaxed);
    }

    /// Itself, or the first that is not closed of what it is a part of; the outermost one is always taken for open.
    pub fn open(self: &Arc<Self>) -> &Arc<Self> {
        let mut account = self;
        while account.closed.load(Relaxed)
            && let Some(parent) = &account.parent
        {
            account = parent;
        }
        account
    }

    /// Bytes asked for by arrays that are alive.
    pub fn live(&self) -> usize {
        self.live.load(Relaxed)
    }

    /// Its numbers, each for itself as it is now.
    pub fn usage(&self) -> ArrayUsage {
        ArrayUsage {
            live: self.live(),
            peak: self.peak.load(Relaxed),
            arrays: self.arrays.load(Relaxed),
            allocations: self.allocations.load(Relaxed),
            allocated: self.allocated.load(Relaxed),
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            refused: self.refused.load(Relaxed),
        }
    }

    /// Whether it is `other` or a part of it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.line().any(|account| std::ptr::eq(account, other))
    }

    /// Itself, then what it is a part of, outwards.
    pub(super) fn line(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |account| account.parent.as_deref())
    }

    fn ceilings(&self) -> impl Iterator<Item = &Self> {
        self.line().filter(|account| !account.closed.load(Relaxed))
    }

    /// The innermost one that `bytes` more would push beyond its ceiling and `overrun` more.
    pub(super) fn without_room(&self, bytes: usize, overrun: usize) -> Option<&Self> {
        self.ceilings()
            .find(|account| account.live().saturating_add(bytes) > account.limit.saturating_add(overrun))
    }

    /// An array more.
    pub(super) fn begin(&self, bytes: usize, hit: bool) {
        for account in self.line() {
            account.grow(bytes);
            account.arrays.store(account.arrays.load(Relaxed) + 1, Relaxed);
            add(&account.allocations, 1);
            add(&account.allocated, bytes as u64);
            add(if hit { &account.hits } else { &account.misses }, 1);
        }
    }

    /// An array less.
    pub(super) fn end(&self, bytes: usize) {
        for account in self.line() {
            account.live.store(account.live() - bytes, Relaxed);
            account.arrays.store(account.arrays.load(Relaxed) - 1, Relaxed);
        }
    }

    /// There was nothing for an array that [`ArrayAccount::begin`] counted as a fresh one.
    pub(super) fn withdraw(&self, bytes: usize) {
        self.end(bytes);
        for account in self.line() {
            subtract(&account.allocations, 1);
            subtract(&account.allocated, bytes as u64);
            subtract(&account.misses, 1);
        }
    }

    /// An array has another number of bytes.
    pub(super) fn resize(&self, before: usize, after: usize) {
        for account in self.line() {
            account.live.store(account.live() - before, Relaxed);
            account.grow(after);
        }
    }

    /// It was refused something.
    pub fn count_refusal(&self) {
        for account in self.line() {
            account.refused.fetch_add(1, Relaxed);
        }
    }

    fn grow(&self, bytes: usize) {
        let live = self.live() + bytes;
        self.live.store(live, Relaxed);
        self.peak.store(self.peak.load(Relaxed).max(live), Relaxed);
    }
}

fn add(counter: &AtomicU64, count: u64) {
    counter.store(counter.load(Relaxed) + count, Relaxed);
}

fn subtract(counter: &AtomicU64, count: u64) {
    counter.store(counter.load(Relaxed) - count, Relaxed);
}
