//! Text tables: whatever the chunks and readers, the same as the `csv` crate and the standard library read.

mod support;

use std::io::{Cursor, Write};

use drypoint_stream::csv::{CsvFile, CsvOptions};
use drypoint_stream::{DataType, Result, Source, StreamError, TimeUnit};
use proptest::prelude::*;
use support::{Cell, read};

fn source(text: &[u8], options: &CsvOptions) -> Result<CsvFile> {
    CsvFile::from_reader("table.csv", Box::new(Cursor::new(text.to_vec())), options)
}

fn read_all(text: &[u8], options: &CsvOptions) -> Result<Vec<Vec<Cell>>> {
    let source = source(text, options)?;
    let columns: Vec<usize> = (0..source.schema().fields.len()).collect();
    read(&source, &columns, 1000, 1)
}

fn types(text: &str) -> Vec<String> {
    let source = source(text.as_bytes(), &CsvOptions::default()).unwrap();
    source.schema().fields.iter().map(|field| format!("{}: {}", field.name, field.data_type)).collect()
}

fn message(text: &[u8], options: &CsvOptions) -> String {
    read_all(text, options).unwrap_err().to_string()
}

#[derive(Debug, Clone)]
struct Table {
    types: Vec<DataType>,
    /// Fields as they are meant, without quotes.
    rows: Vec<Vec<String>>,
    text: Vec<u8>,
    delimiter: u8,
}

fn field_of(data_type: &DataType) -> BoxedStrategy<String> {
    let null = prop_oneof![Just(String::new()), Just("NA".to_string()), Just("null".to_string())];
    let value: BoxedStrategy<String> = match data_type {
        DataType::Float(_) => prop_oneof![
            "-?[0-9]{1,4}\\.[0-9]{0,8}",
            any::<f64>().prop_map(|value| value.to_string()),
            (-1e6f64..1e6).prop_map(|value| format!("{value:e}")),
            any::<i32>().prop_map(|value| value.to_string()),
        ]
        .boxed(),
        DataType::Int(_) => {
            prop_oneof![any::<i64>().prop_map(|v| v.to_string()), (-99i64..99).prop_map(|v| v.to_string())]
                .boxed()
        }
        DataType::Bool => prop_oneof![Just("true"), Just("False")].prop_map(str::to_string).boxed(),
        DataType::Time { .. } => (0i64..4_000_000_000, 0u32..1_000_000)
            .prop_map(|(seconds, micros)| {
                let instant = chrono::DateTime::from_timestamp(seconds, micros * 1000).unwrap();
                instant.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
            })
            .boxed(),
        _ => "[a-zé0-9 ,;\"\n.\t'-]{0,12}"
            .prop_filter("a lone CR is no line end here", |s| !s.contains('\r'))
            .boxed(),
    };
    prop_oneof![9 => value, 1 => null].boxed()
}

fn tables() -> impl Strategy<Value = Table> {
    let data_type = prop_oneof![
        Just(DataType::Float(64)),
        Just(DataType::Int(64)),
        Just(DataType::Text),
        Just(DataType::Bool),
        Just(DataType::Time { unit: TimeUnit::Microsecond, zone: None }),
    ];
    let shape = (proptest::collection::vec(data_type, 2..6), 0usize..40);
    let look = (
        prop_oneof![Just(b','), Just(b';'), Just(b'\t')],
        any::<bool>(),
        any::<bool>(),
        0u8..4,
        any::<u64>(),
    );
    (shape, look).prop_flat_map(|((types, rows), look)| {
        let row: Vec<_> = types.iter().map(field_of).collect();
        proptest::collection::vec(row, rows).prop_map(move |rows| render(types.clone(), rows, look))
    })
}

/// Write the rows, quoting where needed and elsewhere now and then.
fn render(types: Vec<DataType>, rows: Vec<Vec<String>>, look: (u8, bool, bool, u8, u64)) -> Table {
    let (delimiter, crlf, last_newline, quoting, mut random) = look;
    let newline = if crlf { "\r\n" } else { "\n" };
    let mut text = Vec::new();
    let header: Vec<String> = (0..types.len()).map(|place| format!("c{place}")).collect();
    for (number, row) in std::iter::once(&header).chain(&rows).enumerate() {
        if number > 0 {
            text.extend_from_slice(newline.as_bytes());
        }
        for (place, field) in row.iter().enumerate() {
            if place > 0 {
                text.push(delimiter);
            }
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let at_whim = random >> 60 < u64::from(quoting) * 4;
            if at_whim || field.contains(['"', '\n', '\r', char::from(delimiter)]) {
                write!(text, "\"{}\"", field.replace('"', "\"\"")).unwrap();
            } else {
                text.extend_from_slice(field.as_bytes());
            }
        }
    }
    if last_newline {
        text.extend_from_slice(newline.as_bytes());
    }
    Table { types, rows, text, delimiter }
}

