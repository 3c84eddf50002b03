//! Reads at a place, never from a shared offset.
//!
//! A handle duplicated between threads shares one offset, so seeking and reading through it gives garbage (the
//! `parquet` crate's reader for `File` does that). A mapping would turn a file that is cut while it is read into
//! a SIGBUS; a positioned read turns it into an error.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use drypoint_memory::read_exact_at;

/// An open file that several threads may read at once.
#[derive(Debug)]
pub(super) struct PositionedFile {
    file: File,
    stamp: Stamp,
}

/// What tells a file from another of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) length: u64,
    modified: Option<SystemTime>,
}

impl PositionedFile {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory"));
        }
        // Not every system keeps the time of change; then the length alone has to do.
        let stamp = Stamp { length: metadata.len(), modified: metadata.modified().ok() };
        Ok(Self { file, stamp })
    }

    pub(super) fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Fill `bytes` from `offset` on.
    pub(super) fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        read_exact_at(&self.file, bytes, offset)
    }
}
