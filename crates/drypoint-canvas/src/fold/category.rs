//! Categories as they are met: each thread keeps its own short list, a directory gives them numbers for all.
//!
//! The numbers depend on which thread met which category first; the labels are sorted at the end, so the result does not.

use std::cmp::Ordering;
use std::sync::{Mutex, PoisonError};

use drypoint_stream::{Column, StreamError, Text, Values};

use crate::columns::convert_missing;
use crate::raw::NOWHERE;
use crate::{CanvasError, Categories, Reduction, Result};

/// What a category is called and how it sorts: truth values, then numbers by value, then text by code points.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Label {
    Bool(bool),
    Integer(i128),
    /// A number that is no integer, and not NaN.
    Fraction(f64),
    Text(Box<[u8]>),
}

impl Label {
    fn name(&self) -> String {
        match self {
            Label::Bool(false) => "False".into(),
            Label::Bool(true) => "True".into(),
            Label::Integer(value) => value.to_string(),
            Label::Fraction(value) => value.to_string(),
            Label::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        }
    }

    fn number(value: f64) -> Self {
        // Beyond this all are integers, but too large for one.
        if value.trunc() == value && value.abs() < 1e38 {
            Label::Integer(value as i128)
        } else {
            Label::Fraction(value)
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        let kind = |label: &Label| match label {
            Label::Bool(_) => 0,
            Label::Integer(_) | Label::Fraction(_) => 1,
            Label::Text(_) => 2,
        };
        match (self, other) {
            (Label::Bool(a), Label::Bool(b)) => a.cmp(b),
            (Label::Integer(a), Label::Integer(b)) => a.cmp(b),
            (Label::Integer(a), Label::Fraction(b)) => (*a as f64).total_cmp(b),
            (Label::Fraction(a), Label::Integer(b)) => a.total_cmp(&(*b as f64)),
            (Label::Fraction(a), Label::Fraction(b)) => a.total_cmp(b),
            (Label::Text(a), Label::Text(b)) => a.cmp(b),
            _ => kind(self).cmp(&kind(other)),
        }
    }
}

/// The categories of all threads.
pub(crate) struct Directory {
    categories: Categories,
    /// Whether numbers that are no integers are categories too.
    fractions: bool,
    limit: usize,
    labels: Mutex<Vec<Label>>,
}

/// The directories of a reduction, one for each of its parts that has categories.
pub(crate) struct Directories(Vec<Option<Directory>>);

impl Directories {
    pub(crate) fn new(reduction: &Reduction, limit: usize) -> Result<Self> {
        let directory = |part: &&Reduction| match part.categories() {
            Some(categories) => {
                let fractions = matches!(part, Reduction::Mode(_));
                Directory::new(categories, fractions, limit).map(Some)
            }
            None => Ok(None),
        };
        reduction.parts().iter().map(directory).collect::<Result<_>>().map(Self)
    }

    /// The directory of a part, if it has categories.
    pub(crate) fn get(&self, part: usize) -> Option<&Directory> {
        self.0.get(part)?.as_ref()
    }

    /// The names and numbers of the categories of a part, sorted; the number of its only plane if it has none.
    pub(crate) fn sorted(&self, part: usize) -> (Vec<String>, Vec<u32>) {
        self.get(part).map_or_else(|| (Vec::new(), vec![0]), Directory::sorted)
    }
}

impl Directory {
    pub(crate) fn new(categories: &Categories, fractions: bool, limit: usize) -> Result<Self> {
        let computed = categories.computed().unwrap_or(0);
        if computed > limit {
            return Err(CanvasError::TooManyCategories { column: categories.column().into(), limit });
        }
        // Those that are computed are all there, whether a row has them or not.
        let labels = (0..computed).map(|place| Label::Integer(place as i128)).collect();
        Ok(Self { categories: categories.clone(), fractions, limit, labels: Mutex::new(labels) })
    }

    /// The number of a category, given now if it is new.
    fn number(&self, label: &Label) -> Result<u32> {
        let mut labels = self.labels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = labels.iter().position(|known| known == label) {
            return Ok(number as u32);
        }
        if labels.len() >= self.limit {
            let column = self.categories.column().into();
            return Err(CanvasError::TooManyCategories { column, limit: self.limit });
        }
        labels.push(label.clone());
        Ok(labels.len() as u32 - 1)
    }

    /// The label of a number that was given.
    fn label(&self, number: u32) -> Label {
        let labels = self.labels.lock().unwrap_or_else(PoisonError::into_inner);
        labels[number as usize].clone()
    }