/// What a field means, by the standard library and chrono.
fn expected(field: &str, data_type: &DataType, nulls: &[String]) -> Cell {
    if nulls.iter().any(|null| null == field) {
        return Cell::Null;
    }
    match data_type {
        DataType::Float(_) => Cell::float(field.parse().unwrap()),
        DataType::Int(_) => Cell::Int(field.parse().unwrap()),
        DataType::Bool => Cell::Int(i64::from(field.eq_ignore_ascii_case("true"))),
        DataType::Time { .. } => {
            Cell::Int(field.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_micros())
        }
        _ => Cell::text(field),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn agrees_with_the_csv_crate(table in tables(), chunk_bytes in 16usize..300, batch_rows in 1usize..20, readers in 1usize..4, pick in any::<u64>()) {
        let mut twin = csv::ReaderBuilder::new().delimiter(table.delimiter).from_reader(&table.text[..]);
        let twin_rows: Vec<Vec<String>> = twin.records().map(|record| record.unwrap().iter().map(str::to_string).collect()).collect();
        prop_assert_eq!(&twin_rows, &table.rows, "the twin itself");

        let mut options = CsvOptions { delimiter: Some(table.delimiter), header: Some(true), chunk_bytes, ..CsvOptions::default() };
        options.types = table.types.iter().enumerate().map(|(place, data_type)| (format!("c{place}"), data_type.clone())).collect();
        let columns: Vec<usize> = (0..table.types.len()).filter(|place| pick >> place & 1 == 1).collect();
        let source = source(&table.text, &options).unwrap();
        let found = read(&source, &columns, batch_rows, readers).unwrap();
        let expected: Vec<Vec<Cell>> = twin_rows
            .iter()
            .map(|row| columns.iter().map(|&place| expected(&row[place], &table.types[place], &options.nulls)).collect())
            .collect();
        prop_assert_eq!(found, expected, "{}", String::from_utf8_lossy(&table.text));
    }

    /// Without any hint: the delimiter, the header and types that hold every value.
    #[test]
    fn inferred_types_hold_what_they_were_inferred_from(table in tables()) {
        prop_assume!(table.rows.len() > 2);
        let source = source(&table.text, &CsvOptions { delimiter: Some(table.delimiter), header: Some(true), ..CsvOptions::default() }).unwrap();
        let columns: Vec<usize> = (0..table.types.len()).collect();
        let found = read(&source, &columns, 7, 2).unwrap();
        prop_assert_eq!(found.len(), table.rows.len());
    }

    #[test]
    fn no_bytes_make_it_panic(text in proptest::collection::vec(prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), Just(b'1'), Just(b'.'), Just(b'-'), any::<u8>()], 0..200), chunk_bytes in 16usize..64) {
        let options = CsvOptions { chunk_bytes, sample_bytes: 50, ..CsvOptions::default() };
        if let Ok(source) = source(&text, &options) {
            let columns: Vec<usize> = (0..source.schema().fields.len()).collect();
            // Any outcome but a panic is right; what is read is checked elsewhere.
            if let Err(error) = read(&source, &columns, 3, 2) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}

#[test]
fn types_are_inferred() {
    assert_eq!(
        types(
            "zip,n,x,t,day,when,flag,none\n00501,1,1.5,a,2024-01-01,2024-01-01T00:00:00Z,true,\n10001,2,2,b,2024-02-01,2024-01-01 10:00,false,NA\n"
        ),
        [
            "zip: text",
            "n: int64",
            "x: float64",
            "t: text",
            "day: date",
            "when: timestamp[us, UTC]",
            "flag: bool",
            "none: float64"
        ]
    );
}

#[test]
fn a_header_is_told_from_data() {
    assert_eq!(types("1,2\n3,4\n"), ["0: int64", "1: int64"]);
    assert_eq!(types("x,y\n3,4\n"), ["x: int64", "y: int64"]);
    assert_eq!(types("a,b\nc,d\n"), ["a: text", "b: text"]);
    assert_eq!(types("2019,2020\n1.5,2.5\n"), ["0: float64", "1: float64"]);
    assert_eq!(types("name,2020\nx,1\ny,2\n"), ["0: text", "1: int64"]);
    assert_eq!(types("x,y"), ["x: float64", "y: float64"]);
    assert_eq!(types("1,2"), ["0: int64", "1: int64"]);
    assert_eq!(types("\u{feff}\"a\",a,\r\n1,2,3\r\n"), ["a: int64", "a.1: int64", "Unnamed: 2: int64"]);
    let named = CsvOptions { names: Some(vec!["p".into(), "q".into()]), ..CsvOptions::default() };
    assert_eq!(source(b"1,2\n", &named).unwrap().schema().fields[1].name, "q");
    assert!(matches!(source(b"1,2,3\n", &named), Err(StreamError::Mismatch { .. })));
}

#[test]
fn integers_become_floats_for_the_batch_that_needs_it() {
    let text = b"n\n1\n2\n3.5\nNA\n5\n";
    let options = CsvOptions { sample_bytes: 4, ..CsvOptions::default() };
    let source_ = source(text, &options).unwrap();
    assert_eq!(source_.schema().fields[0].data_type, DataType::Int(64));
    let rows: Vec<Cell> = read(&source_, &[0], 2, 1).unwrap().into_iter().flatten().collect();
    assert_eq!(rows, [Cell::Int(1), Cell::Int(2), Cell::float(3.5), Cell::Null, Cell::Int(5)]);
    let rows: Vec<Cell> =
        read(&source(text, &options).unwrap(), &[0], 9, 1).unwrap().into_iter().flatten().collect();
    assert_eq!(rows, [Cell::float(1.0), Cell::float(2.0), Cell::float(3.5), Cell::Null, Cell::float(5.0)]);
}

#[test]
fn what_cannot_be_read_is_named_with_its_line() {
    let small = CsvOptions { sample_bytes: 12, chunk_bytes: 16, ..CsvOptions::default() };
    assert_eq!(
        message(b"x,y\n1,2\n3,4\n\n\"a\nb\",6\n", &CsvOptions { sample_bytes: 11, ..small.clone() }),
        "table.csv, line 5, column \"x\": \"a\\nb\" is not an integer, as the column's first values are; say its type (types= in Python, --type on the command line), \"text\" takes anything"
    );
    assert_eq!(message(b"x,y\n1,2\n3,4\n5,6\n7,8,9\n", &small), "table.csv, line 5: 3 fields, expected 2");
    assert_eq!(message(b"x,y\n1,2\n3,4\n5,6\n7\n8,9\n", &small), "table.csv, line 5: 1 fields, expected 2");
    assert_eq!(
        message(b"x,y\n1,2\n3,4\n5,\"6\n7,8\n", &small),
        "table.csv is damaged: a quoted field of the record in line 4 is never closed"
    );
    let typed =
        CsvOptions { types: [("x".to_string(), DataType::Float(32))].into(), ..CsvOptions::default() };
    assert_eq!(
        message(b"x\na\n", &typed),
        "table.csv, line 2, column \"x\": \"a\" is not a number, the type given for the column"
    );
    assert!(
        message(b"t\nab\nc\xff\n", &CsvOptions::default())
            .contains("line 3, column \"t\": \"c\u{fffd}\" is not UTF-8")
    );
    assert!(
        message(
            b"t\n2024-01-01\n2024-01-01\n",
            &CsvOptions { types: [("tt".to_string(), DataType::Text)].into(), ..CsvOptions::default() }
        )
        .contains("did you mean \"t\"?")
    );
}

#[test]
fn lines_are_right_with_many_readers() {
    let mut text = b"x,y\n".to_vec();
    for row in 0..5000 {
        writeln!(text, "{row},{}", if row == 4321 { "oops" } else { "1.5" }).unwrap();
    }
    for readers in 1..4 {
        let options = CsvOptions { sample_bytes: 100, chunk_bytes: 500, ..CsvOptions::default() };
        let error = read(&source(&text, &options).unwrap(), &[1], 10, readers).unwrap_err();
        assert!(matches!(error, StreamError::BadValue { line: 4323, .. }), "{error}");
        // A bad value in a column that nobody asked for is nobody's business.
        assert_eq!(read(&source(&text, &options).unwrap(), &[0], 10, readers).unwrap().len(), 5000);
    }
}

#[test]
fn empty_texts() {
    for text in ["", "\n", "\r\n\n\n", "\u{feff}"] {
        let error = source(text.as_bytes(), &CsvOptions::default()).err().unwrap();
        assert_eq!(error.to_string(), "table.csv is empty");
    }
    assert_eq!(read_all(b"x,y\n", &CsvOptions::default()).unwrap().len(), 0);
    assert_eq!(read_all(b"\n\nx,y\n\n\n1,2\n\n", &CsvOptions::default()).unwrap().len(), 1);
}

#[test]
fn odd_bytes() {
    assert_eq!(read_all(b"t\na\0b\n", &CsvOptions::default()).unwrap(), [[Cell::Text(b"a\0b".to_vec())]]);
    assert!(matches!(source(b"\xff\xfex\0", &CsvOptions::default()), Err(StreamError::Unsupported { .. })));
    assert!(matches!(
        source(b"x\n1\n", &CsvOptions { delimiter: Some(b'"'), ..CsvOptions::default() }),
        Err(StreamError::Unsupported { .. })
    ));
    assert!(matches!(source(b"x,y\r1,2\r", &CsvOptions::default()), Err(StreamError::Unsupported { .. })));
    // The same column twice, as when x and y are one.
    let twice = read(&source(b"x,y\n1,2\n", &CsvOptions::default()).unwrap(), &[1, 1], 9, 1).unwrap();
    assert_eq!(twice, [[Cell::Int(2), Cell::Int(2)]]);
}

#[test]
fn a_record_longer_than_a_chunk_is_read_and_one_without_end_refused() {
    let long = "z".repeat(100_000);
    let text = format!("t,n\n{long},1\nshort,2\n");
    let options = CsvOptions { chunk_bytes: 64, sample_bytes: 10, ..CsvOptions::default() };
    let rows = read_all(text.as_bytes(), &options).unwrap();
    assert_eq!(rows, [[Cell::text(&long), Cell::Int(1)], [Cell::text("short"), Cell::Int(2)]]);

    let endless =
        std::io::Read::chain(Cursor::new(b"t\na\n"), std::io::Read::take(std::io::repeat(b'a'), 1 << 30));
    let source = CsvFile::from_reader(
        "pipe",
        Box::new(endless),
        &CsvOptions { sample_bytes: 4, ..CsvOptions::default() },
    )
    .unwrap();
    let error = read(&source, &[0], 100, 1).unwrap_err().to_string();
    assert_eq!(error, "pipe is damaged: the record in line 3 is longer than 16777216 B");
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compressed_files_are_told_by_their_bytes_and_damage_is_found() {
    let mut text = b"x\ty\n".to_vec();
    (0..20_000).for_each(|row| writeln!(text, "{row}\t{}", row * 7 % 1000).unwrap());
    let expected = read_all(&text, &CsvOptions::default()).unwrap();
    let (first, second) = text.split_at(text.len() / 2);
    let members = [gzip(first), gzip(second)].concat();
    let frames = [zstd::encode_all(first, 1).unwrap(), zstd::encode_all(second, 1).unwrap()].concat();
    let folder = tempfile::tempdir().unwrap();
    for (name, packed) in [("a.tsv", text.clone()), ("a.tsv.gz", members), ("a.dat", frames)] {
        let path = folder.path().join(name);
        std::fs::write(&path, &packed).unwrap();
        let source =
            CsvFile::open(&path, &CsvOptions { chunk_bytes: 4096, ..CsvOptions::default() }).unwrap();
        assert!(!source.one_shot());
        for readers in [1, 2] {
            assert!(read(&source, &[0, 1], 500, readers).unwrap() == expected, "{name}");
        }
        if name != "a.tsv" {
            std::fs::write(&path, &packed[..packed.len() - 100]).unwrap();
            let error = CsvFile::open(&path, &CsvOptions::default())
                .and_then(|source| read(&source, &[0], 500, 1))
                .unwrap_err();
            assert!(matches!(error, StreamError::Corrupt { .. }), "{name}: {error}");
        }
    }
    let error = CsvFile::open(folder.path().join("none.csv"), &CsvOptions::default()).err().unwrap();
    assert!(matches!(error, StreamError::NotFound { .. }));
}

#[test]
fn a_stream_is_read_once_and_a_cancelled_scan_stops() {
    let source = source(b"x\n1\n2\n", &CsvOptions::default()).unwrap();
    assert!(source.one_shot());
    assert_eq!(read(&source, &[0], 10, 1).unwrap().len(), 2);
    assert!(matches!(read(&source, &[0], 10, 1), Err(StreamError::Unsupported { .. })));
}

/// A budget too small is an error from the scan or the reader, never an abort, and what was taken is given back.
#[test]
fn a_small_budget_is_refused() {
    use drypoint_memory::MemoryPool;
    use drypoint_stream::{Cancel, Request};
    let pool = MemoryPool::new(300 << 10);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    std::fs::write(&path, "x,y\n1,2\n").unwrap();
    let source = CsvFile::open(&path, &CsvOptions::default()).unwrap();
    let request = Request {
        columns: vec![0, 1],
        batch_rows: 1000,
        readers: 1,
        consumer: pool.consumer("t"),
        cancel: Cancel::default(),
    };
    let scan = source.scan(&request).unwrap();
    assert!(matches!(scan.reader(), Err(StreamError::Budget(_))));
    drop(scan);
    assert_eq!(pool.available(), 300 << 10);
}

/// Change bytes of good files, packed and plain, at whim: any outcome but a panic or a hang is right.
#[test]
fn damaged_files_are_errors_or_other_rows() {
    let mut random = 7u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random as usize % below
    };
    let mut text = b"t,n,when\n".to_vec();
    (0..60).for_each(|row| writeln!(text, "\"a \"\"{row}\"\"\",{row}.5,2024-01-01T00:00:{row:02}Z").unwrap());
    let packed = [gzip(&text), zstd::encode_all(&text[..], 3).unwrap(), text];
    let options = CsvOptions { chunk_bytes: 100, sample_bytes: 300, ..CsvOptions::default() };
    let mut readable = 0;
    for turn in 0..2000 {
        let mut bytes = packed[turn % 3].clone();
        for _ in 0..1 + next(3) {
            let at = next(bytes.len());
            match next(4) {
                0 => bytes[at] = next(256) as u8,
                1 => bytes[at] ^= 1 << next(8),
                2 => bytes[at] = b"\",\n\r"[next(4)],
                _ => bytes.truncate(at + 1),
            }
        }
        readable += usize::from(read_all(&bytes, &options).is_ok());
    }
    assert!((20..1900).contains(&readable), "{readable} of 2000 were still readable");
}

/// What a scan says that it needs is what it takes, up to the pool's own rounding.
#[test]
fn needs_are_enough_and_not_far_too_much() {
    use drypoint_memory::MemoryPool;
    use drypoint_stream::{Cancel, Request};
    let mut text = b"a,b,t,f\n".to_vec();
    (0..50_000).for_each(|row| writeln!(text, "{row},{row}.5,word {row},true").unwrap());
    let packed = [text.clone(), gzip(&text), zstd::encode_all(&text[..], 1).unwrap()];
    let folder = tempfile::tempdir().unwrap();
    for (place, bytes) in packed.iter().enumerate() {
        let path = folder.path().join(format!("{place}.csv"));
        std::fs::write(&path, bytes).unwrap();
        let source = CsvFile::open(&path, &CsvOptions::default()).unwrap();
        let request = |pool: &MemoryPool| Request {
            columns: vec![0, 1, 2, 3],
            batch_rows: 8192,
            readers: 2,
            consumer: pool.consumer("test"),
            cancel: Cancel::default(),
        };
        let needs = source.needs(&request(&MemoryPool::new(0))).unwrap();
        assert!(needs.max_readers >= 2);
        let said = needs.shared_bytes + 2 * needs.reader_bytes;
        let pool = MemoryPool::new(said + said / 4);
        let request = request(&pool);
        let scan = source.scan(&request).unwrap();
        let mut readers = [scan.reader().unwrap(), scan.reader().unwrap()];
        let (mut rows, mut least) = (0, usize::MAX);
        for turn in 0.. {
            let Some(batch) = readers[turn % 2].next().unwrap() else { break };
            rows += batch.rows;
            least = least.min(pool.available());
        }
        assert_eq!(rows, 50_000);
        assert!(least < said / 2, "{least} B of {said} B were never used");
    }
}
