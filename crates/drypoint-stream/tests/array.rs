//! Columns in memory, however they lie there, against values written one by one.

mod reading;

use std::sync::Arc;

use drypoint_stream::array::{ArrayColumn, ArraySource, Item, Items, Words};
use drypoint_stream::arrow::Element;
use drypoint_stream::{DataType, Extent, Source, StreamError, TimeUnit, Values};
use proptest::prelude::*;
use reading::{Cell, read, request};

const ITEMS: [Item; 12] = [
    Item::Element(Element::Bool),
    Item::Element(Element::I8),
    Item::Element(Element::I16),
    Item::Element(Element::I32),
    Item::Element(Element::I64),
    Item::Element(Element::U8),
    Item::Element(Element::U16),
    Item::Element(Element::U32),
    Item::Element(Element::U64),
    Item::Element(Element::F32),
    Item::Element(Element::F64),
    Item::Half,
];

/// The value that little-endian `bytes` mean.
fn meaning(item: Item, bytes: &[u8]) -> Cell {
    let mut wide = [0; 16];
    wide[..bytes.len()].copy_from_slice(bytes);
    let unsigned = i128::from_le_bytes(wide);
    let bits = bytes.len() * 8;
    let signed = unsigned << (128 - bits) >> (128 - bits);
    let float = |value: f64| Cell::Float(value.to_bits());
    match item {
        Item::Half => float(half::f16::from_bits(unsigned as u16).to_f64()),
        Item::Element(Element::F32) => float(f32::from_bits(unsigned as u32).into()),
        Item::Element(Element::F64) => float(f64::from_bits(unsigned as u64)),
        Item::Element(Element::I8 | Element::I16 | Element::I32 | Element::I64) => Cell::Int(signed),
        Item::Element(_) => Cell::Int(unsigned),
    }
}

/// A column laid out with the given stride, and its values.
fn laid_out(
    item: Item,
    values: &[u64],
    stride: isize,
    shift: usize,
    swapped: bool,
) -> (Items, Vec<u8>, Vec<Cell>) {
    let width = item.width();
    let rows = values.len();
    let reach = stride.unsigned_abs() * rows.saturating_sub(1);
    let first_byte = shift + if stride < 0 { reach } else { 0 };
    let mut bytes = vec![0xa5; shift + reach + width];
    let mut cells = Vec::new();
    for (row, value) in values.iter().enumerate() {
        let mut value = value.to_le_bytes()[..width].to_vec();
        if item == Item::Element(Element::Bool) {
            value[0] &= 1;
        }
        // Signalling NaNs may become quiet on the way from float32 to float64.
        let value = match meaning(item, &value) {
            Cell::Float(bits) if f64::from_bits(bits).is_nan() => vec![0; width],
            _ => value,
        };
        // Values that lie over each other take the last one written.
        let at = first_byte.checked_add_signed(stride * row as isize).expect("an address");
        bytes[at..at + width].copy_from_slice(&value);
        if swapped {
            bytes[at..at + width].reverse();
        }
    }
    for row in 0..rows {
        let at = first_byte.checked_add_signed(stride * row as isize).expect("an address");
        let mut value = bytes[at..at + width].to_vec();
        if swapped {
            value.reverse();
        }
        cells.push(meaning(item, &value));
    }
    (Items { item, rows, first_byte, stride_bytes: stride, swapped }, bytes, cells)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_are_found_however_they_lie(
        rows in prop::collection::vec(any::<u64>(), 0..200),
        columns in prop::collection::vec((0..ITEMS.len(), -40isize..40, 0usize..9, any::<bool>(), any::<bool>(), any::<u64>()), 1..4),
        batch_rows in 1usize..70,
        readers in 1usize..=3,
    ) {
        let mut expected = Vec::new();
        let mut arrays = Vec::new();
        for (index, (item, stride, shift, swapped, contiguous, mask)) in columns.into_iter().enumerate() {
            let item = ITEMS[item];
            let width = item.width() as isize;
            // Values that overlap in part have no meaning of their own.
            let stride = if contiguous || (stride != 0 && stride.abs() < width) { width } else { stride };
            let (items, bytes, mut cells) = laid_out(item, &rows, stride, shift, swapped);
            let column = ArrayColumn::new(&format!("c{index}"), items, Arc::new(bytes)).unwrap();
            let column = if mask % 2 == 0 { column } else {
                let mask: Vec<u8> = (0..rows.len()).map(|row| (mask.rotate_left(row as u32) & 2) as u8).collect();
                for (cell, mask) in cells.iter_mut().zip(&mask) {
                    if *mask != 0 { *cell = Cell::Missing }
                }
                column.with_mask(Arc::new(mask)).unwrap()
            };
            arrays.push(column);
            expected.push(cells);
        }
        let source = ArraySource::new("arrays", arrays).unwrap();
        prop_assert_eq!(source.rows(), Some(rows.len() as u64));
        let all: Vec<usize> = (0..expected.len()).collect();
        prop_assert_eq!(read(&source, &request(&all, batch_rows, readers)).unwrap(), expected);
    }
}

