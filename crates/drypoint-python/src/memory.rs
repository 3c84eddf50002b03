//! The process's pool as plain numbers, and the limits that Python sets.

use drypoint_memory::{Budget, MemoryPool, peak_resident_bytes as peak_resident, resident_bytes as resident};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::CoreError;

/// What the process takes on its own while a picture is drawn, beyond what it has when the command line begins: the
/// stacks of the threads, code of the core that is touched for the first time, small allocations of the decoders.
/// Measured with 1e8 rows of Parquet, CSV and IPC on two threads.
const OVERHEAD: usize = 6_000_000;

/// The pool of the process, unless `DRYPOINT_MEMORY` is no budget: whoever set it should hear of it.
pub(crate) fn process_pool() -> Result<&'static MemoryPool, CoreError> {
    Budget::from_environment()
        .map_err(|error| CoreError::Argument(format!("the environment variable DRYPOINT_MEMORY: {error}")))?;
    Ok(MemoryPool::process())
}

/// Where the bytes are.
#[pyfunction]
pub(crate) fn memory(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let snapshot = process_pool()?.snapshot();
    let report = PyDict::new(py);
    report.set_item("budget", snapshot.limit)?;
    report.set_item("reserved", snapshot.reserved)?;
    report.set_item("live", snapshot.live)?;
    report.set_item("idle", snapshot.idle)?;
    report.set_item("resident", resident().unwrap_or(0))?;
    report.set_item("peak_reserved", snapshot.peak_reserved)?;
    report.set_item("peak_live", snapshot.peak_live)?;
    report.set_item("peak_resident", peak_resident().unwrap_or(0))?;
    report.set_item("spilled", drypoint_array::SpillSpace::process().used())?;
    report.set_item("hits", snapshot.hits)?;
    report.set_item("misses", snapshot.misses)?;
    report.set_item("aged", snapshot.aged)?;
    let consumers = PyDict::new(py);
    for usage in &snapshot.consumers {
        let numbers = PyDict::new(py);
        numbers.set_item("reserved", usage.reserved)?;
        numbers.set_item("live", usage.live)?;
        numbers.set_item("peak", usage.peak)?;
        numbers.set_item("hits", usage.hits)?;
        numbers.set_item("misses", usage.misses)?;
        consumers.set_item(&*usage.name, numbers)?;
    }
    report.set_item("consumers", consumers)?;
    Ok(report)
}

/// Bytes of a budget as a person writes it.
pub(crate) fn parse_budget(text: &str) -> Result<usize, CoreError> {
    let budget: Budget = text.parse().map_err(|error| CoreError::Argument(format!("{error}")))?;
    Ok(budget.bytes())
}

/// The pool of one call: that of the process, or one within it of `memory`, which stands under `name` there.
pub(crate) fn pool_within(memory: Option<&str>, name: &str) -> Result<MemoryPool, CoreError> {
    let pool = process_pool()?;
    Ok(match memory {
        Some(memory) => pool.child(name, parse_budget(memory)?)?,
        None => pool.clone(),
    })
}

/// Bound what Drypoint holds in this process.
#[pyfunction]
pub(crate) fn set_budget(budget: &str) -> PyResult<usize> {
    let bytes = parse_budget(budget)?;
    process_pool()?.set_limit(bytes).map_err(CoreError::from)?;
    Ok(bytes)
}

/// The bytes that a budget means.
#[pyfunction]
pub(crate) fn budget_bytes(budget: &str) -> PyResult<usize> {
    Ok(parse_budget(budget)?)
}

/// Bound the whole process: the pool gets what the limit leaves beside what is resident now.
#[pyfunction]
pub(crate) fn limit_process(limit: &str) -> PyResult<usize> {
    let bytes = parse_budget(limit)?;
    let taken = resident().unwrap_or(0) + OVERHEAD;
    let left = bytes.checked_sub(taken).filter(|left| *left > 0).ok_or_else(|| {
        CoreError::Argument(format!(
            "--memory {limit} is {bytes} B, but Python and the core alone take {taken} B; give more"
        ))
    })?;
    process_pool()?.set_limit(left).map_err(CoreError::from)?;
    Ok(bytes)
}

/// Bytes that the system counts for this process now.
#[pyfunction]
pub(crate) fn resident_bytes() -> usize {
    resident().unwrap_or(0)
}

/// The most that it counted so far.
#[pyfunction]
pub(crate) fn peak_resident_bytes() -> usize {
    peak_resident().unwrap_or(0)
}
