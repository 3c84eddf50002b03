//! What is known of each array that is out: kept beside the blocks, in a table that takes memory only as far as it is used.
//!
//! Everything here is done under the pool's lock, except that whoever owns a block may read its record without it.

use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering::Relaxed};

use crate::class::Class;
use crate::pool::ArrayAccount;

/// Arrays that can be out at a time; at 64 KiB and more each, they take 64 GiB.
const MOST: usize = 1 << 20;

struct Record {
    address: AtomicUsize,
    /// Bytes asked for; in a free record, the number of the next free one.
    bytes: AtomicUsize,
    /// From `Arc::into_raw`: the record counts as a holder of it.
    account: AtomicPtr<ArrayAccount>,
    /// The class, then whether its pages came untouched, then the site.
    rest: AtomicU64,
}

const UNTOUCHED: u64 = 1 << 16;
const SITE_SHIFT: u32 = 32;

static RECORDS: [Record; MOST] = [const {
    Record {
        address: AtomicUsize::new(0),
        bytes: AtomicUsize::new(0),
        account: AtomicPtr::new(ptr::null_mut()),
        rest: AtomicU64::new(0),
    }
}; MOST];

/// An array as its record has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) address: usize,
    /// Bytes asked for.
    pub(crate) bytes: usize,
    pub(crate) class: Class,
    /// Whether the block came fresh from the system for a request that wanted zeros.
    pub(crate) untouched: bool,
    /// Where it was made, as the caller numbers places; 0 is not known.
    pub(crate) site: u32,
}

/// Which records are in use.
#[derive(Debug)]
pub(crate) struct Records {
    /// One beyond the highest that was ever used.
    used: usize,
    /// The first free one below that, plus one.
    free: usize,
}

/// The record with a number, which its owner may read.
pub(crate) fn read(number: u32) -> Entry {
    let record = &RECORDS[number as usize];
    let rest = record.rest.load(Relaxed);
    Entry {
        address: record.address.load(Relaxed),
        bytes: record.bytes.load(Relaxed),
        class: Class::from_index((rest & (UNTOUCHED - 1)) as usize),
        untouched: rest & UNTOUCHED != 0,
        site: (rest >> SITE_SHIFT) as u32,
    }
}

/// Another number of bytes, in the same block.
pub(crate) fn set_bytes(number: u32, bytes: usize) {
    RECORDS[number as usize].bytes.store(bytes, Relaxed);
}

/// The array moved: its record is that of another block now. Whose it is stays.
pub(crate) fn relocate(number: u32, to: Entry) {
    let record = &RECORDS[number as usize];
    record.address.store(to.address, Relaxed);
    record.bytes.store(to.bytes, Relaxed);
    record.rest.store(rest_of(to), Relaxed);
}

fn rest_of(entry: Entry) -> u64 {
    let untouched = if entry.untouched { UNTOUCHED } else { 0 };
    entry.class.index() as u64 | untouched | u64::from(entry.site) << SITE_SHIFT
}

/// Whose array it is.
pub(crate) fn account(number: u32) -> Arc<ArrayAccount> {
    let account = RECORDS[number as usize].account.load(Relaxed).cast_const();
    // SAFETY: the caller owns the block, so its record is in use and holds a count of the account, which came
    // from `Arc::into_raw`; one more is counted for the `Arc` made here.
    unsafe {
        Arc::increment_strong_count(account);
        Arc::from_raw(account)
    }
}

impl Records {
    pub(crate) const fn new() -> Self {
        Self { used: 0, free: 0 }
    }

    /// Whether there is room for one more.
    pub(crate) fn has_room(&self) -> bool {
        self.free > 0 || self.used < MOST
    }

    /// A record for an array, which holds its account; `None` if there is none left.
    pub(crate) fn add(&mut self, entry: Entry, account: &Arc<ArrayAccount>) -> Option<u32> {
        let number = match self.free.checked_sub(1) {
            Some(number) => {
                self.free = RECORDS[number].bytes.load(Relaxed);
                number
            }
            None if self.used < MOST => {
                self.used += 1;
                self.used - 1
            }
            None => return None,
        };
        let record = &RECORDS[number];
        record.address.store(entry.address, Relaxed);
        record.bytes.store(entry.bytes, Relaxed);
        record.account.store(Arc::into_raw(account.clone()).cast_mut(), Relaxed);
        record.rest.store(rest_of(entry), Relaxed);
        Some(number as u32)
    }

    /// Free a record. The account that it held comes back, to be dropped without the lock.
    pub(crate) fn remove(&mut self, number: u32) -> Arc<ArrayAccount> {
        let record = &RECORDS[number as usize];
        record.address.store(0, Relaxed);
        record.bytes.store(self.free, Relaxed);
        self.free = number as usize + 1;
        let account = record.account.swap(ptr::null_mut(), Relaxed).cast_const();
        debug_assert!(!account.is_null());
        // SAFETY: the record was in use, as its block's owner vouches by giving it up once, so the pointer is from
        // `Arc::into_raw` and its count passes to the result.
        unsafe { Arc::from_raw(account) }
    }

    /// Show `look` up to `most` records from number `from` on, and say where to go on; `None` at the end.
    pub(crate) fn walk(
        &self,
        from: usize,
        most: usize,
        mut look: impl FnMut(Entry, &ArrayAccount),
    ) -> Option<usize> {
        let end = self.used.min(from + most);
        for (number, record) in RECORDS.iter().enumerate().take(end).skip(from) {
            let account = record.account.load(Relaxed).cast_const();
            // SAFETY: under the lock a record in use holds a count of its account; a free one holds null.
            if let Some(account) = unsafe { account.as_ref() } {
                look(read(number as u32), account);
            }
        }
        (end < self.used).then_some(end)
    }
}
