//! A folder that appears whole or not at all: it is written under a name of its own beside its place, and moved there.
//!
//! Who writes holds a lock on it, which ends with the process however that ends. So what a killed process left behind is
//! known by being unlocked, and the next one that writes beside it removes it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

/// What all names begin with under which something is written that is not whole yet, and what those of folders end with.
pub(crate) const UNFINISHED: &str = ".drypoint-";
const FOLDER: &str = ".part";

/// A folder being written, which takes its name by [`NewFolder::commit`]; dropped before, it never was.
#[derive(Debug)]
pub struct NewFolder {
    target: PathBuf,
    replace: bool,
    /// Removed on drop, unless it was moved.
    place: Option<PathBuf>,
    /// Locked as long as it is open.
    _lock: Option<fs::File>,
}

impl NewFolder {
    /// Begin a folder that will be `target`. What is there already is refused, or with `replace` gives way at the end.
    ///
    /// # Errors
    /// What the system says of the place.
    pub fn create(target: &Path, replace: bool) -> io::Result<Self> {
        if fs::symlink_metadata(target).is_ok() && !replace {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let mut folder = Self::over_empty(target)?;
        folder.replace = replace;
        Ok(folder)
    }

    /// Begin a folder that will be `target`, where at the end there must be nothing, or a folder without contents.
    ///
    /// # Errors
    /// What the system says of the place.
    pub fn over_empty(target: &Path) -> io::Result<Self> {
        let parent =
            target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if target.file_name().is_none() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no name for a folder"));
        }
        clear(parent);
        let (place, lock) = locked_beside(parent)?;
        Ok(Self { target: target.to_path_buf(), replace: false, place: Some(place), _lock: lock })
    }

    /// Where its files are to be written until then.
    pub fn path(&self) -> &Path {
        self.place.as_deref().unwrap_or(&self.target)
    }

    /// Bring every byte to the disk, and only then the folder under its name.
    ///
    /// # Errors
    /// What the system says; nothing has that name then that had it not before.
    pub fn commit(mut self) -> io::Result<()> {
        sync(self.path())?;
        let Some(place) = &self.place else { return Ok(()) };
        if !self.replace || fs::symlink_metadata(&self.target).is_err() {
            fs::rename(place, &self.target)?;
        } else if exchange(place, &self.target).is_ok() {
            // What was there is in our place now, and goes with it.
            return Ok(());
        } else {
            let old = beside(self.target.parent().unwrap_or(Path::new(".")))?;
            let _gone = RemovedLater(old.clone());
            fs::rename(&self.target, old.join("old"))?;
            if let Err(error) = fs::rename(place, &self.target) {
                fs::rename(old.join("old"), &self.target)?;
                return Err(error);
            }
        }
        self.place = None;
        Ok(())
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            drop(RemovedLater(place));
        }
    }
}

/// Removes a folder with all that is in it; there is nobody to tell if that fails.
struct RemovedLater(PathBuf);

impl Drop for RemovedLater {
    fn drop(&mut self) {
        let removed = fs::remove_dir_all(&self.0);
        if removed.is_err() {
            let _ = fs::remove_file(&self.0);
        }
    }
}

/// A new folder with a name that nobody has, and the rights that any new folder gets.
fn beside(parent: &Path) -> io::Result<PathBuf> {
    let made = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .suffix(FOLDER)
        .make_in(parent, |path| fs::create_dir(path));
    // The kind alone: the messages of `tempfile` name the folder beside the target.
    let made = made.map_err(|error| io::Error::from(error.kind()))?;
    // It is a folder, so it is not to be removed as a file is.
    TempPath::keep(made.into_temp_path()).map_err(|error| error.error)
}

/// The same with a lock on it, where the file system has locks.
fn locked_beside(parent: &Path) -> io::Result<(PathBuf, Option<fs::File>)> {
    loop {
        let place = beside(parent)?;
        let lock = locked(&place, true);
        // Somebody may have cleared it away before it was locked.
        if place.exists() {
            return Ok((place, lock));
        }
    }
}

