//! Lists, patterns and folders of files.

use std::path::{Path, PathBuf};

use drypoint_stream::{Extent, ScanOptions, Source, StreamError, scan_paths};

use crate::table::{Cell, Data, Style, TestColumn, read, request, write};

fn numbers(name: &str, first: i64, count: i64) -> TestColumn {
    TestColumn {
        declaration: format!("REQUIRED INT64 {name}"),
        expected: (first..first + count).map(|value| Cell::Integer(value.into())).collect(),
        data: Data::I64((first..first + count).map(Some).collect()),
    }
}

/// Three files of 10 numbers; the second has its columns in another order and another type.
fn three(folder: &Path) -> Vec<PathBuf> {
    let paths = ["part-9.parquet", "part-10.parquet", "part-11.parquet"].map(|name| folder.join(name));
    let floats = TestColumn {
        declaration: "REQUIRED DOUBLE x".to_string(),
        expected: Vec::new(),
        data: Data::F64((10..20).map(|value| Some(value.into())).collect()),
    };
    let style = Style { group_rows: 4, ..Style::default() };
    write(&paths[0], &[numbers("x", 0, 10)], &style);
    write(&paths[1], &[numbers("other", 0, 10), floats], &style);
    write(&paths[2], &[numbers("x", 20, 10), numbers("other", 0, 10)], &style);
    paths.into()
}

fn scan(paths: &[PathBuf]) -> drypoint_stream::Result<Box<dyn Source>> {
    scan_paths(paths, &ScanOptions::default())
}

fn values(source: &dyn Source, readers: usize) -> Vec<f64> {
    let rows = read(source, &request(vec![0], 3, readers)).unwrap();
    rows.iter()
        .map(|(_, cells)| match &cells[0] {
            Cell::Integer(value) => *value as f64,
            Cell::Float(bits) => f64::from_bits(*bits),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn a_folder_a_pattern_and_a_list_are_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let files = three(folder.path());
    std::fs::write(folder.path().join("_SUCCESS"), "").unwrap();
    std::fs::write(folder.path().join(".hidden.parquet"), "").unwrap();
    std::fs::write(folder.path().join("readme.md"), "a, b\n").unwrap();
    let expected: Vec<f64> = (0..30).map(f64::from).collect();
    for paths in [vec![folder.path().into()], vec![folder.path().join("part-*.parquet")], files] {
        let source = scan(&paths).unwrap();
        assert_eq!(source.rows(), Some(30));
        assert_eq!(source.extent(0), Some(Extent { min: 0.0, max: 29.0 }));
        for readers in 1..=3 {
            assert_eq!(values(&*source, readers), expected, "{paths:?}");
        }
    }
}

#[test]
fn partitions_are_walked() {
    let folder = tempfile::tempdir().unwrap();
    for (year, first) in [("year=2019", 0), ("year=2020", 10)] {
        let inside = folder.path().join(year).join("month=1");
        std::fs::create_dir_all(&inside).unwrap();
        write(&inside.join("data.parquet"), &[numbers("x", first, 10)], &Style::default());
    }
    let source = scan(&[folder.path().into()]).unwrap();
    assert_eq!(values(&*source, 2), (0..20).map(f64::from).collect::<Vec<_>>());
}

#[test]
fn a_file_given_ten_times_is_ten_times_the_rows_and_held_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = three(folder.path()).swap_remove(0);
    let one = scan(std::slice::from_ref(&file)).unwrap();
    let ten = scan(&vec![file; 10]).unwrap();
    assert_eq!(ten.rows(), Some(100));
    assert_eq!(values(&*ten, 2).len(), 100);
    let request = request(vec![0], 8, 2);
    let (one, ten) = (one.needs(&request).unwrap(), ten.needs(&request).unwrap());
    assert_eq!((one.shared_bytes, one.reader_bytes), (ten.shared_bytes, ten.reader_bytes));
}

#[test]
fn what_does_not_fit_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.parquet"), folder.path().join("b.parquet"));
    write(&a, &[numbers("x", 0, 5), numbers("y", 0, 5)], &Style::default());
    let text = TestColumn {
        declaration: "REQUIRED BYTE_ARRAY x (STRING)".to_string(),
        expected: vec![Cell::Null],
        data: Data::Bytes(vec![Some(b"word".to_vec())]),
    };
    write(&b, &[text], &Style::default());
    let source = scan(&[a, b]).unwrap();
    for (column, expected) in [(0, "column \"x\" is text"), (1, "no column \"y\"")] {
        let error = source.needs(&request(vec![column], 8, 1)).unwrap_err();
        assert!(matches!(error, StreamError::Mismatch { .. }));
        let message = error.to_string();
        assert!(message.contains("b.parquet") && message.contains(expected), "{message}");
        assert_eq!(source.extent(column), None);
    }
}

#[test]
fn what_is_not_there_or_not_known_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let inside = |name: &str| folder.path().join(name);
    let error = |path: PathBuf| scan(&[path]).err().unwrap();
    assert!(matches!(error(inside("none.parquet")), StreamError::NotFound { .. }));
    assert!(matches!(error(inside("*.parquet")), StreamError::NoFiles { .. }));
    assert!(matches!(error(folder.path().into()), StreamError::NoFiles { .. }));
    std::fs::write(inside("picture.parquet"), b"\xff\xd8\xff\xe0 not a table").unwrap();
    assert!(matches!(error(inside("picture.parquet")), StreamError::Corrupt { .. }));
    write(&inside("table.parquet"), &[numbers("x", 0, 5)], &Style::default());
    std::fs::write(inside("table.csv"), "x\n1\n").unwrap();
    assert!(matches!(error(folder.path().into()), StreamError::Mismatch { .. }));
    assert!(matches!(scan(&[]).err().unwrap(), StreamError::Mismatch { .. }));
}
