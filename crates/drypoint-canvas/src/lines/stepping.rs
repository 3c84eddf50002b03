//! Which pixels a segment visits: clipped as Datashader clips (Liang and Barsky), stepped as it steps (Bresenham), so
//! that counts are equal cell by cell (decision 0027).
//!
//! A segment does not visit the pixel it starts in, because the segment before it ended there; it does where none came
//! before, or where it is clipped and so comes in over an edge. Only a segment within one pixel visits that one.

use crate::mapping::{AxisMap, GridMap};
use crate::raw::{FIRST, MISSING, SIDES, Side};

/// The grid with the ends of its ranges as positions: logarithms on a logarithmic axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) grid: GridMap,
    x: (f64, f64),
    y: (f64, f64),
}

/// Where a vertex is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    /// What the axes map its values to.
    pub(super) x: f64,
    pub(super) y: f64,
    /// Its pixel, or the nearest one.
    pub(super) column: u32,
    pub(super) line: u32,
    /// Bits of `SIDES`, `MISSING` and `FIRST`.
    pub(super) code: u32,
}

impl Spot {
    pub(super) fn is_missing(&self) -> bool {
        self.code & MISSING != 0
    }
}

/// A segment whose ends are pixels.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: (u32, u32),
    to: (u32, u32),
    clipped_start: bool,
    clipped_end: bool,
}

/// What of a segment lies within the ranges: (x, y, x, y), positions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) ends: [f64; 4],
    pub(super) clipped_start: bool,
    pub(super) clipped_end: bool,
}

/// Where a segment is cut.
#[derive(Debug, Clone, Copy)]
enum Edge {
    None,
    X(f64),
    Y(f64),
}

impl Frame {
    pub(super) fn new(grid: &GridMap) -> Self {
        let ends = |axis: &AxisMap| {
            if axis.log { (axis.start.log10(), axis.end.log10()) } else { (axis.start, axis.end) }
        };
        Self { grid: *grid, x: ends(&grid.x), y: ends(&grid.y) }
    }

    /// Visit the pixels of the segment between two vertices. `start` says that no segment ended in `from`.
    ///
    /// Where that is not known yet, `start` is false, and the pixel that is to be visited besides if it turns out to be so
    /// is returned.
    #[inline]
    pub(super) fn visit(&self, from: &Spot, to: &Spot, start: bool, visit: impl FnMut(u32)) -> Option<u32> {
        let sides = (from.code | to.code) & SIDES;
        if (from.code | to.code) & MISSING != 0 || from.code & to.code & SIDES != 0 {
            return None;
        }
        debug_assert!(to.code & FIRST == 0, "the segment joins two lines");
        let span = if sides == 0 {
            let (from, to) = ((from.column, from.line), (to.column, to.line));
            Span { from, to, clipped_start: false, clipped_end: false }
        } else {
            self.clip(from, to)?
        };
        self.step(&span, start, visit)
    }

    /// The pixels of the part of a segment within the ranges.
    #[cold]
    fn clip(&self, from: &Spot, to: &Spot) -> Option<Span> {
        let part = self.cut([from.x, from.y, to.x, to.y])?;
        let Part { ends: [x0, y0, x1, y1], clipped_start, clipped_end } = part;
        let pixel = |clipped: bool, x: f64, y: f64, spot: &Spot| {
            if !clipped {
                return (spot.column, spot.line);
            }
            (self.grid.x.pixel_at(x) as u32, self.grid.y.pixel_at(y) as u32)
        };
        let (first, last) = (pixel(clipped_start, x0, y0, from), pixel(clipped_end, x1, y1, to));
        Some(Span { from: first, to: last, clipped_start, clipped_end })
    }

