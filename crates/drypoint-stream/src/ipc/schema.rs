//! The schema of an IPC file or stream. Field numbers are those of Arrow's `Schema.fbs`.

use std::sync::Arc;

use super::flatbuffer::{Checked, Damaged, Table};
use super::message::{BatchMeta, Piece};
use crate::arrow::layout::{Element, Layout, Level};
use crate::arrow::schema::{Laid, is_plain, list_of, position_of};
use crate::{DataType, TimeUnit};

/// How deep types may be nested before we call it damage.
const DEPTH: usize = 64;

/// How many buffers one array of a column's tree takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    buffers: usize,
    /// Whether it takes further ones, counted in each message.
    variadic: bool,
}

/// The columns, and where a message has their buffers.
#[derive(Debug, Clone)]
pub(super) struct IpcSchema {
    pub(super) laid: Laid,
    /// The arrays of each column, children after their parents.
    parts: Vec<Vec<Part>>,
    /// The dictionary that each column points into.
    pub(super) dictionaries: Vec<Option<i64>>,
}

/// One column of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) rows: u64,
    pub(super) missing: u64,
    pub(super) buffers: Vec<Piece>,
}

impl IpcSchema {
    /// Of a schema table; `Ok(None)` if its numbers have the other byte order.
    pub(super) fn new(table: Table<'_>) -> Checked<Option<Self>> {
        if table.i16(0, 0)? != 0 {
            return Ok(None);
        }
        let (mut columns, mut parts, mut dictionaries) = (Vec::new(), Vec::new(), Vec::new());
        // Tables may be shared, so that a small schema could unfold into an endless one.
        let mut fields_left = 1_000_000;
        for field in table.tables(1)? {
            let field = field?;
            let mut tree = Vec::new();
            let (mut data_type, mut layout) = walk(field, &mut tree, DEPTH, &mut fields_left)?;
            let dictionary = field.table(4)?;
            if let Some(encoding) = dictionary {
                let key = match encoding.table(1)? {
                    Some(key) => integer(key.i32(0, 0)?, key.u8(1)? != 0),
                    None => Some(Element::I32),
                };
                tree = vec![Part { buffers: 2, variadic: false }];
                match key {
                    Some(key) if is_plain(&layout) => {
                        layout = Layout::Dictionary { key, values: Box::new(layout) }
                    }
                    Some(_) => (data_type, layout) = other("nested dictionary"),
                    None => return Err(Damaged),
                }
            }
            dictionaries.push(dictionary.map(|encoding| encoding.i64(0)).transpose()?);
            parts.push(tree);
            columns.push((
                field.string(0)?.unwrap_or_default().to_string(),
                data_type,
                layout,
                field.u8(1)? != 0,
            ));
        }
        Ok(Some(Self { laid: Laid::new(columns), parts, dictionaries }))
    }

    /// Where `meta` has the columns at `places`.
    pub(super) fn place(&self, meta: &BatchMeta, places: &[usize]) -> Checked<Vec<Placed>> {
        let mut starts = Vec::with_capacity(self.parts.len());
        let (mut node, mut buffer, mut views) = (0usize, 0usize, 0usize);
        for parts in &self.parts {
            let begin = (node, buffer);
            for part in parts {
                buffer = buffer.checked_add(part.buffers).ok_or(Damaged)?;
                if part.variadic {
                    let blocks = *meta.variadic.get(views).ok_or(Damaged)?;
                    buffer =
                        usize::try_from(blocks).ok().and_then(|n| buffer.checked_add(n)).ok_or(Damaged)?;
                    views += 1;
                }
            }
            node += parts.len();
            starts.push((begin, buffer));
        }
        let placed = places.iter().map(|&place| {
            let &((node, first), end) = starts.get(place).ok_or(Damaged)?;
            let &(rows, missing) = meta.nodes.get(node).ok_or(Damaged)?;
            if rows != meta.rows {
                return Err(Damaged);
            }
            Ok(Placed { rows, missing, buffers: meta.buffers.get(first..end).ok_or(Damaged)?.to_vec() })
        });
        placed.collect()
    }

    /// Where the message of a dictionary has its values.
    pub(super) fn place_values(meta: &BatchMeta) -> Checked<Placed> {
        let &(rows, missing) = meta.nodes.first().ok_or(Damaged)?;
        if rows != meta.rows {
            return Err(Damaged);
        }
        Ok(Placed { rows, missing, buffers: meta.buffers.clone() })
    }
}

fn integer(bits: i32, signed: bool) -> Option<Element> {
    Some(match (bits, signed) {
        (8, true) => Element::I8,
        (16, true) => Element::I16,
        (32, true) => Element::I32,
        (64, true) => Element::I64,
        (8, false) => Element::U8,
        (16, false) => Element::U16,
        (32, false) => Element::U32,
        (64, false) => Element::U64,
        _ => return None,
    })
}

fn unit(number: i16) -> Checked<TimeUnit> {
    Ok(match number {
        0 => TimeUnit::Second,
        1 => TimeUnit::Millisecond,
        2 => TimeUnit::Microsecond,
        3 => TimeUnit::Nanosecond,
        _ => return Err(Damaged),
    })
}

fn other(name: &str) -> (DataType, Layout) {
    (DataType::Other(name.into()), Layout::Other)
}

