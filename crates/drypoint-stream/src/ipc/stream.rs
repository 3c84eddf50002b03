//! An IPC stream read once from its beginning: standard input, a socket, a decompressor.
//!
//! Readers take turns at the stream. Of each record batch only the buffers of the columns asked for are kept, as they
//! came: unpacking and decoding happen after the turn, on each reader's own thread.

use std::collections::HashMap;
use std::io::{self, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};

use drypoint_memory::MemoryConsumer;

use super::cursor::{Cursor, Rooms, empty_dictionary, read_dictionary};
use super::file::row_bytes;
use super::index::{Blame, meta_len};
use super::message::{self, BatchMeta, Header};
use super::schema::{IpcSchema, Placed};
use super::store::{Kept, Store};
use crate::arrow::dictionary::Dictionary;
use crate::arrow::layout::Layout;
use crate::arrow::scratch::{corrupt, unsupported};
use crate::{Batch, Extent, Needs, Reader, Request, Result, Scan, Schema, Source};

/// Rows that a record batch is thought to have in a plan, as `pyarrow` writes them.
const BATCH_ROWS: usize = 1 << 16;
/// What is read of metadata at once: a false length is found at the end of the stream before much room is made.
const META_STEP: u64 = 1 << 20;

type Input = BufReader<Box<dyn Read + Send>>;

/// Arrow's IPC stream format, from anything that can be read.
pub struct IpcStream {
    name: Arc<str>,
    schema: IpcSchema,
    input: Mutex<Option<Input>>,
}

impl IpcStream {
    /// Begin to read `input` up to the end of its schema.
    ///
    /// # Errors
    /// [`StreamError::Corrupt`](crate::StreamError::Corrupt) if it does not begin with a schema,
    /// [`StreamError::Unsupported`](crate::StreamError::Unsupported) for big-endian data and for the file format, whose
    /// index is at its end.
    pub fn new(name: &str, input: Box<dyn Read + Send>) -> Result<Self> {
        let mut input = BufReader::with_capacity(64 << 10, input);
        let mut start = [0; 8];
        input.read_exact(&mut start).map_err(broken(name))?;
        if start.starts_with(b"ARROW1") {
            return Err(unsupported(name, "Arrow's file format from a stream (its index is at the end)"));
        }
        if start.starts_with(b"FEA1") {
            return Err(unsupported(name, "Feather version 1"));
        }
        let bytes = meta(&mut input, start, name)?.ok_or_else(|| corrupt(name, "it holds no schema"))?;
        let (header, body_len) = message::message(&bytes).map_err(Blame(name).damaged("a message"))?;
        let Header::Schema(table) = header else {
            return Err(corrupt(name, "it does not begin with a schema"));
        };
        let schema = Blame(name).schema(table)?;
        skip(&mut input, body_len, name)?;
        Ok(Self { name: name.into(), schema, input: Mutex::new(Some(input)) })
    }
}

fn broken(name: &str) -> impl Fn(io::Error) -> crate::StreamError + '_ {
    move |error| match error.kind() {
        io::ErrorKind::UnexpectedEof => corrupt(name, "it ends within a message"),
        _ => corrupt(name, format!("it cannot be read: {error}")),
    }
}

/// The metadata of the message that begins with `start`, `None` at the end mark.
fn meta(input: &mut Input, start: [u8; 8], name: &str) -> Result<Option<Vec<u8>>> {
    let Some((prefix, len)) = meta_len(start) else { return Ok(None) };
    if len > i32::MAX as u64 || len < 8 - prefix {
        return Err(corrupt(name, format!("metadata of {len} bytes")));
    }
    let mut bytes = start[prefix as usize..].to_vec();
    while (bytes.len() as u64) < len {
        let missing = len - bytes.len() as u64;
        let read =
            input.by_ref().take(missing.min(META_STEP)).read_to_end(&mut bytes).map_err(broken(name))?;
        if read == 0 {
            return Err(broken(name)(io::ErrorKind::UnexpectedEof.into()));
        }
    }
    Ok(Some(bytes))
}

fn skip(input: &mut Input, len: u64, name: &str) -> Result<()> {
    let skipped = io::copy(&mut input.by_ref().take(len), &mut io::sink()).map_err(broken(name))?;
    if skipped == len { Ok(()) } else { Err(broken(name)(io::ErrorKind::UnexpectedEof.into())) }
}

