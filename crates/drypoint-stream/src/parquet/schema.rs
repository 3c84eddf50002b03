//! From Parquet's schema to ours, and how each leaf's values travel from page to batch.

use std::collections::HashSet;
use std::sync::Arc;

use parquet::basic::{ConvertedType, LogicalType, TimeUnit as ParquetUnit, Type as Physical};
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor, Type};

use crate::{DataType, Field, Schema, TimeUnit};

/// How a value stands in a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    /// One bit.
    Bit,
    /// This many bytes, little-endian unless a [`Convert`] says otherwise.
    Fixed(usize),
    /// A length, then bytes.
    Bytes,
}

/// What is done to each value on the way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Convert {
    Nothing,
    /// Nanoseconds of the day (8 bytes) and the Julian day (4) to microseconds since 1970.
    Int96,
    /// A big-endian number in two's complement, divided by this power of ten.
    BigEndianDecimal(f64),
    /// A little-endian number of 4 or 8 bytes, divided by this power of ten.
    Decimal(f64),
    /// A float of two bytes.
    Half,
}

/// The type of the values in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivered {
    Bool,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
    Text,
}

impl Delivered {
    /// Bytes of a value in a batch; of a code, for text.
    pub(super) fn width(self) -> usize {
        match self {
            Delivered::Bool => 1,
            Delivered::I32 | Delivered::U32 | Delivered::F32 | Delivered::Text => 4,
            Delivered::I64 | Delivered::U64 | Delivered::F64 => 8,
        }
    }
}

/// The way of a leaf's values from page to batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Route {
    pub(super) physical: Physical,
    pub(super) stored: Stored,
    pub(super) convert: Convert,
    pub(super) delivered: Delivered,
    /// Whether what is delivered as text is bytes of any meaning.
    pub(super) raw: bool,
    /// A value is there where the definition level has this value.
    pub(super) max_level: u32,
}

/// A column that can be read.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    /// Its place among the file's leaves.
    pub(super) index: usize,
    pub(super) route: Route,
}

/// What a field of our schema stands for.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Leaf(Leaf),
    /// Nested, repeated or of a type that has no place in a batch.
    Unreadable,
}

/// Our schema, and for each of its fields where to find it. Leaves of plain structures are reached by dotted names;
/// lists, maps and whatever contains them appear as one field of type [`DataType::Other`].
/// `binary` names the columns that hold bytes where Parquet does not say whether they are text.
pub(super) fn translate(descriptor: &SchemaDescriptor, binary: &[String]) -> (Schema, Vec<Place>) {
    let mut walk = Translation { descriptor, binary, next_leaf: 0, fields: Vec::new(), places: Vec::new() };
    for field in descriptor.root_schema().get_fields() {
        walk.visit(field, "");
    }
    make_unique(&mut walk.fields);
    (Schema { fields: walk.fields }, walk.places)
}

struct Translation<'a> {
    descriptor: &'a SchemaDescriptor,
    binary: &'a [String],
    next_leaf: usize,
    fields: Vec<Field>,
    places: Vec<Place>,
}

impl Translation<'_> {
    fn visit(&mut self, node: &Type, prefix: &str) {
        let name =
            if prefix.is_empty() { node.name().to_string() } else { format!("{prefix}.{}", node.name()) };
        let info = node.get_basic_info();
        let repeated = info.has_repetition() && info.repetition() == parquet::basic::Repetition::REPEATED;
        if node.is_primitive() && !repeated {
            let index = self.next_leaf;
            self.next_leaf += 1;
            self.leaf(name, index);
        } else if node.is_group() && !repeated && !is_collection(node) {
            for field in node.get_fields() {
                self.visit(field, &name);
            }
        } else {
            self.next_leaf += leaves(node);
            self.fields.push(Field {
                name,
                data_type: DataType::Other(nested_name(node, repeated)),
                nullable: true,
            });
            self.places.push(Place::Unreadable);
        }
    }

    fn leaf(&mut self, name: String, index: usize) {
        let column = self.descriptor.column(index);
        let nullable = column.max_def_level() > 0;
        let (data_type, place) = match route(&column, self.binary.contains(&name)) {
            Ok((data_type, route)) => (data_type, Place::Leaf(Leaf { index, route })),
            Err(other) => (DataType::Other(other), Place::Unreadable),
        };
        self.fields.push(Field { name, data_type, nullable });
        self.places.push(place);
    }
}

fn leaves(node: &Type) -> usize {
    if node.is_primitive() { 1 } else { node.get_fields().iter().map(|field| leaves(field)).sum() }
}

fn is_collection(node: &Type) -> bool {
    let info = node.get_basic_info();
    matches!(info.logical_type_ref(), Some(LogicalType::List | LogicalType::Map))
        || matches!(
            info.converted_type(),
            ConvertedType::LIST | ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE
        )
}

