//! What a caller may say about a text table; all of it can be left open.

use std::collections::BTreeMap;

use crate::{DataType, Result, StreamError};

use super::record::QUOTE;

/// How to read a text table. The default finds out everything from the file's name and its first mebibyte.
#[derive(Debug, Clone)]
pub struct CsvOptions {
    /// The byte between fields. `None`: a tab for `.tsv`, else the one of `,` `;` tab `|` that splits the sample evenly.
    pub delimiter: Option<u8>,
    /// Whether the first record names the columns. `None`: it does unless each of its fields would fit the column below
    /// it and some column is not text.
    pub header: Option<bool>,
    /// Names in place of the header's, or for a file without one; as many as there are columns.
    pub names: Option<Vec<String>>,
    /// Types in place of the inferred ones, by column name. Integers are widened to 64 bits, floats likewise.
    pub types: BTreeMap<String, DataType>,
    /// Spellings of a missing value, quoted or not, in columns of every type.
    pub nulls: Vec<String>,
    /// Bytes from which delimiter, header and types are told.
    pub sample_bytes: usize,
    /// Bytes that a reader takes at a time.
    pub chunk_bytes: usize,
}

impl Default for CsvOptions {
    /// Missing values are spelt as in pandas.
    fn default() -> Self {
        const NULLS: [&str; 18] = [
            "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
            "<NA>", "N/A", "NA", "NULL", "NaN", "None", "nan", "null",
        ];
        Self {
            delimiter: None,
            header: None,
            names: None,
            types: BTreeMap::new(),
            nulls: NULLS.iter().map(|null| null.to_string()).chain(["n/a".to_string()]).collect(),
            sample_bytes: 1 << 20,
            chunk_bytes: 256 << 10,
        }
    }
}

impl CsvOptions {
    /// A chunk smaller than this would be all seams; larger than this, row keys would not fit.
    const CHUNK_LIMITS: (usize, usize) = (16, 8 << 20);

    /// The chunk size that is really used.
    pub(super) fn bounded_chunk_bytes(&self) -> usize {
        self.chunk_bytes.clamp(Self::CHUNK_LIMITS.0, Self::CHUNK_LIMITS.1)
    }

    pub(super) fn check(&self, name: &str) -> Result<()> {
        match self.delimiter {
            Some(byte) if matches!(byte, QUOTE | b'\n' | b'\r') || !byte.is_ascii() => {
                Err(StreamError::Unsupported {
                    name: name.to_string(),
                    what: format!("the delimiter {:?}", char::from(byte)),
                })
            }
            _ => Ok(()),
        }
    }
}

/// The spellings of a missing value, arranged so that most fields are told apart by their length alone.
#[derive(Debug, Clone)]
pub(super) struct Nulls {
    /// Bit `n`: some spelling has `n` bytes.
    lengths: u64,
    spellings: Vec<Vec<u8>>,
}

impl Nulls {
    pub(super) fn new(spellings: &[String]) -> Self {
        let spellings: Vec<Vec<u8>> =
            spellings.iter().filter(|s| s.len() < 64).map(|s| s.as_bytes().to_vec()).collect();
        Self { lengths: spellings.iter().fold(0, |bits, spelling| bits | 1 << spelling.len()), spellings }
    }

    #[inline]
    pub(super) fn contains(&self, field: &[u8]) -> bool {
        field.len() < 64
            && self.lengths >> field.len() & 1 == 1
            && self.spellings.iter().any(|spelling| spelling == field)
    }
}