    /// Names and numbers, sorted by label.
    pub(crate) fn sorted(&self) -> (Vec<String>, Vec<u32>) {
        let labels = self.labels.lock().unwrap_or_else(PoisonError::into_inner);
        let mut numbers: Vec<u32> = (0..labels.len() as u32).collect();
        if self.categories.computed().is_some() {
            return (self.categories.names(), numbers);
        }
        numbers.sort_by(|a, b| labels[*a as usize].compare(&labels[*b as usize]));
        (numbers.iter().map(|number| labels[*number as usize].name()).collect(), numbers)
    }
}

/// The categories of one thread. Codes are the order in which it met them, which is that of its planes.
pub(crate) struct Interner {
    /// The label of each code.
    labels: Vec<Label>,
    /// The directory's number of each code.
    pub(crate) numbers: Vec<u32>,
    /// Open addressing over the hashes of labels: code + 1, 0 is free. Always more than half free.
    slots: Vec<u32>,
    /// Codes of the words of the current batch's dictionary, and of small integers: code, or `NOWHERE` if not met yet.
    words: Vec<u32>,
    /// Codes of integers from 0 on, or `NOWHERE` if not met yet: most columns of categories have no others.
    near: Box<[u32; NEAR]>,
    bytes: [u32; 256],
    /// Whether `bytes` stands for `i8`, `u8` or truth values.
    bytes_kind: Option<ByteKind>,
}

/// Integers that are looked up without a hash.
const NEAR: usize = 1024;

#[derive(Clone, Copy, PartialEq, Eq)]
enum ByteKind {
    Bool,
    Signed,
    Unsigned,
}

/// What must be done when a thread meets a category: its planes are made, by the directory's number.
type Met<'a> = &'a mut dyn FnMut(u32) -> Result<()>;

impl Interner {
    pub(crate) fn new() -> Self {
        Self {
            labels: Vec::new(),
            numbers: Vec::new(),
            slots: vec![0; 64],
            words: Vec::new(),
            near: Box::new([NOWHERE; NEAR]),
            bytes: [NOWHERE; 256],
            bytes_kind: None,
        }
    }

    /// Forget what was known of the last batch's dictionary.
    pub(crate) fn begin_batch(&mut self, column: &Column<'_>) {
        if let Values::Dictionary { words, .. } = &column.values {
            self.words.clear();
            self.words.resize(words.len(), NOWHERE);
        }
    }

    /// The codes of rows `start .. start + codes.len()`; `NOWHERE` where the category is missing.
    pub(crate) fn encode(
        &mut self,
        directory: &Directory,
        column: &Column<'_>,
        start: usize,
        codes: &mut [u32],
        met: Met<'_>,
    ) -> Result<()> {
        if directory.categories.computed().is_some() {
            return self.compute(directory, column, start, codes, met);
        }
        let rows = start..start + codes.len();
        let missing = |row: usize| column.validity.is_some_and(|validity| !validity.is_valid(start + row));
        macro_rules! numbers {
            ($values:expr) => {{
                let mut last = None;
                for (row, (code, value)) in codes.iter_mut().zip(&$values[rows]).enumerate() {
                    let value = f64::from(*value);
                    *code = match last {
                        _ if missing(row) || value.is_nan() => NOWHERE,
                        Some((known, code)) if known == value => code,
                        _ => self.number(directory, value, met)?,
                    };
                    if *code != NOWHERE {
                        last = Some((value, *code));
                    }
                }
                Ok(())
            }};
        }
        macro_rules! integers {
            ($values:expr) => {{
                // Of large ones, runs of one value are common where tables are sorted.
                let mut last = None;
                for (row, (code, value)) in codes.iter_mut().zip(&$values[rows]).enumerate() {
                    if missing(row) {
                        *code = NOWHERE;
                        continue;
                    }
                    let near = usize::try_from(*value).ok().filter(|place| *place < NEAR);
                    *code = match (near, last) {
                        (Some(place), _) if self.near[place] != NOWHERE => self.near[place],
                        (None, Some((known, code))) if known == *value => code,
                        _ => self.integer(directory, i128::from(*value), met)?,
                    };
                    match near {
                        Some(place) => self.near[place] = *code,
                        None => last = Some((*value, *code)),
                    }
                }
                Ok(())
            }};
        }
        match &column.values {
            Values::Dictionary { codes: indices, words } => {
                for (row, (code, index)) in codes.iter_mut().zip(&indices[rows]).enumerate() {
                    if missing(row) {
                        *code = NOWHERE;
                        continue;
                    }
                    *code = match self.words.get(*index as usize) {
                        Some(&known) if known != NOWHERE => known,
                        Some(_) => {
                            let found = self.text(directory, words.get(*index as usize), met)?;
                            self.words[*index as usize] = found;
                            found
                        }
                        None => return Err(beyond_dictionary(directory, *index, *words).into()),
                    };
                }
                Ok(())
            }
            Values::Text(text) => {
                for (row, code) in codes.iter_mut().enumerate() {
                    *code = if missing(row) {
                        NOWHERE
                    } else {
                        self.text(directory, text.get(start + row), met)?
                    };
                }
                Ok(())
            }
            Values::Bool(values) => {
                self.small(directory, ByteKind::Bool, values[rows].iter().copied(), codes, missing, met)
            }
            Values::U8(values) => {
                self.small(directory, ByteKind::Unsigned, values[rows].iter().copied(), codes, missing, met)
            }
            Values::I8(values) => {
                let bytes = values[rows].iter().map(|value| *value as u8);
                self.small(directory, ByteKind::Signed, bytes, codes, missing, met)
            }
            Values::I16(values) => integers!(values),
            Values::I32(values) => integers!(values),
            Values::I64(values) => integers!(values),
            Values::U16(values) => integers!(values),
            Values::U32(values) => integers!(values),
            Values::U64(values) => integers!(values),
            // A column of nothing.
            Values::F64(_) if (0..codes.len()).all(missing) => {
                codes.fill(NOWHERE);
                Ok(())
            }
            Values::F32(values) if directory.fractions => numbers!(values),
            Values::F64(values) if directory.fractions => numbers!(values),
            Values::F32(_) | Values::F64(_) | Values::Binary(_) | Values::Lists(_) => {
                Err(CanvasError::Stream(StreamError::Mismatch {
                    name: directory.categories.column().into(),
                    what: "a batch holds something else where its schema says categories".into(),
                }))
            }
        }
    }

