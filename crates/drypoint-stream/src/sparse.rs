//! The entries of a sparse array as rows: their coordinates and their values, lent where they lie.
//!
//! Only what is not there is made, batch by batch: the row numbers of a matrix that is kept row by row, and coordinates counted
//! downwards, for pictures whose first row is at the top.

use std::sync::Arc;

use drypoint_array::sparse::{CooArray, CsrArray, Entries, IndexArray, IndexType, Part, ValueType};
use drypoint_memory::Buffer;

use crate::array::{ArrayColumn, ArraySource, ColumnStorage, Item, Items};
use crate::arrow::Element;
use crate::{
    Batch, Column, DataType, Extent, Field, Needs, Reader, Request, Result, Scan, Schema, Source,
    StreamError, Values,
};

impl ColumnStorage for Part {
    fn bytes(&self) -> &[u8] {
        Part::bytes(self)
    }
}

/// A table of entries.
pub struct SparseSource {
    /// The columns that lie in memory.
    lent: ArraySource,
    entries: Arc<dyn Entries>,
    schema: Schema,
    columns: Vec<Origin>,
}

/// Where a column comes from.
#[derive(Clone, Copy)]
enum Origin {
    /// A column of the lent ones.
    Lent(usize),
    /// Made: places along `axis`, perhaps counted downwards.
    Made { axis: usize, downwards: bool },
}

impl SparseSource {
    /// The entries of an array by coordinates; `columns` has a name for each dimension and one for the values. Places along the
    /// dimension `mirrored` are counted 0, -1, -2, ...
    ///
    /// # Errors
    /// [`StreamError::Mismatch`] if there are not as many names, or two are the same.
    pub fn coo(name: &str, columns: &[String], array: &CooArray, mirrored: Option<usize>) -> Result<Self> {
        let coords = array.coords().iter().map(Some).collect();
        Self::new(name, columns, coords, Arc::new(array.clone()), mirrored)
    }

    /// As [`SparseSource::coo`], of a matrix that is kept row by row.
    ///
    /// # Errors
    /// As there.
    pub fn csr(name: &str, columns: &[String], array: &CsrArray, mirrored: Option<usize>) -> Result<Self> {
        Self::new(name, columns, vec![None, Some(array.indices())], Arc::new(array.clone()), mirrored)
    }

    fn new(
        name: &str,
        columns: &[String],
        coords: Vec<Option<&IndexArray>>,
        entries: Arc<dyn Entries>,
        mirrored: Option<usize>,
    ) -> Result<Self> {
        if columns.len() != coords.len() + 1 {
            let what = format!("{} names for {} columns", columns.len(), coords.len() + 1);
            return Err(StreamError::Mismatch { name: name.into(), what });
        }
        let value = value_column(&columns[coords.len()], &*entries)?;
        let (mut lent, mut origins) = (Vec::new(), Vec::new());
        for (axis, places) in coords.into_iter().enumerate() {
            let downwards = mirrored == Some(axis);
            if let Some(places) = places.filter(|_| !downwards) {
                origins.push(Origin::Lent(lent.len()));
                let items = Items::contiguous(Item::Element(element(places.kind())), places.len());
                lent.push(ArrayColumn::new(&columns[axis], items, Arc::new(places.part().clone()))?);
            } else {
                origins.push(Origin::Made { axis, downwards });
            }
        }
        origins.push(Origin::Lent(lent.len()));
        lent.push(value);
        let lent = ArraySource::new(name, lent)?;
        let fields = origins.iter().zip(columns).map(|(origin, name)| match origin {
            Origin::Lent(column) => lent.schema().fields[*column].clone(),
            Origin::Made { downwards, .. } => {
                let data_type = if *downwards { DataType::Int(64) } else { DataType::UInt(64) };
                Field { name: name.as_str().into(), data_type, nullable: false }
            }
        });
        let fields = fields.collect();
        Ok(Self { lent, entries, schema: Schema { fields }, columns: origins })
    }

    /// What the lent columns are asked for, at least one; and where each column of the request comes from.
    fn split(&self, request: &Request) -> Result<(Request, Vec<Origin>)> {
        let (mut lent, mut origins) = (Vec::new(), Vec::new());
        for &place in &request.columns {
            let origin = self.columns.get(place).ok_or_else(|| StreamError::Mismatch {
                name: self.lent.name(),
                what: format!("column {place} of {} was asked for", self.columns.len()),
            })?;
            origins.push(match *origin {
                Origin::Lent(column) => {
                    lent.push(column);
                    Origin::Lent(lent.len() - 1)
                }
                made => made,
            });
        }
        if lent.is_empty() {
            lent.push(self.lent.schema().fields.len() - 1);
        }
        Ok((Request { columns: lent, ..request.clone() }, origins))
    }
}

