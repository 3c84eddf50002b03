//! Parquet's mixture of run lengths and bit packing, in which levels, dictionary codes and truth values are written.
//!
//! The decoder holds positions only and is given the page at each call, so that it can live beside the page.

use super::fault::{Decoded, Fault};

/// The run a decoder stands in.
#[derive(Debug, Clone, Copy)]
enum Run {
    /// `left` times the same value.
    Repeat { value: u32, left: usize },
    /// `left` values of `width` bits each, from bit `bit` of the page on.
    Packed { bit: usize, left: usize },
}

/// A decoder of values of `width` bits in `page[at..end]`.
#[derive(Debug, Clone)]
pub(super) struct Hybrid {
    width: u32,
    at: usize,
    end: usize,
    run: Run,
}

impl Hybrid {
    /// `end` must not lie beyond the page.
    pub(super) fn new(width: u32, at: usize, end: usize) -> Decoded<Self> {
        if width > 32 {
            return Err(Fault::damaged(format!("values of {width} bits, at most 32 are possible")));
        }
        Ok(Self { width, at, end, run: Run::Repeat { value: 0, left: 0 } })
    }

    fn begin_run(&mut self, page: &[u8]) -> Decoded<()> {
        let short = || Fault::damaged("a run of levels or codes ends too early");
        let bytes = &page[..self.end];
        let mut head = 0u64;
        for shift in (0..35).step_by(7) {
            let byte = *bytes.get(self.at).ok_or_else(short)?;
            self.at += 1;
            head |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let count = (head >> 1) as usize;
        if head & 1 == 0 {
            let length = self.width.div_ceil(8) as usize;
            let stored = bytes.get(self.at..self.at + length).ok_or_else(short)?;
            let value = stored.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
            self.at += length;
            self.run = Run::Repeat { value, left: count };
        } else {
            // Groups of eight values; some writers cut the last group's padding off.
            let available = (self.end - self.at) * 8;
            let values = match self.width {
                0 => count * 8,
                width => (count * 8).min(available / width as usize),
            };
            let bit = self.at * 8;
            self.at = self.end.min(self.at + count * self.width as usize);
            self.run = Run::Packed { bit, left: values };
            if values == 0 && count > 0 {
                return Err(short());
            }
        }
        Ok(())
    }

    /// Fill `out`.
    pub(super) fn read(&mut self, page: &[u8], out: &mut [u32]) -> Decoded<()> {
        let mut done = 0;
        while done < out.len() {
            let wanted = out.len() - done;
            match &mut self.run {
                Run::Repeat { left: 0, .. } | Run::Packed { left: 0, .. } => self.begin_run(page)?,
                Run::Repeat { value, left } => {
                    let count = wanted.min(*left);
                    out[done..done + count].fill(*value);
                    *left -= count;
                    done += count;
                }
                Run::Packed { bit, left } => {
                    let count = wanted.min(*left);
                    unpack(&page[..self.end], *bit, self.width, &mut out[done..done + count]);
                    *bit += count * self.width as usize;
                    *left -= count;
                    done += count;
                }
            }
        }
        Ok(())
    }

    /// Hand the next `rows` values to `sink`, either as a number of times the same value or as up to 32 at once.
    pub(super) fn runs(
        &mut self,
        page: &[u8],
        mut rows: usize,
        mut sink: impl FnMut(Values<'_>),
    ) -> Decoded<()> {
        let mut block = [0; 32];
        while rows > 0 {
            match &mut self.run {
                Run::Repeat { left: 0, .. } | Run::Packed { left: 0, .. } => self.begin_run(page)?,
                Run::Repeat { value, left } => {
                    let count = rows.min(*left);
                    sink(Values::Repeat(*value, count));
                    *left -= count;
                    rows -= count;
                }
                Run::Packed { bit, left } => {
                    let count = rows.min(*left).min(block.len());
                    unpack(&page[..self.end], *bit, self.width, &mut block[..count]);
                    sink(Values::Block(&block[..count]));
                    *bit += count * self.width as usize;
                    *left -= count;
                    rows -= count;
                }
            }
        }
        Ok(())
    }
}

/// Values as they come out of [`Hybrid::runs`].
#[derive(Debug)]
pub(super) enum Values<'a> {
    Repeat(u32, usize),
    Block(&'a [u32]),
}

/// `out.len()` values of `width` bits from bit `bit` of `bytes`; the caller has checked that they are there.
fn unpack(bytes: &[u8], mut bit: usize, width: u32, out: &mut [u32]) {
    let mask = ((1u64 << width) - 1) as u32;
    for slot in out {
        let first = bit >> 3;
        let word = match bytes.get(first..first + 8) {
            Some(eight) => u64::from_le_bytes(eight.try_into().expect("eight bytes")),
            None => {
                let mut eight = [0; 8];
                let tail = bytes.get(first..).unwrap_or(&[]);
                eight[..tail.len()].copy_from_slice(tail);
                u64::from_le_bytes(eight)
            }
        };
        *slot = (word >> (bit & 7)) as u32 & mask;
        bit += width as usize;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The obvious writer: runs of eight or more equal values as repeats, the rest packed.
    fn encode(values: &[u32], width: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let varint = |mut head: usize, bytes: &mut Vec<u8>| {
            while head >= 0x80 {
                bytes.push(head as u8 | 0x80);
                head >>= 7;
            }
            bytes.push(head as u8);
        };
        let mut at = 0;
        while at < values.len() {
            let same = values[at..].iter().take_while(|value| **value == values[at]).count();
            if same >= 8 {
                varint(same << 1, &mut bytes);
                bytes.extend(&values[at].to_le_bytes()[..width.div_ceil(8) as usize]);
                at += same;
            } else {
                let mut group = [0; 8];
                let count = 8.min(values.len() - at);
                group[..count].copy_from_slice(&values[at..at + count]);
                varint(1 << 1 | 1, &mut bytes);
                let mut packed = [0u8; 32];
                for (index, value) in group.iter().enumerate() {
                    for bit in 0..width as usize {
                        let place = index * width as usize + bit;
                        packed[place / 8] |= ((value >> bit & 1) as u8) << (place % 8);
                    }
                }
                bytes.extend(&packed[..width as usize]);
                at += count;
            }
        }
        bytes
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_in_any_portions(
            width in 0u32..=32,
            runs in prop::collection::vec((any::<u32>(), 1usize..40), 1..20),
            portion in 1usize..50,
        ) {
            let mask = ((1u64 << width) - 1) as u32;
            let values: Vec<u32> = runs
                .iter()
                .flat_map(|(value, count)| (0..*count as u32).map(move |i| if count % 3 == 0 { value.wrapping_add(i % 2) } else { *value }))
                .map(|value| value & mask)
                .collect();
            let page = encode(&values, width);
            let mut hybrid = Hybrid::new(width, 0, page.len()).unwrap();
            let mut again = Hybrid::new(width, 0, page.len()).unwrap();
            for expected in values.chunks(portion) {
                let mut found = vec![0; expected.len()];
                hybrid.read(&page, &mut found).unwrap();
                prop_assert_eq!(&found, expected);
                let mut found = Vec::new();
                again.runs(&page, expected.len(), |values| match values {
                    Values::Repeat(value, count) => found.extend(std::iter::repeat_n(value, count)),
                    Values::Block(block) => found.extend(block),
                }).unwrap();
                prop_assert_eq!(&found, expected);
            }
        }

        #[test]
        fn any_bytes_give_values_or_a_fault(page in prop::collection::vec(any::<u8>(), 0..64), width in 0u32..=32) {
            let mut hybrid = Hybrid::new(width, 0, page.len()).unwrap();
            let mut out = vec![0; 1000];
            if hybrid.read(&page, &mut out).is_err() {
                prop_assert!(hybrid.at <= page.len());
            }
        }
    }
}
