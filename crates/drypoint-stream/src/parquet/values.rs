//! The values of one data page, taken out from front to back in any portions.

use drypoint_memory::MemoryConsumer;
use parquet::basic::{Encoding, Type as Physical};
use parquet::schema::types::ColumnDescPtr;

use super::convert::convert;
use super::dictionary::{Dictionary, plain_bytes};
use super::fault::{Decoded, Fault};
use super::foreign::Foreign;
use super::hybrid::{Hybrid, Values};
use super::schema::{Convert, Delivered, Route, Stored};
use super::strings::Strings;

/// Where decoding of a page's values stands, by encoding.
#[derive(Debug)]
pub(super) enum PageValues {
    /// Values one after the other, from byte `at` on.
    Plain { at: usize },
    /// Truth values, one bit each.
    Bits { bit: usize },
    /// Truth values in runs.
    Runs(Hybrid),
    /// Codes of a dictionary.
    Codes(Hybrid),
    /// All first bytes, all second bytes, ...: `count` of each from `at` on, `done` of them taken.
    Split { at: usize, count: usize, done: usize },
    /// Decoded by the crate.
    Foreign(Box<Foreign>),
}

impl PageValues {
    /// Begin with `page[at..]`, in which `present` values are promised (asked only where it must be known).
    pub(super) fn begin(
        route: &Route,
        descriptor: &ColumnDescPtr,
        encoding: Encoding,
        page: &[u8],
        at: usize,
        present: impl FnOnce() -> Decoded<usize>,
        consumer: &MemoryConsumer,
    ) -> Decoded<Self> {
        Ok(match (encoding, route.stored) {
            (Encoding::PLAIN, Stored::Bit) => PageValues::Bits { bit: at * 8 },
            (Encoding::PLAIN, _) => PageValues::Plain { at },
            (Encoding::RLE, Stored::Bit) => {
                let (start, end) = prefixed(page, at)?;
                PageValues::Runs(Hybrid::new(1, start, end)?)
            }
            (Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY, Stored::Fixed(_) | Stored::Bytes) => {
                // A page of nothing but nulls may have no width and no codes.
                let width = page.get(at).copied().unwrap_or(0);
                PageValues::Codes(Hybrid::new(u32::from(width), page.len().min(at + 1), page.len())?)
            }
            (Encoding::BYTE_STREAM_SPLIT, Stored::Fixed(width)) => {
                PageValues::Split { at, count: (page.len() - at) / width, done: 0 }
            }
            (
                Encoding::DELTA_BINARY_PACKED
                | Encoding::DELTA_LENGTH_BYTE_ARRAY
                | Encoding::DELTA_BYTE_ARRAY
                | Encoding::ALP,
                _,
            ) if route.physical != Physical::BOOLEAN => {
                let count = present()?;
                PageValues::Foreign(Box::new(Foreign::new(
                    descriptor,
                    encoding,
                    &page[at..],
                    count,
                    consumer,
                )?))
            }
            (other, _) => {
                return Err(Fault::damaged(format!("{other} is no encoding of {}", route.physical)));
            }
        })
    }

    /// The next `count` values as bytes inside the page, if that is what they are.
    pub(super) fn in_place(
        &mut self,
        route: &Route,
        page: &[u8],
        count: usize,
    ) -> Option<std::ops::Range<usize>> {
        let (PageValues::Plain { at }, Stored::Fixed(width), Convert::Nothing) =
            (self, route.stored, route.convert)
        else {
            return None;
        };
        let end = *at + count * width;
        if *at % width != 0 || end > page.len() {
            return None;
        }
        let range = *at..end;
        *at = end;
        Some(range)
    }

