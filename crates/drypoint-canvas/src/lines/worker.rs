//! One thread's fold of lines: batches in, cells out, a block of vertices at a time.
//!
//! Step one finds the pixels of a block's vertices, step two those segments that visit only the pixel they end in; both
//! are vector loops, and what they find goes to the cells like points. What is left (long segments, clipped ones, the
//! first of a line) is stepped through one by one.

use std::sync::Arc;

use drypoint_stream::{Batch, Cancel};

use super::LineRoles;
use super::groups::{GroupKey, Groups, LineRows, Order, Sorted};
use super::runs::{Runs, runs_suit, suits_runs};
use super::seam::{Ends, Seams, Stretch, Vertex};
use super::sink::{SeamDraw, SegmentData, Sink};
use super::stepping::{Frame, Spot};
use crate::columns::{as_f64, check_batch, convert_missing, for_each_missing};
use crate::fold::{Accumulator, Directory, Folded, RowRuns, SharedCounts};
use crate::mapping::{AxisMap, GridMap};
use crate::options::Options;
use crate::raw::{
    BLOCK_ROWS, FIRST, Isa, Located, MISSING, NOWHERE, SIDES, locate_along, locate_segments, locate_vertices,
    series_of,
};
use crate::{Reduction, Result};

/// What is known of the vertices of a block and of the two that stand before it.
struct Scratch {
    converted: [f64; BLOCK_ROWS],
    other_converted: [f64; BLOCK_ROWS],
    /// Positions, after that of the vertex before.
    x: [f64; BLOCK_ROWS + 1],
    y: [f64; BLOCK_ROWS + 1],
    /// Pixels and codes, after those of the two vertices before.
    columns: [u32; BLOCK_ROWS + 2],
    lines: [u32; BLOCK_ROWS + 2],
    codes: [u32; BLOCK_ROWS + 2],
    /// Of the segments that visit only the pixel they end in; `NOWHERE` of all others.
    pixels: [u32; BLOCK_ROWS],
    /// Which segments need to be stepped through.
    others: [u8; BLOCK_ROWS],
    /// Of the row that each segment starts with.
    values: [f64; BLOCK_ROWS],
    lookups: [f64; BLOCK_ROWS],
    categories: [u32; BLOCK_ROWS],
    numbers: [u32; BLOCK_ROWS],
}

/// What one thread holds between batches. Nothing in it grows with the number of rows.
pub(super) struct LineWorker {
    /// Its place among the readers.
    index: usize,
    frame: Frame,
    isa: Isa,
    cancel: Cancel,
    scratch: Box<Scratch>,
    sink: Sink,
    runs: Option<Runs>,
    groups: Option<Box<Groups>>,
    lines: Vec<LineRows>,
    /// The rows read, if their numbers are told.
    row_runs: Option<RowRuns>,
    /// The keys that a source gives its rows are counted from here; past all keys of the sources before.
    first_key: u64,
    /// Past all keys so far.
    end_key: u64,
    pub(super) rows: u64,
    pub(super) skipped: u64,
}

impl LineWorker {
    /// Bytes besides the cells and runs.
    pub(super) const OWN_BYTES: usize = Sink::OWN_BYTES + size_of::<Scratch>();

    pub(super) fn new(
        index: usize,
        grid: &GridMap,
        reduction: &Reduction,
        shared: &Arc<SharedCounts>,
        with_runs: bool,
        options: &Options,
    ) -> Result<Self> {
        let consumer = &options.consumer;
        let runs = (with_runs && runs_suit(reduction))
            .then(|| Runs::new(grid.width, grid.height, consumer))
            .transpose()?;
        let isa = Isa::detect();
        Ok(Self {
            index,
            frame: Frame::new(grid),
            isa,
            cancel: options.cancel.clone(),
            scratch: Box::new(Scratch {
                converted: [0.0; BLOCK_ROWS],
                other_converted: [0.0; BLOCK_ROWS],
                x: [0.0; BLOCK_ROWS + 1],
                y: [0.0; BLOCK_ROWS + 1],
                columns: [0; BLOCK_ROWS + 2],
                lines: [0; BLOCK_ROWS + 2],
                codes: [0; BLOCK_ROWS + 2],
                pixels: [NOWHERE; BLOCK_ROWS],
                others: [0; BLOCK_ROWS],
                values: [f64::NAN; BLOCK_ROWS],
                lookups: [f64::NAN; BLOCK_ROWS],
                categories: [NOWHERE; BLOCK_ROWS],
                numbers: [0; BLOCK_ROWS],
            }),
            sink: Sink::new(reduction, grid.cells(), shared, consumer)?,
            runs,
            groups: Some(Box::new(Groups::new(consumer))),
            lines: Vec::new(),
            row_runs: reduction.numbers_rows().then(RowRuns::default),
            first_key: 0,
            end_key: 0,
            rows: 0,
            skipped: 0,
        })
    }

