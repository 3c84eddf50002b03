//! Antialiased segments: how much of each pixel a stroke of some width covers, some pixels of a line at a time.
//!
//! Coverage is Datashader's (decision 0029): 1 up to half a pixel within the edge of the stroke, falling to 0 over one pixel.
//! It is rounded to multiples of 2⁻²⁶, so that sums of it are exact and do not depend on their order.
//!
//! No closures in here: those are compiled for the baseline, and are called instead of becoming part of the loops.

#![allow(clippy::needless_range_loop)] // All arrays have the same lanes; iterators over them would be closures.

use super::block::NOWHERE;
use super::isa::for_each_isa;

/// Pixels that are computed together: as many as a short stroke of width 1 covers of a line, or more where it is wider.
const FEW: usize = 4;
const MANY: usize = 8;

/// Adding and subtracting it rounds to multiples of 2⁻²⁶; sums of those are exact up to 2²⁷.
const ROUND: f64 = 1.5 * (1u64 << 26) as f64;

/// How a stroke is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nib {
    /// From the middle to where there is nothing more.
    half: f64,
    /// Below 1 where the stroke is thinner than a pixel: it is drawn one pixel wide and as much fainter.
    scale: f64,
}

impl Nib {
    /// A stroke of a width in pixels, above 0.
    pub(crate) fn new(width: f64) -> Self {
        Self { half: 0.5 * (width.max(1.0) + 1.0), scale: width.min(1.0) }
    }

    #[inline(always)]
    fn coverage(&self, distance: f64) -> f64 {
        let inside = self.half - distance;
        let inside = if inside < 1.0 { inside } else { 1.0 };
        let inside = if inside > 0.0 { inside } else { 0.0 };
        inside * self.scale
    }
}

/// One direction of a sheet: the ends of its range as positions, and from those to pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) scale: f64,
    pub(crate) translate: f64,
    pub(crate) pixels: usize,
}

impl Side {
    /// In pixels, 0 in the middle of the first.
    #[inline(always)]
    fn at(&self, position: f64) -> f64 {
        position * self.scale + self.translate - 0.5
    }

    #[inline(always)]
    pub(crate) fn holds(&self, position: f64) -> bool {
        (position >= self.low) & (position <= self.high)
    }

    /// The pixels from one coordinate to another, both included; none if the first is above the last.
    #[inline(always)]
    fn between(&self, low: f64, high: f64) -> (usize, usize) {
        let last = self.pixels as f64 - 1.0;
        let first = low.ceil();
        let first = if first > 0.0 { first } else { 0.0 };
        let end = high.floor();
        let end = if end < last { end } else { last };
        if first <= end {
            // SAFETY: both lie between 0 and the last pixel, which `Canvas::check` bounds by `Axis::MAX_PIXELS`, and NaN
            // is neither above 0 nor below or equal to anything.
            unsafe { (first.to_int_unchecked::<i32>() as usize, end.to_int_unchecked::<i32>() as usize) }
        } else {
            (1, 0)
        }
    }
}

/// The part of a segment (x, y, x, y) within the ranges, and whether its start was cut off.
pub(crate) type Cut<'a> = dyn Fn([f64; 4]) -> Option<([f64; 4], bool)> + 'a;

/// Vertices that are joined, and what is known of the segments that start with them.
pub(crate) struct Vertices<'a> {
    /// Positions; NaN where there is none.
    pub(crate) x: &'a [f64],
    pub(crate) y: &'a [f64],
    /// What a segment brings, NaN for nothing; empty if all bring 1.
    pub(crate) weights: &'a [f64],
    /// Whether they weigh anything; otherwise each that is there brings 1.
    pub(crate) weighed: bool,
    /// The plane of each, [`NOWHERE`] for none; empty if there is one plane.
    pub(crate) codes: &'a [u32],
    /// Whether the first vertex only tells where the line comes from, and the last one where it goes.
    pub(crate) comes: bool,
    pub(crate) goes: bool,
}

/// Where coverage goes.
trait Tint {
    /// Whether each pixel is to be told of a line once, not of each segment.
    const JOINED: bool;
    /// Coverage of some pixels from cell `at` of a plane on; `anew` says which the segment before did not touch.
    fn put(&mut self, plane: usize, at: usize, coverage: &[f64], anew: &[u64], weight: f64);
}

