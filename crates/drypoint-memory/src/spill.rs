//! Bytes moved to disk to make room, and read back.
//!
//! The file has no name from the moment it exists, so whatever ends the process also ends the file. What is written
//! is the caller's affair, compressed or not; here it is only kept, and counted against a limit.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::positioned::{read_exact_at, write_all_at};

/// A file without a name that grows at its end and is read anywhere. Shared by threads; reads do not wait for writes.
#[derive(Debug)]
pub struct Spill {
    file: File,
    directory: PathBuf,
    limit: u64,
    /// Where the next append begins. The lock is held while writing: a disk takes one thing at a time anyway.
    end: Mutex<u64>,
}

/// Where one append lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpillRange {
    offset: u64,
    bytes: usize,
}

impl SpillRange {
    /// A range as it was written down elsewhere, in another append for example. Reading checks that it is there.
    pub fn new(offset: u64, bytes: usize) -> Self {
        Self { offset, bytes }
    }

    /// Where it begins.
    pub fn offset(self) -> u64 {
        self.offset
    }

    /// Bytes that were appended, hence that are read back.
    pub fn bytes(self) -> usize {
        self.bytes
    }
}

/// Why bytes could not be moved to disk or back. Whatever was written before is still there to be read.
#[derive(Debug, thiserror::Error)]
pub enum SpillError {
    /// The limit of this spill would be passed.
    #[error("spilling {requested} B would pass the disk limit of {limit} B, of which {written} B is used")]
    LimitExceeded {
        /// Bytes that were to be written.
        requested: usize,
        /// Bytes written before.
        written: u64,
        /// The limit.
        limit: u64,
    },
    /// The disk is full.
    #[error("{} is full: {requested} B could not be spilled after {written} B", directory.display())]
    DiskFull {
        /// Where the file is.
        directory: PathBuf,
        /// Bytes that were to be written.
        requested: usize,
        /// Bytes written before.
        written: u64,
    },
    /// The system refused something else.
    #[error("cannot spill in {}: {error}", directory.display())]
    Io {
        /// Where the file is.
        directory: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A range that is not of this spill, or a target of another length.
    #[error("{bytes} B at {offset} are not {target} B among the {written} B of this spill")]
    NoSuchRange {
        /// Where the range begins.
        offset: u64,
        /// Its length.
        bytes: usize,
        /// Length of the target.
        target: usize,
        /// Bytes written so far.
        written: u64,
    },
}

impl Spill {
    /// An empty spill of at most `limit` bytes in `directory`, or in the system's directory for temporary files.
    /// (Mind that some systems hold that one in memory.)
    pub fn create(directory: Option<&Path>, limit: u64) -> Result<Self, SpillError> {
        let directory = directory.map_or_else(std::env::temp_dir, Path::to_path_buf);
        match tempfile::tempfile_in(&directory) {
            Ok(file) => Ok(Self::over(file, directory, limit)),
            Err(error) => Err(SpillError::Io { directory, error }),
        }
    }

    fn over(file: File, directory: PathBuf, limit: u64) -> Self {
        Self { file, directory, limit, end: Mutex::new(0) }
    }

    /// Bytes that may be written in all.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Bytes written so far.
    pub fn written(&self) -> u64 {
        *self.end()
    }

    /// Write all of `bytes` at the end, or nothing.
    pub fn append(&self, bytes: &[u8]) -> Result<SpillRange, SpillError> {
        let mut end = self.end();
        let (written, requested) = (*end, bytes.len());
        let next = written.checked_add(requested as u64).filter(|&next| next <= self.limit);
        let Some(next) = next else {
            return Err(SpillError::LimitExceeded { requested, written, limit: self.limit });
        };
        write_all_at(&self.file, bytes, written).map_err(|error| {
            // What was written of it is in nobody's way, but should not fill the disk further. If the system does not
            // even cut a file, the next append overwrites it.
            self.file.set_len(written).ok();
            match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::WriteZero => {
                    SpillError::DiskFull { directory: self.directory.clone(), requested, written }
                }
                _ => self.io(error),
            }
        })?;
        *end = next;
        Ok(SpillRange { offset: written, bytes: requested })
    }

    /// Read an append back into `target`, which is as long as the append was.
    pub fn read(&self, range: SpillRange, target: &mut [u8]) -> Result<(), SpillError> {
        let SpillRange { offset, bytes } = range;
        let written = self.written();
        if target.len() != bytes || offset.checked_add(bytes as u64).is_none_or(|end| end > written) {
            return Err(SpillError::NoSuchRange { offset, bytes, target: target.len(), written });
        }
        read_exact_at(&self.file, target, offset).map_err(|error| self.io(error))
    }

    fn io(&self, error: io::Error) -> SpillError {
        SpillError::Io { directory: self.directory.clone(), error }
    }

    fn end(&self) -> std::sync::MutexGuard<'_, u64> {
        // A panic while writing leaves the end where it was, which is right.
        self.end.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_appended_is_read_back() {
        let spill = Spill::create(None, 1 << 20).unwrap();
        let ranges: Vec<_> =
            (0u8..50).map(|n| spill.append(&vec![n; usize::from(n) * 100]).unwrap()).collect();
        for (n, &range) in ranges.iter().enumerate().rev() {
            let mut target = vec![0xff; range.bytes()];
            spill.read(range, &mut target).unwrap();
            assert_eq!(target, vec![n as u8; n * 100]);
        }
        assert_eq!(spill.written(), (0..50).sum::<u64>() * 100);
    }

    #[test]
    fn the_limit_refuses_and_loses_nothing() {
        let spill = Spill::create(None, 100).unwrap();
        let kept = spill.append(&[1; 90]).unwrap();
        let refused = spill.append(&[2; 11]).unwrap_err();
        assert!(matches!(refused, SpillError::LimitExceeded { requested: 11, written: 90, limit: 100 }));
        spill.append(&[3; 10]).unwrap();
        let mut target = [0; 90];
        spill.read(kept, &mut target).unwrap();
        assert_eq!(target, [1; 90]);
    }

    #[test]
    fn a_range_of_another_spill_is_refused() {
        let (long, short) = (Spill::create(None, 100).unwrap(), Spill::create(None, 100).unwrap());
        let range = long.append(&[1; 50]).unwrap();
        short.append(&[1; 40]).unwrap();
        assert!(matches!(short.read(range, &mut [0; 50]), Err(SpillError::NoSuchRange { written: 40, .. })));
        assert!(matches!(long.read(range, &mut [0; 49]), Err(SpillError::NoSuchRange { target: 49, .. })));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_and_nothing_counts_as_written() {
        let full = File::options().read(true).write(true).open("/dev/full").unwrap();
        let spill = Spill::over(full, "/dev".into(), u64::MAX);
        assert!(matches!(
            spill.append(&[1; 10]),
            Err(SpillError::DiskFull { requested: 10, written: 0, .. })
        ));
        assert_eq!(spill.written(), 0);
    }

    #[test]
    fn no_file_can_be_seen() {
        let directory = tempfile::tempdir().unwrap();
        let spill = Spill::create(Some(directory.path()), 100).unwrap();
        spill.append(&[1; 10]).unwrap();
        if cfg!(unix) {
            assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        }
        let missing = directory.path().join("missing");
        assert!(matches!(Spill::create(Some(&missing), 1), Err(SpillError::Io { .. })));
    }
}
