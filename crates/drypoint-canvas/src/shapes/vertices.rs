//! Shapes that stand in one row each, as a source whose rows are their vertices: what draws rows as points or joins them to
//! lines draws shapes so, with every reduction, and knows nothing of them.
//!
//! A vertex brings the other columns of its row. Lines are kept apart by a vertex without a place.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use drypoint_memory::{BudgetExceeded, MemoryConsumer, Pod};
use drypoint_stream::{
    Batch, Bitmap, Column, DataType, Extent, Field, Lists, Needs, Reader, Request, Scan, Schema, Source,
    StreamError, Text, Values,
};

use super::geometry::{Begins, Drawn, Takes, suits, visit};
use super::growing::Growing;
use super::{SHAPES_IN_BATCH, ShapeFault, bad_shape, not_shapes};
use crate::columns::convert_missing;
use crate::options::Progress;
use crate::{CanvasError, Result};

/// Where one vertex of each row stands along one axis.
#[derive(Debug, Clone, PartialEq)]
pub enum Coordinate {
    /// Where this column of the row says.
    Column(String),
    /// At the same place in each row.
    At(f64),
}

/// Shapes of one row each.
#[derive(Debug, Clone, PartialEq)]
pub enum RowShapes {
    /// The points of a column of points and multipoints.
    Points(String),
    /// The lines of a column of lines and multilines, and the outlines of polygons.
    Lines(String),
    /// All positions of a column of any shapes.
    Positions(String),
    /// A line through the items of two columns of lists.
    Lists {
        /// Of x.
        x: String,
        /// Of y.
        y: String,
    },
    /// A line through as many vertices as there are coordinates of x, and of y.
    Across {
        /// Of each vertex.
        x: Vec<Coordinate>,
        /// Of each vertex.
        y: Vec<Coordinate>,
    },
}

impl RowShapes {
    /// The types of what lies along x and along y.
    ///
    /// # Errors
    /// A missing column, or one that does not hold what is asked for.
    pub fn types(&self, schema: &Schema) -> Result<[DataType; 2]> {
        places(schema, self).map(|(_, x, y)| [x, y])
    }
}

/// The vertices of a source's rows. Its columns are [`ShapeVertices::X`], [`ShapeVertices::Y`] and those of the source.
pub struct ShapeVertices<'s> {
    source: &'s dyn Source,
    schema: Schema,
    shapes: Places,
    progress: Option<Arc<Progress>>,
    rows: AtomicU64,
    apart: AtomicU64,
}

/// [`RowShapes`] by the places of their columns in the source.
#[derive(Debug, Clone)]
enum Places {
    Geometry(usize, Drawn),
    Lists(usize, usize),
    Across(Vec<Place>, Vec<Place>),
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Column(usize),
    At(f64),
}

/// Columns of a batch of vertices that stand before those of the source.
const OWN: usize = 2;
/// Bits of a key that tell the row; those above are the source's.
const ROW_BITS: u32 = 48;

impl<'s> ShapeVertices<'s> {
    /// The name of the column of x.
    pub const X: &'static str = "x of the shapes";
    /// The name of the column of y.
    pub const Y: &'static str = "y of the shapes";

