//! What is folded in each pixel.

use std::fmt;

use crate::{CanvasError, Method, Result};

/// A per-pixel fold. Columns are named; missing (null, NaN) values are left out of every fold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reduction {
    /// Number of points, or of points that have a value in the column. `uint32`, empty is 0.
    Count(Option<String>),
    /// Whether there is a point. `bool`.
    Any(Option<String>),
    /// Sum of the column. `float64`, empty is NaN.
    Sum(String),
    /// Mean of the column. `float64`, empty is NaN.
    Mean(String),
    /// Least value. `float64`, empty is NaN.
    Min(String),
    /// Greatest value. `float64`, empty is NaN.
    Max(String),
    /// Population variance. `float64`, empty is NaN.
    Var(String),
    /// Population standard deviation. `float64`, empty is NaN.
    Std(String),
    /// Value of the first point in the order of the source. `float64`, empty is NaN.
    First(String),
    /// Value of the last point. `float64`, empty is NaN.
    Last(String),
    /// No fold of rows: an image drawn by this method. `float64`, NaN where there is nothing.
    Resampled(Method, String),
    /// The inner fold once for each category of the column.
    By(String, Box<Reduction>),
}

impl Reduction {
    /// The fold within each category, or the fold itself.
    pub fn inner(&self) -> &Reduction {
        match self {
            Reduction::By(_, inner) => inner,
            other => other,
        }
    }

    /// The column of the categories.
    pub fn category_column(&self) -> Option<&str> {
        match self {
            Reduction::By(column, _) => Some(column),
            _ => None,
        }
    }

    /// The column of the values.
    pub fn value_column(&self) -> Option<&str> {
        match self {
            Reduction::Count(column) | Reduction::Any(column) => column.as_deref(),
            Reduction::Sum(column)
            | Reduction::Mean(column)
            | Reduction::Min(column)
            | Reduction::Max(column)
            | Reduction::Var(column)
            | Reduction::Std(column)
            | Reduction::First(column)
            | Reduction::Last(column)
            | Reduction::Resampled(_, column) => Some(column),
            Reduction::By(_, inner) => inner.value_column(),
        }
    }

    /// The word for it, in Python and in files: `mean`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Reduction::Count(_) => "count",
            Reduction::Any(_) => "any",
            Reduction::Sum(_) => "sum",
            Reduction::Mean(_) => "mean",
            Reduction::Min(_) => "min",
            Reduction::Max(_) => "max",
            Reduction::Var(_) => "var",
            Reduction::Std(_) => "std",
            Reduction::First(_) => "first",
            Reduction::Last(_) => "last",
            Reduction::Resampled(method, _) => method.name(),
            Reduction::By(..) => "by",
        }
    }

    /// Whether it can be folded at all: categories are not nested.
    pub fn check(&self) -> Result<()> {
        match self {
            Reduction::By(outer, inner) => match &**inner {
                Reduction::By(inner, _) => {
                    Err(CanvasError::NestedCategories { outer: outer.clone(), inner: inner.clone() })
                }
                inner => inner.check(),
            },
            Reduction::Resampled(..) => Err(CanvasError::NotAFold { reduction: Box::new(self.clone()) }),
            _ => Ok(()),
        }
    }
}

/// As it is written in Python: `mean('fare')`.
impl fmt::Display for Reduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reduction::By(column, inner) => write!(f, "by({}, {inner})", quoted(column)),
            _ => write!(f, "{}({})", self.name(), self.value_column().map(quoted).unwrap_or_default()),
        }
    }
}

fn quoted(column: &str) -> String {
    format!("'{}'", column.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_in_python() {
        let by = Reduction::By("it's".into(), Box::new(Reduction::Mean("fare".into())));
        assert_eq!(by.to_string(), r"by('it\'s', mean('fare'))");
        assert_eq!(Reduction::Count(None).to_string(), "count()");
        assert_eq!(Reduction::Any(Some("v".into())).to_string(), "any('v')");
    }
}
