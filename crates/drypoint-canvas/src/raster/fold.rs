//! A tile of an image folded into the pixels that read it.
//!
//! Rows first: the rows that a pixel reads are added (or compared) item by item into one line, which the vector loops
//! do at the speed of memory; the line is then folded across, once for each row of the canvas.

use std::ops::Range;

use drypoint_memory::{Buffer, MemoryConsumer, charged_bytes};

use super::Method;
use super::source::Tile;
use super::taps::{Tap, Taps};
use crate::Result;
use crate::raw::{Isa, Item};

/// A rectangle of taps: pixels of the canvas, in the order of the array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    pub(super) rows: Range<usize>,
    pub(super) columns: Range<usize>,
}

impl Window {
    pub(super) fn cells(&self) -> usize {
        self.rows.len() * self.columns.len()
    }
}

/// What becomes of the items: the same for all tiles.
#[derive(Debug)]
pub(crate) struct Fold {
    pub(super) method: Method,
    pub(super) bands: usize,
    pub(super) rows: Taps,
    pub(super) columns: Taps,
    pub(super) isa: Isa,
}

/// What a window has got so far.
pub(crate) struct Block {
    /// float64, or the order of a wide integer; `bands` for each pixel.
    pub(super) cells: Buffer<u64>,
    /// What the sums were weighed with, where some items may be missing.
    pub(super) weights: Option<Buffer<f64>>,
}

/// Lines of the tile and of the window.
pub(crate) struct Lines {
    totals: Buffer<f64>,
    weights: Buffer<f64>,
    /// Sums, or the best so far, in a type of the items'.
    items: Buffer<u64>,
    line: Buffer<u64>,
    line_weights: Buffer<f64>,
    /// The taps of the window's columns, as far as they lie in the tile.
    across: Vec<Tap>,
}

impl Lines {
    /// Lines for windows of so many pixels that read so many columns of the array.
    pub(super) fn new(
        columns: usize,
        window: usize,
        bands: usize,
        consumer: &MemoryConsumer,
    ) -> Result<Self> {
        let (read, drawn) = (columns * bands, window * bands);
        Ok(Self {
            totals: consumer.buffer(read)?,
            weights: consumer.buffer(read)?,
            items: consumer.buffer(read)?,
            line: consumer.buffer(drawn)?,
            line_weights: consumer.buffer(drawn)?,
            across: Vec::with_capacity(window),
        })
    }

    pub(super) fn bytes(columns: usize, window: usize, bands: usize) -> usize {
        let bytes = |items: usize| charged_bytes(items.saturating_mul(8 * bands)).unwrap_or(usize::MAX);
        let across = window.saturating_mul(size_of::<Tap>());
        bytes(columns)
            .saturating_mul(3)
            .saturating_add(bytes(window).saturating_mul(2))
            .saturating_add(across)
    }
}

impl Block {
    pub(super) fn new(cells: usize, weighed: bool, consumer: &MemoryConsumer) -> Result<Self> {
        let weights = if weighed { Some(consumer.buffer(cells)?) } else { None };
        Ok(Self { cells: consumer.buffer(cells)?, weights })
    }

    pub(super) fn bytes(cells: usize, weighed: bool) -> usize {
        charged_bytes(cells.saturating_mul(8)).unwrap_or(usize::MAX).saturating_mul(1 + usize::from(weighed))
    }

    /// As before the first tile.
    pub(super) fn clear(&mut self, cells: usize, empty: u64) {
        self.cells[..cells].fill(empty);
        if let Some(weights) = &mut self.weights {
            weights[..cells].fill(0.0);
        }
    }
}

impl Fold {
    /// A pixel that has met nothing.
    pub(super) fn empty<T: Item>(&self) -> u64 {
        match self.method {
            Method::Area | Method::Bilinear => 0f64.to_bits(),
            Method::Min if T::WIDE => u64::MAX,
            _ if T::WIDE => 0,
            _ => f64::NAN.to_bits(),
        }
    }

    /// Both, which met different tiles.
    #[inline(always)]
    pub(super) fn both<T: Item>(&self, a: u64, b: u64) -> u64 {
        let (x, y) = (f64::from_bits(a), f64::from_bits(b));
        match self.method {
            Method::Area | Method::Bilinear => (x + y).to_bits(),
            Method::Max if T::WIDE => a.max(b),
            Method::Min if T::WIDE => a.min(b),
            Method::Max => x.max(y).to_bits(),
            Method::Min => x.min(y).to_bits(),
            Method::Nearest | Method::Mode => b,
        }
    }