    /// Put the next values, as a batch holds them, into `to`, which has the room of exactly that many.
    pub(super) fn read(
        &mut self,
        route: &Route,
        page: &[u8],
        dictionary: Option<&Dictionary>,
        to: &mut [u8],
    ) -> Decoded<()> {
        let delivered = route.delivered.width();
        let count = to.len() / delivered;
        // A page of nothing but nulls may come without the dictionary that its encoding names.
        if count == 0 {
            return Ok(());
        }
        match (self, route.stored) {
            (PageValues::Plain { at }, Stored::Fixed(width)) => {
                let from = page.get(*at..*at + count * width).ok_or_else(|| too_few(count))?;
                convert(route.convert, width, from, to);
                *at += from.len();
            }
            (PageValues::Plain { at }, Stored::Bytes) => {
                for slot in to.chunks_exact_mut(delivered) {
                    let value = plain_bytes(page, at)?;
                    convert(route.convert, value.len(), value, slot);
                }
            }
            (PageValues::Bits { bit }, _) => {
                if (*bit + count).div_ceil(8) > page.len() {
                    return Err(too_few(count));
                }
                for (slot, place) in to.iter_mut().zip(*bit..) {
                    *slot = page[place >> 3] >> (place & 7) & 1;
                }
                *bit += count;
            }
            (PageValues::Runs(runs), _) => {
                let mut done = 0;
                runs.runs(page, count, |run| match run {
                    Values::Repeat(value, times) => {
                        to[done..done + times].fill(u8::from(value != 0));
                        done += times;
                    }
                    Values::Block(block) => {
                        for (slot, value) in to[done..].iter_mut().zip(block) {
                            *slot = u8::from(*value != 0);
                        }
                        done += block.len();
                    }
                })?;
            }
            (PageValues::Codes(codes), _) => {
                let dictionary = dictionary.ok_or_else(no_dictionary)?;
                match delivered {
                    4 => dictionary.values::<4>(codes, page, to)?,
                    _ => dictionary.values::<8>(codes, page, to)?,
                }
            }
            (PageValues::Split { at, count: each, done }, Stored::Fixed(width)) => {
                if *done + count > *each {
                    return Err(too_few(count));
                }
                let streams = &page[*at..*at + *each * width];
                match (route.convert, width) {
                    (Convert::Nothing, 4) => join::<4>(streams, *each, *done, to),
                    (Convert::Nothing, 8) => join::<8>(streams, *each, *done, to),
                    (conversion, _) => {
                        let mut value = [0; 32];
                        for (index, slot) in to.chunks_exact_mut(delivered).enumerate() {
                            for (byte, stream) in value[..width].iter_mut().zip(streams.chunks_exact(*each)) {
                                *byte = stream[*done + index];
                            }
                            convert(conversion, width, &value[..width], slot);
                        }
                    }
                }
                *done += count;
            }
            (PageValues::Foreign(foreign), stored) => {
                let mut done = 0;
                foreign.read(count, |values| {
                    let width = match stored {
                        Stored::Fixed(width) => width,
                        _ => values.len(),
                    };
                    done += convert(route.convert, width, values, &mut to[done..]);
                    Ok(())
                })?;
            }
            _ => return Err(Fault::damaged("an encoding of another type")),
        }
        Ok(())
    }

    /// Append the next strings to `to`: for each of `rows`, the next one or, where it says no, an empty one.
    pub(super) fn read_strings(
        &mut self,
        page: &[u8],
        dictionary: Option<&Dictionary>,
        rows: impl Iterator<Item = bool>,
        to: &mut Strings,
    ) -> Decoded<()> {
        match self {
            PageValues::Plain { at } => {
                for present in rows {
                    to.push(if present { plain_bytes(page, at)? } else { &[] })?;
                }
            }
            PageValues::Codes(codes) => {
                for present in rows {
                    if !present {
                        to.push_utf8(&[])?;
                        continue;
                    }
                    let Some(dictionary @ Dictionary::Words(words)) = dictionary else {
                        return Err(no_dictionary());
                    };
                    let mut code = [0];
                    dictionary.codes(codes, page, &mut code)?;
                    to.push_utf8(words.get(code[0] as usize))?;
                }
            }
            PageValues::Foreign(foreign) => {
                for present in rows {
                    if present {
                        foreign.read(1, |value| to.push(value))?;
                    } else {
                        to.push_utf8(&[])?;
                    }
                }
            }
            _ => return Err(Fault::damaged("an encoding of another type")),
        }
        Ok(())
    }

    /// Whether these are words of a dictionary.
    pub(super) fn are_words(&self, route: &Route) -> bool {
        route.delivered == Delivered::Text && matches!(self, PageValues::Codes(_))
    }
}

/// The part of a page that follows a length of four bytes at `at`, and is that long.
pub(super) fn prefixed(page: &[u8], at: usize) -> Decoded<(usize, usize)> {
    let short = || Fault::damaged("levels or runs end after their page");
    let (head, rest) = page.get(at..).and_then(|rest| rest.split_first_chunk::<4>()).ok_or_else(short)?;
    let length = u32::from_le_bytes(*head) as usize;
    if length > rest.len() {
        return Err(short());
    }
    Ok((at + 4, at + 4 + length))
}

fn join<const N: usize>(streams: &[u8], each: usize, first: usize, to: &mut [u8]) {
    let (values, _) = to.as_chunks_mut::<N>();
    let count = values.len();
    // Slices of one length each, so that the inner loop needs no bounds.
    let parts: [&[u8]; N] = std::array::from_fn(|byte| &streams[byte * each + first..][..count]);
    for (index, value) in values.iter_mut().enumerate() {
        for byte in 0..N {
            value[byte] = parts[byte][index];
        }
    }
}

fn too_few(count: usize) -> Fault {
    Fault::damaged(format!("a page ends before the last of {count} values"))
}

fn no_dictionary() -> Fault {
    Fault::damaged("codes without a dictionary")
}
