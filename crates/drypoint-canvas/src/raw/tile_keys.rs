//! From coordinates to keys of tiles: as `locate`, for grids that have more cells than 32 bits can number.

use drypoint_array::NO_KEY;

use super::isa::for_each_isa;
use super::locate::{inside, pixel};
use crate::mapping::GridMap;

#[inline(always)]
fn body(
    x: &[f64],
    y: &[f64],
    x_position: &[f64],
    y_position: &[f64],
    grid: &GridMap,
    keys: &mut [u64],
) -> u32 {
    let grid = *grid;
    // Known to fit 32 bits, as lines do: vectors multiply such numbers in one step.
    let columns = u64::from(grid.width.div_ceil(256) as u32);
    let rows = keys.len();
    let (x, y, x_position, y_position) = (&x[..rows], &y[..rows], &x_position[..rows], &y_position[..rows]);
    let mut found = 0;
    for row in 0..rows {
        let inside = inside(x[row], y[row], &grid);
        let column = u64::from(pixel(x_position[row], &grid.x));
        let line = u64::from(pixel(y_position[row], &grid.y));
        let tile = (line >> 8) * columns + (column >> 8);
        let key = tile << 16 | (line & 0xff) << 8 | (column & 0xff);
        keys[row] = if inside { key } else { NO_KEY };
        found += inside as u32;
    }
    found
}

for_each_isa! {
    /// The key of each point, [`NO_KEY`] outside of the ranges; returns how many are inside. `x_position` and
    /// `y_position` are what the axes map the values to: the values themselves where they are linear.
    pub(crate) fn locate_keys(
        x: &[f64],
        y: &[f64],
        x_position: &[f64],
        y_position: &[f64],
        grid: &GridMap,
        keys: &mut [u64],
    ) -> u32 = body;
}

/// Take the key from rows without a value.
pub(crate) fn hide_nan_keys(values: &[f64], keys: &mut [u64]) {
    for (key, value) in keys.iter_mut().zip(values) {
        *key = if value.is_nan() { NO_KEY } else { *key };
    }
}

#[cfg(test)]
mod tests {
    use drypoint_array::TileGrid;

    use super::*;
    use crate::raw::Isa;
    use crate::{Axis, AxisKind, Canvas, Scale};

    #[test]
    fn keys_are_those_of_the_grid() {
        let axis =
            |pixels, end| Axis { pixels, range: (0.0, end), scale: Scale::Linear, kind: AxisKind::Number };
        for (width, height) in [(1, 1), (300, 700), (65_536, 65_536), (i32::MAX as usize, i32::MAX as usize)]
        {
            let grid = GridMap::new(&Canvas { x: axis(width, 1.0), y: axis(height, 3.0) });
            let tiles = TileGrid::new(width, height).unwrap();
            let x: Vec<f64> = (0..1000).map(|at| f64::from(at) / 900.0 - 0.05).collect();
            let y: Vec<f64> = (0..1000).map(|at| f64::from(at * 7 % 1000) / 300.0 - 0.1).collect();
            for isa in Isa::all() {
                let mut keys = vec![0; x.len()];
                let found = locate_keys(isa, &x, &y, &x, &y, &grid, &mut keys);
                assert_eq!(found as usize, keys.iter().filter(|key| **key != NO_KEY).count());
                for ((x, y), key) in x.iter().zip(&y).zip(keys) {
                    let inside = (0.0..=1.0).contains(x) && (0.0..=3.0).contains(y);
                    let cell = || tiles.key(grid.x.pixel_at(*x), grid.y.pixel_at(*y));
                    assert_eq!(key, if inside { cell() } else { NO_KEY });
                }
            }
        }
    }
}
