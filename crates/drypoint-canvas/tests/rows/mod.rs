//! Rows that lines are tested with: walks, jumps, what is missing, groups and categories.

#![allow(dead_code, unreachable_pub)] // Each test includes it and uses a part.

use std::collections::BTreeMap;

use drypoint_canvas::{Axis, AxisKind, Canvas, Cells, LineColumns, Options, Scale, Step};
use drypoint_memory::MemoryPool;
use proptest::prelude::*;

use super::table::{Data, Table, Words};

pub const WORDS: [&str; 4] = ["oak", "", "ash", "élan"];

#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub x: Option<f64>,
    pub y: Option<f64>,
    pub value: Option<f64>,
    pub category: Option<usize>,
    pub group: Option<usize>,
    /// Where it stands in its source; set by [`numbered`].
    pub key: usize,
}

pub fn table(rows: &[Row], text_groups: bool) -> Table {
    let number = |pick: fn(&Row) -> Option<f64>| -> (Data, Vec<bool>) {
        let values = rows.iter().map(|row| pick(row).unwrap_or(1e9)).collect();
        (Data::F64(values), rows.iter().map(|row| pick(row).is_some()).collect())
    };
    let word = |pick: fn(&Row) -> Option<usize>| -> (Vec<u32>, Vec<bool>) {
        (
            rows.iter().map(|row| pick(row).unwrap_or(0) as u32).collect(),
            rows.iter().map(|row| pick(row).is_some()).collect(),
        )
    };
    let (x, x_valid) = number(|row| row.x);
    let (y, y_valid) = number(|row| row.y);
    let (value, value_valid) = number(|row| row.value);
    let (category, category_valid) = word(|row| row.category);
    let (group, group_valid) = word(|row| row.group);
    let group = if text_groups {
        Data::Dictionary(group, Words::new(&WORDS))
    } else {
        Data::I64(group.iter().map(|group| i64::from(*group) - 2).collect())
    };
    Table::new()
        .with("x", x, Some(&x_valid))
        .with("y", y, Some(&y_valid))
        .with("value", value, Some(&value_valid))
        .with("category", Data::Dictionary(category, Words::new(&WORDS)), Some(&category_valid))
        .with("group", group, Some(&group_valid))
}

pub fn axis(pixels: usize, log: bool) -> Axis {
    let (range, scale) = if log { ((0.1, 100.0), Scale::Log) } else { ((-1.0, 2.0), Scale::Linear) };
    Axis { pixels, range, scale, kind: AxisKind::Number }
}

pub fn coordinate() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        6 => (-2.0..3.0f64).prop_map(Some),
        // On edges of pixels and of the range, and on one another.
        3 => (-6..8i32).prop_map(|at| Some(f64::from(at) / 2.0)),
        1 => (-3.0..4.0f64).prop_map(|at| Some(10f64.powf(at))),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 1e300]).prop_map(Some),
        1 => Just(None),
    ]
}

pub fn walk() -> impl Strategy<Value = Vec<Row>> {
    // Small steps, so that most segments are plain, and some that are not.
    let step = prop_oneof![8 => -0.05..0.05f64, 1 => -2.0..2.0f64, 1 => Just(0.0)];
    prop::collection::vec((step.clone(), step, 0..40u8, 0..4usize, 0..5usize), 0..300).prop_map(|steps| {
        let (mut x, mut y) = (0.5, 0.5);
        steps
            .into_iter()
            .map(|(dx, dy, chance, category, group)| {
                (x, y) = (x + dx, y + dy);
                Row {
                    x: (chance != 0).then_some(x),
                    y: Some(if chance == 1 { f64::NAN } else { y }),
                    value: (chance != 2).then_some(f64::from(chance)),
                    category: (chance != 3).then_some(category),
                    group: (group < 4).then_some(group),
                    key: 0,
                }
            })
            .collect()
    })
}

