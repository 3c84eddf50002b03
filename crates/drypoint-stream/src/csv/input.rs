//! From a file or a pipe to plain text bytes: what is compressed is told by its first bytes, not by its name.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use crate::{Result, StreamError};

/// Bytes of text, read once from front to back.
pub(super) type Input = Box<dyn Read + Send>;

/// How the bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd {
        /// The most bytes that the first frame refers back to.
        window_bytes: u64,
    },
}

/// Longest head that [`Packing::of`] looks at.
const HEAD_BYTES: usize = 32;

/// Windows above this need `--ultra --long`; refused rather than paid for out of a small budget unseen.
const LARGEST_WINDOW: u64 = 128 << 20;

impl Packing {
    /// Tell the packing by the first bytes.
    fn of(head: &[u8]) -> Packing {
        match head {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, frame @ ..] => Packing::Zstd { window_bytes: zstd_window(frame) },
            _ => Packing::Plain,
        }
    }

    /// Bytes that the decoder holds on its own.
    pub(super) fn decoder_bytes(self) -> usize {
        match self {
            Packing::Plain => 0,
            // Input buffer 32 KiB, window 32 KiB, Huffman tables.
            Packing::Gzip => 128 << 10,
            // Window, two blocks of 128 KiB, input buffer, tables.
            Packing::Zstd { window_bytes } => {
                usize::try_from(window_bytes).unwrap_or(usize::MAX).saturating_add(640 << 10)
            }
        }
    }

    fn decode(self, name: &str, packed: Input) -> Result<Input> {
        match self {
            Packing::Plain => Ok(packed),
            Packing::Gzip => Ok(Box::new(flate2::read::MultiGzDecoder::new(packed))),
            Packing::Zstd { window_bytes } if window_bytes > LARGEST_WINDOW => {
                Err(StreamError::Unsupported {
                    name: name.to_string(),
                    what: format!("a zstd window of {window_bytes} B (at most {LARGEST_WINDOW} B)"),
                })
            }
            Packing::Zstd { window_bytes } => {
                let failed = |error| StreamError::Io { path: PathBuf::from(name), error };
                let mut decoder = zstd::stream::read::Decoder::new(packed).map_err(failed)?;
                // Frames that follow may not take more than the first, which is what was reserved.
                let log = window_bytes.max(1 << 10).next_power_of_two().trailing_zeros();
                decoder.window_log_max(log).map_err(failed)?;
                Ok(Box::new(decoder))
            }
        }
    }
}

/// The window of a zstd frame, from the header behind its magic number (RFC 8878, 3.1.1.1).
fn zstd_window(frame: &[u8]) -> u64 {
    /// What a header that says nothing readable is given; the decoder will say what is wrong.
    const DEFAULT: u64 = 8 << 20;
    let Some(&descriptor) = frame.first() else { return DEFAULT };
    let single_segment = descriptor & 0x20 != 0;
    if !single_segment {
        let Some(&window) = frame.get(1) else { return DEFAULT };
        let base = 1u64 << (10 + (window >> 3));
        return base + base / 8 * u64::from(window & 7);
    }
    let start = 1 + [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size = |bytes: usize| {
        frame
            .get(start..start + bytes)
            .map(|field| field.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte)))
    };
    match descriptor >> 6 {
        0 => size(1),
        1 => size(2).map(|value| value + 256),
        2 => size(4),
        _ => size(8),
    }
    .unwrap_or(DEFAULT)
}

/// Open `path` and undo its packing.
pub(super) fn open(path: &Path) -> Result<(Input, Packing)> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => StreamError::NotFound { path: path.to_path_buf() },
        _ => StreamError::Io { path: path.to_path_buf(), error },
    })?;
    unpack(&path.display().to_string(), Box::new(file))
}

/// Undo the packing of what `packed` yields.
pub(super) fn unpack(name: &str, mut packed: Input) -> Result<(Input, Packing)> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    read_up_to(&mut packed, &mut head, HEAD_BYTES)
        .map_err(|error| StreamError::Io { path: PathBuf::from(name), error })?;
    let packing = Packing::of(&head);
    Ok((packing.decode(name, Box::new(Cursor::new(head).chain(packed)))?, packing))
}

/// Append to `bytes` until it holds `limit` of them or the input ends.
pub(super) fn read_up_to(input: &mut dyn Read, bytes: &mut Vec<u8>, limit: usize) -> io::Result<()> {
    let wanted = limit.saturating_sub(bytes.len()) as u64;
    input.take(wanted).read_to_end(bytes).map(drop)
}

/// What an error of reading means: damage where a decoder found fault, else the system's refusal.
pub(super) fn read_error(name: &str, packing: Packing, error: io::Error) -> StreamError {
    if packing == Packing::Plain || error.raw_os_error().is_some() {
        return StreamError::Io { path: PathBuf::from(name), error };
    }
    let what = match error.kind() {
        io::ErrorKind::UnexpectedEof => "the compressed data ends too early".to_string(),
        _ => format!("the compressed data cannot be unpacked ({error})"),
    };
    StreamError::Corrupt { name: name.to_string(), what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_read_from_the_frame() {
        for (level, size) in [(1, 100_000usize), (3, 5_000_000), (19, 300)] {
            let packed = zstd::stream::encode_all(Cursor::new(vec![b'x'; size]), level).unwrap();
            let Packing::Zstd { window_bytes } = Packing::of(&packed[..packed.len().min(HEAD_BYTES)]) else {
                panic!("not zstd")
            };
            assert!((1..=8 << 20).contains(&window_bytes), "{window_bytes}");
            let (mut text, _) = unpack("t", Box::new(Cursor::new(packed))).unwrap();
            let mut bytes = Vec::new();
            text.read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes.len(), size);
        }
    }

    #[test]
    fn a_vast_window_is_refused() {
        let head = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 0, 0, 0];
        assert!(matches!(unpack("t", Box::new(Cursor::new(head))), Err(StreamError::Unsupported { .. })));
    }
}
