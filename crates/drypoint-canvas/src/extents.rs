//! The ranges of columns: from statistics where a source has them, else one pass at the speed of memory.

use drypoint_stream::{Batch, Extent, Source, StreamError};

use crate::columns::{as_f64, check_batch, for_each_missing};
use crate::drive::drive;
use crate::options::Options;
use crate::raw::{BLOCK_ROWS, Isa, extent_of};
use crate::{CanvasError, Result, Scale};

/// Rows that are looked at together: a column's part of them stays in the second-level cache.
const RUN_ROWS: usize = 16 * 1024;

/// The finite extent of each column, `None` where no row has a finite value (above 0 for [`Scale::Log`]).
///
/// What the source knows is taken from it; for the rest its rows are read once, on several threads.
pub fn extents(
    source: &dyn Source,
    columns: &[(&str, Scale)],
    options: &Options,
) -> Result<Vec<Option<Extent>>> {
    let mut fold = ExtentsFold::new(columns, options);
    fold.consume(source)?;
    Ok(fold.finish())
}

/// The extents of many sources, one after the other.
pub struct ExtentsFold {
    columns: Vec<(String, Scale)>,
    options: Options,
    found: Vec<Option<Extent>>,
}

impl ExtentsFold {
    /// Nothing is read yet.
    pub fn new(columns: &[(&str, Scale)], options: &Options) -> Self {
        Self {
            columns: columns.iter().map(|(name, scale)| (name.to_string(), *scale)).collect(),
            options: options.clone(),
            found: vec![None; columns.len()],
        }
    }

    /// Widen the extents by those of a source.
    pub fn consume(&mut self, source: &dyn Source) -> Result<()> {
        let schema = source.schema();
        // Columns to read, and for each of ours its place among them; none where the extent is known.
        let mut request: Vec<usize> = Vec::new();
        let mut places: Vec<Option<usize>> = Vec::new();
        for (index, (name, scale)) in self.columns.iter().enumerate() {
            let column = schema.index_of(name)?;
            let data_type = &schema.fields[column].data_type;
            if !data_type.is_numeric() {
                return Err(CanvasError::NotNumeric { column: name.clone(), data_type: data_type.clone() });
            }
            let known = source.extent(column).filter(|extent| *scale == Scale::Linear || extent.min > 0.0);
            if let Some(known) = known {
                widen(&mut self.found[index], known);
                places.push(None);
                continue;
            }
            let place = request.iter().position(|known| *known == column);
            places.push(Some(place.unwrap_or_else(|| {
                request.push(column);
                request.len() - 1
            })));
        }
        if request.is_empty() {
            return Ok(());
        }
        if source.one_shot() {
            let what =
                "its ranges are not known and it can be read only once; give them or let the canvas grow";
            return Err(StreamError::Unsupported { name: source.name(), what: what.into() }.into());
        }
        let mut request = drypoint_stream::Request {
            columns: request,
            batch_rows: self.options.batch_rows.unwrap_or(RUN_ROWS),
            readers: self.options.wanted_threads(),
            consumer: self.options.consumer.clone(),
            cancel: self.options.cancel.clone(),
        };
        let needs = source.needs(&request)?;
        // A reader that does not fit is not missed: this pass is bound by memory, not by cores.
        let free = self.options.consumer.pool().available().saturating_sub(needs.shared_bytes);
        let fit = free.checked_div(needs.reader_bytes).unwrap_or(usize::MAX);
        request.readers = request.readers.min(needs.max_readers).min(fit).max(1);
        let mut workers: Vec<Extremes> =
            (0..request.readers).map(|_| Extremes::new(self.columns.len())).collect();
        let columns = &self.columns;
        drive(source, &request, &mut workers, self.options.progress.as_deref(), |worker, batch| {
            check_batch(batch, request.columns.len())?;
            for (index, place) in places.iter().enumerate() {
                if let Some(place) = place {
                    worker.look(index, batch, *place, columns[index].1, 0, batch.rows)?;
                }
            }
            Ok(())
        })?;
        for worker in workers {
            for (found, new) in self.found.iter_mut().zip(worker.found) {
                if let Some(new) = new {
                    widen(found, new);
                }
            }
        }
        Ok(())
    }

    /// The extents of all that was consumed.
    pub fn finish(self) -> Vec<Option<Extent>> {
        self.found
    }
}

pub(crate) fn widen(found: &mut Option<Extent>, new: Extent) {
    *found = Some(found.map_or(new, |found| found.union(new)));
}

/// One thread's extents.
pub(crate) struct Extremes {
    isa: Isa,
    pub(crate) found: Vec<Option<Extent>>,
    converted: Box<[f64; BLOCK_ROWS]>,
}

impl Extremes {
    pub(crate) fn new(columns: usize) -> Self {
        Self { isa: Isa::detect(), found: vec![None; columns], converted: Box::new([0.0; BLOCK_ROWS]) }
    }

    /// Widen extent `index` by rows `first .. end` of a column of a batch that was checked.
    pub(crate) fn look(
        &mut self,
        index: usize,
        batch: &Batch<'_>,
        column: usize,
        scale: Scale,
        first: usize,
        end: usize,
    ) -> Result<()> {
        let column = &batch.columns[column];
        let above = if scale == Scale::Log { 0.0 } else { f64::NEG_INFINITY };
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut start = first;
        while start < end {
            let rows = BLOCK_ROWS.min(end - start);
            let values = as_f64(column, start, rows, &mut *self.converted)?;
            let part = match column.validity {
                None => extent_of(self.isa, values, above),
                Some(validity) => {
                    let mut present = [0.0; BLOCK_ROWS];
                    present[..rows].copy_from_slice(values);
                    for_each_missing(validity, start, rows, |row| present[row] = f64::NAN);
                    extent_of(self.isa, &present[..rows], above)
                }
            };
            (min, max) = (min.min(part.0), max.max(part.1));
            start += rows;
        }
        if min <= max {
            widen(&mut self.found[index], Extent { min, max });
        }
        Ok(())
    }
}
