//! The result of a fold: one or more planes of cells, row 0 at the bottom.

pub(crate) mod about;
pub(crate) mod file;
mod merge;

use drypoint_memory::{BudgetExceeded, Buffer, MemoryConsumer};

use crate::fold::Finished;
use crate::{Canvas, Reduction};

/// One finished plane, row-major, `height * width` long, row 0 the lowest y.
#[derive(Debug, Clone, Copy)]
pub enum Cells<'a> {
    /// Truth values, 0 or 1.
    Bool(&'a [u8]),
    /// Counts.
    U32(&'a [u32]),
    /// Counts past 2³².
    U64(&'a [u64]),
    /// Places and numbers of rows; -1 where nothing fell.
    I64(&'a [i64]),
    /// Numbers; NaN where nothing fell.
    F64(&'a [f64]),
}

/// The cells of every category, one plane after the other.
#[derive(Debug)]
pub enum Planes {
    /// Truth values.
    Bool(Buffer<u8>),
    /// Counts.
    U32(Buffer<u32>),
    /// Counts past 2³².
    U64(Buffer<u64>),
    /// Places and numbers of rows.
    I64(Buffer<i64>),
    /// Numbers.
    F64(Buffer<f64>),
}

impl Planes {
    /// Cells of all planes.
    pub fn len(&self) -> usize {
        match self {
            Planes::Bool(cells) => cells.len(),
            Planes::U32(cells) => cells.len(),
            Planes::U64(cells) => cells.len(),
            Planes::I64(cells) => cells.len(),
            Planes::F64(cells) => cells.len(),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All cells, the first plane first.
    pub fn cells(&self) -> Cells<'_> {
        match self {
            Planes::Bool(cells) => Cells::Bool(cells),
            Planes::U32(cells) => Cells::U32(cells),
            Planes::U64(cells) => Cells::U64(cells),
            Planes::I64(cells) => Cells::I64(cells),
            Planes::F64(cells) => Cells::F64(cells),
        }
    }
}

/// What a later merge needs besides the planes.
#[derive(Debug)]
pub(crate) enum Support {
    /// The planes say it all, or (if the reduction needs more) it is not known.
    None,
    /// Of a mean: how many values fell in each cell.
    Counts(Planes),
    /// Of a variance: how many values, and their mean.
    Moments { counts: Planes, means: Planes },
    /// Of the first or last values: where they stood in their source.
    Keys(Planes),
    /// Of selected rows: the values that selected them, and where they stood, unless the cells say that.
    Selected { values: Planes, keys: Option<Planes> },
    /// Of the most frequent category: how many rows each has.
    Tally(Planes),
    /// Of a summary, which has no cells of its own: its parts.
    Parts(Vec<Aggregate>),
}

/// A canvas with what was folded into it.
#[derive(Debug)]
pub struct Aggregate {
    /// The grid.
    pub canvas: Canvas,
    /// The fold.
    pub reduction: Reduction,
    /// The categories, sorted: in the order of the planes of [`Reduction::By`], or what the cells of [`Reduction::Mode`]
    /// count through; empty for all others.
    pub categories: Vec<String>,
    /// Rows seen.
    pub rows: u64,
    /// Rows that have no pixel: x or y missing, not finite, or out of range.
    pub skipped: u64,
    planes: Planes,
    support: Support,
}

impl Aggregate {
    /// An aggregate of planes that are ready.
    ///
    /// One of a mean, a variance, or a first or last value cannot be merged: planes alone do not say how.
    pub fn from_planes(
        canvas: Canvas,
        reduction: Reduction,
        categories: Vec<String>,
        planes: Planes,
    ) -> Self {
        Self { canvas, reduction, categories, rows: 0, skipped: 0, planes, support: Support::None }
    }

    pub(crate) fn finished(
        canvas: Canvas,
        reduction: Reduction,
        categories: Vec<String>,
        rows: u64,
        skipped: u64,
        finished: Finished,
    ) -> Self {
        let Finished { planes, support } = finished;
        Self { canvas, reduction, categories, rows, skipped, planes, support }
    }

    /// The parts of a summary as one.
    pub(crate) fn of_parts(
        canvas: Canvas,
        reduction: Reduction,
        parts: Vec<Aggregate>,
        consumer: &MemoryConsumer,
    ) -> Result<Self, BudgetExceeded> {
        let (rows, skipped) = parts.first().map_or((0, 0), |part| (part.rows, part.skipped));
        let (planes, support) = (Planes::Bool(consumer.zeroed(0)?), Support::Parts(parts));
        Ok(Self { canvas, reduction, categories: Vec::new(), rows, skipped, planes, support })
    }

    /// The same, of so many rows; of those that were skipped, so many were none.
    pub fn with_rows(mut self, rows: u64, none: u64) -> Self {
        self.rows = rows;
        self.skipped = self.skipped.saturating_sub(none);
        if let Support::Parts(parts) = &mut self.support {
            for part in parts {
                part.rows = rows;
                part.skipped = part.skipped.saturating_sub(none);
            }
        }
        self
    }

    /// The aggregates of a summary by name; none of any other fold.
    pub fn into_parts(self) -> Vec<(String, Aggregate)> {
        match (self.reduction, self.support) {
            (Reduction::Summary(named), Support::Parts(parts)) => {
                named.into_iter().map(|(name, _)| name).zip(parts).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Values of a pixel, one after the other in [`Aggregate::cells`].
    pub fn depth(&self) -> usize {
        self.reduction.depth().unwrap_or(1)
    }

    /// Pixels from left to right.
    pub fn width(&self) -> usize {
        self.canvas.x.pixels
    }

    /// Pixels from bottom to top.
    pub fn height(&self) -> usize {
        self.canvas.y.pixels
    }

    /// Number of planes: categories, or 1; none of a summary.
    pub fn planes(&self) -> usize {
        match self.reduction {
            Reduction::By(..) => self.categories.len(),
            Reduction::Summary(_) => 0,
            _ => 1,
        }
    }

    /// All planes in one, as they lie in memory.
    pub fn all_cells(&self) -> Cells<'_> {
        self.planes.cells()
    }

    /// Plane `index` of [`Aggregate::planes`]; each cell is [`Aggregate::depth`] values.
    pub fn cells(&self, index: usize) -> Cells<'_> {
        let size = self.width() * self.height() * self.depth();
        let range = index * size..(index + 1) * size;
        match &self.planes {
            Planes::Bool(plane) => Cells::Bool(&plane[range]),
            Planes::U32(plane) => Cells::U32(&plane[range]),
            Planes::U64(plane) => Cells::U64(&plane[range]),
            Planes::I64(plane) => Cells::I64(&plane[range]),
            Planes::F64(plane) => Cells::F64(&plane[range]),
        }
    }
}
