//! The arithmetic of the pool, as it is done under the lock. No call to the outside, no allocation.
//!
//! What counts against the limit is `reserved + idle + leaving + excess`: bytes granted, blocks kept for reuse,
//! blocks on their way back to the system, and what foreign code took beyond its reservation. Bytes pass from
//! one of these to another within one turn under the lock, so there is no moment at which they are in none.

use std::sync::Arc;

use super::account::Account;
use super::arrays::Arrays;
use super::reclaim::Registered;
use crate::class::Class;
use crate::ledger::{ForeignUsage, Totals};
use crate::raw::{Age, Chain, IdleBlocks, Mapped, coarse_millis, forks};

/// Idle blocks beyond this are trimmed, unless the pool is told otherwise.
pub(super) const IDLE_LIMIT: usize = 256 << 20;

/// Blocks that one return of a block may send away because of their age: the work is spread.
const AGED_AT_ONCE: usize = 2;

/// The pool's answer to a request for bytes.
pub(super) enum Admission {
    /// They are the caller's.
    Granted,
    /// These idle blocks are in the way: give them back and ask again.
    Trimmed(Chain),
    /// Another thread is giving blocks back: ask again in a moment.
    Wait,
    /// Too much is held; so many bytes are missing.
    Short(usize),
}

/// All that is known about a pool.
#[derive(Debug)]
pub(crate) struct State {
    pub(super) limit: usize,
    pub(super) idle_limit: usize,
    pub(super) reserved: usize,
    pub(super) peak_reserved: usize,
    /// Blocks in use, foreign code's included.
    pub(super) live: usize,
    pub(super) peak_live: usize,
    pub(super) hits: u64,
    pub(super) misses: u64,
    pub(super) decoders: ForeignUsage,
    pub(super) arrays: Arrays,
    pub(super) idle: IdleBlocks,
    /// Idle blocks that were given back because of their age.
    pub(super) aged: u64,
    leaving: usize,
    /// The forks that this process had when `leaving` was last looked at.
    forks: usize,
    /// Replaced as a whole, so that they can be walked without the lock. `None` is empty.
    pub(super) accounts: Option<Arc<[Arc<Account>]>>,
    pub(super) reclaimers: Option<Arc<[Registered]>>,
}