/// Sums of coverage times weight; -0.0 is empty.
struct Sums<'a, 'p>(&'a mut [&'p mut [f64]]);

impl Tint for Sums<'_, '_> {
    const JOINED: bool = true;

    #[inline(always)]
    fn put(&mut self, plane: usize, at: usize, coverage: &[f64], _anew: &[u64], weight: f64) {
        let cells = &mut self.0[plane][at..at + coverage.len()];
        for lane in 0..coverage.len() {
            let more = coverage[lane] * weight + 0.0;
            cells[lane] += if coverage[lane] > 0.0 { more } else { -0.0 };
        }
    }
}

/// The greatest of coverage times weight; NaN is empty.
struct Greatest<'a, 'p>(&'a mut [&'p mut [f64]]);

impl Tint for Greatest<'_, '_> {
    const JOINED: bool = false;

    #[inline(always)]
    fn put(&mut self, plane: usize, at: usize, coverage: &[f64], _anew: &[u64], weight: f64) {
        let cells = &mut self.0[plane][at..at + coverage.len()];
        for lane in 0..coverage.len() {
            let value = coverage[lane] * weight + 0.0;
            let kept = (coverage[lane] <= 0.0) | (cells[lane] >= value);
            cells[lane] = if kept { cells[lane] } else { value };
        }
    }
}

/// Sums, and calls for each pixel that is touched anew.
struct Means<'a, 'p> {
    sums: Sums<'a, 'p>,
    touched: &'a mut dyn FnMut(usize, usize),
}

impl Tint for Means<'_, '_> {
    const JOINED: bool = true;

    #[inline(always)]
    fn put(&mut self, plane: usize, at: usize, coverage: &[f64], anew: &[u64], weight: f64) {
        self.sums.put(plane, at, coverage, anew, weight);
        for lane in 0..coverage.len() {
            if coverage[lane] > 0.0 && anew[lane] != 0 {
                (self.touched)(plane, at + lane);
            }
        }
    }
}

/// A direction, and how long it is kept.
#[derive(Clone, Copy)]
struct Arrow {
    x: f64,
    y: f64,
    length: f64,
}

impl Arrow {
    #[inline(always)]
    fn new(x: f64, y: f64) -> Self {
        let length = (x * x + y * y).sqrt();
        Self { x: x / length, y: y / length, length }
    }
}

/// A segment in pixels.
struct Segment {
    x: f64,
    y: f64,
    along: Arrow,
    /// Whether its ends are round: the caps of a line, and joints where each segment counts for itself.
    round_start: bool,
    round_end: bool,
    /// The segment before, whose pixels it does not count again.
    before: Option<Arrow>,
}

/// Cover the pixels of one segment.
#[inline(always)]
fn cover<T: Tint, const N: usize>(
    segment: &Segment,
    plane: usize,
    weight: f64,
    (across, up): (&Side, &Side),
    nib: &Nib,
    tint: &mut T,
) {
    let Segment { x, y, along, round_start, round_end, before } = segment;
    let (to_x, to_y) = (along.x * along.length, along.y * along.length);
    let (left, right) = if to_x < 0.0 { (to_x, 0.0) } else { (0.0, to_x) };
    let (low, high) = if to_y < 0.0 { (to_y, 0.0) } else { (0.0, to_y) };
    let (left, right) = (left - nib.half, right + nib.half);
    let (first_line, last_line) = up.between(y + low - nib.half, y + high + nib.half);
    let (first, last) = across.between(x + left, x + right);
    let (before, joined) = match before {
        Some(before) => (*before, u64::MAX),
        None => (Arrow { x: 0.0, y: 0.0, length: 0.0 }, 0),
    };
    let caps = (mask(*round_start), mask(*round_end));
    if first > last {
        return;
    }
    let stroke =
        Stroke { along: *along, before, joined, caps, plane, weight, pixels: across.pixels, nib: *nib };
    // Where a segment is short, all lines have their pixels in the same columns.
    if last - first < N {
        let lanes = Lanes::<N>::new(first, *x, along, &before);
        for line in first_line..=last_line {
            row(&stroke, &lanes, line, line as f64 - y, tint);
        }
        return;
    }
    for line in first_line..=last_line {
        // Of a long segment only what lies between the four sides of its box. What rounding may cut off is next to
        // nothing, but must not depend on how this was computed.
        let dy = line as f64 - y;
        let (from, to) = between_sides(dy, along, nib.half, (left, right));
        let (first, last) = across.between(x + from - 1e-6, x + to + 1e-6);
        let mut column = first;
        while column <= last {
            row(&stroke, &Lanes::<N>::new(column, *x, along, &before), line, dy, tint);
            column += N;
        }
    }
}

