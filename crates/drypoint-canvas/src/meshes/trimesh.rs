//! Triangles into pixels: vertices at hand, triangles streamed.

use std::sync::Arc;

use drypoint_memory::charged_bytes;
use drypoint_stream::{Batch, Column, DataType, Schema, Source};

use super::triangle::{Between, draw};
use super::vertices::{MeshVertices, Projected};
use super::visits::{NO_CATEGORY, Visits};
use crate::columns::{Roles, check_batch, convert_missing, part_roles, place};
use crate::drive::drive;
use crate::fold::{Accumulator, Directories, Directory, SharedCounts};
use crate::mapping::GridMap;
use crate::options::Options;
use crate::plan::{Plan, Target, request};
use crate::raw::BLOCK_ROWS;
use crate::{Aggregate, Canvas, CanvasError, Reduction, Result};

/// A fold of triangles, of one source or many.
///
/// A pixel is visited by each triangle that its centre lies in (decision 0031), with a value between those of the corners,
/// or with that of the triangle.
pub struct TrimeshFold {
    canvas: Canvas,
    grid: GridMap,
    corners: [String; 3],
    reduction: Reduction,
    between: Between,
    vertices: Projected,
    options: Options,
    directories: Directories,
    running: Option<Running>,
}

struct Running {
    plan: Plan,
    shared: Arc<SharedCounts>,
    workers: Vec<Worker>,
}

/// The columns of a batch of triangles.
struct TriangleRoles {
    columns: Roles,
    corners: [usize; 3],
}

impl TriangleRoles {
    fn new(schema: &Schema, corners: &[String; 3], reduction: &Reduction, valued: bool) -> Result<Self> {
        let mut request = Vec::new();
        let [a, b, c] = corners;
        let mut corner = |name: &str| place(schema, name, whole, &mut request);
        let corners = [corner(a)?, corner(b)?, corner(c)?];
        // What the vertices do not have is looked for among the columns of the triangles.
        let read = if valued { without_value(reduction) } else { reduction.clone() };
        let parts = part_roles(schema, &read, &mut request)?;
        Ok(Self { columns: Roles { request, x: corners[0], y: corners[1], parts }, corners })
    }
}

/// What is left to be read of the triangles where the vertices have the values.
fn without_value(reduction: &Reduction) -> Reduction {
    match reduction {
        Reduction::By(categories, _) => Reduction::By(categories.clone(), Box::new(Reduction::Count(None))),
        _ => Reduction::Count(None),
    }
}

fn whole(name: &str, data_type: &DataType) -> Result<()> {
    match data_type {
        DataType::Int(_) | DataType::UInt(_) => Ok(()),
        _ => Err(CanvasError::NotVertices { column: name.into(), data_type: data_type.clone() }),
    }
}

impl TrimeshFold {
    /// Nothing is read yet. `corners` are the columns that name the vertices of a triangle, counted from 0. The values of the
    /// reduction are those of the vertices if they have any, otherwise a column of the triangles.
    pub fn new(
        canvas: &Canvas,
        vertices: MeshVertices,
        corners: [&str; 3],
        reduction: &Reduction,
        interpolate: bool,
        options: &Options,
    ) -> Result<Self> {
        canvas.check()?;
        reduction.check()?;
        reduction.check_one_value("triangles")?;
        let grid = GridMap::new(canvas);
        Ok(Self {
            canvas: canvas.clone(),
            grid,
            corners: corners.map(Into::into),
            reduction: reduction.clone(),
            between: if interpolate { Between::Linear } else { Between::Flat },
            vertices: vertices.project(&grid),
            options: options.clone(),
            directories: Directories::new(reduction, options.max_categories)?,
            running: None,
        })
    }

    /// What folding this source will hold beside the vertices.
    pub fn plan(&self, source: &dyn Source) -> Result<Plan> {
        let roles =
            TriangleRoles::new(source.schema(), &self.corners, &self.reduction, self.vertices.valued)?;
        self.plan_with(source, &roles)
    }

