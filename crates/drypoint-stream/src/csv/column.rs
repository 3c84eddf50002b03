//! One column of a batch, filled a field at a time.

use drypoint_memory::{Buffer, MemoryConsumer};

use crate::{Bitmap, Column, DataType, Instant, Result, Text, TimeUnit, Values};

use super::number;
use super::options::Nulls;
use super::record::{Content, QUOTE, content, field_end, unescape};
use super::value::{boolean, trim};

/// What a column's fields are read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Int,
    UInt,
    Float,
    Time(TimeUnit),
    Text,
}

/// Why a field could not be read; the caller adds where it stands.
#[derive(Debug)]
pub(super) struct Unreadable;

/// A column that is being filled. Values of 8 bytes share one kind of buffer, so that integers can become floats in place.
#[derive(Debug)]
pub(super) struct ColumnBuilder {
    kind: Kind,
    /// Whether integers may become floats.
    inferred: bool,
    /// Whether the integers of this batch did.
    promoted: bool,
    words: Buffer<u64>,
    truths: Buffer<u8>,
    offsets: Buffer<i32>,
    text: Buffer<u8>,
    validity: Buffer<u8>,
    any_null: bool,
}

/// A quoted field longer than this that needs unescaping is no number.
const LONGEST_SCALAR: usize = 256;

impl ColumnBuilder {
    /// Room for `rows` values; text grows with the chunks.
    pub(super) fn new(
        data_type: &DataType,
        inferred: bool,
        rows: usize,
        consumer: &MemoryConsumer,
    ) -> Result<Self> {
        let kind = match data_type {
            DataType::Bool => Kind::Bool,
            DataType::Int(_) => Kind::Int,
            DataType::UInt(_) => Kind::UInt,
            DataType::Time { unit, .. } => Kind::Time(*unit),
            DataType::Text => Kind::Text,
            _ => Kind::Float,
        };
        let room = |wanted: bool, items: usize| if wanted { items } else { 0 };
        Ok(Self {
            kind,
            inferred,
            promoted: false,
            words: consumer.buffer(room(!matches!(kind, Kind::Bool | Kind::Text), rows))?,
            truths: consumer.buffer(room(kind == Kind::Bool, rows))?,
            offsets: consumer.buffer(room(kind == Kind::Text, rows + 1))?,
            text: consumer.buffer(0)?,
            validity: consumer.buffer(rows.div_ceil(8))?,
            any_null: false,
        })
    }

    /// Bytes that a builder of `rows` rows holds beside text.
    pub(super) fn bytes_for(data_type: &DataType, rows: usize) -> usize {
        rows.div_ceil(8)
            + match data_type {
                DataType::Bool => rows,
                DataType::Text => (rows + 1) * size_of::<i32>(),
                _ => rows * size_of::<u64>(),
            }
    }

    /// Begin a batch whose rows come from a chunk of `chunk_bytes`.
    pub(super) fn begin(&mut self, chunk_bytes: usize, consumer: &MemoryConsumer) -> Result<()> {
        self.promoted = false;
        self.any_null = false;
        if self.kind == Kind::Text {
            // A column's text cannot be longer than the chunk it came from.
            if self.text.len() < chunk_bytes {
                self.text = consumer.buffer(chunk_bytes)?;
            }
            self.offsets[0] = 0;
        }
        Ok(())
    }

