//! Several arrays in one zip archive, as `numpy.savez` and `numpy.savez_compressed` write them.
//!
//! Each member of one dimension is a column by its name; of two, columns `name.0`, `name.1`, …; of a structured type,
//! `name.field`. The rows are those of the length that most columns have; a column of another length, and an array that is no
//! column, is listed with its kind and cannot be read. Stored members are mapped, deflated ones unpacked as a stream.

mod directory;
mod inflate;

use std::collections::BTreeMap;
use std::path::Path;

use crate::names::unique_names;
use crate::npy::layout::ArrayColumn;
use crate::npy::mapped::{self, MappedColumn, MappedScan};
use crate::npy::open_mapping;
use crate::raw::mapping::Mapping;
use crate::{DataType, Extent, Field, Needs, Request, Result, Scan, Schema, Source, StreamError};

use directory::{Member, read_members};
use inflate::InflateScan;

/// The arrays of an NPZ archive.
#[derive(Debug)]
pub struct NpzFile {
    name: String,
    mapping: Mapping,
    members: Vec<Member>,
    schema: Schema,
    rows: u64,
    /// For each field of the schema its column, where it has one.
    columns: Vec<Option<NpzColumn>>,
}

/// A column of an archive.
#[derive(Debug, Clone)]
struct NpzColumn {
    name: String,
    member: usize,
    /// Offsets are counted from the beginning of the unpacked member.
    array: ArrayColumn,
}

impl NpzFile {
    /// Map the archive at `path` and read its directory and the headers of its arrays.
    ///
    /// # Errors
    /// `NotFound`, `Io`, `Empty`; `Corrupt` where the directory or a header cannot be right; `Unsupported` for other
    /// compression than deflate, and for an archive without arrays.
    pub fn open(path: impl AsRef<Path>) -> Result<NpzFile> {
        let (name, mapping) = open_mapping(path.as_ref())?;
        let members = read_members(&name, mapping.bytes())?;
        if members.is_empty() {
            return Err(StreamError::Unsupported {
                name,
                what: "an archive without .npy members".to_string(),
            });
        }
        let rows = common_rows(&members);
        let names = unique_names(members.iter().flat_map(column_names).collect());
        let arrays = members.iter().enumerate().flat_map(|(place, member)| columns_of(place, member, rows));
        let (mut schema, mut columns) = (Schema::default(), Vec::new());
        for (name, (data_type, array)) in names.into_iter().zip(arrays) {
            let nullable = array.as_ref().is_some_and(|(_, array)| array.element.is_nullable());
            columns.push(array.map(|(member, array)| NpzColumn { name: name.clone(), member, array }));
            schema.fields.push(Field { name, data_type, nullable });
        }
        Ok(NpzFile { name, mapping, members, schema, rows, columns })
    }

    fn requested(&self, request: &Request) -> Result<Vec<NpzColumn>> {
        let column = |place: &usize| {
            self.columns[*place].clone().ok_or_else(|| {
                let Field { name, data_type, .. } = &self.schema.fields[*place];
                let what = format!("reading {name:?} ({data_type}) as a column of {} rows", self.rows);
                StreamError::Unsupported { name: self.name.clone(), what }
            })
        };
        request.columns.iter().map(column).collect()
    }

    /// The columns at their places in the archive, if all of them lie there as they are.
    fn mapped(&self, columns: &[NpzColumn]) -> Option<Vec<MappedColumn>> {
        columns
            .iter()
            .map(|column| {
                let member = &self.members[column.member];
                let mut array = column.array.clone();
                array.offset += member.packed.start;
                array.base += member.packed.start;
                (!member.deflated).then(|| MappedColumn { name: column.name.clone(), array })
            })
            .collect()
    }
}

/// The length that most columns have; of two equally frequent ones the greater.
fn common_rows(members: &[Member]) -> u64 {
    let mut columns_by_length = BTreeMap::<u64, usize>::new();
    for layout in members.iter().filter_map(|member| member.layout.as_ref().ok()) {
        *columns_by_length.entry(layout.rows).or_default() += layout.columns.len();
    }
    columns_by_length.into_iter().max_by_key(|(rows, columns)| (*columns, *rows)).map_or(0, |(rows, _)| rows)
}

fn column_names(member: &Member) -> Vec<String> {
    let whole = || vec![member.name.clone()];
    let Ok(layout) = &member.layout else { return whole() };
    let name = |column: &ArrayColumn| match column.name.as_str() {
        "" => member.name.clone(),
        own => format!("{}.{own}", member.name),
    };
    layout.columns.iter().map(name).collect()
}

/// A column within the member at a place.
type Located = (usize, ArrayColumn);

/// The type of each column of a member, and the column if it can be one, in the order of [`column_names`].
fn columns_of(place: usize, member: &Member, rows: u64) -> Vec<(DataType, Option<Located>)> {
    let layout = match &member.layout {
        Ok(layout) => layout,
        Err(reason) => return vec![(DataType::Other(reason.clone()), None)],
    };
    let describe = |array: &ArrayColumn| {
        if layout.rows != rows {
            let kind = format!("{} values of {}", layout.rows, array.element.data_type);
            return (DataType::Other(kind), None);
        }
        (array.element.data_type.clone(), Some((place, array.clone())))
    };
    layout.columns.iter().map(describe).collect()
}

impl Source for NpzFile {
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
        let columns = self.requested(request)?;
        match self.mapped(&columns) {
            Some(mapped) => mapped::needs(&self.name, mapped, self.rows, request),
            None => inflate::needs(&self.name, columns, self.rows, request),
        }
    }

    fn scan<'s>(&'s self, request: &Request) -> Result<Box<dyn Scan + 's>> {
        let columns = self.requested(request)?;
        if let Some(mapped) = self.mapped(&columns) {
            return Ok(Box::new(MappedScan::new(
                self.name.clone(),
                &self.mapping,
                mapped,
                self.rows,
                request,
            )?));
        }
        let scan =
            InflateScan::new(self.name.clone(), &self.mapping, &self.members, columns, self.rows, request)?;
        Ok(Box::new(scan))
    }
}
