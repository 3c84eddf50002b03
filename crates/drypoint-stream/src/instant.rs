//! ISO 8601 instants to integers, strict and allocation-free.
//!
//! Text columns are parsed a value at a time in the innermost loop of a reader, so this does one pass over the bytes
//! and builds no intermediate date type. Only the forms that programs write are read: `2024-02-29`, and the same followed
//! by `T` or a blank, `HH:MM`, optionally `:SS`, a fraction, and `Z` or an offset. Tests compare it with `chrono`.

use crate::TimeUnit;

const NANOS_PER_SECOND: i128 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// A point in time read from text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant {
    /// Seconds since 1970-01-01T00:00:00Z; text without a zone is taken as UTC.
    pub seconds: i64,
    /// Nanoseconds after that second; digits beyond the ninth are dropped.
    pub nanos: u32,
    /// Whether a time of day was written, not only a date.
    pub has_time: bool,
    /// Whether `Z` or an offset was written.
    pub has_zone: bool,
    /// Digits of the fraction that were written.
    pub fraction_digits: usize,
}

impl Instant {
    /// Read the whole of `text`; `None` where it is not an instant of the years 0000 to 9999.
    pub fn parse(text: &[u8]) -> Option<Instant> {
        let (date, rest) = text.split_at_checked(10)?;
        let days = days_of_date(date)?;
        let mut instant = Instant {
            seconds: days * SECONDS_PER_DAY,
            nanos: 0,
            has_time: !rest.is_empty(),
            has_zone: false,
            fraction_digits: 0,
        };
        let Some((separator, clock)) = rest.split_first() else { return Some(instant) };
        if !matches!(separator, b'T' | b't' | b' ') {
            return None;
        }
        let rest = instant.add_clock(clock)?;
        if !rest.is_empty() {
            instant.seconds -= offset_seconds(rest)?;
            instant.has_zone = true;
        }
        Some(instant)
    }

    /// The count of `unit`s since 1970, rounded down; `None` where it does not fit 64 bits.
    pub fn in_unit(&self, unit: TimeUnit) -> Option<i64> {
        let per_second: i128 = match unit {
            TimeUnit::Day => return Some(self.seconds.div_euclid(SECONDS_PER_DAY)),
            TimeUnit::Second => return Some(self.seconds),
            TimeUnit::Millisecond => 1_000,
            TimeUnit::Microsecond => 1_000_000,
            TimeUnit::Nanosecond => NANOS_PER_SECOND,
        };
        let nanos = i128::from(self.nanos);
        i64::try_from(i128::from(self.seconds) * per_second + nanos / (NANOS_PER_SECOND / per_second)).ok()
    }

    /// Add `HH:MM[:SS[.fraction]]` and return what follows it.
    fn add_clock<'a>(&mut self, text: &'a [u8]) -> Option<&'a [u8]> {
        let hour = two_digits(text, 0).filter(|hour| *hour < 24)?;
        let minute = two_digits(text, 3).filter(|minute| *minute < 60 && text[2] == b':')?;
        self.seconds += hour * 3600 + minute * 60;
        if text.get(5) != Some(&b':') {
            return Some(&text[5..]);
        }
        self.seconds += two_digits(text, 6).filter(|second| *second < 60)?;
        if !matches!(text.get(8), Some(b'.' | b',')) {
            return Some(&text[8..]);
        }
        let digits = text[9..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        for place in 0..9 {
            let digit = if place < digits { text[9 + place] - b'0' } else { 0 };
            self.nanos = self.nanos * 10 + u32::from(digit);
        }
        self.fraction_digits = digits;
        Some(&text[9 + digits..])
    }
}

