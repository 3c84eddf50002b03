//! Floating items rounded to multiples of a step, where a difference was asked for: what the codec after it then finds.
//!
//! The step is a power of two, so that dividing by it and multiplying again are exact and the bound holds to the last bit.
//! What is too large for the step to matter, what is not finite, and what would leave its type stays as it is.

use half::f16;

use crate::{DType, Number};

/// Round the items of a chunk by at most `max_error` each; of complex ones, the distance counts.
pub(super) fn round(dtype: &DType, max_error: f64, items: &mut [u8]) {
    let (part_bytes, bound) = match dtype.number() {
        Number::Float(bytes) => (bytes, max_error),
        Number::Complex(bytes) => (bytes, max_error * std::f64::consts::FRAC_1_SQRT_2),
        _ => return,
    };
    let Some(step) = step(bound) else { return };
    let swapped = dtype.swapped();
    match part_bytes {
        2 => parts::<2>(items, swapped, |raw| {
            let rounded = f16::from_f64(nearest(f16::from_ne_bytes(raw).to_f64(), step, bound));
            kept(rounded.to_f64(), f16::from_ne_bytes(raw).to_f64(), bound).then(|| rounded.to_ne_bytes())
        }),
        4 => parts::<4>(items, swapped, |raw| {
            let item = f64::from(f32::from_ne_bytes(raw));
            let rounded = nearest(item, step, bound) as f32;
            kept(f64::from(rounded), item, bound).then(|| rounded.to_ne_bytes())
        }),
        _ => parts::<8>(items, swapped, |raw| {
            let item = f64::from_ne_bytes(raw);
            let rounded = nearest(item, step, bound);
            kept(rounded, item, bound).then(|| rounded.to_ne_bytes())
        }),
    }
}

/// The largest power of two that is no more than twice the bound; `None` if there is none.
fn step(bound: f64) -> Option<f64> {
    const EXPONENT: u64 = 0x7ff << 52;
    if !(bound.is_finite() && bound > 0.0) {
        return None;
    }
    let bits = (2.0 * bound).min(f64::MAX).to_bits();
    let power = match bits & EXPONENT {
        0 => 1 << bits.checked_ilog2()?,
        exponent => exponent,
    };
    Some(f64::from_bits(power))
}

fn nearest(item: f64, step: f64, bound: f64) -> f64 {
    let steps = item / step;
    // From here on there is no room between two numbers for a step; the quotient may not even be one.
    if !(steps.abs() < 4_503_599_627_370_496.0) {
        return item;
    }
    let rounded = steps.round_ties_even() * step;
    if kept(rounded, item, bound) { rounded } else { item }
}

/// Whether a rounded item keeps the promise.
fn kept(rounded: f64, item: f64, bound: f64) -> bool {
    rounded.is_finite() && (rounded - item).abs() <= bound
}

fn parts<const N: usize>(items: &mut [u8], swapped: bool, turn: impl Fn([u8; N]) -> Option<[u8; N]>) {
    for part in items.as_chunks_mut::<N>().0 {
        let mut raw = *part;
        if swapped {
            raw.reverse();
        }
        if let Some(mut rounded) = turn(raw) {
            if swapped {
                rounded.reverse();
            }
            *part = rounded;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_bound() -> impl Strategy<Value = f64> {
        any::<f64>().prop_map(f64::abs).prop_filter("a bound", |bound| bound.is_finite() && *bound > 0.0)
    }

    proptest! {
        #[test]
        fn no_double_is_further_than_the_bound(
            items in prop::collection::vec(prop::num::f64::ANY, 0..20),
            bound in prop_oneof![any_bound(), 1e-12..1e3f64],
            swapped in any::<bool>(),
        ) {
            let dtype = DType::parse(if swapped { ">f8" } else { "<f8" }).unwrap();
            let turn = |raw: [u8; 8]| if swapped { f64::from_be_bytes(raw) } else { f64::from_le_bytes(raw) };
            let mut bytes: Vec<u8> =
                items.iter().flat_map(|x| if swapped { x.to_be_bytes() } else { x.to_le_bytes() }).collect();
            round(&dtype, bound, &mut bytes);
            for (item, raw) in items.iter().zip(bytes.as_chunks::<8>().0) {
                let found = turn(*raw);
                if item.is_finite() {
                    prop_assert!((found - item).abs() <= bound, "{item:e} became {found:e}, bound {bound:e}");
                } else {
                    prop_assert_eq!(found.to_bits(), item.to_bits());
                }
            }
        }

        #[test]
        fn no_single_and_no_half_is_further_than_the_bound(
            items in prop::collection::vec(prop::num::f32::ANY, 0..20),
            bound in prop_oneof![any_bound(), 1e-6..1e3f64],
        ) {
            let mut bytes: Vec<u8> = items.iter().flat_map(|x| x.to_ne_bytes()).collect();
            let native = if cfg!(target_endian = "big") { ">" } else { "<" };
            round(&DType::parse(&format!("{native}f4")).unwrap(), bound, &mut bytes);
            for (item, raw) in items.iter().zip(bytes.as_chunks::<4>().0) {
                let found = f32::from_ne_bytes(*raw);
                let holds = (f64::from(found) - f64::from(*item)).abs() <= bound;
                let same = found.to_bits() == item.to_bits();
                prop_assert!(same || (item.is_finite() && holds));
            }
            let halves: Vec<f16> = items.iter().map(|item| f16::from_f32(*item)).collect();
            let mut bytes: Vec<u8> = halves.iter().flat_map(|x| x.to_ne_bytes()).collect();
            round(&DType::parse(&format!("{native}f2")).unwrap(), bound, &mut bytes);
            for (item, raw) in halves.iter().zip(bytes.as_chunks::<2>().0) {
                let found = f16::from_ne_bytes(*raw);
                let holds = (found.to_f64() - item.to_f64()).abs() <= bound;
                let same = found.to_bits() == item.to_bits();
                prop_assert!(same || (item.is_finite() && holds));
            }
        }
    }

    #[test]
    fn items_become_multiples_of_a_step() {
        let mut bytes: Vec<u8> = [0.3f64, -1.26, 1e300].iter().flat_map(|x| x.to_ne_bytes()).collect();
        let native = if cfg!(target_endian = "big") { ">f8" } else { "<f8" };
        round(&DType::parse(native).unwrap(), 0.3, &mut bytes);
        let found: Vec<f64> = bytes.as_chunks::<8>().0.iter().map(|raw| f64::from_ne_bytes(*raw)).collect();
        assert_eq!(found, [0.5, -1.5, 1e300]);
        assert_eq!(
            (step(0.3), step(5e-324), step(f64::MAX)),
            (Some(0.5), Some(1e-323), Some(2f64.powi(1023)))
        );
    }
}
