//! A table of vectors as a source, as plain as can be: readers take runs of rows from a shared counter.

#![allow(dead_code, unreachable_pub)] // Each test and example includes it and uses a part.

use std::sync::atomic::{AtomicU64, Ordering};

use drypoint_stream::{
    Batch, Bitmap, Column, DataType, Extent, Field, Lists, Needs, Reader, Request, Result, Scan, Schema,
    Source, StreamError, Text, Values,
};

/// Strings in Arrow's layout.
#[derive(Debug, Clone)]
pub struct Words {
    offsets: Vec<i32>,
    bytes: Vec<u8>,
}

impl Words {
    pub fn new(words: &[&str]) -> Self {
        let mut offsets = vec![0];
        let mut bytes = Vec::new();
        for word in words {
            bytes.extend_from_slice(word.as_bytes());
            offsets.push(bytes.len() as i32);
        }
        Self { offsets, bytes }
    }
}

/// One column's values.
#[derive(Debug, Clone)]
pub enum Data {
    Bool(Vec<u8>),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Text(Words),
    Dictionary(Vec<u32>, Words),
    Binary(Vec<Vec<u8>>),
    /// Lists of numbers.
    Lists(Vec<Vec<f64>>),
    /// Rings of positions, x and y in turn.
    Rings(Vec<Vec<Vec<(f64, f64)>>>),
}

/// Bytes and lists as a batch holds them.
#[derive(Debug, Clone, Default)]
pub struct Laid {
    offsets: [Vec<i32>; 2],
    bytes: Vec<u8>,
    numbers: Vec<f64>,
}

impl Laid {
    fn of(data: &Data) -> Self {
        let mut laid = Self { offsets: [vec![0], vec![0]], ..Self::default() };
        match data {
            Data::Binary(rows) => {
                for row in rows {
                    laid.bytes.extend(row);
                    laid.offsets[0].push(laid.bytes.len() as i32);
                }
            }
            Data::Lists(rows) => {
                for row in rows {
                    laid.numbers.extend(row);
                    laid.offsets[0].push(laid.numbers.len() as i32);
                }
            }
            Data::Rings(rows) => {
                for row in rows {
                    for ring in row {
                        laid.numbers.extend(ring.iter().flat_map(|(x, y)| [x, y]));
                        laid.offsets[1].push(laid.numbers.len() as i32 / 2);
                    }
                    laid.offsets[0].push(laid.offsets[1].len() as i32 - 1);
                }
            }
            _ => {}
        }
        laid
    }
}

/// Columns of one length.
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub schema: Schema,
    pub columns: Vec<(Data, Option<Vec<u8>>)>,
    pub laid: Vec<Laid>,
    pub rows: usize,
    /// Fail when this row is read.
    pub fail_at: Option<usize>,
    /// Panic when this row is read.
    pub panic_at: Option<usize>,
    /// What `Source::extent` tells.
    pub extents: Vec<Option<Extent>>,
}

impl Table {
    pub fn new() -> Self {
        Self::default()
    }

    /// Add a column; `valid` says which rows hold a value.
    pub fn with(mut self, name: &str, data: Data, valid: Option<&[bool]>) -> Self {
        let (data_type, rows) = match &data {
            Data::Bool(v) => (DataType::Bool, v.len()),
            Data::I8(v) => (DataType::Int(8), v.len()),
            Data::I16(v) => (DataType::Int(16), v.len()),
            Data::I32(v) => (DataType::Int(32), v.len()),
            Data::I64(v) => (DataType::Int(64), v.len()),
            Data::U8(v) => (DataType::UInt(8), v.len()),
            Data::U16(v) => (DataType::UInt(16), v.len()),
            Data::U32(v) => (DataType::UInt(32), v.len()),
            Data::U64(v) => (DataType::UInt(64), v.len()),
            Data::F32(v) => (DataType::Float(32), v.len()),
            Data::F64(v) => (DataType::Float(64), v.len()),
            Data::Text(words) => (DataType::Text, words.offsets.len() - 1),
            Data::Dictionary(codes, _) => (DataType::Text, codes.len()),
            Data::Binary(rows) => (DataType::Binary, rows.len()),
            Data::Lists(rows) => (DataType::List(Box::new(DataType::Float(64))), rows.len()),
            Data::Rings(rows) => (DataType::Positions { levels: 2 }, rows.len()),
        };
        let laid = Laid::of(&data);
        assert!(self.columns.is_empty() || self.rows == rows, "columns of one length");
        self.rows = rows;
        self.schema.fields.push(Field { name: name.into(), data_type, nullable: valid.is_some() });
        let bits = valid.map(|valid| {
            let mut bits = vec![0u8; rows.div_ceil(8)];
            for (row, _) in valid.iter().enumerate().filter(|(_, valid)| **valid) {
                bits[row / 8] |= 1 << (row % 8);
            }
            bits
        });
        self.columns.push((data, bits));
        self.laid.push(laid);
        self.extents.push(None);
        self
    }

