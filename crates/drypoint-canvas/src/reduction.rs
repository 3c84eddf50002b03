//! What is folded in each pixel.

use std::fmt;

use crate::categories::quoted;
use crate::{CanvasError, Categories, Method, Result};

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
    /// So many values of each pixel, in an order. `float64`, NaN where there are fewer.
    Ranked(Rank, String, usize),
    /// What the row that the selector selects has in another column, `float64`, empty is NaN; or without a column its
    /// number in the source, `int64`, empty is -1. A selector is a least, greatest, first or last value, or several.
    Where(Box<Reduction>, Option<String>),
    /// The most frequent category, of equally frequent ones the first: its place among the categories. `int64`, empty
    /// is -1.
    Mode(Categories),
    /// No fold of rows: an image drawn by this method. `float64`, NaN where there is nothing.
    Resampled(Method, String),
    /// The inner fold once for each category.
    By(Categories, Box<Reduction>),
    /// Several folds of the same rows, by name.
    Summary(Vec<(String, Reduction)>),
}

/// An order of the rows of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// The least value first; of equal values that of the earliest row.
    Min,
    /// The greatest value first; of equal values that of the earliest row.
    Max,
    /// The earliest row first.
    First,
    /// The latest row first.
    Last,
}

impl Reduction {
    /// The fold within each category, or the fold itself.
    pub fn inner(&self) -> &Reduction {
        match self {
            Reduction::By(_, inner) => inner,
            other => other,
        }
    }

    /// What tells categories apart, if the fold has any.
    pub fn categories(&self) -> Option<&Categories> {
        match self {
            Reduction::By(categories, _) | Reduction::Mode(categories) => Some(categories),
            _ => None,
        }
    }

    /// The column of the categories.
    pub fn category_column(&self) -> Option<&str> {
        self.categories().map(Categories::column)
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
            | Reduction::Ranked(_, column, _)
            | Reduction::Resampled(_, column) => Some(column),
            Reduction::Where(inner, _) | Reduction::By(_, inner) => inner.value_column(),
            Reduction::Mode(_) | Reduction::Summary(_) => None,
        }
    }

    /// The second column of values, which a selected row is asked for.
    pub fn lookup_column(&self) -> Option<&str> {
        match self.inner() {
            Reduction::Where(_, lookup) => lookup.as_deref(),
            _ => None,
        }
    }

    /// Every column that it reads, besides those of a mark; some perhaps twice.
    pub fn columns(&self) -> Vec<&str> {
        self.parts()
            .into_iter()
            .flat_map(|part| [part.value_column(), part.lookup_column(), part.category_column()])
            .flatten()
            .collect()
    }

    /// The folds of a summary; the fold itself if it is none.
    pub fn parts(&self) -> Vec<&Reduction> {
        match self {
            Reduction::Summary(parts) => parts.iter().map(|(_, part)| part).collect(),
            other => vec![other],
        }
    }

    /// How many values of a pixel are kept, where that is a dimension of the result.
    pub fn depth(&self) -> Option<usize> {
        match self {
            Reduction::Ranked(_, _, depth) => Some(*depth),
            Reduction::Where(inner, _) | Reduction::By(_, inner) => inner.depth(),
            _ => None,
        }
    }

    /// Whether it tells the numbers of rows.
    pub fn numbers_rows(&self) -> bool {
        match self {
            Reduction::Where(_, None) => true,
            Reduction::By(_, inner) => inner.numbers_rows(),
            Reduction::Summary(parts) => parts.iter().any(|(_, part)| part.numbers_rows()),
            _ => false,
        }
    }

    /// Whether there is a legend of its categories, and no scale of values.
    pub fn is_categorical(&self) -> bool {
        self.categories().is_some()
    }

    /// The order in which rows are kept, if it is a fold that keeps some of them.
    pub(crate) fn rank(&self) -> Option<Rank> {
        match self {
            Reduction::Min(_) => Some(Rank::Min),
            Reduction::Max(_) => Some(Rank::Max),
            Reduction::First(_) => Some(Rank::First),
            Reduction::Last(_) => Some(Rank::Last),
            Reduction::Ranked(rank, ..) => Some(*rank),
            Reduction::Where(selector, _) => selector.rank(),
            _ => None,
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
            Reduction::Ranked(Rank::Min, ..) => "min_n",
            Reduction::Ranked(Rank::Max, ..) => "max_n",
            Reduction::Ranked(Rank::First, ..) => "first_n",
            Reduction::Ranked(Rank::Last, ..) => "last_n",
            Reduction::Where(..) => "where",
            Reduction::Mode(_) => "mode",
            Reduction::Resampled(method, _) => method.name(),
            Reduction::By(..) => "by",
            Reduction::Summary(_) => "summary",
        }
    }

    /// Whether each pixel gets one value of one column, which is all that `mark` brings.
    pub(crate) fn check_one_value(&self, mark: &'static str) -> Result<()> {
        match self.inner() {
            Reduction::Where(..) | Reduction::Ranked(..) | Reduction::Mode(_) | Reduction::Summary(_) => {
                Err(CanvasError::NotFoldedOf { reduction: Box::new(self.clone()), mark })
            }
            _ => Ok(()),
        }
    }

    /// Whether it can be folded at all: categories are not nested, and only a row can be asked for another column.
    pub fn check(&self) -> Result<()> {
        let wrong = |what: &str| {
            Err(CanvasError::BadReduction { reduction: Box::new(self.clone()), what: what.into() })
        };
        match self {
            Reduction::By(outer, inner) => {
                if let Some(inner) = inner.categories() {
                    let (outer, inner) = (outer.column().into(), inner.column().into());
                    return Err(CanvasError::NestedCategories { outer, inner });
                }
                if matches!(**inner, Reduction::Summary(_)) {
                    return wrong("a summary has categories in its parts: summary(a=by(...), b=by(...))");
                }
                outer.check()?;
                inner.check()
            }
            Reduction::Mode(categories) => categories.check(),
            Reduction::Ranked(_, _, depth) if !(1..=Self::MAX_DEPTH).contains(depth) => {
                wrong(&format!("n must be from 1 to {}", Self::MAX_DEPTH))
            }
            Reduction::Where(selector, _) => match &**selector {
                Reduction::Min(_) | Reduction::Max(_) | Reduction::First(_) | Reduction::Last(_) => Ok(()),
                Reduction::Ranked(..) => selector.check(),
                _ => wrong("a row is selected by min, max, first, last, min_n, max_n, first_n or last_n"),
            },
            Reduction::Summary(parts) => {
                if parts.is_empty() {
                    return wrong("a summary has at least one reduction");
                }
                for (place, (name, part)) in parts.iter().enumerate() {
                    if matches!(part, Reduction::Summary(_)) {
                        return wrong("a summary holds no other summary");
                    }
                    if parts[..place].iter().any(|(known, _)| known == name) {
                        return wrong(&format!("the name {name:?} is given twice"));
                    }
                    part.check()?;
                }
                Ok(())
            }
            Reduction::Resampled(..) => Err(CanvasError::NotAFold { reduction: Box::new(self.clone()) }),
            _ => Ok(()),
        }
    }

    /// The most values of a pixel that are kept.
    pub const MAX_DEPTH: usize = 1024;
}

