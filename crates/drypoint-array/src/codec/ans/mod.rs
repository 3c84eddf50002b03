//! Our own coder for pictures and counts: each number is guessed from its neighbours, and what is left is entropy-coded by
//! one of several tables, picked by how large the neighbours' remainders were.
//!
//! Byte codecs look for repeated strings, and noise has none; Pcodec sees one dimension and one distribution. Counts of
//! scattered points and camera frames have two dimensions, and a spread that changes from place to place. The entropy
//! coder is rANS (J. Duda, "Asymmetric numeral systems", arXiv 1311.2540). Decoding depends on the number before, so four
//! strips of a chunk are decoded in step to keep the processor busy.

mod lane;
mod rows;
mod table;

pub(super) use rows::Workspace;

use super::layout::Layout;
use super::scratch::Scratch;
use super::word::{Word, with_word};
use super::{Guess, corrupt};
use crate::Result;
use lane::{Reader, push_lane};
use rows::{Head, Rows, Strip, With, strips};
use table::{KEYS, TOKENS, Tables, token_of};

/// Strips that are decoded in step.
const LANES: usize = 4;

/// Numbers of more bits than we code have to be small.
fn fits(signed: bool, wide: u64, width: usize) -> bool {
    width < 8 || if signed { wide as i64 == i64::from(wide as i32) } else { wide >> 32 == 0 }
}

/// Bits of a number here.
fn bits(layout: &Layout) -> u32 {
    8 * layout.width.min(4) as u32
}

/// What a narrow signed number is moved by, so that none is below zero; it stands for zero then.
fn origin(layout: &Layout) -> u32 {
    if layout.signed && layout.width < 4 { 1 << (bits(layout) - 1) } else { 0 }
}

/// What is left of `value` after the guess, small for small distances either way.
fn remainder(bits: u32, value: u32, guess: u32) -> u32 {
    let shift = 32 - bits;
    let distance = (value.wrapping_sub(guess) << shift) as i32 >> shift;
    ((distance << 1) ^ (distance >> 31)) as u32 & (u32::MAX >> shift)
}

/// Append the coded channels; false where a number of 8 bytes is too large.
pub(super) fn encode(
    guess: Guess,
    layout: &Layout,
    items: &[u8],
    scratch: &mut Scratch,
    encoded: &mut Vec<u8>,
) -> Result<bool> {
    layout.to_native(items, &mut scratch.items);
    let native = scratch.items.bytes(items.len());
    with_word!(layout.width, encode_as(guess, layout, native, &mut scratch.ans, encoded))
}

fn encode_as<W: Word>(
    guess: Guess,
    layout: &Layout,
    items: &[u8],
    work: &mut Workspace,
    encoded: &mut Vec<u8>,
) -> Result<bool> {
    for channel in 0..layout.channels {
        work.values.clear();
        let mut all_fit = true;
        work.values.extend(W::of(items)[channel..].iter().step_by(layout.channels).map(|item| {
            let word = W::get(*item);
            all_fit &= fits(layout.signed, word.wide(), W::BYTES);
            word.wide() as u32 ^ origin(layout)
        }));
        if !all_fit {
            return Ok(false);
        }
        encode_channel(guess, layout, work, encoded);
    }
    Ok(true)
}

