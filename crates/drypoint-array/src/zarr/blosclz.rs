//! Blosc's own compressor, after FastLZ: runs of literals, and matches that point back. Here only back to bytes.

/// A distance that a match of two bytes can tell; a longer one has two bytes more.
const NEAR: usize = 8191;

/// Fill `out` with what `bytes` hold; how many bytes that were, or none where they are not what they should be.
pub(super) fn decompress(bytes: &[u8], out: &mut [u8]) -> Option<usize> {
    let mut input = bytes.iter();
    let mut at = 0;
    // The first instruction is always a run of literals; its upper bits tell the version.
    let Some(&first) = input.next() else { return Some(0) };
    let mut control = usize::from(first & 31);
    loop {
        if control < 32 {
            let run = control + 1;
            let literals = input.as_slice().get(..run)?;
            out.get_mut(at..at + run)?.copy_from_slice(literals);
            at += run;
            input = input.as_slice()[run..].iter();
        } else {
            let mut length = (control >> 5) + 2;
            if length == 9 {
                loop {
                    let more = *input.next()?;
                    length += usize::from(more);
                    if more != 255 {
                        break;
                    }
                }
            }
            let low = usize::from(*input.next()?);
            let mut distance = ((control & 31) << 8) + low + 1;
            if distance == NEAR + 1 {
                distance = NEAR + 1 + (usize::from(*input.next()?) << 8) + usize::from(*input.next()?);
            }
            let from = at.checked_sub(distance)?;
            let end = at.checked_add(length).filter(|end| *end <= out.len())?;
            // It may read what it has just written.
            for place in at..end {
                out[place] = out[from + place - at];
            }
            at = end;
        }
        match input.next() {
            Some(&next) => control = usize::from(next),
            None => return Some(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_matches() {
        let mut out = [0; 12];
        // "ab", then eight from two back, then "c".
        assert_eq!(decompress(&[1, b'a', b'b', 6 << 5, 1, 0, b'c'], &mut out), Some(11));
        assert_eq!(&out[..11], b"ababababab\0".map(|byte| if byte == 0 { b'c' } else { byte }).as_slice());
        assert_eq!(decompress(&[1, b'a'], &mut out), None);
        assert_eq!(decompress(&[0, b'a', 1 << 5, 1], &mut out), None);
        assert_eq!(decompress(&[0, b'a', 7 << 5, 255, 255], &mut out), None);
        assert_eq!(decompress(&[], &mut out), Some(0));
    }
}
