//! Shapes of one row each: polygons, and points and lines whose positions all stand in one row.

use std::sync::Arc;

use drypoint_canvas::{
    Aggregate, AxisKind, Canvas, CanvasError, Coordinate, FillRule, Options, Plan, PolygonColumns,
    PolygonsFold, Progress, Reduction, Result, RowShapes, Scale, ShapeVertices,
};
use drypoint_stream::{Extent, Schema, Source};
use pyo3::prelude::*;

use super::{Mark, MarkFold, Marked, axis_kind, mark_fold};

/// The rule that a name stands for; the caller has looked at the name.
pub(super) fn rule(name: &str) -> FillRule {
    if name == "nonzero" { FillRule::NonZero } else { FillRule::EvenOdd }
}

fn kinds(shapes: &RowShapes, schema: &Schema) -> Result<[AxisKind; 2]> {
    Ok(shapes.types(schema)?.map(|data_type| axis_kind(&data_type)))
}

/// How far the vertices of shapes reach.
fn extents(
    shapes: &RowShapes,
    source: &dyn Source,
    wanted: &[(usize, Scale)],
    options: &Options,
) -> Result<Vec<Option<Extent>>> {
    let columns: Vec<(&str, Scale)> =
        wanted.iter().map(|(place, scale)| ([ShapeVertices::X, ShapeVertices::Y][*place], *scale)).collect();
    drypoint_canvas::extents(&ShapeVertices::new(source, shapes)?, &columns, options)
}

/// Polygons of a column.
#[derive(Debug)]
pub(super) struct Polygons {
    columns: PolygonColumns,
    shapes: RowShapes,
}

impl Polygons {
    pub(super) fn new(geometry: String, rule: FillRule) -> Self {
        Self { shapes: RowShapes::Positions(geometry.clone()), columns: PolygonColumns { geometry, rule } }
    }
}

impl Marked for Polygons {
    fn along(&self) -> [Vec<&str>; 2] {
        [vec![&self.columns.geometry], vec![&self.columns.geometry]]
    }

    fn axis_name(&self, place: usize) -> &str {
        ["x", "y"][place]
    }

    fn counted(&self) -> &'static str {
        "polygons"
    }

    fn kinds(&self, schema: &Schema) -> Result<[AxisKind; 2]> {
        kinds(&self.shapes, schema)
    }

    fn extents(
        &self,
        source: &dyn Source,
        wanted: &[(usize, Scale)],
        options: &Options,
    ) -> Result<Vec<Option<Extent>>> {
        extents(&self.shapes, source, wanted, options)
    }

    fn plan(
        &self,
        source: &dyn Source,
        canvas: &Canvas,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Plan> {
        Plan::for_polygons(source, canvas, &self.columns, reduction, options)
    }

    fn fold(&self, canvas: &Canvas, reduction: &Reduction, options: &Options) -> Result<Box<dyn MarkFold>> {
        Ok(Box::new(PolygonsFold::new(canvas, &self.columns, reduction, options)?))
    }
}

mark_fold!(PolygonsFold);

/// A mark whose rows are the vertices of shapes.
#[derive(Debug)]
pub(super) struct OfShapes {
    shapes: RowShapes,
    /// Reads the columns of [`ShapeVertices`].
    mark: Mark,
}

impl OfShapes {
    pub(super) fn new(shapes: RowShapes, mark: Mark) -> Self {
        Self { shapes, mark }
    }

    fn coordinates(&self) -> [Option<&[Coordinate]>; 2] {
        match &self.shapes {
            RowShapes::Across { x, y } => [Some(x), Some(y)],
            _ => [None, None],
        }
    }
}

impl Marked for OfShapes {
    fn along(&self) -> [Vec<&str>; 2] {
        match &self.shapes {
            RowShapes::Points(name) | RowShapes::Lines(name) | RowShapes::Positions(name) => {
                [vec![name], vec![name]]
            }
            RowShapes::Lists { x, y } => [vec![x], vec![y]],
            RowShapes::Across { .. } => self.coordinates().map(|along| {
                let columns = along.unwrap_or_default().iter().filter_map(|coordinate| match coordinate {
                    Coordinate::Column(name) => Some(name.as_str()),
                    Coordinate::At(_) => None,
                });
                columns.collect()
            }),
        }
    }

    fn axis_name(&self, place: usize) -> &str {
        match &self.shapes {
            RowShapes::Points(_) | RowShapes::Lines(_) | RowShapes::Positions(_) => ["x", "y"][place],
            _ => self.along()[place].first().copied().unwrap_or(["x", "y"][place]),
        }
    }

    fn others(&self) -> Vec<&str> {
        self.mark.get().others()
    }

    fn counted(&self) -> &'static str {
        self.mark.get().counted()
    }

    fn shown(&self, place: usize) -> Option<f64> {
        self.mark.get().shown(place)
    }

    fn kinds(&self, schema: &Schema) -> Result<[AxisKind; 2]> {
        kinds(&self.shapes, schema)
    }

    fn extents(
        &self,
        source: &dyn Source,
        wanted: &[(usize, Scale)],
        options: &Options,
    ) -> Result<Vec<Option<Extent>>> {
        extents(&self.shapes, source, wanted, options)
    }

    fn plan(
        &self,
        source: &dyn Source,
        canvas: &Canvas,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Plan> {
        check(reduction)?;
        self.mark.get().plan(&ShapeVertices::new(source, &self.shapes)?, canvas, reduction, options)
    }

    fn fold(&self, canvas: &Canvas, reduction: &Reduction, options: &Options) -> Result<Box<dyn MarkFold>> {
        check(reduction)?;
        // Rows of the source count as done, not vertices.
        let uncounted = Options { progress: None, ..options.clone() };
        let fold = self.mark.get().fold(canvas, reduction, &uncounted)?;
        let (shapes, progress) = (self.shapes.clone(), options.progress.clone());
        Ok(Box::new(ShapeFold { fold, shapes, progress, rows: 0, apart: 0 }))
    }
}

/// Whether vertices can be folded so: they have values of their rows, but not the rows' numbers.
fn check(reduction: &Reduction) -> Result<()> {
    match reduction.numbers_rows() {
        true => Err(CanvasError::RowsOfVertices { reduction: Box::new(reduction.clone()) }),
        false => Ok(()),
    }
}

/// A fold of the vertices of shapes, which counts the shapes.
struct ShapeFold {
    fold: Box<dyn MarkFold>,
    shapes: RowShapes,
    progress: Option<Arc<Progress>>,
    rows: u64,
    /// Vertices that only keep shapes apart.
    apart: u64,
}

impl MarkFold for ShapeFold {
    fn consume(&mut self, part: &dyn Source) -> Result<()> {
        let vertices = ShapeVertices::new(part, &self.shapes)?.with_progress(self.progress.clone());
        self.fold.consume(&vertices)?;
        self.rows += vertices.rows_read();
        self.apart += vertices.apart();
        Ok(())
    }

    fn threads(&self) -> usize {
        self.fold.threads()
    }

    fn finish(self: Box<Self>) -> Result<Aggregate> {
        Ok(self.fold.finish()?.with_rows(self.rows, self.apart))
    }
}

/// A column's name, or a place that is the same in each row.
#[derive(FromPyObject)]
pub(crate) enum CoordinateArgument {
    Column(String),
    At(f64),
}

impl From<CoordinateArgument> for Coordinate {
    fn from(argument: CoordinateArgument) -> Self {
        match argument {
            CoordinateArgument::Column(name) => Coordinate::Column(name),
            CoordinateArgument::At(at) => Coordinate::At(at),
        }
    }
}
