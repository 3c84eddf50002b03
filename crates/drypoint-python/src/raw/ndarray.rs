//! NumPy's arrays, asked through the members of the type itself: a subclass may have others, written in Python.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

/// Asked about arrays and their memory, where NumPy is there.
pub(super) struct Arrays {
    pub(super) kind: Py<PyType>,
    base: Py<PyAny>,
    dtype: Py<PyAny>,
    has_objects: Py<PyAny>,
    dimensions: Py<PyAny>,
    items: Py<PyAny>,
}

/// What an array refers to.
pub(super) enum Referred<'py> {
    Nothing,
    /// Whose data it shows.
    Base(Bound<'py, PyAny>),
    /// Its items, in lists within lists, as deep as it has dimensions.
    Items(Bound<'py, PyAny>, usize),
}

impl Arrays {
    pub(super) fn find(py: Python<'_>) -> PyResult<Option<Self>> {
        let modules =
            py.import(intern!(py, "sys"))?.getattr(intern!(py, "modules"))?.cast_into::<PyDict>()?;
        let Some(numpy) = modules.get_item(intern!(py, "numpy"))? else { return Ok(None) };
        let (Ok(kind), Ok(dtype)) = (numpy.getattr("ndarray"), numpy.getattr("dtype")) else {
            return Ok(None);
        };
        // Those of the type itself: a subclass may have others, written in Python.
        fn member<'py>(kind: &Bound<'py, PyAny>, name: &str) -> PyResult<Bound<'py, PyAny>> {
            kind.getattr("__dict__")?.get_item(name)
        }
        fn getter(kind: &Bound<'_, PyAny>, name: &str) -> PyResult<Py<PyAny>> {
            Ok(member(kind, name)?.getattr("__get__")?.unbind())
        }
        Ok(Some(Self {
            base: getter(&kind, "base")?,
            dtype: getter(&kind, "dtype")?,
            has_objects: getter(&dtype, "hasobject")?,
            dimensions: getter(&kind, "ndim")?,
            items: member(&kind, "tolist")?.unbind(),
            kind: kind.cast_into::<PyType>()?.unbind(),
        }))
    }

    pub(super) fn referred<'py>(&self, array: &Bound<'py, PyAny>) -> PyResult<Referred<'py>> {
        let py = array.py();
        let base = self.base.bind(py).call1((array,))?;
        if !base.is_none() {
            return Ok(Referred::Base(base));
        }
        let dtype = self.dtype.bind(py).call1((array,))?;
        if !self.has_objects.bind(py).call1((dtype,))?.is_truthy()? {
            return Ok(Referred::Nothing);
        }
        let dimensions = self.dimensions.bind(py).call1((array,))?.extract()?;
        Ok(Referred::Items(self.items.bind(py).call1((array,))?, dimensions))
    }
}

/// Where the data of a NumPy array begins, by its array interface; None for a view, whose data is another's.
pub(crate) fn array_data(array: &Bound<'_, PyAny>) -> Option<*const u8> {
    if !array.getattr(intern!(array.py(), "base")).ok()?.is_none() {
        return None;
    }
    let data = array.getattr(intern!(array.py(), "__array_interface__")).ok()?.get_item("data").ok()?;
    let address: usize = data.get_item(0).ok()?.extract().ok()?;
    Some(std::ptr::without_provenance(address))
}
