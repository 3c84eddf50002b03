//! Columns of arrays that are decoded chunk by chunk: compressed ones, and those of Zarr.
//!
//! A reader takes blocks of rows from a shared counter, as long as the longest chunk of any column so that each chunk is
//! decoded once, and hands them out batch by batch. Values are shown where they were decoded to, as those of mapped NPY
//! files are; only what no slice can lend is gathered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use drypoint_array::{Chunked, Scratch};
use drypoint_memory::{Buffer, MemoryConsumer};

use crate::npy::element::{Element, Storage};
use crate::npy::gather::{Gatherer, check_readable};
use crate::{Batch, Extent, Field, Needs, Reader, Request, Result, Scan, Schema, Source, StreamError};

/// A block of all columns is no longer than this, unless one row is.
const BLOCK_BYTES: usize = 4 << 20;

/// Rows of a block where chunks have fewer.
const LEAST_ROWS: usize = 1024;

/// A column and where it is.
#[derive(Clone)]
pub struct ChunkedColumn {
    /// What it is called.
    pub name: String,
    /// The array; rows lie along its first dimension.
    pub array: Arc<dyn Chunked>,
    /// Which of the array's columns, if it has two dimensions; `None` if it has one.
    pub place: Option<usize>,
}

/// A table of such columns.
pub struct ChunkedSource {
    name: String,
    schema: Schema,
    arrays: Vec<Arc<dyn Chunked>>,
    columns: Vec<Column>,
    rows: usize,
}

#[derive(Debug, Clone)]
struct Column {
    /// Which of the arrays, and which column of that.
    array: usize,
    place: usize,
    element: Element,
}

impl ChunkedSource {
    /// The table of `columns`. Those of the same array are decoded together.
    ///
    /// # Errors
    /// [`StreamError::Mismatch`] if two differ in length or share a name, or one is not where it is said to be;
    /// [`StreamError::Array`] for a type that is none of ours.
    pub fn new(name: &str, columns: Vec<ChunkedColumn>) -> Result<Self> {
        let mismatch = |what| StreamError::Mismatch { name: name.into(), what };
        let mut source = Self {
            name: name.into(),
            schema: Schema::default(),
            arrays: Vec::new(),
            columns: Vec::new(),
            rows: columns.first().and_then(|column| column.array.shape().first()).copied().unwrap_or(0),
        };
        for ChunkedColumn { name, array, place } in columns {
            let shape = array.shape().to_vec();
            let there = match (&shape[..], place) {
                ([_], None) => true,
                (&[_, width], Some(place)) => place < width,
                _ => false,
            };
            if !there {
                return Err(mismatch(format!("column {name:?} is not in an array of shape {shape:?}")));
            }
            if shape[0] != source.rows {
                let first = &source.schema.fields[0].name;
                return Err(mismatch(format!(
                    "column {first:?} has {} rows, column {name:?} has {}",
                    source.rows, shape[0]
                )));
            }
            if source.schema.fields.iter().any(|field| field.name == name) {
                return Err(mismatch(format!("two columns are called {name:?}")));
            }
            let element = Element::parse(array.dtype().name()).map_err(|what| StreamError::Unsupported {
                name: source.name.clone(),
                what: format!("{what} of column {name:?}"),
            })?;
            source.schema.fields.push(Field {
                name,
                data_type: element.data_type.clone(),
                nullable: element.is_nullable(),
            });
            let known = source.arrays.iter().position(|known| Arc::ptr_eq(known, &array));
            let number = known.unwrap_or(source.arrays.len());
            if known.is_none() {
                source.arrays.push(array);
            }
            source.columns.push(Column { array: number, place: place.unwrap_or(0), element });
        }
        Ok(source)
    }

