//! From the display list to bytes, and to a file of them.

mod page;
mod pdf;
mod pdf_font;
mod pdf_picture;
mod png;
mod svg;

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;

use drypoint_memory::MemoryConsumer;
use drypoint_stream::OutputFile;

pub(crate) use png::write_tile;

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

impl Format {
    /// The format of this name: `png`, `svg` or `pdf`, in any case, with or without a dot before it.
    ///
    /// # Errors
    /// [`FigureError::UnknownFormatName`].
    pub fn from_name(name: &str) -> Result<Self> {
        match name.trim_start_matches('.').to_ascii_lowercase().as_str() {
            "png" => Ok(Format::Png),
            "svg" => Ok(Format::Svg),
            "pdf" => Ok(Format::Pdf),
            _ => Err(FigureError::UnknownFormatName { name: name.to_string() }),
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

    /// Write the figure to a file, in the format of its extension. The file appears whole or not at all
    /// (see [`OutputFile`]).
    ///
    /// # Errors
    /// [`FigureError::UnknownFormat`] before anything is touched, [`FigureError::Io`], and those of [`Figure::write`].
    pub fn save(&self, path: &Path, consumer: &MemoryConsumer) -> Result<()> {
        self.save_as(Format::from_path(path)?, path, consumer)
    }

    /// Write the figure to a file in this format, whatever its name.
    ///
    /// # Errors
    /// [`FigureError::Io`], and those of [`Figure::write`].
    pub fn save_as(&self, format: Format, path: &Path, consumer: &MemoryConsumer) -> Result<()> {
        let failed = |error| FigureError::Io { path: path.to_path_buf(), error };
        let mut out = OutputFile::create(path).map_err(failed)?;
        self.write(format, &mut out, consumer).map_err(|error| match error {
            FigureError::Write(error) => failed(error),
            other => other,
        })?;
        out.commit().map_err(failed)
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
