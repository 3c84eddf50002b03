//! How often each token comes in each context, and the slots that a decoder looks tokens up in.

use crate::Result;
use crate::codec::corrupt;

/// Sizes of neighbours that are told apart.
pub(super) const CONTEXTS: usize = 16;
/// Tokens: 0 to 15 are themselves; then two for each power of two.
pub(super) const TOKENS: usize = 72;
/// All tokens of a table take 2 to this many slots.
pub(super) const SLOT_BITS: u32 = 12;
const SLOTS: usize = 1 << SLOT_BITS;
/// Contexts that came less often share a table with their neighbour.
const SHARED_BELOW: u32 = 512;

/// The least weighted sum of neighbours of each context.
const STEPS: [usize; CONTEXTS] = [0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 28, 38, 52, 72, 110, 190];

/// Token, how many bits follow it, and these bits.
#[inline(always)]
pub(super) fn token_of(remainder: u32) -> (usize, u32, u32) {
    if remainder < 16 {
        return (remainder as usize, 0, 0);
    }
    let power = remainder.ilog2();
    let bits = power - 1;
    let token = 16 + 2 * (power as usize - 4) + (remainder >> bits & 1) as usize;
    (token, bits, remainder & ((1 << bits) - 1))
}

/// The tables of one channel.
#[derive(Default)]
pub(super) struct Tables {
    /// The table of each context.
    table: [u8; CONTEXTS],
    frequencies: Vec<[u16; TOKENS]>,
    slots: Vec<u32>,
}

impl Tables {
    pub(super) fn held_bytes(&self) -> usize {
        4 * self.slots.capacity() + size_of::<[u16; TOKENS]>() * self.frequencies.capacity()
    }

    pub(super) fn from_counts(counts: &[[u32; TOKENS]; CONTEXTS]) -> Self {
        let mut tables = Self::default();
        let mut shared = [0_u32; TOKENS];
        let mut first = 0;
        let sum = |counts: &[u32; TOKENS]| counts.iter().sum::<u32>();
        let after: Vec<u32> = (0..CONTEXTS).map(|at| counts[at + 1..].iter().map(sum).sum()).collect();
        for context in 0..CONTEXTS {
            for (shared, count) in shared.iter_mut().zip(&counts[context]) {
                *shared += count;
            }
            let enough = sum(&shared) >= SHARED_BELOW && after[context] >= SHARED_BELOW;
            if enough || context + 1 == CONTEXTS {
                tables.table[first..=context].fill(tables.frequencies.len() as u8);
                tables.frequencies.push(normalised(&shared));
                shared = [0; TOKENS];
                first = context + 1;
            }
        }
        tables
    }

    /// The table for each weighted sum of neighbours.
    pub(super) fn quantiser(&self) -> [u8; 512] {
        let mut context = 0;
        std::array::from_fn(|sum| {
            if context + 1 < CONTEXTS && STEPS[context + 1] <= sum {
                context += 1;
            }
            self.table[context]
        })
    }

    /// The context of each weighted sum of neighbours.
    pub(super) fn contexts() -> [u8; 512] {
        Self { table: std::array::from_fn(|context| context as u8), ..Self::default() }.quantiser()
    }

    /// Slots of `token`, and the slots before it.
    #[inline(always)]
    pub(super) fn frequency(&self, table: u8, cumulated: &[[u16; TOKENS]], token: usize) -> (u32, u32) {
        let table = usize::from(table);
        (self.frequencies[table][token].into(), cumulated[table][token].into())
    }

    pub(super) fn of_context(&self, context: u8) -> u8 {
        self.table[usize::from(context) % CONTEXTS]
    }

    pub(super) fn cumulated(&self) -> Vec<[u16; TOKENS]> {
        self.frequencies
            .iter()
            .map(|frequencies| {
                let mut before = 0;
                frequencies.map(|frequency| {
                    before += frequency;
                    before - frequency
                })
            })
            .collect()
    }

    /// Append them: a bit for each context that begins a table; of each table the last token in 7 bits, then for each
    /// token the bits of its frequency in 4 bits and these bits without their first.
    pub(super) fn write(&self, encoded: &mut Vec<u8>) {
        let begins = (0..CONTEXTS).filter(|at| *at == 0 || self.table[*at] != self.table[at - 1]);
        encoded.extend_from_slice(&begins.map(|at| 1_u16 << at).sum::<u16>().to_le_bytes());
        let (mut held, mut bits) = (0_u64, 0);
        let mut put = |value: u32, width: u32| {
            held |= u64::from(value) << bits;
            bits += width;
            while bits >= 8 {
                encoded.push(held as u8);
                held >>= 8;
                bits -= 8;
            }
        };
        for frequencies in &self.frequencies {
            let last = frequencies.iter().rposition(|frequency| *frequency > 0).unwrap_or(0);
            put(last as u32, 7);
            for frequency in &frequencies[..=last] {
                let width = u16::BITS - frequency.leading_zeros();
                put(width, 4);
                if width > 1 {
                    put(u32::from(*frequency) & ((1 << (width - 1)) - 1), width - 1);
                }
            }
        }
        put(0, 7);
    }

