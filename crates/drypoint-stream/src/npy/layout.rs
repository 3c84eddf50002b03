//! What the header of an NPY file (versions 1.0 to 3.0) says: where each column's values lie.
//!
//! Nothing it says is believed: every product is checked, and the caller compares [`ArrayLayout::end`] with the bytes that are there.

use super::element::Element;
use super::literal::Literal;

/// More columns than this are a matrix and no table.
const MOST_COLUMNS: u64 = 1 << 16;

/// Longer headers than this are refused; NumPy itself stops at 10,000 B unless told otherwise.
const LONGEST_HEADER: usize = 1 << 20;

/// Bytes that surely hold the magic string and the header's length.
pub(crate) const PREAMBLE: usize = 12;

/// One column of an array.
#[derive(Debug, Clone)]
pub(crate) struct ArrayColumn {
    /// What tells it from the array's other columns; empty for the only one.
    pub(crate) name: String,
    pub(crate) element: Element,
    /// Where its first value lies, counted from the beginning of the file.
    pub(crate) offset: usize,
    /// Bytes from one value to the next.
    pub(crate) stride: usize,
    /// Where the run of memory begins that holds rows `stride` bytes each: the array itself where columns are interleaved.
    pub(crate) base: usize,
}

/// The columns of an array.
#[derive(Debug, Clone)]
pub(crate) struct ArrayLayout {
    pub(crate) rows: u64,
    pub(crate) columns: Vec<ArrayColumn>,
    /// Where they end.
    pub(crate) end: usize,
}

/// Why a header was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HeaderError {
    /// These bytes cannot be an NPY file.
    Corrupt(String),
    /// It is one, of a kind that is not read.
    Unsupported(String),
}

/// The number of bytes from the start of the file to its values, told from its first [`PREAMBLE`] bytes.
pub(crate) fn header_end(head: &[u8]) -> Result<usize, HeaderError> {
    let corrupt = |what: &str| HeaderError::Corrupt(what.to_string());
    let rest = head.strip_prefix(b"\x93NUMPY").ok_or_else(|| corrupt("it does not begin as an NPY file"))?;
    let (fixed, length) = match rest {
        [1, _, a, b, ..] => (10, usize::from(u16::from_le_bytes([*a, *b]))),
        [2 | 3, _, a, b, c, d, ..] => (12, u32::from_le_bytes([*a, *b, *c, *d]) as usize),
        [version, minor, ..] if *version > 3 => {
            return Err(HeaderError::Unsupported(format!("NPY version {version}.{minor}")));
        }
        _ => return Err(corrupt("the header is cut short")),
    };
    if length > LONGEST_HEADER {
        return Err(HeaderError::Unsupported(format!("a header of {length} B (at most {LONGEST_HEADER} B)")));
    }
    Ok(fixed + length)
}

/// Read the header at the start of `bytes`, which may hold more than it.
pub(crate) fn read_layout(bytes: &[u8]) -> Result<ArrayLayout, HeaderError> {
    let end = header_end(bytes)?;
    let corrupt = |what: String| HeaderError::Corrupt(what);
    let fixed = if bytes[6] == 1 { 10 } else { 12 };
    let text = bytes.get(fixed..end).ok_or_else(|| corrupt("the header is cut short".to_string()))?;
    let text = match bytes[6] {
        3 => {
            std::str::from_utf8(text).map_err(|_| corrupt("the header is not UTF-8".to_string()))?.to_string()
        }
        _ => text.iter().map(|byte| char::from(*byte)).collect(),
    };
    let header = Literal::parse(&text).map_err(|met| corrupt(format!("the header holds {met}")))?;
    let Literal::Dict(pairs) = &header else { return Err(corrupt("the header is no dict".to_string())) };
    let entry = |name: &str| {
        let found = pairs.iter().find(|(key, _)| key.as_text() == Some(name));
        found.map(|(_, value)| value).ok_or_else(|| corrupt(format!("the header lacks {name:?}")))
    };
    let Literal::Bool(fortran) = *entry("fortran_order")? else {
        return Err(corrupt("'fortran_order' is neither True nor False".to_string()));
    };
    let shape: Option<Vec<u64>> =
        entry("shape")?.as_sequence().and_then(|shape| shape.iter().map(Literal::as_whole).collect());
    let shape = shape.ok_or_else(|| corrupt("'shape' is not a tuple of whole numbers".to_string()))?;
    layout(entry("descr")?, &shape, fortran, end)
}

