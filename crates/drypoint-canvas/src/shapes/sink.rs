//! One thread's cells, and how the spans of a row get there: all pixels of a row bring the same value, category and key.

use std::sync::Arc;

use drypoint_memory::MemoryConsumer;
use drypoint_stream::Batch;

use super::spans::Spans;
use crate::columns::{PartRoles, convert_missing};
use crate::fold::{Accumulator, Directory, Folded, Interner, RowRuns, SharedCounts};
use crate::mapping::GridMap;
use crate::raw::{BLOCK_ROWS, Block, Isa, NOWHERE};
use crate::{Reduction, Result};

/// Shorter spans are visited pixel by pixel: two differences are four times the bytes of two counters.
const SHORT: usize = 4;

/// What all pixels of a row bring.
#[derive(Clone, Copy)]
pub(super) struct RowData {
    value: f64,
    /// What the row has in a second column.
    lookup: f64,
    code: u32,
    number: u32,
}

/// Visits that wait to be folded together.
struct Waiting {
    visits: usize,
    pixels: [u32; BLOCK_ROWS],
    values: [f64; BLOCK_ROWS],
    lookups: [f64; BLOCK_ROWS],
    codes: [u32; BLOCK_ROWS],
    numbers: [u32; BLOCK_ROWS],
}

pub(super) struct Sink {
    width: usize,
    cells: usize,
    consumer: MemoryConsumer,
    accumulator: Accumulator,
    interner: Option<Interner>,
    spans: Option<Spans>,
    block: Box<Block>,
    waiting: Box<Waiting>,
    has_values: bool,
    has_lookups: bool,
    /// The rows read, if their numbers are told.
    runs: Option<RowRuns>,
    /// The key of the batch's first row.
    order: u64,
}

/// Whether spans count what the reduction folds: they know neither values nor categories.
pub(super) fn spans_suit(reduction: &Reduction) -> bool {
    matches!(reduction, Reduction::Count(None) | Reduction::Any(None))
}

impl Sink {
    /// Bytes besides the planes and the spans.
    pub(super) const OWN_BYTES: usize = size_of::<Block>() + size_of::<Waiting>();

    pub(super) fn new(
        reduction: &Reduction,
        grid: &GridMap,
        shared: &Arc<SharedCounts>,
        with_spans: bool,
        consumer: &MemoryConsumer,
    ) -> Result<Self> {
        let mut accumulator = Accumulator::new(reduction, shared);
        let interner = match reduction.category_column() {
            Some(_) => Some(Interner::new()),
            None => {
                accumulator.add_plane(0, grid.cells(), consumer)?;
                None
            }
        };
        let spans = with_spans.then(|| Spans::new(grid.width, grid.height, consumer)).transpose()?;
        Ok(Self {
            width: grid.width,
            cells: grid.cells(),
            consumer: consumer.clone(),
            accumulator,
            interner,
            spans,
            block: Block::new(Isa::detect()),
            waiting: Box::new(Waiting {
                visits: 0,
                pixels: [NOWHERE; BLOCK_ROWS],
                values: [f64::NAN; BLOCK_ROWS],
                lookups: [f64::NAN; BLOCK_ROWS],
                codes: [NOWHERE; BLOCK_ROWS],
                numbers: [0; BLOCK_ROWS],
            }),
            has_values: reduction.value_column().is_some(),
            has_lookups: reduction.lookup_column().is_some(),
            runs: reduction.numbers_rows().then(RowRuns::default),
            order: 0,
        })
    }

    /// To be called before the rows of a batch.
    pub(super) fn begin(&mut self, batch: &Batch<'_>, roles: PartRoles, order: u64) -> Result<()> {
        self.order = order;
        if let (Some(interner), Some(category)) = (&mut self.interner, roles.category) {
            interner.begin_batch(&batch.columns[category]);
        }
        match &mut self.runs {
            Some(runs) => runs.note(order, batch.rows, &self.consumer),
            None => Ok(()),
        }
    }