    /// The codes of categories that are computed. A value that is missing has a bin, the last, but no rest.
    fn compute(
        &mut self,
        directory: &Directory,
        column: &Column<'_>,
        start: usize,
        codes: &mut [u32],
        met: Met<'_>,
    ) -> Result<()> {
        let categories = &directory.categories;
        if matches!(categories, Categories::Bins { .. }) {
            const ROWS: usize = 256;
            let mut values = [0.0; ROWS];
            for (block, codes) in codes.chunks_mut(ROWS).enumerate() {
                let values = &mut values[..codes.len()];
                convert_missing(column, start + block * ROWS, values)?;
                let bins = categories.bins();
                codes.iter_mut().zip(values).for_each(|(code, value)| *code = bins.of(*value));
            }
        } else {
            let rows = start..start + codes.len();
            let missing =
                |row: usize| column.validity.is_some_and(|validity| !validity.is_valid(start + row));
            macro_rules! rests {
                ($values:expr) => {
                    for (row, (code, value)) in codes.iter_mut().zip(&$values[rows]).enumerate() {
                        *code = if missing(row) { NOWHERE } else { categories.rest_of(*value) };
                    }
                };
            }
            match &column.values {
                Values::Bool(values) | Values::U8(values) => rests!(values),
                Values::I8(values) => rests!(values),
                Values::I16(values) => rests!(values),
                Values::I32(values) => rests!(values),
                Values::I64(values) => rests!(values),
                Values::U16(values) => rests!(values),
                Values::U32(values) => rests!(values),
                Values::U64(values) => rests!(values),
                Values::F64(_) if (0..codes.len()).all(missing) => codes.fill(NOWHERE),
                _ => {
                    return Err(CanvasError::Stream(StreamError::Mismatch {
                        name: categories.column().into(),
                        what: "a batch holds other values where its schema says integers".into(),
                    }));
                }
            }
        }
        // From the place of a category to this thread's code of it.
        self.words.resize(categories.computed().unwrap_or(0), NOWHERE);
        for code in codes.iter_mut().filter(|code| **code != NOWHERE) {
            let place = *code;
            if self.words[place as usize] == NOWHERE {
                self.words[place as usize] = self.integer(directory, i128::from(place), met)?;
            }
            *code = self.words[place as usize];
        }
        Ok(())
    }

