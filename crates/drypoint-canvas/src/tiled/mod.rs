//! Canvases far larger than memory, of which little is touched: counts in tiles that exist once something falls in them.
//!
//! They take what is a number of points ([`Reduction::Count`]) or follows from it ([`Reduction::Any`]); the storage is
//! [`CountTiles`](drypoint_array::CountTiles).

mod aggregate;
mod file;
mod fold;
mod reduce;

use drypoint_array::TileGrid;

use crate::{Canvas, CanvasError, Reduction, Result};

pub use aggregate::TiledAggregate;
pub use file::Loaded;
pub use fold::{TiledFold, tiled_points};
pub use reduce::Reduced;

/// From so many pixels on, tiles are as fast as plain cells and never take much more: 2²⁶.
const TILED_FROM: u64 = 1 << 26;
/// Below so many pixels tiles save nothing that matters.
const PLAIN_UP_TO: u64 = 1 << 20;
/// Bytes of a counted pixel on two threads or so.
const PLAIN_BYTES: u64 = 5;

/// Whether a canvas is better drawn in tiles, with so many bytes free: it has more than 2²⁶ pixels, or (from 2²⁰ on)
/// does not fit as a whole. Only for folds that tiles can hold.
pub fn suits_tiles(canvas: &Canvas, reduction: &Reduction, available: usize) -> bool {
    let pixels = canvas.x.pixels as u64 * canvas.y.pixels as u64;
    let fits = pixels.saturating_mul(PLAIN_BYTES) <= available as u64;
    takes(reduction) && (pixels > TILED_FROM || pixels >= PLAIN_UP_TO && !fits)
}

fn takes(reduction: &Reduction) -> bool {
    matches!(reduction, Reduction::Count(_) | Reduction::Any(_))
}

/// The tiles of a canvas, if it and the fold can be tiled.
pub(crate) fn tile_grid(canvas: &Canvas, reduction: &Reduction) -> Result<TileGrid> {
    canvas.check_tiled()?;
    reduction.check()?;
    if !takes(reduction) {
        return Err(CanvasError::NotTiled { reduction: Box::new(reduction.clone()) });
    }
    let (width, height) = (canvas.x.pixels, canvas.y.pixels);
    TileGrid::new(width, height).ok_or(CanvasError::TooManyPixels {
        width,
        height,
        per_axis: TileGrid::MAX_SIDE,
        limit: Canvas::MAX_TILED_PIXELS,
    })
}