    /// Fold what `window` reads of `tile` into `block`. Returns how many items are NaN, of those that lie neither in a
    /// row nor in a column before `fresh`, where others count.
    pub(super) fn fold<T: Item>(
        &self,
        tile: &Tile<'_>,
        window: &Window,
        fresh: (usize, usize),
        lines: &mut Lines,
        block: &mut Block,
    ) -> u64 {
        let read = self.columns.items_of(&window.columns);
        let columns = read.start.max(tile.columns.start)..read.end.min(tile.columns.end);
        let mut missed = 0;
        if columns.is_empty() {
            return missed;
        }
        let view = View::<T> {
            items: bytemuck::cast_slice(tile.bytes),
            stride: tile.stride / size_of::<T>(),
            first_row: tile.rows.start,
            offset: (columns.start - tile.columns.start) * self.bands,
            width: columns.len() * self.bands,
        };
        let width = window.columns.len() * self.bands;
        let across = window.columns.clone().map(|column| self.columns.taps[column].within(&columns));
        lines.across.clear();
        lines.across.extend(across);
        let (mut last, mut counted) = (None, fresh.0);
        for (place, row) in window.rows.clone().enumerate() {
            let whole = self.rows.taps[row];
            let tap = whole.within(&tile.rows);
            if tap.count == 0 {
                continue;
            }
            // Enlarged, many rows are the same.
            if last != Some(tap) {
                let missing = T::FLOAT && self.method.looks_at_all() && {
                    let skip = fresh.1.saturating_sub(columns.start).min(columns.len()) * self.bands;
                    self.count(&view, tap, skip, &mut counted, &mut missed)
                };
                let missing = missing || (T::FLOAT && self.method == Method::Bilinear);
                match self.method {
                    Method::Area | Method::Bilinear => {
                        self.add(&view, tap, columns.start, missing, lines, block.weights.is_some());
                    }
                    Method::Max | Method::Min => self.compare(&view, tap, columns.start, missing, lines),
                    Method::Nearest | Method::Mode => self.pick(&view, tap, columns.start, lines),
                }
                last = Some(tap);
            }
            let cells = &mut block.cells[place * width..(place + 1) * width];
            if tap == whole {
                // All that these pixels read lies in the tile's rows, so they had nothing before.
                cells.copy_from_slice(&lines.line[..width]);
            } else {
                for (cell, line) in cells.iter_mut().zip(lines.line.iter()) {
                    *cell = self.both::<T>(*cell, *line);
                }
            }
            if let Some(weights) = &mut block.weights {
                let weights = &mut weights[place * width..(place + 1) * width];
                for (weight, line) in weights.iter_mut().zip(lines.line_weights.iter()) {
                    *weight += line;
                }
            }
        }
        missed
    }

    /// Whether any item that the rows of the tap hold is NaN. Rows that come for the first time count.
    fn count<T: Item>(
        &self,
        view: &View<'_, T>,
        tap: Tap,
        skip: usize,
        counted: &mut usize,
        missed: &mut u64,
    ) -> bool {
        let mut any = false;
        for row in tap.items() {
            let (others, own) = view.row(row).split_at(skip);
            let missing = T::missing(self.isa, own);
            any |= missing > 0 || T::missing(self.isa, others) > 0;
            if row >= *counted {
                *missed += missing as u64;
                *counted = row + 1;
            }
        }
        any
    }

    fn add<T: Item>(
        &self,
        view: &View<'_, T>,
        tap: Tap,
        start: usize,
        missing: bool,
        lines: &mut Lines,
        weighed: bool,
    ) {
        let width = view.width;
        let totals = &mut lines.totals[..width];
        let weights = &mut lines.weights[..width];
        totals.fill(0.0);
        if missing {
            weights.fill(0.0);
            for row in tap.items() {
                T::add_present(self.isa, totals, weights, view.row(row), tap.weight(row));
            }
        } else {
            let sums = &mut bytemuck::cast_slice_mut::<u64, T::Sum>(&mut lines.items)[..width];
            let (mut whole, mut left) = (tap.items(), T::MOST_ROWS);
            if tap.weight(whole.start) != 1.0 {
                T::add_part(self.isa, totals, view.row(whole.start), tap.weight(whole.start));
                whole.start += 1;
            }
            if !whole.is_empty() && tap.weight(whole.end - 1) != 1.0 {
                whole.end -= 1;
                T::add_part(self.isa, totals, view.row(whole.end), tap.weight(whole.end));
            }
            bytemuck::fill_zeroes(sums);
            let take = |totals: &mut [f64], sums: &mut [T::Sum]| {
                totals.iter_mut().zip(sums.iter()).for_each(|(total, sum)| *total += T::sum_number(*sum));
                bytemuck::fill_zeroes(sums);
            };
            while !whole.is_empty() {
                if left < 4 {
                    take(totals, sums);
                    left = T::MOST_ROWS;
                }
                let row = whole.start;
                if whole.len() >= 4 {
                    T::add_four(self.isa, sums, [row, row + 1, row + 2, row + 3].map(|row| view.row(row)));
                    (whole.start, left) = (row + 4, left - 4);
                } else {
                    T::add_one(self.isa, sums, view.row(row));
                    (whole.start, left) = (row + 1, left - 1);
                }
            }
            take(totals, sums);
        }
        let rows_weigh = tap.total();
        let bands = self.bands;
        let line: &mut [f64] = bytemuck::cast_slice_mut(&mut lines.line);
        if bands == 1 {
            for (out, across) in line.iter_mut().zip(&lines.across) {
                *out = weighed_sum(totals, *across, start);
            }
        } else {
            for (out, across) in line.chunks_exact_mut(bands).zip(&lines.across) {
                for (band, out) in out.iter_mut().enumerate() {
                    *out = banded_sum(totals, *across, start, bands, band);
                }
            }
        }
        if !weighed {
            return;
        }
        for (out, across) in lines.line_weights.chunks_exact_mut(bands).zip(&lines.across) {
            for (band, out) in out.iter_mut().enumerate() {
                *out = match missing {
                    true => banded_sum(weights, *across, start, bands, band),
                    false => rows_weigh * across.total(),
                };
            }
        }
    }

