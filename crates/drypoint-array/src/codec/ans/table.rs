//! How often each token comes in each context, and the slots that a decoder looks tokens up in.

use crate::Result;
use crate::codec::corrupt;

/// What is around a number is one of so many keys.
pub(super) const KEYS: usize = 256;
/// Tables at most; keys next to each other share one.
pub(super) const TABLES: usize = 32;
/// Tokens: 0 to 15 are themselves; then two for each power of two.
pub(super) const TOKENS: usize = 72;
/// All tokens of a table take 2 to this many slots.
pub(super) const SLOT_BITS: u32 = 12;
const SLOTS: usize = 1 << SLOT_BITS;

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
pub(super) struct Tables {
    /// The table of each key.
    table: [u8; KEYS],
    frequencies: Vec<[u16; TOKENS]>,
    slots: Vec<u32>,
}

impl Default for Tables {
    fn default() -> Self {
        Self { table: [0; KEYS], frequencies: Vec::new(), slots: Vec::new() }
    }
}

impl Tables {
    pub(super) fn held_bytes(&self) -> usize {
        4 * self.slots.capacity() + size_of::<[u16; TOKENS]>() * self.frequencies.capacity()
    }

    /// From how often each token came with each key: neighbours share a table where that takes fewer bits than two, the pair
    /// that gains most first.
    pub(super) fn from_counts(counts: &[[u32; TOKENS]; KEYS]) -> Self {
        let seen = |counts: &&[u32; TOKENS]| counts.iter().any(|count| *count > 0);
        let mut groups: Vec<Group> = (0..KEYS)
            .zip(counts)
            .filter(|(_, counts)| seen(counts))
            .map(|(key, counts)| Group::new(key, *counts))
            .collect();
        if groups.is_empty() {
            groups.push(Group::new(0, [0; TOKENS]));
        }
        // What it would cost to make one of a group and the next.
        let mut pairs: Vec<f32> = groups.windows(2).map(|pair| pair[0].price(&pair[1])).collect();
        while let Some((at, price)) =
            pairs.iter().copied().enumerate().min_by(|(_, one), (_, other)| one.total_cmp(other))
            && (price <= 0.0 || groups.len() > TABLES)
        {
            let next = groups.remove(at + 1);
            groups[at] = groups[at].with(&next);
            pairs.remove(at);
            if let Some(pair) = pairs.get_mut(at) {
                *pair = groups[at].price(&groups[at + 1]);
            }
            if at > 0 {
                pairs[at - 1] = groups[at - 1].price(&groups[at]);
            }
        }
        let mut tables = Self::default();
        for (number, group) in groups.iter().enumerate() {
            let first = if number == 0 { 0 } else { group.first };
            let end = groups.get(number + 1).map_or(KEYS, |next| next.first);
            tables.table[first..end].fill(number as u8);
            tables.frequencies.push(normalised(&group.counts));
        }
        tables
    }

    /// The table of each key.
    pub(super) fn table_of_key(&self) -> &[u8; KEYS] {
        &self.table
    }

    /// Slots of `token`, and the slots before it.
    #[inline(always)]
    pub(super) fn frequency(&self, table: u8, cumulated: &[[u16; TOKENS]], token: usize) -> (u32, u32) {
        let table = usize::from(table);
        (self.frequencies[table][token].into(), cumulated[table][token].into())
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

    /// Append them: how many less one, the first key of each but the first; of each the last token in 7 bits, then for
    /// each token the bits of its frequency in 4 bits and these bits without their first.
    pub(super) fn write(&self, encoded: &mut Vec<u8>) {
        encoded.push((self.frequencies.len() - 1) as u8);
        let begins = (1..KEYS).filter(|key| self.table[*key] != self.table[key - 1]);
        encoded.extend(begins.map(|key| key as u8));
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
        let (&more, body) = encoded.split_first().ok_or_else(short)?;
        let more = usize::from(more);
        let (begins, body) = body.split_at_checked(more).ok_or_else(short)?;
        if more >= TABLES || !begins.is_sorted_by(|a, b| a < b) || begins.first() == Some(&0) {
            return Err(corrupt("ans", format!("tables that begin at {begins:?}")));
        }
        let mut key = 0;
        for (table, end) in (0_u8..).zip(begins.iter().map(|begin| usize::from(*begin)).chain([KEYS])) {
            self.table[key..end].fill(table);
            key = end;
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
        self.slots.resize(TABLES << SLOT_BITS, 0);
        for _ in 0..=more {
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
                return Err(corrupt("ans", format!("a table of {all} slots where {SLOTS} were expected")));
            }
            self.fill(&frequencies);
            self.frequencies.push(frequencies);
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
    pub(super) fn slots(&self) -> &[u32; TABLES << SLOT_BITS] {
        self.slots.first_chunk().expect("`read` made them as long")
    }
}

/// Keys next to each other, from `first` on, that share a table.
struct Group {
    first: usize,
    counts: [u32; TOKENS],
    /// What its table takes, and all that is coded by it.
    bits: f32,
}

impl Group {
    fn new(first: usize, counts: [u32; TOKENS]) -> Self {
        let all: f32 = counts.iter().map(|count| *count as f32).sum();
        let mut bits = 15.0;
        let mut empty = 0.0;
        for count in counts {
            if count == 0 {
                empty += 4.0;
                continue;
            }
            // Its share of the slots, at least one, and the bits that the table says it in.
            let slots = (count as f32 * (SLOTS as f32 / all)).max(1.0);
            let width = slots.log2();
            bits += std::mem::take(&mut empty) + 4.0 + width.floor();
            bits += count as f32 * (SLOT_BITS as f32 - width);
        }
        Self { first, counts, bits }
    }

    fn with(&self, next: &Self) -> Self {
        let mut counts = self.counts;
        counts.iter_mut().zip(next.counts).for_each(|(count, more)| *count += more);
        Self::new(self.first, counts)
    }

    /// Bits that are lost, or won below 0, where both share a table.
    fn price(&self, next: &Self) -> f32 {
        self.with(next).bits - self.bits - next.bits
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
