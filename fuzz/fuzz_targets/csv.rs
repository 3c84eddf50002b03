//! Text tables of any bytes, with chunks so small that every seam is met: errors, never a panic, never all the memory.
#![no_main]

mod scanned;

use std::io::Cursor;

use drypoint_stream::csv::{CsvFile, CsvOptions};
use libfuzzer_sys::fuzz_target;

// The first two bytes are the sizes; what follows is the file.
fuzz_target!(|data: &[u8]| {
    let &[chunk, sample, ref bytes @ ..] = data else { return };
    let options = CsvOptions {
        chunk_bytes: 16 + usize::from(chunk),
        sample_bytes: 1 + usize::from(sample),
        ..CsvOptions::default()
    };
    if let Ok(source) = CsvFile::from_reader("fuzz.csv", Box::new(Cursor::new(bytes.to_vec())), &options) {
        scanned::scan_all(&source);
    }
});
