//! One column that lies in memory already: whose bytes, where in them each row's value is, and what it means.

use std::sync::Arc;

use arrow_data::ArrayData;
use arrow_schema::DataType as ArrowType;
use drypoint_memory::{Buffer, Pod};

use crate::arrow::import::Imported;
use crate::arrow::layout::Layout;
use crate::arrow::schema::Laid;
use crate::arrow::{ArrowStream, Element};
use crate::{DataType, Field, Result, StreamError, TimeUnit};

/// Who keeps a column's bytes alive. The bytes must be the same, at the same place, whenever they are asked for.
pub trait ColumnStorage: Send + Sync {
    /// All the bytes that the column's rows, and perhaps others, lie in.
    fn bytes(&self) -> &[u8];
}

impl<T: Pod> ColumnStorage for Vec<T> {
    fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(self)
    }
}

impl<T: Pod> ColumnStorage for Buffer<T> {
    fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(self)
    }
}

/// The type of the values in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// One of those that batches hold.
    Element(Element),
    /// IEEE binary16, delivered as float32.
    Half,
}

impl Item {
    /// Bytes of one value.
    pub fn width(self) -> usize {
        match self {
            Item::Element(element) => element.width(),
            Item::Half => 2,
        }
    }

    pub(super) fn layout(self) -> Layout {
        match self {
            Item::Element(element) => Layout::Fixed(element),
            Item::Half => Layout::Half,
        }
    }

    fn data_type(self) -> DataType {
        match self {
            Item::Half => DataType::Float(16),
            Item::Element(Element::Bool) => DataType::Bool,
            Item::Element(Element::F32) => DataType::Float(32),
            Item::Element(Element::F64) => DataType::Float(64),
            Item::Element(integer @ (Element::U8 | Element::U16 | Element::U32 | Element::U64)) => {
                DataType::UInt(integer.width() as u8 * 8)
            }
            Item::Element(integer) => DataType::Int(integer.width() as u8 * 8),
        }
    }
}

/// Where the values lie, as NumPy says it: value `i` begins at byte `first_byte + i * stride_bytes`.
#[derive(Debug, Clone, Copy)]
pub struct Items {
    /// The type of one.
    pub item: Item,
    /// How many there are.
    pub rows: usize,
    /// Where the first begins.
    pub first_byte: usize,
    /// From one to the next; may be negative or zero.
    pub stride_bytes: isize,
    /// Whether their bytes are in the other order than this machine's.
    pub swapped: bool,
}

impl Items {
    /// `rows` values one after the other in this machine's byte order, from the beginning.
    pub fn contiguous(item: Item, rows: usize) -> Self {
        Self { item, rows, first_byte: 0, stride_bytes: item.width() as isize, swapped: false }
    }

    pub(super) fn is_contiguous(&self) -> bool {
        let one_byte = self.item.width() == 1;
        self.stride_bytes == self.item.width() as isize && (one_byte || !self.swapped)
    }

    /// The first byte of row `row`; `None` where that is no address.
    pub(super) fn byte_of(&self, row: usize) -> Option<usize> {
        let distance = isize::try_from(row).ok()?.checked_mul(self.stride_bytes)?;
        self.first_byte.checked_add_signed(distance)
    }

    /// Whether rows `start .. end` lie within `len` bytes.
    pub(super) fn lies_within(&self, start: usize, end: usize, len: usize) -> bool {
        let fits = |row| {
            self.byte_of(row).and_then(|at| at.checked_add(self.item.width())).is_some_and(|last| last <= len)
        };
        start >= end || fits(start) && fits(end - 1)
    }
}

pub(super) enum Storage {
    Items { items: Items, bytes: Arc<dyn ColumnStorage> },
    Text(Words),
    Binary(Words),
    Dictionary { keys: Items, bytes: Arc<dyn ColumnStorage>, words: Words },
    Arrow(Chunks),
}

/// A column of another library as it lies there, in chunks of any lengths.
pub(super) struct Chunks {
    pub(super) layout: Layout,
    chunks: Vec<Imported>,
    /// The row after the last one of each chunk.
    ends: Vec<usize>,
}

impl Chunks {
    /// The chunk that holds row `row`, its first row and the row after its last. There must be one.
    pub(super) fn at(&self, row: usize) -> Option<(&Imported, usize, usize)> {
        let index = self.ends.partition_point(|end| *end <= row);
        let (chunk, end) = (self.chunks.get(index)?, *self.ends.get(index)?);
        Some((chunk, end - chunk.rows, end))
    }
}

/// Strings in memory, as Arrow lays them out.
#[derive(Clone)]
pub struct Words {
    pub(super) offsets: Arc<dyn ColumnStorage>,
    pub(super) wide: bool,
    pub(super) bytes: Arc<dyn ColumnStorage>,
    pub(super) rows: usize,
}

