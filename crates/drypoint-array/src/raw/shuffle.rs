//! Bytes of items sorted by their place in the item, and back; and the same for bits.
//!
//! Items of 2, 4 and 8 bytes go by vectors of 16 bytes, with instructions that every x86-64 processor has, so nothing is
//! chosen at run time; others, and other processors, by the plain loops, which are the twins of the tests too.

/// All first bytes of items of `width` bytes, then all second ones, ...
pub(crate) fn shuffle(width: usize, items: &[u8], planes: &mut [u8]) {
    assert_eq!(items.len(), planes.len());
    #[cfg(target_arch = "x86_64")]
    let done = match width {
        2 => x86::shuffle::<2>(items, planes),
        4 => x86::shuffle::<4>(items, planes),
        8 => x86::shuffle::<8>(items, planes),
        _ => 0,
    };
    #[cfg(not(target_arch = "x86_64"))]
    let done = 0;
    plain_shuffle(width, done, items, planes);
}

/// Undoes [`shuffle`].
pub(crate) fn unshuffle(width: usize, planes: &[u8], items: &mut [u8]) {
    assert_eq!(items.len(), planes.len());
    #[cfg(target_arch = "x86_64")]
    let done = match width {
        2 => x86::unshuffle::<2>(planes, items),
        4 => x86::unshuffle::<4>(planes, items),
        8 => x86::unshuffle::<8>(planes, items),
        _ => 0,
    };
    #[cfg(not(target_arch = "x86_64"))]
    let done = 0;
    plain_unshuffle(width, done, planes, items);
}

/// From item `first` on.
fn plain_shuffle(width: usize, first: usize, items: &[u8], planes: &mut [u8]) {
    if width <= 1 {
        planes.copy_from_slice(items);
        return;
    }
    let count = items.len() / width;
    for (byte, plane) in planes.chunks_exact_mut(count.max(1)).enumerate() {
        for (to, item) in plane.iter_mut().zip(items.chunks_exact(width)).skip(first) {
            *to = item[byte];
        }
    }
}

