//! Arrays in memory that take a fraction of their size: chunks, each encoded on its own (decision 0022).
//!
//! A read decodes what it touches, straight to its place where that is possible. An assignment encodes a new chunk and puts
//! it in the old one's place, so that a failure leaves the chunk as it was, and readers never wait. Under pressure the
//! chunks that were not used for longest go to disk.

mod cache;
mod chunk;
mod extents;
mod grid;
mod growing;
mod layout;
mod packing;
mod shape;
mod store;
mod strided;
mod write;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use drypoint_memory::Buffer;

use crate::threads::share;
use crate::{ArrayError, Chunked, Codec, DType, Result, Scratch};
use chunk::Chunk;
use extents::Extents;
use grid::{Grid, Part};
use layout::{Walk, items_of, row_major};
use store::Slots;

pub use chunk::StoredChunk;
pub use grid::Selection;
pub use growing::GrowingArray;
pub use packing::Packing;
pub use shape::chunk_shape;
pub use store::Store;
pub(crate) use strided::check_box;
pub use strided::{FileArray, Geometry, Storage, StridedArray};

/// What it is called in messages.
const NAME: &str = "compressed array";

/// Reads of at least this many bytes are shared by threads.
const SHARED_BYTES: usize = 4 << 20;

/// An array of any number of dimensions in encoded chunks.
#[derive(Debug)]
pub struct CompressedArray {
    dtype: DType,
    grid: Grid,
    packing: Packing,
    slots: Arc<Slots>,
    store: Arc<Store>,
}

impl CompressedArray {
    /// An array whose items are all `item`, which is as long as one of `dtype`.
    ///
    /// # Errors
    /// [`ArrayError::Unsupported`] if the shape cannot be addressed, or the chunk's has another length or a zero.
    pub fn filled(
        store: &Arc<Store>,
        dtype: DType,
        shape: &[usize],
        chunk: &[usize],
        packing: Packing,
        item: &[u8],
    ) -> Result<Self> {
        let grid = checked_grid(&dtype, shape, chunk)?;
        debug_assert_eq!(item.len(), dtype.item_bytes());
        let extents = Extents::of_one(&dtype, &grid.chunk, item);
        let one = Chunk::constant(store, item, extents);
        let slots = Arc::new(Slots::new(vec![one; grid.chunks()]));
        Ok(Self::over(store, dtype, grid, packing, slots))
    }

    fn over(store: &Arc<Store>, dtype: DType, grid: Grid, packing: Packing, slots: Arc<Slots>) -> Self {
        store.watch(&slots);
        Self { dtype, grid, packing, slots, store: store.clone() }
    }

    /// All items of `source`, encoded by `threads` threads.
    ///
    /// # Errors
    /// Those of the source; [`ArrayError::Budget`]; [`ArrayError::Cancelled`] soon after `stop` is set.
    pub fn from_source(
        store: &Arc<Store>,
        source: &dyn Chunked,
        chunk: &[usize],
        packing: Packing,
        threads: usize,
        stop: &AtomicBool,
    ) -> Result<Self> {
        let dtype = source.dtype().clone();
        let item = vec![0; dtype.item_bytes()];
        let array = Self::filled(store, dtype, source.shape(), chunk, packing, &item)?;
        array.packing.prime(source, &array.grid.chunk)?;
        let all = Selection::of_box(&vec![0; chunk.len()], source.shape());
        array.assign(&all, source, threads, stop)?;
        Ok(array)
    }

    /// The same items, sharing chunks until one of the two is assigned to.
    pub fn share(&self) -> Self {
        let slots = Arc::new(Slots::new(self.slots.all()));
        let (grid, packing) = (self.grid.clone(), self.packing.clone());
        Self::over(&self.store, self.dtype.clone(), grid, packing, slots)
    }

    /// Bytes of its items if they were plain.
    pub fn plain_bytes(&self) -> usize {
        items_of(&self.grid.shape).unwrap_or(0) * self.dtype.item_bytes()
    }

    /// Bytes that its chunks are stored in, on disk or in memory.
    pub fn stored_bytes(&self) -> usize {
        self.slots.all().iter().map(|chunk| chunk.stored_bytes()).sum()
    }

    /// Bytes of them that are in memory.
    pub fn held_bytes(&self) -> usize {
        self.slots.all().iter().map(|chunk| chunk.held_bytes()).sum()
    }

    /// How its items are encoded from now on, and how exactly.
    pub fn packing(&self) -> &Packing {
        &self.packing
    }

    /// The codec that most of its chunks have; `None` where all are single items.
    pub fn codec(&self) -> Option<Codec> {
        let mut counts: Vec<(Codec, usize)> = Vec::new();
        for codec in self.slots.all().iter().filter_map(|chunk| chunk.codec()) {
            match counts.iter_mut().find(|(known, _)| *known == codec) {
                Some((_, count)) => *count += 1,
                None => counts.push((codec, 1)),
            }
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(codec, _)| codec)
    }

    /// Its chunks along each dimension.
    pub fn grid_shape(&self) -> Vec<usize> {
        self.grid.counts()
    }