fn nested_name(node: &Type, repeated: bool) -> String {
    let info = node.get_basic_info();
    if matches!(info.logical_type_ref(), Some(LogicalType::Map))
        || matches!(info.converted_type(), ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE)
    {
        return "map<...>".to_string();
    }
    if repeated && node.is_primitive() {
        return format!("list<{}>", node.get_physical_type().to_string().to_lowercase());
    }
    "list<...>".to_string()
}

/// A schema's names are unique; Parquet allows a top-level `a.b` beside a structure `a` with a field `b`.
fn make_unique(fields: &mut [Field]) {
    let mut seen = HashSet::new();
    for field in fields {
        let mut name = field.name.clone();
        let mut count = 1;
        while !seen.insert(name.clone()) {
            count += 1;
            name = format!("{}#{count}", field.name);
        }
        field.name = name;
    }
}

/// The type of a leaf and the way of its values, or the name of a type that is not read.
fn route(column: &ColumnDescriptor, is_binary: bool) -> Result<(DataType, Route), String> {
    let physical = column.physical_type();
    let (stored, delivered) = match physical {
        Physical::BOOLEAN => (Stored::Bit, Delivered::Bool),
        Physical::INT32 => (Stored::Fixed(4), Delivered::I32),
        Physical::INT64 => (Stored::Fixed(8), Delivered::I64),
        Physical::INT96 => (Stored::Fixed(12), Delivered::I64),
        Physical::FLOAT => (Stored::Fixed(4), Delivered::F32),
        Physical::DOUBLE => (Stored::Fixed(8), Delivered::F64),
        Physical::BYTE_ARRAY => (Stored::Bytes, Delivered::Text),
        Physical::FIXED_LEN_BYTE_ARRAY => {
            (Stored::Fixed(usize::try_from(column.type_length()).unwrap_or(0)), Delivered::F64)
        }
    };
    let max_level = u32::try_from(column.max_def_level()).unwrap_or(0);
    let plain = Route { physical, stored, convert: Convert::Nothing, delivered, raw: false, max_level };
    let meaning = Meaning::of(column);
    let as_type = |data_type| Ok((data_type, plain));
    match (physical, meaning) {
        (_, Meaning::Null) => Err("null".to_string()),
        (_, Meaning::Decimal { precision, scale }) => {
            let data_type = DataType::Decimal {
                precision: u8::try_from(precision).unwrap_or(0),
                scale: i8::try_from(scale).unwrap_or(0),
            };
            let power = 10f64.powi(scale);
            let convert = match physical {
                Physical::INT32 | Physical::INT64 => Convert::Decimal(power),
                Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY => Convert::BigEndianDecimal(power),
                other => return Err(format!("decimal in {other}")),
            };
            // A width of nothing would make pages of endless values; 76 digits, the most, take 32 bytes.
            if let Stored::Fixed(width) = stored
                && !(1..=32).contains(&width)
            {
                return Err(format!("fixed_len_byte_array({width})"));
            }
            Ok((data_type, Route { convert, delivered: Delivered::F64, ..plain }))
        }
        (Physical::BOOLEAN, _) => as_type(DataType::Bool),
        (Physical::INT32, Meaning::Integer { bits, signed: true }) => as_type(DataType::Int(bits)),
        (Physical::INT32, Meaning::Integer { bits, signed: false }) => {
            Ok((DataType::UInt(bits), Route { delivered: Delivered::U32, ..plain }))
        }
        (Physical::INT32, Meaning::Date) => as_type(DataType::Time { unit: TimeUnit::Day, zone: None }),
        (Physical::INT32 | Physical::INT64, Meaning::TimeOfDay(unit)) => as_type(DataType::Duration(unit)),
        (Physical::INT32, _) => as_type(DataType::Int(32)),
        (Physical::INT64, Meaning::Integer { signed: false, .. }) => {
            Ok((DataType::UInt(64), Route { delivered: Delivered::U64, ..plain }))
        }
        (Physical::INT64, Meaning::Instant { unit, utc }) => {
            as_type(DataType::Time { unit, zone: utc.then(|| Arc::from("UTC")) })
        }
        (Physical::INT64, _) => as_type(DataType::Int(64)),
        // Whether these are local or in UTC was never written down. Microseconds, because nanoseconds since 1970
        // do not reach the years that this type was used for.
        (Physical::INT96, _) => Ok((
            DataType::Time { unit: TimeUnit::Microsecond, zone: None },
            Route { convert: Convert::Int96, ..plain },
        )),
        (Physical::FLOAT, _) => as_type(DataType::Float(32)),
        (Physical::DOUBLE, _) => as_type(DataType::Float(64)),
        (Physical::BYTE_ARRAY, Meaning::Nothing) if is_binary => {
            Ok((DataType::Binary, Route { raw: true, ..plain }))
        }
        (Physical::BYTE_ARRAY, Meaning::Shapes) => Ok((DataType::Binary, Route { raw: true, ..plain })),
        // Older writers do not say that their strings are strings.
        (Physical::BYTE_ARRAY, Meaning::Text | Meaning::Nothing) => as_type(DataType::Text),
        (Physical::BYTE_ARRAY, Meaning::Other(name)) => Err(name.to_string()),
        (Physical::BYTE_ARRAY, _) => Err("binary".to_string()),
        (Physical::FIXED_LEN_BYTE_ARRAY, Meaning::Half) if stored == Stored::Fixed(2) => {
            Ok((DataType::Float(16), Route { convert: Convert::Half, delivered: Delivered::F32, ..plain }))
        }
        (Physical::FIXED_LEN_BYTE_ARRAY, Meaning::Other(name)) => Err(name.to_string()),
        (Physical::FIXED_LEN_BYTE_ARRAY, _) => Err(format!("fixed_len_byte_array({})", column.type_length())),
    }
}

