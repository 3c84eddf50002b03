//! What was written is what is read.

use drypoint_stream::{DataType, ParquetFile, Source, StreamError, TimeUnit};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::WriterVersion;
use proptest::prelude::*;

use crate::table::{Cell, Data, Style, TestColumn, every_kind, read, request, write};

fn check(columns: &[TestColumn], style: &Style, batch_rows: usize, readers: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.parquet");
    write(&path, columns, style);
    let file = ParquetFile::open(&path).unwrap();
    let rows = columns[0].expected.len();
    assert_eq!(file.rows(), Some(rows as u64));
    let request = request((0..columns.len()).collect(), batch_rows, readers);
    let found = read(&file, &request).unwrap_or_else(|error| panic!("{error} with {style:?}"));
    assert_eq!(found.len(), rows, "{style:?}");
    for (row, (order, cells)) in found.iter().enumerate() {
        assert_eq!(*order, row as u64);
        for (column, cell) in columns.iter().zip(cells) {
            assert_eq!(*cell, column.expected[row], "row {row} of {:?}, {style:?}", column.declaration);
        }
    }
    assert_eq!(request.consumer.pool().available(), 256 << 20, "everything was given back");
}

#[test]
fn every_kind_with_every_codec_and_page_version() {
    let gzip = Compression::GZIP(Default::default());
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let codecs =
        [Compression::UNCOMPRESSED, Compression::SNAPPY, gzip, zstd, Compression::LZ4, Compression::LZ4_RAW];
    for (index, codec) in codecs.into_iter().enumerate() {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            for nulls in [false, true] {
                let dictionary = index % 2 == 0;
                let encoding = (!dictionary).then_some(Encoding::PLAIN);
                let style = Style { codec, version, dictionary, encoding, ..Style::default() };
                check(&every_kind(700, nulls, 40, index as u64), &style, 64, 1);
            }
        }
    }
}

#[test]
fn every_encoding_that_a_type_can_have() {
    let fits = |data: &Data, encoding| match encoding {
        Encoding::PLAIN => true,
        Encoding::RLE => matches!(data, Data::Bool(_)),
        Encoding::DELTA_BINARY_PACKED => matches!(data, Data::I32(_) | Data::I64(_)),
        Encoding::DELTA_LENGTH_BYTE_ARRAY => matches!(data, Data::Bytes(_)),
        Encoding::DELTA_BYTE_ARRAY => matches!(data, Data::Bytes(_) | Data::Fixed(_)),
        Encoding::BYTE_STREAM_SPLIT => {
            matches!(data, Data::I32(_) | Data::I64(_) | Data::F32(_) | Data::F64(_) | Data::Fixed(_))
        }
        _ => false,
    };
    for encoding in [
        Encoding::PLAIN,
        Encoding::RLE,
        Encoding::DELTA_BINARY_PACKED,
        Encoding::DELTA_LENGTH_BYTE_ARRAY,
        Encoding::DELTA_BYTE_ARRAY,
        Encoding::BYTE_STREAM_SPLIT,
    ] {
        for nulls in [false, true] {
            let mut columns = every_kind(1500, nulls, u64::MAX, 7);
            columns.retain(|column| fits(&column.data, encoding));
            assert!(!columns.is_empty());
            for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
                let style = Style { encoding: Some(encoding), version, page_rows: 400, ..Style::default() };
                check(&columns, &style, 150, 1);
            }
        }
    }
}

#[test]
fn a_dictionary_given_up_in_the_middle_of_a_chunk() {
    for nulls in [false, true] {
        let style = Style { dictionary: true, dictionary_bytes: 900, page_rows: 50, ..Style::default() };
        check(&every_kind(2000, nulls, u64::MAX, 3), &style, 333, 2);
    }
}

