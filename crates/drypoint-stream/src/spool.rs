//! A stream kept on disk so that it can be read twice: `exact=True` for what comes only once.
//!
//! Blocks are compressed with LZ4, which costs less than the disk they save; what does not become smaller is kept as
//! it is. The file has no name, so nothing is left behind however the process ends.

mod block;

use std::sync::atomic::{AtomicUsize, Ordering};

use drypoint_array::SpillSpace;
use drypoint_memory::{MemoryConsumer, Spill};

use crate::{Batch, Cancel, Extent, Needs, Reader, Request, Result, Scan, Schema, Source};
use block::{Block, Decoded, Packer};

/// Chosen columns of a one-shot source, on disk. A [`Source`] that can be read as often as one likes.
pub struct Spool {
    name: String,
    schema: Schema,
    spill: Spill,
    blocks: Vec<Block>,
    packer: Packer,
    rows: u64,
}

impl Spool {
    /// An empty spool for columns like these. `limit_bytes` bounds what it takes on disk, as does the limit of
    /// [`SpillSpace::process`](drypoint_array::SpillSpace::process), to whose folder it goes.
    ///
    /// # Errors
    /// [`StreamError::Spill`](crate::StreamError::Spill) if no file can be made there.
    pub fn new(name: &str, schema: Schema, limit_bytes: u64, consumer: &MemoryConsumer) -> Result<Self> {
        let (directory, most) = SpillSpace::process().limits();
        let spill = Spill::create(Some(&directory), limit_bytes.min(most))?;
        let packer = Packer::new(consumer.clone());
        Ok(Self { name: name.into(), schema, spill, blocks: Vec::new(), packer, rows: 0 })
    }

    /// Read all of `source`, the columns of the spool's names, and keep it.
    ///
    /// # Errors
    /// Those of the source; [`StreamError::Spill`](crate::StreamError::Spill) if the disk is full.
    pub fn fill(&mut self, source: &dyn Source, batch_rows: usize, cancel: &Cancel) -> Result<()> {
        let columns = self.schema.fields.iter().map(|field| source.schema().index_of(&field.name));
        let request = Request {
            columns: columns.collect::<Result<_>>()?,
            batch_rows,
            readers: 1,
            consumer: self.packer.consumer().clone(),
            cancel: cancel.clone(),
        };
        let scan = source.scan(&request)?;
        let mut reader = scan.reader()?;
        while let Some(batch) = reader.next()? {
            self.push(&batch)?;
        }
        Ok(())
    }

    /// Keep one more batch, which has the spool's columns.
    ///
    /// # Errors
    /// [`StreamError::Spill`](crate::StreamError::Spill) if the disk is full; what was kept before stays readable.
    pub fn push(&mut self, batch: &Batch<'_>) -> Result<()> {
        if batch.rows > 0 {
            self.blocks.push(self.packer.pack(batch, self.rows, &self.spill)?);
            self.rows += batch.rows as u64;
        }
        Ok(())
    }

    /// Bytes it takes on disk.
    pub fn disk_bytes(&self) -> u64 {
        self.spill.written()
    }
}

impl Source for Spool {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        Some(self.rows)
    }

    fn extent(&self, _column: usize) -> Option<Extent> {
        None
    }

    fn needs(&self, request: &Request) -> Result<Needs> {
        let largest =
            self.blocks.iter().map(|block| block.decoded_bytes(&request.columns)).max().unwrap_or(0);
        Ok(Needs { shared_bytes: 0, reader_bytes: largest, max_readers: self.blocks.len().max(1) })
    }

    fn scan<'s>(&'s self, request: &Request) -> Result<Box<dyn Scan + 's>> {
        Ok(Box::new(SpoolScan { spool: self, request: request.clone(), next: AtomicUsize::new(0) }))
    }
}

struct SpoolScan<'s> {
    spool: &'s Spool,
    request: Request,
    next: AtomicUsize,
}

impl Scan for SpoolScan<'_> {
    fn reader<'s>(&'s self) -> Result<Box<dyn Reader + 's>> {
        let decoded = Decoded::new(&self.request);
        Ok(Box::new(SpoolReader { scan: self, decoded, row: 0, end: 0 }))
    }
}

struct SpoolReader<'s> {
    scan: &'s SpoolScan<'s>,
    decoded: Decoded,
    row: usize,
    end: usize,
}

impl Reader for SpoolReader<'_> {
    fn next(&mut self) -> Result<Option<Batch<'_>>> {
        let SpoolScan { spool, request, next } = self.scan;
        request.cancel.check()?;
        if self.row == self.end {
            let Some(block) = spool.blocks.get(next.fetch_add(1, Ordering::Relaxed)) else { return Ok(None) };
            self.decoded.load(block, &request.columns, &spool.spill)?;
            (self.row, self.end) = (0, block.rows);
        }
        let start = self.row;
        self.row = self.end.min(start + request.batch_rows.max(1));
        Ok(Some(self.decoded.window(start, self.row)))
    }
}
