//! Sparse arrays as Python sees them: what is given in NumPy's arrays is kept or copied, what is kept is lent.

mod array;
mod given;
mod make;
mod part;

pub(crate) use array::Sparse;
pub(crate) use make::{SparseEntries, SparseTriplets, check_room, coo_array, csr_array};
pub(crate) use part::SparsePart;

use std::sync::atomic::{AtomicBool, Ordering};

use drypoint_array::sparse::Work;
use pyo3::prelude::*;

use crate::error::CoreError;
use crate::memory::process_pool;
use crate::watch::{detached, watched};

/// The account that sparse arrays are held by.
const ACCOUNT: &str = "sparse arrays";
/// Work on fewer entries than this, at a few nanoseconds each, is done within what is promised for Ctrl-C. More is done on a
/// thread of its own, which costs more than short work does.
const SHORT: usize = 1 << 23;
/// What bringing an entry in order costs, beside looking at it.
const ORDERED: usize = 24;

/// Work that costs as much as looking at so many entries, the interpreter released meanwhile.
fn run<T: Send>(
    py: Python<'_>,
    entries: usize,
    work: impl FnOnce(&Work<'_>) -> Result<T, CoreError> + Send,
) -> PyResult<T> {
    let consumer = process_pool()?.consumer(ACCOUNT);
    let stop = AtomicBool::new(false);
    if entries < SHORT {
        return detached(py, || work(&Work::new(&consumer, &stop)));
    }
    let end = || stop.store(true, Ordering::Relaxed);
    watched(py, end, |_| Ok(()), || work(&Work::new(&consumer, &stop)))
}
