//! Tables of categories: rows into the cells of two axes, at least one of which has categories.

use std::sync::Mutex;

use drypoint_canvas::{
    Axis, AxisKind, CategoryOrder, ExtentsFold, HeatAxis, HeatmapFold, Options, Reduction, Scale,
};
use drypoint_stream::{DataType, Spool};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::aggregate::Aggregate;
use crate::error::CoreError;
use crate::histogram::spool_for;
use crate::mesh::{Running, locked, scale_of};
use crate::reduction;
use crate::source::Source;

const SPOOLED_ROWS: usize = 65_536;

/// A column, whether its numbers are categories too, bins of its numbers, their range and scale.
type AxisTuple = (String, bool, usize, Option<(f64, f64)>, String);

#[derive(Clone)]
struct AxisTold {
    column: String,
    categories: bool,
    bins: usize,
    range: Option<(f64, f64)>,
    scale: Scale,
}

enum Stage {
    Untouched,
    Folding(Box<HeatmapFold>),
    Spooled(Box<Spool>),
}

/// A table that is described, and perhaps begun.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Heatmap {
    running: Running,
    axes: [AxisTold; 2],
    order: CategoryOrder,
    most: usize,
    reduction: Reduction,
    stage: Mutex<Stage>,
}

impl Heatmap {
    /// The fold for the columns of a source; none if a range is not given and may not be looked for in it.
    fn fold(
        &self,
        source: &dyn drypoint_stream::Source,
        look: bool,
    ) -> Result<Option<HeatmapFold>, CoreError> {
        let schema = source.schema();
        let mut axes = Vec::new();
        for told in &self.axes {
            let AxisTold { column, categories, bins, range, scale } = told.clone();
            let data_type = &schema.fields[schema.index_of(&column)?].data_type;
            let text = matches!(data_type, DataType::Text | DataType::Bool | DataType::Null);
            if text || categories {
                axes.push(HeatAxis::Categories { column, order: self.order, most: self.most });
                continue;
            }
            let kind = match data_type {
                DataType::Time { unit, zone } => AxisKind::Time { unit: *unit, zone: zone.clone() },
                _ => AxisKind::Number,
            };
            let axis = match range {
                Some(range) => Axis { pixels: bins, range, scale, kind },
                None if !look => return Ok(None),
                None => {
                    let uncounted = Options { progress: None, ..self.running.options.clone() };
                    let mut fold = ExtentsFold::new(&[(&column, scale)], &uncounted);
                    fold.consume(source)?;
                    let extent = fold.finish().into_iter().next().flatten().ok_or_else(|| {
                        let above = if scale == Scale::Log { " above 0" } else { "" };
                        let name = source.name();
                        let what = format!("{name}: column {column:?} has no finite value{above}");
                        CoreError::Empty(format!("{what}; there is nothing to draw"))
                    })?;
                    Axis::around(bins, Some(extent), scale, kind)
                }
            };
            axes.push(HeatAxis::Numbers { column, axis });
        }
        let Ok([x, y]) = <[HeatAxis; 2]>::try_from(axes) else { unreachable!("two axes were told") };
        Ok(Some(HeatmapFold::new(x, y, &self.reduction, &self.running.options)?))
    }

    fn whole(
        &self,
        source: &dyn drypoint_stream::Source,
    ) -> Result<(drypoint_canvas::Aggregate, usize), CoreError> {
        let fold = self.fold(source, true)?;
        let mut fold = fold.unwrap_or_else(|| unreachable!("ranges were looked for"));
        fold.consume(source)?;
        let threads = fold.threads();
        Ok((fold.finish()?, threads))
    }
}

#[pymethods]
impl Heatmap {
    #[new]
    #[allow(clippy::too_many_arguments)]
    fn new(
        x: AxisTuple,
        y: AxisTuple,
        order: &str,
        most: usize,
        reduction: &Bound<'_, PyTuple>,
        threads: Option<usize>,
        memory: Option<&str>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let told = |(column, categories, bins, range, scale): AxisTuple| AxisTold {
            column,
            categories,
            bins,
            range,
            scale: scale_of(&scale),
        };
        let order = match order {
            "sorted" => CategoryOrder::Sorted,
            "appearance" => CategoryOrder::Appearance,
            "count" => CategoryOrder::Count,
            _ => return Err(CoreError::Argument(format!("unknown order {order:?}")).into()),
        };
        let reduction = reduction::read(reduction)?;
        let running = Running::new(threads, memory, progress)?;
        let stage = Mutex::new(Stage::Untouched);
        Ok(Self { running, axes: [told(x), told(y)], order, most, reduction, stage })
    }

    /// The table of a source that can be read again.
    fn draw(&self, py: Python<'_>, source: &Source) -> PyResult<Aggregate> {
        let (made, threads) = self.running.watched(py, Some(source), || self.whole(source.inner.as_ref()))?;
        Ok(self.running.aggregate(made, threads))
    }

    /// Fold one more part of a stream, or keep it until its ranges are known.
    fn consume(&self, py: Python<'_>, source: &Source) -> PyResult<()> {
        self.running.watched(py, Some(source), || {
            let part = source.inner.as_ref();
            let mut stage = locked(&self.stage);
            if let Stage::Untouched = *stage {
                *stage = match self.fold(part, false)? {
                    Some(fold) => Stage::Folding(Box::new(fold)),
                    None => {
                        let mut names = vec![self.axes[0].column.as_str(), self.axes[1].column.as_str()];
                        names.extend(self.reduction.value_column());
                        names.extend(self.reduction.category_column());
                        Stage::Spooled(spool_for(part, &names, &self.running.pool.consumer("spool"))?)
                    }
                };
            }
            match &mut *stage {
                Stage::Untouched => {}
                Stage::Folding(fold) => fold.consume(part)?,
                Stage::Spooled(spool) => spool.fill(part, SPOOLED_ROWS, &self.running.options.cancel)?,
            }
            Ok(())
        })
    }

    /// The table of a stream that has ended.
    fn finish(&self, py: Python<'_>) -> PyResult<Aggregate> {
        let (made, threads) = self.running.watched(py, None, || {
            match std::mem::replace(&mut *locked(&self.stage), Stage::Untouched) {
                Stage::Untouched => Err(CoreError::Empty("the stream yielded nothing to draw".into())),
                Stage::Folding(fold) => {
                    let threads = fold.threads();
                    Ok((fold.finish()?, threads))
                }
                Stage::Spooled(spool) => self.whole(spool.as_ref()),
            }
        })?;
        Ok(self.running.aggregate(made, threads))
    }

    /// Let go of what a stream left.
    fn close(&self) {
        *locked(&self.stage) = Stage::Untouched;
    }
}
