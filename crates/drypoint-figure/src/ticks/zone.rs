//! A time zone as a list of offsets from UTC. Where they come from is the caller's matter (Python's `zoneinfo` knows them):
//! rules of time zones change several times a year, and a copy of them here would grow old.

use chrono::{NaiveDateTime, TimeDelta};

/// What clocks show in one place over some years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    name: String,
    /// From these seconds since 1970-01-01 UTC on, this many seconds are added; the first one holds before it too.
    offsets: Vec<(i64, i32)>,
}

impl Zone {
    /// A zone from its offsets; `None` without any, or where they do not rise.
    pub fn new(name: impl Into<String>, offsets: Vec<(i64, i32)>) -> Option<Self> {
        let rising = offsets.windows(2).all(|pair| pair[0].0 < pair[1].0);
        (rising && !offsets.is_empty()).then(|| Self { name: name.into(), offsets })
    }

    /// Its name, as the caller knows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn offset(&self, utc: NaiveDateTime) -> TimeDelta {
        let seconds = utc.and_utc().timestamp();
        let place = self.offsets.partition_point(|(from, _)| *from <= seconds).saturating_sub(1);
        TimeDelta::seconds(self.offsets[place].1.into())
    }

    /// What the clock shows.
    pub(super) fn local(&self, utc: NaiveDateTime) -> Option<NaiveDateTime> {
        utc.checked_add_signed(self.offset(utc))
    }

    /// When it first shows this; `None` in the hour that is left out in spring.
    pub(super) fn utc(&self, local: NaiveDateTime) -> Option<NaiveDateTime> {
        let shown = |offset: i32| local.checked_sub_signed(TimeDelta::seconds(offset.into()));
        let right = |utc: &NaiveDateTime| self.local(*utc) == Some(local);
        self.offsets.iter().filter_map(|(_, offset)| shown(*offset)).filter(right).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_are_set_forward_and_back() {
        let read = |text: &str| text.parse::<NaiveDateTime>().unwrap();
        let seconds = |text: &str| read(text).and_utc().timestamp();
        let berlin = Zone::new(
            "Europe/Berlin",
            vec![
                (seconds("2023-10-29T01:00:00"), 3600),
                (seconds("2024-03-31T01:00:00"), 7200),
                (seconds("2024-10-27T01:00:00"), 3600),
            ],
        )
        .unwrap();
        let local = |text: &str| berlin.local(read(text)).unwrap();
        assert_eq!(local("2024-03-31T00:59:59"), read("2024-03-31T01:59:59"));
        assert_eq!(local("2024-03-31T01:00:00"), read("2024-03-31T03:00:00"));
        assert_eq!(local("1990-07-01T00:00:00"), read("1990-07-01T01:00:00"));
        assert_eq!(berlin.utc(read("2024-03-31T02:30:00")), None);
        assert_eq!(berlin.utc(read("2024-10-27T02:30:00")), Some(read("2024-10-27T00:30:00")));
        assert_eq!(berlin.utc(read("2024-12-24T18:00:00")), Some(read("2024-12-24T17:00:00")));
        assert!(Zone::new("none", vec![]).is_none() && Zone::new("mixed", vec![(5, 0), (5, 1)]).is_none());
    }
}
