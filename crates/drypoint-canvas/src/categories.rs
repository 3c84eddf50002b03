//! What a row's category is: the value of a column, or what is computed from a number.

use std::fmt;

use crate::{CanvasError, Result};

/// How rows are told apart by a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Categories {
    /// Rows of one value: text, integers, truth values. A row without a value has none.
    Values(String),
    /// Integers by what is left of `value - offset` when it is divided by `modulo`: `0 .. modulo`.
    Modulo {
        /// The column.
        column: String,
        /// How many categories there are.
        modulo: u32,
        /// What is taken from each value first.
        offset: i64,
    },
    /// Numbers by the interval of equal width that they lie in; one more category, the last, has all others.
    Bins {
        /// The column.
        column: String,
        /// Where the first interval begins.
        lower: f64,
        /// Where the last one ends.
        upper: f64,
        /// How many intervals there are.
        bins: u32,
        /// Whether what is less than `lower` belongs to the first.
        under: bool,
        /// Whether `upper` and what is greater belongs to the last.
        over: bool,
    },
}

/// The bounds of bins are finite, see [`Categories::check`].
impl Eq for Categories {}

impl From<&str> for Categories {
    fn from(column: &str) -> Self {
        Self::Values(column.into())
    }
}

impl From<String> for Categories {
    fn from(column: String) -> Self {
        Self::Values(column)
    }
}

impl Categories {
    /// The column that it looks at.
    pub fn column(&self) -> &str {
        match self {
            Self::Values(column) | Self::Modulo { column, .. } | Self::Bins { column, .. } => column,
        }
    }

    /// How many categories there are, where that does not depend on the rows.
    pub fn computed(&self) -> Option<usize> {
        match self {
            Self::Values(_) => None,
            Self::Modulo { modulo, .. } => Some(*modulo as usize),
            Self::Bins { bins, .. } => Some(*bins as usize + 1),
        }
    }

    /// What the computed categories are called, in their order; none where that depends on the rows.
    pub fn names(&self) -> Vec<String> {
        (0..self.computed().unwrap_or(0)).map(|place| self.name(place)).collect()
    }

    /// Whether the bounds and numbers can be used.
    pub fn check(&self) -> Result<()> {
        let bad = |what: String| Err(CanvasError::BadCategories { categories: self.clone(), what });
        match self {
            Self::Values(_) => Ok(()),
            Self::Modulo { modulo: 0, .. } => bad("modulo must be at least 1".into()),
            Self::Modulo { .. } => Ok(()),
            Self::Bins { bins: 0, .. } => bad("there must be at least 1 bin".into()),
            Self::Bins { lower, upper, .. } => {
                let width = self.bin_width();
                if lower.is_finite() && upper.is_finite() && lower < upper && width > 0.0 && width.is_finite()
                {
                    return Ok(());
                }
                bad(format!("{lower} to {upper} cannot be divided into bins; lower must be less than upper"))
            }
        }
    }

    /// What category `place` of the computed ones is called.
    pub(crate) fn name(&self, place: usize) -> String {
        let Self::Bins { lower, bins, under, over, .. } = self else { return place.to_string() };
        let bins = *bins as usize;
        let edge = |place: usize| lower + self.bin_width() * place as f64;
        match place {
            _ if place == bins => "other".into(),
            _ if bins == 1 && *under && *over => "all".into(),
            0 if *under => format!("below {}", edge(1)),
            _ if place + 1 == bins && *over => format!("{} and above", edge(place)),
            _ => format!("{} to {}", edge(place), edge(place + 1)),
        }
    }

    fn bin_width(&self) -> f64 {
        match self {
            Self::Bins { lower, upper, bins, .. } => (upper - lower) / f64::from(*bins),
            _ => 1.0,
        }
    }

    /// Where values lie among the bins.
    pub(crate) fn bins(&self) -> Bins {
        let Self::Bins { lower, bins, under, over, .. } = self else {
            return Bins { lower: 0.0, width: 1.0, bins: 1.0, below: 0, above: 0, other: 0 };
        };
        Bins {
            lower: *lower,
            width: self.bin_width(),
            bins: f64::from(*bins),
            below: if *under { 0 } else { *bins },
            above: if *over { *bins - 1 } else { *bins },
            other: *bins,
        }
    }

