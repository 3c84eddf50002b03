//! The vertices of a batch, one line after the other, as the pens want them: positions, with what each row brings, and with
//! the corners of steps in between.

use drypoint_memory::{Buffer, MemoryConsumer};
use drypoint_stream::Batch;

use super::groups::{LineRows, Sorted};
use crate::Result;
use crate::columns::convert_missing;
use crate::mapping::{AxisMap, GridMap};

/// Where a line that goes in steps changes its height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// At the row that comes from: it is as high as the next one up to it.
    Pre,
    /// In the middle between two rows.
    Mid,
    /// At the next row: it is as high as the last one up to there.
    Post,
}

impl Step {
    /// Corners between two rows.
    pub(super) fn corners(step: Option<Self>) -> usize {
        match step {
            None => 0,
            Some(Step::Pre | Step::Post) => 1,
            Some(Step::Mid) => 2,
        }
    }

    /// The corners between two rows: x in data units, and whether the height is that of the second row; as many as
    /// [`Step::corners`] says count.
    pub(super) fn between(self, x0: f64, x1: f64) -> [(f64, bool); 2] {
        match self {
            Step::Pre => [(x0, true); 2],
            Step::Post => [(x1, false); 2],
            Step::Mid => {
                // Halves first: the sum of two large numbers may be infinite.
                let middle = x0 * 0.5 + x1 * 0.5;
                [(middle, false), (middle, true)]
            }
        }
    }
}

/// One array for each thing that is known of a vertex.
struct Columns {
    x: Buffer<f64>,
    y: Buffer<f64>,
    base: Buffer<f64>,
    values: Buffer<f64>,
    /// What the rows have in a second column.
    lookups: Buffer<f64>,
    codes: Buffer<u32>,
    order: Buffer<u32>,
}

/// What a track holds besides x and y.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holds {
    pub(super) base: bool,
    pub(super) values: bool,
    pub(super) lookups: bool,
    pub(super) codes: bool,
    pub(super) order: bool,
}

impl Columns {
    const ROW_BYTES: usize = 5 * size_of::<f64>() + 2 * size_of::<u32>();

    fn new(rows: usize, holds: Holds, consumer: &MemoryConsumer) -> Result<Self> {
        let rows_if = |held: bool| if held { rows } else { 0 };
        Ok(Self {
            x: consumer.buffer(rows)?,
            y: consumer.buffer(rows)?,
            base: consumer.buffer(rows_if(holds.base))?,
            values: consumer.buffer(rows_if(holds.values))?,
            lookups: consumer.buffer(rows_if(holds.lookups))?,
            codes: consumer.buffer(rows_if(holds.codes))?,
            order: consumer.buffer(rows_if(holds.order))?,
        })
    }
}

/// The vertices of one batch.
pub(super) struct Track {
    rows: usize,
    holds: Holds,
    step: Option<Step>,
    /// As they are read.
    read: Columns,
    /// What is drawn, as positions.
    drawn: Columns,
}

/// Where the columns of a batch are.
pub(super) struct Places {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) base: Option<usize>,
    /// A base that is the same for all rows.
    pub(super) constant_base: Option<f64>,
    pub(super) value: Option<usize>,
    pub(super) lookup: Option<usize>,
    /// Whether a column has categories.
    pub(super) has_codes: bool,
}

impl Track {
    /// Bytes for each row of a batch.
    pub(super) fn row_bytes(step: Option<Step>) -> usize {
        Columns::ROW_BYTES * (2 + Step::corners(step))
    }

    pub(super) fn new(
        rows: usize,
        holds: Holds,
        step: Option<Step>,
        consumer: &MemoryConsumer,
    ) -> Result<Self> {
        let drawn = rows.saturating_mul(1 + Step::corners(step));
        Ok(Self {
            rows,
            holds,
            step,
            read: Columns::new(rows, holds, consumer)?,
            drawn: Columns::new(drawn, holds, consumer)?,
        })
    }

    /// Whether a batch of so many rows fits.
    pub(super) fn holds(&self, rows: usize) -> bool {
        self.rows >= rows
    }

