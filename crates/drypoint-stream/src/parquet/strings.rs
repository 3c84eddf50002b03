//! Strings one after the other, in buffers that are reused from batch to batch.

use drypoint_memory::{Buffer, MemoryConsumer};

use super::fault::{Decoded, Fault};
use crate::Text;

/// Room for this many bytes at first; a batch of short words needs no more.
const FIRST_BYTES: usize = 64 << 10;

/// A growing list of strings.
#[derive(Debug)]
pub(super) struct Strings {
    /// Whether they may be any bytes.
    raw: bool,
    consumer: MemoryConsumer,
    offsets: Buffer<i32>,
    bytes: Buffer<u8>,
    count: usize,
    length: usize,
}

impl Strings {
    /// What strings of `bytes` in all hold, after growing in steps.
    pub(super) fn bytes_for(count: usize, bytes: usize) -> usize {
        (count + 1) * size_of::<i32>() + bytes.saturating_mul(2).max(FIRST_BYTES)
    }

    /// Room for `count` strings.
    pub(super) fn new(consumer: &MemoryConsumer, count: usize, raw: bool) -> Decoded<Self> {
        let mut offsets = consumer.buffer(count + 1)?;
        offsets[0] = 0;
        let bytes = consumer.buffer(FIRST_BYTES)?;
        Ok(Self { raw, consumer: consumer.clone(), offsets, bytes, count: 0, length: 0 })
    }

    /// Forget all strings and make room for `count`.
    pub(super) fn clear(&mut self, count: usize) -> Decoded<()> {
        if self.offsets.len() <= count {
            self.offsets = self.consumer.buffer(count + 1)?;
            self.offsets[0] = 0;
        }
        (self.count, self.length) = (0, 0);
        Ok(())
    }

    /// Room for strings of `bytes` in all, where that is known.
    pub(super) fn reserve(&mut self, bytes: usize) -> Decoded<()> {
        if self.length == 0 && self.bytes.len() < bytes {
            self.bytes = self.consumer.buffer(bytes)?;
        }
        Ok(())
    }

    /// Append a string. Text that is not UTF-8 is made so, with a mark where bytes made no sense: old files hold text of
    /// other encodings, and a picture by category should not fail for it.
    pub(super) fn push(&mut self, word: &[u8]) -> Decoded<()> {
        if self.raw {
            return self.push_utf8(word);
        }
        match std::str::from_utf8(word) {
            Ok(_) => self.push_utf8(word),
            Err(_) => self.push_utf8(String::from_utf8_lossy(word).as_bytes()),
        }
    }

    /// Append a string that is known to be UTF-8, or may be anything.
    pub(super) fn push_utf8(&mut self, word: &[u8]) -> Decoded<()> {
        let length = self.length + word.len();
        let end = i32::try_from(length)
            .map_err(|_| Fault::Unsupported("a batch of more than 2 GiB of text or bytes".to_string()))?;
        if length > self.bytes.len() {
            let mut larger = self.consumer.buffer::<u8>(length.max(self.bytes.len() * 2))?;
            larger[..self.length].copy_from_slice(&self.bytes[..self.length]);
            self.bytes = larger;
        }
        self.bytes[self.length..length].copy_from_slice(word);
        self.length = length;
        self.count += 1;
        self.offsets[self.count] = end;
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn get(&self, index: usize) -> &[u8] {
        &self.bytes[self.offsets[index] as usize..self.offsets[index + 1] as usize]
    }

    pub(super) fn text(&self) -> Text<'_> {
        Text { offsets: &self.offsets[..=self.count], bytes: &self.bytes[..self.length] }
    }
}
