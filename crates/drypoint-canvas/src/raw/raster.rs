//! Rows of an image added up, compared and counted: the loops that see each of its items once.
//!
//! Items are met in their own type. Those of 8 and 16 bits are added in 32, four rows at a time, so that a picture of
//! a fraction of its source's size costs little more than reading the source.

use bytemuck::Pod;

use super::isa::{Isa, for_each_isa};

/// A type of items that rows can be made of.
pub(crate) trait Item: Pod + PartialOrd + Send + Sync {
    /// What whole rows are added in.
    type Sum: Pod;
    /// Rows that a sum holds without overflow; sums in floating point have no such bound.
    const MOST_ROWS: usize;
    /// Whether there can be NaN.
    const FLOAT: bool;
    /// Whether float64 has not room for each value; then [`Item::key`] says their order.
    const WIDE: bool;

    fn number(self) -> f64;
    fn sum_number(sum: Self::Sum) -> f64;
    /// The place of a wide integer among all others.
    fn key(self) -> u64;
    /// What is nowhere the greatest, and nowhere the least.
    const LEAST: Self;
    const GREATEST: Self;

    /// Add four rows, each as long as the sums.
    fn add_four(isa: Isa, sums: &mut [Self::Sum], rows: [&[Self]; 4]);
    /// Add one row.
    fn add_one(isa: Isa, sums: &mut [Self::Sum], row: &[Self]);
    /// Add `weight` times a row.
    fn add_part(isa: Isa, totals: &mut [f64], row: &[Self], weight: f64);
    /// The same without what is NaN, and the weight of the others.
    fn add_present(isa: Isa, totals: &mut [f64], weights: &mut [f64], row: &[Self], weight: f64);
    /// How many are NaN.
    fn missing(isa: Isa, row: &[Self]) -> usize;
    /// Keep the greater of two; NaN is passed over, if there may be any.
    fn keep_greatest(isa: Isa, best: &mut [Self], row: &[Self], missing: bool);
    /// Keep the lesser of two; NaN is passed over, if there may be any.
    fn keep_least(isa: Isa, best: &mut [Self], row: &[Self], missing: bool);
}

macro_rules! loops {
    ($module:ident, $item:ty, $sum:ty, $pair:ty, $greater:expr, $lesser:expr, $nan:expr) => {
        mod $module {
            use super::for_each_isa;

            #[inline(always)]
            fn add_four_body(sums: &mut [$sum], a: &[$item], b: &[$item], c: &[$item], d: &[$item]) {
                let count = sums.len();
                let (a, b, c, d) = (&a[..count], &b[..count], &c[..count], &d[..count]);
                for at in 0..count {
                    let upper = a[at] as $pair + b[at] as $pair;
                    let lower = c[at] as $pair + d[at] as $pair;
                    sums[at] += (upper + lower) as $sum;
                }
            }

            #[inline(always)]
            fn add_one_body(sums: &mut [$sum], row: &[$item]) {
                for (sum, item) in sums.iter_mut().zip(row) {
                    *sum += *item as $sum;
                }
            }

            #[inline(always)]
            fn add_part_body(totals: &mut [f64], row: &[$item], weight: f64) {
                for (total, item) in totals.iter_mut().zip(row) {
                    *total += weight * (*item as f64);
                }
            }

            #[inline(always)]
            fn add_present_body(totals: &mut [f64], weights: &mut [f64], row: &[$item], weight: f64) {
                let count = row.len();
                let (totals, weights) = (&mut totals[..count], &mut weights[..count]);
                for at in 0..count {
                    let missing = $nan(row[at]);
                    totals[at] += if missing { 0.0 } else { weight * row[at] as f64 };
                    weights[at] += if missing { 0.0 } else { weight };
                }
            }

            #[inline(always)]
            fn missing_body(row: &[$item]) -> usize {
                // In blocks, so that the counts fit the lanes of the items.
                row.chunks(4096).map(|part| part.iter().map(|item| u32::from($nan(*item))).sum::<u32>() as usize).sum()
            }

            #[inline(always)]
            fn greatest_body(best: &mut [$item], row: &[$item]) {
                for (best, item) in best.iter_mut().zip(row) {
                    *best = $greater(*best, *item);
                }
            }

            #[inline(always)]
            fn least_body(best: &mut [$item], row: &[$item]) {
                for (best, item) in best.iter_mut().zip(row) {
                    *best = $lesser(*best, *item);
                }
            }

            for_each_isa! {
                pub(super) fn add_four(sums: &mut [$sum], a: &[$item], b: &[$item], c: &[$item], d: &[$item]) = add_four_body;
            }
            for_each_isa! {
                pub(super) fn add_one(sums: &mut [$sum], row: &[$item]) = add_one_body;
            }
            for_each_isa! {
                pub(super) fn add_part(totals: &mut [f64], row: &[$item], weight: f64) = add_part_body;
            }
            for_each_isa! {
                pub(super) fn add_present(totals: &mut [f64], weights: &mut [f64], row: &[$item], weight: f64) = add_present_body;
            }
            for_each_isa! {
                pub(super) fn missing(row: &[$item]) -> usize = missing_body;
            }
            #[inline(always)]
            fn plain_greatest_body(best: &mut [$item], row: &[$item]) {
                for (best, item) in best.iter_mut().zip(row) {
                    *best = if *item > *best { *item } else { *best };
                }
            }

            for_each_isa! {
                pub(super) fn plain_greatest(best: &mut [$item], row: &[$item]) = plain_greatest_body;
            }
            for_each_isa! {
                pub(super) fn keep_greatest(best: &mut [$item], row: &[$item]) = greatest_body;
            }
            #[inline(always)]
            fn plain_least_body(best: &mut [$item], row: &[$item]) {
                for (best, item) in best.iter_mut().zip(row) {
                    *best = if *item < *best { *item } else { *best };
                }
            }

            for_each_isa! {
                pub(super) fn plain_least(best: &mut [$item], row: &[$item]) = plain_least_body;
            }
            for_each_isa! {
                pub(super) fn keep_least(best: &mut [$item], row: &[$item]) = least_body;
            }
        }
    };
}

