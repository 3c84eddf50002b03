//! Numbers that no `Values` holds, made into those that one does.

/// IEEE binary16 to binary32, exactly.
pub(crate) fn f32_from_half(bits: u16) -> f32 {
    const TWO_TO_112: f32 = f32::from_bits((112 + 127) << 23);
    let magnitude = u32::from(bits & 0x7fff);
    let value = if magnitude >= 0x7c00 {
        f32::from_bits(0x7f80_0000 | magnitude << 13)
    } else {
        // Placed in the exponent field of a wider float the value is 2^112 too small, subnormals included.
        f32::from_bits(magnitude << 13) * TWO_TO_112
    };
    f32::from_bits(value.to_bits() | u32::from(bits & 0x8000) << 16)
}

/// Little-endian two's complement of any width up to 32 bytes, divided by `divisor`. Integers below 2^53 divided by
/// a power of ten up to 10^22 are rounded once, so they equal what parsing the decimal's text gives.
pub(crate) fn f64_from_decimal(bytes: &[u8], divisor: f64) -> f64 {
    let mut wide = [if bytes.last().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 }; 32];
    let kept = bytes.len().min(32);
    wide[..kept].copy_from_slice(&bytes[..kept]);
    let half = |from: usize| {
        let mut half = [0; 16];
        half.copy_from_slice(&wide[from..from + 16]);
        u128::from_le_bytes(half)
    };
    let (low, high) = (half(0), half(16));
    let negative = high >> 127 == 1;
    // The halves of a negative number would cancel: its magnitude is taken first.
    let (low, high) =
        if negative { (low.wrapping_neg(), (!high).wrapping_add(u128::from(low == 0))) } else { (low, high) };
    const TWO_TO_128: f64 = f64::from_bits((128 + 1023) << 52);
    let magnitude = (if high == 0 { low as f64 } else { high as f64 * TWO_TO_128 + low as f64 }) / divisor;
    if negative { -magnitude } else { magnitude }
}

/// 10^scale.
pub(crate) fn power_of_ten(scale: i8) -> f64 {
    10f64.powi(i32::from(scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_agree_with_their_definition() {
        for bits in 0..=u16::MAX {
            let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
            let expected = match exponent {
                31 if fraction != 0.0 => f64::NAN,
                31 => f64::INFINITY,
                0 => fraction / 1024.0 * 2f64.powi(-14),
                _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
            };
            let expected = if bits >> 15 == 1 { -expected } else { expected };
            let found = f64::from(f32_from_half(bits));
            assert!(
                found == expected || found.is_nan() && expected.is_nan(),
                "{bits:#x}: {found} {expected}"
            );
        }
    }

    #[test]
    fn decimals_of_all_widths() {
        for value in [0i128, 1, -1, 12_345, -99_999, i64::MAX.into(), i64::MIN.into(), i128::MAX, i128::MIN] {
            let mut wide = [if value < 0 { 0xff } else { 0 }; 32];
            wide[..16].copy_from_slice(&value.to_le_bytes());
            assert_eq!(f64_from_decimal(&value.to_le_bytes(), 1.0), value as f64);
            assert_eq!(f64_from_decimal(&wide, 1.0), value as f64);
        }
        assert_eq!(f64_from_decimal(&(-12_345i32).to_le_bytes(), power_of_ten(2)), -123.45);
        assert_eq!(f64_from_decimal(&7i64.to_le_bytes(), power_of_ten(-3)), 7.0 / 10f64.powi(-3));
        let mut two_to_200 = [0; 32];
        two_to_200[25] = 1;
        assert_eq!(f64_from_decimal(&two_to_200, 1.0), 2f64.powi(200));
    }
}
