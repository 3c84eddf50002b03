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

/// What the page calls its pictures.
pub(super) fn picture_name(place: usize) -> String {
    format!("Data{place}")
}

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
    /// Bytes of the samples of the picture that is item `index`, before they are deflated.
    pub(super) fn sample_bytes(figure: &Figure, index: usize) -> usize {
        let DisplayItem::Image { pixmap, .. } = &figure.items[index] else { return 0 };
        let below =
            figure.items[..index].iter().filter(|item| matches!(item, DisplayItem::Image { .. })).count();
        let pixels = pixmap.width * pixmap.height;
        match &pixmap.pixels {
            Pixels::Indexed { .. } if below == 0 && figure.ground.is_some() => pixels,
            _ => 4 * pixels,
        }
    }

    /// The picture that is item `index`, with all that is under it.
    pub(super) fn of(figure: &Figure, index: usize, consumer: &MemoryConsumer) -> Result<Self> {
        let DisplayItem::Image { rect, pixmap } = &figure.items[index] else {
            unreachable!("only pictures are asked for");
        };
        if figure.bare_pixmap().is_some() {
            return Self::bare(pixmap);
        }
        // What does not touch the picture is left out: in a grid, the other axes.
        let touches = |item: &&DisplayItem| match item {
            DisplayItem::Image { rect: other, .. } | DisplayItem::Rect { rect: other, .. } => {
                other.meets(rect)
            }
            DisplayItem::Shape { .. } | DisplayItem::Text { .. } => true,
        };
        let items = figure.items[..=index].iter().filter(touches).cloned().collect();
        let below = Figure { items, ..figure.clone() };
        let page = Page::draw(&below, consumer)?;
        let (left, top) = (page.device(rect.x) as usize, page.device(rect.y) as usize);
        let (width, height) = (pixmap.width.min(page.width - left), pixmap.height.min(page.height - top));
        let rows = (top..top + height).map(|y| y * page.width + left..y * page.width + left + width);
        let mut clear = Clear::Nothing;
        let (samples, palette) = match page.pixels {
            PagePixels::Indexed { palette, indices, .. } => {
                (deflate_by(rows, |row, out| out.extend_from_slice(&indices[row]))?, Some(palette))
            }
            PagePixels::Rgb(bytes) => (
                deflate_by(rows, |row, out| out.extend_from_slice(&bytes[3 * row.start..3 * row.end]))?,
                None,
            ),
            PagePixels::Rgba(bytes) => {
                let pixels = |row: std::ops::Range<usize>| bytes[4 * row.start..4 * row.end].chunks_exact(4);
                let alphas =
                    deflate_by(rows.clone(), |row, out| out.extend(pixels(row).map(|pixel| pixel[3])))?;
                clear = Clear::Mask(alphas);
                let colors = |row, out: &mut Vec<u8>| pixels(row).for_each(|pixel| out.extend(&pixel[..3]));
                (deflate_by(rows, colors)?, None)
            }
        };
        Ok(Self { width, height, samples, palette, clear })
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