    /// One for each part of the reduction.
    pub(super) fn all(
        index: usize,
        grid: &GridMap,
        reduction: &Reduction,
        shared: &[Arc<SharedCounts>],
        with_runs: bool,
        options: &Options,
    ) -> Result<Vec<Self>> {
        let parts = reduction.parts().into_iter().zip(shared);
        parts.map(|(part, shared)| Self::new(index, grid, part, shared, with_runs, options)).collect()
    }

    /// To be called before each source with all that take part in it: what comes now stands behind what came before.
    pub(super) fn begin_source<'w>(workers: impl Iterator<Item = &'w mut Self>) {
        let mut workers: Vec<&mut Self> = workers.collect();
        let first_key = workers.iter().map(|worker| worker.end_key).max().unwrap_or(0);
        for worker in &mut workers {
            worker.first_key = first_key;
        }
    }

    /// Fold a batch, and note its ends.
    pub(super) fn fold(
        &mut self,
        batch: &Batch<'_>,
        roles: &LineRoles,
        directory: Option<&Directory>,
        seams: &Seams<Ends>,
    ) -> Result<()> {
        check_batch(batch, roles.columns.request.len())?;
        let key = self.first_key.saturating_add(batch.order);
        self.end_key = self.end_key.max(key.saturating_add(batch.rows as u64));
        if batch.rows == 0 {
            return Ok(());
        }
        if let Some(runs) = &mut self.row_runs {
            // Segments have the key of their row and one more.
            runs.note(key.saturating_add(1), batch.rows, &self.sink.consumer)?;
        }
        if let (Some(interner), Some(category)) = (&mut self.sink.interner, roles.columns.category) {
            interner.begin_batch(&batch.columns[category]);
        }
        let mut lines = std::mem::take(&mut self.lines);
        let mut groups = self.groups.take().unwrap_or_else(|| unreachable!("put back after each batch"));
        let sorted = self.order(batch, roles, directory, &mut groups, &mut lines)?;
        let view = View { batch, roles, sorted, rows: lines.last().map_or(0, |line| line.end), key };
        self.fold_view(&view, &mut lines, directory)?;
        self.rows += batch.rows as u64;

        let mut stretch = Stretch::default();
        for line in &mut lines {
            let ends = self.ends(&view, line, directory)?;
            stretch.note(std::mem::replace(&mut line.group, GroupKey::All), ends);
        }
        let keys = (batch.order, batch.order.saturating_add(batch.rows as u64));
        seams.note(self.index, keys, stretch, &mut self.draw(directory))?;
        (self.lines, self.groups) = (lines, Some(groups));
        Ok(())
    }

    /// Find the lines of a batch, and put its rows in their order where they are not.
    fn order<'g>(
        &mut self,
        batch: &Batch<'_>,
        roles: &LineRoles,
        directory: Option<&Directory>,
        groups: &'g mut Groups,
        lines: &mut Vec<LineRows>,
    ) -> Result<Option<&'g Sorted>> {
        let Some((name, column)) = &roles.group else {
            lines.clear();
            lines.push(LineRows { group: GroupKey::All, start: 0, end: batch.rows, pending: None });
            return Ok(None);
        };
        let order = groups.find(name, &batch.columns[*column], batch.rows, lines)?;
        let kept = lines.last().map_or(0, |line| line.end);
        self.skipped += (batch.rows - kept) as u64;
        if let Order::AsTheyStand = order {
            return Ok(None);
        }
        let columns = &roles.columns;
        let sink = &mut self.sink;
        let codes = columns.category.map(|category| {
            move |codes: &mut [u32]| sink.encode(directory, &batch.columns[category], 0, codes)
        });
        groups.sort(batch, columns, lines, codes).map(Some)
    }

    /// Fold all but what joins the lines to those of other batches.
    fn fold_view(
        &mut self,
        view: &View<'_>,
        lines: &mut [LineRows],
        directory: Option<&Directory>,
    ) -> Result<()> {
        let ordered = self.sink.accumulator.is_ordered();
        let grid = self.frame.grid;
        let (mut begun, mut head) = (0, 0);
        let mut start = 0;
        while start < view.rows {
            // A block may visit as many pixels as a batch of points and more.
            self.cancel.check()?;
            let rows = BLOCK_ROWS.min(view.rows - start);
            let next_line = lines.get(begun).map_or(usize::MAX, |line| line.start);
            if next_line >= start + rows && self.stays_in_column(view, start, rows)? {
                start += rows;
                continue;
            }
            let scratch = &mut *self.scratch;
            let x = view.x(start, rows, &mut scratch.converted)?;
            let y = view.y(start, rows, &mut scratch.other_converted)?;
            positions(x, &grid.x, &mut scratch.x[1..=rows]);
            positions(y, &grid.y, &mut scratch.y[1..=rows]);
            let located = Located {
                columns: &mut scratch.columns[2..rows + 2],
                lines: &mut scratch.lines[2..rows + 2],
                codes: &mut scratch.codes[2..rows + 2],
            };
            let mut found =
                locate_vertices(self.isa, x, y, &scratch.x[1..=rows], &scratch.y[1..=rows], &grid, located);
            let codes = &mut scratch.codes[2..rows + 2];
            view.for_each_missing(start, rows, |row| {
                found -= u32::from(codes[row] == 0);
                codes[row] |= MISSING;
            });
            self.skipped += rows as u64 - u64::from(found);
            while let Some(line) = lines.get(begun).filter(|line| line.start < start + rows) {
                codes[line.start - start] |= FIRST;
                begun += 1;
            }

            // The first segment of a batch is none, because a line begins there: what stands for its row is not read.
            if view.roles.columns.value.is_some() {
                shifted(start, &mut scratch.values[..rows], |from, target| view.values(from, target))?;
            }
            if view.roles.columns.lookup.is_some() {
                shifted(start, &mut scratch.lookups[..rows], |from, target| view.lookups(from, target))?;
            }
            if let Some(column) = view.roles.columns.category {
                let target = &mut scratch.categories[..rows];
                match view.sorted {
                    Some(sorted) => shifted(start, target, |from, target| {
                        target.copy_from_slice(&sorted.codes[from..][..target.len()]);
                        Ok(())
                    })?,
                    None => shifted(start, target, |from, target| {
                        self.sink.encode(directory, &view.batch.columns[column], from, target)
                    })?,
                }
            }
            // The key of a row is that of its batch and its place and one more, so that the row before has one too.
            let order = match view.sorted {
                _ if !ordered => 0,
                None => {
                    scratch.numbers[..rows].iter_mut().zip(0..).for_each(|(number, row)| *number = row);
                    view.key.saturating_add(start as u64)
                }
                Some(sorted) => {
                    shifted(start, &mut scratch.numbers[..rows], |from, target| {
                        target.copy_from_slice(&sorted.order[from..][..target.len()]);
                        Ok(())
                    })?;
                    view.key.saturating_add(1)
                }
            };
            let data = SegmentData {
                values: view.roles.columns.value.map(|_| &scratch.values[..rows]),
                lookups: view.roles.columns.lookup.map(|_| &scratch.lookups[..rows]),
                categories: view.roles.columns.category.map(|_| &scratch.categories[..rows]),
                numbers: ordered.then_some(&scratch.numbers[..rows]),
                order,
            };
            let (columns, heights, codes) = (&scratch.columns, &scratch.lines, &scratch.codes);
            let (pixels, others) = (&mut scratch.pixels[..rows], &mut scratch.others);
            let others =
                locate_segments(self.isa, columns, heights, codes, grid.width as u32, pixels, others);
            self.sink.add(pixels, &data);
            if others > 0 {
                let Self { frame, sink, runs, .. } = self;
                let mut stepped = Stepped { frame, sink, runs: runs.as_mut(), lines, head: &mut head };
                stepped.step(scratch, rows, start, &data);
            }
            for column in [&mut scratch.columns, &mut scratch.lines, &mut scratch.codes] {
                column.copy_within(rows..rows + 2, 0);
            }
            for column in [&mut scratch.x, &mut scratch.y] {
                column[0] = column[rows];
            }
            start += rows;
        }
        Ok(())
    }

    /// Fold a block of a series that stays within one column of pixels and within the ranges, as most do where there are many
    /// more rows than columns. Returns whether it was one: then the place of each x is of no interest, and for `any`
    /// neither is that of each y, but only how far up and down they go (M4).
    fn stays_in_column(&mut self, view: &View<'_>, start: usize, rows: usize) -> Result<bool> {
        let Self { isa, frame, scratch, sink, runs: Some(runs), .. } = self else { return Ok(false) };
        let (grid, scratch) = (frame.grid, &mut **scratch);
        // Where a line begins at the vertex before, or at the one before that, more than the lines between is visited.
        let joined = scratch.codes[1] == 0 && scratch.codes[0] & (MISSING | FIRST) == 0;
        let roles = &view.roles.columns;
        let plain = view.sorted.is_some()
            || [roles.x, roles.y].iter().all(|column| view.batch.columns[*column].validity.is_none());
        if start < 2 || rows < 2 || !joined || !plain || grid.x.log || grid.y.log || roles.value.is_some() {
            return Ok(false);
        }
        let x = view.x(start, rows, &mut scratch.converted)?;
        // Most blocks that are not are known by their ends.
        let (column, last) = (grid.x.pixel_at(x[0]) as u32, grid.x.pixel_at(x[rows - 1]) as u32);
        if column != last || column != scratch.columns[1] {
            return Ok(false);
        }
        let y = view.y(start, rows, &mut scratch.other_converted)?;
        let found = series_of(*isa, x, y);
        let inside = found.x.0 >= grid.x.start
            && found.x.1 <= grid.x.end
            && found.y.0 >= grid.y.start
            && found.y.1 <= grid.y.end;
        if !found.finite
            || !inside
            || grid.x.pixel_at(found.x.0) as u32 != column
            || grid.x.pixel_at(found.x.1) as u32 != column
        {
            return Ok(false);
        }
        if !runs.has_room(rows) {
            sink.drain(runs, 0);
        }
        let from = scratch.lines[1];
        let lines = &mut scratch.lines[2..rows + 2];
        if let Accumulator::Any(_) = sink.accumulator {
            locate_along(*isa, &y[rows - 2..], &grid.y, &mut lines[rows - 2..]);
            let (low, high) = (grid.y.pixel_at(found.y.0) as u32, grid.y.pixel_at(found.y.1) as u32);
            runs.add(column, low.min(from), high.max(from));
        } else {
            locate_along(*isa, y, &grid.y, lines);
            runs.series(column, from, lines);
        }
        (scratch.x[0], scratch.y[0]) = (x[rows - 1], y[rows - 1]);
        (scratch.columns[0], scratch.columns[1]) = (column, column);
        (scratch.codes[0], scratch.codes[1]) = (0, 0);
        scratch.lines.copy_within(rows..rows + 2, 0);
        Ok(true)
    }

    /// The two ends of a line of a batch that was folded.
    fn ends(&mut self, view: &View<'_>, line: &LineRows, directory: Option<&Directory>) -> Result<Ends> {
        let last = line.end - 1;
        let single = last == line.start;
        let head = self.vertex(view, line.start, directory)?;
        let tail = if single { head } else { self.vertex(view, last, directory)? };
        let tail_follows = !single && !view.spot(last - 1, &self.frame.grid)?.is_missing();
        Ok(Ends { head, pending: line.pending, tail, tail_follows, single })
    }

    fn vertex(&mut self, view: &View<'_>, place: usize, directory: Option<&Directory>) -> Result<Vertex> {
        let mut value = [f64::NAN];
        if view.roles.columns.value.is_some() {
            view.values(place, &mut value)?;
        }
        let mut lookup = [f64::NAN];
        if view.roles.columns.lookup.is_some() {
            view.lookups(place, &mut lookup)?;
        }
        let mut code = [NOWHERE];
        if let Some(column) = view.roles.columns.category {
            match view.sorted {
                Some(sorted) => code[0] = sorted.codes[place],
                None => self.sink.encode(directory, &view.batch.columns[column], place, &mut code)?,
            }
        }
        let row = view.sorted.map_or(place, |sorted| sorted.order[place] as usize);
        Ok(Vertex {
            spot: view.spot(place, &self.frame.grid)?,
            value: view.roles.columns.value.map(|_| value[0]),
            lookup: view.roles.columns.lookup.map(|_| lookup[0]),
            category: self.sink.number(code[0]),
            key: view.key.saturating_add(row as u64).saturating_add(1),
        })
    }

    /// Draws into the cells of this thread.
    pub(super) fn draw<'a>(&'a mut self, directory: Option<&'a Directory>) -> SeamDraw<'a> {
        SeamDraw { sink: &mut self.sink, frame: &self.frame, directory }
    }

    /// What was folded.
    pub(super) fn into_folded(mut self) -> Folded {
        if let Some(runs) = &mut self.runs {
            self.sink.drain(runs, 0);
        }
        let (accumulator, numbers) = self.sink.into_parts();
        Folded { accumulator, numbers, runs: self.row_runs.unwrap_or_default() }
    }
}

