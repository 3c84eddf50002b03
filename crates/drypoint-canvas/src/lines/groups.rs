//! Which rows belong to which line, where a column says so: the rows of a batch, put one line after the other.
//!
//! A batch whose lines already stand one after the other, as in most tables, is left as it is.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use drypoint_memory::{Buffer, MemoryConsumer};
use drypoint_stream::{Batch, Column, StreamError, Text, Values};

use crate::columns::{Roles, convert_missing};
use crate::{CanvasError, Result};

/// What rows of one line have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum GroupKey {
    /// All rows are one line.
    All,
    /// A value of an integer or truth column.
    Integer(i128),
    /// A value of a text column.
    Text(Box<[u8]>),
}

impl GroupKey {
    /// Bytes besides its own.
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            GroupKey::Text(bytes) => bytes.len() + 16,
            _ => 0,
        }
    }
}

/// A line's rows in a batch: places `start .. end` in the order of [`Sorted`].
#[derive(Debug, Clone)]
pub(super) struct LineRows {
    pub(super) group: GroupKey,
    pub(super) start: usize,
    pub(super) end: usize,
    /// What is to be visited if the first vertex turns out to begin the line.
    pub(super) pending: Option<u32>,
}

/// No line, in a list of lines by row.
const NONE: u32 = u32::MAX;

/// The columns of a batch in the order of its lines.
pub(super) struct Sorted {
    rows: usize,
    pub(super) x: Buffer<f64>,
    pub(super) y: Buffer<f64>,
    /// Empty if no values are folded.
    pub(super) values: Buffer<f64>,
    pub(super) lookups: Buffer<f64>,
    pub(super) codes: Buffer<u32>,
    /// The row of the batch that stands in each place.
    pub(super) order: Buffer<u32>,
    converted: Buffer<f64>,
}

/// One thread's grouping.
pub(super) struct Groups {
    integers: HashMap<i128, u32, BuildHasherDefault<Mixed>>,
    words: HashMap<Box<[u8]>, u32, BuildHasherDefault<Mixed>>,
    /// Lines of the words of the batch's dictionary.
    dictionary: Vec<u32>,
    /// The line of each row.
    lines: Vec<u32>,
    keys: Vec<GroupKey>,
    sorted: Option<Sorted>,
    consumer: MemoryConsumer,
}

/// How the rows of a batch are to be taken.
pub(super) enum Order {
    /// As they stand.
    AsTheyStand,
    /// As [`Groups::sorted`] has them.
    Sorted,
}

impl Groups {
    /// Bytes for each row of a batch, at most.
    pub(super) const ROW_BYTES: usize = 6 * size_of::<f64>() + 4 * size_of::<u32>() + 64;

    pub(super) fn new(consumer: &MemoryConsumer) -> Self {
        Self {
            integers: HashMap::default(),
            words: HashMap::default(),
            dictionary: Vec::new(),
            lines: Vec::new(),
            keys: Vec::new(),
            sorted: None,
            consumer: consumer.clone(),
        }
    }

    /// Find the lines of a batch, written to `lines`; rows whose group is missing belong to none.
    pub(super) fn find(
        &mut self,
        name: &str,
        column: &Column<'_>,
        rows: usize,
        lines: &mut Vec<LineRows>,
    ) -> Result<Order> {
        self.integers.clear();
        self.words.clear();
        self.dictionary.clear();
        self.keys.clear();
        self.lines.clear();
        self.lines.reserve(rows);
        self.encode(name, column, rows)?;
        lines.clear();
        lines.extend(self.keys.drain(..).map(|group| LineRows { group, start: 0, end: 0, pending: None }));
        // As they stand: lines are numbered as they are met, so they stand together if the numbers never fall.
        let in_order = self.lines.is_sorted() && self.lines.last() != Some(&NONE);
        for line in self.lines.iter().filter(|line| **line != NONE) {
            lines[*line as usize].end += 1;
        }
        let mut start = 0;
        for line in lines.iter_mut() {
            (line.start, line.end) = (start, start + line.end);
            start = line.end;
        }
        Ok(if in_order { Order::AsTheyStand } else { Order::Sorted })
    }

