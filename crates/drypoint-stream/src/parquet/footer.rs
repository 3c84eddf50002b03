//! The footer, read once and kept small.
//!
//! The `parquet` crate's metadata of a wide file takes hundreds of bytes per column chunk; a scan needs 32 of them.
//! So we let the crate parse, take what we need and drop the rest.

use parquet::file::metadata::{
    ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader,
    ParquetStatisticsPolicy,
};
use parquet::schema::types::SchemaDescPtr;

use super::binary;
use super::codec::Codec;
use super::extents::{self, Band};
use super::fault::{Decoded, Fault};
use super::positioned::{PositionedFile, Stamp};
use super::schema::{self, Place};
use super::thrift::{Cursor, Stop, Walk, Wire};
use crate::survive::survive;
use crate::{Extent, Schema};

/// Longer footers are not read: they would take gigabytes once parsed.
const LONGEST: usize = 256 << 20;
/// Structures nested deeper than this are refused, because the crate's parser recurses.
const DEEPEST: usize = 64;
/// Length and magic at the end of a file, and the magic at its beginning.
const TAIL: u64 = 8;
const HEAD: u64 = 4;

/// What a scan must know of a file.
#[derive(Debug)]
pub(super) struct Footer {
    pub(super) schema: Schema,
    pub(super) places: Vec<Place>,
    pub(super) extents: Vec<Option<Extent>>,
    /// For each field with an extent, where the values of each row group lie in it.
    bands: Vec<Vec<Band>>,
    pub(super) groups: Vec<Group>,
    pub(super) rows: u64,
    pub(super) descriptor: SchemaDescPtr,
    /// Which file this is about.
    pub(super) stamp: Stamp,
    chunks: Vec<Chunk>,
}

/// Rows that lie together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub(super) first_row: u64,
    pub(super) rows: u64,
}

/// One column of one row group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    pub(super) start: u64,
    pub(super) length: u64,
    pub(super) uncompressed: u64,
    pub(super) codec: Codec,
    /// Whether strings in it may be delta-encoded, which the crate decodes into vectors of its own.
    pub(super) delta: bool,
}

impl Footer {
    pub(super) fn read(file: &PositionedFile) -> Decoded<Self> {
        let stamp = file.stamp();
        let bytes = read_bytes(file, stamp.length)?;
        check_walk(&bytes)?;
        let metadata = parse(&bytes)?;
        Self::take(&metadata, stamp)
    }

    fn take(metadata: &ParquetMetaData, stamp: Stamp) -> Decoded<Self> {
        let descriptor = metadata.file_metadata().schema_descr_ptr();
        let (schema, places) = schema::translate(&descriptor, &binary::columns(metadata.file_metadata()));
        let (mut groups, mut rows) = (Vec::with_capacity(metadata.num_row_groups()), 0u64);
        let mut chunks = Vec::with_capacity(metadata.num_row_groups() * descriptor.num_columns());
        for (index, group) in metadata.row_groups().iter().enumerate() {
            let count = u64::try_from(group.num_rows())
                .map_err(|_| Fault::damaged(format!("row group {index} has {} rows", group.num_rows())))?;
            groups.push(Group { first_row: rows, rows: count });
            // Keys of rows stay below 2^48, so that several files can be told apart above.
            rows = rows.checked_add(count).filter(|rows| *rows < 1 << 48).ok_or_else(|| {
                Fault::damaged(format!("row group {index} claims {count} rows after {rows} others"))
            })?;
            if group.num_columns() != descriptor.num_columns() {
                let (found, expected) = (group.num_columns(), descriptor.num_columns());
                return Err(Fault::damaged(format!("row group {index} has {found} of {expected} columns")));
            }
            for column in group.columns() {
                // Some writers leave the place of what has no rows at 0.
                let chunk = if count == 0 { Ok(Chunk::NONE) } else { Chunk::take(column, stamp.length) };
                let chunk = chunk.map_err(|what| {
                    Fault::damaged(format!(
                        "row group {index}, column {:?}: {what}",
                        column.column_path().string()
                    ))
                })?;
                chunks.push(chunk);
            }
        }
        let extents = schema
            .fields
            .iter()
            .zip(&places)
            .map(|(_, place)| match place {
                Place::Leaf(leaf) => extents::of(leaf, metadata),
                Place::Unreadable => None,
            })
            .collect::<Vec<Option<Extent>>>();
        let bands = places
            .iter()
            .zip(&extents)
            .map(|found| match found {
                (Place::Leaf(leaf), Some(whole)) => extents::bands(leaf, metadata, *whole),
                _ => Vec::new(),
            })
            .collect();
        Ok(Self { schema, places, extents, bands, groups, rows, descriptor, stamp, chunks })
    }

    /// Whether none of the rows of a group can lie in a window.
    pub(super) fn is_outside(&self, group: usize, window: &[(usize, Extent)]) -> bool {
        window.iter().any(|(column, extent)| {
            let (Some(Some(whole)), Some(bands)) = (self.extents.get(*column), self.bands.get(*column))
            else {
                return false;
            };
            bands.get(group).is_some_and(|band| band.is_outside(*extent, *whole))
        })
    }

    pub(super) fn chunk(&self, group: usize, leaf: usize) -> &Chunk {
        &self.chunks[group * self.descriptor.num_columns() + leaf]
    }

    /// Bytes held, about.
    pub(super) fn bytes(&self) -> usize {
        /// A node of the crate's schema with its path, and a field of ours.
        const LEAF: usize = 512;
        size_of_val(self.chunks.as_slice())
            + size_of_val(self.groups.as_slice())
            + self.bands.iter().map(|bands| size_of_val(bands.as_slice())).sum::<usize>()
            + self.descriptor.num_columns() * LEAF
    }
}

