//! What a job makes of the rows of a source. Each mark has a file of its own, which says what it reads and folds it; a
//! job asks no more of it than the two traits here name.

mod area;
mod line;
mod points;
mod shapes;

use std::fmt::Debug;
use std::sync::Arc;

use drypoint_canvas::{
    Aggregate, Axis, AxisKind, Canvas, CanvasError, Options, Plan, Reduction, Result, RowShapes, Scale,
};
use drypoint_stream::{DataType, Extent, Schema, Source};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use self::shapes::CoordinateArgument;
use crate::error::CoreError;

/// A kind of mark, with the columns that it reads.
pub(crate) trait Marked: Debug + Send + Sync {
    /// The columns of numbers that lie along x, and those along y. The first of each names its axis.
    fn along(&self) -> [Vec<&str>; 2];

    /// What names an axis.
    fn axis_name(&self, place: usize) -> &str {
        self.along()[place].first().copied().unwrap_or_default()
    }

    /// The columns that it reads besides those along the axes and those of the reduction.
    fn others(&self) -> Vec<&str> {
        Vec::new()
    }

    /// What a count counts: `points`.
    fn counted(&self) -> &'static str;

    /// The names of the planes that it makes by itself, whatever the reduction is; none where it makes one.
    fn layers(&self) -> &[String] {
        &[]
    }

    /// A value that an axis shows, whatever the rows are: 0 of bars.
    fn shown(&self, _place: usize) -> Option<f64> {
        None
    }

    /// Whether these columns can be drawn, and what lies along the axes: that of the first column, which all must share.
    fn kinds(&self, schema: &Schema) -> Result<[AxisKind; 2]> {
        let [x, y] = self.along();
        Ok([kind(schema, &x)?, kind(schema, &y)?])
    }

    /// How far the rows reach along each of these axes, None where none of them has a value.
    fn extents(
        &self,
        source: &dyn Source,
        wanted: &[(usize, Scale)],
        options: &Options,
    ) -> Result<Vec<Option<Extent>>> {
        column_extents(self.along(), source, wanted, options)
    }

    /// The columns of rows that are points, each by itself: only those can be drawn on a canvas that grows, or in tiles.
    fn as_points(&self) -> Option<(&str, &str)> {
        None
    }

    /// The plan of drawing a source.
    fn plan(
        &self,
        source: &dyn Source,
        canvas: &Canvas,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Plan>;

    /// A fold of many sources, one after the other.
    fn fold(&self, canvas: &Canvas, reduction: &Reduction, options: &Options) -> Result<Box<dyn MarkFold>>;
}

/// A fold of many sources.
pub(crate) trait MarkFold: Send {
    fn consume(&mut self, part: &dyn Source) -> Result<()>;

    /// Threads that the plan of the first source took; 0 before it.
    fn threads(&self) -> usize;

    fn finish(self: Box<Self>) -> Result<Aggregate>;
}

/// The folds of the canvas have these methods already.
macro_rules! mark_fold {
    ($fold:ty) => {
        impl crate::mark::MarkFold for $fold {
            fn consume(&mut self, part: &dyn drypoint_stream::Source) -> drypoint_canvas::Result<()> {
                <$fold>::consume(self, part)
            }

            fn threads(&self) -> usize {
                <$fold>::threads(self)
            }

            fn finish(self: Box<Self>) -> drypoint_canvas::Result<drypoint_canvas::Aggregate> {
                <$fold>::finish(*self)
            }
        }
    };
}
use mark_fold;

/// How far columns reach along each of these axes, all that lie along one together.
pub(crate) fn column_extents(
    along: [Vec<&str>; 2],
    source: &dyn Source,
    wanted: &[(usize, Scale)],
    options: &Options,
) -> Result<Vec<Option<Extent>>> {
    let columns: Vec<(&str, Scale)> = wanted
        .iter()
        .flat_map(|(place, scale)| along[*place].iter().map(|column| (*column, *scale)))
        .collect();
    let mut found = drypoint_canvas::extents(source, &columns, options)?.into_iter();
    Ok(wanted.iter().map(|(place, _)| together(found.by_ref().take(along[*place].len()))).collect())
}

fn together(extents: impl Iterator<Item = Option<Extent>>) -> Option<Extent> {
    extents.flatten().reduce(Extent::union)
}

/// What lies along an axis with these columns.
fn kind(schema: &Schema, columns: &[&str]) -> Result<AxisKind> {
    let mut first: Option<(&str, &DataType)> = None;
    for column in columns {
        let data_type = &schema.fields[schema.index_of(column)?].data_type;
        if !data_type.is_numeric() {
            return Err(CanvasError::NotNumeric { column: column.to_string(), data_type: data_type.clone() });
        }
        match first {
            None => first = Some((column, data_type)),
            Some((_, known)) if axis_kind(known) == axis_kind(data_type) => {}
            Some((name, known)) => {
                return Err(CanvasError::MixedAxis {
                    first: name.to_string(),
                    first_kind: known.clone(),
                    other: column.to_string(),
                    other_kind: data_type.clone(),
                });
            }
        }
    }
    Ok(first.map_or(AxisKind::Number, |(_, data_type)| axis_kind(data_type)))
}

fn axis_kind(data_type: &DataType) -> AxisKind {
    match data_type {
        DataType::Time { unit, zone } => AxisKind::Time { unit: *unit, zone: zone.clone() },
        _ => AxisKind::Number,
    }
}

/// A range around what was found and what the mark shows anyway.
pub(crate) fn around(
    mark: &dyn Marked,
    place: usize,
    found: Extent,
    scale: Scale,
    kind: &AxisKind,
) -> (f64, f64) {
    let shown = mark.shown(place).filter(|value| scale != Scale::Log || *value > 0.0);
    let extent = shown.map_or(found, |value| found.union(Extent { min: value, max: value }));
    Axis::around(1, Some(extent), scale, kind.clone()).range
}

/// A mark that is described: made by the static method that bears its name.
#[pyclass(frozen, from_py_object, module = "drypoint._core")]
#[derive(Debug, Clone)]
pub(crate) struct Mark(Arc<dyn Marked>);

impl Mark {
    pub(crate) fn of(kind: impl Marked + 'static) -> Self {
        Self(Arc::new(kind))
    }

