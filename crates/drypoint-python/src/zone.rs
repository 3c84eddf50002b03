//! What clocks show on an axis of instants with a time zone: Python knows the rules of all zones, and is asked only for
//! axes that have one.

use drypoint_canvas::{Axis, AxisKind};
use drypoint_figure::Zone;
use drypoint_stream::TimeUnit;
use pyo3::prelude::*;

use crate::error::CoreError;

/// The zone of an axis, over its range; `None` for numbers, and for instants without a zone or in UTC.
pub(crate) fn zone_of(axis: &Axis) -> Result<Option<Zone>, CoreError> {
    let AxisKind::Time { unit, zone: Some(name) } = &axis.kind else { return Ok(None) };
    let units = match unit {
        TimeUnit::Day => return Ok(None), // dates are the same everywhere
        TimeUnit::Second => 1.0,
        TimeUnit::Millisecond => 1e3,
        TimeUnit::Microsecond => 1e6,
        TimeUnit::Nanosecond => 1e9,
    };
    let (start, end) = axis.range;
    Python::attach(|py| {
        let offsets: Vec<(i64, i32)> = py
            .import("drypoint._zones")?
            .call_method1("offsets", (&**name, start / units, end / units))?
            .extract()?;
        Ok(Zone::new(&**name, offsets))
    })
}
