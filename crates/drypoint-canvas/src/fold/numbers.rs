//! From keys to the numbers of rows. Keys grow along a source, but where batches are found in parallel (text) they have
//! gaps: how many rows lie before one is known when all are read.

use drypoint_memory::{MemoryConsumer, MemoryReservation};

use crate::Result;

/// Runs of consecutive keys, as one thread met them.
#[derive(Default)]
pub(crate) struct RowRuns {
    /// First key, and how many.
    runs: Vec<(u64, u64)>,
    held: Vec<MemoryReservation>,
}

impl RowRuns {
    /// A batch of `rows` rows whose first has this key.
    pub(crate) fn note(&mut self, key: u64, rows: usize, consumer: &MemoryConsumer) -> Result<()> {
        const STEP: usize = 1 << 16;
        let rows = rows as u64;
        match self.runs.last_mut() {
            _ if rows == 0 => return Ok(()),
            Some((first, count)) if *first + *count == key => *count += rows,
            _ => self.runs.push((key, rows)),
        }
        let bytes = (self.runs.capacity() * size_of::<(u64, u64)>()).next_multiple_of(STEP);
        let held: usize = self.held.iter().map(MemoryReservation::bytes).sum();
        if bytes > held {
            self.held.push(consumer.try_reserve(bytes - held)?);
        }
        Ok(())
    }

    /// The runs of several threads.
    pub(crate) fn together(threads: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for thread in threads {
            all.runs.extend(thread.runs);
            all.held.extend(thread.held);
        }
        all
    }
}

/// The numbers of all rows.
#[derive(Default)]
pub(crate) struct RowNumbers {
    /// First key, how many, and the number of the first; sorted.
    runs: Vec<(u64, u64, u64)>,
    _held: Vec<MemoryReservation>,
}

impl RowNumbers {
    pub(crate) fn new(threads: impl IntoIterator<Item = RowRuns>) -> Self {
        let RowRuns { mut runs, held } = RowRuns::together(threads);
        runs.sort_unstable();
        let mut before = 0;
        let numbered = runs.into_iter().map(|(first, count)| {
            before += count;
            (first, count, before - count)
        });
        Self { runs: numbered.collect(), _held: held }
    }

    /// How many rows lie before the one with this key.
    pub(crate) fn number(&self, key: u64) -> u64 {
        let after = self.runs.partition_point(|(first, ..)| *first <= key);
        match after.checked_sub(1).map(|at| self.runs[at]) {
            Some((first, count, before)) => before + (key - first).min(count),
            None => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use drypoint_memory::MemoryPool;

    use super::*;

    #[test]
    fn gaps_between_keys_do_not_count() {
        let consumer = MemoryPool::new(1 << 20).consumer("test");
        let (mut one, mut other) = (RowRuns::default(), RowRuns::default());
        for (key, rows) in [(0, 10), (10, 5), (1000, 0), (1000, 7)] {
            one.note(key, rows, &consumer).unwrap();
        }
        other.note(500, 3, &consumer).unwrap();
        assert_eq!(one.runs.len(), 2);
        let numbers = RowNumbers::new([one, other]);
        assert_eq!([0, 14, 500, 502, 1000, 1006].map(|key| numbers.number(key)), [0, 14, 15, 17, 18, 24]);
    }
}
