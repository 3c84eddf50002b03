//! Reads a source to its end, and says what Arrow arrays hold, both as plain cells: slow and obvious.

#![allow(dead_code)] // each test reads in its own way

use std::sync::Mutex;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType as ArrowType, TimeUnit};
use drypoint_memory::MemoryPool;
use drypoint_stream::{Batch, Cancel, Column, Lists, Request, Result, Source, Values};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Missing,
    Int(i128),
    /// Compared by bits, NaN included.
    Float(u64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Cell>),
}

fn float(value: f64) -> Cell {
    Cell::Float(value.to_bits())
}

fn cell(column: &Column<'_>, row: usize) -> Cell {
    if column.validity.is_some_and(|bits| !bits.is_valid(row)) {
        return Cell::Missing;
    }
    let text = |bytes: &[u8]| Cell::Text(std::str::from_utf8(bytes).unwrap().to_string());
    match column.values {
        Values::Bool(v) => Cell::Int(v[row].into()),
        Values::I8(v) => Cell::Int(v[row].into()),
        Values::I16(v) => Cell::Int(v[row].into()),
        Values::I32(v) => Cell::Int(v[row].into()),
        Values::I64(v) => Cell::Int(v[row].into()),
        Values::U8(v) => Cell::Int(v[row].into()),
        Values::U16(v) => Cell::Int(v[row].into()),
        Values::U32(v) => Cell::Int(v[row].into()),
        Values::U64(v) => Cell::Int(v[row].into()),
        Values::F32(v) => float(v[row].into()),
        Values::F64(v) => float(v[row]),
        Values::Binary(v) => Cell::Bytes(v.get(row).to_vec()),
        Values::Lists(lists) => list(&lists, 0, row),
        Values::Text(v) => text(v.get(row)),
        Values::Dictionary { codes, words } => text(words.get(codes[row] as usize)),
    }
}

/// List `index` of a level, or item `index` where there are no more levels.
fn list(lists: &Lists<'_>, level: usize, index: usize) -> Cell {
    if lists.offsets.get(level).is_some_and(|offsets| !offsets.is_empty()) {
        return Cell::List(lists.range(level, index).map(|item| list(lists, level + 1, item)).collect());
    }
    let number = |values: &[f64]| float(values[index * lists.step]);
    if lists.positions { Cell::List(vec![number(lists.x), number(lists.y)]) } else { number(lists.x) }
}

pub(crate) fn request(columns: &[usize], batch_rows: usize, readers: usize) -> Request {
    let consumer = MemoryPool::new(256 << 20).consumer("test");
    Request { columns: columns.to_vec(), batch_rows, readers, consumer, cancel: Cancel::default() }
}

/// The cells of each column asked for, rows in order; every batch's shape is checked on the way.
pub(crate) fn read(source: &dyn Source, request: &Request) -> Result<Vec<Vec<Cell>>> {
    let before = request.consumer.pool().available();
    source.needs(request)?;
    let parts = Mutex::new(Vec::new());
    let scan = source.scan(request)?;
    std::thread::scope(|threads| {
        let read = || -> Result<()> {
            let mut reader = scan.reader()?;
            while let Some(batch) = reader.next()? {
                let columns = cells(&batch, request);
                parts.lock().unwrap().push((batch.order, batch.rows, columns));
            }
            Ok(())
        };
        let threads: Vec<_> = (0..request.readers).map(|_| threads.spawn(read)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap())
    })?;
    drop(scan);
    assert_eq!(request.consumer.pool().available(), before, "a scan keeps memory");
    let mut parts = parts.into_inner().unwrap();
    parts.sort_by_key(|(order, ..)| *order);
    let mut next = 0;
    let mut all = vec![Vec::new(); request.columns.len()];
    for (order, rows, columns) in parts {
        assert!(order >= next, "batches overlap");
        next = order + rows as u64;
        all.iter_mut().zip(columns).for_each(|(all, cells)| all.extend(cells));
    }
    Ok(all)
}

fn cells(batch: &Batch<'_>, request: &Request) -> Vec<Vec<Cell>> {
    assert!(batch.rows > 0 && batch.rows <= request.batch_rows);
    assert_eq!(batch.columns.len(), request.columns.len());
    let cells = batch.columns.iter().map(|column| {
        assert_eq!(column.values.len(), batch.rows);
        (0..batch.rows).map(|row| cell(column, row)).collect()
    });
    cells.collect()
}

/// What `array` holds, asked value by value.
pub(crate) fn expected(array: &ArrayRef) -> Vec<Cell> {
    (0..array.len()).map(|row| expected_cell(array.as_ref(), row)).collect()
}

