//! Parquet files of any bytes: errors, never a panic, never more memory than the pool grants.
#![no_main]

use std::io::Write;

use drypoint_memory::MemoryPool;
use drypoint_stream::{Cancel, ParquetFile, Request, Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room for a small file");
    let Ok(source) = ParquetFile::open(file.path()) else { return };
    for column in 0..source.schema().fields.len().min(64) {
        let consumer = MemoryPool::new(16 << 20).consumer("fuzz");
        let request =
            Request { columns: vec![column], batch_rows: 100, readers: 2, consumer, cancel: Cancel::default() };
        if source.needs(&request).is_err() {
            continue;
        }
        let Ok(scan) = source.scan(&request) else { continue };
        let Ok(mut reader) = scan.reader() else { continue };
        // A page of nulls takes a few bytes and stands for millions of rows: enough is enough.
        for _ in 0..1000 {
            if !matches!(reader.next(), Ok(Some(_))) {
                break;
            }
        }
    }
});
