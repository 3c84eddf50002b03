//! How the work is cut, and what it will hold: known, and granted or refused, before anything is read.

use std::ops::Range;

use drypoint_memory::charged_bytes;

use super::fold::{Fold, Window};
use super::source::Image;
use super::taps::Taps;
use super::work::{Hands, Task};
use super::{Method, Options};
use crate::Result;
use crate::plan::PlanLine;

/// Items across that the vector loops add up at a time: their sums stay in the second-level cache.
const READ_COLUMNS: usize = 16 * 1024;
/// Pixels of a window.
const WINDOW_CELLS: usize = 32 * 1024;
/// Bytes of the array that are read between two looks at whether to stop, if they are read where they lie.
const LOOK_BYTES: usize = 8 << 20;
/// Pixels and bytes of the same where each pixel sorts its items, which takes longer.
const SORTED_CELLS: usize = 2048;
const SORTED_BYTES: usize = 512 << 10;
/// Bytes of a tile that has to be brought to its form.
const TILE_BYTES: usize = 1 << 20;

/// The largest of what the tasks are made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Rows of the array in a tile.
    pub(super) tile_rows: usize,
    pub(super) tile_columns: usize,
    /// Columns of the array that a window reads.
    pub(super) read_columns: usize,
    pub(super) window_columns: usize,
    pub(super) window_cells: usize,
    /// Whether sums are weighed, because items may be missing.
    pub(super) weighed: bool,
}

/// The tasks of a picture.
pub(crate) struct Cut {
    pub(super) tasks: Vec<Task>,
    pub(super) shape: Shape,
    /// Whether tiles are merged.
    pub(super) merged: bool,
}

impl Cut {
    /// Cut a picture of `image` to windows or to chunks.
    pub(super) fn new(image: &Image, fold: &Fold) -> Self {
        let mut cut = match image.chunk() {
            Some(chunk) if fold.method == Method::Mode => by_items(image, fold, chunk),
            Some(chunk) => by_chunks(image, fold, chunk),
            None => by_windows(image, fold),
        };
        let weighed = image.kind.float() && matches!(fold.method, Method::Area | Method::Bilinear);
        let mut shape = Shape { tile_rows: cut.shape.tile_rows, weighed, ..Shape::default() };
        for task in &cut.tasks {
            let read = fold.columns.items_of(&task.window.columns);
            shape.tile_columns = shape.tile_columns.max(task.columns.len());
            shape.read_columns = shape.read_columns.max(read.len().min(task.columns.len()));
            shape.window_columns = shape.window_columns.max(task.window.columns.len());
            shape.window_cells = shape.window_cells.max(task.window.cells());
        }
        // Larger windows are done some rows at a time.
        let cells = if fold.method == Method::Mode { SORTED_CELLS } else { WINDOW_CELLS };
        let most = (cells / image.bands).max(shape.window_columns);
        shape.window_cells = shape.window_cells.min(most);
        cut.shape = shape;
        cut
    }

    /// Who will hold how much on so many threads.
    pub(super) fn lines(&self, image: &Image, fold: &Fold, threads: usize) -> Vec<PlanLine> {
        let cells = fold.rows.taps.len().saturating_mul(fold.columns.taps.len()).saturating_mul(fold.bands);
        let plane = charged_bytes(cells.saturating_mul(8)).unwrap_or(usize::MAX);
        let tile = image.tile_bytes(self.shape.tile_rows, self.shape.tile_columns);
        let merged_weights = usize::from(self.merged && self.shape.weighed);
        let line = |holder, bytes, times| PlanLine { holder, bytes, times };
        let lines = [
            line("tile of a thread", tile, threads),
            line("lines and window of a thread", Hands::bytes(&self.shape, fold), threads),
            line("weights of all axes", Taps::bytes(fold.rows.taps.len() + fold.columns.taps.len()), 1),
            line("weights of the sums", plane, merged_weights),
            line("result", plane, 1),
        ];
        lines.into_iter().filter(|line| line.bytes * line.times.min(1) > 0).collect()
    }

    /// Tiles of any rows that the caller will give.
    pub(super) fn given(image: &Image, fold: &Fold) -> Self {
        let shape = Shape {
            tile_rows: 0,
            tile_columns: 0,
            read_columns: fold.columns.items().len(),
            window_columns: fold.columns.taps.len(),
            window_cells: (WINDOW_CELLS / image.bands).max(fold.columns.taps.len()),
            weighed: image.kind.float() && matches!(fold.method, Method::Area | Method::Bilinear),
        };
        Self { tasks: Vec::new(), shape, merged: true }
    }

    /// As many threads as fit; refused if one does not.
    pub(super) fn threads(&self, image: &Image, fold: &Fold, options: &Options) -> Result<usize> {
        let available = options.consumer.pool().available();
        let needs = |threads: usize| {
            let lines = self.lines(image, fold, threads);
            lines.iter().fold(0usize, |sum, line| sum.saturating_add(line.bytes.saturating_mul(line.times)))
        };
        let wanted = options.wanted_threads().min(self.tasks.len()).max(1);
        if let Some(threads) = (1..=wanted).rev().find(|threads| needs(*threads) <= available) {
            return Ok(threads);
        }
        // Ask for it in earnest: the pool knows its limit and its largest holders, and what it can reclaim.
        drop(options.consumer.try_reserve(needs(1))?);
        Ok(1)
    }
}

