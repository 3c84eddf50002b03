//! How a fold runs: on how many threads, within which account, watched and stopped by whom.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use drypoint_memory::MemoryConsumer;
use drypoint_stream::Cancel;

/// How far a fold is, to be looked at from another thread.
#[derive(Debug, Default)]
pub struct Progress(AtomicU64);

impl Progress {
    /// Rows read so far.
    pub fn rows(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, rows: usize) {
        self.0.fetch_add(rows as u64, Ordering::Relaxed);
    }
}

/// How a fold runs. The result does not depend on it.
#[derive(Debug, Clone)]
pub struct Options {
    /// At most this many threads; as many as there are cores if `None`. The plan may take fewer.
    pub threads: Option<usize>,
    /// At most this many rows in a batch; chosen by the plan if `None`.
    pub batch_rows: Option<usize>,
    /// The account that everything is taken from.
    pub consumer: MemoryConsumer,
    /// Stops the fold at the next batch.
    pub cancel: Cancel,
    /// Counts the rows read.
    pub progress: Option<Arc<Progress>>,
    /// Bytes that what comes after the fold will need while the aggregate is held (a picture).
    pub picture_bytes: usize,
    /// At most this many categories.
    pub max_categories: usize,
    /// Categories that are known to come; there may be more.
    pub known_categories: usize,
}

impl Options {
    /// The defaults, on an account.
    pub fn new(consumer: MemoryConsumer) -> Self {
        Self {
            threads: None,
            batch_rows: None,
            consumer,
            cancel: Cancel::default(),
            progress: None,
            picture_bytes: 0,
            max_categories: 256,
            known_categories: 0,
        }
    }

    /// Threads to run on if memory allows.
    pub(crate) fn wanted_threads(&self) -> usize {
        self.threads
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |cores| cores.get()))
            .max(1)
    }
}
