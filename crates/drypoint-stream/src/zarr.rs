//! Tables in Zarr: a group of arrays of one dimension, which are its columns, or an array of rows.

use std::path::Path;
use std::sync::Arc;

use drypoint_array::Chunked;
use drypoint_array::zarr::{ZarrGroup, ZarrNode};
use drypoint_memory::{MemoryConsumer, MemoryPool};

use crate::chunked::{ChunkedColumn, ChunkedSource};
use crate::{Result, StreamError};

/// Whether there is an array or a group at `path`.
pub(crate) fn is_at(path: &Path) -> bool {
    ZarrNode::is_at(path)
}

/// The table at `path`.
pub(crate) fn open(path: &Path) -> Result<ChunkedSource> {
    let consumer = MemoryPool::process().consumer("zarr chunks");
    let name = path.display().to_string();
    let columns = match ZarrNode::open(path, &consumer)? {
        ZarrNode::Array(array) => columns_of(&name, array)?,
        ZarrNode::Group(group) => members_of(&name, &group, &consumer)?,
    };
    ChunkedSource::new(&name, columns)
}

fn members_of(name: &str, group: &ZarrGroup, consumer: &MemoryConsumer) -> Result<Vec<ChunkedColumn>> {
    let mut columns = Vec::new();
    for member in group.members()? {
        // A group within is another table.
        let ZarrNode::Array(array) = group.member(&member, consumer)? else { continue };
        if array.shape().len() != 1 {
            return Err(StreamError::Mismatch {
                name: name.into(),
                what: format!(
                    "{member:?} has the shape {:?}, so the group is no table; expected arrays of one dimension and one \
                     length (one of them alone is {name}/{member})",
                    array.shape()
                ),
            });
        }
        columns.push(ChunkedColumn { name: member, array, place: None });
    }
    if columns.is_empty() {
        return Err(StreamError::Empty { name: name.into() });
    }
    Ok(columns)
}

fn columns_of(name: &str, array: Arc<impl Chunked + 'static>) -> Result<Vec<ChunkedColumn>> {
    let column = |name: String, place| ChunkedColumn { name, array: array.clone(), place };
    match *array.shape() {
        [_] => Ok(vec![column("value".into(), None)]),
        [_, width] => Ok((0..width).map(|place| column(default_name(place, width), Some(place))).collect()),
        ref shape => Err(StreamError::Mismatch {
            name: name.into(),
            what: format!("an array of {} dimensions is no table; expected one or two", shape.len()),
        }),
    }
}

/// As a NumPy array's columns are called.
fn default_name(place: usize, width: usize) -> String {
    match (place, width) {
        (0, _) => "x".into(),
        (1, _) => "y".into(),
        (2, 3) => "z".into(),
        _ => place.to_string(),
    }
}
