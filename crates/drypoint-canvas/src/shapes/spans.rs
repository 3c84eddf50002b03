//! Runs of pixels along x, counted without visiting them: a run adds one at its first pixel and takes one away past its
//! last, and sums along the lines are the counts. A polygon of a million pixels costs two additions a line so.

use drypoint_memory::{BudgetExceeded, Buffer, MemoryConsumer, charged_bytes};

/// Spans after which a cell could pass 2³¹.
const MOST_SPANS: u32 = 1 << 30;

/// Differences along the lines of a grid, each line one longer than the grid is wide.
pub(super) struct Spans {
    cells: Buffer<i32>,
    width: usize,
    spans: u32,
}

impl Spans {
    pub(super) fn bytes(width: usize, height: usize) -> usize {
        let cells = (width + 1).saturating_mul(height);
        charged_bytes(cells.saturating_mul(size_of::<i32>())).unwrap_or(usize::MAX)
    }

    pub(super) fn new(
        width: usize,
        height: usize,
        consumer: &MemoryConsumer,
    ) -> Result<Self, BudgetExceeded> {
        Ok(Self { cells: consumer.zeroed((width + 1) * height)?, width, spans: 0 })
    }

    /// One more visit of each of the pixels `first .. end` of a line.
    #[inline]
    pub(super) fn add(&mut self, line: usize, first: usize, end: usize) {
        let line = &mut self.cells[line * (self.width + 1)..][..=self.width];
        line[first] += 1;
        line[end] -= 1;
        self.spans += 1;
    }

    /// Whether [`Spans::drain`] has to be called before more are added.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.spans >= MOST_SPANS
    }

    /// Give the counts, `put(cell, count)`, and begin anew.
    pub(super) fn drain(&mut self, mut put: impl FnMut(usize, u32)) {
        if self.spans == 0 {
            return;
        }
        for (number, line) in self.cells.chunks_exact_mut(self.width + 1).enumerate() {
            let mut sum = 0;
            for (column, cell) in line.iter_mut().enumerate() {
                sum += *cell;
                *cell = 0;
                if sum != 0 {
                    put(number * self.width + column, sum as u32);
                }
            }
        }
        self.spans = 0;
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
            added in prop::collection::vec((0usize..11, 0usize..=37, 0usize..=37), 0..60),
        ) {
            let pool = MemoryPool::new(1 << 20);
            let mut spans = Spans::new(37, 11, &pool.consumer("test")).unwrap();
            for _ in 0..2 {
                let mut expected = BTreeMap::<usize, u32>::new();
                for &(line, a, b) in &added {
                    spans.add(line, a.min(b), a.max(b));
                    for column in a.min(b)..a.max(b) {
                        *expected.entry(line * 37 + column).or_default() += 1;
                    }
                }
                let mut found = BTreeMap::new();
                spans.drain(|cell, count| assert!(found.insert(cell, count).is_none()));
                prop_assert_eq!(&found, &expected);
            }
        }
    }
}