fn layout(descr: &Literal, shape: &[u64], fortran: bool, start: usize) -> Result<ArrayLayout, HeaderError> {
    let overflow = || HeaderError::Corrupt(format!("the shape {shape:?} does not fit this machine's memory"));
    let (rows, width) = match *shape {
        [] => (1, None),
        [rows] => (rows, None),
        [rows, width] if width <= MOST_COLUMNS => (rows, Some(width as usize)),
        [_, width] => {
            return Err(HeaderError::Unsupported(format!(
                "an array of {width} columns (at most {MOST_COLUMNS})"
            )));
        }
        _ => return Err(HeaderError::Unsupported(format!("an array of {} dimensions", shape.len()))),
    };
    let row_count = usize::try_from(rows).map_err(|_| overflow())?;
    let columns = match (descr, width) {
        (Literal::Text(name), width) => {
            let element = Element::parse(name)
                .map_err(|what| HeaderError::Corrupt(format!("the header holds {what}")))?;
            plain_columns(&element, row_count, width, fortran, start).ok_or_else(overflow)?
        }
        (Literal::Sequence(fields), None) => structured_columns(fields, start)?.0,
        (Literal::Sequence(_), Some(_)) => {
            return Err(HeaderError::Unsupported("a structured array of two dimensions".to_string()));
        }
        _ => return Err(HeaderError::Corrupt("'descr' is neither a string nor a list".to_string())),
    };
    let row_bytes = match (descr, columns.first()) {
        (_, None) => 0,
        (Literal::Text(_), Some(first)) => first.element.size * columns.len(),
        (_, Some(first)) => first.stride,
    };
    let end =
        row_bytes.checked_mul(row_count).and_then(|bytes| bytes.checked_add(start)).ok_or_else(overflow)?;
    // Offsets are computed in `isize` by slices; a larger array cannot be there anyway.
    if isize::try_from(end).is_err() {
        return Err(overflow());
    }
    Ok(ArrayLayout { rows, columns, end })
}

/// The column of a one-dimensional array, or those of a two-dimensional one. `None` where a size overflows.
fn plain_columns(
    element: &Element,
    rows: usize,
    width: Option<usize>,
    fortran: bool,
    start: usize,
) -> Option<Vec<ArrayColumn>> {
    let count = width.unwrap_or(1);
    let row_bytes = element.size.checked_mul(count)?;
    (0..count)
        .map(|place| {
            let name = width.map(|_| place.to_string()).unwrap_or_default();
            let (offset, stride, base) = if fortran {
                let offset = rows.checked_mul(element.size)?.checked_mul(place)?.checked_add(start)?;
                (offset, element.size, offset)
            } else {
                (start.checked_add(place * element.size)?, row_bytes, start)
            };
            Some(ArrayColumn { name, element: element.clone(), offset, stride, base })
        })
        .collect()
}

/// The fields of a structured type, one column each, and the bytes of a row. Padding has no column.
fn structured_columns(fields: &[Literal], start: usize) -> Result<(Vec<ArrayColumn>, usize), HeaderError> {
    let mut columns = Vec::new();
    let mut row_bytes = 0usize;
    let overflow = || HeaderError::Corrupt("a row does not fit this machine's memory".to_string());
    for field in fields {
        let (name, element) = structured_field(field)?;
        let offset = start.checked_add(row_bytes).ok_or_else(overflow)?;
        row_bytes = row_bytes.checked_add(element.size).ok_or_else(overflow)?;
        if !name.is_empty() {
            columns.push(ArrayColumn { name, element, offset, stride: 0, base: start });
        }
    }
    columns.iter_mut().for_each(|column| column.stride = row_bytes);
    Ok((columns, row_bytes))
}