    fn plan_with(&self, source: &dyn Source, roles: &TriangleRoles) -> Result<Plan> {
        let line = charged_bytes(self.grid.width * size_of::<f64>()).unwrap_or(usize::MAX);
        let target = Target {
            thread_bytes: Visits::OWN_BYTES + size_of::<Rows>() + line,
            ..Target::points(&self.reduction, self.grid.cells(), None)
        };
        Plan::make(source, &roles.columns, &target, &self.options)
    }

    /// Fold all triangles of a source. The plan is made with the first one.
    ///
    /// After an error the fold holds some of the source's triangles and should be dropped.
    pub fn consume(&mut self, source: &dyn Source) -> Result<()> {
        let roles =
            TriangleRoles::new(source.schema(), &self.corners, &self.reduction, self.vertices.valued)?;
        let cells = self.grid.cells();
        if self.running.is_none() {
            let plan = self.plan_with(source, &roles)?;
            let shared = SharedCounts::new(cells, plan.shared_counters, self.options.consumer.clone());
            self.running = Some(Running { plan, shared, workers: Vec::new() });
        }
        let Self { grid, reduction, between, vertices, options, directories, running, .. } = self;
        let Some(Running { plan, shared, workers }) = running else { return Ok(()) };
        let mut request = request(&roles.columns, plan.batch_rows, plan.threads, options);
        let readers = source.needs(&request)?.max_readers.clamp(1, plan.threads);
        request.readers = readers;
        while workers.len() < readers {
            workers.push(Worker::new(reduction, grid, shared, options)?);
        }
        let first_key = workers.iter().map(|worker| worker.end_key).max().unwrap_or(0);
        workers.iter_mut().for_each(|worker| worker.first_key = first_key);
        drive(source, &request, &mut workers[..readers], options.progress.as_deref(), |worker, batch| {
            worker.fold(batch, &roles, vertices, *between, directories.get(0), options)
        })
    }

    /// Threads that the plan of the first source took; 0 before it.
    pub fn threads(&self) -> usize {
        self.running.as_ref().map_or(0, |running| running.plan.threads)
    }

    /// The aggregate of all that was consumed. Skipped are triangles with a missing corner, and those away from the canvas.
    pub fn finish(mut self) -> Result<Aggregate> {
        let cells = self.grid.cells();
        let consumer = &self.options.consumer;
        let mut workers = self.running.take().map_or_else(Vec::new, |running| running.workers);
        drop(self.vertices);
        if workers.is_empty() {
            // Nothing was read: an empty canvas.
            let shared = SharedCounts::new(cells, true, consumer.clone());
            workers.push(Worker::new(&self.reduction, &self.grid, &shared, &self.options)?);
        }
        let rows = workers.iter().map(|worker| worker.triangles).sum();
        let skipped = workers.iter().map(|worker| worker.skipped).sum();
        let (categories, numbers) = self.directories.sorted(0);
        let parts = workers.into_iter().map(|worker| worker.visits.into_parts()).collect();
        let finished = Accumulator::finish(parts, &numbers, &self.reduction, cells, consumer)?;
        Ok(Aggregate::finished(self.canvas, self.reduction, categories, rows, skipped, finished))
    }
}

/// What is known of the triangles of a block.
struct Rows {
    /// Vertex numbers; below 0 where there is none.
    corners: [[i64; BLOCK_ROWS]; 3],
    values: [f64; BLOCK_ROWS],
    codes: [u32; BLOCK_ROWS],
}

/// One thread.
struct Worker {
    visits: Visits,
    size: (usize, usize),
    line: drypoint_memory::Buffer<f64>,
    rows: Box<Rows>,
    first_key: u64,
    end_key: u64,
    triangles: u64,
    skipped: u64,
}

/// Pixels that are visited between two looks at whether to stop.
const LOOK_PIXELS: usize = 1 << 20;

/// Stands for a corner that is missing, or that no 64 bits can name.
const MISSING: i64 = i64::MIN;

