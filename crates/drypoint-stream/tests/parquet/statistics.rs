//! Extents come from statistics where these can be trusted, and from nowhere else.

use drypoint_stream::{Extent, ParquetFile, Source};

use crate::table::{Cell, Data, Style, TestColumn, every_kind, write};

fn extents(columns: &[TestColumn], style: &Style) -> Vec<Option<Extent>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.parquet");
    write(&path, columns, style);
    let file = ParquetFile::open(&path).unwrap();
    (0..columns.len()).map(|column| file.extent(column)).collect()
}

#[test]
fn extents_agree_with_the_values() {
    for nulls in [false, true] {
        let mut columns = every_kind(1000, nulls, 500, 5);
        // Floats of any bits have NaN and infinities; see below.
        columns.retain(|column| !column.declaration.contains("FLOAT "));
        let style = Style { group_rows: 300, ..Style::default() };
        for (column, found) in columns.iter().zip(extents(&columns, &style)) {
            let numbers = column.expected.iter().filter_map(|cell| match cell {
                Cell::Integer(value) => Some(*value as f64),
                Cell::Float(bits) => Some(f64::from_bits(*bits)),
                _ => None,
            });
            let expected = numbers
                .map(|value| Extent { min: value, max: value })
                .reduce(Extent::union)
                .filter(|_| !column.declaration.contains("INT96"));
            assert_eq!(found, expected, "{}", column.declaration);
        }
    }
}

fn doubles(values: &[Option<f64>]) -> TestColumn {
    let cell = |value: &Option<f64>| value.map_or(Cell::Null, |value| Cell::Float(value.to_bits()));
    TestColumn {
        declaration: "OPTIONAL DOUBLE x".to_string(),
        expected: values.iter().map(cell).collect(),
        data: Data::F64(values.to_vec()),
    }
}

#[test]
fn infinities_hide_the_finite_extent_and_nan_does_not() {
    let style = Style { group_rows: 2, ..Style::default() };
    let of = |values: &[Option<f64>]| extents(&[doubles(values)], &style)[0];
    assert_eq!(of(&[Some(1.0), Some(f64::INFINITY), Some(2.0)]), None);
    assert_eq!(of(&[Some(1.0), None, Some(f64::NAN), Some(-2.0)]), Some(Extent { min: -2.0, max: 1.0 }));
    assert_eq!(
        of(&[None, None, Some(3.0)]),
        Some(Extent { min: 3.0, max: 3.0 }),
        "a group of nulls is no obstacle"
    );
    assert_eq!(of(&[None, None]), None);
    assert_eq!(of(&[]), None);
}
