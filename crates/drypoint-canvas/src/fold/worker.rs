//! One thread's fold: batches in, cells out, a block of rows at a time.

use std::sync::Arc;

use drypoint_memory::MemoryConsumer;
use drypoint_stream::Batch;

use super::{Directories, Folded, Part, SharedCounts};
use crate::columns::{Roles, as_f64, check_batch, for_each_missing};
use crate::mapping::{AxisMap, GridMap};
use crate::raw::{BLOCK_ROWS, Block, Isa};
use crate::{Reduction, Result};

/// Coordinates of a block that are not float64 in the batch, and logarithms.
struct Scratch {
    x: [f64; BLOCK_ROWS],
    y: [f64; BLOCK_ROWS],
    x_position: [f64; BLOCK_ROWS],
    y_position: [f64; BLOCK_ROWS],
}

/// What one thread holds between batches. Nothing in it grows with the number of rows.
pub(crate) struct Worker {
    block: Box<Block>,
    scratch: Box<Scratch>,
    parts: Vec<Part>,
    /// The keys that a source gives its rows are counted from here; past all keys of the sources before.
    first_key: u64,
    /// Past all keys so far.
    end_key: u64,
    pub(crate) rows: u64,
    pub(crate) skipped: u64,
}

impl Worker {
    /// Bytes besides the planes.
    pub(crate) const OWN_BYTES: usize = size_of::<Block>() + size_of::<Scratch>();

    pub(crate) fn new(
        reduction: &Reduction,
        cells: usize,
        shared: &[Arc<SharedCounts>],
        consumer: &MemoryConsumer,
        isa: Isa,
    ) -> Result<Self> {
        let zeros = [0.0; BLOCK_ROWS];
        Ok(Self {
            block: Block::new(isa),
            scratch: Box::new(Scratch { x: zeros, y: zeros, x_position: zeros, y_position: zeros }),
            parts: Part::all(reduction, cells, shared, consumer)?,
            first_key: 0,
            end_key: 0,
            rows: 0,
            skipped: 0,
        })
    }

    /// To be called before each source with all that take part in it: what comes now stands behind what came before.
    pub(crate) fn begin_source<'w>(workers: impl Iterator<Item = &'w mut Worker>) {
        let mut workers: Vec<&mut Worker> = workers.collect();
        let first_key = workers.iter().map(|worker| worker.end_key).max().unwrap_or(0);
        for worker in &mut workers {
            worker.first_key = first_key;
        }
    }

    /// Fold a batch.
    pub(crate) fn fold(
        &mut self,
        batch: &Batch<'_>,
        roles: &Roles,
        grid: &GridMap,
        directories: &Directories,
    ) -> Result<()> {
        self.begin(batch, roles)?;
        self.fold_rows(batch, 0, batch.rows, roles, grid, directories)
    }

    /// To be called once for each batch before its rows are folded.
    pub(crate) fn begin(&mut self, batch: &Batch<'_>, roles: &Roles) -> Result<()> {
        check_batch(batch, roles.request.len())?;
        let key = self.key_of(batch);
        self.end_key = self.end_key.max(key.saturating_add(batch.rows as u64));
        self.parts.iter_mut().zip(&roles.parts).try_for_each(|(part, roles)| part.begin(batch, *roles, key))
    }

    /// Fold rows `first .. end` of a batch that was begun.
    pub(crate) fn fold_rows(
        &mut self,
        batch: &Batch<'_>,
        first: usize,
        end: usize,
        roles: &Roles,
        grid: &GridMap,
        directories: &Directories,
    ) -> Result<()> {
        let (x_column, y_column) = (&batch.columns[roles.x], &batch.columns[roles.y]);
        let mut start = first;
        while start < end {
            let rows = BLOCK_ROWS.min(end - start);
            let Scratch { x, y, x_position, y_position } = &mut *self.scratch;
            let x = as_f64(x_column, start, rows, x)?;
            let y = as_f64(y_column, start, rows, y)?;
            let positions = (grid.x.log || grid.y.log).then(|| {
                (
                    positions(x, &grid.x, &mut x_position[..rows]),
                    positions(y, &grid.y, &mut y_position[..rows]),
                )
            });
            self.block.locate(x, y, positions, grid);
            for column in [x_column, y_column] {
                if let Some(validity) = column.validity {
                    for_each_missing(validity, start, rows, |row| self.block.hide(row));
                }
            }
            self.skipped += self.block.nowhere() as u64;
            let key = self.key_of(batch).saturating_add(start as u64);
            if self.parts.len() > 1 {
                self.block.keep();
            }
            for (place, (part, part_roles)) in self.parts.iter_mut().zip(&roles.parts).enumerate() {
                if place > 0 {
                    self.block.again();
                }
                part.fold(&mut self.block, batch, start, key, *part_roles, (directories, place))?;
            }
            start += rows;
        }
        self.rows += (end - first) as u64;
        Ok(())
    }

    /// The key of a batch's first row among the rows of all sources.
    fn key_of(&self, batch: &Batch<'_>) -> u64 {
        self.first_key.saturating_add(batch.order)
    }

    /// Move the cells of `lines` lines, each `count` cells `step` apart, to where `to` says; lines are `next_line` apart.
    ///
    /// `to` grows by 0 or 1 from cell to cell. Then cells that move down can be moved in rising order and those that
    /// move up in falling order without one landing on a cell that is still to be moved, and no second grid is needed.
    pub(crate) fn regrid(&mut self, lines: usize, next_line: usize, step: usize, count: usize, to: &[u32]) {
        let up = to.iter().enumerate().take_while(|(from, to)| **to as usize > *from).count();
        let mut move_cells = |from: usize| {
            let target = to[from] as usize;
            if target == from {
                return;
            }
            for part in &mut self.parts {
                for plane in 0..part.accumulator.planes() {
                    for line in 0..lines {
                        let start = line * next_line;
                        part.accumulator.absorb(plane, start + from * step, start + target * step);
                    }
                }
            }
        };
        (0..up).rev().for_each(&mut move_cells);
        (up..count).for_each(&mut move_cells);
    }

    /// What was folded, for each part of the reduction.
    pub(crate) fn into_folded(self) -> Vec<Folded> {
        self.parts.into_iter().map(Part::into_folded).collect()
    }
}

/// What the axis maps the values to; of what lies outside of its range, anything.
pub(crate) fn positions<'a>(values: &'a [f64], axis: &AxisMap, target: &'a mut [f64]) -> &'a [f64] {
    if !axis.log {
        return values;
    }
    for (target, value) in target.iter_mut().zip(values) {
        let inside = *value >= axis.start && *value <= axis.end;
        *target = if inside { value.log10() } else { 0.0 };
    }
    target
}
