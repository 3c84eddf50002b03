//! Where everything lies in an IPC file, of either format. A file in the file format has an index at its end; one in
//! the stream format is walked from message to message, which reads only their headers.

use std::fs::File;
use std::path::Path;

use super::flatbuffer::Damaged;
use super::message::{self, BatchMeta, Block, Codec, Header};
use super::schema::IpcSchema;
use super::store::Store;
use crate::arrow::scratch::{corrupt, unsupported};
use crate::{Result, StreamError};

/// Metadata beyond this is taken for damage: a hundred thousand columns need a tenth of it.
const META_BYTES_MAX: u64 = 256 << 20;

/// A record batch of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) block: Block,
    pub(super) rows: u64,
    pub(super) codec: Option<Codec>,
    /// How many of the messages of dictionaries come before it.
    pub(super) dictionaries_before: usize,
}

/// A dictionary's values, or further ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct DictionaryEntry {
    pub(super) id: i64,
    pub(super) is_delta: bool,
    pub(super) block: Block,
}

/// All messages of a file.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) schema: IpcSchema,
    pub(super) batches: Vec<Entry>,
    pub(super) dictionaries: Vec<DictionaryEntry>,
    pub(super) rows: u64,
}

/// The metadata of a message without what comes before it; `None` at the end of a stream. Messages before Arrow 0.15
/// have no mark before their length.
pub(super) fn meta_len(start: [u8; 8]) -> Option<(u64, u64)> {
    let [a, b, c, d, e, f, g, h] = start;
    let (first, second) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
    let (prefix, len) = if first == u32::MAX { (8, second) } else { (4, first) };
    (len != 0).then_some((prefix, u64::from(len)))
}

/// The errors of one file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blame<'a>(pub(super) &'a str);

impl<'a> Blame<'a> {
    pub(super) fn damaged(self, what: &'a str) -> impl Fn(Damaged) -> StreamError + 'a {
        move |Damaged| corrupt(self.0, format!("{what} contradicts itself"))
    }

    pub(super) fn schema(self, table: super::flatbuffer::Table<'_>) -> Result<IpcSchema> {
        let schema = IpcSchema::new(table).map_err(self.damaged("the schema"))?;
        schema.ok_or_else(|| unsupported(self.0, "data in big-endian byte order"))
    }
}

impl Index {
    /// Of the file at `path`.
    pub(super) fn open(path: &Path, file: &File, name: &str) -> Result<Self> {
        let io = |error| StreamError::Io { path: path.into(), error };
        let len = file.metadata().map_err(io)?.len();
        let mut start = [0; 8];
        let known = len.min(8) as usize;
        file.read_at(0, &mut start[..known]).map_err(io)?;
        let walk = Walk { path, file, len, blame: Blame(name) };
        match &start {
            [b'A', b'R', b'R', b'O', b'W', b'1', ..] => walk.file_format(),
            [b'F', b'E', b'A', b'1', ..] => {
                let what = "Feather version 1 (write it again with version 2)";
                Err(unsupported(name, what))
            }
            _ if len < 8 => Err(corrupt(name, format!("{len} bytes are no Arrow file"))),
            _ => walk.stream_format(),
        }
    }
}

struct Walk<'a> {
    path: &'a Path,
    file: &'a File,
    len: u64,
    blame: Blame<'a>,
}

