//! Record batches of others, cut into runs. Only whole arrays are looked at here; what they hold is checked by
//! the decoder, for a producer's offsets and keys are as little ours as a file's.

use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_data::ArrayData;
use drypoint_memory::MemoryConsumer;

use crate::arrow::dictionary::Dictionary;
use crate::arrow::layout::{Items, Layout, Level, ListLayout};
use crate::arrow::run::{Body, Run, Span, decode};
use crate::arrow::scratch::{Scratch, corrupt, unsupported};
use crate::{Bitmap, Column, Result};

/// A record batch as plain array data: no typed arrays, whose making could panic on a producer's mistake.
#[derive(Debug, Clone)]
pub(crate) struct Imported {
    pub(crate) rows: usize,
    columns: Vec<ArrayData>,
}

impl From<&RecordBatch> for Imported {
    fn from(batch: &RecordBatch) -> Self {
        Self {
            rows: batch.num_rows(),
            columns: batch.columns().iter().map(|column| column.to_data()).collect(),
        }
    }
}

impl Imported {
    /// A table of one column.
    pub(crate) fn of_column(data: ArrayData) -> Self {
        Self { rows: data.len(), columns: vec![data] }
    }

    /// The children of a struct array, as streams deliver record batches. Rows that the struct itself marks as
    /// missing keep their children's values: a record batch has no such rows.
    pub(crate) fn of_struct(data: &ArrayData, source: &str) -> Result<Self> {
        let (start, rows) = (data.offset(), data.len());
        let end = start.checked_add(rows);
        let columns = data.child_data().iter().map(|child| {
            if end.is_none_or(|end| end > child.len()) {
                let what = format!("a column of {} rows in a batch of {start} + {rows}", child.len());
                return Err(corrupt(source, what));
            }
            Ok(if start == 0 { child.clone() } else { child.slice(start, rows) })
        });
        Ok(Self { rows, columns: columns.collect::<Result<_>>()? })
    }
}

/// One reader's way from a column of record batches to a column of a batch.
pub(crate) struct ColumnReader {
    place: usize,
    layout: Layout,
    consumer: MemoryConsumer,
    scratch: Scratch,
    /// The dictionary that was built last, and the array it was built from: as long as that is held nobody else's
    /// values can lie at its address, so the same address means the same values.
    dictionary: Option<(ArrayData, Dictionary)>,
}

impl ColumnReader {
    pub(crate) fn new(
        place: usize,
        layout: &Layout,
        source: &Arc<str>,
        consumer: &MemoryConsumer,
        lane: usize,
    ) -> Self {
        let scratch = Scratch::new(source, consumer, lane);
        Self { place, layout: layout.clone(), consumer: consumer.clone(), scratch, dictionary: None }
    }

    /// Rows `start .. start + rows` of `batch`.
    pub(crate) fn read<'a>(
        &'a mut self,
        batch: &'a Imported,
        start: usize,
        rows: usize,
    ) -> Result<Column<'a>> {
        let source = self.scratch.source.clone();
        let Some(data) = batch.columns.get(self.place) else {
            return Err(corrupt(&source, format!("a batch of {} columns", batch.columns.len())));
        };
        if data.len() < start + rows {
            return Err(corrupt(
                &source,
                format!("a column of {} rows in a batch of {}", data.len(), batch.rows),
            ));
        }
        if let Layout::Dictionary { values, .. } | Layout::RunEnds { values, .. } = &self.layout {
            let child = match self.layout {
                Layout::RunEnds { .. } => data.child_data().get(1),
                _ => data.child_data().first(),
            };
            let child = child.ok_or_else(|| corrupt(&source, "a dictionary without values"))?;
            if !self.dictionary.as_ref().is_some_and(|(from, _)| from.ptr_eq(child)) {
                self.dictionary = None;
                let run = run(values, child, 0, child.len(), &source)?;
                let built = Dictionary::new(values, run, &source, &self.consumer)?;
                self.dictionary = Some((child.clone(), built));
            }
        }
        let run = run(&self.layout, data, start, rows, &source)?;
        decode(&self.layout, run, self.dictionary.as_ref().map(|(_, built)| built), &mut self.scratch)
    }
}

