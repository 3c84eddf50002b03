//! Extents from the statistics of row groups: taken only where every group vouches for them.

use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;

use super::convert::big_endian;
use super::schema::{Convert, Delivered, Leaf, Route};
use crate::Extent;

/// The extent of a leaf over all row groups, if all of them tell it exactly.
pub(super) fn of(leaf: &Leaf, metadata: &ParquetMetaData) -> Option<Extent> {
    let mut whole: Option<Extent> = None;
    for group in metadata.row_groups().iter().filter(|group| group.num_rows() > 0) {
        let statistics = group.column(leaf.index).statistics()?;
        if statistics.min_bytes_opt().is_none()
            && statistics.max_bytes_opt().is_none()
            && statistics.null_count_opt() == u64::try_from(group.num_rows()).ok()
        {
            continue; // nothing but nulls
        }
        let part = of_group(&leaf.route, statistics)?;
        whole = Some(whole.map_or(part, |whole| whole.union(part)));
    }
    whole
}

/// Where the values of each row group lie in the extent of the whole leaf, in parts of [`PARTS`], to the outside.
///
/// Four bytes for each group, as files have thousands of them. A group that does not tell may lie anywhere.
pub(super) fn bands(leaf: &Leaf, metadata: &ParquetMetaData, whole: Extent) -> Vec<Band> {
    let part = |value: f64| (value - whole.min) / (whole.max - whole.min) * f64::from(PARTS);
    metadata
        .row_groups()
        .iter()
        .map(|group| {
            let found = group.column(leaf.index).statistics().and_then(|found| of_group(&leaf.route, found));
            match found {
                Some(extent) if whole.max > whole.min && (whole.max - whole.min).is_finite() => {
                    // A rounding more than the nearest part on each side; `as` keeps within the parts.
                    Band {
                        first: (part(extent.min).floor() - 1.0) as u16,
                        last: (part(extent.max).ceil() + 1.0) as u16,
                    }
                }
                _ => Band { first: 0, last: PARTS },
            }
        })
        .collect()
}

/// The finest that a band tells.
pub(super) const PARTS: u16 = u16::MAX;

/// From where to where in the extent of a leaf the values of a row group lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Band {
    first: u16,
    last: u16,
}

impl Band {
    /// Whether none of its values can lie in `window`, where the whole leaf has the extent `whole`.
    pub(super) fn is_outside(self, window: Extent, whole: Extent) -> bool {
        if window.max < whole.min || window.min > whole.max {
            return true;
        }
        let part = |value: f64| (value - whole.min) / (whole.max - whole.min) * f64::from(PARTS);
        // Where the leaf has one value this compares with NaN, and is false.
        part(window.min) > f64::from(self.last) && self.last < PARTS
            || part(window.max) < f64::from(self.first) && self.first > 0
    }
}

fn of_group(route: &Route, statistics: &Statistics) -> Option<Extent> {
    let of_bytes = matches!(statistics, Statistics::ByteArray(_) | Statistics::FixedLenByteArray(_));
    // Bounds may be shortened, and then are not exact, but only those of byte arrays ever are. Most writers leave
    // the flag out for numbers, and the crate reads that as "not exact" for floats.
    if of_bytes && !(statistics.min_is_exact() && statistics.max_is_exact()) {
        return None;
    }
    // The deprecated fields were compared as signed numbers, and bytes as nobody knows.
    let unsigned = matches!(route.delivered, Delivered::U32 | Delivered::U64);
    if statistics.is_min_max_deprecated() && (of_bytes || unsigned) {
        return None;
    }
    let power = match route.convert {
        Convert::Decimal(power) | Convert::BigEndianDecimal(power) => power,
        _ => 1.0,
    };
    let (min, max) = match (statistics, route.delivered) {
        (Statistics::Boolean(s), Delivered::Bool) => {
            ends(s.min_opt(), s.max_opt(), |value| f64::from(u8::from(*value)))?
        }
        (Statistics::Int32(s), Delivered::U32) => {
            ends(s.min_opt(), s.max_opt(), |value| f64::from(*value as u32))?
        }
        (Statistics::Int32(s), _) => ends(s.min_opt(), s.max_opt(), |value| f64::from(*value) / power)?,
        (Statistics::Int64(s), Delivered::U64) => {
            ends(s.min_opt(), s.max_opt(), |value| *value as u64 as f64)?
        }
        (Statistics::Int64(s), _) => ends(s.min_opt(), s.max_opt(), |value| *value as f64 / power)?,
        (Statistics::Float(s), _) => ends(s.min_opt(), s.max_opt(), |value| f64::from(*value))?,
        (Statistics::Double(s), _) => ends(s.min_opt(), s.max_opt(), |value| *value)?,
        (Statistics::FixedLenByteArray(_) | Statistics::ByteArray(_), _) => {
            let (min, max) = (statistics.min_bytes_opt(), statistics.max_bytes_opt());
            match route.convert {
                Convert::BigEndianDecimal(_) => ends(min, max, |bytes| big_endian(bytes) / power)?,
                Convert::Half => ends(min, max, half_float)?,
                // Text has no extent.
                _ => return None,
            }
        }
        // INT96 was never given an order.
        _ => return None,
    };
    // Where NaN or an infinity got into the statistics, the finite extent is not known.
    // (Writers put -0 below 0 in doubt; adding 0 makes it 0.)
    (min.is_finite() && max.is_finite() && min <= max).then_some(Extent { min: min + 0.0, max: max + 0.0 })
}

fn ends<T: ?Sized>(min: Option<&T>, max: Option<&T>, value: impl Fn(&T) -> f64) -> Option<(f64, f64)> {
    Some((value(min?), value(max?)))
}

fn half_float(bytes: &[u8]) -> f64 {
    <[u8; 2]>::try_from(bytes).map_or(f64::NAN, |two| half::f16::from_le_bytes(two).to_f64())
}
