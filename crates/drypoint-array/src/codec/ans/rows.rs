//! The neighbours of a number: the rows that its guess and its context are made from.

use super::LANES;
use super::lane::Reader;
use super::table::{CONTEXTS, SLOT_BITS, Tables};
use crate::codec::Guess;
use crate::codec::layout::Layout;

/// Columns kept beside a row, so that its ends have neighbours too.
const EDGE: usize = 2;
/// Remainders count for at most so much in a context.
const MOST: u32 = 63;

/// Rows of a chunk that one lane codes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Strip {
    /// Its first pixel.
    pub first: usize,
    pub rows: usize,
    pub columns: usize,
}

/// Four strips of a channel, one below the other, the first ones as high as any; of fewer than four rows, four pieces of
/// their sequence.
pub(super) fn strips(layout: &Layout) -> [Strip; LANES] {
    let (rows, columns) = if layout.rows < LANES {
        let all = layout.rows * layout.columns;
        let (each, more) = (all / LANES, all % LANES);
        let mut first = 0;
        return std::array::from_fn(|lane| {
            let columns = each + usize::from(lane < more);
            let strip = Strip { first, rows: 1, columns };
            first += columns;
            strip
        });
    } else {
        (layout.rows, layout.columns)
    };
    let (each, more) = (rows / LANES, rows % LANES);
    let mut first = 0;
    std::array::from_fn(|lane| {
        let rows = each + usize::from(lane < more);
        let strip = Strip { first, rows, columns };
        first += rows * columns;
        strip
    })
}

/// What an encoder or decoder keeps between chunks.
#[derive(Default)]
pub(in crate::codec) struct Workspace {
    pub(super) values: Vec<u32>,
    pub(super) remainders: Vec<u32>,
    pub(super) contexts: Vec<u8>,
    pub(super) words: Vec<u16>,
    pub(super) rows: [Rows; LANES],
    pub(super) tables: Tables,
}

impl Workspace {
    pub(in crate::codec) fn held_bytes(&self) -> usize {
        let rows: usize = self.rows.iter().map(Rows::held_bytes).sum();
        4 * (self.values.capacity() + self.remainders.capacity())
            + self.contexts.capacity()
            + 2 * self.words.capacity()
            + rows
            + self.tables.held_bytes()
    }
}

/// One lane's row, and the two above it.
#[derive(Default)]
pub(super) struct Rows {
    /// Remainders, divided and bounded: this row, the one above, the one above that; each with edges.
    here: Vec<u8>,
    above: Vec<u8>,
    higher: Vec<u8>,
    /// What the rows above add to each context.
    sums: Vec<u16>,
    /// What the row above adds to each guess.
    base: Vec<u32>,
    /// This row's values; at the beginning of a row still those above.
    values: Vec<u32>,
}

/// What a lane knows of the numbers just before.
#[derive(Clone, Copy, Default)]
pub(super) struct Head {
    left: u32,
    size: u32,
    before: u32,
}

impl Head {
    pub(super) const EMPTY: Self = Self { left: 0, size: 0, before: 0 };
}

impl Rows {
    fn held_bytes(&self) -> usize {
        3 * self.here.capacity()
            + 2 * self.sums.capacity()
            + 4 * (self.base.capacity() + self.values.capacity())
    }

    /// A strip of so many columns begins: nothing is above it.
    pub(super) fn begin(&mut self, columns: usize) {
        for row in [&mut self.here, &mut self.above, &mut self.higher] {
            row.clear();
            row.resize(columns + 2 * EDGE, 0);
        }
        self.sums.resize(columns, 0);
        self.base.resize(columns, 0);
        self.values.clear();
        self.values.resize(columns, 0);
    }

    /// What the rows above say about the size of each remainder of this one.
    pub(super) fn sums(&mut self) {
        let columns = self.sums.len();
        let (n, nn) = (&self.above[..columns + 2 * EDGE], &self.higher[..columns + 2 * EDGE]);
        for (at, sum) in self.sums.iter_mut().enumerate() {
            let near = 2 * u16::from(n[at + 2]) + u16::from(n[at + 1]) + u16::from(n[at + 3]);
            *sum = near + (u16::from(n[at]) + u16::from(n[at + 4]) + u16::from(nn[at + 2])).div_ceil(2);
        }
    }

    /// Of [`super::encode`]: the table for the number at `column`.
    pub(super) fn context(&self, column: usize, quantiser: &[u8; 512]) -> usize {
        let size = u32::from(self.here[column + EDGE - 1]);
        let before = u32::from(self.here[column + EDGE - 2]);
        context(self.sums[column], size, before, quantiser)
    }

    pub(super) fn set(&mut self, column: usize, remainder: u32, shift: u32) {
        self.here[column + EDGE] = (remainder >> shift).min(MOST) as u8;
    }

