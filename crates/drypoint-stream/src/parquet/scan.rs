//! A file read by several threads: each takes the next piece of work from a shared counter.
//!
//! A piece is a row group, or a part of one where there are too few groups for the readers. Parts begin where pages
//! of the first column begin; pages before a part are passed over by their headers, so that a part costs no more
//! than its own pages (and one page of each other column that does not begin there too).

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use drypoint_memory::MemoryConsumer;

use super::column::ColumnReader;
use super::fault::Fault;
use super::file::ParquetFile;
use super::footer::Footer;
use super::header::PageKind;
use super::page::{Pages, Workshop};
use super::positioned::PositionedFile;
use super::schema::Leaf;
use crate::{Batch, Cancel, Reader, Request, Result, Scan, StreamError};

/// Pieces for each reader, so that none waits long for the last.
const PIECES_EACH: usize = 4;
/// Row groups of fewer rows are not worth cutting.
const ROWS_WORTH_CUTTING: u64 = 1 << 17;
/// Where a page ends within this part of a batch, the batch ends with it, and its values stay where they are.
const SHORTEST_BATCH: usize = 4;

/// Rows of a row group that one reader reads.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub(super) group: usize,
    pub(super) rows: Range<u64>,
}

/// Cut a file into pieces for the readers of a request. Fails with the row group whose pages cannot be walked.
pub(super) fn units(
    footer: &Footer,
    leaves: &[(&str, &Leaf)],
    request: &Request,
    file: &Arc<PositionedFile>,
) -> std::result::Result<Vec<Unit>, (usize, Fault)> {
    let wanted = if request.readers > 1 { request.readers * PIECES_EACH } else { 1 };
    let pieces = wanted.div_ceil(footer.groups.len().max(1)) as u64;
    let mut units = Vec::with_capacity(footer.groups.len());
    for (group, rows) in footer.groups.iter().map(|group| group.rows).enumerate() {
        let mut first = 0;
        if let (Some((_, leaf)), true) = (leaves.first(), pieces > 1 && rows >= ROWS_WORTH_CUTTING) {
            let starts = page_starts(footer, group, leaf.index, file, &request.consumer)
                .map_err(|fault| (group, fault))?;
            for piece in 1..pieces {
                let goal = rows / pieces * piece;
                let cut = starts[starts.partition_point(|start| *start <= goal) - 1];
                if cut > first && cut < rows {
                    units.push(Unit { group, rows: first..cut });
                    first = cut;
                }
            }
        }
        if first < rows {
            units.push(Unit { group, rows: first..rows });
        }
    }
    Ok(units)
}

/// The rows at which the pages of a chunk begin, 0 first.
fn page_starts(
    footer: &Footer,
    group: usize,
    leaf: usize,
    file: &Arc<PositionedFile>,
    consumer: &MemoryConsumer,
) -> std::result::Result<Vec<u64>, Fault> {
    let mut workshop = Workshop::new(file.clone(), consumer);
    let mut pages = Pages::of(footer.chunk(group, leaf));
    let (mut starts, mut row) = (vec![0], 0);
    while let Some(header) = pages.header(&mut workshop)? {
        if let PageKind::Data(data) = header.kind {
            row += data.rows as u64;
            starts.push(row);
        }
        pages.skip(&header);
    }
    Ok(starts)
}

/// A scan of one file.
#[derive(Debug)]
pub(super) struct ParquetScan<'s> {
    source: &'s ParquetFile,
    /// Closed when all pieces are given out; readers still at work hold it.
    file: Mutex<Option<Arc<PositionedFile>>>,
    leaves: Vec<(&'s str, &'s Leaf)>,
    units: Vec<Unit>,
    /// Rows of the groups that are in none of them.
    passed_over: u64,
    next_unit: AtomicUsize,
    batch_rows: usize,
    consumer: MemoryConsumer,
    cancel: Cancel,
}

impl<'s> ParquetScan<'s> {
    pub(super) fn new(
        source: &'s ParquetFile,
        file: Arc<PositionedFile>,
        leaves: Vec<(&'s str, &'s Leaf)>,
        (units, passed_over): (Vec<Unit>, u64),
        request: &Request,
    ) -> Self {
        Self {
            source,
            file: Mutex::new(Some(file)),
            leaves,
            units,
            passed_over,
            next_unit: AtomicUsize::new(0),
            batch_rows: request.batch_rows.max(1),
            consumer: request.consumer.clone(),
            cancel: request.cancel.clone(),
        }
    }

    fn file(&self) -> MutexGuard<'_, Option<Arc<PositionedFile>>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next piece of work; with the last one, the file is let go of.
    fn take_unit(&self) -> Option<Unit> {
        let index = self.next_unit.fetch_add(1, Ordering::Relaxed);
        if index + 1 >= self.units.len() {
            *self.file() = None;
        }
        self.units.get(index).cloned()
    }

