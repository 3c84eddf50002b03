//! From vertices to segments, a block at a time: most segments of a long line are shorter than a pixel, and such a one is
//! a single visit of the pixel in which it ends. Those are found here at the speed of memory; the few others are named.

use super::block::NOWHERE;
use super::isa::for_each_isa;
use super::locate::pixel;
use crate::mapping::{AxisMap, GridMap};

/// The vertex lies left of the range, right of it, below it, above it.
pub(crate) const SIDES: u32 = 0b1111;
/// The vertex has no position: its value is missing, not finite, or has no logarithm.
pub(crate) const MISSING: u32 = 1 << 4;
/// The vertex does not follow the one before it.
pub(crate) const FIRST: u32 = 1 << 5;

/// Pixels of vertices, and what is to be known of them: bits of [`SIDES`], [`MISSING`], [`FIRST`].
pub(crate) struct Located<'a> {
    /// Pixel from left to right; of vertices outside the range the nearest one.
    pub(crate) columns: &'a mut [u32],
    /// Pixel from bottom to top; as `columns`.
    pub(crate) lines: &'a mut [u32],
    pub(crate) codes: &'a mut [u32],
}

/// Without the branch that `f64::is_finite` may be.
#[inline(always)]
fn is_finite(value: f64) -> bool {
    value.abs() < f64::INFINITY
}

#[inline(always)]
fn vertices_body(
    x: &[f64],
    y: &[f64],
    x_position: &[f64],
    y_position: &[f64],
    grid: &GridMap,
    located: Located<'_>,
) -> u32 {
    let grid = *grid;
    let rows = located.codes.len();
    let (x, y, x_position, y_position) = (&x[..rows], &y[..rows], &x_position[..rows], &y_position[..rows]);
    let (columns, lines, codes) =
        (&mut located.columns[..rows], &mut located.lines[..rows], &mut located.codes[..rows]);
    let mut found = 0;
    for row in 0..rows {
        let (x, y, across, up) = (x[row], y[row], x_position[row], y_position[row]);
        let missing = !(is_finite(across) & is_finite(up));
        let sides = u32::from(x < grid.x.start)
            | u32::from(x > grid.x.end) << 1
            | u32::from(y < grid.y.start) << 2
            | u32::from(y > grid.y.end) << 3;
        let code = sides | u32::from(missing) << 4;
        columns[row] = pixel(across, &grid.x);
        lines[row] = pixel(up, &grid.y);
        codes[row] = code;
        found += u32::from(code == 0);
    }
    found
}

for_each_isa! {
    /// Find the vertices' pixels; returns how many lie inside the ranges. Positions are what the axes map the values to.
    pub(crate) fn locate_vertices(
        x: &[f64],
        y: &[f64],
        x_position: &[f64],
        y_position: &[f64],
        grid: &GridMap,
        located: Located<'_>,
    ) -> u32 = vertices_body;
}

#[inline(always)]
fn segments_body(
    columns: &[u32],
    lines: &[u32],
    codes: &[u32],
    width: u32,
    pixels: &mut [u32],
    others: &mut [u8],
) -> u32 {
    let segments = pixels.len();
    let (columns, lines, codes) = (&columns[..segments + 2], &lines[..segments + 2], &codes[..segments + 2]);
    let others = &mut others[..segments];
    let mut found = 0;
    for at in 0..segments {
        let (before, from, to) = (codes[at], codes[at + 1], codes[at + 2]);
        // A pixel away at most, diagonals included. Both are below 2^31, so the difference wraps as it should.
        let across = columns[at + 2].wrapping_sub(columns[at + 1]).wrapping_add(1);
        let up = lines[at + 2].wrapping_sub(lines[at + 1]).wrapping_add(1);
        let near = (across <= 2) & (up <= 2);
        let plain = ((from | to | (before & MISSING)) == 0) & near;
        let none = ((to & FIRST) | ((from | to) & MISSING) | (from & to & SIDES)) != 0;
        let pixel = lines[at + 2].wrapping_mul(width).wrapping_add(columns[at + 2]);
        pixels[at] = if plain { pixel } else { NOWHERE };
        let other = !plain & !none;
        others[at] = u8::from(other);
        found += u32::from(other);
    }
    found
}

