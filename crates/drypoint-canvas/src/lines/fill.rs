//! Filled areas: the pen that fills between a line and its base, column by column, as Datashader does (decision 0029).
//!
//! Each vertex brings a vertical run of pixels. For `count` and `any` a run is counted by its two ends, whatever its length.

use super::path::Pen;
use super::runs::{Runs, runs_suit};
use super::sink::{SegmentData, Sink};
use super::stepping::Frame;
use super::track::Knots;
use crate::fold::Accumulator;
use crate::mapping::GridMap;
use crate::options::Options;
use crate::raw::Side;
use crate::{Reduction, Result};

/// Runs shorter than this are visited pixel by pixel: single bytes stay in a nearer cache than differences do.
const FEW: i64 = 8;

/// Fills areas in the cells of one thread.
pub(super) struct FillPen {
    frame: Frame,
    sink: Sink,
    /// One for each plane; none where visits are not counted by their ends.
    runs: Vec<Runs>,
}

/// One edge of a trapezoid from column to column: a line of Bresenham's that always goes along x.
#[derive(Clone, Copy)]
struct Edge {
    line: i64,
    /// Towards the end: 1 or -1.
    towards: i64,
    /// Lines for each column, and the rest of them in parts of `parts`.
    whole: i64,
    rest: i64,
    parts: i64,
    part: i64,
}

/// Lines further out are as far as this: there sums of them do not overflow, and no canvas reaches that far.
const FAR: f64 = (1u64 << 60) as f64;

impl Edge {
    /// From one line to another in so many columns, which are above 0; `rising` says that columns are counted up.
    fn new(from: i64, to: i64, columns: i64, rising: bool) -> Self {
        let up = (to - from).abs();
        // Half a line is rounded up where columns rise and down where they fall.
        let part = if rising { columns } else { columns - 1 };
        Self {
            line: from,
            towards: (to - from).signum(),
            whole: up / columns,
            rest: 2 * (up % columns),
            parts: 2 * columns,
            part,
        }
    }

    #[inline]
    fn next(&mut self) -> i64 {
        self.part += self.rest;
        let turn = i64::from(self.part >= self.parts);
        self.part -= turn * self.parts;
        self.line += self.towards * (self.whole + turn);
        self.line
    }
}

/// The pixels of a column from a line to its base, rising: the base itself only if it belongs to the area.
#[inline]
fn span(line: i64, base: i64, with_base: bool, height: i64) -> Option<(u32, u32)> {
    let last = height - 1;
    if (line < 0 && base <= 0) || (line > last && base >= last) {
        return None;
    }
    let start = line.clamp(0, last);
    let stop = base.clamp(-1, height);
    // Towards the base, which is left out; one further where it is not.
    let towards = (stop - start).signum();
    if towards == 0 {
        return with_base.then_some((start as u32, start as u32));
    }
    let past = stop + towards;
    let stop = if with_base && (-1..=height).contains(&past) { past } else { stop };
    let end = stop - towards;
    Some(if towards > 0 { (start as u32, end as u32) } else { (end as u32, start as u32) })
}

impl FillPen {
    /// The line of a position, wherever it lies; the upper edge belongs to the last one.
    #[inline]
    fn line(&self, position: f64) -> i64 {
        let axis = &self.frame.grid.y;
        let at = (position * axis.scale + axis.translate).clamp(-FAR, FAR) as i64;
        at - i64::from(at == self.frame.grid.height as i64)
    }

    /// The pixels of a vertex: its column, and the lines of its height and of its base.
    #[inline]
    fn place(&self, x: f64, height: f64, base: f64) -> (i64, i64, i64) {
        (self.frame.grid.x.pixel_at(x) as i64, self.line(height), self.line(base))
    }

    /// The trapezoid from one vertex to the next; `known` are the pixels of the first one, where they are known. Returns those
    /// of the next, if it is not cut off.
    #[inline]
    fn trapezoid(
        &mut self,
        knots: &Knots<'_>,
        at: usize,
        known: Option<(i64, i64, i64)>,
        (across, up): (&Side, &Side),
        data: &SegmentData<'_>,
    ) -> Option<(i64, i64, i64)> {
        if knots.is_missing(at) || knots.is_missing(at + 1) {
            return None;
        }
        if data.values.is_some_and(|values| values[at].is_nan()) {
            return None;
        }
        let from = [knots.x[at], knots.y[at], knots.base[at]];
        let to = [knots.x[at + 1], knots.y[at + 1], knots.base[at + 1]];
        let above = (from[1] > up.high) & (from[2] > up.high) & (to[1] > up.high) & (to[2] > up.high);
        let below = (from[1] < up.low) & (from[2] < up.low) & (to[1] < up.low) & (to[2] < up.low);
        if above | below {
            return None;
        }
        let start = at == 0 || knots.is_missing(at - 1);
        if !(across.holds(from[0]) & across.holds(to[0])) {
            self.cut(knots.with_base, from, to, start, across, at, data);
            return None;
        }
        let from = known.unwrap_or_else(|| self.place(from[0], from[1], from[2]));
        let to = self.place(to[0], to[1], to[2]);
        if start {
            self.column(from.0, from.1, from.2, knots.with_base, at, data);
        }
        if from.0.abs_diff(to.0) <= 1 {
            self.column(to.0, to.1, to.2, knots.with_base, at, data);
        } else {
            self.columns(from, to, knots.with_base, at, data);
        }
        Some(to)
    }

