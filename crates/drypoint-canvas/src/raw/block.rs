//! A block of rows on its way to the cells, and the proof that its pixels exist.

use super::isa::{Isa, Level};
use super::{locate, segments};
use crate::mapping::GridMap;

/// Rows in a block: pixels, values and categories of one stay in the first-level cache.
pub(crate) const BLOCK_ROWS: usize = 1024;

/// The pixel of a row that has none. No canvas reaches it, see [`Canvas::MAX_PIXELS`](crate::Canvas::MAX_PIXELS).
pub(crate) const NOWHERE: u32 = u32::MAX;

/// What is known of up to [`BLOCK_ROWS`] rows. Filled by the methods in their order, then [closed](Block::close).
pub(crate) struct Block {
    isa: Isa,
    rows: usize,
    /// One more than the greatest pixel that `locate` can give.
    bound: usize,
    /// Rows that are `NOWHERE`: exact until values are filled in, an upper bound then; 0 means that all have a pixel.
    nowhere: u32,
    pixels: [u32; BLOCK_ROWS],
    values: [f64; BLOCK_ROWS],
    /// What a selected row is asked for.
    lookups: [f64; BLOCK_ROWS],
    codes: [u32; BLOCK_ROWS],
    row_numbers: [u32; BLOCK_ROWS],
    has_values: bool,
    has_lookups: bool,
    has_codes: bool,
    has_row_numbers: bool,
    /// Pixels as they were located, where several folds take them one after the other.
    kept: [u32; BLOCK_ROWS],
    kept_nowhere: u32,
}

/// The rows of a block that have a pixel (and a value and a category, where those are asked for).
///
/// Every pixel is below `bound`: the fields are private to `raw`, and only [`Block::close`] makes one.
#[derive(Clone, Copy)]
pub(crate) struct Points<'a> {
    pub(super) pixels: &'a [u32],
    pub(super) bound: usize,
    /// As many as pixels, or none.
    pub(super) values: &'a [f64],
    /// As many as pixels, or none: of the same rows, a second column.
    pub(super) lookups: &'a [f64],
    /// As many as pixels, or none: then all belong to plane 0.
    pub(super) codes: &'a [u32],
    /// As many as pixels, or none: the place of each in its block.
    pub(super) row_numbers: &'a [u32],
    /// The key of the block's row 0.
    pub(super) order: u64,
}

impl Block {
    pub(crate) fn new(isa: Isa) -> Box<Self> {
        Box::new(Self {
            isa,
            rows: 0,
            bound: 0,
            nowhere: 0,
            pixels: [NOWHERE; BLOCK_ROWS],
            values: [0.0; BLOCK_ROWS],
            lookups: [0.0; BLOCK_ROWS],
            codes: [0; BLOCK_ROWS],
            row_numbers: [0; BLOCK_ROWS],
            has_values: false,
            has_lookups: false,
            has_codes: false,
            has_row_numbers: false,
            kept: [NOWHERE; BLOCK_ROWS],
            kept_nowhere: 0,
        })
    }

    /// Begin a block with the pixels of its points. `positions` are what the axes map values to, where that is
    /// not the values themselves.
    pub(crate) fn locate(
        &mut self,
        x: &[f64],
        y: &[f64],
        positions: Option<(&[f64], &[f64])>,
        grid: &GridMap,
    ) {
        self.rows = x.len();
        self.bound = grid.cells();
        self.forget();
        let pixels = &mut self.pixels[..self.rows];
        let found = match positions {
            None => locate::locate_linear(self.isa, x, y, grid, pixels),
            Some((x_position, y_position)) => {
                locate::locate_mapped(self.isa, x, y, x_position, y_position, grid, pixels)
            }
        };
        self.nowhere = self.rows as u32 - found;
    }

    /// Begin a block of `rows` rows, of a grid of `cells` cells, with the pixels that `fill` gives; [`NOWHERE`] is none.
    pub(crate) fn place(&mut self, rows: usize, cells: usize, fill: impl FnOnce(&mut [u32])) {
        self.rows = rows;
        self.bound = cells;
        self.forget();
        let pixels = &mut self.pixels[..rows];
        fill(pixels);
        let (greatest, nowhere) = segments::bound_of(self.isa, pixels);
        assert!((greatest as usize) < cells || nowhere as usize == rows, "a pixel outside of the grid");
        self.nowhere = nowhere;
    }

