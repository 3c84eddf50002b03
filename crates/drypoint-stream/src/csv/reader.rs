//! Readers take chunks from the chunker and turn their rows into batches.

use std::sync::{Mutex, PoisonError};

use drypoint_memory::MemoryConsumer;
use memchr::memchr_iter;

use crate::{Batch, Cancel, Column, Reader, Request, Result, Scan, StreamError};

use super::chunker::{Chunk, Chunker};
use super::column::{ColumnBuilder, shown};
use super::infer::Layout;
use super::options::Nulls;
use super::record::{blank_line, field_end};

/// Row keys are `chunk << ROW_BITS | row`; a chunk is too short for more rows than that.
const ROW_BITS: u32 = 24;

/// A scan of a text table: the chunker, and what each reader must know.
pub(super) struct CsvScan<'s> {
    pub(super) chunker: Mutex<Chunker>,
    pub(super) layout: &'s Layout,
    pub(super) nulls: &'s Nulls,
    pub(super) request: Request,
    pub(super) chunk_bytes: usize,
    pub(super) batch_rows: usize,
}

impl Scan for CsvScan<'_> {
    fn reader<'s>(&'s self) -> Result<Box<dyn Reader + 's>> {
        let mut builders = Vec::new();
        let mut steps = vec![Step::Skip; self.layout.width];
        let mut places = Vec::with_capacity(self.request.columns.len());
        for &column in &self.request.columns {
            if let Step::Read(place) = steps[column] {
                places.push(place);
                continue;
            }
            let data_type = &self.layout.schema.fields[column].data_type;
            let inferred = self.layout.inferred[column];
            builders.push(ColumnBuilder::new(data_type, inferred, self.batch_rows, &self.request.consumer)?);
            steps[column] = Step::Read(builders.len() - 1);
            places.push(builders.len() - 1);
        }
        let wanted = steps.iter().rposition(|step| *step != Step::Skip).map_or(0, |last| last + 1);
        steps.truncate(wanted);
        Ok(Box::new(CsvReader {
            scan: self,
            consumer: self.request.consumer.clone(),
            cancel: self.request.cancel.clone(),
            chunk: Chunk::new(&self.request.consumer, self.chunk_bytes)?,
            position: 0,
            row_in_chunk: 0,
            steps,
            builders,
            places,
        }))
    }
}

/// What to do with a field of each record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Skip,
    /// Give it to this builder.
    Read(usize),
}

struct CsvReader<'s> {
    scan: &'s CsvScan<'s>,
    consumer: MemoryConsumer,
    cancel: Cancel,
    chunk: Chunk,
    /// Where in the chunk the next record begins.
    position: usize,
    /// Rows of the chunk that were delivered.
    row_in_chunk: u64,
    /// For the fields up to the last one that is wanted.
    steps: Vec<Step>,
    builders: Vec<ColumnBuilder>,
    /// For each column of the request its builder; a column may be asked for twice.
    places: Vec<usize>,
}

/// A record that cannot be read, by the places of its first byte and of the field.
#[derive(Debug)]
enum Fault {
    Ragged { record: usize, found: usize },
    Unreadable { field: usize, start: usize },
}

impl Reader for CsvReader<'_> {
    fn next(&mut self) -> Result<Option<Batch<'_>>> {
        loop {
            self.cancel.check()?;
            if self.position >= self.chunk.bytes().len() && !self.next_chunk()? {
                return Ok(None);
            }
            for builder in &mut self.builders {
                builder.begin(self.chunk.bytes().len(), &self.consumer)?;
            }
            let rows = self.read_rows().map_err(|fault| self.error(fault))?;
            if rows == 0 {
                continue;
            }
            let order = self.chunk.index << ROW_BITS | self.row_in_chunk;
            self.row_in_chunk += rows as u64;
            let columns: Vec<Column<'_>> =
                self.places.iter().map(|place| self.builders[*place].column(rows)).collect();
            return Ok(Some(Batch { rows, order, columns }));
        }
    }
}

impl CsvReader<'_> {
    fn next_chunk(&mut self) -> Result<bool> {
        self.position = 0;
        self.row_in_chunk = 0;
        // A reader that panicked while it held the lock left the chunker in some consistent state: each step is complete.
        let mut chunker = self.scan.chunker.lock().unwrap_or_else(PoisonError::into_inner);
        chunker.fill(&mut self.chunk)
    }

    /// Read rows of the chunk until the batch is full or the chunk is empty.
    fn read_rows(&mut self) -> std::result::Result<usize, Fault> {
        let bytes = self.chunk.bytes();
        let delimiter = self.scan.layout.delimiter;
        let width = self.scan.layout.width;
        let nulls = self.scan.nulls;
        let steps = &self.steps[..];
        let mut at = self.position;
        let mut row = 0;
        while row < self.scan.batch_rows && at < bytes.len() {
            let blank = blank_line(bytes, at);
            if blank > 0 {
                at += blank;
                continue;
            }
            let record = at;
            for (field, step) in steps.iter().enumerate() {
                let end = match step {
                    Step::Skip => field_end(bytes, at, delimiter),
                    Step::Read(place) => self.builders[*place]
                        .read(bytes, at, delimiter, row, nulls)
                        .map_err(|_| Fault::Unreadable { field, start: at })?,
                };
                at = end + 1;
                let last = field + 1 == width;
                if (bytes.get(end) == Some(&delimiter)) == last {
                    return Err(Fault::Ragged { record, found: fields_of(bytes, record, delimiter) });
                }
            }
            if steps.len() < width {
                at = skip_fields(bytes, at, delimiter, width - steps.len())
                    .ok_or_else(|| Fault::Ragged { record, found: fields_of(bytes, record, delimiter) })?;
            }
            row += 1;
        }
        self.position = at;
        Ok(row)
    }

    #[cold]
    fn error(&self, fault: Fault) -> StreamError {
        let bytes = self.chunk.bytes();
        let name = self.chunk_name();
        let line = |at: usize| self.chunk.first_line + memchr_iter(b'\n', &bytes[..at]).count() as u64;
        match fault {
            Fault::Ragged { record, found } => {
                StreamError::Ragged { name, line: line(record), found, expected: self.scan.layout.width }
            }
            Fault::Unreadable { field, start } => {
                let end = field_end(bytes, start, self.scan.layout.delimiter);
                let expected = match self.steps[field] {
                    Step::Read(place) => self.builders[place].expectation(),
                    Step::Skip => String::new(),
                };
                StreamError::BadValue {
                    name,
                    line: line(start),
                    column: self.scan.layout.schema.fields[field].name.clone(),
                    value: shown(bytes, start, end),
                    expected,
                }
            }
        }
    }

    fn chunk_name(&self) -> String {
        self.scan.chunker.lock().unwrap_or_else(PoisonError::into_inner).name.clone()
    }
}

/// Pass over exactly `count` fields that end their record; where the next one begins, or `None` where there are more or fewer.
#[inline]
fn skip_fields(bytes: &[u8], mut at: usize, delimiter: u8, count: usize) -> Option<usize> {
    for left in (0..count).rev() {
        let end = field_end(bytes, at, delimiter);
        if (bytes.get(end) == Some(&delimiter)) == (left == 0) {
            return None;
        }
        at = end + 1;
    }
    Some(at)
}

/// The number of fields of the record that begins at `at`.
#[cold]
fn fields_of(bytes: &[u8], mut at: usize, delimiter: u8) -> usize {
    let mut count = 1;
    loop {
        let end = field_end(bytes, at, delimiter);
        if bytes.get(end) != Some(&delimiter) {
            return count;
        }
        at = end + 1;
        count += 1;
    }
}