macro_rules! item {
    ($module:ident, $item:ty, sum: $sum:ty, pair: $pair:ty, rows: $rows:expr, float: $float:expr, wide: $wide:expr,
     key: $key:expr, least: $least:expr, greatest: $greatest:expr, max: $max:expr, min: $min:expr, nan: $nan:expr) => {
        loops!($module, $item, $sum, $pair, $max, $min, $nan);

        impl Item for $item {
            type Sum = $sum;
            const MOST_ROWS: usize = $rows;
            const FLOAT: bool = $float;
            const WIDE: bool = $wide;
            const LEAST: Self = $least;
            const GREATEST: Self = $greatest;

            #[inline(always)]
            fn number(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn sum_number(sum: $sum) -> f64 {
                sum as f64
            }
            #[inline(always)]
            fn key(self) -> u64 {
                $key(self)
            }
            fn add_four(isa: Isa, sums: &mut [$sum], [a, b, c, d]: [&[Self]; 4]) {
                $module::add_four(isa, sums, a, b, c, d);
            }
            fn add_one(isa: Isa, sums: &mut [$sum], row: &[Self]) {
                $module::add_one(isa, sums, row);
            }
            fn add_part(isa: Isa, totals: &mut [f64], row: &[Self], weight: f64) {
                $module::add_part(isa, totals, row, weight);
            }
            fn add_present(isa: Isa, totals: &mut [f64], weights: &mut [f64], row: &[Self], weight: f64) {
                $module::add_present(isa, totals, weights, row, weight);
            }
            fn missing(isa: Isa, row: &[Self]) -> usize {
                if $float { $module::missing(isa, row) } else { 0 }
            }
            fn keep_greatest(isa: Isa, best: &mut [Self], row: &[Self], missing: bool) {
                if missing {
                    $module::keep_greatest(isa, best, row);
                } else {
                    $module::plain_greatest(isa, best, row);
                }
            }
            fn keep_least(isa: Isa, best: &mut [Self], row: &[Self], missing: bool) {
                if missing {
                    $module::keep_least(isa, best, row);
                } else {
                    $module::plain_least(isa, best, row);
                }
            }
        }
    };
}

macro_rules! integer {
    ($module:ident, $item:ident, $sum:ty, $pair:ty, $rows:expr) => {
        item!($module, $item, sum: $sum, pair: $pair, rows: $rows, float: false, wide: false,
            key: |_: $item| 0, least: $item::MIN, greatest: $item::MAX,
            max: |a: $item, b: $item| a.max(b), min: |a: $item, b: $item| a.min(b), nan: |_: $item| false);
    };
}

macro_rules! float {
    ($module:ident, $item:ident) => {
        item!($module, $item, sum: f64, pair: f64, rows: usize::MAX, float: true, wide: false,
            key: |_: $item| 0, least: $item::NAN, greatest: $item::NAN,
            max: |a: $item, b: $item| a.max(b), min: |a: $item, b: $item| a.min(b), nan: |v: $item| v.is_nan());
    };
}

macro_rules! wide {
    ($module:ident, $item:ident, $key:expr) => {
        item!($module, $item, sum: f64, pair: f64, rows: usize::MAX, float: false, wide: true,
            key: $key, least: $item::MIN, greatest: $item::MAX,
            max: |a: $item, b: $item| a.max(b), min: |a: $item, b: $item| a.min(b), nan: |_: $item| false);
    };
}

// A sum of four 8-bit items fits in 16 bits, of four 16-bit items in 32.
integer!(u8_loops, u8, u32, u16, 1 << 23);
integer!(i8_loops, i8, i32, i16, 1 << 23);
integer!(u16_loops, u16, u32, u32, 1 << 15);
integer!(i16_loops, i16, i32, i32, 1 << 15);
integer!(u32_loops, u32, f64, f64, usize::MAX);
integer!(i32_loops, i32, f64, f64, usize::MAX);
float!(f32_loops, f32);
float!(f64_loops, f64);
wide!(u64_loops, u64, |v: u64| v);
wide!(i64_loops, i64, |v: i64| v as u64 ^ (1 << 63));
