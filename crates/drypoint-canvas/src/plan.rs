//! What a fold will hold at its peak, added up before it starts; how many threads and how large batches fit.
//!
//! Threads are given up last: first the batches shrink, then the threads count into one canvas (decision 0008).

use std::fmt;

use drypoint_array::{CountTiles, TileGrid};
use drypoint_memory::charged_bytes;
use drypoint_stream::{Request, Source};

use crate::columns::Roles;
use crate::fold::{Accumulator, Worker};
use crate::options::Options;
use crate::tiled::tile_grid;
use crate::{Canvas, Reduction, Result};

/// Rows of a batch where memory allows: x and y of one stay in the second-level cache.
const BATCH_ROWS: usize = 16 * 1024;
/// Below this, readers spend more on batches than on rows.
const LEAST_BATCH_ROWS: usize = 1024;
/// Categories that are planned for where none are known; fewer or more may be met.
const CATEGORIES: usize = 8;

/// One holder of memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanLine {
    /// Who holds it.
    pub holder: &'static str,
    /// Bytes of one.
    pub bytes: usize,
    /// How many of them there are.
    pub times: usize,
}

/// How a fold will run and what it will hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Threads.
    pub threads: usize,
    /// Rows of a batch, at most.
    pub batch_rows: usize,
    /// Whether all threads count into one plane of 32-bit counters, because one of their own would not fit.
    pub shared_counters: bool,
    /// Whether cells are made tile by tile, when something falls in them.
    pub tiled: bool,
    /// Rows to read, if known.
    pub rows: Option<u64>,
    /// Bytes that were free.
    pub available: usize,
    /// Bytes held at the peak: while reading, or while the result is written and drawn.
    pub peak: usize,
    /// Who holds how much.
    pub lines: Vec<PlanLine>,
}

/// What is to be folded into: cells of a grid.
pub(crate) struct Target<'a> {
    pub(crate) reduction: &'a Reduction,
    /// Cells that are counted in.
    pub(crate) cells: usize,
    /// Cells of the result, where that is another grid.
    pub(crate) result_cells: Option<usize>,
    /// The tiles that are counted in, instead of cells.
    pub(crate) tiles: Option<TileGrid>,
    /// Bytes of each thread besides cells and readers.
    pub(crate) thread_bytes: usize,
    /// Bytes of each thread for each row of a batch.
    pub(crate) row_bytes: usize,
}

impl<'a> Target<'a> {
    /// Points into cells.
    pub(crate) fn points(reduction: &'a Reduction, cells: usize, result_cells: Option<usize>) -> Self {
        Self { reduction, cells, result_cells, tiles: None, thread_bytes: Worker::OWN_BYTES, row_bytes: 0 }
    }

    /// Points into tiles.
    pub(crate) fn tiles(reduction: &'a Reduction, tiles: TileGrid) -> Self {
        Self { tiles: Some(tiles), ..Self::points(reduction, 0, None) }
    }
}

