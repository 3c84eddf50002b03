//! Larger dots for sparse pictures.
//!
//! It works on the picture, not on the aggregate: the colour bar goes on telling how many points fell in a pixel. In an
//! indexed picture the greatest of overlapping levels wins, which does not depend on the order; RGBA is laid over.

mod auto;
mod cells;

use std::str::FromStr;

use drypoint_memory::MemoryConsumer;

use crate::{Blend, Color, FigureError, Pixels, Pixmap, Result};

pub use auto::spread_px_of_cells;
pub use cells::{CellBlend, spread_cells};

/// The shape a pixel grows into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpreadShape {
    /// Every pixel whose centre is within `px + 0.5`.
    Circle,
    /// A square with sides of `2 px + 1`.
    Square,
}

impl FromStr for SpreadShape {
    type Err = FigureError;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "circle" => Ok(Self::Circle),
            "square" => Ok(Self::Square),
            _ => Err(FigureError::UnknownShape { name: name.to_string() }),
        }
    }
}

impl Pixmap {
    /// Grow every pixel that is not empty by `px` on all sides. Cost: `(2 px + 1)²` for each such pixel; a second
    /// picture of the same size is made.
    ///
    /// # Errors
    /// [`FigureError::Budget`].
    pub fn spread(&self, px: usize, shape: SpreadShape, consumer: &MemoryConsumer) -> Result<Pixmap> {
        match &self.pixels {
            Pixels::Indexed { palette, indices } => {
                let stamp = self.stamp(px, shape);
                let mut out = consumer.zeroed::<u8>(indices.len())?;
                self.each_stamped(&stamp, |from, to| out[to] = out[to].max(indices[from]));
                let pixels = Pixels::Indexed { palette: palette.clone(), indices: out };
                Ok(Pixmap { width: self.width, height: self.height, pixels })
            }
            Pixels::Rgba(_) => self.spread_colors(px, shape, Blend::Over, consumer),
        }
    }

    /// The same, each grown pixel laid over what is there; in true colour. Pixels are laid row by row from the top.
    ///
    /// # Errors
    /// [`FigureError::Budget`].
    pub fn spread_colors(
        &self,
        px: usize,
        shape: SpreadShape,
        blend: Blend,
        consumer: &MemoryConsumer,
    ) -> Result<Pixmap> {
        let mut out = consumer.zeroed::<u8>(4 * self.width * self.height)?;
        self.each_stamped(&self.stamp(px, shape), |from, to| {
            let upper = self.color(from % self.width, from / self.width);
            let target = &mut out[4 * to..4 * to + 4];
            let lower = Color { r: target[0], g: target[1], b: target[2], a: target[3] };
            let laid = blend.lay(upper, lower);
            target.copy_from_slice(&[laid.r, laid.g, laid.b, laid.a]);
        });
        Ok(Pixmap { width: self.width, height: self.height, pixels: Pixels::Rgba(out) })
    }

    fn stamp(&self, px: usize, shape: SpreadShape) -> Stamp {
        Stamp::new(px.min(self.width.max(self.height)), shape)
    }

    fn is_lit(&self, place: usize) -> bool {
        match &self.pixels {
            Pixels::Indexed { indices, .. } => indices[place] != 0,
            Pixels::Rgba(bytes) => bytes[4 * place + 3] != 0,
        }
    }

    fn each_stamped(&self, stamp: &Stamp, mut put: impl FnMut(usize, usize)) {
        let (width, height) = (self.width as isize, self.height as isize);
        for y in 0..height {
            for x in 0..width {
                let from = (y * width + x) as usize;
                if !self.is_lit(from) {
                    continue;
                }
                for (dx, dy) in &stamp.offsets {
                    let (to_x, to_y) = (x + dx, y + dy);
                    if (0..width).contains(&to_x) && (0..height).contains(&to_y) {
                        put(from, (to_y * width + to_x) as usize);
                    }
                }
            }
        }
    }
}

struct Stamp {
    offsets: Vec<(isize, isize)>,
}

impl Stamp {
    fn new(px: usize, shape: SpreadShape) -> Self {
        let reach = px as isize;
        let limit = (px as f64 + 0.5).powi(2);
        let inside =
            |dx: isize, dy: isize| shape == SpreadShape::Square || ((dx * dx + dy * dy) as f64) <= limit;
        let offsets = (-reach..=reach)
            .flat_map(|dy| (-reach..=reach).map(move |dx| (dx, dy)))
            .filter(|(dx, dy)| inside(*dx, *dy))
            .collect();
        Self { offsets }
    }
}
