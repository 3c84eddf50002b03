//! Lists of numbers and of positions, from offsets of any width to the few slices that a batch lends.
//!
//! Offsets are always copied, because each has to be checked anyway and there are few of them beside the items; items
//! are lent where they are float64 already.

use crate::arrow::layout::{Element, Items, Level, ListLayout};
use crate::arrow::run::Span;
use crate::arrow::scratch::{Room, corrupt, unsupported};
use crate::{Bitmap, Lists, Result, Values};

/// The buffers of lists.
#[derive(Clone, Copy)]
pub(crate) struct ListBody<'b, 'a> {
    /// The offsets of each level.
    pub(crate) levels: &'b [Span<'a>],
    /// Of the items.
    pub(crate) items: [Span<'a>; 2],
    /// Which items there are, from this one on.
    pub(crate) present: Option<(Bitmap<'a>, u64)>,
    /// The list of the first row.
    pub(crate) first: u64,
}

/// Lists `first ..` of the outermost level, one for each of `rows`.
pub(crate) fn lists<'a>(
    layout: &ListLayout,
    body: ListBody<'_, 'a>,
    rows: usize,
    offsets_room: &'a mut Room,
    items_room: &'a mut Room,
    source: &str,
) -> Result<Lists<'a>> {
    let mut ranges = [(0, 0); Lists::LEVELS];
    let mut range = (body.first, body.first.saturating_add(rows as u64));
    let mut total = 0usize;
    for (depth, level) in layout.levels.iter().enumerate() {
        ranges[depth] = range;
        total += (range.1 - range.0) as usize + 1;
        range = items_of(*level, body.levels.get(depth), range, source)?;
    }
    if range.1 - range.0 > i32::MAX as u64 {
        return Err(unsupported(source, format!("{} items in the lists of {rows} rows", range.1 - range.0)));
    }
    let mut room: &mut [i32] = offsets_room.items(total)?;
    let mut offsets: [&[i32]; Lists::LEVELS] = [&[]; Lists::LEVELS];
    for (depth, level) in layout.levels.iter().enumerate() {
        let (first, last) = ranges[depth];
        let (here, rest) = room.split_at_mut((last - first) as usize + 1);
        fill(*level, body.levels.get(depth), (first, last), here, source)?;
        offsets[depth] = here;
        room = rest;
    }
    let (x, y) = items(layout.items, &body, range, items_room, source)?;
    let positions = !matches!(layout.items, Items::Numbers(_));
    Ok(Lists { offsets, rows, x, y, step: layout.items.step(), positions })
}

/// The items of lists `range.0 .. range.1`, in the numbers of the next level.
fn items_of(level: Level, offsets: Option<&Span<'_>>, range: (u64, u64), source: &str) -> Result<(u64, u64)> {
    match level {
        Level::Fixed(size) => {
            let before = offsets.map_or(0, |span| span.base);
            let place = |list: u64| list.checked_add(before)?.checked_mul(size as u64);
            place(range.0).zip(place(range.1)).ok_or_else(|| corrupt(source, "lists without end"))
        }
        // An array without rows may come without its only offset.
        Level::Offsets { .. } if range.0 == range.1 => Ok((0, 0)),
        Level::Offsets { wide } => {
            let found = (offset(offsets, wide, range.0, source)?, offset(offsets, wide, range.1, source)?);
            if found.0 > found.1 {
                return Err(corrupt(source, format!("lists at {}..{}", found.0, found.1)));
            }
            Ok(found)
        }
    }
}

fn offset(offsets: Option<&Span<'_>>, wide: bool, index: u64, source: &str) -> Result<u64> {
    let width = if wide { 8 } else { 4 };
    let bytes = index.checked_mul(width).and_then(|at| offsets?.get(at, at.checked_add(width)?));
    let value = bytes.and_then(|bytes| match *bytes {
        [a, b, c, d] => u64::try_from(i32::from_le_bytes([a, b, c, d])).ok(),
        [a, b, c, d, e, f, g, h] => u64::try_from(i64::from_le_bytes([a, b, c, d, e, f, g, h])).ok(),
        _ => None,
    });
    value.ok_or_else(|| corrupt(source, format!("list {index} has no offset, or one below 0")))
}

