//! The page as pixels.
//!
//! A page of values through a colour map is never RGBA: it is one byte a pixel, its palette grows as inks are used, and
//! it is written as it is. To keep within 256 entries the coverage of text is rounded to 15 steps, which the eye does
//! not see; should a palette still be full, the nearest entry is taken. Categories, several layers whose colours are more
//! than one palette holds, and layers that show through need true colour: three bytes a pixel, four on a transparent ground.

use std::collections::HashMap;

use drypoint_memory::{Buffer, MemoryConsumer};
use rustybuzz::ttf_parser::OutlineBuilder;
use tiny_skia::{FillRule, Mask, PathBuilder, Transform};

use crate::display::{DisplayItem, Rect};
use crate::{Blend, Color, Figure, Line, Pixels, Pixmap, Result};

/// Steps of the coverage at the edges of text.
const STEPS: u32 = 15;

/// What drawing text and encoding take besides the page: masks of lines, outlines, the encoder's buffers.
pub(crate) const FIXED_BYTES: usize = 1 << 20;

/// Entries of a palette that are left for inks.
const INKS: usize = 40;

pub(super) enum PagePixels {
    Indexed {
        palette: Vec<Color>,
        places: HashMap<Color, u8>,
        indices: Buffer<u8>,
    },
    Rgb(Buffer<u8>),
    /// Straight alpha.
    Rgba(Buffer<u8>),
}

pub(super) struct Page {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: PagePixels,
    scale: f32,
}

impl Page {
    pub(super) fn draw(figure: &Figure, consumer: &MemoryConsumer) -> Result<Self> {
        let (width, height) = figure.pixels();
        let pixels = if figure.ground.is_none() {
            PagePixels::Rgba(consumer.zeroed(4 * width * height)?)
        } else if is_indexed(figure) {
            let indices = consumer.zeroed(width * height)?;
            PagePixels::Indexed { palette: Vec::new(), places: HashMap::new(), indices }
        } else {
            PagePixels::Rgb(consumer.zeroed(3 * width * height)?)
        };
        let mut page = Self { width, height, pixels, scale: figure.scale as f32 };
        for item in figure.items() {
            match item {
                DisplayItem::Rect { rect, color } => page.fill(*rect, *color),
                DisplayItem::Shape { corners, color } => page.shape(corners, *color),
                DisplayItem::Image { rect, pixmap } => page.image(*rect, pixmap),
                DisplayItem::Text { line, x, y, color, upward } => page.text(line, (*x, *y), *color, *upward),
            }
        }
        Ok(page)
    }

    pub(super) fn device(&self, units: f32) -> isize {
        (f64::from(units) * f64::from(self.scale)).round() as isize
    }

    /// Fill whole pixels, at least one thick.
    fn fill(&mut self, rect: Rect, color: Color) {
        let (left, top) = (self.device(rect.x), self.device(rect.y));
        let right = self.device(rect.right()).max(left + 1);
        let bottom = self.device(rect.bottom()).max(top + 1);
        let columns =
            left.clamp(0, self.width as isize) as usize..right.clamp(0, self.width as isize) as usize;
        for y in top.clamp(0, self.height as isize)..bottom.clamp(0, self.height as isize) {
            let start = y as usize * self.width;
            let run = start + columns.start..start + columns.end;
            if color.a < 255 {
                run.for_each(|target| self.blend(target, color));
                continue;
            }
            match &mut self.pixels {
                PagePixels::Indexed { palette, places, indices } => {
                    let place = intern(palette, places, color);
                    indices[run].fill(place);
                }
                PagePixels::Rgb(bytes) => {
                    for pixel in bytes[3 * run.start..3 * run.end].chunks_exact_mut(3) {
                        pixel.copy_from_slice(&[color.r, color.g, color.b]);
                    }
                }
                PagePixels::Rgba(bytes) => {
                    for pixel in bytes[4 * run.start..4 * run.end].chunks_exact_mut(4) {
                        pixel.copy_from_slice(&[color.r, color.g, color.b, color.a]);
                    }
                }
            }
        }
    }

    /// Copy a picture pixel by pixel: the layout gave it exactly this many.
    fn image(&mut self, rect: Rect, pixmap: &Pixmap) {
        let (left, top) = (self.device(rect.x).max(0) as usize, self.device(rect.y).max(0) as usize);
        let width = pixmap.width.min(self.width.saturating_sub(left));
        let height = pixmap.height.min(self.height.saturating_sub(top));
        // Opaque entries of the picture's palette have one place in the page's.
        let mut known: [Option<u8>; 256] = [None; 256];
        if let (Pixels::Indexed { palette: colors, .. }, PagePixels::Indexed { palette, places, .. }) =
            (&pixmap.pixels, &mut self.pixels)
        {
            for (slot, color) in known.iter_mut().zip(colors).filter(|(_, color)| color.a == 255) {
                *slot = Some(intern(palette, places, *color));
            }
        }
        for y in 0..height {
            for x in 0..width {
                let target = (top + y) * self.width + left + x;
                if let (Pixels::Indexed { indices: from, .. }, PagePixels::Indexed { indices, .. }) =
                    (&pixmap.pixels, &mut self.pixels)
                    && let Some(place) = known[usize::from(from[y * pixmap.width + x])]
                {
                    indices[target] = place;
                    continue;
                }
                let color = pixmap.color(x, y);
                if color.a > 0 {
                    self.blend(target, color);
                }
            }
        }
    }

