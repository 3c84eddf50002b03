//! What Arrow's types mean here.

use std::sync::Arc;

use arrow_schema::DataType as ArrowType;

use crate::arrow::layout::{Element, Items, Layout, Level, ListLayout};
use crate::{DataType, Field, Schema, TimeUnit};

/// A schema, and how each of its columns is laid out.
#[derive(Debug, Clone)]
pub(crate) struct Laid {
    pub(crate) schema: Schema,
    pub(crate) layouts: Arc<[Layout]>,
}

impl Laid {
    /// The columns in order; a name that was there before gets a number, as data frames allow it twice.
    pub(crate) fn new(columns: impl IntoIterator<Item = (String, DataType, Layout, bool)>) -> Self {
        let mut fields: Vec<Field> = Vec::new();
        let mut layouts = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for (name, data_type, layout, nullable) in columns {
            let mut unique = name.clone();
            let mut copy = 0;
            while !seen.insert(unique.clone()) {
                copy += 1;
                unique = format!("{name}.{copy}");
            }
            fields.push(Field { name: unique, data_type, nullable });
            layouts.push(layout);
        }
        Self { schema: Schema { fields }, layouts: layouts.into() }
    }

    /// From Arrow's own schema.
    pub(crate) fn of_arrow(schema: &arrow_schema::Schema) -> Self {
        Self::new(schema.fields().iter().map(|field| {
            let (data_type, layout) = meaning(field.data_type());
            (field.name().clone(), data_type, layout, field.is_nullable())
        }))
    }
}

/// A dictionary's or run's values have to be plain.
pub(crate) fn is_plain(layout: &Layout) -> bool {
    !matches!(
        layout,
        Layout::Dictionary { .. }
            | Layout::RunEnds { .. }
            | Layout::Bytes { .. }
            | Layout::ByteViews
            | Layout::Lists(_)
            | Layout::Other
            | Layout::Null
    )
}

fn time_unit(unit: &arrow_schema::TimeUnit) -> TimeUnit {
    match unit {
        arrow_schema::TimeUnit::Second => TimeUnit::Second,
        arrow_schema::TimeUnit::Millisecond => TimeUnit::Millisecond,
        arrow_schema::TimeUnit::Microsecond => TimeUnit::Microsecond,
        arrow_schema::TimeUnit::Nanosecond => TimeUnit::Nanosecond,
    }
}

fn meaning(arrow: &ArrowType) -> (DataType, Layout) {
    use Element::*;
    let decimal = |bytes, precision: &u8, scale: &i8| {
        (DataType::Decimal { precision: *precision, scale: *scale }, Layout::Decimal { bytes, scale: *scale })
    };
    let instant = |unit, zone: Option<&Arc<str>>, element| {
        (DataType::Time { unit, zone: zone.cloned() }, Layout::Fixed(element))
    };
    match arrow {
        ArrowType::Null => (DataType::Null, Layout::Null),
        ArrowType::Boolean => (DataType::Bool, Layout::Bits),
        ArrowType::Int8 => (DataType::Int(8), Layout::Fixed(I8)),
        ArrowType::Int16 => (DataType::Int(16), Layout::Fixed(I16)),
        ArrowType::Int32 => (DataType::Int(32), Layout::Fixed(I32)),
        ArrowType::Int64 => (DataType::Int(64), Layout::Fixed(I64)),
        ArrowType::UInt8 => (DataType::UInt(8), Layout::Fixed(U8)),
        ArrowType::UInt16 => (DataType::UInt(16), Layout::Fixed(U16)),
        ArrowType::UInt32 => (DataType::UInt(32), Layout::Fixed(U32)),
        ArrowType::UInt64 => (DataType::UInt(64), Layout::Fixed(U64)),
        ArrowType::Float16 => (DataType::Float(16), Layout::Half),
        ArrowType::Float32 => (DataType::Float(32), Layout::Fixed(F32)),
        ArrowType::Float64 => (DataType::Float(64), Layout::Fixed(F64)),
        ArrowType::Decimal32(precision, scale) => decimal(4, precision, scale),
        ArrowType::Decimal64(precision, scale) => decimal(8, precision, scale),
        ArrowType::Decimal128(precision, scale) => decimal(16, precision, scale),
        ArrowType::Decimal256(precision, scale) => decimal(32, precision, scale),
        ArrowType::Date32 => instant(TimeUnit::Day, None, I32),
        ArrowType::Date64 => instant(TimeUnit::Millisecond, None, I64),
        ArrowType::Timestamp(unit, zone) => instant(time_unit(unit), zone.as_ref(), I64),
        ArrowType::Time32(unit) => (DataType::Duration(time_unit(unit)), Layout::Fixed(I32)),
        ArrowType::Time64(unit) | ArrowType::Duration(unit) => {
            (DataType::Duration(time_unit(unit)), Layout::Fixed(I64))
        }
        ArrowType::Utf8 => (DataType::Text, Layout::Text { wide: false }),
        ArrowType::LargeUtf8 => (DataType::Text, Layout::Text { wide: true }),
        ArrowType::Utf8View => (DataType::Text, Layout::Views),
        ArrowType::Dictionary(key, values) => match (meaning(key).1, meaning(values)) {
            (Layout::Fixed(key), (data_type, values)) if is_plain(&values) => {
                (data_type, Layout::Dictionary { key, values: Box::new(values) })
            }
            _ => other(arrow),
        },
        ArrowType::RunEndEncoded(ends, values) => {
            match (meaning(ends.data_type()).1, meaning(values.data_type())) {
                (Layout::Fixed(end), (data_type, values)) if is_plain(&values) => {
                    (data_type, Layout::RunEnds { end, values: Box::new(values) })
                }
                _ => other(arrow),
            }
        }
        ArrowType::Binary => (DataType::Binary, Layout::Bytes { wide: false }),
        ArrowType::LargeBinary => (DataType::Binary, Layout::Bytes { wide: true }),
        ArrowType::BinaryView => (DataType::Binary, Layout::ByteViews),
        ArrowType::List(_)
        | ArrowType::LargeList(_)
        | ArrowType::FixedSizeList(..)
        | ArrowType::Struct(_) => lists(arrow).unwrap_or_else(|| other(arrow)),
        _ => other(arrow),
    }
}

