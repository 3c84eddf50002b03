//! Items that a caller gives: of any integer type, byte order and stride. They are kept as they lie where that is what would be
//! made of them, and copied otherwise.

use std::sync::Arc;

use drypoint_memory::Pod;

use super::index::{Index, with_index};
use super::value::with_width;
use super::{IndexArray, IndexType, Part, Storage, ValueType, Values, Work};
use crate::{ArrayError, DType, Number, Result};

/// Whether memory that is given may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Where it is already what would be made of it.
    WhereFit,
    /// Always; an error where that cannot be.
    Always,
    /// Never.
    Never,
}

/// `len` items of one dimension.
pub struct Given {
    /// What to call it in a message: `"row"`, `"data"`, ...
    pub name: String,
    /// Whose memory it is.
    pub storage: Arc<dyn Storage>,
    /// Type and byte order of an item.
    pub dtype: DType,
    /// Where the first item begins.
    pub first_byte: usize,
    /// From one to the next, perhaps backwards.
    pub stride_bytes: isize,
    /// How many.
    pub len: usize,
}

impl Given {
    /// The items, if they lie one after the other, in this machine's order, at a suitable address.
    fn in_place(&self, alignment: usize) -> Option<Part> {
        let bytes = self.dtype.item_bytes();
        let swapped = self.dtype.swapped() && bytes > 1;
        if self.len > 1 && self.stride_bytes != bytes as isize || swapped {
            return None;
        }
        let part = Part::new(self.storage.clone(), self.first_byte, self.len.checked_mul(bytes)?)?;
        part.aligned(alignment).then_some(part)
    }

    /// Call `each` with the place and the bytes of each item.
    fn each<const N: usize>(
        &self,
        first: usize,
        end: usize,
        mut each: impl FnMut(usize, [u8; N]) -> Result<()>,
    ) -> Result<()> {
        let bytes = self.storage.bytes();
        for place in first..end {
            let at = self.first_byte.wrapping_add_signed(place as isize * self.stride_bytes);
            let item = bytes.get(at..).and_then(|bytes| bytes.first_chunk::<N>());
            let mut item = *item.ok_or_else(|| self.wrong("is shorter than it says".into()))?;
            if self.dtype.swapped() {
                item.reverse();
            }
            each(place, item)?;
        }
        Ok(())
    }

    /// Call `each` with every item as an integer. Those of 64 bits without a sign that are beyond the others' reach are told
    /// as the greatest.
    fn integers(&self, work: &Work<'_>, mut each: impl FnMut(usize, i64) -> Result<()>) -> Result<()> {
        macro_rules! walk {
            ($kind:ty, $bytes:literal) => {
                work.blocks(self.len, |first, end| {
                    if let Some(part) = self.in_place($bytes) {
                        let items = &part.items::<$kind>()[first..end];
                        return items.iter().enumerate().try_for_each(|(at, item)| {
                            each(first + at, i64::try_from(*item).unwrap_or(i64::MAX))
                        });
                    }
                    self.each::<$bytes>(first, end, |place, item| {
                        each(place, i64::try_from(<$kind>::from_ne_bytes(item)).unwrap_or(i64::MAX))
                    })
                })
            };
        }
        match self.dtype.number() {
            _ if self.dtype.name().contains(['M', 'm']) => Err(self.not_integers()),
            Number::Signed(1) => walk!(i8, 1),
            Number::Signed(2) => walk!(i16, 2),
            Number::Signed(4) => walk!(i32, 4),
            Number::Signed(_) => walk!(i64, 8),
            Number::Unsigned(1) => walk!(u8, 1),
            Number::Unsigned(2) => walk!(u16, 2),
            Number::Unsigned(4) => walk!(u32, 4),
            Number::Unsigned(_) => walk!(u64, 8),
            _ => Err(self.not_integers()),
        }
    }

    fn not_integers(&self) -> ArrayError {
        self.wrong(format!("must be integers, not items of type {:?}", self.dtype.name()))
    }

    fn wrong_at(&self, place: usize, is: &str) -> ArrayError {
        ArrayError::Argument(format!("{}[{place}] is {is}", self.name))
    }

    pub(super) fn wrong(&self, what: String) -> ArrayError {
        ArrayError::Argument(format!("{} {what}", self.name))
    }

    /// The greatest item, all of them integers from 0 on; `None` where there is none.
    pub(super) fn greatest(&self, work: &Work<'_>) -> Result<Option<u64>> {
        let mut greatest = -1i64;
        self.integers(work, |place, item| {
            if item < 0 {
                return Err(self.wrong_at(place, &format!("{item}; indices are counted from 0")));
            }
            greatest = greatest.max(item);
            Ok(())
        })?;
        Ok(u64::try_from(greatest).ok())
    }

