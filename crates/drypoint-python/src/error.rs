//! Errors of the rooms as the Python classes of `drypoint._errors`, attributes included.
//!
//! The classes are Python's own so that each can also be a built-in kind; they are looked up when something is
//! raised, which is rare.

use drypoint_array::ArrayError;
use drypoint_canvas::CanvasError;
use drypoint_figure::FigureError;
use drypoint_memory::BudgetExceeded;
use drypoint_stream::StreamError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Anything that can stop a job.
#[derive(Debug)]
pub(crate) enum CoreError {
    Budget(BudgetExceeded),
    Array(ArrayError),
    Stream(StreamError),
    Canvas(CanvasError),
    Figure(FigureError),
    /// An argument, in a sentence of its own.
    Argument(String),
    /// Used where it cannot be any more, in a sentence of its own.
    Closed(String),
    /// A value of a row that does not fit, in a sentence of its own.
    Value(String),
    /// No rows, or none with a finite position.
    Empty(String),
    /// NumPy's memory is in the hands of another allocator, of this name.
    Handler(String),
    Python(PyErr),
    /// A panic of the core, caught: a fault of ours, with its message.
    Panic(String),
}

impl From<BudgetExceeded> for CoreError {
    fn from(error: BudgetExceeded) -> Self {
        Self::Budget(error)
    }
}

impl From<ArrayError> for CoreError {
    fn from(error: ArrayError) -> Self {
        match error {
            ArrayError::Budget(error) => Self::Budget(error),
            ArrayError::Foreign(error) => match error.downcast::<PyErr>() {
                Ok(error) => Self::Python(*error),
                Err(error) => Self::Array(ArrayError::Foreign(error)),
            },
            error => Self::Array(error),
        }
    }
}

impl From<StreamError> for CoreError {
    fn from(error: StreamError) -> Self {
        match error {
            StreamError::Array(error) => error.into(),
            StreamError::Budget(error) => Self::Budget(error),
            error => Self::Stream(error),
        }
    }
}

impl From<CanvasError> for CoreError {
    fn from(error: CanvasError) -> Self {
        match error {
            CanvasError::Stream(error) => error.into(),
            CanvasError::Budget(error) => Self::Budget(error),
            CanvasError::Array(error) => error.into(),
            error => Self::Canvas(error),
        }
    }
}

impl From<FigureError> for CoreError {
    fn from(error: FigureError) -> Self {
        match error {
            FigureError::Budget(error) => Self::Budget(error),
            FigureError::Canvas(error) => error.into(),
            error => Self::Figure(error),
        }
    }
}

