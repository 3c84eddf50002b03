//! Arrow columns of every kind that is read, made from seeds.

use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::types::*;
use arrow_array::*;
use arrow_buffer::{NullBuffer, OffsetBuffer, i256};
use arrow_schema::{DataType as ArrowType, Field};

pub(crate) const KINDS: usize = 40;

/// Kinds that IPC files are not read in.
pub(crate) fn only_in_memory(kind: usize) -> bool {
    matches!(kind, 29 | 30)
}

pub(crate) fn word(seed: i64) -> String {
    match seed.rem_euclid(5) {
        0 => String::new(),
        1 => format!("é{seed}"),
        2 => "a string that is too long for a view".repeat(seed.rem_euclid(3) as usize + 1),
        _ => format!("w{}", seed % 100),
    }
}

/// A column of `kind`, missing where the seed is.
pub(crate) fn column(kind: usize, seeds: &[Option<i64>]) -> ArrayRef {
    macro_rules! primitive {
        ($type:ty, $convert:expr) => {{
            let convert = $convert;
            Arc::new(PrimitiveArray::<$type>::from_iter(seeds.iter().map(|seed| seed.map(convert))))
                as ArrayRef
        }};
    }
    let words = || seeds.iter().map(|seed| seed.map(word));
    let bytes =
        || seeds.iter().map(|seed| seed.map(|seed| [&[0xff, seed as u8], word(seed).as_bytes()].concat()));
    let keys = |limit: i64| seeds.iter().map(move |seed| seed.map(|seed| seed.rem_euclid(limit)));
    let dictionary = [Some("one"), None, Some("two"), Some(""), Some("vièr")];
    match kind {
        0 => primitive!(Int8Type, |seed| seed as i8),
        1 => primitive!(Int16Type, |seed| seed as i16),
        2 => primitive!(Int32Type, |seed| seed as i32),
        3 => primitive!(Int64Type, |seed| seed),
        4 => primitive!(UInt8Type, |seed| seed as u8),
        5 => primitive!(UInt16Type, |seed| seed as u16),
        6 => primitive!(UInt32Type, |seed| seed as u32),
        7 => primitive!(UInt64Type, |seed| seed as u64),
        8 => primitive!(Float16Type, |seed| half::f16::from_bits((seed as u16) & 0xfbff)),
        9 => primitive!(Float32Type, |seed| seed as f32 / 3.0),
        10 => primitive!(Float64Type, |seed| seed as f64 / 3.0),
        11 => Arc::new(BooleanArray::from_iter(seeds.iter().map(|seed| seed.map(|seed| seed % 2 == 0)))),
        12 => primitive!(Date32Type, |seed| seed as i32),
        13 => primitive!(Date64Type, |seed| seed),
        14 => {
            let instants = seeds.iter().copied().collect::<TimestampNanosecondArray>();
            Arc::new(instants.with_timezone("Europe/Paris"))
        }
        15 => primitive!(TimestampSecondType, |seed| seed),
        16 => primitive!(Time32MillisecondType, |seed| seed as i32),
        17 => primitive!(DurationMicrosecondType, |seed| seed),
        18 => {
            let digits = seeds.iter().map(|seed| seed.map(|seed| (seed % 1_000_000_000) as i32));
            Arc::new(digits.collect::<Decimal32Array>().with_precision_and_scale(9, 3).unwrap())
        }
        19 => {
            let digits = seeds.iter().map(|seed| seed.map(|seed| seed % 1_000_000_000_000_000));
            Arc::new(digits.collect::<Decimal64Array>().with_precision_and_scale(15, 4).unwrap())
        }
        20 => {
            let digits = seeds.iter().map(|seed| seed.map(|seed| i128::from(seed % (1 << 53))));
            Arc::new(digits.collect::<Decimal128Array>().with_precision_and_scale(38, 5).unwrap())
        }
        21 => {
            let digits =
                seeds.iter().map(|seed| seed.map(|seed| i256::from_i128(i128::from(seed % (1 << 53)))));
            Arc::new(digits.collect::<Decimal256Array>().with_precision_and_scale(70, 2).unwrap())
        }
        22 => Arc::new(StringArray::from_iter(words())),
        23 => Arc::new(LargeStringArray::from_iter(words())),
        24 => {
            let mut views = StringViewBuilder::new().with_fixed_block_size(256);
            words().for_each(|word| views.append_option(word));
            Arc::new(views.finish())
        }
        25 => {
            let keys = Int8Array::from_iter(keys(5).map(|key| key.map(|key| key as i8)));
            Arc::new(DictionaryArray::new(keys, Arc::new(StringArray::from_iter(dictionary))))
        }
        26 => {
            let keys = UInt32Array::from_iter(keys(4).map(|key| key.map(|key| key as u32)));
            let words = LargeStringArray::from_iter(dictionary.iter().flatten().copied().map(Some));
            Arc::new(DictionaryArray::new(keys, Arc::new(words)))
        }
        27 => {
            let keys = Int64Array::from_iter(keys(4));
            let numbers = Float64Array::from_iter([Some(0.5), None, Some(-1.5), Some(f64::NAN)]);
            Arc::new(DictionaryArray::new(keys, Arc::new(numbers)))
        }
        28 => Arc::new(NullArray::new(seeds.len())),
        31 => Arc::new(BinaryArray::from_iter(bytes())),
        32 => Arc::new(LargeBinaryArray::from_iter(bytes())),
        33 => Arc::new(BinaryViewArray::from_iter(bytes())),
        34.. => lists(kind, seeds),
        _ => {
            let ends = Int32Array::from_iter((0..seeds.len()).map(|run| (run as i32 + 1) * 2));
            if kind == 29 {
                Arc::new(RunArray::<Int32Type>::try_new(&ends, &StringArray::from_iter(words())).unwrap())
            } else {
                let numbers = Int16Array::from_iter(seeds.iter().map(|seed| seed.map(|seed| seed as i16)));
                Arc::new(RunArray::<Int32Type>::try_new(&ends, &numbers).unwrap())
            }
        }
    }
}