    fn compare<T: Item>(&self, view: &View<'_, T>, tap: Tap, start: usize, missing: bool, lines: &mut Lines) {
        let greatest = self.method == Method::Max;
        let best = &mut bytemuck::cast_slice_mut::<u64, T>(&mut lines.items)[..view.width];
        best.copy_from_slice(view.row(tap.items().start));
        for row in tap.items().skip(1) {
            match greatest {
                true => T::keep_greatest(self.isa, best, view.row(row), missing),
                false => T::keep_least(self.isa, best, view.row(row), missing),
            }
        }
        let bands = self.bands;
        for (out, across) in lines.line.chunks_exact_mut(bands).zip(&lines.across) {
            for (band, out) in out.iter_mut().enumerate() {
                let mut found = if greatest { T::LEAST } else { T::GREATEST };
                for item in across.items() {
                    let value = best[(item - start) * bands + band];
                    // Written so that NaN is passed over on both sides.
                    let better = if greatest { value > found } else { value < found };
                    if better || (T::FLOAT && found.number().is_nan()) {
                        found = value;
                    }
                }
                *out = if across.count == 0 { self.empty::<T>() } else { word(found) };
            }
        }
    }

    fn pick<T: Item>(&self, view: &View<'_, T>, tap: Tap, start: usize, lines: &mut Lines) {
        let row = view.row(tap.items().start);
        let bands = self.bands;
        for (out, across) in lines.line.chunks_exact_mut(bands).zip(&lines.across) {
            for (band, out) in out.iter_mut().enumerate() {
                *out = match across.count {
                    0 => self.empty::<T>(),
                    _ => word(row[(across.items().start - start) * bands + band]),
                };
            }
        }
    }
}

/// The rows of a tile that a window reads, in their type.
struct View<'a, T> {
    items: &'a [T],
    /// Items from row to row.
    stride: usize,
    first_row: usize,
    offset: usize,
    width: usize,
}

impl<'a, T> View<'a, T> {
    fn row(&self, row: usize) -> &'a [T] {
        let start = (row - self.first_row) * self.stride + self.offset;
        &self.items[start..start + self.width]
    }
}

/// An item as a cell.
#[inline(always)]
pub(super) fn word<T: Item>(item: T) -> u64 {
    if T::WIDE { item.key() } else { item.number().to_bits() }
}

/// The items of a tap, weighed. `start` is the first item of the line.
#[inline(always)]
fn weighed_sum(line: &[f64], tap: Tap, start: usize) -> f64 {
    let items = &line[tap.items().start.saturating_sub(start)..][..tap.count as usize];
    match items {
        [] => 0.0,
        [only] => tap.head * only,
        [first, last] => tap.head * first + tap.tail * last,
        [first, between @ .., last] => tap.head * first + lanes(between) + tap.tail * last,
    }
}

/// The same for one of several bands.
fn banded_sum(line: &[f64], tap: Tap, start: usize, bands: usize, band: usize) -> f64 {
    let item = |item: usize| line[(item - start) * bands + band];
    tap.items().map(|at| tap.weight(at) * item(at)).sum()
}

/// A sum in four lanes, so that one addition need not wait for the other.
#[inline(always)]
fn lanes(line: &[f64]) -> f64 {
    let (fours, rest) = line.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for four in fours {
        for lane in 0..4 {
            sums[lane] += four[lane];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest.iter().sum::<f64>()
}
