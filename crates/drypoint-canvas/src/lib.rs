//! Points folded by a reduction, and images resampled, into an aggregate.
//!
//! A [`Canvas`] says which data lies in which pixel, a [`Reduction`] what becomes of the points of one pixel, and
//! [`points()`] (or [`PointsFold`], for many sources) folds a [`Source`](drypoint_stream::Source) into an
//! [`Aggregate`] on as many threads as the [`Plan`] finds memory for.

mod aggregate;
mod canvas;
mod columns;
mod drive;
mod error;
mod extents;
mod fold;
mod growing;
mod histogram;
mod lines;
mod mapping;
mod meshes;
mod options;
mod plan;
mod points;
mod raster;
mod raw;
mod reduction;
mod tiled;

pub use aggregate::{Aggregate, Cells, Planes};
pub use canvas::{Axis, AxisKind, Canvas, Scale};
pub use error::{CanvasError, Result};
pub use extents::{ExtentsFold, extents};
pub use growing::{GrowingAxis, GrowingFold};
pub use histogram::{
    AutoBins, BinEdges, BinRule, Histogram, HistogramColumns, HistogramFold, Totals, bars, histogram,
};
pub use lines::{Chosen, Downsampling, LineColumns, LinesFold, downsample, lines};
pub use meshes::{CategoryOrder, GridOfQuads, HeatAxis, HeatmapFold, TrimeshFold, Vertices, quadmesh};
pub use options::{Options, Progress};
pub use plan::{Plan, PlanLine};
pub use points::{PointsFold, points};
pub use raster::{Breaks, Edges, GivenRaster, Image, LetGo, Method, colors, pixels, raster};
pub use reduction::Reduction;
pub use tiled::{Loaded, Reduced, TiledAggregate, TiledFold, suits_tiles, tiled_points};
