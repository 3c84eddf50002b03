//! Lines against their slow, obvious twin: one segment after the other, one pixel after the other, whatever the batches,
//! the threads and the order in which the readers come to their rows.

mod rows;
mod table;

use std::collections::BTreeMap;

use drypoint_canvas::{
    Aggregate, Axis, Canvas, CanvasError, Cells, LineColumns, LinesFold, Plan, Reduction, Scale, Step, lines,
};
use drypoint_memory::MemoryPool;
use proptest::prelude::*;
use rows::{Row, WORDS, axis, by_line, cell, columns, jumps, long, numbered, options, stepped, table, walk};
use table::Table;

struct Twin<'a> {
    canvas: &'a Canvas,
    /// The values of the rows that visited each pixel of each category, by the row.
    visits: BTreeMap<(usize, usize), Vec<(usize, f64)>>,
}

impl Twin<'_> {
    fn position(axis: &Axis, value: Option<f64>) -> Option<f64> {
        let value = value?;
        let at = if axis.scale == Scale::Log { value.log10() } else { value };
        at.is_finite().then_some(at)
    }

    fn pixel(axis: &Axis, position: f64) -> i64 {
        let map = |value: f64| if axis.scale == Scale::Log { value.log10() } else { value };
        let (start, end) = (map(axis.range.0), map(axis.range.1));
        let scale = axis.pixels as f64 / (end - start);
        let at = (position * scale + -start * scale).trunc();
        (at as i64).clamp(0, axis.pixels as i64 - 1)
    }

    fn visit(&mut self, column: i64, line: i64, data: &Row) {
        if let (Some(category), Some(value)) = (data.category, data.value.filter(|value| !value.is_nan())) {
            let cell = line as usize * self.canvas.x.pixels + column as usize;
            self.visits.entry((category, cell)).or_default().push((data.key, value));
        }
    }

    /// The segment from one row to the next of its line; `before` is the row before both.
    fn segment(&mut self, rows: &[Row], before: Option<usize>, from: usize, to: usize) {
        let canvas = self.canvas;
        let at = |row: usize| {
            Some((Self::position(&canvas.x, rows[row].x)?, Self::position(&canvas.y, rows[row].y)?))
        };
        let (Some((x0, y0)), Some((x1, y1))) = (at(from), at(to)) else { return };
        let mut start = before.is_none_or(|before| at(before).is_none());
        // How far along the segment it comes in and goes out, and over which edge: (is it one of x, where).
        let (mut enter, mut leave) = ((0.0f64, (true, f64::NAN)), (1.0f64, (true, f64::NAN)));
        for (is_x, axis, a, b) in [(true, &canvas.x, x0, x1), (false, &canvas.y, y0, y1)] {
            let map = |value: f64| if axis.scale == Scale::Log { value.log10() } else { value };
            let (low, high) = (map(axis.range.0), map(axis.range.1));
            if (a < low && b < low) || (a > high && b > high) {
                return;
            }
            let cuts = [
                (a < low, true, (a - low) / -(b - a), low),
                (b > high, false, (high - a) / (b - a), high),
                (b < low, false, (a - low) / -(b - a), low),
                (a > high, true, (high - a) / (b - a), high),
            ];
            for (_, enters, at, edge) in cuts.into_iter().filter(|(cut, ..)| *cut) {
                if enters && at > enter.0 {
                    enter = (at, (is_x, edge));
                }
                if !enters && at < leave.0 {
                    leave = (at, (is_x, edge));
                }
            }
        }
        if enter.0 > leave.0 {
            return;
        }
        let clipped = enter.0 > 0.0 || leave.0 < 1.0;
        start |= enter.0 > 0.0;
        let end = |(part, (is_x, edge)): (f64, (bool, f64)), whole: (f64, f64), cut: bool| {
            let (mut x, mut y) = whole;
            if cut {
                (x, y) = (x0 + part * (x1 - x0), y0 + part * (y1 - y0));
                *(if is_x { &mut x } else { &mut y }) = edge;
            }
            (Self::pixel(&canvas.x, x), Self::pixel(&canvas.y, y))
        };
        let (mut column, mut line) = end(enter, (x0, y0), enter.0 > 0.0);
        let (last_column, last_line) = end(leave, (x1, y1), leave.0 < 1.0);
        let (across, up) = ((last_column - column).abs(), (last_line - line).abs());
        let (right, above) = ((last_column - column).signum(), (last_line - line).signum());
        let data = rows[from];
        if !clipped && across == 0 && up == 0 {
            self.visit(column, line, &data);
            return;
        }
        if start {
            self.visit(column, line, &data);
        }
        let mut error = if across >= up { 2 * up - across } else { 2 * across - up };
        while (column, line) != (last_column, last_line) {
            if across >= up {
                if error > 0 || (error == 0 && right > 0) {
                    line += above;
                    error -= 2 * across;
                }
                column += right;
                error += 2 * up;
            } else {
                if error > 0 || (error == 0 && above > 0) {
                    column += right;
                    error -= 2 * up;
                }
                line += above;
                error += 2 * across;
            }
            self.visit(column, line, &data);
        }
    }
}