/// The segments of a block that are not plain, one by one.
struct Stepped<'a> {
    frame: &'a Frame,
    sink: &'a mut Sink,
    runs: Option<&'a mut Runs>,
    lines: &'a mut [LineRows],
    /// The line in which the search for the head of a segment begins.
    head: &'a mut usize,
}

impl Stepped<'_> {
    fn step(&mut self, block: &Scratch, rows: usize, start: usize, data: &SegmentData<'_>) {
        if let Some(runs) = &mut self.runs {
            let grid = &self.frame.grid;
            if !runs.has_room(rows.saturating_mul(grid.width.min(grid.height) + 1)) {
                self.sink.drain(runs, 0);
            }
        }
        let mut segment = 0;
        while segment < rows {
            // Eight at a time, because there may be few.
            if let Some(eight) = block.others[..rows].get(segment..segment + 8)
                && eight == [0; 8]
            {
                segment += 8;
                continue;
            }
            if block.others[segment] != 0 {
                self.segment(block, segment, start, data);
            }
            segment += 1;
        }
        self.sink.flush(data);
    }

    #[inline]
    fn segment(&mut self, block: &Scratch, segment: usize, start: usize, data: &SegmentData<'_>) {
        let spot = |vertex: usize| Spot {
            x: block.x[vertex],
            y: block.y[vertex],
            column: block.columns[vertex + 1],
            line: block.lines[vertex + 1],
            code: block.codes[vertex + 1],
        };
        let (from, to) = (spot(segment), spot(segment + 1));
        let begins = from.code & FIRST != 0;
        let starts = !begins && block.codes[segment] & MISSING != 0;
        if let Some(runs) = &mut self.runs
            && (from.code | to.code) & (SIDES | FIRST) == 0
            && !starts
            && suits_runs(from.column.abs_diff(to.column), from.line.abs_diff(to.line))
        {
            if data.values.is_none_or(|values| !values[segment].is_nan()) {
                if from.column == to.column {
                    // Without a branch on the direction, which is random in noise.
                    let above = u32::from(to.line > from.line);
                    let first = from.line.min(to.line) + above;
                    runs.add(from.column, first, from.line.max(to.line) + above - 1);
                    return;
                }
                self.frame.runs(&from, &to, |column, first, last| runs.add(column, first, last));
            }
            return;
        }
        let (frame, sink) = (self.frame, &mut *self.sink);
        let pending = frame.visit(&from, &to, starts, |pixel| sink.push(pixel, segment as u32, data));
        if begins {
            let place = start + segment - 1;
            while self.lines[*self.head].start < place {
                *self.head += 1;
            }
            self.lines[*self.head].pending = pending;
        }
    }
}

