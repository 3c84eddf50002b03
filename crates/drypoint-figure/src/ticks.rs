//! Where an axis has ticks and what they say.
//!
//! Ticks are made as whole numbers of a decimal or calendar step and only then become float64, so that a label is never
//! "0.30000000000000004" and two ticks never share one.

mod calendar;
mod categories;
mod linear;
mod log;
mod number;
mod time;
mod zone;

use drypoint_canvas::{AxisKind, Scale};

pub(crate) use number::{compact, plain};
pub use zone::Zone;

/// One labelled tick.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where it stands, in data units.
    pub value: f64,
    /// What it says.
    pub label: String,
    /// A second line below it: the day of an hour, the year of a month. It holds until the next one.
    pub context: Option<String>,
}

/// The ticks of an axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ticks {
    /// Labelled ticks, rising.
    pub major: Vec<Tick>,
    /// Unlabelled ticks between them, rising.
    pub minor: Vec<f64>,
    /// What every label leaves out, for the end of the axis: `×10⁶`, `+1,000,000`.
    pub note: Option<String>,
}

/// Ticks for a finite rising range: at most about `target` of them, all inside it, labels all different.
pub fn ticks(range: (f64, f64), scale: Scale, kind: &AxisKind, target: usize) -> Ticks {
    ticks_in(range, scale, kind, None, target)
}

/// The same with instants as the clocks of a zone show them.
pub(crate) fn ticks_in(
    range: (f64, f64),
    scale: Scale,
    kind: &AxisKind,
    zone: Option<&Zone>,
    target: usize,
) -> Ticks {
    let (low, high) = range;
    let target = target.clamp(1, 100);
    if !(low < high && low.is_finite() && high.is_finite()) {
        return Ticks::default();
    }
    match (kind, scale) {
        (AxisKind::Categories { names }, _) => categories::ticks(low, high, names, target),
        // A log scale of instants is refused by the axis itself.
        (AxisKind::Time { unit, .. }, _) => time::ticks(low, high, *unit, zone, target),
        (_, Scale::Log) if low > 0.0 => log::ticks(low, high, target),
        _ => linear::ticks(low, high, target),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drypoint_stream::TimeUnit;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn any_range() -> impl Strategy<Value = (f64, f64)> {
        let wild = (any::<f64>(), any::<f64>());
        let ulps = (any::<f64>(), 1_u64..100)
            .prop_map(|(low, ulps)| (low, f64::from_bits(low.to_bits().saturating_add(ulps))));
        let near = (-1e12..1e12_f64, -15..3_i32).prop_map(|(low, power)| (low, low + 10_f64.powi(power)));
        let usual = (-1e4..1e4_f64, 1e-3..1e4_f64).prop_map(|(low, size)| (low, low + size));
        prop_oneof![wild, ulps, near, usual]
            .prop_map(|(a, b)| if a < b { (a, b) } else { (b, a) })
            .prop_filter("finite and rising", |(low, high)| low < high && low.is_finite() && high.is_finite())
    }

    fn check(ticks: &Ticks, (low, high): (f64, f64), target: usize) -> Result<(), TestCaseError> {
        let values: Vec<f64> = ticks.major.iter().map(|tick| tick.value).collect();
        prop_assert!(values.iter().chain(&ticks.minor).all(|v| (low..=high).contains(v)), "{ticks:?}");
        prop_assert!(values.windows(2).all(|pair| pair[0] < pair[1]), "{ticks:?}");
        prop_assert!(ticks.minor.windows(2).all(|pair| pair[0] < pair[1]), "{ticks:?}");
        prop_assert!(
            values.len() <= target + 1 && ticks.minor.len() <= 500,
            "{} ticks: {ticks:?}",
            values.len()
        );
        let mut context = String::new();
        let mut seen = HashSet::new();
        for tick in &ticks.major {
            context = tick.context.clone().unwrap_or(context);
            prop_assert!(
                !tick.label.is_empty() && seen.insert((context.clone(), tick.label.clone())),
                "{ticks:?}"
            );
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]
        #[test]
        fn number_ticks_keep_their_promises(range in any_range(), target in 2_usize..20) {
            let made = ticks(range, Scale::Linear, &AxisKind::Number, target);
            prop_assert!(!made.major.is_empty());
            check(&made, range, target)?;
        }

        #[test]
        fn log_ticks_keep_their_promises(range in any_range(), target in 2_usize..20) {
            let made = ticks(range, Scale::Log, &AxisKind::Number, target);
            check(&made, range, target)?;
        }

        #[test]
        fn time_ticks_keep_their_promises(range in any_range(), target in 2_usize..20, unit in 0_usize..5) {
            let units = [TimeUnit::Day, TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond];
            let kind = AxisKind::Time { unit: units[unit], zone: None };
            let made = ticks(range, Scale::Linear, &kind, target);
            prop_assert!(!made.major.is_empty());
            check(&made, range, target)?;
        }

        #[test]
        fn usual_instants_have_usual_ticks(start in -3e9..6e9_f64, size in -9.0..10.0_f64, target in 3_usize..12) {
            let range = (start, start + 10_f64.powf(size));
            prop_assume!(range.0 < range.1);
            let made = ticks(range, Scale::Linear, &AxisKind::Time { unit: TimeUnit::Second, zone: None }, target);
            check(&made, range, target)?;
        }
    }

    #[test]
    fn ranges_that_are_none_have_no_ticks() {
        for range in [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
            assert_eq!(ticks(range, Scale::Linear, &AxisKind::Number, 5), Ticks::default());
        }
    }
}