for_each_isa! {
    /// Segment `i` leads from vertex `i + 1` to vertex `i + 2`, and vertex `i` stands before it. Its pixel is that of its
    /// end where this is all that it visits, else [`NOWHERE`]; `others` says where there is more to do. Returns how
    /// many those are.
    pub(crate) fn locate_segments(
        columns: &[u32],
        lines: &[u32],
        codes: &[u32],
        width: u32,
        pixels: &mut [u32],
        others: &mut [u8],
    ) -> u32 = segments_body;
}

#[inline(always)]
fn bound_body(pixels: &[u32]) -> (u32, u32) {
    let (mut greatest, mut nowhere) = (0, 0);
    for &pixel in pixels {
        let none = pixel == NOWHERE;
        let pixel = if none { 0 } else { pixel };
        greatest = if pixel > greatest { pixel } else { greatest };
        nowhere += u32::from(none);
    }
    (greatest, nowhere)
}

for_each_isa! {
    /// The greatest pixel that is somewhere, and how many are nowhere.
    pub(super) fn bound_of(pixels: &[u32]) -> (u32, u32) = bound_body;
}

#[inline(always)]
fn changes_body(pixels: &[u32]) -> u32 {
    let mut changes = 0;
    for pair in pixels.windows(2) {
        changes += u32::from(pair[0] != pair[1]);
    }
    changes
}

for_each_isa! {
    /// How many pixels are not the one before.
    pub(crate) fn changes_of(pixels: &[u32]) -> u32 = changes_body;
}

#[inline(always)]
fn lines_body(y: &[f64], axis: &AxisMap, lines: &mut [u32]) {
    let axis = *axis;
    for (line, y) in lines.iter_mut().zip(y) {
        *line = pixel(*y, &axis);
    }
}

for_each_isa! {
    /// The pixels along one axis of positions within its range.
    pub(crate) fn locate_along(y: &[f64], axis: &AxisMap, lines: &mut [u32]) = lines_body;
}

/// What is known of a block of a series; the extents mean nothing unless it is finite.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Series {
    pub(crate) x: (f64, f64),
    pub(crate) y: (f64, f64),
    /// Whether all values are.
    pub(crate) finite: bool,
}

/// Independent lanes: enough registers in flight for four extremes.
const LANES: usize = 16;

#[inline(always)]
fn series_body(x: &[f64], y: &[f64]) -> Series {
    #[inline(always)]
    fn widen(low: &mut [f64; LANES], high: &mut [f64; LANES], values: &[f64]) {
        for lane in 0..LANES {
            let value = values[lane];
            low[lane] = if value < low[lane] { value } else { low[lane] };
            high[lane] = if value > high[lane] { value } else { high[lane] };
        }
    }
    fn least(low: &[f64; LANES]) -> f64 {
        low.iter().fold(f64::INFINITY, |least, value| least.min(*value))
    }
    fn most(high: &[f64; LANES]) -> f64 {
        high.iter().fold(f64::NEG_INFINITY, |most, value| most.max(*value))
    }
    let y = &y[..x.len()];
    let (mut x_low, mut x_high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    let (mut y_low, mut y_high) = (x_low, x_high);
    // A NaN is passed over by the comparisons.
    let mut odd = [0u64; LANES];
    let (mut x_lanes, mut y_lanes) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    for (x, y) in (&mut x_lanes).zip(&mut y_lanes) {
        widen(&mut x_low, &mut x_high, x);
        widen(&mut y_low, &mut y_high, y);
        for lane in 0..LANES {
            odd[lane] |= u64::from(!(is_finite(x[lane]) & is_finite(y[lane])));
        }
    }
    for (&x, &y) in x_lanes.remainder().iter().zip(y_lanes.remainder()) {
        (x_low[0], x_high[0]) = (x_low[0].min(x), x_high[0].max(x));
        (y_low[0], y_high[0]) = (y_low[0].min(y), y_high[0].max(y));
        odd[0] |= u64::from(!(is_finite(x) & is_finite(y)));
    }
    Series {
        x: (least(&x_low), most(&x_high)),
        y: (least(&y_low), most(&y_high)),
        finite: odd.iter().all(|odd| *odd == 0),
    }
}

for_each_isa! {
    /// The extents of a block of a series, and whether all of it is finite.
    pub(crate) fn series_of(x: &[f64], y: &[f64]) -> Series = series_body;
}
