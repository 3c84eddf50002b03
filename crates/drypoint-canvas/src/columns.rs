//! Which columns a fold reads, and their values as float64, a block at a time.

use std::ops::Deref;

use drypoint_stream::{Batch, Bitmap, Column, DataType, Schema, StreamError, Values};

use crate::{CanvasError, Categories, Reduction, Result};

/// The places of the roles among the columns of a batch.
///
/// Of a summary, the value, lookup and category of each part stand in `parts`; of any other fold there is one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Roles {
    /// The columns to ask for: places in the schema, each once.
    pub(crate) request: Vec<usize>,
    pub(crate) x: usize,
    pub(crate) y: usize,
    /// As many as [`Reduction::parts`].
    pub(crate) parts: Vec<PartRoles>,
}

/// What one reduction reads besides coordinates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PartRoles {
    pub(crate) value: Option<usize>,
    /// The second column of values, of `where`.
    pub(crate) lookup: Option<usize>,
    pub(crate) category: Option<usize>,
}

impl Roles {
    pub(crate) fn new(schema: &Schema, x: &str, y: &str, reduction: &Reduction) -> Result<Self> {
        let mut request = Vec::new();
        let x = place(schema, x, check_numeric, &mut request)?;
        let y = place(schema, y, check_numeric, &mut request)?;
        let parts = part_roles(schema, reduction, &mut request)?;
        Ok(Self { request, x, y, parts })
    }

    /// The same for one part of a summary.
    pub(crate) fn of_part(&self, part: usize) -> Self {
        Self { parts: vec![self.parts[part]], ..self.clone() }
    }
}

/// The place of a column among those to ask for, which it joins if it is not there.
pub(crate) fn place(
    schema: &Schema,
    name: &str,
    check: fn(&str, &DataType) -> Result<()>,
    request: &mut Vec<usize>,
) -> Result<usize> {
    let column = schema.index_of(name)?;
    check(name, &schema.fields[column].data_type)?;
    Ok(request.iter().position(|known| *known == column).unwrap_or_else(|| {
        request.push(column);
        request.len() - 1
    }))
}

/// What each part of a reduction reads besides coordinates.
pub(crate) fn part_roles(
    schema: &Schema,
    reduction: &Reduction,
    request: &mut Vec<usize>,
) -> Result<Vec<PartRoles>> {
    let mut parts = Vec::new();
    for part in reduction.parts() {
        let check = match (part, part.categories()) {
            (Reduction::Mode(Categories::Values(_)), _) => check_countable,
            (_, Some(Categories::Bins { .. })) => check_numeric,
            (_, Some(Categories::Modulo { .. })) => check_integer,
            _ => check_categorical,
        };
        let mut place =
            |name: Option<&str>, check| name.map(|name| place(schema, name, check, request)).transpose();
        parts.push(PartRoles {
            value: place(part.value_column(), check_numeric)?,
            lookup: place(part.lookup_column(), check_numeric)?,
            category: place(part.category_column(), check)?,
        });
    }
    Ok(parts)
}

/// Where there is one part, as in every reduction that is no summary: what that reads.
impl Deref for Roles {
    type Target = PartRoles;

    fn deref(&self) -> &PartRoles {
        &self.parts[0]
    }
}

pub(crate) fn check_numeric(name: &str, data_type: &DataType) -> Result<()> {
    if data_type.is_numeric() {
        return Ok(());
    }
    Err(CanvasError::NotNumeric { column: name.into(), data_type: data_type.clone() })
}

/// Instants are numbers, and counts of any of them mean something.
fn check_countable(name: &str, data_type: &DataType) -> Result<()> {
    if data_type.is_numeric() { Ok(()) } else { check_categorical(name, data_type) }
}

fn check_integer(name: &str, data_type: &DataType) -> Result<()> {
    match data_type {
        DataType::Bool | DataType::Int(_) | DataType::UInt(_) | DataType::Null => Ok(()),
        _ => Err(CanvasError::NotInteger { column: name.into(), data_type: data_type.clone() }),
    }
}

pub(crate) fn check_categorical(name: &str, data_type: &DataType) -> Result<()> {
    match data_type {
        DataType::Text | DataType::Bool | DataType::Int(_) | DataType::UInt(_) | DataType::Null => Ok(()),
        _ => Err(CanvasError::NotCategorical { column: name.into(), data_type: data_type.clone() }),
    }
}

