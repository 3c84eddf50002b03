//! From what was folded to the numbers of the picture.

use super::Method;
use super::fold::{Block, Fold, Window};
use crate::raw::Item;

impl Fold {
    fn weighs(&self) -> bool {
        matches!(self.method, Method::Area | Method::Bilinear)
    }

    /// Write the finished pixels of a window to their place on the canvas; wide integers stay in their order.
    pub(super) fn finish<T: Item>(&self, window: &Window, block: &Block, cells: &mut [u64]) {
        let (bands, line) = (self.bands, window.columns.len() * self.bands);
        for (at, row) in window.rows.clone().enumerate() {
            let rows_weigh = self.rows.taps[row].total();
            let start = self.rows.place(row) * self.columns.taps.len();
            for (across, column) in window.columns.clone().enumerate() {
                for band in 0..bands {
                    let from = at * line + across * bands + band;
                    let to = (start + self.columns.place(column)) * bands + band;
                    cells[to] = if self.weighs() {
                        let weight = match &block.weights {
                            Some(weights) => weights[from],
                            None => rows_weigh * self.columns.taps[column].total(),
                        };
                        mean(block.cells[from], weight)
                    } else {
                        block.cells[from]
                    };
                }
            }
        }
    }

    /// Finish, where they are, sums that were merged on the canvas.
    pub(super) fn finish_merged(&self, cells: &mut [u64], weights: &[f64]) {
        if !self.weighs() {
            return;
        }
        for (row, down) in self.rows.taps.iter().enumerate() {
            let start = self.rows.place(row) * self.columns.taps.len();
            for (column, across) in self.columns.taps.iter().enumerate() {
                for band in 0..self.bands {
                    let at = (start + self.columns.place(column)) * self.bands + band;
                    let weight = if weights.is_empty() { down.total() * across.total() } else { weights[at] };
                    cells[at] = mean(cells[at], weight);
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
        for (row, down) in self.rows.taps.iter().enumerate().filter(|(_, tap)| tap.count > 0) {
            let _ = down;
            let start = self.rows.place(row) * self.columns.taps.len();
            for (column, across) in self.columns.taps.iter().enumerate() {
                let at = start + self.columns.place(column);
                unseen += u64::from(across.count > 0 && f64::from_bits(cells[at]).is_nan());
            }
        }
        unseen
    }
}

fn mean(sum: u64, weight: f64) -> u64 {
    let sum = f64::from_bits(sum);
    // 0 / 0: nothing was there.
    (sum / weight).to_bits()
}
