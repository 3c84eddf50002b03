//! Quads into pixels: grids of values whose rows and columns are not even, or not even straight.
//!
//! Means, extremes and modes of a grid along the axes are those of an image whose items know their pixels (`raster/uneven.rs`).
//! Every other fold, and every fold of a grid that is bent, visits the pixels of one quad after the other.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use drypoint_memory::{Buffer, charged_bytes};
use drypoint_stream::Extent;

use super::curvilinear::{Corners, cover};
use super::visits::{NO_CATEGORY, Visits};
use crate::drive::joined;
use crate::fold::{Accumulator, SharedCounts};
use crate::mapping::{AxisMap, GridMap};
use crate::options::Options;
use crate::raster::{Boxes, Breaks, Image, Method, Spans, uneven};
use crate::{Aggregate, Canvas, CanvasError, Reduction, Result, Scale};

/// Items of a box that is visited at a time, where the array does not say how it is cut.
const BOX_ITEMS: usize = 32 * 1024;

/// Where the quads of an array lie.
#[derive(Clone)]
pub enum GridOfQuads {
    /// Between edges along the axes.
    Straight(Breaks),
    /// Between corners that each have a place of their own.
    Bent {
        /// x of the corners, or of the centres.
        x: Box<Image>,
        /// y of them.
        y: Box<Image>,
        /// Whether they are centres: corners lie between those of four.
        centres: bool,
    },
}

impl GridOfQuads {
    /// A grid of corners or centres; `image` holds the values.
    pub fn bent(x: Image, y: Image, image: &Image) -> Result<Self> {
        let (rows, columns, _) = image.shape();
        let shape = |image: &Image| (image.shape().0, image.shape().1);
        let centres = shape(&x) == (rows, columns);
        for (name, coordinate) in [("x", &x), ("y", &y)] {
            let (high, wide) = shape(coordinate);
            let what = if shape(&x) != shape(&y) {
                format!("has {name} of shape ({high}, {wide}), the other of another; both are of one shape")
            } else if !centres && (high, wide) != (rows + 1, columns + 1) {
                format!(
                    "of shape ({rows}, {columns}) has {name} of shape ({high}, {wide}); give its centres, of the same \
                     shape, or its corners, one more along both axes"
                )
            } else if centres && (rows < 2 || columns < 2) {
                format!(
                    "of shape ({rows}, {columns}) has centres that do not say how large it is; give its corners"
                )
            } else {
                continue;
            };
            return Err(CanvasError::NoImage { name: image.name().into(), what });
        }
        Ok(Self::Bent { x: Box::new(x), y: Box::new(y), centres })
    }

    /// Least and greatest x and y of the edges or corners, above 0 on a logarithmic axis. Those of a bent grid are read.
    pub fn extents(&self, scales: [Scale; 2], options: &Options) -> Result<[Option<Extent>; 2]> {
        let mut found = [None, None];
        for (place, found) in found.iter_mut().enumerate() {
            let mut take = |value: f64| {
                if value.is_finite() && (scales[place] == Scale::Linear || value > 0.0) {
                    let (min, max) = found.map_or((value, value), |extent: Extent| (extent.min, extent.max));
                    *found = Some(Extent { min: min.min(value), max: max.max(value) });
                }
            };
            match self {
                Self::Straight(breaks) => [&breaks.x, &breaks.y][place].iter().for_each(|edge| take(*edge)),
                Self::Bent { x, y, centres } => {
                    let image = [x, y][place];
                    let any =
                        AxisMap { start: 0.0, end: 1.0, scale: 1.0, translate: 0.0, last: 0.0, log: false };
                    let mut corners = Corners::new(any, 1);
                    let (rows, columns, _) = image.shape();
                    let more = usize::from(*centres);
                    let cut = Cut::new(image, rows + more, columns + more);
                    drop(options.consumer.try_reserve(Boxes::bytes(image, cut.rows + 2, cut.columns + 2))?);
                    for (rows, columns) in cut.boxes(0..rows + more, columns + more) {
                        options.cancel.check()?;
                        corners.exact(image, &rows, &columns, *centres, &options.consumer, |_, value| {
                            take(value);
                        })?;
                    }
                }
            }
        }
        Ok(found)
    }
}

