//! The windows of a picture and the tiles that fill them, shared out to threads.
//!
//! Where any part of the array can be read as well as any other, each window is filled and finished by one thread. Where
//! whole chunks must be decoded, each chunk is read once and what it gives is merged, in the order of the chunks: the sums
//! of floats depend on their order, and the picture must not depend on the threads.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use drypoint_memory::MemoryConsumer;

use super::fold::{Block, Fold, Lines, Window};
use super::mode::Census;
use super::plan::Shape;
use super::source::{Image, Tile, TileScratch};
use super::{Method, Options};
use crate::Result;
use crate::drive::joined;
use crate::raw::Item;

/// A tile of the array and the pixels that it is read for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    pub(super) rows: Range<usize>,
    pub(super) columns: Range<usize>,
    pub(super) window: Window,
    /// The first row and column that no task before has counted.
    pub(super) fresh: (usize, usize),
}

/// What all threads fill: the picture, or the sums that become it.
pub(crate) struct Picture<'a> {
    /// float64, or the order of wide integers; on the canvas, row 0 the lowest y.
    pub(super) cells: &'a mut [u64],
    /// Empty unless items may be missing from a sum that is put together from several tiles.
    pub(super) weights: &'a mut [f64],
    pub(super) missed: u64,
}

/// What a thread works with.
pub(crate) struct Hands {
    scratch: TileScratch,
    lines: Lines,
    block: Block,
    census: Option<Census>,
}

impl Hands {
    pub(super) fn new(shape: &Shape, fold: &Fold, consumer: &MemoryConsumer) -> Result<Self> {
        let census = match fold.method {
            Method::Mode => Some(Census::new(fold.most_items(), consumer)?),
            _ => None,
        };
        Ok(Self {
            scratch: TileScratch::default(),
            lines: Lines::new(shape.read_columns, shape.window_columns, fold.bands, consumer)?,
            block: Block::new(shape.window_cells * fold.bands, shape.weighed, consumer)?,
            census,
        })
    }

    pub(super) fn bytes(shape: &Shape, fold: &Fold) -> usize {
        let census = if fold.method == Method::Mode { Census::bytes(fold.most_items()) } else { 0 };
        Lines::bytes(shape.read_columns, shape.window_columns, fold.bands)
            .saturating_add(Block::bytes(shape.window_cells.saturating_mul(fold.bands), shape.weighed))
            .saturating_add(census)
    }
}

/// One picture in the making.
pub(crate) struct Work<'a> {
    pub(super) fold: &'a Fold,
    pub(super) shape: &'a Shape,
    pub(super) options: &'a Options,
    /// Whether tiles are merged into the picture, which is finished at the end, or finish their window.
    pub(super) merged: bool,
    pub(super) picture: Mutex<Picture<'a>>,
    pub(super) turn: Turn,
}

impl<'a> Work<'a> {
    /// Do all tasks on as many threads as there are hands.
    pub(super) fn run<T: Item>(&self, image: &Image, tasks: &[Task], hands: &mut [Hands]) -> Result<()> {
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        joined(hands, &stop, |hands| {
            let ended = Ended(&self.turn);
            self.take::<T>(image, tasks, &next, &stop, hands)?;
            std::mem::forget(ended);
            Ok(())
        })
    }

