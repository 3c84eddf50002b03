//! Arrays that lie in a mapped file as they are: no byte is copied that need not be.
//!
//! Each reader takes runs of rows from a shared counter and moves a window through each run: the window's pages are brought in with
//! one call, and given back when the reader is past them, so that a file of any size occupies a window per reader and region.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use drypoint_memory::MemoryReservation;

use crate::raw::mapping::{LARGEST_FOLIO, Mapping};
use crate::{Batch, Needs, Reader, Request, Result, Scan, StreamError};

use super::element::Element;
use super::gather::{Gatherer, check_readable};
use super::layout::ArrayColumn;

/// Bytes of a region that are resident at a time, for each reader.
const WINDOW_BYTES: usize = 1 << 20;

/// Rows that a reader takes at a time.
const RUN_ROWS: u64 = 1 << 20;

/// A column of a mapped array, by the name its source gives it.
#[derive(Debug, Clone)]
pub(crate) struct MappedColumn {
    pub(crate) name: String,
    pub(crate) array: ArrayColumn,
}

/// A run of memory that holds one row each `stride` bytes, shared by interleaved columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Region {
    base: usize,
    stride: usize,
}

impl Region {
    fn of(column: &ArrayColumn) -> Region {
        Region { base: column.base, stride: column.stride }
    }

    fn bytes(self, rows: Range<usize>) -> Range<usize> {
        self.base + rows.start * self.stride..self.base + rows.end * self.stride
    }
}

/// What a scan of some columns does, worked out once.
#[derive(Debug)]
struct Plan {
    columns: Vec<MappedColumn>,
    regions: Vec<Region>,
    rows: usize,
    batch_rows: usize,
    window_rows: usize,
}

impl Plan {
    fn new(name: &str, columns: Vec<MappedColumn>, rows: u64, request: &Request) -> Result<Plan> {
        let mut regions = Vec::new();
        let mut batch_rows = request.batch_rows.clamp(1, usize::try_from(rows.max(1)).unwrap_or(usize::MAX));
        for column in &columns {
            check_readable(name, &column.name, &column.array.element)?;
            batch_rows = column.array.element.batch_rows(batch_rows);
            let region = Region::of(&column.array);
            if !regions.contains(&region) {
                regions.push(region);
            }
        }
        let widest = regions.iter().map(|region| region.stride).max().unwrap_or(1).max(1);
        let window_rows = (WINDOW_BYTES / widest).next_multiple_of(batch_rows).max(batch_rows);
        let rows = usize::try_from(rows.max(1)).unwrap_or(usize::MAX);
        Ok(Plan { columns, regions, rows, batch_rows, window_rows: window_rows.min(rows) })
    }

    fn views(column: &MappedColumn) -> bool {
        column.array.element.views(column.array.offset, column.array.stride)
    }

    /// Bytes that may be resident for one reader: windows, and the folios that their ends lie in.
    fn window_bytes(&self) -> usize {
        let resident = |region: &Region| {
            let window = region.stride.saturating_mul(self.window_rows).saturating_add(2 * LARGEST_FOLIO);
            window.min(region.stride.saturating_mul(self.rows))
        };
        self.regions.iter().map(resident).fold(0, usize::saturating_add)
    }
}

/// What a scan of `columns` would hold.
pub(crate) fn needs(name: &str, columns: Vec<MappedColumn>, rows: u64, request: &Request) -> Result<Needs> {
    let plan = Plan::new(name, columns, rows, request)?;
    let gathered = |column: &MappedColumn| {
        let element: &Element = &column.array.element;
        element.gathered_bytes(plan.batch_rows, Plan::views(column))
    };
    let gathered: usize = plan.columns.iter().map(gathered).sum();
    Ok(Needs {
        shared_bytes: 0,
        reader_bytes: plan.window_bytes().saturating_add(gathered),
        max_readers: usize::try_from(rows.div_ceil(plan.batch_rows as u64)).unwrap_or(usize::MAX).max(1),
    })
}

/// A reading of mapped columns.
pub(crate) struct MappedScan<'s> {
    name: String,
    mapping: &'s Mapping,
    plan: Plan,
    rows: u64,
    run_rows: u64,
    next_row: AtomicU64,
    request: Request,
}

