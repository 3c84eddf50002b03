//! An array that comes in pieces along its first dimension, nobody knows how many: at most one row of chunks waits.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use drypoint_memory::Buffer;

use super::grid::{Grid, Selection};
use super::layout::items_of;
use super::store::{Slots, Store};
use super::strided::{Geometry, Storage, StridedArray};
use super::{CompressedArray, NAME, Packing, checked_grid};
use crate::{ArrayError, Chunked, DType, Result, Scratch};

/// Takes pieces, and becomes a [`CompressedArray`].
pub struct GrowingArray {
    dtype: DType,
    /// Along the first dimension: rows that are in chunks.
    grid: Grid,
    packing: Packing,
    slots: Arc<Slots>,
    store: Arc<Store>,
    /// Rows that are not a whole chunk yet, and how many.
    waiting: Option<Buffer<u8>>,
    rows: usize,
}

/// Rows that wait, as an array.
struct Waiting<'a>(&'a [u8]);

impl Storage for Waiting<'_> {
    fn bytes(&self) -> &[u8] {
        self.0
    }
}

impl GrowingArray {
    /// Empty, for pieces of any number of rows of shape `row`; the chunk's shape has one dimension more.
    ///
    /// # Errors
    /// As [`CompressedArray::filled`].
    pub fn new(
        store: &Arc<Store>,
        dtype: DType,
        row: &[usize],
        chunk: &[usize],
        packing: Packing,
    ) -> Result<Self> {
        let mut shape = vec![chunk.first().copied().unwrap_or(1)];
        shape.extend_from_slice(row);
        let mut grid = checked_grid(&dtype, &shape, chunk)?;
        grid.shape[0] = 0;
        let slots = Arc::new(Slots::default());
        store.watch(&slots);
        Ok(Self { dtype, grid, packing, slots, store: store.clone(), waiting: None, rows: 0 })
    }

    /// The shape that its chunks have.
    pub fn chunk_shape(&self) -> &[usize] {
        &self.grid.chunk
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.grid.shape[0] + self.rows
    }

    /// Take all rows of `piece`.
    ///
    /// # Errors
    /// [`ArrayError::Unsupported`] if its rows are of another shape or type; as [`CompressedArray::assign`]. What was taken
    /// of it by then stays.
    pub fn append(&mut self, piece: &dyn Chunked, threads: usize, stop: &AtomicBool) -> Result<()> {
        let shape = piece.shape();
        if shape.is_empty() || shape[1..] != self.grid.shape[1..] || *piece.dtype() != self.dtype {
            let what = format!(
                "{} of shape {shape:?} after {} of rows of shape {:?}",
                piece.dtype().name(),
                self.dtype.name(),
                &self.grid.shape[1..]
            );
            return Err(ArrayError::Unsupported { name: NAME.into(), what });
        }
        let (total, band) = (shape[0], self.grid.chunk[0]);
        self.rows().checked_add(total).and_then(|rows| self.bytes_of(rows)).ok_or_else(|| {
            ArrayError::Unsupported { name: NAME.into(), what: "an array beyond all addresses".into() }
        })?;
        let mut done = 0;
        if self.rows > 0 {
            done = self.wait_for(piece, 0, total.min(band - self.rows))?;
            self.pack_waiting(band, threads, stop)?;
        }
        let whole = (total - done) / band * band;
        if whole > 0 {
            let rows = Rows { piece, first: done, shape: self.shape_of(whole) };
            self.take(&rows, threads, stop)?;
            done += whole;
        }
        if done < total {
            self.wait_for(piece, done, total - done)?;
        }
        Ok(())
    }

    /// The array of all that was taken.
    ///
    /// # Errors
    /// As [`GrowingArray::append`].
    pub fn finish(mut self, threads: usize, stop: &AtomicBool) -> Result<CompressedArray> {
        if self.rows > 0 {
            self.pack_waiting(1, threads, stop)?;
        }
        self.waiting = None;
        let mut grid = self.grid;
        grid.chunk[0] = grid.chunk[0].min(grid.shape[0].max(1));
        Ok(CompressedArray {
            dtype: self.dtype,
            grid,
            packing: self.packing,
            slots: self.slots,
            store: self.store,
        })
    }

    fn shape_of(&self, rows: usize) -> Vec<usize> {
        let mut shape = self.grid.shape.clone();
        shape[0] = rows;
        shape
    }

    fn bytes_of(&self, rows: usize) -> Option<usize> {
        let bytes = items_of(&self.shape_of(rows))?.checked_mul(self.dtype.item_bytes())?;
        isize::try_from(bytes).is_ok().then_some(bytes)
    }

    /// Copy rows of `piece` to those that wait. Returns how many.
    fn wait_for(&mut self, piece: &dyn Chunked, first: usize, rows: usize) -> Result<usize> {
        let row_bytes = self.bytes_of(1).unwrap_or(0);
        let mut waiting = match self.waiting.take() {
            Some(waiting) => waiting,
            None => self.store.decoded(self.grid.chunk[0] * row_bytes)?,
        };
        let mut start = vec![0; self.grid.shape.len()];
        start[0] = first;
        let target = &mut waiting[self.rows * row_bytes..(self.rows + rows) * row_bytes];
        let read = piece.read(&start, &self.shape_of(rows), &mut Scratch::default(), target);
        self.waiting = Some(waiting);
        read?;
        self.rows += rows;
        Ok(rows)
    }

    /// Make chunks of the rows that wait, if there are at least so many.
    fn pack_waiting(&mut self, least: usize, threads: usize, stop: &AtomicBool) -> Result<()> {
        if self.rows < least {
            return Ok(());
        }
        let Some(waiting) = self.waiting.take() else { return Ok(()) };
        let shape = self.shape_of(self.rows);
        let bytes = self.bytes_of(self.rows).unwrap_or(0);
        let rows = StridedArray::new(
            NAME,
            Geometry::contiguous(self.dtype.clone(), &shape),
            Waiting(&waiting[..bytes]),
        )?;
        let taken = self.take(&rows, threads, stop);
        self.waiting = Some(waiting);
        taken?;
        self.rows = 0;
        Ok(())
    }

    /// Make chunks of all rows of `source` and append them.
    fn take(&mut self, source: &dyn Chunked, threads: usize, stop: &AtomicBool) -> Result<()> {
        let shape = source.shape();
        let grid = Grid { shape: shape.to_vec(), chunk: self.grid.chunk.clone() };
        // An array of their own while they are made, so that they can be spilled, and vanish if one of them fails.
        let item = vec![0; self.dtype.item_bytes()];
        let (store, packing) = (&self.store, self.packing.clone());
        let part = CompressedArray::filled(store, self.dtype.clone(), shape, &grid.chunk, packing, &item)?;
        part.assign(&Selection::of_box(&vec![0; shape.len()], shape), source, threads, stop)?;
        self.slots.extend(part.slots.all());
        self.grid.shape[0] += shape[0];
        Ok(())
    }
}

/// Some rows of a piece.
struct Rows<'a> {
    piece: &'a dyn Chunked,
    first: usize,
    shape: Vec<usize>,
}

impl Chunked for Rows<'_> {
    fn name(&self) -> String {
        self.piece.name()
    }

    fn dtype(&self) -> &DType {
        self.piece.dtype()
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn chunk_shape(&self) -> &[usize] {
        self.piece.chunk_shape()
    }

    fn read(&self, start: &[usize], shape: &[usize], scratch: &mut Scratch, items: &mut [u8]) -> Result<()> {
        let mut start = start.to_vec();
        start[0] += self.first;
        self.piece.read(&start, shape, scratch, items)
    }
}