/// The buffers of lists, each from its own list or item 0 on.
fn list_body<'a>(layout: &ListLayout, data: &'a ArrayData, first: usize, source: &str) -> Result<Body<'a>> {
    let short = || corrupt(source, "a list without its items");
    let from = |data: &'a ArrayData, width: usize| {
        let bytes = data.buffers().first().map(|buffer| buffer.as_slice()).unwrap_or_default();
        let start = data.offset().checked_mul(width);
        let bytes = start.and_then(|start| bytes.get(start..)).ok_or_else(short)?;
        Result::Ok(Span { base: 0, bytes })
    };
    let (mut levels, mut array) = (Vec::with_capacity(layout.levels.len()), data);
    for level in &layout.levels {
        levels.push(match level {
            Level::Offsets { wide } => from(array, if *wide { 8 } else { 4 })?,
            // There are no offsets that a slice of the array could begin within.
            Level::Fixed(_) => Span { base: array.offset() as u64, bytes: &[] },
        });
        array = array.child_data().first().ok_or_else(short)?;
    }
    let width = layout.items.element().width();
    let (items, leaf) = match layout.items {
        Items::Numbers(_) => ([from(array, width)?, Span::default()], Some(array)),
        Items::Interleaved(_, numbers) => {
            let child = array.child_data().first().ok_or_else(short)?;
            let span = from(child, width)?;
            let start = array.offset().checked_mul(numbers * width);
            let bytes = start.and_then(|start| span.bytes.get(start..)).ok_or_else(short)?;
            ([Span { base: 0, bytes }, Span::default()], None)
        }
        Items::Separated(_) => {
            let [x, y, ..] = array.child_data() else { return Err(short()) };
            let part = |child: &'a ArrayData| {
                let start = array.offset().checked_mul(width);
                let bytes = start.and_then(|start| from(child, width).ok()?.bytes.get(start..));
                Result::Ok(Span { base: 0, bytes: bytes.ok_or_else(short)? })
            };
            ([part(x)?, part(y)?], None)
        }
    };
    let nulls = leaf.and_then(ArrayData::nulls).filter(|nulls| nulls.null_count() > 0);
    let present = nulls.map(|nulls| (Bitmap { bits: nulls.validity(), offset: nulls.offset() }, 0));
    Ok(Body::Lists { levels, items, present, first: (first - data.offset()) as u64 })
}

/// Rows `start .. start + rows` of an array, by reference.
fn run<'a>(layout: &Layout, data: &'a ArrayData, start: usize, rows: usize, source: &str) -> Result<Run<'a>> {
    let first = data.offset() + start;
    let buffer = |index: usize| data.buffers().get(index).map(|buffer| buffer.as_slice()).unwrap_or_default();
    let cut = |bytes: &'a [u8], width: usize, count: usize| {
        let held = bytes.len();
        let end = first.checked_add(count).and_then(|end| end.checked_mul(width));
        end.and_then(|end| bytes.get(first * width..end)).ok_or_else(|| {
            corrupt(
                source,
                format!("{held} bytes where {count} values of {width} from the {first}th should be"),
            )
        })
    };
    let body = match layout {
        Layout::Null => Body::Empty,
        Layout::Bits => Body::Bits(Bitmap { bits: buffer(0), offset: first }),
        Layout::Fixed(_) | Layout::Half | Layout::Decimal { .. } | Layout::Dictionary { .. } => {
            Body::Rows(cut(buffer(0), layout.row_bytes().unwrap_or(1), rows)?)
        }
        Layout::Text { .. } | Layout::Bytes { .. } if rows == 0 => {
            Body::Text { offsets: &[], text: Span::default() }
        }
        Layout::Text { wide } | Layout::Bytes { wide } => Body::Text {
            offsets: cut(buffer(0), if *wide { 8 } else { 4 }, rows + 1)?,
            text: Span { base: 0, bytes: buffer(1) },
        },
        Layout::Views | Layout::ByteViews => Body::Views {
            views: cut(buffer(0), 16, rows)?,
            blocks: data
                .buffers()
                .iter()
                .skip(1)
                .map(|block| Span { base: 0, bytes: block.as_slice() })
                .collect(),
        },
        Layout::Lists(lists) => list_body(lists, data, first, source)?,
        Layout::RunEnds { end, .. } => {
            let ends = data.child_data().first().ok_or_else(|| corrupt(source, "runs without ends"))?;
            let width = end.width();
            let bytes = ends.buffers().first().map(|buffer| buffer.as_slice()).unwrap_or_default();
            let bytes = bytes.get(ends.offset() * width..(ends.offset() + ends.len()) * width);
            let ends = bytes.ok_or_else(|| corrupt(source, "the ends of runs are cut short"))?;
            Body::Runs { ends, first: first as u64 }
        }
        Layout::Other => return Err(unsupported(source, format!("a column of type {}", data.data_type()))),
    };
    // A column of nothing may have no bits; runs never do: their values have.
    let validity = match layout {
        Layout::Null | Layout::RunEnds { .. } => None,
        _ => data.nulls().filter(|nulls| nulls.null_count() > 0),
    };
    let validity = validity.map(|nulls| Bitmap { bits: nulls.validity(), offset: nulls.offset() + start });
    Ok(Run { rows, validity, body })
}
