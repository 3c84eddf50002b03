//! Shading, scales, ticks, text; one display list to PNG, SVG and PDF.
//!
//! Two ways lead through this crate. A bare picture: [`shade`] an aggregate, [`Figure::bare`], save. A figure with axes:
//! [`Layout::plan`] first, aggregate at [`Layout::data_pixels`], [`shade`], [`Layout::compose`], save.
#![forbid(unsafe_code)]

mod annotation;
mod axis;
mod blend;
mod color;
mod colormap;
mod display;
mod error;
mod figure;
mod key;
mod layout;
mod palette;
mod pixmap;
mod pyramid;
mod shade;
mod spec;
mod spread;
mod stack;
mod text;
mod theme;
mod ticks;
mod write;

pub use annotation::{Along, Anchor, Annotation};
pub use blend::Blend;
pub use color::Color;
pub use colormap::ColorMap;
pub use display::{DisplayItem, Rect};
pub use error::FigureError;
pub use figure::{Content, Figure};
pub use layout::Layout;
pub use palette::categorical;
pub use pixmap::{Pixels, Pixmap};
pub use pyramid::{FolderSink, PmtilesSink, TileSink, write_pyramid};
pub use shade::{
    Category, ColorKey, ColorScale, How, LEVELS, Part, Shaded, Shading, Spread, TileShader, shade,
    shade_part, shade_tiled,
};
pub use spec::{AxesSpec, AxisSpec, FigureSpec, KeySpec};
pub use spread::{CellBlend, SpreadShape, spread_cells, spread_px_of_cells};
pub use text::{Glyph, Line, Weight};
pub use theme::Theme;
pub use ticks::{Tick, Ticks, ticks};
pub use write::{Format, PictureKind, picture_bytes};

/// What this crate returns.
pub type Result<T> = std::result::Result<T, FigureError>;
