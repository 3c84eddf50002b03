//! What is read region by region, because it never lies in memory as a whole.

use crate::codec::Scratch;
use crate::{DType, Result};

/// An array of any number of dimensions that gives any box of itself.
///
/// Boxes along the chunks cost least: each chunk is then read once, straight to its place.
pub trait Chunked: Send + Sync {
    /// What to call it in a message: a path, `"compressed array"`, ...
    fn name(&self) -> String;

    /// The type of its items.
    fn dtype(&self) -> &DType;

    /// Items along each dimension; empty for a single item.
    fn shape(&self) -> &[usize];

    /// Items of a chunk along each dimension; as long as the shape.
    fn chunk_shape(&self) -> &[usize];

    /// The least and the greatest finite item of an array of one dimension (`column` 0), or of a column of one of two, as
    /// float64, where they are known without reading; counts of times as they are stored.
    fn extent(&self, _column: usize) -> Option<(f64, f64)> {
        None
    }

    /// Fill `items` with the box of `shape` that begins at `start`: in C order, in the byte order of the dtype.
    fn read(&self, start: &[usize], shape: &[usize], scratch: &mut Scratch, items: &mut [u8]) -> Result<()>;
}