/// `(name, type)`, `((title, name), type)` or `(name, type, shape)`.
fn structured_field(field: &Literal) -> Result<(String, Element), HeaderError> {
    let corrupt = |what: &str| HeaderError::Corrupt(format!("a field of 'descr' has {what}"));
    let parts = field.as_sequence().ok_or_else(|| corrupt("no name and type"))?;
    let (name, descr, shape) = match parts {
        [name, descr] => (name, descr, None),
        [name, descr, shape] => (name, descr, Some(shape)),
        _ => return Err(corrupt("neither two nor three parts")),
    };
    let name = match name {
        Literal::Text(name) => name,
        Literal::Sequence(names) => {
            names.last().and_then(Literal::as_text).ok_or_else(|| corrupt("no name"))?
        }
        _ => return Err(corrupt("no name")),
    };
    let element = match descr {
        Literal::Text(text) => {
            Element::parse(text).map_err(|what| HeaderError::Corrupt(format!("the header holds {what}")))?
        }
        Literal::Sequence(fields) => {
            let (_, size) = structured_columns(fields, 0)?;
            Element::opaque(size, "struct")
        }
        _ => return Err(corrupt("no type")),
    };
    let Some(shape) = shape else { return Ok((name.to_string(), element)) };
    let one = std::slice::from_ref(shape);
    let size =
        shape.as_sequence().unwrap_or(one).iter().try_fold(element.size, |size, length| {
            size.checked_mul(usize::try_from(length.as_whole()?).ok()?)
        });
    let size = size.ok_or_else(|| corrupt("a shape that is none"))?;
    Ok((name.to_string(), Element::opaque(size, "array")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(version: u8, header: &str) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY".to_vec();
        bytes.extend([version, 0]);
        match version {
            1 => bytes.extend((header.len() as u16).to_le_bytes()),
            _ => bytes.extend((header.len() as u32).to_le_bytes()),
        }
        bytes.extend(header.as_bytes());
        bytes
    }

    fn columns(header: &str) -> Vec<(String, String, usize, usize)> {
        let bytes = file(1, header);
        let layout = read_layout(&bytes).unwrap();
        let start = header_end(&bytes).unwrap();
        let describe = |column: ArrayColumn| {
            (column.name, column.element.data_type.to_string(), column.offset - start, column.stride)
        };
        layout.columns.into_iter().map(describe).collect()
    }

    #[test]
    fn orders_and_structures() {
        let column =
            |name: &str, kind: &str, offset, stride| (name.to_string(), kind.to_string(), offset, stride);
        assert_eq!(
            columns("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }"),
            [column("", "float64", 0, 8)]
        );
        assert_eq!(
            columns("{'descr': '<i2', 'fortran_order': False, 'shape': (3, 2), }"),
            [column("0", "int16", 0, 4), column("1", "int16", 2, 4)]
        );
        assert_eq!(
            columns("{'descr': '<i2', 'fortran_order': True, 'shape': (3, 2), }"),
            [column("0", "int16", 0, 2), column("1", "int16", 6, 2)]
        );
        assert_eq!(
            columns(
                "{'descr': [('a', '|u1'), ('', '|V3'), (('title', 'b'), '<f4'), ('c', '<f4', (2,)), ('d', [('e', '<f8')])], 'fortran_order': False, 'shape': (3,), }"
            ),
            [
                column("a", "uint8", 0, 24),
                column("b", "float32", 4, 24),
                column("c", "array", 8, 24),
                column("d", "struct", 16, 24)
            ]
        );
    }

    #[test]
    fn versions() {
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': ()}";
        for version in 1..=3 {
            assert_eq!(read_layout(&file(version, header)).unwrap().rows, 1);
        }
        assert!(matches!(read_layout(&file(4, header)), Err(HeaderError::Unsupported(_))));
        assert!(matches!(read_layout(b"PK"), Err(HeaderError::Corrupt(_))));
    }

    #[test]
    fn lies() {
        let refused = |shape: &str, descr: &str| {
            let text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}");
            read_layout(&file(2, &text)).unwrap_err()
        };
        assert!(matches!(refused("(18446744073709551615,)", "'<f8'"), HeaderError::Corrupt(_)));
        assert!(matches!(refused("(4611686018427387904, 2)", "'<f8'"), HeaderError::Corrupt(_)));
        assert!(matches!(refused("(2, 4611686018427387904)", "'<f8'"), HeaderError::Unsupported(_)));
        assert!(matches!(refused("(2, 2, 2)", "'<f8'"), HeaderError::Unsupported(_)));
        assert!(matches!(refused("3", "'<f8'"), HeaderError::Corrupt(_)));
        assert!(matches!(
            refused("(3,)", "[('a', '<f8', (18446744073709551615, 9))]"),
            HeaderError::Corrupt(_)
        ));
        assert!(matches!(
            refused("(3,)", "[('a', '|V9223372036854775807'), ('b', '|V9223372036854775807'), ('c', '|V9')]"),
            HeaderError::Corrupt(_)
        ));
        assert!(matches!(refused("(3,)", "[('a',)]"), HeaderError::Corrupt(_)));
        assert!(matches!(refused("(3,)", "None"), HeaderError::Corrupt(_)));
    }
}