/// Lists of numbers, and positions within any lists, as far as they are read.
fn lists(arrow: &ArrowType) -> Option<(DataType, Layout)> {
    let list = |level, child: &arrow_schema::Field| list_of(level, child.name(), meaning(child.data_type()));
    match arrow {
        ArrowType::List(child) => list(Level::Offsets { wide: false }, child),
        ArrowType::LargeList(child) => list(Level::Offsets { wide: true }, child),
        ArrowType::FixedSizeList(child, size) => list(Level::Fixed(usize::try_from(*size).ok()?), child),
        ArrowType::Struct(fields) => match &fields[..] {
            [x, y, ..] => {
                position_of([x.name(), y.name()], [meaning(x.data_type()).1, meaning(y.data_type()).1])
            }
            _ => None,
        },
        _ => None,
    }
}

/// A list of these items, which bear this name. Two numbers are a position only where they are named after its
/// coordinates, as GeoArrow names them.
pub(crate) fn list_of(level: Level, name: &str, item: (DataType, Layout)) -> Option<(DataType, Layout)> {
    let (levels, items) = match (level, item.1) {
        (Level::Fixed(size), Layout::Fixed(element @ (Element::F32 | Element::F64)))
            if is_position(name, size) =>
        {
            (Vec::new(), Items::Interleaved(element, size))
        }
        (level, Layout::Fixed(element)) => {
            let layout = ListLayout { levels: vec![level], items: Items::Numbers(element) };
            return Some((DataType::List(Box::new(item.0)), Layout::Lists(layout)));
        }
        (level, Layout::Lists(ListLayout { mut levels, items })) if !matches!(items, Items::Numbers(_)) => {
            levels.insert(0, level);
            (levels, items)
        }
        _ => return None,
    };
    let depth =
        u8::try_from(levels.len()).ok().filter(|depth| usize::from(*depth) <= crate::Lists::LEVELS)?;
    Some((DataType::Positions { levels: depth }, Layout::Lists(ListLayout { levels, items })))
}

/// A structure whose first two fields are called and laid out so.
pub(crate) fn position_of(names: [&str; 2], layouts: [Layout; 2]) -> Option<(DataType, Layout)> {
    match (names, layouts) {
        (["x", "y"], [Layout::Fixed(x @ (Element::F32 | Element::F64)), Layout::Fixed(y)]) if x == y => {
            let layout = ListLayout { levels: Vec::new(), items: Items::Separated(x) };
            Some((DataType::Positions { levels: 0 }, Layout::Lists(layout)))
        }
        _ => None,
    }
}

fn is_position(name: &str, size: usize) -> bool {
    matches!((name, size), ("xy", 2) | ("xyz" | "xym", 3) | ("xyzm", 4))
}

fn other(arrow: &ArrowType) -> (DataType, Layout) {
    let name = match arrow {
        ArrowType::Struct(_) => "struct".into(),
        ArrowType::List(_)
        | ArrowType::LargeList(_)
        | ArrowType::ListView(_)
        | ArrowType::LargeListView(_) => "list".into(),
        ArrowType::FixedSizeList(_, size) => format!("list of {size}"),
        ArrowType::Map(..) => "map".into(),
        ArrowType::Union(..) => "union".into(),
        ArrowType::FixedSizeBinary(size) => format!("binary of {size} bytes"),
        ArrowType::Interval(_) => "interval".into(),
        _ => "nested dictionary".into(),
    };
    (DataType::Other(name), Layout::Other)
}
