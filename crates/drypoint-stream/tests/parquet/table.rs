//! Small tables written with the `parquet` crate's own low-level writer, and what reading them must give.

use std::path::Path;
use std::sync::Arc;

use drypoint_memory::MemoryPool;
use drypoint_stream::{Cancel, Column, Request, Result, Scan, Source, Values};
use parquet::basic::{Compression, Encoding};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, FloatType,
    Int32Type, Int64Type, Int96, Int96Type,
};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

/// Physical values of a column, as they are written.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    Bool(Vec<Option<bool>>),
    I32(Vec<Option<i32>>),
    I64(Vec<Option<i64>>),
    Int96(Vec<Option<(i32, i64)>>),
    F32(Vec<Option<f32>>),
    F64(Vec<Option<f64>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Fixed(Vec<Option<Vec<u8>>>),
}

/// A value as it is read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    Integer(i128),
    /// By its bits, so that NaN equals itself.
    Float(u64),
    Text(String),
}

/// A column and the line that declares it.
#[derive(Debug, Clone)]
pub(crate) struct TestColumn {
    pub(crate) declaration: String,
    pub(crate) data: Data,
    pub(crate) expected: Vec<Cell>,
}

/// How a table is written.
#[derive(Debug, Clone)]
pub(crate) struct Style {
    pub(crate) codec: Compression,
    pub(crate) encoding: Option<Encoding>,
    pub(crate) dictionary: bool,
    pub(crate) version: WriterVersion,
    pub(crate) group_rows: usize,
    pub(crate) page_rows: usize,
    pub(crate) dictionary_bytes: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            codec: Compression::SNAPPY,
            encoding: None,
            dictionary: false,
            version: WriterVersion::PARQUET_1_0,
            group_rows: 1 << 20,
            page_rows: 100,
            dictionary_bytes: 1 << 20,
        }
    }
}

/// Write columns of one length; nullable ones must be declared `OPTIONAL`.
pub(crate) fn write(path: &Path, columns: &[TestColumn], style: &Style) {
    let declarations: String = columns.iter().map(|column| format!("{};\n", column.declaration)).collect();
    let schema = Arc::new(parse_message_type(&format!("message table {{ {declarations} }}")).unwrap());
    let mut properties = WriterProperties::builder()
        .set_compression(style.codec)
        .set_dictionary_enabled(style.dictionary)
        .set_writer_version(style.version)
        .set_data_page_row_count_limit(style.page_rows)
        .set_write_batch_size(style.page_rows.min(64))
        .set_dictionary_page_size_limit(style.dictionary_bytes)
        .set_statistics_enabled(EnabledStatistics::Chunk);
    if let Some(encoding) = style.encoding {
        properties = properties.set_encoding(encoding);
    }
    let file = std::fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties.build())).unwrap();
    let rows = columns.first().map_or(0, |column| column.expected.len());
    for first in (0..rows).step_by(style.group_rows) {
        let range = first..rows.min(first + style.group_rows);
        let mut group = writer.next_row_group().unwrap();
        for column in columns {
            let mut chunk = group.next_column().unwrap().unwrap();
            let optional = column.declaration.contains("OPTIONAL");
            macro_rules! put {
                ($kind:ty, $values:expr, $convert:expr) => {{
                    let part = &$values[range.clone()];
                    let levels: Vec<i16> = part.iter().map(|value| i16::from(value.is_some())).collect();
                    let present: Vec<_> = part.iter().flatten().map($convert).collect();
                    let levels = optional.then_some(levels.as_slice());
                    chunk.typed::<$kind>().write_batch(&present, levels, None).unwrap();
                }};
            }
            match &column.data {
                Data::Bool(values) => put!(BoolType, values, |value| *value),
                Data::I32(values) => put!(Int32Type, values, |value| *value),
                Data::I64(values) => put!(Int64Type, values, |value| *value),
                Data::Int96(values) => put!(Int96Type, values, |(day, nanos)| {
                    let mut value = Int96::new();
                    value.set_data(*nanos as u32, (*nanos >> 32) as u32, *day as u32);
                    value
                }),
                Data::F32(values) => put!(FloatType, values, |value| *value),
                Data::F64(values) => put!(DoubleType, values, |value| *value),
                Data::Bytes(values) => put!(ByteArrayType, values, |value| ByteArray::from(value.clone())),
                Data::Fixed(values) => put!(FixedLenByteArrayType, values, |value| {
                    FixedLenByteArray::from(ByteArray::from(value.clone()))
                }),
            }
            chunk.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
}

/// A request within a budget that no small table exceeds.
pub(crate) fn request(columns: Vec<usize>, batch_rows: usize, readers: usize) -> Request {
    let consumer = MemoryPool::new(256 << 20).consumer("test");
    Request { columns, batch_rows, readers, consumer, cancel: Cancel::default() }
}

/// The cells of a batch's column.
pub(crate) fn cells(column: &Column<'_>) -> Vec<Cell> {
    let valid = |row| column.validity.is_none_or(|validity| validity.is_valid(row));
    let cell = |row: usize| match column.values {
        Values::Bool(v) => Cell::Integer(v[row].into()),
        Values::I8(v) => Cell::Integer(v[row].into()),
        Values::I16(v) => Cell::Integer(v[row].into()),
        Values::I32(v) => Cell::Integer(v[row].into()),
        Values::I64(v) => Cell::Integer(v[row].into()),
        Values::U8(v) => Cell::Integer(v[row].into()),
        Values::U16(v) => Cell::Integer(v[row].into()),
        Values::U32(v) => Cell::Integer(v[row].into()),
        Values::U64(v) => Cell::Integer(v[row].into()),
        Values::F32(v) => Cell::Float(f64::from(v[row]).to_bits()),
        Values::F64(v) => Cell::Float(v[row].to_bits()),
        Values::Text(text) => Cell::Text(String::from_utf8(text.get(row).to_vec()).unwrap()),
        Values::Binary(_) | Values::Lists(_) => panic!("these tables hold neither bytes nor lists"),
        Values::Dictionary { codes, words } => {
            Cell::Text(String::from_utf8(words.get(codes[row] as usize).to_vec()).unwrap())
        }
    };
    (0..column.values.len())
        .map(|row| {
            let value = cell(row); // also of missing rows: it must be there
            if valid(row) { value } else { Cell::Null }
        })
        .collect()
}

/// All rows of a source by their order keys, read by as many threads as the request has readers.
pub(crate) fn read(source: &dyn Source, request: &Request) -> Result<Vec<(u64, Vec<Cell>)>> {
    let needs = source.needs(request)?;
    assert!(needs.max_readers >= 1);
    let scan = source.scan(request)?;
    let parts = if request.readers == 1 {
        vec![read_part(&*scan, request)?]
    } else {
        std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..request.readers).map(|_| scope.spawn(|| read_part(&*scan, request))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Result<Vec<_>>>()
        })?
    };
    let mut rows: Vec<_> = parts.into_iter().flatten().collect();
    rows.sort_by_key(|(order, _)| *order);
    Ok(rows)
}

