//! How values become colours, from Python's arguments and the defaults of a theme.

use std::collections::HashMap;

use drypoint_canvas::{Aggregate, Reduction};
use drypoint_figure::{Color, ColorMap, How, Shading, Spread, SpreadShape, categorical};
use pyo3::prelude::*;

use crate::error::CoreError;

/// Colours by the name of a map, one by one, or by category.
#[derive(Debug, Clone)]
enum Colors {
    Map(ColorMap),
    List(Vec<Color>),
    Key(HashMap<String, Color>),
}

/// What a caller may say of colours.
#[derive(FromPyObject)]
enum ColorsArgument {
    Name(String),
    List(Vec<String>),
    Key(HashMap<String, String>),
}

impl Colors {
    fn read(argument: ColorsArgument) -> Result<Self, CoreError> {
        Ok(match argument {
            ColorsArgument::Name(name) => match ColorMap::parse(&name) {
                Ok(map) if !name.contains(',') && name.trim_start().starts_with('#') => {
                    Colors::List(map.sample(1))
                }
                Ok(map) => Colors::Map(map),
                // One colour by its name: all that is drawn has it.
                Err(error) => match Color::parse(&name) {
                    Ok(color) => Colors::List(vec![color]),
                    Err(_) => return Err(error.into()),
                },
            },
            ColorsArgument::List(names) => {
                Colors::List(names.iter().map(|name| name.parse()).collect::<Result<_, _>>()?)
            }
            ColorsArgument::Key(names) => {
                let color = |(name, text): (String, String)| Ok((name, text.parse::<Color>()?));
                Colors::Key(names.into_iter().map(color).collect::<Result<_, CoreError>>()?)
            }
        })
    }
}

/// What a caller chose; the rest follows from the theme and the reduction.
#[pyclass(frozen, from_py_object, module = "drypoint._core")]
#[derive(Debug, Clone)]
pub(crate) struct ShadingSpec {
    colors: Option<Colors>,
    how: Option<How>,
    span: Option<(f64, f64)>,
    /// `None`: as far as sparse data needs it to be seen.
    spread: Option<usize>,
    background: Option<Color>,
    min_alpha: Option<u8>,
    alpha: u8,
    rescale: bool,
}

#[pymethods]
impl ShadingSpec {
    #[new]
    #[pyo3(signature = (cmap, how, span, spread, background, min_alpha, alpha, rescale))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        cmap: Option<ColorsArgument>,
        how: Option<&str>,
        span: Option<(f64, f64)>,
        spread: Option<usize>,
        background: Option<&str>,
        min_alpha: Option<u8>,
        alpha: u8,
        rescale: bool,
    ) -> PyResult<Self> {
        let read = || -> Result<Self, CoreError> {
            Ok(Self {
                colors: cmap.map(Colors::read).transpose()?,
                how: how.map(|name| name.parse()).transpose()?,
                span,
                spread,
                background: background.map(|text| text.parse()).transpose()?,
                min_alpha,
                alpha,
                rescale,
            })
        };
        Ok(read()?)
    }
}

impl ShadingSpec {
    /// Whether all that is drawn has one colour.
    pub(crate) fn is_flat(&self) -> bool {
        matches!(&self.colors, Some(Colors::List(list)) if list.len() == 1)
    }

    /// How opaque it is.
    pub(crate) fn alpha(&self) -> u8 {
        self.alpha
    }

    /// The shading of an aggregate on a theme; `scale` is the density of the page that it is for.
    pub(crate) fn of(&self, aggregate: &Aggregate, theme: &str, scale: f64) -> Result<Shading, CoreError> {
        let by = matches!(aggregate.reduction, Reduction::By(..));
        self.of_categories(by.then_some(aggregate.categories.as_slice()), theme, scale)
    }

    /// The shading of categories, or of values.
    pub(crate) fn of_categories(
        &self,
        categories: Option<&[String]>,
        theme: &str,
        scale: f64,
    ) -> Result<Shading, CoreError> {
        let mut shading = if theme == "dark" { Shading::dark() } else { Shading::light() };
        shading.how = self.how.unwrap_or(shading.how);
        shading.span = self.span;
        shading.background = self.background;
        shading.min_alpha = self.min_alpha.unwrap_or(shading.min_alpha);
        shading.alpha = self.alpha;
        shading.rescale_discrete_levels = self.rescale;
        shading.spread = match self.spread {
            None => Spread::Auto { scale },
            Some(0) => Spread::None,
            Some(px) => Spread::By { px, shape: SpreadShape::Circle },
        };
        match (&self.colors, categories) {
            (None, _) => {}
            (Some(Colors::Map(map)), Some(categories)) => {
                shading.category_colors = map.sample(categories.len());
            }
            (Some(Colors::Map(map)), None) => shading.colors = map.clone(),
            (Some(Colors::List(list)), Some(_)) => shading.category_colors = list.clone(),
            (Some(Colors::List(list)), None) => shading.colors = ColorMap::from_colors(list.clone())?,
            (Some(Colors::Key(key)), Some(categories)) => {
                let others = categorical(categories.len());
                let color = |(name, other)| key.get(name).copied().unwrap_or(other);
                shading.category_colors = categories.iter().zip(others).map(color).collect();
            }
            (Some(Colors::Key(_)), None) => {
                return Err(CoreError::Argument(
                    "colours by category are for by(...); give the name of a colour map or a list of colours"
                        .into(),
                ));
            }
        }
        Ok(shading)
    }
}
