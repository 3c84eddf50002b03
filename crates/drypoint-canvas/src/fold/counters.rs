//! Counts: one byte a cell for each thread, and one wide plane for all.
//!
//! Random access is as fast as its target is small, and a byte is a quarter of what a count needs. Each time a byte
//! passes 255, one is added to a 32-bit plane that all threads share; that happens once in 256 points at most, so its
//! being atomic costs nothing, and a second thread costs one byte a cell instead of four. A count is
//! `256 * wide + Σ narrow`: exact up to 2⁴⁰, and what passes even that is kept in a map.
//!
//! Where not even the bytes fit the budget, all threads count straight into the wide plane ("direct").

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use drypoint_memory::{BudgetExceeded, Buffer, MemoryConsumer};

use crate::Reduction;
use crate::aggregate::Planes;
use crate::raw::{self, AtomicPlane, Points};

/// Narrow counts in one wide count.
const NARROW: u64 = 1 << 8;
/// Wide counts that one wrap of the wide plane stands for.
const WRAP: u64 = 1 << 32;

/// What all threads of a fold count into.
pub(crate) struct SharedCounts {
    cells: usize,
    consumer: MemoryConsumer,
    direct: bool,
    /// Whether `State::wraps` holds anything, to be asked without the lock.
    wrapped: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By code; a code whose plane could not be granted is not here.
    planes: BTreeMap<u32, Arc<AtomicPlane>>,
    /// How often a cell of a plane passed 2³²: (code, cell) to wraps.
    wraps: BTreeMap<(u32, u32), u64>,
}

impl SharedCounts {
    pub(crate) fn new(cells: usize, direct: bool, consumer: MemoryConsumer) -> Arc<Self> {
        Arc::new(Self { cells, consumer, direct, wrapped: AtomicBool::new(false), state: Mutex::default() })
    }

    /// One for each part of a reduction.
    pub(crate) fn for_parts(
        reduction: &Reduction,
        cells: usize,
        direct: bool,
        consumer: &MemoryConsumer,
    ) -> Vec<Arc<Self>> {
        reduction.parts().iter().map(|_| Self::new(cells, direct, consumer.clone())).collect()
    }

    fn plane(&self, code: u32) -> Result<Arc<AtomicPlane>, BudgetExceeded> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plane) = state.planes.get(&code) {
            return Ok(plane.clone());
        }
        let plane = Arc::new(AtomicPlane::new(self.consumer.zeroed(self.cells)?));
        state.planes.insert(code, plane.clone());
        Ok(plane)
    }

    fn wrapped(&self, code: u32, cell: u32, times: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state.wraps.entry((code, cell)).or_default() += times;
        self.wrapped.store(true, Ordering::Release);
    }

    fn add(&self, code: u32, cell: u32, wide: u64, plane: &AtomicPlane) {
        let wraps = wide / WRAP + u64::from(plane.add(cell as usize, (wide % WRAP) as u32));
        if wraps > 0 {
            self.wrapped(code, cell, wraps);
        }
    }
}

/// The counters of one thread.
pub(crate) struct Counters {
    shared: Arc<SharedCounts>,
    /// Empty where all count directly.
    narrow: Vec<Buffer<u8>>,
    wide: Vec<Arc<AtomicPlane>>,
    codes: Vec<u32>,
}

impl Counters {
    pub(crate) fn new(shared: &Arc<SharedCounts>) -> Self {
        Self { shared: shared.clone(), narrow: Vec::new(), wide: Vec::new(), codes: Vec::new() }
    }

    pub(crate) fn add_plane(&mut self, code: u32) -> Result<(), BudgetExceeded> {
        if !self.shared.direct {
            self.narrow.push(self.shared.consumer.zeroed(self.shared.cells)?);
        }
        self.wide.push(self.shared.plane(code)?);
        self.codes.push(code);
        Ok(())
    }

    pub(crate) fn planes(&self) -> usize {
        self.codes.len()
    }

    pub(crate) fn add(&mut self, points: &Points<'_>) {
        let Self { shared, narrow, wide, codes } = self;
        if shared.direct {
            raw::count_direct(points, wide, |cell, plane| shared.wrapped(codes[plane as usize], cell, 1));
        } else {
            raw::count_narrow(points, narrow, |cell, plane| {
                shared.add(codes[plane as usize], cell, 1, &wide[plane as usize]);
            });
        }
    }

    /// What is in cell `from` of a plane falls into `to`. The shared plane must be this thread's own.
    pub(crate) fn absorb(&mut self, plane: usize, from: usize, to: usize) {
        let count = self.clear(plane, from);
        self.put(plane, to, count);
    }

    /// Add a count to a cell.
    pub(crate) fn put(&mut self, plane: usize, cell: usize, count: u64) {
        if count == 0 {
            return;
        }
        let code = self.codes[plane];
        let wide = if self.shared.direct {
            count
        } else {
            let narrow = &mut self.narrow[plane][cell];
            let sum = u64::from(*narrow) + count;
            *narrow = (sum % NARROW) as u8;
            sum / NARROW
        };
        if wide > 0 {
            self.shared.add(code, cell as u32, wide, &self.wide[plane]);
        }
    }

    /// The count of a cell, which is 0 then.
    pub(crate) fn clear(&mut self, plane: usize, cell: usize) -> u64 {
        let narrow = self.narrow.get_mut(plane).map_or(0, |narrow| std::mem::take(&mut narrow[cell]));
        let counter = &self.wide[plane].counters()[cell];
        // Most cells are empty, and a load is cheaper than a swap.
        let wide = if counter.load(Ordering::Relaxed) == 0 { 0 } else { counter.swap(0, Ordering::Relaxed) };
        let wraps = if self.shared.wrapped.load(Ordering::Acquire) {
            let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.wraps.remove(&(self.codes[plane], cell as u32)).unwrap_or(0)
        } else {
            0
        };
        (u64::from(wide) + wraps * WRAP) * self.unit() + u64::from(narrow)
    }