/// The bytes of `placed` out of a body of `body_len`, which is read to its end.
fn keep(
    input: &mut Input,
    body_len: u64,
    placed: &[Placed],
    consumer: &MemoryConsumer,
    name: &str,
) -> Result<Kept> {
    let mut pieces: Vec<_> =
        placed.iter().flat_map(|placed| &placed.buffers).filter(|piece| piece.len > 0).collect();
    pieces.sort_by_key(|piece| (piece.offset, piece.len));
    pieces.dedup();
    let mut kept = Kept::default();
    let mut at = 0;
    for piece in pieces {
        let gap =
            piece.offset.checked_sub(at).ok_or_else(|| corrupt(name, "the buffers of a message overlap"))?;
        skip(input, gap, name)?;
        let len = usize::try_from(piece.len).map_err(|_| corrupt(name, "a buffer too long"))?;
        let mut bytes = consumer.buffer(len)?;
        input.read_exact(&mut bytes).map_err(broken(name))?;
        kept.parts.push((piece.offset, bytes));
        at = piece.offset + piece.len;
    }
    skip(input, body_len - at, name)?;
    Ok(kept)
}

impl Source for IpcStream {
    fn name(&self) -> String {
        self.name.to_string()
    }

    fn schema(&self) -> &Schema {
        &self.schema.laid.schema
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

    /// A guess: how large a stream's record batches are is only known when they come.
    fn needs(&self, request: &Request) -> Result<Needs> {
        self.schema.laid.check(&self.name, request)?;
        let columns = request.columns.iter().map(|&place| {
            let bytes = row_bytes(&self.schema.laid.layouts[place]);
            bytes * request.batch_rows + bytes * BATCH_ROWS + 4096
        });
        Ok(Needs { shared_bytes: 64 << 10, reader_bytes: columns.sum(), max_readers: request.readers.max(1) })
    }

    fn scan<'s>(&'s self, request: &Request) -> Result<Box<dyn Scan + 's>> {
        self.schema.laid.check(&self.name, request)?;
        let input = self.input.lock().unwrap_or_else(PoisonError::into_inner).take();
        let input = input.ok_or_else(|| unsupported(&self.name, "reading a stream for a second time"))?;
        let state = StreamState { input: Some(input), rows_given: 0, dictionaries: HashMap::new() };
        Ok(Box::new(StreamScan { source: self, request: request.clone(), state: Mutex::new(state) }))
    }
}

struct StreamScan<'s> {
    source: &'s IpcStream,
    request: Request,
    state: Mutex<StreamState>,
}

struct StreamState {
    input: Option<Input>,
    rows_given: u64,
    dictionaries: HashMap<i64, Arc<Dictionary>>,
}

/// A record batch that one reader took.
struct Taken {
    meta: BatchMeta,
    placed: Vec<Placed>,
    kept: Kept,
    dictionaries: Vec<Option<Arc<Dictionary>>>,
    order: u64,
}

