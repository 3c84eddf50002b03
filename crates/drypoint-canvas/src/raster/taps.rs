//! Which items of one axis of an array a place of the canvas reads, and with which weights.
//!
//! All methods are the same sparse product, an axis at a time: areas weigh what lies partly in a pixel by that part,
//! interpolation weighs two neighbours, and the others take what the areas or the centres touch.

use std::ops::Range;

use super::Method;
use crate::{Axis, Scale};

/// The items that one place reads: `count` of them from `first`. All but the first and the last weigh 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tap {
    pub(super) first: u32,
    pub(super) count: u32,
    /// What the first weighs.
    pub(super) head: f64,
    /// What the last weighs, if it is not the first.
    pub(super) tail: f64,
}

impl Tap {
    pub(super) const NONE: Self = Self { first: 0, count: 0, head: 0.0, tail: 0.0 };

    fn one(at: usize) -> Self {
        Self { first: at as u32, count: 1, head: 1.0, tail: 0.0 }
    }

    /// The items.
    pub(super) fn items(self) -> Range<usize> {
        self.first as usize..self.first as usize + self.count as usize
    }

    /// The weight of one of the items.
    pub(super) fn weight(self, item: usize) -> f64 {
        let place = item - self.first as usize;
        if place == 0 {
            self.head
        } else if place + 1 == self.count as usize {
            self.tail
        } else {
            1.0
        }
    }

    /// The weight of all of them.
    pub(super) fn total(self) -> f64 {
        match self.count {
            0 => 0.0,
            1 => self.head,
            count => self.head + f64::from(count - 2) + self.tail,
        }
    }

    /// What of it lies in a range.
    pub(super) fn within(self, range: &Range<usize>) -> Self {
        let items = self.items();
        let (start, end) = (items.start.max(range.start), items.end.min(range.end));
        if start >= end {
            return Self::NONE;
        }
        if (start, end) == (items.start, items.end) {
            return self;
        }
        let tail = if end - start > 1 { self.weight(end - 1) } else { 0.0 };
        Self { first: start as u32, count: (end - start) as u32, head: self.weight(start), tail }
    }
}

/// The taps of an axis, in the order of the array's items.
#[derive(Debug)]
pub(crate) struct Taps {
    pub(super) taps: Vec<Tap>,
    /// What the items of each weigh together.
    pub(super) totals: Vec<f64>,
    /// Whether the first of them is the last place of the canvas.
    flipped: bool,
}

impl Taps {
    /// How `axis` reads `items` items whose outer edges lie at `edges` in data units.
    pub(super) fn new(axis: &Axis, items: usize, edges: (f64, f64), method: Method) -> Self {
        let flipped = edges.0 > edges.1;
        let (start, end) = axis.range;
        let width = edges.1 - edges.0;
        // What rounding makes of the place of an edge, in items; nearer than that to a whole number it is one.
        let farthest = start.abs().max(end.abs()).max(edges.0.abs()).max(edges.1.abs());
        let slack = 8.0 * f64::EPSILON * items as f64 * (1.0 + farthest / width.abs());
        let place_of = |pixel: f64, before: f64| {
            let share = pixel / axis.pixels as f64;
            let data = match axis.scale {
                Scale::Linear => start * (1.0 - share) + end * share,
                Scale::Log => start * (end / start).powf(share),
            };
            let at = (data - edges.0) / width * items as f64 - before;
            let whole = at.round();
            if (at - whole).abs() <= slack { whole } else { at }
        };
        let item_of = |pixel: f64| place_of(pixel, 0.0);
        let taps = (0..axis.pixels).map(|place| {
            let pixel = (if flipped { axis.pixels - 1 - place } else { place }) as f64;
            match method {
                Method::Nearest => nearest(item_of(pixel + 0.5), items),
                Method::Bilinear => between(place_of(pixel + 0.5, 0.5), items),
                _ => {
                    let (a, b) = (item_of(pixel), item_of(pixel + 1.0));
                    area(a.min(b), a.max(b), items)
                }
            }
        });
        let taps: Vec<Tap> = taps.collect();
        Self { totals: taps.iter().map(|tap| tap.total()).collect(), taps, flipped }
    }

    /// Taps that are known already.
    pub(super) fn made(taps: Vec<Tap>, flipped: bool) -> Self {
        Self { totals: taps.iter().map(|tap| tap.total()).collect(), taps, flipped }
    }

    /// Bytes of the taps of so many places.
    pub(super) fn bytes(places: usize) -> usize {
        places.saturating_mul(size_of::<Tap>() + size_of::<f64>())
    }

    /// The place on the canvas of tap number `tap`.
    pub(super) fn place(&self, tap: usize) -> usize {
        if self.flipped { self.taps.len() - 1 - tap } else { tap }
    }

    /// The places of these taps on the canvas, and whether the first tap has the last of them.
    pub(super) fn places(&self, taps: &Range<usize>) -> (Range<usize>, bool) {
        let count = self.taps.len();
        if self.flipped { (count - taps.end..count - taps.start, true) } else { (taps.clone(), false) }
    }

    /// All items that are read.
    pub(super) fn items(&self) -> Range<usize> {
        self.items_of(&(0..self.taps.len()))
    }

    /// The items that these taps read.
    pub(super) fn items_of(&self, taps: &Range<usize>) -> Range<usize> {
        let mut read = self.taps[taps.clone()].iter().filter(|tap| tap.count > 0);
        match (read.next(), read.next_back()) {
            (None, _) => 0..0,
            (Some(first), None) => first.items(),
            (Some(first), Some(last)) => first.items().start..last.items().end,
        }
    }

