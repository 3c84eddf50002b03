//! The door through which arrays of other libraries take blocks of the process's pool.
//!
//! They are counted under accounts with ceilings of their own, and against the pool's limit only where someone asked
//! for that: a program that runs today must not fail because half of the machine is the pool's default.

use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::array_account::ArrayAccount;
use super::core::PROCESS;
use super::site_usage;
use super::state::{Admission, State};
use crate::class::Class;
use crate::ledger::ForeignUsage;
use crate::raw::{Chain, Entry, Mapped, Records, records};

/// Requests for zeros from here on take fresh pages, which an array that is never filled does not pay for; so do, below,
/// those whose like turned out not to be filled. The system's own allocator clears up to about the first.
const ZEROS_FRESH_FROM: usize = 32 << 20;
const ZEROS_CLEARED_BELOW: usize = 1 << 20;
/// One of so many requests for zeros takes fresh pages although such arrays are usually filled, to see if that is so still.
const ZEROS_SAMPLED: u8 = 16;
/// A block that was sent away for another's sake and is wanted again within so many requests was sent away in vain.
const REGRETTED: u64 = 1024;
/// The peak may be passed by so small a part of it: a large block does not go for the sake of a small one.
const PEAK_PART: usize = 32;

/// Bytes asked for by arrays that are alive; for whoever watches how they grow.
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// What is wanted of [`ArrayAccount::allocate`].
#[derive(Debug, Clone, Copy)]
pub struct ArrayRequest {
    /// How many bytes; at least one.
    pub bytes: usize,
    /// Whether they have to be zero.
    pub zeroed: bool,
    /// Where it is asked for, as the caller numbers places; 0 is not known.
    pub site: u32,
    /// Bytes by which ceilings may be passed: 0, unless nothing can be refused just now.
    pub overrun: usize,
}

/// Why a request got nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// The account of this name, here or around, has a ceiling.
    Account {
        /// Its name.
        name: Arc<str>,
        /// Its ceiling.
        limit: usize,
        /// What is left of that.
        available: usize,
    },
    /// The budget of the process.
    Pool {
        /// The budget.
        limit: usize,
        /// What is left of it, idle blocks included.
        available: usize,
    },
    /// The system has no memory, or the table of arrays no room.
    System,
}

impl Denied {
    fn by(full: &ArrayAccount) -> Self {
        let available = full.limit().saturating_sub(full.live());
        Self::Account { name: full.name().clone(), limit: full.limit(), available }
    }
}

/// What the process's pool knows of arrays.
#[derive(Debug)]
pub(super) struct Arrays {
    /// Whether they count against the limit.
    pub(super) counted: bool,
    /// Bytes of their blocks.
    pub(super) live: usize,
    pub(super) peak: usize,
    pub(super) hits: u64,
    pub(super) misses: u64,
    records: Records,
    /// For each class, whether arrays that asked for zeros were filled lately: how many more are taken to be.
    filled: [u8; Class::COUNT],
    /// For each class, how many requests there had been when one of its idle blocks last made way; 0 if none did.
    made_way: [u64; Class::COUNT],
    /// Idle bytes beyond the peak that the program has shown to need.
    pub(super) spare: usize,
}

impl Arrays {
    pub(super) const fn new() -> Self {
        Self {
            counted: false,
            live: 0,
            peak: 0,
            hits: 0,
            misses: 0,
            records: Records::new(),
            filled: [0; Class::COUNT],
            made_way: [0; Class::COUNT],
            spare: 0,
        }
    }

    /// For the ledger.
    pub(super) fn usage(&self) -> ForeignUsage {
        let Self { live, peak, hits, misses, .. } = *self;
        ForeignUsage { reserved: self.counted_bytes(), live, peak, hits, misses }
    }

    /// Bytes that count against the limit.
    pub(super) fn counted_bytes(&self) -> usize {
        if self.counted { self.live } else { 0 }
    }
}

/// The answer to a request, under the lock.
pub(crate) enum Begun {
    /// An idle block, and the record that holds it.
    Reused(NonNull<u8>, u32),
    /// Counted: now get fresh pages.
    Charged,
    /// These are in the way: give them back and ask again.
    Trimmed(Chain),
    /// Another thread is giving blocks back: ask again in a moment.
    Wait,
    Denied(Denied),
}

