//! Reductions between their Python form, (name, column, inner), and the canvas's.
//!
//! `column` is a name, or what computes categories: ("category_modulo", column, modulo, offset) or ("category_binning",
//! column, lower, upper, nbins, include_under, include_over). `inner` is another reduction for "by" and "where", a number
//! for those that keep several values, and ((name, reduction), ...) for "summary".

use drypoint_canvas::{Categories, Rank, Reduction};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::error::CoreError;

/// Read (name, column or None, inner or None).
pub(crate) fn read(spec: &Bound<'_, PyTuple>) -> PyResult<Reduction> {
    let name: String = spec.get_item(0)?.extract()?;
    let column = spec.get_item(1)?;
    let inner = spec.get_item(2)?;
    let need = || -> PyResult<String> {
        let missing = || CoreError::Argument(format!("{name} needs the name of a column"));
        Ok(column.extract::<Option<String>>()?.ok_or_else(missing)?)
    };
    let ranked = |rank| -> PyResult<Reduction> { Ok(Reduction::Ranked(rank, need()?, inner.extract()?)) };
    let within = || -> PyResult<Box<Reduction>> { Ok(Box::new(read(inner.cast::<PyTuple>()?)?)) };
    let reduction = match name.as_str() {
        "count" => Reduction::Count(column.extract()?),
        "any" => Reduction::Any(column.extract()?),
        "sum" => Reduction::Sum(need()?),
        "mean" => Reduction::Mean(need()?),
        "min" => Reduction::Min(need()?),
        "max" => Reduction::Max(need()?),
        "var" => Reduction::Var(need()?),
        "std" => Reduction::Std(need()?),
        "first" => Reduction::First(need()?),
        "last" => Reduction::Last(need()?),
        "min_n" => ranked(Rank::Min)?,
        "max_n" => ranked(Rank::Max)?,
        "first_n" => ranked(Rank::First)?,
        "last_n" => ranked(Rank::Last)?,
        "mode" => Reduction::Mode(categories(&column)?),
        "where" => Reduction::Where(within()?, column.extract()?),
        "by" => Reduction::By(categories(&column)?, within()?),
        "summary" => {
            let parts: Vec<(String, Bound<'_, PyTuple>)> = inner.extract()?;
            let parts = parts.into_iter().map(|(name, part)| Ok((name, read(&part)?)));
            Reduction::Summary(parts.collect::<PyResult<_>>()?)
        }
        other => return Err(CoreError::Argument(format!("unknown reduction {other:?}")).into()),
    };
    reduction.check().map_err(CoreError::from)?;
    Ok(reduction)
}

fn categories(spec: &Bound<'_, PyAny>) -> PyResult<Categories> {
    if let Ok(column) = spec.extract::<String>() {
        return Ok(Categories::Values(column));
    }
    let spec = spec.cast::<PyTuple>()?;
    if spec.get_item(0)?.extract::<String>()? == "category_modulo" {
        let (_, column, modulo, offset): (String, String, u32, i64) = spec.extract()?;
        return Ok(Categories::Modulo { column, modulo, offset });
    }
    let (_, column, lower, upper, bins, under, over): (String, String, f64, f64, u32, bool, bool) =
        spec.extract()?;
    Ok(Categories::Bins { column, lower, upper, bins, under, over })
}

/// What a colour bar or legend says of it: the column, after the fold where that is not obvious. `counted` is
/// what a count counts.
pub(crate) fn label(reduction: &Reduction, counted: &str) -> String {
    match reduction {
        Reduction::Count(None) => counted.into(),
        Reduction::Count(Some(column)) => format!("{counted} with {column}"),
        Reduction::Any(_) => "any".into(),
        Reduction::By(categories, _) => categories.column().into(),
        Reduction::Mode(categories) => format!("most frequent {}", categories.column()),
        Reduction::Sum(column) => format!("sum of {column}"),
        Reduction::Mean(column) => format!("mean {column}"),
        Reduction::Min(column) => format!("least {column}"),
        Reduction::Max(column) => format!("greatest {column}"),
        Reduction::Var(column) => format!("variance of {column}"),
        Reduction::Std(column) => format!("std of {column}"),
        Reduction::First(column) => format!("first {column}"),
        Reduction::Last(column) => format!("last {column}"),
        Reduction::Where(selector, Some(lookup)) => format!("{lookup} at {}", label(selector, counted)),
        Reduction::Where(selector, None) => format!("row of {}", label(selector, counted)),
        Reduction::Ranked(..) | Reduction::Summary(_) => reduction.to_string(),
        Reduction::Resampled(_, name) => name.clone(),
    }
}
