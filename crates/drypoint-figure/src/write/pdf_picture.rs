//! The data of a PDF.
//!
//! In a figure it is laid over what is drawn below it and written opaque: viewers smooth a picture and its transparency
//! apart when they scale, and single points fade to nothing. A bare picture keeps its transparency.

use drypoint_memory::MemoryConsumer;
use pdf_writer::{Filter, Finish, Name, Pdf, Ref};

use super::page::{Page, PagePixels};
use super::pdf::{deflate, deflate_by};
use crate::display::DisplayItem;
use crate::{Color, Figure, Pixels, Pixmap, Result};

/// What the page calls it.
pub(super) const PICTURE: Name<'static> = Name(b"Data");

/// A picture ready to be embedded.
pub(super) struct Picture {
    width: usize,
    height: usize,
    samples: Vec<u8>,
    /// `None` for true colour.
    palette: Option<Vec<Color>>,
    clear: Clear,
}

/// What shows through.
enum Clear {
    Nothing,
    /// Palette entry 0, and nothing else is transparent.
    First,
    /// The deflated alpha of every pixel.
    Mask(Vec<u8>),
}

impl Picture {
    pub(super) fn of(figure: &Figure, consumer: &MemoryConsumer) -> Result<Option<Self>> {
        let found = figure.items.iter().enumerate().find_map(|(index, item)| match item {
            DisplayItem::Image { rect, pixmap } => Some((index, *rect, pixmap)),
            _ => None,
        });
        let Some((index, rect, pixmap)) = found else { return Ok(None) };
        if figure.ground.is_none() {
            return Self::bare(pixmap).map(Some);
        }
        let below = Figure { items: figure.items[..=index].to_vec(), ..figure.clone() };
        let page = Page::draw(&below, consumer)?;
        let (left, top) = (page.device(rect.x) as usize, page.device(rect.y) as usize);
        let (width, height) = (pixmap.width.min(page.width - left), pixmap.height.min(page.height - top));
        let rows = (top..top + height).map(|y| y * page.width + left..y * page.width + left + width);
        let (samples, palette) = match page.pixels {
            PagePixels::Indexed { palette, indices, .. } => {
                (deflate_by(rows, |row, out| out.extend_from_slice(&indices[row]))?, Some(palette))
            }
            PagePixels::Rgb(bytes) => (
                deflate_by(rows, |row, out| out.extend_from_slice(&bytes[3 * row.start..3 * row.end]))?,
                None,
            ),
        };
        Ok(Some(Self { width, height, samples, palette, clear: Clear::Nothing }))
    }

    fn bare(pixmap: &Pixmap) -> Result<Self> {
        let (width, height) = (pixmap.width, pixmap.height);
        let (samples, palette, clear) = match &pixmap.pixels {
            Pixels::Indexed { palette, indices } => {
                let alphas_after_first = || palette.iter().skip(1).map(|color| color.a);
                let clear = match palette.first().map_or(255, |color| color.a) {
                    255 if alphas_after_first().all(|a| a == 255) => Clear::Nothing,
                    0 if alphas_after_first().all(|a| a == 255) => Clear::First,
                    _ => Clear::Mask(deflate_by(indices.iter(), |index, out| {
                        out.push(palette[usize::from(*index)].a)
                    })?),
                };
                (deflate(indices)?, Some(palette.clone()), clear)
            }
            Pixels::Rgba(bytes) => {
                let pixels = || bytes.chunks_exact(4);
                let mask = deflate_by(pixels(), |pixel, out| out.push(pixel[3]))?;
                (
                    deflate_by(pixels(), |pixel, out| out.extend_from_slice(&pixel[..3]))?,
                    None,
                    Clear::Mask(mask),
                )
            }
        };
        Ok(Self { width, height, samples, palette, clear })
    }

    pub(super) fn write(&self, pdf: &mut Pdf, (picture, mask): (Ref, Ref)) {
        let (width, height) = (self.width as i32, self.height as i32);
        let mut image = pdf.image_xobject(picture, &self.samples);
        image.filter(Filter::FlateDecode);
        image.width(width).height(height).bits_per_component(8).interpolate(false);
        match &self.palette {
            Some(palette) => {
                let lookup: Vec<u8> = palette.iter().flat_map(|color| [color.r, color.g, color.b]).collect();
                image.color_space().indexed(Name(b"DeviceRGB"), palette.len() as i32 - 1, &lookup);
            }
            None => image.color_space().device_rgb(),
        }
        match &self.clear {
            Clear::Nothing => {}
            Clear::First => {
                image.color_mask([0, 0]);
            }
            Clear::Mask(_) => {
                image.s_mask(mask);
            }
        }
        image.finish();
        if let Clear::Mask(alphas) = &self.clear {
            let mut image = pdf.image_xobject(mask, alphas);
            image.filter(Filter::FlateDecode);
            image.width(width).height(height).bits_per_component(8).color_space().device_gray();
        }
    }
}