/// How an array is cut into boxes: as its chunks are, or some rows at a time.
#[derive(Clone, Copy)]
struct Cut {
    rows: usize,
    columns: usize,
}

impl Cut {
    fn new(image: &Image, rows: usize, columns: usize) -> Self {
        let (high, wide) = image.chunk().unwrap_or(((BOX_ITEMS / columns.max(1)).max(1), columns));
        Self { rows: high.clamp(1, rows.max(1)), columns: wide.clamp(1, columns.max(1)) }
    }

    /// The boxes of rows `rows` of `columns` columns.
    fn boxes(self, rows: Range<usize>, columns: usize) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
        let end = rows.end;
        rows.step_by(self.rows).flat_map(move |row| {
            (0..columns).step_by(self.columns).map(move |column| {
                (row..(row + self.rows).min(end), column..(column + self.columns).min(columns))
            })
        })
    }
}

/// Fold the values of a grid of quads into the pixels that these cover. Row 0 of the result is the lowest y.
///
/// Of the reductions those of values work here; the column that they name is a word for the values. `method` is `mode`, or
/// none to fold by the reduction. Skipped are values that are NaN, where all of them were looked at.
pub fn quadmesh(
    canvas: &Canvas,
    image: &Image,
    grid: &GridOfQuads,
    reduction: &Reduction,
    options: &Options,
) -> Result<Aggregate> {
    canvas.check()?;
    let name = image.name();
    let method = match reduction {
        Reduction::Mean(_) => Some(Method::Area),
        Reduction::Max(_) => Some(Method::Max),
        Reduction::Min(_) => Some(Method::Min),
        Reduction::Resampled(Method::Mode, _) => Some(Method::Mode),
        other => {
            other.check()?;
            other.check_one_value("quads")?;
            None
        }
    };
    if let Some(category) = reduction.category_column() {
        let what = format!("has values and no column {category:?} of categories");
        return Err(CanvasError::NoImage { name: name.into(), what });
    }
    match grid {
        GridOfQuads::Straight(breaks) => {
            breaks.check(canvas, image)?;
            if let Some(method) = method {
                let mut drawn = uneven(canvas, image, breaks, method, options)?;
                drawn.reduction = reduction.clone();
                return Ok(drawn);
            }
            visited(canvas, image, &Places::Straight(&breaks.spans(canvas)), reduction, options)
        }
        GridOfQuads::Bent { x, y, centres } => {
            if method == Some(Method::Mode) {
                let what = "lies on a bent grid, of which no mode is found; take the mean, or first".into();
                return Err(CanvasError::NoImage { name: name.into(), what });
            }
            visited(canvas, image, &Places::Bent { x, y, centres: *centres }, reduction, options)
        }
    }
}

/// Where the quads of a box are.
enum Places<'a> {
    Straight(&'a [Spans; 2]),
    Bent { x: &'a Image, y: &'a Image, centres: bool },
}

