//! An IPC file read by position: readers share out its record batches, or parts of them where nothing is compressed.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::cursor::{Cursor, Rooms, empty_dictionary, read_dictionary};
use super::index::{Blame, Index, strip};
use super::message::{self, BatchMeta, Block, Header};
use super::schema::IpcSchema;
use super::store::Store;
use super::stretch::decoder_bytes;
use crate::arrow::dictionary::Dictionary;
use crate::arrow::layout::Layout;
use crate::arrow::scratch::corrupt;
use crate::{Batch, Extent, Needs, Reader, Request, Result, Scan, Schema, Source, StreamError};

/// Rows of an uncompressed record batch that a reader takes at once.
const PIECE_ROWS: u64 = 1 << 18;

/// A file in Arrow's IPC file format (Feather version 2) or IPC stream format.
#[derive(Debug)]
pub struct IpcFile {
    name: Arc<str>,
    file: Arc<File>,
    index: Index,
}

impl IpcFile {
    /// Open the file at `path` and read the headers of its messages, no data.
    ///
    /// # Errors
    /// [`StreamError::NotFound`], [`StreamError::Io`], [`StreamError::Corrupt`] if it is not what it says, and
    /// [`StreamError::Unsupported`] for Feather version 1 and big-endian data.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => StreamError::NotFound { path: path.into() },
            _ => StreamError::Io { path: path.into(), error },
        })?;
        let name: Arc<str> = path.display().to_string().into();
        let index = Index::open(path, &file, &name)?;
        Ok(Self { name, file: Arc::new(file), index })
    }

    fn meta(&self, block: Block) -> Result<BatchMeta> {
        // The index was made from the same headers, so their length is known to be sane.
        let mut bytes = vec![0; block.meta_len as usize];
        let gone = |error| corrupt(&self.name, format!("a message went away: {error}"));
        self.file.read_at(block.at, &mut bytes).map_err(gone)?;
        let blame = Blame(&self.name);
        match message::message(strip(&bytes, blame)?).map_err(blame.damaged("a message"))?.0 {
            Header::Batch(meta) | Header::Dictionary { batch: meta, .. } => Ok(meta),
            Header::Schema(_) | Header::Other => Err(corrupt(&self.name, "a message became another")),
        }
    }

    /// What the decoders of the columns asked for take in the first compressed record batch.
    fn decoders_bytes(&self, request: &Request) -> Result<usize> {
        let Some(entry) = self.index.batches.iter().find(|entry| entry.codec.is_some() && entry.rows > 0)
        else {
            return Ok(0);
        };
        let Some(codec) = entry.codec else { return Ok(0) };
        let damaged = Blame(&self.name);
        let placed = self.index.schema.place(&self.meta(entry.block)?, &request.columns);
        let mut bytes = 0;
        for piece in placed.map_err(damaged.damaged("a message"))?.iter().flat_map(|placed| &placed.buffers) {
            let mut head = [0; 24];
            let held = piece.len.min(24) as usize;
            let at = entry.block.at + entry.block.meta_len + piece.offset;
            self.file
                .read_at(at, &mut head[..held])
                .map_err(|error| corrupt(&self.name, error.to_string()))?;
            // A buffer that did not become smaller is left as it is, and says so by a length of -1.
            if held > 8 && head[..8] != [0xff; 8] {
                bytes += decoder_bytes(codec, &head[8..held]);
            }
        }
        Ok(bytes)
    }
}

/// What the values of a dictionary take: its body, and codes and offsets for it.
fn dictionary_bytes(index: &Index, columns: &[usize]) -> usize {
    let ids: Vec<i64> = columns.iter().filter_map(|&place| index.schema.dictionaries[place]).collect();
    let entries = index.dictionaries.iter().filter(|entry| ids.contains(&entry.id));
    let largest = entries.map(|entry| entry.block.body_len).max().unwrap_or(0);
    usize::try_from(largest).unwrap_or(usize::MAX).saturating_mul(2).saturating_mul(ids.len())
}

