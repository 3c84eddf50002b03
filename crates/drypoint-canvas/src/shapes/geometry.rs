//! What stands in one row of a column of shapes, as runs of positions: WKB, or GeoArrow's lists.
//!
//! A run is a line, a ring, or points that stand by themselves. Nothing in WKB is trusted: a length is compared with the
//! bytes that are there before anything is read by it.

use drypoint_stream::{Column, DataType, Lists, Values};

use super::ShapeFault;

/// What a run of positions is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    /// Points that are not joined.
    Points,
    /// A line.
    Line,
    /// The outer ring of a polygon.
    Polygon,
    /// Another ring of the same polygon.
    Hole,
}

/// What a mark can draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drawn {
    /// Points.
    Points,
    /// Lines, and polygons as their outlines.
    Lines,
    /// Polygons.
    Polygons,
    /// Where anything is.
    Any,
}

impl Drawn {
    fn draws(self, begins: Begins) -> bool {
        match self {
            Drawn::Points => begins == Begins::Points,
            Drawn::Lines => begins != Begins::Points,
            Drawn::Polygons => matches!(begins, Begins::Polygon | Begins::Hole),
            Drawn::Any => true,
        }
    }
}

/// Takes the runs of a row.
pub(super) trait Takes {
    fn take(
        &mut self,
        begins: Begins,
        positions: impl ExactSizeIterator<Item = (f64, f64)>,
    ) -> crate::Result<()>;
}

/// How the column of shapes that a source has is written, or None where it is none.
pub(super) fn suits(data_type: &DataType, drawn: Drawn) -> bool {
    match data_type {
        DataType::Binary | DataType::Null => true,
        DataType::Positions { levels } => match drawn {
            Drawn::Points => *levels <= 1,
            Drawn::Lines => *levels >= 1,
            Drawn::Polygons => *levels >= 2,
            Drawn::Any => true,
        },
        _ => false,
    }
}

/// Give the runs of a row that is there to `takes`.
pub(super) fn visit(
    column: &Column<'_>,
    row: usize,
    drawn: Drawn,
    takes: &mut impl Takes,
) -> Result<(), ShapeFault> {
    match &column.values {
        Values::Binary(bytes) => wkb(&mut Bytes { bytes: bytes.get(row) }, drawn, 0, takes),
        Values::Lists(lists) if lists.positions => nested(lists, row, drawn, takes),
        _ => Err(ShapeFault::What("it is neither WKB nor positions".into())),
    }
}

fn nested(lists: &Lists<'_>, row: usize, drawn: Drawn, takes: &mut impl Takes) -> Result<(), ShapeFault> {
    let mut give = |begins, items: std::ops::Range<usize>| {
        let (x, y, step) = (lists.x, lists.y, lists.step);
        takes.take(begins, items.map(|item| (x[item * step], y[item * step]))).map_err(ShapeFault::Taking)
    };
    let items = lists.range(0, row);
    match (lists.levels(), drawn) {
        (0, _) => give(Begins::Points, items),
        (1, Drawn::Lines) => give(Begins::Line, items),
        (1, _) => give(Begins::Points, items),
        (2, Drawn::Lines) => {
            items.map(|line| lists.range(1, line)).try_for_each(|line| give(Begins::Line, line))
        }
        (2, _) => {
            let rings = items.map(|ring| lists.range(1, ring)).enumerate();
            rings.into_iter().try_for_each(|(place, ring)| give(ring_begins(place), ring))
        }
        _ => items.into_iter().try_for_each(|polygon| {
            let rings = lists.range(1, polygon).map(|ring| lists.range(2, ring)).enumerate();
            rings.into_iter().try_for_each(|(place, ring)| give(ring_begins(place), ring))
        }),
    }
}

fn ring_begins(place: usize) -> Begins {
    if place == 0 { Begins::Polygon } else { Begins::Hole }
}

/// The rest of a shape's bytes.
struct Bytes<'a> {
    bytes: &'a [u8],
}

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ShapeFault> {
        match self.bytes.split_at_checked(count) {
            Some((taken, rest)) => {
                self.bytes = rest;
                Ok(taken)
            }
            None => Err(ShapeFault::What(format!(
                "its WKB ends after {} bytes where {count} are needed",
                self.bytes.len()
            ))),
        }
    }

    fn byte(&mut self) -> Result<u8, ShapeFault> {
        Ok(self.take(1)?[0])
    }

    fn number(&mut self, little: bool) -> Result<u32, ShapeFault> {
        let bytes = self.take(4)?;
        let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
        Ok(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    /// A run of `count` positions of `numbers` numbers each.
    fn run(
        &mut self,
        begins: Begins,
        count: usize,
        numbers: usize,
        little: bool,
        takes: &mut impl Takes,
    ) -> Result<(), ShapeFault> {
        let width = numbers * size_of::<f64>();
        let bytes = self.take(count.saturating_mul(width))?;
        let number = |at: &[u8]| {
            let bytes = [at[0], at[1], at[2], at[3], at[4], at[5], at[6], at[7]];
            if little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) }
        };
        let positions = bytes.chunks_exact(width).map(|at| (number(&at[..8]), number(&at[8..16])));
        takes.take(begins, positions).map_err(ShapeFault::Taking)
    }
}

/// Collections within collections.
const DEEPEST: usize = 16;

/// ISO's WKB, with its third and fourth coordinates passed over, and PostGIS's flags for those and for a reference system.
fn wkb(bytes: &mut Bytes<'_>, drawn: Drawn, depth: usize, takes: &mut impl Takes) -> Result<(), ShapeFault> {
    let little = match bytes.byte()? {
        0 => false,
        1 => true,
        other => return Err(ShapeFault::What(format!("it is no WKB: byte order {other}"))),
    };
    let code = bytes.number(little)?;
    let (flags, code) = (code >> 29, code & 0x1fff_ffff);
    if flags & 1 != 0 {
        bytes.take(4)?;
    }
    let more = match code / 1000 {
        0 => (flags >> 1 & 1) + (flags >> 2),
        1 | 2 => 1,
        3 => 2,
        _ => return Err(ShapeFault::What(format!("its WKB is of the unknown type {code}"))),
    };
    let numbers = 2 + more as usize;
    let refuse = |begins, name| {
        if drawn.draws(begins) { Ok(()) } else { Err(ShapeFault::Of(name)) }
    };
    match code % 1000 {
        1 => {
            refuse(Begins::Points, "a point")?;
            bytes.run(Begins::Points, 1, numbers, little, takes)
        }
        2 => {
            refuse(Begins::Line, "a line")?;
            let count = bytes.number(little)? as usize;
            bytes.run(Begins::Line, count, numbers, little, takes)
        }
        3 => {
            refuse(Begins::Polygon, "a polygon")?;
            for ring in 0..bytes.number(little)? {
                let count = bytes.number(little)? as usize;
                bytes.run(ring_begins(ring as usize), count, numbers, little, takes)?;
            }
            Ok(())
        }
        4..=7 if depth == DEEPEST => {
            Err(ShapeFault::What(format!("it has collections within {DEEPEST} collections")))
        }
        4..=7 => {
            // Each part takes five bytes at least, so a false count ends soon.
            for _ in 0..bytes.number(little)? {
                wkb(bytes, drawn, depth + 1, takes)?;
            }
            Ok(())
        }
        other => Err(ShapeFault::What(format!("its WKB is of the unknown type {other}"))),
    }
}
