//! Accounts of arrays as Python has them, and the hook that fills them.

use std::sync::Arc;

use drypoint_memory::ArrayAccount as Account;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::collection::ROOT;
use crate::error::CoreError;
use crate::memory::process_pool;
use crate::raw::{HandlerError, NumPy, handler_for, warm};

impl From<HandlerError> for CoreError {
    fn from(error: HandlerError) -> Self {
        match error {
            HandlerError::Conflict(name) => Self::Handler(name),
            HandlerError::Python(error) => Self::Python(error),
        }
    }
}

/// The large arrays of one scope.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct ArrayAccount {
    account: Arc<Account>,
    handler: PyOnceLock<Py<PyAny>>,
}

#[pymethods]
impl ArrayAccount {
    /// `limit` in bytes; a part of `parent`, or of the process.
    #[new]
    #[pyo3(signature = (name, limit=None, parent=None))]
    fn new(name: &str, limit: Option<usize>, parent: Option<&Self>) -> Self {
        let parent = parent.map_or(&*ROOT, |parent| &parent.account);
        if limit.is_some() {
            warm();
        }
        Self { account: parent.child(name, limit.unwrap_or(usize::MAX)), handler: PyOnceLock::new() }
    }

    /// Have the arrays of this context come here from now on; what they came from before is returned, for `leave`.
    /// None if the program has not imported NumPy.
    fn enter<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(numpy) = NumPy::find(py)? else { return Ok(None) };
        numpy.check(py).map_err(CoreError::from)?;
        let handler =
            self.handler.get_or_try_init(py, || handler_for(py, &self.account).map(Bound::unbind))?;
        Ok(Some(numpy.set(py, Some(handler.bind(py)))?))
    }

    /// Undo `enter`, unless someone else changed the context's handler since.
    fn leave(&self, py: Python<'_>, before: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let (Some(numpy), Some(handler)) = (NumPy::find(py)?, self.handler.get(py)) else { return Ok(()) };
        if numpy.is_current(py, handler.bind(py))? {
            numpy.set(py, before)?;
        }
        Ok(())
    }

    /// Take no more: arrays made from now on are those of what it is a part of.
    fn close(&self) {
        self.account.close();
    }

    /// Whether this is the handler that `enter` sets.
    fn handles(&self, py: Python<'_>, handler: &Bound<'_, PyAny>) -> bool {
        self.handler.get(py).is_some_and(|own| handler.is(own))
    }

    /// Its numbers.
    fn usage<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        usage(py, &self.account)
    }

    /// Bytes for which it still has room.
    fn available(&self) -> usize {
        self.account.available()
    }
}

fn usage<'py>(py: Python<'py>, account: &Account) -> PyResult<Bound<'py, PyDict>> {
    let usage = account.usage();
    let numbers = PyDict::new(py);
    numbers.set_item("allocations", usage.allocations)?;
    numbers.set_item("allocated", usage.allocated)?;
    numbers.set_item("reused", usage.hits)?;
    numbers.set_item("fresh", usage.misses)?;
    numbers.set_item("refused", usage.refused)?;
    numbers.set_item("arrays", usage.arrays)?;
    numbers.set_item("live", usage.live)?;
    numbers.set_item("peak", usage.peak)?;
    Ok(numbers)
}

/// Have the arrays of all threads come from the pool, or (False) no longer. Returns whether NumPy is there at all.
#[pyfunction]
pub(crate) fn pool_arrays(py: Python<'_>, on: bool) -> PyResult<bool> {
    let Some(numpy) = NumPy::find(py)? else { return Ok(false) };
    if on {
        numpy.check(py).map_err(CoreError::from)?; // this context's own handler, which would go on in front of ours
    }
    numpy.take_over(py, &ROOT).map_err(CoreError::from)?.set(on);
    Ok(true)
}

/// Have arrays that come from the pool count against the process's budget, or (False) no longer.
#[pyfunction]
pub(crate) fn count_arrays(on: bool) -> PyResult<()> {
    if on {
        warm();
    }
    process_pool()?.count_arrays(on).map_err(CoreError::from)?;
    Ok(())
}

/// The numbers of all large arrays that came from the pool.
#[pyfunction]
pub(crate) fn array_usage(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    usage(py, &ROOT)
}
