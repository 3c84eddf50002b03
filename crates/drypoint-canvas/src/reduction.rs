//! What is folded in each pixel.

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
    /// The inner fold once for each category of the column.
    By(String, Box<Reduction>),
}