    /// Take the rows of a batch, in the order in which they are drawn; `kept` of them are.
    pub(super) fn read(
        &mut self,
        batch: &Batch<'_>,
        places: &Places,
        sorted: Option<&Sorted>,
        kept: usize,
        codes: impl FnOnce(&mut [u32]) -> Result<()>,
    ) -> Result<()> {
        let Self { read, drawn, holds, .. } = self;
        let rows = kept;
        match sorted {
            Some(sorted) => {
                read.x[..rows].copy_from_slice(&sorted.x[..rows]);
                read.y[..rows].copy_from_slice(&sorted.y[..rows]);
                if holds.values {
                    read.values[..rows].copy_from_slice(&sorted.values[..rows]);
                }
                if holds.lookups {
                    read.lookups[..rows].copy_from_slice(&sorted.lookups[..rows]);
                }
                if places.has_codes {
                    read.codes[..rows].copy_from_slice(&sorted.codes[..rows]);
                }
                if holds.order {
                    read.order[..rows].copy_from_slice(&sorted.order[..rows]);
                }
                if let Some(base) = places.base {
                    gather(batch, base, sorted, &mut drawn.base, &mut read.base[..rows])?;
                }
            }
            None => {
                convert_missing(&batch.columns[places.x], 0, &mut read.x[..rows])?;
                convert_missing(&batch.columns[places.y], 0, &mut read.y[..rows])?;
                if let (Some(value), true) = (places.value, holds.values) {
                    convert_missing(&batch.columns[value], 0, &mut read.values[..rows])?;
                }
                if let (Some(lookup), true) = (places.lookup, holds.lookups) {
                    convert_missing(&batch.columns[lookup], 0, &mut read.lookups[..rows])?;
                }
                if places.has_codes {
                    codes(&mut read.codes[..rows])?;
                }
                if holds.order {
                    read.order[..rows].iter_mut().zip(0..).for_each(|(order, row)| *order = row);
                }
                if let Some(base) = places.base {
                    convert_missing(&batch.columns[base], 0, &mut read.base[..rows])?;
                }
            }
        }
        if let (None, Some(constant)) = (places.base, places.constant_base) {
            read.base[..rows].fill(constant);
        }
        Ok(())
    }

    /// Go on with the next layer of a stack: it stands on the one before, and is as high as a column says.
    pub(super) fn stack(
        &mut self,
        batch: &Batch<'_>,
        column: usize,
        sorted: Option<&Sorted>,
        kept: usize,
    ) -> Result<()> {
        let Self { read, drawn, .. } = self;
        let Columns { y, base, .. } = read;
        base[..kept].copy_from_slice(&y[..kept]);
        match sorted {
            Some(sorted) => gather(batch, column, sorted, &mut drawn.base, &mut y[..kept])?,
            None => convert_missing(&batch.columns[column], 0, &mut y[..kept])?,
        }
        y[..kept].iter_mut().zip(base.iter()).for_each(|(y, base)| *y += base);
        Ok(())
    }

    /// How many of the rows that were read have no pixel.
    pub(super) fn outside(&self, kept: usize, grid: &GridMap) -> u64 {
        let inside = self.read.x[..kept].iter().zip(self.read.y.iter()).filter(|(x, y)| {
            (**x >= grid.x.start) & (**x <= grid.x.end) & (**y >= grid.y.start) & (**y <= grid.y.end)
        });
        (kept - inside.count()) as u64
    }

    /// Make what is drawn of the rows that were read; `lines` says which rows those are, and afterwards which vertices.
    /// All are of one plane where that is given.
    pub(super) fn lay(&mut self, plane: Option<u32>, grid: &GridMap, lines: &mut [LineRows]) {
        let Self { read, drawn, holds, step, .. } = self;
        let rows = lines.last().map_or(0, |line| line.end);
        if let Some(plane) = plane {
            read.codes[..rows].fill(plane);
        }
        match step {
            None => {
                drawn.x[..rows].copy_from_slice(&read.x[..rows]);
                drawn.y[..rows].copy_from_slice(&read.y[..rows]);
                if holds.base {
                    drawn.base[..rows].copy_from_slice(&read.base[..rows]);
                }
                if holds.values {
                    drawn.values[..rows].copy_from_slice(&read.values[..rows]);
                }
                if holds.lookups {
                    drawn.lookups[..rows].copy_from_slice(&read.lookups[..rows]);
                }
                if holds.codes {
                    drawn.codes[..rows].copy_from_slice(&read.codes[..rows]);
                }
                if holds.order {
                    drawn.order[..rows].copy_from_slice(&read.order[..rows]);
                }
            }
            Some(step) => expand(read, drawn, *holds, *step, grid, lines),
        }
        let end = lines.last().map_or(0, |line| line.end);
        to_positions(&mut drawn.x[..end], &grid.x);
        to_positions(&mut drawn.y[..end], &grid.y);
        if holds.base {
            to_base(&mut drawn.base[..end], &grid.y);
        }
        for (index, (x, y)) in drawn.x[..end].iter_mut().zip(drawn.y[..end].iter_mut()).enumerate() {
            let base = if holds.base { drawn.base[index] } else { 0.0 };
            let there = (x.abs() < f64::INFINITY) & (y.abs() < f64::INFINITY) & !base.is_nan();
            (*x, *y) = if there { (*x, *y) } else { (f64::NAN, f64::NAN) };
        }
    }

