//! Which rows of a batch hold a value, and how values written without gaps find their rows.

use drypoint_memory::{Buffer, MemoryConsumer, Pod};

use super::fault::Decoded;
use super::hybrid::{Hybrid, Values};
use crate::Bitmap;

/// A bitmap that is filled from the front.
#[derive(Debug)]
pub(super) struct Validity {
    words: Buffer<u64>,
    rows: usize,
    nulls: usize,
}

impl Validity {
    pub(super) fn bytes_for(batch_rows: usize) -> usize {
        Self::words_for(batch_rows) * size_of::<u64>()
    }

    fn words_for(batch_rows: usize) -> usize {
        // One more, so that bits can be put across a word's end without a question.
        batch_rows / 64 + 2
    }

    pub(super) fn new(consumer: &MemoryConsumer, batch_rows: usize) -> Decoded<Self> {
        Ok(Self { words: consumer.buffer(Self::words_for(batch_rows))?, rows: 0, nulls: 0 })
    }

    pub(super) fn clear(&mut self) {
        (self.rows, self.nulls) = (0, 0);
    }

    /// `None` if no row is without a value.
    pub(super) fn bitmap(&self) -> Option<Bitmap<'_>> {
        (self.nulls > 0).then(|| Bitmap { bits: bytemuck::cast_slice(&self.words), offset: 0 })
    }

    /// Append up to 64 bits.
    fn push(&mut self, bits: u64, count: usize) {
        let bits = if count == 64 { bits } else { bits & ((1 << count) - 1) };
        let (word, shift) = (self.rows >> 6, self.rows & 63);
        if shift == 0 {
            self.words[word] = bits;
        } else {
            self.words[word] = self.words[word] & ((1 << shift) - 1) | bits << shift;
            self.words[word + 1] = bits >> (64 - shift);
        }
        self.rows += count;
        self.nulls += count - bits.count_ones() as usize;
    }

    /// Append `rows` times the same.
    pub(super) fn push_all(&mut self, valid: bool, rows: usize) {
        let bits = if valid { u64::MAX } else { 0 };
        for begun in (0..rows).step_by(64) {
            self.push(bits, (rows - begun).min(64));
        }
    }

    /// Append `rows` definition levels; returns how many of them stand for a value.
    pub(super) fn push_levels(
        &mut self,
        levels: &mut Hybrid,
        max_level: u32,
        page: &[u8],
        rows: usize,
    ) -> Decoded<usize> {
        let nulls = self.nulls;
        levels.runs(page, rows, |values| match values {
            Values::Repeat(level, count) => self.push_all(level == max_level, count),
            Values::Block(block) => {
                let bits = block
                    .iter()
                    .enumerate()
                    .fold(0, |bits, (index, level)| bits | u64::from(*level == max_level) << index);
                self.push(bits, block.len());
            }
        })?;
        Ok(rows - (self.nulls - nulls))
    }

    /// Move `values[first..first + present]` to the valid ones among the rows `first..end`; the others get zero.
    pub(super) fn spread<T: Pod>(&self, values: &mut [T], first: usize, present: usize, end: usize) {
        let mut from = first + present;
        let mut to = end;
        // Once as many rows as values are left, each value stands where it belongs.
        while from < to {
            to -= 1;
            values[to] = if self.is_valid(to) {
                from -= 1;
                values[from]
            } else {
                T::zeroed()
            };
        }
    }

    /// Whether `row`, already appended, holds a value.
    pub(super) fn is_valid(&self, row: usize) -> bool {
        self.words[row >> 6] >> (row & 63) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drypoint_memory::MemoryPool;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_and_values_stand_where_they_were_put(parts in prop::collection::vec((any::<u64>(), 0usize..=64), 0..20)) {
            let rows: usize = parts.iter().map(|(_, count)| count).sum();
            let consumer = MemoryPool::new(1 << 20).consumer("test");
            let mut validity = Validity::new(&consumer, rows).unwrap();
            let mut expected = Vec::new();
            let mut values = vec![0u32; rows];
            for (bits, count) in parts {
                let first = validity.rows;
                validity.push(bits, count);
                expected.extend((0..count).map(|bit| bits >> bit & 1 == 1));
                let mut present = 0;
                for (row, valid) in expected.iter().enumerate().skip(first) {
                    if *valid {
                        values[first + present] = row as u32 + 1;
                        present += 1;
                    }
                }
                validity.spread(&mut values, first, present, first + count);
            }
            let bitmap = validity.bitmap();
            prop_assert_eq!(bitmap.is_none(), expected.iter().all(|valid| *valid));
            for (row, valid) in expected.iter().enumerate() {
                prop_assert_eq!(bitmap.is_none_or(|bitmap| bitmap.is_valid(row)), *valid);
                prop_assert_eq!(values[row], if *valid { row as u32 + 1 } else { 0 });
            }
        }
    }
}