#[test]
fn one_row_group_is_shared_by_readers() {
    let values: Vec<_> = (0..400_000).map(|row| Some(row as f64)).collect();
    let column = TestColumn {
        declaration: "REQUIRED DOUBLE x".to_string(),
        expected: values.iter().flatten().map(|value| Cell::Float(value.to_bits())).collect(),
        data: Data::F64(values),
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.parquet");
    write(&path, std::slice::from_ref(&column), &Style { page_rows: 10_000, ..Style::default() });
    let file = ParquetFile::open(&path).unwrap();
    assert_eq!(file.row_groups(), 1);
    assert_eq!(file.needs(&request(vec![0], 8192, 2)).unwrap().max_readers, 8);
    let found = read(&file, &request(vec![0], 8192, 2)).unwrap();
    assert!(found.iter().enumerate().all(|(row, (order, _))| *order == row as u64));
    assert!(found.iter().zip(&column.expected).all(|((_, cells), expected)| cells[0] == *expected));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_batches_readers_groups_and_pages(
        seed: u64,
        rows in 1usize..1500,
        batch_rows in 1usize..600,
        readers in 1usize..4,
        group_rows in 1usize..700,
        page_rows in 1usize..400,
        dictionary: bool,
        nulls: bool,
        new: bool,
    ) {
        let columns: Vec<_> = every_kind(rows, nulls, 60, seed).into_iter().step_by(1 + seed as usize % 3).collect();
        let version = if new { WriterVersion::PARQUET_2_0 } else { WriterVersion::PARQUET_1_0 };
        let style = Style { group_rows: group_rows.max(rows / 20), page_rows, dictionary, version, ..Style::default() };
        check(&columns, &style, batch_rows, readers);
    }
}

#[test]
fn a_scan_holds_what_it_said_it_needs() {
    use drypoint_memory::MemoryPool;
    use drypoint_stream::Request;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("needs.parquet");
    for (dictionary, encoding, nulls) in
        [(true, None, true), (false, Some(Encoding::PLAIN), true), (false, Some(Encoding::PLAIN), false)]
    {
        let style = Style { dictionary, encoding, page_rows: 3000, group_rows: 9000, ..Style::default() };
        let columns = every_kind(20_000, nulls, if dictionary { 500 } else { u64::MAX }, 13);
        write(&path, &columns, &style);
        let file = ParquetFile::open(&path).unwrap();
        for (index, column) in columns.iter().enumerate() {
            let plenty = request(vec![index], 1000, 1);
            let needs = file.needs(&plenty).unwrap().reader_bytes;
            // Enough is enough ...
            let consumer = MemoryPool::new(needs).consumer("test");
            let exact = Request { consumer, ..plenty.clone() };
            let rows = read(&file, &exact).map(|rows| rows.len());
            assert_eq!(rows.map_err(|error| error.to_string()), Ok(20_000), "{}", column.declaration);
            // ... and not far too much: a third is refused (words apart, whose first room is generous).
            if !column.declaration.contains("BYTE_ARRAY") {
                let consumer = MemoryPool::new(needs / 3).consumer("test");
                let scarce = Request { consumer, ..plenty };
                let refused = read(&file, &scarce).map(|rows| rows.len());
                assert!(matches!(refused, Err(StreamError::Budget(_))), "{}: {needs} B", column.declaration);
            }
        }
    }
}

#[test]
fn types_are_told_and_nested_columns_stand_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nested.parquet");
    let schema = "message table {
        REQUIRED INT64 at (TIMESTAMP(MICROS,true));
        OPTIONAL group tags (LIST) { REPEATED group list { OPTIONAL BYTE_ARRAY element (STRING); } }
        OPTIONAL group place { REQUIRED DOUBLE lon; OPTIONAL FIXED_LEN_BYTE_ARRAY (16) id (UUID); }
        REPEATED INT32 many;
        REQUIRED INT32 place.lon (INTEGER(16,false));
        OPTIONAL group pairs (MAP) { REPEATED group key_value { REQUIRED INT32 key; OPTIONAL INT32 value; } }
    }";
    let schema = std::sync::Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let file = std::fs::File::create(&path).unwrap();
    let writer = parquet::file::writer::SerializedFileWriter::new(file, schema, Default::default()).unwrap();
    writer.close().unwrap();
    let file = ParquetFile::open(&path).unwrap();
    let fields: Vec<_> =
        file.schema().fields.iter().map(|field| (field.name.as_str(), field.data_type.to_string())).collect();
    let text = |name: &'static str, data_type: &str| (name, data_type.to_string());
    assert_eq!(
        fields,
        [
            text("at", "timestamp[us, UTC]"),
            text("tags", "list<...>"),
            text("place.lon", "float64"),
            text("place.id", "uuid"),
            text("many", "list<int32>"),
            text("place.lon#2", "uint16"),
            text("pairs", "map<...>"),
        ]
    );
    assert_eq!(
        file.schema().fields[0].data_type,
        DataType::Time { unit: TimeUnit::Microsecond, zone: Some("UTC".into()) }
    );
    assert_eq!(file.rows(), Some(0));
    assert!(read(&file, &request(vec![0, 2, 5], 10, 2)).unwrap().is_empty());
    let refused = file.needs(&request(vec![1], 10, 1)).unwrap_err();
    assert!(matches!(refused, StreamError::Unsupported { .. }), "{refused}");
    assert!(refused.to_string().contains("\"tags\" of type list<...>"), "{refused}");
}

#[test]
fn values_in_structures_are_missing_where_any_level_is() {
    use parquet::data_type::DoubleType;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep.parquet");
    let schema = "message table { OPTIONAL group a { OPTIONAL group b { OPTIONAL DOUBLE c; } } }";
    let schema = std::sync::Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let file = std::fs::File::create(&path).unwrap();
    let mut writer =
        parquet::file::writer::SerializedFileWriter::new(file, schema, Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut chunk = group.next_column().unwrap().unwrap();
    chunk.typed::<DoubleType>().write_batch(&[1.0, 2.0], Some(&[0, 3, 1, 2, 3]), None).unwrap();
    chunk.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    let file = ParquetFile::open(&path).unwrap();
    assert_eq!(file.schema().fields[0].name, "a.b.c");
    let cells: Vec<_> = read(&file, &request(vec![0], 10, 1))
        .unwrap()
        .into_iter()
        .map(|(_, cells)| cells[0].clone())
        .collect();
    let number = |value: f64| Cell::Float(value.to_bits());
    assert_eq!(cells, [Cell::Null, number(1.0), Cell::Null, Cell::Null, number(2.0)]);
}

#[test]
fn rows_alone_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.parquet");
    write(&path, &every_kind(250, false, 9, 1), &Style { group_rows: 100, ..Style::default() });
    let file = ParquetFile::open(&path).unwrap();
    assert_eq!(read(&file, &request(vec![], 64, 2)).unwrap().len(), 250);
}
