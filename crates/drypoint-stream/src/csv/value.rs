//! What a field's text can be, and how the classes of a column's fields join to its type.

use std::sync::Arc;

use crate::{DataType, Instant, TimeUnit};

use super::number;

/// The narrowest reading of a field, or of all fields of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Bool,
    Int,
    Float,
    Date,
    Time {
        /// Whether microseconds are too coarse, or too fine for the range.
        nanos: bool,
        zoned: bool,
    },
    Text,
}

impl Class {
    /// The narrowest class of a field that is not null.
    pub(super) fn of(field: &[u8]) -> Class {
        // Nearly all fields are plain numbers, told apart without a general parser.
        if let Some((_, end)) = number::plain_decimal(field, 0)
            && end == field.len()
            && !has_leading_zero(field)
        {
            return if field.contains(&b'.') { Class::Float } else { Class::Int };
        }
        let trimmed = trim(field);
        if has_leading_zero(trimmed) {
            return Class::Text;
        }
        if number::signed(trimmed).is_some() {
            return Class::Int;
        }
        if number::float(trimmed).is_some() {
            return Class::Float;
        }
        if boolean(field).is_some() {
            return Class::Bool;
        }
        match Instant::parse(field) {
            Some(instant) if !instant.has_time => Class::Date,
            Some(instant) => Class::Time {
                nanos: instant.fraction_digits > 6 && instant.in_unit(TimeUnit::Nanosecond).is_some(),
                zoned: instant.has_zone,
            },
            None => Class::Text,
        }
    }

    /// The narrowest class that holds both.
    pub(super) fn join(self, other: Class) -> Class {
        match (self, other) {
            (a, b) if a == b => a,
            (Class::Int, Class::Float) | (Class::Float, Class::Int) => Class::Float,
            (Class::Date, time @ Class::Time { .. }) | (time @ Class::Time { .. }, Class::Date) => time,
            (Class::Time { nanos: a, zoned: b }, Class::Time { nanos: c, zoned: d }) => {
                Class::Time { nanos: a || c, zoned: b || d }
            }
            _ => Class::Text,
        }
    }

    /// The type of a column of this class.
    pub(super) fn data_type(self) -> DataType {
        match self {
            Class::Bool => DataType::Bool,
            Class::Int => DataType::Int(64),
            Class::Float => DataType::Float(64),
            Class::Date => DataType::Time { unit: TimeUnit::Day, zone: None },
            Class::Time { nanos, zoned } => DataType::Time {
                unit: if nanos { TimeUnit::Nanosecond } else { TimeUnit::Microsecond },
                zone: zoned.then(|| Arc::from("UTC")),
            },
            Class::Text => DataType::Text,
        }
    }
}

/// `true` and `false`, in the three ways programs write them.
pub(super) fn boolean(field: &[u8]) -> Option<bool> {
    match field {
        b"true" | b"True" | b"TRUE" => Some(true),
        b"false" | b"False" | b"FALSE" => Some(false),
        _ => None,
    }
}

/// Without blanks around it: `1, 2` holds a number.
#[inline]
pub(super) fn trim(field: &[u8]) -> &[u8] {
    field.trim_ascii()
}

/// Whether a digit string is a code and no number: a postal code `00501` must not become 501.
fn has_leading_zero(field: &[u8]) -> bool {
    let digits = field.strip_prefix(b"-").or_else(|| field.strip_prefix(b"+")).unwrap_or(field);
    digits.len() > 1 && digits[0] == b'0' && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        let of = |text: &str| Class::of(text.as_bytes());
        assert_eq!(of("12"), Class::Int);
        assert_eq!(of(" -12 "), Class::Int);
        assert_eq!(of("0"), Class::Int);
        assert_eq!(of("00501"), Class::Text);
        assert_eq!(of("0.5"), Class::Float);
        assert_eq!(of("1e5"), Class::Float);
        assert_eq!(of("99999999999999999999"), Class::Float);
        assert_eq!(of("inf"), Class::Float);
        assert_eq!(of("True"), Class::Bool);
        assert_eq!(of("2024-01-01"), Class::Date);
        assert_eq!(of("2024-01-01 10:00:00"), Class::Time { nanos: false, zoned: false });
        assert_eq!(of("2024-01-01T10:00:00.1234567Z"), Class::Time { nanos: true, zoned: true });
        assert_eq!(of("9024-01-01T10:00:00.1234567Z"), Class::Time { nanos: false, zoned: true });
        assert_eq!(of("12:30"), Class::Text);
    }

    #[test]
    fn joins() {
        assert_eq!(Class::Int.join(Class::Float), Class::Float);
        assert_eq!(Class::Int.join(Class::Bool), Class::Text);
        assert_eq!(
            Class::Date.join(Class::of(b"2024-01-01T00:00")),
            Class::Time { nanos: false, zoned: false }
        );
        assert_eq!(Class::Date.join(Class::Int), Class::Text);
    }
}