/// Ranges of taps that read at most `items` items each, if they read more than one; at most `most` taps.
fn spans(taps: &Taps, items: usize, most: usize) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let (mut start, mut first) = (0, None);
    for (at, tap) in taps.taps.iter().enumerate() {
        let read = tap.items();
        let full = at - start >= most.max(1) || first.is_some_and(|first| read.end > first + items);
        if at > start && full {
            spans.push(start..at);
            (start, first) = (at, None);
        }
        if tap.count > 0 && first.is_none() {
            first = Some(read.start);
        }
    }
    spans.push(start..taps.taps.len());
    spans
}

/// One task for each window; the windows share the items at their edges.
fn by_windows(image: &Image, fold: &Fold) -> Cut {
    let item = image.kind.bytes() * image.bands;
    let across = spans(
        &fold.columns,
        if image.whole_rows() { usize::MAX >> 1 } else { READ_COLUMNS / image.bands },
        WINDOW_CELLS / image.bands,
    );
    let widest = across.iter().map(Range::len).max().unwrap_or(1);
    let read = across.iter().map(|span| fold.columns.items_of(span).len()).max().unwrap_or(1);
    let sorted = fold.method == Method::Mode;
    let (bytes, cells) = if sorted { (SORTED_BYTES, SORTED_CELLS) } else { (LOOK_BYTES, WINDOW_CELLS) };
    let high = (bytes / (item * read.max(1))).max(1);
    let down = spans(&fold.rows, high, cells / (image.bands * widest));
    let tile_rows = match fold.method {
        // All that a pixel reads is needed at once.
        Method::Mode => down.iter().map(|span| fold.rows.items_of(span).len()).max().unwrap_or(1),
        _ if image.in_place() => high,
        _ => (TILE_BYTES / (item * read.max(1))).max(1),
    };
    let mut tasks = Vec::new();
    let mut row = 0;
    for rows in &down {
        let read_rows = fold.rows.items_of(rows);
        let mut column = 0;
        for columns in &across {
            let read_columns = fold.columns.items_of(columns);
            let end = read_columns.end;
            let window = Window { rows: rows.clone(), columns: columns.clone() };
            tasks.push(Task { rows: read_rows.clone(), columns: read_columns, window, fresh: (row, column) });
            column = column.max(end);
        }
        row = row.max(read_rows.end);
    }
    Cut { tasks, shape: Shape { tile_rows, ..Shape::default() }, merged: false }
}

/// Chunks that together are worth a turn of a thread.
fn whole_chunks(image: &Image, fold: &Fold, chunk: (usize, usize)) -> (usize, usize) {
    const LEAST: usize = 256 * 1024;
    let item = image.kind.bytes() * image.bands;
    let (rows, columns) = (fold.rows.items(), fold.columns.items());
    let (mut high, mut wide) = chunk;
    while high * wide * item < LEAST && (high < rows.len() || wide < columns.len()) {
        if (wide <= high || high >= rows.len()) && wide < columns.len() {
            wide += chunk.1
        } else {
            high += chunk.0
        }
    }
    (high, wide)
}

fn steps(items: &Range<usize>, step: usize) -> impl Iterator<Item = Range<usize>> + use<> {
    let (start, end) = (items.start, items.end);
    (start / step..end.div_ceil(step)).map(move |at| (at * step).max(start)..((at + 1) * step).min(end))
}

/// One task for each chunk; the chunks share the pixels at their edges.
fn by_chunks(image: &Image, fold: &Fold, chunk: (usize, usize)) -> Cut {
    let (high, wide) = whole_chunks(image, fold, chunk);
    let mut tasks = Vec::new();
    for rows in steps(&fold.rows.items(), high) {
        for columns in steps(&fold.columns.items(), wide) {
            let window = Window { rows: fold.rows.readers(&rows), columns: fold.columns.readers(&columns) };
            if window.cells() > 0 {
                let fresh = (rows.start, columns.start);
                tasks.push(Task { rows: rows.clone(), columns, window, fresh });
            }
        }
    }
    Cut { tasks, shape: Shape { tile_rows: high, ..Shape::default() }, merged: true }
}

/// One task for the pixels whose first item lies in a chunk; what they read of others is read with it.
fn by_items(image: &Image, fold: &Fold, chunk: (usize, usize)) -> Cut {
    let (high, wide) = whole_chunks(image, fold, chunk);
    let begin_in = |taps: &Taps, items: &Range<usize>| {
        let readers = taps.readers(items);
        let early =
            taps.taps[readers.clone()].iter().take_while(|tap| tap.items().start < items.start).count();
        readers.start + early..readers.end
    };
    let mut tasks = Vec::new();
    let mut tile_rows = 1;
    let mut row = 0;
    for rows in steps(&fold.rows.items(), high) {
        let mut column = 0;
        let down = begin_in(&fold.rows, &rows);
        let read_rows = fold.rows.items_of(&down);
        for columns in steps(&fold.columns.items(), wide) {
            let window = Window { rows: down.clone(), columns: begin_in(&fold.columns, &columns) };
            if window.cells() > 0 {
                let read_columns = fold.columns.items_of(&window.columns);
                tile_rows = tile_rows.max(read_rows.len());
                let end = read_columns.end;
                tasks.push(Task {
                    rows: read_rows.clone(),
                    columns: read_columns,
                    window,
                    fresh: (row, column),
                });
                column = column.max(end);
            }
        }
        row = row.max(read_rows.end);
    }
    Cut { tasks, shape: Shape { tile_rows, ..Shape::default() }, merged: false }
}
