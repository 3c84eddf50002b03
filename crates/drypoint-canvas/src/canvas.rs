//! Width and height in pixels, ranges in data units, and what of them can be drawn at all.

use std::fmt;
use std::sync::Arc;

use drypoint_stream::{Extent, TimeUnit};

use crate::mapping::AxisMap;
use crate::{CanvasError, Result};

/// How a data value becomes a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Position grows with the value.
    Linear,
    /// Position grows with the decimal logarithm of the value; values must be above 0.
    Log,
}

/// What the numbers on an axis mean, for its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AxisKind {
    /// Plain numbers.
    Number,
    /// Instants or dates in this unit since 1970-01-01 UTC.
    Time {
        /// The unit.
        unit: TimeUnit,
        /// The zone to show them in.
        zone: Option<Arc<str>>,
    },
    /// Categories: number `i` lies around the position `i`.
    Categories {
        /// What they are called.
        names: Arc<[String]>,
    },
}

/// One direction of a canvas.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Pixels.
    pub pixels: usize,
    /// First and last data value, `start < end`, both finite.
    pub range: (f64, f64),
    /// How values become positions.
    pub scale: Scale,
    /// What they mean.
    pub kind: AxisKind,
}

/// A grid of pixels over two ranges of data.
#[derive(Debug, Clone, PartialEq)]
pub struct Canvas {
    /// Left to right.
    pub x: Axis,
    /// Bottom to top.
    pub y: Axis,
}

impl Axis {
    /// The pixels `first ..`, taken together `step` by `step`, as an axis of `pixels`; it may end beyond this one.
    pub(crate) fn part(&self, first: usize, step: usize, pixels: usize) -> Self {
        let end = first + step * pixels;
        let at = |pixel: usize| match (pixel, self.scale) {
            (0, _) => self.range.0,
            (pixel, _) if pixel == self.pixels => self.range.1,
            (pixel, Scale::Linear) => {
                let part = pixel as f64 / self.pixels as f64;
                self.range.0 + (self.range.1 - self.range.0) * part
            }
            (pixel, Scale::Log) => {
                let (start, end) = (self.range.0.log10(), self.range.1.log10());
                10f64.powf(start + (end - start) * (pixel as f64 / self.pixels as f64))
            }
        };
        Self { pixels, range: (at(first), at(end)), scale: self.scale, kind: self.kind.clone() }
    }

    /// Most pixels of one axis: an index is computed in 32 bits.
    pub const MAX_PIXELS: usize = i32::MAX as usize;

    /// An axis over exactly `extent`, widened where that has no width or there is no data.
    ///
    /// A single number is padded by 1 on both sides as in Datashader (by a millionth of itself where 1 is too
    /// little to matter), a single instant by an hour, a single date by a day, a single value on a logarithmic
    /// axis to one decade around it. Without data the range is -1 to 1, or 0.1 to 10 on a logarithmic axis.
    pub fn around(pixels: usize, extent: Option<Extent>, scale: Scale, kind: AxisKind) -> Self {
        let range = match (extent, scale) {
            (None, Scale::Linear) => (-1.0, 1.0),
            (None, Scale::Log) => (0.1, 10.0),
            (Some(extent), _) if extent.min < extent.max => (extent.min, extent.max),
            (Some(Extent { min, .. }), Scale::Log) => {
                let half_decade = 10f64.sqrt();
                ((min / half_decade).max(f64::MIN_POSITIVE), (min * half_decade).min(f64::MAX))
            }
            (Some(Extent { min, .. }), Scale::Linear) => {
                let pad = match &kind {
                    AxisKind::Number => (min.abs() * 1e-6).max(1.0),
                    AxisKind::Categories { .. } => 0.5,
                    AxisKind::Time { unit, .. } => match unit {
                        TimeUnit::Day => 1.0,
                        TimeUnit::Second => 3600.0,
                        TimeUnit::Millisecond => 3600e3,
                        TimeUnit::Microsecond => 3600e6,
                        TimeUnit::Nanosecond => 3600e9,
                    },
                };
                ((min - pad).max(f64::MIN), (min + pad).min(f64::MAX))
            }
        };
        Self { pixels, range, scale, kind }
    }

    /// Whether this axis can be drawn; `name` is `"x"` or `"y"`, for the message.
    pub fn check(&self, name: &'static str) -> Result<()> {
        let (start, end) = self.range;
        if self.pixels == 0 {
            return Err(CanvasError::NoPixels { axis: name });
        }
        if self.scale == Scale::Log && matches!(self.kind, AxisKind::Time { .. }) {
            return Err(CanvasError::LogOfTime { axis: name });
        }
        if !start.is_finite() || !end.is_finite() {
            return Err(CanvasError::RangeNotFinite { axis: name, start, end });
        }
        if start > end {
            return Err(CanvasError::RangeReversed { axis: name, start, end });
        }
        if start == end {
            return Err(CanvasError::RangeEmpty { axis: name, at: start });
        }
        if self.scale == Scale::Log && start <= 0.0 {
            return Err(CanvasError::RangeNotPositive { axis: name, start, end });
        }
        let map = AxisMap::new(self);
        if !(map.scale.is_finite() && map.scale > 0.0 && map.translate.is_finite()) {
            return Err(CanvasError::RangeIndivisible { axis: name, start, end, pixels: self.pixels });
        }
        Ok(())
    }
}

