//! How a chunk's items become fewer bytes, and items again. One file for each codec.

use crate::{ArrayError, DType, Result};

/// One way to encode a chunk; the same one decodes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// The items as they are.
    Plain,
    /// Zstandard of the items as they are.
    Zstd {
        /// 1 to 22.
        level: i32,
    },
}

/// What an encoder or decoder of one thread keeps between chunks.
#[derive(Default)]
pub struct Scratch {
    bytes: Vec<u8>,
}

impl Codec {
    /// Append what `items` become to `encoded`. `shape` is the chunk's, its items lie in C order, in the byte order of `dtype`.
    pub fn encode(
        self,
        dtype: &DType,
        shape: &[usize],
        items: &[u8],
        scratch: &mut Scratch,
        encoded: &mut Vec<u8>,
    ) -> Result<()> {
        let _ = (dtype, shape);
        match self {
            Self::Plain => encoded.extend_from_slice(items),
            Self::Zstd { level } => {
                scratch.bytes =
                    zstd::bulk::compress(items, level).map_err(|error| corrupt("zstd", &error))?;
                encoded.extend_from_slice(&scratch.bytes);
            }
        }
        Ok(())
    }

    /// Fill `items` from what [`Codec::encode`] made of them. Any bytes at all give items or an error, never a panic.
    pub fn decode(
        self,
        dtype: &DType,
        shape: &[usize],
        encoded: &[u8],
        scratch: &mut Scratch,
        items: &mut [u8],
    ) -> Result<()> {
        let _ = (dtype, shape, scratch);
        match self {
            Self::Plain if encoded.len() == items.len() => items.copy_from_slice(encoded),
            Self::Plain => {
                return Err(ArrayError::Corrupt { codec: "plain", what: length(encoded.len(), items) });
            }
            Self::Zstd { .. } => {
                let bytes = zstd::bulk::decompress_to_buffer(encoded, items)
                    .map_err(|error| corrupt("zstd", &error))?;
                if bytes != items.len() {
                    return Err(ArrayError::Corrupt { codec: "zstd", what: length(bytes, items) });
                }
            }
        }
        Ok(())
    }
}

fn corrupt(codec: &'static str, error: &std::io::Error) -> ArrayError {
    ArrayError::Corrupt { codec, what: error.to_string() }
}

fn length(found: usize, items: &[u8]) -> String {
    format!("{found} B where {} B were expected", items.len())
}
