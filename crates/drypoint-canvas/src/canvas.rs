//! Width and height in pixels, ranges in data units, and the map between them.

use drypoint_stream::TimeUnit;
use std::sync::Arc;

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