fn expected_cell(array: &dyn Array, row: usize) -> Cell {
    if array.is_null(row) {
        return Cell::Missing;
    }
    macro_rules! int {
        ($type:ty) => {
            Cell::Int(array.as_primitive::<$type>().value(row).into())
        };
    }
    // Divided in decimal, by parsing: another way than the reader's.
    let decimal =
        |digits: String, scale: i8| float(format!("{digits}e{}", -i32::from(scale)).parse().unwrap());
    match array.data_type() {
        ArrowType::Null => Cell::Missing,
        ArrowType::Boolean => Cell::Int(array.as_boolean().value(row).into()),
        ArrowType::Int8 => int!(Int8Type),
        ArrowType::Int16 => int!(Int16Type),
        ArrowType::Int32 => int!(Int32Type),
        ArrowType::Int64 => int!(Int64Type),
        ArrowType::UInt8 => int!(UInt8Type),
        ArrowType::UInt16 => int!(UInt16Type),
        ArrowType::UInt32 => int!(UInt32Type),
        ArrowType::UInt64 => int!(UInt64Type),
        ArrowType::Float16 => float(array.as_primitive::<Float16Type>().value(row).to_f64()),
        ArrowType::Float32 => float(array.as_primitive::<Float32Type>().value(row).into()),
        ArrowType::Float64 => float(array.as_primitive::<Float64Type>().value(row)),
        ArrowType::Date32 => int!(Date32Type),
        ArrowType::Date64 => int!(Date64Type),
        ArrowType::Timestamp(TimeUnit::Second, _) => int!(TimestampSecondType),
        ArrowType::Timestamp(TimeUnit::Nanosecond, _) => int!(TimestampNanosecondType),
        ArrowType::Time32(TimeUnit::Millisecond) => int!(Time32MillisecondType),
        ArrowType::Duration(TimeUnit::Microsecond) => int!(DurationMicrosecondType),
        ArrowType::Decimal32(_, scale) => {
            decimal(array.as_primitive::<Decimal32Type>().value(row).to_string(), *scale)
        }
        ArrowType::Decimal64(_, scale) => {
            decimal(array.as_primitive::<Decimal64Type>().value(row).to_string(), *scale)
        }
        ArrowType::Decimal128(_, scale) => {
            decimal(array.as_primitive::<Decimal128Type>().value(row).to_string(), *scale)
        }
        ArrowType::Decimal256(_, scale) => {
            decimal(array.as_primitive::<Decimal256Type>().value(row).to_string(), *scale)
        }
        ArrowType::Utf8 => Cell::Text(array.as_string::<i32>().value(row).to_string()),
        ArrowType::LargeUtf8 => Cell::Text(array.as_string::<i64>().value(row).to_string()),
        ArrowType::Utf8View => Cell::Text(array.as_string_view().value(row).to_string()),
        ArrowType::Binary => Cell::Bytes(array.as_binary::<i32>().value(row).to_vec()),
        ArrowType::LargeBinary => Cell::Bytes(array.as_binary::<i64>().value(row).to_vec()),
        ArrowType::BinaryView => Cell::Bytes(array.as_binary_view().value(row).to_vec()),
        ArrowType::List(_) => expected_list(&array.as_list::<i32>().value(row)),
        ArrowType::LargeList(_) => expected_list(&array.as_list::<i64>().value(row)),
        ArrowType::FixedSizeList(field, _) => {
            let items = array.as_fixed_size_list().value(row);
            match expected_list(&items) {
                Cell::List(numbers) if field.name() == "xyz" => Cell::List(numbers[..2].to_vec()),
                list => list,
            }
        }
        ArrowType::Struct(_) => {
            let fields = array.as_struct().columns().iter();
            Cell::List(fields.map(|field| expected_cell(field.as_ref(), row)).collect())
        }
        ArrowType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let Cell::Int(key) = expected_cell(dictionary.keys(), row) else { unreachable!() };
            expected_cell(dictionary.values().as_ref(), key as usize)
        }
        ArrowType::RunEndEncoded(..) => {
            let runs = array.as_run::<Int32Type>();
            expected_cell(runs.values().as_ref(), runs.get_physical_index(row))
        }
        other => panic!("{other} is not expected"),
    }
}

/// The items of a list: numbers as float64, NaN where there is none.
fn expected_list(items: &ArrayRef) -> Cell {
    let items = expected(items).into_iter().map(|item| match item {
        Cell::Missing => float(f64::NAN),
        Cell::Int(number) => float(number as f64),
        item => item,
    });
    Cell::List(items.collect())
}