/// Bytes that a reader of messages holds for each row of a batch.
pub(super) fn row_bytes(layout: &Layout) -> usize {
    /// What a string is thought to take in a plan; longer ones are asked for as they come.
    const TEXT: usize = 32;
    let raw = match layout {
        Layout::Text { wide } | Layout::Bytes { wide } => TEXT + if *wide { 8 } else { 8 + 4 },
        Layout::Views | Layout::ByteViews => 16 + TEXT,
        Layout::Lists(lists) => 8 * lists.levels.len() + TEXT,
        _ => layout.row_bytes().unwrap_or(1),
    };
    raw + 1 + layout.scratch_row_bytes()
}

impl Source for IpcFile {
    fn name(&self) -> String {
        self.name.to_string()
    }

    fn schema(&self) -> &Schema {
        &self.index.schema.laid.schema
    }

    fn rows(&self) -> Option<u64> {
        Some(self.index.rows)
    }

    fn extent(&self, _column: usize) -> Option<Extent> {
        None
    }

    fn needs(&self, request: &Request) -> Result<Needs> {
        let schema = &self.index.schema;
        schema.laid.check(&self.name, request)?;
        let largest = self.index.batches.iter().map(|entry| entry.rows).max().unwrap_or(0);
        let rows = request.batch_rows.min(usize::try_from(largest).unwrap_or(usize::MAX));
        let columns =
            request.columns.iter().map(|&place| row_bytes(&schema.laid.layouts[place]) * rows + 4096);
        let piece_rows = PIECE_ROWS.max(request.batch_rows as u64);
        let pieces = self.index.batches.iter().map(|entry| match entry.codec {
            Some(_) => 1,
            None => entry.rows.div_ceil(piece_rows),
        });
        Ok(Needs {
            shared_bytes: dictionary_bytes(&self.index, &request.columns),
            reader_bytes: columns.sum::<usize>() + self.decoders_bytes(request)?,
            max_readers: usize::try_from(pieces.sum::<u64>()).unwrap_or(usize::MAX).max(1),
        })
    }

    fn scan<'s>(&'s self, request: &Request) -> Result<Box<dyn Scan + 's>> {
        self.index.schema.laid.check(&self.name, request)?;
        let batch_rows = request.batch_rows.max(1) as u64;
        let piece_rows = PIECE_ROWS.div_ceil(batch_rows).saturating_mul(batch_rows);
        let next = Mutex::new(Place { batch: 0, row: 0, order: 0 });
        let dictionaries = Mutex::new(HashMap::new());
        Ok(Box::new(FileScan { source: self, request: request.clone(), piece_rows, next, dictionaries }))
    }
}

/// A row of a record batch, and the rows of the file before it.
#[derive(Debug, Clone, Copy)]
struct Place {
    batch: usize,
    row: u64,
    order: u64,
}

struct FileScan<'s> {
    source: &'s IpcFile,
    request: Request,
    piece_rows: u64,
    next: Mutex<Place>,
    /// The dictionary last used under each id, and the last of the messages that it was made from.
    dictionaries: Mutex<HashMap<i64, (usize, Arc<Dictionary>)>>,
}

impl FileScan<'_> {
    /// The next rows that nobody reads yet: where they begin, and the row of their record batch where they end.
    fn take(&self) -> Option<(Place, u64)> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let entry = self.source.index.batches.get(next.batch)?;
            if next.row < entry.rows {
                let start = *next;
                let whole = entry.codec.is_some();
                let end = if whole {
                    entry.rows
                } else {
                    entry.rows.min(start.row.saturating_add(self.piece_rows))
                };
                (next.row, next.order) = (end, start.order + (end - start.row));
                return Some((start, end));
            }
            (next.batch, next.row) = (next.batch + 1, 0);
        }
    }

    /// The dictionary `id` as it is after the first `before` messages of dictionaries.
    fn dictionary(&self, id: i64, before: usize, values: &Layout) -> Result<Arc<Dictionary>> {
        let (source, consumer) = (self.source, &self.request.consumer);
        let entries = source.index.dictionaries.get(..before).unwrap_or_default();
        let mine = || entries.iter().enumerate().filter(|(_, entry)| entry.id == id);
        let Some((last, _)) = mine().next_back() else {
            return empty_dictionary(values, consumer, &source.name).map(Arc::new);
        };
        let mut cache = self.dictionaries.lock().unwrap_or_else(PoisonError::into_inner);
        let first = mine().rev().find(|(_, entry)| !entry.is_delta).map_or(0, |(first, _)| first);
        let known = cache.remove(&id).filter(|(made, _)| (first..=last).contains(made));
        let (from, mut dictionary) = match known {
            Some((made, dictionary)) => (made + 1, Some(dictionary)),
            None => (first, None),
        };
        for (_, entry) in mine().filter(|(place, _)| *place >= from) {
            let blame = Blame(&source.name);
            let meta = source.meta(entry.block)?;
            let placed = IpcSchema::place_values(&meta).map_err(blame.damaged("a dictionary"))?;
            let body = entry.block.at + entry.block.meta_len;
            let store: Arc<dyn Store> = source.file.clone();
            let read = read_dictionary(values, &placed, &store, body, meta.codec, consumer, &source.name)?;
            dictionary = Some(Arc::new(match dictionary {
                Some(so_far) => so_far.extended(&read, &source.name, consumer)?,
                None => read,
            }));
        }
        match dictionary {
            Some(dictionary) => {
                cache.insert(id, (last, dictionary.clone()));
                Ok(dictionary)
            }
            None => Err(corrupt(&source.name, "a dictionary went away")),
        }
    }
}

