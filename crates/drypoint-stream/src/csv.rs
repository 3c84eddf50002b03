//! Delimited text: CSV, TSV and their relatives, plain or compressed.
//!
//! The parser is our own (decision 0004): fields are read straight from the chunk into the batch's columns, only the columns asked
//! for, with exact numbers. Layout and types are told from the first mebibyte and can be overridden by [`CsvOptions`].
//!
//! - A column of digits with leading zeros (`00501`) is text. A column without any value is float64.
//! - A column inferred as integers that meets `1.5` delivers *that batch* as floats; a column whose type was given does not.
//! - Instants are ISO 8601; one with an offset is turned to UTC, one without is taken as it stands. They are microseconds, or
//!   nanoseconds where the sample has more than six digits of fraction; finer digits than the unit are dropped.
//! - Blank lines are skipped. Rows of another width than the first are [`Ragged`](StreamError::Ragged).
//! - Names are made unique as in pandas (`a`, `a.1`); without a header they are `0`, `1`, …

mod chunker;
mod column;
mod dialect;
mod infer;
mod input;
mod number;
mod options;
mod reader;
mod record;
mod value;

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::{Extent, Needs, Request, Result, Scan, Schema, Source, StreamError};

use chunker::Chunker;
use column::ColumnBuilder;
use infer::{Layout, Sample};
use input::{Input, Packing};
use options::Nulls;
use reader::CsvScan;

pub use options::CsvOptions;

/// A text table in a file or behind a pipe.
pub struct CsvFile {
    name: String,
    origin: Origin,
    packing: Packing,
    layout: Layout,
    nulls: Nulls,
    chunk_bytes: usize,
}

/// Where the text comes from when it is scanned.
enum Origin {
    /// A file, opened anew for each scan; its size as packed.
    File { path: PathBuf, bytes: u64 },
    /// What is left of a reader, beginning with the sample; taken by the first scan.
    Once { input: Mutex<Option<Input>>, sample_bytes: usize },
}

impl CsvFile {
    /// Look at the beginning of the file at `path`, gzip and zstd included. Nothing of it stays in memory.
    ///
    /// # Errors
    /// `NotFound`, `Io`, `Empty` where there is no record, `Corrupt` where it cannot be unpacked, `MissingColumn` and
    /// `Mismatch` where the options speak of columns that are not there.
    pub fn open(path: impl AsRef<Path>, options: &CsvOptions) -> Result<CsvFile> {
        let path = path.as_ref();
        let name = path.display().to_string();
        options.check(&name)?;
        let (mut input, packing) = input::open(path)?;
        let sample = Sample::read(&name, &mut input, packing, options.sample_bytes)?;
        let layout = Layout::infer(&name, &sample, is_tsv(path), options)?;
        let bytes = path.metadata().map_or(0, |metadata| metadata.len());
        let origin = Origin::File { path: path.to_path_buf(), bytes };
        Ok(Self::assemble(name, origin, packing, layout, options))
    }

    /// Look at the beginning of what `reader` yields. It can be scanned once; the sample is kept until then.
    ///
    /// # Errors
    /// As [`CsvFile::open`].
    pub fn from_reader(name: &str, reader: Box<dyn Read + Send>, options: &CsvOptions) -> Result<CsvFile> {
        options.check(name)?;
        let (mut input, packing) = input::unpack(name, reader)?;
        let sample = Sample::read(name, &mut input, packing, options.sample_bytes)?;
        let layout = Layout::infer(name, &sample, is_tsv(Path::new(name)), options)?;
        let sample_bytes = sample.bytes.len();
        let whole: Input = Box::new(Cursor::new(sample.bytes).chain(input));
        let origin = Origin::Once { input: Mutex::new(Some(whole)), sample_bytes };
        Ok(Self::assemble(name.to_string(), origin, packing, layout, options))
    }

    fn assemble(
        name: String,
        origin: Origin,
        packing: Packing,
        layout: Layout,
        options: &CsvOptions,
    ) -> CsvFile {
        let nulls = Nulls::new(&options.nulls);
        CsvFile { name, origin, packing, layout, nulls, chunk_bytes: options.bounded_chunk_bytes() }
    }

    /// Bytes that the reading itself holds, beside chunks: a decoder, and the sample of a stream.
    fn input_bytes(&self) -> usize {
        match self.origin {
            Origin::File { .. } => self.packing.decoder_bytes(),
            Origin::Once { sample_bytes, .. } => self.packing.decoder_bytes().saturating_add(sample_bytes),
        }
    }

    /// Rows that a batch has room for: no more than a chunk can hold.
    fn batch_rows(&self, request: &Request) -> usize {
        let shortest_row = self.layout.width.max(2);
        request.batch_rows.clamp(1, self.chunk_bytes / shortest_row + 1)
    }
}

/// Whether the name says that tabs delimit: `.tsv`, also when it is compressed.
fn is_tsv(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let stem = [".gz", ".zst", ".zstd"].iter().find_map(|packed| name.strip_suffix(packed)).unwrap_or(&name);
    stem.ends_with(".tsv") || stem.ends_with(".tab")
}

impl Source for CsvFile {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn schema(&self) -> &Schema {
        &self.layout.schema
    }

    fn rows(&self) -> Option<u64> {
        None
    }

    fn extent(&self, _column: usize) -> Option<Extent> {
        None
    }

    fn one_shot(&self) -> bool {
        matches!(self.origin, Origin::Once { .. })
    }

    /// Enough for records shorter than half a chunk; longer ones grow the chunk, within the budget.
    fn needs(&self, request: &Request) -> Result<Needs> {
        let rows = self.batch_rows(request);
        let columns: usize = request
            .columns
            .iter()
            .map(|column| {
                let data_type = &self.layout.schema.fields[*column].data_type;
                let text = if data_type.is_numeric() { 0 } else { self.chunk_bytes };
                ColumnBuilder::bytes_for(data_type, rows) + text
            })
            .sum();
        let chunks = match &self.origin {
            Origin::File { bytes, .. } if self.packing == Packing::Plain => {
                bytes.div_ceil(self.chunk_bytes as u64)
            }
            _ => u64::MAX,
        };
        Ok(Needs {
            shared_bytes: self.input_bytes().saturating_add(self.chunk_bytes),
            reader_bytes: self.chunk_bytes + columns,
            max_readers: usize::try_from(chunks).unwrap_or(usize::MAX).max(1),
        })
    }

    fn scan<'s>(&'s self, request: &Request) -> Result<Box<dyn Scan + 's>> {
        let input = match &self.origin {
            Origin::File { path, .. } => input::open(path)?,
            Origin::Once { input, .. } => {
                let input = input.lock().unwrap_or_else(PoisonError::into_inner).take();
                let input = input.ok_or_else(|| StreamError::Unsupported {
                    name: self.name.clone(),
                    what: "reading a stream a second time".to_string(),
                })?;
                (input, self.packing)
            }
        };
        let mut chunker = Chunker::new(
            &self.name,
            input,
            self.layout.delimiter,
            self.chunk_bytes,
            self.input_bytes(),
            &request.consumer,
        )?;
        chunker.skip(self.layout.data_start as u64, self.layout.data_line)?;
        Ok(Box::new(CsvScan {
            chunker: Mutex::new(chunker),
            layout: &self.layout,
            nulls: &self.nulls,
            request: request.clone(),
            chunk_bytes: self.chunk_bytes,
            batch_rows: self.batch_rows(request),
        }))
    }
}