    fn forget(&mut self) {
        self.has_values = false;
        self.has_lookups = false;
        self.has_codes = false;
        self.has_row_numbers = false;
    }

    /// Keep the pixels as they are now, so that another fold can [take them again](Block::again) after this one.
    pub(crate) fn keep(&mut self) {
        self.kept[..self.rows].copy_from_slice(&self.pixels[..self.rows]);
        self.kept_nowhere = self.nowhere;
    }

    /// The block as it was when its pixels were [kept](Block::keep), without values and categories.
    pub(crate) fn again(&mut self) {
        self.forget();
        self.pixels[..self.rows].copy_from_slice(&self.kept[..self.rows]);
        self.nowhere = self.kept_nowhere;
    }

    /// Take the pixel from a row.
    pub(crate) fn hide(&mut self, row: usize) {
        let pixel = &mut self.pixels[..self.rows][row];
        self.nowhere += u32::from(*pixel != NOWHERE);
        *pixel = NOWHERE;
    }

    /// Rows that have no pixel. To be asked before values and categories are filled in.
    pub(crate) fn nowhere(&self) -> usize {
        self.nowhere as usize
    }

    /// The values of the rows, to be filled in; those that are NaN lose their pixel.
    pub(crate) fn fill_values<E>(&mut self, fill: impl FnOnce(&mut [f64]) -> Result<(), E>) -> Result<(), E> {
        let values = &mut self.values[..self.rows];
        fill(values)?;
        self.nowhere += locate::hide_nan(self.isa, values, &mut self.pixels[..self.rows]);
        self.has_values = true;
        Ok(())
    }

    /// What the rows have in a second column, to be filled in. Rows keep their pixel whatever it is.
    pub(crate) fn fill_lookups<E>(
        &mut self,
        fill: impl FnOnce(&mut [f64]) -> Result<(), E>,
    ) -> Result<(), E> {
        fill(&mut self.lookups[..self.rows])?;
        self.has_lookups = true;
        Ok(())
    }

    /// The categories of the rows, to be filled in; those that are [`NOWHERE`] lose their pixel.
    pub(crate) fn fill_codes<E>(&mut self, fill: impl FnOnce(&mut [u32]) -> Result<(), E>) -> Result<(), E> {
        let (codes, pixels) = (&mut self.codes[..self.rows], &mut self.pixels[..self.rows]);
        fill(codes)?;
        let mut hidden = 0;
        for (pixel, code) in pixels.iter_mut().zip(codes) {
            let missing = *code == NOWHERE;
            *pixel = if missing { NOWHERE } else { *pixel };
            hidden += missing as u32;
        }
        self.nowhere += hidden;
        self.has_codes = true;
        Ok(())
    }

    /// Keep the number of each row, for the folds that depend on order.
    pub(crate) fn number_rows(&mut self) {
        for (row, number) in self.row_numbers[..self.rows].iter_mut().enumerate() {
            *number = row as u32;
        }
        self.has_row_numbers = true;
    }

    /// The number of each row, to be filled in.
    pub(crate) fn fill_row_numbers(&mut self, fill: impl FnOnce(&mut [u32])) {
        fill(&mut self.row_numbers[..self.rows]);
        self.has_row_numbers = true;
    }

