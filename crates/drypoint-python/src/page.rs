//! A page around an aggregate: what it says, how it is shaded, where it goes.

use std::path::PathBuf;

use drypoint_canvas::{Axis, Reduction};
use drypoint_figure::{
    AxisSpec, Figure, FigureSpec, Format, KeySpec, Layout, PictureKind, Spread, Theme, picture_bytes, shade,
};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::aggregate::Aggregate;
use crate::error::CoreError;
use crate::mark::Mark;
use crate::pixmap::Pixmap;
use crate::reduction;
use crate::shading::{ShadingArguments, shading, spread_by};
use crate::watch::detached;

/// A figure that is described.
#[pyclass(frozen, from_py_object, module = "drypoint._core")]
#[derive(Clone)]
pub(crate) struct PageSpec {
    width: u32,
    height: u32,
    title: Option<String>,
    caption: Option<String>,
    labels: [Option<String>; 2],
    x: String,
    y: String,
    reduction: Reduction,
    theme: String,
    scale: f64,
    shading: ShadingArguments,
    spread: Option<usize>,
    /// Whether y was drawn with its sign turned, and is to be read downwards.
    y_downwards: bool,
    /// What a count counts.
    counted: &'static str,
}

/// The colour map or colours, how, span, spread.
type ShadingTuple<'py> = (Option<Bound<'py, PyAny>>, Option<String>, Option<(f64, f64)>, Option<usize>);

impl PageSpec {
    fn theme(&self) -> Theme {
        if self.theme == "dark" { Theme::Dark } else { Theme::Light }
    }

    /// Pixels for each unit.
    pub(crate) fn scale(&self) -> f64 {
        self.scale
    }

    /// The page for axes of these ranges; `categories` are those that are known before it is drawn.
    pub(crate) fn layout(&self, x: &Axis, y: &Axis, categories: Vec<String>) -> Result<Layout, CoreError> {
        let axis = |axis: &Axis, label: &Option<String>, column: &String, downwards: bool| AxisSpec {
            range: if downwards { (-axis.range.1, -axis.range.0) } else { axis.range },
            scale: axis.scale,
            kind: axis.kind.clone(),
            label: Some(label.clone().unwrap_or_else(|| column.clone())),
            downwards,
        };
        let label = Some(reduction::label(&self.reduction, self.counted));
        let spec = FigureSpec {
            width: self.width,
            height: self.height,
            scale: self.scale,
            theme: self.theme(),
            title: self.title.clone(),
            caption: self.caption.clone(),
            x: axis(x, &self.labels[0], &self.x, false),
            y: axis(y, &self.labels[1], &self.y, self.y_downwards),
            key: match self.reduction {
                Reduction::By(..) => KeySpec::Legend { title: label, names: categories },
                _ => KeySpec::ColorBar { label },
            },
        };
        Ok(Layout::plan(&spec)?)
    }

    /// Bytes that shading and writing will hold beside the aggregate.
    pub(crate) fn picture_bytes(&self) -> usize {
        let kind = match self.reduction {
            Reduction::By(..) => PictureKind::Categories,
            _ => PictureKind::Values,
        };
        picture_bytes(self.width as usize, self.height as usize, self.scale, kind)
    }

    fn shaded(&self, aggregate: &Aggregate) -> Result<drypoint_figure::Shaded, CoreError> {
        let mut shading = shading(&self.shading, &aggregate.inner, &self.theme)?;
        shading.spread = match self.spread {
            Some(px) => spread_by(px),
            None => Spread::Auto { scale: self.scale },
        };
        Ok(shade(&aggregate.inner, &shading, &aggregate.consumer)?)
    }

    fn compose(&self, aggregate: &Aggregate) -> Result<Figure, CoreError> {
        let layout = aggregate
            .layout
            .as_ref()
            .ok_or_else(|| CoreError::Argument("this aggregate was not drawn for a page".into()))?;
        Ok(layout.compose(self.shaded(aggregate)?)?)
    }
}

#[pymethods]
impl PageSpec {
    #[new]
    #[allow(clippy::too_many_arguments)]
    fn new(
        width: u32,
        height: u32,
        title: Option<String>,
        caption: Option<String>,
        x_label: Option<String>,
        y_label: Option<String>,
        mark: &Mark,
        reduction: &Bound<'_, PyTuple>,
        theme: String,
        scale: f64,
        shading: ShadingTuple<'_>,
        y_downwards: bool,
    ) -> PyResult<Self> {
        let reduction = reduction::read(reduction)?;
        let (cmap, how, span, spread) = shading;
        let shading = ShadingArguments::new(cmap.as_ref(), how, span)?;
        let labels = [x_label, y_label];
        Ok(Self {
            width,
            height,
            title,
            caption,
            labels,
            x: mark.x().into(),
            y: mark.y().into(),
            reduction,
            theme,
            scale,
            shading,
            spread,
            y_downwards,
            counted: mark.get().counted(),
        })
    }

    #[getter]
    fn x(&self) -> &str {
        &self.x
    }

    #[getter]
    fn y(&self) -> &str {
        &self.y
    }

    /// The plot area alone.
    fn shade(&self, py: Python<'_>, aggregate: &Aggregate) -> PyResult<Pixmap> {
        let shaded = detached(py, || self.shaded(aggregate))?;
        Ok(Pixmap::new(shaded.pixmap, &aggregate.consumer))
    }

    /// The page as PNG.
    fn png<'py>(&self, py: Python<'py>, aggregate: &Aggregate) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = detached(py, || {
            let mut bytes = Vec::new();
            self.compose(aggregate)?.write(Format::Png, &mut bytes, &aggregate.consumer)?;
            Ok(bytes)
        })?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// The page as a file, by the name's end.
    fn save(&self, py: Python<'_>, aggregate: &Aggregate, path: PathBuf) -> PyResult<()> {
        detached(py, || {
            Format::from_path(&path)?; // before the picture is made
            Ok(self.compose(aggregate)?.save(&path, &aggregate.consumer)?)
        })
    }
}
