//! Names and types of columns, and how a missing name finds its nearest.

use std::fmt;
use std::sync::Arc;

use crate::{Result, StreamError};

/// The unit of an instant or a day number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// Days since 1970-01-01.
    Day,
    /// Seconds since 1970-01-01T00:00:00Z.
    Second,
    /// Milliseconds since then.
    Millisecond,
    /// Microseconds since then.
    Microsecond,
    /// Nanoseconds since then.
    Nanosecond,
}

/// What a column means; how its values are laid out is told by each batch's [`Values`](crate::Values).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DataType {
    /// True or false.
    Bool,
    /// Signed integers of 8, 16, 32 or 64 bits.
    Int(u8),
    /// Unsigned integers of 8, 16, 32 or 64 bits.
    UInt(u8),
    /// Floating point of 16, 32 or 64 bits.
    Float(u8),
    /// Decimal numbers; delivered as float64.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits after the point.
        scale: i8,
    },
    /// An instant or, with [`TimeUnit::Day`], a date; delivered as integers of that unit.
    Time {
        /// The unit of the integers.
        unit: TimeUnit,
        /// The zone it should be shown in; `None` where the source names none.
        zone: Option<Arc<str>>,
    },
    /// A span of time or a time of day; delivered as integers of that unit.
    Duration(TimeUnit),
    /// UTF-8 text, also when it is stored as a dictionary.
    Text,
    /// Bytes of any length, such as shapes as WKB.
    Binary,
    /// A list of numbers in each row; delivered as float64.
    List(Box<DataType>),
    /// Positions as GeoArrow has them: one in each row, or lists of them, or lists of such lists; delivered as float64.
    Positions {
        /// How many lists stand one in the other.
        levels: u8,
    },
    /// No value in any row, so of any type; delivered as float64.
    Null,
    /// Something that cannot be drawn, by the name its format gives it.
    Other(String),
}

impl DataType {
    /// Whether the column has a place on an axis: numbers, truth values, instants, spans.
    pub fn is_numeric(&self) -> bool {
        !matches!(
            self,
            DataType::Text
                | DataType::Binary
                | DataType::List(_)
                | DataType::Positions { .. }
                | DataType::Other(_)
        )
    }

    /// Whether columns of these types can be one: values are typed by batch, so all numbers can; instants and spans
    /// must count the same unit.
    pub fn agrees_with(&self, other: &DataType) -> bool {
        use DataType::{Bool, Decimal, Duration, Float, Int, List, Null, Time, UInt};
        match (self, other) {
            (Null, _) | (_, Null) => true,
            (Time { unit: one, .. }, Time { unit: other, .. }) | (Duration(one), Duration(other)) => {
                one == other
            }
            (
                Int(_) | UInt(_) | Float(_) | Decimal { .. } | Bool,
                Int(_) | UInt(_) | Float(_) | Decimal { .. } | Bool,
            ) => true,
            (List(one), List(other)) => one.agrees_with(other),
            (one, other) => one == other,
        }
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = |unit: &TimeUnit| match unit {
            TimeUnit::Day => "day",
            TimeUnit::Second => "s",
            TimeUnit::Millisecond => "ms",
            TimeUnit::Microsecond => "us",
            TimeUnit::Nanosecond => "ns",
        };
        match self {
            DataType::Bool => f.write_str("bool"),
            DataType::Int(bits) => write!(f, "int{bits}"),
            DataType::UInt(bits) => write!(f, "uint{bits}"),
            DataType::Float(bits) => write!(f, "float{bits}"),
            DataType::Decimal { precision, scale } => write!(f, "decimal({precision}, {scale})"),
            DataType::Time { unit: TimeUnit::Day, .. } => f.write_str("date"),
            DataType::Time { unit: u, zone: None } => write!(f, "timestamp[{}]", unit(u)),
            DataType::Time { unit: u, zone: Some(zone) } => write!(f, "timestamp[{}, {zone}]", unit(u)),
            DataType::Duration(u) => write!(f, "duration[{}]", unit(u)),
            DataType::Text => f.write_str("text"),
            DataType::Binary => f.write_str("binary"),
            DataType::List(item) => write!(f, "list<{item}>"),
            DataType::Positions { levels } => {
                let levels = usize::from(*levels);
                write!(f, "{}position{}", "list<".repeat(levels), ">".repeat(levels))
            }
            DataType::Null => f.write_str("null"),
            DataType::Other(name) => f.write_str(name),
        }
    }
}

/// One column's name and type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name, unique in its schema.
    pub name: String,
    /// What its values mean.
    pub data_type: DataType,
    /// Whether values may be missing.
    pub nullable: bool,
}

/// The columns of a source, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema {
    /// The columns.
    pub fields: Vec<Field>,
}

impl Schema {
    /// The place of the column called `name`, or an error that names the nearest.
    pub fn index_of(&self, name: &str) -> Result<usize> {
        self.fields.iter().position(|field| field.name == name).ok_or_else(|| StreamError::MissingColumn {
            name: name.to_string(),
            nearest: nearest(name, self.fields.iter().map(|field| field.name.as_str())),
            available: self.fields.iter().map(|field| field.name.clone()).collect(),
        })
    }
}

/// The candidate most like `name`, if any is like it at all.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let folded = name.to_lowercase();
    candidates
        .map(|candidate| (strsim::jaro_winkler(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_string())
}

/// The least and the greatest finite value of a column, as float64.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// The least finite value.
    pub min: f64,
    /// The greatest finite value.
    pub max: f64,
}

impl Extent {
    /// The extent that covers both.
    pub fn union(self, other: Extent) -> Extent {
        Extent { min: self.min.min(other.min), max: self.max.max(other.max) }
    }
}
