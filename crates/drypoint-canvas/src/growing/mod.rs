//! One pass over rows whose ranges nobody knows: a grid of twice the resolution that grows with them.
//!
//! Each thread has a grid of its own with its own ranges, so that no thread waits for another to grow. All cells are
//! assigned to the pixels of the final canvas at the end. Totals are exact, and a cell is at most a pixel wide: folds of
//! values are within half a pixel of their place (`side` says why), counts within one (`landing` says why).

mod landing;
mod side;

use drypoint_stream::{Batch, Extent, Source};

use self::landing::Landing;
use self::side::Side;
use crate::columns::Roles;
use crate::drive::drive;
use crate::extents::{Extremes, widen};
use crate::fold::{Accumulator, Counters, Directories, Folded, RowRuns, SharedCounts, Worker};
use crate::mapping::{AxisMap, GridMap};
use crate::options::Options;
use crate::plan::{Plan, Target, request};
use crate::raw::Isa;
use crate::{Aggregate, Axis, AxisKind, Canvas, CanvasError, Reduction, Result, Scale};

/// Rows between two looks at the ranges: still in the second-level cache when they are folded.
const RUN_ROWS: usize = 16 * 1024;

/// An axis whose range may be left to the data.
#[derive(Debug, Clone, PartialEq)]
pub struct GrowingAxis {
    /// Pixels of the final canvas.
    pub pixels: usize,
    /// First and last data value, or `None` for what the data turns out to cover.
    pub range: Option<(f64, f64)>,
    /// How values become positions.
    pub scale: Scale,
    /// What they mean.
    pub kind: AxisKind,
}

impl GrowingAxis {
    /// The final axis over what was seen.
    fn axis(&self, seen: Option<Extent>) -> Axis {
        let (pixels, scale, kind) = (self.pixels, self.scale, self.kind.clone());
        match self.range {
            Some(range) => Axis { pixels, range, scale, kind },
            None => Axis::around(pixels, seen, scale, kind),
        }
    }

    fn cells(&self) -> usize {
        if self.range.is_some() { self.pixels } else { Side::cells_of(self.pixels) }
    }
}

/// A fold of sources that are read once and whose ranges are not known before.
///
/// Positions are within half a pixel of the final canvas (counts within one, divided by area), and depend so far on
/// threads and batches; totals are exact.
pub struct GrowingFold {
    axes: [GrowingAxis; 2],
    names: [String; 2],
    reduction: Reduction,
    options: Options,
    directories: Directories,
    running: Option<(Plan, Vec<Grid>)>,
}

