//! Reads a whole source into plain cells, in row order, whatever the number of readers.

#![allow(dead_code)] // Each test file uses its part.

pub(crate) mod arrays;

use std::collections::BTreeMap;
use std::sync::Mutex;

use drypoint_memory::MemoryPool;
use drypoint_stream::{Batch, Cancel, Request, Result, Source, Values};

/// One value, comparable bit by bit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    UInt(u64),
    /// The bits of a float64.
    Float(u64),
    Text(Vec<u8>),
}

impl Cell {
    pub(crate) fn float(value: f64) -> Cell {
        Cell::Float(if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() })
    }

    pub(crate) fn text(value: &str) -> Cell {
        Cell::Text(value.as_bytes().to_vec())
    }
}

/// All rows of the columns `columns`; and the pool must have everything back at the end.
pub(crate) fn read(
    source: &dyn Source,
    columns: &[usize],
    batch_rows: usize,
    readers: usize,
) -> Result<Vec<Vec<Cell>>> {
    let pool = MemoryPool::new(256 << 20);
    let before = pool.available();
    let request = Request {
        columns: columns.to_vec(),
        batch_rows,
        readers,
        consumer: pool.consumer("test"),
        cancel: Cancel::default(),
    };
    source.needs(&request)?;
    let rows = Mutex::new(BTreeMap::new());
    let outcome = source.scan(&request).and_then(|scan| {
        let scan = scan.as_ref();
        std::thread::scope(|threads| {
            let handles: Vec<_> = (0..readers)
                .map(|_| {
                    threads.spawn(|| -> Result<()> {
                        let mut reader = scan.reader()?;
                        while let Some(batch) = reader.next()? {
                            assert!(batch.rows > 0 && batch.rows <= batch_rows, "{} rows", batch.rows);
                            assert_eq!(batch.columns.len(), columns.len());
                            for row in 0..batch.rows {
                                let key = batch.order + row as u64;
                                let old = rows.lock().unwrap().insert(key, cells(&batch, row));
                                assert!(old.is_none(), "key {key} came twice");
                            }
                        }
                        Ok(())
                    })
                })
                .collect();
            handles.into_iter().try_for_each(|handle| handle.join().unwrap())
        })
    });
    assert_eq!(pool.available(), before, "bytes were not returned");
    outcome?;
    Ok(rows.into_inner().unwrap().into_values().collect())
}

fn cells(batch: &Batch<'_>, row: usize) -> Vec<Cell> {
    batch
        .columns
        .iter()
        .map(|column| {
            assert_eq!(column.values.len(), batch.rows);
            if column.validity.is_some_and(|validity| !validity.is_valid(row)) {
                return Cell::Null;
            }
            match &column.values {
                Values::Bool(v) => Cell::Int(i64::from(v[row])),
                Values::I8(v) => Cell::Int(i64::from(v[row])),
                Values::I16(v) => Cell::Int(i64::from(v[row])),
                Values::I32(v) => Cell::Int(i64::from(v[row])),
                Values::I64(v) => Cell::Int(v[row]),
                Values::U8(v) => Cell::UInt(u64::from(v[row])),
                Values::U16(v) => Cell::UInt(u64::from(v[row])),
                Values::U32(v) => Cell::UInt(u64::from(v[row])),
                Values::U64(v) => Cell::UInt(v[row]),
                Values::F32(v) => Cell::float(f64::from(v[row])),
                Values::F64(v) => Cell::float(v[row]),
                Values::Text(text) => Cell::Text(text.get(row).to_vec()),
                Values::Binary(_) | Values::Lists(_) => {
                    panic!("arrays of NumPy hold neither bytes nor lists")
                }
                Values::Dictionary { codes, words } => Cell::Text(words.get(codes[row] as usize).to_vec()),
            }
        })
        .collect()
}
