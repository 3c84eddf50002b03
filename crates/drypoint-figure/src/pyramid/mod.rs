//! A tiled aggregate as an image pyramid: PNG tiles of 256 x 256 pixels, each level half as fine as the one above.
//!
//! Levels are made one from the other, and pictures one tile at a time, so that memory holds two levels and a tile. All
//! tiles of a level share their colours. The lower left of the aggregate is that of the pyramid; what no tile holds is
//! not written.

mod folder;
mod pmtiles;

use drypoint_array::{TILE_CELLS, TILE_SIDE};
use drypoint_canvas::TiledAggregate;
use drypoint_memory::MemoryConsumer;
use drypoint_stream::Cancel;

use crate::write::write_tile;
use crate::{Pixels, Pixmap, Result, Shading, TileShader};

pub use folder::FolderSink;
pub use pmtiles::PmtilesSink;

/// Where the tiles of a pyramid go.
pub trait TileSink {
    /// Write a tile of level `z`, counted from the left and from the top of `2^z` tiles.
    fn tile(&mut self, z: u32, x: u64, y: u64, png: &[u8]) -> Result<()>;

    /// All tiles were written; `about` says of what, as JSON.
    fn finish(self, levels: u32, about: &str) -> Result<()>;
}

/// Write all levels of an aggregate: the finest, as it is, down to level 0, which is one tile. Returns the tiles.
///
/// # Errors
/// Those of shading and of the sink. Nothing that was written is in its place then.
pub fn write_pyramid(
    aggregate: &TiledAggregate,
    shading: &Shading,
    mut sink: impl TileSink,
    consumer: &MemoryConsumer,
    cancel: &Cancel,
) -> Result<u64> {
    let across = aggregate.grid().columns().max(aggregate.grid().rows());
    let finest = across.next_power_of_two().ilog2();
    let mut pixmap = Some(Pixmap {
        width: TILE_SIDE,
        height: TILE_SIDE,
        pixels: Pixels::Indexed { palette: Vec::new(), indices: consumer.buffer(TILE_CELLS)? },
    });
    // A tile as PNG, seldom more than its pixels.
    let _held = consumer.try_reserve(2 * TILE_CELLS)?;
    let (mut png, mut tiles) = (Vec::new(), 0);
    let mut level: Option<TiledAggregate> = None;
    for z in (0..=finest).rev() {
        let here = level.as_ref().unwrap_or(aggregate);
        let mut shader = TileShader::new(here, shading, consumer, cancel)?;
        for place in 0..shader.touched().len() {
            cancel.check()?;
            let tile = shader.touched()[place];
            let (column, row) = (tile % here.grid().columns(), tile / here.grid().columns());
            let Some(Pixmap { pixels: Pixels::Indexed { mut indices, .. }, .. }) = pixmap.take() else {
                break;
            };
            indices.fill(0);
            shader.each_pixel(tile, |x, y, level| indices[(TILE_SIDE - 1 - y) * TILE_SIDE + x] = level)?;
            let palette = shader.palette().to_vec();
            let picture =
                Pixmap { width: TILE_SIDE, height: TILE_SIDE, pixels: Pixels::Indexed { palette, indices } };
            png.clear();
            write_tile(&picture, &mut png)?;
            pixmap = Some(picture);
            sink.tile(z, column, (1 << z) - 1 - row, &png)?;
            tiles += 1;
        }
        drop(shader);
        if z > 0 {
            level = Some(here.halved(cancel)?);
        }
    }
    let canvas = &aggregate.canvas;
    let (x, y) = (canvas.x.range, canvas.y.range);
    let about = format!(
        "{{\"format\": \"png\", \"tile_size\": {TILE_SIDE}, \"minzoom\": 0, \"maxzoom\": {finest}, \
         \"width\": {}, \"height\": {}, \"x_range\": [{:e}, {:e}], \"y_range\": [{:e}, {:e}], \"tiles\": {tiles}}}\n",
        canvas.x.pixels, canvas.y.pixels, x.0, x.1, y.0, y.1
    );
    sink.finish(finest, &about)?;
    Ok(tiles)
}