impl Plan {
    /// Plan [`points`](crate::points()) with the same arguments.
    pub fn for_points(
        source: &dyn Source,
        canvas: &Canvas,
        x: &str,
        y: &str,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Self> {
        canvas.check()?;
        reduction.check()?;
        let roles = Roles::new(source.schema(), x, y, reduction)?;
        let target = Target::points(reduction, canvas.pixels(), None);
        Self::make(source, &roles, &target, options)
    }

    /// Plan [`tiled_points`](crate::tiled_points()) with the same arguments.
    pub fn for_tiled_points(
        source: &dyn Source,
        canvas: &Canvas,
        x: &str,
        y: &str,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Self> {
        let grid = tile_grid(canvas, reduction)?;
        let roles = Roles::new(source.schema(), x, y, reduction)?;
        let target = Target::tiles(reduction, grid);
        Self::make(source, &roles, &target, options)
    }

    /// A plan of threads that each hold some bytes more to be faster, and whether they get them: those are given up before
    /// threads are. `make` plans with so many bytes more; `spare` is how many are wanted, 0 for none.
    pub(crate) fn with_spare(
        spare: usize,
        options: &Options,
        make: impl Fn(usize) -> Result<Self>,
    ) -> Result<(Self, bool)> {
        if spare == 0 {
            return Ok((make(0)?, false));
        }
        let fits = |plan: &Self| plan.peak <= plan.available;
        let with = make(spare);
        if let Ok(plan) = &with
            && fits(plan)
            && plan.threads == options.wanted_threads()
        {
            return Ok((with?, true));
        }
        let without = make(0)?;
        match with {
            Ok(plan) if fits(&plan) && plan.threads >= without.threads => Ok((plan, true)),
            _ => Ok((without, false)),
        }
    }

    pub(crate) fn make(
        source: &dyn Source,
        roles: &Roles,
        target: &Target<'_>,
        options: &Options,
    ) -> Result<Self> {
        let available = options.consumer.pool().available();
        let counting = |part: &&Reduction| {
            matches!(part.inner(), Reduction::Count(_) | Reduction::Mean(_) | Reduction::Mode(_))
        };
        let counts = target.reduction.parts().iter().any(counting)
            && target.result_cells.is_none()
            && target.tiles.is_none();
        let known = options.known_categories.max(1);
        let categorical = target.reduction.parts().iter().any(|part| part.categories().is_some());
        let categories: &[usize] = if categorical { &[known.max(CATEGORIES), known] } else { &[1] };
        let mut smallest: Option<Plan> = None;
        for &planes in categories {
            for threads in (1..=options.wanted_threads()).rev() {
                for shared_counters in [false, true] {
                    if shared_counters && !counts {
                        continue;
                    }
                    let mut batch_rows = options.batch_rows.unwrap_or(BATCH_ROWS).max(1);
                    loop {
                        let request = request(roles, batch_rows, threads, options);
                        let needs = source.needs(&request)?;
                        let threads = threads.min(needs.max_readers.max(1));
                        let own =
                            target.thread_bytes.saturating_add(target.row_bytes.saturating_mul(batch_rows));
                        let lines = lines(target, own, planes, threads, shared_counters, &needs, options);
                        let plan = Plan {
                            threads,
                            batch_rows,
                            shared_counters,
                            tiled: target.tiles.is_some(),
                            rows: source.rows(),
                            available,
                            peak: peak(&lines),
                            lines,
                        };
                        if plan.peak <= available {
                            return Ok(plan);
                        }
                        if smallest.as_ref().is_none_or(|smallest| plan.peak < smallest.peak) {
                            smallest = Some(plan);
                        }
                        if batch_rows <= LEAST_BATCH_ROWS || options.batch_rows.is_some() {
                            break;
                        }
                        batch_rows /= 2;
                    }
                }
            }
        }
        // Ask for it in earnest: the pool knows its limit and its largest holders, and what it can reclaim.
        let smallest = smallest.unwrap_or_else(|| unreachable!("at least one thread was tried"));
        drop(options.consumer.try_reserve(smallest.peak)?);
        Ok(smallest)
    }
}

/// A request of the columns of the roles.
pub(crate) fn request(roles: &Roles, batch_rows: usize, readers: usize, options: &Options) -> Request {
    Request {
        columns: roles.request.clone(),
        batch_rows,
        readers,
        consumer: options.consumer.clone(),
        cancel: options.cancel.clone(),
    }
}

const READING: [&str; 3] = ["readers, each", "readers, together", "blocks of rows"];
const CELLS: [&str; 3] = ["cells of a thread", "cells of all threads", "tiles, at least"];
const RESULT: &str = "result, where it is not the cells";
const PICTURE: &str = "picture";

fn lines(
    target: &Target<'_>,
    own_bytes: usize,
    planes: usize,
    threads: usize,
    shared_counters: bool,
    needs: &drypoint_stream::Needs,
    options: &Options,
) -> Vec<PlanLine> {
    let (mut private, mut shared, mut result) = (0usize, 0usize, 0usize);
    let result_cells = target.result_cells.unwrap_or(target.cells);
    for part in target.reduction.parts() {
        // Those that are computed are all made.
        let planes = part.categories().map_or(1, |categories| categories.computed().unwrap_or(planes));
        let bytes_of = |(private, shared): (usize, usize)| {
            (private.saturating_mul(planes), shared.saturating_mul(planes))
        };
        if target.tiles.is_none() {
            let (own, common) = bytes_of(Accumulator::plane_bytes(part, target.cells, shared_counters));
            private = private.saturating_add(own);
            shared = shared.saturating_add(common);
        }
        let cell = Accumulator::result_bytes(part, planes);
        let bytes = charged_bytes(cell.saturating_mul(result_cells)).unwrap_or(usize::MAX);
        result = result.saturating_add(bytes);
        // A growing grid is folded into cells of the result first, which are then finished like any others.
        if let Some(cells) = target.result_cells {
            let (own, common) = bytes_of(Accumulator::plane_bytes(part, cells, false));
            result = result.saturating_add(own).saturating_add(common);
        }
    }
    let tiles = target.tiles.map_or(0, |grid| CountTiles::least_bytes(&grid, threads));
    // The counters that threads share belong to each grid of its own where grids grow.
    let (private, shared) =
        if target.result_cells.is_some() { (private.saturating_add(shared), 0) } else { (private, shared) };
    let line = |holder, bytes, times| PlanLine { holder, bytes, times };
    let lines = [
        line(READING[0], needs.reader_bytes, threads),
        line(READING[1], needs.shared_bytes, 1),
        line(READING[2], own_bytes, threads),
        line(CELLS[0], private, threads),
        line(CELLS[1], shared, 1),
        line(CELLS[2], tiles, 1),
        line(RESULT, result, 1),
        line(PICTURE, options.picture_bytes, 1),
    ];
    lines.into_iter().filter(|line| line.bytes > 0).collect()
}

/// The greatest of what is held while reading, while finishing, and while drawing.
fn peak(lines: &[PlanLine]) -> usize {
    let sum = |names: &[&str]| {
        let bytes = lines.iter().filter(|line| names.contains(&line.holder));
        bytes.fold(0usize, |sum, line| sum.saturating_add(line.bytes.saturating_mul(line.times)))
    };
    let (reading, cells, result, picture) = (sum(&READING), sum(&CELLS), sum(&[RESULT]), sum(&[PICTURE]));
    let held_after = if result > 0 { result } else { cells };
    reading.saturating_add(cells).max(cells.saturating_add(result)).max(held_after.saturating_add(picture))
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rows {
            Some(rows) => write!(f, "{rows} rows")?,
            None => f.write_str("an unknown number of rows")?,
        }
        let plural = if self.threads == 1 { "" } else { "s" };
        write!(f, " in batches of {} on {} thread{plural}", self.batch_rows, self.threads)?;
        if self.shared_counters {
            f.write_str(", which share their counters")?;
        }
        if self.tiled {
            f.write_str(", in tiles made when something falls in them")?;
        }
        writeln!(f)?;
        for PlanLine { holder, bytes, times } in &self.lines {
            let total = bytes.saturating_mul(*times);
            write!(f, "  {holder:<34}{:>12}", Bytes(total))?;
            if *times > 1 {
                write!(f, "  ({times} x {})", Bytes(*bytes))?;
            }
            writeln!(f)?;
        }
        write!(f, "  {:<34}{:>12}  of {} free", "at the peak", Bytes(self.peak), Bytes(self.available))
    }
}

/// Bytes as a person reads them.
struct Bytes(usize);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.0 {
            bytes if bytes < 1000 => format!("{bytes} B"),
            bytes if bytes < 1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
            bytes if bytes < 1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
            bytes => format!("{:.2} GB", bytes as f64 / 1e9),
        };
        f.pad(&text)
    }
}
