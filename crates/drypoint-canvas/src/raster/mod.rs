//! Images and grids of any size drawn to the pixels of a canvas, in strips or chunks of their own type.
//!
//! No copy of the whole array is ever made, in float64 or otherwise: an array in memory is read where it lies, one that
//! is compressed or on disk is decoded chunk by chunk, each chunk once.

mod colors;
mod finish;
mod fold;
mod given;
mod mode;
mod plan;
mod source;
mod taps;
mod uneven;
mod work;

use std::fmt;
use std::sync::Mutex;

use drypoint_memory::Buffer;

use self::fold::Fold;
use self::plan::Cut;
use self::taps::Taps;
use self::work::{Hands, Picture, Turn, Work};
use crate::options::Options;
use crate::raw::Isa;
use crate::{Aggregate, Canvas, CanvasError, Planes, Reduction, Result};

pub use colors::{colors, pixels};
pub use given::GivenRaster;
pub use source::{Image, LetGo};
pub use uneven::Breaks;
pub(crate) use uneven::{Boxes, Spans, uneven};

/// Do the same for the type of the items, `T`.
macro_rules! dispatch {
    ($kind:expr, $item:ident => $body:expr) => {{
        use $crate::raster::source::Kind;
        macro_rules! with {
            ($type:ty) => {{
                type $item = $type;
                $body
            }};
        }
        match $kind {
            Kind::U8 => with!(u8),
            Kind::I8 => with!(i8),
            Kind::U16 => with!(u16),
            Kind::I16 => with!(i16),
            Kind::U32 => with!(u32),
            Kind::I32 => with!(i32),
            Kind::U64 => with!(u64),
            Kind::I64 => with!(i64),
            Kind::F32 => with!(f32),
            Kind::F64 => with!(f64),
        }
    }};
}
use dispatch;

/// How the items that lie under a pixel become its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The mean of what lies in the pixel, each item weighed by the area that it has there; NaN is left out.
    Area,
    /// The item under the centre of the pixel.
    Nearest,
    /// Between the four items around the centre of the pixel; at the outermost centres and beyond, the outermost items.
    Bilinear,
    /// The greatest of the items that lie in the pixel, also in part; NaN is left out.
    Max,
    /// The least of them.
    Min,
    /// The item that covers most of the pixel; of several the least.
    Mode,
}

impl Method {
    /// All of them, by name.
    pub const ALL: [(&'static str, Method); 6] = [
        ("area", Method::Area),
        ("nearest", Method::Nearest),
        ("bilinear", Method::Bilinear),
        ("max", Method::Max),
        ("min", Method::Min),
        ("mode", Method::Mode),
    ];

    /// The method of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, method)| *method)
    }

    /// Whether each item under the canvas is read, and not only some.
    fn looks_at_all(self) -> bool {
        !matches!(self, Self::Nearest | Self::Bilinear)
    }

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, method)| *method == self).map_or("", |(name, _)| name)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where an image lies in data units: the outer edges of its first and of its last column, and of its first and last row.
/// The first may be the greater.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edges {
    /// Of the columns.
    pub x: (f64, f64),
    /// Of the rows.
    pub y: (f64, f64),
}

impl Edges {
    fn check(&self) -> Result<()> {
        for (axis, (start, end)) in [("x", self.x), ("y", self.y)] {
            if !start.is_finite() || !end.is_finite() {
                return Err(CanvasError::RangeNotFinite { axis, start, end });
            }
            if start == end || !(end - start).is_finite() {
                return Err(CanvasError::RangeEmpty { axis, at: start });
            }
        }
        Ok(())
    }
}

/// What is drawn, and how.
struct Begun {
    fold: Fold,
    /// Items of the image that lie under the canvas.
    items: u64,
}

impl Begun {
    fn new(canvas: &Canvas, image: &Image, edges: &Edges, method: Method) -> Result<Self> {
        canvas.check()?;
        edges.check()?;
        let rows = Taps::new(&canvas.y, image.rows, edges.y, method);
        let columns = Taps::new(&canvas.x, image.columns, edges.x, method);
        let items = rows.items().len() as u64 * columns.items().len() as u64;
        Ok(Self { fold: Fold { method, bands: image.bands, rows, columns, isa: Isa::detect() }, items })
    }

