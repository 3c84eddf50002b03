//! Reductions between their Python form, (name, column, inner), and the canvas's.

use drypoint_canvas::Reduction;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::error::CoreError;

/// Read (name, column or None, inner or None).
pub(crate) fn read(spec: &Bound<'_, PyTuple>) -> PyResult<Reduction> {
    let name: String = spec.get_item(0)?.extract()?;
    let column: Option<String> = spec.get_item(1)?.extract()?;
    let need =
        || column.clone().ok_or_else(|| CoreError::Argument(format!("{name} needs the name of a column")));
    Ok(match name.as_str() {
        "count" => Reduction::Count(column),
        "any" => Reduction::Any(column),
        "sum" => Reduction::Sum(need()?),
        "mean" => Reduction::Mean(need()?),
        "min" => Reduction::Min(need()?),
        "max" => Reduction::Max(need()?),
        "var" => Reduction::Var(need()?),
        "std" => Reduction::Std(need()?),
        "first" => Reduction::First(need()?),
        "last" => Reduction::Last(need()?),
        "by" => Reduction::By(need()?, Box::new(read(spec.get_item(2)?.cast::<PyTuple>()?)?)),
        other => return Err(CoreError::Argument(format!("unknown reduction {other:?}")).into()),
    })
}

/// What a colour bar or legend says of it: the column, after the fold where that is not obvious. `counted` is
/// what a count counts.
pub(crate) fn label(reduction: &Reduction, counted: &str) -> String {
    match reduction {
        Reduction::Count(None) => counted.into(),
        Reduction::Count(Some(column)) => format!("{counted} with {column}"),
        Reduction::Any(_) => "any".into(),
        Reduction::By(column, _) => column.clone(),
        Reduction::Sum(column) => format!("sum of {column}"),
        Reduction::Mean(column) => format!("mean {column}"),
        Reduction::Min(column) => format!("least {column}"),
        Reduction::Max(column) => format!("greatest {column}"),
        Reduction::Var(column) => format!("variance of {column}"),
        Reduction::Std(column) => format!("std of {column}"),
        Reduction::First(column) => format!("first {column}"),
        Reduction::Last(column) => format!("last {column}"),
        Reduction::Resampled(_, name) => name.clone(),
    }
}