    /// The part within the range of a trapezoid that reaches beyond it. Only x is cut: lines that lie outside are left out
    /// column by column.
    #[cold]
    #[allow(clippy::too_many_arguments)]
    fn cut(
        &mut self,
        with_base: bool,
        from: [f64; 3],
        to: [f64; 3],
        start: bool,
        across: &Side,
        at: usize,
        data: &SegmentData<'_>,
    ) {
        if from[0].max(to[0]) < across.low || from[0].min(to[0]) > across.high {
            return;
        }
        let edge = |x: f64| match x {
            x if x < across.low => Some(across.low),
            x if x > across.high => Some(across.high),
            _ => None,
        };
        let end_at = |x: f64| {
            let part = (x - from[0]) / (to[0] - from[0]);
            let between = |a: f64, b: f64| a + part * (b - a);
            [x, between(from[1], to[1]), between(from[2], to[2])]
        };
        let (first, last) = (edge(from[0]).map(end_at), edge(to[0]).map(end_at));
        let place = |[x, height, base]: [f64; 3]| self.place(x, height, base);
        let (begin, end) = (place(first.unwrap_or(from)), place(last.unwrap_or(to)));
        if start || first.is_some() {
            self.column(begin.0, begin.1, begin.2, with_base, at, data);
        }
        self.columns(begin, end, with_base, at, data);
    }

    /// All columns after the first one.
    fn columns(
        &mut self,
        from: (i64, i64, i64),
        to: (i64, i64, i64),
        with_base: bool,
        at: usize,
        data: &SegmentData<'_>,
    ) {
        let columns = (to.0 - from.0).abs();
        if columns == 0 {
            return;
        }
        let rising = to.0 > from.0;
        let mut top = Edge::new(from.1, to.1, columns, rising);
        let mut bottom = Edge::new(from.2, to.2, columns, rising);
        let mut column = from.0;
        for _ in 0..columns {
            column += if rising { 1 } else { -1 };
            let (line, base) = (top.next(), bottom.next());
            self.column(column, line, base, with_base, at, data);
        }
    }

    #[inline]
    fn column(
        &mut self,
        column: i64,
        line: i64,
        base: i64,
        with_base: bool,
        at: usize,
        data: &SegmentData<'_>,
    ) {
        let grid = &self.frame.grid;
        let Some((first, last)) = span(line, base, with_base, grid.height as i64) else { return };
        let plane = data.categories.map_or(0, |planes| planes[at] as usize);
        match self.runs.get_mut(plane) {
            Some(runs) if i64::from(last - first) >= FEW => runs.add(column as u32, first, last),
            _ => {
                for line in first..=last {
                    self.sink.push(line * grid.width as u32 + column as u32, at as u32, data);
                }
            }
        }
    }
}

impl Pen for FillPen {
    type Recipe = ();

    const OWN_BYTES: usize = Sink::OWN_BYTES;

    fn folded(_: &(), reduction: &Reduction) -> Result<Reduction> {
        Ok(reduction.clone())
    }

    fn spare_bytes(grid: &GridMap, reduction: &Reduction, layers: usize) -> usize {
        if runs_suit(reduction) { layers.saturating_mul(Runs::bytes(grid.width, grid.height)) } else { 0 }
    }

    fn new(_: &(), frame: &Frame, spare: bool, sink: Sink, options: &Options) -> Result<Self> {
        let layers = if spare { sink.layers() } else { 0 };
        let new = |_| Runs::new(frame.grid.width, frame.grid.height, &options.consumer);
        let runs = (0..layers).map(new).collect::<std::result::Result<_, _>>()?;
        Ok(Self { frame: *frame, sink, runs })
    }

    fn draw(&mut self, knots: &Knots<'_>) {
        let data = SegmentData::of(knots);
        let more = knots.x.len().saturating_mul(self.frame.grid.width + 1);
        for (plane, runs) in self.runs.iter_mut().enumerate() {
            if !runs.has_room(more) {
                self.sink.drain(runs, plane);
            }
        }
        let (across, up) = self.frame.sides();
        let mut known = None;
        for segment in knots.segments() {
            known = self.trapezoid(knots, segment, known, (&across, &up), &data);
        }
        self.sink.flush(&data);
    }

    fn sink(&mut self) -> &mut Sink {
        &mut self.sink
    }

    fn into_parts(mut self) -> (Accumulator, Vec<u32>) {
        for (plane, runs) in self.runs.iter_mut().enumerate() {
            self.sink.drain(runs, plane);
        }
        self.sink.into_parts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Datashader's loop: an error that is turned as often as it takes.
    fn lines(from: i64, to: i64, columns: i64, rising: bool) -> Vec<i64> {
        let (dx, dy, towards) = (2 * columns, 2 * (to - from).abs(), (to - from).signum());
        let (mut error, mut line) = (2 * dy - dx, from);
        (0..columns)
            .map(|_| {
                while error > 0 || (error == 0 && rising) {
                    error -= 2 * dx;
                    line += towards;
                }
                error += 2 * dy;
                line
            })
            .collect()
    }

    #[test]
    fn an_edge_goes_where_turning_step_by_step_goes() {
        for columns in 1..12 {
            for to in -40..40 {
                for rising in [false, true] {
                    let mut edge = Edge::new(3, to, columns, rising);
                    let found: Vec<i64> = (0..columns).map(|_| edge.next()).collect();
                    assert_eq!(found, lines(3, to, columns, rising), "{columns} columns to {to}, {rising}");
                }
            }
        }
    }
}