    fn unit(&self) -> u64 {
        if self.shared.direct { 1 } else { NARROW }
    }

    /// The counts of all threads, the planes of `order` one after the other.
    ///
    /// A single plane is finished where it stands; several are copied into one block, each freed as it is done.
    pub(crate) fn finish(threads: Vec<Self>, order: &[u32], joined: bool) -> Result<Planes, BudgetExceeded> {
        let shared = threads[0].shared.clone();
        let unit = threads[0].unit();
        let mut narrow: BTreeMap<u32, Vec<Buffer<u8>>> = BTreeMap::new();
        for thread in threads {
            for (code, plane) in thread.codes.iter().zip(thread.narrow) {
                narrow.entry(*code).or_default().push(plane);
            }
        }
        let State { planes, wraps } =
            std::mem::take(&mut *shared.state.lock().unwrap_or_else(PoisonError::into_inner));
        let mut wide: BTreeMap<u32, Buffer<u32>> = planes
            .into_iter()
            .filter_map(|(code, plane)| Some((code, Arc::into_inner(plane)?.into_cells())))
            .collect();

        let threads = narrow.values().map(Vec::len).max().unwrap_or(0) as u64;
        let most = wide.values().flat_map(|plane| plane.iter().copied().max()).max().unwrap_or(0);
        let fits = wraps.is_empty() && u64::from(most) * unit + threads * (NARROW - 1) <= u64::from(u32::MAX);
        let total = |wide: u32, narrow: &[Buffer<u8>], cell: usize| {
            u64::from(wide) * unit + narrow.iter().map(|plane| u64::from(plane[cell])).sum::<u64>()
        };

        if fits && !joined {
            // One plane: the wide counters become the result.
            if let (Some(mut counts), [code]) = (wide.remove(&order[0]), order) {
                add_narrow(&mut counts, narrow.get(code).map_or(&[], Vec::as_slice), unit as u32);
                return Ok(Planes::U32(counts));
            }
        }
        let (cells, consumer) = (shared.cells, &shared.consumer);
        if fits {
            let mut counts = consumer.zeroed::<u32>(cells * order.len())?;
            for (code, target) in order.iter().zip(counts.chunks_exact_mut(cells.max(1))) {
                if let Some(wide) = wide.remove(code) {
                    target.copy_from_slice(&wide);
                }
                add_narrow(target, &narrow.remove(code).unwrap_or_default(), unit as u32);
            }
            Ok(Planes::U32(counts))
        } else {
            let mut counts = consumer.zeroed::<u64>(cells * order.len())?;
            for (code, target) in order.iter().zip(counts.chunks_exact_mut(cells.max(1))) {
                let narrow = narrow.remove(code).unwrap_or_default();
                if let Some(wide) = wide.remove(code) {
                    for (cell, count) in target.iter_mut().enumerate() {
                        let wraps = wraps.get(&(*code, cell as u32)).copied().unwrap_or(0);
                        *count = total(wide[cell], &narrow, cell) + wraps * WRAP * unit;
                    }
                }
            }
            Ok(Planes::U64(counts))
        }
    }
}

/// `counts * unit + Σ narrow`, which is known to fit.
fn add_narrow(counts: &mut [u32], narrow: &[Buffer<u8>], unit: u32) {
    match narrow.split_first() {
        None => counts.iter_mut().for_each(|count| *count *= unit),
        Some((first, others)) => {
            for (count, narrow) in counts.iter_mut().zip(first.iter()) {
                *count = *count * unit + u32::from(*narrow);
            }
            for plane in others {
                for (count, narrow) in counts.iter_mut().zip(plane.iter()) {
                    *count += u32::from(*narrow);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use drypoint_memory::MemoryPool;

    use super::*;

    fn counters(direct: bool, threads: usize) -> Vec<Counters> {
        let shared = SharedCounts::new(3, direct, MemoryPool::new(1 << 20).consumer("test"));
        (0..threads)
            .map(|_| {
                let mut counters = Counters::new(&shared);
                counters.add_plane(0).unwrap();
                counters
            })
            .collect()
    }

    #[test]
    fn counts_past_each_width_stay_exact() {
        for direct in [false, true] {
            for counts in
                [[0, 255, 256], [1 << 20, (1 << 32) - 600, 7], [1 << 32, 0, 1], [1 << 40, 1 << 41, 3]]
            {
                let mut threads = counters(direct, 2);
                for (cell, count) in counts.iter().enumerate() {
                    threads[0].put(0, cell, count / 3);
                    threads[1].put(0, cell, count - count / 3);
                }
                let found: Vec<u64> = match Counters::finish(threads, &[0], false).unwrap() {
                    Planes::U32(plane) => plane.iter().map(|count| u64::from(*count)).collect(),
                    Planes::U64(plane) => plane.to_vec(),
                    other => panic!("{other:?}"),
                };
                assert_eq!(found, counts, "direct: {direct}");
            }
        }
    }

    #[test]
    fn absorbing_moves_every_part_of_a_count() {
        for direct in [false, true] {
            let mut threads = counters(direct, 1);
            threads[0].put(0, 0, (1 << 41) + 300);
            threads[0].put(0, 2, 250);
            threads[0].absorb(0, 2, 0);
            threads[0].absorb(0, 0, 1);
            assert_eq!(threads[0].clear(0, 0), 0);
            assert_eq!(threads[0].clear(0, 1), (1 << 41) + 550);
        }
    }
}
