//! What a text table looks like, told from its first bytes.

use std::io::Read;

use crate::names::unique_names;
use crate::{DataType, Field, Result, Schema, StreamError};

use super::chunker::LONGEST_RECORD;
use super::dialect::{Records, looks_like_header, sniff_delimiter};
use super::input::{Packing, read_error, read_up_to};
use super::options::{CsvOptions, Nulls};
use super::record::{Content, blank_line, content, cut, field_end, unescape};
use super::value::Class;

/// What was found out.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) schema: Schema,
    pub(super) delimiter: u8,
    /// Fields in a record.
    pub(super) width: usize,
    /// Whether a column's type was only inferred, so that integers may turn into floats.
    pub(super) inferred: Vec<bool>,
    /// Bytes before the first record of data.
    pub(super) data_start: usize,
    /// The number of the line it is in, counted from 1.
    pub(super) data_line: u64,
}

/// The first bytes of a text, whole records as far as possible.
pub(super) struct Sample {
    pub(super) bytes: Vec<u8>,
    /// Whether it is all of the text.
    complete: bool,
}

impl Sample {
    /// Read `wanted` bytes, or more where a header and a record do not fit in them.
    pub(super) fn read(name: &str, input: &mut dyn Read, packing: Packing, wanted: usize) -> Result<Sample> {
        let mut bytes = Vec::new();
        let mut limit = wanted.clamp(1, LONGEST_RECORD);
        loop {
            read_up_to(input, &mut bytes, limit).map_err(|error| read_error(name, packing, error))?;
            let complete = bytes.len() < limit;
            if complete || limit >= LONGEST_RECORD || memchr::memchr_iter(b'\n', &bytes).nth(1).is_some() {
                return Ok(Sample { bytes, complete });
            }
            limit = (limit * 4).min(LONGEST_RECORD);
        }
    }
}

impl Layout {
    /// Tell the layout of the text that begins with `sample`; `tabs` where its name ends in `.tsv`.
    pub(super) fn infer(name: &str, sample: &Sample, tabs: bool, options: &CsvOptions) -> Result<Layout> {
        const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
        let mark = if sample.bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        if sample.bytes.starts_with(b"\xff\xfe") || sample.bytes.starts_with(b"\xfe\xff") {
            return Err(StreamError::Unsupported {
                name: name.to_string(),
                what: "UTF-16 text (save it as UTF-8)".into(),
            });
        }
        let text = &sample.bytes[mark..];
        if sample.complete && !text.contains(&b'\n') && text.trim_ascii_end().contains(&b'\r') {
            let what = "text whose lines end in CR alone (save it with LF or CRLF)".to_string();
            return Err(StreamError::Unsupported { name: name.to_string(), what });
        }
        let delimiter = options.delimiter.unwrap_or_else(|| if tabs { b'\t' } else { sniff_delimiter(text) });
        let whole = match cut(text, delimiter).end {
            0 => text,
            _ if sample.complete => text,
            end => &text[..end],
        };
        let mut records = Records::new(whole, delimiter);
        let Some(first) = records.next() else { return Err(StreamError::Empty { name: name.to_string() }) };
        let behind_header = records.position();
        let width = first.len();

        let nulls = Nulls::new(&options.nulls);
        let below = join_classes(&whole[behind_header..], delimiter, width, &nulls);
        let has_header = options.header.unwrap_or_else(|| looks_like_header(&first, &below, &nulls));
        let classes: Vec<Option<Class>> = if has_header {
            below
        } else {
            first.iter().zip(below).map(|(field, below)| joined(below, field, &nulls)).collect()
        };
        let data_start = if has_header { behind_header } else { 0 };
        let names = names(name, options, has_header.then_some(&first[..]), width)?;
        let (fields, inferred) = fields(name, options, names, &classes)?;
        Ok(Layout {
            schema: Schema { fields },
            delimiter,
            width,
            inferred,
            data_start: mark + data_start,
            data_line: 1 + memchr::memchr_iter(b'\n', &text[..data_start]).count() as u64,
        })
    }
}

fn joined(class: Option<Class>, field: &[u8], nulls: &Nulls) -> Option<Class> {
    if nulls.contains(field) || class == Some(Class::Text) {
        return class;
    }
    let found = Class::of(field);
    Some(class.map_or(found, |class| class.join(found)))
}

/// The class of each column. Records of another width are left to the reader to complain about.
fn join_classes(bytes: &[u8], delimiter: u8, width: usize, nulls: &Nulls) -> Vec<Option<Class>> {
    let mut classes = vec![None; width];
    let mut unescaped = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let blank = blank_line(bytes, at);
        if blank > 0 {
            at += blank;
            continue;
        }
        let mut column = 0;
        loop {
            let end = field_end(bytes, at, delimiter);
            let field = match content(bytes, at, end) {
                Content::Plain(field) => field,
                Content::Escaped(field) => {
                    unescaped.clear();
                    unescape(field, |piece| unescaped.extend_from_slice(piece));
                    &unescaped
                }
            };
            if let Some(class) = classes.get_mut(column) {
                *class = joined(*class, field, nulls);
            }
            column += 1;
            at = end + 1;
            if bytes.get(end) != Some(&delimiter) {
                break;
            }
        }
    }
    classes
}

fn names(name: &str, options: &CsvOptions, header: Option<&[Vec<u8>]>, width: usize) -> Result<Vec<String>> {
    match (&options.names, header) {
        (Some(given), _) if given.len() != width => Err(StreamError::Mismatch {
            name: name.to_string(),
            what: format!("{} names were given for {width} columns", given.len()),
        }),
        (Some(given), _) => Ok(unique_names(given.clone())),
        (None, Some(header)) => Ok(unique_names(
            header.iter().map(|field| String::from_utf8_lossy(field).trim().to_string()).collect(),
        )),
        (None, None) => Ok((0..width).map(|place| place.to_string()).collect()),
    }
}

/// The fields, and whether the type of each was inferred. A column without a value is float64, as in pandas.
fn fields(
    name: &str,
    options: &CsvOptions,
    names: Vec<String>,
    classes: &[Option<Class>],
) -> Result<(Vec<Field>, Vec<bool>)> {
    let mut fields: Vec<Field> = names
        .into_iter()
        .zip(classes)
        .map(|(name, class)| Field {
            name,
            data_type: class.unwrap_or(Class::Float).data_type(),
            nullable: true,
        })
        .collect();
    let mut inferred = vec![true; fields.len()];
    let schema = Schema { fields: fields.clone() };
    for (column, data_type) in &options.types {
        let place = schema.index_of(column)?;
        fields[place].data_type = widened(data_type).ok_or_else(|| StreamError::Unsupported {
            name: name.to_string(),
            what: format!("reading column {column:?} as {data_type}"),
        })?;
        inferred[place] = false;
    }
    Ok((fields, inferred))
}

/// The type as which a column is read when `data_type` is asked for.
fn widened(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::Int(_) => Some(DataType::Int(64)),
        DataType::UInt(_) => Some(DataType::UInt(64)),
        DataType::Float(_) | DataType::Decimal { .. } => Some(DataType::Float(64)),
        DataType::Bool | DataType::Text => Some(data_type.clone()),
        // Offsets are resolved, so instants are in UTC whatever zone they are to be shown in.
        DataType::Time { .. } => Some(data_type.clone()),
        DataType::Duration(_)
        | DataType::Binary
        | DataType::List(_)
        | DataType::Positions { .. }
        | DataType::Null
        | DataType::Other(_) => None,
    }
}
