//! A file read by several threads: each takes the next piece of work from a shared counter.
//!
//! A piece is a row group, or a part of one where there are too few groups for the readers. Parts begin where pages
//! of the first column begin; pages before a part are passed over by their headers, so that a part costs no more
//! than its own pages (and one page of each other column that does not begin there too).

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    group: usize,
    rows: Range<u64>,
}

/// Cut a file into pieces for the readers of a request. Fails with the row group whose pages cannot be walked.
pub(super) fn units(
    footer: &Footer,
    leaves: &[(&str, &Leaf)],
    request: &Request,
    file: &PositionedFile,
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
    file: &PositionedFile,
    consumer: &MemoryConsumer,
) -> std::result::Result<Vec<u64>, Fault> {
    let mut workshop = Workshop::new(file, consumer);
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
    file: PositionedFile,
    leaves: Vec<(&'s str, &'s Leaf)>,
    units: Vec<Unit>,
    next_unit: AtomicUsize,
    batch_rows: usize,
    consumer: MemoryConsumer,
    cancel: Cancel,
}

impl<'s> ParquetScan<'s> {
    pub(super) fn new(
        source: &'s ParquetFile,
        file: PositionedFile,
        leaves: Vec<(&'s str, &'s Leaf)>,
        units: Vec<Unit>,
        request: &Request,
    ) -> Self {
        Self {
            source,
            file,
            leaves,
            units,
            next_unit: AtomicUsize::new(0),
            batch_rows: request.batch_rows.max(1),
            consumer: request.consumer.clone(),
            cancel: request.cancel.clone(),
        }
    }

    /// Gives what was found in a column its place.
    fn fault(&self, column: usize, group: usize) -> impl Fn(Fault) -> StreamError {
        let (path, name) = (self.source.path(), self.leaves[column].0);
        move |fault| fault.in_column(path, name, group)
    }
}

impl Scan for ParquetScan<'_> {
    fn reader<'s>(&'s self) -> Result<Box<dyn Reader + 's>> {
        let descriptor = &self.source.footer().descriptor;
        let columns = self.leaves.iter().map(|(_, leaf)| {
            ColumnReader::new(leaf.route, descriptor.column(leaf.index), &self.consumer, self.batch_rows)
        });
        Ok(Box::new(ParquetReader {
            scan: self,
            workshop: Workshop::new(&self.file, &self.consumer),
            columns: columns.collect(),
            unit: Unit { group: 0, rows: 0..0 },
            begun: None,
        }))
    }
}

/// One thread's part of a scan.
#[derive(Debug)]
struct ParquetReader<'s> {
    scan: &'s ParquetScan<'s>,
    workshop: Workshop<'s>,
    columns: Vec<ColumnReader>,
    /// What is left of the piece in work.
    unit: Unit,
    /// The row group that the columns stand in, and at which row.
    begun: Option<(usize, u64)>,
}

impl ParquetReader<'_> {
    /// Go to the next piece; `false` if there is none.
    fn next_unit(&mut self) -> Result<bool> {
        let scan = self.scan;
        self.check_end()?;
        let index = scan.next_unit.fetch_add(1, Ordering::Relaxed);
        let Some(unit) = scan.units.get(index) else {
            self.unit.rows = 0..0;
            return Ok(false);
        };
        let (group, first) = (unit.group, unit.rows.start);
        self.unit = unit.clone();
        let ahead = match self.begun {
            Some((begun, row)) if begun == group && row <= first => Some(first - row),
            _ => None,
        };
        let footer = scan.source.footer();
        for (column, (_, leaf)) in scan.leaves.iter().enumerate() {
            let fault = scan.fault(column, group);
            if ahead.is_none() {
                self.columns[column].begin(footer.chunk(group, leaf.index));
            }
            self.columns[column].skip(ahead.unwrap_or(first), &mut self.workshop).map_err(fault)?;
        }
        self.begun = Some((group, first));
        Ok(true)
    }

    /// At the end of a row group no column may have rows left.
    fn check_end(&mut self) -> Result<()> {
        let Some((group, row)) = self.begun else { return Ok(()) };
        let scan = self.scan;
        if row == scan.source.footer().groups[group].rows {
            for column in 0..self.columns.len() {
                let fault = scan.fault(column, group);
                if self.columns[column].has_more(&mut self.workshop).map_err(&fault)? {
                    return Err(fault(Fault::damaged(format!("more than the {row} rows promised"))));
                }
            }
            self.begun = None;
        }
        Ok(())
    }

    /// How many rows the next batch has: less than asked for if that saves copying values together from two pages.
    fn batch_rows(&mut self) -> Result<usize> {
        let scan = self.scan;
        let left = self.unit.rows.end - self.unit.rows.start;
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(scan.batch_rows);
        let mut rows = most;
        for column in 0..self.columns.len() {
            let fault = scan.fault(column, self.unit.group);
            let in_page = self.columns[column].rows_in_page(&mut self.workshop).map_err(fault)?;
            rows = rows.min(in_page);
        }
        Ok(if rows >= most.div_ceil(SHORTEST_BATCH) { rows } else { most })
    }
}

impl Reader for ParquetReader<'_> {
    fn next(&mut self) -> Result<Option<Batch<'_>>> {
        let scan = self.scan;
        scan.cancel.check()?;
        while self.unit.rows.is_empty() {
            if !self.next_unit()? {
                return Ok(None);
            }
        }
        let rows = self.batch_rows()?;
        let group = self.unit.group;
        for column in 0..self.columns.len() {
            let fault = scan.fault(column, group);
            self.columns[column].fill(rows, &mut self.workshop).map_err(fault)?;
        }
        let first = self.unit.rows.start;
        self.unit.rows.start += rows as u64;
        self.begun = Some((group, self.unit.rows.start));
        let order = scan.source.footer().groups[group].first_row + first;
        Ok(Some(Batch { rows, order, columns: self.columns.iter().map(ColumnReader::column).collect() }))
    }
}
