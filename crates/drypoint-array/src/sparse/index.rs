//! Places along a dimension, in 1, 2, 4 or 8 bytes each.

use drypoint_memory::{Buffer, Pod};

use super::Part;

/// How many bytes an index has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum IndexType {
    U8,
    U16,
    U32,
    U64,
}

impl IndexType {
    /// The smallest that holds `greatest`.
    pub fn for_greatest(greatest: u64) -> Self {
        match greatest {
            0..=0xff => Self::U8,
            0x100..=0xffff => Self::U16,
            0x1_0000..=0xffff_ffff => Self::U32,
            _ => Self::U64,
        }
    }

    /// The smallest that holds every place of a dimension of `length`.
    pub fn for_length(length: usize) -> Self {
        Self::for_greatest((length as u64).saturating_sub(1))
    }

    /// The type of so many bytes.
    pub fn of_bytes(bytes: usize) -> Option<Self> {
        [Self::U8, Self::U16, Self::U32, Self::U64].into_iter().find(|index| index.bytes() == bytes)
    }

    /// Bytes of one.
    pub fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::U32 => 4,
            Self::U64 => 8,
        }
    }

    /// NumPy's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::U8 => "uint8",
            Self::U16 => "uint16",
            Self::U32 => "uint32",
            Self::U64 => "uint64",
        }
    }
}

/// A place in any of the types.
pub(super) trait Index: Pod + Ord {
    fn place(self) -> usize;
    /// A place that fits.
    fn from_place(place: usize) -> Self;
}

macro_rules! index {
    ($($kind:ty),*) => {$(
        impl Index for $kind {
            #[inline(always)]
            fn place(self) -> usize {
                self as usize
            }
            #[inline(always)]
            fn from_place(place: usize) -> Self {
                place as Self
            }
        }
    )*};
}
index!(u8, u16, u32, u64);

/// Run `$body` with `$I` standing for the Rust type of an [`IndexType`].
macro_rules! with_index {
    ($kind:expr, $I:ident => $body:expr) => {
        match $kind {
            $crate::sparse::IndexType::U8 => {
                type $I = u8;
                $body
            }
            $crate::sparse::IndexType::U16 => {
                type $I = u16;
                $body
            }
            $crate::sparse::IndexType::U32 => {
                type $I = u32;
                $body
            }
            $crate::sparse::IndexType::U64 => {
                type $I = u64;
                $body
            }
        }
    };
}
pub(super) use with_index;

/// Places of one type, one after the other.
#[derive(Clone)]
pub struct IndexArray {
    kind: IndexType,
    part: Part,
}

impl IndexArray {
    /// `part` holds places of this type at an address that suits them.
    pub(super) fn new(kind: IndexType, part: Part) -> Self {
        debug_assert!(part.aligned(kind.bytes()) && part.bytes().len().is_multiple_of(kind.bytes()));
        Self { kind, part }
    }

    /// The first `len` of a buffer.
    pub(super) fn of<I: Index>(buffer: Buffer<I>, len: usize) -> Self {
        let kind = IndexType::of_bytes(size_of::<I>()).unwrap_or(IndexType::U64);
        Self::new(kind, Part::of(buffer, len))
    }

    /// Their type.
    pub fn kind(&self) -> IndexType {
        self.kind
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.part.bytes().len() / self.kind.bytes()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their memory.
    pub fn part(&self) -> &Part {
        &self.part
    }

    pub(super) fn items<I: Index>(&self) -> &[I] {
        self.part.items()
    }

    /// The place at `at`.
    ///
    /// # Panics
    /// If there are not so many.
    #[inline]
    pub fn at(&self, at: usize) -> usize {
        with_index!(self.kind, I => self.items::<I>()[at].place())
    }

    /// Those from `first` to before `end`; nothing is copied.
    pub(super) fn cut(&self, first: usize, end: usize) -> Self {
        let bytes = self.kind.bytes();
        Self { kind: self.kind, part: self.part.cut(first * bytes, (end - first) * bytes) }
    }
}
