//! An array on disk, read box by box.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use drypoint_memory::MemoryConsumer;

use super::chain::{Part, Work};
use super::compressor::Tools;
use super::fault::Fault;
use super::group::ZarrNode;
use super::metadata::Metadata;
use super::piece::Piece;
use super::region::{self, Place, each_chunk};
use crate::{ArrayError, Chunked, DType, Result, Scratch};

/// An array of Zarr version 3 in a folder. Reading it holds a decoded chunk, and its encoded bytes, for each thread.
#[derive(Debug, Clone)]
pub struct ZarrArray {
    folder: PathBuf,
    metadata: Metadata,
    /// The smallest box that is decoded alone.
    smallest: Vec<usize>,
    document: String,
    consumer: MemoryConsumer,
}

impl ZarrArray {
    pub(super) fn new(
        folder: PathBuf,
        metadata: Metadata,
        document: String,
        consumer: &MemoryConsumer,
    ) -> Self {
        let smallest = metadata.chain.smallest(&metadata.chunk_shape);
        Self { folder, metadata, smallest, document, consumer: consumer.clone() }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its `zarr.json` as it was when it was opened: attributes are there.
    pub fn document(&self) -> &str {
        &self.document
    }

    /// Items of what one file holds: a chunk, or a shard of many.
    pub fn file_shape(&self) -> &[usize] {
        &self.metadata.chunk_shape
    }

    /// The codecs in their order, as a person would say them.
    pub fn codec(&self) -> String {
        self.metadata.chain.name()
    }

    /// The item of what was never written, as bytes.
    pub fn fill_item(&self) -> &[u8] {
        &self.metadata.item.fill
    }

    /// What its axes are called, where they have names.
    pub fn dimension_names(&self) -> Option<&[Option<String>]> {
        self.metadata.dimension_names.as_deref()
    }

    /// Bytes of all its files but the document. Costs a look at each of them.
    ///
    /// # Errors
    /// What the system says of the folder.
    pub fn stored_bytes(&self) -> Result<u64> {
        let failed = |path: &Path, error| ArrayError::Io { name: path.display().to_string(), error };
        let (mut bytes, mut folders) = (0, vec![self.folder.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).map_err(|error| failed(&folder, error))? {
                let entry = entry.map_err(|error| failed(&folder, error))?;
                let about = entry.metadata().map_err(|error| failed(&entry.path(), error))?;
                if about.is_dir() {
                    folders.push(entry.path());
                } else if entry.file_name() != super::group::DOCUMENT {
                    bytes += about.len();
                }
            }
        }
        Ok(bytes)
    }

    /// As [`Chunked::read`] on up to `threads` threads, until `stop` is set: what is in `items` then is part of it.
    ///
    /// # Errors
    /// `Damaged` with the name of the file, `Io`, `Budget`; the first one ends the reading.
    pub fn read_until(
        &self,
        start: &[usize],
        shape: &[usize],
        items: &mut [u8],
        threads: usize,
        stop: &AtomicBool,
    ) -> Result<()> {
        self.check(start, shape, items)?;
        let Some((&rows, inner)) = shape.split_first() else {
            return self.read_box(start, shape, items, stop);
        };
        let row_bytes = inner.iter().product::<usize>() * self.metadata.item.bytes;
        let step = self.metadata.chunk_shape[0];
        let bands = rows.div_ceil(step) + 1;
        let threads = threads.min(bands);
        if threads <= 1 || row_bytes == 0 || rows == 0 {
            return self.read_box(start, shape, items, stop);
        }
        // Bands of whole chunks lie one behind the other in the result, so each thread has a place of its own.
        let mut left = items;
        let mut at = start[0];
        let mut bands = Vec::with_capacity(bands);
        while at < start[0] + rows {
            let end = (at / step * step).saturating_add(step).min(start[0] + rows);
            let (band, rest) = left.split_at_mut((end - at) * row_bytes);
            bands.push((at, end - at, band));
            (left, at) = (rest, end);
        }
        let queue = Mutex::new(bands.into_iter());
        let failed = AtomicBool::new(false);
        let work = || -> Result<()> {
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((first, rows, band)) = next else { return Ok(()) };
                if failed.load(Ordering::Relaxed) || stop.load(Ordering::Relaxed) {
                    return Ok(());
                }
                let start = [&[first], &start[1..]].concat();
                let shape = [&[rows], &shape[1..]].concat();
                self.read_box(&start, &shape, band, stop)
                    .inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            }
        };
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut outcome = work();
            for other in others {
                let done = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                outcome = outcome.and(done);
            }
            outcome
        })
    }

    fn read_box(&self, start: &[usize], shape: &[usize], items: &mut [u8], stop: &AtomicBool) -> Result<()> {
        let Metadata { item, chunk_shape, .. } = &self.metadata;
        let whole = Place::whole(shape, item.bytes);
        let mut work = Work { item, consumer: &self.consumer, tools: Tools::default() };
        each_chunk(start, shape, chunk_shape, |chunk, within, shape, at| {
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let part = Part { start: within, shape };
            self.read_chunk(&mut work, chunk, part, items, &whole.part(at))
        })
    }

    fn read_chunk(
        &self,
        work: &mut Work<'_>,
        chunk: &[usize],
        part: Part<'_>,
        items: &mut [u8],
        place: &Place,
    ) -> Result<()> {
        let Metadata { item, chunk_shape, chain, keys, .. } = &self.metadata;
        let path = self.folder.join(keys.key(chunk));
        let outcome = match File::open(&path) {
            Ok(file) => Piece::of(&file)
                .and_then(|piece| chain.read_part(work, piece, chunk_shape, part, (items, place))),
            // Never written, if the array itself is still there.
            Err(error) if error.kind() == io::ErrorKind::NotFound && ZarrNode::is_at(&self.folder) => {
                region::fill(part.shape, &item.fill, items, place);
                return Ok(());
            }
            Err(error) => Err(Fault::Io(error)),
        };
        outcome.map_err(|fault| fault.named(path.display().to_string()))
    }

    fn check(&self, start: &[usize], shape: &[usize], items: &[u8]) -> Result<()> {
        let whole = &self.metadata.shape;
        let axes = whole.len();
        let inside = start.len() == axes
            && shape.len() == axes
            && (0..axes)
                .all(|axis| start[axis].checked_add(shape[axis]).is_some_and(|end| end <= whole[axis]));
        // Inside the array, whose bytes can be counted, so the product cannot be too large.
        if inside && items.len() == shape.iter().product::<usize>() * self.metadata.item.bytes {
            return Ok(());
        }
        Err(ArrayError::Unsupported {
            name: self.name(),
            what: format!("a box of {shape:?} at {start:?} in {} B of an array of {whole:?}", items.len()),
        })
    }
}

impl Chunked for ZarrArray {
    fn name(&self) -> String {
        self.folder.display().to_string()
    }

    fn dtype(&self) -> &DType {
        &self.metadata.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.metadata.shape
    }

    /// Of what is decoded alone: in a shard, the chunks within.
    fn chunk_shape(&self) -> &[usize] {
        &self.smallest
    }

    fn read(&self, start: &[usize], shape: &[usize], _: &mut Scratch, items: &mut [u8]) -> Result<()> {
        self.check(start, shape, items)?;
        self.read_box(start, shape, items, &AtomicBool::new(false))
    }
}