impl Canvas {
    /// Most pixels of a canvas: the largest index stands for "nowhere".
    pub const MAX_PIXELS: u64 = u32::MAX as u64 - 1;

    /// Most pixels of a canvas in tiles.
    pub const MAX_TILED_PIXELS: u64 = (Axis::MAX_PIXELS as u64).pow(2);

    /// Whether this canvas can be drawn.
    pub fn check(&self) -> Result<()> {
        self.check_up_to(Self::MAX_PIXELS)
    }

    /// Whether this canvas can be drawn in tiles: only its axes are bounded.
    pub fn check_tiled(&self) -> Result<()> {
        self.check_up_to(Self::MAX_TILED_PIXELS)
    }

    fn check_up_to(&self, limit: u64) -> Result<()> {
        let (width, height) = (self.x.pixels, self.y.pixels);
        if width > Axis::MAX_PIXELS || height > Axis::MAX_PIXELS || width as u64 * height as u64 > limit {
            return Err(CanvasError::TooManyPixels { width, height, per_axis: Axis::MAX_PIXELS, limit });
        }
        self.x.check("x")?;
        self.y.check("y")
    }

    /// Width times height; meaningful once [`Canvas::check`] passed.
    pub fn pixels(&self) -> usize {
        self.x.pixels * self.y.pixels
    }
}

impl fmt::Display for Canvas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = |axis: &Axis| if axis.scale == Scale::Log { " (log)" } else { "" };
        let ((x0, x1), (y0, y1)) = (self.x.range, self.y.range);
        write!(
            f,
            "{}x{} over x {x0}..{x1}{}, y {y0}..{y1}{}",
            self.x.pixels,
            self.y.pixels,
            scale(&self.x),
            scale(&self.y)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(pixels: usize, start: f64, end: f64, scale: Scale) -> Axis {
        Axis { pixels, range: (start, end), scale, kind: AxisKind::Number }
    }

    fn refused(axis: Axis) -> CanvasError {
        axis.check("x").expect_err("should be refused")
    }

    #[test]
    fn each_bad_axis_has_its_own_error() {
        use Scale::{Linear, Log};
        assert!(matches!(refused(axis(0, 0.0, 1.0, Linear)), CanvasError::NoPixels { .. }));
        assert!(matches!(refused(axis(9, f64::NAN, 1.0, Linear)), CanvasError::RangeNotFinite { .. }));
        assert!(matches!(refused(axis(9, 0.0, f64::INFINITY, Linear)), CanvasError::RangeNotFinite { .. }));
        assert!(matches!(refused(axis(9, 1.0, 0.0, Linear)), CanvasError::RangeReversed { .. }));
        assert!(matches!(refused(axis(9, 1.0, 1.0, Linear)), CanvasError::RangeEmpty { .. }));
        assert!(matches!(refused(axis(9, 0.0, 1.0, Log)), CanvasError::RangeNotPositive { .. }));
        assert!(matches!(refused(axis(9, f64::MIN, f64::MAX, Linear)), CanvasError::RangeIndivisible { .. }));
        assert!(matches!(refused(axis(9, 0.0, 5e-324, Linear)), CanvasError::RangeIndivisible { .. }));
        let instants =
            Axis { kind: AxisKind::Time { unit: TimeUnit::Day, zone: None }, ..axis(9, 1.0, 2.0, Log) };
        assert!(matches!(refused(instants), CanvasError::LogOfTime { .. }));
        // Neighbouring numbers whose logarithms are the same number.
        let one_up = 1e300f64.next_up();
        assert!(matches!(refused(axis(9, 1e300, one_up, Log)), CanvasError::RangeIndivisible { .. }));
    }

    #[test]
    fn gigantic_canvases_are_refused_without_overflow() {
        for (width, height) in [(usize::MAX, 1), (1 << 31, 1), (1 << 17, 1 << 17), (usize::MAX, usize::MAX)] {
            let canvas =
                Canvas { x: axis(width, 0.0, 1.0, Scale::Linear), y: axis(height, 0.0, 1.0, Scale::Linear) };
            assert!(matches!(canvas.check(), Err(CanvasError::TooManyPixels { .. })), "{width} x {height}");
        }
    }

    #[test]
    fn a_single_value_gets_a_drawable_range_with_it_in_the_middle() {
        let day = AxisKind::Time { unit: TimeUnit::Day, zone: None };
        for at in [0.0f64, -3.0, 1e-300, 1e15, 1e300, -1e300] {
            for kind in [AxisKind::Number, day.clone()] {
                if kind != AxisKind::Number && at.abs() > 1e15 {
                    continue;
                }
                let found = Axis::around(100, Some(Extent { min: at, max: at }), Scale::Linear, kind);
                found.check("x").unwrap();
                assert!(found.range.0 < at && at < found.range.1, "{at}: {:?}", found.range);
            }
        }
        for at in [1e-300, 1.0, 1e300, f64::MAX] {
            let found = Axis::around(100, Some(Extent { min: at, max: at }), Scale::Log, AxisKind::Number);
            found.check("x").unwrap();
            assert!(found.range.0 < at && at <= found.range.1);
        }
    }
}