fn read_part(scan: &dyn Scan, request: &Request) -> Result<Vec<(u64, Vec<Cell>)>> {
    let mut reader = scan.reader()?;
    let mut rows = Vec::new();
    while let Some(batch) = reader.next()? {
        assert!(batch.rows > 0 && batch.rows <= request.batch_rows);
        let columns: Vec<Vec<Cell>> = batch.columns.iter().map(cells).collect();
        for row in 0..batch.rows {
            let cells = columns.iter().map(|column| column[row].clone()).collect();
            rows.push((batch.order + row as u64, cells));
        }
    }
    Ok(rows)
}

/// Deterministic numbers that look random.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// A column of every kind that is read, `rows` long. With `nulls`, about a third of the rows is missing.
pub(crate) fn every_kind(rows: usize, nulls: bool, distinct: u64, seed: u64) -> Vec<TestColumn> {
    let mut numbers = Numbers(seed);
    let mut columns = Vec::new();
    let repetition = if nulls { "OPTIONAL" } else { "REQUIRED" };
    macro_rules! column {
        ($name:literal, $kind:ident, $type:literal, $annotation:literal, $make:expr, $cell:expr) => {{
            // Some stretches without nulls, some with nothing else.
            let values: Vec<_> = (0..rows)
                .map(|row| {
                    let raw = numbers.below(distinct).wrapping_mul(0x2545_f491_4f6c_dd1d);
                    let present = match row / 150 % 3 {
                        0 => true,
                        1 => numbers.below(3) > 0,
                        _ => row % 150 > 140,
                    };
                    (present || !nulls).then(|| $make(raw))
                })
                .collect();
            columns.push(TestColumn {
                declaration: format!("{repetition} {} {} {}", $type, $name, $annotation),
                expected: values.iter().map(|value| value.as_ref().map_or(Cell::Null, $cell)).collect(),
                data: Data::$kind(values),
            });
        }};
    }
    fn float(value: f64) -> Cell {
        Cell::Float(value.to_bits())
    }
    let integer_32 = |value: &i32| Cell::Integer((*value).into());
    let integer_64 = |value: &i64| Cell::Integer((*value).into());
    let text = |value: &Vec<u8>| Cell::Text(String::from_utf8_lossy(value).into_owned());
    let word = |raw: u64| format!("wörd {}", raw % 10_007).into_bytes();
    column!("flag", Bool, "BOOLEAN", "", |raw| raw & 1 == 1, |value: &bool| Cell::Integer((*value).into()));
    column!("int32", I32, "INT32", "", |raw| raw as i32, integer_32);
    column!("int8", I32, "INT32", "(INTEGER(8,true))", |raw| i32::from(raw as i8), integer_32);
    column!("uint8", I32, "INT32", "(INTEGER(8,false))", |raw| i32::from(raw as u8), integer_32);
    column!("uint32", I32, "INT32", "(INTEGER(32,false))", |raw| raw as i32, |value: &i32| {
        Cell::Integer((*value as u32).into())
    });
    column!("int64", I64, "INT64", "", |raw| raw as i64, integer_64);
    column!("uint64", I64, "INT64", "(UINT_64)", |raw| raw as i64, |value: &i64| {
        Cell::Integer((*value as u64).into())
    });
    column!("day", I32, "INT32", "(DATE)", |raw| (raw % 40_000) as i32, integer_32);
    column!("time", I64, "INT64", "(TIME(MICROS,true))", |raw| (raw % 86_400_000_000) as i64, integer_64);
    column!("millis", I64, "INT64", "(TIMESTAMP_MILLIS)", |raw| raw as i64 >> 20, integer_64);
    column!("nanos", I64, "INT64", "(TIMESTAMP(NANOS,false))", |raw| raw as i64, integer_64);
    column!(
        "old",
        Int96,
        "INT96",
        "",
        |raw: u64| ((2_440_000 + raw % 20_000) as i32, (raw % 86_400_000_000_000) as i64),
        |(day, nanos): &(i32, i64)| {
            Cell::Integer(i128::from(day - 2_440_588) * 86_400_000_000 + i128::from(nanos / 1000))
        }
    );
    column!("float", F32, "FLOAT", "", |raw| f32::from_bits(raw as u32), |value: &f32| float(
        (*value).into()
    ));
    column!("double", F64, "DOUBLE", "", |raw| raw as i64 as f64 / 1e9, |value: &f64| float(*value));
    column!(
        "half",
        Fixed,
        "FIXED_LEN_BYTE_ARRAY (2)",
        "(FLOAT16)",
        |raw: u64| half::f16::from_f64(raw as u8 as f64 / 8.0).to_le_bytes().to_vec(),
        |value: &Vec<u8>| float(half::f16::from_le_bytes([value[0], value[1]]).to_f64())
    );
    column!(
        "price",
        I32,
        "INT32",
        "(DECIMAL(9,2))",
        |raw| (raw % 1_000_000) as i32 - 500_000,
        |value: &i32| { float(f64::from(*value) / 100.0) }
    );
    column!("sum", I64, "INT64", "(DECIMAL(18,4))", |raw| raw as i64 >> 14, |value: &i64| {
        float(*value as f64 / 1e4)
    });
    column!(
        "exact",
        Fixed,
        "FIXED_LEN_BYTE_ARRAY (11)",
        "(DECIMAL(25,3))",
        |raw: u64| i128::from(raw as i64).to_be_bytes()[5..].to_vec(),
        |value: &Vec<u8>| {
            let mut bytes = [if value[0] & 0x80 == 0 { 0 } else { 0xff }; 16];
            bytes[5..].copy_from_slice(value);
            float(i128::from_be_bytes(bytes) as f64 / 1e3)
        }
    );
    column!(
        "loose",
        Bytes,
        "BYTE_ARRAY",
        "(DECIMAL(10,1))",
        |raw: u64| (raw as i32).to_be_bytes()[raw as usize % 3..].to_vec(),
        |value: &Vec<u8>| {
            let mut bytes = [if value[0] & 0x80 == 0 { 0 } else { 0xff }; 8];
            bytes[8 - value.len()..].copy_from_slice(value);
            float(i64::from_be_bytes(bytes) as f64 / 10.0)
        }
    );
    column!("word", Bytes, "BYTE_ARRAY", "(STRING)", word, text);
    column!("raw", Bytes, "BYTE_ARRAY", "", |raw: u64| raw.to_le_bytes()[..raw as usize % 8].to_vec(), text);
    columns
}