fn plain_unshuffle(width: usize, first: usize, planes: &[u8], items: &mut [u8]) {
    if width <= 1 {
        items.copy_from_slice(planes);
        return;
    }
    let count = items.len() / width;
    for (byte, plane) in planes.chunks_exact(count.max(1)).enumerate() {
        for (from, item) in plane.iter().zip(items.chunks_exact_mut(width)).skip(first) {
            item[byte] = *from;
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    /// Bytes of a vector, and items of a block.
    const BLOCK: usize = 16;

    fn load(bytes: &[u8; BLOCK]) -> __m128i {
        // SAFETY: 16 bytes are read from a reference to as many; the instruction wants no alignment, and SSE2 is part of
        // x86-64.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    }

    fn store(vector: __m128i, bytes: &mut [u8; BLOCK]) {
        // SAFETY: 16 bytes are written to a reference to as many; as above.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), vector) }
    }

    /// The even bytes of two vectors one after the other, and the odd ones.
    #[inline(always)]
    fn part(a: __m128i, b: __m128i) -> (__m128i, __m128i) {
        // SAFETY: these are SSE2, which is part of x86-64, and touch no memory.
        unsafe {
            let low = _mm_set1_epi16(0xff);
            let even = _mm_packus_epi16(_mm_and_si128(a, low), _mm_and_si128(b, low));
            let odd = _mm_packus_epi16(_mm_srli_epi16(a, 8), _mm_srli_epi16(b, 8));
            (even, odd)
        }
    }

    /// The bytes of two vectors in turn: of their first halves, and of their second halves.
    #[inline(always)]
    fn meet(a: __m128i, b: __m128i) -> (__m128i, __m128i) {
        // SAFETY: as in `part`.
        unsafe { (_mm_unpacklo_epi8(a, b), _mm_unpackhi_epi8(a, b)) }
    }

    /// As many blocks of 16 items as there are; gives how many items that is.
    pub(super) fn shuffle<const W: usize>(items: &[u8], planes: &mut [u8]) -> usize {
        let count = items.len() / W;
        for (block, items) in items.chunks_exact(BLOCK * W).enumerate() {
            let from = items.as_chunks::<BLOCK>().0;
            let mut vectors: [__m128i; W] = std::array::from_fn(|at| load(&from[at]));
            // Each turn sorts by one more bit of the place, the lowest first: of neighbours the even bytes go to the
            // first half, the odd ones to the second.
            for _ in 0..W.ilog2() {
                let mut parted = vectors;
                for pair in 0..W / 2 {
                    (parted[pair], parted[pair + W / 2]) = part(vectors[2 * pair], vectors[2 * pair + 1]);
                }
                vectors = parted;
            }
            for (vector, plane) in vectors.iter().zip(planes.chunks_exact_mut(count)) {
                let to = &mut plane[block * BLOCK..(block + 1) * BLOCK];
                store(*vector, to.first_chunk_mut().expect("a block"));
            }
        }
        count / BLOCK * BLOCK
    }

    /// As many blocks of 16 items as there are; gives how many items that is.
    pub(super) fn unshuffle<const W: usize>(planes: &[u8], items: &mut [u8]) -> usize {
        let count = items.len() / W;
        for (block, items) in items.chunks_exact_mut(BLOCK * W).enumerate() {
            let mut vectors: [__m128i; W] = std::array::from_fn(|at| {
                let from = &planes[at * count + block * BLOCK..][..BLOCK];
                load(from.first_chunk().expect("a block"))
            });
            for _ in 0..W.ilog2() {
                let mut met = vectors;
                for pair in 0..W / 2 {
                    (met[2 * pair], met[2 * pair + 1]) = meet(vectors[pair], vectors[pair + W / 2]);
                }
                vectors = met;
            }
            for (vector, to) in vectors.iter().zip(items.as_chunks_mut::<BLOCK>().0) {
                store(*vector, to);
            }
        }
        count / BLOCK * BLOCK
    }
}

/// All first bits of items of `width` bytes, then all second ones, ... of as many items as is a multiple of 8; the rest
/// follows as it is. `items` is used up.
pub(crate) fn bit_shuffle(width: usize, items: &mut [u8], bits: &mut [u8]) {
    assert_eq!(items.len(), bits.len());
    let whole = whole(width, items.len());
    let (items, rest) = items.split_at_mut(whole);
    let (bits, rest_of_bits) = bits.split_at_mut(whole);
    rest_of_bits.copy_from_slice(rest);
    shuffle(width, items, bits);
    transpose(bits, items);
    for (from, to) in chunks(width, items).zip(chunks_mut(width, bits)) {
        shuffle(8, from, to);
    }
}

/// Undoes [`bit_shuffle`]; `bits` is used up.
pub(crate) fn bit_unshuffle(width: usize, bits: &mut [u8], items: &mut [u8]) {
    assert_eq!(items.len(), bits.len());
    let whole = whole(width, items.len());
    let (items, rest_of_items) = items.split_at_mut(whole);
    let (bits, rest) = bits.split_at_mut(whole);
    rest_of_items.copy_from_slice(rest);
    for (from, to) in chunks(width, bits).zip(chunks_mut(width, items)) {
        unshuffle(8, from, to);
    }
    transpose(items, bits);
    unshuffle(width, bits, items);
}

/// Bytes of as many items as is a multiple of 8.
fn whole(width: usize, bytes: usize) -> usize {
    let block = 8 * width.max(1);
    bytes / block * block
}

fn chunks(width: usize, bytes: &[u8]) -> std::slice::ChunksExact<'_, u8> {
    bytes.chunks_exact((bytes.len() / width.max(1)).max(1))
}

fn chunks_mut(width: usize, bytes: &mut [u8]) -> std::slice::ChunksExactMut<'_, u8> {
    let length = (bytes.len() / width.max(1)).max(1);
    bytes.chunks_exact_mut(length)
}

/// Every 8 bytes, taken for 8 rows of 8 bits, with rows and columns exchanged.
fn transpose(from: &[u8], to: &mut [u8]) {
    for (from, to) in from.as_chunks::<8>().0.iter().zip(to.as_chunks_mut::<8>().0) {
        let mut x = u64::from_le_bytes(*from);
        let mut swap = |mask: u64, by: u32| {
            let moved = (x ^ (x >> by)) & mask;
            x ^= moved ^ (moved << by);
        };
        swap(0x00AA_00AA_00AA_00AA, 7);
        swap(0x0000_CCCC_0000_CCCC, 14);
        swap(0x0000_0000_F0F0_F0F0, 28);
        *to = x.to_le_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bit(bytes: &[u8], at: usize) -> u8 {
        bytes[at / 8] >> (at % 8) & 1
    }

    proptest! {
        #[test]
        fn vectors_agree_with_the_plain_loops(
            width in prop::sample::select(&[1_usize, 2, 3, 4, 8, 12][..]),
            bytes in prop::collection::vec(any::<u8>(), 0..1500),
        ) {
            let items = &bytes[..bytes.len() / width * width];
            let (mut planes, mut plain) = (vec![0; items.len()], vec![0; items.len()]);
            shuffle(width, items, &mut planes);
            plain_shuffle(width, 0, items, &mut plain);
            prop_assert_eq!(&planes, &plain);
            let (mut back, mut plainly) = (vec![0; items.len()], vec![0; items.len()]);
            unshuffle(width, &planes, &mut back);
            plain_unshuffle(width, 0, &planes, &mut plainly);
            prop_assert_eq!(&back, items);
            prop_assert_eq!(&plainly, items);
        }

        #[test]
        fn bits_go_where_they_belong(
            width in prop::sample::select(&[1_usize, 2, 4, 8][..]),
            bytes in prop::collection::vec(any::<u8>(), 0..1500),
        ) {
            let mut items = bytes[..bytes.len() / width * width].to_vec();
            let given = items.clone();
            let mut bits = vec![0; items.len()];
            bit_shuffle(width, &mut items, &mut bits);
            let count = given.len() / width / 8 * 8;
            for item in 0..count {
                for place in 0..8 * width {
                    prop_assert_eq!(bit(&bits, place * count + item), bit(&given, item * 8 * width + place));
                }
            }
            prop_assert_eq!(&bits[count * width..], &given[count * width..]);
            bit_unshuffle(width, &mut bits, &mut items);
            prop_assert_eq!(items, given);
        }
    }
}