    fn take<T: Item>(
        &self,
        image: &Image,
        tasks: &[Task],
        next: &AtomicUsize,
        stop: &AtomicBool,
        hands: &mut Hands,
    ) -> Result<()> {
        while !stop.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = tasks.get(number) else { break };
            // A part at a time, so that a stop is soon noticed and little is brought to its form at once. Windows that are
            // merged have one part, the chunk.
            let step = if self.merged { task.rows.len() } else { self.shape.tile_rows.max(1) };
            let mut start = if task.columns.is_empty() { task.rows.end } else { task.rows.start };
            let mut missed = 0;
            self.clear::<T>(&task.window, hands);
            while start < task.rows.end {
                self.options.cancel.check()?;
                let rows = start..(start + step).min(task.rows.end);
                let Hands { scratch, lines, block, census } = hands;
                let tile = image.tile(rows.clone(), task.columns.clone(), &self.options.consumer, scratch)?;
                match census {
                    Some(census) => self.count::<T>(&tile, task, census, block)?,
                    None if self.merged => {
                        if !self.merge::<T>(&tile, task, Some(number), lines, block)? {
                            return Ok(());
                        }
                    }
                    None => missed += self.fold.fold::<T>(&tile, &task.window, task.fresh, lines, block),
                }
                image.let_go(&rows);
                start = rows.end;
                if let Some(progress) = &self.options.progress {
                    progress.add(rows.len() * task.columns.len());
                }
            }
            if !self.merged && hands.census.is_none() {
                let mut picture = self.picture();
                picture.missed += missed;
                self.fold.finish::<T>(&task.window, &hands.block, picture.cells);
            }
        }
        Ok(())
    }

    /// Do a task whose tile is at hand.
    pub(super) fn give<T: Item>(&self, tile: &Tile<'_>, task: &Task, hands: &mut Hands) -> Result<()> {
        let Hands { lines, block, census, .. } = hands;
        if let Some(census) = census {
            return self.count::<T>(tile, task, census, block);
        }
        self.merge::<T>(tile, task, None, lines, block).map(drop)
    }

    fn clear<T: Item>(&self, window: &Window, hands: &mut Hands) {
        if !self.merged && hands.census.is_none() {
            hands.block.clear(window.cells() * self.fold.bands, self.fold.empty::<T>());
        }
    }

    /// Find and put to their place the modes of a window, whose items all lie in the tile.
    fn count<T: Item>(
        &self,
        tile: &Tile<'_>,
        task: &Task,
        census: &mut Census,
        block: &mut Block,
    ) -> Result<()> {
        let mut fresh = task.fresh;
        for window in self.parts(&task.window) {
            self.options.cancel.check()?;
            let missed = self.fold.modes::<T>(tile, &window, fresh, census, block);
            fresh.0 = fresh.0.max(self.fold.rows.items_of(&window.rows).end);
            let mut picture = self.picture();
            picture.missed += missed;
            self.fold.finish::<T>(&window, block, picture.cells);
        }
        Ok(())
    }

    /// A window in parts that a block has room for.
    fn parts(&self, window: &Window) -> impl Iterator<Item = Window> + use<> {
        let high = (self.shape.window_cells / window.columns.len().max(1)).max(1);
        let (rows, columns) = (window.rows.clone(), window.columns.clone());
        rows.clone()
            .step_by(high)
            .map(move |start| Window { rows: start..(start + high).min(rows.end), columns: columns.clone() })
    }

    /// Fold a tile into the picture, in its turn if it has a number; false if the work ended meanwhile.
    fn merge<T: Item>(
        &self,
        tile: &Tile<'_>,
        task: &Task,
        number: Option<usize>,
        lines: &mut Lines,
        block: &mut Block,
    ) -> Result<bool> {
        // Extremes and picked items are the same in any order.
        let number = number.filter(|_| matches!(self.fold.method, Method::Area | Method::Bilinear));
        let mut fresh = task.fresh;
        for (place, window) in self.parts(&task.window).enumerate() {
            self.options.cancel.check()?;
            block.clear(window.cells() * self.fold.bands, self.fold.empty::<T>());
            let missed = self.fold.fold::<T>(tile, &window, fresh, lines, block);
            fresh.0 = fresh.0.max(self.fold.rows.items_of(&window.rows).end);
            if let (0, Some(number)) = (place, number)
                && !self.turn.wait(number)
            {
                return Ok(false);
            }
            self.join::<T>(&window, block, missed);
        }
        if number.is_some() {
            self.turn.next();
        }
        Ok(true)
    }

    /// Add a block to what the picture has.
    fn join<T: Item>(&self, window: &Window, block: &Block, missed: u64) {
        let mut guard = self.picture();
        let picture = &mut *guard;
        picture.missed += missed;
        let width = window.columns.len() * self.fold.bands;
        for (at, row) in window.rows.clone().enumerate() {
            let line = at * width..(at + 1) * width;
            self.fold.line(row, &window.columns, picture.cells, &block.cells[line.clone()], |to, from, _| {
                *to = self.fold.both::<T>(*to, *from);
            });
            if let (Some(weights), false) = (&block.weights, picture.weights.is_empty()) {
                self.fold
                    .line(row, &window.columns, picture.weights, &weights[line], |to, from, _| *to += from);
            }
        }
    }

    /// Items that were NaN, once all is done.
    pub(super) fn missed(self) -> u64 {
        self.picture.into_inner().unwrap_or_else(PoisonError::into_inner).missed
    }

    fn picture(&self) -> MutexGuard<'_, Picture<'a>> {
        self.picture.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who comes next, where the order matters.
#[derive(Debug)]
pub(crate) struct Turn {
    /// The number whose turn it is; none once the work has ended.
    number: Mutex<Option<usize>>,
    changed: Condvar,
}

impl Turn {
    pub(super) fn new() -> Self {
        Self { number: Mutex::new(Some(0)), changed: Condvar::new() }
    }

    /// Wait for the turn of `number`; false if the work ended.
    fn wait(&self, number: usize) -> bool {
        let mut turn = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        while turn.is_some_and(|turn| turn < number) {
            turn = self.changed.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
        turn.is_some()
    }

    fn next(&self) {
        let mut turn = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        *turn = turn.map(|turn| turn + 1);
        self.changed.notify_all();
    }

    fn end(&self) {
        *self.number.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.changed.notify_all();
    }
}

/// Ends the work of those that wait for the turn of a thread that failed.
struct Ended<'a>(&'a Turn);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}
