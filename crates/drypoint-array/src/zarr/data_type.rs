//! Types of items by the format's names, and by NumPy's.

use serde_json::{Value, json};

use super::fault::{Fault, Result, damaged};
use super::named::{Named, shown};
use crate::{DType, Number};

/// The letter of this machine's order: chunks are delivered in it, whichever they are stored in.
const ORDER: char = if cfg!(target_endian = "little") { '<' } else { '>' };

/// Types that are called as NumPy calls them, and NumPy's letters for them.
const PLAIN: [(&str, &str); 14] = [
    ("bool", "b1"),
    ("int8", "i1"),
    ("int16", "i2"),
    ("int32", "i4"),
    ("int64", "i8"),
    ("uint8", "u1"),
    ("uint16", "u2"),
    ("uint32", "u4"),
    ("uint64", "u8"),
    ("float16", "f2"),
    ("float32", "f4"),
    ("float64", "f8"),
    ("complex64", "c8"),
    ("complex128", "c16"),
];

/// Units of NumPy's times.
const UNITS: [&str; 15] =
    ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "μs", "ns", "ps", "fs", "as", "generic"];

/// What to do about an array that is not read here.
pub(super) const INSTEAD: &str = "(zarr.open of zarr-python may read it: hand over what it gives)";

/// The type that `data_type` of a `zarr.json` names, in this machine's order.
pub(super) fn parse(value: &Value) -> Result<DType> {
    let named = Named::of(value, "data type")?;
    let name = match named.name {
        "numpy.datetime64" | "numpy.timedelta64" => time(&named)?,
        "null_terminated_bytes" => format!("|S{}", length_bytes(&named)?),
        "fixed_length_utf32" => {
            let bytes = length_bytes(&named)?;
            if bytes % 4 != 0 {
                return Err(damaged(format!("text of 4 bytes a character has {bytes} bytes")));
            }
            format!("{ORDER}U{}", bytes / 4)
        }
        name => match PLAIN.iter().find(|(known, _)| *known == name) {
            Some((_, letters)) => {
                format!("{}{letters}", if letters.ends_with('1') { '|' } else { ORDER })
            }
            None => return Err(Fault::Unsupported(format!("the data type {} {INSTEAD}", shown(value)))),
        },
    };
    DType::parse(&name).map_err(|error| Fault::Unsupported(error.to_string()))
}

fn time(named: &Named<'_>) -> Result<String> {
    let unit = named.required("unit")?;
    let unit = unit
        .as_str()
        .filter(|unit| UNITS.contains(unit))
        .ok_or_else(|| damaged(format!("the unit of time is {}", shown(unit))))?;
    let scale = match named.option("scale_factor") {
        None => 1,
        Some(value) => value
            .as_u64()
            .filter(|scale| (1..1 << 31).contains(scale))
            .ok_or_else(|| damaged(format!("the scale_factor of a time is {}", shown(value))))?,
    };
    let letter = if named.name == "numpy.datetime64" { 'M' } else { 'm' };
    Ok(match (unit, scale) {
        ("generic", _) => format!("{ORDER}{letter}8"),
        (unit, 1) => format!("{ORDER}{letter}8[{unit}]"),
        (unit, scale) => format!("{ORDER}{letter}8[{scale}{unit}]"),
    })
}

fn length_bytes(named: &Named<'_>) -> Result<u32> {
    let value = named.required("length_bytes")?;
    value
        .as_u64()
        .and_then(|bytes| u32::try_from(bytes).ok())
        .filter(|bytes| (1..1 << 31).contains(bytes))
        .ok_or_else(|| damaged(format!("length_bytes of {:?} is {}", named.name, shown(value))))
}

/// What a `zarr.json` calls a type.
pub(super) fn spelled(dtype: &DType) -> Result<Value> {
    let letters = dtype.name().get(1..).unwrap_or_default();
    let refused = || Fault::Unsupported(format!("the type {:?}", dtype.name()));
    if let Some((name, _)) = PLAIN.iter().find(|(_, known)| *known == letters) {
        return Ok(json!(name));
    }
    let length = dtype.item_bytes();
    match letters.chars().next() {
        _ if length == 0 => Err(refused()),
        Some('S') => Ok(json!({"name": "null_terminated_bytes", "configuration": {"length_bytes": length}})),
        Some('U') => Ok(json!({"name": "fixed_length_utf32", "configuration": {"length_bytes": length}})),
        Some(letter @ ('M' | 'm')) => {
            let name = if letter == 'M' { "numpy.datetime64" } else { "numpy.timedelta64" };
            let unit = letters.split_once('[').and_then(|(_, unit)| unit.strip_suffix(']'));
            let unit = unit.unwrap_or("generic");
            let letters = unit.trim_start_matches(|letter: char| letter.is_ascii_digit());
            let digits = &unit[..unit.len() - letters.len()];
            let scale: u32 = if digits.is_empty() { 1 } else { digits.parse().map_err(|_| refused())? };
            Ok(json!({"name": name, "configuration": {"unit": letters, "scale_factor": scale}}))
        }
        _ => Err(refused()),
    }
}

/// Bytes that are turned round together where a chunk is in the other order; 1 where there is none.
pub(super) fn swap_bytes(dtype: &DType) -> usize {
    match dtype.number() {
        Number::Bool => 1,
        Number::Unsigned(bytes) | Number::Signed(bytes) | Number::Float(bytes) | Number::Complex(bytes) => {
            usize::from(bytes)
        }
        Number::Opaque if dtype.name().get(1..2) == Some("U") => 4,
        Number::Opaque => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for name in [
            "|b1", "|i1", "<i2", "<i8", "|u1", "<u4", "<f2", "<f8", "<c8", "<c16", "<M8[ns]", "<M8[10D]",
            "<m8", "<m8[us]", "|S5", "<U4",
        ] {
            let dtype = DType::parse(name).unwrap();
            assert_eq!(parse(&spelled(&dtype).unwrap()).unwrap(), dtype, "{name}");
        }
    }

    #[test]
    fn what_is_not_read_is_told_from_what_is_wrong() {
        for value in [json!("string"), json!("r16"), json!({"name": "struct"}), json!("float8_e5m2")] {
            let Err(Fault::Unsupported(what)) = parse(&value) else { panic!("{value}") };
            assert!(what.contains("zarr.open"), "{what}");
        }
        for value in [
            json!(3),
            json!({"configuration": {}}),
            json!({"name": "numpy.datetime64"}),
            json!({"name": "numpy.datetime64", "configuration": {"unit": "eon"}}),
            json!({"name": "numpy.datetime64", "configuration": {"unit": "s", "scale_factor": 0}}),
            json!({"name": "fixed_length_utf32", "configuration": {"length_bytes": 7}}),
            json!({"name": "null_terminated_bytes", "configuration": {"length_bytes": -1}}),
            json!({"name": "null_terminated_bytes", "configuration": 1}),
        ] {
            assert!(matches!(parse(&value), Err(Fault::Damaged(_))), "{value}");
        }
    }
}
