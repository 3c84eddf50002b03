//! Which value has which colour: one rising list of thresholds, whatever the shading. The picture, the colour bar and
//! its ticks all read it, so they cannot disagree.

use drypoint_memory::MemoryConsumer;

use crate::{Color, How, Result, Shading};

use super::field::{Field, Meaning};
use super::histogram::Histogram;

/// Thresholds between the levels of a colour map.
#[derive(Debug, Clone, PartialEq)]
pub struct ColorScale {
    low: f64,
    high: f64,
    whole: bool,
    levels: usize,
    /// `levels - 1` rising values, then NaN, which no value reaches.
    thresholds: Box<[f64; 256]>,
    colors: Vec<Color>,
}

impl ColorScale {
    /// Two or three passes over the field: its ends, its histogram if it is to be equalised.
    pub(super) fn of(
        field: &Field<'_>,
        shading: &Shading,
        levels: usize,
        row: &mut [f64],
        consumer: &MemoryConsumer,
    ) -> Result<Self> {
        let whole = field.meaning() != Meaning::Value;
        Self::of_values(whole, shading, levels, consumer, |take| {
            field.each_row(row, take);
            Ok(())
        })
    }

    /// The same for values that `each` hands over in parts, the same ones each time it is called; NaN is empty.
    pub(super) fn of_values(
        whole: bool,
        shading: &Shading,
        levels: usize,
        consumer: &MemoryConsumer,
        mut each: impl FnMut(&mut dyn FnMut(&[f64])) -> Result<()>,
    ) -> Result<Self> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        each(&mut |values| {
            for value in values.iter().filter(|value| value.is_finite()) {
                low = low.min(*value);
                high = high.max(*value);
            }
        })?;
        if low > high {
            (low, high) = (0.0, 0.0);
        }
        if let Some(span) = shading.span {
            (low, high) = span;
        }
        let thresholds: Vec<f64> = match shading.how {
            How::EqHist => {
                // Whole bins need whole ends; a fractional span on counts is widened to the counts it holds.
                let ends = if whole { (low.floor(), high.ceil()) } else { (low, high) };
                let mut histogram = Histogram::new(ends.0, ends.1, whole, consumer)?;
                each(&mut |values| {
                    values.iter().filter(|value| !value.is_nan()).for_each(|value| histogram.add(*value));
                })?;
                histogram.thresholds(levels, shading.rescale_discrete_levels)
            }
            how => (1..levels).map(|level| inverse(how, low, high, level as f64 / levels as f64)).collect(),
        };
        let mut padded = Box::new([f64::NAN; 256]);
        padded[..levels - 1].copy_from_slice(&thresholds);
        Ok(Self { low, high, whole, levels, thresholds: padded, colors: Vec::new() })
    }

    pub(super) fn with_colors(self, colors: Vec<Color>) -> Self {
        Self { colors, ..self }
    }

    /// The value at the low end.
    pub fn low(&self) -> f64 {
        self.low
    }

    /// The value at the high end.
    pub fn high(&self) -> f64 {
        self.high
    }

    /// Whether the values are whole numbers.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The colours from low to high that some value between the ends can have.
    pub fn colors(&self) -> &[Color] {
        &self.colors[self.first().min(self.colors.len())..]
    }

    fn first(&self) -> usize {
        self.level(self.low)
    }

    /// The level of a value, from 0.
    #[inline]
    pub(super) fn level(&self, value: f64) -> usize {
        // Eight steps without a branch: a search that branches is mispredicted at every pixel.
        let mut level = 0;
        for step in [128, 64, 32, 16, 8, 4, 2, 1] {
            level += if self.thresholds[level + step - 1] <= value { step } else { 0 };
        }
        level
    }

    /// Where a value stands on a bar of [`ColorScale::colors`], 0 at the low end and 1 at the high end.
    pub fn position(&self, value: f64) -> f64 {
        if self.low >= self.high {
            return 0.5;
        }
        let (first, level) = (self.first(), self.level(value));
        let start = if level == 0 { self.low } else { self.thresholds[level - 1] };
        let end = if level + 1 == self.levels { self.high } else { self.thresholds[level] };
        let within = if end > start { ((value - start) / (end - start)).clamp(0.0, 1.0) } else { 0.5 };
        ((level - first.min(level)) as f64 + within) / (self.levels - first) as f64
    }
}

/// The value at `t` of the way from `low` to `high`.
fn inverse(how: How, low: f64, high: f64, t: f64) -> f64 {
    let range = (high - low).min(f64::MAX);
    match how {
        How::Log => low + (range.ln_1p() * t).exp_m1(),
        How::Cbrt => low + (range.cbrt() * t).powi(3),
        How::Linear | How::EqHist => low * (1.0 - t) + high * t,
    }
}
