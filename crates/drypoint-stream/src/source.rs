//! What every source can do. One file per source implements it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use drypoint_memory::MemoryConsumer;

use crate::{Batch, Extent, Result, Schema, StreamError};

/// A flag that stops all readers at their next batch.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Ask all readers to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether someone asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// `Err(Cancelled)` if someone asked.
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(StreamError::Cancelled) } else { Ok(()) }
    }
}

/// What to read, and within what.
#[derive(Debug, Clone)]
pub struct Request {
    /// Columns by their place in the schema; batches hold them in this order.
    pub columns: Vec<usize>,
    /// At most this many rows in a batch.
    pub batch_rows: usize,
    /// At most this many readers will be made.
    pub readers: usize,
    /// The account that buffers are taken from.
    pub consumer: MemoryConsumer,
    /// Looked at between batches.
    pub cancel: Cancel,
}

/// Bytes that a scan of a request will hold at its peak, known before it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Held once, however many readers there are.
    pub shared_bytes: usize,
    /// Held by each reader: batch buffers, pages, decoders (also what a decoder takes on its own).
    pub reader_bytes: usize,
    /// Readers beyond this many would have nothing to do.
    pub max_readers: usize,
}

/// Rows that can be read in bounded batches.
pub trait Source: Send + Sync {
    /// What to call it in a message: a path, `"array"`, ...
    fn name(&self) -> String;

    /// Its columns.
    fn schema(&self) -> &Schema;

    /// Rows, where that is known without reading them.
    fn rows(&self) -> Option<u64>;

    /// The finite extent of a column, where it is known exactly without reading the rows.
    fn extent(&self, column: usize) -> Option<Extent>;

    /// Whether it can be scanned only once (standard input).
    fn one_shot(&self) -> bool {
        false
    }

    /// What a scan of `request` would hold.
    fn needs(&self, request: &Request) -> Result<Needs>;

    /// Begin to read. Can be called again unless [`Source::one_shot`].
    fn scan<'s>(&'s self, request: &Request) -> Result<Box<dyn Scan + 's>>;

    /// Begin to read for somebody who wants only the rows whose values lie in a window: in each of these extents, by the
    /// columns' places in the schema. Parts known to have no such row may be passed over; others come as they are.
    fn scan_within<'s>(
        &'s self,
        request: &Request,
        _window: &[(usize, Extent)],
    ) -> Result<Box<dyn Scan + 's>> {
        self.scan(request)
    }
}

/// A reading in progress, shared by its readers.
pub trait Scan: Send + Sync {
    /// One more reader; together they yield each batch exactly once.
    fn reader<'s>(&'s self) -> Result<Box<dyn Reader + 's>>;

    /// Rows that no reader yields because they lie outside of the window; known when all readers are at their end.
    fn passed_over(&self) -> u64 {
        0
    }
}

/// One thread's view of a scan.
pub trait Reader: Send {
    /// The next batch, valid until the call after; `None` when there is no more. Checks [`Request::cancel`].
    fn next(&mut self) -> Result<Option<Batch<'_>>>;
}
