//! Pictures of one size, one over the other.

use drypoint_memory::MemoryConsumer;

use crate::{Blend, Color, FigureError, Pixels, Pixmap, Result};

impl Pixmap {
    /// The pictures laid over each other, the first one lowest; in true colour, 4 bytes a pixel. Cost: one pass.
    ///
    /// # Errors
    /// [`FigureError::UnlikeSizes`], [`FigureError::Budget`].
    pub fn stack(
        lowest: &Pixmap,
        others: &[&Pixmap],
        blend: Blend,
        consumer: &MemoryConsumer,
    ) -> Result<Pixmap> {
        let first = (lowest.width, lowest.height);
        if let Some(other) = others.iter().find(|other| (other.width, other.height) != first) {
            return Err(FigureError::UnlikeSizes { first, other: (other.width, other.height) });
        }
        let mut out = consumer.buffer::<u8>(4 * first.0 * first.1)?;
        lowest.to_rgba(&mut out);
        for other in others {
            for (place, pixel) in out.chunks_exact_mut(4).enumerate() {
                let upper = other.color(place % first.0, place / first.0);
                if upper.a > 0 {
                    let lower = Color { r: pixel[0], g: pixel[1], b: pixel[2], a: pixel[3] };
                    let laid = blend.lay(upper, lower);
                    pixel.copy_from_slice(&[laid.r, laid.g, laid.b, laid.a]);
                }
            }
        }
        Ok(Pixmap { width: first.0, height: first.1, pixels: Pixels::Rgba(out) })
    }

    /// A picture of its own in a ground colour: what is empty shows it, and what shows through is mixed with it.
    ///
    /// # Errors
    /// [`FigureError::Budget`].
    pub fn on_background(&self, ground: Color, consumer: &MemoryConsumer) -> Result<Pixmap> {
        let pixels = match &self.pixels {
            Pixels::Indexed { palette, indices } => {
                let mut copy = consumer.buffer::<u8>(indices.len())?;
                copy.copy_from_slice(indices);
                let laid = palette.iter().map(|color| Blend::Over.lay(*color, ground)).collect();
                Pixels::Indexed { palette: laid, indices: copy }
            }
            Pixels::Rgba(bytes) => {
                let mut copy = consumer.buffer::<u8>(bytes.len())?;
                for (to, from) in copy.chunks_exact_mut(4).zip(bytes.chunks_exact(4)) {
                    let color = Color { r: from[0], g: from[1], b: from[2], a: from[3] };
                    let laid = Blend::Over.lay(color, ground);
                    to.copy_from_slice(&[laid.r, laid.g, laid.b, laid.a]);
                }
                Pixels::Rgba(copy)
            }
        };
        Ok(Pixmap { width: self.width, height: self.height, pixels })
    }

    /// Make the picture show through: `alpha` of 255 leaves it as it is.
    pub fn fade(&mut self, alpha: u8) {
        let faded = |a: u8| ((u32::from(a) * u32::from(alpha) + 127) / 255) as u8;
        match &mut self.pixels {
            Pixels::Indexed { palette, .. } => palette.iter_mut().for_each(|color| color.a = faded(color.a)),
            Pixels::Rgba(bytes) => bytes.chunks_exact_mut(4).for_each(|pixel| pixel[3] = faded(pixel[3])),
        }
    }
}
