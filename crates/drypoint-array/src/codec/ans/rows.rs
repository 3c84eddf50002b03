//! The neighbours of a number: the rows that its guess and its context are made from.

use super::LANES;
use super::lane::Reader;
use super::table::{KEYS, SLOT_BITS, TABLES, Tables};
use crate::codec::Guess;
use crate::codec::layout::Layout;

/// Columns kept beside a row, so that its ends have neighbours too.
const EDGE: usize = 3;
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
    pub(super) keys: Vec<u8>,
    pub(super) words: Vec<u16>,
    pub(super) rows: [Rows; LANES],
    pub(super) tables: Tables,
}

impl Workspace {
    pub(in crate::codec) fn held_bytes(&self) -> usize {
        let rows: usize = self.rows.iter().map(Rows::held_bytes).sum();
        4 * (self.values.capacity() + self.remainders.capacity())
            + self.keys.capacity()
            + 2 * self.words.capacity()
            + rows
            + self.tables.held_bytes()
    }
}

/// One lane's row, and the two above it, each with edges.
#[derive(Default)]
pub(super) struct Rows {
    columns: usize,
    /// Values: this row, the one above, the one above that.
    values: [Vec<u32>; 3],
    /// Remainders, divided and bounded, of the same rows.
    sizes: [Vec<u8>; 3],
    /// 32 times the mean of each column, of `Counts`: a row counts for an eighth, those above it for the rest.
    means: Vec<u32>,
    /// What the rows above add to the guess of each number.
    base: Vec<u32>,
    /// What the rows above add to the size of what is around each number.
    sums: Vec<u16>,
}

/// What a lane knows of the numbers just before: the nearest first.
#[derive(Clone, Copy)]
pub(super) struct Head {
    left: [u32; 3],
    size: [u32; 2],
    /// What the numbers to the left count for, of `Counts`.
    weight: u32,
}

impl Head {
    pub(super) const EMPTY: Self = Self { left: [0; 3], size: [0; 2], weight: 1 };

    #[inline(always)]
    pub(super) fn pass(&mut self, value: u32) {
        self.left = [value, self.left[0], self.left[1]];
    }

    #[inline(always)]
    pub(super) fn pass_size(&mut self, remainder: u32, shift: u32) -> u8 {
        let size = (remainder >> shift).min(MOST);
        self.size = [size, self.size[0]];
        size as u8
    }
}

impl Rows {
    fn held_bytes(&self) -> usize {
        let values: usize = self.values.iter().map(Vec::capacity).sum();
        let sizes: usize = self.sizes.iter().map(Vec::capacity).sum();
        sizes + 4 * (values + self.means.capacity() + self.base.capacity()) + 2 * self.sums.capacity()
    }

    /// A strip of so many columns begins: nothing is above it.
    pub(super) fn begin(&mut self, columns: usize) {
        self.columns = columns;
        for row in &mut self.values {
            row.clear();
            row.resize(columns + 2 * EDGE, 0);
        }
        for row in &mut self.sizes {
            row.clear();
            row.resize(columns + 2 * EDGE, 0);
        }
        self.means.clear();
        self.base.resize(columns, 0);
        self.sums.resize(columns, 0);
    }

    /// A row begins: gather what those above it say. `first` has none above.
    pub(super) fn gather(&mut self, guess: Guess, first: bool, origin: u32) -> Head {
        let columns = self.columns;
        let row = |row: &[u32], shift: usize| -> std::ops::Range<usize> {
            debug_assert!(row.len() >= columns + 2 * EDGE);
            shift..shift + columns
        };
        let [_, above, higher] = &self.values;
        let n = |shift: isize| &above[row(above, (EDGE as isize + shift) as usize)];
        let nn = |shift: isize| &higher[row(higher, (EDGE as isize + shift) as usize)];
        let base = &mut self.base[..columns];
        match guess {
            Guess::None | Guess::Left => {}
            Guess::Mean => {
                for (((base, a), b), c) in base.iter_mut().zip(n(-1)).zip(n(0)).zip(n(1)) {
                    *base = a.wrapping_add(*b).wrapping_add(*c).wrapping_add(2);
                }
            }
            Guess::Plane => {
                for ((base, a), b) in base.iter_mut().zip(n(-1)).zip(n(0)) {
                    *base = b.wrapping_sub(*a);
                }
            }
            Guess::Counts if first => base.fill(0),
            Guess::Counts => {
                if self.means.is_empty() {
                    self.means.extend(above.iter().map(|value| value << 5));
                } else {
                    for (mean, value) in self.means.iter_mut().zip(above) {
                        *mean = (*mean - (*mean >> 3)).wrapping_add(value << 2);
                    }
                }
                let near = base.iter_mut().zip(n(-1)).zip(n(0)).zip(n(1));
                for (((base, a), b), c) in near {
                    *base = (a.wrapping_add(*c).wrapping_mul(3)).wrapping_add(b.wrapping_mul(4));
                }
                for (((base, a), b), (c, d)) in
                    base.iter_mut().zip(n(-2)).zip(n(2)).zip(n(-3).iter().zip(n(3)))
                {
                    let far = a.wrapping_add(*b).wrapping_mul(2).wrapping_add(*c).wrapping_add(*d);
                    *base = base.wrapping_add(far);
                }
                let higher = nn(-2).iter().zip(nn(-1)).zip(nn(0)).zip(nn(1)).zip(nn(2));
                for (base, ((((a, b), c), d), e)) in base.iter_mut().zip(higher) {
                    let sum =
                        a.wrapping_add(*b).wrapping_add(c.wrapping_mul(2)).wrapping_add(*d).wrapping_add(*e);
                    *base = base.wrapping_add(sum);
                }
                let mean = |shift: usize| &self.means[shift..shift + columns];
                let wide = mean(0).iter().zip(mean(1)).zip(mean(2)).zip(mean(3));
                let wide = wide.zip(mean(4).iter().zip(mean(5)).zip(mean(6)));
                for (base, ((((a, b), c), d), ((e, f), g))) in base.iter_mut().zip(wide) {
                    let sum = [b, c, d, d, e, f, g].into_iter().fold(*a, |sum, mean| sum.wrapping_add(*mean));
                    *base = base.wrapping_add(sum >> 3);
                }
            }
        }
        if guess != Guess::Counts {
            let [_, above, higher] = &self.sizes;
            let n = |shift: usize| &above[shift..shift + columns];
            let around = n(0).iter().zip(n(1)).zip(n(2)).zip(n(3)).zip(n(4)).zip(&higher[2..2 + columns]);
            let wide = |size: &u8| u16::from(*size);
            for (sum, (((((a, b), c), d), e), f)) in self.sums.iter_mut().zip(around) {
                *sum = 2 * wide(c) + wide(b) + wide(d) + (wide(a) + wide(e) + wide(f)).div_ceil(2);
            }
        }
        let left = match guess {
            _ if first => origin,
            Guess::None => 0,
            _ => above[EDGE],
        };
        Head { left: [left; 3], size: [0; 2], weight: if first { 6 } else { 1 } }
    }

