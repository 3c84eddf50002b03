//! What the heart refuses, with its numbers.

use std::fmt;

/// A request that the budget cannot hold. Nothing was allocated.
///
/// Where `requested <= available`, the budget had room and the system had no memory for it.
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl fmt::Display for BudgetExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { consumer, requested, available, limit, holders } = self;
        write!(f, "{consumer} asked for {requested} B, ")?;
        if requested <= available {
            write!(f, "which the budget of {limit} B allows, but the system has no memory for it")?;
        } else {
            write!(f, "{available} B of the budget of {limit} B is free")?;
        }
        for (place, (name, bytes)) in holders.iter().enumerate() {
            write!(f, "{}{name} {bytes} B", if place == 0 { "; held by " } else { ", " })?;
        }
        Ok(())
    }
}

impl std::error::Error for BudgetExceeded {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_who_what_and_the_holders() {
        let refused = BudgetExceeded {
            consumer: "canvas".into(),
            requested: 100,
            available: 40,
            limit: 64,
            holders: vec![("batch".into(), 20), ("page".into(), 4)],
        };
        let text = "canvas asked for 100 B, 40 B of the budget of 64 B is free; held by batch 20 B, page 4 B";
        assert_eq!(refused.to_string(), text);
        let refused = BudgetExceeded { requested: 30, holders: Vec::new(), ..refused };
        assert!(refused.to_string().contains("the system has no memory"), "{refused}");
    }
}
