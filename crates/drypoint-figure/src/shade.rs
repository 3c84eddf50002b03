//! From an aggregate to pixels.
//!
//! Values become palette places directly: 200 colours are beyond what the eye tells apart in a picture, and leave room
//! in the 256 entries of an indexed PNG for the ink of a figure (decision 0011). Rows are read one at a time, so nothing
//! the size of the picture exists but the picture.
//!
//! What each value's rank is follows Datashader's `transfer_functions.shade` (BSD-3-Clause), described anew here.

mod category;
mod field;
mod histogram;
mod scale;
mod tiles;

use std::str::FromStr;

use drypoint_canvas::{Aggregate, Reduction};
use drypoint_memory::MemoryConsumer;

use crate::{Color, ColorMap, FigureError, Pixels, Pixmap, Result, SpreadShape};
use field::{Field, Meaning};
pub use scale::ColorScale;
pub use tiles::{TileShader, shade_tiled};

/// Colours that a map is sampled at.
pub const LEVELS: usize = 200;

/// The longest side and the most pixels that a picture may have.
const MAX_SIDE: usize = 1 << 20;

/// How values are spread over the colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Each colour is given to the same number of pixels, as far as equal values allow.
    EqHist,
    /// By the value.
    Linear,
    /// By `log(1 + value − least)`.
    Log,
    /// By the cube root of `value − least`.
    Cbrt,
}

impl How {
    /// Its name, as [`How::from_str`] reads it.
    pub fn name(self) -> &'static str {
        match self {
            How::EqHist => "eq_hist",
            How::Linear => "linear",
            How::Log => "log",
            How::Cbrt => "cbrt",
        }
    }
}

impl FromStr for How {
    type Err = FigureError;

    fn from_str(name: &str) -> Result<Self> {
        let all = [How::EqHist, How::Linear, How::Log, How::Cbrt];
        all.into_iter().find(|how| how.name() == name).ok_or_else(|| FigureError::UnknownShading {
            name: name.to_string(),
            nearest: drypoint_stream::nearest(name, all.into_iter().map(How::name)),
        })
    }
}

/// Whether single points of a sparse picture grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spread {
    /// They stay one pixel.
    None,
    /// They grow by `px` on all sides.
    By {
        /// Pixels on all sides.
        px: usize,
        /// The shape they take.
        shape: SpreadShape,
    },
    /// They grow as far as [`Pixmap::spread_px`] says for a picture of this density.
    Auto {
        /// Pixels for each unit of the figure, as in [`FigureSpec`](crate::FigureSpec).
        scale: f64,
    },
}

/// What [`shade`] does with values.
#[derive(Debug, Clone)]
pub struct Shading {
    /// How values are spread over the colours.
    pub how: How,
    /// The colours of values.
    pub colors: ColorMap,
    /// The colours of categories in their order; missing ones are taken from [`categorical`](crate::categorical).
    pub category_colors: Vec<Color>,
    /// The values at the ends of the map; what lies beyond is drawn in the end's colour. `None`: least and greatest.
    pub span: Option<(f64, f64)>,
    /// Whether single points grow.
    pub spread: Spread,
    /// What empty pixels show; `None` leaves them transparent.
    pub background: Option<Color>,
    /// Where histogram equalisation meets few distinct values, begin higher in the map, as Datashader's
    /// `rescale_discrete_levels` does, so that single points stay visible.
    pub rescale_discrete_levels: bool,
    /// The least opacity of a pixel mixed from categories.
    pub min_alpha: u8,
    /// How opaque the picture is, from 0 to 255; before the background is laid under it.
    pub alpha: u8,
}

impl Shading {
    /// The default for a light ground: histogram-equalised, light to dark.
    pub fn light() -> Self {
        Self {
            how: How::EqHist,
            colors: builtin("aquatint"),
            category_colors: Vec::new(),
            span: None,
            spread: Spread::None,
            background: None,
            rescale_discrete_levels: true,
            min_alpha: 150,
            alpha: 255,
        }
    }

    /// The default for a dark ground: histogram-equalised, dark to light.
    pub fn dark() -> Self {
        Self { colors: builtin("ember"), ..Self::light() }
    }
}

fn builtin(name: &str) -> ColorMap {
    ColorMap::named(name).expect("the map is embedded, a test reads them all")
}

/// One category as it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Category {
    /// Its name.
    pub name: String,
    /// Its colour where nothing else is.
    pub color: Color,
    /// The sum of its cells, to tell large ones from small.
    pub weight: f64,
}

/// What the colours of a picture mean.
#[derive(Debug, Clone, PartialEq)]
pub enum ColorKey {
    /// Every pixel is empty.
    Empty,
    /// There is something where this colour is.
    Flag(Color),
    /// Colours stand for values.
    Values(ColorScale),
    /// Colours stand for categories, in the order of the aggregate.
    Categories(Vec<Category>),
}

impl ColorKey {
    /// The one colour that stands for all, for a name beside it: of values that in the middle of them.
    pub(crate) fn color(&self) -> Option<Color> {
        match self {
            ColorKey::Empty => None,
            ColorKey::Flag(color) => Some(*color),
            ColorKey::Values(scale) => scale.colors().get(scale.colors().len() / 2).copied(),
            ColorKey::Categories(categories) => categories.first().map(|category| category.color),
        }
    }
}