/// As it is written in Python: `mean('fare')`.
impl fmt::Display for Reduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reduction::By(categories, inner) => write!(f, "by({categories}, {inner})"),
            Reduction::Mode(categories) => write!(f, "mode({categories})"),
            Reduction::Ranked(_, column, depth) => write!(f, "{}({}, {depth})", self.name(), quoted(column)),
            Reduction::Where(selector, Some(lookup)) => write!(f, "where({selector}, {})", quoted(lookup)),
            Reduction::Where(selector, None) => write!(f, "where({selector})"),
            Reduction::Summary(parts) => {
                f.write_str("summary(")?;
                for (place, (name, part)) in parts.iter().enumerate() {
                    write!(f, "{}{name}={part}", if place > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
            _ => write!(f, "{}({})", self.name(), self.value_column().map(quoted).unwrap_or_default()),
        }
    }
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
        let most = Reduction::Ranked(Rank::Max, "v".into(), 3);
        assert_eq!(most.to_string(), "max_n('v', 3)");
        assert_eq!(
            Reduction::Where(Box::new(most.clone()), Some("w".into())).to_string(),
            "where(max_n('v', 3), 'w')"
        );
        let parts = vec![("a".into(), most), ("b".into(), Reduction::Mode("c".into()))];
        assert_eq!(Reduction::Summary(parts).to_string(), "summary(a=max_n('v', 3), b=mode('c'))");
    }

    #[test]
    fn what_cannot_be_folded_is_refused() {
        let count = || Reduction::Count(None);
        let by = |inner| Reduction::By("c".into(), Box::new(inner));
        let refused = [
            by(by(count())),
            by(Reduction::Mode("d".into())),
            by(Reduction::Summary(vec![("a".into(), count())])),
            Reduction::Where(Box::new(count()), None),
            Reduction::Where(Box::new(Reduction::Ranked(Rank::Max, "v".into(), 0)), None),
            Reduction::Summary(vec![]),
            Reduction::Summary(vec![("a".into(), count()), ("a".into(), count())]),
            Reduction::Summary(vec![("a".into(), Reduction::Summary(vec![("b".into(), count())]))]),
        ];
        for reduction in refused {
            assert!(reduction.check().is_err(), "{reduction}");
        }
        assert!(by(Reduction::Where(Box::new(Reduction::First("v".into())), None)).check().is_ok());
    }
}
