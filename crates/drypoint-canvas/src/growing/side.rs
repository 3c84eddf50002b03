//! One growing axis of a grid: where its cells lie, and how old cells become new ones when it grows.
//!
//! The grid has `2 W + 2` cells for `W` pixels. Cells double when the data no longer fits into `2 W + 1` of them, and
//! are only shifted (by whole cells) when it fits but lies elsewhere. So a cell is never wider than the range of the
//! data divided by `W`, that is than a pixel of the final canvas, and the centre of its cell is within half a pixel
//! of each point.

use drypoint_stream::Extent;

use super::landing::Landing;
use crate::mapping::AxisMap;

/// Where the cells of an axis lie. Positions are values, or their logarithms.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    /// Nothing was seen.
    Nowhere,
    /// All that was seen has this one position; it is in the middle cell.
    Point(f64),
    /// Cell `i` begins at `origin + i * cell`.
    Cells { origin: f64, cell: f64 },
}

/// A growing axis.
#[derive(Debug, Clone)]
pub(super) struct Side {
    pixels: usize,
    log: bool,
    place: Place,
    /// Of all positions in the cells.
    seen: Option<Extent>,
}

/// Doublings beyond which all old cells lie in one new one, or two.
const MOST_DOUBLINGS: i32 = 60;

impl Side {
    pub(super) fn new(pixels: usize, log: bool) -> Self {
        Self { pixels, log, place: Place::Nowhere, seen: None }
    }

    /// Number of cells, for an axis that passed the check of its canvas.
    pub(super) fn cells_of(pixels: usize) -> usize {
        pixels.saturating_mul(2).saturating_add(2)
    }

    pub(super) fn pixels(&self) -> usize {
        self.pixels
    }

    fn cells(&self) -> usize {
        Self::cells_of(self.pixels)
    }

    fn position(&self, value: f64) -> f64 {
        if self.log { value.log10() } else { value }
    }

    /// Make room for values. Returns the new place of each old cell, if any moved; `None` if the range is too wide.
    pub(super) fn cover(&mut self, values: Extent) -> Option<Option<Vec<u32>>> {
        let new = Extent { min: self.position(values.min), max: self.position(values.max) };
        let all = self.seen.map_or(new, |seen| seen.union(new));
        if self.seen == Some(all) {
            return Some(None);
        }
        let seen = self.seen.replace(all);
        let width = all.max - all.min;
        let count = self.cells() as f64;
        let moved = match self.place {
            _ if !(width * 4.0).is_finite() => return None,
            Place::Nowhere if width == 0.0 => {
                self.place = Place::Point(all.min);
                None
            }
            Place::Nowhere => {
                self.place = first(all, self.pixels);
                None
            }
            Place::Point(at) => {
                // Only the middle cell holds anything; the others may go where they like.
                self.place = first(all, self.pixels);
                let to = self.cell_at(at);
                Some(vec![to; self.cells()])
            }
            Place::Cells { origin, cell } => {
                if origin <= all.min && all.max < origin + cell * count {
                    return Some(None);
                }
                let doublings = (width / (cell * (count - 1.0))).log2().ceil().max(0.0) as i32;
                if doublings > MOST_DOUBLINGS {
                    self.place = first(all, self.pixels);
                    let to = self.cell_at(seen.map_or(all.min, |seen| seen.min));
                    Some(vec![to; self.cells()])
                } else {
                    let wider = cell * 2f64.powi(doublings);
                    // In the middle, so that there is room on both sides; by whole old cells, so that none is split.
                    let wanted = all.min - (wider * count - width) / 2.0;
                    let shift = ((wanted - origin) / cell).round();
                    self.place = Place::Cells { origin: origin + shift * cell, cell: wider };
                    let last = self.cells() as i64 - 1;
                    let to = |old: i64| ((old - shift as i64) >> doublings).clamp(0, last) as u32;
                    Some((0..=last).map(to).collect())
                }
            }
        };
        Some(moved)
    }