impl Worker {
    fn new(
        reduction: &Reduction,
        grid: &GridMap,
        shared: &Arc<SharedCounts>,
        options: &Options,
    ) -> Result<Self> {
        Ok(Self {
            visits: Visits::new(reduction, grid.cells(), shared, &options.consumer)?,
            size: (grid.width, grid.height),
            line: options.consumer.buffer(grid.width)?,
            rows: Box::new(Rows {
                corners: [[0; BLOCK_ROWS]; 3],
                values: [f64::NAN; BLOCK_ROWS],
                codes: [NO_CATEGORY; BLOCK_ROWS],
            }),
            first_key: 0,
            end_key: 0,
            triangles: 0,
            skipped: 0,
        })
    }

    fn fold(
        &mut self,
        batch: &Batch<'_>,
        roles: &TriangleRoles,
        vertices: &Projected,
        between: Between,
        directory: Option<&Directory>,
        options: &Options,
    ) -> Result<()> {
        check_batch(batch, roles.columns.request.len())?;
        let key = self.first_key.saturating_add(batch.order);
        self.end_key = self.end_key.max(key.saturating_add(batch.rows as u64));
        let categories = roles.columns.category.map(|column| &batch.columns[column]);
        self.visits.begin(key, categories);
        let Self { visits, size, line, rows: block, skipped, .. } = self;
        let mut drawn = 0;
        for start in (0..batch.rows).step_by(BLOCK_ROWS) {
            options.cancel.check()?;
            let count = BLOCK_ROWS.min(batch.rows - start);
            for (target, column) in block.corners.iter_mut().zip(roles.corners) {
                numbers(&batch.columns[column], start, &mut target[..count]);
            }
            if let Some(column) = roles.columns.value {
                convert_missing(&batch.columns[column], start, &mut block.values[..count])?;
            }
            if let Some(column) = categories {
                visits.encode(directory, column, start, &mut block.codes[..count])?;
            }
            for row in 0..count {
                let places = [0, 1, 2].map(|corner| block.corners[corner][row]);
                if places.contains(&MISSING) {
                    *skipped += 1;
                    continue;
                }
                if let Some(vertex) = places.iter().find(|place| **place as u64 >= vertices.count as u64) {
                    return Err(CanvasError::NoVertex {
                        triangle: key.saturating_add((start + row) as u64),
                        vertex: i128::from(*vertex),
                        vertices: vertices.count,
                    });
                }
                let corners = places.map(|place| vertices.corner(place as usize, block.values[row]));
                let code = block.codes[row];
                let near = draw(&corners, between, *size, line, |column, height, values| {
                    drawn += values.len();
                    visits.line((height * size.0 + column) as u32, values, (start + row) as u32, code);
                });
                *skipped += u64::from(!near);
                // A triangle may be as large as the canvas.
                if drawn > LOOK_PIXELS {
                    options.cancel.check()?;
                    drawn = 0;
                }
            }
        }
        visits.flush();
        self.triangles += batch.rows as u64;
        Ok(())
    }
}

/// Vertex numbers from `start` on, as they are: which of them exist is looked at later.
fn numbers(column: &Column<'_>, start: usize, target: &mut [i64]) {
    use drypoint_stream::Values;
    macro_rules! each {
        ($values:expr, $convert:expr) => {
            for (target, value) in target.iter_mut().zip(&$values[start..]) {
                *target = $convert(*value);
            }
        };
    }
    match &column.values {
        Values::I8(values) => each!(values, i64::from),
        Values::I16(values) => each!(values, i64::from),
        Values::I32(values) => each!(values, i64::from),
        Values::I64(values) => each!(values, |value| value),
        Values::U8(values) => each!(values, i64::from),
        Values::U16(values) => each!(values, i64::from),
        Values::U32(values) => each!(values, i64::from),
        Values::U64(values) => each!(values, |value| i64::try_from(value).unwrap_or(i64::MAX)),
        _ => target.fill(MISSING),
    }
    if let Some(validity) = column.validity {
        crate::columns::for_each_missing(validity, start, target.len(), |row| target[row] = MISSING);
    }
}