impl State {
    /// Serve a request from what idles, or charge it for fresh pages, or say what is in the way.
    pub(crate) fn begin_array(
        &mut self,
        account: &Arc<ArrayAccount>,
        class: Class,
        request: ArrayRequest,
    ) -> Begun {
        if let Some(full) = account.without_room(request.bytes, request.overrun) {
            return Begun::Denied(Denied::by(full));
        }
        if !self.arrays.records.has_room() {
            return Begun::Denied(Denied::System);
        }
        if !(request.zeroed && self.wants_fresh(class, request.bytes))
            && let Some(pages) = self.idle.take(class)
        {
            let offset = Mapped::next_stagger();
            let (address, bytes, site) = (pages.address_at(offset), request.bytes, request.site);
            let entry = Entry { address, bytes, class, untouched: false, site };
            let Some(record) = self.arrays.records.add(entry, account) else {
                return Begun::Denied(Denied::System);
            };
            self.charge_array(account, class, request, true);
            return Begun::Reused(pages.hand_out(offset), record);
        }
        if let Some(chain) = self.make_way(class) {
            return Begun::Trimmed(chain);
        }
        match self.admit_bytes(if self.arrays.counted { class.mapped_bytes() } else { 0 }, request.overrun) {
            Admission::Granted => {
                self.charge_array(account, class, request, false);
                Begun::Charged
            }
            Admission::Trimmed(chain) => Begun::Trimmed(chain),
            Admission::Wait => Begun::Wait,
            Admission::Short(_) => Begun::Denied(self.denied()),
        }
    }

    /// What has to go before fresh pages come, so that the pool makes no program larger than its own arrays made it at
    /// their peak: without that, what a program makes once and drops would idle beside what its loop makes. Loops whose
    /// turns need more than that peak, of one size after another, show it by asking again for what was sent away.
    fn make_way(&mut self, class: Class) -> Option<Chain> {
        let (bytes, now) = (class.mapped_bytes(), self.hits + self.misses + 1);
        let made_way = std::mem::take(&mut self.arrays.made_way[class.index()]);
        // The same number is the same request, which asks again now that others are gone.
        if made_way != 0 && (1..REGRETTED).contains(&now.saturating_sub(made_way)) {
            self.arrays.spare = (self.arrays.spare + bytes).min(self.idle_limit);
        }
        let wanted = self.live + bytes;
        let peak = self.peak_live.max(wanted);
        let room = peak + peak / PEAK_PART + self.arrays.spare - wanted;
        let mut chain = Chain::default();
        while self.idle.bytes() > room
            && let Some(block) = self.idle.take_oldest()
        {
            self.arrays.made_way[block.class().index()] = now;
            chain.push(block);
        }
        self.leave(chain.bytes());
        (chain.bytes() > 0).then_some(chain)
    }

    /// Whether a request for zeros is better served by pages that the system makes zero when they are touched.
    fn wants_fresh(&mut self, class: Class, bytes: usize) -> bool {
        if bytes < ZEROS_CLEARED_BELOW {
            return false;
        }
        if bytes >= ZEROS_FRESH_FROM {
            return true;
        }
        let filled = &mut self.arrays.filled[class.index()];
        *filled = filled.saturating_sub(1);
        *filled == 0
    }

    /// Charge what an array takes more when its pages move into a block of a larger class.
    pub(crate) fn begin_growth(
        &mut self,
        account: &ArrayAccount,
        from: Entry,
        to: Entry,
        overrun: usize,
    ) -> Begun {
        if let Some(full) = account.without_room(to.bytes.saturating_sub(from.bytes), overrun) {
            return Begun::Denied(Denied::by(full));
        }
        let more = to.class.mapped_bytes().saturating_sub(from.class.mapped_bytes());
        match self.admit_bytes(if self.arrays.counted { more } else { 0 }, overrun) {
            Admission::Granted => {
                self.recharge_array(account, from, to);
                Begun::Charged
            }
            Admission::Trimmed(chain) => Begun::Trimmed(chain),
            Admission::Wait => Begun::Wait,
            Admission::Short(_) => Begun::Denied(self.denied()),
        }
    }

    /// An array takes another block or another number of bytes.
    pub(crate) fn recharge_array(&mut self, account: &ArrayAccount, from: Entry, to: Entry) {
        account.resize(from.bytes, to.bytes);
        site_usage::resized((from.site, from.bytes), (to.site, to.bytes));
        LIVE.fetch_add(to.bytes, Relaxed);
        LIVE.fetch_sub(from.bytes, Relaxed);
        let (before, after) = (from.class.mapped_bytes(), to.class.mapped_bytes());
        self.arrays.live = self.arrays.live - before + after;
        self.arrays.peak = self.arrays.peak.max(self.arrays.live);
        self.live = self.live - before + after;
        self.peak_live = self.peak_live.max(self.live);
    }

