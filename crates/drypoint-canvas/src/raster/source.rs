//! Where the items of an image come from: an array in memory, or one that gives boxes of itself.
//!
//! An array whose rows lie in one piece and in this machine's byte order is read where it is. Anything else is
//! brought to that form a tile at a time, so that no copy of the whole is ever made.

use std::ops::Range;
use std::sync::Arc;

use drypoint_array::{Chunked, DType, Number, Scratch};
use drypoint_memory::{Buffer, MemoryConsumer, charged_bytes};
use drypoint_stream::array::ColumnStorage;

use crate::{CanvasError, Result};

/// The type of the items of a tile, always in this machine's byte order. Half floats come as floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl Kind {
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    pub(super) fn float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }
}

/// An image: rows of items, or of pixels with as many items as there are bands.
#[derive(Clone)]
pub struct Image {
    pub(super) name: String,
    dtype: DType,
    pub(super) kind: Kind,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) bands: usize,
    store: Store,
    /// Whether pixels are red, green, blue and opacity: then tiles hold colours times opacity, whose means mean something.
    blended: bool,
    /// Called with bytes of the storage that will not be read again.
    let_go: Option<LetGo>,
}

/// Called with a range of bytes of the storage.
pub type LetGo = Arc<dyn Fn(Range<usize>) + Send + Sync>;

#[derive(Clone)]
enum Store {
    Memory {
        storage: Arc<dyn ColumnStorage>,
        first_byte: usize,
        /// Bytes from one row, column and band to the next; below 0 where the array is reversed.
        strides: [isize; 3],
    },
    Chunked(Arc<dyn Chunked>),
    /// Tiles are handed over by the caller; a chunk's rows and columns.
    Given(usize, usize),
}

/// A box of an image in memory: `rows` by `columns` pixels, the rows `stride` bytes apart.
pub(crate) struct Tile<'a> {
    pub(super) rows: Range<usize>,
    pub(super) columns: Range<usize>,
    pub(super) stride: usize,
    pub(super) bytes: &'a [u8],
}

/// What a thread brings tiles to their form in.
#[derive(Default)]
pub(crate) struct TileScratch {
    items: Option<Buffer<u64>>,
    decoding: Scratch,
}

impl Image {
    /// An array in memory. `strides` are in bytes, `first_byte` is where its first item begins in the storage.
    pub fn in_memory(
        name: &str,
        dtype: &str,
        shape: &[usize],
        strides: &[isize],
        first_byte: usize,
        storage: Arc<dyn ColumnStorage>,
    ) -> Result<Self> {
        let mut steps = [0; 3];
        steps[..strides.len().min(3)].copy_from_slice(&strides[..strides.len().min(3)]);
        let image = Self::new(name, dtype, shape, Store::Memory { storage, first_byte, strides: steps })?;
        image.check_bounds()?;
        Ok(image)
    }

    /// An array that is read box by box.
    pub fn chunked(array: Arc<dyn Chunked>) -> Result<Self> {
        let (name, dtype, shape) = (array.name(), array.dtype().name().to_string(), array.shape().to_vec());
        Self::new(&name, &dtype, &shape, Store::Chunked(array))
    }

    /// An array whose tiles the caller gives, one after the other.
    pub fn given(name: &str, dtype: &str, shape: &[usize], chunk: (usize, usize)) -> Result<Self> {
        Self::new(name, dtype, shape, Store::Given(chunk.0, chunk.1))
    }

    /// The same, whose pages are those of a file: they are let go of once they were read.
    pub fn letting_go(mut self, let_go: LetGo) -> Self {
        self.let_go = Some(let_go);
        self
    }

    /// The same as the colours and opacities that its four bands are, for means.
    pub(super) fn blended(mut self) -> Self {
        self.blended = true;
        self.kind = Kind::U16;
        self
    }