    /// The vertices of the shapes of `source`.
    ///
    /// # Errors
    /// A missing column, or one that does not hold what is asked for.
    pub fn new(source: &'s dyn Source, shapes: &RowShapes) -> Result<Self> {
        let (shapes, x, y) = places(source.schema(), shapes)?;
        let own = |name: &str, data_type| Field { name: name.into(), data_type, nullable: true };
        let mut fields = vec![own(Self::X, x), own(Self::Y, y)];
        fields.extend(source.schema().fields.iter().cloned());
        let (rows, apart) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Self { source, schema: Schema { fields }, shapes, progress: None, rows, apart })
    }

    /// The same, counting the rows that were read.
    pub fn with_progress(mut self, progress: Option<Arc<Progress>>) -> Self {
        self.progress = progress;
        self
    }

    /// Rows of the source that were read so far.
    pub fn rows_read(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Vertices so far that have no place, and only keep one shape from the next.
    pub fn apart(&self) -> u64 {
        self.apart.load(Ordering::Relaxed)
    }

    /// Bits that the key of a row is moved up by, so that its vertices have keys of their own.
    fn shift(&self) -> u32 {
        /// Rows that a source of unknown length is thought to have at most.
        const UNKNOWN: u64 = 1 << 28;
        match &self.shapes {
            Places::Across(x, y) => (x.len().max(y.len()) as u64 + 1).ilog2() + 1,
            _ => {
                let rows = self.source.rows().unwrap_or(UNKNOWN).max(1);
                ROW_BITS.saturating_sub(rows.ilog2() + 1).max(1)
            }
        }
    }

    fn request(&self, request: &Request) -> (Request, Vec<usize>) {
        let mut columns: Vec<usize> = match &self.shapes {
            Places::Geometry(column, _) => vec![*column],
            Places::Lists(x, y) => vec![*x, *y],
            Places::Across(x, y) => x
                .iter()
                .chain(y)
                .filter_map(|place| match place {
                    Place::Column(column) => Some(*column),
                    Place::At(_) => None,
                })
                .collect(),
        };
        // A column that stands there twice is read once.
        let mut seen = Vec::new();
        columns.retain(|column| {
            !seen.contains(column) && {
                seen.push(*column);
                true
            }
        });
        let extras = request.columns.iter().filter_map(|column| column.checked_sub(OWN));
        let extras = extras.map(|column| match columns.iter().position(|known| *known == column) {
            Some(place) => place,
            None => {
                columns.push(column);
                columns.len() - 1
            }
        });
        let extras = extras.collect();
        let batch_rows = match &self.shapes {
            Places::Across(x, y) => (request.batch_rows / (x.len().max(y.len()) + 1)).max(1),
            _ => request.batch_rows.clamp(1, SHAPES_IN_BATCH),
        };
        (Request { columns, batch_rows, ..request.clone() }, extras)
    }

    fn known(&self, along: &[Place]) -> Option<Extent> {
        along.iter().try_fold(None, |sum: Option<Extent>, place| {
            let part = match place {
                Place::Column(column) => self.source.extent(*column)?,
                Place::At(at) => Extent { min: *at, max: *at },
            };
            Some(Some(sum.map_or(part, |sum| sum.union(part))))
        })?
    }
}

