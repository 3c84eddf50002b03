//! Decades, and where there are too few of them, 1–2–5 or even steps.

use super::number::{plain, power_of_ten, value};
use super::{Tick, Ticks, linear};

/// Below this ratio of the ends even steps serve better: 1–2–5 leaves half of the axis bare.
const LEAST_RATIO: f64 = 4.0;

pub(super) fn ticks(low: f64, high: f64, target: usize) -> Ticks {
    if high / low < LEAST_RATIO {
        return linear::ticks(low, high, target);
    }
    let exponents = (low.log10().floor() as i32 - 1, high.log10().ceil() as i32 + 1);
    let inside = |multiples: &[i128]| -> Vec<(i128, i32)> {
        (exponents.0..=exponents.1)
            .flat_map(|exponent| multiples.iter().map(move |multiple| (*multiple, exponent)))
            .filter(|(multiple, exponent)| (low..=high).contains(&value(*multiple, *exponent)))
            .collect()
    };
    let decades = inside(&[1]);
    let majors = if decades.len() >= 3 || (decades.len() == 2 && target < 5) {
        let least = decades.len().div_ceil(target) as i32;
        let stride = [1, 2, 3, 5, 10, 20, 50, 100].into_iter().find(|stride| *stride >= least).unwrap_or(200);
        decades.iter().copied().filter(|(_, exponent)| exponent.rem_euclid(stride) == 0).collect()
    } else {
        let steps = [&[1, 2, 3, 4, 5, 6, 7, 8, 9][..], &[1, 2, 5], &[1, 3], &[1]].map(inside);
        steps.into_iter().find(|steps| steps.len() <= target).unwrap_or_default()
    };
    if majors.len() < 2 {
        return linear::ticks(low, high, target);
    }
    let minor = match decades.len() {
        0..=12 => inside(&[2, 3, 4, 5, 6, 7, 8, 9]),
        13..=60 => decades,
        _ => Vec::new(),
    };
    let minor = minor.into_iter().filter(|tick| !majors.contains(tick)).map(|(m, e)| value(m, e)).collect();
    let everyday = majors.iter().all(|(_, exponent)| (-3..6).contains(exponent));
    let major = majors
        .into_iter()
        .map(|(multiple, exponent)| Tick {
            value: value(multiple, exponent),
            label: match multiple {
                _ if everyday => plain(multiple, exponent),
                1 => power_of_ten(exponent),
                _ => format!("{multiple}×{}", power_of_ten(exponent)),
            },
            context: None,
        })
        .collect();
    Ticks { major, minor, note: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(low: f64, high: f64, target: usize) -> String {
        let labels: Vec<String> = ticks(low, high, target).major.into_iter().map(|tick| tick.label).collect();
        labels.join(" ")
    }

    #[test]
    fn from_many_decades_to_few() {
        assert_eq!(said(1.0, 1e5, 8), "1 10 100 1,000 10,000 100,000");
        assert_eq!(said(1e-9, 1e3, 8), "10⁻⁸ 10⁻⁶ 10⁻⁴ 10⁻² 10⁰ 10²");
        assert_eq!(said(1e-300, 1e300, 6), "10⁻²⁰⁰ 10⁰ 10²⁰⁰");
        assert_eq!(said(2.0, 90.0, 6), "2 5 10 20 50");
        assert_eq!(said(0.56, 1.78, 7), "0.6 0.8 1.0 1.2 1.4 1.6");
        assert_eq!(said(102.0, 104.0, 5), "102.0 102.5 103.0 103.5 104.0");
    }
}