/// The meaning of a field, its arrays appended to `tree`.
fn walk(
    field: Table<'_>,
    tree: &mut Vec<Part>,
    depth: usize,
    left: &mut usize,
) -> Checked<(DataType, Layout)> {
    if depth == 0 || *left == 0 {
        return Err(Damaged);
    }
    *left -= 1;
    let kind = field.u8(2)?;
    // Types without fields may lack their table altogether.
    let table = field.table(3)?;
    let (mut buffers, mut variadic, mut has_children) = (2, false, false);
    let i16_of = |index, default| table.map_or(Ok(default), |table| table.i16(index, default));
    let i32_of = |index, default| table.map_or(Ok(default), |table| table.i32(index, default));
    let meaning = match kind {
        1 => {
            buffers = 0;
            (DataType::Float(64), Layout::Null)
        }
        2 => {
            let signed = table.map_or(Ok(0), |table| table.u8(1))? != 0;
            let element = integer(i32_of(0, 0)?, signed).ok_or(Damaged)?;
            let bits = element.width() as u8 * 8;
            (if signed { DataType::Int(bits) } else { DataType::UInt(bits) }, Layout::Fixed(element))
        }
        3 => match i16_of(0, 0)? {
            0 => (DataType::Float(16), Layout::Half),
            1 => (DataType::Float(32), Layout::Fixed(Element::F32)),
            2 => (DataType::Float(64), Layout::Fixed(Element::F64)),
            _ => return Err(Damaged),
        },
        4 | 19 => {
            buffers = 3;
            (DataType::Binary, Layout::Bytes { wide: kind == 19 })
        }
        5 | 20 => {
            buffers = 3;
            (DataType::Text, Layout::Text { wide: kind == 20 })
        }
        6 => (DataType::Bool, Layout::Bits),
        7 => {
            let precision = u8::try_from(i32_of(0, 0)?).map_err(|_| Damaged)?;
            let scale = i8::try_from(i32_of(1, 0)?).map_err(|_| Damaged)?;
            let bytes = match i32_of(2, 128)? {
                bits @ (32 | 64 | 128 | 256) => bits as usize / 8,
                _ => return Err(Damaged),
            };
            (DataType::Decimal { precision, scale }, Layout::Decimal { bytes, scale })
        }
        8 => match i16_of(0, 1)? {
            0 => (DataType::Time { unit: TimeUnit::Day, zone: None }, Layout::Fixed(Element::I32)),
            1 => (DataType::Time { unit: TimeUnit::Millisecond, zone: None }, Layout::Fixed(Element::I64)),
            _ => return Err(Damaged),
        },
        9 => {
            let element = integer(i32_of(1, 32)?, true).ok_or(Damaged)?;
            (DataType::Duration(unit(i16_of(0, 1)?)?), Layout::Fixed(element))
        }
        10 => {
            let zone = table.map_or(Ok(None), |table| table.string(1))?.filter(|zone| !zone.is_empty());
            (
                DataType::Time { unit: unit(i16_of(0, 0)?)?, zone: zone.map(Arc::from) },
                Layout::Fixed(Element::I64),
            )
        }
        11 => other("interval"),
        12 | 21 => {
            has_children = true;
            other("list")
        }
        13 => {
            (buffers, has_children) = (1, true);
            other("struct")
        }
        14 => {
            // Sparse unions have type ids only, dense ones offsets too.
            (buffers, has_children) = (if i16_of(0, 0)? == 0 { 1 } else { 2 }, true);
            other("union")
        }
        15 => other("binary of fixed size"),
        16 => {
            (buffers, has_children) = (1, true);
            other("list of fixed size")
        }
        17 => {
            has_children = true;
            other("map")
        }
        18 => (DataType::Duration(unit(i16_of(0, 1)?)?), Layout::Fixed(Element::I64)),
        22 => {
            (buffers, has_children) = (0, true);
            other("run-end encoded")
        }
        23 => {
            variadic = true;
            (DataType::Binary, Layout::ByteViews)
        }
        24 => {
            variadic = true;
            (DataType::Text, Layout::Views)
        }
        25 | 26 => {
            (buffers, has_children) = (3, true);
            other("list")
        }
        _ => return Err(Damaged),
    };
    tree.push(Part { buffers, variadic });
    if has_children {
        let mut children = Vec::new();
        for child in field.tables(5)? {
            let child = child?;
            if child.table(4)?.is_some() {
                // Only the keys of a nested dictionary lie in the body.
                tree.push(Part { buffers: 2, variadic: false });
                children.push((child.string(0)?.unwrap_or_default(), other("nested dictionary")));
            } else {
                children.push((child.string(0)?.unwrap_or_default(), walk(child, tree, depth - 1, left)?));
            }
        }
        let level = match kind {
            12 | 21 => Some(Level::Offsets { wide: kind == 21 }),
            16 => usize::try_from(i32_of(0, 0)?).ok().map(Level::Fixed),
            _ => None,
        };
        let nested = match (level, kind, &mut children[..]) {
            (Some(level), _, [(name, item)]) => list_of(level, name, item.clone()),
            (None, 13, [(x, (_, x_layout)), (y, (_, y_layout)), ..]) => {
                position_of([x, y], [x_layout.clone(), y_layout.clone()])
            }
            _ => None,
        };
        if let Some(nested) = nested {
            return Ok(nested);
        }
    }
    Ok(meaning)
}
