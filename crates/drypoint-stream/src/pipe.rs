//! What comes through a pipe: read once, front to back, its format told by the first bytes.

use std::io::{Cursor, Read};

use crate::csv::{CsvFile, CsvOptions};
use crate::ipc::IpcStream;
use crate::{Result, Source, StreamError};

/// Enough to tell the formats apart.
const MAGIC_BYTES: usize = 8;

/// A source that is read once: an Arrow IPC stream, or else delimited text (also gzip and zstd).
///
/// # Errors
/// [`StreamError::Empty`] if nothing comes; [`StreamError::Unsupported`] for a format that has to be read from its end.
pub fn scan_reader(
    name: &str,
    mut input: Box<dyn Read + Send>,
    options: &CsvOptions,
) -> Result<Box<dyn Source>> {
    let mut magic = Vec::with_capacity(MAGIC_BYTES);
    let read = input.by_ref().take(MAGIC_BYTES as u64).read_to_end(&mut magic);
    read.map_err(|error| StreamError::Io { path: name.into(), error })?;
    if magic.is_empty() {
        return Err(StreamError::Empty { name: name.into() });
    }
    let needs_end = match magic.as_slice() {
        [b'P', b'A', b'R', b'1', ..] => Some("Parquet"),
        b"ARROW1\0\0" => Some("the Arrow IPC file format"),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Some("NPY"),
        [b'P', b'K', 3, 4, ..] => Some("NPZ"),
        _ => None,
    };
    if let Some(format) = needs_end {
        let what = format!("{format} through a pipe (give the file's name, or an Arrow IPC stream or CSV)");
        return Err(StreamError::Unsupported { name: name.into(), what });
    }
    let is_ipc = magic.starts_with(&[0xff, 0xff, 0xff, 0xff]);
    let whole: Box<dyn Read + Send> = Box::new(Cursor::new(magic).chain(input));
    Ok(if is_ipc {
        Box::new(IpcStream::new(name, whole)?)
    } else {
        Box::new(CsvFile::from_reader(name, whole, options)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(bytes: &'static [u8]) -> Result<Box<dyn Source>> {
        scan_reader("standard input", Box::new(bytes), &CsvOptions::default())
    }

    #[test]
    fn text_is_read_from_its_first_byte() {
        let source = scan(b"x,y\n1,2\n").unwrap();
        assert!(source.one_shot());
        assert_eq!(source.schema().fields[0].name, "x");
    }

    #[test]
    fn what_needs_its_end_is_refused_by_name() {
        let error = scan(b"PAR1\x15\x04\x15\x00").map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("Parquet through a pipe"), "{error}");
        assert!(matches!(scan(b""), Err(StreamError::Empty { .. })));
    }
}
