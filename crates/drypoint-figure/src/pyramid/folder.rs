//! A folder of tiles, `{z}/{x}/{y}.png`, as web maps read it; it takes its name when it is whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use drypoint_array::NewFolder;

use super::TileSink;
use crate::{FigureError, Result};

/// A folder that is being filled, beside where it will be. Dropped before it is finished, it is removed.
#[derive(Debug)]
pub struct FolderSink {
    target: PathBuf,
    partial: NewFolder,
    /// The last folder made, which most tiles are in.
    last: Option<(u32, u64)>,
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
        let partial = NewFolder::over_empty(target).map_err(io)?;
        Ok(Self { target: target.to_path_buf(), partial, last: None })
    }

    fn io(&self, error: io::Error) -> FigureError {
        FigureError::Io { path: self.target.clone(), error }
    }
}

impl TileSink for FolderSink {
    fn tile(&mut self, z: u32, x: u64, y: u64, png: &[u8]) -> Result<()> {
        let folder = self.partial.path().join(z.to_string()).join(x.to_string());
        if self.last != Some((z, x)) {
            fs::create_dir_all(&folder).map_err(|error| self.io(error))?;
            self.last = Some((z, x));
        }
        fs::write(folder.join(format!("{y}.png")), png).map_err(|error| self.io(error))
    }

    fn finish(self, _levels: u32, about: &str) -> Result<()> {
        let Self { target, partial, .. } = self;
        let written = fs::write(partial.path().join("metadata.json"), about);
        written.and_then(|()| partial.commit()).map_err(|error| FigureError::Io { path: target, error })
    }
}
