//! What the heart refuses, with its numbers.

/// A request that the budget cannot hold. Nothing was allocated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{consumer} asked for {requested} B, {available} B of the budget of {limit} B is free")]
pub struct BudgetExceeded {
    /// Who asked.
    pub consumer: String,
    /// Bytes asked for.
    pub requested: usize,
    /// Bytes free when it was refused.
    pub available: usize,
    /// The budget, in bytes.
    pub limit: usize,
    /// The five largest holders, name and bytes, largest first.
    pub holders: Vec<(String, usize)>,
}
