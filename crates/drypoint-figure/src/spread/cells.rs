//! Larger dots in an aggregate: before values become colours, so that what overlaps is added up. The colour bar then tells
//! how much fell in the neighbourhood of a pixel.

use std::str::FromStr;

use drypoint_canvas::{Aggregate, Cells, Planes};
use drypoint_memory::MemoryConsumer;

use super::{SpreadShape, Stamp};
use crate::{FigureError, Result};

/// What becomes of values that fall on one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellBlend {
    /// Their sum.
    Add,
    /// The greatest.
    Max,
    /// The least.
    Min,
    /// The last one, row by row from the lowest.
    Source,
}

impl FromStr for CellBlend {
    type Err = FigureError;

    fn from_str(name: &str) -> Result<Self> {
        let all = [("add", Self::Add), ("max", Self::Max), ("min", Self::Min), ("source", Self::Source)];
        all.into_iter().find(|(known, _)| *known == name).map(|(_, blend)| blend).ok_or_else(|| {
            FigureError::UnknownBlend {
                name: name.to_string(),
                nearest: drypoint_stream::nearest(name, all.into_iter().map(|(known, _)| known)),
            }
        })
    }
}

/// Let every cell that is not empty cover `px` cells on all sides. Counts whose sums need it become 64 bits wide. The
/// result cannot be merged. Cost: `(2 px + 1)²` for each such cell; a second aggregate is made.
///
/// # Errors
/// [`FigureError::Budget`].
pub fn spread_cells(
    aggregate: &Aggregate,
    px: usize,
    shape: SpreadShape,
    blend: CellBlend,
    consumer: &MemoryConsumer,
) -> Result<Aggregate> {
    let size = (aggregate.width(), aggregate.height());
    let stamp = Stamp::new(px.min(size.0.max(size.1)), shape);
    let planes = match aggregate.all_cells() {
        Cells::Bool(cells) => {
            let mut out = consumer.zeroed::<u8>(cells.len())?;
            grow(cells, &mut out, size, &stamp, |cell| *cell != 0, |_, _| 1);
            Planes::Bool(out)
        }
        Cells::U32(cells) => {
            let largest = u64::from(cells.iter().copied().max().unwrap_or(0));
            if blend == CellBlend::Add && largest * stamp.offsets.len() as u64 > u64::from(u32::MAX) {
                let mut out = consumer.zeroed::<u64>(cells.len())?;
                grow(cells, &mut out, size, &stamp, |cell| *cell != 0, |sum, cell| sum + u64::from(cell));
                Planes::U64(out)
            } else {
                let mut out = consumer.zeroed::<u32>(cells.len())?;
                let whole = |held: u32, cell: u32| blend.whole(held.into(), cell.into()) as u32;
                grow(cells, &mut out, size, &stamp, |cell| *cell != 0, whole);
                Planes::U32(out)
            }
        }
        Cells::U64(cells) => {
            let mut out = consumer.zeroed::<u64>(cells.len())?;
            grow(cells, &mut out, size, &stamp, |cell| *cell != 0, |held, cell| blend.whole(held, cell));
            Planes::U64(out)
        }
        Cells::F64(cells) => {
            let mut out = consumer.buffer::<f64>(cells.len())?;
            out.fill(f64::NAN);
            grow(cells, &mut out, size, &stamp, |cell| !cell.is_nan(), |held, cell| blend.number(held, cell));
            Planes::F64(out)
        }
    };
    let mut spread = Aggregate::from_planes(
        aggregate.canvas.clone(),
        aggregate.reduction.clone(),
        aggregate.categories.clone(),
        planes,
    );
    (spread.rows, spread.skipped) = (aggregate.rows, aggregate.skipped);
    Ok(spread)
}

impl CellBlend {
    /// Of counts, where 0 is empty.
    fn whole(self, held: u64, cell: u64) -> u64 {
        match self {
            _ if held == 0 => cell,
            Self::Add => held.saturating_add(cell),
            Self::Max => held.max(cell),
            Self::Min => held.min(cell),
            Self::Source => cell,
        }
    }

    /// Of numbers, where NaN is empty.
    fn number(self, held: f64, cell: f64) -> f64 {
        match self {
            _ if held.is_nan() => cell,
            Self::Add => held + cell,
            Self::Max => held.max(cell),
            Self::Min => held.min(cell),
            Self::Source => cell,
        }
    }
}

/// Every plane by itself.
fn grow<T: Copy, U: Copy>(
    cells: &[T],
    out: &mut [U],
    (width, height): (usize, usize),
    stamp: &Stamp,
    is_there: impl Fn(&T) -> bool,
    merge: impl Fn(U, T) -> U,
) {
    for (plane, out) in cells.chunks_exact(width * height).zip(out.chunks_exact_mut(width * height)) {
        for (from, cell) in plane.iter().enumerate().filter(|(_, cell)| is_there(cell)) {
            let (x, y) = ((from % width) as isize, (from / width) as isize);
            for (dx, dy) in &stamp.offsets {
                let (to_x, to_y) = (x + dx, y + dy);
                if (0..width as isize).contains(&to_x) && (0..height as isize).contains(&to_y) {
                    let target = &mut out[to_y as usize * width + to_x as usize];
                    *target = merge(*target, *cell);
                }
            }
        }
    }
}
