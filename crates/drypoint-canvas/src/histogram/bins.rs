//! Which bin a value is in.

use crate::{CanvasError, Result, Scale};

/// Where bins begin and end.
#[derive(Debug, Clone, PartialEq)]
pub enum Edges {
    /// So many bins of one width between two values.
    Even {
        /// First and last edge.
        range: (f64, f64),
        /// Bins.
        count: usize,
        /// Along which they are of one width.
        scale: Scale,
    },
    /// Rising edges, one more than there are bins.
    Listed(Vec<f64>),
}

/// Bins that can be asked.
#[derive(Debug)]
pub(crate) struct Bins {
    edges: Vec<f64>,
    /// Bins for each unit, where they are of one width.
    rate: Option<f64>,
}

/// The bin of what is in none.
pub(crate) const NOWHERE: u32 = u32::MAX;

impl Bins {
    pub(crate) fn new(edges: &Edges) -> Result<Self> {
        match edges {
            Edges::Even { range: (first, last), count, scale } => {
                let (first, last, count) = (*first, *last, *count);
                if count == 0 {
                    return Err(CanvasError::NoBins { count: 0, most: super::HistogramFold::MOST_BINS });
                }
                check_count(count)?;
                if !first.is_finite() || !last.is_finite() {
                    return Err(CanvasError::RangeNotFinite { axis: "x", start: first, end: last });
                }
                if first > last {
                    return Err(CanvasError::RangeReversed { axis: "x", start: first, end: last });
                }
                if *scale == Scale::Log && first <= 0.0 {
                    return Err(CanvasError::RangeNotPositive { axis: "x", start: first, end: last });
                }
                let map = |value: f64| if *scale == Scale::Log { value.log10() } else { value };
                // As in NumPy: a range of no width is widened by a half on both sides.
                let (first, last) = match first == last {
                    true if *scale == Scale::Log => (first / 10f64.sqrt(), last * 10f64.sqrt()),
                    true => (first - 0.5, last + 0.5),
                    false => (first, last),
                };
                let (from, to) = (map(first), map(last));
                let step = (to - from) / count as f64;
                let rate = count as f64 / (to - from);
                let divisible = step > 0.0 && step.is_finite() && rate.is_finite();
                if !divisible || (*scale == Scale::Linear && first + step == first) {
                    return Err(CanvasError::RangeIndivisible {
                        axis: "x",
                        start: first,
                        end: last,
                        pixels: count,
                    });
                }
                let back = |at: f64| if *scale == Scale::Log { 10f64.powf(at) } else { at };
                // As NumPy's linspace: the product first, then the sum.
                let mut made: Vec<f64> = (0..=count).map(|at| back(at as f64 * step + from)).collect();
                (made[0], made[count]) = (first, last);
                Ok(Self { edges: made, rate: (*scale == Scale::Linear).then_some(rate) })
            }
            Edges::Listed(edges) => {
                if edges.len() < 2 {
                    return Err(CanvasError::NoBins {
                        count: edges.len().saturating_sub(1),
                        most: super::HistogramFold::MOST_BINS,
                    });
                }
                check_count(edges.len() - 1)?;
                for pair in edges.windows(2) {
                    if pair[0].is_nan() || pair[1].is_nan() || pair[0] > pair[1] {
                        return Err(CanvasError::EdgesFall { one: pair[0], next: pair[1] });
                    }
                }
                Ok(Self { edges: edges.clone(), rate: None })
            }
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.edges.len() - 1
    }

    /// The middle of all.
    pub(crate) fn middle(&self) -> f64 {
        let (first, last) = (self.edges[0], self.edges[self.count()]);
        first / 2.0 + last / 2.0
    }

    pub(crate) fn into_edges(self) -> Vec<f64> {
        self.edges
    }

    /// The bin of each value, [`NOWHERE`] for NaN and for what is outside.
    pub(crate) fn find(&self, values: &[f64], target: &mut [u32]) {
        let (first, last) = (self.edges[0], self.edges[self.count()]);
        let top = self.count() - 1;
        for (target, value) in target.iter_mut().zip(values) {
            let value = *value;
            // False for NaN too.
            let inside = value >= first && value <= last;
            *target = match self.rate {
                _ if !inside => NOWHERE,
                Some(rate) => {
                    let mut at = (((value - first) * rate) as usize).min(top);
                    while value < self.edges[at] {
                        at -= 1;
                    }
                    while at < top && value >= self.edges[at + 1] {
                        at += 1;
                    }
                    at as u32
                }
                // The last bin is closed on both sides.
                None => (self.edges.partition_point(|edge| *edge <= value) - 1).min(top) as u32,
            };
        }
    }
}

fn check_count(count: usize) -> Result<()> {
    let most = super::HistogramFold::MOST_BINS;
    if count > most { Err(CanvasError::NoBins { count, most }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn arithmetic_finds_the_bin_between_whose_edges_a_value_lies(
            start in -1e3..1e3f64,
            width in prop_oneof![1e-9..1e-3f64, 0.1..1e4f64, Just(1.0), Just(0.7)],
            count in 1usize..200,
            shares in proptest::collection::vec((0u32..200, -2i64..3), 1..40),
        ) {
            let even = Edges::Even { range: (start, start + width), count, scale: Scale::Linear };
            prop_assume!(Bins::new(&even).is_ok());
            let bins = Bins::new(&even).unwrap();
            // Values on edges, and one or two roundings beside them.
            let values: Vec<f64> = shares
                .iter()
                .map(|(place, off)| {
                    let edge = bins.edges[*place as usize % (count + 1)];
                    (0..off.abs()).fold(edge, |edge, _| if *off > 0 { edge.next_up() } else { edge.next_down() })
                })
                .collect();
            let listed = Bins::new(&Edges::Listed(bins.edges.clone())).unwrap();
            let (mut found, mut expected) = (vec![0; values.len()], vec![0; values.len()]);
            bins.find(&values, &mut found);
            listed.find(&values, &mut expected);
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_last_bin_has_both_its_edges() {
        for edges in [
            Edges::Listed(vec![0.0, 1.0, 1.0, 4.0]),
            Edges::Even { range: (0.0, 4.0), count: 3, scale: Scale::Linear },
        ] {
            let bins = Bins::new(&edges).unwrap();
            let mut found = [0; 5];
            bins.find(&[0.0, 4.0, f64::NAN, -0.1, 4.1], &mut found);
            assert_eq!(found, [0, 2, NOWHERE, NOWHERE, NOWHERE]);
        }
    }

    #[test]
    fn logarithmic_bins_are_of_one_ratio() {
        let bins = Bins::new(&Edges::Even { range: (1.0, 1000.0), count: 3, scale: Scale::Log }).unwrap();
        assert_eq!(bins.edges.len(), 4);
        for (edge, expected) in bins.edges.iter().zip([1.0, 10.0, 100.0, 1000.0]) {
            assert!((edge - expected).abs() < 1e-9 * expected);
        }
    }
}