impl Scan for FileScan<'_> {
    fn reader<'s>(&'s self) -> Result<Box<dyn Reader + 's>> {
        let lanes = 0..self.request.columns.len();
        let rooms = lanes.map(|lane| Rooms::new(&self.source.name, &self.request.consumer, lane)).collect();
        Ok(Box::new(FileReader { scan: self, rooms, piece: None }))
    }
}

struct FileReader<'s> {
    scan: &'s FileScan<'s>,
    rooms: Vec<Rooms>,
    piece: Option<OpenPiece<'s>>,
}

struct OpenPiece<'s> {
    next: Place,
    end: u64,
    cursors: Vec<Cursor<'s>>,
    dictionaries: Vec<Option<Arc<Dictionary>>>,
}

impl<'s> FileReader<'s> {
    fn open(&self, next: Place, end: u64) -> Result<OpenPiece<'s>> {
        let scan = self.scan;
        let (source, request) = (scan.source, &scan.request);
        let schema = &source.index.schema;
        let entry = &source.index.batches[next.batch];
        let meta = source.meta(entry.block)?;
        let placed =
            schema.place(&meta, &request.columns).map_err(Blame(&source.name).damaged("a record batch"))?;
        let body = entry.block.at + entry.block.meta_len;
        let store: Arc<dyn Store> = source.file.clone();
        let mut cursors = Vec::with_capacity(placed.len());
        let mut dictionaries = Vec::with_capacity(placed.len());
        for (&place, placed) in request.columns.iter().zip(&placed) {
            let layout = &schema.laid.layouts[place];
            cursors.push(Cursor::new(
                layout,
                placed,
                &store,
                body,
                meta.codec,
                &request.consumer,
                &source.name,
            )?);
            dictionaries.push(match (layout, schema.dictionaries[place]) {
                (Layout::Dictionary { values, .. }, Some(id)) => {
                    Some(scan.dictionary(id, entry.dictionaries_before, values)?)
                }
                _ => None,
            });
        }
        Ok(OpenPiece { next, end, cursors, dictionaries })
    }
}

impl Reader for FileReader<'_> {
    fn next(&mut self) -> Result<Option<Batch<'_>>> {
        self.scan.request.cancel.check()?;
        if self.piece.as_ref().is_none_or(|piece| piece.next.row == piece.end) {
            self.piece = None; // its decoders go before the next are made
            let Some((next, end)) = self.scan.take() else { return Ok(None) };
            self.piece = Some(self.open(next, end)?);
        }
        let Some(OpenPiece { next, end, cursors, dictionaries }) = &mut self.piece else { return Ok(None) };
        let Place { row: start, order, .. } = *next;
        let rows = (*end - start).min(self.scan.request.batch_rows.max(1) as u64) as usize;
        (next.row, next.order) = (start + rows as u64, order + rows as u64);
        let columns = cursors.iter_mut().zip(dictionaries).zip(&mut self.rooms);
        let columns = columns
            .map(|((cursor, dictionary), rooms)| cursor.read(start, rows, dictionary.as_deref(), rooms));
        Ok(Some(Batch { rows, order, columns: columns.collect::<Result<_>>()? }))
    }
}