    /// Gives what was found in a column its place.
    fn fault(&self, column: usize, group: usize) -> impl Fn(Fault) -> StreamError {
        let (path, name) = (self.source.path(), self.leaves[column].0);
        move |fault| fault.in_column(path, name, group)
    }
}

impl Scan for ParquetScan<'_> {
    fn reader<'s>(&'s self) -> Result<Box<dyn Reader + 's>> {
        let work = self.file().clone().map(|file| {
            let descriptor = &self.source.footer().descriptor;
            let columns = self.leaves.iter().map(|(_, leaf)| {
                let descriptor = descriptor.column(leaf.index);
                ColumnReader::new(leaf.route, descriptor, &self.consumer, self.batch_rows)
            });
            Work {
                columns: columns.collect(),
                workshop: Workshop::new(file, &self.consumer),
                unit: Unit { group: 0, rows: 0..0 },
                begun: None,
            }
        });
        Ok(Box::new(ParquetReader { scan: self, work }))
    }

    fn passed_over(&self) -> u64 {
        self.passed_over
    }
}

/// One thread's part of a scan.
#[derive(Debug)]
struct ParquetReader<'s> {
    scan: &'s ParquetScan<'s>,
    /// Gone, with all its buffers, when there is no more to do.
    work: Option<Work>,
}

#[derive(Debug)]
struct Work {
    workshop: Workshop,
    columns: Vec<ColumnReader>,
    /// What is left of the piece in work.
    unit: Unit,
    /// The row group that the columns stand in, and at which row.
    begun: Option<(usize, u64)>,
}

impl Work {
    /// Go to the next piece; `false` if there is none.
    fn next_unit(&mut self, scan: &ParquetScan<'_>) -> Result<bool> {
        self.check_end(scan)?;
        let Some(unit) = scan.take_unit() else { return Ok(false) };
        let (group, first) = (unit.group, unit.rows.start);
        let ahead = match self.begun {
            Some((begun, row)) if begun == group && row <= first => Some(first - row),
            _ => None,
        };
        let footer = scan.source.footer();
        for (index, (column, (_, leaf))) in self.columns.iter_mut().zip(&scan.leaves).enumerate() {
            if ahead.is_none() {
                column.begin(footer.chunk(group, leaf.index));
            }
            column.skip(ahead.unwrap_or(first), &mut self.workshop).map_err(scan.fault(index, group))?;
        }
        self.begun = Some((group, first));
        self.unit = unit;
        Ok(true)
    }

    /// At the end of a row group no column may have rows left.
    fn check_end(&mut self, scan: &ParquetScan<'_>) -> Result<()> {
        let Some((group, row)) = self.begun else { return Ok(()) };
        if row == scan.source.footer().groups[group].rows {
            for (index, column) in self.columns.iter_mut().enumerate() {
                let fault = scan.fault(index, group);
                if column.has_more(&mut self.workshop).map_err(&fault)? {
                    return Err(fault(Fault::damaged(format!("more than the {row} rows promised"))));
                }
            }
            self.begun = None;
        }
        Ok(())
    }

    /// How many rows the next batch has: less than asked for if that saves copying values together from two pages.
    fn batch_rows(&mut self, scan: &ParquetScan<'_>) -> Result<usize> {
        let left = self.unit.rows.end - self.unit.rows.start;
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(scan.batch_rows);
        let mut rows = most;
        for (index, column) in self.columns.iter_mut().enumerate() {
            let fault = scan.fault(index, self.unit.group);
            rows = rows.min(column.rows_in_page(&mut self.workshop).map_err(fault)?);
        }
        Ok(if rows >= most.div_ceil(SHORTEST_BATCH) { rows } else { most })
    }

    /// Decode the next rows into the columns; the first of them in its row group, and their number.
    fn fill(&mut self, scan: &ParquetScan<'_>) -> Result<(u64, usize)> {
        let rows = self.batch_rows(scan)?;
        let group = self.unit.group;
        for (index, column) in self.columns.iter_mut().enumerate() {
            column.fill(rows, &mut self.workshop).map_err(scan.fault(index, group))?;
        }
        let first = self.unit.rows.start;
        self.unit.rows.start += rows as u64;
        self.begun = Some((group, self.unit.rows.start));
        Ok((first, rows))
    }
}

impl Reader for ParquetReader<'_> {
    fn next(&mut self) -> Result<Option<Batch<'_>>> {
        let scan = self.scan;
        scan.cancel.check()?;
        while let Some(work) = &mut self.work
            && work.unit.rows.is_empty()
        {
            if !work.next_unit(scan)? {
                self.work = None;
            }
        }
        let Some(work) = &mut self.work else { return Ok(None) };
        let (first, rows) = work.fill(scan)?;
        let order = scan.source.footer().groups[work.unit.group].first_row + first;
        Ok(Some(Batch { rows, order, columns: work.columns.iter().map(ColumnReader::column).collect() }))
    }
}