/// The columns of a batch in the order in which they are drawn.
struct View<'v> {
    batch: &'v Batch<'v>,
    roles: &'v LineRoles,
    sorted: Option<&'v Sorted>,
    /// Vertices that are drawn.
    rows: usize,
    /// Of the batch's first row.
    key: u64,
}

impl<'v> View<'v> {
    fn x<'a>(&'a self, start: usize, rows: usize, converted: &'a mut [f64]) -> Result<&'a [f64]> {
        match self.sorted {
            Some(sorted) => Ok(&sorted.x[start..start + rows]),
            None => as_f64(&self.batch.columns[self.roles.columns.x], start, rows, converted),
        }
    }

    fn y<'a>(&'a self, start: usize, rows: usize, converted: &'a mut [f64]) -> Result<&'a [f64]> {
        match self.sorted {
            Some(sorted) => Ok(&sorted.y[start..start + rows]),
            None => as_f64(&self.batch.columns[self.roles.columns.y], start, rows, converted),
        }
    }

    /// Values from a place on; NaN where there is none.
    fn values(&self, start: usize, target: &mut [f64]) -> Result<()> {
        match (self.sorted, self.roles.columns.value) {
            (Some(sorted), _) => target.copy_from_slice(&sorted.values[start..][..target.len()]),
            (None, Some(column)) => convert_missing(&self.batch.columns[column], start, target)?,
            (None, None) => {}
        }
        Ok(())
    }

