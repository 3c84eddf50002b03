//! Visits on their way to the cells: pixels that were found one by one, gathered until a block is full.

use std::sync::Arc;

use drypoint_memory::MemoryConsumer;
use drypoint_stream::Column;

use crate::fold::{Accumulator, Directory, Interner, SharedCounts};
use crate::raw::{BLOCK_ROWS, Block, Isa, NOWHERE};
use crate::{Reduction, Result};

/// The cells of one thread, and visits that wait.
pub(super) struct Visits {
    cells: usize,
    consumer: MemoryConsumer,
    accumulator: Accumulator,
    interner: Option<Interner>,
    valued: bool,
    ordered: bool,
    block: Box<Block>,
    waiting: Box<Waiting>,
    /// The key of row 0 of what is visited now.
    order: u64,
}

struct Waiting {
    count: usize,
    pixels: [u32; BLOCK_ROWS],
    values: [f64; BLOCK_ROWS],
    codes: [u32; BLOCK_ROWS],
    rows: [u32; BLOCK_ROWS],
}

impl Visits {
    /// Bytes besides the cells.
    pub(super) const OWN_BYTES: usize = size_of::<Block>() + size_of::<Waiting>();

    pub(super) fn new(
        reduction: &Reduction,
        cells: usize,
        shared: &Arc<SharedCounts>,
        consumer: &MemoryConsumer,
    ) -> Result<Self> {
        let mut accumulator = Accumulator::new(reduction, shared);
        let interner = match reduction.category_column() {
            Some(_) => Some(Interner::new()),
            None => {
                accumulator.add_plane(0, cells, consumer)?;
                None
            }
        };
        let waiting = Waiting {
            count: 0,
            pixels: [0; BLOCK_ROWS],
            values: [0.0; BLOCK_ROWS],
            codes: [0; BLOCK_ROWS],
            rows: [0; BLOCK_ROWS],
        };
        Ok(Self {
            cells,
            consumer: consumer.clone(),
            valued: reduction.value_column().is_some(),
            ordered: accumulator.is_ordered(),
            accumulator,
            interner,
            block: Block::new(Isa::detect()),
            waiting: Box::new(waiting),
            order: 0,
        })
    }

    /// What comes now is of rows whose keys count from `order`; of the column of categories, if there is one.
    pub(super) fn begin(&mut self, order: u64, categories: Option<&Column<'_>>) {
        self.order = order;
        if let (Some(interner), Some(column)) = (&mut self.interner, categories) {
            interner.begin_batch(column);
        }
    }

    /// The codes of the categories of rows from `start` on.
    pub(super) fn encode(
        &mut self,
        directory: Option<&Directory>,
        column: &Column<'_>,
        start: usize,
        codes: &mut [u32],
    ) -> Result<()> {
        let Self { accumulator, interner, cells, consumer, .. } = self;
        if let (Some(interner), Some(directory)) = (interner, directory) {
            let mut met = |number| Ok(accumulator.add_plane(number, *cells, consumer)?);
            interner.encode(directory, column, start, codes, &mut met)?;
        }
        Ok(())
    }

    /// Visit a pixel, now or later. `row` is counted from where it was begun.
    #[inline(always)]
    pub(super) fn visit(&mut self, pixel: u32, value: f64, row: u32, code: u32) {
        if self.waiting.count == BLOCK_ROWS {
            self.flush();
        }
        let waiting = &mut *self.waiting;
        let at = waiting.count;
        waiting.pixels[at] = pixel;
        waiting.values[at] = value;
        waiting.codes[at] = code;
        waiting.rows[at] = row;
        waiting.count = at + 1;
    }

    /// Visit the pixels of a line from `pixel` on, each with a value of its own.
    pub(super) fn line(&mut self, pixel: u32, values: &[f64], row: u32, code: u32) {
        for (pixel, value) in (pixel..).zip(values) {
            self.visit(pixel, *value, row, code);
        }
    }

    /// Make the visits that wait.
    pub(super) fn flush(&mut self) {
        let Waiting { count, pixels, values, codes, rows } = &mut *self.waiting;
        let count = std::mem::take(count);
        if count == 0 {
            return;
        }
        type Never = std::convert::Infallible;
        let block = &mut *self.block;
        block.place(count, self.cells, |target| target.copy_from_slice(&pixels[..count]));
        if self.valued {
            let Ok(()) = block.fill_values(|target| -> std::result::Result<(), Never> {
                target.copy_from_slice(&values[..count]);
                Ok(())
            });
        }
        if self.interner.is_some() {
            let Ok(()) = block.fill_codes(|target| -> std::result::Result<(), Never> {
                target.copy_from_slice(&codes[..count]);
                Ok(())
            });
        }
        if self.ordered {
            block.fill_row_numbers(|target| target.copy_from_slice(&rows[..count]));
        }
        self.accumulator.add(&block.close(self.order));
    }

    /// The accumulator and the numbers of its planes.
    pub(super) fn into_parts(mut self) -> (Accumulator, Vec<u32>) {
        self.flush();
        (self.accumulator, self.interner.map_or_else(|| vec![0], |interner| interner.numbers))
    }
}

/// The code of what has no category, where there are any.
pub(super) const NO_CATEGORY: u32 = NOWHERE;
