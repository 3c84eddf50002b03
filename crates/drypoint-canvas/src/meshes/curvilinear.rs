//! Quads between four corners each, as they lie on the pixels: Datashader's rule.
//!
//! Corners are rounded down to pixels first. A quad whose corners share a column or a line of pixels covers that, one
//! larger those pixels whose lower left corner lies in it by the even-odd rule.

use std::ops::Range;

use drypoint_memory::{Buffer, MemoryConsumer};

use crate::Result;
use crate::mapping::AxisMap;
use crate::raster::{Boxes, Image};

/// The corner of a quad that has none.
pub(super) const NONE: i32 = i32::MIN;

/// Where one coordinate of the corners of a box of quads comes from.
pub(super) struct Corners {
    axis: AxisMap,
    /// The position of the start of the axis.
    start: f64,
    scale: f64,
    boxes: Boxes,
    /// What was read: items and those beside them.
    read: Option<Buffer<f64>>,
}

/// The box of items that corners `rows` by `columns` are computed from: themselves, or the centres around them.
fn around(corners: &Range<usize>, centres: Option<usize>) -> Range<usize> {
    match centres {
        None => corners.clone(),
        // Where a centre on one side is missing, two on the other say where it would be.
        Some(count) => {
            let start = corners.start.saturating_sub(1).min(count.saturating_sub(2));
            start..(corners.end).min(count).max(2)
        }
    }
}

impl Corners {
    pub(super) fn new(axis: AxisMap, pixels: usize) -> Self {
        let at = |value: f64| if axis.log { value.log10() } else { value };
        let (start, end) = (at(axis.start), at(axis.end));
        Self { axis, start, scale: pixels as f64 / (end - start), boxes: Boxes::default(), read: None }
    }

    /// Items that a box of corners is computed from at most.
    pub(super) fn read_items(rows: usize, columns: usize) -> usize {
        (rows + 2).saturating_mul(columns + 2)
    }

    /// The corners as they stand in data units. `centres` says that the image holds those of the quads.
    pub(super) fn exact(
        &mut self,
        image: &Image,
        rows: &Range<usize>,
        columns: &Range<usize>,
        centres: bool,
        consumer: &MemoryConsumer,
        mut put: impl FnMut(usize, f64),
    ) -> Result<()> {
        let (high, wide, _) = image.shape();
        let (down, across) =
            (around(rows, centres.then_some(high)), around(columns, centres.then_some(wide)));
        let width = across.len();
        let items = down.len() * width;
        if self.read.as_ref().is_none_or(|held| held.len() < items) {
            self.read = None;
            self.read = Some(consumer.buffer(items)?);
        }
        let Some(held) = &mut self.read else { unreachable!("made above") };
        let read = &mut held[..items];
        self.boxes.read(image, down.clone(), across.clone(), consumer, read)?;
        let read = &*read;
        if !centres {
            read.iter().enumerate().for_each(|(at, value)| put(at, *value));
            return Ok(());
        }
        // A centre of the grid or, one step beyond it, where it would lie.
        let line = |row: isize, column: usize| {
            let item = |row: usize| read[(row - down.start) * width + column];
            if row < 0 {
                2.0 * item(0) - item(1)
            } else if row as usize >= high {
                2.0 * item(high - 1) - item(high - 2)
            } else {
                item(row as usize)
            }
        };
        let centre = |row: isize, column: isize| {
            let at = |column: usize| line(row, column - across.start);
            if column < 0 {
                2.0 * at(0) - at(1)
            } else if column as usize >= wide {
                2.0 * at(wide - 1) - at(wide - 2)
            } else {
                at(column as usize)
            }
        };
        let mut place = 0;
        for row in rows.clone() {
            let row = row as isize;
            for column in columns.clone() {
                let inner = row >= 1 && (row as usize) < high && column >= 1 && column < wide;
                let value = if inner {
                    let at = (row as usize - down.start) * width + column - across.start;
                    0.25 * (read[at - width - 1] + read[at - width] + read[at - 1] + read[at])
                } else {
                    let column = column as isize;
                    0.25 * (centre(row - 1, column - 1)
                        + centre(row - 1, column)
                        + centre(row, column - 1)
                        + centre(row, column))
                };
                put(place, value);
                place += 1;
            }
        }
        Ok(())
    }