    fn text(&mut self, line: &Line, (x, y): (f32, f32), color: Color, upward: bool) {
        let unit = line.unit() * self.scale;
        let (x, y) = (x * self.scale, y * self.scale);
        // The baseline lies between two rows of pixels, or letters look soft.
        let (x, y) = if upward { (x.round(), y) } else { (x, y.round()) };
        let place = if upward {
            Transform::from_row(0.0, -unit, -unit, 0.0, x, y)
        } else {
            Transform::from_row(unit, 0.0, 0.0, -unit, x, y)
        };
        let mut outline = Outline { builder: PathBuilder::new(), x: 0.0, y: 0.0 };
        for glyph in &line.glyphs {
            (outline.x, outline.y) = (glyph.x as f32, glyph.y as f32);
            line.weight.outline(glyph.id, &mut outline);
        }
        if let Some(path) = outline.builder.finish().and_then(|path| path.transform(place)) {
            self.cover(&path, color);
        }
    }

    fn shape(&mut self, corners: &[(f32, f32)], color: Color) {
        let mut builder = PathBuilder::new();
        for (place, (x, y)) in corners.iter().map(|(x, y)| (x * self.scale, y * self.scale)).enumerate() {
            if place == 0 { builder.move_to(x, y) } else { builder.line_to(x, y) }
        }
        builder.close();
        if let Some(path) = builder.finish() {
            self.cover(&path, color);
        }
    }

    /// Lay a colour over what a path in device pixels covers.
    fn cover(&mut self, path: &tiny_skia::Path, color: Color) {
        let bounds = path.bounds();
        let left = (bounds.left().floor() - 1.0).max(0.0);
        let top = (bounds.top().floor() - 1.0).max(0.0);
        let right = (bounds.right().ceil() + 1.0).min(self.width as f32);
        let bottom = (bounds.bottom().ceil() + 1.0).min(self.height as f32);
        if right <= left || bottom <= top {
            return;
        }
        let Some(mut mask) = Mask::new((right - left) as u32, (bottom - top) as u32) else { return };
        mask.fill_path(path, FillRule::Winding, true, Transform::from_translate(-left, -top));
        let mask_width = mask.width() as usize;
        for (index, coverage) in mask.data().iter().enumerate() {
            let step = (u32::from(*coverage) * STEPS + 127) / 255;
            if step > 0 {
                let (dx, dy) = (index % mask_width, index / mask_width);
                let target = (top as usize + dy) * self.width + left as usize + dx;
                let a = step * u32::from(color.a) / STEPS;
                self.blend(target, Color { a: a as u8, ..color });
            }
        }
    }

    fn blend(&mut self, target: usize, color: Color) {
        match &mut self.pixels {
            PagePixels::Indexed { palette, places, indices } => {
                let under = palette[usize::from(indices[target])];
                indices[target] = intern(palette, places, color.over(under));
            }
            PagePixels::Rgb(bytes) => {
                let pixel = &mut bytes[3 * target..3 * target + 3];
                let mixed = color.over(Color::rgb(pixel[0], pixel[1], pixel[2]));
                pixel.copy_from_slice(&[mixed.r, mixed.g, mixed.b]);
            }
            PagePixels::Rgba(bytes) => {
                let pixel = &mut bytes[4 * target..4 * target + 4];
                let under = Color { r: pixel[0], g: pixel[1], b: pixel[2], a: pixel[3] };
                let mixed = Blend::Over.lay(color, under);
                pixel.copy_from_slice(&[mixed.r, mixed.g, mixed.b, mixed.a]);
            }
        }
    }
}

/// Whether a page of one palette shows all layers in their own colours.
fn is_indexed(figure: &Figure) -> bool {
    let mut colors = 0;
    for pixmap in figure.pixmaps() {
        let Pixels::Indexed { palette, .. } = &pixmap.pixels else { return false };
        if palette.iter().any(|color| !matches!(color.a, 0 | 255)) {
            return false;
        }
        colors += palette.len();
    }
    colors + INKS <= 256
}

/// The place of a colour in the palette, or of the nearest where the palette is full.
fn intern(palette: &mut Vec<Color>, places: &mut HashMap<Color, u8>, color: Color) -> u8 {
    if let Some(place) = places.get(&color) {
        return *place;
    }
    let place = if palette.len() < 256 {
        palette.push(color);
        palette.len() - 1
    } else {
        let distance = |other: &Color| {
            let part = |a: u8, b: u8| (i32::from(a) - i32::from(b)).pow(2);
            part(color.r, other.r) + part(color.g, other.g) + part(color.b, other.b)
        };
        (0..256).min_by_key(|place| distance(&palette[*place])).unwrap_or(0)
    } as u8;
    places.insert(color, place);
    place
}

/// Glyph outlines gathered into one path, in font units.
struct Outline {
    builder: PathBuilder,
    x: f32,
    y: f32,
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.builder.move_to(x + self.x, y + self.y);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.builder.line_to(x + self.x, y + self.y);
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.builder.quad_to(x1 + self.x, y1 + self.y, x + self.x, y + self.y);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (dx, dy) = (self.x, self.y);
        self.builder.cubic_to(x1 + dx, y1 + dy, x2 + dx, y2 + dy, x + dx, y + dy);
    }
    fn close(&mut self) {
        self.builder.close();
    }
}