impl Walk<'_> {
    fn corrupt(&self, what: String) -> StreamError {
        corrupt(self.blame.0, what)
    }

    /// Bytes of the file, whose end is known, so that a false length is found before room is made for it.
    fn read(&self, at: u64, len: u64, what: &str) -> Result<Vec<u8>> {
        if at.checked_add(len).is_none_or(|end| end > self.len) || len > META_BYTES_MAX {
            return Err(self.corrupt(format!("{what} of {len} bytes at {at} of {} bytes", self.len)));
        }
        let mut bytes = vec![0; len as usize];
        let io = |error| StreamError::Io { path: self.path.into(), error };
        self.file.read_at(at, &mut bytes).map_err(io)?;
        Ok(bytes)
    }

    fn file_format(&self) -> Result<Index> {
        const MAGIC: &[u8; 6] = b"ARROW1";
        let end = self.len.checked_sub(10).filter(|end| *end >= 8);
        let end = end.ok_or_else(|| self.corrupt(format!("it ends after {} bytes", self.len)))?;
        let tail = self.read(end, 10, "the end")?;
        let (length, magic) = tail.split_at(4);
        if magic != MAGIC {
            return Err(self.corrupt("its end is missing; the file was cut short or not closed".into()));
        }
        let length = length.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        let start = end.checked_sub(length).filter(|start| *start >= 8);
        let start =
            start.ok_or_else(|| self.corrupt(format!("a footer of {length} bytes in {}", self.len)))?;
        let bytes = self.read(start, length, "the footer")?;
        let footer = message::footer(&bytes, self.len).map_err(self.blame.damaged("the footer"))?;
        let mut index = Index {
            schema: self.blame.schema(footer.schema)?,
            batches: Vec::with_capacity(footer.batches.len()),
            dictionaries: Vec::with_capacity(footer.dictionaries.len()),
            rows: 0,
        };
        for (block, is_batch) in footer
            .dictionaries
            .iter()
            .map(|block| (block, false))
            .chain(footer.batches.iter().map(|b| (b, true)))
        {
            let bytes = self.read(block.at, block.meta_len, "a message")?;
            let found = index.add(*block, strip(&bytes, self.blame)?, self.blame)?;
            if found != Some(is_batch) {
                return Err(self.corrupt("its footer names a message of another kind".into()));
            }
        }
        Ok(index)
    }

    fn stream_format(&self) -> Result<Index> {
        let mut index: Option<Index> = None;
        let mut at = 0;
        // A stream may end with a mark or without one.
        while at + 8 <= self.len {
            let start = self.read(at, 8, "a message")?;
            let start = start.try_into().map_err(|_| self.corrupt("it cannot be read".into()))?;
            let Some((prefix, len)) = meta_len(start) else { break };
            let bytes = self.read(at + prefix, len, "a message")?;
            let (header, body_len) = message::message(&bytes).map_err(self.blame.damaged("a message"))?;
            let block = Block { at, meta_len: prefix + len, body_len };
            let next = (at + prefix + len).checked_add(body_len).filter(|next| *next <= self.len);
            at = next.ok_or_else(|| self.corrupt(format!("it is cut short in the message at byte {at}")))?;
            match (&mut index, header) {
                (None, Header::Schema(table)) => {
                    let schema = self.blame.schema(table)?;
                    index = Some(Index { schema, batches: Vec::new(), dictionaries: Vec::new(), rows: 0 });
                }
                (Some(index), _) => drop(index.add(block, &bytes, self.blame)?),
                (None, _) => return Err(self.corrupt("it does not begin with a schema".into())),
            }
        }
        index.ok_or_else(|| self.corrupt("it holds no schema".into()))
    }
}

/// The metadata of a message after its length.
pub(super) fn strip<'b>(bytes: &'b [u8], blame: Blame<'_>) -> Result<&'b [u8]> {
    let start = bytes.first_chunk::<8>().and_then(|start| meta_len(*start));
    let stripped = start.and_then(|(prefix, len)| bytes.get(prefix as usize..(prefix + len) as usize));
    stripped.ok_or_else(|| corrupt(blame.0, "a message's length contradicts its index"))
}

impl Index {
    /// Take a message in: whether it is a record batch, a dictionary, or nothing that matters.
    fn add(&mut self, block: Block, meta: &[u8], blame: Blame<'_>) -> Result<Option<bool>> {
        let (header, body_len) = message::message(meta).map_err(blame.damaged("a message"))?;
        if body_len > block.body_len {
            return Err(corrupt(blame.0, format!("a body of {body_len} bytes in {}", block.body_len)));
        }
        match header {
            Header::Batch(BatchMeta { rows, codec, .. }) => {
                let total = self.rows.checked_add(rows).filter(|total| *total <= i64::MAX as u64);
                self.rows = total.ok_or_else(|| corrupt(blame.0, format!("a batch of {rows} rows")))?;
                let dictionaries_before = self.dictionaries.len();
                self.batches.push(Entry { block, rows, codec, dictionaries_before });
                Ok(Some(true))
            }
            Header::Dictionary { id, is_delta, .. } => {
                self.dictionaries.push(DictionaryEntry { id, is_delta, block });
                Ok(Some(false))
            }
            Header::Schema(_) | Header::Other => Ok(None),
        }
    }
}
