//! Batches that leave for Python: each a copy that stands on its own.

use std::ffi::{CStr, c_int};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_buffer::Buffer;
use drypoint_stream::{Cancel, DataType, Field, Request, Schema, TimeUnit, arrow};
use pyo3::exceptions::{PyStopIteration, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBytes, PyCapsule, PyList};

use crate::error::CoreError;
use crate::memory::process_pool;
use crate::plain::{plain, strings};
use crate::raw;
use crate::watch::guarded;

/// Rows of a source, on their own.
///
/// ``batch["x"]`` is a NumPy array (numbers and instants without missing values are not copied); the whole is an
/// Arrow record batch for whoever asks through ``__arrow_c_array__``.
///
/// Attributes
/// ----------
/// rows : int
///     Number of rows; also ``len(batch)``.
/// columns : list of str
///     Column names in order.
#[pyclass(frozen, module = "drypoint")]
pub(crate) struct Batch {
    fields: Vec<Field>,
    record: RecordBatch,
}

#[pymethods]
impl Batch {
    #[getter]
    fn rows(&self) -> usize {
        self.record.num_rows()
    }

    #[getter]
    fn columns(&self) -> Vec<String> {
        self.fields.iter().map(|field| field.name.clone()).collect()
    }

    fn __len__(&self) -> usize {
        self.record.num_rows()
    }

    fn __repr__(&self) -> String {
        format!("<Batch {} rows: {}>", self.record.num_rows(), self.columns().join(", "))
    }

    fn __getitem__<'py>(&self, py: Python<'py>, column: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let Ok(name) = column.extract::<PyBackedStr>() else {
            let text = format!("a Batch is indexed by the name of a column (str), not {}", column.repr()?);
            return Err(PyTypeError::new_err(text));
        };
        let place = Schema { fields: self.fields.clone() }.index_of(&name).map_err(CoreError::from)?;
        let numpy = py.import("numpy")?;
        let array = self.record.column(place);
        let data_type = &self.fields[place].data_type;
        if *data_type == DataType::Text {
            let words = PyList::new(py, strings(array)?)?;
            return numpy.call_method1("array", (words, "object"));
        }
        if let Some(values) = array.as_binary_opt::<i32>() {
            let values = values.iter().map(|value| value.map(|bytes| PyBytes::new(py, bytes)));
            return numpy.call_method1("array", (PyList::new(py, values.collect::<Vec<_>>())?, "object"));
        }
        let (bytes, format) = plain(array)?;
        let view = Bound::new(py, Lent { bytes, format })?;
        let values = numpy.call_method1("asarray", (view,))?;
        match data_type {
            DataType::Time { unit, .. } => {
                values.call_method1("view", (format!("datetime64[{}]", code(*unit)),))
            }
            // Arrow has no spans of days, so `record` holds their seconds.
            DataType::Duration(TimeUnit::Day) => {
                values.call_method1("view", ("timedelta64[s]",))?.call_method1("astype", ("timedelta64[D]",))
            }
            DataType::Duration(unit) => {
                values.call_method1("view", (format!("timedelta64[{}]", code(*unit)),))
            }
            _ => Ok(values),
        }
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        drop(requested_schema); // the protocol lets a producer give what it has
        let (array, schema) = arrow::export(&self.record).map_err(CoreError::from)?;
        Ok((raw::export(py, schema, c"arrow_schema")?, raw::export(py, array, c"arrow_array")?))
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let (_, schema) = arrow::export(&self.record).map_err(CoreError::from)?;
        raw::export(py, schema, c"arrow_schema")
    }
}

/// NumPy's letter for a unit; its days are 64 bits wide, as `arrow::plain` delivers them.
fn code(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Day => "D",
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}

/// A column's memory, lent to NumPy.
#[pyclass(frozen)]
struct Lent {
    bytes: Buffer,
    format: &'static CStr,
}

#[pymethods]
impl Lent {
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let lent = slf.get();
        let item_bytes = raw::item_bytes(lent.format);
        let cells = raw::Cells {
            bytes: lent.bytes.as_slice(),
            format: lent.format,
            item_bytes,
            shape: vec![(lent.bytes.len() / item_bytes) as isize],
            strides: vec![item_bytes as isize],
        };
        // SAFETY: the interpreter gave `view`; an Arrow buffer is immutable and lives as long as `slf`.
        unsafe { raw::lend(slf.clone().into_any(), view, flags, cells) }
    }

    unsafe fn __releasebuffer__(&self, view: *mut ffi::Py_buffer) {
        // SAFETY: the interpreter releases each view that `__getbuffer__` filled once.
        unsafe { raw::release(view) }
    }
}

/// An iterator of batches: a thread reads ahead by one, and stops when this goes.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Batches {
    fields: Vec<Field>,
    next: Mutex<Receiver<Result<RecordBatch, CoreError>>>,
    cancel: Cancel,
    /// Whose thread it is: a forked child has none of its parent's.
    process: u32,
}

impl Batches {
    pub(crate) fn new(
        source: Arc<dyn drypoint_stream::Source>,
        columns: Option<Vec<String>>,
        rows: usize,
    ) -> PyResult<Self> {
        let schema = source.schema();
        let columns: Vec<usize> = match columns {
            Some(names) => names
                .iter()
                .map(|name| schema.index_of(name))
                .collect::<Result<_, _>>()
                .map_err(CoreError::from)?,
            None => (0..schema.fields.len())
                .filter(|&place| !matches!(schema.fields[place].data_type, DataType::Other(_)))
                .collect(),
        };
        let fields: Vec<Field> = columns.iter().map(|&place| schema.fields[place].clone()).collect();
        let cancel = Cancel::default();
        let request = Request {
            columns,
            batch_rows: rows,
            readers: 1,
            consumer: process_pool()?.consumer("batches"),
            cancel: cancel.clone(),
        };
        let (send, next) = sync_channel(0);
        let wanted = fields.clone();
        std::thread::Builder::new().name("drypoint-batches".into()).spawn(move || {
            let result = guarded(|| -> Result<(), CoreError> {
                let scan = source.scan(&request)?;
                let mut reader = scan.reader()?;
                while let Some(batch) = reader.next()? {
                    if send.send(Ok(arrow::to_record_batch(&batch, &wanted)?)).is_err() {
                        return Ok(()); // the iterator went
                    }
                }
                Ok(())
            });
            if let Err(error) = result {
                // Nobody listens any more if this fails: the iterator went, and with it who would want the error.
                drop(send.send(Err(error)));
            }
        })?;
        Ok(Self { fields, next: Mutex::new(next), cancel, process: std::process::id() })
    }
}

impl Drop for Batches {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

#[pymethods]
impl Batches {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Batch> {
        loop {
            let received = py.detach(|| {
                let next = self.next.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                next.recv_timeout(Duration::from_millis(40))
            });
            match received {
                Ok(record) => return Ok(Batch { fields: self.fields.clone(), record: record? }),
                Err(RecvTimeoutError::Disconnected) => return Err(PyStopIteration::new_err(())),
                Err(RecvTimeoutError::Timeout) if self.process != std::process::id() => {
                    let message = "these batches were begun before a fork; the child begins its own";
                    return Err(CoreError::Closed(message.into()).into());
                }
                Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            }
        }
    }
}
