//! Ticks at the beginnings of calendar units, from nanoseconds to centuries, labelled in two lines: the unit itself, and
//! below it, where it changes, the larger unit it belongs to. Instants are shown in UTC, or as the clocks of a zone show them.

use chrono::{Datelike, NaiveDateTime, Timelike};
use drypoint_stream::TimeUnit;

use super::calendar::{DAY, SECOND, Step, begin, moment, nanoseconds, since_epoch, steps};
use super::{Tick, Ticks, Zone, linear};

const MEAN_YEAR: f64 = 365.2425 * DAY as f64;

/// A step is looked at if it has no more than so many times the ticks that are wanted.
const MOST_SKIPPED: usize = 4;

/// Never a count of units since 1970: between dates the clock stands, beyond the calendar years do.
pub(super) fn ticks(low: f64, high: f64, unit: TimeUnit, zone: Option<&Zone>, target: usize) -> Ticks {
    let axis = Axis { low, high, unit: in_nanoseconds(unit), zone };
    let Some((start, end)) = axis.moment(low).zip(axis.moment(high)) else { return axis.years(target) };
    // Finer than the column's own unit only where that has no two ticks in the range.
    let own = |step: &Step| !matches!(step, Step::Nanoseconds(step) if *step < axis.unit);
    let (moments, step) = axis
        .stepped(start, end, target, own)
        .or_else(|| axis.stepped(start, end, target, |_| true))
        .unwrap_or((vec![(low, start), (high, end)], Step::Nanoseconds(1)));
    let note = zone.map(|zone| zone.name().to_string());
    Ticks { major: labels(&moments, step), minor: Vec::new(), note }
}

fn in_nanoseconds(unit: TimeUnit) -> i128 {
    match unit {
        TimeUnit::Day => DAY,
        TimeUnit::Second => SECOND,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}

/// Instants with their values.
type Moments = Vec<(f64, NaiveDateTime)>;

/// A range in units of so many nanoseconds.
struct Axis<'a> {
    low: f64,
    high: f64,
    unit: i128,
    zone: Option<&'a Zone>,
}

impl Axis<'_> {
    /// What the clock shows.
    fn moment(&self, value: f64) -> Option<NaiveDateTime> {
        let utc = moment(nanoseconds(value, self.unit)?)?;
        self.zone.map_or(Some(utc), |zone| zone.local(utc))
    }

    /// The finest step that has at most `target` ticks in the range, 2 at least.
    fn stepped(
        &self,
        start: NaiveDateTime,
        end: NaiveDateTime,
        target: usize,
        allowed: impl Fn(&Step) -> bool,
    ) -> Option<(Moments, Step)> {
        let target = target.max(2);
        let mut finer = None;
        for step in steps().filter(allowed) {
            let Some(moments) = begin(start, end, step, MOST_SKIPPED * target) else { continue };
            let made = (self.placed(moments), step);
            match made.0.len() {
                0 | 1 => break,
                count if count <= target => return Some(made),
                _ => finer = Some(made),
            }
        }
        // No step between too many and too few: of too many every second or third.
        let (moments, step) = finer?;
        let stride = moments.len().div_ceil(target);
        Some((moments.into_iter().step_by(stride).collect(), step))
    }

    fn placed(&self, moments: Vec<NaiveDateTime>) -> Moments {
        let mut placed: Moments = moments
            .into_iter()
            .filter_map(|moment| {
                let utc = self.zone.map_or(Some(moment), |zone| zone.utc(moment))?;
                Some((since_epoch(utc) as f64 / self.unit as f64, moment))
            })
            .filter(|(value, _)| (self.low..=self.high).contains(value))
            .collect();
        placed.dedup_by(|a, b| a.0 <= b.0);
        placed
    }

    /// Years of the mean Gregorian length, where days no longer matter.
    fn years(&self, target: usize) -> Ticks {
        let length = MEAN_YEAR / self.unit as f64;
        let mut made = linear::ticks(1970.0 + self.low / length, 1970.0 + self.high / length, target);
        for tick in &mut made.major {
            tick.value = ((tick.value - 1970.0) * length).clamp(self.low, self.high);
        }
        made.major.dedup_by(|a, b| a.value <= b.value);
        made.note = Some(made.note.map_or("years".into(), |note| format!("years {note}")));
        made
    }
}

fn labels(ticks: &[(f64, NaiveDateTime)], step: Step) -> Vec<Tick> {
    let mut before: Option<String> = None;
    let mut made: Vec<Tick> = ticks
        .iter()
        .map(|(value, at)| {
            let (label, context) = label(*at, step);
            let context = context.filter(|context| before.as_ref() != Some(context));
            before = context.clone().or(before.take());
            Tick { value: *value, label, context }
        })
        .collect();
    // Less than a nanosecond apart.
    made.dedup_by(|a, b| a.context.is_none() && a.label == b.label);
    made
}