    /// The rows that have a pixel. `order` is the key of row 0.
    pub(crate) fn close(&mut self, order: u64) -> Points<'_> {
        let mut kept = self.rows;
        if self.nowhere > 0 {
            kept = self.compact();
        }
        Points {
            pixels: &self.pixels[..kept],
            bound: self.bound,
            values: &self.values[..if self.has_values { kept } else { 0 }],
            lookups: &self.lookups[..if self.has_lookups { kept } else { 0 }],
            codes: &self.codes[..if self.has_codes { kept } else { 0 }],
            row_numbers: &self.row_numbers[..if self.has_row_numbers { kept } else { 0 }],
            order,
        }
    }

    /// Move the rows that have a pixel to the front, in their order.
    fn compact(&mut self) -> usize {
        #[cfg(target_arch = "x86_64")]
        if self.isa.level() == Level::Avx512 {
            // SAFETY: an `Isa` of this level is only made on a processor that has the features.
            return unsafe { self.compact_avx512() };
        }
        debug_assert!(self.isa.level() != Level::Avx512);
        let mut kept = 0;
        for row in 0..self.rows {
            // Without a branch: which rows are inside is often random. `kept <= row`, so nothing unread is lost.
            let pixel = self.pixels[row];
            self.pixels[kept] = pixel;
            if self.has_values {
                self.values[kept] = self.values[row];
            }
            if self.has_lookups {
                self.lookups[kept] = self.lookups[row];
            }
            if self.has_codes {
                self.codes[kept] = self.codes[row];
            }
            if self.has_row_numbers {
                self.row_numbers[kept] = self.row_numbers[row];
            }
            kept += (pixel != NOWHERE) as usize;
        }
        kept
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
    fn compact_avx512(&mut self) -> usize {
        use std::arch::x86_64::*;
        const LANES: usize = 16;
        // Lanes beyond the last row count as nowhere, so that whole registers can be read.
        self.pixels[self.rows..self.rows.next_multiple_of(LANES)].fill(NOWHERE);
        let nowhere = _mm512_set1_epi32(-1);
        let mut kept = 0;
        for row in (0..self.rows).step_by(LANES) {
            // SAFETY: all arrays hold `BLOCK_ROWS` items, a multiple of 16, and `kept <= row <= BLOCK_ROWS - 16`, so
            // each read and each write of a whole register stays within its array. What a write leaves beyond the
            // kept lanes lies at or below the end of the register just read, so nothing unread is lost.
            unsafe {
                let pixels = _mm512_loadu_epi32(self.pixels.as_ptr().add(row).cast());
                let keep = _mm512_cmpneq_epi32_mask(pixels, nowhere);
                let move_u32 = |array: &mut [u32; BLOCK_ROWS]| {
                    let lanes = _mm512_loadu_epi32(array.as_ptr().add(row).cast());
                    let packed = _mm512_maskz_compress_epi32(keep, lanes);
                    _mm512_storeu_epi32(array.as_mut_ptr().add(kept).cast(), packed);
                };
                move_u32(&mut self.pixels);
                if self.has_codes {
                    move_u32(&mut self.codes);
                }
                if self.has_row_numbers {
                    move_u32(&mut self.row_numbers);
                }
                let move_f64 = |array: &mut [f64; BLOCK_ROWS]| {
                    let (low, high) = (keep as u8, (keep >> 8) as u8);
                    let at = array.as_ptr().add(row);
                    let (first, second) = (_mm512_loadu_pd(at), _mm512_loadu_pd(at.add(8)));
                    let to = array.as_mut_ptr().add(kept);
                    _mm512_storeu_pd(to, _mm512_maskz_compress_pd(low, first));
                    let to = to.add(low.count_ones() as usize);
                    _mm512_storeu_pd(to, _mm512_maskz_compress_pd(high, second));
                };
                if self.has_values {
                    move_f64(&mut self.values);
                }
                if self.has_lookups {
                    move_f64(&mut self.lookups);
                }
                kept += keep.count_ones() as usize;
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows with a pixel, found the plain way.
    #[test]
    fn compaction_keeps_the_rows_with_a_pixel_in_their_order() {
        for isa in Isa::all() {
            for rows in [0, 1, 7, 15, 16, 17, 100, 1000, 1023, 1024] {
                for keep_one_in in [1, 2, 3, 50] {
                    let mut block = Block::new(isa);
                    block.rows = rows;
                    block.bound = 1 << 20;
                    block.number_rows();
                    (block.has_values, block.has_lookups, block.has_codes) = (true, true, true);
                    for row in 0..rows {
                        let keep = (row * 2_654_435_761) % 1009 % keep_one_in == 0;
                        block.pixels[row] = if keep { row as u32 * 3 } else { NOWHERE };
                        block.values[row] = row as f64 / 7.0;
                        block.lookups[row] = row as f64 / 3.0;
                        block.codes[row] = row as u32 * 5;
                    }
                    block.nowhere = 1;
                    let expected: Vec<u32> =
                        (0..rows as u32).filter(|row| block.pixels[*row as usize] != NOWHERE).collect();
                    let points = block.close(0);
                    assert_eq!(points.row_numbers, expected, "{isa:?}, {rows} rows");
                    for (at, row) in expected.iter().enumerate() {
                        assert_eq!(points.pixels[at], row * 3);
                        assert_eq!(points.values[at], f64::from(*row) / 7.0);
                        assert_eq!(points.lookups[at], f64::from(*row) / 3.0);
                        assert_eq!(points.codes[at], row * 5);
                    }
                }
            }
        }
    }
}
