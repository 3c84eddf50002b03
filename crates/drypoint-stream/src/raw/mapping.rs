//! A file seen as memory, a window at a time.
//!
//! The kernel counts mapped pages as resident in the process until they are unmapped or given back, so whoever walks
//! through a mapping says what comes next ([`Mapping::prepare`]) and what is done with ([`Mapping::release`]). Both only change
//! which pages are present, never what is read.

use std::fs::File;
use std::io;
use std::ops::Range;

use memmap2::Mmap;

/// The most that one fault brings in: a large folio of the page cache.
pub(crate) const LARGEST_FOLIO: usize = 2 << 20;

/// A read-only mapping of a whole file.
#[derive(Debug)]
pub(crate) struct Mapping {
    map: Mmap,
}

impl Mapping {
    /// Map all of `file`, as long as it is now.
    pub(crate) fn new(file: &File) -> io::Result<Mapping> {
        // SAFETY: the mapping is private and read-only, so nothing is written through it. That nobody else truncates or
        // rewrites the file meanwhile is for the user to guarantee, as with `numpy.memmap`: no file system can promise it.
        // A rewrite changes the numbers that are read; all types read from a mapping accept any bit pattern. A truncation
        // is caught by `prepare` before the pages are touched, save for a race of microseconds (decision 0005).
        let map = unsafe { Mmap::map(file)? };
        Ok(Mapping { map })
    }

    /// All bytes of the file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Bring the pages of `range` in with one call instead of a fault for every sixteen.
    ///
    /// # Errors
    /// Where pages cannot be had: the file became shorter, or the disk failed. Touching them would have killed the process.
    pub(crate) fn prepare(&self, range: Range<usize>) -> io::Result<()> {
        let range = self.clamp(range);
        if range.is_empty() {
            return Ok(());
        }
        #[cfg(target_os = "linux")]
        {
            let populated = self.map.advise_range(memmap2::Advice::PopulateRead, range.start, range.len());
            match populated {
                // A kernel before 5.14 does not know the advice; the pages then come in as they are touched.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
                populated => populated,
            }
        }
        #[cfg(not(target_os = "linux"))]
        Ok(())
    }

    /// Give the pages of `range` back, and those around it. They may be read again, at the price of a fault.
    ///
    /// Around it, since one fault brings in all of a large folio, of which no more than a page may lie in the range
    /// (measured: without this, 90 MB of a file of 400 MB stay resident with windows of 64 KiB).
    pub(crate) fn release(&self, range: Range<usize>) {
        let range =
            self.clamp(range.start.saturating_sub(LARGEST_FOLIO)..range.end.saturating_add(LARGEST_FOLIO));
        if range.is_empty() {
            return;
        }
        #[cfg(unix)]
        {
            // SAFETY: dropping pages of a read-only mapping of a file loses nothing: no page was ever written, and the next
            // access, by this thread or another, faults the same bytes in again.
            let released = unsafe {
                self.map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, range.start, range.len())
            };
            debug_assert!(released.is_ok(), "{released:?}");
        }
    }

    fn clamp(&self, range: Range<usize>) -> Range<usize> {
        range.start.min(self.map.len())..range.end.min(self.map.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn released_pages_read_the_same_again() {
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..100_000u32).map(|at| at as u8).collect();
        file.write_all(&bytes).unwrap();
        let mapping = Mapping::new(&file).unwrap();
        for range in [0..100_000, 5000..5001, 99_999..100_000, 7..7, 200_000..300_000] {
            mapping.prepare(range.clone()).unwrap();
            mapping.release(range);
            assert_eq!(mapping.bytes(), bytes);
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_file_that_became_shorter_is_an_error_before_it_is_a_signal() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[1; 100_000]).unwrap();
        let mapping = Mapping::new(&file).unwrap();
        file.set_len(10).unwrap();
        assert!(mapping.prepare(50_000..60_000).is_err());
    }
}
