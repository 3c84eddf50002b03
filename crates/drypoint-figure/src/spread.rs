//! Larger dots for sparse pictures.
//!
//! It works on the picture, not on the aggregate: the colour bar goes on telling how many points fell in a pixel. In an
//! indexed picture the greatest of overlapping levels wins, which does not depend on the order; RGBA is laid over.

mod auto;

use std::str::FromStr;

use drypoint_memory::MemoryConsumer;

use crate::{Color, FigureError, Pixels, Pixmap, Result};

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
        let stamp = Stamp::new(px.min(self.width.max(self.height)), shape);
        let pixels = match &self.pixels {
            Pixels::Indexed { palette, indices } => {
                let mut out = consumer.zeroed::<u8>(indices.len())?;
                self.each_stamped(&stamp, |from, to| out[to] = out[to].max(indices[from]));
                Pixels::Indexed { palette: palette.clone(), indices: out }
            }
            Pixels::Rgba(bytes) => {
                let mut out = consumer.zeroed::<u8>(bytes.len())?;
                self.each_stamped(&stamp, |from, to| {
                    let (source, target) = (&bytes[4 * from..4 * from + 4], &mut out[4 * to..4 * to + 4]);
                    let over = lay_over(source, target);
                    target.copy_from_slice(&[over.r, over.g, over.b, over.a]);
                });
                Pixels::Rgba(out)
            }
        };
        Ok(Pixmap { width: self.width, height: self.height, pixels })
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

/// Porter and Duff's "over" on straight alpha.
fn lay_over(source: &[u8], target: &[u8]) -> Color {
    let (above, below) = (f64::from(source[3]) / 255.0, f64::from(target[3]) / 255.0);
    let through = below * (1.0 - above);
    let alpha = above + through;
    let channel = |index: usize| {
        ((f64::from(source[index]) * above + f64::from(target[index]) * through) / alpha).round() as u8
    };
    Color { r: channel(0), g: channel(1), b: channel(2), a: (255.0 * alpha).round() as u8 }
}