/// Refuse a batch whose parts do not have the length it tells.
pub(crate) fn check_batch(batch: &Batch<'_>, columns: usize) -> Result<()> {
    let mismatch = |what: String| Err(StreamError::Mismatch { name: "batch".into(), what }.into());
    if batch.columns.len() != columns {
        return mismatch(format!("{} columns, {columns} were asked for", batch.columns.len()));
    }
    for column in &batch.columns {
        if column.values.len() != batch.rows {
            return mismatch(format!("a column of {} values in {} rows", column.values.len(), batch.rows));
        }
        if let Some(Bitmap { bits, offset }) = column.validity
            && bits.len().saturating_mul(8) < offset.saturating_add(batch.rows)
        {
            let bits = bits.len() * 8;
            return mismatch(format!("{bits} validity bits for {} rows from bit {offset}", batch.rows));
        }
    }
    Ok(())
}

/// Rows `start ..` of a column as float64: in place if that is what they are, else converted into `converted`.
pub(crate) fn as_f64<'a>(
    column: &Column<'a>,
    start: usize,
    rows: usize,
    converted: &'a mut [f64],
) -> Result<&'a [f64]> {
    if let Values::F64(values) = &column.values {
        return Ok(&values[start..start + rows]);
    }
    convert(column, start, &mut converted[..rows])?;
    Ok(&converted[..rows])
}

/// Rows `start ..` of a column as float64, missing ones as NaN.
pub(crate) fn convert_missing(column: &Column<'_>, start: usize, target: &mut [f64]) -> Result<()> {
    convert(column, start, target)?;
    if let Some(validity) = column.validity {
        for_each_missing(validity, start, target.len(), |row| target[row] = f64::NAN);
    }
    Ok(())
}

/// Rows `start ..` of a column as float64; what missing rows hold is arbitrary.
fn convert(column: &Column<'_>, start: usize, target: &mut [f64]) -> Result<()> {
    let rows = start..start + target.len();
    macro_rules! each {
        ($values:expr, $convert:expr) => {
            for (target, value) in target.iter_mut().zip(&$values[rows]) {
                *target = $convert(*value);
            }
        };
    }
    match &column.values {
        Values::F64(values) => target.copy_from_slice(&values[rows]),
        Values::F32(values) => each!(values, f64::from),
        Values::Bool(values) => each!(values, |value: u8| f64::from(u8::from(value != 0))),
        Values::I8(values) => each!(values, f64::from),
        Values::I16(values) => each!(values, f64::from),
        Values::I32(values) => each!(values, f64::from),
        Values::I64(values) => each!(values, |value| value as f64),
        Values::U8(values) => each!(values, f64::from),
        Values::U16(values) => each!(values, f64::from),
        Values::U32(values) => each!(values, f64::from),
        Values::U64(values) => each!(values, |value| value as f64),
        Values::Text(_) | Values::Binary(_) | Values::Lists(_) | Values::Dictionary { .. } => {
            return Err(StreamError::Mismatch {
                name: "batch".into(),
                what: "text, bytes or lists in a column whose schema says numbers".into(),
            }
            .into());
        }
    }
    Ok(())
}

/// Call `missing` with each of the rows `0 .. rows`, counted from `start`, that has no value.
pub(crate) fn for_each_missing(
    validity: Bitmap<'_>,
    start: usize,
    rows: usize,
    mut missing: impl FnMut(usize),
) {
    const WORD: usize = 64;
    let mut row = 0;
    while row < rows {
        let bit = validity.offset + start + row;
        // Whole words of present values are the rule: look at 57 rows or more at once, from the byte on.
        if let Some(bytes) = validity.bits.get(bit / 8..bit / 8 + 8) {
            let mut eight = [0; 8];
            eight.copy_from_slice(bytes);
            let word = u64::from_le_bytes(eight) >> (bit % 8);
            let count = (WORD - bit % 8).min(rows - row);
            let all = if count == WORD { u64::MAX } else { (1 << count) - 1 };
            let mut absent = !word & all;
            while absent != 0 {
                missing(row + absent.trailing_zeros() as usize);
                absent &= absent - 1;
            }
            row += count;
        } else {
            if !validity.is_valid(start + row) {
                missing(row);
            }
            row += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_rows_are_found_at_every_offset() {
        let bits: Vec<u8> = (0..40u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8 | 0x11).collect();
        for offset in 0..20 {
            for start in [0, 1, 7, 64] {
                for rows in [0, 1, 5, 63, 64, 65, 130, 200] {
                    let validity = Bitmap { bits: &bits, offset };
                    let mut found = Vec::new();
                    for_each_missing(validity, start, rows, |row| found.push(row));
                    let expected: Vec<usize> =
                        (0..rows).filter(|row| !validity.is_valid(start + row)).collect();
                    assert_eq!(found, expected, "offset {offset}, start {start}, {rows} rows");
                }
            }
        }
    }
}