    /// Its chunks in all.
    pub fn chunks(&self) -> usize {
        self.grid.chunks()
    }

    /// The stored bytes of one chunk, in C order of the chunks; `None` where there is no such chunk.
    ///
    /// # Errors
    /// Those of a spilled block.
    pub fn export(&self, number: usize) -> Result<Option<StoredChunk>> {
        self.slots.get(number).map(|chunk| chunk.export()).transpose()
    }

    /// An array of what [`CompressedArray::export`] gave. Every chunk is decoded once: what comes from outside is not
    /// believed.
    ///
    /// # Errors
    /// [`ArrayError::Corrupt`] if a chunk does not decode, [`ArrayError::Budget`].
    pub fn import(
        store: &Arc<Store>,
        dtype: DType,
        shape: &[usize],
        chunk: &[usize],
        packing: Packing,
        stored: &[StoredChunk],
    ) -> Result<Self> {
        let grid = checked_grid(&dtype, shape, chunk)?;
        if stored.len() != grid.chunks() {
            let what = format!("{} chunks where {} were expected", stored.len(), grid.chunks());
            return Err(ArrayError::Damaged { name: NAME.into(), what });
        }
        let mut chunks = Vec::with_capacity(stored.len());
        let mut scratch = Scratch::default();
        let mut room: Option<Buffer<u8>> = None;
        for (part, stored) in grid.parts(&Selection::of_box(&vec![0; shape.len()], shape)).iter().zip(stored)
        {
            let bytes = items_of(&part.shape).unwrap_or(0) * dtype.item_bytes();
            let mut items = match room.take() {
                Some(room) if room.len() >= bytes => room,
                _ => store.decoded(bytes)?,
            };
            let here = &mut items[..bytes];
            let chunk = match stored.codec {
                None if stored.bytes.len() == dtype.item_bytes() => {
                    chunk::fill(here, &stored.bytes);
                    Chunk::constant(store, &stored.bytes, Extents::of(&dtype, &part.shape, here))
                }
                None => {
                    let what = format!("an item of {} B", stored.bytes.len());
                    return Err(ArrayError::Damaged { name: NAME.into(), what });
                }
                Some(codec) => {
                    codec.decode(&dtype, &part.shape, &stored.bytes, &mut scratch, here)?;
                    let extents = Extents::of(&dtype, &part.shape, here);
                    let mut encoded = store.stored(stored.bytes.len())?;
                    encoded.copy_from_slice(&stored.bytes);
                    Chunk::held(store, codec, encoded, extents)
                }
            };
            room = Some(items);
            chunks.push(chunk);
        }
        let slots = Arc::new(Slots::new(chunks));
        Ok(Self::over(store, dtype, grid, packing, slots))
    }

    /// Fill `items` with a selection, in C order.
    ///
    /// # Errors
    /// [`ArrayError::Unsupported`] if it does not lie within the shape or `items` has another length;
    /// [`ArrayError::Corrupt`], [`ArrayError::Damaged`], [`ArrayError::Budget`]; [`ArrayError::Cancelled`].
    pub fn select(
        &self,
        selection: &Selection,
        threads: usize,
        stop: &AtomicBool,
        items: &mut [u8],
    ) -> Result<()> {
        self.grid.check(NAME, selection)?;
        self.check_length(selection, items.len())?;
        let bands = self.bands(selection, threads, items);
        if bands.len() < 2 {
            let mut scratch = Scratch::default();
            return bands
                .into_iter()
                .try_for_each(|(band, items)| self.select_band(&band, &mut scratch, stop, items));
        }
        let workers = threads.min(bands.len());
        let waiting = Mutex::new(bands.into_iter());
        let failed = AtomicBool::new(false);
        let work = || {
            let mut scratch = Scratch::default();
            loop {
                let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((band, items)) = next else { return Ok(()) };
                if failed.load(Ordering::Relaxed) {
                    return Ok(());
                }
                self.select_band(&band, &mut scratch, stop, items)
                    .inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            }
        };
        share(workers, &work)
    }

