//! Why a picture cannot be made. Each variant carries its numbers; text is made from them once.

use std::path::PathBuf;

use drypoint_canvas::CanvasError;
use drypoint_memory::BudgetExceeded;
use drypoint_stream::StreamError;

/// What shading, layout and writing refuse.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum FigureError {
    /// No colour map of that name.
    #[error("no colour map {name:?}{}; the maps are {}", did_you_mean(nearest), crate::ColorMap::names().collect::<Vec<_>>().join(", "))]
    UnknownColorMap { name: String, nearest: Option<String> },
    /// Not a colour.
    #[error(
        "{text:?} is not a colour{}; expected #rgb, #rrggbb, #rrggbbaa or a CSS name",
        did_you_mean(nearest)
    )]
    BadColor { text: String, nearest: Option<String> },
    /// A map needs at least one colour.
    #[error("a colour map needs at least one colour")]
    NoColors,
    /// An unknown way of shading.
    #[error("no shading {name:?}{}; it is one of eq_hist, linear, log, cbrt", did_you_mean(nearest))]
    UnknownShading { name: String, nearest: Option<String> },
    /// An unknown shape to spread by.
    #[error("no shape {name:?}; it is circle or square")]
    UnknownShape { name: String },
    /// A span that is not two finite values in order.
    #[error("the span ({low}, {high}) is not two finite values, the lower first")]
    BadSpan { low: f64, high: f64 },
    /// An axis range that is not two finite values in order, or not above 0 on a log scale.
    #[error("the {axis} range ({start}, {end}) cannot be drawn on a {scale} scale")]
    BadRange { axis: &'static str, start: f64, end: f64, scale: &'static str },
    /// Width or height outside what can be written.
    #[error("a picture of {width} × {height} pixels cannot be written; each side must be 1 to {limit}")]
    BadSize { width: u64, height: u64, limit: u64 },
    /// A density factor outside its bounds.
    #[error("scale {scale} is outside {least} to {most}")]
    BadScale { scale: f64, least: f64, most: f64 },
    /// A mask of another size.
    #[error("a mask of {cells} cells cannot cover an aggregate of {width} × {height}")]
    BadMask { cells: usize, width: usize, height: usize },
    /// A ratio of units that cannot be kept.
    #[error("aspect {aspect} is not a finite number above 0")]
    BadAspect { aspect: f64 },
    /// Units of a linear and a logarithmic axis have no ratio.
    #[error("aspect needs x and y on the same scale, both linear or both logarithmic")]
    MixedAspect,
    /// A grid without axes, or with more than can be seen.
    #[error("a grid of {rows} × {columns} axes; each side must be 1 to {most}")]
    BadGrid { rows: usize, columns: usize, most: usize },
    /// Two axes in one place.
    #[error("row {row}, column {column} of the grid has axes already")]
    SamePlace { row: usize, column: usize },
    /// Axes, labels and legend leave no room for data.
    #[error(
        "a figure of {width} × {height} leaves {left} × {high} for the data; at least {least} × {least} is needed (make it larger, or draw it bare)"
    )]
    NoRoom { width: u32, height: u32, left: i64, high: i64, least: u32 },
    /// Not as many layers as were planned.
    #[error("axes {axes} hold {expected} layers, they were given {found}")]
    LayerCount { axes: usize, expected: usize, found: usize },
    /// Pictures of different sizes cannot be laid over each other.
    #[error("a picture of {} × {} pixels and one of {} × {} cannot be stacked", first.0, first.1, other.0, other.1)]
    UnlikeSizes { first: (usize, usize), other: (usize, usize) },
    /// An unknown way of laying colours over each other.
    #[error(
        "no way {name:?} to lay colours over each other{}; it is one of over, add, saturate, multiply, source",
        did_you_mean(nearest)
    )]
    UnknownBlend { name: String, nearest: Option<String> },
    /// The picture does not fit the place planned for it.
    #[error("the layout holds a picture of {expected:?} pixels, it was given one of {found:?}")]
    Mismatch { expected: (usize, usize), found: (usize, usize) },
    /// The file's extension names no format we write.
    #[error("{}: cannot tell the format from {extension:?}; known extensions are .png, .svg and .pdf", path.display())]
    UnknownFormat { path: PathBuf, extension: String },
    /// No format of this name.
    #[error("no format {name:?}; it is one of png, svg, pdf")]
    UnknownFormatName { name: String },
    /// The system refused to make the file.
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: std::io::Error },
    /// The place we write to refused.
    #[error("the picture could not be written: {0}")]
    Write(#[from] std::io::Error),
    /// An encoder refused.
    #[error("the {format} encoder failed: {what}")]
    Encode { format: &'static str, what: String },
    /// The aggregate could not be read.
    #[error(transparent)]
    Canvas(CanvasError),
    /// The budget is too small.
    #[error(transparent)]
    Budget(#[from] BudgetExceeded),
}

impl From<CanvasError> for FigureError {
    fn from(error: CanvasError) -> Self {
        match error {
            CanvasError::Budget(error) => Self::Budget(error),
            error => Self::Canvas(error),
        }
    }
}

impl From<StreamError> for FigureError {
    fn from(error: StreamError) -> Self {
        CanvasError::from(error).into()
    }
}

impl From<png::EncodingError> for FigureError {
    fn from(error: png::EncodingError) -> Self {
        match error {
            png::EncodingError::IoError(error) => Self::Write(error),
            other => Self::Encode { format: "PNG", what: other.to_string() },
        }
    }
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(" (did you mean {name:?}?)")).unwrap_or_default()
}