    /// The same as pixels, far outside of the canvas too; [`NONE`] for those that are missing.
    pub(super) fn pixels(
        &mut self,
        image: &Image,
        rows: &Range<usize>,
        columns: &Range<usize>,
        centres: bool,
        consumer: &MemoryConsumer,
        target: &mut [i32],
    ) -> Result<()> {
        const FAR: f64 = (1 << 30) as f64;
        let (log, start, scale) = (self.axis.log, self.start, self.scale);
        self.exact(image, rows, columns, centres, consumer, |at, value| {
            let position = if log { value.log10() } else { value };
            let pixel = ((position - start) * scale).floor();
            target[at] = if pixel.is_nan() { NONE } else { pixel.clamp(-FAR, FAR) as i32 };
        })
    }
}

/// Call `put` with the pixels that a quad of these corners, gone around, covers on a grid.
#[inline(always)]
pub(super) fn cover(x: [i32; 4], y: [i32; 4], (width, height): (i32, i32), mut put: impl FnMut(i32, i32)) {
    let (left, right) = ends(x);
    let (low, high) = ends(y);
    if left == NONE || low == NONE || left >= width || right < 0 || low >= height || high < 0 {
        return;
    }
    if left == right && low == high {
        return put(left, low);
    }
    let (from, to) = (left.max(0), right.min(width));
    let (bottom, top) = (low.max(0), high.min(height));
    if from == to || bottom == top {
        // Thinner than a pixel: it covers all it touches of that column or line.
        let to = if from == to && to < width { to + 1 } else { to };
        let top = if bottom == top && top < height { top + 1 } else { top };
        for line in bottom..top {
            for column in from..to {
                put(column, line);
            }
        }
        return;
    }
    for line in bottom..top {
        for column in from..to {
            let mut inside = false;
            for corner in 0..4 {
                let next = (corner + 1) % 4;
                if (y[corner] > line) == (y[next] > line) {
                    continue;
                }
                let [ax, bx] = [corner, next].map(|corner| i64::from(x[corner] - column));
                let [ay, by] = [corner, next].map(|corner| i64::from(y[corner] - line));
                let turn = bx * ay - by * ax;
                inside ^= if by > ay { turn < 0 } else { turn > 0 };
            }
            if inside {
                put(column, line);
            }
        }
    }
}

#[inline(always)]
fn ends([a, b, c, d]: [i32; 4]) -> (i32, i32) {
    (a.min(b).min(c.min(d)), a.max(b).max(c.max(d)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn covered(x: [i32; 4], y: [i32; 4], size: (i32, i32)) -> Vec<(i32, i32)> {
        let mut found = Vec::new();
        cover(x, y, size, |column, line| found.push((column, line)));
        found
    }

    #[test]
    fn thin_quads_are_not_lost_and_far_ones_not_seen() {
        assert_eq!(covered([2, 2, 2, 2], [3, 3, 3, 3], (5, 5)), [(2, 3)]);
        assert_eq!(covered([1, 4, 4, 1], [3, 3, 3, 3], (5, 5)), [(1, 3), (2, 3), (3, 3)]);
        assert_eq!(covered([-9, -1, -1, -9], [0, 0, 4, 4], (5, 5)), []);
        assert_eq!(covered([NONE, 2, 3, 2], [1, 1, 2, 2], (5, 5)), []);
        assert_eq!(covered([-3, 9, 9, -3], [-3, -3, 9, 9], (2, 2)).len(), 4);
    }

    proptest! {
        #[test]
        fn quads_of_a_grid_share_no_pixel(
            inner in (2i32..9, 2i32..9),
            rim in proptest::array::uniform8(0i32..4),
        ) {
            // Four quads around a corner inside of a square: its rim is theirs together.
            let [a, b, c, d, ..] = rim;
            let (x, y) = inner;
            let quads = [
                ([0, 3 + a, x, 0], [0, 0, y, 3 + b]),
                ([3 + a, 11, 11, x], [0, 0, 3 + c, y]),
                ([x, 11, 11, 3 + d], [y, 3 + c, 11, 11]),
                ([0, x, 3 + d, 0], [3 + b, y, 11, 11]),
            ];
            let mut counts = [[0; 11]; 11];
            for (x, y) in quads {
                for (column, line) in covered(x, y, (11, 11)) {
                    counts[line as usize][column as usize] += 1;
                }
            }
            prop_assert!(counts.iter().flatten().all(|count| *count == 1), "{counts:?}");
        }
    }
}