    fn small(
        &mut self,
        directory: &Directory,
        kind: ByteKind,
        values: impl Iterator<Item = u8>,
        codes: &mut [u32],
        missing: impl Fn(usize) -> bool,
        met: Met<'_>,
    ) -> Result<()> {
        if self.bytes_kind != Some(kind) {
            self.bytes = [NOWHERE; 256];
            self.bytes_kind = Some(kind);
        }
        for (row, (code, value)) in codes.iter_mut().zip(values).enumerate() {
            if missing(row) {
                *code = NOWHERE;
                continue;
            }
            if self.bytes[value as usize] == NOWHERE {
                let label = match kind {
                    ByteKind::Bool => Label::Bool(value != 0),
                    ByteKind::Signed => Label::Integer(i128::from(value as i8)),
                    ByteKind::Unsigned => Label::Integer(i128::from(value)),
                };
                let hash = hash_label(&label);
                let found = match self.find(hash, |known| *known == label) {
                    Some(found) => found,
                    None => self.meet(directory, hash, label, met)?,
                };
                self.bytes[value as usize] = found;
            }
            *code = self.bytes[value as usize];
        }
        Ok(())
    }

    /// The code of the category that the directory calls `number`.
    pub(crate) fn code_of(&mut self, directory: &Directory, number: u32, met: Met<'_>) -> Result<u32> {
        if let Some(code) = self.numbers.iter().position(|known| *known == number) {
            return Ok(code as u32);
        }
        let label = directory.label(number);
        self.meet(directory, hash_label(&label), label, met)
    }

    fn integer(&mut self, directory: &Directory, value: i128, met: Met<'_>) -> Result<u32> {
        let hash = hash_integer(value);
        match self.find(hash, |label| matches!(label, Label::Integer(known) if *known == value)) {
            Some(code) => Ok(code),
            None => self.meet(directory, hash, Label::Integer(value), met),
        }
    }

    fn number(&mut self, directory: &Directory, value: f64, met: Met<'_>) -> Result<u32> {
        let label = Label::number(value);
        let hash = hash_label(&label);
        match self.find(hash, |known| *known == label) {
            Some(code) => Ok(code),
            None => self.meet(directory, hash, label, met),
        }
    }

    fn text(&mut self, directory: &Directory, bytes: &[u8], met: Met<'_>) -> Result<u32> {
        let hash = hash_bytes(bytes);
        match self.find(hash, |label| matches!(label, Label::Text(known) if **known == *bytes)) {
            Some(code) => Ok(code),
            None => self.meet(directory, hash, Label::Text(bytes.into()), met),
        }
    }

    #[inline]
    fn find(&self, hash: u64, same: impl Fn(&Label) -> bool) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let code = self.slots[slot].checked_sub(1)?;
            if same(&self.labels[code as usize]) {
                return Some(code);
            }
            slot = (slot + 1) & mask;
        }
    }

    #[cold]
    fn meet(&mut self, directory: &Directory, hash: u64, label: Label, met: Met<'_>) -> Result<u32> {
        let number = directory.number(&label)?;
        met(number)?;
        let code = self.labels.len() as u32;
        self.labels.push(label);
        self.numbers.push(number);
        if self.labels.len() * 2 >= self.slots.len() {
            self.slots = vec![0; self.slots.len() * 2];
            for code in 0..self.labels.len() {
                self.occupy(hash_label(&self.labels[code]), code as u32);
            }
        } else {
            self.occupy(hash, code);
        }
        Ok(code)
    }

    fn occupy(&mut self, hash: u64, code: u32) {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        while self.slots[slot] != 0 {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = code + 1;
    }
}

fn beyond_dictionary(directory: &Directory, index: u32, words: Text<'_>) -> StreamError {
    StreamError::Corrupt {
        name: directory.categories.column().into(),
        what: format!("index {index} into a dictionary of {} words", words.len()),
    }
}

fn hash_label(label: &Label) -> u64 {
    match label {
        Label::Bool(value) => hash_integer(i128::from(*value)),
        Label::Integer(value) => hash_integer(*value),
        Label::Fraction(value) => hash_integer(i128::from(value.to_bits())),
        Label::Text(bytes) => hash_bytes(bytes),
    }
}

/// Multiply and fold the high half down: the low bits, which choose the slot, then depend on all.
fn mix(value: u64) -> u64 {
    let product = u128::from(value ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93;
    (product >> 64) as u64 ^ product as u64
}

fn hash_integer(value: i128) -> u64 {
    mix(value as u64)
}

fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut words = bytes.chunks_exact(8);
    let mut hash = bytes.len() as u64;
    for word in &mut words {
        let mut eight = [0; 8];
        eight.copy_from_slice(word);
        hash = mix(hash ^ u64::from_le_bytes(eight));
    }
    let mut eight = [0; 8];
    eight[..words.remainder().len()].copy_from_slice(words.remainder());
    mix(hash ^ u64::from_le_bytes(eight))
}
