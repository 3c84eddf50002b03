//! Files that appear whole or not at all.

use std::io::Write;
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

/// Write a file whole, or not at all.
#[pyfunction]
pub(crate) fn write_file(py: Python<'_>, path: PathBuf, bytes: &[u8]) -> PyResult<()> {
    py.detach(|| {
        let mut file = OutputFile::create(&path)?;
        file.write_all(bytes)?;
        file.commit()
    })
    .map_err(|error| CoreError::Figure(FigureError::Io { path, error }))?;
    Ok(())
}