impl Words {
    /// Strings `bytes[offsets[i]..offsets[i + 1]]`, the offsets of 8 bytes if `wide`, else of 4. They are checked as
    /// they are read.
    pub fn new(offsets: Arc<dyn ColumnStorage>, wide: bool, bytes: Arc<dyn ColumnStorage>) -> Self {
        let rows = (offsets.bytes().len() / if wide { 8 } else { 4 }).saturating_sub(1);
        Self { offsets, wide, bytes, rows }
    }

    /// Copies of `strings`, in memory that no pool accounts for: for a few.
    pub fn from_strings<'a>(strings: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut offsets, mut bytes) = (vec![0i64], Vec::new());
        for string in strings {
            bytes.extend_from_slice(string.as_bytes());
            offsets.push(bytes.len() as i64);
        }
        Self::new(Arc::new(offsets), true, Arc::new(bytes))
    }

    pub(super) fn layout(&self) -> Layout {
        Layout::Text { wide: self.wide }
    }
}

/// A named column in memory.
pub struct ArrayColumn {
    pub(super) field: Field,
    pub(super) storage: Storage,
    /// One byte a row, not 0 where the row is missing.
    pub(super) mask: Option<Arc<dyn ColumnStorage>>,
}

impl ArrayColumn {
    /// Values in `bytes`, nothing copied unless they are strided, swapped or unaligned. Their meaning is that of
    /// their type; [`ArrayColumn::with_data_type`] gives another.
    ///
    /// # Errors
    /// [`StreamError::Mismatch`] if not all rows lie within `bytes`.
    pub fn new(name: &str, items: Items, bytes: Arc<dyn ColumnStorage>) -> Result<Self> {
        let held = bytes.bytes().len();
        if !items.lies_within(0, items.rows, held) {
            let what = format!(
                "column {name:?}: {} rows of {} bytes from byte {} with a stride of {} do not fit in {held} bytes",
                items.rows,
                items.item.width(),
                items.first_byte,
                items.stride_bytes
            );
            return Err(StreamError::Mismatch { name: "array".into(), what });
        }
        Ok(Self::of(name, items.item.data_type(), Storage::Items { items, bytes }))
    }

    /// One string a row.
    pub fn text(name: &str, words: Words) -> Self {
        Self::of(name, DataType::Text, Storage::Text(words))
    }

    /// One string a row, given by integer `keys` into `words`.
    ///
    /// # Errors
    /// As [`ArrayColumn::new`], and if the keys are no integers.
    pub fn dictionary(name: &str, keys: Items, bytes: Arc<dyn ColumnStorage>, words: Words) -> Result<Self> {
        if !matches!(keys.item.data_type(), DataType::Int(_) | DataType::UInt(_)) {
            let what = format!("column {name:?}: keys of type {}", keys.item.data_type());
            return Err(StreamError::Mismatch { name: "array".into(), what });
        }
        Self::new(name, keys, bytes.clone())?;
        Ok(Self::of(name, DataType::Text, Storage::Dictionary { keys, bytes, words }))
    }

    /// A column of another library, nothing copied.
    ///
    /// # Errors
    /// Those of the producer, and [`StreamError::Mismatch`] if `table` has not one column.
    pub fn arrow(name: &str, table: ArrowStream) -> Result<Self> {
        let (laid, chunks) = table.into_chunks()?;
        let (fields, layouts) = (&laid.schema.fields, &laid.layouts);
        let ([field], [layout]) = (fields.as_slice(), &layouts[..]) else {
            let what = format!("column {name:?} is a table of {} columns", fields.len());
            return Err(StreamError::Mismatch { name: "array".into(), what });
        };
        let ends = chunks.iter().scan(0, |end, chunk| {
            *end += chunk.rows;
            Some(*end)
        });
        let chunks = Chunks { layout: layout.clone(), ends: ends.collect(), chunks };
        let mut column = Self::of(name, field.data_type.clone(), Storage::Arrow(chunks));
        column.field.nullable = field.nullable;
        Ok(column)
    }

    /// Bytes of any meaning a row.
    pub fn binary(name: &str, words: Words) -> Self {
        Self::of(name, DataType::Binary, Storage::Binary(words))
    }

