//! Values: their types, and the little arithmetic that sparse arrays need.

use drypoint_memory::Pod;
use half::f16;

use super::Part;
use crate::{ArrayError, DType, Number, Result};

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ValueType {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F16,
    F32,
    F64,
    C64,
    C128,
}

/// Each type: NumPy's name of it, and its bytes.
const TYPES: [(ValueType, &str, usize); 14] = [
    (ValueType::Bool, "bool", 1),
    (ValueType::I8, "int8", 1),
    (ValueType::I16, "int16", 2),
    (ValueType::I32, "int32", 4),
    (ValueType::I64, "int64", 8),
    (ValueType::U8, "uint8", 1),
    (ValueType::U16, "uint16", 2),
    (ValueType::U32, "uint32", 4),
    (ValueType::U64, "uint64", 8),
    (ValueType::F16, "float16", 2),
    (ValueType::F32, "float32", 4),
    (ValueType::F64, "float64", 8),
    (ValueType::C64, "complex64", 8),
    (ValueType::C128, "complex128", 16),
];

impl ValueType {
    /// The type that holds items of `dtype`, whatever their byte order; times and strings have none.
    pub fn of(dtype: &DType) -> Result<Self> {
        let refused = || ArrayError::UnsupportedDType { dtype: dtype.name().into() };
        Ok(match dtype.number() {
            Number::Bool => Self::Bool,
            _ if dtype.name().contains(['M', 'm']) => return Err(refused()),
            Number::Signed(1) => Self::I8,
            Number::Signed(2) => Self::I16,
            Number::Signed(4) => Self::I32,
            Number::Signed(_) => Self::I64,
            Number::Unsigned(1) => Self::U8,
            Number::Unsigned(2) => Self::U16,
            Number::Unsigned(4) => Self::U32,
            Number::Unsigned(_) => Self::U64,
            Number::Float(2) => Self::F16,
            Number::Float(4) => Self::F32,
            Number::Float(_) => Self::F64,
            Number::Complex(4) => Self::C64,
            Number::Complex(_) => Self::C128,
            Number::Opaque => return Err(refused()),
        })
    }

    fn row(self) -> (ValueType, &'static str, usize) {
        TYPES[self as usize]
    }

    /// NumPy's name of it.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Bytes of one.
    pub fn bytes(self) -> usize {
        self.row().2
    }

    /// Bytes that an address of one must be a multiple of.
    pub(super) fn alignment(self) -> usize {
        match self {
            Self::C64 => 4,
            _ => self.bytes().min(8),
        }
    }

    /// Whether it is complex.
    pub fn is_complex(self) -> bool {
        matches!(self, Self::C64 | Self::C128)
    }

    /// Whether it has a fraction; complex ones have.
    pub fn is_inexact(self) -> bool {
        matches!(self, Self::F16 | Self::F32 | Self::F64) || self.is_complex()
    }
}

/// The arithmetic of a type: a name for each, because one byte is a truth value or a number.
pub(super) trait Kind {
    type Item: Pod;
    /// What changes nothing when it is added.
    const NOTHING: Self::Item;
    /// As NumPy: integers wrap, truth values are true if either is.
    fn add(left: Self::Item, right: Self::Item) -> Self::Item;
    /// As an integer, that of a complex or fractional number is not asked for.
    fn integer(item: Self::Item) -> i64;
    fn float(item: Self::Item) -> f64;
    fn complex(item: Self::Item) -> [f64; 2] {
        [Self::float(item), 0.0]
    }
    fn less(left: Self::Item, right: Self::Item) -> bool;
    fn is_nan(_: Self::Item) -> bool {
        false
    }
}

pub(super) struct Truth;

impl Kind for Truth {
    type Item = u8;
    const NOTHING: u8 = 0;
    fn add(left: u8, right: u8) -> u8 {
        left | right
    }
    fn integer(item: u8) -> i64 {
        i64::from(item != 0)
    }
    fn float(item: u8) -> f64 {
        f64::from(u8::from(item != 0))
    }
    fn less(left: u8, right: u8) -> bool {
        left < right
    }
}

macro_rules! integer {
    ($($kind:ty),*) => {$(
        impl Kind for $kind {
            type Item = $kind;
            const NOTHING: $kind = 0;
            #[inline(always)]
            fn add(left: $kind, right: $kind) -> $kind {
                left.wrapping_add(right)
            }
            #[inline(always)]
            fn integer(item: $kind) -> i64 {
                item as i64
            }
            #[inline(always)]
            fn float(item: $kind) -> f64 {
                item as f64
            }
            #[inline(always)]
            fn less(left: $kind, right: $kind) -> bool {
                left < right
            }
        }
    )*};
}
integer!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! float {
    ($($kind:ty, $float:expr);*) => {$(
        impl Kind for $kind {
            type Item = $kind;
            const NOTHING: $kind = -0.0;
            #[inline(always)]
            fn add(left: $kind, right: $kind) -> $kind {
                left + right
            }
            fn integer(item: $kind) -> i64 {
                Self::float(item) as i64
            }
            #[inline(always)]
            fn float(item: $kind) -> f64 {
                $float(item)
            }
            #[inline(always)]
            fn less(left: $kind, right: $kind) -> bool {
                left < right
            }
            #[inline(always)]
            fn is_nan(item: $kind) -> bool {
                Self::float(item).is_nan()
            }
        }
    )*};
}
float!(f32, f64::from; f64, |item| item);