fn element(kind: IndexType) -> Element {
    match kind {
        IndexType::U8 => Element::U8,
        IndexType::U16 => Element::U16,
        IndexType::U32 => Element::U32,
        IndexType::U64 => Element::U64,
    }
}

fn value_column(name: &str, entries: &dyn Entries) -> Result<ArrayColumn> {
    let values = entries.values();
    let item = match values.kind() {
        ValueType::Bool => Item::Element(Element::Bool),
        ValueType::I8 => Item::Element(Element::I8),
        ValueType::I16 => Item::Element(Element::I16),
        ValueType::I32 => Item::Element(Element::I32),
        ValueType::I64 => Item::Element(Element::I64),
        ValueType::U8 => Item::Element(Element::U8),
        ValueType::U16 => Item::Element(Element::U16),
        ValueType::U32 => Item::Element(Element::U32),
        ValueType::U64 => Item::Element(Element::U64),
        ValueType::F16 => Item::Half,
        ValueType::F32 => Item::Element(Element::F32),
        ValueType::F64 => Item::Element(Element::F64),
        // There, but not to be asked for: a byte for all rows.
        complex @ (ValueType::C64 | ValueType::C128) => {
            let item = Item::Element(Element::U8);
            let items = Items { item, rows: values.len(), first_byte: 0, stride_bytes: 0, swapped: false };
            let column = ArrayColumn::new(name, items, Arc::new(vec![0u8]))?;
            return Ok(column.with_data_type(DataType::Other(complex.name().into())));
        }
    };
    ArrayColumn::new(name, Items::contiguous(item, values.len()), Arc::new(values.part().clone()))
}

impl Source for SparseSource {
    fn name(&self) -> String {
        self.lent.name()
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        self.lent.rows()
    }

    fn extent(&self, _: usize) -> Option<Extent> {
        None
    }

    fn needs(&self, request: &Request) -> Result<Needs> {
        let (lent, origins) = self.split(request)?;
        let made = origins.iter().filter(|origin| matches!(origin, Origin::Made { .. })).count();
        let mut needs = Source::needs(&self.lent, &lent)?;
        let rows = request.batch_rows.min(self.entries.nnz()).max(1);
        needs.reader_bytes += made * Buffer::<u64>::charged_bytes(rows).unwrap_or(usize::MAX / 8);
        Ok(needs)
    }

    fn scan<'s>(&'s self, request: &Request) -> Result<Box<dyn Scan + 's>> {
        let (lent, origins) = self.split(request)?;
        let scan = Source::scan(&self.lent, &lent)?;
        Ok(Box::new(SparseScan { source: self, scan, origins, request: request.clone() }))
    }
}

struct SparseScan<'s> {
    source: &'s SparseSource,
    scan: Box<dyn Scan + 's>,
    origins: Vec<Origin>,
    request: Request,
}

impl Scan for SparseScan<'_> {
    fn reader<'s>(&'s self) -> Result<Box<dyn Reader + 's>> {
        let rows = self.request.batch_rows.min(self.source.entries.nnz()).max(1);
        let room = |origin: &Origin| match origin {
            Origin::Lent(_) => Ok(None),
            Origin::Made { .. } => self.request.consumer.buffer::<u64>(rows).map(Some),
        };
        let rooms = self.origins.iter().map(room).collect::<std::result::Result<_, _>>()?;
        Ok(Box::new(SparseReader { scan: self, reader: self.scan.reader()?, rooms }))
    }
}

struct SparseReader<'s> {
    scan: &'s SparseScan<'s>,
    reader: Box<dyn Reader + 's>,
    /// For each column that is made.
    rooms: Vec<Option<Buffer<u64>>>,
}

impl Reader for SparseReader<'_> {
    fn next(&mut self) -> Result<Option<Batch<'_>>> {
        let Some(lent) = self.reader.next()? else { return Ok(None) };
        let (rows, order) = (lent.rows, lent.order);
        let entries = &self.scan.source.entries;
        let columns =
            self.scan.origins.iter().zip(&mut self.rooms).map(|(origin, room)| match (origin, room) {
                (Origin::Made { axis, downwards }, Some(room)) => {
                    let places = &mut room[..rows];
                    places.fill(0);
                    // Times -1, in the arithmetic of bits that wrap.
                    let stride = if *downwards { u64::MAX } else { 1 };
                    entries.add_places(*axis, order as usize, stride, places);
                    let values = if *downwards {
                        Values::I64(bytemuck::cast_slice(places))
                    } else {
                        Values::U64(places)
                    };
                    Column { values, validity: None }
                }
                (Origin::Lent(column), _) => lent.columns[*column],
                (Origin::Made { .. }, None) => Column { values: Values::U64(&[]), validity: None },
            });
        Ok(Some(Batch { rows, order, columns: columns.collect() }))
    }
}
