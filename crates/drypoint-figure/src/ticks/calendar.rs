//! The calendar that ticks stand in: its steps, from nanoseconds to half a million years, and their moments.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime};

pub(super) const SECOND: i128 = 1_000_000_000;
pub(super) const DAY: i128 = 86_400 * SECOND;

/// Years that chrono can name.
const YEARS: std::ops::RangeInclusive<i32> = -200_000..=200_000;

/// A step from one tick to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step {
    Nanoseconds(i128),
    Days(i64),
    Months(i32),
    Years(i32),
}

/// Steps below a day, in nanoseconds: decimal below the second, then what divides the clock.
const CLOCK: [i128; 20] =
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200];

pub(super) fn steps() -> impl Iterator<Item = Step> {
    let fine = (0..3)
        .flat_map(|power| CLOCK[..9].iter().map(move |step| Step::Nanoseconds(step * 1000_i128.pow(power))));
    let seconds = [1, 2, 5, 10, 15, 30].into_iter().chain(CLOCK[9..].iter().copied());
    let days = [1, 2, 7, 14].map(Step::Days);
    let months = [1, 2, 3, 6].map(Step::Months);
    let years = (0..6).flat_map(|power| [1, 2, 5].map(|step| Step::Years(step * 10_i32.pow(power))));
    fine.chain(seconds.map(|step| Step::Nanoseconds(step * SECOND))).chain(days).chain(months).chain(years)
}

/// The moments of a step inside a range, if there are at most `most`.
pub(super) fn begin(
    start: NaiveDateTime,
    end: NaiveDateTime,
    step: Step,
    most: usize,
) -> Option<Vec<NaiveDateTime>> {
    let mut moments = Vec::new();
    let mut at = floor(start, step)?;
    while at <= end {
        if at >= start {
            moments.push(at);
            if moments.len() > most {
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

pub(super) fn nanoseconds(value: f64, unit: i128) -> Option<i128> {
    // Whole units and the rest apart: one product would lose nanoseconds.
    (value.abs() * (unit as f64) < 1e25)
        .then(|| value.floor() as i128 * unit + ((value - value.floor()) * unit as f64) as i128)
}

pub(super) fn moment(nanoseconds: i128) -> Option<NaiveDateTime> {
    let seconds = i64::try_from(nanoseconds.div_euclid(SECOND)).ok()?;
    let moment = DateTime::from_timestamp(seconds, nanoseconds.rem_euclid(SECOND) as u32)?.naive_utc();
    YEARS.contains(&moment.year()).then_some(moment)
}

pub(super) fn since_epoch(at: NaiveDateTime) -> i128 {
    let utc = at.and_utc();
    i128::from(utc.timestamp()) * SECOND + i128::from(utc.timestamp_subsec_nanos())
}