    /// Read the field that begins at `start` into `row`, and return the place of the delimiter or line feed that ends it.
    #[inline(always)]
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        start: usize,
        delimiter: u8,
        row: usize,
        nulls: &Nulls,
    ) -> std::result::Result<usize, Unreadable> {
        if self.kind == Kind::Float || self.promoted {
            if let Some((value, end)) = number::plain_decimal(bytes, start)
                && let Some(end) = terminator(bytes, end, delimiter)
            {
                self.words[row] = value.to_bits();
                return Ok(end);
            }
        } else if self.kind == Kind::Int
            && let Some((value, end)) = number::plain_integer(bytes, start)
            && let Some(end) = terminator(bytes, end, delimiter)
        {
            self.words[row] = value as u64;
            return Ok(end);
        }
        let end = field_end(bytes, start, delimiter);
        self.read_slowly(bytes, start, end, row, nulls).map(|()| end)
    }

    /// Read a field that is not a plain number: text, a null, a date, a number with blanks, quotes or an exponent.
    fn read_slowly(
        &mut self,
        bytes: &[u8],
        start: usize,
        end: usize,
        row: usize,
        nulls: &Nulls,
    ) -> std::result::Result<(), Unreadable> {
        if self.kind == Kind::Text {
            return self.read_text(content(bytes, start, end), row, nulls);
        }
        let mut unescaped = Vec::new();
        let field = match content(bytes, start, end) {
            Content::Plain(field) => field,
            Content::Escaped(field) if field.len() <= LONGEST_SCALAR => {
                unescape(field, |piece| unescaped.extend_from_slice(piece));
                &unescaped
            }
            Content::Escaped(_) => return Err(Unreadable),
        };
        if nulls.contains(field) {
            self.set_null(row);
            return Ok(());
        }
        let trimmed = trim(field);
        let word = match self.kind {
            Kind::Bool => {
                let truth = boolean(trimmed).or(match (self.inferred, trimmed) {
                    (false, b"1") => Some(true),
                    (false, b"0") => Some(false),
                    _ => None,
                });
                self.truths[row] = u8::from(truth.ok_or(Unreadable)?);
                return Ok(());
            }
            Kind::Int if !self.promoted => match number::signed(trimmed) {
                Some(value) => Some(value as u64),
                None if self.inferred => number::float(trimmed).map(|value| {
                    self.promote(row);
                    value.to_bits()
                }),
                None => None,
            },
            Kind::UInt => number::unsigned(trimmed),
            Kind::Float | Kind::Int => number::float(trimmed).map(f64::to_bits),
            Kind::Time(unit) => {
                let instant =
                    Instant::parse(trimmed).filter(|instant| unit != TimeUnit::Day || !instant.has_time);
                instant.and_then(|instant| instant.in_unit(unit)).map(|value| value as u64)
            }
            Kind::Text => None,
        };
        self.words[row] = word.ok_or(Unreadable)?;
        Ok(())
    }

    fn read_text(
        &mut self,
        content: Content<'_>,
        row: usize,
        nulls: &Nulls,
    ) -> std::result::Result<(), Unreadable> {
        let start = self.offsets[row] as usize;
        let mut end = start;
        let text = &mut self.text;
        let mut push = |piece: &[u8]| {
            text[end..end + piece.len()].copy_from_slice(piece);
            end += piece.len();
        };
        match content {
            Content::Plain(field) => push(field),
            Content::Escaped(field) => unescape(field, push),
        }
        if nulls.contains(&self.text[start..end]) {
            end = start;
            self.set_null(row);
        } else if std::str::from_utf8(&self.text[start..end]).is_err() {
            return Err(Unreadable);
        }
        self.offsets[row + 1] = i32::try_from(end).map_err(|_| Unreadable)?;
        Ok(())
    }

    /// Turn the integers of the rows before `row` into floats, where they are.
    fn promote(&mut self, row: usize) {
        self.promoted = true;
        for word in &mut self.words[..row] {
            *word = (*word as i64 as f64).to_bits();
        }
    }

    fn set_null(&mut self, row: usize) {
        if !self.any_null {
            self.validity.fill(0xff);
            self.any_null = true;
        }
        self.validity[row >> 3] &= !(1 << (row & 7));
        match self.kind {
            Kind::Bool => self.truths[row] = 0,
            Kind::Text => {}
            Kind::Float => self.words[row] = f64::NAN.to_bits(),
            Kind::Int if self.promoted => self.words[row] = f64::NAN.to_bits(),
            Kind::Int | Kind::UInt | Kind::Time(_) => self.words[row] = 0,
        }
    }

    /// The first `rows` values.
    pub(super) fn column(&self, rows: usize) -> Column<'_> {
        let values = match self.kind {
            Kind::Bool => Values::Bool(&self.truths[..rows]),
            Kind::UInt => Values::U64(&self.words[..rows]),
            Kind::Float => Values::F64(bytemuck::cast_slice(&self.words[..rows])),
            Kind::Int if self.promoted => Values::F64(bytemuck::cast_slice(&self.words[..rows])),
            Kind::Int | Kind::Time(_) => Values::I64(bytemuck::cast_slice(&self.words[..rows])),
            Kind::Text => Values::Text(Text {
                offsets: &self.offsets[..rows + 1],
                bytes: &self.text[..self.offsets[rows] as usize],
            }),
        };
        let validity = self.any_null.then(|| Bitmap { bits: &self.validity, offset: 0 });
        Column { values, validity }
    }

    /// What a field of this column should have been, for a message.
    pub(super) fn expectation(&self) -> String {
        let what = match self.kind {
            Kind::Bool => "true or false",
            Kind::Int => "an integer",
            Kind::UInt => "an integer from 0 to 18446744073709551615",
            Kind::Float => "a number",
            Kind::Time(TimeUnit::Day) => "a date (YYYY-MM-DD)",
            Kind::Time(TimeUnit::Nanosecond) => "an ISO 8601 instant of the years 1677 to 2262 (nanoseconds)",
            Kind::Time(_) => "an ISO 8601 instant",
            Kind::Text => return "UTF-8 text".to_string(),
        };
        if self.inferred {
            format!(
                "{what}, as the column's first values are; say its type (types= in Python, --type on the command \
                 line), \"text\" takes anything"
            )
        } else {
            format!("{what}, the type given for the column")
        }
    }
}

/// The place of the delimiter or line feed, if the field whose content ends at `end` ends there.
#[inline(always)]
fn terminator(bytes: &[u8], end: usize, delimiter: u8) -> Option<usize> {
    match bytes.get(end) {
        Some(byte) if *byte == delimiter || *byte == b'\n' => Some(end),
        Some(b'\r') if bytes.get(end + 1) == Some(&b'\n') => Some(end + 1),
        _ => None,
    }
}

/// The field as it stands in the file, shortened for a message.
pub(super) fn shown(bytes: &[u8], start: usize, end: usize) -> String {
    const SHOWN: usize = 60;
    let field = match content(bytes, start, end) {
        Content::Plain(field) => field,
        Content::Escaped(field) => field.strip_prefix(&[QUOTE]).unwrap_or(field),
    };
    let text = String::from_utf8_lossy(&field[..field.len().min(4 * SHOWN)]);
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < field.len() {
        short.push('…');
    }
    short
}