    /// Lists of numbers, or with `y` of positions. `offsets` are those of each level of lists, the outermost first.
    ///
    /// # Errors
    /// [`StreamError::Corrupt`] if the offsets do not fit each other or the items.
    pub fn lists(name: &str, offsets: Vec<Vec<i64>>, x: Vec<f64>, y: Option<Vec<f64>>) -> Result<Self> {
        let broken = |error: arrow_schema::ArrowError| StreamError::Corrupt {
            name: format!("column {name:?}"),
            what: error.to_string(),
        };
        let numbers = |values: Vec<f64>| {
            let length = values.len();
            let values = arrow_buffer::Buffer::from_vec(values);
            ArrayData::builder(ArrowType::Float64).len(length).add_buffer(values).build()
        };
        let field = |name: &str, data_type| Arc::new(arrow_schema::Field::new(name, data_type, true));
        let length = x.len();
        let mut data = numbers(x).map_err(broken)?;
        if let Some(y) = y {
            let position = ArrowType::Struct(
                vec![field("x", ArrowType::Float64), field("y", ArrowType::Float64)].into(),
            );
            let children = vec![data, numbers(y).map_err(broken)?];
            data = ArrayData::builder(position).len(length).child_data(children).build().map_err(broken)?;
        }
        for offsets in offsets.into_iter().rev() {
            let list = ArrowType::LargeList(field("item", data.data_type().clone()));
            let lists = ArrayData::builder(list)
                .len(offsets.len().saturating_sub(1))
                .add_buffer(arrow_buffer::Buffer::from_vec(offsets))
                .add_child_data(data);
            data = lists.build().map_err(broken)?;
        }
        let field = arrow_schema::Field::new(name, data.data_type().clone(), true);
        let laid = Laid::of_arrow(&arrow_schema::Schema::new(vec![field]));
        let chunk = Imported::of_column(data);
        let ends = vec![chunk.rows];
        let chunks = Chunks { layout: laid.layouts[0].clone(), ends, chunks: vec![chunk] };
        Ok(Self::of(name, laid.schema.fields[0].data_type.clone(), Storage::Arrow(chunks)))
    }

    /// `rows` rows without a value.
    pub fn nothing(name: &str, rows: usize) -> Self {
        Self::from_f64(name, vec![f64::NAN; rows]).with_data_type(DataType::Null)
    }

    /// Numbers of float64, owned.
    pub fn from_f64(name: &str, values: Vec<f64>) -> Self {
        let items = Items::contiguous(Item::Element(Element::F64), values.len());
        Self::of(name, DataType::Float(64), Storage::Items { items, bytes: Arc::new(values) })
    }

    fn of(name: &str, data_type: DataType, storage: Storage) -> Self {
        Self { field: Field { name: name.into(), data_type, nullable: false }, storage, mask: None }
    }

    /// The same values with another meaning: an instant or a span. Of those in 64 bits the least value, NumPy's NaT,
    /// is a missing row.
    pub fn with_data_type(mut self, data_type: DataType) -> Self {
        self.field.nullable =
            matches!(data_type, DataType::Time { .. } | DataType::Duration(_) | DataType::Null);
        self.field.data_type = data_type;
        self
    }

    /// Instants of `unit`, shown in `zone`.
    pub fn with_time(self, unit: TimeUnit, zone: Option<&str>) -> Self {
        self.with_data_type(DataType::Time { unit, zone: zone.map(Arc::from) })
    }

    /// `mask` holds one byte a row, not 0 where the row is missing, as `numpy.ma` has it.
    ///
    /// # Errors
    /// [`StreamError::Mismatch`] if it has another number of rows.
    pub fn with_mask(mut self, mask: Arc<dyn ColumnStorage>) -> Result<Self> {
        let (rows, found) = (self.rows(), mask.bytes().len());
        if found != rows {
            let what =
                format!("the mask of column {:?} has {found} rows, the column {rows}", self.field.name);
            return Err(StreamError::Mismatch { name: "array".into(), what });
        }
        self.field.nullable = true;
        self.mask = Some(mask);
        Ok(self)
    }

    /// Its number of rows.
    pub fn rows(&self) -> usize {
        match &self.storage {
            Storage::Items { items, .. } | Storage::Dictionary { keys: items, .. } => items.rows,
            Storage::Text(words) | Storage::Binary(words) => words.rows,
            Storage::Arrow(chunks) => chunks.ends.last().copied().unwrap_or(0),
        }
    }

    /// The row before which a batch that begins at `row` has to end.
    pub(super) fn end_of_run(&self, row: usize) -> usize {
        match &self.storage {
            Storage::Arrow(chunks) => chunks.at(row).map_or(row, |(_, _, end)| end),
            _ => self.rows(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.field.name
    }

    /// Whether the least int64 stands for a missing row.
    pub(super) fn has_nat(&self) -> bool {
        let in_64_bits = matches!(
            self.storage,
            Storage::Items { items: Items { item: Item::Element(Element::I64), .. }, .. }
        );
        in_64_bits && matches!(self.field.data_type, DataType::Time { .. } | DataType::Duration(_))
    }

    /// Bytes a row that a reader copies or makes.
    pub(super) fn scratch_row_bytes(&self) -> usize {
        let gathered = |items: &Items| if items.is_contiguous() { 0 } else { items.item.width() };
        let bits = usize::from(self.mask.is_some() || self.has_nat());
        bits + match &self.storage {
            Storage::Items { items, .. } => gathered(items) + items.item.layout().scratch_row_bytes(),
            Storage::Text(words) | Storage::Binary(words) => words.layout().scratch_row_bytes(),
            Storage::Dictionary { keys, .. } => gathered(keys) + 5,
            Storage::Arrow(chunks) => chunks.layout.scratch_row_bytes(),
        }
    }
}
