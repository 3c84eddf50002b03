//! A method that runs the one that it stands for and then tells that an object was made.
//!
//! Compiled, so that it has no frame: warnings that count frames still name the program's line, and a traceback shows
//! the library's own code.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

#[pyclass(frozen, dict, module = "drypoint._core")]
pub(crate) struct Constructor {
    original: Option<Py<PyAny>>,
    told: Py<PyAny>,
}

#[pymethods]
impl Constructor {
    /// `original` is called first, unless it is None; `told` is called with the object after that.
    #[new]
    fn new(original: Option<Py<PyAny>>, told: Py<PyAny>) -> Self {
        Self { original, told }
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn __call__(
        &self,
        py: Python<'_>,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        let result = match &self.original {
            Some(original) => original.call(py, args, kwargs)?,
            None => py.None(),
        };
        let object = args.get_item(0).map_err(|_| PyTypeError::new_err("a method needs its object"))?;
        self.told.call1(py, (object,))?;
        Ok(result)
    }

    fn __get__<'py>(
        slf: Bound<'py, Self>,
        object: Option<&Bound<'py, PyAny>>,
        _owner: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match object {
            None => Ok(slf.into_any()),
            Some(object) => method_type(slf.py())?.call1((slf, object)),
        }
    }

    /// What it does not have itself, such as `__code__`, is asked of the original.
    fn __getattr__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        match &self.original {
            Some(original) => original.bind(py).getattr(name),
            None => Err(pyo3::exceptions::PyAttributeError::new_err(name.to_owned())),
        }
    }
}

fn method_type(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static METHOD: pyo3::sync::PyOnceLock<Py<PyAny>> = pyo3::sync::PyOnceLock::new();
    METHOD
        .get_or_try_init(py, || py.import("types")?.getattr("MethodType").map(Bound::unbind))
        .map(|kind| kind.bind(py))
}