fn twin<'a>(canvas: &'a Canvas, rows: &[Row], grouped: bool) -> Twin<'a> {
    let mut twin = Twin { canvas, visits: BTreeMap::new() };
    for line in by_line(rows, grouped) {
        for place in 1..line.len() {
            let before = place.checked_sub(2).map(|before| line[before]);
            twin.segment(rows, before, line[place - 1], line[place]);
        }
    }
    twin
}

fn reductions() -> Vec<Reduction> {
    let value = || "value".to_string();
    vec![
        Reduction::Count(Some(value())),
        Reduction::Any(Some(value())),
        Reduction::Sum(value()),
        Reduction::Min(value()),
        Reduction::Max(value()),
        Reduction::First(value()),
        Reduction::Last(value()),
        Reduction::Mean(value()),
    ]
}

fn fold(reduction: &Reduction, visits: &[(usize, f64)]) -> f64 {
    let values = || visits.iter().map(|(_, value)| *value);
    match reduction.inner() {
        Reduction::Count(_) => visits.len() as f64,
        Reduction::Any(_) => 1.0,
        Reduction::Sum(_) => values().sum(),
        Reduction::Mean(_) => values().sum::<f64>() / visits.len() as f64,
        Reduction::Min(_) => values().fold(f64::INFINITY, f64::min),
        Reduction::Max(_) => values().fold(f64::NEG_INFINITY, f64::max),
        Reduction::First(_) => visits.iter().min_by_key(|(row, _)| row).map_or(f64::NAN, |(_, value)| *value),
        Reduction::Last(_) => visits.iter().max_by_key(|(row, _)| row).map_or(f64::NAN, |(_, value)| *value),
        other => panic!("{other} has no twin"),
    }
}

fn check(found: &Aggregate, reduction: &Reduction, twin: &Twin<'_>, by: bool) -> Result<(), TestCaseError> {
    let pixels = twin.canvas.pixels();
    for plane in 0..found.planes() {
        for at in 0..pixels {
            let visits: Vec<(usize, f64)> = if by {
                let category = WORDS.iter().position(|word| *word == found.categories[plane]).unwrap();
                twin.visits.get(&(category, at)).cloned().unwrap_or_default()
            } else {
                (0..WORDS.len())
                    .flat_map(|word| twin.visits.get(&(word, at)).cloned().unwrap_or_default())
                    .collect()
            };
            let got = cell(found.cells(plane), at);
            if visits.is_empty() {
                prop_assert!(got.is_nan() || got == 0.0, "{reduction}: cell {at} is {got}, none passed");
            } else {
                let expected = fold(reduction, &visits);
                prop_assert!(
                    (got - expected).abs() < 1e-9,
                    "{reduction}: cell {at} is {got}, not {expected}"
                );
            }
        }
    }
    if by {
        let known: usize =
            twin.visits.keys().map(|(category, _)| category).collect::<std::collections::BTreeSet<_>>().len();
        prop_assert!(found.categories.len() >= known);
    }
    Ok(())
}

