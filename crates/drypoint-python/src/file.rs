//! Whether a picture can be written, asked before the work is done.

use std::path::{Path, PathBuf};

use drypoint_figure::FigureError;
use pyo3::prelude::*;

use crate::error::CoreError;

/// Raise what writing `path` would raise for its folder; the file itself is not touched.
#[pyfunction]
pub(crate) fn check_writable(path: PathBuf) -> PyResult<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = std::fs::metadata(parent).and_then(|folder| {
        if folder.is_dir() { Ok(()) } else { Err(std::io::ErrorKind::NotADirectory.into()) }
    });
    folder.map_err(|error| CoreError::Figure(FigureError::Io { path: path.clone(), error }))?;
    if path.is_dir() {
        let error = std::io::ErrorKind::IsADirectory.into();
        return Err(CoreError::Figure(FigureError::Io { path, error }).into());
    }
    Ok(())
}