    /// The guess at `column`, and the size of what is around it.
    pub(super) fn guess(&self, guess: Guess, column: usize, head: &Head, origin: u32) -> u32 {
        guessed(guess, self.base[column], head, origin)
    }

    /// Of [`super::encode`]: the key of the number at `column`.
    pub(super) fn key(&self, guess: Guess, column: usize, head: &Head) -> usize {
        key(guess, self.base[column], self.sums[column], head)
    }

    /// This row's numbers.
    pub(super) fn values_mut(&mut self) -> &mut [u32] {
        &mut self.values[0][EDGE..EDGE + self.columns]
    }

    pub(super) fn set_size(&mut self, column: usize, size: u8) {
        self.sizes[0][column + 2] = size;
    }

    /// This row is above now; beyond its ends stand copies of them.
    pub(super) fn turn(&mut self) {
        if self.columns > 0 {
            let here = &mut self.values[0];
            let last = EDGE + self.columns - 1;
            let (first, end) = (here[EDGE], here[last]);
            here[..EDGE].fill(first);
            here[last + 1..last + 1 + EDGE].fill(end);
        }
        self.values.rotate_right(1);
        self.sizes.rotate_right(1);
    }

    /// This row, to be decoded.
    pub(super) fn line(&mut self) -> Line<'_> {
        let columns = self.columns;
        Line {
            sizes: &mut self.sizes[0][2..2 + columns],
            sums: &self.sums[..columns],
            base: &self.base[..columns],
            values: &mut self.values[0][EDGE..EDGE + columns],
        }
    }
}

/// Small sums are told apart, larger ones by quarters of a power of two.
#[inline(always)]
fn key_of(sum: u32) -> usize {
    let power = (sum | 1).ilog2();
    let large = 4 * power + (sum >> (power.max(2) - 2)) + 8;
    (if sum < 32 { sum } else { large }) as usize
}

#[inline(always)]
fn key(guess: Guess, base: u32, sum: u16, head: &Head) -> usize {
    match guess {
        Guess::Counts => key_of(around(base, head)),
        _ => key_of(u32::from(sum) + 2 * head.size[0] + head.size[1].div_ceil(2)),
    }
}

/// 64 times the mean of what is around.
#[inline(always)]
fn around(base: u32, head: &Head) -> u32 {
    let [a, b, c] = head.left;
    let left = a.wrapping_mul(5).wrapping_add(b.wrapping_mul(3)).wrapping_add(c.wrapping_mul(2));
    base.wrapping_add(left.wrapping_mul(head.weight))
}

#[inline(always)]
fn guessed(guess: Guess, base: u32, head: &Head, origin: u32) -> u32 {
    match guess {
        Guess::None => origin,
        Guess::Left => head.left[0],
        Guess::Mean => (base.wrapping_add(head.left[0]) as i32 >> 2) as u32,
        Guess::Plane => base.wrapping_add(head.left[0]),
        Guess::Counts => around(base, head).wrapping_add(32) >> 6,
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
        let guess = super::GUESSES[G];
        let key = key(guess, self.base[column], self.sums[column], head);
        let remainder = reader.next(with.slots, with.table_of_key[key]);
        if guess != Guess::Counts {
            self.sizes[column] = head.pass_size(remainder, with.shift);
        }
        let value = if G == 0 {
            remainder
        } else {
            let guess = guessed(guess, self.base[column], head, with.origin);
            let distance = (remainder >> 1) ^ (remainder & 1).wrapping_neg();
            guess.wrapping_add(distance) & with.all
        };
        head.pass(value);
        self.values[column] = value;
    }
}

/// What all lanes are decoded with.
pub(super) struct With<'a> {
    pub slots: &'a [u32; TABLES << SLOT_BITS],
    pub table_of_key: &'a [u8; KEYS],
    pub shift: u32,
    /// The number that stands for nothing before.
    pub origin: u32,
    /// The bits of a number.
    pub all: u32,
}