    /// The map from values to cells; what is not covered must not be given to it.
    pub(super) fn map(&self) -> AxisMap {
        let last = self.cells() as f64 - 1.0;
        let log = self.log;
        let start = if log { f64::from_bits(1) } else { f64::MIN };
        match self.place {
            // Nothing is inside.
            Place::Nowhere => AxisMap {
                start: f64::INFINITY,
                end: f64::NEG_INFINITY,
                scale: 0.0,
                translate: 0.0,
                last,
                log,
            },
            Place::Point(_) => {
                AxisMap { start, end: f64::MAX, scale: 0.0, translate: self.pixels as f64, last, log }
            }
            Place::Cells { origin, cell } => {
                let scale = 1.0 / cell;
                AxisMap { start, end: f64::MAX, scale, translate: -origin * scale, last, log }
            }
        }
    }

    fn cell_at(&self, position: f64) -> u32 {
        self.map().pixel_at(position) as u32
    }

    /// Where each cell falls on the final axis; only as far as anything was seen in it.
    pub(super) fn landings(&self, axis: &AxisMap) -> Vec<Landing> {
        let seen = self.seen.unwrap_or(Extent { min: 0.0, max: 0.0 });
        let pixel = |position: f64| axis.pixel_at(position.clamp(seen.min, seen.max)) as u32;
        let in_pixels = |position: f64| position.clamp(seen.min, seen.max) * axis.scale + axis.translate;
        let landing = |index: usize| match self.place {
            Place::Nowhere => Landing::whole(pixel(0.0)),
            Place::Point(at) => Landing::whole(pixel(at)),
            Place::Cells { origin, cell } => {
                let low = origin + index as f64 * cell;
                let between = Landing::between(in_pixels(low), in_pixels(low + cell), axis.last);
                Landing { centre: pixel(low + 0.5 * cell), ..between }
            }
        };
        (0..self.cells()).map(landing).collect()
    }
}

/// Cells over a range of some width, two for a pixel, with one to spare at each end.
fn first(all: Extent, pixels: usize) -> Place {
    // Below this, cells per unit would overflow.
    const LEAST: f64 = 1e-300;
    let cell = ((all.max - all.min) / (2.0 * pixels as f64)).max(LEAST);
    Place::Cells { origin: all.min - cell, cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points are followed one by one through every growth; each must stay within half a pixel of its cell's centre.
    #[test]
    fn each_point_stays_within_half_a_pixel() {
        let walks: [&dyn Fn(u32) -> f64; 6] = [
            &|i| f64::from(i),
            &|i| -f64::from(i),
            &|i| f64::from(i) * if i % 2 == 0 { 1.0 } else { -1.0 },
            &|i| f64::from(i.wrapping_mul(2_654_435_761) % 10_007) - 3_000.0,
            &|i| 1.01f64.powi(i as i32),
            &|i| {
                if i < 3 {
                    7.0
                } else if i < 6 {
                    7.0 + 1e-9 * f64::from(i)
                } else {
                    1e12 - f64::from(i)
                }
            },
        ];
        for walk in walks {
            for pixels in [1, 2, 7, 64] {
                let mut side = Side::new(pixels, false);
                let mut cells: Vec<(f64, u32)> = Vec::new();
                for i in 0..400 {
                    let value = walk(i);
                    if let Some(moved) = side.cover(Extent { min: value, max: value }).unwrap() {
                        assert!(moved.windows(2).all(|pair| pair[0] <= pair[1] && pair[1] - pair[0] <= 1));
                        cells.iter_mut().for_each(|(_, cell)| *cell = moved[*cell as usize]);
                    }
                    cells.push((value, side.cell_at(value)));
                    let seen = side.seen.unwrap();
                    let half_pixel = (seen.max - seen.min) / pixels as f64 / 2.0;
                    for (value, cell) in &cells {
                        let Place::Cells { origin, cell: width } = side.place else { continue };
                        let centre = origin + (f64::from(*cell) + 0.5) * width;
                        let off = (centre - value).abs();
                        assert!(
                            off <= half_pixel * (1.0 + 1e-9),
                            "{value} is {off} off, half a pixel {half_pixel}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_range_beyond_float64_is_refused() {
        let mut side = Side::new(10, false);
        assert!(side.cover(Extent { min: f64::MIN, max: f64::MAX }).is_none());
    }
}
