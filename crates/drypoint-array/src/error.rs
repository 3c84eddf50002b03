//! What can go wrong between an array and its stored bytes. Each variant carries its numbers; text is made from them once.

use drypoint_memory::{BudgetExceeded, SpillError};

/// Why an array cannot be made, read or written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum ArrayError {
    /// Encoded bytes that do not decode to what they should.
    #[error("{codec}: {what}")]
    Corrupt { codec: &'static str, what: String },
    /// A level that a codec does not have.
    #[error("codec {codec:?} has no level {level:?}; expected {from} to {to}")]
    CodecLevel { codec: String, level: String, from: i32, to: i32 },
    /// A bound that nothing can be rounded within.
    #[error("max_error is {max_error}; expected a finite number above zero")]
    MaxError { max_error: f64 },
    /// A name that is no codec's.
    #[error("unknown {what} {name:?}; {}expected one of {known}", nearest.map(|near| format!("did you mean {near:?}? ")).unwrap_or_default())]
    UnknownCodec { what: &'static str, name: String, nearest: Option<&'static str>, known: String },
    /// What a caller gave does not fit, in a sentence of its own.
    #[error("{0}")]
    Argument(String),
    /// A type of items that has no numbers we know.
    #[error(
        "items of type {dtype:?} cannot be held; expected truth values, numbers, times or strings of a fixed length"
    )]
    UnsupportedDType { dtype: String },
    /// A file that is not what its format promises.
    #[error("{name} is damaged: {what}")]
    Damaged { name: String, what: String },
    /// The format is known, this use of it is not supported.
    #[error("{name}: {what} is not supported")]
    Unsupported { name: String, what: String },
    /// Not what was expected there at all.
    #[error("{name}: {what}")]
    UnknownFormat { name: String, what: String },
    /// The system refused.
    #[error("{name}: {error}")]
    Io { name: String, error: std::io::Error },
    /// The budget is too small.
    #[error(transparent)]
    Budget(#[from] BudgetExceeded),
    /// The budget is too small, and what could have been moved to disk could not.
    #[error("{budget}; nothing more can be spilled: {spill}")]
    NotSpilled { budget: BudgetExceeded, spill: String },
    /// Somebody stopped it.
    #[error("interrupted")]
    Cancelled,
    /// What should have waited on disk could not be put there, or was not found again.
    #[error(transparent)]
    Spill(#[from] SpillError),
    /// An error of the program that gives the items (a Python exception).
    #[error("{0}")]
    Foreign(Box<dyn std::error::Error + Send + Sync>),
}

/// What functions of this crate give.
pub type Result<T> = std::result::Result<T, ArrayError>;
