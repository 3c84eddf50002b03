//! Where stored bytes go when memory is short: files without a name, under one limit.
//!
//! A file only grows, so there are several, and one that nobody refers to any more gives its room back. Each piece has a
//! checksum: a disk that forgets is told from a codec that fails, and costs only the piece.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use drypoint_memory::{Spill, SpillError, SpillRange};

use crate::{ArrayError, Result};

/// A file is left for the next one at this size, or at a 64th of the limit, so that there are never many.
const FILE_BYTES: u64 = 256 << 20;
const MOST_FILES: u64 = 64;

/// The limit where nobody set one and the system does not tell how much is free.
const UNKNOWN_LIMIT: u64 = 10_000_000_000;

/// A directory and a limit that spilled pieces share.
#[derive(Debug, Default)]
pub struct SpillSpace {
    settings: Mutex<Settings>,
    /// Where the next piece goes, as long as a piece is left in it.
    current: Mutex<Weak<SpillFile>>,
    used: Arc<AtomicU64>,
    trouble: Mutex<Option<String>>,
}

#[derive(Debug, Default, Clone)]
struct Settings {
    directory: Option<PathBuf>,
    limit: Option<u64>,
}

/// One file. The processes that a fork makes share it, and only the one that made it may append.
#[derive(Debug)]
struct SpillFile {
    spill: Spill,
    process: u32,
    used: Arc<AtomicU64>,
}

impl Drop for SpillFile {
    fn drop(&mut self) {
        if self.process == std::process::id() {
            self.used.fetch_sub(self.spill.written(), Ordering::Relaxed);
        }
    }
}

/// Bytes on disk. Dropping the last piece of a file gives the file's room back.
#[derive(Debug)]
pub struct SpilledPiece {
    file: Arc<SpillFile>,
    range: SpillRange,
    checksum: u32,
}

impl SpilledPiece {
    /// Bytes that were put, hence that are read back.
    pub fn bytes(&self) -> usize {
        self.range.bytes()
    }

    /// Read them back.
    ///
    /// # Errors
    /// [`ArrayError::Damaged`] if they are not what was put, [`ArrayError::Spill`] if the system refuses.
    pub fn read(&self, target: &mut [u8]) -> Result<()> {
        self.file.spill.read(self.range, target)?;
        let found = crc32c::crc32c(target);
        if found == self.checksum {
            return Ok(());
        }
        let what = format!("its checksum is {found:08x}, {:08x} was written", self.checksum);
        Err(ArrayError::Damaged { name: format!("a spilled block of {} B", target.len()), what })
    }
}

/// A file of one owner, who keeps where his pieces lie and looks after their checksums himself.
#[derive(Debug)]
pub struct SpillLog {
    space: Arc<SpillSpace>,
    file: Arc<SpillFile>,
}

impl SpillLog {
    /// Write `bytes` at the end, all or nothing.
    ///
    /// # Errors
    /// [`SpillError`]; what was written before stays readable.
    pub fn append(&self, bytes: &[u8]) -> std::result::Result<SpillRange, SpillError> {
        let (_, limit) = self.space.limits();
        self.space.noted(self.space.counted(bytes, limit, || self.file.spill.append(bytes)))
    }

    /// Read back what was written.
    ///
    /// # Errors
    /// [`SpillError`] if the system refuses.
    pub fn read(&self, range: SpillRange, target: &mut [u8]) -> std::result::Result<(), SpillError> {
        self.file.spill.read(range, target)
    }

    /// Bytes written so far.
    pub fn written(&self) -> u64 {
        self.file.spill.written()
    }
}

impl SpillSpace {
    /// A space of its own in `directory` (the system's for temporary files if `None`) of at most `limit` bytes (half of
    /// what is free there if `None`, looked up when it is needed).
    pub fn new(directory: Option<&Path>, limit: Option<u64>) -> Self {
        let space = Self::default();
        space.set(directory, limit);
        space
    }

