//! A place on an axis as a caller writes it: a number, or an instant as text, read in the unit of the axis.

use drypoint_canvas::AxisKind;
use drypoint_stream::Instant;
use pyo3::prelude::*;

use crate::error::CoreError;

/// A number, or an instant as text.
#[derive(FromPyObject, Clone, Debug)]
pub(crate) enum AxisValue {
    Number(f64),
    Text(String),
}

impl AxisValue {
    /// Its value in data units. For the message: `what` it is, and the axis or the column that it is on.
    pub(crate) fn value(&self, kind: &AxisKind, what: &str, holder: &str) -> Result<f64, CoreError> {
        match (self, kind) {
            (AxisValue::Number(value), _) => Ok(*value),
            (AxisValue::Text(text), AxisKind::Time { unit, .. }) => {
                let instant = Instant::parse(text.as_bytes()).and_then(|instant| instant.in_unit(*unit));
                instant.map(|value| value as f64).ok_or_else(|| {
                    CoreError::Argument(format!(
                        "{what}: {text:?} is not a date; expected one like 2024-02-29 or 2024-02-29T12:30"
                    ))
                })
            }
            (AxisValue::Text(text), AxisKind::Number | AxisKind::Categories { .. }) => Err(
                CoreError::Argument(format!("{what}: {text:?} is not a number, and {holder} holds no dates")),
            ),
        }
    }
}
