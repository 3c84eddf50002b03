//! A bounded run of rows, borrowed from its reader until the next one is read.

/// Which rows hold a value: bit `offset + row` of `bits`, least significant bit first, as in Arrow.
#[derive(Debug, Clone, Copy)]
pub struct Bitmap<'a> {
    /// The bits.
    pub bits: &'a [u8],
    /// The bit that stands for row 0.
    pub offset: usize,
}

impl Bitmap<'_> {
    /// Whether `row` holds a value.
    #[inline]
    pub fn is_valid(&self, row: usize) -> bool {
        let bit = self.offset + row;
        self.bits[bit >> 3] >> (bit & 7) & 1 == 1
    }
}

/// Strings one after the other: string `i` is `bytes[offsets[i]..offsets[i + 1]]`.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// One more than there are strings; does not have to begin at 0.
    pub offsets: &'a [i32],
    /// UTF-8.
    pub bytes: &'a [u8],
}

impl<'a> Text<'a> {
    /// Number of strings.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of string `index`.
    pub fn get(&self, index: usize) -> &'a [u8] {
        &self.bytes[self.offsets[index] as usize..self.offsets[index + 1] as usize]
    }
}

/// Lists of numbers or of positions, one after the other, in up to three levels of lists.
///
/// List `i` of a level holds the items `offsets[i] .. offsets[i + 1]` of the next level, or of the numbers.
#[derive(Debug, Clone, Copy)]
pub struct Lists<'a> {
    /// The offsets of each level, the outermost first: that has one more than there are rows. Levels that are not there
    /// are empty, and stand at the end.
    pub offsets: [&'a [i32]; Lists::LEVELS],
    /// Rows.
    pub rows: usize,
    /// The numbers, or x of the positions: item `i` stands at `i * step`.
    pub x: &'a [f64],
    /// y of the positions, as `x`; empty where the lists hold numbers.
    pub y: &'a [f64],
    /// Places from one item to the next.
    pub step: usize,
    /// Whether the items are positions, and not numbers.
    pub positions: bool,
}

impl Lists<'_> {
    /// Levels of lists, at most.
    pub const LEVELS: usize = 3;

    /// What list `index` of a level holds, in numbers of the next level; without such a level, item `index` itself.
    #[inline]
    pub fn range(&self, level: usize, index: usize) -> std::ops::Range<usize> {
        match self.offsets[level] {
            [] => index..index + 1,
            offsets => offsets[index] as usize..offsets[index + 1] as usize,
        }
    }

    /// Levels of lists that are there.
    pub fn levels(&self) -> usize {
        self.offsets.iter().filter(|offsets| !offsets.is_empty()).count()
    }
}

/// The physical values of a column in one batch. A missing row's value is arbitrary but present.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum Values<'a> {
    /// One byte a row, 0 or 1.
    Bool(&'a [u8]),
    I8(&'a [i8]),
    I16(&'a [i16]),
    I32(&'a [i32]),
    I64(&'a [i64]),
    U8(&'a [u8]),
    U16(&'a [u16]),
    U32(&'a [u32]),
    U64(&'a [u64]),
    F32(&'a [f32]),
    F64(&'a [f64]),
    /// One string a row.
    Text(Text<'a>),
    /// Some bytes a row, of any meaning.
    Binary(Text<'a>),
    /// One list a row.
    Lists(Lists<'a>),
    /// One index a row into the batch's own dictionary of strings.
    Dictionary {
        codes: &'a [u32],
        words: Text<'a>,
    },
}

impl Values<'_> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Values::Bool(v) | Values::U8(v) => v.len(),
            Values::I8(v) => v.len(),
            Values::I16(v) => v.len(),
            Values::I32(v) => v.len(),
            Values::I64(v) => v.len(),
            Values::U16(v) => v.len(),
            Values::U32(v) => v.len(),
            Values::U64(v) => v.len(),
            Values::F32(v) => v.len(),
            Values::F64(v) => v.len(),
            Values::Text(text) | Values::Binary(text) => text.len(),
            Values::Lists(lists) => lists.rows,
            Values::Dictionary { codes, .. } => codes.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One column of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// Its values.
    pub values: Values<'a>,
    /// Which rows hold one; `None` means all.
    pub validity: Option<Bitmap<'a>>,
}

/// Rows `order .. order + rows` of a source, only the columns asked for, in the order asked for.
#[derive(Debug, Clone)]
pub struct Batch<'a> {
    /// Number of rows.
    pub rows: usize,
    /// A key of the first row that grows along the source (not necessarily without gaps), so that `first` and
    /// `last` mean the same on any number of threads. Row `i` has key `order + i`.
    pub order: u64,
    /// The columns of the request, each `rows` long.
    pub columns: Vec<Column<'a>>,
}