pub fn jumps() -> impl Strategy<Value = Vec<Row>> {
    let value = prop_oneof![8 => (-9..9i32).prop_map(|v| Some(f64::from(v))), 1 => Just(None)];
    let row = (
        coordinate(),
        coordinate(),
        value,
        prop::option::weighted(0.9, 0..4usize),
        prop::option::weighted(0.9, 0..4usize),
    );
    prop::collection::vec(row, 0..120).prop_map(|rows| {
        rows.into_iter()
            .map(|(x, y, value, category, group)| Row { x, y, value, category, group, key: 0 })
            .collect()
    })
}

pub fn cell(cells: Cells<'_>, at: usize) -> f64 {
    match cells {
        Cells::Bool(cells) => f64::from(cells[at]),
        Cells::U32(cells) => f64::from(cells[at]),
        Cells::U64(cells) => cells[at] as f64,
        Cells::I64(cells) => cells[at] as f64,
        Cells::F64(cells) => cells[at],
    }
}

pub fn options(threads: usize, batch_rows: usize) -> Options {
    let mut options = Options::new(MemoryPool::new(64 << 20).consumer("test"));
    (options.threads, options.batch_rows) = (Some(threads), Some(batch_rows));
    options
}

/// A long walk with a break now and then: blocks and batches of their usual sizes.
pub fn long(rows: usize) -> Vec<Row> {
    let mut state = 7u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1u64 << 24) as f64
    };
    let (mut x, mut y) = (0.5, 0.5);
    (0..rows)
        .map(|row| {
            (x, y) = (x + (next() - 0.5) * 0.05, y + (next() - 0.5) * 0.3);
            if !(-2.0..3.0).contains(&x) || !(-2.0..3.0).contains(&y) {
                (x, y) = (0.5, 0.5);
            }
            let value = Some((row % 13) as f64);
            Row {
                x: (next() > 0.01).then_some(x),
                y: Some(y),
                value,
                category: Some(row % 4),
                group: Some(row / 700 % 4),
                key: 0,
            }
        })
        .collect()
}

pub fn columns(grouped: bool) -> LineColumns {
    LineColumns { group: grouped.then(|| "group".into()), ..LineColumns::new("x", "y") }
}

/// The rows with their places.
pub fn numbered(rows: &[Row]) -> Vec<Row> {
    rows.iter().enumerate().map(|(key, row)| Row { key, ..*row }).collect()
}

/// The rows of each line, as places in `rows`.
pub fn by_line(rows: &[Row], grouped: bool) -> Vec<Vec<usize>> {
    let mut lines: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        match row.group {
            _ if !grouped => lines.entry(0).or_default().push(index),
            Some(group) => lines.entry(group).or_default().push(index),
            None => {}
        }
    }
    lines.into_values().collect()
}

/// The rows with the corners of steps as rows of their own, each of the row that it comes from.
pub fn stepped(rows: &[Row], canvas: &Canvas, grouped: bool, step: Option<Step>) -> Vec<Row> {
    let there = |row: &Row| {
        let has = |axis: &Axis, value: Option<f64>| {
            value.is_some_and(|value| value.is_finite() && (axis.scale == Scale::Linear || value > 0.0))
        };
        has(&canvas.x, row.x) && has(&canvas.y, row.y)
    };
    let mut all = Vec::new();
    for line in by_line(rows, grouped) {
        for (place, &row) in line.iter().enumerate() {
            let to = rows[row];
            if let Some(from) = place.checked_sub(1).map(|before| rows[line[before]])
                && there(&from)
                && there(&to)
            {
                let half = |a: Option<f64>, b: Option<f64>| Some(a.unwrap() / 2.0 + b.unwrap() / 2.0);
                let corners = match step {
                    None => vec![],
                    Some(Step::Pre) => vec![(from.x, to.y)],
                    Some(Step::Post) => vec![(to.x, from.y)],
                    Some(Step::Mid) => vec![(half(from.x, to.x), from.y), (half(from.x, to.x), to.y)],
                };
                all.extend(corners.into_iter().map(|(x, y)| Row { x, y, group: to.group, ..from }));
            }
            all.push(to);
        }
    }
    all
}

pub fn step() -> impl Strategy<Value = Option<Step>> {
    prop_oneof![Just(None), prop::sample::select(vec![Some(Step::Pre), Some(Step::Mid), Some(Step::Post)])]
}
