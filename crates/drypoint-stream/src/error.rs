//! What can go wrong between a file and a batch. Each variant carries its numbers; text is made from them once.

use std::path::PathBuf;

use drypoint_memory::BudgetExceeded;

/// Why a source cannot be read.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum StreamError {
    /// No file there.
    #[error("{} does not exist", path.display())]
    NotFound { path: PathBuf },
    /// No file of that pattern, or none that can be read in that folder.
    #[error("{}: no file {what}", path.display())]
    NoFiles { path: PathBuf, what: &'static str },
    /// The system refused.
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: std::io::Error },
    /// The bytes are not what the format promises.
    #[error("{name} is damaged: {what}")]
    Corrupt { name: String, what: String },
    /// There is not one row in it, nor names of columns.
    #[error("{name} is empty")]
    Empty { name: String },
    /// The format cannot be told or is not read here.
    #[error("{name}: unknown format; expected one of {expected}")]
    UnknownFormat { name: String, expected: &'static str },
    /// The format is known, this use of it is not supported.
    #[error("{name}: {what} is not supported")]
    Unsupported { name: String, what: String },
    /// No column of that name.
    #[error("no column {name:?}{}; {}", did_you_mean(nearest), list(available))]
    MissingColumn { name: String, nearest: Option<String>, available: Vec<String> },
    /// A row of a text file has the wrong number of fields.
    #[error("{name}, line {line}: {found} fields, expected {expected}")]
    Ragged { name: String, line: u64, found: usize, expected: usize },
    /// A value that is not of its column's type.
    #[error("{name}, line {line}, column {column:?}: {value:?} is not {expected}")]
    BadValue { name: String, line: u64, column: String, value: String, expected: String },
    /// A shape that cannot be read.
    #[error("column {column:?}, row {row}: {what}")]
    BadShape { column: String, row: u64, what: String },
    /// A shape of another kind than the mark draws.
    #[error("column {column:?}, row {row}: it holds {found}; drawn are {wanted}")]
    OtherShape { column: String, row: u64, found: &'static str, wanted: &'static str },
    /// Two parts of one source do not agree.
    #[error("{name}: {what}")]
    Mismatch { name: String, what: String },
    /// The budget is too small.
    #[error(transparent)]
    Budget(#[from] BudgetExceeded),
    /// An array that is read chunk by chunk could not be.
    #[error(transparent)]
    Array(#[from] drypoint_array::ArrayError),
    /// What should have waited on disk could not be put there, or was not found again.
    #[error(transparent)]
    Spill(#[from] drypoint_memory::SpillError),
    /// Someone called [`Cancel::cancel`](crate::Cancel::cancel).
    #[error("interrupted")]
    Cancelled,
    /// An error of the program that feeds us (a Python exception, an Arrow producer).
    #[error("{0}")]
    Foreign(Box<dyn std::error::Error + Send + Sync>),
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(" (did you mean {name:?}?)")).unwrap_or_default()
}

fn list(names: &[String]) -> String {
    const SHOWN: usize = 20;
    if names.is_empty() {
        return "there are no columns".into();
    }
    let mut text = "the columns are ".to_string();
    text += &names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text += &format!(" and {} more", names.len() - SHOWN);
    }
    text
}