fn agree(
    rows: &[Row],
    canvas: &Canvas,
    threads: usize,
    batch_rows: usize,
    grouped: bool,
    text: bool,
    step: Option<Step>,
) -> Result<(), TestCaseError> {
    let table = table(rows, text);
    let options = options(threads, batch_rows);
    let columns = |grouped| LineColumns { step, ..columns(grouped) };
    let count = rows.len() as u64;
    let rows = &stepped(&numbered(rows), canvas, grouped, step);
    // Without categories, rows that have none take part.
    let uncategorised: Vec<Row> = rows.iter().map(|row| Row { category: Some(0), ..*row }).collect();
    let plain = twin(canvas, &uncategorised, grouped);
    let by = twin(canvas, rows, grouped);
    for reduction in reductions() {
        let found = lines(canvas, &table, &columns(grouped), &reduction, &options).unwrap();
        check(&found, &reduction, &plain, false)?;
        prop_assert_eq!(found.rows, count);
        let reduction = Reduction::By("category".into(), Box::new(reduction));
        let found = lines(canvas, &table, &columns(grouped), &reduction, &options).unwrap();
        check(&found, &reduction, &by, true)?;
    }
    // All vertices of segments, whatever their values.
    let valued: Vec<Row> = uncategorised.iter().map(|row| Row { value: Some(1.0), ..*row }).collect();
    let all = twin(canvas, &valued, grouped);
    let found = lines(canvas, &table, &columns(grouped), &Reduction::Count(None), &options).unwrap();
    check(&found, &Reduction::Count(None), &all, false)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn lines_agree_with_their_twin(
        rows in prop_oneof![walk(), jumps()],
        (width, height) in (1usize..24, 1usize..24),
        (x_log, y_log) in prop_oneof![3 => Just((false, false)), 1 => (any::<bool>(), any::<bool>())],
        threads in 1usize..5,
        batch_rows in prop_oneof![1usize..8, 8usize..400],
        grouped: bool,
        text: bool,
        step in rows::step(),
    ) {
        let canvas = Canvas { x: axis(width, x_log), y: axis(height, y_log) };
        agree(&rows, &canvas, threads, batch_rows, grouped, text, step)?;
    }
}

#[test]
fn blocks_and_batches_of_any_size_are_joined() {
    let rows = long(9_000);
    let canvas = Canvas { x: axis(90, false), y: axis(60, false) };
    for (threads, batch_rows) in [(1, 16_384), (1, 1024), (3, 1025), (4, 100), (2, 4096)] {
        for grouped in [false, true] {
            agree(&rows, &canvas, threads, batch_rows, grouped, grouped, None).unwrap();
            if batch_rows < 1025 {
                let rows = &rows[..3000];
                agree(rows, &canvas, threads, batch_rows, grouped, grouped, Some(Step::Mid)).unwrap();
            }
        }
    }
}

/// Many rows for each column of pixels, as in a long time series: walks, jumps and, now and then, what is missing or outside.
fn series(rows: usize, jump: f64) -> Vec<Row> {
    let long = long(rows);
    let at = |row: usize| -1.0 + 3.0 * row as f64 / rows as f64;
    let broken = |row: usize| row % 7919 == 7918;
    let height = |row: usize, y: f64| if row % 9001 < 40 { y * 9.0 } else { (y * jump).clamp(-0.9, 1.9) };
    long.into_iter()
        .enumerate()
        .map(|(row, from)| Row {
            x: (!broken(row)).then(|| at(row)),
            y: from.y.map(|y| height(row, y)),
            ..from
        })
        .collect()
}

