//! From the display list to bytes, and from bytes to a file that is whole or not there.

mod page;
mod pdf;
mod pdf_font;
mod pdf_picture;
mod png;
mod svg;

use std::ffi::OsStr;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use drypoint_memory::MemoryConsumer;

use crate::{Figure, FigureError, Pixmap, Result};

/// A format that figures and pictures are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Pixels, indexed where there are at most 256 colours.
    Png,
    /// Vectors, the data as one embedded picture, text as outlines.
    Svg,
    /// Vectors, the data as one embedded picture, text as text in an embedded font.
    Pdf,
}

impl Format {
    /// The format that a file name asks for by its extension, in any case.
    ///
    /// # Errors
    /// [`FigureError::UnknownFormat`], which names the known ones.
    pub fn from_path(path: &Path) -> Result<Self> {
        let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "png" => Ok(Format::Png),
            "svg" => Ok(Format::Svg),
            "pdf" => Ok(Format::Pdf),
            _ => {
                Err(FigureError::UnknownFormat { path: path.to_path_buf(), extension: extension.to_string() })
            }
        }
    }
}

/// What a picture is made of, for [`picture_bytes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureKind {
    /// Values through a colour map, without axes.
    BareValues,
    /// Values through a colour map, in a figure.
    Values,
    /// Mixed categories, without axes.
    BareCategories,
    /// Mixed categories, in a figure.
    Categories,
}

/// An upper estimate of the bytes that shading and writing one picture reserve, for a plan made before the data is
/// drawn. `width` and `height` are those of the whole figure in units, or of a bare picture.
pub fn picture_bytes(width: usize, height: usize, scale: f64, kind: PictureKind) -> usize {
    let side = |units: usize| (units as f64 * scale).ceil() as usize;
    let pixels = side(width).saturating_mul(side(height));
    // The picture; then, whichever is more, a second one while points grow or the page and a document with its copy.
    let per_pixel = match kind {
        PictureKind::BareValues => 3,
        PictureKind::Values => 4,
        PictureKind::BareCategories => 12,
        PictureKind::Categories => 15,
    };
    let rows = 128 * side(width);
    pixels.saturating_mul(per_pixel).saturating_add(rows).saturating_add(page::FIXED_BYTES + (2 << 20))
}

impl Figure {
    /// Write the figure. The same figure gives the same bytes, everywhere and always.
    ///
    /// # Errors
    /// [`FigureError::Write`], [`FigureError::Encode`], [`FigureError::Budget`].
    pub fn write(&self, format: Format, out: &mut dyn Write, consumer: &MemoryConsumer) -> Result<()> {
        match format {
            Format::Png => match self.bare_pixmap() {
                Some(pixmap) => png::write_pixmap(pixmap, self.scale, out, consumer),
                None => png::write_figure(self, out, consumer),
            },
            Format::Svg => svg::write(self, out, consumer),
            Format::Pdf => pdf::write(self, out, consumer),
        }
    }

    /// Write the figure to a file, in the format of its extension. The file appears whole or not at all: it is written
    /// under another name in the same folder, synchronised, and renamed.
    ///
    /// # Errors
    /// [`FigureError::UnknownFormat`] before anything is touched, [`FigureError::Io`], and those of [`Figure::write`].
    pub fn save(&self, path: &Path, consumer: &MemoryConsumer) -> Result<()> {
        let format = Format::from_path(path)?;
        replace(path, |out| self.write(format, out, consumer))
    }
}

impl Pixmap {
    /// Write the picture as PNG, row by row: nothing the size of the picture is made. `scale` is told as the density
    /// (96 × `scale` dots per inch).
    ///
    /// # Errors
    /// As [`Figure::write`].
    pub fn write_png(&self, scale: f64, out: &mut dyn Write, consumer: &MemoryConsumer) -> Result<()> {
        png::write_pixmap(self, scale, out, consumer)
    }
}

fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let failed = |error: std::io::Error| FigureError::Io { path: path.to_path_buf(), error };
    let named = |result: Result<()>| match result {
        Err(FigureError::Write(error)) => Err(failed(error)),
        other => other,
    };
    // Through a symbolic link the file behind it is replaced, not the link; a device or a pipe is written as it is.
    let target: PathBuf = match std::fs::canonicalize(path) {
        Ok(found) => found,
        Err(_) => path.to_path_buf(),
    };
    if let Ok(metadata) = std::fs::metadata(&target)
        && !metadata.is_file()
        && !metadata.is_dir()
    {
        let mut out = BufWriter::new(std::fs::OpenOptions::new().write(true).open(&target).map_err(failed)?);
        named(write(&mut out))?;
        return out.flush().map_err(failed);
    }
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".drypoint-").suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    // Only the kind, and below the plain file: the messages of `tempfile` name the file beside the picture.
    let file = builder.tempfile_in(folder).map_err(|error| failed(error.kind().into()))?;
    let mut out = BufWriter::with_capacity(1 << 16, file.as_file());
    named(write(&mut out))?;
    out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&target).map(drop).map_err(|error| failed(error.error))
}
