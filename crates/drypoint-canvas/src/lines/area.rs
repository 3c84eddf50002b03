//! Areas between a line and its base: what of a source is filled, and the fold of it.

use drypoint_stream::{Extent, Request, Source};

use super::fill::FillPen;
use super::path::{Base, PathColumns, PathFold};
use super::{LineColumns, Step};
use crate::columns::{check_batch, check_numeric, convert_missing, place};
use crate::drive::drive;
use crate::options::Options;
use crate::plan::Plan;
use crate::raw::{BLOCK_ROWS, Isa, extent_of};
use crate::{Aggregate, Canvas, CanvasError, Reduction, Result, Scale};

/// Rows that are looked at together for their extent.
const EXTENT_ROWS: usize = 16 * 1024;

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
        let several = !stack.is_empty();
        if let (true, Some(outer)) = (several, reduction.category_column()) {
            return Err(CanvasError::StackedCategories { column: outer.into() });
        }
        if several && matches!(reduction, Reduction::Summary(_)) {
            return Err(CanvasError::StackedSummary);
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
        Ok(Self(PathFold::new(canvas, path, |_| (), reduction, options)?))
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

/// How far stacked areas reach: from the least to the greatest of their base, the first heights, and each sum of heights.
///
/// The rows are read once; nothing larger than a batch is held. `None` where no row has a finite value (above 0 on a
/// logarithmic axis).
pub fn stack_extent(
    source: &dyn Source,
    columns: &AreaColumns,
    scale: Scale,
    options: &Options,
) -> Result<Option<Extent>> {
    let schema = source.schema();
    let mut request: Vec<usize> = Vec::new();
    let mut place = |name: &String| place(schema, name, check_numeric, &mut request);
    let layers = columns.y.iter().map(&mut place).collect::<Result<Vec<_>>>()?;
    let base = match &columns.base {
        AreaBase::Column(name) => Some(place(name)?),
        AreaBase::Constant(_) => None,
    };
    let mut request = Request {
        columns: request,
        batch_rows: options.batch_rows.unwrap_or(EXTENT_ROWS),
        readers: options.wanted_threads(),
        consumer: options.consumer.clone(),
        cancel: options.cancel.clone(),
    };
    let needs = source.needs(&request)?;
    let free = options.consumer.pool().available().saturating_sub(needs.shared_bytes);
    let fit = free.checked_div(needs.reader_bytes).unwrap_or(usize::MAX);
    request.readers = request.readers.min(needs.max_readers).min(fit).max(1);
    let above = if scale == Scale::Log { 0.0 } else { f64::NEG_INFINITY };
    let isa = Isa::detect();
    let empty = (f64::INFINITY, f64::NEG_INFINITY);
    let mut found = vec![empty; request.readers];
    drive(source, &request, &mut found, options.progress.as_deref(), |(min, max), batch| {
        check_batch(batch, request.columns.len())?;
        let (mut heights, mut sums) = ([0.0; BLOCK_ROWS], [0.0; BLOCK_ROWS]);
        for start in (0..batch.rows).step_by(BLOCK_ROWS) {
            let rows = BLOCK_ROWS.min(batch.rows - start);
            let mut widen = |values: &[f64]| {
                let (low, high) = extent_of(isa, values, above);
                (*min, *max) = (min.min(low), max.max(high));
            };
            if let Some(base) = base {
                convert_missing(&batch.columns[base], start, &mut heights[..rows])?;
                widen(&heights[..rows]);
            }
            sums[..rows].fill(0.0);
            for layer in &layers {
                convert_missing(&batch.columns[*layer], start, &mut heights[..rows])?;
                sums[..rows].iter_mut().zip(&heights).for_each(|(sum, height)| *sum += height);
                widen(&sums[..rows]);
            }
        }
        Ok(())
    })?;
    let (min, max) = found.into_iter().fold(empty, |a, b| (a.0.min(b.0), a.1.max(b.1)));
    Ok((min <= max).then_some(Extent { min, max }))
}