#[test]
fn contiguous_values_are_lent() {
    let values: Vec<f64> = (0..1000).map(f64::from).collect();
    let address = values.as_ptr();
    let source = ArraySource::new("array", vec![ArrayColumn::from_f64("x", values)]).unwrap();
    let request = request(&[0], 100, 1);
    let scan = source.scan(&request).unwrap();
    let mut reader = scan.reader().unwrap();
    while let Some(batch) = reader.next().unwrap() {
        let Values::F64(slice) = batch.columns[0].values else { panic!("float64") };
        assert_eq!(slice.as_ptr(), address.wrapping_add(batch.order as usize));
        assert!(batch.columns[0].validity.is_none());
    }
    let needs = source.needs(&request).unwrap();
    assert_eq!((needs.shared_bytes, needs.reader_bytes, needs.max_readers), (0, 0, 10));
}

#[test]
fn not_a_time_is_missing() {
    let instants = vec![1i64, i64::MIN, 3];
    let items = Items::contiguous(Item::Element(Element::I64), 3);
    let column = || ArrayColumn::new("t", items, Arc::new(instants.clone())).unwrap();
    let source = ArraySource::new("array", vec![column().with_time(TimeUnit::Nanosecond, None)]).unwrap();
    let expected = vec![Cell::Int(1), Cell::Missing, Cell::Int(3)];
    assert_eq!(read(&source, &request(&[0], 2, 1)).unwrap(), [expected]);
    assert!(source.schema().fields[0].nullable);
    let numbers = ArraySource::new("array", vec![column()]).unwrap();
    assert_eq!(read(&numbers, &request(&[0], 2, 1)).unwrap()[0][1], Cell::Int(i64::MIN.into()));
}

#[test]
fn words_and_dictionaries() {
    let words = Words::from_strings(["", "naïve", "b", "cc"]);
    let items = Items::contiguous(Item::Element(Element::U8), 4);
    let keys = ArrayColumn::dictionary("key", items, Arc::new(vec![3u8, 1, 1, 0]), words.clone()).unwrap();
    let source = ArraySource::new("array", vec![ArrayColumn::text("text", words.clone()), keys]).unwrap();
    let text = |words: [&str; 4]| words.map(|word| Cell::Text(word.to_string())).to_vec();
    let expected = [text(["", "naïve", "b", "cc"]), text(["cc", "naïve", "naïve", ""])];
    for readers in 1..=3 {
        assert_eq!(read(&source, &request(&[0, 1], 3, readers)).unwrap(), expected);
    }
    assert!(source.schema().fields.iter().all(|field| field.data_type == DataType::Text));
    let keys = ArrayColumn::dictionary("key", items, Arc::new(vec![3u8, 4, 1, 0]), words).unwrap();
    let source = ArraySource::new("array", vec![keys]).unwrap();
    assert!(matches!(read(&source, &request(&[0], 3, 1)), Err(StreamError::Corrupt { .. })));
}

#[test]
fn what_does_not_fit_is_refused() {
    let x = || ArrayColumn::from_f64("x", vec![1.0, 2.0]);
    let error = ArraySource::new("array", vec![x(), ArrayColumn::from_f64("y", vec![1.0])]).err().unwrap();
    assert_eq!(error.to_string(), "array: column \"x\" has 2 rows, column \"y\" has 1");
    assert!(ArraySource::new("array", vec![x(), x()]).is_err());
    assert!(x().with_mask(Arc::new(vec![0u8; 3])).is_err());
    let items = Items::contiguous(Item::Element(Element::F64), 3);
    assert!(ArrayColumn::new("x", items, Arc::new(vec![0u8; 23])).is_err());
    for stride_bytes in [isize::MAX, isize::MIN, -8] {
        assert!(ArrayColumn::new("x", Items { stride_bytes, ..items }, Arc::new(vec![0u8; 24])).is_err());
    }
    let source = ArraySource::new("array", vec![x()]).unwrap();
    assert!(source.scan(&request(&[1], 1, 1)).is_err());
    let known = source.with_extent(0, Extent { min: 1.0, max: 2.0 });
    assert_eq!(known.extent(0), Some(Extent { min: 1.0, max: 2.0 }));
}

#[test]
fn a_cancelled_scan_stops() {
    let source = ArraySource::new("array", vec![ArrayColumn::from_f64("x", vec![0.0; 10])]).unwrap();
    let request = request(&[0], 1, 1);
    let scan = source.scan(&request).unwrap();
    let mut reader = scan.reader().unwrap();
    assert!(reader.next().unwrap().is_some());
    request.cancel.cancel();
    assert!(matches!(reader.next(), Err(StreamError::Cancelled)));
}
