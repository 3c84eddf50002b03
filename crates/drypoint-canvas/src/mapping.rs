//! From a data value to a pixel: Datashader's rule, in float64, operation by operation (decision 0007).
//!
//! The product and the sum are rounded one after the other; a fused multiply-add would move points that lie
//! within a rounding of an edge.

use crate::{Axis, Canvas, Scale};

/// One axis: `pixel = trunc(map(value) * scale + translate)` for `start <= value <= end`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct AxisMap {
    pub(crate) start: f64,
    pub(crate) end: f64,
    pub(crate) scale: f64,
    pub(crate) translate: f64,
    /// The last pixel. A value on the upper edge belongs to it, and one that rounding would carry beyond.
    pub(crate) last: f64,
    pub(crate) log: bool,
}

impl AxisMap {
    pub(crate) fn new(axis: &Axis) -> Self {
        let log = axis.scale == Scale::Log;
        let map = |value: f64| if log { value.log10() } else { value };
        let (start, end) = axis.range;
        let scale = axis.pixels as f64 / (map(end) - map(start));
        let translate = -map(start) * scale;
        Self { start, end, scale, translate, last: axis.pixels as f64 - 1.0, log }
    }

    /// The pixel of a position (a value, or its logarithm on a logarithmic axis), wherever it lies.
    pub(crate) fn pixel_at(&self, position: f64) -> usize {
        let at = position * self.scale + self.translate;
        // Written as in the vector loop: what is not below `last` (NaN included) is `last`.
        let at = if at < self.last { at } else { self.last };
        if at > 0.0 { at as usize } else { 0 }
    }
}

/// Both axes of a grid that is `width * height` cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct GridMap {
    pub(crate) x: AxisMap,
    pub(crate) y: AxisMap,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl GridMap {
    /// The map of a canvas that passed [`Canvas::check`].
    pub(crate) fn new(canvas: &Canvas) -> Self {
        Self {
            x: AxisMap::new(&canvas.x),
            y: AxisMap::new(&canvas.y),
            width: canvas.x.pixels,
            height: canvas.y.pixels,
        }
    }

    pub(crate) fn cells(&self) -> usize {
        self.width * self.height
    }
}