fn places(schema: &Schema, shapes: &RowShapes) -> Result<(Places, DataType, DataType)> {
    let number = DataType::Float(64);
    let geometry = |name: &str, drawn, wanted| -> Result<(Places, DataType, DataType)> {
        let column = schema.index_of(name)?;
        let data_type = &schema.fields[column].data_type;
        if !suits(data_type, drawn) {
            return Err(not_shapes(name, data_type, wanted));
        }
        Ok((Places::Geometry(column, drawn), number.clone(), number.clone()))
    };
    match shapes {
        RowShapes::Points(name) => {
            geometry(name, Drawn::Points, "points: WKB, or positions and lists of them")
        }
        RowShapes::Lines(name) => geometry(name, Drawn::Lines, "lines: WKB, or lists of positions"),
        RowShapes::Positions(name) => geometry(name, Drawn::Any, "shapes: WKB, or lists of positions"),
        RowShapes::Lists { x, y } => {
            let list = |name: &str| -> Result<(usize, DataType)> {
                let column = schema.index_of(name)?;
                match &schema.fields[column].data_type {
                    DataType::List(item) => Ok((column, (**item).clone())),
                    DataType::Null => Ok((column, DataType::Float(64))),
                    other => Err(not_shapes(name, other, "a list of numbers, as the other coordinate is")),
                }
            };
            let ((x, x_type), (y, y_type)) = (list(x)?, list(y)?);
            Ok((Places::Lists(x, y), x_type, y_type))
        }
        RowShapes::Across { x, y } => {
            let along = |coordinates: &[Coordinate]| -> Result<(Vec<Place>, DataType)> {
                let mut first: Option<(&str, &DataType)> = None;
                let mut places = Vec::with_capacity(coordinates.len());
                for coordinate in coordinates {
                    let name = match coordinate {
                        Coordinate::At(at) => {
                            places.push(Place::At(*at));
                            continue;
                        }
                        Coordinate::Column(name) => name,
                    };
                    let column = schema.index_of(name)?;
                    let data_type = &schema.fields[column].data_type;
                    if !data_type.is_numeric() {
                        let (column, data_type) = (name.clone(), data_type.clone());
                        return Err(CanvasError::NotNumeric { column, data_type });
                    }
                    places.push(Place::Column(column));
                    match first {
                        Some((known, known_type)) if !known_type.agrees_with(data_type) => {
                            return Err(StreamError::Mismatch {
                                name: format!("columns {known:?} and {name:?}"),
                                what: format!("{known_type} and {data_type} do not lie along one axis"),
                            }
                            .into());
                        }
                        Some(_) => {}
                        None => first = Some((name, data_type)),
                    }
                }
                Ok((places, first.map_or(DataType::Float(64), |(_, data_type)| data_type.clone())))
            };
            if x.len() != y.len() {
                return Err(StreamError::Mismatch {
                    name: "the vertices of a row".into(),
                    what: format!("there are {} coordinates of x and {} of y", x.len(), y.len()),
                }
                .into());
            }
            let ((x, x_type), (y, y_type)) = (along(x)?, along(y)?);
            Ok((Places::Across(x, y), x_type, y_type))
        }
    }
}

impl Source for ShapeVertices<'_> {
    fn name(&self) -> String {
        self.source.name()
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        match &self.shapes {
            Places::Across(x, _) => self.source.rows()?.checked_mul(x.len() as u64 + 1),
            _ => None,
        }
    }

    fn extent(&self, column: usize) -> Option<Extent> {
        match (&self.shapes, column) {
            (Places::Across(x, _), 0) => self.known(x),
            (Places::Across(_, y), 1) => self.known(y),
            (_, 0 | 1) => None,
            _ => self.source.extent(column - OWN),
        }
    }

    fn one_shot(&self) -> bool {
        self.source.one_shot()
    }

    fn needs(&self, request: &Request) -> drypoint_stream::Result<Needs> {
        let (inner, extras) = self.request(request);
        let mut needs = self.source.needs(&inner)?;
        // How long shapes are is not known before they are read.
        let vertex_bytes = size_of::<f64>() * (OWN + extras.len()) + size_of::<u32>();
        let held = request.batch_rows.max(1024).saturating_mul(vertex_bytes);
        needs.reader_bytes = needs.reader_bytes.saturating_add(held).saturating_add(held / 8);
        Ok(needs)
    }

    fn scan<'a>(&'a self, request: &Request) -> drypoint_stream::Result<Box<dyn Scan + 'a>> {
        let (inner, extras) = self.request(request);
        let own = request.columns.iter().map(|column| if *column < OWN { Ok(*column) } else { Err(()) });
        let mut next = 0..;
        let delivered = own.map(|own| own.map_err(|()| next.next().unwrap_or(0))).collect();
        let places = match &self.shapes {
            Places::Geometry(column, drawn) => Places::Geometry(place_of(&inner, *column), *drawn),
            Places::Lists(x, y) => Places::Lists(place_of(&inner, *x), place_of(&inner, *y)),
            Places::Across(x, y) => {
                let along = |places: &[Place]| {
                    let place = |place: &Place| match place {
                        Place::Column(column) => Place::Column(place_of(&inner, *column)),
                        at => *at,
                    };
                    places.iter().map(place).collect()
                };
                Places::Across(along(x), along(y))
            }
        };
        Ok(Box::new(VertexScan {
            vertices: self,
            scan: self.source.scan(&inner)?,
            places,
            extras,
            delivered,
            batch_rows: request.batch_rows.max(1),
            consumer: request.consumer.clone(),
            shift: self.shift(),
        }))
    }
}