    /// This row is above now.
    pub(super) fn turn(&mut self) {
        std::mem::swap(&mut self.higher, &mut self.above);
        std::mem::swap(&mut self.above, &mut self.here);
    }

    /// What the row above, of `above` values, adds to the guesses of this one.
    pub(super) fn base(&mut self, guess: Guess, above: &[u32]) {
        self.base.resize(above.len(), 0);
        base_of(guess, above, &mut self.base);
    }

    /// The same from the row that was decoded last.
    pub(super) fn base_above(&mut self, guess: Guess) {
        base_of(guess, &self.values, &mut self.base);
    }

    /// Where a row begins that is guessed so; in a first row nothing is above.
    pub(super) fn head(&self, guess: Guess, first: bool, origin: u32) -> Head {
        let above = if guess == Guess::Left && !first { self.values.first() } else { None };
        let left = if first { origin } else { above.copied().unwrap_or(0) };
        Head { left, size: 0, before: 0 }
    }

    /// The guess at `column`.
    pub(super) fn guess(&self, guess: Guess, column: usize, left: u32, origin: u32) -> u32 {
        guessed(guess, self.base[column], left, origin)
    }

    pub(super) fn values(&self) -> &[u32] {
        &self.values
    }

    /// This row, to be decoded.
    pub(super) fn line(&mut self, columns: usize) -> Line<'_> {
        Line {
            sizes: &mut self.here[EDGE..EDGE + columns],
            sums: &self.sums[..columns],
            base: &self.base[..columns],
            values: &mut self.values[..columns],
        }
    }
}

#[inline(always)]
fn context(sum: u16, size: u32, before: u32, quantiser: &[u8; 512]) -> usize {
    usize::from(quantiser[(u32::from(sum) + 2 * size + before.div_ceil(2)) as usize & 511])
}

#[inline(always)]
fn guessed(guess: Guess, base: u32, left: u32, origin: u32) -> u32 {
    match guess {
        Guess::None => origin,
        Guess::Left => left,
        Guess::Mean => (base.wrapping_add(left) as i32 >> 2) as u32,
        Guess::Plane => base.wrapping_add(left),
    }
}

fn base_of(guess: Guess, above: &[u32], base: &mut [u32]) {
    let columns = base.len().min(above.len());
    let above = &above[..columns];
    let at = |column: usize| above[column.min(columns - 1)];
    match guess {
        Guess::None | Guess::Left => {}
        Guess::Mean if columns > 0 => {
            let sum = |left: u32, here: u32, right: u32| {
                left.wrapping_add(here).wrapping_add(right).wrapping_add(2)
            };
            // Left of the first number stands the one above it.
            base[0] = sum(at(0), at(0), at(1)).wrapping_add(at(0));
            for column in 1..columns - usize::from(columns > 1) {
                base[column] = sum(above[column - 1], above[column], above[column + 1]);
            }
            if columns > 1 {
                base[columns - 1] = sum(at(columns - 2), at(columns - 1), at(columns - 1));
            }
        }
        Guess::Mean => {}
        Guess::Plane => {
            for (column, base) in base.iter_mut().enumerate() {
                *base = above[column].wrapping_sub(if column > 0 { above[column - 1] } else { 0 });
            }
        }
    }
}

/// A row that is being decoded.
pub(super) struct Line<'a> {
    sizes: &'a mut [u8],
    sums: &'a [u16],
    base: &'a [u32],
    values: &'a mut [u32],
}

impl Line<'_> {
    /// Decode the number at `column`. `G` is the place of the guess among [`super::GUESSES`].
    #[inline(always)]
    pub(super) fn step<const G: usize>(
        &mut self,
        column: usize,
        head: &mut Head,
        reader: &mut Reader<'_>,
        with: &With<'_>,
    ) {
        let context = context(self.sums[column], head.size, head.before, with.quantiser);
        let remainder = reader.next(with.slots, context << SLOT_BITS);
        head.before = head.size;
        head.size = (remainder >> with.shift).min(MOST);
        self.sizes[column] = head.size as u8;
        let value = if G == 0 {
            remainder
        } else {
            let guess = guessed(super::GUESSES[G], self.base[column], head.left, with.origin);
            let distance = (remainder >> 1) ^ (remainder & 1).wrapping_neg();
            guess.wrapping_add(distance) & with.all
        };
        head.left = value;
        self.values[column] = value;
    }
}

/// What all lanes are decoded with.
pub(super) struct With<'a> {
    pub slots: &'a [u32; CONTEXTS << SLOT_BITS],
    pub quantiser: &'a [u8; 512],
    pub shift: u32,
    /// The number that stands for nothing before.
    pub origin: u32,
    /// The bits of a number.
    pub all: u32,
}
