//! Whether a picture can be written, asked before the work is done.

use std::path::PathBuf;

use drypoint_figure::FigureError;
use drypoint_stream::OutputFile;
use pyo3::prelude::*;

use crate::error::CoreError;

/// Raise what beginning to write `path` would raise; what is there is not touched.
#[pyfunction]
pub(crate) fn check_writable(path: PathBuf) -> PyResult<()> {
    OutputFile::check(&path).map_err(|error| CoreError::Figure(FigureError::Io { path, error }))?;
    Ok(())
}