    /// The part of a segment (x, y, x, y) within the ranges; all are positions.
    pub(super) fn cut(&self, ends: [f64; 4]) -> Option<Part> {
        // Where differences of finite numbers are not finite, halves of them are.
        let part = if ends.iter().all(|end| end.abs() < f64::MAX / 4.0) { 1.0 } else { 0.25 };
        let [x0, y0, x1, y1] = ends.map(|end| end * part);
        let ((left, right), (low, high)) =
            ((self.x.0 * part, self.x.1 * part), (self.y.0 * part, self.y.1 * part));
        let (dx, dy) = (x1 - x0, y1 - y0);
        let (mut enter, mut leave) = ((0.0, Edge::None), (1.0, Edge::None));
        let edges = [
            (-dx, x0 - left, Edge::X(left)),
            (dx, right - x0, Edge::X(right)),
            (-dy, y0 - low, Edge::Y(low)),
            (dy, high - y0, Edge::Y(high)),
        ];
        for (step, room, edge) in edges {
            if step < 0.0 && room < 0.0 {
                let at = room / step;
                if at > leave.0 {
                    return None;
                }
                enter = if at > enter.0 { (at, edge) } else { enter };
            } else if step > 0.0 && room < step {
                let at = room / step;
                if at < enter.0 {
                    return None;
                }
                leave = if at < leave.0 { (at, edge) } else { leave };
            } else if room < 0.0 {
                return None;
            }
        }
        let (clipped_start, clipped_end) = (enter.0 > 0.0, leave.0 < 1.0);
        let end = |clipped: bool, (at, edge): (f64, Edge), whole: (f64, f64)| {
            if !clipped {
                return whole;
            }
            // On the edge exactly: of ends that lie very far out, what is computed may not even be near.
            let (mut x, mut y) = (x0 + at * dx, y0 + at * dy);
            match edge {
                Edge::X(edge) => x = edge,
                Edge::Y(edge) => y = edge,
                Edge::None => {}
            }
            (x / part, y / part)
        };
        let from = end(clipped_start, enter, (ends[0], ends[1]));
        let to = end(clipped_end, leave, (ends[2], ends[3]));
        Some(Part { ends: [from.0, from.1, to.0, to.1], clipped_start, clipped_end })
    }

    /// The ends of a range as positions, and what maps those to pixels: of x and of y.
    pub(super) fn sides(&self) -> (Side, Side) {
        let side = |(low, high): (f64, f64), axis: &AxisMap, pixels: usize| Side {
            low,
            high,
            scale: axis.scale,
            translate: axis.translate,
            pixels,
        };
        (side(self.x, &self.grid.x, self.grid.width), side(self.y, &self.grid.y, self.grid.height))
    }

    #[inline]
    fn step(&self, span: &Span, start: bool, mut visit: impl FnMut(u32)) -> Option<u32> {
        let width = self.grid.width as u32;
        let Span { from, to, clipped_start, clipped_end } = *span;
        let (across, up) = (to.0.abs_diff(from.0), to.1.abs_diff(from.1));
        let mut at = from.1 * width + from.0;
        if across | up == 0 && !clipped_start && !clipped_end {
            visit(at);
            return None;
        }
        let first = at;
        if start || clipped_start {
            visit(first);
        }
        // Steps of a cell; those against the axis wrap.
        let (right, above) = (to.0 >= from.0, to.1 >= from.1);
        let x_step = if right { 1 } else { u32::MAX };
        let y_step = if above { width } else { width.wrapping_neg() };
        let (long, short, long_step, short_step, rising) = if across >= up {
            (i64::from(across), i64::from(up), x_step, y_step, right)
        } else {
            (i64::from(up), i64::from(across), y_step, x_step, above)
        };
        // On a tie the short step is taken only along the axis, as there.
        let tie = i64::from(!rising);
        let mut error = 2 * short - long;
        for _ in 0..long {
            let turn = error >= tie;
            error -= if turn { 2 * long } else { 0 };
            at = at.wrapping_add(if turn { short_step } else { 0 });
            error += 2 * short;
            at = at.wrapping_add(long_step);
            visit(at);
        }
        (!start && !clipped_start).then_some(first)
    }