impl StreamScan<'_> {
    fn take(&self) -> Result<Option<Taken>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = self.take_from(&mut state);
        if !matches!(taken, Ok(Some(_))) {
            state.input = None; // at the end, and after an error, nobody may go on
        }
        taken
    }

    fn take_from(&self, state: &mut StreamState) -> Result<Option<Taken>> {
        let (name, schema, consumer) = (&self.source.name, &self.source.schema, &self.request.consumer);
        let blame = Blame(name);
        let StreamState { input: Some(input), rows_given, dictionaries } = state else { return Ok(None) };
        loop {
            let mut start = [0; 8];
            // A stream may end with a mark or without one, but not within it.
            let first = input.read(&mut start).map_err(broken(name))?;
            if first == 0 {
                return Ok(None);
            }
            input.read_exact(&mut start[first..]).map_err(broken(name))?;
            let Some(bytes) = meta(input, start, name)? else { return Ok(None) };
            let (header, body_len) = message::message(&bytes).map_err(blame.damaged("a message"))?;
            match header {
                Header::Batch(meta) => {
                    let placed = schema.place(&meta, &self.request.columns);
                    let placed = placed.map_err(blame.damaged("a record batch"))?;
                    let kept = keep(input, body_len, &placed, consumer, name)?;
                    let order = *rows_given;
                    let total = order.checked_add(meta.rows);
                    *rows_given =
                        total.ok_or_else(|| corrupt(name, format!("a batch of {} rows", meta.rows)))?;
                    let used = self.request.columns.iter().map(|&place| self.dictionary(place, dictionaries));
                    let used = used.collect::<Result<_>>()?;
                    return Ok(Some(Taken { meta, placed, kept, dictionaries: used, order }));
                }
                Header::Dictionary { id, is_delta, batch } => {
                    let wanted = |&&place: &&usize| schema.dictionaries[place] == Some(id);
                    let Some(&place) = self.request.columns.iter().find(wanted) else {
                        skip(input, body_len, name)?;
                        continue;
                    };
                    let Layout::Dictionary { values, .. } = &schema.laid.layouts[place] else {
                        return Err(corrupt(name, "a dictionary for a column without one"));
                    };
                    let placed = IpcSchema::place_values(&batch).map_err(blame.damaged("a dictionary"))?;
                    let kept = keep(input, body_len, std::slice::from_ref(&placed), consumer, name)?;
                    let kept: Arc<dyn Store> = Arc::new(kept);
                    let read = read_dictionary(values, &placed, &kept, 0, batch.codec, consumer, name)?;
                    let read = match dictionaries.get(&id) {
                        Some(so_far) if is_delta => so_far.extended(&read, name, consumer)?,
                        _ => read,
                    };
                    dictionaries.insert(id, Arc::new(read));
                }
                Header::Schema(_) => return Err(corrupt(name, "a second schema")),
                Header::Other => skip(input, body_len, name)?,
            }
        }
    }

    fn dictionary(
        &self,
        place: usize,
        known: &mut HashMap<i64, Arc<Dictionary>>,
    ) -> Result<Option<Arc<Dictionary>>> {
        let schema = &self.source.schema;
        let (Layout::Dictionary { values, .. }, Some(id)) =
            (&schema.laid.layouts[place], schema.dictionaries[place])
        else {
            return Ok(None);
        };
        if let Some(dictionary) = known.get(&id) {
            return Ok(Some(dictionary.clone()));
        }
        let empty = Arc::new(empty_dictionary(values, &self.request.consumer, &self.source.name)?);
        known.insert(id, empty.clone());
        Ok(Some(empty))
    }
}

impl Scan for StreamScan<'_> {
    fn reader<'s>(&'s self) -> Result<Box<dyn Reader + 's>> {
        let lanes = 0..self.request.columns.len();
        let rooms = lanes.map(|lane| Rooms::new(&self.source.name, &self.request.consumer, lane)).collect();
        Ok(Box::new(StreamReader { scan: self, rooms, taken: None }))
    }
}

struct StreamReader<'s> {
    scan: &'s StreamScan<'s>,
    rooms: Vec<Rooms>,
    taken: Option<OpenBatch<'s>>,
}

struct OpenBatch<'s> {
    row: u64,
    rows: u64,
    order: u64,
    cursors: Vec<Cursor<'s>>,
    dictionaries: Vec<Option<Arc<Dictionary>>>,
}

impl<'s> StreamReader<'s> {
    fn open(&self, taken: Taken) -> Result<OpenBatch<'s>> {
        let Taken { meta, placed, kept, dictionaries, order } = taken;
        let (source, request) = (self.scan.source, &self.scan.request);
        let kept: Arc<dyn Store> = Arc::new(kept);
        let cursors = request.columns.iter().zip(&placed).map(|(&place, placed)| {
            let layout = &source.schema.laid.layouts[place];
            Cursor::new(layout, placed, &kept, 0, meta.codec, &request.consumer, &source.name)
        });
        Ok(OpenBatch {
            row: 0,
            rows: meta.rows,
            order,
            cursors: cursors.collect::<Result<_>>()?,
            dictionaries,
        })
    }
}

impl Reader for StreamReader<'_> {
    fn next(&mut self) -> Result<Option<Batch<'_>>> {
        self.scan.request.cancel.check()?;
        while self.taken.as_ref().is_none_or(|taken| taken.row == taken.rows) {
            self.taken = None; // its bytes go before the next are kept
            let Some(taken) = self.scan.take()? else { return Ok(None) };
            self.taken = Some(self.open(taken)?);
        }
        let Some(taken) = &mut self.taken else { return Ok(None) };
        let start = taken.row;
        let rows = (taken.rows - start).min(self.scan.request.batch_rows.max(1) as u64) as usize;
        let order = taken.order + start;
        taken.row += rows as u64;
        let columns = taken.cursors.iter_mut().zip(&taken.dictionaries).zip(&mut self.rooms);
        let columns = columns
            .map(|((cursor, dictionary), rooms)| cursor.read(start, rows, dictionary.as_deref(), rooms));
        Ok(Some(Batch { rows, order, columns: columns.collect::<Result<_>>()? }))
    }
}
