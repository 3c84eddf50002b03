//! The shape of chunks where nobody asked for one.

/// Bytes that a chunk has decoded, about: as large as a codec needs to be good, small enough that one slice does not wait,
/// and at home in the second level of the cache (measured in decision 0022).
const CHUNK_BYTES: usize = 512 << 10;

/// A chunk of whole rows has at least so many: with fewer, a look at a part of a wide array would decode most of it.
const LEAST_ROWS: usize = 64;

/// Rows at once where a row is short, or a box of near equal sides: whoever looks at a part of a large image should not
/// decode whole rows of it.
pub fn chunk_shape(shape: &[usize], item_bytes: usize) -> Vec<usize> {
    let wanted = (CHUNK_BYTES / item_bytes.max(1)).max(1);
    let mut chunk: Vec<usize> = shape.iter().map(|&items| items.max(1)).collect();
    let row = |chunk: &[usize]| chunk.iter().skip(1).fold(1usize, |items, &n| items.saturating_mul(n));
    if chunk.is_empty() {
        return chunk;
    }
    let rows = wanted / row(&chunk);
    if rows >= LEAST_ROWS.min(chunk[0]) {
        chunk[0] = chunk[0].min(rows.max(1));
        return chunk;
    }
    // The dimensions before the last two are frames, planes, channels: one of each where the last two fill a chunk.
    let planes = chunk.len().saturating_sub(2);
    for axis in 0..planes {
        if row(&chunk[axis..]) < wanted {
            break;
        }
        chunk[axis] = 1;
    }
    while chunk.iter().fold(1usize, |items, &n| items.saturating_mul(n)) > wanted {
        // A tie cuts the earlier one: runs along the last dimension stay long.
        let mut longest = 0;
        for axis in 1..chunk.len() {
            if chunk[axis] > chunk[longest] {
                longest = axis;
            }
        }
        chunk[longest] = chunk[longest].div_ceil(2);
    }
    chunk
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_about_half_a_megabyte() {
        for (shape, item, chunk) in [
            (&[][..], 8, &[][..]),
            (&[0], 8, &[1]),
            (&[100], 8, &[100]),
            (&[1_000_000], 8, &[65_536]),
            (&[1_000_000, 2], 8, &[32_768, 2]),
            (&[2160, 3840], 1, &[136, 3840]),
            (&[40_000, 40_000], 2, &[313, 625]),
            (&[100, 1080, 1920, 3], 1, &[1, 270, 480, 3]),
            (&[10, 0], 8, &[10, 1]),
        ] {
            let found = chunk_shape(shape, item);
            assert_eq!(found, chunk, "{shape:?}");
        }
    }
}
