//! What a job draws of its rows: points, or lines; and a fold of either. Rows of a series that stand for all.

use drypoint_canvas::{
    Aggregate, Canvas, Chosen, Downsampling, LineColumns, LinesFold, Options, Plan, PointsFold, Reduction,
    Result, lines, points,
};
use drypoint_stream::{DataType, Source, TimeUnit};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::CoreError;
use crate::memory::pool_within;
use crate::watch::watched;

/// What becomes of the rows.
#[derive(Debug, Clone)]
pub(crate) enum Mark {
    Points,
    /// Joined in their order, those of one value of a column apart.
    Lines {
        group: Option<String>,
    },
}

impl Mark {
    /// Points need no group; lines may have one.
    pub(crate) fn new(name: &str, group: Option<String>) -> Self {
        if name == "line" { Mark::Lines { group } } else { Mark::Points }
    }

    /// The columns that it reads besides x, y and those of the reduction.
    pub(crate) fn column(&self) -> Option<&str> {
        match self {
            Mark::Points => None,
            Mark::Lines { group } => group.as_deref(),
        }
    }

    /// Whether a canvas can grow with it: lines that were drawn cannot be drawn again more coarsely.
    pub(crate) fn grows(&self) -> bool {
        matches!(self, Mark::Points)
    }

    /// Whether tiles can be folded into with it.
    pub(crate) fn is_tiled(&self) -> bool {
        matches!(self, Mark::Points)
    }

    fn columns(group: &Option<String>, (x, y): (&str, &str)) -> LineColumns {
        LineColumns { x: x.into(), y: y.into(), group: group.clone() }
    }

    /// Plan and draw a source that can be read again.
    pub(crate) fn draw(
        &self,
        canvas: &Canvas,
        source: &dyn Source,
        names: (&str, &str),
        reduction: &Reduction,
        options: &Options,
    ) -> Result<(Aggregate, usize)> {
        let threads = self.plan(source, canvas, names, reduction, options)?.threads;
        let aggregate = match self {
            Mark::Points => points(canvas, source, names.0, names.1, reduction, options)?,
            Mark::Lines { group } => lines(canvas, source, &Self::columns(group, names), reduction, options)?,
        };
        Ok((aggregate, threads))
    }

    /// The plan of drawing a source.
    pub(crate) fn plan(
        &self,
        source: &dyn Source,
        canvas: &Canvas,
        names: (&str, &str),
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Plan> {
        match self {
            Mark::Points => Plan::for_points(source, canvas, names.0, names.1, reduction, options),
            Mark::Lines { group } => {
                Plan::for_lines(source, canvas, &Self::columns(group, names), reduction, options)
            }
        }
    }

    /// A fold of the parts of a stream.
    pub(crate) fn fold(
        &self,
        canvas: &Canvas,
        names: (&str, &str),
        reduction: &Reduction,
        options: &Options,
    ) -> Result<MarkFold> {
        Ok(match self {
            Mark::Points => MarkFold::Points(PointsFold::new(canvas, names.0, names.1, reduction, options)?),
            Mark::Lines { group } => {
                MarkFold::Lines(LinesFold::new(canvas, &Self::columns(group, names), reduction, options)?)
            }
        })
    }
}

/// A fold of many sources.
pub(crate) enum MarkFold {
    Points(PointsFold),
    Lines(LinesFold),
}

impl MarkFold {
    pub(crate) fn consume(&mut self, part: &dyn Source) -> Result<()> {
        match self {
            MarkFold::Points(fold) => fold.consume(part),
            MarkFold::Lines(fold) => fold.consume(part),
        }
    }

    pub(crate) fn threads(&self) -> usize {
        match self {
            MarkFold::Points(fold) => fold.threads(),
            MarkFold::Lines(fold) => fold.threads(),
        }
    }

    pub(crate) fn finish(self) -> Result<Aggregate> {
        match self {
            MarkFold::Points(fold) => fold.finish(),
            MarkFold::Lines(fold) => fold.finish(),
        }
    }
}

/// The columns of rows that were chosen, each as the bytes of an array.
type ChosenColumns<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>, Bound<'py, PyBytes>);

/// Rows of a series that stand for all of them: x and y as float64, keys as uint64, and the units of x and y where they
/// are instants.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub(crate) fn downsample<'py>(
    py: Python<'py>,
    source: &crate::source::Source,
    x: &str,
    y: &str,
    count: usize,
    method: &str,
    threads: Option<usize>,
    memory: Option<&str>,
) -> PyResult<(ChosenColumns<'py>, [Option<&'static str>; 2])> {
    let method = match method {
        "m4" => Downsampling::M4,
        "minmax" => Downsampling::MinMax,
        "lttb" => Downsampling::Lttb,
        "minmaxlttb" => Downsampling::MinMaxLttb,
        _ => return Err(CoreError::Argument(format!("unknown method {method:?}")).into()),
    };
    let pool = pool_within(memory, "downsampling")?;
    let mut options = Options::new(pool.consumer("downsampling"));
    options.threads = threads;
    let stop = || {
        options.cancel.cancel();
        source.cancel.cancel();
    };
    let inner = source.inner.as_ref();
    let work = || Ok(drypoint_canvas::downsample(inner, (x, y), count, method, &options)?);
    let chosen = watched(py, stop, |_| Ok(()), work)?;
    let unit = |column: &str| -> PyResult<Option<&'static str>> {
        let schema = inner.schema();
        let place = schema.index_of(column).map_err(CoreError::from)?;
        Ok(match &schema.fields[place].data_type {
            DataType::Time { unit, .. } => Some(match unit {
                TimeUnit::Day => "D",
                TimeUnit::Second => "s",
                TimeUnit::Millisecond => "ms",
                TimeUnit::Microsecond => "us",
                TimeUnit::Nanosecond => "ns",
            }),
            _ => None,
        })
    };
    let column = |pick: fn(&Chosen) -> [u8; 8]| {
        let bytes: Vec<u8> = chosen.iter().flat_map(pick).collect();
        PyBytes::new(py, &bytes)
    };
    let columns = (
        column(|row| row.x.to_ne_bytes()),
        column(|row| row.y.to_ne_bytes()),
        column(|row| row.key.to_ne_bytes()),
    );
    Ok((columns, [unit(x)?, unit(y)?]))
}