/// A picture and what its colours mean.
#[derive(Debug)]
pub struct Shaded {
    /// The picture.
    pub pixmap: Pixmap,
    /// What its colours mean.
    pub key: ColorKey,
}

/// Colour every cell of an aggregate. Row 0 of the aggregate is the bottom row of the picture.
///
/// Counts of 0, `false` and NaN are empty. Everything but [`Reduction::By`] gives [`Pixels::Indexed`], 1 byte a pixel;
/// categories are mixed by weight and give [`Pixels::Rgba`], 4 bytes a pixel. Besides the picture at most 2 MiB are
/// held while it runs (and a second picture if points grow). Cost: 2 passes over the cells, 3 for [`How::EqHist`].
///
/// # Errors
/// [`FigureError::BadSize`], [`FigureError::BadSpan`], or [`FigureError::Budget`] before anything is made.
pub fn shade(aggregate: &Aggregate, shading: &Shading, consumer: &MemoryConsumer) -> Result<Shaded> {
    shade_part(aggregate, Part::default(), shading, consumer)
}

/// What of an aggregate is shaded: all of it by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Part<'a> {
    /// One byte for each cell, row 0 lowest; where it is 0, the cell counts as empty.
    pub mask: Option<&'a [u8]>,
    /// One category of [`Reduction::By`] alone, as if there were no others but for the scale of its colours, which is that
    /// of the values of all of them.
    pub plane: Option<usize>,
}

/// The same for a part of the aggregate.
///
/// # Errors
/// As of [`shade`]; [`FigureError::BadMask`] if a mask does not have as many bytes as the aggregate has cells.
pub fn shade_part(
    aggregate: &Aggregate,
    part: Part<'_>,
    shading: &Shading,
    consumer: &MemoryConsumer,
) -> Result<Shaded> {
    let size = (aggregate.width(), aggregate.height());
    check(size, shading)?;
    if let Some(mask) = part.mask.filter(|mask| mask.len() != size.0 * size.1) {
        return Err(FigureError::BadMask { cells: mask.len(), width: size.0, height: size.1 });
    }
    let field = Field::new(aggregate, part);
    let by = matches!(aggregate.reduction, Reduction::By(..));
    let Shaded { pixmap, key } = if by && part.plane.is_none() {
        category::shade(&field, shading, consumer)?
    } else {
        shade_values(&field, shading, consumer)?
    };
    Ok(Shaded { pixmap: finished(pixmap, shading, consumer)?, key })
}

/// Whether a picture of this size can be made so.
fn check((width, height): (usize, usize), shading: &Shading) -> Result<()> {
    if width == 0
        || height == 0
        || width > MAX_SIDE
        || height > MAX_SIDE
        || width * height > u32::MAX as usize
    {
        return Err(FigureError::BadSize {
            width: width as u64,
            height: height as u64,
            limit: MAX_SIDE as u64,
        });
    }
    if let Some((low, high)) = shading.span
        && !(low <= high && low.is_finite() && high.is_finite())
    {
        return Err(FigureError::BadSpan { low, high });
    }
    Ok(())
}

/// Points grown, and the ground laid.
fn finished(pixmap: Pixmap, shading: &Shading, consumer: &MemoryConsumer) -> Result<Pixmap> {
    let (px, shape) = match shading.spread {
        Spread::None => (0, SpreadShape::Circle),
        Spread::By { px, shape } => (px, shape),
        Spread::Auto { scale } => (pixmap.spread_px(scale), SpreadShape::Circle),
    };
    let mut pixmap = if px > 0 { pixmap.spread(px, shape, consumer)? } else { pixmap };
    if shading.alpha < 255 {
        pixmap.fade(shading.alpha);
    }
    if let Some(color) = shading.background {
        pixmap.set_background(color);
    }
    Ok(pixmap)
}

fn shade_values(field: &Field<'_>, shading: &Shading, consumer: &MemoryConsumer) -> Result<Shaded> {
    let (width, height) = (field.width, field.height);
    let mut row = consumer.buffer::<f64>(width)?;
    let mut indices = consumer.buffer::<u8>(width * height)?;
    let scale = match field.meaning() {
        Meaning::Flag => None,
        _ => Some(ColorScale::of(field, shading, LEVELS, &mut row, consumer)?),
    };
    let mut colors = match &scale {
        Some(_) => shading.colors.sample(LEVELS),
        None => vec![shading.colors.at(0.6)],
    };
    let mut empty = true;
    for (y, line) in indices.chunks_exact_mut(width).enumerate() {
        field.read(height - 1 - y, &mut row);
        for (index, value) in line.iter_mut().zip(row.iter()) {
            *index = if value.is_nan() {
                0
            } else {
                scale.as_ref().map_or(1, |scale| 1 + scale.level(*value) as u8)
            };
        }
        empty &= line.iter().all(|index| *index == 0);
    }
    let key = match scale {
        _ if empty => ColorKey::Empty,
        None => ColorKey::Flag(colors[0]),
        Some(scale) => ColorKey::Values(scale.with_colors(colors.clone())),
    };
    colors.insert(0, Color::TRANSPARENT);
    Ok(Shaded { pixmap: Pixmap { width, height, pixels: Pixels::Indexed { palette: colors, indices } }, key })
}
