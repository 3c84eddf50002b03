//! Rows of a series that stand for all.

use drypoint_canvas::{Chosen, Downsampling, Options};
use drypoint_stream::{DataType, TimeUnit};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::CoreError;
use crate::memory::pool_within;
use crate::watch::watched;

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