/// What is the same for all pixels of a segment.
struct Stroke {
    along: Arrow,
    before: Arrow,
    /// Whether there is a segment before.
    joined: u64,
    caps: (u64, u64),
    plane: usize,
    weight: f64,
    /// Of a line of cells.
    pixels: usize,
    nib: Nib,
}

/// Neighbouring pixels of a line, as far as they are the same for all lines: how far ahead of a segment and aside of it they
/// lie, and of the one before.
struct Lanes<const N: usize> {
    column: usize,
    ahead: [f64; N],
    aside: [f64; N],
    back: [f64; N],
    back_aside: [f64; N],
}

impl<const N: usize> Lanes<N> {
    #[inline(always)]
    fn new(column: usize, x: f64, along: &Arrow, before: &Arrow) -> Self {
        let offset = column as f64 - x;
        let (mut ahead, mut aside, mut back, mut back_aside) = ([0.0; N], [0.0; N], [0.0; N], [0.0; N]);
        for lane in 0..N {
            let dx = offset + lane as f64;
            ahead[lane] = dx * along.x;
            aside[lane] = dx * along.y;
            back[lane] = dx * before.x;
            back_aside[lane] = dx * before.y;
        }
        Self { column, ahead, aside, back, back_aside }
    }
}

/// Cover some neighbouring pixels of a line that lies `dy` above the start of the segment.
#[inline(always)]
fn row<T: Tint, const N: usize>(stroke: &Stroke, lanes: &Lanes<N>, line: usize, dy: f64, tint: &mut T) {
    let Stroke { along, before, joined, caps: (round_start, round_end), plane, weight, pixels, nib } =
        *stroke;
    let (ahead_y, aside_y) = (dy * along.y, dy * along.x);
    let mut ahead = [0.0; N];
    for lane in 0..N {
        ahead[lane] = lanes.ahead[lane] + ahead_y;
    }
    let (mut covered, mut anew) = ([0.0; N], [u64::MAX; N]);
    if T::JOINED {
        let (back_y, back_aside_y) = (dy * before.y, dy * before.x);
        let (mut back, mut kept, mut any) = ([0.0; N], [0; N], 0);
        for lane in 0..N {
            back[lane] = lanes.back[lane] + back_y;
            let at_start = mask(ahead[lane] >= 0.0) | mask(back[lane] > 0.0) | round_start;
            let at_end = mask(ahead[lane] <= along.length) | round_end;
            kept[lane] = at_start & at_end;
            any |= kept[lane];
        }
        // Of a segment much shorter than it is wide, most is left to its neighbours.
        if any == 0 {
            return;
        }
        for lane in 0..N {
            let whole = nib.coverage(distance(ahead[lane], lanes.aside[lane] - aside_y, along.length));
            let back_aside = (lanes.back_aside[lane] - back_aside_y).abs();
            let again = mask(ahead[lane] >= 0.0)
                & mask(ahead[lane] <= along.length)
                & mask(back[lane] <= 0.0)
                & mask(back[lane] >= -before.length)
                & mask(back_aside <= nib.half)
                & joined;
            let known = f64::from_bits(nib.coverage(back_aside).to_bits() & again);
            let more = f64::from_bits(whole.to_bits() & kept[lane]) - known;
            covered[lane] = if more > 0.0 { more } else { 0.0 };
            anew[lane] = mask(known == 0.0);
        }
    } else {
        for lane in 0..N {
            covered[lane] = nib.coverage(distance(ahead[lane], lanes.aside[lane] - aside_y, along.length));
        }
    }
    for lane in 0..N {
        covered[lane] = (covered[lane] + ROUND) - ROUND;
    }
    let at = line * pixels + lanes.column;
    let room = pixels - lanes.column;
    if room >= N {
        tint.put(plane, at, &covered, &anew, weight);
    } else {
        tint.put(plane, at, &covered[..room], &anew[..room], weight);
    }
}