    fn plan(&self, request: &Request) -> Result<Plan> {
        let mut wanted = Vec::with_capacity(request.columns.len());
        let mut spans: Vec<Span> = Vec::new();
        for &number in &request.columns {
            let (column, field) =
                self.columns.get(number).zip(self.schema.fields.get(number)).ok_or_else(|| {
                    StreamError::Mismatch {
                        name: self.name.clone(),
                        what: format!("column {number} of {} was asked for", self.columns.len()),
                    }
                })?;
            check_readable(&self.name, &field.name, &column.element)?;
            let known = spans.iter_mut().position(|span| span.array == column.array);
            let at = known.unwrap_or_else(|| {
                spans.push(Span { array: column.array, first: column.place, after: column.place + 1 });
                spans.len() - 1
            });
            let span = &mut spans[at];
            span.first = span.first.min(column.place);
            span.after = span.after.max(column.place + 1);
            wanted.push((at, column.clone()));
        }
        let mut batch_rows = request.batch_rows.clamp(1, self.rows.max(1));
        for (_, column) in &wanted {
            batch_rows = column.element.batch_rows(batch_rows);
        }
        let row_bytes: usize = spans.iter().map(|span| span.row_bytes(self)).sum();
        let longest = spans.iter().map(|span| self.arrays[span.array].chunk_shape()[0]).max().unwrap_or(1);
        let most = (BLOCK_BYTES / row_bytes.max(1)).max(1);
        let block_rows = longest.max(LEAST_ROWS).min(most).min(self.rows.max(1));
        Ok(Plan { wanted, spans, batch_rows: batch_rows.min(block_rows), block_rows })
    }
}

/// Columns of one array that are decoded together.
#[derive(Debug, Clone, Copy)]
struct Span {
    array: usize,
    first: usize,
    after: usize,
}

impl Span {
    fn row_bytes(&self, source: &ChunkedSource) -> usize {
        (self.after - self.first) * source.arrays[self.array].dtype().item_bytes()
    }

    /// Bytes of a chunk of the array, which are decoded on the way.
    fn chunk_bytes(&self, source: &ChunkedSource) -> usize {
        let array = &source.arrays[self.array];
        array
            .chunk_shape()
            .iter()
            .fold(array.dtype().item_bytes(), |bytes, &items| bytes.saturating_mul(items))
    }
}

/// What a scan of some columns does, worked out once.
#[derive(Debug, Clone)]
struct Plan {
    /// For each column its span, and itself.
    wanted: Vec<(usize, Column)>,
    spans: Vec<Span>,
    batch_rows: usize,
    block_rows: usize,
}

impl Plan {
    /// How a column's values lie in the block of its span: the first byte, the distance, whether they can be shown there.
    fn lie(&self, span: usize, column: &Column, source: &ChunkedSource) -> (usize, usize, bool) {
        let stride = self.spans[span].row_bytes(source);
        let first = (column.place - self.spans[span].first) * column.element.size;
        (first, stride, column.element.views(first, stride))
    }
}

impl Source for ChunkedSource {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        Some(self.rows as u64)
    }

    fn extent(&self, column: usize) -> Option<Extent> {
        let Column { array, place, element } = self.columns.get(column)?;
        // Other units are multiplied in integers, which comes before any rounding.
        if matches!(element.storage, Storage::Time { factor } if factor != 1) {
            return None;
        }
        self.arrays[*array].extent(*place).map(|(min, max)| Extent { min, max })
    }

    fn needs(&self, request: &Request) -> Result<Needs> {
        let plan = self.plan(request)?;
        let charged = |bytes| Buffer::<u8>::charged_bytes(bytes).unwrap_or(usize::MAX);
        let blocks = plan.spans.iter().map(|span| charged(plan.block_rows * span.row_bytes(self)));
        // A chunk on its way, and its encoded bytes if they come from the disk.
        let passing = plan.spans.iter().map(|span| charged(span.chunk_bytes(self))).max().unwrap_or(0);
        let gathered = plan.wanted.iter().map(|(span, column)| {
            column.element.gathered_bytes(plan.batch_rows, plan.lie(*span, column, self).2)
        });
        let held = blocks.chain(gathered).fold(0, usize::saturating_add);
        Ok(Needs {
            shared_bytes: 0,
            reader_bytes: held.saturating_add(passing.saturating_mul(2)),
            max_readers: self.rows.div_ceil(plan.block_rows).max(1),
        })
    }

    fn scan<'s>(&'s self, request: &Request) -> Result<Box<dyn Scan + 's>> {
        let plan = self.plan(request)?;
        Ok(Box::new(ChunkedScan { source: self, plan, request: request.clone(), next: AtomicUsize::new(0) }))
    }
}