    /// The items as places below `length`, of the type that `fits` or, kept, as they are. `beyond` says what `length` is.
    pub(super) fn places(
        &self,
        length: u64,
        fits: IndexType,
        beyond: &str,
        keep: Keep,
        work: &Work<'_>,
    ) -> Result<IndexArray> {
        let check = |place: usize, item: i64| match u64::try_from(item) {
            Ok(item) if item < length => Ok(item),
            Ok(item) => Err(self.wrong_at(place, &format!("{item}, but {beyond}"))),
            Err(_) => Err(self.wrong_at(place, &format!("{item}; indices are counted from 0"))),
        };
        if keep != Keep::Never {
            let kind = IndexType::of_bytes(self.dtype.item_bytes());
            let kind = kind.filter(|kind| keep == Keep::Always || *kind == fits);
            if let Some((kind, part)) = kind.and_then(|kind| Some((kind, self.in_place(kind.bytes())?))) {
                let kept = IndexArray::new(kind, part);
                if !self.below(&kept, length, work)? {
                    self.integers(work, |place, item| check(place, item).map(drop))?;
                }
                return Ok(kept);
            }
            if keep == Keep::Always {
                return Err(self.uncopied());
            }
        }
        with_index!(fits, I => {
            let mut copied = work.buffer::<I>(self.len)?;
            let places: &mut [I] = &mut copied;
            self.integers(work, |place, item| {
                places[place] = I::from_place(check(place, item)? as usize);
                Ok(())
            })?;
            Ok(IndexArray::of(copied, self.len))
        })
    }

    /// Whether all are below `length`, asked of a block at once: a negative one is a great one without its sign.
    fn below(&self, kept: &IndexArray, length: u64, work: &Work<'_>) -> Result<bool> {
        if !matches!(self.dtype.number(), Number::Signed(_) | Number::Unsigned(_))
            || self.dtype.name().contains(['M', 'm'])
        {
            return Ok(false);
        }
        let mut below = true;
        with_index!(kept.kind(), I => {
            let items = kept.items::<I>();
            work.blocks(items.len(), |first, end| {
                let greatest = items[first..end].iter().copied().max().map_or(0, Index::place);
                below &= (greatest as u64) < length;
                Ok(())
            })
        })?;
        Ok(below && !(matches!(self.dtype.number(), Number::Signed(_)) && self.signed_beyond(length)))
    }

    /// Whether a negative item could pass for a place below `length`.
    fn signed_beyond(&self, length: u64) -> bool {
        let bits = 8 * self.dtype.item_bytes() as u32 - 1;
        length > 1 << bits
    }

    fn uncopied(&self) -> ArrayError {
        self.wrong(
            "cannot be kept without a copy: it is strided, in another byte order, or no integers".into(),
        )
    }

    /// The items as values.
    pub(super) fn values(&self, keep: Keep, work: &Work<'_>) -> Result<Values> {
        let kind = ValueType::of(&self.dtype)?;
        if keep != Keep::Never {
            if let Some(part) = self.in_place(kind.alignment()) {
                return Ok(Values::new(kind, part));
            }
            if keep == Keep::Always {
                return Err(self.uncopied());
            }
        }
        with_width!(kind, T => {
            let mut values = work.buffer::<T>(self.len)?;
            self.copy(&mut values, kind, work)?;
            Ok(Values::new(kind, Part::of(values, self.len)))
        })
    }

    fn copy<T: Pod>(&self, to: &mut [T], kind: ValueType, work: &Work<'_>) -> Result<()> {
        let to: &mut [u8] = bytemuck::cast_slice_mut(to);
        if let Some(part) = self.in_place(1) {
            let from = part.bytes();
            return work.blocks(from.len(), |first, end| {
                to[first..end].copy_from_slice(&from[first..end]);
                Ok(())
            });
        }
        // The parts of a complex number are swapped each, not the whole.
        let number = if kind.is_complex() { kind.bytes() / 2 } else { kind.bytes() };
        let bytes = self.storage.bytes();
        work.blocks(self.len, |first, end| {
            for place in first..end {
                let at = self.first_byte.wrapping_add_signed(place as isize * self.stride_bytes);
                let from = bytes.get(at..at.saturating_add(kind.bytes()));
                let from = from.ok_or_else(|| self.wrong("is shorter than it says".into()))?;
                let item = &mut to[place * kind.bytes()..][..kind.bytes()];
                item.copy_from_slice(from);
                if self.dtype.swapped() {
                    item.chunks_exact_mut(number).for_each(<[u8]>::reverse);
                }
            }
            Ok(())
        })
    }
}
