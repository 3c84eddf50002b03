//! Where fields and records end: the one place that knows the grammar.
//!
//! A quote has meaning only as the first byte of a field (`5" pipe` is plain text); within it, a doubled quote stands for
//! one, and delimiters and line ends are content. What follows a closing quote up to the delimiter belongs to the field.
//! A record ends with LF or CRLF. These are the rules of Python's `csv` module and of pandas.

use memchr::{memchr, memrchr};

/// The byte that quotes a field.
pub(super) const QUOTE: u8 = b'"';

/// Where the whole records at the head of a chunk end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    /// Just after the last line end that ends a record; 0 if there is none.
    pub(super) end: usize,
    /// Whether the bytes end within a quoted field.
    pub(super) open_quote: bool,
}

/// Find the end of the last whole record. `bytes` begins with a record.
pub(super) fn cut(bytes: &[u8], delimiter: u8) -> Cut {
    let mut end = 0;
    let mut from = 0;
    loop {
        let quote = memchr(QUOTE, &bytes[from..]).map(|at| from + at);
        let plain = &bytes[from..quote.unwrap_or(bytes.len())];
        if let Some(newline) = memrchr(b'\n', plain) {
            end = from + newline + 1;
        }
        let Some(quote) = quote else { return Cut { end, open_quote: false } };
        let opens = quote == 0 || bytes[quote - 1] == delimiter || bytes[quote - 1] == b'\n';
        if !opens {
            from = quote + 1;
        } else if let Some(after) = after_closing_quote(bytes, quote + 1) {
            from = after;
        } else {
            return Cut { end, open_quote: true };
        }
    }
}

/// The place after the quote that closes the field whose content begins at `from`.
fn after_closing_quote(bytes: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let quote = from + memchr(QUOTE, bytes.get(from..)?)?;
        if bytes.get(quote + 1) != Some(&QUOTE) {
            return Some(quote + 1);
        }
        from = quote + 2;
    }
}

/// The place of the delimiter or line feed that ends the field that begins at `start`; the length of `bytes` if none does.
#[inline]
pub(super) fn field_end(bytes: &[u8], start: usize, delimiter: u8) -> usize {
    if bytes.get(start) == Some(&QUOTE) {
        match after_closing_quote(bytes, start + 1) {
            Some(after) => plain_end(bytes, after, delimiter),
            None => bytes.len(),
        }
    } else {
        plain_end(bytes, start, delimiter)
    }
}

