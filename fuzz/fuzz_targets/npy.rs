//! Array files of any bytes: errors, never a panic, never a signal.
#![no_main]

mod scanned;

use drypoint_stream::npy::NpyFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = tempfile::NamedTempFile::new() else { return };
    if std::fs::write(file.path(), bytes).is_err() {
        return;
    }
    if let Ok(source) = NpyFile::open(file.path()) {
        scanned::scan_all(&source);
    }
});
