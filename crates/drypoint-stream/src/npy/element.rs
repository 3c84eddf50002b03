//! One element of an array: what it means, how its bytes lie.

use crate::{DataType, TimeUnit};

/// How an element is stored, byte order aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    Bool,
    /// Signed integers, of `size` bytes.
    Int,
    UInt,
    Float,
    /// 64-bit counts of `factor` units, the least of them meaning "not a time".
    Time {
        factor: i64,
    },
    /// UCS-4, filled up with zeros.
    Utf32,
    /// Bytes, filled up with zeros.
    Bytes,
    /// Passed over.
    Opaque,
}

/// The type of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) storage: Storage,
    /// Bytes of one.
    pub(crate) size: usize,
    /// Whether the bytes are in the other order than this machine's.
    pub(crate) swapped: bool,
    pub(crate) data_type: DataType,
}

impl Element {
    /// Read a type string such as `<f8`, `|b1` or `>M8[us]`.
    pub(crate) fn parse(text: &str) -> Result<Element, String> {
        let wrong = || format!("the type {text:?}");
        let (big, rest) = match text.as_bytes().first() {
            Some(b'<') => (false, &text[1..]),
            Some(b'>') => (true, &text[1..]),
            Some(b'|' | b'=') => (cfg!(target_endian = "big"), &text[1..]),
            _ => (cfg!(target_endian = "big"), text),
        };
        let mut letters = rest.chars();
        let kind = letters.next().ok_or_else(wrong)?;
        let rest = letters.as_str();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (count, suffix) = rest.split_at(digits);
        let count: usize = if count.is_empty() { 0 } else { count.parse().map_err(|_| wrong())? };
        let bits = count.saturating_mul(8).min(255) as u8;

        let opaque = |name: &str| (Storage::Opaque, DataType::Other(name.to_string()));
        let (storage, data_type) = match (kind, count) {
            ('b', 1) => (Storage::Bool, DataType::Bool),
            ('i', 1 | 2 | 4 | 8) => (Storage::Int, DataType::Int(bits)),
            ('u', 1 | 2 | 4 | 8) => (Storage::UInt, DataType::UInt(bits)),
            ('f', 2 | 4 | 8) => (Storage::Float, DataType::Float(bits)),
            ('f', 10 | 12 | 16) => opaque("longdouble"),
            ('c', 8 | 16 | 20 | 24 | 32) => opaque("complex"),
            ('M', 8) => match time_unit(suffix).ok_or_else(wrong)? {
                Some((unit, factor)) => (Storage::Time { factor }, DataType::Time { unit, zone: None }),
                None => opaque(&format!("datetime64{suffix}")),
            },
            ('m', 8) => match time_unit(suffix).ok_or_else(wrong)? {
                Some((unit, factor)) => (Storage::Time { factor }, DataType::Duration(unit)),
                None => opaque(&format!("timedelta64{suffix}")),
            },
            ('U', 1..) => (Storage::Utf32, DataType::Text),
            ('S' | 'a', 1..) => (Storage::Bytes, DataType::Text),
            ('U' | 'S' | 'a', 0) => opaque("text of length 0"),
            ('V', _) => opaque("void"),
            ('O', _) => opaque("object"),
            _ => return Err(wrong()),
        };
        if !suffix.is_empty() && !matches!(kind, 'M' | 'm') {
            return Err(wrong());
        }
        let size = match kind {
            'U' => count.checked_mul(4).ok_or_else(wrong)?,
            'O' => size_of::<usize>(),
            _ => count,
        };
        Ok(Element { storage, size, swapped: big != cfg!(target_endian = "big"), data_type })
    }

    /// A run of `size` bytes that has no column of its own kind.
    pub(super) fn opaque(size: usize, name: &str) -> Element {
        Element {
            storage: Storage::Opaque,
            size,
            swapped: false,
            data_type: DataType::Other(name.to_string()),
        }
    }

    /// Whether values may be missing.
    pub(crate) fn is_nullable(&self) -> bool {
        matches!(self.storage, Storage::Time { .. })
    }

    /// Whether a column of it can be delivered.
    pub(crate) fn is_readable(&self) -> bool {
        self.storage != Storage::Opaque
    }
}

/// Read `[us]` or `[25s]` as a unit of ours and how many of it. Outer `None`: no unit of NumPy's; inner: one without a fixed
/// length in ours.
fn time_unit(suffix: &str) -> Option<Option<(TimeUnit, i64)>> {
    if suffix.is_empty() {
        return Some(None);
    }
    let inner = suffix.strip_prefix('[')?.strip_suffix(']')?;
    let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = inner.split_at(digits);
    let count: i64 = if count.is_empty() { 1 } else { count.parse().ok()? };
    let (unit, each) = match unit {
        "W" => (TimeUnit::Day, 7),
        "D" => (TimeUnit::Day, 1),
        "h" => (TimeUnit::Second, 3600),
        "m" => (TimeUnit::Second, 60),
        "s" => (TimeUnit::Second, 1),
        "ms" => (TimeUnit::Millisecond, 1),
        "us" | "μs" => (TimeUnit::Microsecond, 1),
        "ns" => (TimeUnit::Nanosecond, 1),
        "Y" | "M" | "ps" | "fs" | "as" | "generic" => return Some(None),
        _ => return None,
    };
    Some(Some((unit, count.checked_mul(each).filter(|factor| *factor > 0)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_strings() {
        let of = |text: &str| Element::parse(text).map(|e| (e.size, e.swapped, e.data_type.to_string()));
        let ok = |size, swapped, name: &str| Ok((size, swapped, name.to_string()));
        assert_eq!(of("<f8"), ok(8, false, "float64"));
        assert_eq!(of(">i2"), ok(2, true, "int16"));
        assert_eq!(of("|b1"), ok(1, false, "bool"));
        assert_eq!(of("|u1"), ok(1, false, "uint8"));
        assert_eq!(of("<M8[ns]"), ok(8, false, "timestamp[ns]"));
        assert_eq!(of("<m8[h]"), ok(8, false, "duration[s]"));
        assert_eq!(of("<M8[Y]"), ok(8, false, "datetime64[Y]"));
        assert_eq!(of("<U10"), ok(40, false, "text"));
        assert_eq!(of("|S0"), ok(0, false, "text of length 0"));
        assert_eq!(of("|O"), ok(8, false, "object"));
        assert_eq!(of("<c16"), ok(16, false, "complex"));
        for wrong in [
            "",
            "<",
            "f",
            "<f3",
            "<i99999999999999999999",
            "<M8[xx]",
            "<M8[us",
            "<f8x",
            "é8",
            "<U18446744073709551615",
            "<M8[0s]",
            "<M4[s]",
        ] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
