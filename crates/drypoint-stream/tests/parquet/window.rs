//! Row groups without a row in a window are passed over, all others are read as they are.

use drypoint_stream::{Extent, ParquetFile, ScanOptions, Source, scan_paths};

use crate::table::{Cell, Data, Numbers, Style, TestColumn, request, write};

fn doubles(name: &str, values: &[Option<f64>]) -> TestColumn {
    let cell = |value: &Option<f64>| value.map_or(Cell::Null, |value| Cell::Float(value.to_bits()));
    TestColumn {
        declaration: format!("OPTIONAL DOUBLE {name}"),
        expected: values.iter().map(cell).collect(),
        data: Data::F64(values.to_vec()),
    }
}

/// The order keys of the rows that a window leaves, and how many were passed over.
fn read(source: &dyn Source, window: &[(usize, Extent)], readers: usize) -> (Vec<u64>, u64) {
    let scan = source.scan_within(&request(vec![0, 1], 7, readers), window).unwrap();
    let mut rows = Vec::new();
    let mut parts: Vec<_> = (0..readers).map(|_| scan.reader().unwrap()).collect();
    for part in &mut parts {
        while let Some(batch) = part.next().unwrap() {
            rows.extend(batch.order..batch.order + batch.rows as u64);
        }
    }
    rows.sort_unstable();
    (rows, scan.passed_over())
}

/// Values that grow with some disorder, some missing, some not finite or 0 or all the same, by `kind`.
fn values(kind: u64, rows: usize, numbers: &mut Numbers) -> Vec<Option<f64>> {
    (0..rows)
        .map(|row| {
            let near = row as f64 + numbers.below(20) as f64;
            match kind {
                0 => Some(near),
                1 => (numbers.below(4) > 0).then_some(-near * 1e-3),
                2 => Some(if numbers.below(9) == 0 { f64::NAN } else { near * 1e300 }),
                3 => Some(5.0),
                4 => (row > 40).then_some(near + 1.7e18),
                _ => Some(
                    numbers.below(100) as f64 * if numbers.below(2) == 0 { 1e308 } else { -1e308 } / 100.0,
                ),
            }
        })
        .collect()
}

#[test]
fn no_row_in_the_window_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(7);
    let mut passed = 0;
    for turn in 0..60 {
        let kinds = [turn % 6, numbers.below(6)];
        let columns = kinds.map(|kind| values(kind, 100, &mut numbers));
        let path = folder.path().join(format!("{turn}.parquet"));
        let style = Style { group_rows: 1 + numbers.below(30) as usize, ..Style::default() };
        write(&path, &[doubles("x", &columns[0]), doubles("y", &columns[1])], &style);
        let file = ParquetFile::open(&path).unwrap();
        for _ in 0..5 {
            let mut end = |column: &[Option<f64>]| {
                let value = column[numbers.below(100) as usize].unwrap_or(0.0);
                if value.is_nan() { 0.0 } else { value }
            };
            let window: Vec<_> = columns
                .iter()
                .enumerate()
                .map(|(place, column)| {
                    let (a, b) = (end(column), end(column));
                    (place, Extent { min: a.min(b), max: a.max(b) })
                })
                .collect();
            let (rows, passed_over) = read(&file, &window, 1 + turn as usize % 2);
            assert_eq!(rows.len() as u64 + passed_over, 100);
            passed += passed_over;
            for row in 0..100u64 {
                let inside = window.iter().all(|(place, extent)| {
                    columns[*place][row as usize]
                        .is_some_and(|value| value >= extent.min && value <= extent.max)
                });
                assert!(!inside || rows.binary_search(&row).is_ok(), "row {row} of turn {turn}, {window:?}");
            }
        }
    }
    assert!(passed > 1000, "{passed}");
}

#[test]
fn all_is_passed_over_where_nothing_is_in_the_window() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.parquet");
    let column: Vec<_> = (0..100).map(|value| Some(f64::from(value))).collect();
    write(
        &path,
        &[doubles("x", &column), doubles("y", &column)],
        &Style { group_rows: 10, ..Style::default() },
    );
    let file = ParquetFile::open(&path).unwrap();
    let window = |min, max| [(1, Extent { min, max })];
    assert_eq!(read(&file, &window(200.0, 300.0), 1), (vec![], 100));
    assert_eq!(read(&file, &window(-9.0, -1.0), 2), (vec![], 100));
    assert_eq!(read(&file, &window(42.0, 43.0), 2), ((40..50).collect(), 90));
    assert_eq!(read(&file, &window(39.5, 40.0), 1).1, 90);
    assert_eq!(read(&file, &window(38.5, 40.0), 1).1, 80);
    assert_eq!(read(&file, &[], 1).1, 0);
}

#[test]
fn many_files_pass_over_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [0, 100].map(|first| {
        let path = folder.path().join(format!("{first}.parquet"));
        let column: Vec<_> = (first..first + 100).map(|value| Some(f64::from(value))).collect();
        let columns = [doubles("x", &column), doubles("y", &column)];
        write(&path, &columns, &Style { group_rows: 10, ..Style::default() });
        path
    });
    let source = scan_paths(&paths, &ScanOptions::default()).unwrap();
    let (rows, passed_over) = read(&*source, &[(0, Extent { min: 95.0, max: 104.0 })], 2);
    assert_eq!((rows.len(), passed_over), (20, 180));
}
