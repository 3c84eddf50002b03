//! A ceiling in bytes, as people write it.

use std::fmt;
use std::str::FromStr;

use crate::process_limit;

/// The environment variable that sets the budget of the process.
const VARIABLE: &str = "DRYPOINT_MEMORY";

/// What sizes may be followed by. Decimal and binary units are never mixed up: `MB` is not `MiB`.
const UNITS: [(&str, u128); 12] = [
    ("", 1),
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("pb", 1_000_000_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("pib", 1 << 50),
];

/// Digits after the point that are read; more make no whole byte of difference in any unit.
const FRACTION_DIGITS: usize = 18;

/// A ceiling in bytes, at least one.
///
/// ```
/// use drypoint_memory::Budget;
///
/// assert_eq!("64MB".parse::<Budget>()?.bytes(), 64_000_000);
/// assert_eq!("1.5 GiB".parse::<Budget>()?.to_string(), "1536 MiB");
/// assert!("50%".parse::<Budget>()?.bytes() > 0);
/// # Ok::<(), drypoint_memory::ParseBudgetError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Budget(usize);

/// A text that is no budget.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{value:?} is not a memory budget: {why}; expected bytes (\"64000000\"), a size (\"64MB\", \"1.5 GB\", \"2GiB\") \
     or a share of what the process may use (\"50%\")"
)]
pub struct ParseBudgetError {
    /// The text.
    pub value: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Budget {
    /// So many bytes; at least one.
    pub fn from_bytes(bytes: usize) -> Self {
        Self(bytes.max(1))
    }

    /// The ceiling.
    pub fn bytes(self) -> usize {
        self.0
    }

    /// Half of what the process may use, see [`process_limit`].
    pub fn default_for_process() -> Self {
        Self::from_bytes(process_limit() / 2)
    }

    /// What `DRYPOINT_MEMORY` says; `None` if it is unset or empty.
    pub fn from_environment() -> Result<Option<Self>, ParseBudgetError> {
        match std::env::var_os(VARIABLE) {
            None => Ok(None),
            Some(value) if value.is_empty() => Ok(None),
            Some(value) => value.to_string_lossy().parse().map(Some),
        }
    }
}

impl FromStr for Budget {
    type Err = ParseBudgetError;

    fn from_str(text: &str) -> Result<Self, ParseBudgetError> {
        parse(text, process_limit).map(Self).map_err(|why| ParseBudgetError { value: text.to_string(), why })
    }
}

fn parse(text: &str, process_limit: impl Fn() -> usize) -> Result<usize, &'static str> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = (&text[..digits], text[digits..].trim_start());
    if number.is_empty() {
        return Err(if text.is_empty() { "it is empty" } else { "it does not begin with a number" });
    }
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return Err("its number has no meaning");
    }
    let whole = if whole.is_empty() { 0 } else { whole.parse::<u128>().map_err(|_| TOO_LARGE)? };
    let scale = match unit {
        "%" => {
            if whole > 100 || (whole == 100 && fraction.bytes().any(|digit| digit != b'0')) {
                return Err("a share is at most 100%");
            }
            None
        }
        _ => {
            let unit = unit.to_ascii_lowercase();
            let known = UNITS.iter().find(|(name, _)| *name == unit).ok_or("its unit is not known")?;
            Some(known.1)
        }
    };
    let times = |scale: u128| {
        let fraction = &fraction[..fraction.len().min(FRACTION_DIGITS)];
        // At most 18 digits times at most 2^50 (or 2^64 for a share) is below 2^128.
        let part = fraction.bytes().fold(0, |value, digit| value * 10 + u128::from(digit - b'0'));
        let part = part * scale / 10u128.pow(fraction.len() as u32);
        whole.checked_mul(scale)?.checked_add(part)
    };
    let bytes = match scale {
        Some(scale) => times(scale),
        None => times(process_limit() as u128).map(|hundredfold| hundredfold / 100),
    };
    match bytes.and_then(|bytes| usize::try_from(bytes).ok()) {
        Some(0) => Err("it is less than a byte"),
        Some(bytes) => Ok(bytes),
        None => Err(TOO_LARGE),
    }
}

const TOO_LARGE: &str = "it is larger than any memory";

impl fmt::Display for Budget {
    /// The largest unit in which it is a whole number, binary if both fit: `"64 MB"`, `"2 GiB"`, `"12345 B"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["PiB", "TiB", "GiB", "MiB", "KiB", "PB", "TB", "GB", "MB", "KB"];
        let best = names
            .iter()
            .filter_map(|name| {
                UNITS.iter().find(|(unit, _)| *unit == name.to_ascii_lowercase()).map(|unit| (name, unit.1))
            })
            .filter(|(_, scale)| (self.0 as u128).is_multiple_of(*scale))
            .max_by_key(|&(_, scale)| scale);
        match best {
            Some((name, scale)) => write!(f, "{} {name}", self.0 as u128 / scale),
            None => write!(f, "{} B", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(text: &str) -> Result<usize, &'static str> {
        parse(text, || 1000)
    }

    #[test]
    fn sizes_are_read_as_written() {
        for (text, expected) in [
            ("64MB", 64_000_000),
            ("64 mb", 64_000_000),
            (" 64MiB ", 64 << 20),
            ("2GiB", 2 << 30),
            ("1.5 GB", 1_500_000_000),
            (".5kb", 500),
            ("5.", 5),
            ("0.1 GiB", 107_374_182),
            ("123", 123),
            ("123B", 123),
            ("1TB", 1_000_000_000_000),
            ("50%", 500),
            ("12.5 %", 125),
            ("100.0%", 1000),
        ] {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            " ",
            "MB",
            "64XB",
            "64M",
            "-5MB",
            "1..5GB",
            ".",
            "1.5.2",
            "0",
            "0.0001 B",
            "101%",
            "100.5%",
            "50 % MB",
            "1e9",
            "99999999999999999999999999999999999999999999",
            "99999999999 PB",
            "٣MB",
            "1\u{a0}½MB",
        ] {
            assert!(bytes(text).is_err(), "{text}");
        }
        let error = "64XB".parse::<Budget>().unwrap_err().to_string();
        assert!(error.contains("64XB") && error.contains("2GiB") && error.contains("50%"), "{error}");
    }

    #[test]
    fn the_text_is_short() {
        for (bytes, text) in
            [(64_000_000, "64 MB"), (64 << 20, "64 MiB"), (12_345, "12345 B"), (1_536 << 20, "1536 MiB")]
        {
            assert_eq!(Budget::from_bytes(bytes).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(bytes in 1usize..) {
            let budget = Budget::from_bytes(bytes);
            prop_assert_eq!(budget.to_string().parse::<Budget>(), Ok(budget));
        }

        #[test]
        fn no_text_breaks_the_parser(text in "\\PC{0,40}") {
            if let Ok(bytes) = bytes(&text) {
                prop_assert!(bytes > 0);
            }
        }
    }
}
