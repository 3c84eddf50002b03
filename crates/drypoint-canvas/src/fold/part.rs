//! What a thread holds for one reduction, and how the parts of all threads become an aggregate.
//!
//! A summary is several reductions of the same rows in one pass: a thread has a [`Part`] for each. A mark finds the pixels
//! of its rows once (or once for each part, where that is cheap) and hands them to every part.

use std::sync::Arc;

use drypoint_memory::MemoryConsumer;
use drypoint_stream::{Batch, Column};

use super::{Accumulator, Directories, Interner, RowNumbers, RowRuns, SharedCounts};
use crate::columns::{PartRoles, convert_missing};
use crate::raw::Block;
use crate::{Aggregate, Canvas, Reduction, Result};

/// The cells of one thread and one reduction.
pub(crate) struct Part {
    pub(crate) accumulator: Accumulator,
    pub(crate) interner: Option<Interner>,
    runs: Option<RowRuns>,
    /// Past the keys so far, while every batch stood behind those before it, as the batches of a reader do.
    rising: Option<u64>,
    cells: usize,
    consumer: MemoryConsumer,
}

impl Part {
    /// `reduction` is no summary, but a part of one.
    pub(crate) fn new(
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
        let runs = reduction.numbers_rows().then(RowRuns::default);
        Ok(Self { accumulator, interner, runs, rising: Some(0), cells, consumer: consumer.clone() })
    }

    /// One for each reduction of a summary, and as many [shared counts](SharedCounts::for_parts).
    pub(crate) fn all(
        reduction: &Reduction,
        cells: usize,
        shared: &[Arc<SharedCounts>],
        consumer: &MemoryConsumer,
    ) -> Result<Vec<Self>> {
        let parts = reduction.parts().into_iter().zip(shared);
        parts.map(|(part, shared)| Self::new(part, cells, shared, consumer)).collect()
    }

    /// To be called once for each batch before its rows are folded; `key` is that of its first row.
    pub(crate) fn begin(&mut self, batch: &Batch<'_>, roles: PartRoles, key: u64) -> Result<()> {
        if let (Some(interner), Some(category)) = (&mut self.interner, roles.category) {
            interner.begin_batch(&batch.columns[category]);
        }
        self.rising = self.rising.filter(|end| key >= *end).map(|_| key.saturating_add(batch.rows as u64));
        match &mut self.runs {
            Some(runs) => runs.note(key, batch.rows, &self.consumer),
            None => Ok(()),
        }
    }

    /// The codes of the categories of rows from `start` on.
    pub(crate) fn encode(
        &mut self,
        directories: &Directories,
        part: usize,
        column: &Column<'_>,
        start: usize,
        codes: &mut [u32],
    ) -> Result<()> {
        let Self { accumulator, interner, cells, consumer, .. } = self;
        if let (Some(interner), Some(directory)) = (interner, directories.get(part)) {
            let mut met = |number| Ok(accumulator.add_plane(number, *cells, consumer)?);
            interner.encode(directory, column, start, codes, &mut met)?;
        }
        Ok(())
    }

    /// Fold a block whose row `i` is row `start + i` of `batch`, which has this key, in the pixels that the block has.
    pub(crate) fn fold(
        &mut self,
        block: &mut Block,
        batch: &Batch<'_>,
        start: usize,
        key: u64,
        roles: PartRoles,
        (directories, part): (&Directories, usize),
    ) -> Result<()> {
        if let Some(value) = roles.value {
            let column = &batch.columns[value];
            block.fill_values(|values| convert_missing(column, start, values))?;
        }
        if let Some(lookup) = roles.lookup {
            let column = &batch.columns[lookup];
            block.fill_lookups(|values| convert_missing(column, start, values))?;
        }
        if let Some(category) = roles.category {
            let column = &batch.columns[category];
            block.fill_codes(|codes| self.encode(directories, part, column, start, codes))?;
        }
        if self.accumulator.is_ordered() {
            block.number_rows();
        }
        match self.rising {
            Some(_) => self.accumulator.add_rising(&block.close(key)),
            None => self.accumulator.add(&block.close(key)),
        }
        Ok(())
    }

    /// What is left when all rows were folded.
    pub(crate) fn into_folded(self) -> Folded {
        let numbers = self.interner.map_or_else(|| vec![0], |interner| interner.numbers);
        Folded { accumulator: self.accumulator, numbers, runs: self.runs.unwrap_or_default() }
    }
}

/// What one thread folded of one reduction.
pub(crate) struct Folded {
    pub(crate) accumulator: Accumulator,
    /// The directory's number of each plane.
    pub(crate) numbers: Vec<u32>,
    pub(crate) runs: RowRuns,
}

impl Folded {
    /// The aggregate of what all threads folded: for each thread, one for each part of the reduction. There is at least
    /// one thread. Rows and those without a pixel are (seen, skipped).
    pub(crate) fn finish(
        threads: Vec<Vec<Self>>,
        canvas: &Canvas,
        reduction: &Reduction,
        directories: &Directories,
        seen: (u64, u64),
        consumer: &MemoryConsumer,
    ) -> Result<Aggregate> {
        let parts: Vec<Reduction> = reduction.parts().into_iter().cloned().collect();
        Self::finish_as(threads, canvas, reduction, &parts, directories, seen, consumer)
    }

    /// The same where the cells of each part fold something else than the part says, as those of strokes do.
    pub(crate) fn finish_as(
        threads: Vec<Vec<Self>>,
        canvas: &Canvas,
        reduction: &Reduction,
        cells_fold: &[Reduction],
        directories: &Directories,
        (rows, skipped): (u64, u64),
        consumer: &MemoryConsumer,
    ) -> Result<Aggregate> {
        let cells = canvas.pixels();
        let mut threads: Vec<_> = threads.into_iter().map(Vec::into_iter).collect();
        let mut parts = Vec::new();
        for (place, part) in reduction.parts().into_iter().enumerate() {
            let mut accumulators = Vec::new();
            let mut runs = Vec::new();
            for folded in threads.iter_mut().filter_map(Iterator::next) {
                accumulators.push((folded.accumulator, folded.numbers));
                runs.push(folded.runs);
            }
            let (categories, numbers) = directories.sorted(place);
            let fold = &cells_fold[place];
            let mut finished = Accumulator::finish(accumulators, &numbers, fold, cells, consumer)?;
            finished.number_rows(fold, &RowNumbers::new(runs));
            parts.push(Aggregate::finished(
                canvas.clone(),
                part.clone(),
                categories,
                rows,
                skipped,
                finished,
            ));
        }
        match (reduction, parts.pop()) {
            (Reduction::Summary(_), last) => {
                parts.extend(last);
                Ok(Aggregate::of_parts(canvas.clone(), reduction.clone(), parts, consumer)?)
            }
            (_, Some(only)) => Ok(only),
            (_, None) => unreachable!("every reduction has a part"),
        }
    }
}
