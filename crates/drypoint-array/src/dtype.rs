//! Types of items: how many bytes, which number they spell, in which order.

use crate::{ArrayError, Result};

/// What a codec may take the bytes of an item for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Number {
    /// One byte, 0 or 1.
    Bool,
    /// Unsigned, of 1, 2, 4 or 8 bytes.
    Unsigned(u8),
    /// Signed, of 1, 2, 4 or 8 bytes; times and spans of time too.
    Signed(u8),
    /// IEEE 754, of 2, 4 or 8 bytes.
    Float(u8),
    /// Two floats of this many bytes each, 4 or 8.
    Complex(u8),
    /// Bytes without a meaning here: strings of a fixed length.
    Opaque,
}

/// A type of items, by NumPy's names: `"<f8"`, `">i4"`, `"|u1"`, `"<M8[ns]"`, `"|S12"`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DType {
    name: String,
    number: Number,
    item_bytes: usize,
    swapped: bool,
}

impl DType {
    /// From NumPy's `dtype.str`. Structures, objects and long doubles are refused.
    pub fn parse(name: &str) -> Result<Self> {
        let refused = || ArrayError::UnsupportedDType { dtype: name.into() };
        let mut letters = name.chars();
        let order = letters.next().ok_or_else(refused)?;
        let kind = letters.next().ok_or_else(refused)?;
        let rest = letters.as_str();
        let digits = rest.split('[').next().unwrap_or_default();
        let bytes: usize = digits.parse().map_err(|_| refused())?;
        let number = match (kind, bytes) {
            ('b', 1) => Number::Bool,
            ('u', 1 | 2 | 4 | 8) => Number::Unsigned(bytes as u8),
            ('i', 1 | 2 | 4 | 8) | ('M' | 'm', 8) => Number::Signed(bytes as u8),
            ('f', 2 | 4 | 8) => Number::Float(bytes as u8),
            ('c', 8 | 16) => Number::Complex((bytes / 2) as u8),
            ('S', _) => Number::Opaque,
            ('U', _) => Number::Opaque,
            _ => return Err(refused()),
        };
        let swapped = match order {
            '<' | '|' | '=' => cfg!(target_endian = "big") && order == '<',
            '>' => cfg!(target_endian = "little"),
            _ => return Err(refused()),
        };
        let item_bytes = if kind == 'U' { 4 * bytes } else { bytes };
        Ok(Self { name: name.into(), number, item_bytes, swapped })
    }

    /// NumPy's name of it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its bytes spell.
    pub fn number(&self) -> Number {
        self.number
    }

    /// Bytes of an item; 0 for empty strings.
    pub fn item_bytes(&self) -> usize {
        self.item_bytes
    }

    /// Whether its bytes are in the other order than this machine's.
    pub fn swapped(&self) -> bool {
        self.swapped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_numpy_are_read() {
        for (name, number, item_bytes) in [
            ("|b1", Number::Bool, 1),
            ("|u1", Number::Unsigned(1), 1),
            ("<i8", Number::Signed(8), 8),
            ("<M8[ns]", Number::Signed(8), 8),
            ("<f2", Number::Float(2), 2),
            ("<c16", Number::Complex(8), 16),
            ("<U3", Number::Opaque, 12),
            ("|S0", Number::Opaque, 0),
        ] {
            let dtype = DType::parse(name).unwrap();
            assert_eq!((dtype.number(), dtype.item_bytes()), (number, item_bytes), "{name}");
            assert!(!dtype.swapped());
        }
        assert!(DType::parse(">f8").unwrap().swapped());
    }

    #[test]
    fn what_has_no_numbers_is_refused() {
        for name in ["", "<", "|O", "|V16", "<f16", "<c32", "<i3", "?b1", "<f", "<fé"] {
            let refused = DType::parse(name).unwrap_err();
            assert!(matches!(refused, ArrayError::UnsupportedDType { .. }), "{name}");
        }
    }
}
