//! The value of what was never written, in all its spellings.

use serde_json::{Number as JsonNumber, Value, json};

use super::fault::{Fault, Result, damaged};
use super::named::shown;
use crate::{DType, Number};

/// The bytes of one item, in this machine's order.
pub(super) fn parse(value: &Value, dtype: &DType) -> Result<Vec<u8>> {
    let wrong = || damaged(format!("the fill value {} is no {}", shown(value), dtype.name()));
    let found = match dtype.number() {
        Number::Bool => match value {
            Value::Bool(value) => Some(vec![u8::from(*value)]),
            Value::Number(number) if number.as_u64().is_some_and(|number| number <= 1) => {
                number.as_u64().map(|number| vec![number as u8])
            }
            _ => None,
        },
        Number::Signed(bytes) if value == "NaT" && is_time(dtype) => whole(i128::from(i64::MIN), bytes, true),
        Number::Signed(bytes) => integer(value).and_then(|number| whole(number, bytes, true)),
        Number::Unsigned(bytes) => integer(value).and_then(|number| whole(number, bytes, false)),
        Number::Float(bytes) => float(value, bytes),
        Number::Complex(bytes) => match value {
            Value::Array(parts) if parts.len() == 2 => parts
                .iter()
                .map(|part| float(part, bytes))
                .collect::<Option<Vec<_>>>()
                .map(|parts| parts.concat()),
            _ => None,
        },
        Number::Opaque => value.as_str().and_then(|text| text_bytes(text, dtype)),
    };
    found.ok_or_else(wrong)
}

/// How the format writes an item's bytes.
pub(super) fn spelled(item: &[u8], dtype: &DType) -> Result<Value> {
    let refused = || Fault::Unsupported(format!("the fill value {item:?} of {}", dtype.name()));
    Ok(match dtype.number() {
        Number::Bool => json!(item.iter().any(|byte| *byte != 0)),
        Number::Unsigned(_) => json!(unsigned(item)),
        Number::Signed(bytes) => {
            let unused = 64 - 8 * u32::from(bytes);
            json!((unsigned(item) << unused) as i64 >> unused)
        }
        Number::Float(_) => spelled_float(item),
        Number::Complex(bytes) => {
            let (re, im) = item.split_at(usize::from(bytes));
            json!([spelled_float(re), spelled_float(im)])
        }
        Number::Opaque if dtype.name().get(1..2) == Some("U") => {
            let characters = item
                .chunks_exact(4)
                .map(unsigned)
                .map(|code| u32::try_from(code).ok().and_then(char::from_u32).ok_or_else(refused));
            let text = characters.collect::<Result<String>>()?;
            json!(text.trim_end_matches('\0'))
        }
        Number::Opaque => {
            json!(base64(&item[..item.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1)]))
        }
    })
}

fn is_time(dtype: &DType) -> bool {
    matches!(dtype.name().get(1..2), Some("M" | "m"))
}

fn integer(value: &Value) -> Option<i128> {
    let Value::Number(number) = value else { return None };
    let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    // Some writers put 0.0 where 0 is meant.
    whole.or_else(|| {
        number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() < 9.0e15).map(|v| v as i128)
    })
}

fn whole(number: i128, bytes: u8, signed: bool) -> Option<Vec<u8>> {
    let bits = 8 * u32::from(bytes);
    let (least, most) =
        if signed { (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1) } else { (0, (1i128 << bits) - 1) };
    (least..=most).contains(&number).then(|| native(number as u64, usize::from(bytes)))
}

fn float(value: &Value, bytes: u8) -> Option<Vec<u8>> {
    let width = usize::from(bytes);
    if let Some(digits) = value.as_str().and_then(|text| text.strip_prefix("0x")) {
        let plain = digits.len() == 2 * width && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        return plain.then(|| u64::from_str_radix(digits, 16).ok()).flatten().map(|bits| native(bits, width));
    }
    // The quiet NaN without a payload is what the specification means, so it is not left to a conversion.
    let (half, single, double) = (half::f16::from_f64, |number: f64| number as f32, |number: f64| number);
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => match text.as_str() {
            "NaN" => {
                return Some(native([0x7e00, 0x7fc0_0000, 0x7ff8 << 48][width.ilog2() as usize - 1], width));
            }
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            _ => return None,
        },
        _ => return None,
    };
    Some(match bytes {
        2 => half(number).to_ne_bytes().to_vec(),
        4 => single(number).to_ne_bytes().to_vec(),
        _ => double(number).to_ne_bytes().to_vec(),
    })
}

fn spelled_float(item: &[u8]) -> Value {
    let bits = unsigned(item);
    let number = match item.len() {
        2 => half::f16::from_bits(bits as u16).to_f64(),
        4 => f64::from(f32::from_bits(bits as u32)),
        _ => f64::from_bits(bits),
    };
    if number.is_nan() {
        let usual = [0x7e00, 0x7fc0_0000, 0x7ff8 << 48][item.len().ilog2() as usize - 1];
        let digits = 2 * item.len();
        return if bits == usual { json!("NaN") } else { json!(format!("{bits:#0$x}", digits + 2)) };
    }
    match JsonNumber::from_f64(number) {
        Some(number) => Value::Number(number),
        None => json!(if number > 0.0 { "Infinity" } else { "-Infinity" }),
    }
}

