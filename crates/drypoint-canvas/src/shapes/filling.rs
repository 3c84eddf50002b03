//! Which pixels a polygon fills: those whose centre is inside.
//!
//! Every edge that passes the line through a row of centres is noted once for that row, by how many centres of the
//! polygon's box lie left of it; the notes in their order are where the row goes in and out. Edges between two such lines, which
//! are most of a detailed outline, cost one comparison. The order of operations is Datashader's, in float64
//! (decision 0030).

use drypoint_memory::{BudgetExceeded, MemoryConsumer};

use super::growing::Growing;
use crate::fold::positions;
use crate::mapping::GridMap;

/// Whether a centre that rings go round is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FillRule {
    /// Where the number of rings around it is odd, whichever way they turn: holes are holes.
    #[default]
    EvenOdd,
    /// Where rings that turn one way and those that turn the other do not balance.
    NonZero,
}

impl FillRule {
    #[inline(always)]
    fn is_inside(self, winding: i32) -> bool {
        match self {
            FillRule::EvenOdd => winding & 1 != 0,
            FillRule::NonZero => winding != 0,
        }
    }
}

/// One polygon at a time: its rings, then its spans.
pub(super) struct Polygon {
    rule: FillRule,
    grid: GridMap,
    /// x and y of all rings; positions first, then pixels from the centre of pixel (0, 0).
    x: Growing<f64>,
    y: Growing<f64>,
    /// Where each ring ends.
    ends: Growing<u32>,
    /// Line, centres to the left and direction, in one number that sorts by line and place.
    notes: Growing<u64>,
    low: (f64, f64),
    high: (f64, f64),
    finite: bool,
}

impl Polygon {
    pub(super) fn new(rule: FillRule, grid: &GridMap, consumer: &MemoryConsumer) -> Self {
        let mut new = Self {
            rule,
            grid: *grid,
            x: Growing::new(consumer),
            y: Growing::new(consumer),
            ends: Growing::new(consumer),
            notes: Growing::new(consumer),
            low: (0.0, 0.0),
            high: (0.0, 0.0),
            finite: true,
        };
        new.clear();
        new
    }

    /// Begin a polygon.
    pub(super) fn clear(&mut self) {
        self.x.clear();
        self.y.clear();
        self.ends.clear();
        self.low = (f64::INFINITY, f64::INFINITY);
        self.high = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        self.finite = true;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.len() == 0
    }

    /// One more ring. Its last position is joined to its first, whether it is the same or not.
    pub(super) fn ring(
        &mut self,
        ring: impl ExactSizeIterator<Item = (f64, f64)>,
    ) -> Result<(), BudgetExceeded> {
        let count = ring.len();
        if count == 0 {
            return Ok(());
        }
        let Self { low, high, finite, x: x_kept, y: y_kept, .. } = self;
        let (x_kept, y_kept) = (x_kept.extend(count)?, y_kept.extend(count)?);
        for ((x_kept, y_kept), (x, y)) in x_kept.iter_mut().zip(y_kept).zip(ring) {
            *low = (if x < low.0 { x } else { low.0 }, if y < low.1 { y } else { low.1 });
            *high = (if x > high.0 { x } else { high.0 }, if y > high.1 { y } else { high.1 });
            *finite &= x.is_finite() & y.is_finite();
            (*x_kept, *y_kept) = (x, y);
        }
        self.ends.push(u32::try_from(self.x.len()).unwrap_or(u32::MAX))
    }

    /// Whether any of it can be seen; without a finite place for all of it, it has none.
    pub(super) fn is_seen(&self) -> bool {
        let (x, y) = (&self.grid.x, &self.grid.y);
        self.finite
            && !(x.log && self.low.0 <= 0.0)
            && !(y.log && self.low.1 <= 0.0)
            && !(self.high.0 < x.start || self.low.0 > x.end)
            && !(self.high.1 < y.start || self.low.1 > y.end)
    }

    /// Call `span` with each run of pixels (line, first, end) that it fills. To be called once, if it is seen.
    pub(super) fn fill(&mut self, mut span: impl FnMut(usize, usize, usize)) -> Result<(), BudgetExceeded> {
        let (first_column, last_column) = {
            let axis = &self.grid.x;
            pixels(axis, self.low.0.max(axis.start), self.high.0.min(axis.end))
        };
        let (first_line, last_line) = {
            let axis = &self.grid.y;
            pixels(axis, self.low.1.max(axis.start), self.high.1.min(axis.end))
        };
        // Narrower or lower than a pixel: the pixels that it touches, or thin shapes would be lost between the centres.
        if first_column == last_column || first_line == last_line {
            for line in first_line..=last_line {
                span(line, first_column, last_column + 1);
            }
            return Ok(());
        }
        self.place_in_pixels();
        self.notes.clear();
        let (x, y, notes) = (self.x.items(), self.y.items(), &mut self.notes);
        let window = Window {
            columns: (first_column as i64, last_column as i64 + 1),
            lines: (first_line as i64, last_line as i64 + 1),
        };
        let mut begin = 0;
        for &end in self.ends.items() {
            let end = end as usize;
            window.note_ring(&x[begin..end], &y[begin..end], notes)?;
            begin = end;
        }
        self.notes.items_mut().sort_unstable();
        self.spans(first_column, first_line, last_column + 1 - first_column, span);
        Ok(())
    }

