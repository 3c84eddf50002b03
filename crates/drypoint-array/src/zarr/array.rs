//! An array on disk, read box by box.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use drypoint_memory::MemoryConsumer;

use super::chain::{Kept, Work};
use super::fault::Fault;
use super::group::ZarrNode;
use super::metadata::Metadata;
use super::piece::Piece;
use super::region::{self, Part, Place, each_chunk, stretches};
use crate::threads::share;
use crate::{ArrayError, Chunked, DType, Result, Scratch, Selection};

/// Less than this is read before another thread has begun.
const SHARED_BYTES: usize = 1 << 20;

/// An array of Zarr version 3 in a folder. Reading it holds a decoded chunk, and its encoded bytes, for each thread.
#[derive(Debug, Clone)]
pub struct ZarrArray {
    folder: PathBuf,
    metadata: Metadata,
    /// The smallest box that is decoded alone.
    smallest: Vec<usize>,
    document: String,
    consumer: MemoryConsumer,
    spare: Spare,
}

/// What threads kept that read from the array, for those that come next.
#[derive(Clone, Default)]
struct Spare(Arc<Mutex<Vec<Kept>>>);

impl Spare {
    /// So many are held at most.
    const MOST: usize = 4;

    fn take(&self) -> Kept {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn put(&self, kept: Kept) {
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < Self::MOST {
            spare.push(kept);
        }
    }
}

impl std::fmt::Debug for Spare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spare").finish_non_exhaustive()
    }
}

impl ZarrArray {
    pub(super) fn new(
        folder: PathBuf,
        metadata: Metadata,
        document: String,
        consumer: &MemoryConsumer,
    ) -> Self {
        let smallest = metadata.chain.smallest(&metadata.chunk_shape);
        Self { folder, metadata, smallest, document, consumer: consumer.clone(), spare: Spare::default() }
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

    /// Fill `items` with a selection, on up to `threads` threads.
    ///
    /// # Errors
    /// `Damaged` with the name of the file, `Io`, `Budget`; `Unsupported` if the selection does not lie within the shape
    /// or `items` has another length; `Cancelled` once `stop` is set. The first one ends the reading.
    pub fn select(
        &self,
        selection: &Selection,
        threads: usize,
        stop: &AtomicBool,
        items: &mut [u8],
    ) -> Result<()> {
        self.check(selection, items)?;
        let Selection { start, step, count } = selection;
        let wanted = Part { start, step, count };
        let Some((&rows, inner)) = count.split_first() else {
            return self.read_part(wanted, stop, items);
        };
        let row_bytes = inner.iter().product::<usize>() * self.metadata.item.bytes;
        if threads < 2 || items.len() < SHARED_BYTES {
            return self.read_part(wanted, stop, items);
        }
        // Bands of whole chunks lie one behind the other in the result, so each thread has a place of its own.
        let mut left = items;
        let mut bands = Vec::new();
        for band in stretches(start[0], step[0], rows, self.metadata.chunk_shape[0]) {
            let (items, rest) = left.split_at_mut(band.count * row_bytes);
            bands.push((band, items));
            left = rest;
        }
        let threads = threads.min(bands.len());
        let queue = Mutex::new(bands.into_iter());
        let failed = AtomicBool::new(false);
        let work = || -> Result<()> {
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((band, items)) = next else { return Ok(()) };
                if failed.load(Ordering::Relaxed) {
                    return Ok(());
                }
                let start = [&[start[0] + band.at * step[0]], &start[1..]].concat();
                let count = [&[band.count], inner].concat();
                self.read_part(Part { start: &start, step, count: &count }, stop, items)
                    .inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            }
        };
        share(threads, &work)
    }

    fn read_part(&self, wanted: Part<'_>, stop: &AtomicBool, items: &mut [u8]) -> Result<()> {
        let Metadata { item, chunk_shape, .. } = &self.metadata;
        let whole = Place::whole(wanted.count, item.bytes);
        let mut work = Work { item, consumer: &self.consumer, kept: self.spare.take(), stop };
        let read = each_chunk(wanted, chunk_shape, |chunk, part, at| {
            work.check().map_err(|fault| fault.named(self.name()))?;
            self.read_chunk(&mut work, chunk, part, items, &whole.part(at))
        });
        self.spare.put(work.kept);
        read
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
                region::fill(part.count, &item.fill, items, place);
                return Ok(());
            }
            Err(error) => Err(Fault::Io(error)),
        };
        outcome.map_err(|fault| fault.named(path.display().to_string()))
    }

    fn check(&self, selection: &Selection, items: &[u8]) -> Result<()> {
        let Selection { start, step, count } = selection;
        let whole = &self.metadata.shape;
        let axes = whole.len();
        let inside = |axis: usize| match count[axis].checked_sub(1) {
            None => start[axis] <= whole[axis],
            Some(rest) => {
                let last = rest.checked_mul(step[axis]).and_then(|reach| reach.checked_add(start[axis]));
                step[axis] > 0 && last.is_some_and(|last| last < whole[axis])
            }
        };
        let fits = [start, step, count].iter().all(|list| list.len() == axes) && (0..axes).all(inside);
        // Inside the array, whose bytes can be counted, so the product cannot be too large.
        if fits && items.len() == count.iter().product::<usize>() * self.metadata.item.bytes {
            return Ok(());
        }
        Err(ArrayError::Unsupported {
            name: self.name(),
            what: format!("{selection:?} in {} B of an array of {whole:?}", items.len()),
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
        self.select(&Selection::of_box(start, shape), 1, &AtomicBool::new(false), items)
    }
}
