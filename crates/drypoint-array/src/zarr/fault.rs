//! What goes wrong inside a chunk or a document, before it is known under which name to tell it.

use std::io;

use drypoint_memory::BudgetExceeded;

use crate::ArrayError;

/// An error that does not name its file yet.
#[derive(Debug)]
pub(super) enum Fault {
    /// The bytes are not what the format promises.
    Damaged(String),
    /// The format allows it, we do not read it.
    Unsupported(String),
    Io(io::Error),
    Budget(BudgetExceeded),
    /// Somebody set the flag.
    Cancelled,
}

pub(super) type Result<T> = std::result::Result<T, Fault>;

impl Fault {
    /// The error for the user.
    pub(super) fn named(self, name: String) -> ArrayError {
        match self {
            Self::Damaged(what) => ArrayError::Damaged { name, what },
            Self::Unsupported(what) => ArrayError::Unsupported { name, what },
            // Whoever cut the file while it was read damaged it.
            Self::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                ArrayError::Damaged { name, what: "it ends too early".into() }
            }
            Self::Io(error) => ArrayError::Io { name, error },
            Self::Budget(error) => ArrayError::Budget(error),
            Self::Cancelled => ArrayError::Cancelled,
        }
    }

    /// The same with where in the file it is.
    pub(super) fn within(self, place: impl FnOnce() -> String) -> Self {
        match self {
            Self::Damaged(what) => Self::Damaged(format!("{}: {what}", place())),
            other => other,
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<BudgetExceeded> for Fault {
    fn from(error: BudgetExceeded) -> Self {
        Self::Budget(error)
    }
}

/// Shorthand for what is not as promised.
pub(super) fn damaged(what: impl Into<String>) -> Fault {
    Fault::Damaged(what.into())
}
