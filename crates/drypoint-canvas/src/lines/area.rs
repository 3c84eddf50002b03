//! Areas between a line and its base: what of a source is filled, and the fold of it.

use drypoint_stream::Source;

use super::fill::FillPen;
use super::path::{Base, PathColumns, PathFold};
use super::{LineColumns, Step};
use crate::options::Options;
use crate::plan::Plan;
use crate::{Aggregate, Canvas, CanvasError, Reduction, Result};

/// Where an area ends.
#[derive(Debug, Clone, PartialEq)]
pub enum AreaBase {
    /// At one height. Its pixels belong to the area.
    Constant(f64),
    /// At that of a column. Its pixels belong to what lies beyond, so that areas on one another do not overlap.
    Column(String),
}

/// What of a source is filled.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaColumns {
    /// From left to right.
    pub x: String,
    /// Heights. Of several, each stands on the sum of those before, and has a plane of its own.
    pub y: Vec<String>,
    /// What the area, or the first one, stands on.
    pub base: AreaBase,
    /// Rows of one value are one area; without it, all rows are.
    pub group: Option<String>,
    /// Whether the height changes in steps, and where.
    pub step: Option<Step>,
}

/// Fill the areas of `source`: for each pixel, what the trapezoids between its consecutive rows bring, each with the value of
/// the row that it starts with.
///
/// The result does not depend on threads or batches, except that float sums are added in another order. Refused as by
/// [`points`](crate::points()).
pub fn areas(
    canvas: &Canvas,
    source: &dyn Source,
    columns: &AreaColumns,
    reduction: &Reduction,
    options: &Options,
) -> Result<Aggregate> {
    let mut fold = AreasFold::new(canvas, columns, reduction, options)?;
    fold.consume(source)?;
    fold.finish()
}

impl Plan {
    /// Plan [`areas`](crate::areas()) with the same arguments.
    pub fn for_areas(
        source: &dyn Source,
        canvas: &Canvas,
        columns: &AreaColumns,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Self> {
        AreasFold::new(canvas, columns, reduction, options)?.0.plan(source).map(|(plan, _)| plan)
    }
}

/// A fold of many sources, one after the other: areas go on from one to the next.
pub struct AreasFold(PathFold<FillPen>);

impl AreasFold {
    /// Nothing is read and nothing large is allocated yet.
    pub fn new(
        canvas: &Canvas,
        columns: &AreaColumns,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Self> {
        let AreaColumns { x, y, base, group, step } = columns;
        let Some((first, stack)) = y.split_first() else { return Err(CanvasError::NoHeights) };
        if let (false, Some(outer)) = (stack.is_empty(), reduction.category_column()) {
            return Err(CanvasError::StackedCategories { column: outer.into() });
        }
        let base = match base {
            AreaBase::Constant(height) if !height.is_finite() => {
                return Err(CanvasError::BaseNotFinite { base: *height });
            }
            AreaBase::Constant(height) => Base::Constant(*height),
            AreaBase::Column(name) => Base::Column(name.clone()),
        };
        let line = LineColumns { group: group.clone(), step: *step, ..LineColumns::new(x, first) };
        let path = PathColumns { line, base, stack: stack.to_vec() };
        Ok(Self(PathFold::new(canvas, path, (), reduction, options)?))
    }

    /// Fold the areas of a source. The plan is made with the first one.
    ///
    /// After an error the fold holds some of the source's areas and should be dropped.
    pub fn consume(&mut self, source: &dyn Source) -> Result<()> {
        self.0.consume(source)
    }

    /// Threads that the plan of the first source took; 0 before it.
    pub fn threads(&self) -> usize {
        self.0.threads()
    }

    /// The aggregate of all that was consumed.
    pub fn finish(self) -> Result<Aggregate> {
        self.0.finish()
    }
}
