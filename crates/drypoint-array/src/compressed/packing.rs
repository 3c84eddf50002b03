//! How chunks are encoded: by a codec that was asked for, or by the one that suits what was seen last.

use std::sync::{Arc, Mutex, PoisonError};

use super::chunk::{Chunk, single_item};
use super::store::Store;
use crate::{Codec, DType, Result, Scratch, codec};

/// A choice is looked at again when a chunk needs this many times the bytes of those before.
const DRIFT: f64 = 1.5;

/// A codec, or the order to choose one; and how far items may be from what they were.
#[derive(Debug, Clone)]
pub struct Packing {
    codec: Option<Codec>,
    max_error: Option<f64>,
    /// The codec of the chunks before, and the part of its size that a chunk was stored in.
    chosen: Arc<Mutex<Option<(Codec, f64)>>>,
}

impl Packing {
    /// `None` chooses by the items. With `max_error` floating items may differ by that much, and no more.
    pub fn new(codec: Option<Codec>, max_error: Option<f64>) -> Self {
        Self { codec, max_error, chosen: Arc::default() }
    }

    /// The codec that was asked for.
    pub fn codec(&self) -> Option<Codec> {
        self.codec
    }

    /// By how much floating items may differ.
    pub fn max_error(&self) -> Option<f64> {
        self.max_error
    }

    /// The chunk of `items`, which may be rounded here if that was asked for.
    pub(super) fn pack(
        &self,
        store: &Arc<Store>,
        dtype: &DType,
        shape: &[usize],
        items: &mut [u8],
        workspace: &mut Workspace,
    ) -> Result<Arc<Chunk>> {
        if let Some(one) = single_item(items, dtype.item_bytes()) {
            return Ok(Chunk::constant(store, one));
        }
        let Workspace { scratch, encoded } = workspace;
        encoded.clear();
        let codec = match self.codec {
            Some(codec) => {
                codec.encode(dtype, shape, items, scratch, encoded)?;
                codec
            }
            None => self.pack_chosen(dtype, shape, items, scratch, encoded)?,
        };
        let mut stored = store.stored(encoded.len())?;
        stored.copy_from_slice(encoded);
        Ok(Chunk::held(store, codec, stored))
    }

    fn pack_chosen(
        &self,
        dtype: &DType,
        shape: &[usize],
        items: &[u8],
        scratch: &mut Scratch,
        encoded: &mut Vec<u8>,
    ) -> Result<Codec> {
        let before = *self.chosen();
        if let Some((codec, part)) = before {
            codec.encode(dtype, shape, items, scratch, encoded)?;
            let now = encoded.len() as f64 / items.len().max(1) as f64;
            if now <= part * DRIFT {
                return Ok(codec);
            }
        }
        let codec = codec::choose(dtype, shape, &[items]);
        if before.is_none_or(|(known, _)| known != codec) {
            encoded.clear();
            codec.encode(dtype, shape, items, scratch, encoded)?;
        }
        *self.chosen() = Some((codec, encoded.len() as f64 / items.len().max(1) as f64));
        Ok(codec)
    }

    fn chosen(&self) -> std::sync::MutexGuard<'_, Option<(Codec, f64)>> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an encoder of one thread keeps between chunks.
#[derive(Default)]
pub(super) struct Workspace {
    pub(super) scratch: Scratch,
    encoded: Vec<u8>,
}