    /// The vertices from one place to before another.
    pub(super) fn knots(&self, start: usize, end: usize, order: u64, with_base: bool) -> Knots<'_> {
        let Self { drawn, holds, .. } = self;
        fn part<T>(held: bool, all: &[T], start: usize, end: usize) -> &[T] {
            if held { &all[start..end] } else { &[] }
        }
        Knots {
            x: &drawn.x[start..end],
            y: &drawn.y[start..end],
            base: part(holds.base, &drawn.base, start, end),
            values: part(holds.values, &drawn.values, start, end),
            lookups: part(holds.lookups, &drawn.lookups, start, end),
            codes: part(holds.codes, &drawn.codes, start, end),
            numbers: part(holds.order, &drawn.order, start, end),
            order,
            comes: true,
            goes: true,
            with_base,
        }
    }

    /// X of a row in data units.
    pub(super) fn data_x(&self, row: usize) -> f64 {
        self.read.x[row]
    }
}

/// A column of a batch in the order of its lines, by way of `spare`.
fn gather(
    batch: &Batch<'_>,
    column: usize,
    sorted: &Sorted,
    spare: &mut [f64],
    target: &mut [f64],
) -> Result<()> {
    convert_missing(&batch.columns[column], 0, &mut spare[..batch.rows])?;
    for (target, row) in target.iter_mut().zip(sorted.order.iter()) {
        *target = spare[*row as usize];
    }
    Ok(())
}

/// What the axis maps values to.
pub(super) fn to_positions(values: &mut [f64], axis: &AxisMap) {
    if axis.log {
        values.iter_mut().for_each(|value| *value = value.log10());
    }
}

/// What the axis maps the heights of a base to: what has no logarithm because it is not above 0 lies below everything.
pub(super) fn to_base(values: &mut [f64], axis: &AxisMap) {
    for value in values {
        if axis.log {
            *value = if *value <= 0.0 { f64::NEG_INFINITY } else { value.log10() };
        }
        // NaN stays: there is no base.
        *value = value.clamp(-f64::MAX, f64::MAX);
    }
}

/// Put the corners of steps between the rows of each line.
fn expand(
    read: &Columns,
    drawn: &mut Columns,
    holds: Holds,
    step: Step,
    grid: &GridMap,
    lines: &mut [LineRows],
) {
    let corners = Step::corners(Some(step));
    let mut at = 0;
    for line in lines {
        let start = at;
        for row in line.start..line.end {
            let (x, y) = (read.x[row], read.y[row]);
            // With the height of one row, and what another brings.
            let mut put = |x: f64, height: usize, from: usize| {
                (drawn.x[at], drawn.y[at]) = (x, read.y[height]);
                if holds.base {
                    drawn.base[at] = read.base[height];
                }
                if holds.values {
                    drawn.values[at] = read.values[from];
                }
                if holds.lookups {
                    drawn.lookups[at] = read.lookups[from];
                }
                if holds.codes {
                    drawn.codes[at] = read.codes[from];
                }
                if holds.order {
                    drawn.order[at] = read.order[from];
                }
                at += 1;
            };
            if row > line.start {
                let before = (read.x[row - 1], read.y[row - 1]);
                let has_base = |row: usize| !holds.base || !read.base[row].is_nan();
                let there =
                    is_there(before, grid) && is_there((x, y), grid) && has_base(row - 1) && has_base(row);
                for (x, second) in step.between(before.0, x).into_iter().take(corners) {
                    // Where a row is missing there is no corner either.
                    put(if there { x } else { f64::NAN }, if second { row } else { row - 1 }, row - 1);
                }
            }
            put(x, row, row);
        }
        (line.start, line.end) = (start, at);
    }
}

/// Whether a vertex in data units has a position.
fn is_there((x, y): (f64, f64), grid: &GridMap) -> bool {
    let has = |value: f64, axis: &AxisMap| value.abs() < f64::INFINITY && (!axis.log || value > 0.0);
    has(x, &grid.x) && has(y, &grid.y)
}

/// Vertices of one line that follow each other, and what the segments that start with them bring.
#[derive(Clone, Copy)]
pub(super) struct Knots<'a> {
    /// Positions; both are NaN where there is none.
    pub(super) x: &'a [f64],
    pub(super) y: &'a [f64],
    /// Positions of the base; empty if there is none.
    pub(super) base: &'a [f64],
    /// Empty if the reduction looks at none.
    pub(super) values: &'a [f64],
    pub(super) lookups: &'a [f64],
    pub(super) codes: &'a [u32],
    pub(super) numbers: &'a [u32],
    /// What is added to the numbers for the key of each.
    pub(super) order: u64,
    /// Whether the first one only tells where the line comes from, and the last one where it goes.
    pub(super) comes: bool,
    pub(super) goes: bool,
    /// Whether the pixels of the base belong to an area.
    pub(super) with_base: bool,
}

impl Knots<'_> {
    /// Whether a vertex has no position.
    #[inline]
    pub(super) fn is_missing(&self, vertex: usize) -> bool {
        self.x[vertex].is_nan()
    }

    /// The segments that are drawn, by the vertices that they start with.
    pub(super) fn segments(&self) -> std::ops::Range<usize> {
        usize::from(self.comes)..self.x.len().saturating_sub(1 + usize::from(self.goes))
    }
}
