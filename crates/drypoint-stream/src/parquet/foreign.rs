//! The rarer encodings, decoded by the `parquet` crate.
//!
//! Each page gets a column reader of its own that sees a required column without levels: levels, dictionaries and
//! memory stay ours. The crate should never panic; where damaged bytes make it, the panic becomes a fault.

use std::sync::Arc;

use bytes::Bytes;
use drypoint_memory::{MemoryConsumer, MemoryReservation};
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{AsBytes, ByteArray, DataType, FixedLenByteArray};
use parquet::errors::ParquetError;
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor};

use super::fault::{Decoded, Fault};
use crate::survive::survive;

/// Values asked of the crate at once.
const BLOCK: usize = 1024;

/// A page in the crate's hands.
pub(super) struct Foreign {
    values: Values,
    _held: MemoryReservation,
}

enum Values {
    I32(ColumnReaderImpl<parquet::data_type::Int32Type>, Vec<i32>),
    I64(ColumnReaderImpl<parquet::data_type::Int64Type>, Vec<i64>),
    F32(ColumnReaderImpl<parquet::data_type::FloatType>, Vec<f32>),
    F64(ColumnReaderImpl<parquet::data_type::DoubleType>, Vec<f64>),
    Bytes(ColumnReaderImpl<parquet::data_type::ByteArrayType>, Vec<ByteArray>),
    Fixed(ColumnReaderImpl<parquet::data_type::FixedLenByteArrayType>, Vec<FixedLenByteArray>),
}

impl std::fmt::Debug for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Foreign")
    }
}

impl Foreign {
    /// What decoding a page of `uncompressed` bytes takes: a copy of it, and as much for the decoder's own vectors.
    pub(super) fn bytes_for(uncompressed: usize) -> usize {
        uncompressed.saturating_mul(2) + BLOCK * size_of::<ByteArray>()
    }

    /// `count` values of `data`, all of them present.
    pub(super) fn new(
        descriptor: &ColumnDescPtr,
        encoding: Encoding,
        data: &[u8],
        count: usize,
        consumer: &MemoryConsumer,
    ) -> Decoded<Self> {
        let held = consumer.try_reserve(Self::bytes_for(data.len()))?;
        let required = ColumnDescriptor::new(descriptor.self_type_ptr(), 0, 0, descriptor.path().clone());
        let page = Page::DataPage {
            buf: Bytes::copy_from_slice(data),
            num_values: u32::try_from(count).map_err(|_| Fault::damaged("a page of too many values"))?,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let reader = get_column_reader(Arc::new(required), Box::new(OnePage(Some(page))));
        let values = match reader {
            ColumnReader::Int32ColumnReader(reader) => Values::I32(reader, Vec::new()),
            ColumnReader::Int64ColumnReader(reader) => Values::I64(reader, Vec::new()),
            ColumnReader::FloatColumnReader(reader) => Values::F32(reader, Vec::new()),
            ColumnReader::DoubleColumnReader(reader) => Values::F64(reader, Vec::new()),
            ColumnReader::ByteArrayColumnReader(reader) => Values::Bytes(reader, Vec::new()),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => Values::Fixed(reader, Vec::new()),
            ColumnReader::BoolColumnReader(_) | ColumnReader::Int96ColumnReader(_) => {
                return Err(Fault::damaged(format!("{encoding} is no encoding of this type")));
            }
        };
        Ok(Self { values, _held: held })
    }

    /// Hand the bytes of the next `count` values to `sink`, one or many values at a time.
    pub(super) fn read(
        &mut self,
        mut count: usize,
        mut sink: impl FnMut(&[u8]) -> Decoded<()>,
    ) -> Decoded<()> {
        while count > 0 {
            let block = count.min(BLOCK);
            match &mut self.values {
                Values::I32(reader, values) => sink(bytemuck::cast_slice(next(reader, values, block)?))?,
                Values::I64(reader, values) => sink(bytemuck::cast_slice(next(reader, values, block)?))?,
                Values::F32(reader, values) => sink(bytemuck::cast_slice(next(reader, values, block)?))?,
                Values::F64(reader, values) => sink(bytemuck::cast_slice(next(reader, values, block)?))?,
                Values::Bytes(reader, values) => {
                    for value in next(reader, values, block)? {
                        sink(value.as_bytes())?;
                    }
                }
                Values::Fixed(reader, values) => {
                    for value in next(reader, values, block)? {
                        sink(value.as_bytes())?;
                    }
                }
            }
            count -= block;
        }
        Ok(())
    }
}

/// The next `count` values, all of which must be there.
fn next<'v, T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    values: &'v mut Vec<T::T>,
    count: usize,
) -> Decoded<&'v [T::T]> {
    values.clear();
    let read = survive(|| reader.read_records(count, None, None, values));
    match read {
        Some(Ok(_)) if values.len() == count => Ok(values),
        Some(Ok(_)) => Err(Fault::damaged(format!("{} values where {count} are promised", values.len()))),
        Some(Err(error)) => Err(Fault::damaged(error.to_string())),
        None => Err(Fault::damaged("a page's values cannot be decoded")),
    }
}

/// A chunk of one page.
struct OnePage(Option<Page>);

impl Iterator for OnePage {
    type Item = Result<Page, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(Ok)
    }
}

impl PageReader for OnePage {
    fn get_next_page(&mut self) -> Result<Option<Page>, ParquetError> {
        Ok(self.0.take())
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>, ParquetError> {
        let rows = self.0.as_ref().map(|page| page.num_values() as usize);
        Ok(rows.map(|rows| PageMetadata { num_rows: Some(rows), num_levels: None, is_dict: false }))
    }

    fn skip_next_page(&mut self) -> Result<(), ParquetError> {
        self.0 = None;
        Ok(())
    }
}
