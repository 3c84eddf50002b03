//! Tables that other libraries hold or produce: record batches in memory, streams that run once, and producers that
//! give a new stream whenever they are asked.
//!
//! All three are one feed: a producer behind a lock, from which readers take pieces of record batches. A data frame
//! often comes as one batch of all its rows, so a piece is not a batch but a part of one.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, DataType as ArrowType};

use crate::arrow::import::{ColumnReader, Imported};
use crate::arrow::schema::Laid;
use crate::arrow::scratch::{corrupt, unsupported};
use crate::raw::stream::RawStream;
use crate::survive::survive;
use crate::{Batch, DataType, Extent, Needs, Reader, Request, Result, Scan, Schema, Source, StreamError};

/// Rows that a reader takes at once.
const PIECE_ROWS: usize = 1 << 18;

enum Producer {
    Foreign { stream: RawStream, data_type: ArrowType },
    Batches(Box<dyn Iterator<Item = std::result::Result<RecordBatch, ArrowError>> + Send>),
}

impl Producer {
    fn pull(&mut self, source: &str) -> Result<Option<Imported>> {
        let foreign = |error: ArrowError| StreamError::Foreign(Box::new(error));
        match self {
            Producer::Foreign { stream, data_type } => {
                // The import asserts what the C data interface promises; a producer that breaks it is an error here.
                let pulled = survive(|| stream.pull(data_type))
                    .ok_or_else(|| corrupt(source, "its producer broke the Arrow C data interface"))?;
                match pulled.map_err(foreign)? {
                    None => Ok(None),
                    Some(data) if matches!(data_type, ArrowType::Struct(_)) => {
                        Imported::of_struct(&data, source).map(Some)
                    }
                    Some(data) => Ok(Some(Imported::of_column(data))),
                }
            }
            Producer::Batches(batches) => match batches.next() {
                None => Ok(None),
                Some(batch) => Ok(Some(Imported::from(&batch.map_err(foreign)?))),
            },
        }
    }
}

/// A stream of record batches that can be read once.
pub struct ArrowStream {
    name: Arc<str>,
    laid: Laid,
    producer: Mutex<Option<Producer>>,
}

impl ArrowStream {
    /// What `reader` yields.
    pub fn new(name: &str, reader: Box<dyn RecordBatchReader + Send>) -> Self {
        let laid = Laid::of_arrow(&reader.schema());
        Self { name: name.into(), laid, producer: Mutex::new(Some(Producer::Batches(Box::new(reader)))) }
    }

    /// What a C producer yields: record batches, or the arrays of a single column.
    pub(crate) fn from_stream(name: &str, mut stream: RawStream) -> Result<Self> {
        let field = survive(|| stream.field())
            .ok_or_else(|| corrupt(name, "its producer broke the Arrow C data interface"))?
            .map_err(|error| StreamError::Foreign(Box::new(error)))?;
        let laid = match field.data_type() {
            ArrowType::Struct(fields) => Laid::of_arrow(&arrow_schema::Schema::new(fields.clone())),
            _ => Laid::of_arrow(&arrow_schema::Schema::new(vec![field.clone()])),
        };
        let producer = Producer::Foreign { stream, data_type: field.data_type().clone() };
        Ok(Self { name: name.into(), laid, producer: Mutex::new(Some(producer)) })
    }

    /// All of it.
    pub(crate) fn into_chunks(self) -> Result<(Laid, Vec<Imported>)> {
        let mut producer = self.take()?;
        let chunks: Result<Vec<Imported>> =
            std::iter::from_fn(|| producer.pull(&self.name).transpose()).collect();
        Ok((self.laid, chunks?))
    }

    fn take(&self) -> Result<Producer> {
        let taken = self.producer.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.ok_or_else(|| unsupported(&self.name, "reading an Arrow stream for a second time"))
    }
}

impl Source for ArrowStream {
    fn name(&self) -> String {
        self.name.to_string()
    }

    fn schema(&self) -> &Schema {
        &self.laid.schema
    }

    fn rows(&self) -> Option<u64> {
        None
    }

    fn extent(&self, _column: usize) -> Option<Extent> {
        None
    }

    fn one_shot(&self) -> bool {
        true
    }

    fn needs(&self, request: &Request) -> Result<Needs> {
        self.laid.needs(&self.name, request, None)
    }

    fn scan<'s>(&'s self, request: &Request) -> Result<Box<dyn Scan + 's>> {
        self.laid.check(&self.name, request)?;
        Ok(Box::new(Feed::new(&self.name, &self.laid, self.take()?, None, request)))
    }
}

