//! Columns that lie in memory: batches are slices of them, so a scan costs what its consumer costs.
//!
//! The memory belongs to whoever made it (NumPy, a list turned into a buffer); a [`ColumnStorage`] keeps it alive.
//! Only values that no slice can lend are copied, batch by batch: strided, byte-swapped and unaligned ones.

mod column;
mod gather;

pub use column::{ArrayColumn, ColumnStorage, Item, Items, Words};

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::arrow::dictionary::Dictionary;
use crate::arrow::run::{Body, Run, Span};
use crate::{Batch, DataType, Extent, Needs, Reader, Request, Result, Scan, Schema, Source, StreamError};

/// Rows that a reader takes at once: enough that the counter is never fought for.
const BLOCK_ROWS: usize = 1 << 20;

/// A table of columns in memory.
pub struct ArraySource {
    name: Arc<str>,
    schema: Schema,
    columns: Vec<ArrayColumn>,
    extents: Vec<Option<Extent>>,
    rows: usize,
}

impl ArraySource {
    /// The table of `columns`.
    ///
    /// # Errors
    /// [`StreamError::Mismatch`] if two differ in length or share a name.
    pub fn new(name: &str, columns: Vec<ArrayColumn>) -> Result<Self> {
        let mismatch = |what| Err(StreamError::Mismatch { name: name.into(), what });
        let rows = columns.first().map_or(0, ArrayColumn::rows);
        for (index, column) in columns.iter().enumerate() {
            if column.rows() != rows {
                let (first, other) = (columns[0].name(), column.name());
                let what =
                    format!("column {first:?} has {rows} rows, column {other:?} has {}", column.rows());
                return mismatch(what);
            }
            if columns[..index].iter().any(|other| other.name() == column.name()) {
                return mismatch(format!("two columns are called {:?}", column.name()));
            }
        }
        let schema = Schema { fields: columns.iter().map(|column| column.field.clone()).collect() };
        Ok(Self { name: name.into(), schema, extents: vec![None; columns.len()], columns, rows })
    }

    /// The same table, the finite extent of the column at place `column` known.
    pub fn with_extent(mut self, column: usize, extent: Extent) -> Self {
        if let Some(known) = self.extents.get_mut(column) {
            *known = Some(extent);
        }
        self
    }

    fn requested(&self, request: &Request) -> Result<Vec<&ArrayColumn>> {
        let column = |&place: &usize| {
            self.columns.get(place).ok_or_else(|| StreamError::Mismatch {
                name: self.name.to_string(),
                what: format!("column {place} of {} was asked for", self.columns.len()),
            })
        };
        request.columns.iter().map(column).collect()
    }
}

impl Source for ArraySource {
    fn name(&self) -> String {
        self.name.to_string()
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        Some(self.rows as u64)
    }

    fn extent(&self, column: usize) -> Option<Extent> {
        self.extents.get(column).copied().flatten()
    }

    fn needs(&self, request: &Request) -> Result<Needs> {
        /// Lanes and alignment of one room, and what its size class may round up.
        const ROOM: usize = 1024;
        let mut needs = Needs {
            shared_bytes: 0,
            reader_bytes: 0,
            max_readers: self.rows.div_ceil(request.batch_rows.max(1)).max(1),
        };
        for column in self.requested(request)? {
            let row_bytes = column.scratch_row_bytes();
            if row_bytes > 0 {
                needs.reader_bytes += row_bytes * request.batch_rows.min(self.rows) + ROOM;
            }
            if let column::Storage::Dictionary { words, .. } = &column.storage {
                needs.shared_bytes += words.bytes.bytes().len() + words.rows * 5;
            }
        }
        Ok(needs)
    }

    fn scan<'s>(&'s self, request: &Request) -> Result<Box<dyn Scan + 's>> {
        let columns = self.requested(request)?;
        for column in &columns {
            if let DataType::Other(what) = &column.field.data_type {
                return Err(crate::arrow::scratch::unsupported(
                    &self.name,
                    format!("a column of type {what}"),
                ));
            }
        }
        let dictionaries = columns.iter().map(|column| match &column.storage {
            column::Storage::Dictionary { words, .. } => {
                let text = Span { base: 0, bytes: words.bytes.bytes() };
                let body = Body::Text { offsets: words.offsets.bytes(), text };
                let run = Run { rows: words.rows, validity: None, body };
                Dictionary::new(&words.layout(), run, &self.name, &request.consumer).map(Some)
            }
            _ => Ok(None),
        });
        let dictionaries = dictionaries.collect::<Result<Vec<_>>>()?;
        let batch_rows = request.batch_rows.max(1);
        // Four blocks for each reader, so that a slow one does not keep the others waiting at the end.
        let fair = (self.rows / (request.readers.max(1) * 4)).clamp(1, BLOCK_ROWS);
        let block_rows = fair.div_ceil(batch_rows).saturating_mul(batch_rows);
        let request = request.clone();
        Ok(Box::new(ArrayScan {
            source: self,
            columns,
            dictionaries,
            request,
            block_rows,
            next: AtomicUsize::new(0),
        }))
    }
}

struct ArrayScan<'s> {
    source: &'s ArraySource,
    columns: Vec<&'s ArrayColumn>,
    dictionaries: Vec<Option<Dictionary>>,
    request: Request,
    block_rows: usize,
    next: AtomicUsize,
}

impl Scan for ArrayScan<'_> {
    fn reader<'s>(&'s self) -> Result<Box<dyn Reader + 's>> {
        let columns = self.columns.iter().zip(&self.dictionaries).enumerate();
        let columns = columns.map(|(lane, (column, dictionary))| {
            let source = &self.source.name;
            gather::ColumnReader::new(column, dictionary.as_ref(), source, &self.request.consumer, lane)
        });
        Ok(Box::new(ArrayReader { scan: self, columns: columns.collect(), row: 0, end: 0 }))
    }
}

struct ArrayReader<'s> {
    scan: &'s ArrayScan<'s>,
    columns: Vec<gather::ColumnReader<'s>>,
    row: usize,
    end: usize,
}

impl Reader for ArrayReader<'_> {
    fn next(&mut self) -> Result<Option<Batch<'_>>> {
        self.scan.request.cancel.check()?;
        if self.row == self.end {
            let block = self.scan.next.fetch_add(1, Ordering::Relaxed);
            let rows = self.scan.source.rows;
            self.row = block.saturating_mul(self.scan.block_rows).min(rows);
            self.end = self.row.saturating_add(self.scan.block_rows).min(rows);
            if self.row == self.end {
                return Ok(None);
            }
        }
        let start = self.row;
        let end = self.scan.columns.iter().map(|column| column.end_of_run(start)).fold(self.end, usize::min);
        let rows = self.scan.request.batch_rows.max(1).min(end - start);
        self.row += rows;
        let columns =
            self.columns.iter_mut().map(|column| column.read(start, rows)).collect::<Result<_>>()?;
        Ok(Some(Batch { rows, order: start as u64, columns }))
    }
}
