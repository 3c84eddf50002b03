//! Floats rounded to multiples of a step before a codec that loses nothing: the only loss, and never more than was allowed.
//!
//! The step is twice the error that may be made, which gives the fewest multiples; Pcodec then stores which multiple each
//! number is. What cannot be rounded within the bound stays as it is: NaN, infinities, numbers so large that their own
//! steps are wider.

use half::f16;

use super::word::{Word, with_word};
use crate::{ArrayError, DType, Number, Result};

/// Round floating items in place, none by more than `max_error`. Numbers that become zero become positive zero.
///
/// # Errors
/// `max_error` is not above zero, or not finite; the items are no floats.
pub fn quantise(dtype: &DType, max_error: f64, items: &mut [u8]) -> Result<()> {
    if !(max_error.is_finite() && max_error > 0.0) {
        return Err(ArrayError::MaxError { max_error });
    }
    let width = match dtype.number() {
        Number::Float(width) | Number::Complex(width) => width,
        _ => {
            let what = format!("rounding items of type {:?}, which are no floats,", dtype.name());
            return Err(ArrayError::Unsupported { name: "max_error".into(), what });
        }
    };
    with_word!(width, quantise_as(max_error, dtype.swapped(), items));
    Ok(())
}

fn quantise_as<W: Word>(max_error: f64, swapped: bool, items: &mut [u8]) {
    let order = |word: W| if swapped { word.swap() } else { word };
    for item in W::of_mut(items) {
        let bits = order(W::get(*item)).wide();
        *item = order(W::low(rounded(W::BYTES, max_error, bits))).put();
    }
}

/// The bits of a float of `width` bytes, rounded.
fn rounded(width: usize, max_error: f64, bits: u64) -> u64 {
    let step = 2.0 * max_error;
    // As wide as the products that Pcodec makes of the multiples.
    let (value, whole, product): (f64, f64, fn(f64, f64) -> f64) = match width {
        2 => (f16::from_bits(bits as u16).to_f64(), 2048.0, |n, step| {
            f16::from_f32(n as f32 * f16::from_f64(step).to_f32()).to_f64()
        }),
        4 => (f32::from_bits(bits as u32).into(), 16_777_216.0, |n, step| (n as f32 * step as f32).into()),
        _ => (f64::from_bits(bits), 9_007_199_254_740_992.0, |n, step| n * step),
    };
    let multiple = (value / step).round();
    if multiple.is_nan() || multiple.abs() >= whole {
        return bits;
    }
    let nearest = if multiple == 0.0 { 0.0 } else { product(multiple, step) };
    // The difference of two numbers this close to each other is exact.
    if nearest.is_nan() || (nearest - value).abs() > max_error {
        return bits;
    }
    match width {
        2 => f16::from_f64(nearest).to_bits().into(),
        4 => (nearest as f32).to_bits().into(),
        _ => nearest.to_bits(),
    }
}
