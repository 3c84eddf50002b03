//! Even steps of 1, 2, 2.5 or 5 times a power of ten.

use super::number::{plain, power_of_ten, value};
use super::{Tick, Ticks};

/// Whole numbers past this are not told apart by float64.
const MOST_UNITS: f64 = 9e15;

/// Labels of more figures than this drop what they share into a note.
const MOST_FIGURES: i32 = 7;

pub(super) fn ticks(low: f64, high: f64, target: usize) -> Ticks {
    stepped(low, high, target).unwrap_or_else(|| ends(low, high))
}

/// `None` where the range is too narrow for float64 to hold even steps in it. A step that has one tick or none in the
/// range gives way to a finer one.
fn stepped(low: f64, high: f64, target: usize) -> Option<Ticks> {
    (target..=4 * target + 4).find_map(|parts| with_step(low, high, target, parts))
}

/// Ticks at the least nice step that is not below one of so many parts of the range.
fn with_step(low: f64, high: f64, target: usize, parts: usize) -> Option<Ticks> {
    let (multiple, exponent) = step(high / parts as f64 - low / parts as f64)?;
    let step = value(multiple, exponent);
    if (low / step).abs().max((high / step).abs()) > MOST_UNITS {
        return None;
    }
    let first = (low / step).ceil() as i128 - 1;
    let last = (high / step).floor() as i128 + 1;
    let inside = |stride: i128| -> Vec<i128> {
        (first..=last)
            .filter(|count| count % stride == 0)
            .map(|count| count * multiple)
            .filter(|units| (low..=high).contains(&value(*units, exponent)))
            .collect()
    };
    // Of too many every second or third: counted from 0 if that leaves two, else from the first.
    let (all, most) = (inside(1), target + 1);
    let from_zero = (1..=4).map(inside).find(|units| (2..=most).contains(&units.len()));
    let stride = all.len().div_ceil(most).max(1);
    let units = from_zero.unwrap_or_else(|| all.iter().copied().step_by(stride).collect());
    if units.len() < 2 {
        return None;
    }
    let (labels, note) = labels(&units, exponent);
    let major: Vec<Tick> = units
        .iter()
        .zip(labels)
        .map(|(units, label)| Tick { value: value(*units, exponent), label, context: None })
        .collect();
    let rising = major.windows(2).all(|pair| pair[0].value < pair[1].value);
    rising.then_some(Ticks { major, minor: Vec::new(), note })
}

/// The least nice step that is not below `least`, as a whole number and a power of ten.
fn step(least: f64) -> Option<(i128, i32)> {
    if !(1e-290..f64::MAX).contains(&least) {
        return None;
    }
    let exponent = least.log10().floor() as i32;
    [(1, exponent), (2, exponent), (25, exponent - 1), (5, exponent), (1, exponent + 1), (2, exponent + 1)]
        .into_iter()
        .find(|(multiple, exponent)| value(*multiple, *exponent) >= least * (1.0 - 1e-9))
}

/// Labels with as few decimals as tell them apart, and what was left out of all of them.
fn labels(units: &[i128], exponent: i32) -> (Vec<String>, Option<String>) {
    let (mut units, mut exponent) = (units.to_vec(), exponent);
    while units.iter().all(|units| units % 10 == 0) {
        units.iter_mut().for_each(|units| *units /= 10);
        exponent += 1;
    }
    let size = |units: &[i128]| units.iter().map(|units| units.unsigned_abs()).max().unwrap_or(0);
    let figures = |number: u128| number.checked_ilog10().unwrap_or(0) as i32 + 1;
    let mut note = String::new();

    let range = units[units.len() - 1] - units[0];
    let shared = 10_i128.pow(figures(range.unsigned_abs()) as u32);
    if figures(size(&units)) > MOST_FIGURES && size(&units) / 1000 > range.unsigned_abs() {
        let offset = units[0].div_euclid(shared) * shared;
        let (units_of_offset, places) = stripped(offset, exponent);
        let text = plain(units_of_offset, places);
        note = if offset < 0 { text } else { format!("+{text}") };
        units.iter_mut().for_each(|units| *units -= offset);
    }
    let magnitude = figures(size(&units)) + exponent - 1;
    let power = if magnitude >= 7 || magnitude <= -4 { magnitude.div_euclid(3) * 3 } else { 0 };
    if power != 0 {
        note = format!("×{}{}{note}", power_of_ten(power), if note.is_empty() { "" } else { "  " });
    }
    let labels = units.iter().map(|units| plain(*units, exponent - power)).collect();
    (labels, (!note.is_empty()).then_some(note))
}

/// The same number without trailing zeros after its point.
fn stripped(mut units: i128, mut exponent: i32) -> (i128, i32) {
    while exponent < 0 && units % 10 == 0 {
        units /= 10;
        exponent += 1;
    }
    (units, exponent)
}

/// The two ends with the digits that tell them apart.
fn ends(low: f64, high: f64) -> Ticks {
    let tick = |value: f64| {
        let size = value.abs();
        let text =
            if size == 0.0 || (1e-4..1e7).contains(&size) { format!("{size}") } else { format!("{size:e}") };
        let label = if value < 0.0 { format!("−{text}") } else { text };
        Tick { value, label, context: None }
    };
    Ticks { major: vec![tick(low), tick(high)], minor: Vec::new(), note: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(low: f64, high: f64, target: usize) -> (String, Option<String>) {
        let ticks = ticks(low, high, target);
        (ticks.major.iter().map(|tick| tick.label.as_str()).collect::<Vec<_>>().join(" "), ticks.note)
    }

    #[test]
    fn everyday_ranges() {
        assert_eq!(said(0.0, 1.0, 6), ("0.0 0.2 0.4 0.6 0.8 1.0".into(), None));
        assert_eq!(said(-3.0, 12.0, 6), ("−2.5 0.0 2.5 5.0 7.5 10.0".into(), None));
        assert_eq!(said(0.0, 1e6, 5), ("0 200,000 400,000 600,000 800,000 1,000,000".into(), None));
        assert_eq!(said(0.1, 0.3, 4), ("0.10 0.15 0.20 0.25 0.30".into(), None));
        assert_eq!(said(-4.38, 4.32, 2), ("−2.5 0.0 2.5".into(), None));
        assert_eq!(said(-4500.0, 4500.0, 1), ("−2,500 2,500".into(), None));
        assert_eq!(said(0.313, 0.997, 1), ("0.50 0.75".into(), None));
    }

    #[test]
    fn huge_and_tiny() {
        assert_eq!(said(0.0, 3e9, 4), ("0 1 2 3".into(), Some("×10⁹".into())));
        assert_eq!(said(0.0, 4e-8, 4), ("0 10 20 30 40".into(), Some("×10⁻⁹".into())));
        assert_eq!(said(-1.7e308, 1.7e308, 4).0, "−100 0 100");
    }

    #[test]
    fn narrow_and_far_away() {
        assert_eq!(said(1e9, 1e9 + 1e-3, 4), ("0.0000 0.0005 0.0010".into(), Some("+1,000,000,000".into())));
        assert_eq!(
            said(123_456_789.0, 123_456_793.0, 4),
            ("9 10 11 12 13".into(), Some("+123,456,780".into()))
        );
        let next = f64::from_bits(1_f64.to_bits() + 1);
        assert_eq!(said(1.0, next, 5).0, "1 1.0000000000000002");
        assert_eq!(said(0.0, 5e-324, 5).0, "0 5e-324");
    }
}
