//! A page's header: how large the page is, what it holds and how it is encoded.
//!
//! Fields and their numbers are those of `PageHeader` in parquet-format's `parquet.thrift`.

use parquet::basic::Encoding;

use super::thrift::{Cursor, Stop, Walk, Wire};

/// What stands before every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageHeader {
    pub(super) kind: PageKind,
    /// Bytes of the page in the file, the header not included.
    pub(super) compressed: usize,
    /// Bytes of the page once decompressed.
    pub(super) uncompressed: usize,
    /// Bytes of the header itself.
    pub(super) length: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageKind {
    Dictionary {
        values: usize,
        encoding: Encoding,
    },
    Data(DataPage),
    /// An index page or one of a kind unknown to us: skipped.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DataPage {
    /// Rows, nulls included (columns read here do not repeat).
    pub(super) rows: usize,
    pub(super) encoding: Encoding,
    pub(super) levels: Levels,
}

/// Where the definition levels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Levels {
    /// Version 1: a length, then the levels, compressed with the values.
    Inline { encoding: Encoding },
    /// Version 2: before the values, never compressed.
    Apart { definition: usize, repetition: usize, compressed: bool },
}

impl PageHeader {
    /// The header at the beginning of `bytes`.
    pub(super) fn parse(bytes: &[u8]) -> Walk<Self> {
        let mut cursor = Cursor::new(bytes);
        let (mut kind, mut compressed, mut uncompressed) = (None, None, None);
        let (mut data, mut data_v2, mut dictionary) = (None, None, None);
        let mut last = 0;
        while let Some((id, wire)) = cursor.field(&mut last)? {
            match (id, wire) {
                (1, Wire::Integer) => kind = Some(cursor.integer()?),
                (2, Wire::Integer) => uncompressed = Some(size(cursor.integer()?)?),
                (3, Wire::Integer) => compressed = Some(size(cursor.integer()?)?),
                (5, Wire::Struct) => data = Some(Fields::parse(&mut cursor)?),
                (7, Wire::Struct) => dictionary = Some(Fields::parse(&mut cursor)?),
                (8, Wire::Struct) => data_v2 = Some(Fields::parse(&mut cursor)?),
                (_, other) => cursor.skip(other)?,
            }
        }
        let kind = match kind.ok_or(Stop::Malformed)? {
            0 => data.ok_or(Stop::Malformed)?.data_v1()?,
            2 => dictionary.ok_or(Stop::Malformed)?.dictionary()?,
            3 => data_v2.ok_or(Stop::Malformed)?.data_v2()?,
            _ => PageKind::Other,
        };
        Ok(PageHeader {
            kind,
            compressed: compressed.ok_or(Stop::Malformed)?,
            uncompressed: uncompressed.ok_or(Stop::Malformed)?,
            length: cursor.at(),
        })
    }
}

/// The integer and boolean fields of one of the inner headers, by number.
#[derive(Debug, Default)]
struct Fields {
    integers: [Option<i64>; 7],
    /// Field 7 of a version 2 header, which stands for true where it is absent.
    uncompressed: bool,
}

impl Fields {
    fn parse(cursor: &mut Cursor<'_>) -> Walk<Self> {
        let mut fields = Self::default();
        let mut last = 0;
        while let Some((id, wire)) = cursor.field(&mut last)? {
            match (id, wire) {
                (1..=6, Wire::Integer) => fields.integers[id as usize] = Some(cursor.integer()?),
                (7, Wire::False) => fields.uncompressed = true,
                (_, other) => cursor.skip(other)?,
            }
        }
        Ok(fields)
    }

    fn size(&self, id: usize) -> Walk<usize> {
        size(self.integers[id].ok_or(Stop::Malformed)?)
    }

    fn encoding(&self, id: usize) -> Walk<Encoding> {
        encoding(self.integers[id].ok_or(Stop::Malformed)?)
    }

    fn data_v1(&self) -> Walk<PageKind> {
        let levels = Levels::Inline { encoding: self.encoding(3)? };
        Ok(PageKind::Data(DataPage { rows: self.size(1)?, encoding: self.encoding(2)?, levels }))
    }

    fn data_v2(&self) -> Walk<PageKind> {
        let levels = Levels::Apart {
            definition: self.size(5)?,
            repetition: self.size(6)?,
            compressed: !self.uncompressed,
        };
        Ok(PageKind::Data(DataPage { rows: self.size(1)?, encoding: self.encoding(4)?, levels }))
    }

    fn dictionary(&self) -> Walk<PageKind> {
        Ok(PageKind::Dictionary { values: self.size(1)?, encoding: self.encoding(2)? })
    }
}

/// Sizes and counts are signed 32-bit numbers in the format; a negative one is nonsense.
fn size(value: i64) -> Walk<usize> {
    i32::try_from(value).ok().and_then(|value| usize::try_from(value).ok()).ok_or(Stop::Malformed)
}

#[allow(deprecated)] // BIT_PACKED is still a legal answer, refused later by name
fn encoding(value: i64) -> Walk<Encoding> {
    Ok(match value {
        0 => Encoding::PLAIN,
        2 => Encoding::PLAIN_DICTIONARY,
        3 => Encoding::RLE,
        4 => Encoding::BIT_PACKED,
        5 => Encoding::DELTA_BINARY_PACKED,
        6 => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        7 => Encoding::DELTA_BYTE_ARRAY,
        8 => Encoding::RLE_DICTIONARY,
        9 => Encoding::BYTE_STREAM_SPLIT,
        10 => Encoding::ALP,
        _ => return Err(Stop::Malformed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version 1 page of 1000 plain values, 8008 bytes, snappy'd to 4000, levels in RLE.
    const PLAIN_V1: &[u8] = &[
        0x15, 0x00, // type: data page
        0x15, 0x90, 0x7d, // uncompressed: 8008
        0x15, 0xc0, 0x3e, // compressed: 4000
        0x2c, // field 5: struct
        0x15, 0xd0, 0x0f, // values: 1000
        0x15, 0x00, // plain
        0x15, 0x06, 0x15, 0x06, 0x00, // RLE, RLE, end
        0x00, 0xff,
    ];

    #[test]
    fn a_header_is_read_and_measured() {
        let header = PageHeader::parse(PLAIN_V1).unwrap();
        assert_eq!((header.uncompressed, header.compressed, header.length), (8008, 4000, PLAIN_V1.len() - 1));
        let levels = Levels::Inline { encoding: Encoding::RLE };
        assert_eq!(header.kind, PageKind::Data(DataPage { rows: 1000, encoding: Encoding::PLAIN, levels }));
    }

    #[test]
    fn every_cut_asks_for_more() {
        for end in 0..PLAIN_V1.len() - 1 {
            assert_eq!(PageHeader::parse(&PLAIN_V1[..end]), Err(Stop::Short), "cut at {end}");
        }
    }

    #[test]
    fn negative_sizes_are_malformed() {
        let mut bytes = PLAIN_V1.to_vec();
        bytes[3] = 0x91; // zigzag of an odd number is negative
        assert_eq!(PageHeader::parse(&bytes), Err(Stop::Malformed));
    }
}
