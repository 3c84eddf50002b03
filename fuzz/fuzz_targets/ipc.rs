//! Any bytes as an IPC file and as an IPC stream: an error or batches that can be looked at, in little memory.

#![no_main]

use std::io::{Cursor, Write};

use drypoint_memory::MemoryPool;
use drypoint_stream::ipc::{IpcFile, IpcStream};
use drypoint_stream::{Cancel, Request, Result, Source, Values};
use libfuzzer_sys::fuzz_target;

/// A false row count would go on for ever; this many batches show what there is to see.
const BATCHES: usize = 64;

fn exhaust(source: &dyn Source) -> Result<()> {
    let fields = &source.schema().fields;
    let columns = (0..fields.len()).filter(|&place| {
        fields[place].data_type.is_numeric() || matches!(fields[place].data_type, drypoint_stream::DataType::Text)
    });
    let consumer = MemoryPool::new(32 << 20).consumer("fuzz");
    let cancel = Cancel::default();
    let request = Request { columns: columns.collect(), batch_rows: 256, readers: 1, consumer, cancel };
    source.needs(&request)?;
    let scan = source.scan(&request)?;
    let mut reader = scan.reader()?;
    for _ in 0..BATCHES {
        let Some(batch) = reader.next()? else { break };
        for column in &batch.columns {
            assert_eq!(column.values.len(), batch.rows);
            for row in 0..batch.rows {
                let valid = column.validity.is_none_or(|bits| bits.is_valid(row));
                match column.values {
                    Values::Text(text) => assert!(std::str::from_utf8(text.get(row)).is_ok()),
                    Values::Dictionary { codes, words } if valid => {
                        assert!(std::str::from_utf8(words.get(codes[row] as usize)).is_ok());
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

fuzz_target!(|bytes: &[u8]| {
    // Errors are what is expected of most bytes.
    if let Ok(source) = IpcStream::new("fuzz", Box::new(Cursor::new(bytes.to_vec()))) {
        drop(exhaust(&source));
    }
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room for it");
    if let Ok(source) = IpcFile::open(file.path()) {
        drop(exhaust(&source));
    }
});