fn place_of(request: &Request, column: usize) -> usize {
    request.columns.iter().position(|known| *known == column).unwrap_or(0)
}

struct VertexScan<'a> {
    vertices: &'a ShapeVertices<'a>,
    scan: Box<dyn Scan + 'a>,
    /// By the places of their columns in the batches of the source.
    places: Places,
    /// The places, in the batches of the source, of the other columns that are asked for.
    extras: Vec<usize>,
    /// For each column of a batch: x or y, or which of the extras.
    delivered: Vec<std::result::Result<usize, usize>>,
    batch_rows: usize,
    consumer: MemoryConsumer,
    shift: u32,
}

impl Scan for VertexScan<'_> {
    fn reader<'a>(&'a self) -> drypoint_stream::Result<Box<dyn Reader + 'a>> {
        let consumer = &self.consumer;
        Ok(Box::new(VertexReader {
            scan: self,
            reader: self.scan.reader()?,
            made: Made {
                x: Growing::new(consumer),
                y: Growing::new(consumer),
                rows: Growing::new(consumer),
                apart: 0,
            },
            extras: self.extras.iter().map(|_| Extra::new(consumer)).collect(),
            at: 0,
            order: 0,
        }))
    }
}

/// The vertices of a batch of shapes.
struct Made {
    x: Growing<f64>,
    y: Growing<f64>,
    /// The row of each in its batch.
    rows: Growing<u32>,
    /// How many of them stand between shapes.
    apart: u64,
}

impl Made {
    fn clear(&mut self) {
        self.apart = 0;
        self.x.clear();
        self.y.clear();
        self.rows.clear();
    }

    /// `count` more vertices of a row, to be written.
    fn extend(
        &mut self,
        count: usize,
        row: usize,
    ) -> std::result::Result<(&mut [f64], &mut [f64]), BudgetExceeded> {
        self.rows.extend(count)?.fill(row as u32);
        Ok((self.x.extend(count)?, self.y.extend(count)?))
    }
}

struct VertexReader<'a> {
    scan: &'a VertexScan<'a>,
    reader: Box<dyn Reader + 'a>,
    made: Made,
    extras: Vec<Extra>,
    /// The next vertex to give.
    at: usize,
    /// The key of the first vertex.
    order: u64,
}

impl VertexReader<'_> {
    /// Make the vertices of the next batch of shapes that has any; false if there is none.
    fn make(&mut self) -> Result<bool> {
        let Self { scan, reader, made, extras, at, order } = self;
        (*at, *order) = (0, 0);
        made.clear();
        while made.rows.len() == 0 {
            let Some(batch) = reader.next()? else { return Ok(false) };
            scan.make(&batch, made)?;
            scan.vertices.rows.fetch_add(batch.rows as u64, Ordering::Relaxed);
            if let Some(progress) = &scan.vertices.progress {
                progress.add(batch.rows);
            }
            scan.vertices.apart.fetch_add(made.apart, Ordering::Relaxed);
            *order = scan.key_of(&batch, made.rows.len())?;
            for (extra, place) in extras.iter_mut().zip(&scan.extras) {
                extra.repeat(&batch.columns[*place], made.rows.items())?;
            }
        }
        Ok(true)
    }
}