    pub(crate) fn get(&self) -> &dyn Marked {
        &*self.0
    }
}

#[pymethods]
impl Mark {
    /// A point for each row.
    #[staticmethod]
    fn points(x: String, y: String) -> Self {
        Self::of(points::Points { x, y })
    }

    /// Rows joined in their order, those of one value of a column apart.
    #[staticmethod]
    #[pyo3(signature = (x, y, group=None, width=0.0, step=None, self_intersect=true))]
    fn line(
        x: String,
        y: String,
        group: Option<String>,
        width: f64,
        step: Option<&str>,
        self_intersect: bool,
    ) -> Self {
        Self::of(line::Line::new((x, y), group, width, step, self_intersect))
    }

    /// What lies between a line and a base; each of several columns stands on those before it.
    #[staticmethod]
    #[pyo3(signature = (x, y, base, group=None, step=None))]
    fn area(x: String, y: Vec<String>, base: area::Base, group: Option<String>, step: Option<&str>) -> Self {
        Self::of(area::Area::new(x, y, base, group, step))
    }

    /// The polygons of a column, filled by a rule.
    #[staticmethod]
    fn polygons(geometry: String, rule: &str) -> Self {
        Self::of(shapes::Polygons::new(geometry, shapes::rule(rule)))
    }

    /// A mark of the points or the lines of a column of shapes: `mark` reads the columns `VERTEX_COLUMNS`.
    #[staticmethod]
    fn of_geometry(geometry: String, are_lines: bool, mark: Mark) -> Self {
        let shapes = if are_lines { RowShapes::Lines(geometry) } else { RowShapes::Points(geometry) };
        Self::of(shapes::OfShapes::new(shapes, mark))
    }

    /// A mark of the items of two columns of lists.
    #[staticmethod]
    fn of_lists(x: String, y: String, mark: Mark) -> Self {
        Self::of(shapes::OfShapes::new(RowShapes::Lists { x, y }, mark))
    }

    /// A mark of several positions in each row, whose coordinates are in columns or the same in all rows.
    #[staticmethod]
    fn of_columns(x: Vec<CoordinateArgument>, y: Vec<CoordinateArgument>, mark: Mark) -> Self {
        let along = |given: Vec<CoordinateArgument>| given.into_iter().map(Into::into).collect();
        Self::of(shapes::OfShapes::new(RowShapes::Across { x: along(x), y: along(y) }, mark))
    }

    /// Whether a source has the columns that this mark and a reduction read, and can be drawn.
    fn check(&self, source: &crate::source::Source, reduction: &Bound<'_, PyTuple>) -> PyResult<()> {
        let reduction = crate::reduction::read(reduction)?;
        let schema = source.inner.schema();
        let read = || -> std::result::Result<(), CoreError> {
            self.0.kinds(schema)?;
            let folded = [reduction.value_column(), reduction.category_column()];
            for name in self.0.others().into_iter().chain(folded.into_iter().flatten()) {
                schema.index_of(name)?;
            }
            Ok(())
        };
        Ok(read()?)
    }

    /// What names the x axis.
    #[getter]
    pub(crate) fn x(&self) -> &str {
        self.0.axis_name(0)
    }

    /// What names the y axis.
    #[getter]
    pub(crate) fn y(&self) -> &str {
        self.0.axis_name(1)
    }

    /// Whether each row is a point by itself.
    #[getter]
    fn is_points(&self) -> bool {
        self.0.as_points().is_some()
    }
}
