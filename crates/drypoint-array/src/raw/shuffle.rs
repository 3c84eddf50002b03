//! Bytes of items sorted by their place in the item, and back; and the same for bits.

/// All first bytes of items of `width` bytes, then all second ones, ...
pub(crate) fn shuffle(width: usize, items: &[u8], planes: &mut [u8]) {
    assert_eq!(items.len(), planes.len());
    plain_shuffle(width, items, planes);
}

/// Undoes [`shuffle`].
pub(crate) fn unshuffle(width: usize, planes: &[u8], items: &mut [u8]) {
    assert_eq!(items.len(), planes.len());
    plain_unshuffle(width, planes, items);
}

fn plain_shuffle(width: usize, items: &[u8], planes: &mut [u8]) {
    if width <= 1 {
        planes.copy_from_slice(items);
        return;
    }
    let count = items.len() / width;
    for (byte, plane) in planes.chunks_exact_mut(count.max(1)).enumerate() {
        for (to, item) in plane.iter_mut().zip(items.chunks_exact(width)) {
            *to = item[byte];
        }
    }
}

fn plain_unshuffle(width: usize, planes: &[u8], items: &mut [u8]) {
    if width <= 1 {
        items.copy_from_slice(planes);
        return;
    }
    let count = items.len() / width;
    for (byte, plane) in planes.chunks_exact(count.max(1)).enumerate() {
        for (from, item) in plane.iter().zip(items.chunks_exact_mut(width)) {
            item[byte] = *from;
        }
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