    /// The process's budget has no room.
    fn denied(&self) -> Denied {
        Denied::Pool { limit: self.limit, available: self.available() }
    }

    /// Whether a block of this class idles.
    pub(crate) fn has_idle(&self, class: Class) -> bool {
        self.idle.has(class)
    }

    /// A record for a block that was charged; `None` if there is none left.
    pub(crate) fn record_array(&mut self, entry: Entry, account: &Arc<ArrayAccount>) -> Option<u32> {
        self.arrays.records.add(entry, account)
    }

    /// A block's record and charge are no more. Its account comes back, to be dropped without the lock.
    pub(crate) fn forget_array(&mut self, record: u32, entry: Entry) -> Arc<ArrayAccount> {
        let account = self.arrays.records.remove(record);
        account.end(entry.bytes);
        self.end_charge(entry.class, entry.site, entry.bytes);
        account
    }

    /// Take a block back, to keep it if it was touched: what has to go instead comes back, with the account.
    pub(crate) fn end_array(
        &mut self,
        record: u32,
        entry: Entry,
        pages: Mapped,
    ) -> (Chain, Arc<ArrayAccount>) {
        let account = self.forget_array(record, entry);
        self.note_filled(entry, true);
        (self.keep(pages), account)
    }

    /// Whether an array that wanted zeros was filled: the next of its kind will be taken to be the same.
    pub(crate) fn note_filled(&mut self, entry: Entry, filled: bool) {
        if entry.untouched {
            self.arrays.filled[entry.class.index()] = if filled { ZEROS_SAMPLED } else { 0 };
        }
    }

    fn charge_array(&mut self, account: &ArrayAccount, class: Class, request: ArrayRequest, hit: bool) {
        let (bytes, mapped) = (request.bytes, class.mapped_bytes());
        site_usage::begin(request.site, bytes);
        account.begin(bytes, hit);
        LIVE.fetch_add(bytes, Relaxed);
        self.arrays.live += mapped;
        self.arrays.peak = self.arrays.peak.max(self.arrays.live);
        *(if hit { &mut self.arrays.hits } else { &mut self.arrays.misses }) += 1;
        self.begin_foreign(mapped, hit);
    }

    /// There are no pages for an array that was charged as a fresh one: it was none.
    pub(crate) fn withdraw_array(&mut self, account: &ArrayAccount, class: Class, request: ArrayRequest) {
        account.withdraw(request.bytes);
        self.arrays.misses -= 1;
        self.misses -= 1;
        self.end_charge(class, request.site, request.bytes);
    }

    fn end_charge(&mut self, class: Class, site: u32, bytes: usize) {
        site_usage::end(site, bytes);
        LIVE.fetch_sub(bytes, Relaxed);
        self.arrays.live -= class.mapped_bytes();
        self.live -= class.mapped_bytes();
    }

    /// Another number of bytes in the same block. Fewer are never refused.
    pub(crate) fn resize_array(
        &mut self,
        account: &ArrayAccount,
        record: u32,
        from: Entry,
        bytes: usize,
        overrun: usize,
    ) -> Result<(), Denied> {
        if bytes > from.bytes
            && let Some(full) = account.without_room(bytes - from.bytes, overrun)
        {
            return Err(Denied::by(full));
        }
        self.recharge_array(account, from, Entry { bytes, ..from });
        records::set_bytes(record, bytes);
        Ok(())
    }
}

/// Bytes of all arrays that are alive, as they were asked for.
pub fn live_array_bytes() -> usize {
    LIVE.load(Relaxed)
}

/// The arrays that are alive under an account: bytes and site of each, in no order.
pub fn living_arrays(account: &ArrayAccount) -> Vec<(usize, u32)> {
    const AT_ONCE: usize = 4096;
    let mut living = Vec::new();
    let mut from = Some(0);
    while let Some(start) = from {
        // Nothing may be allocated under the lock.
        living.reserve(AT_ONCE);
        from = PROCESS.with(|state| {
            state.arrays.records.walk(start, AT_ONCE, |entry, holder| {
                if holder.is_within(account) {
                    living.push((entry.bytes, entry.site));
                }
            })
        });
    }
    living
}
