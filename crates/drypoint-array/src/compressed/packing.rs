//! How chunks are encoded: by a codec that was asked for, or by the one that suits what was seen last.

use std::sync::{Arc, Mutex, PoisonError};

use super::chunk::{Chunk, single_item};
use super::extents::Extents;
use super::layout::items_of;
use super::store::Store;
use crate::{Chunked, Codec, DType, Number, Result, Scratch, codec};

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

/// Before the first chunk a source is looked at in so many places, so many bytes in each.
const SAMPLES: usize = 4;
const SAMPLE_BYTES: usize = 64 << 10;
/// A row of chunks that are larger than this is not looked at before.
const MOST_SAMPLE_BYTES: usize = 1 << 20;

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

    /// Choose by samples from all over a source, if nobody chose before: its first chunk may be unlike the others.
    pub(super) fn prime(&self, source: &dyn Chunked, chunk: &[usize]) -> Result<()> {
        let (dtype, shape) = (source.dtype(), source.shape());
        if self.codec.is_some() || self.chosen().is_some() || items_of(shape).unwrap_or(0) == 0 {
            return Ok(());
        }
        let row =
            items_of(&chunk[1.min(chunk.len())..]).unwrap_or(usize::MAX).saturating_mul(dtype.item_bytes());
        let mut count = chunk.to_vec();
        if let Some(rows) = count.first_mut() {
            *rows = (SAMPLE_BYTES / row.max(1)).clamp(1, *rows);
        }
        let bytes = items_of(&count).unwrap_or(usize::MAX).saturating_mul(dtype.item_bytes());
        if bytes > MOST_SAMPLE_BYTES {
            return Ok(());
        }
        let mut scratch = Scratch::default();
        let mut samples = Vec::with_capacity(SAMPLES);
        for number in 0..SAMPLES {
            // Along the diagonal, at the beginnings of chunks.
            let start: Vec<usize> = (0..shape.len())
                .map(|axis| (shape[axis] - count[axis]) * number / (SAMPLES - 1) / chunk[axis] * chunk[axis])
                .collect();
            let mut items = vec![0; bytes];
            source.read(&start, &count, &mut scratch, &mut items)?;
            self.round(dtype, &mut items)?;
            samples.push(items);
        }
        let samples: Vec<&[u8]> = samples.iter().map(Vec::as_slice).collect();
        let codec = codec::choose(dtype, chunk, &samples);
        // How small the chunks become is learnt from the first of them.
        *self.chosen() = Some((codec, f64::INFINITY));
        Ok(())
    }

    /// Round items within the bound, if there is one. Of complex ones the distance counts, so each part gets its share.
    fn round(&self, dtype: &DType, items: &mut [u8]) -> Result<()> {
        let Some(max_error) = self.max_error else { return Ok(()) };
        let is_complex = matches!(dtype.number(), Number::Complex(_));
        let share = if is_complex { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
        codec::quantise(dtype, max_error * share, items)
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
        self.round(dtype, items)?;
        let extents = Extents::of(dtype, shape, items);
        if let Some(one) = single_item(items, dtype.item_bytes()) {
            return Ok(Chunk::constant(store, one, extents));
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
        Ok(Chunk::held(store, codec, stored, extents))
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
                if part.is_infinite() {
                    *self.chosen() = Some((codec, now));
                }
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
