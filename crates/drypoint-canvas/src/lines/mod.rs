//! Lines into pixels: vertices are joined in the order of the rows, each segment visits pixels and brings them the value
//! of the row it starts with, as in Datashader (decision 0027).

mod area;
mod downsample;
mod fill;
mod groups;
mod hair;
mod joints;
mod path;
mod plain;
mod runs;
mod seam;
mod sink;
mod stepping;
mod stroke;
mod track;
mod worker;

pub use self::area::{AreaBase, AreaColumns, AreasFold, areas, stack_extent};
pub use self::downsample::{Chosen, Downsampling, downsample};
pub use self::track::Step;

use drypoint_stream::{Schema, Source};

use self::hair::HairPen;
use self::path::{Base, PathColumns, PathFold};
use self::plain::PlainFold;
use self::stroke::{StrokePen, StrokeRecipe};
use crate::columns::{Roles, check_categorical};
use crate::mapping::GridMap;
use crate::options::Options;
use crate::plan::Plan;
use crate::{Aggregate, Canvas, CanvasError, Reduction, Result};

/// What of a source is drawn as lines, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct LineColumns {
    /// From left to right.
    pub x: String,
    /// From bottom to top.
    pub y: String,
    /// Rows of one value are one line; without it, all rows are.
    pub group: Option<String>,
    /// In pixels, antialiased; 0 for lines of whole pixels.
    pub width: f64,
    /// Whether the line goes in steps, and where it changes its height then.
    pub step: Option<Step>,
    /// Whether a pixel that an antialiased line covers more than once counts more than once.
    pub self_intersect: bool,
}

impl LineColumns {
    /// The widest line, in pixels.
    pub const MOST_WIDTH: f64 = 1000.0;

    /// One line of whole pixels, straight from row to row.
    pub fn new(x: &str, y: &str) -> Self {
        Self { x: x.into(), y: y.into(), group: None, width: 0.0, step: None, self_intersect: true }
    }
}

/// Fold each segment of the lines of `source` into the pixels it crosses.
///
/// Consecutive rows of a line are joined, whatever lies between them in the source, except where a coordinate is missing
/// or not finite. The result does not depend on threads or batches, except that float sums are added in another order.
///
/// Refused as by [`points`](crate::points()).
pub fn lines(
    canvas: &Canvas,
    source: &dyn Source,
    columns: &LineColumns,
    reduction: &Reduction,
    options: &Options,
) -> Result<Aggregate> {
    let mut fold = LinesFold::new(canvas, columns, reduction, options)?;
    fold.consume(source)?;
    fold.finish()
}

/// The columns that lines are read from.
struct LineRoles {
    columns: Roles,
    /// The column of the groups: its name, and its place among the columns of a batch.
    group: Option<(String, usize)>,
}

impl LineRoles {
    fn new(schema: &Schema, columns: &LineColumns, reduction: &Reduction) -> Result<Self> {
        let mut roles = Roles::new(schema, &columns.x, &columns.y, reduction)?;
        let group = match &columns.group {
            None => None,
            Some(name) => {
                let column = schema.index_of(name)?;
                check_categorical(name, &schema.fields[column].data_type)?;
                let known = roles.request.iter().position(|known| *known == column);
                let place = known.unwrap_or_else(|| {
                    roles.request.push(column);
                    roles.request.len() - 1
                });
                Some((name.clone(), place))
            }
        };
        Ok(Self { columns: roles, group })
    }

    /// The same for one part of a summary.
    fn of_part(&self, part: usize) -> Self {
        Self { columns: self.columns.of_part(part), group: self.group.clone() }
    }
}

impl Plan {
    /// Plan [`lines`](crate::lines()) with the same arguments.
    pub fn for_lines(
        source: &dyn Source,
        canvas: &Canvas,
        columns: &LineColumns,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Self> {
        match LinesFold::new(canvas, columns, reduction, options)?.0 {
            Kind::Plain(_) => {
                let roles = LineRoles::new(source.schema(), columns, reduction)?;
                plain::plan(source, &roles, &GridMap::new(canvas), reduction, options).map(|(plan, _)| plan)
            }
            Kind::Hair(fold) => fold.plan(source).map(|(plan, _)| plan),
            Kind::Stroke(fold) => fold.plan(source).map(|(plan, _)| plan),
        }
    }
}

/// A fold of many sources, one after the other: lines go on from one to the next.
pub struct LinesFold(Kind);

enum Kind {
    Plain(Box<PlainFold>),
    Hair(Box<PathFold<HairPen>>),
    Stroke(Box<PathFold<StrokePen>>),
}

impl LinesFold {
    /// Nothing is read and nothing large is allocated yet.
    pub fn new(
        canvas: &Canvas,
        columns: &LineColumns,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Self> {
        let LineColumns { width, step, self_intersect, .. } = *columns;
        if !(0.0..=LineColumns::MOST_WIDTH).contains(&width) {
            return Err(CanvasError::LineWidth { width, most: LineColumns::MOST_WIDTH });
        }
        if width == 0.0 && step.is_none() {
            return Ok(Self(Kind::Plain(Box::new(PlainFold::new(canvas, columns, reduction, options)?))));
        }
        let path = PathColumns { line: columns.clone(), base: Base::None, stack: Vec::new() };
        if width == 0.0 {
            return Ok(Self(Kind::Hair(Box::new(PathFold::new(canvas, path, |_| (), reduction, options)?))));
        }
        for part in reduction.parts() {
            let apart = matches!(part.inner(), Reduction::Min(_) | Reduction::First(_) | Reduction::Last(_));
            if columns.group.is_some() && (apart || !self_intersect) {
                return Err(CanvasError::StrokesApart { reduction: Box::new(part.clone()) });
            }
        }
        let recipe = |part: &Reduction| {
            let weighed = !matches!(part.inner(), Reduction::Count(_) | Reduction::Any(_));
            StrokeRecipe { width, self_intersect, weighed }
        };
        Ok(Self(Kind::Stroke(Box::new(PathFold::new(canvas, path, recipe, reduction, options)?))))
    }

    /// Fold the lines of a source. The plan is made with the first one.
    ///
    /// After an error the fold holds some of the source's lines and should be dropped.
    pub fn consume(&mut self, source: &dyn Source) -> Result<()> {
        match &mut self.0 {
            Kind::Plain(fold) => fold.consume(source),
            Kind::Hair(fold) => fold.consume(source),
            Kind::Stroke(fold) => fold.consume(source),
        }
    }

    /// Threads that the plan of the first source took; 0 before it.
    pub fn threads(&self) -> usize {
        match &self.0 {
            Kind::Plain(fold) => fold.threads(),
            Kind::Hair(fold) => fold.threads(),
            Kind::Stroke(fold) => fold.threads(),
        }
    }

    /// The aggregate of all that was consumed.
    pub fn finish(self) -> Result<Aggregate> {
        match self.0 {
            Kind::Plain(fold) => fold.finish(),
            Kind::Hair(fold) => fold.finish(),
            Kind::Stroke(fold) => fold.finish(),
        }
    }
}
