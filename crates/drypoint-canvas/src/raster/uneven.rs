//! Images whose rows and columns are of different sizes: an item is in the pixels between its edges, whole.
//!
//! The pixels of an item are found once for each row and each column (Datashader's rule: its edges, rounded down; a row or a
//! column within one pixel is there), and turned around into the items of each pixel. From there on it is an image like any
//! other whose items weigh 1: the same loops, threads, tiles and memory.

use std::ops::Range;

use drypoint_memory::MemoryConsumer;

use super::fold::Fold;
use super::source::{Image, TileScratch};
use super::taps::{Tap, Taps};
use super::{Begun, Edges, Method, aggregate, dispatch, one_band};
use crate::mapping::AxisMap;
use crate::options::Options;
use crate::raw::{Isa, Item};
use crate::{Aggregate, Axis, Canvas, CanvasError, Result, Scale};

/// The pixels of each item of an axis, in the order of the items.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spans {
    pub(crate) spans: Vec<Range<u32>>,
    pixels: usize,
    flipped: bool,
}

impl Spans {
    /// Of items between neighbours of `edges`, which all rise or all fall.
    pub(crate) fn new(axis: &Axis, edges: &[f64]) -> Self {
        let map = AxisMap::new(axis);
        let at = |value: f64| if map.log { value.log10() } else { value };
        let (start, width) = (at(map.start), at(map.end) - at(map.start));
        let share = |edge: f64| (at(edge) - start) / width;
        let flipped = edges.first() > edges.last();
        let pixel = |share: f64| (share * axis.pixels as f64).clamp(0.0, axis.pixels as f64) as u32;
        let spans = edges.windows(2).map(|pair| {
            let (a, b) = (share(pair[0]), share(pair[1]));
            let (low, high) = if flipped { (b, a) } else { (a, b) };
            // What has no logarithm is further down than any pixel.
            let outside = !(high > 0.0 && low < 1.0) && !(low.is_nan() && high > 0.0);
            if outside {
                return 0..0;
            }
            let (first, end) = (pixel(if low.is_nan() { 0.0 } else { low }), pixel(high));
            let whole = first == end && (end as usize) < axis.pixels;
            first..end + u32::from(whole)
        });
        Self { spans: spans.collect(), pixels: axis.pixels, flipped }
    }

    /// The items of each pixel.
    fn taps(&self) -> Taps {
        let mut items: Vec<Range<u32>> = vec![0..0; self.pixels];
        for (item, span) in (0u32..).zip(&self.spans) {
            for pixel in span.clone() {
                let held = &mut items[pixel as usize];
                *held = if held.start == held.end { item..item + 1 } else { held.start..item + 1 };
            }
        }
        if self.flipped {
            items.reverse();
        }
        let taps = items.into_iter().map(|items| match items.len() {
            0 => Tap::NONE,
            count => Tap {
                first: items.start,
                count: count as u32,
                head: 1.0,
                tail: if count > 1 { 1.0 } else { 0.0 },
            },
        });
        Taps::made(taps.collect(), self.flipped)
    }
}

/// Where the rows and columns of an image lie: at which edges, one more than there are of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Breaks {
    /// Of the columns.
    pub x: Vec<f64>,
    /// Of the rows.
    pub y: Vec<f64>,
    /// Whether all are as wide and as high as each other.
    pub even: bool,
}

impl Breaks {
    /// Whether they are those of an image, on these axes.
    pub(crate) fn check(&self, canvas: &Canvas, image: &Image) -> Result<()> {
        let refused = |what: String| Err(CanvasError::NoImage { name: image.name.clone(), what });
        for (name, breaks, items, axis) in
            [("x", &self.x, image.columns, &canvas.x), ("y", &self.y, image.rows, &canvas.y)]
        {
            if breaks.len() != items + 1 {
                return refused(format!("has {items} items along {name} between {} edges", breaks.len()));
            }
            let falls = breaks.first() > breaks.last();
            let wrong = breaks.windows(2).position(|pair| match falls {
                false => pair[0].partial_cmp(&pair[1]) != Some(std::cmp::Ordering::Less),
                true => pair[0].partial_cmp(&pair[1]) != Some(std::cmp::Ordering::Greater),
            });
            if let Some(at) = wrong {
                let (one, next) = (breaks[at], breaks[at + 1]);
                return refused(format!(
                    "has edges along {name} that do not rise or fall throughout: {one} and {next}"
                ));
            }
            if let Some(edge) = breaks.iter().find(|edge| !edge.is_finite()) {
                return refused(format!("has the edge {edge} along {name}"));
            }
            if axis.scale == Scale::Log && breaks.iter().all(|edge| *edge <= 0.0) {
                return refused(format!("has no edge above 0 along {name}, which is logarithmic"));
            }
        }
        Ok(())
    }