    pub fn f64(self, name: &str, values: Vec<f64>) -> Self {
        self.with(name, Data::F64(values), None)
    }

    pub fn f32(self, name: &str, values: Vec<f32>) -> Self {
        self.with(name, Data::F32(values), None)
    }

    pub fn dictionary(self, name: &str, codes: Vec<u32>, words: Words) -> Self {
        self.with(name, Data::Dictionary(codes, words), None)
    }

    pub fn column(&self, column: usize) -> Column<'_> {
        self.slice(column, 0, self.rows)
    }

    fn slice(&self, column: usize, start: usize, end: usize) -> Column<'_> {
        let (data, bits) = &self.columns[column];
        let laid = &self.laid[column];
        let values = match data {
            Data::Bool(v) => Values::Bool(&v[start..end]),
            Data::I8(v) => Values::I8(&v[start..end]),
            Data::I16(v) => Values::I16(&v[start..end]),
            Data::I32(v) => Values::I32(&v[start..end]),
            Data::I64(v) => Values::I64(&v[start..end]),
            Data::U8(v) => Values::U8(&v[start..end]),
            Data::U16(v) => Values::U16(&v[start..end]),
            Data::U32(v) => Values::U32(&v[start..end]),
            Data::U64(v) => Values::U64(&v[start..end]),
            Data::F32(v) => Values::F32(&v[start..end]),
            Data::F64(v) => Values::F64(&v[start..end]),
            Data::Text(words) => {
                Values::Text(Text { offsets: &words.offsets[start..=end], bytes: &words.bytes })
            }
            Data::Binary(_) => {
                Values::Binary(Text { offsets: &laid.offsets[0][start..=end], bytes: &laid.bytes })
            }
            Data::Lists(_) => Values::Lists(Lists {
                offsets: [&laid.offsets[0][start..=end], &[], &[]],
                rows: end - start,
                x: &laid.numbers,
                y: &[],
                step: 1,
                positions: false,
            }),
            Data::Rings(_) => Values::Lists(Lists {
                offsets: [&laid.offsets[0][start..=end], &laid.offsets[1], &[]],
                rows: end - start,
                x: &laid.numbers,
                y: laid.numbers.get(1..).unwrap_or_default(),
                step: 2,
                positions: true,
            }),
            Data::Dictionary(codes, words) => Values::Dictionary {
                codes: &codes[start..end],
                words: Text { offsets: &words.offsets, bytes: &words.bytes },
            },
        };
        Column { values, validity: bits.as_ref().map(|bits| Bitmap { bits, offset: start }) }
    }
}

impl Source for Table {
    fn name(&self) -> String {
        "table".into()
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        Some(self.rows as u64)
    }

    fn extent(&self, column: usize) -> Option<Extent> {
        self.extents[column]
    }

    fn needs(&self, _request: &Request) -> Result<Needs> {
        Ok(Needs { shared_bytes: 0, reader_bytes: 0, max_readers: usize::MAX })
    }

    fn scan<'s>(&'s self, request: &Request) -> Result<Box<dyn Scan + 's>> {
        Ok(Box::new(TableScan { table: self, request: request.clone(), next: AtomicU64::new(0) }))
    }
}

struct TableScan<'s> {
    table: &'s Table,
    request: Request,
    next: AtomicU64,
}

impl Scan for TableScan<'_> {
    fn reader<'s>(&'s self) -> Result<Box<dyn Reader + 's>> {
        Ok(Box::new(TableReader(self)))
    }
}

struct TableReader<'s>(&'s TableScan<'s>);

impl Reader for TableReader<'_> {
    fn next(&mut self) -> Result<Option<Batch<'_>>> {
        let TableScan { table, request, next } = self.0;
        request.cancel.check()?;
        let start = next.fetch_add(request.batch_rows as u64, Ordering::Relaxed) as usize;
        if start >= table.rows {
            return Ok(None);
        }
        let end = (start + request.batch_rows).min(table.rows);
        if table.panic_at.is_some_and(|row| (start..end).contains(&row)) {
            panic!("row {start} was to panic");
        }
        if table.fail_at.is_some_and(|row| (start..end).contains(&row)) {
            return Err(StreamError::Corrupt { name: "table".into(), what: "as told".into() });
        }
        let columns = request.columns.iter().map(|column| table.slice(*column, start, end)).collect();
        Ok(Some(Batch { rows: end - start, order: start as u64, columns }))
    }
}