impl GrowingFold {
    /// Nothing is read and nothing large is allocated yet.
    pub fn new(
        x_axis: GrowingAxis,
        y_axis: GrowingAxis,
        x: &str,
        y: &str,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Self> {
        reduction.check()?;
        // With any range that can be drawn, the check is that of the pixels, and of the ranges that are given.
        Canvas { x: x_axis.axis(None), y: y_axis.axis(None) }.check()?;
        let (width, height) = (x_axis.cells(), y_axis.cells());
        if width.saturating_mul(height) as u64 > Canvas::MAX_PIXELS || width.max(height) > Axis::MAX_PIXELS {
            let (per_axis, limit) = (Axis::MAX_PIXELS / 2 - 1, Canvas::MAX_PIXELS / 4);
            let (width, height) = (x_axis.pixels, y_axis.pixels);
            return Err(CanvasError::TooManyPixels { width, height, per_axis, limit });
        }
        Ok(Self {
            axes: [x_axis, y_axis],
            names: [x.into(), y.into()],
            reduction: reduction.clone(),
            options: options.clone(),
            directories: Directories::new(reduction, options.max_categories)?,
            running: None,
        })
    }

    fn cells(&self) -> usize {
        self.axes[0].cells() * self.axes[1].cells()
    }

    /// Fold all points of a source. The plan is made with the first one.
    ///
    /// After an error the fold holds some of the source's points and should be dropped.
    pub fn consume(&mut self, source: &dyn Source) -> Result<()> {
        let roles = Roles::new(source.schema(), &self.names[0], &self.names[1], &self.reduction)?;
        let cells = self.cells();
        if self.running.is_none() {
            let result_cells = Some(self.axes[0].pixels * self.axes[1].pixels);
            let target = Target::points(&self.reduction, cells, result_cells);
            self.running = Some((Plan::make(source, &roles, &target, &self.options)?, Vec::new()));
        }
        let Self { axes, reduction, options, directories, running, .. } = self;
        let Some((plan, grids)) = running else { return Ok(()) };
        let mut request = request(&roles, plan.batch_rows, plan.threads, options);
        let readers = source.needs(&request)?.max_readers.clamp(1, plan.threads);
        request.readers = readers;
        while grids.len() < readers {
            grids.push(Grid::new(axes, reduction, cells, options)?);
        }
        Worker::begin_source(grids.iter_mut().map(|grid| &mut grid.worker));
        drive(source, &request, &mut grids[..readers], options.progress.as_deref(), |grid, batch| {
            grid.fold(batch, &roles, directories)
        })
    }

    /// Threads that the plan of the first source took; 0 before it.
    pub fn threads(&self) -> usize {
        self.running.as_ref().map_or(0, |(plan, _)| plan.threads)
    }

    /// The finite extents of x and y so far; `None` where no row has a finite value.
    pub fn seen(&self) -> [Option<Extent>; 2] {
        let mut seen = [None, None];
        for grid in self.running.iter().flat_map(|(_, grids)| grids) {
            for (seen, new) in seen.iter_mut().zip(&grid.extremes.found) {
                if let Some(new) = new {
                    widen(seen, *new);
                }
            }
        }
        seen
    }

    /// The final axes over what was seen so far.
    pub fn axes(&self) -> [Axis; 2] {
        let [x, y] = self.seen();
        [self.axes[0].axis(x), self.axes[1].axis(y)]
    }

    /// The aggregate of all that was consumed, over exactly the range of it.
    pub fn finish(self) -> Result<Aggregate> {
        let [x, y] = self.axes();
        self.finish_on(&Canvas { x, y })
    }

    /// The same on a canvas over [`GrowingFold::axes`] of another size, at most the one it was made for: that of a plot
    /// area whose margins depend on the ranges.
    pub fn finish_on(mut self, canvas: &Canvas) -> Result<Aggregate> {
        let grids = self.running.take().map_or_else(Vec::new, |(_, grids)| grids);
        canvas.check()?;
        let (map, pixels, consumer) = (GridMap::new(canvas), canvas.pixels(), &self.options.consumer);
        let shared = SharedCounts::for_parts(&self.reduction, pixels, false, consumer);
        let mut result = Vec::new();
        for (place, (part, shared)) in self.reduction.parts().into_iter().zip(&shared).enumerate() {
            let mut accumulator = Accumulator::new(part, shared);
            let (_, numbers) = self.directories.sorted(place);
            for number in &numbers {
                accumulator.add_plane(*number, pixels, consumer)?;
            }
            result.push((accumulator, numbers, Vec::new()));
        }
        // The counters are the result's alone from here on.
        drop(shared);
        let (mut rows, mut skipped) = (0, 0);
        for grid in grids {
            rows += grid.worker.rows;
            skipped += grid.worker.skipped;
            grid.pour(&mut result, &map);
        }
        let folded = result.into_iter().map(|(accumulator, numbers, runs)| Folded {
            accumulator,
            numbers,
            runs: RowRuns::together(runs),
        });
        let (directories, reduction) = (&self.directories, &self.reduction);
        Folded::finish(vec![folded.collect()], canvas, reduction, directories, (rows, skipped), consumer)
    }
}

/// What is poured together of one part of a reduction: its cells, the numbers of its planes, the rows seen.
type Poured = (Accumulator, Vec<u32>, Vec<RowRuns>);

/// How an axis of a grid divides values: growing, or fixed for good.
enum Division {
    Growing(Side, Scale),
    Fixed(AxisMap),
}

impl Division {
    fn new(axis: &GrowingAxis) -> Self {
        match axis.range {
            None => Self::Growing(Side::new(axis.pixels, axis.scale == Scale::Log), axis.scale),
            Some(_) => Self::Fixed(AxisMap::new(&axis.axis(None))),
        }
    }

    fn map(&self) -> AxisMap {
        match self {
            Self::Growing(side, _) => side.map(),
            Self::Fixed(map) => *map,
        }
    }
}

/// One thread's grid.
struct Grid {
    divisions: [Division; 2],
    map: GridMap,
    extremes: Extremes,
    worker: Worker,
}

impl Grid {
    fn new(axes: &[GrowingAxis; 2], reduction: &Reduction, cells: usize, options: &Options) -> Result<Self> {
        let shared = SharedCounts::for_parts(reduction, cells, false, &options.consumer);
        let divisions = [Division::new(&axes[0]), Division::new(&axes[1])];
        let (width, height) = (axes[0].cells(), axes[1].cells());
        Ok(Self {
            map: GridMap { x: divisions[0].map(), y: divisions[1].map(), width, height },
            divisions,
            extremes: Extremes::new(2),
            worker: Worker::new(reduction, cells, &shared, &options.consumer, Isa::detect())?,
        })
    }