/// The lowest bytes of a number, in this machine's order.
fn native(number: u64, width: usize) -> Vec<u8> {
    let bytes = number.to_le_bytes();
    let mut bytes = bytes[..width].to_vec();
    if cfg!(target_endian = "big") {
        bytes.reverse();
    }
    bytes
}

fn unsigned(item: &[u8]) -> u64 {
    let place = |at: usize| if cfg!(target_endian = "little") { 8 * at } else { 8 * (item.len() - 1 - at) };
    item.iter().take(8).enumerate().fold(0, |number, (at, byte)| number | u64::from(*byte) << place(at))
}

/// Text in the width of its type: base64 of bytes, or characters. Zeros fill the rest, as NumPy has it.
fn text_bytes(text: &str, dtype: &DType) -> Option<Vec<u8>> {
    let mut bytes = if dtype.name().get(1..2) == Some("U") {
        text.chars().flat_map(|character| u32::from(character).to_ne_bytes()).collect()
    } else {
        unbase64(text)?
    };
    (bytes.len() <= dtype.item_bytes()).then(|| {
        bytes.resize(dtype.item_bytes(), 0);
        bytes
    })
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let number = group
            .iter()
            .enumerate()
            .fold(0u32, |number, (at, byte)| number | u32::from(*byte) << (16 - 8 * at));
        for digit in 0..4 {
            let index = (number >> (18 - 6 * digit)) as usize & 63;
            text.push(if digit <= group.len() { char::from(DIGITS[index]) } else { '=' });
        }
    }
    text
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let digits = text.trim_end_matches('=');
    if text.len() - digits.len() > 2 {
        return None;
    }
    let (mut bytes, mut held, mut bits) = (Vec::with_capacity(digits.len() * 3 / 4), 0u32, 0);
    for digit in digits.bytes() {
        held = held << 6 | DIGITS.iter().position(|known| *known == digit)? as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> DType {
        DType::parse(name).unwrap()
    }

    #[test]
    fn each_spelling_is_read() {
        let f4 = |value: f32| value.to_ne_bytes().to_vec();
        for (name, value, expected) in [
            ("|b1", json!(true), vec![1]),
            ("|i1", json!(-128), vec![128]),
            ("<u2", json!(65535), vec![255, 255]),
            ("<u8", json!(u64::MAX), vec![255; 8]),
            ("<i4", json!(7.0), 7i32.to_ne_bytes().to_vec()),
            ("<M8[s]", json!("NaT"), i64::MIN.to_ne_bytes().to_vec()),
            ("<f4", json!(0.1), f4(0.1)),
            ("<f4", json!("0xffc00001"), 0xffc0_0001u32.to_ne_bytes().to_vec()),
            ("<f8", json!("NaN"), 0x7ff8_0000_0000_0000u64.to_ne_bytes().to_vec()),
            ("<f2", json!("-Infinity"), 0xfc00u16.to_ne_bytes().to_vec()),
            ("<c8", json!([-0.0, "Infinity"]), [f4(-0.0), f4(f32::INFINITY)].concat()),
            ("|S3", json!("YWI="), b"ab\0".to_vec()),
            ("<U2", json!("é"), [233u32.to_ne_bytes(), [0; 4]].concat()),
        ] {
            assert_eq!(parse(&value, &of(name)).unwrap(), expected, "{name} {value}");
        }
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        for (name, value) in [
            ("|b1", json!(2)),
            ("|i1", json!(128)),
            ("<u4", json!(-1)),
            ("<i8", json!("NaT")),
            ("<i8", json!(1.5)),
            ("<f4", json!("0x7fc0")),
            ("<f4", json!("0x+fc00000")),
            ("<f8", json!("nan")),
            ("<c8", json!([1.0])),
            ("|S1", json!("YWI=")),
            ("|S9", json!("YWI")),
            ("|S9", json!("Y===")),
            ("<U1", json!("ab")),
            ("<f8", json!(null)),
        ] {
            assert!(matches!(parse(&value, &of(name)), Err(Fault::Damaged(_))), "{name} {value}");
        }
    }

    #[test]
    fn what_is_written_is_read_back_bit_by_bit() {
        for (name, item) in [
            ("|b1", vec![1]),
            ("|i1", vec![200]),
            ("<i8", i64::MIN.to_ne_bytes().to_vec()),
            ("<u8", vec![255; 8]),
            ("<m8[D]", i64::MIN.to_ne_bytes().to_vec()),
            ("<f2", 0x7e01u16.to_ne_bytes().to_vec()),
            ("<f4", f32::MIN_POSITIVE.to_ne_bytes().to_vec()),
            ("<f4", f32::NAN.to_ne_bytes().to_vec()),
            ("<f8", (-0.0f64).to_ne_bytes().to_vec()),
            ("<f8", 0.1f64.to_ne_bytes().to_vec()),
            ("<f8", 0xfff8_0000_0000_0007u64.to_ne_bytes().to_vec()),
            ("<c16", [f64::INFINITY.to_ne_bytes(), f64::NEG_INFINITY.to_ne_bytes()].concat()),
            ("|S4", b"\0\xff\0\0".to_vec()),
            ("<U2", [97u32.to_ne_bytes(), [0; 4]].concat()),
        ] {
            let dtype = of(name);
            let text = spelled(&item, &dtype).unwrap().to_string();
            let back = parse(&serde_json::from_str(&text).unwrap(), &dtype).unwrap();
            assert_eq!(back, item, "{name} {text}");
        }
    }
}
