//! Who holds what. Three quantities, never mixed: `reserved` (granted by the pool), `live` (blocks in use) and
//! `resident` (what the system counts for the whole process, other libraries included).

use std::sync::Arc;

use crate::{ARRAYS, DECODERS};

/// How many holders a refusal names.
const NAMED_HOLDERS: usize = 5;

/// A pool's numbers at one instant; plain data. All sizes are bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The ceiling.
    pub limit: usize,
    /// What may still be granted when all idle blocks go.
    pub available: usize,
    /// What counts against the limit: reserved, idle, and what decoders took beyond what was reserved for them (which
    /// can pass the limit: they are never refused).
    pub used: usize,
    /// Granted and not returned.
    pub reserved: usize,
    /// Blocks in use, those of decoders included. Children's blocks are in their own pools' snapshots.
    pub live: usize,
    /// Blocks kept for their next use.
    pub idle: usize,
    /// The most that was reserved since the pool began or peaks were reset.
    pub peak_reserved: usize,
    /// The most that was live, likewise.
    pub peak_live: usize,
    /// What the system counts for the process now, where it tells.
    pub resident: Option<usize>,
    /// The most it counted, where it tells.
    pub peak_resident: Option<usize>,
    /// Large blocks (from 64 KiB) that were served from idle ones.
    pub hits: u64,
    /// Large blocks that were fresh from the system.
    pub misses: u64,
    /// Idle blocks that went back to the system because nobody had wanted them for long.
    pub aged: u64,
    /// By consumer, in order of first use. `"decoders"` is always there; `"arrays"` once there were any.
    pub consumers: Vec<ConsumerUsage>,
}

/// One consumer's part of a [`Snapshot`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerUsage {
    /// The consumer's name.
    pub name: Arc<str>,
    /// Bytes granted and not returned.
    pub reserved: usize,
    /// Bytes of blocks in use.
    pub live: usize,
    /// The most bytes reserved; for decoders the most that was live, if that was more.
    pub peak: usize,
    /// Large blocks served from idle ones.
    pub hits: u64,
    /// Large blocks fresh from the system.
    pub misses: u64,
}

/// The numbers that a pool keeps for itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Totals {
    pub(crate) limit: usize,
    pub(crate) available: usize,
    pub(crate) used: usize,
    pub(crate) reserved: usize,
    pub(crate) live: usize,
    pub(crate) idle: usize,
    pub(crate) peak_reserved: usize,
    pub(crate) peak_live: usize,
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    pub(crate) decoders: ForeignUsage,
    pub(crate) arrays: ForeignUsage,
    pub(crate) aged: u64,
}

/// What foreign code took, the decoders or other libraries' arrays, and what of it counts as reserved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ForeignUsage {
    pub(crate) reserved: usize,
    pub(crate) live: usize,
    pub(crate) peak: usize,
    pub(crate) hits: u64,
    pub(crate) misses: u64,
}

impl ForeignUsage {
    pub(crate) const NONE: Self = Self { reserved: 0, live: 0, peak: 0, hits: 0, misses: 0 };

    /// Bytes that no reservation covers.
    pub(crate) fn excess(&self) -> usize {
        self.live.saturating_sub(self.reserved)
    }
}

impl Snapshot {
    /// All but what the system tells.
    pub(crate) fn new(totals: Totals, mut consumers: Vec<ConsumerUsage>) -> Self {
        let decoders = match consumers.iter().position(|usage| &*usage.name == DECODERS) {
            Some(place) => place,
            None => {
                let name = DECODERS.into();
                consumers.push(ConsumerUsage { name, reserved: 0, live: 0, peak: 0, hits: 0, misses: 0 });
                consumers.len() - 1
            }
        };
        let decoders = &mut consumers[decoders];
        decoders.live += totals.decoders.live;
        decoders.peak = decoders.peak.max(totals.decoders.peak);
        decoders.hits += totals.decoders.hits;
        decoders.misses += totals.decoders.misses;
        let arrays = totals.arrays;
        if arrays.hits + arrays.misses > 0 {
            let ForeignUsage { reserved, live, peak, hits, misses } = arrays;
            consumers.push(ConsumerUsage { name: ARRAYS.into(), reserved, live, peak, hits, misses });
        }
        Self {
            limit: totals.limit,
            available: totals.available,
            used: totals.used,
            reserved: totals.reserved,
            live: totals.live,
            idle: totals.idle,
            peak_reserved: totals.peak_reserved,
            peak_live: totals.peak_live,
            resident: None,
            peak_resident: None,
            hits: totals.hits,
            misses: totals.misses,
            aged: totals.aged,
            consumers,
        }
    }

    /// One consumer's numbers.
    pub fn consumer(&self, name: &str) -> Option<&ConsumerUsage> {
        self.consumers.iter().find(|usage| &*usage.name == name)
    }

    /// The largest holders, name and bytes, largest first: five at most.
    pub(crate) fn largest_holders(&self) -> Vec<(String, usize)> {
        let mut holders: Vec<_> = self
            .consumers
            .iter()
            .map(|usage| (usage.name.to_string(), usage.reserved.max(usage.live)))
            .filter(|&(_, bytes)| bytes > 0)
            .collect();
        holders.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        holders.truncate(NAMED_HOLDERS);
        holders
    }
}