impl Reader for VertexReader<'_> {
    fn next(&mut self) -> drypoint_stream::Result<Option<Batch<'_>>> {
        if self.at == self.made.rows.len() && !self.make().map_err(stream_error)? {
            return Ok(None);
        }
        let start = self.at;
        let end = self.made.rows.len().min(start + self.scan.batch_rows);
        self.at = end;
        let made = &self.made;
        let columns = self.scan.delivered.iter().map(|delivered| match delivered {
            Ok(0) => Column { values: Values::F64(&made.x.items()[start..end]), validity: None },
            Ok(_) => Column { values: Values::F64(&made.y.items()[start..end]), validity: None },
            Err(extra) => self.extras[*extra].column(made.rows.items(), start, end),
        });
        let columns = columns.collect();
        Ok(Some(Batch { rows: end - start, order: self.order + start as u64, columns }))
    }
}

/// What readers may say: shapes that cannot be read are the stream's, and nothing else goes wrong here.
fn stream_error(error: CanvasError) -> StreamError {
    match error {
        CanvasError::Stream(error) => error,
        CanvasError::Budget(error) => error.into(),
        other => StreamError::Foreign(Box::new(other)),
    }
}

impl VertexScan<'_> {
    fn key_of(&self, batch: &Batch<'_>, vertices: usize) -> Result<u64> {
        let name = || self.vertices.source.name();
        let (above, row) = (batch.order >> ROW_BITS << ROW_BITS, batch.order & ((1 << ROW_BITS) - 1));
        let most = 1u64 << (ROW_BITS - self.shift);
        if row.saturating_add(batch.rows as u64) > most {
            let what = format!("drawing more than {most} rows of shapes of any length");
            return Err(StreamError::Unsupported { name: name(), what }.into());
        }
        if vertices as u64 > (batch.rows as u64) << self.shift {
            let what = format!("{vertices} vertices in {} rows from row {row} on", batch.rows);
            return Err(StreamError::Unsupported { name: name(), what }.into());
        }
        Ok(above | row << self.shift)
    }

    fn make(&self, batch: &Batch<'_>, made: &mut Made) -> Result<()> {
        match &self.places {
            Places::Geometry(place, drawn) => self.geometry(batch, *place, *drawn, made),
            Places::Lists(x, y) => self.lists(batch, *x, *y, made),
            Places::Across(x, y) => across(batch, x, y, made),
        }
    }

    fn geometry(&self, batch: &Batch<'_>, place: usize, drawn: Drawn, made: &mut Made) -> Result<()> {
        let column = &batch.columns[place];
        if matches!(column.values, Values::F64(_)) {
            return Ok(()); // of type null: nothing in any row
        }
        for row in (0..batch.rows).filter(|row| is_there(column, *row)) {
            let mut taking = Taking { made, row, apart: drawn == Drawn::Lines };
            visit(column, row, drawn, &mut taking).map_err(|fault| self.fault(batch, place, row, fault))?;
        }
        Ok(())
    }

    fn fault(&self, batch: &Batch<'_>, place: usize, row: usize, fault: ShapeFault) -> CanvasError {
        let (inner, _) = match &self.vertices.shapes {
            Places::Geometry(column, _) => (*column, 0),
            Places::Lists(x, _) => (*x, place),
            Places::Across(..) => (0, 0),
        };
        let name = &self.vertices.source.schema().fields[inner].name;
        let wanted = match &self.vertices.shapes {
            Places::Geometry(_, Drawn::Points) => "points",
            _ => "lines",
        };
        bad_shape(name, batch.order + row as u64, wanted, fault)
    }

    fn lists(&self, batch: &Batch<'_>, x_place: usize, y_place: usize, made: &mut Made) -> Result<()> {
        let (x_column, y_column) = (&batch.columns[x_place], &batch.columns[y_place]);
        let (Values::Lists(x), Values::Lists(y)) = (&x_column.values, &y_column.values) else {
            return Ok(()); // one of them is of type null
        };
        for row in (0..batch.rows).filter(|row| is_there(x_column, *row) && is_there(y_column, *row)) {
            let (x_items, y_items) = (x.range(0, row), y.range(0, row));
            if x_items.len() != y_items.len() {
                let what = format!("it has {} values, {} of y", x_items.len(), y_items.len());
                return Err(self.fault(batch, x_place, row, ShapeFault::What(what)));
            }
            made.apart += 1;
            let (to_x, to_y) = made.extend(x_items.len() + 1, row)?;
            (to_x[0], to_y[0]) = (f64::NAN, f64::NAN);
            let copy = |lists: &Lists<'_>, items: std::ops::Range<usize>, target: &mut [f64]| {
                target.copy_from_slice(&lists.x[items]);
            };
            copy(x, x_items, &mut to_x[1..]);
            copy(y, y_items, &mut to_y[1..]);
        }
        Ok(())
    }
}