    /// Read what [`Tables::write`] wrote; gives the bytes behind it.
    pub(super) fn read<'a>(&mut self, encoded: &'a [u8]) -> Result<&'a [u8]> {
        let short = || corrupt("ans", "it ends within its tables".into());
        let (begins, body) = encoded.split_first_chunk::<2>().ok_or_else(short)?;
        let begins = u16::from_le_bytes(*begins);
        if begins & 1 == 0 {
            return Err(corrupt("ans", "no table for the first context".into()));
        }
        let mut at = 0_usize;
        let mut take = |width: u32| {
            let byte = at / 8;
            let mut held = 0_u32;
            for (place, byte) in body.get(byte..)?.iter().take(4).enumerate() {
                held |= u32::from(*byte) << (8 * place);
            }
            let value = held >> (at % 8) & ((1 << width) - 1);
            at += width as usize;
            (at <= 8 * body.len()).then_some(value)
        };
        self.frequencies.clear();
        self.slots.resize(CONTEXTS << SLOT_BITS, 0);
        for context in 0..CONTEXTS {
            if begins >> context & 1 == 1 {
                let last = take(7).ok_or_else(short)? as usize;
                if last >= TOKENS {
                    return Err(corrupt("ans", format!("a token {last}")));
                }
                let mut frequencies = [0_u16; TOKENS];
                for frequency in &mut frequencies[..=last] {
                    let width = take(4).ok_or_else(short)?;
                    *frequency = match width {
                        0 => 0,
                        1 => 1,
                        // 4 bits give at most 15, so this stays below 2 to the 15.
                        _ => (1 << (width - 1) | take(width - 1).ok_or_else(short)?) as u16,
                    };
                }
                let all: usize = frequencies.iter().map(|frequency| usize::from(*frequency)).sum();
                if all != SLOTS {
                    return Err(corrupt(
                        "ans",
                        format!("a table of {all} slots where {SLOTS} were expected"),
                    ));
                }
                self.fill(&frequencies);
                self.frequencies.push(frequencies);
            }
            self.table[context] = (self.frequencies.len() - 1) as u8;
        }
        body.get(at.div_ceil(8)..).ok_or_else(short)
    }

    /// Write the slots of the next table: token, its frequency, and the place of the slot among the token's.
    fn fill(&mut self, frequencies: &[u16; TOKENS]) {
        let mut slots = self.slots[self.frequencies.len() << SLOT_BITS..].iter_mut();
        for (token, frequency) in (0_u32..).zip(frequencies) {
            for (place, slot) in (0..u32::from(*frequency)).zip(&mut slots) {
                *slot = token | u32::from(*frequency) << 7 | place << 20;
            }
        }
    }

    /// For each table and slot: token (7 bits), frequency (13), place (12).
    pub(super) fn slots(&self) -> &[u32; CONTEXTS << SLOT_BITS] {
        self.slots.first_chunk().expect("`read` made them as long")
    }
}

/// Counts scaled to fill all slots; no token that came is left without one.
fn normalised(counts: &[u32; TOKENS]) -> [u16; TOKENS] {
    let all: u64 = counts.iter().map(|count| u64::from(*count)).sum();
    let mut frequencies = [0_u16; TOKENS];
    if all == 0 {
        frequencies[0] = SLOTS as u16;
        return frequencies;
    }
    for (frequency, count) in frequencies.iter_mut().zip(counts) {
        if *count > 0 {
            *frequency = ((u64::from(*count) * SLOTS as u64 + all / 2) / all).max(1) as u16;
        }
    }
    loop {
        let sum: i32 = frequencies.iter().map(|frequency| i32::from(*frequency)).sum();
        let over = sum - SLOTS as i32;
        if over == 0 {
            return frequencies;
        }
        let largest = frequencies.iter_mut().max().expect("tokens");
        // Half of the largest at most, so that it stays above zero.
        *largest = (i32::from(*largest) - over.min(i32::from(*largest) / 2)) as u16;
    }
}