    /// Positions as distances from the centre of pixel (0, 0).
    fn place_in_pixels(&mut self) {
        const BLOCK: usize = 256;
        for (axis, values) in [(self.grid.x, self.x.items_mut()), (self.grid.y, self.y.items_mut())] {
            if axis.log {
                let everywhere =
                    crate::mapping::AxisMap { start: f64::NEG_INFINITY, end: f64::INFINITY, ..axis };
                let mut mapped = [0.0; BLOCK];
                for values in values.chunks_mut(BLOCK) {
                    let mapped = &mut mapped[..values.len()];
                    positions(values, &everywhere, mapped);
                    values.copy_from_slice(mapped);
                }
            }
            for value in values {
                *value = *value * axis.scale + axis.translate - 0.5;
            }
        }
    }

    /// Go through the notes of each line from right to left.
    fn spans(&self, column: usize, line: usize, width: usize, mut span: impl FnMut(usize, usize, usize)) {
        let notes = self.notes.items();
        for row in notes.chunk_by(|one, other| one >> LINE_SHIFT == other >> LINE_SHIFT) {
            let here = line + (row[0] >> LINE_SHIFT) as usize;
            let (mut winding, mut right) = (0i32, width);
            for note in row.iter().rev() {
                let place = (note >> 1 & PLACE_MASK) as usize;
                if place < right && self.rule.is_inside(winding) {
                    span(here, column + place, column + right);
                }
                winding += if note & 1 == 1 { 1 } else { -1 };
                right = place;
            }
            if right > 0 && self.rule.is_inside(winding) {
                span(here, column, column + right);
            }
        }
    }
}

const LINE_SHIFT: u32 = 33;
const PLACE_MASK: u64 = u32::MAX as u64;

/// The first and the last pixel of what lies within the range.
fn pixels(axis: &crate::mapping::AxisMap, low: f64, high: f64) -> (usize, usize) {
    let pixel = |value: f64| axis.pixel_at(if axis.log { value.log10() } else { value });
    let (low, high) = (pixel(low), pixel(high));
    (low, high.max(low))
}

/// The centres that are looked at.
struct Window {
    columns: (i64, i64),
    lines: (i64, i64),
}

impl Window {
    fn note_ring(&self, x: &[f64], y: &[f64], notes: &mut Growing<u64>) -> Result<(), BudgetExceeded> {
        for at in 1..x.len() {
            self.note_edge((x[at - 1], y[at - 1]), (x[at], y[at]), notes)?;
        }
        let last = x.len() - 1;
        self.note_edge((x[last], y[last]), (x[0], y[0]), notes)
    }

    #[inline(always)]
    fn note_edge(
        &self,
        from: (f64, f64),
        to: (f64, f64),
        notes: &mut Growing<u64>,
    ) -> Result<(), BudgetExceeded> {
        // Lines above the lower end, up to the upper end and on it.
        let (first, last) = (from.1.floor(), to.1.floor());
        if first == last { Ok(()) } else { self.note_crossings(from, to, notes) }
    }

    fn note_crossings(
        &self,
        from: (f64, f64),
        to: (f64, f64),
        notes: &mut Growing<u64>,
    ) -> Result<(), BudgetExceeded> {
        let rises = to.1 > from.1;
        let ((x0, y0), (x1, y1)) = if rises { (from, to) } else { (to, from) };
        let first = (y0.floor() as i64).saturating_add(1).max(self.lines.0);
        let end = (y1.floor() as i64).saturating_add(1).min(self.lines.1);
        let (left, right) = self.columns;
        let slope = (x1 - x0) / (y1 - y0);
        for line in first..end {
            let height = line as f64;
            // Where it is passed, about; then the last centre for which the edge is to the right, exactly.
            let about = (x0 + (height - y0) * slope).floor();
            let mut column = (about.max(left as f64 - 1.0)).min(right as f64) as i64;
            let is_right = |column: i64| {
                let at = column as f64;
                if at <= x0 && at <= x1 {
                    return true;
                }
                if x0 < at && x1 < at {
                    return false;
                }
                let cross = (x1 - at) * (y0 - height) - (y1 - height) * (x0 - at);
                cross < 0.0 || (cross == 0.0 && rises)
            };
            while column >= left && !is_right(column) {
                column -= 1;
            }
            while column + 1 < right && is_right(column + 1) {
                column += 1;
            }
            let place = (column + 1 - left).clamp(0, right - left) as u64;
            // What lies left of all centres is passed by none of them.
            if place > 0 {
                notes.push(((line - self.lines.0) as u64) << LINE_SHIFT | place << 1 | u64::from(rises))?;
            }
        }
        Ok(())
    }
}