    /// What stands in the second column from a place on; NaN where nothing does.
    fn lookups(&self, start: usize, target: &mut [f64]) -> Result<()> {
        match (self.sorted, self.roles.columns.lookup) {
            (Some(sorted), _) => target.copy_from_slice(&sorted.lookups[start..][..target.len()]),
            (None, Some(column)) => convert_missing(&self.batch.columns[column], start, target)?,
            (None, None) => {}
        }
        Ok(())
    }

    /// Call `missing` with the rows, counted from `start`, that lack a coordinate.
    fn for_each_missing(&self, start: usize, rows: usize, mut missing: impl FnMut(usize)) {
        if self.sorted.is_none() {
            for column in [self.roles.columns.x, self.roles.columns.y] {
                if let Some(validity) = self.batch.columns[column].validity {
                    for_each_missing(validity, start, rows, &mut missing);
                }
            }
        }
    }

    /// Where one vertex is.
    fn spot(&self, place: usize, grid: &GridMap) -> Result<Spot> {
        let (mut x, mut y) = ([0.0], [0.0]);
        let (x, y) = (self.x(place, 1, &mut x)?, self.y(place, 1, &mut y)?);
        let (mut across, mut up) = ([0.0], [0.0]);
        positions(x, &grid.x, &mut across);
        positions(y, &grid.y, &mut up);
        let (mut columns, mut lines, mut codes) = ([0], [0], [0]);
        let located = Located { columns: &mut columns, lines: &mut lines, codes: &mut codes };
        locate_vertices(Isa::detect(), x, y, &across, &up, grid, located);
        self.for_each_missing(place, 1, |_| codes[0] |= MISSING);
        Ok(Spot { x: across[0], y: up[0], column: columns[0], line: lines[0], code: codes[0] })
    }
}

/// Fill `target` with what stands from the place before `start` on; before the first place is nothing.
fn shifted<T>(
    start: usize,
    target: &mut [T],
    mut fill: impl FnMut(usize, &mut [T]) -> Result<()>,
) -> Result<()> {
    match start.checked_sub(1) {
        Some(from) => fill(from, target),
        None => fill(0, &mut target[1..]),
    }
}

/// What the axis maps the values to.
fn positions(values: &[f64], axis: &AxisMap, target: &mut [f64]) {
    if axis.log {
        for (target, value) in target.iter_mut().zip(values) {
            *target = value.log10();
        }
    } else {
        target.copy_from_slice(values);
    }
}