    /// All items under the canvas folded, but not yet turned into numbers if they are wide integers. With how many are
    /// missing.
    fn run(&self, image: &Image, options: &Options) -> Result<(Buffer<f64>, u64)> {
        let fold = &self.fold;
        let cut = Cut::new(image, fold);
        let threads = cut.threads(image, fold, options)?;
        let mut sums = Sums::new(image, fold, &cut, options)?;
        let work = Work {
            fold,
            shape: &cut.shape,
            options,
            merged: cut.merged,
            picture: Mutex::new(sums.picture()),
            turn: Turn::new(),
        };
        let hands = (0..threads).map(|_| Hands::new(&cut.shape, fold, &options.consumer));
        let mut hands = hands.collect::<Result<Vec<_>>>()?;
        dispatch!(image.kind, T => work.run::<T>(image, &cut.tasks, &mut hands))?;
        let missed = work.missed();
        Ok((sums.finished(fold, cut.merged), missed))
    }
}

/// The planes of a picture in the making.
struct Sums {
    cells: Buffer<f64>,
    weights: Option<Buffer<f64>>,
}

impl Sums {
    fn new(image: &Image, fold: &Fold, cut: &Cut, options: &Options) -> Result<Self> {
        let count = fold.rows.taps.len() * fold.columns.taps.len() * fold.bands;
        let mut cells = options.consumer.buffer::<f64>(count)?;
        let empty = dispatch!(image.kind, T => fold.empty::<T>());
        bytemuck::cast_slice_mut(&mut cells).fill(empty);
        let weighed = cut.merged && cut.shape.weighed;
        let weights = if weighed { Some(options.consumer.zeroed(count)?) } else { None };
        Ok(Self { cells, weights })
    }

    fn picture(&mut self) -> Picture<'_> {
        Picture {
            cells: bytemuck::cast_slice_mut(&mut self.cells),
            weights: self.weights.as_deref_mut().unwrap_or_default(),
            missed: 0,
        }
    }

    fn finished(mut self, fold: &Fold, merged: bool) -> Buffer<f64> {
        if merged {
            let weights = self.weights.as_deref().unwrap_or_default();
            fold.finish_merged(bytemuck::cast_slice_mut(&mut self.cells), weights);
        }
        self.cells
    }
}

/// Draw an image of one band: float64 cells, NaN where there is no item, or none that is not NaN.
///
/// `skipped` of the result counts the items that are NaN; for methods that do not look at every item, the pixels over the
/// image that have no value. Integers of 64 bits are folded as they are; one that float64 does not hold exactly is refused,
/// except by those methods that compute.
pub fn raster(
    canvas: &Canvas,
    image: &Image,
    edges: &Edges,
    method: Method,
    options: &Options,
) -> Result<Aggregate> {
    let begun = Begun::new(canvas, image, edges, method)?;
    one_band(image)?;
    let (cells, missed) = begun.run(image, options)?;
    aggregate(canvas, image, &begun, cells, missed)
}

fn one_band(image: &Image) -> Result<()> {
    if image.bands == 1 {
        return Ok(());
    }
    let what = format!("has {} bands; an aggregate has one number for each pixel", image.bands);
    Err(CanvasError::NoImage { name: image.name.clone(), what })
}

fn aggregate(
    canvas: &Canvas,
    image: &Image,
    begun: &Begun,
    mut cells: Buffer<f64>,
    missed: u64,
) -> Result<Aggregate> {
    let fold = &begun.fold;
    let words = bytemuck::cast_slice_mut(&mut cells);
    let narrowed = dispatch!(image.kind, T => fold.narrow::<T>(words, image.kind == source::Kind::I64));
    narrowed.map_err(|value| CanvasError::Inexact {
        name: image.name.clone(),
        value,
        method: fold.method.name(),
    })?;
    let missed = if fold.method.looks_at_all() { missed } else { fold.unseen(words) };
    let reduction = match fold.method {
        Method::Max => Reduction::Max(image.name.clone()),
        Method::Min => Reduction::Min(image.name.clone()),
        method => Reduction::Resampled(method, image.name.clone()),
    };
    let mut aggregate = Aggregate::from_planes(canvas.clone(), reduction, Vec::new(), Planes::F64(cells));
    (aggregate.rows, aggregate.skipped) = (begun.items, missed);
    Ok(aggregate)
}
