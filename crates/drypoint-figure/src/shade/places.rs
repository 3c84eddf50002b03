//! A category for each pixel: its colour, and nothing to mix.

use drypoint_memory::MemoryConsumer;

use crate::{Color, Pixels, Pixmap, Result, Shading};

use super::category::colors;
use super::field::Field;
use super::{Category, ColorKey, Shaded};

/// Colours that a picture of one byte a pixel can have, besides none.
const MOST_INDEXED: usize = 255;

pub(super) fn shade(field: &Field<'_>, shading: &Shading, consumer: &MemoryConsumer) -> Result<Shaded> {
    let (width, height) = (field.width, field.height);
    let names = &field.aggregate.categories;
    let colors = colors(names.len(), shading);
    let mut weights = vec![0.0; colors.len()];
    let mut each = |y: usize, take: &mut dyn FnMut(usize, usize)| {
        field.each(0, height - 1 - y, |x, place| {
            if let Some(weight) = weights.get_mut(place as usize) {
                *weight += 1.0;
                take(x, place as usize);
            }
        });
    };
    let pixels = if colors.len() <= MOST_INDEXED {
        let mut indices = consumer.zeroed::<u8>(width * height)?;
        for (y, line) in indices.chunks_exact_mut(width).enumerate() {
            each(y, &mut |x, place| line[x] = place as u8 + 1);
        }
        let palette = std::iter::once(Color::TRANSPARENT).chain(colors.iter().copied()).collect();
        Pixels::Indexed { palette, indices }
    } else {
        let mut bytes = consumer.zeroed::<u8>(4 * width * height)?;
        for (y, line) in bytes.chunks_exact_mut(4 * width).enumerate() {
            each(y, &mut |x, place| {
                let Color { r, g, b, a } = colors[place];
                line[4 * x..][..4].copy_from_slice(&[r, g, b, a]);
            });
        }
        Pixels::Rgba(bytes)
    };
    let named = names.iter().cloned().zip(colors).zip(&weights);
    let key = if weights.iter().all(|weight| *weight == 0.0) {
        ColorKey::Empty
    } else {
        let category =
            |((name, color), weight): ((String, Color), &f64)| Category { name, color, weight: *weight };
        ColorKey::Categories(named.map(category).collect())
    };
    Ok(Shaded { pixmap: Pixmap { width, height, pixels }, key })
}
