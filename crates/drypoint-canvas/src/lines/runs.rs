//! Vertical runs, counted without visiting their pixels: a run adds one at its first pixel and takes one away past its
//! last, and sums along the columns are the counts. A series that jumps up and down by hundreds of pixels costs two
//! additions a row so, and the counts are exact.

use drypoint_memory::{BudgetExceeded, Buffer, MemoryConsumer, charged_bytes};

use crate::Reduction;

/// Runs after which a cell could pass 2³¹.
const MOST_RUNS: u32 = 1 << 30;
/// Columns that are summed side by side, so that what is written of a line lies together.
const COLUMNS: usize = 16;

/// Whether runs count what the reduction folds: they know neither values nor categories.
pub(super) fn runs_suit(reduction: &Reduction) -> bool {
    matches!(reduction, Reduction::Count(_) | Reduction::Any(_))
}

/// Whether runs are cheaper than visits: few pixels are better visited one by one, because those are single bytes that
/// stay in a nearer cache.
#[inline(always)]
pub(super) fn suits_runs(across: u32, up: u32) -> bool {
    const FEW: u32 = 8;
    across < up && up >= FEW
}

/// Counters of one cell that are added to in turns, so that one addition does not wait for the one before.
const TURNS: usize = 4;

/// Differences along the columns of a grid, column after column, each one longer than the grid is high; and single visits of
/// one column, while a series stays in it.
pub(super) struct Runs {
    cells: Buffer<i32>,
    width: usize,
    height: usize,
    runs: u32,
    /// Visits of each line of the column, `TURNS` beside each other.
    tally: Buffer<u32>,
    column: Option<u32>,
}

impl Runs {
    pub(super) fn bytes(width: usize, height: usize) -> usize {
        let bytes = |cells: usize| charged_bytes(cells.saturating_mul(4)).unwrap_or(usize::MAX);
        bytes((height + 1).saturating_mul(width)).saturating_add(bytes(height.saturating_mul(TURNS)))
    }

    pub(super) fn new(
        width: usize,
        height: usize,
        consumer: &MemoryConsumer,
    ) -> Result<Self, BudgetExceeded> {
        Ok(Self {
            cells: consumer.zeroed((height + 1) * width)?,
            width,
            height,
            runs: 0,
            tally: consumer.zeroed(height * TURNS)?,
            column: None,
        })
    }

    /// The visits of segments that go from line to line within one column, the first one from `from`.
    pub(super) fn series(&mut self, column: u32, from: u32, lines: &[u32]) {
        if self.column != Some(column) {
            self.settle();
            self.column = Some(column);
        }
        let start = column as usize * (self.height + 1);
        let (tally, cells) = (&mut self.tally[..], &mut self.cells[start..][..=self.height]);
        let mut from = from;
        for (turn, &to) in lines.iter().enumerate() {
            if to.wrapping_sub(from).wrapping_add(1) <= 2 {
                tally[to as usize * TURNS + turn % TURNS] += 1;
            } else {
                let above = u32::from(to > from);
                let (first, end) = (from.min(to) + above, from.max(to) + above);
                cells[first as usize] += 1;
                cells[end as usize] -= 1;
            }
            from = to;
        }
        self.runs += lines.len() as u32;
    }

    /// Put the visits of the column among the differences.
    fn settle(&mut self) {
        let Some(column) = self.column.take() else { return };
        let start = column as usize * (self.height + 1);
        let cells = &mut self.cells[start..][..=self.height];
        let mut before = 0i32;
        for (line, counts) in self.tally.chunks_exact_mut(TURNS).enumerate() {
            let count = counts.iter().sum::<u32>() as i32;
            cells[line] += count - before;
            before = count;
            counts.fill(0);
        }
        cells[self.height] -= before;
    }

    /// One more visit of each pixel of a column from one line to another, both included.
    #[inline]
    pub(super) fn add(&mut self, column: u32, first: u32, last: u32) {
        let start = column as usize * (self.height + 1);
        let column = &mut self.cells[start..][..=self.height];
        column[first as usize] += 1;
        column[last as usize + 1] -= 1;
        self.runs += 1;
    }

    /// Whether `more` runs may be added before [`Runs::drain`] has to be called.
    #[inline]
    pub(super) fn has_room(&self, more: usize) -> bool {
        (self.runs as usize).saturating_add(more) < MOST_RUNS as usize
    }

    /// Give the counts, `put(cell, count)`, and begin anew.
    pub(super) fn drain(&mut self, mut put: impl FnMut(usize, u32)) {
        if self.runs == 0 {
            return;
        }
        self.settle();
        let length = self.height + 1;
        for first in (0..self.width).step_by(COLUMNS) {
            let columns = COLUMNS.min(self.width - first);
            let mut sums = [0i32; COLUMNS];
            for line in 0..length {
                for (column, sum) in sums[..columns].iter_mut().enumerate() {
                    let cell = &mut self.cells[(first + column) * length + line];
                    *sum += *cell;
                    *cell = 0;
                    if *sum != 0 {
                        put(line * self.width + first + column, *sum as u32);
                    }
                }
            }
        }
        self.runs = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use drypoint_memory::MemoryPool;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sums_are_what_visiting_each_pixel_counts(
            added in prop::collection::vec((0u32..37, 0u32..11, 0u32..11), 0..60),
        ) {
            let pool = MemoryPool::new(1 << 20);
            let mut runs = Runs::new(37, 11, &pool.consumer("test")).unwrap();
            let mut expected = BTreeMap::<usize, u32>::new();
            for _ in 0..2 {
                for &(column, a, b) in &added {
                    if (column + a) % 3 == 0 {
                        // From one line to another and back, within one column.
                        runs.series(column, a, &[b, a, a]);
                        for line in a.min(b)..=a.max(b) {
                            // Each but the turning point is passed on both ways.
                            let visits = if a == b { 3 } else { 2 - u32::from(line == b) };
                            *expected.entry(line as usize * 37 + column as usize).or_default() += visits;
                        }
                        continue;
                    }
                    runs.add(column, a.min(b), a.max(b));
                    for line in a.min(b)..=a.max(b) {
                        *expected.entry(line as usize * 37 + column as usize).or_default() += 1;
                    }
                }
                let mut found = BTreeMap::new();
                runs.drain(|cell, count| assert!(found.insert(cell, count).is_none()));
                prop_assert_eq!(&found, &expected);
                expected.clear();
            }
        }
    }
}
