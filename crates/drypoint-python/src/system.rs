//! Memory that nobody uses and that the C library keeps: giving it back, or keeping it for reuse.

use drypoint_memory::resident_bytes;
use pyo3::prelude::*;

use crate::memory::process_pool;
use crate::raw::{DEFAULT_THRESHOLD, heap_numbers, set_thresholds, trim};

/// The largest block from the heap. Older glibc takes no larger threshold (`HEAP_MAX_SIZE / 2` on 64 bits), and zeros above
/// it would be cleared, touched or not: 0.4 s for a gigabyte that mapped pages give in microseconds.
const LARGEST_MAPPED: usize = 32 * 1024 * 1024;
/// Free bytes that the heap may keep at its end when it is preferred.
const KEPT: usize = 512 * 1024 * 1024;

/// Give back what the C library's heap keeps free. Returns by how many bytes the resident size fell.
///
/// glibc on Linux only; 0 elsewhere. Costs milliseconds for each 100 MB that are given back.
#[pyfunction]
pub(crate) fn trim_system(py: Python<'_>) -> usize {
    py.detach(|| {
        let before = resident_bytes().unwrap_or(0);
        trim();
        before.saturating_sub(resident_bytes().unwrap_or(0))
    })
}

/// Give the pool's idle blocks back. Returns their bytes.
#[pyfunction]
pub(crate) fn trim_pool(py: Python<'_>) -> PyResult<usize> {
    let pool = process_pool()?;
    Ok(py.detach(|| pool.trim(0)))
}

/// Have the C library serve large blocks from its heap, and keep them, or (`False`) map them as it does by default.
///
/// Returns whether the C library could be told: glibc on Linux only.
#[pyfunction]
pub(crate) fn prefer_heap(on: bool) -> bool {
    if on {
        set_thresholds(LARGEST_MAPPED, KEPT)
    } else {
        set_thresholds(DEFAULT_THRESHOLD, DEFAULT_THRESHOLD)
    }
}

/// Bytes in use in the C library's heaps, and bytes that they keep free; None where it cannot tell (glibc on Linux can).
#[pyfunction]
pub(crate) fn system_heap() -> Option<(usize, usize)> {
    heap_numbers()
}
