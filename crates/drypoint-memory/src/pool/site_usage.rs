//! What the arrays of each place in a program come to, where places are numbered by the caller.
//!
//! Written under the pool's lock with every large array, so a few additions are all that it may cost; read by anyone. The
//! table takes memory only as far as numbers are used.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Places that are told apart; those with higher numbers are counted as unknown.
const MOST: usize = 1 << 14;
/// What all places hold is noted whenever it is by so large a part more than when it was noted last.
const NOTED_PART: usize = 16;

struct Row {
    allocations: AtomicU64,
    allocated: AtomicU64,
    arrays: AtomicUsize,
    live: AtomicUsize,
    at_peak: AtomicUsize,
    last: AtomicUsize,
    rising: AtomicU32,
}

static ROWS: [Row; MOST] = [const {
    Row {
        allocations: AtomicU64::new(0),
        allocated: AtomicU64::new(0),
        arrays: AtomicUsize::new(0),
        live: AtomicUsize::new(0),
        at_peak: AtomicUsize::new(0),
        last: AtomicUsize::new(0),
        rising: AtomicU32::new(0),
    }
}; MOST];
/// One beyond the highest number that was used.
static USED: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicUsize = AtomicUsize::new(0);
static NOTED: AtomicUsize = AtomicUsize::new(0);
static WATCHED: AtomicBool = AtomicBool::new(false);

/// The arrays that were asked for at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SiteUsage {
    /// Requests that were served.
    pub allocations: u64,
    /// Bytes that they asked for.
    pub allocated: u64,
    /// Arrays that are alive.
    pub arrays: usize,
    /// Their bytes.
    pub live: usize,
    /// Bytes that were alive when all places together held most, to a sixteenth.
    pub at_peak: usize,
    /// How many requests asked for more than the one before them.
    pub rising: u32,
}

/// Note from now on what each place held at the peak of all; forget what was noted before.
pub fn watch_site_peaks(on: bool) {
    if on {
        for row in &ROWS[..USED.load(Relaxed)] {
            row.at_peak.store(row.live.load(Relaxed), Relaxed);
        }
        NOTED.store(LIVE.load(Relaxed), Relaxed);
    }
    WATCHED.store(on, Relaxed);
}

/// The bytes of all arrays when they were noted last: their peak since [`watch_site_peaks`], to a sixteenth.
pub fn site_peak() -> usize {
    NOTED.load(Relaxed)
}

/// The numbers of a place.
pub fn site_usage(site: u32) -> SiteUsage {
    let row = &ROWS[place(site)];
    SiteUsage {
        allocations: row.allocations.load(Relaxed),
        allocated: row.allocated.load(Relaxed),
        arrays: row.arrays.load(Relaxed),
        live: row.live.load(Relaxed),
        at_peak: row.at_peak.load(Relaxed),
        rising: row.rising.load(Relaxed),
    }
}

/// One beyond the highest number of a place that asked for an array.
pub fn sites_used() -> u32 {
    USED.load(Relaxed) as u32
}

fn place(site: u32) -> usize {
    let site = site as usize;
    if site < MOST { site } else { 0 }
}

/// An array was made. Under the lock, as all that follows.
pub(super) fn begin(site: u32, bytes: usize) {
    let place = place(site);
    let row = &ROWS[place];
    add(&row.allocations, 1);
    add(&row.allocated, bytes as u64);
    if bytes > row.last.load(Relaxed) {
        row.rising.store(row.rising.load(Relaxed).saturating_add(1), Relaxed);
    }
    row.last.store(bytes, Relaxed);
    row.arrays.store(row.arrays.load(Relaxed) + 1, Relaxed);
    row.live.store(row.live.load(Relaxed) + bytes, Relaxed);
    USED.fetch_max(place + 1, Relaxed);
    grown(bytes);
}

/// An array is gone, or was none.
pub(super) fn end(site: u32, bytes: usize) {
    let row = &ROWS[place(site)];
    row.arrays.store(row.arrays.load(Relaxed).saturating_sub(1), Relaxed);
    row.live.store(row.live.load(Relaxed).saturating_sub(bytes), Relaxed);
    LIVE.store(LIVE.load(Relaxed).saturating_sub(bytes), Relaxed);
}

/// An array has another size, and perhaps a place that it had not.
pub(super) fn resized(from: (u32, usize), to: (u32, usize)) {
    end(from.0, from.1);
    let row = &ROWS[place(to.0)];
    row.arrays.store(row.arrays.load(Relaxed) + 1, Relaxed);
    row.live.store(row.live.load(Relaxed) + to.1, Relaxed);
    USED.fetch_max(place(to.0) + 1, Relaxed);
    grown(to.1);
}

fn grown(bytes: usize) {
    let live = LIVE.load(Relaxed) + bytes;
    LIVE.store(live, Relaxed);
    let noted = NOTED.load(Relaxed);
    if WATCHED.load(Relaxed) && live > noted + noted / NOTED_PART {
        NOTED.store(live, Relaxed);
        for row in &ROWS[..USED.load(Relaxed)] {
            row.at_peak.store(row.live.load(Relaxed), Relaxed);
        }
    }
}

fn add(counter: &AtomicU64, count: u64) {
    counter.store(counter.load(Relaxed) + count, Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    // The table is the process's: each test has numbers of its own, and none is the peak of all.
    #[test]
    fn counts_by_place() {
        begin(9001, 100);
        begin(9001, 200);
        end(9001, 100);
        let usage = site_usage(9001);
        assert_eq!((usage.allocations, usage.allocated, usage.arrays, usage.live), (2, 300, 1, 200));
        assert_eq!(usage.rising, 2);
        resized((9001, 200), (9002, 500));
        assert_eq!((site_usage(9001).live, site_usage(9002).live, site_usage(9002).arrays), (0, 500, 1));
        end(9002, 500);
        assert_eq!(site_usage(9002).live, 0);
    }

    #[test]
    fn numbers_beyond_the_table_are_unknown() {
        assert_eq!(place(u32::MAX), 0);
        assert_eq!(place(MOST as u32 - 1), MOST - 1);
    }
}
