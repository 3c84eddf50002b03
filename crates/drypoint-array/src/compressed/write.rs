//! Items into chunks. A chunk is replaced as a whole once it is encoded, so it is the old one or the new one, never between.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use drypoint_memory::Buffer;

use super::grid::{Part, Selection};
use super::layout::{Walk, items_of, row_major};
use super::packing::Workspace;
use super::{CompressedArray, NAME, SHARED_BYTES};
use crate::threads::share;
use crate::{ArrayError, Chunked, Result};

impl CompressedArray {
    /// Put the items of `source`, which has the shape of the selection and this array's dtype, in its place. If it fails,
    /// each chunk is as it was or as it should be.
    ///
    /// # Errors
    /// [`ArrayError::Unsupported`] if shapes or types differ, those of the source, [`ArrayError::Budget`],
    /// [`ArrayError::Cancelled`] soon after `stop` is set.
    pub fn assign(
        &self,
        selection: &Selection,
        source: &dyn Chunked,
        threads: usize,
        stop: &AtomicBool,
    ) -> Result<()> {
        self.grid.check(NAME, selection)?;
        if source.shape() != selection.count || *source.dtype() != self.dtype {
            let what = format!(
                "{} of shape {:?} in the place of {} of shape {:?}",
                source.dtype().name(),
                source.shape(),
                self.dtype.name(),
                selection.count
            );
            return Err(ArrayError::Unsupported { name: NAME.into(), what });
        }
        let parts = self.grid.parts(selection);
        let bytes = selection.items().saturating_mul(self.dtype.item_bytes());
        let workers = if bytes < SHARED_BYTES { 1 } else { threads.clamp(1, parts.len().max(1)) };
        let next = AtomicUsize::new(0);
        let work = || {
            let mut writer = Writer { array: self, workspace: Workspace::default(), room: None };
            while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
                if stop.load(Ordering::Relaxed) {
                    return Err(ArrayError::Cancelled);
                }
                // The others find nothing more to do.
                writer
                    .write(part, selection, source)
                    .inspect_err(|_| next.store(parts.len(), Ordering::Relaxed))?;
            }
            Ok(())
        };
        share(workers, &work)
    }
}

/// One thread's way from a source to chunks.
struct Writer<'a> {
    array: &'a CompressedArray,
    workspace: Workspace,
    room: Option<Buffer<u8>>,
}

impl Writer<'_> {
    fn write(&mut self, part: &Part, selection: &Selection, source: &dyn Chunked) -> Result<()> {
        let array = self.array;
        let item = array.dtype.item_bytes();
        let bytes = items_of(&part.shape).unwrap_or(0) * item;
        let mut items = match self.room.take() {
            Some(room) if room.len() >= bytes => room,
            _ => array.store.decoded(bytes)?,
        };
        loop {
            let old = array.chunk(part.number)?;
            if part.is_whole() {
                source.read(&part.outside, &part.count, &mut self.workspace.scratch, &mut items[..bytes])?;
            } else {
                old.decode(&array.dtype, &part.shape, &mut self.workspace.scratch, &mut items[..bytes])?;
                self.patch(part, selection, source, &mut items[..bytes])?;
            }
            let new = array.packing.pack(
                &array.store,
                &array.dtype,
                &part.shape,
                &mut items[..bytes],
                &mut self.workspace,
            )?;
            // Someone else may have assigned to another part of the chunk meanwhile: then that is patched anew.
            if array.slots.replace(part.number, &old, new) {
                break;
            }
        }
        self.room = Some(items);
        Ok(())
    }

    /// Put what the source has for the chunk among its items.
    fn patch(
        &mut self,
        part: &Part,
        selection: &Selection,
        source: &dyn Chunked,
        items: &mut [u8],
    ) -> Result<()> {
        let item = self.array.dtype.item_bytes();
        let bytes = items_of(&part.count).unwrap_or(0) * item;
        let mut given = self.array.store.decoded(bytes)?;
        source.read(&part.outside, &part.count, &mut self.workspace.scratch, &mut given)?;
        let inner = row_major(&part.shape, item);
        let at: usize = part.inside.iter().zip(&inner).map(|(&place, &stride)| place * stride as usize).sum();
        let stepped: Vec<isize> =
            inner.iter().zip(&selection.step).map(|(&stride, &step)| stride * step as isize).collect();
        Walk::new(&part.count, &row_major(&part.count, item), &stepped, item).copy(&given, 0, items, at);
        Ok(())
    }
}
