//! What a decoder found, before anyone knows in which file and column it was.

use std::path::Path;

use drypoint_memory::BudgetExceeded;

use crate::StreamError;

/// A failure deep in a column; [`Fault::in_column`] gives it its place.
#[derive(Debug)]
pub(super) enum Fault {
    /// The bytes are not what the format promises.
    Damaged(String),
    /// Legal Parquet that is not read here.
    Unsupported(String),
    /// The pool refused a page.
    Budget(BudgetExceeded),
    /// The system refused.
    Io(std::io::Error),
}

pub(super) type Decoded<T> = std::result::Result<T, Fault>;

impl Fault {
    pub(super) fn damaged(what: impl Into<String>) -> Self {
        Fault::Damaged(what.into())
    }

    /// The same with the place it was found in.
    pub(super) fn in_column(self, path: &Path, column: &str, row_group: usize) -> StreamError {
        self.placed(path, &format!("row group {row_group}, column {column:?}: "))
    }

    /// The same in the file as a whole.
    pub(super) fn in_file(self, path: &Path) -> StreamError {
        self.placed(path, "")
    }

    fn placed(self, path: &Path, place: &str) -> StreamError {
        let name = path.display().to_string();
        match self {
            Fault::Damaged(what) => StreamError::Corrupt { name, what: format!("{place}{what}") },
            Fault::Unsupported(what) => StreamError::Unsupported { name, what: format!("{place}{what}") },
            Fault::Budget(refused) => StreamError::Budget(refused),
            // A file that was cut while it was read, or before.
            Fault::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                StreamError::Corrupt { name, what: format!("{place}the file ends too early") }
            }
            Fault::Io(error) if error.kind() == std::io::ErrorKind::NotFound => {
                StreamError::NotFound { path: path.to_path_buf() }
            }
            Fault::Io(error) => StreamError::Io { path: path.to_path_buf(), error },
        }
    }
}

impl From<BudgetExceeded> for Fault {
    fn from(refused: BudgetExceeded) -> Self {
        Fault::Budget(refused)
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Fault::Io(error)
    }
}
