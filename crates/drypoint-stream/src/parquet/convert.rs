//! Values whose bytes in a page are not the bytes of a batch.

use super::schema::Convert;
use crate::arrow::number::f64_from_decimal;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;
/// 1970-01-01 as a Julian day number.
const EPOCH: i64 = 2_440_588;

/// Microseconds since 1970 of an INT96 instant. No sum of 32 bits of days and 64 bits of nanoseconds overflows.
pub(super) fn int96_micros(bytes: &[u8; 12]) -> i64 {
    let nanos = i64::from_le_bytes(bytes[..8].try_into().expect("eight bytes"));
    let day = u32::from_le_bytes(bytes[8..].try_into().expect("four bytes"));
    // Days before the Julian epoch do not exist; the field is read as signed by all writers.
    (i64::from(day as i32) - EPOCH).saturating_mul(DAY).saturating_add(nanos.div_euclid(1000))
}

/// The number that up to 32 big-endian bytes in two's complement stand for, to the nearest float64 where it has at
/// most 128 bits.
pub(super) fn big_endian(bytes: &[u8]) -> f64 {
    let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    let mut little = [if negative { 0xff } else { 0 }; 32];
    for (slot, byte) in little.iter_mut().zip(bytes.iter().rev()) {
        *slot = *byte;
    }
    f64_from_decimal(&little, 1.0)
}

/// Convert values of `width` bytes each from `from` into `to`, which holds 4 or 8 bytes for each. Returns the bytes
/// written.
pub(super) fn convert(convert: Convert, width: usize, from: &[u8], to: &mut [u8]) -> usize {
    match convert {
        Convert::Nothing => {
            to[..from.len()].copy_from_slice(from);
            from.len()
        }
        Convert::Int96 => each(from, 12, to, |value| {
            int96_micros(value.try_into().expect("chunks of twelve")).to_le_bytes()
        }),
        Convert::BigEndianDecimal(power) => {
            each(from, width, to, |value| (big_endian(value) / power).to_le_bytes())
        }
        Convert::Decimal(power) if width == 4 => each(from, 4, to, |value| {
            (f64::from(i32::from_le_bytes(value.try_into().expect("chunks of four"))) / power).to_le_bytes()
        }),
        Convert::Decimal(power) => each(from, 8, to, |value| {
            (i64::from_le_bytes(value.try_into().expect("chunks of eight")) as f64 / power).to_le_bytes()
        }),
        Convert::Half => each(from, 2, to, |value| {
            half::f16::from_le_bytes(value.try_into().expect("chunks of two")).to_f32().to_le_bytes()
        }),
    }
}

fn each<const N: usize>(from: &[u8], width: usize, to: &mut [u8], one: impl Fn(&[u8]) -> [u8; N]) -> usize {
    let mut written = 0;
    for (value, slot) in from.chunks_exact(width).zip(to.chunks_exact_mut(N)) {
        slot.copy_from_slice(&one(value));
        written += N;
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn int96_counts_from_the_julian_day_of_1970() {
        let bytes = |day: i32, nanos: i64| {
            let mut bytes = [0; 12];
            bytes[..8].copy_from_slice(&nanos.to_le_bytes());
            bytes[8..].copy_from_slice(&day.to_le_bytes());
            bytes
        };
        assert_eq!(int96_micros(&bytes(2_440_588, 0)), 0);
        assert_eq!(int96_micros(&bytes(2_440_589, 1_500)), 86_400_000_001);
        assert_eq!(int96_micros(&bytes(2_440_587, 0)), -86_400_000_000);
        int96_micros(&bytes(i32::MIN, i64::MIN));
        int96_micros(&bytes(i32::MAX, i64::MAX));
    }

    proptest! {
        #[test]
        fn big_endian_numbers_of_any_width(value in any::<i64>(), extra in 0usize..28) {
            let mut bytes = vec![if value < 0 { 0xff } else { 0 }; extra];
            bytes.extend(value.to_be_bytes());
            let found = big_endian(&bytes);
            prop_assert_eq!(found, value as f64);
        }
    }
}
