//! One direction of a plot area: from data values to positions.

use drypoint_canvas::{AxisKind, Scale};

use crate::{FigureError, Result};

/// One direction of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct AxisSpec {
    /// First and last data value, `start < end`.
    pub range: (f64, f64),
    /// How values become positions.
    pub scale: Scale,
    /// What they mean.
    pub kind: AxisKind,
    /// What stands beside the axis.
    pub label: Option<String>,
    /// Whether values grow downwards; for y. The aggregate's first row is then the one of the greatest.
    pub downwards: bool,
}

impl AxisSpec {
    /// A linear axis of plain numbers without a label.
    pub fn new(start: f64, end: f64) -> Self {
        Self {
            range: (start, end),
            scale: Scale::Linear,
            kind: AxisKind::Number,
            label: None,
            downwards: false,
        }
    }

    /// The same with a label.
    pub fn labelled(self, label: impl Into<String>) -> Self {
        Self { label: Some(label.into()), ..self }
    }

    /// Where a value stands between the start (0) and the end (1), from below if it is `downwards`.
    pub(crate) fn position(&self, value: f64) -> f64 {
        let (start, end) = self.range;
        let position = match self.scale {
            // Halves first: the difference of two finite values may not be finite.
            Scale::Linear => (value / 2.0 - start / 2.0) / (end / 2.0 - start / 2.0),
            Scale::Log => (value.log10() - start.log10()) / (end.log10() - start.log10()),
        };
        if self.downwards { 1.0 - position } else { position }
    }

    /// From the start to the end, in decades on a logarithmic scale.
    pub(crate) fn length(&self) -> f64 {
        let (start, end) = self.range;
        match self.scale {
            Scale::Linear => end - start,
            Scale::Log => end.log10() - start.log10(),
        }
    }

    pub(crate) fn check(&self, axis: &'static str) -> Result<()> {
        let (start, end) = self.range;
        let scale = match self.scale {
            Scale::Linear => "linear",
            Scale::Log => "log",
        };
        let drawn = start < end && start.is_finite() && end.is_finite();
        if drawn && (self.scale == Scale::Linear || start > 0.0) {
            return Ok(());
        }
        Err(FigureError::BadRange { axis, start, end, scale })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_grow_downwards_begin_at_the_top() {
        let axis = AxisSpec { downwards: true, ..AxisSpec::new(-0.5, 9.5) };
        assert_eq!([axis.position(-0.5), axis.position(4.5), axis.position(9.5)], [1.0, 0.5, 0.0]);
    }
}
