//! How often each value occurs, in one pass and a table whose size does not depend on the picture.
//!
//! Datashader sorts (`np.unique`) where counts span less than 65,536 and makes a 65,536-bin histogram otherwise. A table
//! of all counts in that span says the same without sorting. Beyond it, equal bins would put almost every pixel of a
//! skewed count into the first: bins of equal *ratio* (12 bits of mantissa, as HdrHistogram has) keep 1 part in 4,096.

use drypoint_memory::{Buffer, MemoryConsumer};

use crate::Result;

const BINS: usize = 65_536;
const MANTISSA_BITS: u32 = 12;
const EXACT: u64 = 1 << (MANTISSA_BITS + 1);

/// How a value finds its bin.
#[derive(Debug, Clone, Copy)]
enum Bins {
    /// One bin for each whole number from `low`.
    Whole,
    /// Whole numbers from `low`, bins grow with the distance from it.
    Ratio,
    /// Equal bins over the range; `bins_per_unit` is applied to halves if the range is not finite.
    Equal { bins_per_unit: f64, factor: f64 },
}

pub(super) struct Histogram {
    bins: Bins,
    low: f64,
    high: f64,
    counts: Buffer<u32>,
}

impl Histogram {
    /// An empty histogram of values from `low` to `high`, whole numbers or any.
    pub(super) fn new(low: f64, high: f64, whole: bool, consumer: &MemoryConsumer) -> Result<Self> {
        let (bins, len) = if whole && high - low < BINS as f64 {
            (Bins::Whole, (high - low) as usize + 1)
        } else if whole {
            (Bins::Ratio, ratio_bin((high - low) as u64) + 1)
        } else {
            let factor = if (high - low).is_finite() { 1.0 } else { 0.5 };
            let range = high * factor - low * factor;
            (Bins::Equal { bins_per_unit: if range > 0.0 { BINS as f64 / range } else { 0.0 }, factor }, BINS)
        };
        Ok(Self { bins, low, high, counts: consumer.zeroed(len)? })
    }

    /// Count a value; what lies outside the range is counted at its end.
    #[inline]
    pub(super) fn add(&mut self, value: f64) {
        let value = value.clamp(self.low, self.high);
        let bin = match self.bins {
            Bins::Whole => (value - self.low) as usize,
            Bins::Ratio => ratio_bin((value - self.low) as u64),
            Bins::Equal { bins_per_unit, factor } => {
                ((value * factor - self.low * factor) * bins_per_unit) as usize
            }
        };
        let last = self.counts.len() - 1;
        self.counts[bin.min(last)] += 1;
    }

    /// The values at which the equalised picture changes colour: `levels - 1` of them, rising.
    pub(super) fn thresholds(&self, levels: usize, rescale_discrete_levels: bool) -> Vec<f64> {
        let total: u64 = self.counts.iter().map(|count| u64::from(*count)).sum();
        let filled = self.counts.iter().filter(|count| **count > 0).count();
        let share = |count: u64| count as f64 / total as f64;
        let first =
            self.counts.iter().find(|count| **count > 0).map_or(1.0, |count| share(u64::from(*count)));
        let start = if rescale_discrete_levels { rescaled_start(filled, first) } else { first };

        let mut thresholds = Vec::with_capacity(levels - 1);
        let (mut seen, mut share_before, mut value_before) = (0_u64, 0.0, self.low);
        for (bin, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            seen += u64::from(*count);
            let (share_here, value_here) = (share(seen), self.center(bin));
            while thresholds.len() < levels - 1 {
                let target = start + (1.0 - start) * (thresholds.len() + 1) as f64 / levels as f64;
                if target > share_here {
                    break;
                }
                thresholds.push(if share_before == 0.0 {
                    self.low
                } else if matches!(self.bins, Bins::Whole) {
                    value_here
                } else {
                    let part = (target - share_before) / (share_here - share_before);
                    value_before * (1.0 - part) + value_here * part
                });
            }
            (share_before, value_before) = (share_here, value_here);
        }
        thresholds.resize(levels - 1, self.high);
        thresholds
    }

    fn center(&self, bin: usize) -> f64 {
        match self.bins {
            Bins::Whole => self.low + bin as f64,
            Bins::Ratio => {
                let (start, width) = ratio_bin_range(bin);
                self.low + start as f64 + (width - 1) as f64 / 2.0
            }
            Bins::Equal { .. } => {
                let part = (bin as f64 + 0.5) / BINS as f64;
                self.low * (1.0 - part) + self.high * part
            }
        }
    }
}

/// Datashader's straight line through (2 levels, 1.5) and (100 levels, 1): how far below the least share to begin.
fn rescaled_start(filled: usize, first: f64) -> f64 {
    let slope = -0.5 / 98.0;
    let multiple = slope * filled as f64 + 1.5 - 2.0 * slope;
    if multiple > 1.0 { (1.0 - multiple * (1.0 - first)).max(0.0) } else { first }
}

fn ratio_bin(value: u64) -> usize {
    if value < EXACT {
        return value as usize;
    }
    let shift = 63 - value.leading_zeros() - MANTISSA_BITS;
    ((u64::from(shift) << MANTISSA_BITS) + (value >> shift)) as usize
}

/// The least value of a bin and how many whole numbers it holds.
fn ratio_bin_range(bin: usize) -> (u64, u64) {
    let bin = bin as u64;
    if bin < EXACT {
        return (bin, 1);
    }
    let shift = (bin >> MANTISSA_BITS) - 1;
    ((bin - (shift << MANTISSA_BITS)) << shift, 1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratio_bins_hold_what_they_say() {
        let mut expected = 0;
        for bin in 0..200_000 {
            let (start, width) = ratio_bin_range(bin);
            assert_eq!(start, expected, "bin {bin} begins where the one before ends");
            assert_eq!((ratio_bin(start), ratio_bin(start + width - 1)), (bin, bin));
            expected = start + width;
        }
    }

    #[test]
    fn rescaling_is_datashaders() {
        // From datashader 0.19.1: _rescale_discrete_levels(2, (0.75, 1)) and (100, (0.01, 1)).
        assert!((rescaled_start(2, 0.75) - 0.625).abs() < 1e-12);
        assert_eq!(rescaled_start(100, 0.01), 0.01);
        assert_eq!(rescaled_start(3, 0.1), 0.0);
    }
}