impl From<PyErr> for CoreError {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<CoreError> for PyErr {
    fn from(error: CoreError) -> Self {
        Python::attach(|py| raise(py, error).unwrap_or_else(|error| error))
    }
}

fn raise(py: Python<'_>, error: CoreError) -> PyResult<PyErr> {
    let attributes = PyDict::new(py);
    let (class, message) = match error {
        CoreError::Python(error) => return Ok(error),
        CoreError::Argument(message) => ("BadArgument", message),
        CoreError::Closed(message) => ("ClosedError", message),
        CoreError::Value(message) => ("BadValue", message),
        CoreError::Empty(message) => ("EmptyData", message),
        CoreError::Handler(name) => (
            "HandlerConflict",
            format!(
                "NumPy's memory is managed by the handler {name:?} already; Drypoint's would not see what it allocates. \
                 Set NumPy's own handler again first, or leave reuse and budgets of arrays out"
            ),
        ),
        CoreError::Panic(message) => (
            "DrypointError",
            format!("a fault inside Drypoint, please report it: {message} (RUST_BACKTRACE=1 shows where)"),
        ),
        CoreError::Budget(error) => {
            numbers(&attributes, &error)?;
            ("BudgetExceeded", error.to_string())
        }
        CoreError::Array(error) => {
            if let ArrayError::NotSpilled { budget, .. } = &error {
                numbers(&attributes, budget)?;
            }
            (array_class(&error), error.to_string())
        }
        CoreError::Stream(error) => {
            if let StreamError::MissingColumn { name, nearest, available } = &error {
                attributes.set_item("name", name)?;
                attributes.set_item("nearest", nearest)?;
                attributes.set_item("available", available)?;
            }
            (stream_class(&error), error.to_string())
        }
        CoreError::Canvas(CanvasError::Panicked { message }) => return raise(py, CoreError::Panic(message)),
        CoreError::Canvas(error) => (canvas_class(&error), error.to_string()),
        CoreError::Figure(error) => (figure_class(&error), error.to_string()),
    };
    if class == "Cancelled" {
        return Ok(pyo3::exceptions::PyKeyboardInterrupt::new_err(()));
    }
    let class = py.import("drypoint._errors")?.getattr(class)?;
    Ok(PyErr::from_value(class.call((message,), Some(&attributes))?))
}

fn numbers(attributes: &Bound<'_, PyDict>, error: &BudgetExceeded) -> PyResult<()> {
    attributes.set_item("consumer", &error.consumer)?;
    attributes.set_item("requested", error.requested)?;
    attributes.set_item("available", error.available)?;
    attributes.set_item("limit", error.limit)?;
    attributes.set_item("holders", error.holders.clone())
}

fn array_class(error: &ArrayError) -> &'static str {
    match error {
        ArrayError::Corrupt { .. } | ArrayError::Damaged { .. } => "CorruptData",
        ArrayError::UnsupportedDType { .. } | ArrayError::Unsupported { .. } => "UnsupportedData",
        ArrayError::Argument(_)
        | ArrayError::CodecLevel { .. }
        | ArrayError::MaxError { .. }
        | ArrayError::UnknownCodec { .. } => "BadArgument",
        ArrayError::UnknownFormat { .. } => "UnknownFormat",
        ArrayError::Io { .. } => "SourceNotFound",
        ArrayError::Spill(_) => "OutputError",
        ArrayError::Budget(_) | ArrayError::NotSpilled { .. } => "BudgetExceeded",
        ArrayError::Cancelled => "Cancelled",
        ArrayError::Foreign(_) => "DrypointError",
    }
}

fn stream_class(error: &StreamError) -> &'static str {
    match error {
        StreamError::NotFound { .. } | StreamError::NoFiles { .. } | StreamError::Io { .. } => {
            "SourceNotFound"
        }
        StreamError::Corrupt { .. } => "CorruptData",
        StreamError::UnknownFormat { .. } => "UnknownFormat",
        StreamError::Unsupported { .. } | StreamError::OtherShape { .. } => "UnsupportedData",
        StreamError::MissingColumn { .. } => "MissingColumn",
        StreamError::Ragged { .. } | StreamError::BadValue { .. } | StreamError::BadShape { .. } => {
            "BadValue"
        }
        StreamError::Mismatch { .. } => "SchemaMismatch",
        StreamError::Spill(_) => "OutputError",
        StreamError::Empty { .. } => "EmptyData",
        StreamError::Cancelled => "Cancelled",
        _ => "DrypointError",
    }
}

fn canvas_class(error: &CanvasError) -> &'static str {
    match error {
        CanvasError::NoImage { .. } | CanvasError::MixedAxis { .. } | CanvasError::NotShapes { .. } => {
            "UnsupportedData"
        }
        CanvasError::Inexact { .. } | CanvasError::NoVertex { .. } => "BadValue",
        CanvasError::NotNumeric { .. }
        | CanvasError::NotCategorical { .. }
        | CanvasError::NotInteger { .. }
        | CanvasError::NotVertices { .. } => "NotNumeric",
        CanvasError::NoCategories { .. } | CanvasError::NoValues { .. } => "EmptyData",
        CanvasError::Io { .. } => "OutputError",
        CanvasError::Corrupt { .. } | CanvasError::Array(_) => "CorruptData",
        _ => "BadArgument",
    }
}

fn figure_class(error: &FigureError) -> &'static str {
    match error {
        FigureError::UnknownFormat { .. } | FigureError::UnknownFormatName { .. } => "UnknownFormat",
        FigureError::Io { .. } | FigureError::Write(_) | FigureError::Encode { .. } => "OutputError",
        _ => "BadArgument",
    }
}