/// Offsets counted from the first item of the batch.
fn fill(
    level: Level,
    offsets: Option<&Span<'_>>,
    (first, last): (u64, u64),
    target: &mut [i32],
    source: &str,
) -> Result<()> {
    let Level::Offsets { wide } = level else {
        let Level::Fixed(size) = level else { return Ok(()) };
        target.iter_mut().zip(0..).for_each(|(target, list): (_, usize)| *target = (list * size) as i32);
        return Ok(());
    };
    if first == last {
        target.fill(0);
        return Ok(());
    }
    let start = offset(offsets, wide, first, source)?;
    let mut before = start;
    for (target, list) in target.iter_mut().zip(first..) {
        let at = offset(offsets, wide, list, source)?;
        let disordered =
            || corrupt(source, format!("list {list} ends at {at}, before it begins at {before}"));
        if at < before {
            return Err(disordered());
        }
        before = at;
        *target = i32::try_from(at - start)
            .map_err(|_| unsupported(source, format!("{} items in the lists of a batch", at - start)))?;
    }
    Ok(())
}

/// The numbers of items `range`, x and y of positions.
fn items<'a>(
    items: Items,
    body: &ListBody<'_, 'a>,
    range: (u64, u64),
    room: &'a mut Room,
    source: &str,
) -> Result<(&'a [f64], &'a [f64])> {
    let element = items.element();
    let bytes_of = |span: &Span<'a>| {
        let width = (element.width() * items.step()) as u64;
        let ends = range.0.checked_mul(width).zip(range.1.checked_mul(width));
        let bytes = ends.and_then(|(start, end)| span.get(start, end));
        bytes.ok_or_else(|| {
            corrupt(source, format!("lists of items {}..{} that are not there", range.0, range.1))
        })
    };
    let lent = |bytes: &'a [u8]| match element.values(bytes) {
        Some(Values::F64(values)) if body.present.is_none() => Some(values),
        _ => None,
    };
    let x = bytes_of(&body.items[0])?;
    match items {
        Items::Numbers(_) => match lent(x) {
            Some(values) => Ok((values, &[])),
            None => {
                let target: &mut [f64] = room.items(x.len() / element.width())?;
                convert(element, x, target);
                if let Some((present, from)) = body.present {
                    let start = (range.0 - from) as usize;
                    let end = present.offset.saturating_add(start).saturating_add(target.len());
                    if end > present.bits.len().saturating_mul(8) {
                        return Err(corrupt(source, "items without their bits"));
                    }
                    for (value, item) in target.iter_mut().zip(start..) {
                        if !present.is_valid(item) {
                            *value = f64::NAN;
                        }
                    }
                }
                Ok((target, &[]))
            }
        },
        Items::Interleaved(..) => {
            let numbers = match lent(x) {
                Some(values) => values,
                None => {
                    let target: &mut [f64] = room.items(x.len() / element.width())?;
                    convert(element, x, target);
                    target
                }
            };
            Ok((numbers, numbers.get(1..).unwrap_or_default()))
        }
        Items::Separated(_) => {
            let y = bytes_of(&body.items[1])?;
            match lent(x).zip(lent(y)) {
                Some(both) => Ok(both),
                None => {
                    let count = x.len() / element.width();
                    let target: &mut [f64] = room.items(count * 2)?;
                    let (to_x, to_y) = target.split_at_mut(count);
                    convert(element, x, to_x);
                    convert(element, y, to_y);
                    Ok((to_x, to_y))
                }
            }
        }
    }
}

/// Numbers of any type and alignment as float64.
fn convert(element: Element, bytes: &[u8], target: &mut [f64]) {
    fn each<const N: usize>(bytes: &[u8], target: &mut [f64], convert: impl Fn([u8; N]) -> f64) {
        let (values, _) = bytes.as_chunks::<N>();
        target.iter_mut().zip(values).for_each(|(target, value)| *target = convert(*value));
    }
    match element {
        Element::Bool => each(bytes, target, |[value]| f64::from(u8::from(value != 0))),
        Element::I8 => each(bytes, target, |value| f64::from(i8::from_le_bytes(value))),
        Element::U8 => each(bytes, target, |[value]| f64::from(value)),
        Element::I16 => each(bytes, target, |value| f64::from(i16::from_le_bytes(value))),
        Element::U16 => each(bytes, target, |value| f64::from(u16::from_le_bytes(value))),
        Element::I32 => each(bytes, target, |value| f64::from(i32::from_le_bytes(value))),
        Element::U32 => each(bytes, target, |value| f64::from(u32::from_le_bytes(value))),
        Element::I64 => each(bytes, target, |value| i64::from_le_bytes(value) as f64),
        Element::U64 => each(bytes, target, |value| u64::from_le_bytes(value) as f64),
        Element::F32 => each(bytes, target, |value| f64::from(f32::from_le_bytes(value))),
        Element::F64 => each(bytes, target, f64::from_le_bytes),
    }
}
