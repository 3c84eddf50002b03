//! Images of colours: bytes of grey, of red, green and blue, and of these with opacity.

use drypoint_memory::{Buffer, MemoryConsumer, charged_bytes};

use super::source::{Image, TileScratch};
use super::{Begun, Edges, Method};
use crate::options::Options;
use crate::{Canvas, CanvasError, Result};

/// Draw an image of bytes to pixels of red, green, blue and opacity, four bytes each, row 0 at the top; transparent where
/// the canvas reaches over the image. Means of half-transparent pixels are means of what they show.
pub fn colors(
    canvas: &Canvas,
    image: &Image,
    edges: &Edges,
    method: Method,
    options: &Options,
) -> Result<Buffer<u8>> {
    let refused = |what: String| CanvasError::NoImage { name: image.name.clone(), what };
    if !image.of_bytes() {
        return Err(refused("does not hold bytes; the bands of a colour are uint8".into()));
    }
    if !matches!(image.bands, 1 | 3 | 4) {
        let what = "grey has 1, colours have 3, and 4 with their opacity";
        return Err(refused(format!("has {} bands; {what}", image.bands)));
    }
    if method == Method::Mode && image.bands > 1 {
        return Err(refused("has colours, of which no method finds the mode; take nearest".into()));
    }
    let blended = image.bands == 4 && matches!(method, Method::Area | Method::Bilinear);
    let image = if blended { &image.clone().blended() } else { image };
    let begun = Begun::new(canvas, image, edges, method)?;
    let pixels = canvas.pixels();
    // The picture is made beside the sums.
    let bytes = charged_bytes(pixels.saturating_mul(4)).unwrap_or(usize::MAX);
    let mut held = options.consumer.try_reserve(bytes)?;
    let (cells, _) = begun.run(image, options)?;
    let mut out: Buffer<u8> = held.buffer(4 * pixels)?;
    let lines = cells.chunks_exact(canvas.x.pixels * image.bands).rev();
    for (line, out) in lines.zip(out.chunks_exact_mut(4 * canvas.x.pixels)) {
        for (pixel, out) in line.chunks_exact(image.bands).zip(out.chunks_exact_mut(4)) {
            out.copy_from_slice(&color(pixel, blended));
        }
    }
    Ok(out)
}

/// The pixels of an image of bytes as they are: red, green, blue and opacity, row 0 at the top.
pub fn pixels(image: &Image, consumer: &MemoryConsumer) -> Result<Buffer<u8>> {
    let bands = image.bands;
    if !image.of_bytes() || !matches!(bands, 1 | 3 | 4) {
        let what = "is no image of uint8 with 1, 3 or 4 bands".into();
        return Err(CanvasError::NoImage { name: image.name.clone(), what });
    }
    let mut out: Buffer<u8> = consumer.buffer(4 * image.rows * image.columns)?;
    let mut scratch = TileScratch::default();
    for (row, out) in out.chunks_exact_mut(4 * image.columns).enumerate() {
        let tile = image.tile(row..row + 1, 0..image.columns, consumer, &mut scratch)?;
        for (pixel, out) in tile.bytes.chunks_exact(bands).zip(out.chunks_exact_mut(4)) {
            out.copy_from_slice(&match *pixel {
                [grey] => [grey, grey, grey, 255],
                [red, green, blue] => [red, green, blue, 255],
                [red, green, blue, opacity] => [red, green, blue, opacity],
                _ => [0; 4],
            });
        }
    }
    Ok(out)
}

fn color(pixel: &[f64], blended: bool) -> [u8; 4] {
    let byte = |value: f64| (value + 0.5) as u8;
    match *pixel {
        _ if pixel[0].is_nan() => [0; 4],
        [grey] => [byte(grey), byte(grey), byte(grey), 255],
        [red, green, blue, opacity] if blended => {
            let part = |value: f64| if opacity > 0.0 { byte(value / opacity) } else { 0 };
            [part(red), part(green), part(blue), byte(opacity)]
        }
        [red, green, blue, opacity] => [byte(red), byte(green), byte(blue), byte(opacity)],
        [red, green, blue] => [byte(red), byte(green), byte(blue), 255],
        _ => [0; 4],
    }
}