fn encode_channel(guess: Guess, layout: &Layout, work: &mut Workspace, encoded: &mut Vec<u8>) {
    let (bits, origin) = (bits(layout), origin(layout));
    let strips = strips(layout);
    work.remainders.clear();
    work.keys.clear();
    let mut total = 0_u64;
    let mut counts = Box::new([[0_u32; TOKENS]; KEYS]);
    let rows = &mut work.rows[0];
    for strip in &strips {
        rows.begin(strip.columns);
        for row in 0..strip.rows {
            let at = strip.first + row * strip.columns;
            let guess = guess.in_row(row);
            let mut head = rows.gather(guess, row == 0, origin);
            for (column, value) in work.values[at..at + strip.columns].iter().enumerate() {
                let left_over = if guess == Guess::None && !layout.signed {
                    *value
                } else {
                    remainder(bits, *value, rows.guess(guess, column, &head, origin))
                };
                if guess == Guess::Counts {
                    let key = rows.key(guess, column, &head);
                    counts[key][token_of(left_over).0] += 1;
                    work.keys.push(key as u8);
                }
                total += u64::from(left_over);
                work.remainders.push(left_over);
                head.pass(*value);
            }
            rows.values_mut().copy_from_slice(&work.values[at..at + strip.columns]);
            rows.turn();
        }
    }
    let mut shift = 0;
    if guess != Guess::Counts {
        shift = (total / work.values.len().max(1) as u64 + 1).ilog2().saturating_sub(3);
        for strip in &strips {
            rows.begin(strip.columns);
            for row in 0..strip.rows {
                let at = strip.first + row * strip.columns;
                let mut head = rows.gather(Guess::None, row == 0, origin);
                for (column, left_over) in work.remainders[at..at + strip.columns].iter().enumerate() {
                    let key = rows.key(Guess::None, column, &head);
                    counts[key][token_of(*left_over).0] += 1;
                    work.keys.push(key as u8);
                    let size = head.pass_size(*left_over, shift);
                    rows.set_size(column, size);
                }
                rows.turn();
            }
        }
    }
    let tables = Tables::from_counts(&counts);
    encoded.push(shift as u8);
    tables.write(encoded);
    let lengths = encoded.len();
    encoded.resize(lengths + 4 * LANES, 0);
    for (lane, strip) in strips.iter().enumerate() {
        let range = strip.first..strip.first + strip.rows * strip.columns;
        let start = encoded.len();
        push_lane(&tables, &work.remainders[range.clone()], &work.keys[range], &mut work.words, encoded);
        let length = (encoded.len() - start) as u32;
        encoded[lengths + 4 * lane..lengths + 4 * lane + 4].copy_from_slice(&length.to_le_bytes());
    }
}

/// Undoes [`encode`].
pub(super) fn decode(
    guess: Guess,
    layout: &Layout,
    encoded: &[u8],
    scratch: &mut Scratch,
    items: &mut [u8],
) -> Result<()> {
    let plain = guess == Guess::None && !layout.signed;
    match (guess, plain) {
        (Guess::None, true) => decode_all::<0>(layout, encoded, &mut scratch.ans, items),
        (Guess::None, false) => decode_all::<1>(layout, encoded, &mut scratch.ans, items),
        (Guess::Left, _) => decode_all::<2>(layout, encoded, &mut scratch.ans, items),
        (Guess::Mean, _) => decode_all::<3>(layout, encoded, &mut scratch.ans, items),
        (Guess::Plane, _) => decode_all::<4>(layout, encoded, &mut scratch.ans, items),
        (Guess::Counts, _) => decode_all::<5>(layout, encoded, &mut scratch.ans, items),
    }?;
    layout.restore(items);
    Ok(())
}

/// The guess of a first row, among [`GUESSES`].
const LEFT: usize = 2;
const GUESSES: [Guess; 6] = [Guess::None, Guess::None, Guess::Left, Guess::Mean, Guess::Plane, Guess::Counts];

fn decode_all<const G: usize>(
    layout: &Layout,
    encoded: &[u8],
    work: &mut Workspace,
    items: &mut [u8],
) -> Result<()> {
    let mut rest = encoded;
    for channel in 0..layout.channels {
        rest = decode_channel::<G>(layout, channel, rest, work, items)?;
    }
    if rest.is_empty() {
        return Ok(());
    }
    Err(corrupt("ans", format!("{} B follow the last channel", rest.len())))
}

