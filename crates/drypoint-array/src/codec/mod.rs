//! How a chunk's items become fewer bytes, and items again. One file for each codec.
//!
//! An encoded chunk begins with a byte that says what follows: the items as they are, one item that all are equal to, or
//! what the array's codec made of them. So a chunk that would not shrink costs one byte more than its items, and is read
//! at the speed of memory. The layout is `docs/formats/chunks.md`.

mod ans;
mod bytes;
mod choose;
mod filter;
mod layout;
mod name;
mod palette;
mod pco;
mod quantise;
mod scratch;
mod word;

pub use choose::choose;
pub use filter::{Filter, Predict, Shuffle};
pub use quantise::quantise;
pub use scratch::Scratch;

use crate::{ArrayError, DType, Number, Result};
use bytes::Packer;
use layout::Layout;

/// One way to encode a chunk; the same one decodes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// The items as they are.
    Plain,
    /// One item, where all are the same bit by bit; other chunks as they are.
    Constant,
    /// Pcodec: numbers as bins and offsets.
    Pco {
        /// 0 to 12.
        level: u8,
        /// What is subtracted from each number.
        delta: Delta,
        /// What each number is taken for.
        mode: Mode,
    },
    /// Zstandard.
    Zstd {
        /// 1 to 22.
        level: i32,
        /// What is done to the items first.
        filter: Filter,
    },
    /// LZ4.
    Lz4 {
        /// What is done to the items first.
        filter: Filter,
    },
    /// Guesses from neighbours, and rANS of what is left, by tables that the neighbours pick.
    Ans {
        /// What each number is guessed to be.
        guess: Guess,
    },
}

/// What a number is guessed to be, by [`Codec::Ans`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Guess {
    /// Zero.
    #[default]
    None,
    /// The number before it.
    Left,
    /// The mean of the number before it and the three above.
    Mean,
    /// Left + above - above left.
    Plane,
    /// The mean of the many numbers around it, which picks the tables too: counts spread as widely as they are high.
    Counts,
}

impl Guess {
    /// In a first row there is nothing above.
    fn in_row(self, row: usize) -> Self {
        if row == 0 && matches!(self, Self::Mean | Self::Plane) { Self::Left } else { self }
    }
}

/// What Pcodec subtracts from each number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Delta {
    /// What it finds best for each chunk.
    #[default]
    Auto,
    /// The number before it, so many times (0 to 7).
    Order(u8),
    /// A similar number among those before it.
    Lookback,
}

/// What Pcodec takes a number for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// What it finds best for each chunk.
    #[default]
    Auto,
    /// Itself.
    Classic,
    /// A multiple of a step and what is left of it; for floats.
    Step(Step),
}

/// A finite step above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Step(u64);

impl Step {
    /// None unless `step` is finite and above zero.
    pub fn new(step: f64) -> Option<Self> {
        (step.is_finite() && step > 0.0).then(|| Self(step.to_bits()))
    }