struct ChunkedScan<'s> {
    source: &'s ChunkedSource,
    plan: Plan,
    request: Request,
    next: AtomicUsize,
}

impl Scan for ChunkedScan<'_> {
    fn reader<'s>(&'s self) -> Result<Box<dyn Reader + 's>> {
        let consumer: &MemoryConsumer = &self.request.consumer;
        let blocks = self
            .plan
            .spans
            .iter()
            .map(|span| Ok(consumer.buffer(self.plan.block_rows * span.row_bytes(self.source))?));
        let gatherers = self.plan.wanted.iter().map(|(span, column)| {
            let views = self.plan.lie(*span, column, self.source).2;
            Gatherer::new(&column.element, self.plan.batch_rows, views, consumer)
        });
        Ok(Box::new(ChunkedReader {
            scan: self,
            blocks: blocks.collect::<Result<_>>()?,
            gatherers: gatherers.collect::<Result<_>>()?,
            scratch: Scratch::default(),
            first: 0,
            at: 0,
            end: 0,
        }))
    }
}

struct ChunkedReader<'s> {
    scan: &'s ChunkedScan<'s>,
    blocks: Vec<Buffer<u8>>,
    gatherers: Vec<Gatherer>,
    scratch: Scratch,
    /// The block's first row, the next one to hand out, and the one after its last.
    first: usize,
    at: usize,
    end: usize,
}

impl ChunkedReader<'_> {
    /// Decode the next block; whether there was one.
    fn load(&mut self) -> Result<bool> {
        let ChunkedScan { source, plan, next, .. } = self.scan;
        let first = next.fetch_add(1, Ordering::Relaxed).saturating_mul(plan.block_rows);
        if first >= source.rows {
            return Ok(false);
        }
        let rows = plan.block_rows.min(source.rows - first);
        for (span, block) in plan.spans.iter().zip(&mut self.blocks) {
            let array = &source.arrays[span.array];
            let items = &mut block[..rows * span.row_bytes(source)];
            let (start, shape) = ([first, span.first], [rows, span.after - span.first]);
            let dimensions = array.shape().len();
            array.read(&start[..dimensions], &shape[..dimensions], &mut self.scratch, items)?;
        }
        (self.first, self.at, self.end) = (first, first, first + rows);
        Ok(true)
    }
}

impl Reader for ChunkedReader<'_> {
    fn next(&mut self) -> Result<Option<Batch<'_>>> {
        self.scan.request.cancel.check()?;
        if self.at == self.end && !self.load()? {
            return Ok(None);
        }
        let ChunkedScan { source, plan, request, .. } = self.scan;
        let rows = plan.batch_rows.min(self.end - self.at);
        let (start, inside) = (self.at, self.at - self.first);
        self.at += rows;
        let mut columns = Vec::with_capacity(plan.wanted.len());
        for ((number, (span, column)), gatherer) in
            request.columns.iter().zip(&plan.wanted).zip(&mut self.gatherers)
        {
            let (first, stride, _) = plan.lie(*span, column, source);
            let corrupt = |what: &str| StreamError::Corrupt {
                name: source.name.clone(),
                what: format!(
                    "column {:?} holds {what} in rows {start} to {}",
                    source.schema.fields[*number].name,
                    start + rows
                ),
            };
            let bytes = self.blocks[*span].get(inside * stride + first..).unwrap_or_default();
            gatherer.fill(bytes, stride, rows).map_err(corrupt)?;
            columns.push(gatherer.column(bytes, rows).ok_or_else(|| corrupt("fewer bytes than rows"))?);
        }
        Ok(Some(Batch { rows, order: start as u64, columns }))
    }
}
