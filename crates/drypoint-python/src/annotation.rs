//! Annotations from Python's arguments. Their places are read once the axes are known: an instant needs their unit.

use drypoint_canvas::AxisKind;
use drypoint_figure::{Along, Anchor, Annotation, AxesSpec, Color};
use pyo3::prelude::*;

use crate::axis_value::AxisValue;
use crate::error::CoreError;

/// What holds the values of annotations, for messages.
const AXIS: &str = "the axis";

/// One annotation that is described.
#[pyclass(frozen, from_py_object, module = "drypoint._core")]
#[derive(Clone, Debug)]
pub(crate) struct Note {
    what: What,
    color: Option<Color>,
    words: Option<String>,
}

#[derive(Clone, Debug)]
enum What {
    Line { along: Along, at: AxisValue, width: f32, dashed: bool },
    Band { along: Along, start: AxisValue, end: AxisValue },
    Text { at: (AxisValue, AxisValue), size: Option<f32>, anchor: Anchor },
    Arrow { from: (AxisValue, AxisValue), to: (AxisValue, AxisValue), width: f32 },
}

fn color(text: Option<&str>) -> Result<Option<Color>, CoreError> {
    Ok(text.map(Color::parse).transpose()?)
}

fn along(name: &str) -> Along {
    match name {
        "x" => Along::X,
        "right" => Along::Right,
        _ => Along::Y,
    }
}

#[pymethods]
impl Note {
    /// A line across the axes.
    #[staticmethod]
    fn line(
        axis: &str,
        at: AxisValue,
        width: f32,
        dashed: bool,
        ink: Option<&str>,
        words: Option<String>,
    ) -> PyResult<Self> {
        let what = What::Line { along: along(axis), at, width, dashed };
        Ok(Self { what, color: color(ink)?, words })
    }

    /// A part of the axes, under the data.
    #[staticmethod]
    fn band(
        axis: &str,
        start: AxisValue,
        end: AxisValue,
        ink: Option<&str>,
        words: Option<String>,
    ) -> PyResult<Self> {
        let what = What::Band { along: along(axis), start, end };
        Ok(Self { what, color: color(ink)?, words })
    }

    /// Words at a point.
    #[staticmethod]
    fn text(
        at: (AxisValue, AxisValue),
        words: String,
        size: Option<f32>,
        ink: Option<&str>,
        anchor: &str,
    ) -> PyResult<Self> {
        let anchor = match anchor {
            "middle" => Anchor::Middle,
            "right" => Anchor::Right,
            "centre" => Anchor::Centre,
            _ => Anchor::Left,
        };
        Ok(Self { what: What::Text { at, size, anchor }, color: color(ink)?, words: Some(words) })
    }

    /// An arrow, with words at its start.
    #[staticmethod]
    fn arrow(
        start: (AxisValue, AxisValue),
        end: (AxisValue, AxisValue),
        width: f32,
        ink: Option<&str>,
        words: Option<String>,
    ) -> PyResult<Self> {
        Ok(Self { what: What::Arrow { from: start, to: end, width }, color: color(ink)?, words })
    }
}

impl Note {
    /// The value that axes of a range of their own should show.
    pub(crate) fn reach(&self, kind: impl Fn(Along) -> AxisKind) -> Result<Option<(Along, f64)>, CoreError> {
        match &self.what {
            What::Line { along, at, .. } => Ok(Some((*along, at.value(&kind(*along), "the line", AXIS)?))),
            _ => Ok(None),
        }
    }

    /// The annotation of these axes.
    pub(crate) fn on(&self, axes: &AxesSpec) -> Result<Annotation, CoreError> {
        let kind = |along: Along| match (along, &axes.right) {
            (Along::X, _) => &axes.x.kind,
            (Along::Right, Some(right)) => &right.kind,
            _ => &axes.y.kind,
        };
        let point = |(x, y): &(AxisValue, AxisValue), what: &str| -> Result<(f64, f64), CoreError> {
            Ok((x.value(kind(Along::X), what, AXIS)?, y.value(kind(Along::Y), what, AXIS)?))
        };
        let (color, words) = (self.color, self.words.clone());
        Ok(match &self.what {
            What::Line { along, at, width, dashed } => Annotation::Line {
                along: *along,
                at: at.value(kind(*along), "the line", AXIS)?,
                width: *width,
                dashed: *dashed,
                color,
                label: words,
            },
            What::Band { along, start, end } => {
                let (start, end) = (
                    start.value(kind(*along), "the band", AXIS)?,
                    end.value(kind(*along), "the band", AXIS)?,
                );
                // A colour without an opacity of its own would hide the grid.
                let color = color.map(|color| if color.a == 255 { Color { a: 64, ..color } } else { color });
                Annotation::Band { along: *along, start, end, color, label: words }
            }
            What::Text { at, size, anchor } => Annotation::Text {
                at: point(at, "the text")?,
                words: words.unwrap_or_default(),
                size: *size,
                color,
                anchor: *anchor,
            },
            What::Arrow { from, to, width } => {
                let (from, to) = (point(from, "the arrow")?, point(to, "the arrow")?);
                Annotation::Arrow { from, to, width: *width, color, words }
            }
        })
    }
}
