//! Codecs as people write them: `plain`, `pco:8`, `zstd:3+delta+shuffle`, `lz4+bitshuffle`.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

use super::{Codec, Delta, Filter, Guess, Mode, Predict, Shuffle, Step};
use crate::ArrayError;

/// The names that stand before a level or a plus.
pub(super) const CODECS: [&str; 6] = ["plain", "constant", "pco", "ans", "zstd", "lz4"];
const FILTERS: [&str; 8] = ["palette", "delta", "up", "plane", "planar", "narrow", "shuffle", "bitshuffle"];
const GUESSES: [&str; 4] = ["delta", "mean", "plane", "counts"];
const DELTAS: [&str; 5] = ["nodelta", "delta", "lookback", "classic", "step"];

fn unknown(what: &'static str, name: &str, known: &[&'static str]) -> ArrayError {
    let nearest = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known, &name.to_lowercase()), *known))
        .filter(|(distance, _)| *distance <= 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known);
    ArrayError::UnknownCodec { what, name: name.into(), nearest, known: known.join(", ") }
}

fn out_of_range(codec: &str, level: &str, from: i32, to: i32) -> ArrayError {
    ArrayError::CodecLevel { codec: codec.into(), level: level.into(), from, to }
}

fn level(codec: &str, level: Option<&str>, usual: i32, from: i32, to: i32) -> Result<i32, ArrayError> {
    let Some(text) = level else { return Ok(usual) };
    text.parse()
        .ok()
        .filter(|level| (from..=to).contains(level))
        .ok_or_else(|| out_of_range(codec, text, from, to))
}

fn filter<'a>(words: impl Iterator<Item = &'a str>) -> Result<Filter, ArrayError> {
    let mut filter = Filter::default();
    for word in words {
        match word {
            "palette" => filter.palette = true,
            "delta" => filter.predict = Predict::Delta,
            "up" => filter.predict = Predict::Up,
            "plane" => filter.predict = Predict::Plane,
            "planar" => filter.planar = true,
            "narrow" => filter.narrow = true,
            "shuffle" => filter.shuffle = Shuffle::Bytes,
            "bitshuffle" => filter.shuffle = Shuffle::Bits,
            _ => return Err(unknown("filter", word, &FILTERS)),
        }
    }
    Ok(filter)
}

fn pco<'a>(level: u8, words: impl Iterator<Item = &'a str>) -> Result<Codec, ArrayError> {
    let (mut delta, mut mode) = (Delta::Auto, Mode::Auto);
    for word in words {
        let order =
            word.strip_prefix("delta").and_then(|order| order.parse().ok()).filter(|n| (1..=7).contains(n));
        let step = word.strip_prefix("step").and_then(|step| step.parse().ok()).and_then(Step::new);
        match (word, order, step) {
            ("delta", ..) => delta = Delta::Order(1),
            ("nodelta", ..) => delta = Delta::Order(0),
            (_, Some(order), _) => delta = Delta::Order(order),
            ("lookback", ..) => delta = Delta::Lookback,
            ("classic", ..) => mode = Mode::Classic,
            (_, _, Some(step)) => mode = Mode::Step(step),
            _ => return Err(unknown("word for \"pco\"", word, &DELTAS)),
        }
    }
    Ok(Codec::Pco { level, delta, mode })
}

impl Codec {
    /// From its name, `codec[:level][+word]...`:
    ///
    /// - `plain`, `constant`
    /// - `pco`, `pco:8` (0 to 12), with `nodelta`, `delta`, `delta2` ... `delta7` or `lookback`, and `classic` or
    ///   `step0.01` (multiples of 0.01)
    /// - `ans`, with `delta`, `mean`, `plane` or `counts`
    /// - `zstd`, `zstd:3` (1 to 22) and `lz4`, with the filters `palette`, `delta`, `up` or `plane`, `planar`, `narrow`,
    ///   `shuffle` or `bitshuffle`, in any order
    pub fn parse(name: &str) -> Result<Self, ArrayError> {
        let mut words = name.split('+').map(str::trim);
        let first = words.next().unwrap_or_default();
        let (codec, number) = match first.split_once(':') {
            Some((codec, number)) => (codec, Some(number)),
            None => (first, None),
        };
        let levelled = matches!(codec, "pco" | "zstd");
        if let (true, Some(number)) = (CODECS.contains(&codec) && !levelled, number) {
            return Err(unknown("codec", &format!("{codec}:{number}"), &CODECS));
        }
        match codec {
            "pco" => pco(level(codec, number, 8, 0, 12)? as u8, words),
            "zstd" => Ok(Self::Zstd { level: level(codec, number, 3, 1, 22)?, filter: filter(words)? }),
            "ans" => words
                .try_fold(Guess::None, |_, word| match word {
                    "delta" => Ok(Guess::Left),
                    "mean" => Ok(Guess::Mean),
                    "plane" => Ok(Guess::Plane),
                    "counts" => Ok(Guess::Counts),
                    _ => Err(unknown("word for \"ans\"", word, &GUESSES)),
                })
                .map(|guess| Self::Ans { guess }),
            "lz4" => Ok(Self::Lz4 { filter: filter(words)? }),
            "plain" | "constant" => match words.next() {
                Some(word) => Err(unknown("codec", &format!("{codec}+{word}"), &CODECS)),
                None if codec == "plain" => Ok(Self::Plain),
                None => Ok(Self::Constant),
            },
            _ => Err(unknown("codec", codec, &CODECS)),
        }
    }
}

impl FromStr for Codec {
    type Err = ArrayError;

    fn from_str(name: &str) -> Result<Self, ArrayError> {
        Self::parse(name)
    }
}

impl Display for Filter {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(if self.palette { "+palette" } else { "" })?;
        formatter.write_str(match self.predict {
            Predict::None => "",
            Predict::Delta => "+delta",
            Predict::Up => "+up",
            Predict::Plane => "+plane",
        })?;
        formatter.write_str(if self.planar { "+planar" } else { "" })?;
        formatter.write_str(if self.narrow { "+narrow" } else { "" })?;
        formatter.write_str(match self.shuffle {
            Shuffle::None => "",
            Shuffle::Bytes => "+shuffle",
            Shuffle::Bits => "+bitshuffle",
        })
    }
}

impl Display for Codec {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plain => formatter.write_str("plain"),
            Self::Constant => formatter.write_str("constant"),
            Self::Pco { level, delta, mode } => {
                write!(formatter, "pco:{level}")?;
                match delta {
                    Delta::Auto => {}
                    Delta::Order(0) => formatter.write_str("+nodelta")?,
                    Delta::Order(1) => formatter.write_str("+delta")?,
                    Delta::Order(order) => write!(formatter, "+delta{order}")?,
                    Delta::Lookback => formatter.write_str("+lookback")?,
                }
                match mode {
                    Mode::Auto => Ok(()),
                    Mode::Classic => formatter.write_str("+classic"),
                    Mode::Step(step) => write!(formatter, "+step{}", step.value()),
                }
            }
            Self::Zstd { level, filter } => write!(formatter, "zstd:{level}{filter}"),
            Self::Ans { guess } => formatter.write_str(match guess {
                Guess::None => "ans",
                Guess::Left => "ans+delta",
                Guess::Mean => "ans+mean",
                Guess::Plane => "ans+plane",
                Guess::Counts => "ans+counts",
            }),
            Self::Lz4 { filter } => write!(formatter, "lz4{filter}"),
        }
    }
}
