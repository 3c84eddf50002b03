//! Histograms: one column into bins, of a source that can be read again or of a stream.

use std::sync::Mutex;

use drypoint_canvas::{
    AutoBins, BinEdges, BinRule, Histogram as Made, HistogramColumns, HistogramFold, Scale, Totals, histogram,
};
use drypoint_memory::MemoryConsumer;
use drypoint_stream::{DataType, Field, Schema, Spool};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::CoreError;
use crate::mesh::{Running, UNITS, locked, scale_of};
use crate::source::Source;

/// Rows of a batch that is spooled: large enough to compress well.
const SPOOLED_ROWS: usize = 65_536;

/// A source on disk for the columns of `names`, of a stream that has to be read more than once.
pub(crate) fn spool_for(
    part: &dyn drypoint_stream::Source,
    names: &[&str],
    consumer: &MemoryConsumer,
) -> Result<Box<Spool>, CoreError> {
    let mut fields: Vec<Field> = Vec::new();
    for name in names {
        let field = &part.schema().fields[part.schema().index_of(name)?];
        if !fields.contains(field) {
            fields.push(field.clone());
        }
    }
    Ok(Box::new(Spool::new(&part.name(), Schema { fields }, u64::MAX, consumer)?))
}

/// A number of bins, their edges, or the name of a rule.
#[derive(FromPyObject)]
enum BinsArgument {
    Count(usize),
    Edges(Vec<f64>),
    Rule(String),
}

enum Stage {
    Untouched,
    Folding(Box<HistogramFold>),
    Spooled(Box<Spool>),
}

/// A histogram that is described, and perhaps begun.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Histogram {
    running: Running,
    columns: HistogramColumns,
    rule: BinRule,
    range: Option<(f64, f64)>,
    scale: Scale,
    stage: Mutex<Stage>,
}

/// Totals of all bins as bytes of uint64 or float64; whether they are float64; edges; categories; rows; skipped.
type MadeTuple<'py> = (Bound<'py, PyBytes>, bool, Vec<f64>, Vec<String>, u64, u64);

impl Histogram {
    fn made<'py>(py: Python<'py>, made: Made) -> MadeTuple<'py> {
        let (bytes, weighed) = match &made.totals {
            Totals::Counts(counts) => (PyBytes::new(py, bytemuck::cast_slice(counts)), false),
            Totals::Weights(sums) => (PyBytes::new(py, bytemuck::cast_slice(sums)), true),
        };
        (bytes, weighed, made.edges, made.categories, made.rows, made.skipped)
    }

    fn drawn(&self, source: &dyn drypoint_stream::Source) -> Result<Made, CoreError> {
        let Self { columns, rule, range, scale, running, .. } = self;
        Ok(histogram(source, columns, rule, *range, *scale, &running.options)?)
    }

    /// The edges, if they are known before the rows are.
    fn edges(&self) -> Option<BinEdges> {
        match (&self.rule, self.range) {
            (BinRule::Edges(edges), _) => Some(BinEdges::Listed(edges.clone())),
            (BinRule::Count(count), Some(range)) => {
                Some(BinEdges::Even { range, count: *count, scale: self.scale })
            }
            _ => None,
        }
    }
}

#[pymethods]
impl Histogram {
    #[new]
    #[allow(clippy::too_many_arguments)]
    fn new(
        x: String,
        weights: Option<String>,
        by: Option<String>,
        bins: BinsArgument,
        range: Option<(f64, f64)>,
        scale: &str,
        threads: Option<usize>,
        memory: Option<&str>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let rule = match bins {
            BinsArgument::Count(count) => BinRule::Count(count),
            BinsArgument::Edges(edges) => BinRule::Edges(edges),
            BinsArgument::Rule(name) => {
                let known = AutoBins::ALL.iter().find(|(known, _)| *known == name);
                let (_, rule) = known
                    .ok_or_else(|| CoreError::Argument(format!("there is no rule {name:?} for bins")))?;
                BinRule::Auto(*rule)
            }
        };
        let running = Running::new(threads, memory, progress)?;
        let columns = HistogramColumns { x, weights, by };
        let stage = Mutex::new(Stage::Untouched);
        Ok(Self { running, columns, rule, range, scale: scale_of(scale), stage })
    }

    /// The unit of a column of a source, if it holds instants.
    #[staticmethod]
    fn unit(source: &Source, column: &str) -> PyResult<Option<&'static str>> {
        let schema = source.inner.schema();
        let place = schema.index_of(column).map_err(CoreError::from)?;
        Ok(match &schema.fields[place].data_type {
            DataType::Time { unit, .. } => {
                UNITS.iter().find(|(_, known)| known == unit).map(|(name, _)| *name)
            }
            _ => None,
        })
    }

    /// The histogram of a source that can be read again.
    fn draw<'py>(&self, py: Python<'py>, source: &Source) -> PyResult<MadeTuple<'py>> {
        let made = self.running.watched(py, Some(source), || self.drawn(source.inner.as_ref()))?;
        Ok(Self::made(py, made))
    }

    /// Put one more part of a stream into bins, or keep it until the bins are known.
    fn consume(&self, py: Python<'_>, source: &Source) -> PyResult<()> {
        let Self { running, columns, .. } = self;
        running.watched(py, Some(source), || {
            let part = source.inner.as_ref();
            let mut stage = locked(&self.stage);
            if let Stage::Untouched = *stage {
                *stage = match self.edges() {
                    Some(edges) => {
                        let fold = HistogramFold::new(columns, &edges, &running.options)?;
                        Stage::Folding(Box::new(fold))
                    }
                    None => {
                        let names = [Some(&columns.x), columns.weights.as_ref(), columns.by.as_ref()];
                        let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
                        Stage::Spooled(spool_for(part, &names, &running.pool.consumer("spool"))?)
                    }
                };
            }
            match &mut *stage {
                Stage::Untouched => {}
                Stage::Folding(fold) => fold.consume(part)?,
                Stage::Spooled(spool) => spool.fill(part, SPOOLED_ROWS, &running.options.cancel)?,
            }
            Ok(())
        })
    }

    /// The histogram of a stream that has ended.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<MadeTuple<'py>> {
        let made = self.running.watched(py, None, || {
            match std::mem::replace(&mut *locked(&self.stage), Stage::Untouched) {
                Stage::Untouched => Err(CoreError::Empty("the stream yielded nothing to count".into())),
                Stage::Folding(fold) => Ok(fold.finish()),
                Stage::Spooled(spool) => self.drawn(spool.as_ref()),
            }
        })?;
        Ok(Self::made(py, made))
    }

    /// Let go of what a stream left.
    fn close(&self) {
        *locked(&self.stage) = Stage::Untouched;
    }
}
