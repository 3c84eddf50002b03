//! How a column lies in memory, told apart from what it means.
//!
//! Arrow arrays, IPC bodies and in-memory columns use the same few layouts; one decoder serves them all, so the
//! layout is ours and names neither the arrow crates nor the IPC schema.

use crate::Values;

/// A fixed-width value that is delivered as it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Element {
    /// One byte, 0 or 1.
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
}

impl Element {
    /// Bytes of one value.
    pub fn width(self) -> usize {
        match self {
            Element::Bool | Element::I8 | Element::U8 => 1,
            Element::I16 | Element::U16 => 2,
            Element::I32 | Element::U32 | Element::F32 => 4,
            Element::I64 | Element::U64 | Element::F64 => 8,
        }
    }

    /// `bytes` seen as values; `None` where they are not aligned or not a whole number of them.
    pub(crate) fn values(self, bytes: &[u8]) -> Option<Values<'_>> {
        fn cast<T: bytemuck::AnyBitPattern>(bytes: &[u8]) -> Option<&[T]> {
            // An empty slice may dangle at any address.
            if bytes.is_empty() { Some(&[]) } else { bytemuck::try_cast_slice(bytes).ok() }
        }
        Some(match self {
            Element::Bool => Values::Bool(bytes),
            Element::I8 => Values::I8(cast(bytes)?),
            Element::I16 => Values::I16(cast(bytes)?),
            Element::I32 => Values::I32(cast(bytes)?),
            Element::I64 => Values::I64(cast(bytes)?),
            Element::U8 => Values::U8(bytes),
            Element::U16 => Values::U16(cast(bytes)?),
            Element::U32 => Values::U32(cast(bytes)?),
            Element::U64 => Values::U64(cast(bytes)?),
            Element::F32 => Values::F32(cast(bytes)?),
            Element::F64 => Values::F64(cast(bytes)?),
        })
    }
}

/// How the lists of one level lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// One offset more than lists, of 8 bytes if `wide`, else of 4.
    Offsets {
        /// Whether the offsets have 64 bits.
        wide: bool,
    },
    /// So many items each.
    Fixed(usize),
}

/// What the innermost lists hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Items {
    /// Numbers.
    Numbers(Element),
    /// Positions of so many numbers, one after the other.
    Interleaved(Element, usize),
    /// x and y of positions, each in a buffer of its own.
    Separated(Element),
}

/// Lists within lists, the outermost first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListLayout {
    pub(crate) levels: Vec<Level>,
    pub(crate) items: Items,
}

impl Items {
    pub(crate) fn element(self) -> Element {
        let (Items::Numbers(element) | Items::Interleaved(element, _) | Items::Separated(element)) = self;
        element
    }

    /// Numbers from one item to the next in a buffer.
    pub(crate) fn step(self) -> usize {
        if let Items::Interleaved(_, numbers) = self { numbers } else { 1 }
    }
}

/// The layout of a column's buffers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Layout {
    /// No buffers: every row is missing.
    Null,
    /// One bit a row.
    Bits,
    /// One value a row.
    Fixed(Element),
    /// IEEE binary16.
    Half,
    /// Two's complement integers of 4, 8, 16 or 32 bytes, to be divided by 10^scale.
    Decimal {
        /// Bytes of one value.
        bytes: usize,
        /// Digits after the point.
        scale: i8,
    },
    /// Offsets (of 8 bytes if `wide`, else of 4) into UTF-8.
    Text {
        /// Whether the offsets have 64 bits.
        wide: bool,
    },
    /// Offsets as of text, into bytes of any meaning.
    Bytes {
        /// Whether the offsets have 64 bits.
        wide: bool,
    },
    /// Views of 16 bytes: short strings inside, long ones in further blocks.
    Views,
    /// Views of bytes of any meaning.
    ByteViews,
    /// Lists of numbers or of positions.
    Lists(ListLayout),
    /// Keys into a dictionary.
    Dictionary {
        /// The type of the keys.
        key: Element,
        /// The layout of the dictionary's values; never itself a dictionary.
        values: Box<Layout>,
    },
    /// Ends of runs, each with one value.
    RunEnds {
        /// The type of the ends.
        end: Element,
        /// The layout of the values; never itself a dictionary or runs.
        values: Box<Layout>,
    },
    /// Something that is not read here.
    Other,
}

impl Layout {
    /// Bytes of one row in the buffer of values, where all rows take the same.
    pub(crate) fn row_bytes(&self) -> Option<usize> {
        match self {
            Layout::Fixed(element) => Some(element.width()),
            Layout::Half => Some(2),
            Layout::Decimal { bytes, .. } => Some(*bytes),
            Layout::Views | Layout::ByteViews => Some(16),
            Layout::Dictionary { key, .. } => Some(key.width()),
            Layout::Null
            | Layout::Bits
            | Layout::Text { .. }
            | Layout::Bytes { .. }
            | Layout::Lists(_)
            | Layout::RunEnds { .. }
            | Layout::Other => None,
        }
    }

    /// Bytes a row that the decoder may write where it cannot lend: an estimate for text, exact for the rest.
    pub(crate) fn scratch_row_bytes(&self) -> usize {
        /// What a string is thought to take in a plan; longer ones are asked for as they come.
        const TEXT: usize = 32;
        match self {
            Layout::Bits => 1,
            Layout::Null | Layout::Decimal { .. } => 9,
            Layout::Half => 4,
            Layout::Fixed(_) | Layout::Other => 0,
            Layout::Lists(lists) => {
                4 * lists.levels.len() + if lists.items.element() == Element::F64 { 0 } else { TEXT }
            }
            Layout::Text { wide } | Layout::Bytes { wide } => {
                if *wide {
                    4
                } else {
                    0
                }
            }
            Layout::Views | Layout::ByteViews => 4 + TEXT,
            Layout::Dictionary { values, .. } | Layout::RunEnds { values, .. } => match **values {
                Layout::Text { .. } | Layout::Views => 5,
                _ => 13,
            },
        }
    }
}