impl Chunk {
    /// That of a row group without rows, which nobody reads.
    const NONE: Self =
        Self { start: HEAD, length: 0, uncompressed: 0, codec: Codec::Uncompressed, delta: false };

    /// The chunk's place, if it is one inside the file.
    fn take(column: &ColumnChunkMetaData, file_length: u64) -> Result<Self, String> {
        if let Some(path) = column.file_path() {
            return Err(format!("its values are in another file, {path:?}"));
        }
        // Some writers give 0 where there is no dictionary.
        let data = column.data_page_offset();
        let start = match column.dictionary_page_offset() {
            Some(dictionary) if dictionary > 0 && dictionary < data => dictionary,
            _ => data,
        };
        let length = column.compressed_size();
        let end = start.checked_add(length).and_then(|end| u64::try_from(end).ok());
        match (u64::try_from(start), u64::try_from(length), end) {
            (Ok(start), Ok(length), Some(end)) if start >= HEAD && end <= file_length - TAIL => Ok(Self {
                start,
                length,
                uncompressed: u64::try_from(column.uncompressed_size()).unwrap_or(0),
                codec: Codec::of(column.compression()),
                delta: column.encodings().any(|encoding| {
                    use parquet::basic::Encoding::{DELTA_BYTE_ARRAY, DELTA_LENGTH_BYTE_ARRAY};
                    matches!(encoding, DELTA_BYTE_ARRAY | DELTA_LENGTH_BYTE_ARRAY)
                }),
            }),
            _ => Err(format!("{length} B from byte {start} on, in a file of {file_length} B")),
        }
    }
}

fn read_bytes(file: &PositionedFile, file_length: u64) -> Decoded<Vec<u8>> {
    if file_length < HEAD + TAIL {
        return Err(Fault::damaged(format!("{file_length} B are too few for a Parquet file")));
    }
    let mut tail = [0; TAIL as usize];
    file.read_at(file_length - TAIL, &mut tail)?;
    match &tail[4..] {
        b"PAR1" => {}
        b"PARE" => return Err(Fault::Unsupported("an encrypted footer".to_string())),
        _ => return Err(Fault::damaged("it does not end with PAR1; it was probably cut off")),
    }
    let length = u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]) as usize;
    if length as u64 > file_length - HEAD - TAIL {
        return Err(Fault::damaged(format!("a footer of {length} B in a file of {file_length} B")));
    }
    if length > LONGEST {
        return Err(Fault::Unsupported(format!("a footer of {length} B (at most {LONGEST} B)")));
    }
    let mut bytes = vec![0; length];
    file.read_at(file_length - TAIL - length as u64, &mut bytes)?;
    Ok(bytes)
}

/// Walk the whole footer before the crate parses it: the crate makes room for as many children and items as are
/// claimed, and recurses as deep as the schema does.
fn check_walk(bytes: &[u8]) -> Decoded<()> {
    let encrypted = walk(bytes).map_err(|stop| {
        Fault::damaged(match stop {
            Stop::Short => "the footer ends too early",
            Stop::Malformed => "the footer cannot be read",
        })
    })?;
    if encrypted { Err(Fault::Unsupported("encrypted columns".to_string())) } else { Ok(()) }
}

/// Whether its columns are encrypted.
fn walk(bytes: &[u8]) -> Walk<bool> {
    let mut cursor = Cursor::new(bytes);
    let mut last = 0;
    let mut seen = false;
    let mut encrypted = false;
    while let Some((id, wire)) = cursor.field(&mut last)? {
        match (id, wire) {
            (2, Wire::List) => {
                walk_schema(&mut cursor)?;
                seen = true;
            }
            // The algorithm of a file whose footer is not encrypted but whose columns are.
            (8, Wire::Struct) => {
                cursor.skip(wire)?;
                encrypted = true;
            }
            (_, other) => cursor.skip(other)?,
        }
    }
    if seen { Ok(encrypted) } else { Err(Stop::Malformed) }
}

/// The schema is a tree written depth first; follow it without recursion.
fn walk_schema(cursor: &mut Cursor<'_>) -> Walk<()> {
    let (count, item) = cursor.list()?;
    if item != Wire::Struct {
        return Err(Stop::Malformed);
    }
    // Children still to come at each depth.
    let mut open: Vec<u64> = vec![1];
    for left in (0..count).rev() {
        while open.last() == Some(&0) {
            open.pop();
        }
        *open.last_mut().ok_or(Stop::Malformed)? -= 1;
        let mut children = 0;
        let mut last = 0;
        while let Some((id, wire)) = cursor.field(&mut last)? {
            match (id, wire) {
                (5, Wire::Integer) => {
                    children = u64::try_from(cursor.integer()?).map_err(|_| Stop::Malformed)?;
                }
                (_, other) => cursor.skip(other)?,
            }
        }
        if children > left || open.len() > DEEPEST {
            return Err(Stop::Malformed);
        }
        open.push(children);
    }
    if open.iter().all(|children| *children == 0) { Ok(()) } else { Err(Stop::Malformed) }
}

/// Let the crate parse. It should give an error whatever the bytes; where it panics instead, that is one too.
fn parse(bytes: &[u8]) -> Decoded<ParquetMetaData> {
    let options = ParquetMetaDataOptions::new()
        .with_encoding_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll);
    let parsed = survive(|| ParquetMetaDataReader::decode_metadata_with_options(bytes, Some(&options)));
    match parsed {
        Some(Ok(metadata)) => Ok(metadata),
        Some(Err(error)) => Err(Fault::damaged(format!("the footer cannot be read: {error}"))),
        None => Err(Fault::damaged("the footer cannot be read")),
    }
}
