//! One strip's numbers as a rANS state and 16-bit words: written from the last number to the first, read forwards.

use super::table::{SLOT_BITS, TABLES, Tables, token_of};
use crate::Result;
use crate::codec::corrupt;

/// A state is at least this; below it a word is read.
const LEAST: u32 = 1 << 16;
/// The bits behind a token are coded in pieces of at most so many.
const PIECE: u32 = 15;

/// Append the state and the words of one strip.
pub(super) fn push_lane(
    tables: &Tables,
    remainders: &[u32],
    keys: &[u8],
    words: &mut Vec<u16>,
    encoded: &mut Vec<u8>,
) {
    let cumulated = tables.cumulated();
    words.clear();
    let mut state = LEAST;
    for (&remainder, &key) in remainders.iter().zip(keys).rev() {
        let (token, bits, rest) = token_of(remainder);
        if bits > PIECE {
            push_bits(&mut state, words, bits - PIECE, rest >> PIECE);
            push_bits(&mut state, words, PIECE, rest & ((1 << PIECE) - 1));
        } else if bits > 0 {
            push_bits(&mut state, words, bits, rest);
        }
        let (frequency, before) =
            tables.frequency(tables.table_of_key()[usize::from(key)], &cumulated, token);
        if u64::from(state) >= u64::from(frequency) << (32 - SLOT_BITS) {
            words.push(state as u16);
            state >>= 16;
        }
        state = ((state / frequency) << SLOT_BITS) + state % frequency + before;
    }
    encoded.extend_from_slice(&state.to_le_bytes());
    encoded.extend(words.iter().rev().flat_map(|word| word.to_le_bytes()));
}

fn push_bits(state: &mut u32, words: &mut Vec<u16>, bits: u32, value: u32) {
    if *state >= 1 << (32 - bits) {
        words.push(*state as u16);
        *state >>= 16;
    }
    *state = *state << bits | value;
}

/// Reads one strip's numbers.
pub(super) struct Reader<'a> {
    state: u32,
    /// Words read, also past the end.
    at: usize,
    words: &'a [[u8; 2]],
}

impl<'a> Reader<'a> {
    pub(super) const EMPTY: Self = Self { state: LEAST, at: 0, words: &[] };

    pub(super) fn new(lane: &'a [u8]) -> Result<Self> {
        match lane.split_first_chunk::<4>() {
            Some((state, words)) if words.len().is_multiple_of(2) => {
                Ok(Self { state: u32::from_le_bytes(*state), at: 0, words: words.as_chunks().0 })
            }
            _ => Err(corrupt("ans", format!("a strip of {} B", lane.len()))),
        }
    }

    /// Itself, to be put back: a loop keeps it in registers then.
    pub(super) fn taken(&mut self) -> Self {
        std::mem::replace(self, Self::EMPTY)
    }

    /// Whether all was read, and nothing more, and the state is the one that writing began with.
    pub(super) fn finished(&self) -> bool {
        self.state == LEAST && self.at == self.words.len()
    }

    #[inline(always)]
    fn refill(&mut self) {
        // Without a branch: whether a word is due is as good as random. Behind the end are zeros; `finished` tells.
        let word = self.words.get(self.at).copied().unwrap_or_default();
        let filled = self.state << 16 | u32::from(u16::from_le_bytes(word));
        let due = self.state < LEAST;
        self.state = std::hint::select_unpredictable(due, filled, self.state);
        self.at += usize::from(due);
    }

    #[inline(always)]
    fn bits(&mut self, bits: u32) -> u32 {
        let value = self.state & ((1 << bits) - 1);
        self.state >>= bits;
        self.refill();
        value
    }

    /// The next number, by a table.
    #[inline(always)]
    pub(super) fn next(&mut self, slots: &[u32; TABLES << SLOT_BITS], table: u8) -> u32 {
        let slot = usize::from(table) << SLOT_BITS | (self.state & ((1 << SLOT_BITS) - 1)) as usize;
        let entry = slots[slot & (slots.len() - 1)];
        self.state = (entry >> 7 & 0x1fff).wrapping_mul(self.state >> SLOT_BITS).wrapping_add(entry >> 20);
        self.refill();
        let token = entry & 127;
        if token < 16 { token } else { self.long(token) }
    }

    /// The number of a token that bits follow.
    #[inline(always)]
    fn long(&mut self, token: u32) -> u32 {
        let bits = (token - 16) / 2 + 3;
        let top = 2 | token & 1;
        let rest = if bits > PIECE {
            let low = self.bits(PIECE);
            self.bits(bits - PIECE) << PIECE | low
        } else {
            self.bits(bits)
        };
        top << bits | rest
    }
}
