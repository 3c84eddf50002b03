//! Text tables of any bytes, with chunks so small that every seam is met: errors, never a panic, never all the memory.
#![no_main]

mod scanned;

use std::io::Cursor;

use drypoint_stream::csv::{CsvFile, CsvOptions};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (u8, u8, Vec<u8>)| {
    let (chunk, sample, bytes) = data;
    let options = CsvOptions {
        chunk_bytes: 16 + usize::from(chunk),
        sample_bytes: 1 + usize::from(sample),
        ..CsvOptions::default()
    };
    if let Ok(source) = CsvFile::from_reader("fuzz.csv", Box::new(Cursor::new(bytes)), &options) {
        scanned::scan_all(&source);
    }
});