    /// Number the line of each row.
    fn encode(&mut self, name: &str, column: &Column<'_>, rows: usize) -> Result<()> {
        let missing = |row: usize| column.validity.is_some_and(|validity| !validity.is_valid(row));
        let Self { integers, words: texts, dictionary, lines, keys, .. } = self;
        let mut text = |bytes: &[u8]| match texts.get(bytes) {
            Some(line) => *line,
            None => {
                let line = keys.len() as u32;
                texts.insert(bytes.into(), line);
                keys.push(GroupKey::Text(bytes.into()));
                line
            }
        };
        macro_rules! integers {
            ($values:expr) => {{
                let mut last = None;
                for (row, &value) in $values.iter().enumerate() {
                    lines.push(match last {
                        _ if missing(row) => NONE,
                        Some((known, line)) if known == value => line,
                        _ => {
                            let value_line = *integers.entry(i128::from(value)).or_insert_with(|| {
                                keys.push(GroupKey::Integer(i128::from(value)));
                                keys.len() as u32 - 1
                            });
                            last = Some((value, value_line));
                            value_line
                        }
                    });
                }
            }};
        }
        match &column.values {
            Values::I8(values) => integers!(values),
            Values::I16(values) => integers!(values),
            Values::I32(values) => integers!(values),
            Values::I64(values) => integers!(values),
            Values::U8(values) => integers!(values),
            Values::U16(values) => integers!(values),
            Values::U32(values) => integers!(values),
            Values::U64(values) => integers!(values),
            Values::Bool(values) => integers!(values),
            Values::Text(values) => {
                let mut last: Option<(&[u8], u32)> = None;
                for row in 0..rows {
                    let bytes = values.get(row);
                    lines.push(match last {
                        _ if missing(row) => NONE,
                        Some((known, line)) if known == bytes => line,
                        _ => {
                            let line = text(bytes);
                            last = Some((bytes, line));
                            line
                        }
                    });
                }
            }
            Values::Dictionary { codes, words } => {
                let words: &Text<'_> = words;
                dictionary.resize(words.len(), NONE);
                for (row, &code) in codes.iter().enumerate() {
                    if missing(row) {
                        lines.push(NONE);
                        continue;
                    }
                    let Some(known) = dictionary.get_mut(code as usize) else {
                        return Err(StreamError::Corrupt {
                            name: name.into(),
                            what: format!("index {code} into a dictionary of {} words", words.len()),
                        }
                        .into());
                    };
                    if *known == NONE {
                        *known = text(words.get(code as usize));
                    }
                    lines.push(*known);
                }
            }
            // A column of nothing.
            Values::F64(_) if (0..rows).all(missing) => lines.resize(rows, NONE),
            Values::F32(_) | Values::F64(_) | Values::Binary(_) | Values::Lists(_) => {
                return Err(CanvasError::Stream(StreamError::Mismatch {
                    name: name.into(),
                    what: "a batch holds something else where its schema says categories".into(),
                }));
            }
        }
        Ok(())
    }

    /// Put the columns of a batch in the order of the lines that were found. `codes` gives the categories of its rows.
    pub(super) fn sort(
        &mut self,
        batch: &Batch<'_>,
        columns: &Roles,
        lines: &[LineRows],
        codes: Option<impl FnOnce(&mut [u32]) -> Result<()>>,
    ) -> Result<&Sorted> {
        let (x, y, value, lookup) = (columns.x, columns.y, columns.value, columns.lookup);
        if self.sorted.as_ref().is_none_or(|sorted| sorted.rows < batch.rows) {
            self.sorted = None;
            let (rows, consumer) = (batch.rows, &self.consumer);
            self.sorted = Some(Sorted {
                rows,
                x: consumer.buffer(rows)?,
                y: consumer.buffer(rows)?,
                values: consumer.buffer(if value.is_some() { rows } else { 0 })?,
                lookups: consumer.buffer(if lookup.is_some() { rows } else { 0 })?,
                codes: consumer.buffer(if codes.is_some() { rows } else { 0 })?,
                order: consumer.buffer(rows)?,
                converted: consumer.buffer(rows)?,
            });
        }
        let Self { lines: line_of, sorted: Some(sorted), .. } = self else { unreachable!("made above") };
        let Sorted {
            x: sorted_x, y: sorted_y, values, lookups, codes: sorted_codes, order, converted, ..
        } = sorted;
        let mut next: Vec<u32> = lines.iter().map(|line| line.start as u32).collect();
        for (row, line) in line_of.iter().enumerate() {
            if let Some(place) = next.get_mut(*line as usize) {
                order[*place as usize] = row as u32;
                *place += 1;
            }
        }
        let kept = lines.last().map_or(0, |line| line.end);
        let order = &order[..kept];
        let converted = &mut converted[..batch.rows];
        let mut gather = |column: usize, target: &mut [f64]| -> Result<()> {
            convert_missing(&batch.columns[column], 0, converted)?;
            for (target, row) in target.iter_mut().zip(order) {
                *target = converted[*row as usize];
            }
            Ok(())
        };
        gather(x, sorted_x)?;
        gather(y, sorted_y)?;
        if let Some(value) = value {
            gather(value, values)?;
        }
        if let Some(lookup) = lookup {
            gather(lookup, lookups)?;
        }
        if let Some(codes) = codes {
            let found: &mut [u32] = bytemuck::cast_slice_mut(converted);
            let found = &mut found[..batch.rows];
            codes(found)?;
            for (target, row) in sorted_codes.iter_mut().zip(order) {
                *target = found[*row as usize];
            }
        }
        Ok(sorted)
    }
}

/// Multiply and fold the high half down: keys are the values of a column, and need no more than that.
#[derive(Default)]
pub(super) struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut eight = [0; 8];
            eight[..part.len()].copy_from_slice(part);
            self.write_u64(u64::from_le_bytes(eight));
        }
    }

    fn write_u64(&mut self, value: u64) {
        let product =
            u128::from(self.0.rotate_left(23) ^ value ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    fn write_i128(&mut self, value: i128) {
        self.write_u64(value as u64 ^ (value >> 64) as u64);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