fn visited(
    canvas: &Canvas,
    image: &Image,
    places: &Places<'_>,
    reduction: &Reduction,
    options: &Options,
) -> Result<Aggregate> {
    let grid = GridMap::new(canvas);
    let (rows, columns, _) = image.shape();
    let cut = Cut::new(image, rows, columns);
    let needs = |threads: usize| needs(image, places, cut, reduction, grid.cells(), threads);
    let available = options.consumer.pool().available();
    let wanted = options.wanted_threads().min(rows.div_ceil(cut.rows)).max(1);
    let threads = (1..=wanted).rev().find(|threads| needs(*threads) <= available);
    let threads = match threads {
        Some(threads) => threads,
        None => {
            drop(options.consumer.try_reserve(needs(1))?);
            1
        }
    };
    let shared = SharedCounts::new(grid.cells(), false, options.consumer.clone());
    let strips = rows.div_ceil(cut.rows);
    let workers = (0..threads).map(|thread| {
        let row = |thread: usize| (thread * strips / threads * cut.rows).min(rows);
        Worker::new(row(thread)..row(thread + 1), canvas, cut, reduction, &shared, options)
    });
    let mut workers = workers.collect::<Result<Vec<_>>>()?;
    let stop = AtomicBool::new(false);
    joined(&mut workers, &stop, |worker| worker.run(image, places, cut, &stop, options))?;
    let missed = workers.iter().map(|worker| worker.missed).sum();
    let parts = workers.into_iter().map(|worker| worker.visits.into_parts()).collect();
    let finished = Accumulator::finish(parts, &[0], reduction, grid.cells(), &options.consumer)?;
    let items = rows as u64 * columns as u64;
    Ok(Aggregate::finished(canvas.clone(), reduction.clone(), Vec::new(), items, missed, finished))
}

/// Bytes that so many threads hold.
fn needs(
    image: &Image,
    places: &Places<'_>,
    cut: Cut,
    reduction: &Reduction,
    cells: usize,
    threads: usize,
) -> usize {
    let bytes = |items: usize, item: usize| charged_bytes(items.saturating_mul(item)).unwrap_or(usize::MAX);
    let (private, shared) = Accumulator::plane_bytes(reduction, cells, false);
    let values = bytes(cut.rows.saturating_mul(cut.columns), 8);
    let corners = match places {
        Places::Straight(_) => 0,
        Places::Bent { x, y, .. } => {
            let read = bytes(Corners::read_items(cut.rows + 1, cut.columns + 1), 8);
            let pixels = bytes((cut.rows + 1).saturating_mul(cut.columns + 1), 4);
            let tiles = Boxes::bytes(x, cut.rows + 3, cut.columns + 3).saturating_add(Boxes::bytes(
                y,
                cut.rows + 3,
                cut.columns + 3,
            ));
            tiles.saturating_add(read.saturating_add(pixels).saturating_mul(2))
        }
    };
    let own = Visits::OWN_BYTES
        .saturating_add(values)
        .saturating_add(Boxes::bytes(image, cut.rows, cut.columns))
        .saturating_add(corners)
        .saturating_add(private);
    // The result stands beside the cells of one thread.
    own.saturating_mul(threads).saturating_add(shared).saturating_add(bytes(cells, 24))
}

/// One thread: its rows of quads.
struct Worker {
    rows: Range<usize>,
    visits: Visits,
    boxes: Boxes,
    values: Buffer<f64>,
    corners: [Corners; 2],
    pixels: [Option<Buffer<i32>>; 2],
    size: (usize, usize),
    missed: u64,
}

impl Worker {
    fn new(
        rows: Range<usize>,
        canvas: &Canvas,
        cut: Cut,
        reduction: &Reduction,
        shared: &Arc<SharedCounts>,
        options: &Options,
    ) -> Result<Self> {
        Ok(Self {
            rows,
            visits: Visits::new(reduction, canvas.pixels(), shared, &options.consumer)?,
            boxes: Boxes::default(),
            values: options.consumer.buffer(cut.rows * cut.columns)?,
            corners: [
                Corners::new(AxisMap::new(&canvas.x), canvas.x.pixels),
                Corners::new(AxisMap::new(&canvas.y), canvas.y.pixels),
            ],
            pixels: [None, None],
            size: (canvas.x.pixels, canvas.y.pixels),
            missed: 0,
        })
    }