/// Remove what processes left behind that were ended while they wrote. What cannot be locked is somebody's, or is left.
fn clear(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ours = name.as_encoded_bytes().strip_prefix(UNFINISHED.as_bytes());
        let is_folder = || entry.file_type().is_ok_and(|kind| kind.is_dir());
        if ours.is_some_and(|rest| rest.ends_with(FOLDER.as_bytes())) && is_folder() {
            let place = entry.path();
            if let Some(_lock) = locked(&place, false) {
                drop(RemovedLater(place));
            }
        }
    }
}

/// A lock on a folder, where there are locks. If somebody else has one, it is waited for, or there is none.
#[cfg(target_os = "linux")]
fn locked(folder: &Path, wait: bool) -> Option<fs::File> {
    use rustix::fs::{FlockOperation, flock};
    let opened = fs::File::open(folder).ok()?;
    let how = if wait { FlockOperation::LockExclusive } else { FlockOperation::NonBlockingLockExclusive };
    flock(&opened, how).ok()?;
    Some(opened)
}

#[cfg(not(target_os = "linux"))]
fn locked(_: &Path, _: bool) -> Option<fs::File> {
    None
}

/// Let two folders change their names in one step, where the system can.
#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// One call for thousands of small files, which costs far less than one for each.
#[cfg(target_os = "linux")]
fn sync(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(fs::File::open(folder)?)?)
}

#[cfg(not(target_os = "linux"))]
fn sync(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync(&entry.path())?
        } else {
            fs::File::open(entry.path())?.sync_all()?
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_is_new_or_replaced_and_nothing_stays_beside_it() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("a.zarr");
        for round in ["one", "two"] {
            let folder = NewFolder::create(&target, true).unwrap();
            fs::create_dir(folder.path().join("c")).unwrap();
            fs::write(folder.path().join("c").join(round), round).unwrap();
            folder.commit().unwrap();
            assert_eq!(listed(parent.path()), ["a.zarr"]);
            assert_eq!(listed(&target.join("c")), [round]);
        }
        fs::remove_dir_all(&target).unwrap();
        fs::write(&target, "a file").unwrap();
        NewFolder::create(&target, true).unwrap().commit().unwrap();
        assert!(target.is_dir());
        assert_eq!(listed(parent.path()), ["a.zarr"]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_nobody_writes_any_more_is_cleared_away() {
        let parent = tempfile::tempdir().unwrap();
        let left = parent.path().join(".drypoint-abc.part");
        fs::create_dir_all(left.join("c/0")).unwrap();
        fs::write(left.join("c/0/0"), "a chunk").unwrap();
        fs::write(parent.path().join(".drypoint-a.part"), "a file, of somebody else's").unwrap();
        fs::create_dir(parent.path().join("drypoint.part")).unwrap();
        let one = NewFolder::create(&parent.path().join("a.zarr"), false).unwrap();
        assert!(!left.exists());
        // Those that are being written stay, in this process and in others.
        let two = NewFolder::create(&parent.path().join("b.zarr"), false).unwrap();
        assert!(one.path().exists());
        one.commit().unwrap();
        two.commit().unwrap();
        assert_eq!(listed(parent.path()), [".drypoint-a.part", "a.zarr", "b.zarr", "drypoint.part"]);
    }

    #[test]
    fn dropped_before_it_is_whole_it_never_was() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("a.zarr");
        let folder = NewFolder::create(&target, false).unwrap();
        fs::write(folder.path().join("zarr.json"), "{}").unwrap();
        drop(folder);
        assert!(listed(parent.path()).is_empty());
        fs::create_dir(&target).unwrap();
        assert_eq!(NewFolder::create(&target, false).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(listed(parent.path()), ["a.zarr"]);
        assert!(NewFolder::create(&parent.path().join("no/such/a.zarr"), false).is_err());
        assert!(NewFolder::create(Path::new("/"), true).is_err());
    }
}
