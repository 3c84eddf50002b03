//! A folder of tiles, `{z}/{x}/{y}.png`, as web maps read it; it takes its name when it is whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::TileSink;
use crate::{FigureError, Result};

/// A folder that is being filled, beside where it will be. Dropped before it is finished, it is removed.
#[derive(Debug)]
pub struct FolderSink {
    target: PathBuf,
    partial: PathBuf,
    /// The last folder made, which most tiles are in.
    last: Option<(u32, u64)>,
    finished: bool,
}

impl FolderSink {
    /// Begin a folder that will be `target`, which must not exist, or be empty.
    ///
    /// # Errors
    /// [`FigureError::Io`]
    pub fn create(target: &Path) -> Result<Self> {
        let io = |error| FigureError::Io { path: target.to_path_buf(), error };
        let occupied = match fs::read_dir(target) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(io(error)),
        };
        if occupied {
            return Err(io(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "there is such a folder, and it is not empty",
            )));
        }
        let name =
            target.file_name().ok_or_else(|| io(io::ErrorKind::InvalidInput.into()))?.to_string_lossy();
        let partial = target.with_file_name(format!(".{name}-{}.part", std::process::id()));
        fs::create_dir(&partial).map_err(io)?;
        Ok(Self { target: target.to_path_buf(), partial, last: None, finished: false })
    }

    fn io(&self, error: io::Error) -> FigureError {
        FigureError::Io { path: self.target.clone(), error }
    }
}

impl TileSink for FolderSink {
    fn tile(&mut self, z: u32, x: u64, y: u64, png: &[u8]) -> Result<()> {
        let folder = self.partial.join(z.to_string()).join(x.to_string());
        if self.last != Some((z, x)) {
            fs::create_dir_all(&folder).map_err(|error| self.io(error))?;
            self.last = Some((z, x));
        }
        fs::write(folder.join(format!("{y}.png")), png).map_err(|error| self.io(error))
    }

    fn finish(mut self, _levels: u32, about: &str) -> Result<()> {
        fs::write(self.partial.join("metadata.json"), about).map_err(|error| self.io(error))?;
        // An empty folder of that name is replaced.
        fs::rename(&self.partial, &self.target).map_err(|error| self.io(error))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for FolderSink {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed is hidden, and says by its name what it is.
            let _ = fs::remove_dir_all(&self.partial);
        }
    }
}
