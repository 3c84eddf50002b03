//! What a figure is to show, before its data is drawn.

use drypoint_canvas::{AxisKind, Scale};

use crate::{FigureError, Result, Theme};

/// The widest and highest figure, in device pixels.
pub(crate) const MAX_SIDE: f64 = 32_767.0;

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

    fn check(&self, axis: &'static str) -> Result<()> {
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

/// What will stand to the right of the data to explain its colours.
#[derive(Debug, Clone, PartialEq)]
pub enum KeySpec {
    /// Nothing.
    None,
    /// A bar of colours with values.
    ColorBar {
        /// What the values are.
        label: Option<String>,
    },
    /// Categories with their colours.
    Legend {
        /// What the categories are.
        title: Option<String>,
        /// Their names, as far as they are known before the data is drawn: the room is measured from them.
        names: Vec<String>,
    },
}

/// A figure to lay out.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureSpec {
    /// Width of the whole figure in units (CSS pixels).
    pub width: u32,
    /// Height of the whole figure.
    pub height: u32,
    /// Device pixels for each unit: 2 for high-density output. 0.25 to 8.
    pub scale: f64,
    /// The ground it is printed on.
    pub theme: Theme,
    /// The line on top.
    pub title: Option<String>,
    /// A smaller line at the bottom: the source, the number of rows.
    pub caption: Option<String>,
    /// Left to right.
    pub x: AxisSpec,
    /// Bottom to top.
    pub y: AxisSpec,
    /// What explains the colours.
    pub key: KeySpec,
}

impl FigureSpec {
    /// A light figure with a colour bar and no words.
    pub fn new(width: u32, height: u32, x: AxisSpec, y: AxisSpec) -> Self {
        let key = KeySpec::ColorBar { label: None };
        Self { width, height, scale: 1.0, theme: Theme::Light, title: None, caption: None, x, y, key }
    }

    pub(crate) fn check(&self) -> Result<()> {
        const SCALES: (f64, f64) = (0.25, 8.0);
        if !(SCALES.0..=SCALES.1).contains(&self.scale) {
            return Err(FigureError::BadScale { scale: self.scale, least: SCALES.0, most: SCALES.1 });
        }
        let side = |units: u32| (1.0..=MAX_SIDE).contains(&(f64::from(units) * self.scale));
        if !side(self.width) || !side(self.height) {
            let (width, height) = (u64::from(self.width), u64::from(self.height));
            return Err(FigureError::BadSize { width, height, limit: (MAX_SIDE / self.scale) as u64 });
        }
        self.x.check("x")?;
        self.y.check("y")
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
