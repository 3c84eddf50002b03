//! NumPy's own format, versions 1.0 to 3.0: mapped, not read (decision 0005).
//!
//! - One dimension: a column called `value`. Two dimensions: a column for each, called `x`, `y` (and `z`) where there are two or
//!   three, else `0`, `1`, … A structured type: a column for each field.
//! - Contiguous numbers in this machine's byte order are slices of the file itself; all else is gathered a batch at a time.
//! - Float16 is delivered as float32; text as UTF-8; times in the nearest unit of ours (weeks as days, hours and minutes as
//!   seconds), "not a time" as missing. Complex numbers, objects, nested structures and years or months can be seen, not read.

pub(crate) mod element;
pub(crate) mod gather;
pub(crate) mod layout;
mod literal;
pub(crate) mod mapped;

use std::fs::File;
use std::io;
use std::path::Path;

use crate::names::unique_names;
use crate::raw::mapping::Mapping;
use crate::{Extent, Field, Needs, Request, Result, Scan, Schema, Source, StreamError};

use layout::{ArrayLayout, HeaderError, read_layout};
use mapped::{MappedColumn, MappedScan};

/// An array in an NPY file.
#[derive(Debug)]
pub struct NpyFile {
    name: String,
    mapping: Mapping,
    schema: Schema,
    rows: u64,
    columns: Vec<MappedColumn>,
}

impl NpyFile {
    /// Map the file at `path` and read its header.
    ///
    /// # Errors
    /// `NotFound`, `Io`, `Empty`; `Corrupt` where the header cannot be right or the file is shorter than it says;
    /// `Unsupported` for arrays of more than two dimensions or 65,536 columns.
    pub fn open(path: impl AsRef<Path>) -> Result<NpyFile> {
        let (name, mapping) = open_mapping(path.as_ref())?;
        let layout = read_layout(mapping.bytes()).map_err(|error| header_error(&name, error))?;
        check_length(&name, &layout, mapping.bytes().len())?;
        let names = unique_names(column_names(&layout));
        let columns = named_columns(names, layout.columns);
        let schema = Schema { fields: columns.iter().map(field).collect() };
        Ok(NpyFile { name, mapping, schema, rows: layout.rows, columns })
    }

    fn requested(&self, request: &Request) -> Vec<MappedColumn> {
        request.columns.iter().map(|column| self.columns[*column].clone()).collect()
    }
}

/// Map all of the file at `path`; its name for messages.
pub(crate) fn open_mapping(path: &Path) -> Result<(String, Mapping)> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => StreamError::NotFound { path: path.to_path_buf() },
        _ => StreamError::Io { path: path.to_path_buf(), error },
    };
    let name = path.display().to_string();
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_file() && metadata.len() == 0 {
        return Err(StreamError::Empty { name });
    }
    Ok((name, Mapping::new(&file).map_err(failed)?))
}

pub(crate) fn header_error(name: &str, error: HeaderError) -> StreamError {
    match error {
        HeaderError::Corrupt(what) => StreamError::Corrupt { name: name.to_string(), what },
        HeaderError::Unsupported(what) => StreamError::Unsupported { name: name.to_string(), what },
    }
}

/// The header's promise against the bytes that are there.
pub(crate) fn check_length(name: &str, layout: &ArrayLayout, bytes: usize) -> Result<()> {
    if layout.end <= bytes {
        return Ok(());
    }
    let what = format!("its header promises {} B, there are {bytes} B", layout.end);
    Err(StreamError::Corrupt { name: name.to_string(), what })
}

pub(crate) fn named_columns(names: Vec<String>, columns: Vec<layout::ArrayColumn>) -> Vec<MappedColumn> {
    names.into_iter().zip(columns).map(|(name, array)| MappedColumn { name, array }).collect()
}

pub(crate) fn field(column: &MappedColumn) -> Field {
    let element = &column.array.element;
    Field { name: column.name.clone(), data_type: element.data_type.clone(), nullable: element.is_nullable() }
}

fn column_names(layout: &ArrayLayout) -> Vec<String> {
    let own: Vec<&str> = layout.columns.iter().map(|column| column.name.as_str()).collect();
    let names: &[&str] = match own[..] {
        [""] => &["value"],
        ["0", "1"] => &["x", "y"],
        ["0", "1", "2"] => &["x", "y", "z"],
        _ => &own,
    };
    names.iter().map(|name| name.to_string()).collect()
}

impl Source for NpyFile {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        Some(self.rows)
    }

    fn extent(&self, _column: usize) -> Option<Extent> {
        None
    }

    fn needs(&self, request: &Request) -> Result<Needs> {
        mapped::needs(&self.name, self.requested(request), self.rows, request)
    }

    fn scan<'s>(&'s self, request: &Request) -> Result<Box<dyn Scan + 's>> {
        let columns = self.requested(request);
        Ok(Box::new(MappedScan::new(self.name.clone(), &self.mapping, columns, self.rows, request)?))
    }
}
