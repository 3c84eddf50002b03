//! Categories mixed in one pixel: the colour is the mean of their colours by weight, the opacity stands for the total.
//! As in Datashader, weights are taken above the least value of all planes (0 for counts).

use drypoint_memory::MemoryConsumer;

use crate::{Color, Pixels, Pixmap, Result, Shading, categorical};

use super::field::{Field, Meaning};
use super::{Category, ColorKey, ColorScale, LEVELS, Shaded};

/// What has gathered at one pixel of a row.
#[derive(Debug, Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct Mixture {
    weight: f64,
    weighted: [f64; 3],
    present: f64,
    plain: [f64; 3],
}

pub(super) fn shade(field: &Field<'_>, shading: &Shading, consumer: &MemoryConsumer) -> Result<Shaded> {
    let (width, height) = (field.width, field.height);
    let mut row = consumer.buffer::<f64>(width)?;
    let mut mixtures = consumer.buffer::<Mixture>(width)?;
    let mut bytes = consumer.buffer::<u8>(4 * width * height)?;
    let scale = ColorScale::of(field, shading, LEVELS, &mut row, consumer)?;
    let colors = colors(field.aggregate.planes(), shading);
    let baseline = if field.meaning() == Meaning::Value { least(field) } else { 0.0 };
    let mut weights = vec![0.0; colors.len()];
    let mut empty = true;

    for (y, line) in bytes.chunks_exact_mut(4 * width).enumerate() {
        let from_bottom = height - 1 - y;
        field.read(from_bottom, &mut row);
        mixtures.fill(Mixture::default());
        for (plane, color) in colors.iter().enumerate() {
            let rgb = [f64::from(color.r), f64::from(color.g), f64::from(color.b)];
            field.each(plane, from_bottom, |x, value| {
                let weight = value - baseline;
                weights[plane] += weight;
                mixtures[x].add(weight, rgb);
            });
        }
        for ((pixel, mixture), total) in line.chunks_exact_mut(4).zip(mixtures.iter()).zip(row.iter()) {
            let shown = if total.is_nan() {
                Color::TRANSPARENT
            } else {
                empty = false;
                let opacity = scale.level(*total) as f64 / (LEVELS - 1) as f64;
                let range = 255.0 - f64::from(shading.min_alpha);
                mixture.color((f64::from(shading.min_alpha) + range * opacity).round() as u8)
            };
            pixel.copy_from_slice(&[shown.r, shown.g, shown.b, shown.a]);
        }
    }
    let names = field.aggregate.categories.iter().cloned();
    let categories = names
        .zip(colors)
        .zip(weights)
        .map(|((name, color), weight)| Category { name, color, weight })
        .collect();
    let key = if empty { ColorKey::Empty } else { ColorKey::Categories(categories) };
    Ok(Shaded { pixmap: Pixmap { width, height, pixels: Pixels::Rgba(bytes) }, key })
}

impl Mixture {
    fn add(&mut self, weight: f64, rgb: [f64; 3]) {
        self.weight += weight;
        self.present += 1.0;
        for (channel, value) in rgb.into_iter().enumerate() {
            self.weighted[channel] += weight * value;
            self.plain[channel] += value;
        }
    }

    /// The mean by weight; where all weigh nothing, the plain mean of those present.
    fn color(&self, a: u8) -> Color {
        let (sum, by) = if self.weight > 0.0 && self.weight.is_finite() {
            (self.weighted, self.weight)
        } else {
            (self.plain, self.present)
        };
        let channel = |index: usize| (sum[index] / by).round() as u8;
        Color { r: channel(0), g: channel(1), b: channel(2), a }
    }
}

pub(super) fn colors(count: usize, shading: &Shading) -> Vec<Color> {
    let given = shading.category_colors.iter().copied().take(count);
    given.chain(categorical(count).into_iter().skip(shading.category_colors.len())).collect()
}

fn least(field: &Field<'_>) -> f64 {
    let mut least = f64::INFINITY;
    for plane in 0..field.aggregate.planes() {
        for y in 0..field.height {
            field.each(plane, y, |_, value| {
                if value.is_finite() {
                    least = least.min(value);
                }
            });
        }
    }
    if least.is_finite() { least } else { 0.0 }
}