    /// What is left of a value.
    #[inline]
    pub(crate) fn rest_of<T: Copy + Into<i128> + TryInto<i64>>(&self, value: T) -> u32 {
        let Self::Modulo { modulo, offset, .. } = self else { return 0 };
        // Division of 128 bits is a call.
        match value.try_into().ok().and_then(|value| value.checked_sub(*offset)) {
            Some(value) => value.rem_euclid(i64::from(*modulo)) as u32,
            None => (value.into() - i128::from(*offset)).rem_euclid(i128::from(*modulo)) as u32,
        }
    }
}

/// Bins ready to be asked for many values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bins {
    lower: f64,
    width: f64,
    bins: f64,
    below: u32,
    above: u32,
    other: u32,
}

impl Bins {
    /// The bin of a value; that of NaN is the last.
    #[inline(always)]
    pub(crate) fn of(&self, value: f64) -> u32 {
        // Divided as Datashader does, so that edges are equal.
        let at = (value - self.lower) / self.width;
        if at >= 0.0 && at < self.bins {
            at as u32
        } else if at < 0.0 {
            self.below
        } else if at >= self.bins {
            self.above
        } else {
            self.other
        }
    }
}

/// As it is written in Python: `'vendor'`, `category_modulo('id', 8)`.
impl fmt::Display for Categories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = quoted(self.column());
        match self {
            Self::Values(_) => f.write_str(&column),
            Self::Modulo { modulo, offset: 0, .. } => write!(f, "category_modulo({column}, {modulo})"),
            Self::Modulo { modulo, offset, .. } => write!(f, "category_modulo({column}, {modulo}, {offset})"),
            Self::Bins { lower, upper, bins, under, over, .. } => {
                write!(f, "category_binning({column}, {lower}, {upper}, {bins}")?;
                for (name, included) in [("include_under", under), ("include_over", over)] {
                    if !included {
                        write!(f, ", {name}=False")?;
                    }
                }
                f.write_str(")")
            }
        }
    }
}

pub(crate) fn quoted(column: &str) -> String {
    format!("'{}'", column.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(under: bool, over: bool) -> Categories {
        Categories::Bins { column: "v".into(), lower: 10.0, upper: 40.0, bins: 3, under, over }
    }

    #[test]
    fn bins_are_closed_below_and_open_above() {
        let values = [f64::NEG_INFINITY, 9.5, 10.0, 19.9, 20.0, 39.9, 40.0, f64::INFINITY, f64::NAN];
        let found = |categories: Categories| values.map(|value| categories.bins().of(value));
        assert_eq!(found(bins(true, true)), [0, 0, 0, 0, 1, 2, 2, 2, 3]);
        assert_eq!(found(bins(false, false)), [3, 3, 0, 0, 1, 2, 3, 3, 3]);
    }

    #[test]
    fn rests_are_never_negative() {
        let modulo = Categories::Modulo { column: "v".into(), modulo: 3, offset: 1 };
        assert_eq!([-5i64, -1, 0, 1, 2, 4].map(|value| modulo.rest_of(value)), [0, 1, 2, 0, 1, 0]);
        assert_eq!(modulo.rest_of(u64::MAX), ((u64::MAX - 1) % 3) as u32);
    }

    #[test]
    fn names_say_what_is_in_a_bin() {
        let names = |categories: Categories| (0..4).map(|place| categories.name(place)).collect::<Vec<_>>();
        assert_eq!(names(bins(true, true)), ["below 20", "20 to 30", "30 and above", "other"]);
        assert_eq!(names(bins(false, false)), ["10 to 20", "20 to 30", "30 to 40", "other"]);
    }

    #[test]
    fn what_cannot_be_divided_is_refused() {
        let bins = |lower, upper, bins| {
            Categories::Bins { column: "v".into(), lower, upper, bins, under: true, over: true }.check()
        };
        assert!(bins(0.0, 1.0, 3).is_ok());
        for (lower, upper, count) in
            [(0.0, 0.0, 3), (1.0, 0.0, 3), (f64::NAN, 1.0, 3), (0.0, f64::INFINITY, 3), (0.0, 1.0, 0)]
        {
            assert!(bins(lower, upper, count).is_err(), "{lower} {upper} {count}");
        }
        assert!(bins(-1e308, 1e308, 1).is_err());
    }
}