    fn run(
        &mut self,
        image: &Image,
        places: &Places<'_>,
        cut: Cut,
        stop: &AtomicBool,
        options: &Options,
    ) -> Result<()> {
        let (_, all_columns, _) = image.shape();
        for (rows, columns) in cut.boxes(self.rows.clone(), all_columns) {
            if stop.load(std::sync::atomic::Ordering::Relaxed) {
                break;
            }
            options.cancel.check()?;
            let items = rows.len() * columns.len();
            let (down, across) = (rows.clone(), columns.clone());
            self.boxes.read(image, down, across, &options.consumer, &mut self.values[..items])?;
            self.missed += self.values[..items].iter().filter(|value| value.is_nan()).count() as u64;
            match places {
                Places::Straight([x, y]) => self.straight(x, y, &rows, &columns, all_columns),
                Places::Bent { x, y, centres } => {
                    let (down, across) = (rows.start..rows.end + 1, columns.start..columns.end + 1);
                    let count = down.len() * across.len();
                    let Self { corners, pixels, .. } = self;
                    for ((corners, pixels), image) in corners.iter_mut().zip(pixels).zip([x, y]) {
                        if pixels.as_ref().is_none_or(|held| held.len() < count) {
                            *pixels = None;
                            let most = (cut.rows + 1) * (cut.columns + 1);
                            *pixels = Some(options.consumer.buffer(most.max(count))?);
                        }
                        let Some(held) = pixels else { continue };
                        corners.pixels(
                            image,
                            &down,
                            &across,
                            *centres,
                            &options.consumer,
                            &mut held[..count],
                        )?;
                    }
                    self.bent(&rows, &columns, all_columns);
                }
            }
            // An enlarged quad is as many visits as it has pixels.
            options.cancel.check()?;
            image.let_go(&rows);
            if let Some(progress) = &options.progress {
                progress.add(items);
            }
        }
        Ok(())
    }

    fn straight(
        &mut self,
        x: &Spans,
        y: &Spans,
        rows: &Range<usize>,
        columns: &Range<usize>,
        all_columns: usize,
    ) {
        let spans = &x.spans[columns.clone()];
        let Self { visits, values, size, .. } = self;
        for (row, values) in rows.clone().zip(values.chunks_exact(columns.len())) {
            begin_row(visits, row, all_columns);
            for line in y.spans[row].clone() {
                let first = line * size.0 as u32;
                for ((column, value), span) in (columns.start as u32..).zip(values).zip(spans) {
                    for pixel in span.clone() {
                        visits.visit(first + pixel, *value, column, NO_CATEGORY);
                    }
                }
            }
        }
        self.visits.flush();
    }

    fn bent(&mut self, rows: &Range<usize>, columns: &Range<usize>, all_columns: usize) {
        let [Some(x), Some(y)] = &self.pixels else { return };
        let (wide, width) = (columns.len() + 1, self.size.0 as u32);
        let size = (self.size.0.min(1 << 30) as i32, self.size.1.min(1 << 30) as i32);
        for (at, row) in rows.clone().enumerate() {
            begin_row(&mut self.visits, row, all_columns);
            let values = &self.values[at * columns.len()..(at + 1) * columns.len()];
            let (lower, upper) = (at * wide..(at + 1) * wide, (at + 1) * wide..(at + 2) * wide);
            let (x0, x1) = (&x[lower.clone()], &x[upper.clone()]);
            let (y0, y1) = (&y[lower], &y[upper]);
            for (quad, value) in values.iter().enumerate() {
                let corners = |a: &[i32], b: &[i32]| [a[quad], a[quad + 1], b[quad + 1], b[quad]];
                let column = (columns.start + quad) as u32;
                let visits = &mut self.visits;
                cover(corners(x0, x1), corners(y0, y1), size, |pixel, line| {
                    visits.visit(line as u32 * width + pixel as u32, *value, column, NO_CATEGORY);
                });
            }
        }
        self.visits.flush();
    }
}

/// What comes now is a row whose keys are places in the array.
fn begin_row(visits: &mut Visits, row: usize, all_columns: usize) {
    visits.flush();
    visits.begin(row as u64 * all_columns as u64, None);
}