    /// The selection in pieces along its first dimension, one for each row of chunks, with their places.
    fn bands<'t>(
        &self,
        selection: &Selection,
        threads: usize,
        items: &'t mut [u8],
    ) -> Vec<(Selection, &'t mut [u8])> {
        if items.is_empty() {
            return Vec::new();
        }
        if threads < 2 || items.len() < SHARED_BYTES || selection.count.is_empty() {
            return vec![(selection.clone(), items)];
        }
        let (start, step, count) = (selection.start[0], selection.step[0], selection.count[0]);
        let row_bytes = items.len() / count;
        let (mut bands, mut rest, mut done) = (Vec::new(), items, 0);
        while done < count {
            let first = start + done * step;
            let after = (first / self.grid.chunk[0] + 1) * self.grid.chunk[0];
            let rows = (after - first).div_ceil(step).min(count - done);
            let (here, left) = rest.split_at_mut(rows * row_bytes);
            let mut band = selection.clone();
            (band.start[0], band.count[0]) = (first, rows);
            bands.push((band, here));
            (rest, done) = (left, done + rows);
        }
        bands
    }

    fn select_band(
        &self,
        selection: &Selection,
        scratch: &mut Scratch,
        stop: &AtomicBool,
        items: &mut [u8],
    ) -> Result<()> {
        for part in self.grid.parts(selection) {
            if stop.load(Ordering::Relaxed) {
                return Err(ArrayError::Cancelled);
            }
            self.read_part(&part, selection, scratch, items)?;
        }
        Ok(())
    }

    fn read_part(
        &self,
        part: &Part,
        selection: &Selection,
        scratch: &mut Scratch,
        items: &mut [u8],
    ) -> Result<()> {
        let item = self.dtype.item_bytes();
        let (inner, outer) = (row_major(&part.shape, item), row_major(&selection.count, item));
        let stepped: Vec<isize> =
            inner.iter().zip(&selection.step).map(|(&stride, &step)| stride * step as isize).collect();
        let walk = Walk::new(&part.count, &stepped, &outer, item);
        let at = |place: &[usize], strides: &[isize]| -> usize {
            place.iter().zip(strides).map(|(&place, &stride)| place * stride as usize).sum()
        };
        let (inside, outside) = (at(&part.inside, &inner), at(&part.outside, &outer));
        let chunk = self.chunk(part.number)?;
        if let Some(cached) = self.store.cache().get(chunk.id()) {
            walk.copy(&cached, inside, items, outside);
            return Ok(());
        }
        let bytes = items_of(&part.shape).unwrap_or(0) * item;
        if part.is_whole() && walk.is_one_run() {
            return chunk.decode(&self.dtype, &part.shape, scratch, &mut items[outside..outside + bytes]);
        }
        if let Some(one) = chunk.single() {
            // As far apart as the items of a chunk would be, but all in one place.
            let still = vec![0; part.count.len()];
            Walk::new(&part.count, &still, &outer, item).copy(&one, 0, items, outside);
            return Ok(());
        }
        if let Some(encoded) = chunk.plain(bytes)
            && let Some(plain) = Codec::plain_items(&encoded, bytes)
        {
            walk.copy(plain, inside, items, outside);
            return Ok(());
        }
        let mut decoded = self.store.decoded(bytes)?;
        chunk.decode(&self.dtype, &part.shape, scratch, &mut decoded)?;
        walk.copy(&decoded, inside, items, outside);
        // Whoever takes all of a chunk does not come back for the rest of it.
        if !part.is_whole() {
            self.store.cache().put(chunk.id(), Arc::new(decoded));
        }
        Ok(())
    }

    fn chunk(&self, number: usize) -> Result<Arc<Chunk>> {
        self.slots.get(number).ok_or_else(|| ArrayError::Damaged {
            name: NAME.into(),
            what: format!("chunk {number} of {} went away", self.grid.chunks()),
        })
    }

    fn check_length(&self, selection: &Selection, found: usize) -> Result<()> {
        let wanted = selection.items().checked_mul(self.dtype.item_bytes());
        if wanted == Some(found) {
            return Ok(());
        }
        let what = format!("{found} B for a selection of shape {:?}", selection.count);
        Err(ArrayError::Unsupported { name: NAME.into(), what })
    }
}

impl Chunked for CompressedArray {
    fn name(&self) -> String {
        NAME.into()
    }

    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.grid.shape
    }

    fn chunk_shape(&self) -> &[usize] {
        &self.grid.chunk
    }

    fn extent(&self, column: usize) -> Option<(f64, f64)> {
        let width = self.grid.chunk.get(1).copied().unwrap_or(1);
        let across = self.grid.counts().get(1).copied().unwrap_or(1);
        let mut found = extents::NOTHING;
        for chunk in self.slots.all().iter().skip(column / width).step_by(across.max(1)) {
            found = extents::union(found, chunk.extents()?.column(column % width));
        }
        (found.0 <= found.1).then_some(found)
    }

    fn read(&self, start: &[usize], shape: &[usize], scratch: &mut Scratch, items: &mut [u8]) -> Result<()> {
        check_box(NAME, &self.dtype, &self.grid.shape, start, shape, items.len())?;
        let selection = Selection::of_box(start, shape);
        self.select_band(&selection, scratch, &AtomicBool::new(false), items)
    }
}

fn checked_grid(dtype: &DType, shape: &[usize], chunk: &[usize]) -> Result<Grid> {
    let unsupported = |what| ArrayError::Unsupported { name: NAME.into(), what };
    if chunk.len() != shape.len() || chunk.contains(&0) {
        return Err(unsupported(format!("chunks of shape {chunk:?} of an array of shape {shape:?}")));
    }
    if dtype.item_bytes() == 0 {
        return Err(unsupported("a type of items that have no bytes".into()));
    }
    let addressed = items_of(shape)
        .and_then(|items| items.checked_mul(dtype.item_bytes()))
        .filter(|&bytes| isize::try_from(bytes).is_ok());
    if addressed.is_none() {
        return Err(unsupported(format!("an array of shape {shape:?}")));
    }
    let chunk = chunk.iter().zip(shape).map(|(&chunk, &items)| chunk.min(items.max(1))).collect();
    Ok(Grid { shape: shape.to_vec(), chunk })
}