    /// The step.
    pub fn value(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl Mode {
    fn step(step: f64) -> Self {
        Step::new(step).map_or(Self::Auto, Self::Step)
    }
}

/// What follows the first byte of an encoded chunk.
mod form {
    pub(super) const PLAIN: u8 = 0;
    pub(super) const CONSTANT: u8 = 1;
    pub(super) const CODED: u8 = 2;
}

impl Codec {
    /// Whether it can hold items of `dtype`; strings have no numbers.
    pub fn check(self, dtype: &DType) -> Result<()> {
        let needs_numbers = match self {
            Self::Plain | Self::Constant => false,
            Self::Pco { .. } | Self::Ans { .. } => true,
            Self::Zstd { filter, .. } | Self::Lz4 { filter } => filter.needs_numbers(),
        };
        if needs_numbers && dtype.number() == Number::Opaque {
            return Err(ArrayError::Unsupported {
                name: format!("codec \"{self}\""),
                what: format!("{:?}, which holds no numbers,", dtype.name()),
            });
        }
        Ok(())
    }

    /// Append what `items` become to `encoded`. `shape` is the chunk's, its items lie in C order, in the byte order of
    /// `dtype`. Never more than the items and one byte.
    pub fn encode(
        self,
        dtype: &DType,
        shape: &[usize],
        items: &[u8],
        scratch: &mut Scratch,
        encoded: &mut Vec<u8>,
    ) -> Result<()> {
        self.check(dtype)?;
        let layout = Layout::of(dtype, shape, items.len())?;
        let start = encoded.len();
        let item = dtype.item_bytes();
        if items.len() > item && items[item..] == items[..items.len() - item] && self != Self::Plain {
            encoded.push(form::CONSTANT);
            encoded.extend_from_slice(&items[..item]);
            return Ok(());
        }
        encoded.push(form::CODED);
        // What shrinks by less is not worth decoding.
        let limit = items.len() - items.len().div_ceil(16);
        let shrank = match self {
            _ if items.is_empty() => false,
            Self::Plain | Self::Constant => false,
            Self::Pco { level, delta, mode } => {
                pco::encode((level, delta, mode), dtype, &layout, items, scratch, encoded)?;
                true
            }
            Self::Zstd { level, filter } => {
                bytes::encode(Packer::Zstd { level }, filter, &layout, items, limit, scratch, encoded)?
            }
            Self::Ans { guess } => ans::encode(guess, &layout, items, scratch, encoded)?,
            Self::Lz4 { filter } => {
                bytes::encode(Packer::Lz4, filter, &layout, items, limit, scratch, encoded)?
            }
        };
        if !shrank || encoded.len() - start > limit {
            encoded.truncate(start);
            encoded.push(form::PLAIN);
            encoded.extend_from_slice(items);
        }
        Ok(())
    }

    /// The items of an encoded chunk where they lie in it as they are.
    pub(crate) fn plain_items(encoded: &[u8], items: usize) -> Option<&[u8]> {
        encoded
            .split_first()
            .filter(|(form, body)| **form == form::PLAIN && body.len() == items)
            .map(|(_, body)| body)
    }

    /// Fill `items` from what [`Codec::encode`] made of them. Any bytes at all give items or an error, never a panic.
    pub fn decode(
        self,
        dtype: &DType,
        shape: &[usize],
        encoded: &[u8],
        scratch: &mut Scratch,
        items: &mut [u8],
    ) -> Result<()> {
        self.check(dtype)?;
        let layout = Layout::of(dtype, shape, items.len())?;
        let Some((&form, body)) = encoded.split_first() else {
            return Err(corrupt("chunk", "no bytes at all".into()));
        };
        match (form, self) {
            (form::PLAIN, _) if body.len() == items.len() => items.copy_from_slice(body),
            (form::PLAIN, _) => {
                let what = format!("{} B where {} B were expected", body.len(), items.len());
                return Err(corrupt("plain", what));
            }
            (form::CONSTANT, _) if body.len() == dtype.item_bytes() => fill(items, body),
            (form::CONSTANT, _) => {
                let what =
                    format!("an item of {} B where {} B were expected", body.len(), dtype.item_bytes());
                return Err(corrupt("constant", what));
            }
            (form::CODED, _) if items.is_empty() => {
                return Err(corrupt("chunk", "something coded where there are no items".into()));
            }
            (form::CODED, Self::Pco { .. }) => pco::decode(dtype, &layout, body, scratch, items)?,
            (form::CODED, Self::Ans { guess }) => ans::decode(guess, &layout, body, scratch, items)?,
            (form::CODED, Self::Zstd { level, filter }) => {
                bytes::decode(Packer::Zstd { level }, filter, &layout, body, scratch, items)?;
            }
            (form::CODED, Self::Lz4 { filter }) => {
                bytes::decode(Packer::Lz4, filter, &layout, body, scratch, items)?;
            }
            _ => {
                return Err(corrupt(
                    "chunk",
                    format!("a first byte of {form}, which \"{self}\" does not write"),
                ));
            }
        }
        Ok(())
    }
}

/// All items like the one.
fn fill(items: &mut [u8], item: &[u8]) {
    match item {
        [] => {}
        [first, rest @ ..] if rest.iter().all(|byte| byte == first) => items.fill(*first),
        _ => {
            let first = item.len().min(items.len());
            items[..first].copy_from_slice(&item[..first]);
            let mut filled = first;
            while filled < items.len() {
                let more = filled.min(items.len() - filled);
                items.copy_within(..more, filled);
                filled += more;
            }
        }
    }
}

fn corrupt(codec: &'static str, what: String) -> ArrayError {
    ArrayError::Corrupt { codec, what }
}
