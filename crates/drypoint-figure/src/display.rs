//! What a figure consists of, in units of the figure with y downward. The three writers draw this list and nothing else,
//! so PNG, SVG and PDF show the same.

use std::sync::Arc;

use crate::{Color, Line, Pixmap};

/// A rectangle in units of the figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Rect {
    /// The right edge.
    pub fn right(&self) -> f32 {
        self.x + self.width
    }

    /// Whether both have a part in common.
    pub(crate) fn meets(&self, other: &Rect) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// The bottom edge.
    pub fn bottom(&self) -> f32 {
        self.y + self.height
    }
}

/// One thing to draw. Later items cover earlier ones.
#[derive(Debug, Clone)]
pub enum DisplayItem {
    /// A filled rectangle; lines are thin rectangles, which every writer draws without blur.
    Rect {
        /// Where.
        rect: Rect,
        /// What is under it shows through if it is not opaque.
        color: Color,
    },
    /// A filled shape with straight sides: slanted lines, heads of arrows.
    Shape {
        /// Its corners in order.
        corners: Vec<(f32, f32)>,
        /// What is under it shows through if it is not opaque.
        color: Color,
    },
    /// A line of text.
    Text {
        /// Its glyphs.
        line: Line,
        /// Left end of the baseline; with `upward`, its lower end.
        x: f32,
        /// The baseline.
        y: f32,
        /// Opaque.
        color: Color,
        /// Read from bottom to top.
        upward: bool,
    },
    /// A picture that fills a rectangle.
    Image {
        /// Where.
        rect: Rect,
        /// The pixels.
        pixmap: Arc<Pixmap>,
    },
}
