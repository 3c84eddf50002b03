//! One chunk as it is stored: one item, encoded bytes in memory, or encoded bytes on disk. It never changes its contents;
//! an assignment puts another chunk in its place, so readers and copies of an array need no locks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use drypoint_memory::{Buffer, SpillError};

use super::extents::Extents;
use super::store::Store;
use crate::disk::SpilledPiece;
use crate::{Codec, DType, Result, Scratch};

/// What a chunk's items are made from.
#[derive(Debug, Clone)]
enum State {
    /// All items are this one.
    Constant(Arc<[u8]>),
    /// Encoded, in memory.
    Held(Arc<Buffer<u8>>),
    /// Encoded, on disk.
    Spilled(Arc<SpilledPiece>),
}

#[derive(Debug)]
pub(super) struct Chunk {
    id: u64,
    codec: Codec,
    used: AtomicU64,
    state: Mutex<State>,
    extents: Option<Extents>,
    store: Arc<Store>,
}

/// What a chunk becomes on its way to another process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredChunk {
    /// `None` if all items are `bytes`.
    pub codec: Option<Codec>,
    /// One item, or what the codec made of all.
    pub bytes: Vec<u8>,
}

impl Chunk {
    pub(super) fn constant(store: &Arc<Store>, item: &[u8], extents: Option<Extents>) -> Arc<Self> {
        Self::of(store, Codec::Plain, State::Constant(item.into()), extents)
    }

    pub(super) fn held(
        store: &Arc<Store>,
        codec: Codec,
        encoded: Buffer<u8>,
        extents: Option<Extents>,
    ) -> Arc<Self> {
        Self::of(store, codec, State::Held(Arc::new(encoded)), extents)
    }

    fn of(store: &Arc<Store>, codec: Codec, state: State, extents: Option<Extents>) -> Arc<Self> {
        let (id, used) = (store.next_id(), AtomicU64::new(store.now()));
        Arc::new(Self { id, codec, used, state: Mutex::new(state), extents, store: store.clone() })
    }

    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// How far its columns reach, where that was noted.
    pub(super) fn extents(&self) -> Option<&Extents> {
        self.extents.as_ref()
    }

    /// When it was last read or made.
    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// The codec of its bytes; `None` for a single item.
    pub(super) fn codec(&self) -> Option<Codec> {
        (!matches!(*self.state(), State::Constant(_))).then_some(self.codec)
    }

    /// Bytes that it is stored in, wherever they are.
    pub(super) fn stored_bytes(&self) -> usize {
        match &*self.state() {
            State::Constant(item) => item.len(),
            State::Held(encoded) => encoded.len(),
            State::Spilled(piece) => piece.bytes(),
        }
    }

    /// Bytes of them that are in memory.
    pub(super) fn held_bytes(&self) -> usize {
        match &*self.state() {
            State::Constant(item) => item.len(),
            State::Held(encoded) => encoded.len(),
            State::Spilled(_) => 0,
        }
    }

    /// The item that all are, if they are one.
    pub(super) fn single(&self) -> Option<Arc<[u8]>> {
        match &*self.state() {
            State::Constant(item) => Some(item.clone()),
            _ => None,
        }
    }

    /// Its encoded bytes, if they are in memory and hold the items as they are, which take so many bytes.
    pub(super) fn plain(&self, items: usize) -> Option<Arc<Buffer<u8>>> {
        match &*self.state() {
            State::Held(encoded) if Codec::plain_items(encoded, items).is_some() => {
                self.used.store(self.store.now(), Ordering::Relaxed);
                Some(encoded.clone())
            }
            _ => None,
        }
    }

    /// Fill `items` with all items of the chunk, which has this shape.
    pub(super) fn decode(
        &self,
        dtype: &DType,
        shape: &[usize],
        scratch: &mut Scratch,
        items: &mut [u8],
    ) -> Result<()> {
        self.used.store(self.store.now(), Ordering::Relaxed);
        let state = self.state().clone();
        match state {
            State::Constant(item) => {
                fill(items, &item);
                Ok(())
            }
            State::Held(encoded) => self.codec.decode(dtype, shape, &encoded, scratch, items),
            State::Spilled(piece) => {
                let mut encoded = self.store.decoded(piece.bytes())?;
                piece.read(&mut encoded)?;
                self.codec.decode(dtype, shape, &encoded, scratch, items)
            }
        }
    }

    /// Its stored bytes, a copy.
    pub(super) fn export(&self) -> Result<StoredChunk> {
        let state = self.state().clone();
        Ok(match state {
            State::Constant(item) => StoredChunk { codec: None, bytes: item.to_vec() },
            State::Held(encoded) => StoredChunk { codec: Some(self.codec), bytes: encoded.to_vec() },
            State::Spilled(piece) => {
                let mut bytes = vec![0; piece.bytes()];
                piece.read(&mut bytes)?;
                StoredChunk { codec: Some(self.codec), bytes }
            }
        })
    }

    /// Move its bytes to disk. Returns how many left memory: none if they were not there.
    pub(super) fn spill(&self) -> std::result::Result<usize, SpillError> {
        let State::Held(encoded) = self.state().clone() else { return Ok(0) };
        let piece = self.store.space().put(&encoded)?;
        let before = std::mem::replace(&mut *self.state(), State::Spilled(Arc::new(piece)));
        drop(before);
        Ok(encoded.len())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A state is replaced whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        self.store.cache().forget(self.id);
    }
}

/// Fill `items` with copies of one.
pub(super) fn fill(items: &mut [u8], item: &[u8]) {
    match item {
        [byte] => items.fill(*byte),
        _ if item.iter().all(|byte| *byte == item[0]) => items.fill(item.first().copied().unwrap_or(0)),
        _ => {
            // Doubling what is there is a few copies, however small an item is.
            let mut done = item.len().min(items.len());
            items[..done].copy_from_slice(&item[..done]);
            while done < items.len() {
                let more = done.min(items.len() - done);
                let (there, rest) = items.split_at_mut(done);
                rest[..more].copy_from_slice(&there[..more]);
                done += more;
            }
        }
    }
}

/// The one item that all of `items` are, bit by bit.
pub(super) fn single_item(items: &[u8], item_bytes: usize) -> Option<&[u8]> {
    let (first, rest) = items.split_at_checked(item_bytes)?;
    // Each item equals the one before: one comparison of memory with itself, an item on.
    (*rest == items[..rest.len()]).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_item_is_seen_and_repeated() {
        let mut items = [0u8; 21];
        fill(&mut items, &[1, 2, 3]);
        assert_eq!(items[18..], [1, 2, 3]);
        assert_eq!(single_item(&items, 3), Some(&[1, 2, 3][..]));
        items[20] = 4;
        assert_eq!(single_item(&items, 3), None);
        assert_eq!(single_item(&[], 3), None);
        assert_eq!(single_item(&[5, 6], 2), Some(&[5, 6][..]));
    }
}