impl State {
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            limit,
            idle_limit: IDLE_LIMIT,
            reserved: 0,
            peak_reserved: 0,
            live: 0,
            peak_live: 0,
            hits: 0,
            misses: 0,
            decoders: ForeignUsage::NONE,
            arrays: Arrays::new(),
            idle: IdleBlocks::new(),
            aged: 0,
            leaving: 0,
            forks: 0,
            accounts: None,
            reclaimers: None,
        }
    }

    /// Bytes that were granted, or taken by arrays that count.
    pub(super) fn granted(&self) -> usize {
        self.reserved.saturating_add(self.arrays.counted_bytes())
    }

    /// Bytes that trimming cannot free.
    fn held(&self) -> usize {
        self.granted().saturating_add(self.decoders.excess())
    }

    /// Bytes that could be granted if all idle blocks went.
    pub(super) fn available(&self) -> usize {
        self.limit.saturating_sub(self.held())
    }

    /// Grant `bytes` or say what is in the way.
    pub(super) fn admit(&mut self, account: &Account, bytes: usize) -> Admission {
        let covered = if account.covers_decoders() { self.decoders.excess() } else { 0 };
        let admission = self.admit_bytes(bytes.saturating_sub(covered), 0);
        if let Admission::Granted = admission {
            self.grant(account, bytes);
        }
        admission
    }

    /// Whether `more` bytes fit below the limit, or below `overrun` beyond it. Nothing is counted yet.
    pub(super) fn admit_bytes(&mut self, more: usize, overrun: usize) -> Admission {
        if more == 0 {
            return Admission::Granted;
        }
        let (held, limit) = (self.held(), self.limit.saturating_add(overrun));
        let Some(held) = held.checked_add(more).filter(|&held| held <= limit) else {
            return Admission::Short(held.saturating_add(more).saturating_sub(limit).max(1));
        };
        let leaving = self.leaving();
        let surplus = held.saturating_add(leaving).saturating_add(self.idle.bytes()).saturating_sub(limit);
        if surplus == 0 {
            return Admission::Granted;
        }
        // What other threads are giving back need not be trimmed once more.
        let trimmed = self.unlink_oldest(surplus.saturating_sub(leaving));
        if trimmed.bytes() == 0 { Admission::Wait } else { Admission::Trimmed(trimmed) }
    }

    fn grant(&mut self, account: &Account, bytes: usize) {
        self.reserved += bytes;
        self.peak_reserved = self.peak_reserved.max(self.reserved);
        account.reserve(bytes);
        if account.covers_decoders() {
            self.decoders.reserved += bytes;
        }
    }

    /// Take back what [`State::admit`] granted.
    pub(super) fn release(&mut self, account: &Account, bytes: usize) {
        self.reserved -= bytes;
        account.release(bytes);
        if account.covers_decoders() {
            self.decoders.reserved -= bytes;
        }
    }

    /// An idle block for `account`, whose bytes turn from idle to reserved: there is always room for that.
    /// With `paid` they are taken to be reserved already.
    pub(super) fn reuse(&mut self, account: &Account, class: Class, paid: bool) -> Option<Mapped> {
        let block = self.idle.take(class)?;
        if !paid {
            self.grant(account, block.bytes());
        }
        self.begin(account, block.bytes(), true);
        Some(block)
    }

    /// Count a block that was made from reserved bytes.
    pub(super) fn begin(&mut self, account: &Account, bytes: usize, hit: bool) {
        self.begin_uncounted(account, bytes);
        account.count(hit);
        self.count(hit);
    }

    /// Count its bytes, but neither as reused nor as fresh: a small one.
    pub(super) fn begin_uncounted(&mut self, account: &Account, bytes: usize) {
        account.begin(bytes);
        self.live += bytes;
        self.peak_live = self.peak_live.max(self.live);
    }

    fn count(&mut self, hit: bool) {
        *(if hit { &mut self.hits } else { &mut self.misses }) += 1;
    }

    /// A block of `account` is not used any more, and its bytes are given back.
    pub(super) fn end(&mut self, account: &Account, bytes: usize) {
        self.live -= bytes;
        account.end(bytes);
        self.release(account, bytes);
    }

    /// Keep a block for reuse if it has room; what has to go instead comes back.
    pub(super) fn keep(&mut self, block: Mapped) -> Chain {
        let bytes = block.bytes();
        let room = self.limit.saturating_sub(self.held().saturating_add(self.leaving())).min(self.idle_limit);
        if bytes > room {
            let mut leaving = Chain::default();
            self.leave(bytes);
            leaving.push(block);
            return leaving;
        }
        let surplus = (self.idle.bytes() + bytes).saturating_sub(room);
        let now = Age { millis: coarse_millis(), requests: self.hits + self.misses };
        self.idle.put(block, now);
        let mut leaving = self.unlink_oldest(surplus);
        for _ in 0..AGED_AT_ONCE {
            let Some(block) = self.idle.take_aged(now) else { break };
            self.aged += 1;
            self.arrays.spare = self.arrays.spare.saturating_sub(block.bytes());
            self.leave(block.bytes());
            leaving.push(block);
        }
        leaving
    }

    /// Take at least `bytes` from the old end of the idle blocks, or all of them.
    pub(super) fn unlink_oldest(&mut self, bytes: usize) -> Chain {
        let mut chain = Chain::default();
        while chain.bytes() < bytes {
            let Some(block) = self.idle.take_oldest() else { break };
            chain.push(block);
        }
        self.leave(chain.bytes());
        chain
    }

    /// So many bytes are on their way back to the system.
    pub(super) fn leave(&mut self, bytes: usize) {
        self.leaving = self.leaving() + bytes;
    }

    /// So many bytes are back with the system.
    pub(super) fn left(&mut self, bytes: usize) {
        self.leaving = self.leaving() - bytes;
    }

    /// Bytes on their way back to the system. Threads that were at it when the process was forked do not exist in
    /// the child, where nobody may wait for them.
    fn leaving(&mut self) -> usize {
        if self.forks != forks() {
            self.forks = forks();
            self.leaving = 0;
        }
        self.leaving
    }

    /// An idle block for foreign code.
    pub(super) fn decoder_reuse(&mut self, class: Class) -> Option<Mapped> {
        let block = self.idle.take(class)?;
        self.decoder_begin(block.bytes(), true);
        Some(block)
    }

    /// Foreign code has a block more. Idle blocks for which there is no room any more come back.
    pub(super) fn decoder_begin(&mut self, bytes: usize, hit: bool) {
        self.begin_foreign(bytes, hit);
        self.decoders.live += bytes;
        self.decoders.peak = self.decoders.peak.max(self.decoders.live);
        *(if hit { &mut self.decoders.hits } else { &mut self.decoders.misses }) += 1;
    }

    /// A block is in use that no account of a consumer holds.
    pub(super) fn begin_foreign(&mut self, bytes: usize, hit: bool) {
        self.live += bytes;
        self.peak_live = self.peak_live.max(self.live);
        self.count(hit);
    }

    /// Foreign code has a block less.
    pub(super) fn decoder_end(&mut self, bytes: usize) {
        self.live -= bytes;
        self.decoders.live -= bytes;
    }

    /// Idle blocks beyond what the limits leave room for.
    pub(super) fn unlink_surplus(&mut self) -> Chain {
        let room = self.limit.saturating_sub(self.held().saturating_add(self.leaving())).min(self.idle_limit);
        self.unlink_oldest(self.idle.bytes().saturating_sub(room))
    }

    /// The pool's own numbers, for the ledger.
    pub(super) fn totals(&self) -> Totals {
        Totals {
            limit: self.limit,
            available: self.available(),
            used: self.held().saturating_add(self.idle.bytes()),
            reserved: self.reserved,
            live: self.live,
            idle: self.idle.bytes(),
            peak_reserved: self.peak_reserved,
            peak_live: self.peak_live,
            hits: self.hits,
            misses: self.misses,
            decoders: self.decoders,
            arrays: self.arrays.usage(),
            aged: self.aged,
        }
    }

    /// Let the peaks begin again from what is held now.
    pub(super) fn reset_peaks(&mut self) {
        self.peak_reserved = self.reserved;
        self.peak_live = self.live;
        self.decoders.peak = self.decoders.live;
        self.arrays.peak = self.arrays.live;
        for account in self.accounts.iter().flat_map(|accounts| accounts.iter()) {
            account.reset_peak();
        }
    }
}