    /// Whether even items are all larger than the pixels: then each pixel takes the item under its centre, as an image does.
    pub(crate) fn enlarged(&self, canvas: &Canvas) -> Option<Edges> {
        let linear = canvas.x.scale == Scale::Linear && canvas.y.scale == Scale::Linear;
        let ends = |breaks: &[f64]| match breaks {
            [first, .., last] => (*first, *last),
            _ => (0.0, 0.0),
        };
        let larger = |breaks: &[f64], axis: &Axis| {
            let (first, last) = ends(breaks);
            (last - first).abs() / (breaks.len() - 1) as f64
                >= (axis.range.1 - axis.range.0) / axis.pixels as f64
        };
        let suits = self.even && linear && larger(&self.x, &canvas.x) && larger(&self.y, &canvas.y);
        suits.then(|| Edges { x: ends(&self.x), y: ends(&self.y) })
    }
}

/// Draw an image of one band whose rows and columns lie between `breaks`.
pub(crate) fn uneven(
    canvas: &Canvas,
    image: &Image,
    breaks: &Breaks,
    method: Method,
    options: &Options,
) -> Result<Aggregate> {
    one_band(image)?;
    let begun = begun(canvas, image, breaks, method);
    let (cells, missed) = begun.run(image, options)?;
    aggregate(canvas, image, &begun, cells, missed)
}

fn begun(canvas: &Canvas, image: &Image, breaks: &Breaks, method: Method) -> Begun {
    let (rows, columns) = match breaks.enlarged(canvas) {
        Some(edges) => (
            Taps::new(&canvas.y, image.rows, edges.y, Method::Nearest),
            Taps::new(&canvas.x, image.columns, edges.x, Method::Nearest),
        ),
        None => (Spans::new(&canvas.y, &breaks.y).taps(), Spans::new(&canvas.x, &breaks.x).taps()),
    };
    let items = rows.items().len() as u64 * columns.items().len() as u64;
    Begun { fold: Fold { method, bands: image.bands, rows, columns, isa: Isa::detect() }, items }
}

/// Boxes of an image as float64, one after the other.
#[derive(Default)]
pub(crate) struct Boxes {
    scratch: TileScratch,
}

impl Boxes {
    /// Bytes that reading a box takes besides its float64.
    pub(crate) fn bytes(image: &Image, rows: usize, columns: usize) -> usize {
        image.tile_bytes(rows, columns)
    }

    /// A box, row by row, `columns` numbers each.
    pub(crate) fn read(
        &mut self,
        image: &Image,
        rows: Range<usize>,
        columns: Range<usize>,
        consumer: &MemoryConsumer,
        out: &mut [f64],
    ) -> Result<()> {
        let (high, wide) = (rows.len(), columns.len());
        let tile = image.tile(rows, columns, consumer, &mut self.scratch)?;
        dispatch!(image.kind, T => {
            for (row, out) in out.chunks_exact_mut(wide.max(1)).take(high).enumerate() {
                let start = row * tile.stride;
                let items: &[T] = bytemuck::cast_slice(&tile.bytes[start..start + wide * size_of::<T>()]);
                for (out, item) in out.iter_mut().zip(items) {
                    *out = item.number();
                }
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AxisKind;

    fn axis(pixels: usize, start: f64, end: f64, scale: Scale) -> Axis {
        Axis { pixels, range: (start, end), scale, kind: AxisKind::Number }
    }

    #[test]
    fn items_cover_the_pixels_between_their_edges_and_none_is_lost() {
        let spans = Spans::new(&axis(10, 0.0, 10.0, Scale::Linear), &[-3.0, -1.0, 0.5, 0.7, 4.0, 9.2, 9.6, 12.0]);
        assert_eq!(spans.spans, [0..0, 0..1, 0..1, 0..4, 4..9, 9..10, 9..10]);
        let taps = spans.taps();
        let counts: Vec<(usize, usize)> =
            taps.taps.iter().map(|tap| (tap.items().start, tap.items().end)).collect();
        assert_eq!(counts[..5], [(1, 4), (3, 4), (3, 4), (3, 4), (4, 5)]);
        assert_eq!(counts[9], (5, 7));
    }

    #[test]
    fn falling_edges_are_the_mirror_image() {
        let rising = [0.0, 0.5, 0.75, 3.0, 8.0];
        let falling: Vec<f64> = rising.iter().rev().copied().collect();
        let axis = axis(8, 0.0, 8.0, Scale::Linear);
        let (one, other) = (Spans::new(&axis, &rising), Spans::new(&axis, &falling));
        let mirrored: Vec<_> = other.spans.iter().rev().cloned().collect();
        assert_eq!(one.spans, mirrored);
        let (taps, others) = (one.taps(), other.taps());
        for (place, tap) in taps.taps.iter().enumerate() {
            let mirror = others.taps[7 - place];
            assert_eq!(others.place(7 - place), place);
            assert_eq!(tap.items().len(), mirror.items().len());
            assert_eq!(4 - tap.items().end, mirror.items().start);
        }
    }

    #[test]
    fn logarithms_begin_where_there_are_any() {
        let spans = Spans::new(&axis(3, 1.0, 1000.0, Scale::Log), &[-1.0, 0.0, 10.0, 100.0, 1000.0]);
        assert_eq!(spans.spans, [0..0, 0..1, 1..2, 2..3]);
    }
}
