//! A chunk as codecs see it: rows of pixels of one or more channels of numbers.

use super::scratch::Words;
use super::word::{Word, with_word};
use crate::{ArrayError, DType, Number, Result};

/// How many numbers lie where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Bytes of a number; of a whole string. 0 where items have no bytes.
    pub width: usize,
    /// Rows of the chunk, all but the last dimension (the last two, of an image with channels) taken together.
    pub rows: usize,
    /// Pixels in a row.
    pub columns: usize,
    /// Numbers in a pixel: 2 of complex numbers, 2 to 4 where the last dimension of 8 or 16 bits is that short.
    pub channels: usize,
    pub signed: bool,
    /// Whether the items' bytes are in the other order than the machine's.
    pub swapped: bool,
}

impl Layout {
    pub(super) fn of(dtype: &DType, shape: &[usize], bytes: usize) -> Result<Self> {
        let items = shape.iter().try_fold(1_usize, |items, length| items.checked_mul(*length));
        if items.and_then(|items| items.checked_mul(dtype.item_bytes())) != Some(bytes) {
            let what = format!("{bytes} B are no chunk of {shape:?} items of type {:?}", dtype.name());
            return Err(ArrayError::Corrupt { codec: "chunk", what });
        }
        let (width, mut channels) = match dtype.number() {
            Number::Complex(part) => (usize::from(part), 2),
            _ => (dtype.item_bytes(), 1),
        };
        let (mut rows, mut columns) = match shape {
            [] => (1, 1),
            [all @ .., last] => (all.iter().product(), *last),
        };
        let pixels = matches!(dtype.number(), Number::Unsigned(1 | 2) | Number::Signed(1 | 2));
        if let ([all @ .., columns_of, last @ 2..=4], true) = (shape, pixels)
            && !all.is_empty()
        {
            (rows, columns, channels) = (all.iter().product(), *columns_of, *last);
        }
        if columns == 1 {
            // A column is a row to whoever looks at neighbours.
            (rows, columns) = (1, rows);
        }
        let signed = matches!(dtype.number(), Number::Signed(_));
        let swapped = dtype.swapped() && width > 1 && dtype.number() != Number::Opaque;
        Ok(Self { width, rows, columns, channels, signed, swapped })
    }

    /// All numbers.
    pub(super) fn numbers(&self) -> usize {
        self.rows * self.columns * self.channels
    }

    pub(super) fn bytes(&self) -> usize {
        self.numbers() * self.width
    }

    /// Numbers in a row.
    pub(super) fn row_numbers(&self) -> usize {
        self.columns * self.channels
    }

    /// The items in native order, copied to `target`.
    pub(super) fn to_native(self, items: &[u8], target: &mut Words) {
        let target = target.bytes_mut(items.len());
        if self.swapped {
            with_word!(self.width, swap_to(items, target));
        } else {
            target.copy_from_slice(items);
        }
    }

    /// Native items, put in the array's order where they are.
    pub(super) fn from_native(self, items: &mut [u8]) {
        if self.swapped {
            with_word!(self.width, swap_in_place(items));
        }
    }
}

fn swap_to<W: Word>(items: &[u8], target: &mut [u8]) {
    for (item, to) in items.chunks_exact(W::BYTES).zip(target.chunks_exact_mut(W::BYTES)) {
        W::read(item).swap().write(to);
    }
}

fn swap_in_place<W: Word>(items: &mut [u8]) {
    for item in items.chunks_exact_mut(W::BYTES) {
        W::read(item).swap().write(item);
    }
}