fn decode_channel<'a, const G: usize>(
    layout: &Layout,
    channel: usize,
    encoded: &'a [u8],
    work: &mut Workspace,
    items: &mut [u8],
) -> Result<&'a [u8]> {
    let short = || corrupt("ans", "it ends within its tables".into());
    let (&shift, rest) = encoded.split_first().ok_or_else(short)?;
    if shift > 31 {
        return Err(corrupt("ans", format!("remainders divided by 2 to the {shift}")));
    }
    let rest = work.tables.read(rest)?;
    let (lengths, mut rest) = rest.split_first_chunk::<{ 4 * LANES }>().ok_or_else(short)?;
    let mut readers = [const { Reader::EMPTY }; LANES];
    for (reader, length) in readers.iter_mut().zip(lengths.as_chunks::<4>().0) {
        let length = u32::from_le_bytes(*length) as usize;
        let (lane, after) = rest.split_at_checked(length).ok_or_else(short)?;
        *reader = Reader::new(lane)?;
        rest = after;
    }
    let strips = strips(layout);
    for (rows, strip) in work.rows.iter_mut().zip(&strips) {
        rows.begin(strip.columns);
    }
    let with = With {
        slots: work.tables.slots(),
        table_of_key: work.tables.table_of_key(),
        shift: shift.into(),
        origin: origin(layout),
        all: u32::MAX >> (32 - bits(layout)),
    };
    for row in 0..strips[0].rows {
        let alive = strips.iter().filter(|strip| row < strip.rows).count();
        if row == 0 && GUESSES[G].in_row(0) != GUESSES[G] {
            decode_row::<LEFT>(row, alive, &strips, &mut work.rows, &mut readers, &with);
        } else {
            decode_row::<G>(row, alive, &strips, &mut work.rows, &mut readers, &with);
        }
        for (rows, strip) in work.rows.iter_mut().zip(&strips).take(alive) {
            put(layout, channel, strip, row, rows.values_mut(), items);
            rows.turn();
        }
    }
    if readers.iter().all(Reader::finished) {
        return Ok(rest);
    }
    Err(corrupt("ans", "its numbers do not end where its bytes do".into()))
}

/// One row of each strip that has one; the four in step as far as all have columns.
fn decode_row<const G: usize>(
    row: usize,
    alive: usize,
    strips: &[Strip; LANES],
    rows: &mut [Rows; LANES],
    readers: &mut [Reader<'_>; LANES],
    with: &With<'_>,
) {
    let mut heads = [const { Head::EMPTY }; LANES];
    for (head, rows) in heads.iter_mut().zip(&mut rows[..alive]) {
        *head = rows.gather(GUESSES[G], row == 0, with.origin);
    }
    let mut common = 0;
    if alive == LANES {
        common = strips[LANES - 1].columns;
        let [a, b, c, d] = &mut *rows;
        let (mut a, mut b, mut c, mut d) = (a.line(), b.line(), c.line(), d.line());
        let [mut ha, mut hb, mut hc, mut hd] = heads;
        let [ra, rb, rc, rd] = &mut *readers;
        let (mut sa, mut sb, mut sc, mut sd) = (ra.taken(), rb.taken(), rc.taken(), rd.taken());
        for column in 0..common {
            a.step::<G>(column, &mut ha, &mut sa, with);
            b.step::<G>(column, &mut hb, &mut sb, with);
            c.step::<G>(column, &mut hc, &mut sc, with);
            d.step::<G>(column, &mut hd, &mut sd, with);
        }
        heads = [ha, hb, hc, hd];
        *readers = [sa, sb, sc, sd];
    }
    for (lane, head) in heads.iter_mut().enumerate().take(alive) {
        let mut line = rows[lane].line();
        for column in common..strips[lane].columns {
            line.step::<G>(column, head, &mut readers[lane], with);
        }
    }
}

/// A decoded row to its place.
fn put(layout: &Layout, channel: usize, strip: &Strip, row: usize, values: &[u32], items: &mut [u8]) {
    fn put_as<W: Word>(layout: &Layout, channel: usize, first: usize, values: &[u32], items: &mut [u8]) {
        let items = &mut W::of_mut(items)[first * layout.channels + channel..];
        let origin = origin(layout);
        let word = |value: &u32| {
            let value = value ^ origin;
            W::low(if layout.signed { value as i32 as u64 } else { u64::from(value) }).put()
        };
        if layout.channels == 1 {
            items.iter_mut().zip(values).for_each(|(item, value)| *item = word(value));
        } else {
            items
                .iter_mut()
                .step_by(layout.channels)
                .zip(values)
                .for_each(|(item, value)| *item = word(value));
        }
    }
    let first = strip.first + row * strip.columns;
    with_word!(layout.width, put_as(layout, channel, first, &values[..strip.columns], items));
}