fn label(at: NaiveDateTime, step: Step) -> (String, Option<String>) {
    let year = |at: NaiveDateTime| match at.year() {
        year @ 0.. => year.to_string(),
        year => format!("−{}", -year),
    };
    let day = |at: NaiveDateTime| format!("{} {} {}", at.day(), month_name(at), year(at));
    match step {
        Step::Years(_) => (year(at), None),
        Step::Months(_) => (month_name(at).into(), Some(year(at))),
        Step::Days(_) => (at.day().to_string(), Some(format!("{} {}", month_name(at), year(at)))),
        Step::Nanoseconds(step) if step >= 60 * SECOND => {
            (format!("{:02}:{:02}", at.hour(), at.minute()), Some(day(at)))
        }
        Step::Nanoseconds(step) if step >= SECOND => {
            (format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second()), Some(day(at)))
        }
        Step::Nanoseconds(step) => {
            let decimals = if step >= 1_000_000 {
                3
            } else if step >= 1_000 {
                6
            } else {
                9
            };
            let fraction = format!("{:09}", at.nanosecond() % 1_000_000_000);
            let clock = format!("{} {:02}:{:02}:{:02}", day(at), at.hour(), at.minute(), at.second());
            (format!("{:02}.{}", at.second(), &fraction[..decimals]), Some(clock))
        }
    }
}

fn month_name(at: NaiveDateTime) -> &'static str {
    const NAMES: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    NAMES[at.month0() as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(from: &str, to: &str, target: usize) -> Vec<String> {
        let read = |text: &str| since_epoch(text.parse::<NaiveDateTime>().unwrap()) as f64 / 1e9;
        let made = ticks(read(from), read(to), TimeUnit::Second, None, target);
        let line =
            |tick: Tick| tick.label + &tick.context.map(|context| format!("/{context}")).unwrap_or_default();
        made.major.into_iter().map(line).collect()
    }

    #[test]
    fn two_lines() {
        assert_eq!(
            said("2024-10-10T00:00:00", "2025-03-05T00:00:00", 6),
            ["Nov/2024", "Dec", "Jan/2025", "Feb", "Mar"]
        );
        assert_eq!(
            said("2024-02-26T00:00:00", "2024-03-20T00:00:00", 5),
            ["26/Feb 2024", "4/Mar 2024", "11", "18"]
        );
        assert_eq!(
            said("2024-05-01T18:00:00", "2024-05-02T13:00:00", 5),
            ["18:00/1 May 2024", "00:00/2 May 2024", "06:00", "12:00"]
        );
        assert_eq!(said("1850-01-01T00:00:00", "2030-01-01T00:00:00", 5), ["1850", "1900", "1950", "2000"]);
    }

    #[test]
    fn hours_and_days_of_a_zone() {
        let read = |text: &str| since_epoch(text.parse::<NaiveDateTime>().unwrap()) as f64 / 1e9;
        let spring = read("2024-03-31T01:00:00");
        let zone = Zone::new("Europe/Berlin", vec![(0, 3600), (spring as i64, 7200)]).unwrap();
        let made = ticks(spring - 7200.0, spring + 10_800.0, TimeUnit::Second, Some(&zone), 8);
        let shown: Vec<(&str, f64)> =
            made.major.iter().map(|tick| (tick.label.as_str(), (tick.value - spring) / 3600.0)).collect();
        // There is no two o'clock.
        let expected = [
            ("00:00", -2.0),
            ("01:00", -1.0),
            ("03:00", 0.0),
            ("04:00", 1.0),
            ("05:00", 2.0),
            ("06:00", 3.0),
        ];
        assert_eq!(shown, expected);
        assert_eq!(made.note.as_deref(), Some("Europe/Berlin"));
        let days = ticks(spring - 2e5, spring + 2e5, TimeUnit::Second, Some(&zone), 6);
        assert_eq!(days.major[0].value, read("2024-03-28T23:00:00"));
        assert_eq!(days.major.last().unwrap().value, read("2024-04-01T22:00:00"));
    }

    #[test]
    fn nanoseconds_of_a_column_of_nanoseconds() {
        let start = 1_700_000_000_000_000_000_f64;
        let made = ticks(start, start + 4096.0, TimeUnit::Nanosecond, None, 6);
        assert_eq!(made.major[0].context.as_deref(), Some("14 Nov 2023 22:13:20"));
        assert_eq!(made.major[1].label, "20.000001");
    }

    #[test]
    fn days_are_split_only_where_there_is_one() {
        let said = |low: f64, high: f64, target: usize| -> Vec<String> {
            let made = ticks(low, high, TimeUnit::Day, None, target);
            made.major
                .into_iter()
                .map(|tick| {
                    [Some(tick.label), tick.context].into_iter().flatten().collect::<Vec<_>>().join("/")
                })
                .collect()
        };
        assert_eq!(said(19_000.0, 19_004.0, 20), ["8/Jan 2022", "9", "10", "11", "12"]);
        assert_eq!(said(19_000.1, 19_000.9, 4), ["06:00/8 Jan 2022", "12:00", "18:00"]);
        assert_eq!(said(19_000.0, 19_000.0_f64.next_up(), 4)[0], "00.000000000/8 Jan 2022 00:00:00");
    }

    #[test]
    fn beyond_the_calendar_stand_years() {
        let made = ticks(0.0, 1e12, TimeUnit::Day, None, 5);
        assert_eq!(made.note.as_deref(), Some("years ×10⁹"));
        assert_eq!(made.major[1].label, "2");
    }

    #[test]
    fn a_narrow_axis_has_two_dates() {
        for span in 1..4000 {
            let low = 19_000.25 - f64::from(span);
            let made = ticks(low, 19_000.25, TimeUnit::Day, None, 1);
            assert_eq!(made.major.len(), 2, "{span} days: {made:?}");
        }
    }
}
