//! Where the bytes of a body come from: a file read by position, or what was kept of a stream.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use drypoint_memory::{Buffer, read_exact_at};

/// Bytes that can be read at any place.
pub(super) trait Store: Send + Sync {
    /// Fill `out` with the bytes from `at`.
    fn read_at(&self, at: u64, out: &mut [u8]) -> io::Result<()>;
}

impl Store for File {
    fn read_at(&self, at: u64, out: &mut [u8]) -> io::Result<()> {
        read_exact_at(self, out, at)
    }
}

/// The parts of a stream's body that were asked for.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Where each part begins in the body, ascending.
    pub(super) parts: Vec<(u64, Buffer<u8>)>,
}

impl Store for Kept {
    fn read_at(&self, at: u64, out: &mut [u8]) -> io::Result<()> {
        // Empty buffers are not kept.
        if out.is_empty() {
            return Ok(());
        }
        let after = self.parts.partition_point(|(start, _)| *start <= at);
        let part = after.checked_sub(1).and_then(|index| self.parts.get(index));
        let found = part.and_then(|(start, bytes)| {
            let start = usize::try_from(at - start).ok()?;
            bytes.get(start..start.checked_add(out.len())?)
        });
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// A stretch of a store, read from its beginning to its end.
pub(super) struct Forward {
    pub(super) store: Arc<dyn Store>,
    pub(super) at: u64,
    pub(super) end: u64,
}

impl Read for Forward {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let len = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(out.len());
        self.store.read_at(self.at, &mut out[..len])?;
        self.at += len as u64;
        Ok(len)
    }
}
