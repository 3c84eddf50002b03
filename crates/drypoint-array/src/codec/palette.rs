//! Pixels as their numbers in a palette. Screenshots, masks and labels have few different ones: a byte, or a bit, for each
//! pixel is what a byte codec then has to look through, and its window reaches so many times farther.

use super::corrupt;
use super::layout::Layout;
use crate::Result;

/// A number is a byte.
const MOST: usize = 256;
/// Longer pixels have no palette.
const MOST_BYTES: usize = 8;
/// Up to so many are numbered by bits.
const BY_BITS: usize = 2;
/// Places of the hash table that finds a pixel's number.
const PLACES: usize = 1024;
/// Each bit of a byte in a byte of its own, the lowest first.
const BITS: u64 = 0x8040_2010_0804_0201;
const ONES: u64 = 0x0101_0101_0101_0101;

/// The bits of a byte as bytes that are 0 or 1.
#[inline(always)]
fn ones_of(bits: u8) -> u64 {
    (((u64::from(bits) * ONES) & BITS) + 0x7f * ONES) >> 7 & ONES
}

/// Bytes of what has a number: a pixel with all its channels.
fn unit(layout: &Layout) -> usize {
    layout.width * layout.channels
}

/// Bytes of the numbers of so many pixels.
fn number_bytes(pixels: usize, colors: usize) -> usize {
    if colors <= BY_BITS { pixels.div_ceil(8) } else { pixels }
}

/// Append the palette of `items` to `encoded` and put their numbers into `numbers`, which has room for a byte each. Gives the
/// bytes of them; none, and a palette of no colours, where it would not pay.
pub(super) fn apply(
    layout: &Layout,
    items: &[u8],
    numbers: &mut [u8],
    encoded: &mut Vec<u8>,
) -> Option<usize> {
    let start = encoded.len();
    encoded.extend_from_slice(&[0; 2]);
    let unit = unit(layout);
    let colors = match unit {
        0 => None,
        1 => numbered::<1>(items, numbers, encoded).filter(|colors| *colors <= BY_BITS),
        2 => numbered::<2>(items, numbers, encoded),
        3 => numbered::<3>(items, numbers, encoded),
        4 => numbered::<4>(items, numbers, encoded),
        6 => numbered::<6>(items, numbers, encoded),
        8 => numbered::<8>(items, numbers, encoded),
        _ => None,
    };
    let Some(colors) = colors else {
        encoded.truncate(start + 2);
        return None;
    };
    encoded[start..start + 2].copy_from_slice(&(colors as u16).to_le_bytes());
    let pixels = items.len() / unit;
    if colors <= BY_BITS {
        for at in 0..pixels.div_ceil(8) {
            let some = &numbers[8 * at..pixels.min(8 * at + 8)];
            numbers[at] = some.iter().enumerate().fold(0, |bits, (bit, number)| bits | number << bit);
        }
    }
    Some(number_bytes(pixels, colors))
}

/// The number of each pixel in the order in which they first come, and how many there are; none if they are too many.
fn numbered<const N: usize>(items: &[u8], numbers: &mut [u8], palette: &mut Vec<u8>) -> Option<usize> {
    let word = |pixel: &[u8; N]| {
        let mut word = [0; MOST_BYTES];
        word[..N].copy_from_slice(pixel);
        u64::from_le_bytes(word)
    };
    // A pixel and its number plus one.
    let mut table = [(0u64, 0u16); PLACES];
    let mut colors = 0;
    let mut last: Option<(u64, u8)> = None;
    for (pixel, to) in items.as_chunks::<N>().0.iter().zip(numbers) {
        let key = word(pixel);
        if let Some((before, number)) = last
            && before == key
        {
            *to = number;
            continue;
        }
        let mut place = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54) as usize;
        let number = loop {
            let (held, number) = table[place % PLACES];
            if number == 0 {
                if colors == MOST {
                    return None;
                }
                palette.extend_from_slice(pixel);
                table[place % PLACES] = (key, colors as u16 + 1);
                colors += 1;
                break colors - 1;
            }
            if held == key {
                break usize::from(number) - 1;
            }
            place += 1;
        };
        *to = number as u8;
        last = Some((key, number as u8));
    }
    (colors > 0).then_some(colors)
}

