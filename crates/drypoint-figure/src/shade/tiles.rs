//! From a tiled aggregate to pixels, tile by tile: cells that no tile holds are empty, and never looked at.

use drypoint_array::{TILE_CELLS, TILE_SIDE, TileScratch};
use drypoint_canvas::{Reduction, TiledAggregate};
use drypoint_memory::{Buffer, MemoryConsumer};
use drypoint_stream::Cancel;

use super::{ColorKey, ColorScale, LEVELS, Shaded, Shading, Spread, check, finished};
use crate::{Color, Pixels, Pixmap, Result};

/// What gives the pixels of any tile of an aggregate their colours: the same value the same colour in all of them.
pub struct TileShader<'a> {
    aggregate: &'a TiledAggregate,
    touched: Buffer<u64>,
    scratch: TileScratch,
    /// None for truth values.
    scale: Option<ColorScale>,
    palette: Vec<Color>,
}

impl<'a> TileShader<'a> {
    /// Looks at all tiles once or twice, to know which value has which colour.
    pub fn new(
        aggregate: &'a TiledAggregate,
        shading: &Shading,
        consumer: &MemoryConsumer,
        cancel: &Cancel,
    ) -> Result<Self> {
        check((1, 1), shading)?;
        let touched = aggregate.touched()?;
        let mut scratch = aggregate.scratch()?;
        let any = matches!(aggregate.reduction, Reduction::Any(_));
        let mut values = consumer.buffer::<f64>(TILE_CELLS)?;
        let scale = if any {
            None
        } else {
            Some(ColorScale::of_values(true, shading, LEVELS, consumer, |take| {
                for tile in touched.iter() {
                    cancel.check()?;
                    aggregate.read(*tile, &mut scratch)?;
                    let mut len = 0;
                    scratch.each_cell(|_, count| {
                        values[len] = count as f64;
                        len += 1;
                    });
                    take(&values[..len]);
                }
                Ok(())
            })?)
        };
        let mut palette = match &scale {
            Some(_) => shading.colors.sample(LEVELS),
            None => vec![shading.colors.at(0.6)],
        };
        palette.insert(0, Color::TRANSPARENT);
        if let Some(ground) = shading.background {
            palette.iter_mut().for_each(|color| *color = color.over(ground));
        }
        Ok(Self { aggregate, touched, scratch, scale, palette })
    }

    /// The tiles in which something fell, from the lowest row on.
    pub fn touched(&self) -> &[u64] {
        &self.touched
    }

    /// The colours; the first is that of an empty pixel.
    pub fn palette(&self) -> &[Color] {
        &self.palette
    }

    /// Call `take(x, y, place in the palette)` for each pixel of a tile that is not empty, counted from its lower left.
    pub fn each_pixel(&mut self, tile: u64, mut take: impl FnMut(usize, usize, u8)) -> Result<()> {
        self.aggregate.read(tile, &mut self.scratch)?;
        let scale = &self.scale;
        self.scratch.each_cell(|place, count| {
            let level = scale.as_ref().map_or(1, |scale| 1 + scale.level(count as f64) as u8);
            take(usize::from(place) % TILE_SIDE, usize::from(place) / TILE_SIDE, level);
        });
        Ok(())
    }
}

/// Colour every cell of a tiled aggregate, as [`shade`](super::shade) does: one picture, 1 byte a pixel.
///
/// # Errors
/// As of [`shade`](super::shade); a picture that the budget does not hold is refused before anything is made.
pub fn shade_tiled(
    aggregate: &TiledAggregate,
    shading: &Shading,
    consumer: &MemoryConsumer,
    cancel: &Cancel,
) -> Result<Shaded> {
    let (width, height) = (aggregate.width(), aggregate.height());
    check((width, height), shading)?;
    // The ground is laid last, because points grow into empty pixels.
    let mut indices = consumer.zeroed::<u8>(width * height)?;
    let plain = Shading { background: None, spread: Spread::None, ..shading.clone() };
    let mut shader = TileShader::new(aggregate, &plain, consumer, cancel)?;
    let mut empty = true;
    for place in 0..shader.touched().len() {
        cancel.check()?;
        let tile = shader.touched()[place];
        let (left, low) = aggregate.grid().origin(tile);
        shader.each_pixel(tile, |x, y, level| {
            let (x, y) = (left + x, low + y);
            if x < width && y < height {
                indices[(height - 1 - y) * width + x] = level;
                empty = false;
            }
        })?;
    }
    let TileShader { scale, palette, .. } = shader;
    let key = match scale {
        _ if empty => ColorKey::Empty,
        None => ColorKey::Flag(palette[1]),
        Some(scale) => ColorKey::Values(scale.with_colors(palette[1..].to_vec())),
    };
    let pixmap = Pixmap { width, height, pixels: Pixels::Indexed { palette, indices } };
    Ok(Shaded { pixmap: finished(pixmap, shading, consumer)?, key })
}
