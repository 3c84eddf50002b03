//! PNG, streamed row by row. Indexed rows go out unfiltered with the fast compressor: as small as the best one makes of
//! RGBA, and ten times faster.

use std::io::Write;

use drypoint_memory::MemoryConsumer;
use png::{BitDepth, ColorType, Compression, Encoder, Filter, PixelDimensions, Unit};

use super::page::{FIXED_BYTES, Page, PagePixels};
use crate::{Color, Figure, FigureError, Pixels, Pixmap, Result};

/// 96 dots per inch, in dots per metre.
const DOTS_PER_METRE: f64 = 96.0 / 0.0254;

enum Rows<'a> {
    Indexed(&'a [Color], &'a [u8]),
    Rgb(&'a [u8]),
    Rgba(&'a [u8]),
}

pub(super) fn write_figure(figure: &Figure, out: &mut dyn Write, consumer: &MemoryConsumer) -> Result<()> {
    let held = consumer.try_reserve(FIXED_BYTES)?;
    let page = Page::draw(figure, consumer)?;
    let rows = match &page.pixels {
        PagePixels::Indexed { palette, indices, .. } => Rows::Indexed(palette, indices),
        PagePixels::Rgb(bytes) => Rows::Rgb(bytes),
        PagePixels::Rgba(bytes) => Rows::Rgba(bytes),
    };
    encode((page.width, page.height), figure.scale / figure.unit, rows, figure.title.as_deref(), out)?;
    drop(held);
    Ok(())
}

pub(super) fn write_pixmap(
    pixmap: &Pixmap,
    scale: f64,
    out: &mut dyn Write,
    consumer: &MemoryConsumer,
) -> Result<()> {
    let held = consumer.try_reserve(FIXED_BYTES + 16 * pixmap.width)?;
    let rows = match &pixmap.pixels {
        Pixels::Indexed { palette, indices } => Rows::Indexed(palette, indices),
        Pixels::Rgba(bytes) => Rows::Rgba(bytes),
    };
    encode((pixmap.width, pixmap.height), scale, rows, None, out)?;
    drop(held);
    Ok(())
}

/// A picture of a pyramid, without what only a picture by itself needs.
pub(crate) fn write_tile(pixmap: &Pixmap, out: &mut dyn Write) -> Result<()> {
    let rows = match &pixmap.pixels {
        Pixels::Indexed { palette, indices } => Rows::Indexed(palette, indices),
        Pixels::Rgba(bytes) => Rows::Rgba(bytes),
    };
    encode((pixmap.width, pixmap.height), 1.0, rows, None, out)
}

fn encode(
    (width, height): (usize, usize),
    scale: f64,
    rows: Rows<'_>,
    title: Option<&str>,
    out: &mut dyn Write,
) -> Result<()> {
    let limit = i32::MAX as u64;
    let side = |side: usize| u32::try_from(side).ok().filter(|side| *side > 0 && u64::from(*side) <= limit);
    let (Some(png_width), Some(png_height)) = (side(width), side(height)) else {
        return Err(FigureError::BadSize { width: width as u64, height: height as u64, limit });
    };
    let mut encoder = Encoder::new(out, png_width, png_height);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let dots = (DOTS_PER_METRE * scale).round() as u32;
    encoder.set_pixel_dims(Some(PixelDimensions { xppu: dots, yppu: dots, unit: Unit::Meter }));
    if let Some(title) = title {
        encoder.add_itxt_chunk("Title".into(), title.into())?;
    }
    let (bytes, per_pixel) = match rows {
        Rows::Indexed(palette, indices) => {
            encoder.set_color(ColorType::Indexed);
            encoder.set_filter(Filter::NoFilter);
            encoder.set_palette(
                palette.iter().flat_map(|color| [color.r, color.g, color.b]).collect::<Vec<u8>>(),
            );
            let clear = palette.iter().rposition(|color| color.a < 255).map_or(0, |last| last + 1);
            if clear > 0 {
                encoder.set_trns(palette[..clear].iter().map(|color| color.a).collect::<Vec<u8>>());
            }
            (indices, 1)
        }
        Rows::Rgb(bytes) => {
            encoder.set_color(ColorType::Rgb);
            (bytes, 3)
        }
        Rows::Rgba(bytes) => {
            encoder.set_color(ColorType::Rgba);
            (bytes, 4)
        }
    };
    let mut writer = encoder.write_header()?;
    let mut stream = writer.stream_writer_with_size(1 << 15)?;
    for row in bytes.chunks_exact(width * per_pixel) {
        stream.write_all(row)?;
    }
    stream.finish()?;
    writer.finish()?;
    Ok(())
}