    /// What a row of the batch brings; None if it is not folded, because its value or its category is missing.
    pub(super) fn row(
        &mut self,
        batch: &Batch<'_>,
        roles: PartRoles,
        row: usize,
        directory: Option<&Directory>,
    ) -> Result<Option<RowData>> {
        let (mut value, mut lookup, mut code) = ([f64::NAN], [f64::NAN], [NOWHERE]);
        if let Some(column) = roles.value {
            convert_missing(&batch.columns[column], row, &mut value)?;
            if value[0].is_nan() {
                return Ok(None);
            }
        }
        if let Some(column) = roles.lookup {
            convert_missing(&batch.columns[column], row, &mut lookup)?;
        }
        if let (Some(interner), Some(column), Some(directory)) =
            (&mut self.interner, roles.category, directory)
        {
            let (accumulator, cells, consumer) = (&mut self.accumulator, self.cells, &self.consumer);
            let mut met = |number| Ok(accumulator.add_plane(number, cells, consumer)?);
            interner.encode(directory, &batch.columns[column], row, &mut code, &mut met)?;
            if code[0] == NOWHERE {
                return Ok(None);
            }
        }
        Ok(Some(RowData { value: value[0], lookup: lookup[0], code: code[0], number: row as u32 }))
    }

    /// Visit pixels `first .. end` of a line.
    #[inline]
    pub(super) fn span(&mut self, line: usize, first: usize, end: usize, data: &RowData) {
        if end - first > SHORT
            && let Some(spans) = &mut self.spans
        {
            spans.add(line, first, end);
            if spans.is_full() {
                self.drain();
            }
            return;
        }
        let mut at = (line * self.width + first) as u32;
        let mut left = end - first;
        while left > 0 {
            let waiting = &mut *self.waiting;
            let start = waiting.visits;
            let count = left.min(BLOCK_ROWS - start);
            for (pixel, here) in waiting.pixels[start..start + count].iter_mut().zip(at..) {
                *pixel = here;
            }
            if self.has_values {
                waiting.values[start..start + count].fill(data.value);
            }
            if self.has_lookups {
                waiting.lookups[start..start + count].fill(data.lookup);
            }
            if self.interner.is_some() {
                waiting.codes[start..start + count].fill(data.code);
            }
            if self.accumulator.is_ordered() {
                waiting.numbers[start..start + count].fill(data.number);
            }
            waiting.visits += count;
            (at, left) = (at + count as u32, left - count);
            if waiting.visits == BLOCK_ROWS {
                self.flush();
            }
        }
    }

    /// Make the visits that wait. To be called after the rows of a batch, because their keys are counted from its first.
    pub(super) fn flush(&mut self) {
        type Never = std::convert::Infallible;
        let Waiting { visits, pixels, values, lookups, codes, numbers } = &mut *self.waiting;
        let count = std::mem::take(visits);
        if count == 0 {
            return;
        }
        let block = &mut self.block;
        block.place(count, self.cells, |target| target.copy_from_slice(&pixels[..count]));
        if self.has_values {
            let Ok(()) = block.fill_values(|target| -> std::result::Result<(), Never> {
                target.copy_from_slice(&values[..count]);
                Ok(())
            });
        }
        if self.has_lookups {
            let Ok(()) = block.fill_lookups(|target| -> std::result::Result<(), Never> {
                target.copy_from_slice(&lookups[..count]);
                Ok(())
            });
        }
        if self.interner.is_some() {
            let Ok(()) = block.fill_codes(|target| -> std::result::Result<(), Never> {
                target.copy_from_slice(&codes[..count]);
                Ok(())
            });
        }
        if self.accumulator.is_ordered() {
            block.fill_row_numbers(|target| target.copy_from_slice(&numbers[..count]));
        }
        self.accumulator.add(&block.close(self.order));
    }

    /// Put what spans counted into the cells.
    fn drain(&mut self) {
        let Some(spans) = &mut self.spans else { return };
        match &mut self.accumulator {
            Accumulator::Count(counters) => {
                spans.drain(|cell, count| counters.put(0, cell, u64::from(count)));
            }
            Accumulator::Any(cells) => spans.drain(|cell, _| cells.planes[0][cell] = 1),
            _ => unreachable!("spans are made for counts only"),
        }
    }

    /// What was folded.
    pub(super) fn into_folded(mut self) -> Folded {
        self.drain();
        let numbers = self.interner.map_or_else(|| vec![0], |interner| interner.numbers);
        Folded { accumulator: self.accumulator, numbers, runs: self.runs.unwrap_or_default() }
    }
}
