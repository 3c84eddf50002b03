//! Images whose rows and columns are of different sizes: an item is in the pixels between its edges, whole.
//!
//! The pixels of an item are found once for each row and each column, and turned around into the items of each pixel. From
//! there on it is an image like any other whose items weigh 1: the same loops, threads, tiles and memory.

use std::ops::Range;

use drypoint_memory::MemoryConsumer;

use super::fold::Fold;
use super::source::{Image, TileScratch};
use super::taps::{Tap, Taps};
use super::{Begun, Method, aggregate, dispatch, one_band};
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

/// Which pixels an item covers. These are Datashader's three rules, each where it takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Those between its edges, rounded down; if there are none, that of its lower edge.
    Edges,
    /// Of even items larger than pixels: those whose centres lie in it.
    Centres,
    /// Of even items smaller than pixels: that of its upper edge.
    Upper,
}

impl Spans {
    /// Of items between neighbours of `edges`, which all rise or all fall.
    pub(crate) fn new(axis: &Axis, edges: &[f64], rule: Rule) -> Self {
        let flipped = edges.first() > edges.last();
        let spans = match rule {
            Rule::Edges => Self::between(axis, edges, flipped),
            Rule::Centres | Rule::Upper => Self::even(axis, edges, rule == Rule::Centres),
        };
        Self { spans, pixels: axis.pixels, flipped }
    }

    fn between(axis: &Axis, edges: &[f64], flipped: bool) -> Vec<Range<u32>> {
        let map = AxisMap::new(axis);
        let at = |value: f64| if map.log { value.log10() } else { value };
        let (start, width) = (at(map.start), at(map.end) - at(map.start));
        let share = |edge: f64| (at(edge) - start) / width;
        let pixel = |share: f64| (share * axis.pixels as f64).clamp(0.0, axis.pixels as f64) as u32;
        let spans = edges.windows(2).map(|pair| {
            let (a, b) = (share(pair[0]), share(pair[1]));
            let (low, high) = if flipped { (b, a) } else { (a, b) };
            // What has no logarithm is further down than any pixel.
            let low = if low.is_nan() { f64::NEG_INFINITY } else { low };
            let inside = high > 0.0 && low < 1.0;
            if !inside {
                return 0..0;
            }
            let (first, end) = (pixel(low), pixel(high));
            let thin = first == end && (end as usize) < axis.pixels;
            first..end + u32::from(thin)
        });
        spans.collect()
    }

    fn even(axis: &Axis, edges: &[f64], centres: bool) -> Vec<Range<u32>> {
        let (first, last, items) = (edges[0], edges[edges.len() - 1], edges.len() - 1);
        let step = items as f64 / (last - first);
        let slack = 1e-9 * (1.0 + first.abs().max(last.abs()) * step.abs() * 1e-6);
        // The place of a pixel's edge or centre in items, whole where only rounding says otherwise.
        let place = |pixel: f64| {
            let share = pixel / axis.pixels as f64;
            let at = (axis.range.0 * (1.0 - share) + axis.range.1 * share - first) * step;
            if (at - at.round()).abs() <= slack { at.round() } else { at }
        };
        let mut spans = vec![0..0; items];
        let mut take = |item: usize, pixel: u32| {
            let span: &mut Range<u32> = &mut spans[item];
            *span = if span.start == span.end { pixel..pixel + 1 } else { span.start..pixel + 1 };
        };
        for pixel in 0..axis.pixels {
            if centres {
                let at = place(pixel as f64 + 0.5);
                if at >= 0.0 && at <= items as f64 {
                    take((at as usize).min(items - 1), pixel as u32);
                }
                continue;
            }
            let (a, b) = (place(pixel as f64).floor(), place(pixel as f64 + 1.0).floor());
            let (from, to) = (a.min(b).max(0.0), a.max(b).min(items as f64));
            (from as usize..to.max(from) as usize).for_each(|item| take(item, pixel as u32));
        }
        spans
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

    /// The pixels of each column and of each row.
    pub(crate) fn spans(&self, canvas: &Canvas) -> [Spans; 2] {
        let larger = |breaks: &[f64], axis: &Axis| {
            let (first, last) = (breaks[0], breaks[breaks.len() - 1]);
            (last - first).abs() / (breaks.len() - 1) as f64
                >= (axis.range.1 - axis.range.0) / axis.pixels as f64
        };
        let linear = canvas.x.scale == Scale::Linear && canvas.y.scale == Scale::Linear;
        let rule = match (larger(&self.x, &canvas.x), larger(&self.y, &canvas.y)) {
            (true, true) if self.even && linear => Rule::Centres,
            (false, false) if self.even && linear => Rule::Upper,
            _ => Rule::Edges,
        };
        [Spans::new(&canvas.x, &self.x, rule), Spans::new(&canvas.y, &self.y, rule)]
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
    let [columns, rows] = breaks.spans(canvas).map(|spans| spans.taps());
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
        let spans = Spans::new(
            &axis(10, 0.0, 10.0, Scale::Linear),
            &[-3.0, -1.0, 0.5, 0.7, 4.0, 9.2, 9.6, 12.0],
            Rule::Edges,
        );
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
        let (one, other) =
            (Spans::new(&axis, &rising, Rule::Edges), Spans::new(&axis, &falling, Rule::Edges));
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
    fn even_items_are_in_one_pixel_each_or_cover_whole_ones() {
        let axis = axis(4, 0.0, 4.0, Scale::Linear);
        let edges = |items: usize| (0..=items).map(|at| at as f64 * 4.0 / items as f64).collect::<Vec<_>>();
        let small = Spans::new(&axis, &edges(10), Rule::Upper);
        assert_eq!(small.spans, [0..1, 0..1, 1..2, 1..2, 1..2, 2..3, 2..3, 3..4, 3..4, 3..4]);
        let large = Spans::new(&axis, &edges(3), Rule::Centres);
        assert_eq!(large.spans, [0..1, 1..3, 3..4]);
    }

    #[test]
    fn logarithms_begin_where_there_are_any() {
        let spans =
            Spans::new(&axis(3, 1.0, 1000.0, Scale::Log), &[-1.0, 0.0, 10.0, 100.0, 1000.0], Rule::Edges);
        assert_eq!(spans.spans, [0..0, 0..1, 1..2, 2..3]);
    }
}