/// IEEE binary16, held as its bits.
pub(super) struct Half;

impl Kind for Half {
    type Item = u16;
    const NOTHING: u16 = 0x8000; // -0.0
    fn add(left: u16, right: u16) -> u16 {
        (f16::from_bits(left) + f16::from_bits(right)).to_bits()
    }
    fn integer(item: u16) -> i64 {
        Self::float(item) as i64
    }
    #[inline(always)]
    fn float(item: u16) -> f64 {
        f16::from_bits(item).to_f64()
    }
    fn less(left: u16, right: u16) -> bool {
        f16::from_bits(left) < f16::from_bits(right)
    }
    fn is_nan(item: u16) -> bool {
        f16::from_bits(item).is_nan()
    }
}

macro_rules! complex {
    ($($part:ty),*) => {$(
        impl Kind for [$part; 2] {
            type Item = [$part; 2];
            const NOTHING: Self = [-0.0, -0.0];
            #[inline(always)]
            fn add(left: Self, right: Self) -> Self {
                [left[0] + right[0], left[1] + right[1]]
            }
            fn integer(item: Self) -> i64 {
                item[0] as i64
            }
            fn float(item: Self) -> f64 {
                f64::from(item[0])
            }
            #[inline(always)]
            fn complex(item: Self) -> [f64; 2] {
                item.map(f64::from)
            }
            fn less(left: Self, right: Self) -> bool {
                left < right
            }
            fn is_nan(item: Self) -> bool {
                item[0].is_nan() || item[1].is_nan()
            }
        }
    )*};
}
complex!(f32, f64);

/// Run `$body` with `$K` standing for the [`Kind`] of a [`ValueType`].
macro_rules! with_kind {
    ($kind:expr, $K:ident => $body:expr) => {{
        use $crate::sparse::ValueType as Of;
        macro_rules! arm {
            ($kind_of:ty) => {{
                type $K = $kind_of;
                $body
            }};
        }
        match $kind {
            Of::Bool => arm!($crate::sparse::value::Truth),
            Of::I8 => arm!(i8),
            Of::I16 => arm!(i16),
            Of::I32 => arm!(i32),
            Of::I64 => arm!(i64),
            Of::U8 => arm!(u8),
            Of::U16 => arm!(u16),
            Of::U32 => arm!(u32),
            Of::U64 => arm!(u64),
            Of::F16 => arm!($crate::sparse::value::Half),
            Of::F32 => arm!(f32),
            Of::F64 => arm!(f64),
            Of::C64 => arm!([f32; 2]),
            Of::C128 => arm!([f64; 2]),
        }
    }};
}
pub(super) use with_kind;

/// Run `$body` with `$T` standing for a type as wide as the [`ValueType`]: for what only moves items.
macro_rules! with_width {
    ($kind:expr, $T:ident => $body:expr) => {{
        macro_rules! arm {
            ($item:ty) => {{
                type $T = $item;
                $body
            }};
        }
        match ($kind.bytes(), $kind.is_complex()) {
            (1, _) => arm!(u8),
            (2, _) => arm!(u16),
            (4, _) => arm!(u32),
            (8, false) => arm!(u64),
            (8, true) => arm!([u32; 2]),
            _ => arm!([u64; 2]),
        }
    }};
}
pub(super) use with_width;

/// Values of one type, one after the other.
#[derive(Clone)]
pub struct Values {
    kind: ValueType,
    part: Part,
}

impl Values {
    /// `part` holds values of this type at an address that suits them.
    pub(super) fn new(kind: ValueType, part: Part) -> Self {
        debug_assert!(part.aligned(kind.alignment()) && part.bytes().len().is_multiple_of(kind.bytes()));
        Self { kind, part }
    }

    /// Their type.
    pub fn kind(&self) -> ValueType {
        self.kind
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.part.bytes().len() / self.kind.bytes()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their memory.
    pub fn part(&self) -> &Part {
        &self.part
    }

    pub(super) fn items<T: Pod>(&self) -> &[T] {
        self.part.items()
    }

    pub(super) fn cut(&self, first: usize, end: usize) -> Self {
        let bytes = self.kind.bytes();
        Self { kind: self.kind, part: self.part.cut(first * bytes, (end - first) * bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_types() {
        for (place, (kind, _, _)) in TYPES.iter().enumerate() {
            assert_eq!(*kind as usize, place);
        }
    }
}