    /// The taps that read any of these items.
    pub(super) fn readers(&self, items: &Range<usize>) -> Range<usize> {
        // Taps without items lie at the ends only, where the canvas reaches over the array.
        let empty = self.taps.iter().take_while(|tap| tap.count == 0).count();
        let reading = empty + self.taps[empty..].partition_point(|tap| tap.count > 0);
        let taps = &self.taps[empty..reading];
        let start = taps.partition_point(|tap| tap.items().end <= items.start);
        let end = taps.partition_point(|tap| tap.items().start < items.end);
        empty + start..empty + end.max(start)
    }
}

fn area(from: f64, to: f64, items: usize) -> Tap {
    if to <= 0.0 || from >= items as f64 {
        return Tap::NONE;
    }
    let (from, to) = (from.max(0.0), to.min(items as f64));
    if from >= to {
        // So deep in the array that float64 does not tell the edges of a pixel apart.
        return Tap::one(from as usize);
    }
    let (first, last) = (from.floor() as usize, (to.ceil() as usize).min(items) - 1);
    match last - first {
        // Where there is nothing to weigh it against a weight would only round.
        0 => Tap::one(first),
        between => {
            let (head, tail) = ((first + 1) as f64 - from, to - last as f64);
            Tap { first: first as u32, count: between as u32 + 1, head, tail }
        }
    }
}

fn nearest(at: f64, items: usize) -> Tap {
    if at < 0.0 || at > items as f64 { Tap::NONE } else { Tap::one((at as usize).min(items - 1)) }
}

/// `at` is counted from the centre of the first item.
fn between(at: f64, items: usize) -> Tap {
    if at < -0.5 || at > items as f64 - 0.5 {
        return Tap::NONE;
    }
    let centre = at.clamp(0.0, (items - 1) as f64);
    let (first, part) = (centre.floor() as usize, centre - centre.floor());
    if part == 0.0 {
        Tap::one(first)
    } else {
        Tap { first: first as u32, count: 2, head: 1.0 - part, tail: part }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AxisKind;

    fn axis(pixels: usize, start: f64, end: f64) -> Axis {
        Axis { pixels, range: (start, end), scale: Scale::Linear, kind: AxisKind::Number }
    }

    fn weights(tap: Tap) -> Vec<(usize, f64)> {
        tap.items().map(|item| (item, tap.weight(item))).collect()
    }

    #[test]
    fn areas_of_a_whole_ratio_have_no_parts() {
        // 0.1 and 0.3 are no binary fractions: only the slack makes the edges whole.
        let taps = Taps::new(&axis(3, 0.1, 0.3), 12, (0.1, 0.3), Method::Area);
        for (place, tap) in taps.taps.iter().enumerate() {
            assert_eq!(weights(*tap), (0..4).map(|item| (4 * place + item, 1.0)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn parts_of_items_weigh_as_much_as_lies_in_the_pixel() {
        let taps = Taps::new(&axis(2, 0.0, 5.0), 5, (0.0, 5.0), Method::Area);
        assert_eq!(weights(taps.taps[0]), [(0, 1.0), (1, 1.0), (2, 0.5)]);
        assert_eq!(weights(taps.taps[1]), [(2, 0.5), (3, 1.0), (4, 1.0)]);
        assert_eq!(taps.taps[1].total(), 2.5);
    }

    #[test]
    fn a_reversed_axis_reads_from_the_other_end() {
        let taps = Taps::new(&axis(2, 0.0, 4.0), 4, (4.0, 0.0), Method::Area);
        assert_eq!(weights(taps.taps[0]), [(0, 1.0), (1, 1.0)]);
        assert_eq!((taps.place(0), taps.place(1)), (1, 0));
    }

    #[test]
    fn a_canvas_that_reaches_over_the_array_reads_nothing_there() {
        for method in [Method::Area, Method::Nearest, Method::Bilinear] {
            let taps = Taps::new(&axis(6, -1.0, 5.0), 4, (0.0, 4.0), method);
            let counts: Vec<u32> = taps.taps.iter().map(|tap| tap.count).collect();
            assert_eq!(counts, [0, 1, 1, 1, 1, 0], "{method:?}");
            assert_eq!(taps.items(), 0..4);
            assert_eq!(taps.readers(&(1..3)), 2..4);
            assert_eq!(taps.readers(&(9..12)), 5..5);
        }
        let away = Taps::new(&axis(6, 10.0, 15.0), 4, (0.0, 4.0), Method::Area);
        assert_eq!((away.items(), away.readers(&(0..4))), (0..0, 6..6));
    }

    #[test]
    fn interpolation_ends_at_the_outer_centres() {
        let taps = Taps::new(&axis(4, 0.0, 2.0), 2, (0.0, 2.0), Method::Bilinear);
        let found: Vec<_> = taps.taps.iter().map(|tap| weights(*tap)).collect();
        assert_eq!(
            found,
            [vec![(0, 1.0)], vec![(0, 0.75), (1, 0.25)], vec![(0, 0.25), (1, 0.75)], vec![(1, 1.0)]]
        );
    }

    #[test]
    fn cutting_a_tap_in_two_loses_nothing() {
        let tap = area(0.25, 6.5, 9);
        for cut in 0..9 {
            let (left, right) = (tap.within(&(0..cut)), tap.within(&(cut..9)));
            let mut joined = weights(left);
            joined.extend(weights(right));
            assert_eq!(joined, weights(tap));
            assert_eq!(left.total() + right.total(), tap.total());
        }
    }
}
