//! Categories: one tick in the middle of each, or of every second, third, ... where there are too many.

use super::{Tick, Ticks};

/// At most about `target` ticks.
pub(super) fn ticks(low: f64, high: f64, names: &[String], target: usize) -> Ticks {
    let shown =
        (low.ceil().max(0.0) as usize)..((high.floor() + 1.0).clamp(0.0, names.len() as f64) as usize);
    let step = shown.len().div_ceil(target).max(1);
    let major = shown.step_by(step).map(|place| Tick {
        value: place as f64,
        label: names[place].clone(),
        context: None,
    });
    Ticks { major: major.collect(), ..Ticks::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_are_seen_have_a_tick_as_far_as_there_is_room() {
        let names: Vec<String> = (0..10).map(|name| format!("c{name}")).collect();
        let labels = |low, high, target| -> Vec<String> {
            ticks(low, high, &names, target).major.into_iter().map(|tick| tick.label).collect()
        };
        assert_eq!(labels(-0.5, 9.5, 10).len(), 10);
        assert_eq!(labels(-0.5, 9.5, 4), ["c0", "c3", "c6", "c9"]);
        assert_eq!(labels(2.2, 4.9, 10), ["c3", "c4"]);
        assert_eq!(labels(-9.0, -3.0, 10), [""; 0]);
    }
}
