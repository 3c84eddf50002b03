//! Finished pixels. Row 0 is the top.

use drypoint_memory::Buffer;

use crate::Color;

/// How the pixels are held.
#[derive(Debug)]
pub enum Pixels {
    /// One byte a pixel: its place in the palette, whose entry 0 is the empty pixel. A picture from a colour map never
    /// exists as RGBA: this is what an indexed PNG holds.
    Indexed {
        /// At most 256 colours.
        palette: Vec<Color>,
        /// `width * height` places in the palette, all of them inside it.
        indices: Buffer<u8>,
    },
    /// Four bytes a pixel: red, green, blue, straight (not premultiplied) alpha, as PNG and NumPy hold it.
    Rgba(Buffer<u8>),
}

/// A picture without axes.
#[derive(Debug)]
pub struct Pixmap {
    /// Pixels from left to right.
    pub width: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    /// The pixels, row by row from the top.
    pub pixels: Pixels,
}

impl Pixmap {
    /// The colour of one pixel. `x` and `y` must lie inside.
    pub fn color(&self, x: usize, y: usize) -> Color {
        let place = y * self.width + x;
        match &self.pixels {
            Pixels::Indexed { palette, indices } => palette[usize::from(indices[place])],
            Pixels::Rgba(bytes) => {
                let p = &bytes[4 * place..4 * place + 4];
                Color { r: p[0], g: p[1], b: p[2], a: p[3] }
            }
        }
    }

    /// Write the pixels as RGBA with straight alpha, row by row from the top.
    ///
    /// # Panics
    /// If `out` is not `4 * width * height` long.
    pub fn to_rgba(&self, out: &mut [u8]) {
        assert_eq!(out.len(), 4 * self.width * self.height, "four bytes a pixel");
        match &self.pixels {
            Pixels::Rgba(bytes) => out.copy_from_slice(bytes),
            Pixels::Indexed { palette, indices } => {
                for (pixel, index) in out.chunks_exact_mut(4).zip(indices.iter()) {
                    let color = palette[usize::from(*index)];
                    pixel.copy_from_slice(&[color.r, color.g, color.b, color.a]);
                }
            }
        }
    }

    /// Lay the picture over an opaque ground: the colour of empty pixels, and what shows through half-transparent ones.
    pub fn set_background(&mut self, ground: Color) {
        match &mut self.pixels {
            Pixels::Indexed { palette, .. } => {
                palette.iter_mut().for_each(|color| *color = color.over(ground));
            }
            Pixels::Rgba(bytes) => {
                for p in bytes.chunks_exact_mut(4) {
                    let color = Color { r: p[0], g: p[1], b: p[2], a: p[3] }.over(ground);
                    p.copy_from_slice(&[color.r, color.g, color.b, color.a]);
                }
            }
        }
    }

    /// Bytes held by the pixels.
    pub fn bytes(&self) -> usize {
        match &self.pixels {
            Pixels::Indexed { indices, .. } => indices.len(),
            Pixels::Rgba(bytes) => bytes.len(),
        }
    }
}