    fn fold(&mut self, batch: &Batch<'_>, roles: &Roles, directories: &Directories) -> Result<()> {
        self.worker.begin(batch, roles)?;
        let mut first = 0;
        while first < batch.rows {
            let end = batch.rows.min(first + RUN_ROWS);
            self.cover(batch, roles, first, end)?;
            self.worker.fold_rows(batch, first, end, roles, &self.map, directories)?;
            first = end;
        }
        Ok(())
    }

    /// Grow until rows `first .. end` have cells.
    fn cover(&mut self, batch: &Batch<'_>, roles: &Roles, first: usize, end: usize) -> Result<()> {
        for (index, column) in [roles.x, roles.y].into_iter().enumerate() {
            let Division::Growing(side, scale) = &mut self.divisions[index] else { continue };
            self.extremes.look(index, batch, column, *scale, first, end)?;
            let Some(seen) = self.extremes.found[index] else { continue };
            let axis = ["x", "y"][index];
            let moved = side.cover(seen).ok_or(CanvasError::RangeIndivisible {
                axis,
                start: seen.min,
                end: seen.max,
                pixels: side.pixels(),
            })?;
            if let Some(moved) = moved {
                let (width, height) = (self.map.width, self.map.height);
                if index == 0 {
                    self.worker.regrid(height, width, 1, width, &moved);
                } else {
                    self.worker.regrid(width, 1, width, height, &moved);
                }
            }
            let map = side.map();
            if index == 0 { self.map.x = map } else { self.map.y = map }
        }
        Ok(())
    }

    /// Each cell into its pixel, or the two that share it.
    fn pour(self, result: &mut [Poured], map: &GridMap) {
        let landings = |division: &Division, axis: &AxisMap, cells: usize| -> Vec<Landing> {
            match division {
                Division::Growing(side, _) => side.landings(axis),
                // The range is the final one, but the final canvas may have fewer pixels.
                Division::Fixed(_) => {
                    let cell = (axis.last + 1.0) / cells as f64;
                    (0..cells)
                        .map(|at| Landing::between(at as f64 * cell, (at + 1) as f64 * cell, axis.last))
                        .collect()
                }
            }
        };
        let columns = landings(&self.divisions[0], &map.x, self.map.width);
        let lines = landings(&self.divisions[1], &map.y, self.map.height);
        for ((result, numbers, runs), mut folded) in result.iter_mut().zip(self.worker.into_folded()) {
            for (plane, number) in folded.numbers.iter().enumerate() {
                let Some(to_plane) = numbers.iter().position(|known| known == number) else { continue };
                if let (Some(mine), Some(theirs)) = (result.counts(), folded.accumulator.counts()) {
                    pour_counts((mine, to_plane, map.width), (theirs, plane), &columns, &lines);
                    continue;
                }
                for (y, line) in lines.iter().enumerate() {
                    for (x, column) in columns.iter().enumerate() {
                        let to = line.centre as usize * map.width + column.centre as usize;
                        result.take(to_plane, to, &mut folded.accumulator, plane, y * columns.len() + x);
                    }
                }
            }
            runs.push(folded.runs);
        }
    }
}

/// The counts of one plane of a grid into `mine`: (counters, plane, pixels of a row).
fn pour_counts(
    (mine, to_plane, width): (&mut Counters, usize, usize),
    (theirs, plane): (&mut Counters, usize),
    columns: &[Landing],
    lines: &[Landing],
) {
    let mut owed_by_columns = vec![0.0; columns.len()];
    for (y, line) in lines.iter().enumerate() {
        let mut owed_by_line = 0.0;
        for (x, column) in columns.iter().enumerate() {
            let count = theirs.clear(plane, y * columns.len() + x);
            if count == 0 {
                continue;
            }
            for (part, column) in column.divide(count, &mut owed_by_columns[x]) {
                for (part, line) in line.divide(part, &mut owed_by_line) {
                    mine.put(to_plane, line as usize * width + column as usize, part);
                }
            }
        }
    }
}
