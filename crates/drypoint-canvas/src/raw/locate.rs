//! Step one of a block: from coordinates to pixels, at the speed of memory.

use super::block::NOWHERE;
use super::isa::for_each_isa;
use crate::mapping::{AxisMap, GridMap};

/// The pixel of one position that may be anything, NaN included, as an integer in `0..=map.last`.
#[inline(always)]
pub(super) fn pixel(position: f64, map: &AxisMap) -> u32 {
    let at = position * map.scale + map.translate;
    let at = if at < map.last { at } else { map.last };
    let at = if at > 0.0 { at } else { 0.0 };
    // SAFETY: the two lines above leave `0.0 <= at <= last`, also for NaN; `last` is at most `i32::MAX - 1`
    // because `Canvas::check` bounds an axis by `Axis::MAX_PIXELS` (and growing grids are checked the same way).
    unsafe { at.to_int_unchecked::<i32>() as u32 }
}

#[inline(always)]
pub(super) fn inside(x: f64, y: f64, grid: &GridMap) -> bool {
    (x >= grid.x.start) & (x <= grid.x.end) & (y >= grid.y.start) & (y <= grid.y.end)
}

#[inline(always)]
fn linear_body(x: &[f64], y: &[f64], grid: &GridMap, pixels: &mut [u32]) -> u32 {
    let grid = *grid;
    let width = grid.width as u32;
    let rows = pixels.len();
    let (x, y) = (&x[..rows], &y[..rows]);
    let mut found = 0;
    for row in 0..rows {
        let (x, y) = (x[row], y[row]);
        let inside = inside(x, y, &grid);
        let at = pixel(y, &grid.y).wrapping_mul(width).wrapping_add(pixel(x, &grid.x));
        pixels[row] = if inside { at } else { NOWHERE };
        found += inside as u32;
    }
    found
}

#[inline(always)]
fn mapped_body(
    x: &[f64],
    y: &[f64],
    x_position: &[f64],
    y_position: &[f64],
    grid: &GridMap,
    pixels: &mut [u32],
) -> u32 {
    let grid = *grid;
    let width = grid.width as u32;
    let rows = pixels.len();
    let (x, y, x_position, y_position) = (&x[..rows], &y[..rows], &x_position[..rows], &y_position[..rows]);
    let mut found = 0;
    for row in 0..rows {
        let inside = inside(x[row], y[row], &grid);
        let (column, line) = (pixel(x_position[row], &grid.x), pixel(y_position[row], &grid.y));
        let at = line.wrapping_mul(width).wrapping_add(column);
        pixels[row] = if inside { at } else { NOWHERE };
        found += inside as u32;
    }
    found
}

for_each_isa! {
    /// The pixel of each point, [`NOWHERE`] outside of the ranges; returns how many are inside.
    pub(super) fn locate_linear(x: &[f64], y: &[f64], grid: &GridMap, pixels: &mut [u32]) -> u32 = linear_body;
}

for_each_isa! {
    /// The same where positions are not the values themselves; the ranges are those of the values.
    pub(super) fn locate_mapped(
        x: &[f64],
        y: &[f64],
        x_position: &[f64],
        y_position: &[f64],
        grid: &GridMap,
        pixels: &mut [u32],
    ) -> u32 = mapped_body;
}

#[inline(always)]
fn hide_nan_body(values: &[f64], pixels: &mut [u32]) -> u32 {
    let values = &values[..pixels.len()];
    let mut hidden = 0;
    for (pixel, value) in pixels.iter_mut().zip(values) {
        let missing = value.is_nan();
        *pixel = if missing { NOWHERE } else { *pixel };
        hidden += missing as u32;
    }
    hidden
}

for_each_isa! {
    /// Send points without a value to [`NOWHERE`]; returns how many NaN there were.
    pub(super) fn hide_nan(values: &[f64], pixels: &mut [u32]) -> u32 = hide_nan_body;
}

/// Independent lanes: enough for two registers of 8 in flight for each of minimum and maximum.
const LANES: usize = 32;

#[inline(always)]
fn extent_body(values: &[f64], above: f64) -> (f64, f64) {
    let mut low = [f64::INFINITY; LANES];
    let mut high = [f64::NEG_INFINITY; LANES];
    let mut lanes = values.chunks_exact(LANES);
    for chunk in &mut lanes {
        for lane in 0..LANES {
            let value = chunk[lane];
            // NaN compares false; infinities are turned into what changes neither bound.
            let counts = (value > above) & (value < f64::INFINITY);
            let (down, up) = if counts { (value, value) } else { (f64::INFINITY, f64::NEG_INFINITY) };
            low[lane] = if down < low[lane] { down } else { low[lane] };
            high[lane] = if up > high[lane] { up } else { high[lane] };
        }
    }
    for &value in lanes.remainder() {
        if value > above && value < f64::INFINITY {
            low[0] = low[0].min(value);
            high[0] = high[0].max(value);
        }
    }
    low.iter().zip(&high).fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), (low, high)| {
        (least.min(*low), most.max(*high))
    })
}

for_each_isa! {
    /// Least and greatest value that is finite and greater than `above`; `(inf, -inf)` if there is none.
    pub(crate) fn extent_of(values: &[f64], above: f64) -> (f64, f64) = extent_body;
}