#[test]
fn blocks_within_a_column_count_what_segments_count() {
    let canvas = Canvas { x: axis(4, false), y: axis(70, false) };
    for jump in [0.2, 5.0] {
        let rows = numbered(&series(30_000, jump));
        let all: Vec<Row> =
            rows.iter().map(|row| Row { value: Some(1.0), category: Some(0), ..*row }).collect();
        let twin = twin(&canvas, &all, false);
        for (threads, batch_rows) in [(1, 30_000), (2, 5_000)] {
            // Missing as NaN: of columns with bits for what is missing each row is looked at.
            let plain = Table::new()
                .f64("x", rows.iter().map(|row| row.x.unwrap_or(f64::NAN)).collect())
                .f64("y", rows.iter().map(|row| row.y.unwrap_or(f64::NAN)).collect());
            for reduction in [Reduction::Count(None), Reduction::Any(None)] {
                let options = options(threads, batch_rows);
                let found = lines(&canvas, &plain, &columns(false), &reduction, &options).unwrap();
                check(&found, &reduction, &twin, false).unwrap();
            }
        }
    }
}

#[test]
fn lines_go_on_from_one_source_to_the_next() {
    let rows = long(2_000);
    let canvas = Canvas { x: axis(50, false), y: axis(40, false) };
    let whole = table(&rows, false);
    for grouped in [false, true] {
        for reduction in
            [Reduction::Count(None), Reduction::Last("value".into()), Reduction::First("value".into())]
        {
            let options = options(2, 64);
            let expected = lines(&canvas, &whole, &columns(grouped), &reduction, &options).unwrap();
            let mut fold = LinesFold::new(&canvas, &columns(grouped), &reduction, &options).unwrap();
            for part in rows.chunks(333) {
                fold.consume(&table(part, false)).unwrap();
            }
            let found = fold.finish().unwrap();
            for at in 0..canvas.pixels() {
                let (found, expected) = (cell(found.cells(0), at), cell(expected.cells(0), at));
                assert!(found == expected || found.is_nan() && expected.is_nan(), "{reduction}, cell {at}");
            }
        }
    }
}

#[test]
fn a_budget_without_room_for_runs_changes_nothing_but_the_speed() {
    let rows = long(4_000);
    let canvas = Canvas { x: axis(300, false), y: axis(300, false) };
    let table = table(&rows, false);
    let ample = lines(&canvas, &table, &columns(false), &Reduction::Count(None), &options(2, 512)).unwrap();
    let mut tight = options(1, 512);
    tight.consumer = MemoryPool::new(700_000).consumer("tight");
    let plan = Plan::for_lines(&table, &canvas, &columns(false), &Reduction::Count(None), &tight).unwrap();
    assert!(plan.peak + 4 * 300 * 301 > 700_000, "there is room for runs: {plan}");
    let found = lines(&canvas, &table, &columns(false), &Reduction::Count(None), &tight).unwrap();
    let (Cells::U32(found), Cells::U32(ample)) = (found.cells(0), ample.cells(0)) else { panic!("counts") };
    assert_eq!(found, ample);
    tight.consumer = MemoryPool::new(100_000).consumer("nothing");
    let refused = lines(&canvas, &table, &columns(false), &Reduction::Count(None), &tight);
    assert!(matches!(refused, Err(CanvasError::Budget(_))), "{refused:?}");
}

#[test]
fn notes_of_seams_do_not_grow_with_batches() {
    let rows = long(60_000);
    let canvas = Canvas { x: axis(40, false), y: axis(40, false) };
    let table = table(&rows, false);
    let peak = |batch_rows| {
        let mut options = options(3, batch_rows);
        let pool = MemoryPool::new(64 << 20);
        options.consumer = pool.consumer("test");
        lines(&canvas, &table, &columns(true), &Reduction::Count(None), &options).unwrap();
        pool.snapshot().peak_reserved
    };
    // Ten thousand batches, each of which would leave a note of 200 bytes.
    assert!(peak(6) <= peak(60_000) + (1 << 18), "{} and {}", peak(6), peak(60_000));
}

#[test]
fn groups_are_not_numbers_with_fractions() {
    let table = Table::new().f64("x", vec![0.0, 1.0]).f64("y", vec![0.0, 1.0]);
    let canvas = Canvas { x: axis(4, false), y: axis(4, false) };
    let columns = LineColumns { group: Some("y".into()), ..columns(false) };
    let refused = lines(&canvas, &table, &columns, &Reduction::Count(None), &options(1, 10));
    assert!(matches!(refused, Err(CanvasError::NotCategorical { .. })), "{refused:?}");
}
