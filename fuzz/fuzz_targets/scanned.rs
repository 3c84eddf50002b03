//! Reads everything a source offers, within 64 MiB.

use drypoint_memory::MemoryPool;
use drypoint_stream::{Cancel, Request, Source, StreamError};

/// Scan all columns together; errors are as good as rows. A header may promise more than anyone would read: stop then.
pub fn scan_all(source: &dyn Source) {
    const MOST_BATCHES: usize = 10_000;
    let width = source.schema().fields.len();
    if width == 0 || width > 1000 {
        return;
    }
    let pool = MemoryPool::new(64 << 20);
    let request = Request {
        columns: (0..width).collect(),
        batch_rows: 64,
        readers: 1,
        consumer: pool.consumer("fuzz"),
        cancel: Cancel::default(),
    };
    let outcome = source.needs(&request).and_then(|_| {
        let scan = source.scan(&request)?;
        let mut reader = scan.reader()?;
        for _ in 0..MOST_BATCHES {
            let Some(batch) = reader.next()? else { break };
            assert!(batch.columns.iter().all(|column| column.values.len() == batch.rows));
        }
        Ok::<(), StreamError>(())
    });
    if let Err(error) = outcome {
        assert!(!error.to_string().is_empty());
    }
}
