//! Which codec suits an array: a few are tried on samples of it, and the smallest result wins that pays for its decoding.

use super::layout::Layout;
use super::{Codec, Delta, Filter, Guess, Mode, Predict, Scratch, Shuffle, pco};
use crate::{DType, Number};

/// Bytes of a window into a sample, and how many windows are tried: the edges of a picture are often empty.
const WINDOW_BYTES: usize = 96 << 10;
const WINDOWS: usize = 3;
/// What does not shrink by so much is kept as it is: it is read at the speed of memory then.
const WORTH: f64 = 1.2;
/// Bytes that decoding a number by [`Codec::Ans`] counts for, which takes as long for all widths. Where next to nothing is left of
/// the items, what is won by a better ratio is nothing too, and others are read ten times faster.
const SLOW: f64 = 1.0 / 800.0;

/// The codec for an array of `dtype` in chunks of `chunk_shape`, from samples of its items in C order: whole chunks, or
/// the beginnings of some. What is equal throughout is [`Codec::Constant`], what does not shrink is [`Codec::Plain`].
/// Costs a few milliseconds; takes a few megabytes while it runs.
pub fn choose(dtype: &DType, chunk_shape: &[usize], samples: &[&[u8]]) -> Codec {
    let item = dtype.item_bytes();
    let first = samples.iter().find_map(|items| items.get(..item)).unwrap_or_default();
    if first.is_empty() {
        return Codec::Plain;
    }
    if samples.iter().all(|items| items.chunks_exact(item).all(|other| other == first)) {
        return Codec::Constant;
    }
    let samples: Vec<Sample<'_>> =
        samples.iter().flat_map(|items| Sample::windows(dtype, chunk_shape, items)).collect();
    let all: usize = samples.iter().map(|sample| sample.items.len()).sum();
    let mut trial = Trial { dtype, samples: &samples, scratch: Scratch::default(), encoded: Vec::new() };
    let mut best = (all as f64 / WORTH, Codec::Plain);
    for (codec, weight) in trial.candidates() {
        let slow = if matches!(codec, Codec::Ans { .. }) { SLOW } else { 0.0 };
        let cost = trial.bytes(codec) as f64 * weight + (all / item) as f64 * slow;
        if cost < best.0 {
            best = (cost, codec);
        }
    }
    best.1
}

/// Some whole rows of a chunk.
struct Sample<'a> {
    items: &'a [u8],
    shape: Vec<usize>,
}

impl<'a> Sample<'a> {
    /// Whole rows from the middle of each third of `items`, or all of them if they are few.
    fn windows(dtype: &DType, chunk_shape: &[usize], items: &'a [u8]) -> Vec<Self> {
        let item = dtype.item_bytes();
        // What lies under the first dimension; of a chunk of one such thing, under the second, ...
        let mut inner = chunk_shape;
        while let [1, rest @ ..] = inner {
            inner = rest;
        }
        let mut tail = inner.get(1..).unwrap_or_default();
        while tail.len() > 1 && tail.iter().product::<usize>() * item > WINDOW_BYTES {
            tail = &tail[1..];
        }
        if tail.iter().product::<usize>().max(1) * item > items.len().min(WINDOW_BYTES) {
            // Not even one row: a piece of it.
            tail = &[];
        }
        let row = tail.iter().product::<usize>().max(1) * item;
        let rows = items.len() / row;
        let taken = (WINDOW_BYTES / row).max(1);
        let sample = |first: usize, rows: usize| Self {
            items: &items[first * row..(first + rows) * row],
            shape: [&[rows], tail].concat(),
        };
        if rows <= WINDOWS * taken {
            return if rows == 0 { Vec::new() } else { vec![sample(0, rows)] };
        }
        (0..WINDOWS).map(|at| sample((2 * at + 1) * rows / (2 * WINDOWS) - taken / 2, taken)).collect()
    }
}

struct Trial<'a> {
    dtype: &'a DType,
    samples: &'a [Sample<'a>],
    scratch: Scratch,
    encoded: Vec<u8>,
}

impl Trial<'_> {
    /// What the samples take; all of memory where they cannot be encoded.
    fn bytes(&mut self, codec: Codec) -> usize {
        self.encoded.clear();
        for sample in self.samples {
            let done =
                codec.encode(self.dtype, &sample.shape, sample.items, &mut self.scratch, &mut self.encoded);
            if done.is_err() {
                return usize::MAX;
            }
        }
        self.encoded.len()
    }

    /// What Pcodec finds in the largest sample, so that it need not look again in every chunk.
    fn pco(&mut self, level: u8) -> Codec {
        let sample = self.samples.iter().max_by_key(|sample| sample.items.len());
        let found = sample.and_then(|sample| {
            let layout = Layout::of(self.dtype, &sample.shape, sample.items.len()).ok()?;
            self.encoded.clear();
            pco::found(level, self.dtype, &layout, sample.items, &mut self.scratch, &mut self.encoded).ok()
        });
        let (delta, mode) = found.unwrap_or((Delta::Auto, Mode::Auto));
        Codec::Pco { level, delta, mode }
    }

    /// The codecs to try, with what a byte of each counts for: one that decodes slowly has to be smaller.
    fn candidates(&mut self) -> Vec<(Codec, f64)> {
        let zstd = |level, predict, planar, narrow, shuffle| Codec::Zstd {
            level,
            filter: Filter { palette: false, predict, planar, narrow, shuffle },
        };
        let palette = |level| Codec::Zstd { level, filter: Filter { palette: true, ..Filter::default() } };
        let raw = |level| zstd(level, Predict::None, false, false, Shuffle::None);
        let shuffled = zstd(3, Predict::None, false, false, Shuffle::Bytes);
        let ans = |guess| Codec::Ans { guess };
        match self.dtype.number() {
            Number::Opaque => vec![(raw(3), 1.0), (shuffled, 1.0), (palette(9), 1.0)],
            Number::Bool | Number::Unsigned(1) | Number::Signed(1) => vec![
                (raw(9), 1.0),
                // Twice as fast to write and to read, and in a sample what comes before the numbers weighs more than in a chunk.
                (palette(9), 0.9),
                (ans(Guess::None), 1.2),
                (ans(Guess::Left), 1.2),
                (ans(Guess::Mean), 1.2),
                (ans(Guess::Plane), 1.2),
                (ans(Guess::Counts), 1.2),
            ],
            Number::Unsigned(_) | Number::Signed(_) => vec![
                (self.pco(1), 1.0),
                (self.pco(8), 1.05),
                (zstd(3, Predict::None, false, true, Shuffle::Bits), 1.1),
                (raw(3), 1.1),
                (palette(9), 1.1),
                (zstd(3, Predict::Delta, false, true, Shuffle::Bytes), 1.1),
                (ans(Guess::None), 1.1),
                (ans(Guess::Mean), 1.1),
                (ans(Guess::Plane), 1.1),
                (ans(Guess::Counts), 1.1),
            ],
            Number::Float(_) | Number::Complex(_) => {
                vec![
                    (self.pco(1), 1.0),
                    (self.pco(4), 1.05),
                    (self.pco(8), 1.05),
                    (raw(3), 1.1),
                    (shuffled, 1.1),
                ]
            }
        }
    }
}
