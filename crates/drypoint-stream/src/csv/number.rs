//! Exact numbers from text.
//!
//! Most numbers in a table are plain decimals of few digits. Their digits fit an integer below 2^53 and their power of ten
//! is exact in a float64, so one division gives the correctly rounded value (Clinger's fast path). All else goes to
//! `fast-float2`. Both agree bit for bit with [`str::parse`]; a property test says so.

/// 10^0 to 10^22: the powers of ten that a float64 holds exactly.
const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// Digits that cannot overflow 64 bits, whatever they are.
const SAFE_DIGITS: usize = 18;

/// Read a plain decimal (`-12.5`, no exponent) that begins at `start`, and tell where it ends.
///
/// `None` where the quick way does not apply, which does not mean that there is no number.
#[inline(always)]
pub(super) fn plain_decimal(bytes: &[u8], start: usize) -> Option<(f64, usize)> {
    let negative = *bytes.get(start)? == b'-';
    let first = start + usize::from(negative);
    let mut at = first;
    let mut mantissa = digits(bytes, &mut at, 0);
    let mut count = at - first;
    let mut fraction = 0;
    if bytes.get(at) == Some(&b'.') {
        let point = at + 1;
        at = point;
        mantissa = many_digits(bytes, &mut at, mantissa);
        fraction = at - point;
        count += fraction;
    }
    if count == 0 || count > SAFE_DIGITS || mantissa > 1 << 53 {
        return None;
    }
    let value = mantissa as f64 / POWERS_OF_TEN[fraction];
    // Signs come at random: no branch for them.
    Some((f64::from_bits(value.to_bits() | u64::from(negative) << 63), at))
}

/// Read a plain integer of at most 18 digits that begins at `start`, and tell where it ends.
#[inline(always)]
pub(super) fn plain_integer(bytes: &[u8], start: usize) -> Option<(i64, usize)> {
    let negative = *bytes.get(start)? == b'-';
    let first = start + usize::from(negative);
    let mut at = first;
    let value = digits(bytes, &mut at, 0);
    let count = at - first;
    if count == 0 || count > SAFE_DIGITS {
        return None;
    }
    let value = value as i64;
    Some((if negative { -value } else { value }, at))
}

/// Append the digits from `at` on to `value`. Wraps when there are more than 19, which the callers count.
#[inline(always)]
fn digits(bytes: &[u8], at: &mut usize, mut value: u64) -> u64 {
    while let Some(byte) = bytes.get(*at) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        *at += 1;
    }
    value
}

/// The same, up to eight digits in a handful of steps whatever their number: for fractions, which are longer than a digit or two.
#[inline(always)]
fn many_digits(bytes: &[u8], at: &mut usize, value: u64) -> u64 {
    const TENS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];
    let Some(word) = bytes.get(*at..).and_then(|rest| rest.first_chunk::<8>()) else {
        return digits(bytes, at, value);
    };
    // Digits become 0 to 9, all else more; adding 0x76 lifts what is above 9 into the high bit of its byte.
    let word = u64::from_le_bytes(*word) ^ 0x3030_3030_3030_3030;
    let others = (((word & 0x7f7f_7f7f_7f7f_7f7f) + 0x7676_7676_7676_7676) | word) & 0x8080_8080_8080_8080;
    let count = (others.trailing_zeros() / 8) as usize;
    if count == 0 || count == 8 {
        return digits(bytes, at, value);
    }
    // Zeros in front, so that the last of the eight bytes is the last digit; then pairs, fours, all.
    let eight = word << (64 - 8 * count);
    let pairs = eight.wrapping_mul(10).wrapping_add(eight >> 8);
    let fours = (pairs & 0x00ff_00ff_00ff_00ff).wrapping_mul(1 + (100 << 16)) >> 16;
    let all = (fours & 0x0000_ffff_0000_ffff).wrapping_mul(1 + (10_000 << 32)) >> 32;
    *at += count;
    value.wrapping_mul(TENS[count]).wrapping_add(all)
}

/// The whole of `text` as a float64, as [`str::parse`] reads it.
pub(super) fn float(text: &[u8]) -> Option<f64> {
    fast_float2::parse(text).ok()
}

/// The whole of `text` as a signed integer.
pub(super) fn signed(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The whole of `text` as an unsigned integer.
pub(super) fn unsigned(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the column reader does: the quick way if it takes all of the field, else the general one.
    ///
    /// With and without something behind the field, as eight bytes are looked at where there are eight.
    fn read_float(text: &str) -> Option<f64> {
        let [alone, followed] =
            ["", ",12345678"].map(|tail| match plain_decimal(format!("{text}{tail}").as_bytes(), 0) {
                Some((value, end)) if end == text.len() => Some(value),
                _ => float(text.as_bytes()),
            });
        assert_eq!(alone.map(f64::to_bits), followed.map(f64::to_bits), "{text:?}");
        alone
    }

    fn same(text: &str) -> Result<(), TestCaseError> {
        let expected = text.parse::<f64>().ok();
        let found = read_float(text);
        match (found, expected) {
            (Some(a), Some(b)) if a.is_nan() && b.is_nan() => {}
            _ => prop_assert_eq!(found.map(f64::to_bits), expected.map(f64::to_bits), "{:?}", text),
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn decimals_are_bit_identical_to_the_standard_library(text in "[+-]?[0-9]{0,20}(\\.[0-9]{0,25})?([eE][+-]?[0-9]{1,3})?") {
            same(&text)?;
        }

        #[test]
        fn near_numbers_are_refused_alike(text in "[0-9+.einfatyNI_ -]{0,12}") {
            same(&text)?;
        }

        #[test]
        fn printed_floats_come_back(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            same(&format!("{value}"))?;
            same(&format!("{value:e}"))?;
            same(&format!("{value:.6}"))?;
        }

        #[test]
        fn integers_come_back(value in any::<i64>(), small in -1_000_000i64..1_000_000) {
            for value in [value, small] {
                let text = value.to_string();
                let quick = plain_integer(text.as_bytes(), 0).filter(|(_, end)| *end == text.len()).map(|(value, _)| value);
                prop_assert_eq!(quick.or_else(|| signed(text.as_bytes())), Some(value));
            }
        }
    }

    #[test]
    fn edges() {
        for text in [
            "9007199254740992",
            "9007199254740993",
            "-0",
            "-0.0",
            ".5",
            "5.",
            ".",
            "-",
            "",
            "0.1",
            "999999999999999999",
            "9999999999999999999",
        ] {
            same(text).unwrap();
        }
        assert_eq!(plain_integer(b"999999999999999999", 0), Some((999_999_999_999_999_999, 18)));
        assert_eq!(plain_integer(b"9999999999999999999", 0), None);
    }
}
