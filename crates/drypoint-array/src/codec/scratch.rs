//! What one thread keeps between chunks, so that the steady state allocates nothing of its own.

use super::ans::Workspace;

/// Bytes at the alignment of the widest number; they grow and never shrink.
#[derive(Default)]
pub(super) struct Words(Vec<u64>);

impl Words {
    pub(super) fn bytes(&self, bytes: usize) -> &[u8] {
        &bytemuck::cast_slice(&self.0)[..bytes]
    }

    /// The first `bytes`, whatever they hold.
    pub(super) fn bytes_mut(&mut self, bytes: usize) -> &mut [u8] {
        let words = bytes.div_ceil(8);
        if self.0.len() < words {
            self.0.resize(words, 0);
        }
        &mut bytemuck::cast_slice_mut(&mut self.0)[..bytes]
    }

    fn held_bytes(&self) -> usize {
        8 * self.0.capacity()
    }
}

/// What an encoder or decoder of one thread keeps between chunks.
#[derive(Default)]
pub struct Scratch {
    pub(super) items: Words,
    pub(super) filtered: Words,
    pub(super) packed: Words,
    pub(super) compressor: Option<(i32, zstd::bulk::Compressor<'static>)>,
    pub(super) decompressor: Option<zstd::bulk::Decompressor<'static>>,
    pub(super) lz4: Option<lz4_flex::block::CompressTable>,
    pub(super) pco: pco::DecompressorScratch,
    pub(super) ans: Workspace,
}

impl Scratch {
    /// Bytes held between chunks, apart from what Zstandard's contexts hold (a few megabytes, by level): they grow to about
    /// three of the largest chunk; with `ans` to nine bytes for each of its numbers more.
    pub fn held_bytes(&self) -> usize {
        self.items.held_bytes()
            + self.filtered.held_bytes()
            + self.packed.held_bytes()
            + self.ans.held_bytes()
    }

    /// Give back all that is held.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