/// Lists of one kind, as long as the seeds say.
fn lists(kind: usize, seeds: &[Option<i64>]) -> ArrayRef {
    let lengths =
        |most: i64| seeds.iter().map(move |seed| seed.map_or(1, |seed| seed.rem_euclid(most)) as usize);
    let nulls = || Some(NullBuffer::from_iter(seeds.iter().map(Option::is_some)));
    match kind {
        34 => list(lengths(4), nulls(), "item", numbers(lengths(4).sum())),
        35 => {
            let total = lengths(5).sum::<usize>() as i32;
            // Also items that are missing.
            let items = Int32Array::from_iter((0..total).map(|item| (item % 3 != 1).then_some(item * 7)));
            let field = Arc::new(Field::new("item", items.data_type().clone(), true));
            let offsets = OffsetBuffer::from_lengths(lengths(5));
            Arc::new(LargeListArray::new(field, wide(&offsets), Arc::new(items), nulls()))
        }
        36 => {
            let items: ArrayRef =
                Arc::new(Float32Array::from_iter_values((0..seeds.len() * 2).map(|at| at as f32 / 3.0)));
            let field = Arc::new(Field::new("item", items.data_type().clone(), true));
            Arc::new(FixedSizeListArray::new(field, 2, items, nulls()))
        }
        37 => list(lengths(4), nulls(), "item", together(lengths(4).sum())),
        38 => {
            let rings: Vec<usize> = (0..lengths(3).sum()).map(|ring| ring % 4).collect();
            let positions = apart(rings.iter().sum());
            list(lengths(3), nulls(), "rings", list(rings.into_iter(), None, "vertices", positions))
        }
        _ => {
            let polygons: Vec<usize> = (0..lengths(3).sum()).map(|polygon| polygon % 3).collect();
            let rings: Vec<usize> = (0..polygons.iter().sum()).map(|ring| ring % 4).collect();
            let positions = together(rings.iter().sum());
            let rings = list(rings.into_iter(), None, "vertices", positions);
            list(lengths(3), nulls(), "polygons", list(polygons.into_iter(), None, "rings", rings))
        }
    }
}

/// Offsets of 64 bits.
fn wide(narrow: &OffsetBuffer<i32>) -> OffsetBuffer<i64> {
    OffsetBuffer::new(narrow.iter().map(|offset| i64::from(*offset)).collect())
}

fn list(
    lengths: impl Iterator<Item = usize>,
    nulls: Option<NullBuffer>,
    name: &str,
    items: ArrayRef,
) -> ArrayRef {
    let field = Arc::new(Field::new(name, items.data_type().clone(), true));
    Arc::new(ListArray::new(field, OffsetBuffer::from_lengths(lengths), items, nulls))
}

fn numbers(count: usize) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values((0..count).map(|at| at as f64 / 3.0)))
}

/// Positions of three numbers each.
fn together(count: usize) -> ArrayRef {
    let field = Arc::new(Field::new("xyz", ArrowType::Float64, false));
    Arc::new(FixedSizeListArray::new(field, 3, numbers(count * 3), None))
}

/// Positions of float32, x and y apart.
fn apart(count: usize) -> ArrayRef {
    let part = |sign: f32| -> ArrayRef {
        Arc::new(Float32Array::from_iter_values((0..count).map(|at| at as f32 * sign)))
    };
    let field = |name: &str| Field::new(name, ArrowType::Float32, true);
    let fields = vec![field("x"), field("y")];
    Arc::new(StructArray::new(fields.into(), vec![part(0.5), part(-0.5)], None))
}