/// The palette of a chunk.
pub(super) struct Palette<'a> {
    colors: &'a [u8],
    count: usize,
    pixels: usize,
    unit: usize,
}

impl<'a> Palette<'a> {
    /// What `encoded` begins with, if the chunk has a palette, and the rest of it.
    pub(super) fn read(layout: &Layout, encoded: &'a [u8]) -> Result<(Option<Self>, &'a [u8])> {
        let damaged = |what: String| corrupt("palette", what);
        let (count, rest) =
            encoded.split_first_chunk().ok_or_else(|| damaged("no count of its colours".into()))?;
        let (count, unit) = (usize::from(u16::from_le_bytes(*count)), unit(layout));
        if count == 0 {
            return Ok((None, rest));
        }
        if count > MOST || !matches!(unit, 1..=4 | 6 | 8) {
            return Err(damaged(format!("{count} colours of {unit} B")));
        }
        let (colors, rest) = rest.split_at_checked(count * unit).ok_or_else(|| {
            damaged(format!("{} B where {count} colours of {unit} B were expected", rest.len()))
        })?;
        Ok((Some(Self { colors, count, pixels: layout.bytes() / unit, unit }), rest))
    }

    /// Bytes of the numbers of the chunk's pixels.
    pub(super) fn number_bytes(&self) -> usize {
        number_bytes(self.pixels, self.count)
    }

    /// The pixels with these numbers.
    pub(super) fn undo(&self, numbers: &[u8], items: &mut [u8]) -> Result<()> {
        let most = if self.count <= BY_BITS {
            usize::from(numbers.iter().any(|byte| *byte != 0))
        } else {
            usize::from(numbers.iter().fold(0, |most, number| most.max(*number)))
        };
        if most >= self.count {
            return Err(corrupt("palette", format!("number {most} of {} colours", self.count)));
        }
        match self.unit {
            1 => self.spread::<1>(numbers, items),
            2 => self.spread::<2>(numbers, items),
            3 => self.spread::<3>(numbers, items),
            4 => self.spread::<4>(numbers, items),
            6 => self.spread::<6>(numbers, items),
            _ => self.spread::<8>(numbers, items),
        }
        Ok(())
    }

    fn spread<const N: usize>(&self, numbers: &[u8], items: &mut [u8]) {
        let mut colors = [[0; N]; MOST];
        for (to, color) in colors.iter_mut().zip(self.colors.as_chunks::<N>().0) {
            *to = *color;
        }
        let pixels = items.as_chunks_mut::<N>().0;
        if self.count > BY_BITS {
            for (pixel, number) in pixels.iter_mut().zip(numbers) {
                *pixel = colors[usize::from(*number)];
            }
            return;
        }
        let (eights, rest) = pixels.as_chunks_mut::<8>();
        let (whole, last) = numbers.split_at(eights.len().min(numbers.len()));
        if N == 1 {
            let [zero, one] = [colors[0][0], colors[1][0]];
            let (zeros, differ) = (u64::from(zero) * ONES, u64::from(zero ^ one));
            for (pixels, bits) in eights.iter_mut().zip(whole) {
                let mixed = zeros ^ (ones_of(*bits) * differ);
                pixels.as_flattened_mut().copy_from_slice(&mixed.to_le_bytes());
            }
        } else {
            for (pixels, bits) in eights.iter_mut().zip(whole) {
                *pixels = ones_of(*bits).to_le_bytes().map(|number| colors[usize::from(number)]);
            }
        }
        for (pixel, number) in rest.iter_mut().zip(last.iter().flat_map(|bits| ones_of(*bits).to_le_bytes()))
        {
            *pixel = colors[usize::from(number)];
        }
    }
}
