//! Points into tiles: as [`PointsFold`](crate::PointsFold), with keys in place of pixels.

use std::sync::Arc;

use drypoint_array::{CountTiles, Distributor, NO_KEY, TileGrid};
use drypoint_stream::{Batch, Source};

use super::{TiledAggregate, tile_grid};
use crate::columns::{Roles, as_f64, check_batch, convert_missing, for_each_missing};
use crate::drive::{drive_within, window_of};
use crate::fold::positions;
use crate::mapping::GridMap;
use crate::options::Options;
use crate::plan::{Plan, Target, request};
use crate::raw::{BLOCK_ROWS, Isa, hide_nan_keys, locate_keys};
use crate::{Canvas, Reduction, Result};

/// Count each point of `source` in the tile it falls in.
///
/// The counts are those of [`points`](crate::points()), whatever the threads and the batches.
///
/// Refused before anything is read: what [`points`](crate::points()) refuses, but for the number of pixels; and folds
/// other than counts.
pub fn tiled_points(
    canvas: &Canvas,
    source: &dyn Source,
    x: &str,
    y: &str,
    reduction: &Reduction,
    options: &Options,
) -> Result<TiledAggregate> {
    let mut fold = TiledFold::new(canvas, x, y, reduction, options)?;
    fold.consume(source)?;
    fold.finish()
}

/// A fold of many sources into tiles, one after the other.
pub struct TiledFold {
    canvas: Canvas,
    grid: GridMap,
    tiles: TileGrid,
    x: String,
    y: String,
    reduction: Reduction,
    options: Options,
    running: Option<Running>,
}

/// What exists from the first source on.
struct Running {
    plan: Plan,
    tiles: Arc<CountTiles>,
    workers: Vec<Worker>,
}

impl TiledFold {
    /// Nothing is read and nothing large is allocated yet.
    pub fn new(canvas: &Canvas, x: &str, y: &str, reduction: &Reduction, options: &Options) -> Result<Self> {
        Ok(Self {
            canvas: canvas.clone(),
            grid: GridMap::new(canvas),
            tiles: tile_grid(canvas, reduction)?,
            x: x.into(),
            y: y.into(),
            reduction: reduction.clone(),
            options: options.clone(),
            running: None,
        })
    }

    /// Count all points of a source. The plan is made with the first one.
    ///
    /// After an error the fold holds some of the source's points and should be dropped.
    pub fn consume(&mut self, source: &dyn Source) -> Result<()> {
        let roles = Roles::new(source.schema(), &self.x, &self.y, &self.reduction)?;
        if self.running.is_none() {
            let target = Target::tiles(&self.reduction, self.tiles);
            let plan = Plan::make(source, &roles, &target, &self.options)?;
            let tiles = self.count_tiles(plan.threads)?;
            self.running = Some(Running { plan, tiles, workers: Vec::new() });
        }
        let Self { canvas, grid, reduction, options, running, .. } = self;
        let Some(Running { plan, tiles, workers }) = running else { return Ok(()) };
        let mut request = request(&roles, plan.batch_rows, plan.threads, options);
        // A later source may have fewer parts than the first.
        let readers = source.needs(&request)?.max_readers.clamp(1, plan.threads);
        request.readers = readers;
        while workers.len() < readers {
            workers.push(Worker::new(tiles)?);
        }
        let window = window_of(canvas, &roles, reduction);
        let progress = options.progress.as_deref();
        let taken = &mut workers[..readers];
        let passed_over = drive_within(source, &request, &window, taken, progress, |worker, batch| {
            worker.fold(batch, &roles, grid, tiles)
        })?;
        workers[0].rows += passed_over;
        workers[0].skipped += passed_over;
        Ok(())
    }

    /// Threads that the plan of the first source took; 0 before it.
    pub fn threads(&self) -> usize {
        self.running.as_ref().map_or(0, |running| running.plan.threads)
    }

    /// The aggregate of all that was consumed.
    pub fn finish(mut self) -> Result<TiledAggregate> {
        let (tiles, mut workers) = match self.running.take() {
            Some(running) => (running.tiles, running.workers),
            None => (self.count_tiles(1)?, Vec::new()),
        };
        for worker in &mut workers {
            worker.distributor.finish(&tiles)?;
        }
        let rows = workers.iter().map(|worker| worker.rows).sum();
        let skipped = workers.iter().map(|worker| worker.skipped).sum();
        Ok(TiledAggregate::new(self.canvas, self.reduction, rows, skipped, tiles))
    }

    fn count_tiles(&self, threads: usize) -> Result<Arc<CountTiles>> {
        Ok(CountTiles::new(self.tiles, threads, &self.options.consumer.pool().consumer("tiles"))?)
    }
}

/// What one thread holds between batches.
struct Worker {
    isa: Isa,
    scratch: Box<Scratch>,
    distributor: Distributor,
    rows: u64,
    skipped: u64,
}

/// A block of rows.
struct Scratch {
    x: [f64; BLOCK_ROWS],
    y: [f64; BLOCK_ROWS],
    x_position: [f64; BLOCK_ROWS],
    y_position: [f64; BLOCK_ROWS],
    keys: [u64; BLOCK_ROWS],
}

impl Worker {
    fn new(tiles: &CountTiles) -> Result<Self> {
        let zeros = [0.0; BLOCK_ROWS];
        Ok(Self {
            isa: Isa::detect(),
            scratch: Box::new(Scratch {
                x: zeros,
                y: zeros,
                x_position: zeros,
                y_position: zeros,
                keys: [NO_KEY; BLOCK_ROWS],
            }),
            distributor: Distributor::new(tiles)?,
            rows: 0,
            skipped: 0,
        })
    }

    fn fold(&mut self, batch: &Batch<'_>, roles: &Roles, grid: &GridMap, tiles: &CountTiles) -> Result<()> {
        check_batch(batch, roles.request.len())?;
        let (x_column, y_column) = (&batch.columns[roles.x], &batch.columns[roles.y]);
        let mut start = 0;
        while start < batch.rows {
            let rows = BLOCK_ROWS.min(batch.rows - start);
            let Scratch { x, y, x_position, y_position, keys } = &mut *self.scratch;
            let keys = &mut keys[..rows];
            let inside = {
                let x = as_f64(x_column, start, rows, x)?;
                let y = as_f64(y_column, start, rows, y)?;
                let x_position = positions(x, &grid.x, &mut x_position[..rows]);
                let y_position = positions(y, &grid.y, &mut y_position[..rows]);
                locate_keys(self.isa, x, y, x_position, y_position, grid, keys) as usize
            };
            let mut skipped = rows - inside;
            for column in [x_column, y_column] {
                if let Some(validity) = column.validity {
                    for_each_missing(validity, start, rows, |row| {
                        skipped += usize::from(keys[row] != NO_KEY);
                        keys[row] = NO_KEY;
                    });
                }
            }
            self.skipped += skipped as u64;
            if let Some(value) = roles.value {
                let values = &mut x[..rows];
                convert_missing(&batch.columns[value], start, values)?;
                hide_nan_keys(values, keys);
            }
            self.distributor.count(tiles, keys)?;
            start += rows;
        }
        self.rows += batch.rows as u64;
        Ok(())
    }
}