/// What holds in a lane: all bits or none, so that it is joined without branches.
#[inline(always)]
fn mask(holds: bool) -> u64 {
    if holds { u64::MAX } else { 0 }
}

/// From a segment, of a pixel that lies so far ahead of its start and aside of it.
#[inline(always)]
fn distance(ahead: f64, aside: f64, length: f64) -> f64 {
    let beyond = if ahead > length { ahead - length } else { 0.0 };
    let beyond = if ahead < 0.0 { ahead } else { beyond };
    (aside * aside + beyond * beyond).sqrt()
}

/// From where to where a line of pixels lies within the box around a segment, all counted from its start.
#[inline(always)]
fn between_sides(dy: f64, along: &Arrow, half: f64, (left, right): (f64, f64)) -> (f64, f64) {
    let mut both = (left, right);
    if along.y != 0.0 {
        let (a, b) = ((dy * along.x - half) / along.y, (dy * along.x + half) / along.y);
        both = narrower(both, a, b);
    }
    if along.x != 0.0 {
        let ahead = dy * along.y;
        let (a, b) = ((-half - ahead) / along.x, (along.length + half - ahead) / along.x);
        both = narrower(both, a, b);
    }
    both
}

/// What of a range lies between two numbers, in whichever order.
#[inline(always)]
fn narrower((from, to): (f64, f64), a: f64, b: f64) -> (f64, f64) {
    let (a, b) = if a < b { (a, b) } else { (b, a) };
    (if a > from { a } else { from }, if b < to { b } else { to })
}

#[inline(always)]
fn stroke<T: Tint>(vertices: &Vertices<'_>, sides: (&Side, &Side), nib: &Nib, cut: &Cut<'_>, tint: &mut T) {
    if 2.0 * nib.half < FEW as f64 - 1.0 {
        stroke_by::<T, FEW>(vertices, sides, nib, cut, tint);
    } else {
        stroke_by::<T, MANY>(vertices, sides, nib, cut, tint);
    }
}

#[inline(always)]
fn is_missing(x: &[f64], y: &[f64], vertex: usize) -> bool {
    x[vertex].is_nan() | y[vertex].is_nan()
}

/// With so many pixels at once.
#[inline(always)]
fn stroke_by<T: Tint, const N: usize>(
    vertices: &Vertices<'_>,
    (across, up): (&Side, &Side),
    nib: &Nib,
    cut: &Cut<'_>,
    tint: &mut T,
) {
    let Vertices { x, y, weights, weighed, codes, comes, goes } = *vertices;
    let (first, end) = (usize::from(comes), x.len().saturating_sub(1 + usize::from(goes)));
    let y = &y[..x.len()];
    // The segment that was drawn last, if it was not cut.
    let mut last: Option<(usize, Arrow)> = None;
    for segment in first..end {
        if is_missing(x, y, segment) || is_missing(x, y, segment + 1) {
            continue;
        }
        let weight = if weights.is_empty() { 1.0 } else { weights[segment] };
        let plane = if codes.is_empty() { 0 } else { codes[segment] };
        if weight.is_nan() || plane == NOWHERE {
            continue;
        }
        let weight = if weighed { weight } else { 1.0 };
        let mut ends = [x[segment], y[segment], x[segment + 1], y[segment + 1]];
        let mut round_start = segment == 0 || is_missing(x, y, segment - 1);
        let round_end = segment + 2 >= x.len() || is_missing(x, y, segment + 2);
        let whole = across.holds(ends[0]) & up.holds(ends[1]) & across.holds(ends[2]) & up.holds(ends[3]);
        if !whole {
            let Some((part, is_cut)) = cut(ends) else { continue };
            ends = part;
            round_start |= is_cut;
        }
        let (x0, y0) = (across.at(ends[0]), up.at(ends[1]));
        let (x1, y1) = (across.at(ends[2]), up.at(ends[3]));
        if x0 == x1 && y0 == y1 {
            continue;
        }
        let along = Arrow::new(x1 - x0, y1 - y0);
        let before = if T::JOINED && !round_start {
            let before = match last {
                Some((known, arrow)) if known + 1 == segment => arrow,
                _ => Arrow::new(x0 - across.at(x[segment - 1]), y0 - up.at(y[segment - 1])),
            };
            if before.length > 0.0 { Some(before) } else { None }
        } else {
            None
        };
        if whole {
            last = Some((segment, along));
        }
        // Where the segment before has no length, both ends are round.
        let alone = before.is_none();
        let (round_start, round_end) = (round_start || alone, round_end || (alone && !round_start));
        let segment = Segment { x: x0, y: y0, along, round_start, round_end, before };
        cover::<T, N>(&segment, plane as usize, weight, (across, up), nib, tint);
    }
}

