//! Which byte stands between fields, and whether the first record names the columns.

use super::options::Nulls;
use super::record::{blank_line, cut, record};
use super::value::Class;

/// Delimiters that are tried, the likelier first.
const CANDIDATES: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Records that a guess is based on.
const LOOKED_AT: usize = 200;

/// The records of a sample, blank lines left out, with the place where each begins.
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
    delimiter: u8,
}

impl<'a> Records<'a> {
    pub(super) fn new(bytes: &'a [u8], delimiter: u8) -> Self {
        Self { bytes, at: 0, delimiter }
    }

    /// Where the next record, or a blank line before it, begins.
    pub(super) fn position(&self) -> usize {
        self.at
    }
}

impl Iterator for Records<'_> {
    type Item = Vec<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match blank_line(self.bytes, self.at) {
                0 => break,
                blank => self.at += blank,
            }
        }
        if self.at >= self.bytes.len() {
            return None;
        }
        let (fields, end) = record(self.bytes, self.at, self.delimiter);
        self.at = (end + 1).min(self.bytes.len());
        Some(fields)
    }
}

/// The delimiter that splits the most records of the sample into the same number of fields, two at least.
///
/// Among equals the one that gives more fields; a comma where none splits anything, which means a single column.
pub(super) fn sniff_delimiter(sample: &[u8]) -> u8 {
    let mut best = (b',', 0, 1);
    for delimiter in CANDIDATES {
        let end = cut(sample, delimiter).end;
        let whole = if end > 0 { &sample[..end] } else { sample };
        let widths: Vec<usize> =
            Records::new(whole, delimiter).take(LOOKED_AT).map(|fields| fields.len()).collect();
        let Some(&width) = widths.first() else { continue };
        if width < 2 {
            continue;
        }
        let even = widths.iter().filter(|found| **found == width).count() * 1000 / widths.len();
        if (even, width) > (best.1, best.2) {
            best = (delimiter, even, width);
        }
    }
    best.0
}

/// Whether `first` looks like names above `below`, the classes of the columns under it.
///
/// Where no record follows, it does unless it holds a number, a truth value or a date; where all columns are text too
/// nothing tells them apart, and a header is likelier than none.
pub(super) fn looks_like_header(first: &[Vec<u8>], below: &[Option<Class>], nulls: &Nulls) -> bool {
    let class = |field: &[u8]| if nulls.contains(field) { None } else { Some(Class::of(field)) };
    if below.iter().all(Option::is_none) {
        return first.iter().all(|field| matches!(class(field), None | Some(Class::Text)));
    }
    let all_text = below.iter().all(|column| matches!(column, None | Some(Class::Text)));
    let some_misfit = first.iter().zip(below).any(|(field, column)| match (class(field), column) {
        (Some(class), Some(column)) if *column != Class::Text => class.join(*column) != *column,
        _ => false,
    });
    if all_text {
        first.iter().all(|field| matches!(class(field), None | Some(Class::Text)))
    } else {
        some_misfit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters() {
        assert_eq!(sniff_delimiter(b"a,b\n1,2\n"), b',');
        assert_eq!(sniff_delimiter(b"a;b\n1,5;2,5\n3,5;4\n"), b';');
        assert_eq!(sniff_delimiter(b"a\tb c\n1\t2,3\n"), b'\t');
        assert_eq!(sniff_delimiter(b"a|b\n1|2\n"), b'|');
        assert_eq!(sniff_delimiter(b"a\n1\n"), b',');
        assert_eq!(sniff_delimiter(b"name,tags\nx,\"a;b;c\"\ny,\"d;e;f\"\n"), b',');
        assert_eq!(sniff_delimiter(b"a;b"), b';');
        assert_eq!(sniff_delimiter(b""), b',');
    }
}
