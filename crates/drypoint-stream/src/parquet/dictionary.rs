//! The distinct values of a column chunk, decoded once.

use drypoint_memory::MemoryConsumer;

use super::convert::convert;
use super::fault::{Decoded, Fault};
use super::hybrid::{Hybrid, Values};
use super::page::Room;
use super::schema::{Delivered, Route, Stored};
use super::strings::Strings;

/// What codes stand for.
#[derive(Debug)]
pub(super) enum Dictionary {
    /// Values as a batch holds them, `count` of them.
    Fixed { values: Room, count: usize },
    /// Words; at least one, so that the code 0 of a missing row means something.
    Words(Strings),
}

impl Dictionary {
    /// Bytes held for a dictionary page of `uncompressed` bytes.
    pub(super) fn bytes_for(route: &Route, uncompressed: usize) -> usize {
        match route.stored {
            // Few and long, each with its length before it.
            Stored::Bytes if route.raw => uncompressed + uncompressed / 4,
            Stored::Bytes => Strings::bytes_for(uncompressed / size_of::<u32>(), uncompressed),
            Stored::Fixed(width) => Room::bytes_for(uncompressed / width.max(1) * route.delivered.width()),
            Stored::Bit => 0,
        }
    }

    /// Decode a dictionary page of `count` plain values into the buffers of `spare`, if there is one.
    pub(super) fn decode(
        spare: Option<Dictionary>,
        route: &Route,
        page: &[u8],
        count: usize,
        consumer: &MemoryConsumer,
    ) -> Decoded<Self> {
        let short = |needed| {
            Fault::damaged(format!("a dictionary of {count} values takes {needed} B, found {}", page.len()))
        };
        match (route.stored, route.delivered.width()) {
            (Stored::Fixed(width), delivered) => {
                let stored = page.get(..count * width).ok_or_else(|| short(count * width))?;
                let mut values = match spare {
                    Some(Dictionary::Fixed { values, .. }) => values,
                    _ => Room::new(consumer),
                };
                let to = values.at_least(count * delivered)?;
                convert(route.convert, width, stored, to);
                Ok(Dictionary::Fixed { values, count })
            }
            (Stored::Bytes, _) if route.delivered == Delivered::Text => {
                if count > page.len() / size_of::<u32>() {
                    return Err(short(count * size_of::<u32>()));
                }
                let mut words = match spare {
                    Some(Dictionary::Words(words)) => words,
                    _ => Strings::new(consumer, count.max(1), route.raw)?,
                };
                words.clear(count.max(1))?;
                if route.raw {
                    // Shapes are long: no room is to be made anew again and again.
                    words.reserve(page.len())?;
                }
                let mut at = 0;
                for _ in 0..count {
                    words.push(plain_bytes(page, &mut at)?)?;
                }
                if count == 0 {
                    words.push(&[])?;
                }
                Ok(Dictionary::Words(words))
            }
            (Stored::Bytes, delivered) => {
                if count > page.len() / size_of::<u32>() {
                    return Err(short(count * size_of::<u32>()));
                }
                let mut values = Room::new(consumer);
                let to = values.at_least(count * delivered)?;
                let mut at = 0;
                for slot in to.chunks_exact_mut(delivered).take(count) {
                    let value = plain_bytes(page, &mut at)?;
                    convert(route.convert, value.len(), value, slot);
                }
                Ok(Dictionary::Fixed { values, count })
            }
            _ => Err(Fault::damaged("a dictionary for a type that has none")),
        }
    }

    fn count(&self) -> usize {
        match self {
            Dictionary::Fixed { count, .. } => *count,
            Dictionary::Words(words) => words.len(),
        }
    }

    /// Decode `to.len()` codes, all of which must stand for something.
    pub(super) fn codes(&self, codes: &mut Hybrid, page: &[u8], to: &mut [u32]) -> Decoded<()> {
        codes.read(page, to)?;
        let count = self.count();
        match to.iter().max() {
            Some(greatest) if *greatest as usize >= count => Err(no_such_code(*greatest, count)),
            _ => Ok(()),
        }
    }

    /// Decode codes and put the values they stand for into `to`, which holds whole items of `N` bytes.
    pub(super) fn values<const N: usize>(
        &self,
        codes: &mut Hybrid,
        page: &[u8],
        to: &mut [u8],
    ) -> Decoded<()> {
        let Dictionary::Fixed { values, count } = self else {
            return Err(Fault::damaged("a dictionary of another type"));
        };
        let values = &values.bytes()[..count * N];
        let (values, _) = values.as_chunks::<N>();
        let (to, _) = to.as_chunks_mut::<N>();
        let mut done = 0;
        let mut missing = None;
        codes.runs(page, to.len(), |run| match run {
            Values::Repeat(code, times) => {
                match values.get(code as usize) {
                    Some(value) => to[done..done + times].fill(*value),
                    None => missing = Some(code),
                }
                done += times;
            }
            Values::Block(block) => {
                for (slot, code) in to[done..done + block.len()].iter_mut().zip(block) {
                    match values.get(*code as usize) {
                        Some(value) => *slot = *value,
                        None => missing = Some(*code),
                    }
                }
                done += block.len();
            }
        })?;
        missing.map_or(Ok(()), |code| Err(no_such_code(code, *count)))
    }
}

fn no_such_code(code: u32, count: usize) -> Fault {
    Fault::damaged(format!("code {code} in a dictionary of {count} values"))
}

/// The plain byte array at `at`, which is moved behind it.
pub(super) fn plain_bytes<'p>(page: &'p [u8], at: &mut usize) -> Decoded<&'p [u8]> {
    let short = || Fault::damaged("a string ends after its page");
    let (head, rest) = page.get(*at..).and_then(|rest| rest.split_first_chunk::<4>()).ok_or_else(short)?;
    let length = u32::from_le_bytes(*head) as usize;
    let value = rest.get(..length).ok_or_else(short)?;
    *at += 4 + length;
    Ok(value)
}