    fn new(name: &str, dtype: &str, shape: &[usize], store: Store) -> Result<Self> {
        let refused = |what: String| CanvasError::NoImage { name: name.into(), what };
        let &[rows, columns, ref rest @ ..] = shape else {
            return Err(refused(format!("has {} dimensions; rows and columns are needed", shape.len())));
        };
        let bands = match rest {
            [] => 1,
            [bands] => *bands,
            _ => return Err(refused(format!("has {} dimensions; an image has 2 or 3", shape.len()))),
        };
        if rows == 0 || columns == 0 || bands == 0 {
            return Err(refused(format!("is empty: its shape is {shape:?}")));
        }
        if rows > u32::MAX as usize || columns > u32::MAX as usize {
            return Err(refused(format!("has {rows} x {columns} items; a side holds at most {}", u32::MAX)));
        }
        let numbers = || refused(format!("holds items of type {dtype:?}; an image has real numbers"));
        let dtype = DType::parse(dtype).map_err(|_| numbers())?;
        if matches!(dtype.name().as_bytes().get(1), Some(b'M' | b'm')) {
            return Err(numbers());
        }
        let kind = match dtype.number() {
            Number::Bool | Number::Unsigned(1) => Kind::U8,
            Number::Signed(1) => Kind::I8,
            Number::Unsigned(2) => Kind::U16,
            Number::Signed(2) => Kind::I16,
            Number::Unsigned(4) => Kind::U32,
            Number::Signed(4) => Kind::I32,
            Number::Unsigned(_) => Kind::U64,
            Number::Signed(_) => Kind::I64,
            Number::Float(2 | 4) => Kind::F32,
            Number::Float(_) => Kind::F64,
            Number::Complex(_) | Number::Opaque => return Err(numbers()),
        };
        Ok(Self { name: name.into(), dtype, kind, rows, columns, bands, store, blended: false, let_go: None })
    }

    /// Rows, columns and items of a pixel.
    pub fn shape(&self) -> (usize, usize, usize) {
        (self.rows, self.columns, self.bands)
    }

