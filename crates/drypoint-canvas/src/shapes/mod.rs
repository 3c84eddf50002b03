//! Marks of one row each: polygons filled, and lines and points whose positions all stand in one row (decision 0030).

mod filling;
mod geometry;
mod growing;
mod polygons;
mod sink;
mod spans;
mod vertices;

use drypoint_stream::{DataType, StreamError};

pub use self::filling::FillRule;
pub use self::polygons::{PolygonColumns, PolygonsFold, polygons};
pub use self::vertices::{Coordinate, RowShapes, ShapeVertices};

use crate::CanvasError;

/// Rows of a batch of shapes, each of which may be long.
const SHAPES_IN_BATCH: usize = 64;

/// What is wrong with one row's shape.
enum ShapeFault {
    /// It is not what the mark draws, but this.
    Of(&'static str),
    /// It cannot be read.
    What(String),
    /// Whoever takes its positions failed.
    Taking(CanvasError),
}

fn bad_shape(column: &str, row: u64, wanted: &'static str, fault: ShapeFault) -> CanvasError {
    let (column, row) = (column.to_string(), row & ((1 << 48) - 1));
    match fault {
        ShapeFault::Of(found) => StreamError::OtherShape { column, row, found, wanted }.into(),
        ShapeFault::What(what) => StreamError::BadShape { column, row, what }.into(),
        ShapeFault::Taking(error) => error,
    }
}

fn not_shapes(column: &str, data_type: &DataType, wanted: &'static str) -> CanvasError {
    let wanted = match data_type {
        DataType::Other(_) => {
            "WKB, or lists of numbers or positions; lists are read from Arrow and its IPC files, not from Parquet files"
        }
        _ => wanted,
    };
    CanvasError::NotShapes { column: column.into(), data_type: data_type.clone(), wanted }
}
