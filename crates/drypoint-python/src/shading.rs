//! How values become colours, from Python's arguments and the defaults of a theme.

use drypoint_canvas::Aggregate;
use drypoint_figure::{Color, ColorMap, How, Shading, Spread, SpreadShape};
use pyo3::prelude::*;

use crate::error::CoreError;

/// Colours by the name of a map, or one by one.
#[derive(Debug, Clone)]
enum Colors {
    Map(ColorMap),
    List(Vec<Color>),
}

/// What a caller chose; the rest follows from the theme and the reduction.
#[derive(Debug, Clone)]
pub(crate) struct ShadingArguments {
    colors: Option<Colors>,
    how: Option<How>,
    span: Option<(f64, f64)>,
}

impl ShadingArguments {
    pub(crate) fn new(
        cmap: Option<&Bound<'_, PyAny>>,
        how: Option<String>,
        span: Option<(f64, f64)>,
    ) -> Result<Self, CoreError> {
        let colors = match cmap {
            None => None,
            Some(cmap) => Some(match cmap.extract::<String>() {
                Ok(name) => Colors::Map(ColorMap::parse(&name)?),
                Err(_) => {
                    let names = cmap.extract::<Vec<String>>().map_err(|_| {
                        CoreError::Argument(format!("cmap must be a name or a list of colours, not {cmap}"))
                    })?;
                    Colors::List(names.iter().map(|name| name.parse()).collect::<Result<_, _>>()?)
                }
            }),
        };
        let how = how.map(|name| name.parse()).transpose()?;
        Ok(Self { colors, how, span })
    }
}

/// The shading of an aggregate on a theme.
pub(crate) fn shading(
    arguments: &ShadingArguments,
    aggregate: &Aggregate,
    theme: &str,
) -> Result<Shading, CoreError> {
    let categories = aggregate.reduction.categories().map(|_| aggregate.categories.len());
    shading_of(arguments, categories, theme)
}

/// The shading of so many categories, or of values.
pub(crate) fn shading_of(
    arguments: &ShadingArguments,
    categories: Option<usize>,
    theme: &str,
) -> Result<Shading, CoreError> {
    let mut shading = if theme == "dark" { Shading::dark() } else { Shading::light() };
    shading.how = arguments.how.unwrap_or(shading.how);
    shading.span = arguments.span;
    match &arguments.colors {
        None => {}
        Some(Colors::Map(map)) => match categories {
            Some(count) => shading.category_colors = map.sample(count),
            None => shading.colors = map.clone(),
        },
        Some(Colors::List(list)) => match categories {
            Some(_) => shading.category_colors = list.clone(),
            None => shading.colors = ColorMap::from_colors(list.clone())?,
        },
    }
    Ok(shading)
}

/// Each pixel covers `px` around it.
pub(crate) fn spread_by(px: usize) -> Spread {
    if px == 0 { Spread::None } else { Spread::By { px, shape: SpreadShape::Circle } }
}