#[inline(always)]
fn sums_body(
    vertices: &Vertices<'_>,
    sides: (&Side, &Side),
    nib: &Nib,
    cut: &Cut<'_>,
    planes: &mut [&mut [f64]],
) {
    stroke(vertices, sides, nib, cut, &mut Sums(planes));
}

for_each_isa! {
    /// Add the coverage of the segments, times what each brings, to the cells; a pixel that two joined segments cover
    /// gets the greater coverage, not both.
    pub(crate) fn stroke_sums(
        vertices: &Vertices<'_>,
        sides: (&Side, &Side),
        nib: &Nib,
        cut: &Cut<'_>,
        planes: &mut [&mut [f64]],
    ) = sums_body;
}

#[inline(always)]
fn greatest_body(
    vertices: &Vertices<'_>,
    sides: (&Side, &Side),
    nib: &Nib,
    cut: &Cut<'_>,
    planes: &mut [&mut [f64]],
) {
    stroke(vertices, sides, nib, cut, &mut Greatest(planes));
}

for_each_isa! {
    /// Let each cell hold the greatest coverage of any segment, times what it brings.
    pub(crate) fn stroke_greatest(
        vertices: &Vertices<'_>,
        sides: (&Side, &Side),
        nib: &Nib,
        cut: &Cut<'_>,
        planes: &mut [&mut [f64]],
    ) = greatest_body;
}

#[inline(always)]
fn means_body(
    vertices: &Vertices<'_>,
    sides: (&Side, &Side),
    nib: &Nib,
    cut: &Cut<'_>,
    planes: &mut [&mut [f64]],
    touched: &mut dyn FnMut(usize, usize),
) {
    stroke(vertices, sides, nib, cut, &mut Means { sums: Sums(planes), touched });
}

for_each_isa! {
    /// As [`stroke_sums`]; `touched` hears of each pixel (plane, cell) that a segment covers and the one before it did not.
    pub(crate) fn stroke_means(
        vertices: &Vertices<'_>,
        sides: (&Side, &Side),
        nib: &Nib,
        cut: &Cut<'_>,
        planes: &mut [&mut [f64]],
        touched: &mut dyn FnMut(usize, usize),
    ) = means_body;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raw::Isa;

    #[test]
    fn every_instruction_set_covers_the_same() {
        let side =
            |pixels| Side { low: 0.0, high: 10.0, scale: pixels as f64 / 10.0, translate: 0.0, pixels };
        let (across, up) = (side(23), side(17));
        let at = |row: u32| f64::from(row.wrapping_mul(2_654_435_761) >> 8) / f64::from(1u32 << 24) * 10.0;
        let x: Vec<f64> = (0..60).map(|row| if row % 17 == 9 { f64::NAN } else { at(row) }).collect();
        let y: Vec<f64> = (100..160).map(at).collect();
        let weights: Vec<f64> = (0..60).map(|row| f64::from(row % 7) - 2.0).collect();
        let vertices = Vertices {
            x: &x,
            y: &y,
            weights: &weights,
            weighed: true,
            codes: &[],
            comes: false,
            goes: false,
        };
        for width in [0.5, 1.0, 6.0] {
            let mut known: Option<Vec<u64>> = None;
            for isa in Isa::all() {
                let (mut sums, mut greatest) = (vec![-0.0; 23 * 17], vec![f64::NAN; 23 * 17]);
                let nib = Nib::new(width);
                stroke_sums(isa, &vertices, (&across, &up), &nib, &|_| None, &mut [&mut sums]);
                stroke_greatest(isa, &vertices, (&across, &up), &nib, &|_| None, &mut [&mut greatest]);
                assert!(sums.iter().filter(|sum| **sum != 0.0).count() > 100);
                let bits: Vec<u64> = sums.iter().chain(&greatest).map(|cell| cell.to_bits()).collect();
                let first = known.get_or_insert_with(|| bits.clone());
                assert_eq!(*first, bits, "{isa:?}, width {width}");
            }
        }
    }
}