/// Days from 1970-01-01 to `YYYY-MM-DD`.
fn days_of_date(text: &[u8]) -> Option<i64> {
    if text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let year = two_digits(text, 0)? * 100 + two_digits(text, 2)?;
    let month = two_digits(text, 5).filter(|month| (1..=12).contains(month))?;
    let day = two_digits(text, 8).filter(|day| (1..=days_in_month(year, month)).contains(day))?;
    Some(days_from_civil(year, month, day))
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
///
/// Years are counted from March, so that the leap day is a year's last and months have a linear formula.
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    /// Days from 0000-03-01 to 1970-01-01.
    const EPOCH: i64 = 719_468;
    year * 365 + leap_days + day_of_year - EPOCH
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `Z`, `+HH`, `+HHMM` or `+HH:MM` in seconds east of Greenwich.
fn offset_seconds(text: &[u8]) -> Option<i64> {
    let sign = match (text[0], text.len()) {
        (b'Z' | b'z', 1) => return Some(0),
        (b'+', _) => 1,
        (b'-', _) => -1,
        _ => return None,
    };
    let hours = two_digits(text, 1).filter(|hours| *hours < 24)?;
    let minutes = match text.len() {
        3 => 0,
        5 => two_digits(text, 3)?,
        6 if text[3] == b':' => two_digits(text, 4)?,
        _ => return None,
    };
    (minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn two_digits(text: &[u8], at: usize) -> Option<i64> {
    let pair = text.get(at..at + 2)?;
    pair.iter().all(u8::is_ascii_digit).then(|| i64::from(pair[0] - b'0') * 10 + i64::from(pair[1] - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};
    use proptest::prelude::*;

    #[test]
    fn forms() {
        let seconds = |text: &str| Instant::parse(text.as_bytes()).map(|instant| instant.seconds);
        assert_eq!(seconds("1970-01-02"), Some(86_400));
        assert_eq!(seconds("1970-01-01T00:01"), Some(60));
        assert_eq!(seconds("1970-01-01 00:00:01.5Z"), Some(1));
        assert_eq!(seconds("1970-01-01T02:00:00+02:00"), Some(0));
        assert_eq!(seconds("1970-01-01T00:00:00-0130"), Some(5400));
        assert_eq!(seconds("1970-01-01T00:00:00-01"), Some(3600));
        for wrong in [
            "",
            "1970",
            "1970-1-1",
            "1970-13-01",
            "2023-02-29",
            "1900-02-29",
            "1970-01-01T",
            "1970-01-01T24:00",
            "1970-01-01T00:60",
            "1970-01-01T00:00:60",
            "1970-01-01T00:00:00.",
            "1970-01-01T00:00:00+1",
            "1970-01-01T00:00:00Zx",
            "1970-01-01x00:00",
            "1970/01/01",
            "1970-01-01T0000",
            "1970-01-01 +5:00",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn units_round_down_and_refuse_what_does_not_fit() {
        let before = Instant::parse(b"1969-12-31T23:59:59.9999").unwrap();
        assert_eq!(before.in_unit(TimeUnit::Day), Some(-1));
        assert_eq!(before.in_unit(TimeUnit::Second), Some(-1));
        assert_eq!(before.in_unit(TimeUnit::Millisecond), Some(-1));
        assert_eq!(before.in_unit(TimeUnit::Microsecond), Some(-100));
        assert_eq!(Instant::parse(b"2300-01-01").unwrap().in_unit(TimeUnit::Nanosecond), None);
        assert_eq!(
            Instant::parse(b"1677-09-21T00:12:43.145224192").unwrap().in_unit(TimeUnit::Nanosecond),
            Some(i64::MIN)
        );
    }

    proptest! {
        #[test]
        fn agrees_with_chrono(seconds in -62_167_219_200i64..253_402_300_800, nanos in 0u32..1_000_000_000, digits in 0usize..=9, offset in -1439i32..1440) {
            let kept = if digits == 0 { 0 } else { nanos / 10u32.pow(9 - digits as u32) * 10u32.pow(9 - digits as u32) };
            let utc = DateTime::from_timestamp(seconds, kept).unwrap();
            let local: NaiveDateTime = utc.naive_utc() + chrono::TimeDelta::minutes(i64::from(offset));
            prop_assume!((0..=9999).contains(&local.year()));
            let mut text = local.format("%Y-%m-%dT%H:%M:%S").to_string();
            if digits > 0 {
                text += &format!(".{:0width$}", kept / 10u32.pow(9 - digits as u32), width = digits);
            }
            text += &format!("{}{:02}:{:02}", if offset < 0 { '-' } else { '+' }, offset.abs() / 60, offset.abs() % 60);
            let instant = Instant::parse(text.as_bytes()).unwrap();
            prop_assert_eq!((instant.seconds, instant.nanos), (seconds, kept), "{}", text);
            prop_assert_eq!(instant.in_unit(TimeUnit::Microsecond), Some(utc.timestamp_micros()));
            prop_assert_eq!(instant.in_unit(TimeUnit::Nanosecond), utc.timestamp_nanos_opt());
        }

        #[test]
        fn accepts_exactly_the_dates_that_exist(year in 0i32..10_000, month in 0u32..14, day in 0u32..33) {
            let text = format!("{year:04}-{month:02}-{day:02}");
            let expected = NaiveDate::from_ymd_opt(year, month, day).map(|date| i64::from(date.num_days_from_ce()) - 719_163);
            prop_assert_eq!(Instant::parse(text.as_bytes()).and_then(|instant| instant.in_unit(TimeUnit::Day)), expected);
        }

        #[test]
        fn never_panics(text in proptest::collection::vec(any::<u8>(), 0..40), tail in "[0-9TZ:.+ -]{0,30}") {
            Instant::parse(&text);
            Instant::parse(tail.as_bytes());
            Instant::parse(format!("2024-01-01{tail}").as_bytes());
        }
    }
}
