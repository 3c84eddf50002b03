//! Ticks at the beginnings of calendar units, from nanoseconds to centuries, labelled in two lines: the unit itself, and
//! below it, where it changes, the larger unit it belongs to. Instants are shown in UTC.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use drypoint_stream::TimeUnit;

use super::{Tick, Ticks};

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;

/// Years that chrono can name.
const YEARS: std::ops::RangeInclusive<i32> = -200_000..=200_000;

/// A step from one tick to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Nanoseconds(i128),
    Days(i64),
    Months(i32),
    Years(i32),
}

/// Steps below a day, in nanoseconds: decimal below the second, then what divides the clock.
const CLOCK: [i128; 20] =
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200];

/// `None` where the range leaves the calendar.
pub(super) fn ticks(low: f64, high: f64, unit: TimeUnit, target: usize) -> Option<Ticks> {
    let unit_nanoseconds: i128 = match unit {
        TimeUnit::Day => DAY,
        TimeUnit::Second => SECOND,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    };
    let start = moment(nanoseconds(low, unit_nanoseconds)?)?;
    let end = moment(nanoseconds(high, unit_nanoseconds)?)?;
    // Clock steps must not be finer than the column's own unit or than float64 can place.
    let steps = steps().filter(|step| match step {
        Step::Nanoseconds(step) => *step >= unit_nanoseconds,
        _ => true,
    });
    let mut fewest: Option<(Step, Vec<NaiveDateTime>)> = None;
    for step in steps {
        let Some(moments) = begin(start, end, step, target) else { continue };
        fewest = Some((step, moments));
        break;
    }
    let (step, moments) = fewest?;
    let mut ticks: Vec<(f64, NaiveDateTime)> = moments
        .into_iter()
        .map(|moment| (since_epoch(moment) as f64 / unit_nanoseconds as f64, moment))
        .filter(|(value, _)| (low..=high).contains(value))
        .collect();
    ticks.dedup_by(|a, b| a.0 <= b.0);
    (ticks.len() >= 2).then(|| Ticks { major: labels(&ticks, step), minor: Vec::new(), note: None })
}

fn steps() -> impl Iterator<Item = Step> {
    let fine = (0..3)
        .flat_map(|power| CLOCK[..9].iter().map(move |step| Step::Nanoseconds(step * 1000_i128.pow(power))));
    let seconds = [1, 2, 5, 10, 15, 30].into_iter().chain(CLOCK[9..].iter().copied());
    let days = [1, 2, 7, 14].map(Step::Days);
    let months = [1, 2, 3, 6].map(Step::Months);
    let years = (0..6).flat_map(|power| [1, 2, 5].map(|step| Step::Years(step * 10_i32.pow(power))));
    fine.chain(seconds.map(|step| Step::Nanoseconds(step * SECOND))).chain(days).chain(months).chain(years)
}

/// The moments of a step inside a range, if there are at most `target`.
fn begin(start: NaiveDateTime, end: NaiveDateTime, step: Step, target: usize) -> Option<Vec<NaiveDateTime>> {
    let mut moments = Vec::new();
    let mut at = floor(start, step)?;
    while at <= end {
        if at >= start {
            moments.push(at);
            if moments.len() > target {
                return None;
            }
        }
        let Some(after) = next(at, step) else { break };
        at = after;
    }
    Some(moments)
}

/// The last moment of a step that is not after `at`.
fn floor(at: NaiveDateTime, step: Step) -> Option<NaiveDateTime> {
    let date = at.date();
    match step {
        Step::Nanoseconds(step) => moment(since_epoch(at).div_euclid(step) * step),
        // Weeks begin on Mondays: 1969-12-29 was one.
        Step::Days(step) => {
            let monday = NaiveDate::from_ymd_opt(1969, 12, 29)?;
            let days = (date - monday).num_days().div_euclid(step) * step;
            monday.checked_add_signed(chrono::TimeDelta::try_days(days)?).map(midnight)
        }
        Step::Months(step) => month(date.year(), date.month0() as i32 / step * step),
        Step::Years(step) => month(date.year().div_euclid(step) * step, 0),
    }
}

fn next(at: NaiveDateTime, step: Step) -> Option<NaiveDateTime> {
    match step {
        Step::Nanoseconds(step) => moment(since_epoch(at) + step),
        Step::Days(step) => at.checked_add_signed(chrono::TimeDelta::try_days(step)?),
        Step::Months(step) => month(at.year(), at.month0() as i32 + step),
        Step::Years(step) => month(at.year() + step, 0),
    }
    .filter(|after| YEARS.contains(&after.year()))
}

fn month(year: i32, month0: i32) -> Option<NaiveDateTime> {
    NaiveDate::from_ymd_opt(year + month0.div_euclid(12), month0.rem_euclid(12) as u32 + 1, 1).map(midnight)
}

fn midnight(date: NaiveDate) -> NaiveDateTime {
    date.and_time(NaiveTime::MIN)
}

fn nanoseconds(value: f64, unit: i128) -> Option<i128> {
    // Whole units and the rest apart: one product would lose nanoseconds.
    (value.abs() * (unit as f64) < 1e25)
        .then(|| value.floor() as i128 * unit + ((value - value.floor()) * unit as f64) as i128)
}

fn moment(nanoseconds: i128) -> Option<NaiveDateTime> {
    let seconds = i64::try_from(nanoseconds.div_euclid(SECOND)).ok()?;
    let moment = DateTime::from_timestamp(seconds, nanoseconds.rem_euclid(SECOND) as u32)?.naive_utc();
    YEARS.contains(&moment.year()).then_some(moment)
}

fn since_epoch(at: NaiveDateTime) -> i128 {
    let utc = at.and_utc();
    i128::from(utc.timestamp()) * SECOND + i128::from(utc.timestamp_subsec_nanos())
}

fn labels(ticks: &[(f64, NaiveDateTime)], step: Step) -> Vec<Tick> {
    let mut before: Option<String> = None;
    ticks
        .iter()
        .map(|(value, at)| {
            let (label, context) = label(*at, step);
            let context = context.filter(|context| before.as_ref() != Some(context));
            before = context.clone().or(before.take());
            Tick { value: *value, label, context }
        })
        .collect()
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
        let made = ticks(read(from), read(to), TimeUnit::Second, target).unwrap();
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
    fn nanoseconds_of_a_column_of_nanoseconds() {
        let start = 1_700_000_000_000_000_000_f64;
        let made = ticks(start, start + 4096.0, TimeUnit::Nanosecond, 6).unwrap();
        assert_eq!(made.major[0].context.as_deref(), Some("14 Nov 2023 22:13:20"));
        assert_eq!(made.major[1].label, "20.000001");
    }

    #[test]
    fn days_are_not_split() {
        let made = ticks(19_000.0, 19_004.0, TimeUnit::Day, 20).unwrap();
        assert_eq!(made.major.len(), 5);
        assert!(ticks(0.0, 1e12, TimeUnit::Day, 5).is_none(), "beyond the calendar");
    }
}