fn is_there(column: &Column<'_>, row: usize) -> bool {
    column.validity.is_none_or(|validity| validity.is_valid(row))
}

/// Takes the positions of one row.
struct Taking<'m> {
    made: &'m mut Made,
    row: usize,
    /// Whether a vertex without a place stands before each run.
    apart: bool,
}

impl Takes for Taking<'_> {
    fn take(&mut self, _: Begins, positions: impl ExactSizeIterator<Item = (f64, f64)>) -> Result<()> {
        let apart = usize::from(self.apart);
        self.made.apart += apart as u64;
        let (x, y) = self.made.extend(positions.len() + apart, self.row)?;
        x[..apart].fill(f64::NAN);
        y[..apart].fill(f64::NAN);
        for ((to_x, to_y), (x, y)) in x[apart..].iter_mut().zip(&mut y[apart..]).zip(positions) {
            (*to_x, *to_y) = (x, y);
        }
        Ok(())
    }
}

/// The vertices of each row, after one without a place.
fn across(batch: &Batch<'_>, x: &[Place], y: &[Place], made: &mut Made) -> Result<()> {
    const BLOCK: usize = 256;
    let stride = x.len() + 1;
    let mut column = [0.0; BLOCK];
    for start in (0..batch.rows).step_by(BLOCK) {
        let rows = BLOCK.min(batch.rows - start);
        made.apart += rows as u64;
        let numbers = made.rows.extend(rows * stride)?;
        for (row, numbers) in numbers.chunks_exact_mut(stride).enumerate() {
            numbers.fill((start + row) as u32);
        }
        for (target, places) in [(&mut made.x, x), (&mut made.y, y)] {
            let target = target.extend(rows * stride)?;
            target.iter_mut().step_by(stride).for_each(|apart| *apart = f64::NAN);
            for (vertex, place) in places.iter().enumerate() {
                let values = &mut column[..rows];
                match place {
                    Place::Column(place) => convert_missing(&batch.columns[*place], start, values)?,
                    Place::At(at) => values.fill(*at),
                }
                let targets = target[vertex + 1..].iter_mut().step_by(stride);
                targets.zip(values).for_each(|(target, value)| *target = *value);
            }
        }
    }
    Ok(())
}

/// A column of the source, the value of each row as often as it has vertices.
struct Extra {
    kind: Kind,
    values: Growing<u64>,
    bits: Growing<u8>,
    has_bits: bool,
    offsets: Growing<i32>,
    words: Growing<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    /// One word for each row of the batch, of which the vertices hold the numbers.
    Words,
}

impl Extra {
    fn new(consumer: &MemoryConsumer) -> Self {
        Self {
            kind: Kind::F64,
            values: Growing::new(consumer),
            bits: Growing::new(consumer),
            has_bits: false,
            offsets: Growing::new(consumer),
            words: Growing::new(consumer),
        }
    }

