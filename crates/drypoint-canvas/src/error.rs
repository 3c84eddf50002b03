//! What can go wrong between a canvas and its aggregate. Each variant carries its numbers; text is made from them once.

use std::path::PathBuf;

use drypoint_array::ArrayError;
use drypoint_memory::BudgetExceeded;
use drypoint_stream::{DataType, StreamError};

use crate::{Categories, Reduction};

/// Why points cannot be folded, or an aggregate cannot be merged, saved or loaded.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum CanvasError {
    /// An axis without pixels.
    #[error("the {axis} axis has 0 pixels; at least 1 is needed")]
    NoPixels { axis: &'static str },
    /// More cells than an index can name.
    #[error("{width} x {height} pixels are too many; one axis holds at most {per_axis}, a canvas {limit}")]
    TooManyPixels { width: usize, height: usize, per_axis: usize, limit: u64 },
    /// A fold that tiles of counters cannot hold.
    #[error(
        "{reduction} cannot be folded in tiles; a tiled canvas takes count() and any(), of all points or of a column"
    )]
    NotTiled { reduction: Box<Reduction> },
    /// Part of an aggregate that is not there.
    #[error("{axis} range {start} to {end} has no pixel of this aggregate, which covers {first} to {last}")]
    NoSuchPart { axis: &'static str, start: f64, end: f64, first: f64, last: f64 },
    /// A bound that is NaN or infinite.
    #[error("the {axis} range {start} to {end} is not finite")]
    RangeNotFinite { axis: &'static str, start: f64, end: f64 },
    /// The end lies before the start.
    #[error("the {axis} range {start} to {end} is reversed; give {end} to {start}")]
    RangeReversed { axis: &'static str, start: f64, end: f64 },
    /// Both bounds are the same.
    #[error("the {axis} range starts and ends at {at}; it needs a width")]
    RangeEmpty { axis: &'static str, at: f64 },
    /// A logarithm of zero or below.
    #[error("the {axis} range {start} to {end} is logarithmic and must lie above 0")]
    RangeNotPositive { axis: &'static str, start: f64, end: f64 },
    /// Instants are counted from an arbitrary one, so that their logarithm means nothing.
    #[error("the {axis} axis holds instants, which have no logarithm; give it a linear scale")]
    LogOfTime { axis: &'static str },
    /// So narrow or wide that float64 cannot hold pixels per unit.
    #[error("the {axis} range {start} to {end} cannot be divided into {pixels} pixels in float64")]
    RangeIndivisible { axis: &'static str, start: f64, end: f64, pixels: usize },
    /// A column whose values have no place on an axis or in a sum.
    #[error("column {column:?} is {data_type}; a number is needed")]
    NotNumeric { column: String, data_type: DataType },
    /// A column that holds no shapes, or not those that are drawn.
    #[error("column {column:?} is {data_type}; needed are {wanted}")]
    NotShapes { column: String, data_type: DataType, wanted: &'static str },
    /// A column whose values are no categories.
    #[error("column {column:?} is {data_type}; categories are text, integers or truth values")]
    NotCategorical { column: String, data_type: DataType },
    /// A column that is divided, and holds no integers.
    #[error("column {column:?} is {data_type}; a modulo is taken of integers")]
    NotInteger { column: String, data_type: DataType },
    /// An axis of categories of which none came.
    #[error("column {column:?} has no category in any row; there is nothing to draw")]
    NoCategories { column: String },
    /// No bins, or too many.
    #[error("{count} bins; a histogram has from 1 to {most}")]
    NoBins { count: usize, most: usize },
    /// Edges of bins that do not rise.
    #[error("edges of bins rise throughout; {next} comes after {one}")]
    EdgesFall { one: f64, next: f64 },
    /// A column without values that a range could be found from.
    #[error("{name}: column {column:?} has no finite value; there is nothing to count")]
    NoValues { name: String, column: String },
    /// A column that should name vertices by their numbers.
    #[error("column {column:?} is {data_type}; a corner is the number of a vertex, an integer from 0 on")]
    NotVertices { column: String, data_type: DataType },
    /// A corner that is not among the vertices.
    #[error("triangle {triangle} has vertex {vertex}; there are {vertices} vertices, numbered from 0")]
    NoVertex { triangle: u64, vertex: i128, vertices: usize },
    /// Numbers and instants, or instants of two kinds, on one axis.
    #[error(
        "columns {first:?} and {other:?} lie along one axis, but one is {first_kind} and the other {other_kind}"
    )]
    MixedAxis { first: String, first_kind: DataType, other: String, other_kind: DataType },
    /// A category column with too many different values.
    #[error(
        "column {column:?} has more than {limit} categories; group them first, raise the limit, \
         or use the column as a number"
    )]
    TooManyCategories { column: String, limit: usize },
    /// Categories within categories.
    #[error("by({outer:?}) within by({inner:?}): categories cannot be nested; join the two columns first")]
    NestedCategories { outer: String, inner: String },
    /// Categories that cannot be computed.
    #[error("{categories}: {what}")]
    BadCategories { categories: Categories, what: String },
    /// A fold of parts that do not go together.
    #[error("{reduction}: {what}")]
    BadReduction { reduction: Box<Reduction>, what: String },
    /// Two aggregates over different grids.
    #[error("aggregates of different canvases cannot be merged: {left} and {right}")]
    DifferentCanvas { left: String, right: String },
    /// Two aggregates of different folds.
    #[error("aggregates of different reductions cannot be merged: {left} and {right}")]
    DifferentReduction { left: Box<Reduction>, right: Box<Reduction> },
    /// An aggregate made of planes alone does not know what a merge of its kind needs.
    #[error("{reduction} was made from finished planes, which do not hold what its merge needs")]
    NotMergeable { reduction: Box<Reduction> },
    /// A fold that antialiased lines do not define.
    #[error(
        "{reduction} is not defined for antialiased lines; take count, any, sum, mean, min, max, first or last, or a line_width of 0"
    )]
    NotStroked { reduction: Box<Reduction> },
    /// A fold that needs a whole line before the next one, where lines may be spread over the source.
    #[error(
        "{reduction} of antialiased lines apart needs each line as a whole; draw them without a group, or with a line_width of 0"
    )]
    StrokesApart { reduction: Box<Reduction> },
    /// An area without any column of heights.
    #[error("an area needs at least one column of heights")]
    NoHeights,
    /// Layers of a stack are planes, and so are categories.
    #[error(
        "by({column:?}) of stacked areas: each layer has a plane of its own already; draw one column, or no categories"
    )]
    StackedCategories { column: String },
    /// Several heights, and several reductions.
    #[error("summary() of stacked heights: each height has a plane of its own; fold one reduction at a time")]
    StackedSummary,
    /// A base that is NaN or infinite.
    #[error("the base of an area is {base}; it must be finite")]
    BaseNotFinite { base: f64 },
    /// A width that is none.
    #[error("the width of a line is {width}; it must be 0 (whole pixels) to {most}")]
    LineWidth { width: f64, most: f64 },
    /// The numbers of rows, where each row has several vertices.
    #[error(
        "{reduction} tells the number of a row, which is not known of marks of several vertices in a row; name a column whose value is wanted"
    )]
    RowsOfVertices { reduction: Box<Reduction> },
    /// A mark that brings one value to each pixel.
    #[error(
        "{reduction} is not folded of {mark}, which bring one value to each pixel; take one of count, any, sum, mean, min, max, var, std, first, last, or by(...) of these"
    )]
    NotFoldedOf { reduction: Box<Reduction>, mark: &'static str },
    /// A method of images where rows are folded.
    #[error("{reduction} is a way to draw images; rows are folded by a reduction")]
    NotAFold { reduction: Box<Reduction> },
    /// An array that is no image, or tiles that are not its own.
    #[error("{name} {what}")]
    NoImage { name: String, what: String },
    /// An integer that no float64 is equal to.
    #[error(
        "{name}: {value} is no float64, and {method:?} keeps items as they are; take \"area\", or scale the array down"
    )]
    Inexact { name: String, value: i128, method: &'static str },
    /// The system refused a file.
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: std::io::Error },
    /// A file that is not an aggregate, or no longer one.
    #[error("{} is not a whole aggregate: {what}", path.display())]
    Corrupt { path: PathBuf, what: String },
    /// A thread of the fold panicked; the others were stopped.
    #[error("a thread of the fold panicked: {message}")]
    Panicked { message: String },
    /// Tiles could not be counted in, or an array not be read.
    #[error(transparent)]
    Array(ArrayError),
    /// The source failed.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The budget is too small.
    #[error(transparent)]
    Budget(#[from] BudgetExceeded),
}

impl From<ArrayError> for CanvasError {
    fn from(error: ArrayError) -> Self {
        match error {
            ArrayError::Budget(error) => Self::Budget(error),
            ArrayError::Spill(error) => Self::Stream(error.into()),
            error => Self::Array(error),
        }
    }
}

/// What the folds return.
pub type Result<T> = std::result::Result<T, CanvasError>;