/// What the logical type, or before it the converted type, says about a leaf.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    Nothing,
    Null,
    Integer {
        bits: u8,
        signed: bool,
    },
    Decimal {
        precision: i32,
        scale: i32,
    },
    Date,
    TimeOfDay(TimeUnit),
    Instant {
        unit: TimeUnit,
        utc: bool,
    },
    Half,
    Text,
    /// WKB.
    Shapes,
    Other(&'static str),
}

impl Meaning {
    fn of(column: &ColumnDescriptor) -> Self {
        let unit = |unit: &ParquetUnit| match unit {
            ParquetUnit::MILLIS => TimeUnit::Millisecond,
            ParquetUnit::MICROS => TimeUnit::Microsecond,
            ParquetUnit::NANOS => TimeUnit::Nanosecond,
        };
        match column.logical_type_ref() {
            None => Self::converted(column),
            Some(LogicalType::Unknown) => Meaning::Null,
            Some(LogicalType::Integer(int)) => {
                Meaning::Integer { bits: u8::try_from(int.bit_width).unwrap_or(64), signed: int.is_signed }
            }
            Some(LogicalType::Decimal(decimal)) => {
                Meaning::Decimal { precision: decimal.precision, scale: decimal.scale }
            }
            Some(LogicalType::Date) => Meaning::Date,
            Some(LogicalType::Time(time)) => Meaning::TimeOfDay(unit(&time.unit)),
            Some(LogicalType::Timestamp(time)) => {
                Meaning::Instant { unit: unit(&time.unit), utc: time.is_adjusted_to_u_t_c }
            }
            Some(LogicalType::Float16) => Meaning::Half,
            Some(LogicalType::String | LogicalType::Enum | LogicalType::Json) => Meaning::Text,
            Some(LogicalType::Bson) => Meaning::Other("bson"),
            Some(LogicalType::Uuid) => Meaning::Other("uuid"),
            Some(LogicalType::Geometry(_) | LogicalType::Geography(_)) => Meaning::Shapes,
            Some(LogicalType::Variant(_)) => Meaning::Other("variant"),
            Some(_) => Meaning::Nothing,
        }
    }

    fn converted(column: &ColumnDescriptor) -> Self {
        let integer = |bits, signed| Meaning::Integer { bits, signed };
        match column.converted_type() {
            ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON => Meaning::Text,
            ConvertedType::DECIMAL => {
                Meaning::Decimal { precision: column.type_precision(), scale: column.type_scale() }
            }
            ConvertedType::DATE => Meaning::Date,
            ConvertedType::TIME_MILLIS => Meaning::TimeOfDay(TimeUnit::Millisecond),
            ConvertedType::TIME_MICROS => Meaning::TimeOfDay(TimeUnit::Microsecond),
            // The converted types are defined as instants in UTC.
            ConvertedType::TIMESTAMP_MILLIS => Meaning::Instant { unit: TimeUnit::Millisecond, utc: true },
            ConvertedType::TIMESTAMP_MICROS => Meaning::Instant { unit: TimeUnit::Microsecond, utc: true },
            ConvertedType::UINT_8 => integer(8, false),
            ConvertedType::UINT_16 => integer(16, false),
            ConvertedType::UINT_32 => integer(32, false),
            ConvertedType::UINT_64 => integer(64, false),
            ConvertedType::INT_8 => integer(8, true),
            ConvertedType::INT_16 => integer(16, true),
            ConvertedType::INT_32 => integer(32, true),
            ConvertedType::INT_64 => integer(64, true),
            ConvertedType::BSON => Meaning::Other("bson"),
            ConvertedType::INTERVAL => Meaning::Other("interval"),
            _ => Meaning::Nothing,
        }
    }
}