    fn repeat(&mut self, column: &Column<'_>, rows: &[u32]) -> Result<()> {
        self.has_bits = column.validity.is_some();
        self.bits.clear();
        if let Some(validity) = column.validity {
            let bits = self.bits.extend(rows.len().div_ceil(8))?;
            bits.fill(0);
            for (vertex, row) in rows.iter().enumerate() {
                bits[vertex / 8] |= u8::from(validity.is_valid(*row as usize)) << (vertex % 8);
            }
        }
        self.values.clear();
        macro_rules! repeat {
            ($kind:ident, $values:expr) => {{
                self.kind = Kind::$kind;
                repeat(&mut self.values, $values, rows)?;
            }};
        }
        match &column.values {
            Values::Bool(values) => repeat!(Bool, values),
            Values::I8(values) => repeat!(I8, values),
            Values::I16(values) => repeat!(I16, values),
            Values::I32(values) => repeat!(I32, values),
            Values::I64(values) => repeat!(I64, values),
            Values::U8(values) => repeat!(U8, values),
            Values::U16(values) => repeat!(U16, values),
            Values::U32(values) => repeat!(U32, values),
            Values::U64(values) => repeat!(U64, values),
            Values::F32(values) => repeat!(F32, values),
            Values::F64(values) => repeat!(F64, values),
            Values::Text(text) => self.keep((0..text.len()).map(|row| text.get(row)))?,
            Values::Dictionary { codes, words } => {
                let there = |row: &usize| column.validity.is_none_or(|bits| bits.is_valid(*row));
                self.keep(codes.iter().enumerate().map(|(row, code)| {
                    // A missing row's code is arbitrary.
                    if there(&row) { words.get(*code as usize) } else { &[] }
                }))?;
            }
            Values::Binary(_) | Values::Lists(_) => {
                let what = "lists or bytes beside shapes".into();
                return Err(StreamError::Unsupported { name: "batch".into(), what }.into());
            }
        }
        Ok(())
    }

    fn keep<'w>(&mut self, words: impl Iterator<Item = &'w [u8]>) -> Result<()> {
        self.kind = Kind::Words;
        self.offsets.clear();
        self.words.clear();
        self.offsets.push(0)?;
        for word in words {
            self.words.extend(word.len())?.copy_from_slice(word);
            self.offsets.push(self.words.len() as i32)?;
        }
        Ok(())
    }

    fn column<'a>(&'a self, rows: &'a [u32], start: usize, end: usize) -> Column<'a> {
        fn typed<T: Pod>(values: &Growing<u64>, start: usize, end: usize) -> &[T] {
            &bytemuck::cast_slice(values.items())[start..end]
        }
        let values = &self.values;
        let values = match self.kind {
            Kind::Bool => Values::Bool(typed(values, start, end)),
            Kind::I8 => Values::I8(typed(values, start, end)),
            Kind::I16 => Values::I16(typed(values, start, end)),
            Kind::I32 => Values::I32(typed(values, start, end)),
            Kind::I64 => Values::I64(typed(values, start, end)),
            Kind::U8 => Values::U8(typed(values, start, end)),
            Kind::U16 => Values::U16(typed(values, start, end)),
            Kind::U32 => Values::U32(typed(values, start, end)),
            Kind::U64 => Values::U64(typed(values, start, end)),
            Kind::F32 => Values::F32(typed(values, start, end)),
            Kind::F64 => Values::F64(typed(values, start, end)),
            Kind::Words => Values::Dictionary {
                codes: &rows[start..end],
                words: Text { offsets: self.offsets.items(), bytes: self.words.items() },
            },
        };
        let validity = self.has_bits.then(|| Bitmap { bits: self.bits.items(), offset: start });
        Column { values, validity }
    }
}

/// Append the value of each vertex's row.
fn repeat<T: Pod>(target: &mut Growing<u64>, values: &[T], rows: &[u32]) -> Result<()> {
    let target = target.extend((rows.len() * size_of::<T>()).div_ceil(size_of::<u64>()))?;
    let target: &mut [T] = bytemuck::cast_slice_mut(target);
    target.iter_mut().zip(rows).for_each(|(target, row)| *target = values[*row as usize]);
    Ok(())
}
