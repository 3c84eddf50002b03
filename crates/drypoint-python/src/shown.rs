//! Values as a person reads them in a table.

use chrono::DateTime;
use drypoint_stream::{DataType, TimeUnit};

/// A value of a column: instants as ISO 8601 in UTC, numbers with at most ten digits.
pub(crate) fn shown(value: f64, data_type: &DataType) -> String {
    match data_type {
        DataType::Time { unit, .. } => instant(value, *unit).unwrap_or_else(|| number(value)),
        DataType::Bool => (value != 0.0).to_string(),
        _ => number(value),
    }
}

fn instant(value: f64, unit: TimeUnit) -> Option<String> {
    let count = value as i64;
    let per_second: i64 = match unit {
        TimeUnit::Day => {
            return Some(DateTime::from_timestamp(count.checked_mul(86_400)?, 0)?.date_naive().to_string());
        }
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    };
    let nanoseconds = count.rem_euclid(per_second) * (1_000_000_000 / per_second);
    let at = DateTime::from_timestamp(count.div_euclid(per_second), nanoseconds as u32)?.naive_utc();
    Some(at.to_string().replace(" 00:00:00", ""))
}

fn number(value: f64) -> String {
    let text = format!("{value:.10}");
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if short.len() <= 16 && (value == 0.0 || value.abs() >= 1e-6) {
        short.to_string()
    } else {
        format!("{value:e}")
    }
}