/// Makes a new stream of the same table; called once for each scan.
pub type StreamFactory = Box<dyn Fn() -> Result<ArrowStream> + Send + Sync>;

/// A table whose producer gives a new stream for each scan: a data frame, a relation, a dataset.
pub struct ArrowTable {
    name: Arc<str>,
    laid: Laid,
    rows: Option<u64>,
    open: StreamFactory,
    /// The stream that told the schema, for the first scan: asking again may run a query again.
    first: Mutex<Option<ArrowStream>>,
}

impl ArrowTable {
    /// The table that `open` gives streams of, its row count if it is known. `open` is called at once for the schema.
    ///
    /// # Errors
    /// Those of `open`.
    pub fn new(name: &str, rows: Option<u64>, open: StreamFactory) -> Result<Self> {
        let first = open()?;
        Ok(Self { name: name.into(), laid: first.laid.clone(), rows, open, first: Mutex::new(Some(first)) })
    }
}

impl Source for ArrowTable {
    fn name(&self) -> String {
        self.name.to_string()
    }

    fn schema(&self) -> &Schema {
        &self.laid.schema
    }

    fn rows(&self) -> Option<u64> {
        self.rows
    }

    fn extent(&self, _column: usize) -> Option<Extent> {
        None
    }

    fn needs(&self, request: &Request) -> Result<Needs> {
        self.laid.needs(&self.name, request, self.rows)
    }

    fn scan<'s>(&'s self, request: &Request) -> Result<Box<dyn Scan + 's>> {
        self.laid.check(&self.name, request)?;
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let stream = match first {
            Some(stream) => stream,
            None => (self.open)()?,
        };
        if stream.laid.schema != self.laid.schema || stream.laid.layouts != self.laid.layouts {
            let what = "its producer gave another schema than before".to_string();
            return Err(StreamError::Mismatch { name: self.name.to_string(), what });
        }
        Ok(Box::new(Feed::new(&self.name, &self.laid, stream.take()?, self.rows, request)))
    }
}

/// Record batches held in memory.
pub struct ArrowBatches {
    name: Arc<str>,
    laid: Laid,
    rows: u64,
    batches: Vec<RecordBatch>,
}

impl ArrowBatches {
    /// The rows of `batches`, one after the other.
    ///
    /// # Errors
    /// [`StreamError::Mismatch`] if a batch is not of `schema`'s types.
    pub fn new(name: &str, schema: &arrow_schema::Schema, batches: Vec<RecordBatch>) -> Result<Self> {
        for (index, batch) in batches.iter().enumerate() {
            let found = batch.schema_ref().fields().iter().map(|field| field.data_type());
            if !found.eq(schema.fields().iter().map(|field| field.data_type())) {
                let what = format!("batch {index} is not of the table's schema");
                return Err(StreamError::Mismatch { name: name.into(), what });
            }
        }
        let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        Ok(Self { name: name.into(), laid: Laid::of_arrow(schema), rows, batches })
    }
}

impl From<ArrowBatches> for ArrowStream {
    fn from(table: ArrowBatches) -> Self {
        let producer = Producer::Batches(Box::new(table.batches.into_iter().map(Ok)));
        Self { name: table.name, laid: table.laid, producer: Mutex::new(Some(producer)) }
    }
}

impl Source for ArrowBatches {
    fn name(&self) -> String {
        self.name.to_string()
    }

    fn schema(&self) -> &Schema {
        &self.laid.schema
    }

    fn rows(&self) -> Option<u64> {
        Some(self.rows)
    }

    fn extent(&self, _column: usize) -> Option<Extent> {
        None
    }

    fn needs(&self, request: &Request) -> Result<Needs> {
        self.laid.needs(&self.name, request, self.rows())
    }

    fn scan<'s>(&'s self, request: &Request) -> Result<Box<dyn Scan + 's>> {
        self.laid.check(&self.name, request)?;
        let batches = self.batches.clone(); // handles of shared buffers
        let producer = Producer::Batches(Box::new(batches.into_iter().map(Ok)));
        Ok(Box::new(Feed::new(&self.name, &self.laid, producer, self.rows(), request)))
    }
}

impl Laid {
    /// That every column asked for is there and can be read.
    pub(crate) fn check(&self, source: &str, request: &Request) -> Result<()> {
        for &place in &request.columns {
            let Some(field) = self.schema.fields.get(place) else {
                let what = format!("column {place} of {} was asked for", self.schema.fields.len());
                return Err(StreamError::Mismatch { name: source.into(), what });
            };
            if let DataType::Other(what) = &field.data_type {
                return Err(unsupported(source, format!("column {:?} of type {what}", field.name)));
            }
        }
        Ok(())
    }

