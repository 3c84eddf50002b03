//! Points folded by a reduction, and images resampled, into an aggregate.
//!
//! A [`Canvas`] says which data lies in which pixel, a [`Reduction`] what becomes of the points of one pixel, and
//! [`points()`] (or [`PointsFold`], for many sources) folds a [`Source`](drypoint_stream::Source) into an
//! [`Aggregate`] on as many threads as the [`Plan`] finds memory for.

mod aggregate;
mod canvas;
mod categories;
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
mod shapes;
mod tiled;

pub use aggregate::{Aggregate, Cells, Planes};
pub use canvas::{Axis, AxisKind, Canvas, Scale};
pub use categories::Categories;
pub use error::{CanvasError, Result};
pub use extents::{ExtentsFold, extents};
pub use growing::{GrowingAxis, GrowingFold};
pub use histogram::{
    AutoBins, BinEdges, BinRule, Histogram, HistogramColumns, HistogramFold, Totals, bars, histogram,
};
pub use lines::{
    AreaBase, AreaColumns, AreasFold, Chosen, Downsampling, LineColumns, LinesFold, Step, areas, downsample,
    lines, stack_extent,
};
pub use meshes::{CategoryOrder, GridOfQuads, HeatAxis, HeatmapFold, MeshVertices, TrimeshFold, quadmesh};
pub use options::{Options, Progress};
pub use plan::{Plan, PlanLine};
pub use points::{PointsFold, points};
pub use raster::{Breaks, Edges, GivenRaster, Image, LetGo, Method, colors, pixels, raster};
pub use reduction::{Rank, Reduction};
pub use shapes::{Coordinate, FillRule, PolygonColumns, PolygonsFold, RowShapes, ShapeVertices, polygons};
pub use tiled::{Loaded, Reduced, TiledAggregate, TiledFold, suits_tiles, tiled_points};