    /// The vertical runs of an unclipped segment that is steeper than wide: `run(column, first line, last line)`, lines
    /// rising. As `visit` with `start` false.
    #[inline]
    pub(super) fn runs(&self, from: &Spot, to: &Spot, mut run: impl FnMut(u32, u32, u32)) {
        let (across, up) = (to.column.abs_diff(from.column), to.line.abs_diff(from.line));
        debug_assert!(across < up && (from.code | to.code) & (SIDES | MISSING) == 0);
        let above = to.line > from.line;
        let mut emit = |column: u32, first: u32, last: u32| {
            // Visits `first ..= last`, counted from the start.
            if above {
                run(column, from.line + first, from.line + last);
            } else {
                run(column, from.line - last, from.line - first);
            }
        };
        if across == 0 {
            emit(from.column, 1, up);
            return;
        }
        // Visit k is `m` columns further, the largest m with 2mb <= 2ak + b - tie, where a is across and b is up.
        let (a, b, tie) = (u64::from(across), u64::from(up), u64::from(!above));
        let x_step = if to.column > from.column { 1 } else { u32::MAX };
        let (mut column, mut first) = (from.column, 1u64);
        for turns in 1..=a {
            // The first visit after this turn.
            let next = (2 * turns * b - b + tie).div_ceil(2 * a);
            if next > first {
                emit(column, first as u32, (next - 1) as u32);
            }
            first = next;
            column = column.wrapping_add(x_step);
        }
        if first <= b {
            emit(column, first as u32, b as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Axis, AxisKind, Canvas, Scale};

    fn frame(width: usize, height: usize) -> Frame {
        let axis = |pixels: usize| Axis {
            pixels,
            range: (0.0, pixels as f64),
            scale: Scale::Linear,
            kind: AxisKind::Number,
        };
        Frame::new(&GridMap::new(&Canvas { x: axis(width), y: axis(height) }))
    }

    fn spot(column: u32, line: u32) -> Spot {
        Spot { x: f64::from(column) + 0.5, y: f64::from(line) + 0.5, column, line, code: 0 }
    }

    #[test]
    fn runs_visit_what_steps_visit() {
        let frame = frame(24, 40);
        for (column, line) in [(11, 20), (0, 0), (23, 39)] {
            for to_column in 0..24u32 {
                for to_line in 0..40u32 {
                    if to_column.abs_diff(column) >= to_line.abs_diff(line) {
                        continue;
                    }
                    let (from, to) = (spot(column, line), spot(to_column, to_line));
                    let mut stepped = Vec::new();
                    frame.visit(&from, &to, false, |pixel| stepped.push(pixel));
                    let mut run = Vec::new();
                    frame.runs(&from, &to, |column, first, last| {
                        run.extend((first..=last).map(|line| line * 24 + column));
                    });
                    stepped.sort_unstable();
                    run.sort_unstable();
                    assert_eq!(run, stepped, "{column},{line} to {to_column},{to_line}");
                }
            }
        }
    }

    #[test]
    fn a_segment_visits_as_many_pixels_as_its_longer_side_has_steps() {
        let frame = frame(30, 30);
        for (to_column, to_line) in [(5, 5), (29, 7), (0, 29), (6, 5), (5, 4)] {
            for start in [false, true] {
                let (from, to) = (spot(5, 5), spot(to_column, to_line));
                let mut visited = Vec::new();
                let pending = frame.visit(&from, &to, start, |pixel| visited.push(pixel));
                let steps = to_column.abs_diff(5).max(to_line.abs_diff(5)) as usize;
                assert_eq!(visited.len(), if steps == 0 { 1 } else { steps + usize::from(start) });
                assert_eq!(pending, (steps > 0 && !start).then_some(5 * 30 + 5));
                assert_eq!(visited.last(), Some(&(to_line * 30 + to_column)));
            }
        }
    }

    #[test]
    fn far_ends_are_clipped_without_overflow() {
        let frame = frame(10, 10);
        let far = |x: f64, y: f64, code| Spot { x, y, column: 0, line: 0, code };
        let mut visited = Vec::new();
        frame.visit(&far(-1.7e308, 5.5, 1), &far(1.7e308, 5.5, 2), false, |pixel| visited.push(pixel));
        assert_eq!(visited, (50..60).collect::<Vec<u32>>());
    }
}
