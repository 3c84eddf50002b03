//! Shading, scales, ticks, text; one display list to PNG, SVG and PDF.
#![forbid(unsafe_code)]

mod color;
mod colormap;
mod error;
mod palette;
mod pixmap;
mod shade;
mod spread;
mod text;
mod ticks;

pub use color::Color;
pub use colormap::ColorMap;
pub use error::FigureError;
pub use palette::categorical;
pub use pixmap::{Pixels, Pixmap};
pub use shade::{Category, ColorKey, ColorScale, How, LEVELS, Shaded, Shading, Spread, shade};
pub use spread::SpreadShape;
pub use text::{Glyph, Line, Weight};
pub use ticks::{Tick, Ticks, ticks};

/// What this crate returns.
pub type Result<T> = std::result::Result<T, FigureError>;