    /// Whether its items are bytes, as those of a colour image are.
    pub fn of_bytes(&self) -> bool {
        self.kind == Kind::U8 && self.dtype.number() != Number::Bool
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A chunk's rows and columns; none where any tile costs the same.
    pub(crate) fn chunk(&self) -> Option<(usize, usize)> {
        match &self.store {
            Store::Memory { .. } => None,
            Store::Chunked(array) => {
                let chunk = array.chunk_shape();
                Some((chunk[0].clamp(1, self.rows), chunk[1].clamp(1, self.columns)))
            }
            Store::Given(rows, columns) => Some((*rows, *columns)),
        }
    }

    /// Bytes that a tile of so many pixels takes besides the array, and what decoding it takes.
    pub(super) fn tile_bytes(&self, rows: usize, columns: usize) -> usize {
        let items = rows.saturating_mul(columns).saturating_mul(self.bands);
        let brought = charged_bytes(items.saturating_mul(self.kind.bytes())).unwrap_or(usize::MAX);
        match &self.store {
            Store::Memory { .. } if self.readable_in_place().is_some() => 0,
            Store::Memory { .. } => brought,
            Store::Chunked(array) => {
                let chunk = array
                    .chunk_shape()
                    .iter()
                    .fold(self.dtype.item_bytes(), |bytes, side| bytes.saturating_mul(*side));
                brought.saturating_add(charged_bytes(chunk).unwrap_or(usize::MAX))
            }
            Store::Given(..) => 0,
        }
    }

    /// Whether tiles are read where they lie.
    pub(super) fn in_place(&self) -> bool {
        self.readable_in_place().is_some()
    }

    /// Whether rows are best read whole: their pages are let go of one after the other.
    pub(super) fn whole_rows(&self) -> bool {
        self.let_go.is_some()
    }

    /// These rows were read.
    pub(crate) fn let_go(&self, rows: &Range<usize>) {
        if let (Some(let_go), Store::Memory { first_byte, strides: [row, ..], .. }) =
            (&self.let_go, &self.store)
            && *row > 0
        {
            let row = *row as usize;
            let_go(first_byte + rows.start * row..first_byte + rows.end * row);
        }
    }

    /// Bytes from row to row, if rows can be read where they lie.
    fn readable_in_place(&self) -> Option<usize> {
        let Store::Memory { storage, first_byte, strides } = &self.store else { return None };
        let item = self.kind.bytes();
        let native = !self.blended && !self.dtype.swapped() && self.dtype.item_bytes() == item;
        let [row, column, band] = *strides;
        let tight = (self.bands == 1 || band == item as isize)
            && (self.columns == 1 || column == (item * self.bands) as isize);
        // A single row may have any stride; one above 0 keeps the arithmetic of the others.
        let row = if self.rows == 1 { (item * self.bands * self.columns) as isize } else { row };
        let aligned = (storage.bytes().as_ptr().addr() + first_byte).is_multiple_of(item)
            && (row as usize).is_multiple_of(item);
        (native && tight && aligned && row >= 0).then_some(row as usize)
    }

    /// That each item lies in the storage.
    fn check_bounds(&self) -> Result<()> {
        let Store::Memory { storage, first_byte, strides } = &self.store else { return Ok(()) };
        let (mut low, mut high) =
            (*first_byte as i128, *first_byte as i128 + self.dtype.item_bytes() as i128);
        for (stride, length) in strides.iter().zip([self.rows, self.columns, self.bands]) {
            let reach = *stride as i128 * (length as i128 - 1);
            if reach < 0 { low += reach } else { high += reach }
        }
        if low < 0 || high > storage.bytes().len() as i128 {
            let what = format!("has items outside of its {} bytes", storage.bytes().len());
            return Err(CanvasError::NoImage { name: self.name.clone(), what });
        }
        Ok(())
    }

    /// A tile, where it lies or brought to `scratch`.
    pub(super) fn tile<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        consumer: &MemoryConsumer,
        scratch: &'a mut TileScratch,
    ) -> Result<Tile<'a>> {
        let item = self.kind.bytes();
        if let (Some(stride), Store::Memory { storage, first_byte, .. }) =
            (self.readable_in_place(), &self.store)
        {
            let start = first_byte + rows.start * stride + columns.start * self.bands * item;
            let bytes = stride * (rows.len() - 1) + columns.len() * self.bands * item;
            return Ok(Tile { rows, columns, stride, bytes: &storage.bytes()[start..start + bytes] });
        }
        let items = rows.len() * columns.len() * self.bands;
        let words = (items * item).div_ceil(8);
        if scratch.items.as_ref().is_none_or(|held| held.len() < words) {
            scratch.items = None;
            scratch.items = Some(consumer.buffer(words)?);
        }
        let Some(held) = scratch.items.as_mut() else { unreachable!("made above") };
        let out = &mut held.as_bytes_mut()[..items * item];
        // Half floats, and bytes that are blended, are read into the second half and grow to their place from the front.
        let read_bytes = items * self.dtype.item_bytes();
        let raw = &mut out[items * item - read_bytes..];
        match &self.store {
            Store::Memory { storage, first_byte, strides } => {
                let gather = Gather {
                    bytes: storage.bytes(),
                    first_byte: *first_byte,
                    strides: *strides,
                    bands: self.bands,
                };
                gather.copy(self.dtype.item_bytes(), &rows, &columns, raw);
            }
            Store::Chunked(array) => {
                let (start, shape) =
                    ([rows.start, columns.start, 0], [rows.len(), columns.len(), self.bands]);
                let sides = array.shape().len();
                array.read(&start[..sides], &shape[..sides], &mut scratch.decoding, raw)?;
            }
            Store::Given(..) => unreachable!("tiles are given"),
        }
        if self.dtype.swapped() {
            swap(raw, self.dtype.item_bytes());
        }
        if self.blended {
            blend(out);
        } else if self.dtype.item_bytes() != item {
            widen_halves(out);
        }
        Ok(Tile { stride: columns.len() * self.bands * item, rows, columns, bytes: out })
    }

    /// A tile that the caller gives as an image of its own, whose first pixel is this one's at `row` and `column`.
    pub(super) fn given_tile<'a>(
        &self,
        tile: &'a Image,
        row: usize,
        column: usize,
        consumer: &MemoryConsumer,
        scratch: &'a mut TileScratch,
    ) -> Result<Tile<'a>> {
        let misfit = |what: String| CanvasError::NoImage { name: self.name.clone(), what };
        if tile.kind != self.kind || tile.bands != self.bands {
            let what = format!(
                "gave items of {} in {} bands where {} in {} were announced",
                tile.dtype.name(),
                tile.bands,
                self.dtype.name(),
                self.bands
            );
            return Err(misfit(what));
        }
        if row + tile.rows > self.rows || column + tile.columns > self.columns {
            let what = format!(
                "gave rows {row} to {} and columns {column} to {}; it has {} x {}",
                row + tile.rows,
                column + tile.columns,
                self.rows,
                self.columns
            );
            return Err(misfit(what));
        }
        let found = tile.tile(0..tile.rows, 0..tile.columns, consumer, scratch)?;
        Ok(Tile { rows: row..row + tile.rows, columns: column..column + tile.columns, ..found })
    }
}

