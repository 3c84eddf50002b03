//! The cells of a table as large as a picture needs them: each pixel shows the cell under its centre.

use drypoint_memory::{Buffer, MemoryConsumer, Pod};

use crate::aggregate::Planes;
use crate::mapping::AxisMap;
use crate::{Aggregate, Axis, Canvas, Result, Scale};

impl Aggregate {
    /// The same cells on another canvas, nothing where that reaches over this one. It cannot be merged if its reduction
    /// needs more than planes for that.
    pub fn enlarged(&self, canvas: &Canvas, consumer: &MemoryConsumer) -> Result<Aggregate> {
        canvas.check()?;
        let columns = under(&self.canvas.x, &canvas.x);
        let lines = under(&self.canvas.y, &canvas.y);
        let (width, cells) = (self.width(), self.width() * self.height());
        let count = self.planes();
        macro_rules! spread {
            ($cells:expr, $empty:expr) => {
                spread($cells, count, width, cells, &columns, &lines, $empty, consumer)?
            };
        }
        let planes = match self.all_cells() {
            crate::Cells::Bool(found) => Planes::Bool(spread!(found, 0)),
            crate::Cells::U32(found) => Planes::U32(spread!(found, 0)),
            crate::Cells::U64(found) => Planes::U64(spread!(found, 0)),
            crate::Cells::I64(found) => Planes::I64(spread!(found, -1)),
            crate::Cells::F64(found) => Planes::F64(spread!(found, f64::NAN)),
        };
        let categories = self.categories.clone();
        let mut made = Aggregate::from_planes(canvas.clone(), self.reduction.clone(), categories, planes);
        (made.rows, made.skipped) = (self.rows, self.skipped);
        Ok(made)
    }
}

/// The cell of `held` under the centre of each pixel of `shown`.
fn under(held: &Axis, shown: &Axis) -> Vec<Option<usize>> {
    let map = AxisMap::new(held);
    let log = shown.scale == Scale::Log;
    let at = |value: f64| if log { value.log10() } else { value };
    let (start, end) = (at(shown.range.0), at(shown.range.1));
    let cells = (0..shown.pixels).map(|pixel| {
        let share = (pixel as f64 + 0.5) / shown.pixels as f64;
        let position = start + (end - start) * share;
        let value = if log { 10f64.powf(position) } else { position };
        let inside = value >= map.start && value <= map.end;
        inside.then(|| map.pixel_at(if map.log { value.log10() } else { value }))
    });
    cells.collect()
}

#[allow(clippy::too_many_arguments)] // One call, above.
fn spread<T: Pod>(
    from: &[T],
    planes: usize,
    width: usize,
    cells: usize,
    columns: &[Option<usize>],
    lines: &[Option<usize>],
    empty: T,
    consumer: &MemoryConsumer,
) -> Result<Buffer<T>> {
    let mut made = consumer.buffer(planes * columns.len() * lines.len())?;
    let places = (0..planes)
        .flat_map(|plane| lines.iter().map(move |line| line.map(|line| plane * cells + line * width)));
    for (made, start) in made.chunks_exact_mut(columns.len()).zip(places) {
        for (made, column) in made.iter_mut().zip(columns) {
            *made = match (start, column) {
                (Some(start), Some(column)) => from[start + column],
                _ => empty,
            };
        }
    }
    Ok(made)
}