/// The same for a field without quotes: eight bytes at a time, as fields are too short for a call to `memchr2` to pay.
#[inline]
fn plain_end(bytes: &[u8], mut at: usize, delimiter: u8) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let delimiters = ONES * u64::from(delimiter);
    let newlines = ONES * u64::from(b'\n');
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*word);
        // A byte is zero where it equals what is sought; the lowest zero byte is told exactly.
        let (a, b) = (word ^ delimiters, word ^ newlines);
        let zeros = (a.wrapping_sub(ONES) & !a | b.wrapping_sub(ONES) & !b) & HIGHS;
        if zeros != 0 {
            return at + (zeros.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while at < bytes.len() && bytes[at] != delimiter && bytes[at] != b'\n' {
        at += 1;
    }
    at
}

/// What a field says, in at most two steps: the raw bytes without quotes, and whether doubled quotes are to be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content<'a> {
    /// The content as it stands in the file.
    Plain(&'a [u8]),
    /// A quoted field with doubled quotes in it or something behind it: all of it, the first quote included.
    Escaped(&'a [u8]),
}

/// The content of the field at `start..end`, where `end` came from [`field_end`].
#[inline]
pub(super) fn content(bytes: &[u8], start: usize, end: usize) -> Content<'_> {
    let mut field = &bytes[start..end];
    if bytes.get(end) == Some(&b'\n') {
        field = field.strip_suffix(b"\r").unwrap_or(field);
    }
    if field.first() != Some(&QUOTE) {
        return Content::Plain(field);
    }
    match memchr(QUOTE, &field[1..]) {
        Some(close) if close + 2 == field.len() => Content::Plain(&field[1..=close]),
        _ => Content::Escaped(field),
    }
}

/// Give the pieces of an [`Content::Escaped`] field, in order, to `push`.
pub(super) fn unescape(field: &[u8], mut push: impl FnMut(&[u8])) {
    let mut rest = field.strip_prefix(&[QUOTE]).unwrap_or(field);
    while let Some(quote) = memchr(QUOTE, rest) {
        if rest.get(quote + 1) == Some(&QUOTE) {
            push(&rest[..=quote]);
            rest = &rest[quote + 2..];
        } else {
            push(&rest[..quote]);
            rest = &rest[quote + 1..];
            break;
        }
    }
    push(rest);
}

/// The fields of the record that begins at `start`, copied, and the place of the line feed that ends it (the length of
/// `bytes` if none does). For samples, not for speed.
pub(super) fn record(bytes: &[u8], start: usize, delimiter: u8) -> (Vec<Vec<u8>>, usize) {
    let mut fields = Vec::new();
    let mut at = start;
    loop {
        let end = field_end(bytes, at, delimiter);
        let mut field = Vec::new();
        match content(bytes, at, end) {
            Content::Plain(plain) => field.extend_from_slice(plain),
            Content::Escaped(escaped) => unescape(escaped, |piece| field.extend_from_slice(piece)),
        }
        fields.push(field);
        if bytes.get(end) != Some(&delimiter) {
            return (fields, end);
        }
        at = end + 1;
    }
}

/// The bytes of the blank line at `at`, if there is one: 1 for LF, 2 for CRLF, else 0.
#[inline(always)]
pub(super) fn blank_line(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'\n') => 1,
        Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(text: &str) -> Vec<String> {
        let (fields, end) = record(text.as_bytes(), 0, b',');
        assert!(end == text.len() || end == text.len() - 1);
        fields.into_iter().map(|field| String::from_utf8(field).unwrap()).collect()
    }

    #[test]
    fn quotes_mean_something_only_at_the_start_of_a_field() {
        assert_eq!(fields("a,\"b,\nc\",d\r\n"), ["a", "b,\nc", "d"]);
        assert_eq!(fields("5\" pipe,6\n"), ["5\" pipe", "6"]);
        assert_eq!(fields("\"he said \"\"hi\"\"\",x\n"), ["he said \"hi\"", "x"]);
        assert_eq!(fields("\"a\"b\"c,d\n"), ["ab\"c", "d"]);
        assert_eq!(fields("\"\",\"\"\"\"\n"), ["", "\""]);
        assert_eq!(fields("a,"), ["a", ""]);
        assert_eq!(fields("\"never closed,\n"), ["never closed,\n"]);
    }

    #[test]
    fn cuts_after_whole_records_only() {
        assert_eq!(cut(b"a,b\nc", b','), Cut { end: 4, open_quote: false });
        assert_eq!(cut(b"a,\"b\nc", b','), Cut { end: 0, open_quote: true });
        assert_eq!(cut(b"a\n\"b\n\"\"\n\"\nc", b','), Cut { end: 10, open_quote: false });
        assert_eq!(cut(b"a \"x\ny\n", b','), Cut { end: 7, open_quote: false });
        assert_eq!(cut(b"", b','), Cut { end: 0, open_quote: false });
    }

    proptest! {
        /// The chunk's cut must be an end of a record as the record walker sees it, and the last one.
        #[test]
        fn the_cut_is_where_the_walker_stops(text in "[a,\"\n\r]{0,40}") {
            let bytes = text.as_bytes();
            let (mut at, mut last) = (0, 0);
            while at < bytes.len() {
                let (_, end) = record(bytes, at, b',');
                if end < bytes.len() {
                    last = end + 1;
                }
                at = end + 1;
            }
            prop_assert_eq!(cut(bytes, b',').end, last, "{:?}", text);
        }

        #[test]
        fn eight_bytes_at_a_time_agree_with_one(bytes in proptest::collection::vec(prop_oneof![Just(b','), Just(b'\n'), Just(0u8), Just(0xff), Just(b'-'), any::<u8>()], 0..40), start in 0usize..40) {
            let start = start.min(bytes.len());
            let slow = bytes[start..].iter().position(|byte| matches!(byte, b',' | b'\n')).map_or(bytes.len(), |at| start + at);
            prop_assert_eq!(plain_end(&bytes, start, b','), slow);
        }
    }
}
