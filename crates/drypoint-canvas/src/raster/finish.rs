//! From what was folded to the numbers of the picture.

use std::ops::Range;

use super::Method;
use super::fold::{Block, Fold, Window};
use crate::raw::Item;

impl Fold {
    fn weighs(&self) -> bool {
        matches!(self.method, Method::Area | Method::Bilinear)
    }

    /// Call `put(to, from, column)` for the items of a line of a window and their places on the canvas.
    #[inline(always)]
    pub(super) fn line<A, B>(
        &self,
        row: usize,
        columns: &Range<usize>,
        to: &mut [A],
        from: &[B],
        mut put: impl FnMut(&mut A, &B, usize),
    ) {
        let (places, flipped) = self.columns.places(columns);
        let start = self.rows.place(row) * self.columns.taps.len();
        let to = &mut to[(start + places.start) * self.bands..(start + places.end) * self.bands];
        match (self.bands, flipped) {
            (1, false) => {
                for ((to, from), column) in to.iter_mut().zip(from).zip(columns.clone()) {
                    put(to, from, column);
                }
            }
            (bands, flipped) => {
                let from = from.chunks_exact(bands).zip(columns.clone());
                for (place, (from, column)) in from.enumerate() {
                    let place = if flipped { columns.len() - 1 - place } else { place };
                    for (to, from) in to[place * bands..(place + 1) * bands].iter_mut().zip(from) {
                        put(to, from, column);
                    }
                }
            }
        }
    }

    /// Write the finished pixels of a window to their place on the canvas; wide integers stay in their order.
    pub(super) fn finish<T: Item>(&self, window: &Window, block: &Block, cells: &mut [u64]) {
        let width = window.columns.len() * self.bands;
        let totals = &self.columns.totals[..];
        for (at, row) in window.rows.clone().enumerate() {
            let line = &block.cells[at * width..(at + 1) * width];
            let down = self.rows.totals[row];
            match (self.weighs(), &block.weights) {
                (false, _) => self.line(row, &window.columns, cells, line, |to, from, _| *to = *from),
                (true, None) => self.line(row, &window.columns, cells, line, |to, from, column| {
                    *to = mean(*from, down * totals[column]);
                }),
                (true, Some(weights)) => {
                    self.line(row, &window.columns, cells, line, |to, from, _| *to = *from);
                    let weights = &weights[at * width..(at + 1) * width];
                    self.line(row, &window.columns, cells, weights, |to, weight, _| *to = mean(*to, *weight));
                }
            }
        }
    }

    /// Finish, where they are, sums that were merged on the canvas.
    pub(super) fn finish_merged(&self, cells: &mut [u64], weights: &[f64]) {
        if !self.weighs() {
            return;
        }
        if !weights.is_empty() {
            cells.iter_mut().zip(weights).for_each(|(cell, weight)| *cell = mean(*cell, *weight));
            return;
        }
        let width = self.columns.taps.len() * self.bands;
        for (row, down) in self.rows.totals.iter().enumerate() {
            let line = &mut cells[self.rows.place(row) * width..(self.rows.place(row) + 1) * width];
            for (column, across) in self.columns.totals.iter().enumerate() {
                let at = self.columns.place(column) * self.bands;
                for cell in &mut line[at..at + self.bands] {
                    *cell = mean(*cell, down * across);
                }
            }
        }
    }

    /// Turn wide integers from their order into float64; the first that has none exactly is the error.
    pub(super) fn narrow<T: Item>(&self, cells: &mut [u64], signed: bool) -> Result<(), i128> {
        if !T::WIDE || self.weighs() {
            return Ok(());
        }
        for (row, down) in self.rows.taps.iter().enumerate() {
            let start = self.rows.place(row) * self.columns.taps.len();
            for (column, across) in self.columns.taps.iter().enumerate() {
                let at = start + self.columns.place(column);
                let number = if down.count == 0 || across.count == 0 {
                    f64::NAN
                } else {
                    let value = match signed {
                        true => i128::from((cells[at] ^ 1 << 63) as i64),
                        false => i128::from(cells[at]),
                    };
                    if value as f64 as i128 != value {
                        return Err(value);
                    }
                    value as f64
                };
                cells[at] = number.to_bits();
            }
        }
        Ok(())
    }

    /// Pixels over the array that show nothing, because all that they read is missing.
    pub(super) fn unseen(&self, cells: &[u64]) -> u64 {
        let mut unseen = 0;
        for (row, _) in self.rows.taps.iter().enumerate().filter(|(_, tap)| tap.count > 0) {
            let start = self.rows.place(row) * self.columns.taps.len();
            for (column, across) in self.columns.taps.iter().enumerate() {
                let at = start + self.columns.place(column);
                unseen += u64::from(across.count > 0 && f64::from_bits(cells[at]).is_nan());
            }
        }
        unseen
    }
}

#[inline(always)]
fn mean(sum: u64, weight: f64) -> u64 {
    let sum = f64::from_bits(sum);
    // 0 / 0: nothing was there.
    (sum / weight).to_bits()
}