    /// The space of the process.
    pub fn process() -> &'static Arc<Self> {
        static SPACE: OnceLock<Arc<SpillSpace>> = OnceLock::new();
        SPACE.get_or_init(Arc::default)
    }

    /// Spill to `directory` and up to `limit` from now on; see [`SpillSpace::new`]. What is spilled already stays where it
    /// is, and counts.
    pub fn set(&self, directory: Option<&Path>, limit: Option<u64>) {
        *locked(&self.settings) = Settings { directory: directory.map(Path::to_path_buf), limit };
        // The next piece looks at the directory again.
        *locked(&self.current) = Weak::new();
        self.settle();
    }

    /// The directory, and the bytes that may be written there in all.
    pub fn limits(&self) -> (PathBuf, u64) {
        let settings = locked(&self.settings).clone();
        let directory = settings.directory.unwrap_or_else(std::env::temp_dir);
        let limit = settings
            .limit
            .unwrap_or_else(|| free_bytes(&directory).map_or(UNKNOWN_LIMIT, |free| (free + self.used()) / 2));
        (directory, limit)
    }

    /// Bytes on disk now.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Write `bytes`, all or nothing.
    ///
    /// # Errors
    /// [`SpillError`]; what was put before stays readable.
    pub fn put(&self, bytes: &[u8]) -> std::result::Result<SpilledPiece, SpillError> {
        self.noted(self.try_put(bytes))
    }

    /// Whether the last attempt to spill succeeded is told to whoever is refused memory because of it.
    fn noted<T>(&self, written: std::result::Result<T, SpillError>) -> std::result::Result<T, SpillError> {
        match &written {
            Ok(_) => self.settle(),
            Err(error) => *locked(&self.trouble) = Some(error.to_string()),
        }
        written
    }

    fn try_put(&self, bytes: &[u8]) -> std::result::Result<SpilledPiece, SpillError> {
        let (directory, limit) = self.limits();
        self.counted(bytes, limit, || {
            let file = self.file(&directory, limit)?;
            let range = file.spill.append(bytes)?;
            Ok(SpilledPiece { file, range, checksum: crc32c::crc32c(bytes) })
        })
    }

    /// A file for one owner, in the directory and under the limit of this space.
    ///
    /// # Errors
    /// [`SpillError`] if there can be none in the directory.
    pub fn log(self: &Arc<Self>) -> std::result::Result<SpillLog, SpillError> {
        let (directory, _) = self.limits();
        // Nothing is spilled by it yet: only a failure is noted.
        let file = self.create(&directory).or_else(|error| self.noted(Err(error)))?;
        Ok(SpillLog { space: self.clone(), file: Arc::new(file) })
    }

    /// Count `bytes` among those on disk if `write` succeeds.
    fn counted<T>(
        &self,
        bytes: &[u8],
        limit: u64,
        write: impl FnOnce() -> std::result::Result<T, SpillError>,
    ) -> std::result::Result<T, SpillError> {
        let (requested, more) = (bytes.len(), bytes.len() as u64);
        let counted = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(more).filter(|&sum| sum <= limit)
        });
        if let Err(written) = counted {
            return Err(SpillError::LimitExceeded { requested, written, limit });
        }
        let written = write();
        if written.is_err() {
            self.used.fetch_sub(more, Ordering::Relaxed);
        }
        written
    }

    /// Why the last attempt to spill failed, if nothing was spilled since.
    pub fn trouble(&self) -> Option<String> {
        locked(&self.trouble).clone()
    }

    /// `error` with the reason that kept memory from being made free by spilling, if there is one.
    pub(crate) fn explain(&self, error: ArrayError) -> ArrayError {
        match (error, self.trouble()) {
            (ArrayError::Budget(budget), Some(spill)) => ArrayError::NotSpilled { budget, spill },
            (error, _) => error,
        }
    }

    fn settle(&self) {
        locked(&self.trouble).take();
    }

    fn file(&self, directory: &Path, limit: u64) -> std::result::Result<Arc<SpillFile>, SpillError> {
        let mut current = locked(&self.current);
        let whole = FILE_BYTES.max(limit / MOST_FILES);
        if let Some(file) = current.upgrade()
            && file.process == std::process::id()
            && file.spill.written() < whole
        {
            return Ok(file);
        }
        let file = Arc::new(self.create(directory)?);
        *current = Arc::downgrade(&file);
        Ok(file)
    }

    fn create(&self, directory: &Path) -> std::result::Result<SpillFile, SpillError> {
        let spill = Spill::create(Some(directory), u64::MAX)?;
        Ok(SpillFile { spill, process: std::process::id(), used: self.used.clone() })
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each of them is a plain value that is replaced whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(target_os = "linux")]
fn free_bytes(directory: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(directory).ok()?;
    told.f_bavail.checked_mul(told.f_frsize)
}

#[cfg(not(target_os = "linux"))]
fn free_bytes(_directory: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_read_and_its_room_comes_back() {
        let space = SpillSpace::new(None, Some(1000));
        let pieces: Vec<_> = (0u8..9).map(|n| space.put(&[n; 100]).unwrap()).collect();
        assert_eq!(space.used(), 900);
        for (n, piece) in pieces.iter().enumerate() {
            let mut bytes = [0xff; 100];
            piece.read(&mut bytes).unwrap();
            assert_eq!(bytes, [n as u8; 100]);
        }
        let refused = space.put(&[0; 101]).unwrap_err();
        assert!(matches!(refused, SpillError::LimitExceeded { requested: 101, written: 900, limit: 1000 }));
        assert!(space.trouble().unwrap().contains("the disk limit of 1000 B"));
        drop(pieces);
        assert_eq!(space.used(), 0);
        space.set(None, Some(1001));
        assert_eq!((space.used(), space.trouble()), (0, None));
    }

    #[test]
    fn a_directory_that_vanished_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let space = SpillSpace::new(Some(directory.path()), Some(1000));
        let kept = space.put(&[7; 10]).unwrap();
        let path = directory.path().to_path_buf();
        drop(directory);
        space.set(Some(&path), Some(1000));
        assert!(matches!(space.put(&[1; 10]), Err(SpillError::Io { directory, .. }) if directory == path));
        let mut bytes = [0; 10];
        kept.read(&mut bytes).unwrap();
        assert_eq!((bytes, space.used()), ([7; 10], 10));
    }

    #[test]
    fn a_checksum_that_does_not_fit_is_damage() {
        let space = SpillSpace::new(None, Some(1000));
        let mut piece = space.put(&[7; 10]).unwrap();
        piece.checksum ^= 1;
        assert!(matches!(piece.read(&mut [0; 10]), Err(ArrayError::Damaged { .. })));
    }
}
