//! An aggregate as rows of float64 with NaN where nothing fell: one way in for counts, numbers, flags and the sum of
//! categories. Counts are exact in float64 up to 2⁵³.

use drypoint_canvas::{Aggregate, Cells, Reduction};

use super::Part;

/// What the cells are, which decides how they are ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// There or not.
    Flag,
    /// Whole numbers, 0 is empty.
    Count,
    /// Any numbers, NaN is empty.
    Value,
}

pub(super) struct Field<'a> {
    pub(super) aggregate: &'a Aggregate,
    pub(super) width: usize,
    pub(super) height: usize,
    part: Part<'a>,
    by: bool,
}

impl<'a> Field<'a> {
    pub(super) fn new(aggregate: &'a Aggregate, part: Part<'a>) -> Self {
        let by = matches!(aggregate.reduction, Reduction::By(..));
        Self { aggregate, width: aggregate.width(), height: aggregate.height(), part, by }
    }

    pub(super) fn meaning(&self) -> Meaning {
        if self.aggregate.planes() == 0 {
            return Meaning::Count;
        }
        match self.aggregate.cells(0) {
            Cells::Bool(_) if !self.by || self.part.plane.is_some() => Meaning::Flag,
            Cells::Bool(_) | Cells::U32(_) | Cells::U64(_) => Meaning::Count,
            Cells::F64(_) => Meaning::Value,
        }
    }

    /// Row `y`, counted from the bottom: the plane, or the sum of the categories that have a value there.
    pub(super) fn read(&self, y: usize, out: &mut [f64]) {
        out.fill(f64::NAN);
        let planes = match self.part.plane {
            Some(plane) => plane..plane + 1,
            None => 0..self.aggregate.planes(),
        };
        for plane in planes {
            self.each(plane, y, |x, value| out[x] = if out[x].is_nan() { value } else { out[x] + value });
        }
    }

    /// Hand over all values that the scale of the colours is made from, row by row.
    pub(super) fn each_row(&self, row: &mut [f64], take: &mut dyn FnMut(&[f64])) {
        for plane in 0..if self.part.plane.is_some() { self.aggregate.planes() } else { 1 } {
            for y in 0..self.height {
                if self.part.plane.is_some() {
                    row.fill(f64::NAN);
                    self.each(plane, y, |x, value| row[x] = value);
                } else {
                    self.read(y, row);
                }
                take(row);
            }
        }
    }

    /// Call `take(x, value)` for every cell of a row of one plane that is not empty.
    #[inline]
    pub(super) fn each(&self, plane: usize, y: usize, mut take: impl FnMut(usize, f64)) {
        let line = y * self.width..(y + 1) * self.width;
        let mask = self.part.mask.map(|mask| &mask[line.clone()]);
        let take = |x: usize, value: f64| {
            if mask.is_none_or(|mask| mask[x] != 0) {
                take(x, value);
            }
        };
        match self.aggregate.cells(plane) {
            Cells::Bool(cells) => present(&cells[line], |v| *v != 0, |v| f64::from(*v), take),
            Cells::U32(cells) => present(&cells[line], |v| *v != 0, |v| f64::from(*v), take),
            Cells::U64(cells) => present(&cells[line], |v| *v != 0, |v| *v as f64, take),
            Cells::F64(cells) => present(&cells[line], |v| !v.is_nan(), |v| *v, take),
        }
    }
}

#[inline]
fn present<T>(
    cells: &[T],
    there: impl Fn(&T) -> bool,
    value: impl Fn(&T) -> f64,
    mut take: impl FnMut(usize, f64),
) {
    for (x, cell) in cells.iter().enumerate() {
        if there(cell) {
            take(x, value(cell));
        }
    }
}