impl<'s> MappedScan<'s> {
    /// Read the first `rows` rows of `columns`, whose bytes must lie within `mapping`.
    pub(crate) fn new(
        name: String,
        mapping: &'s Mapping,
        columns: Vec<MappedColumn>,
        rows: u64,
        request: &Request,
    ) -> Result<MappedScan<'s>> {
        let plan = Plan::new(&name, columns, rows, request)?;
        // Short arrays are shared out too, in some runs for each reader.
        let share = rows / (request.readers.max(1) as u64 * 4);
        let run_rows = share.clamp(1, RUN_ROWS).next_multiple_of(plan.batch_rows as u64);
        Ok(MappedScan {
            name,
            mapping,
            plan,
            rows,
            run_rows,
            next_row: AtomicU64::new(0),
            request: request.clone(),
        })
    }
}

impl Scan for MappedScan<'_> {
    fn reader<'s>(&'s self) -> Result<Box<dyn Reader + 's>> {
        let consumer = &self.request.consumer;
        let window = consumer.try_reserve(self.plan.window_bytes())?;
        let gatherers = self
            .plan
            .columns
            .iter()
            .map(|column| {
                Gatherer::new(&column.array.element, self.plan.batch_rows, Plan::views(column), consumer)
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Box::new(MappedReader { scan: self, gatherers, at: 0, run_end: 0, window: 0..0, _held: window }))
    }
}

struct MappedReader<'s> {
    scan: &'s MappedScan<'s>,
    gatherers: Vec<Gatherer>,
    /// The next row of the run.
    at: usize,
    run_end: usize,
    /// Rows whose pages are here.
    window: Range<usize>,
    _held: MemoryReservation,
}

impl Reader for MappedReader<'_> {
    fn next(&mut self) -> Result<Option<Batch<'_>>> {
        self.scan.request.cancel.check()?;
        if self.at >= self.run_end && !self.take_run() {
            self.release();
            return Ok(None);
        }
        let plan = &self.scan.plan;
        let rows = plan.batch_rows.min(self.run_end - self.at);
        if self.at + rows > self.window.end || self.at < self.window.start {
            self.move_window()?;
        }
        let start = self.at;
        self.at += rows;
        let mapped = self.scan.mapping.bytes();
        let name = &self.scan.name;
        let mut columns = Vec::with_capacity(plan.columns.len());
        for (column, gatherer) in plan.columns.iter().zip(&mut self.gatherers) {
            let ArrayColumn { offset, stride, .. } = column.array;
            let corrupt = |what: &str| StreamError::Corrupt {
                name: name.clone(),
                what: format!("column {:?} holds {what} in rows {start} to {}", column.name, start + rows),
            };
            let bytes = mapped.get(offset + start * stride..).unwrap_or_default();
            gatherer.fill(bytes, stride, rows).map_err(corrupt)?;
            columns.push(gatherer.column(bytes, rows).ok_or_else(|| corrupt("fewer bytes than rows"))?);
        }
        Ok(Some(Batch { rows, order: start as u64, columns }))
    }
}

impl MappedReader<'_> {
    fn take_run(&mut self) -> bool {
        let scan = self.scan;
        let start = scan.next_row.fetch_add(scan.run_rows, Ordering::Relaxed);
        if start >= scan.rows {
            return false;
        }
        self.at = start as usize;
        self.run_end = (start.saturating_add(scan.run_rows)).min(scan.rows) as usize;
        true
    }

    /// Give back the pages of the window and bring in those of the next.
    fn move_window(&mut self) -> Result<()> {
        self.release();
        let end = self.run_end.min(self.at + self.scan.plan.window_rows);
        self.window = self.at..end;
        for region in &self.scan.plan.regions {
            self.scan.mapping.prepare(region.bytes(self.window.clone())).map_err(|error| {
                StreamError::Corrupt {
                    name: self.scan.name.clone(),
                    what: format!("rows {} to {end} are no longer in the file ({error})", self.at),
                }
            })?;
        }
        Ok(())
    }

    fn release(&mut self) {
        let window = std::mem::take(&mut self.window);
        if !window.is_empty() {
            self.scan
                .plan
                .regions
                .iter()
                .for_each(|region| self.scan.mapping.release(region.bytes(window.clone())));
        }
    }
}

impl Drop for MappedReader<'_> {
    fn drop(&mut self) {
        self.release();
    }
}
