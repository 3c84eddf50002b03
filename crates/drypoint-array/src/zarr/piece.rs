//! Encoded bytes: a stretch of a file, or memory. Reads are positioned, so that threads can share a file.

use std::fs::{File, Metadata};
use std::ops::Deref;
#[cfg(unix)]
use std::os::unix::fs::MetadataExt;
use std::time::SystemTime;

use drypoint_memory::{Buffer, MemoryConsumer, read_exact_at};

use super::fault::{Result, damaged};

/// Where encoded bytes are.
#[derive(Clone, Copy)]
pub(super) enum Piece<'a> {
    File { file: &'a File, version: Version, offset: u64, bytes: u64 },
    Memory(&'a [u8]),
}

/// Which file it is, and as of when: another one under its name, or one that was written to, has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    file: (u64, u64),
    written: Option<SystemTime>,
    bytes: u64,
}

impl Version {
    fn of(about: &Metadata) -> Self {
        #[cfg(unix)]
        let file = (about.dev(), about.ino());
        #[cfg(not(unix))]
        let file = (0, 0);
        Self { file, written: about.modified().ok(), bytes: about.len() }
    }
}

/// Bytes that were read, or were there.
pub(super) enum Held<'a> {
    Read(Buffer<u8>),
    Lent(&'a [u8]),
}

impl Deref for Held<'_> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Self::Read(buffer) => buffer,
            Self::Lent(bytes) => bytes,
        }
    }
}

impl<'a> Piece<'a> {
    /// The whole of an open file.
    pub(super) fn of(file: &'a File) -> Result<Self> {
        let about = file.metadata()?;
        Ok(Self::File { file, version: Version::of(&about), offset: 0, bytes: about.len() })
    }

    /// How many there are.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::File { bytes, .. } => *bytes,
            Self::Memory(bytes) => bytes.len() as u64,
        }
    }

    /// A stretch of it.
    pub(super) fn stretch(&self, first: u64, length: u64) -> Result<Self> {
        let end = first.checked_add(length).filter(|end| *end <= self.bytes()).ok_or_else(|| {
            damaged(format!("{length} B at {first} B lie outside of its {} B", self.bytes()))
        })?;
        Ok(match self {
            Self::File { file, version, offset, .. } => {
                Self::File { file, version: *version, offset: offset + first, bytes: length }
            }
            // Within the memory, so within usize.
            Self::Memory(bytes) => Self::Memory(&bytes[first as usize..end as usize]),
        })
    }

    /// All of them, in a buffer of `consumer` where they are not in memory.
    pub(super) fn read(&self, consumer: &MemoryConsumer) -> Result<Held<'a>> {
        match *self {
            Self::Memory(bytes) => Ok(Held::Lent(bytes)),
            Self::File { file, offset, bytes, .. } => {
                let length = usize::try_from(bytes)
                    .map_err(|_| damaged(format!("{bytes} B are more than can be addressed")))?;
                let mut buffer = consumer.buffer(length)?;
                read_exact_at(file, &mut buffer, offset)?;
                Ok(Held::Read(buffer))
            }
        }
    }

    /// All of them, to where they belong; as many as there are.
    pub(super) fn read_into(&self, out: &mut [u8]) -> Result<()> {
        match *self {
            Self::Memory(bytes) => out.copy_from_slice(bytes),
            Self::File { file, offset, .. } => read_exact_at(file, out, offset)?,
        }
        Ok(())
    }
}