/// Items from anywhere, one after the other.
#[derive(Clone, Copy)]
struct Gather<'a> {
    bytes: &'a [u8],
    first_byte: usize,
    strides: [isize; 3],
    bands: usize,
}

impl Gather<'_> {
    fn at(&self, row: usize, column: usize, band: usize) -> usize {
        let [rows, columns, bands] = self.strides;
        let offset = rows * row as isize + columns * column as isize + bands * band as isize;
        self.first_byte.wrapping_add_signed(offset)
    }

    fn copy(&self, item: usize, rows: &Range<usize>, columns: &Range<usize>, out: &mut [u8]) {
        let line = columns.len() * self.bands * item;
        let tight = self.strides[1] == (self.bands * item) as isize
            && (self.bands == 1 || self.strides[2] == item as isize);
        for (row, out) in rows.clone().zip(out.chunks_exact_mut(line)) {
            if tight {
                let start = self.at(row, columns.start, 0);
                out.copy_from_slice(&self.bytes[start..start + line]);
                continue;
            }
            match item {
                1 => self.line::<1>(row, columns, out),
                2 => self.line::<2>(row, columns, out),
                4 => self.line::<4>(row, columns, out),
                _ => self.line::<8>(row, columns, out),
            }
        }
    }

    fn line<const N: usize>(&self, row: usize, columns: &Range<usize>, out: &mut [u8]) {
        let (items, _) = out.as_chunks_mut::<N>();
        let mut items = items.iter_mut();
        for column in columns.clone() {
            for (band, item) in (0..self.bands).zip(&mut items) {
                let at = self.at(row, column, band);
                item.copy_from_slice(&self.bytes[at..at + N]);
            }
        }
    }
}

fn swap(bytes: &mut [u8], item: usize) {
    match item {
        2 => bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|item| item.reverse()),
        4 => bytes.as_chunks_mut::<4>().0.iter_mut().for_each(|item| item.reverse()),
        8 => bytes.as_chunks_mut::<8>().0.iter_mut().for_each(|item| item.reverse()),
        _ => {}
    }
}

/// The half floats in the second half become floats, all of it.
fn widen_halves(bytes: &mut [u8]) {
    let items = bytes.len() / 4;
    for at in 0..items {
        let from = 2 * items + 2 * at;
        let half = half::f16::from_ne_bytes([bytes[from], bytes[from + 1]]);
        // The four bytes written end at or before the next half that is read.
        bytes[4 * at..4 * at + 4].copy_from_slice(&half.to_f32().to_ne_bytes());
    }
}

/// Bytes of red, green, blue and opacity in the second half become colours times opacity, and opacity, in 16 bits.
fn blend(bytes: &mut [u8]) {
    let pixels = bytes.len() / 8;
    for at in 0..pixels {
        let from = 4 * pixels + 4 * at;
        let [red, green, blue, opacity] = [0, 1, 2, 3].map(|band| u16::from(bytes[from + band]));
        let words = [red * opacity, green * opacity, blue * opacity, opacity];
        // The eight bytes written end at or before the next pixel that is read.
        bytes[8 * at..8 * at + 8].copy_from_slice(bytemuck::bytes_of(&words));
    }
}
