//! Just enough of Thrift's compact protocol to walk page headers and to look over a footer.
//!
//! The `parquet` crate keeps its own parser private, and its page reader trusts the sizes a header claims; we must
//! see them before anything is allocated. See the decision page 0003.

/// Why a walk stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The bytes ended inside a value: more of them may help.
    Short,
    /// No reading of these bytes makes sense.
    Malformed,
}

pub(super) type Walk<T> = std::result::Result<T, Stop>;

/// Structures inside structures deeper than this are not Parquet.
const DEEPEST: u32 = 32;

/// The wire types of the compact protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    True,
    False,
    Byte,
    /// i16, i32 and i64 are all zigzag varints.
    Integer,
    Double,
    Binary,
    List,
    Map,
    Struct,
}

impl Wire {
    fn of(code: u8) -> Walk<Self> {
        Ok(match code {
            1 => Wire::True,
            2 => Wire::False,
            3 => Wire::Byte,
            4..=6 => Wire::Integer,
            7 => Wire::Double,
            8 => Wire::Binary,
            9 | 10 => Wire::List,
            11 => Wire::Map,
            12 => Wire::Struct,
            _ => return Err(Stop::Malformed),
        })
    }
}

/// A place in a byte string.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes walked over.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn byte(&mut self) -> Walk<u8> {
        let byte = *self.bytes.get(self.at).ok_or(Stop::Short)?;
        self.at += 1;
        Ok(byte)
    }

    fn varint(&mut self) -> Walk<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Stop::Malformed)
    }

    /// A zigzag varint.
    pub(super) fn integer(&mut self) -> Walk<i64> {
        let raw = self.varint()?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    /// The next field of a structure whose last field was `last`; `None` at its end.
    pub(super) fn field(&mut self, last: &mut i64) -> Walk<Option<(i64, Wire)>> {
        let head = self.byte()?;
        if head == 0 {
            return Ok(None);
        }
        *last = match head >> 4 {
            0 => self.integer()?,
            delta => *last + i64::from(delta),
        };
        Ok(Some((*last, Wire::of(head & 0x0f)?)))
    }

    /// The number of items in a list and their type.
    pub(super) fn list(&mut self) -> Walk<(u64, Wire)> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => self.varint()?,
            few => u64::from(few),
        };
        // Some writers give an empty list the item type 0.
        if count == 0 {
            return Ok((0, Wire::Byte));
        }
        Ok((count, Wire::of(head & 0x0f)?))
    }

    fn skip_bytes(&mut self, count: u64) -> Walk<()> {
        let left = self.bytes.len() - self.at;
        match usize::try_from(count) {
            Ok(count) if count <= left => self.at += count,
            _ => return Err(Stop::Short),
        }
        Ok(())
    }

    /// Walk over a field's value.
    pub(super) fn skip(&mut self, wire: Wire) -> Walk<()> {
        self.skip_nested(wire, DEEPEST)
    }

    fn skip_nested(&mut self, wire: Wire, depth: u32) -> Walk<()> {
        let depth = depth.checked_sub(1).ok_or(Stop::Malformed)?;
        match wire {
            Wire::True | Wire::False => Ok(()),
            Wire::Byte => self.skip_bytes(1),
            Wire::Integer => self.varint().map(|_| ()),
            Wire::Double => self.skip_bytes(8),
            Wire::Binary => {
                let length = self.varint()?;
                self.skip_bytes(length)
            }
            Wire::List => {
                let (count, item) = self.list()?;
                for _ in 0..count {
                    self.skip_item(item, depth)?;
                }
                Ok(())
            }
            Wire::Map => {
                let count = self.varint()?;
                if count == 0 {
                    return Ok(());
                }
                let kinds = self.byte()?;
                let (key, value) = (Wire::of(kinds >> 4)?, Wire::of(kinds & 0x0f)?);
                for _ in 0..count {
                    self.skip_item(key, depth)?;
                    self.skip_item(value, depth)?;
                }
                Ok(())
            }
            Wire::Struct => {
                let mut last = 0;
                while let Some((_, field)) = self.field(&mut last)? {
                    self.skip_nested(field, depth)?;
                }
                Ok(())
            }
        }
    }

    /// Booleans take no byte as a field, one as an item.
    fn skip_item(&mut self, wire: Wire, depth: u32) -> Walk<()> {
        match wire {
            Wire::True | Wire::False => self.skip_bytes(1),
            other => self.skip_nested(other, depth),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_zigzag_varints() {
        for (bytes, value) in [(&[0u8][..], 0), (&[1], -1), (&[2], 1), (&[0xac, 0x02], 150), (&[0x80], 0)] {
            let found = Cursor::new(bytes).integer();
            if bytes == [0x80] {
                assert_eq!(found, Err(Stop::Short));
            } else {
                assert_eq!(found, Ok(value));
            }
        }
    }

    #[test]
    fn endless_nesting_is_malformed_and_not_a_deep_recursion() {
        // Field 1 of type list, whose one item is a list of one list ...
        let bytes = [0x19u8; 10_000];
        assert_eq!(Cursor::new(&bytes).skip(Wire::List), Err(Stop::Malformed));
    }

    #[test]
    fn a_list_that_claims_too_much_stops_at_the_end_of_the_bytes() {
        let bytes = [0xf5, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1];
        assert_eq!(Cursor::new(&bytes).skip(Wire::List), Err(Stop::Short));
    }
}
