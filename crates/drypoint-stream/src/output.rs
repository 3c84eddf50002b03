//! A file that appears whole or not at all, whatever ends its writing.
//!
//! On Linux it has no name while it is written (`O_TMPFILE`), so that even a killed process leaves nothing behind.
//! Elsewhere, and on file systems without such files, it is a temporary file beside its target.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

const BUFFER_BYTES: usize = 1 << 16;

/// A file being written, which takes its name by [`OutputFile::commit`]; dropped before, it never was.
#[derive(Debug)]
pub struct OutputFile {
    out: BufWriter<File>,
    target: PathBuf,
    place: Place,
}

/// Where the bytes are until they are committed.
#[derive(Debug)]
enum Place {
    /// A device or a pipe has no second place.
    Target,
    /// In a file without a name.
    #[cfg(target_os = "linux")]
    Unnamed,
    /// In a temporary file beside the target.
    Named(TempPath),
}

impl OutputFile {
    /// Begin a file that will be `path`, or replace it. Through a symbolic link the file behind it is replaced, not
    /// the link; a device or a pipe is written as it is.
    ///
    /// # Errors
    /// What the system says of the folder, and that a folder is no file.
    pub fn create(path: &Path) -> io::Result<Self> {
        let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let (file, place) = if is_stream(&target) {
            (OpenOptions::new().write(true).open(&target)?, Place::Target)
        } else if target.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        } else {
            beside(&target)?
        };
        Ok(Self { out: BufWriter::with_capacity(BUFFER_BYTES, file), target, place })
    }

    /// Whether [`OutputFile::create`] would succeed; for use before long work. A device or a pipe is not opened: its
    /// reader would see an end.
    ///
    /// # Errors
    /// Those of [`OutputFile::create`].
    pub fn check(path: &Path) -> io::Result<()> {
        if is_stream(path) { Ok(()) } else { Self::create(path).map(drop) }
    }

    /// Bring every byte to the disk, and only then the file under its name.
    ///
    /// # Errors
    /// What the system says; the target is then as it was before.
    pub fn commit(self) -> io::Result<()> {
        let Self { out, target, place } = self;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        match place {
            Place::Target => Ok(()),
            #[cfg(target_os = "linux")]
            Place::Unnamed => {
                file.sync_all()?;
                unnamed::link(&file, &target)
            }
            Place::Named(path) => {
                file.sync_all()?;
                Ok(path.persist(target)?)
            }
        }
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Whether there is something under this name that cannot be replaced by a file: a device, a pipe, a socket.
fn is_stream(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

fn folder(target: &Path) -> &Path {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn temporary<'p>() -> tempfile::Builder<'p, 'p> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".drypoint-").suffix(".part");
    // What any new file gets; a temporary one is private otherwise.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

fn beside(target: &Path) -> io::Result<(File, Place)> {
    #[cfg(target_os = "linux")]
    if let Some(file) = unnamed::create(folder(target)) {
        return Ok((file, Place::Unnamed));
    }
    // The kind alone: the messages of `tempfile` name the file beside the target.
    let made = temporary().tempfile_in(folder(target)).map_err(|error| io::Error::from(error.kind()))?;
    let (file, path) = made.into_parts();
    Ok((file, Place::Named(path)))
}

#[cfg(target_os = "linux")]
mod unnamed {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd;
    use std::path::{Path, PathBuf};

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};

    /// A file of this folder without a name; None where there are none, or where it could never get one.
    pub(super) fn create(folder: &Path) -> Option<File> {
        let mode = Mode::from_raw_mode(0o666);
        let file = File::from(open(folder, OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC, mode).ok()?);
        own_path(&file).exists().then_some(file)
    }

    /// Give the file its name.
    pub(super) fn link(file: &File, target: &Path) -> io::Result<()> {
        let own = own_path(file);
        let link =
            |path: &Path| -> io::Result<()> { Ok(linkat(CWD, &own, CWD, path, AtFlags::SYMLINK_FOLLOW)?) };
        match link(target) {
            // Only a file with a name can take the place of another: it has one of its own for this instant.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let named = super::temporary().make_in(super::folder(target), link)?;
                Ok(named.into_temp_path().persist(target)?)
            }
            done => done,
        }
    }

    /// `/proc` is the one way to a file without a name that needs no privilege.
    fn own_path(file: &File) -> PathBuf {
        format!("/proc/self/fd/{}", file.as_raw_fd()).into()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn listed(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The way of poorer systems.
    fn named(target: &Path) -> io::Result<OutputFile> {
        let (file, path) = temporary().tempfile_in(folder(target))?.into_parts();
        let (out, place) = (BufWriter::new(file), Place::Named(path));
        Ok(OutputFile { out, target: target.to_path_buf(), place })
    }

    const WAYS: [fn(&Path) -> io::Result<OutputFile>; 2] = [OutputFile::create, named];

    #[test]
    fn a_file_is_new_or_replaced_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.png");
        for (round, create) in WAYS.into_iter().chain(WAYS).enumerate() {
            let mut output = create(&target).unwrap();
            write!(output, "round {round}").unwrap();
            output.commit().unwrap();
            assert_eq!(fs::read_to_string(&target).unwrap(), format!("round {round}"));
            assert_eq!(listed(folder.path()), ["a.png"]);
        }
    }

    #[test]
    fn dropped_before_it_is_whole_it_never_was() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.png");
        for create in WAYS {
            let mut output = create(&target).unwrap();
            output.write_all(&[7; 3 * BUFFER_BYTES]).unwrap();
        }
        assert!(listed(folder.path()).is_empty());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn it_has_no_name_before_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut output = OutputFile::create(&folder.path().join("a.png")).unwrap();
        output.write_all(&[7; 3 * BUFFER_BYTES]).unwrap();
        if matches!(output.place, Place::Unnamed) {
            assert!(listed(folder.path()).is_empty());
        }
    }

    #[test]
    fn a_folder_is_refused_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(OutputFile::create(folder.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        let missing = folder.path().join("no/such/a.png");
        assert_eq!(OutputFile::check(&missing).unwrap_err().kind(), io::ErrorKind::NotFound);
        OutputFile::check(&folder.path().join("a.png")).unwrap();
        assert!(listed(folder.path()).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_as_it_is_and_a_full_one_tells() {
        let mut output = OutputFile::create(Path::new("/dev/null")).unwrap();
        output.write_all(b"gone").unwrap();
        output.commit().unwrap();
        if cfg!(target_os = "linux") {
            let mut output = OutputFile::create(Path::new("/dev/full")).unwrap();
            output.write_all(b"too much").unwrap();
            assert_eq!(output.commit().unwrap_err().kind(), io::ErrorKind::StorageFull);
        }
    }
}