    /// What decoding takes. The record batches themselves are their producer's and not counted here.
    fn needs(&self, source: &str, request: &Request, rows: Option<u64>) -> Result<Needs> {
        self.check(source, request)?;
        let known = rows.map_or(usize::MAX, |rows| usize::try_from(rows).unwrap_or(usize::MAX));
        let batch_rows = request.batch_rows.min(known);
        let row_bytes = request.columns.iter().map(|&place| self.layouts[place].scratch_row_bytes());
        let reader_bytes =
            row_bytes.map(|bytes| if bytes == 0 { 0 } else { bytes * batch_rows + 2048 }).sum();
        let max_readers = known.div_ceil(request.batch_rows.max(1)).max(1);
        Ok(Needs { shared_bytes: 0, reader_bytes, max_readers })
    }
}

struct Feed<'s> {
    name: &'s Arc<str>,
    laid: &'s Laid,
    request: Request,
    piece_rows: usize,
    state: Mutex<FeedState>,
}

struct FeedState {
    producer: Option<Producer>,
    /// The batch being handed out, and its next row.
    current: Option<(Imported, usize)>,
    rows_given: u64,
}

struct Piece {
    batch: Imported,
    row: usize,
    end: usize,
    order: u64,
}

impl<'s> Feed<'s> {
    fn new(
        name: &'s Arc<str>,
        laid: &'s Laid,
        producer: Producer,
        rows: Option<u64>,
        request: &Request,
    ) -> Self {
        let batch_rows = request.batch_rows.max(1);
        let fair = rows.map_or(PIECE_ROWS, |rows| rows as usize / (request.readers.max(1) * 4));
        let piece_rows = fair.clamp(1, PIECE_ROWS).div_ceil(batch_rows).saturating_mul(batch_rows);
        let state = FeedState { producer: Some(producer), current: None, rows_given: 0 };
        Self { name, laid, request: request.clone(), piece_rows, state: Mutex::new(state) }
    }

    fn take(&self) -> Result<Option<Piece>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        loop {
            if let Some((batch, row)) = &mut state.current {
                if *row < batch.rows {
                    let start = *row;
                    let end = batch.rows.min(start.saturating_add(self.piece_rows));
                    *row = end;
                    let order = state.rows_given;
                    state.rows_given += (end - start) as u64;
                    let batch = if end == batch.rows {
                        state.current.take().map(|(batch, _)| batch)
                    } else {
                        Some(batch.clone())
                    };
                    return Ok(batch.map(|batch| Piece { batch, row: start, end, order }));
                }
                state.current = None;
            }
            let Some(producer) = &mut state.producer else { return Ok(None) };
            match producer.pull(self.name) {
                Ok(Some(batch)) => state.current = Some((batch, 0)),
                ended => {
                    // The producer's memory goes now; after an error it must not be asked again.
                    state.producer = None;
                    return ended.map(|_| None);
                }
            }
        }
    }
}

impl Scan for Feed<'_> {
    fn reader<'s>(&'s self) -> Result<Box<dyn Reader + 's>> {
        let columns = self.request.columns.iter().enumerate().map(|(lane, &place)| {
            ColumnReader::new(place, &self.laid.layouts[place], self.name, &self.request.consumer, lane)
        });
        Ok(Box::new(FeedReader { feed: self, columns: columns.collect(), piece: None }))
    }
}

struct FeedReader<'s> {
    feed: &'s Feed<'s>,
    columns: Vec<ColumnReader>,
    piece: Option<Piece>,
}

impl Reader for FeedReader<'_> {
    fn next(&mut self) -> Result<Option<Batch<'_>>> {
        self.feed.request.cancel.check()?;
        if self.piece.as_ref().is_none_or(|piece| piece.row == piece.end) {
            self.piece = None; // one record batch at a time: this one goes before the next is asked for
            self.piece = self.feed.take()?;
        }
        let Some(Piece { batch, row, end, order }) = &mut self.piece else { return Ok(None) };
        let (start, key) = (*row, *order);
        let rows = self.feed.request.batch_rows.max(1).min(*end - start);
        (*row, *order) = (start + rows, key + rows as u64);
        let batch: &Imported = batch;
        let columns = self.columns.iter_mut().map(|column| column.read(batch, start, rows));
        Ok(Some(Batch { rows, order: key, columns: columns.collect::<Result<_>>()? }))
    }
}
