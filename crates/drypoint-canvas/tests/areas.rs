//! Filled areas against their slow, obvious twin: Datashader's loops over the columns of each trapezoid, whatever the batches
//! and the threads.

mod rows;
mod table;

use std::collections::BTreeMap;

use drypoint_canvas::{
    Aggregate, AreaBase, AreaColumns, AreasFold, Axis, Canvas, CanvasError, Plan, Reduction, Scale, Step,
    areas,
};
use drypoint_memory::MemoryPool;
use proptest::prelude::*;
use rows::{Row, WORDS, axis, by_line, cell, jumps, long, numbered, options, table, walk};

/// The rows that visited each cell of each plane.
type Visits = BTreeMap<(usize, usize), Vec<(usize, f64)>>;

fn position(axis: &Axis, value: Option<f64>) -> Option<f64> {
    let value = value?;
    let at = if axis.scale == Scale::Log { value.log10() } else { value };
    at.is_finite().then_some(at)
}

/// What has no logarithm lies below everything.
fn base_position(axis: &Axis, value: Option<f64>) -> Option<f64> {
    let value = value.filter(|value| !value.is_nan())?;
    let at = match axis.scale {
        Scale::Log if value <= 0.0 => f64::NEG_INFINITY,
        Scale::Log => value.log10(),
        Scale::Linear => value,
    };
    Some(at.clamp(-f64::MAX, f64::MAX))
}

fn ends(axis: &Axis) -> (f64, f64) {
    let map = |value: f64| if axis.scale == Scale::Log { value.log10() } else { value };
    (map(axis.range.0), map(axis.range.1))
}

fn pixel(axis: &Axis, position: f64) -> i64 {
    let (start, end) = ends(axis);
    let scale = axis.pixels as f64 / (end - start);
    let at = (position * scale + -start * scale).trunc().clamp(-1e18, 1e18) as i64;
    if at == axis.pixels as i64 { at - 1 } else { at }
}

/// A vertex with both heights, as positions.
#[derive(Clone, Copy)]
struct Corner {
    x: f64,
    top: f64,
    base: f64,
}

struct Twin<'a> {
    canvas: &'a Canvas,
    with_base: bool,
    plane: usize,
    by: bool,
    visits: Visits,
}

impl Twin<'_> {
    fn column(&mut self, column: i64, top: i64, base: i64, row: &Row) {
        let last = self.canvas.y.pixels as i64 - 1;
        if (top < 0 && base <= 0) || (top > last && base >= last) {
            return;
        }
        let (mut line, mut stop) = (top.clamp(0, last), base.clamp(-1, last + 1));
        let mut lines = Vec::new();
        if line == stop {
            lines.extend(self.with_base.then_some(line));
        } else {
            let step = (stop - line).signum();
            if self.with_base && (-1..=last + 1).contains(&(stop + step)) {
                stop += step;
            }
            while line != stop {
                lines.push(line);
                line += step;
            }
        }
        let Some(value) = row.value.filter(|value| !value.is_nan()) else { return };
        let plane = if self.by { row.category } else { Some(self.plane) };
        for line in lines {
            let cell = line as usize * self.canvas.x.pixels + column as usize;
            if let Some(plane) = plane {
                self.visits.entry((plane, cell)).or_default().push((row.key, value));
            }
        }
    }

    fn trapezoid(&mut self, start: bool, mut from: Corner, mut to: Corner, row: &Row) {
        let canvas = self.canvas;
        let (low, high) = ends(&canvas.y);
        let heights = [from.top, from.base, to.top, to.base];
        if heights.iter().all(|y| *y < low) || heights.iter().all(|y| *y > high) {
            return;
        }
        let (left, right) = ends(&canvas.x);
        if from.x.max(to.x) < left || from.x.min(to.x) > right {
            return;
        }
        let at = |x: f64| {
            let part = (x - from.x) / (to.x - from.x);
            let between = |a: f64, b: f64| a + part * (b - a);
            Corner { x, top: between(from.top, to.top), base: between(from.base, to.base) }
        };
        let edge = |x: f64| {
            if x < left {
                Some(left)
            } else if x > right {
                Some(right)
            } else {
                None
            }
        };
        let (from_edge, to_edge) = (edge(from.x), edge(to.x));
        let (cut_from, cut_to) = (from_edge.map(at), to_edge.map(at));
        (from, to) = (cut_from.unwrap_or(from), cut_to.unwrap_or(to));
        let (mut column, last) = (pixel(&canvas.x, from.x), pixel(&canvas.x, to.x));
        let top_to = pixel(&canvas.y, to.top);
        let base_to = pixel(&canvas.y, to.base);
        let (mut top, mut base) = (pixel(&canvas.y, from.top), pixel(&canvas.y, from.base));
        if start || from_edge.is_some() {
            self.column(column, top, base, row);
        }
        if column == last {
            if from_edge.is_none() && to_edge.is_none() {
                self.column(column, top_to, base_to, row);
            }
            return;
        }
        // Lines by the nearest whole one, halves up along x.
        let (columns, step) = ((last - column).abs(), (last - column).signum());
        let (top_from, base_from) = (top, base);
        for k in 1..=columns {
            let line = |from: i64, to: i64| {
                let (up, k, columns) = (i128::from((to - from).abs()), i128::from(k), i128::from(columns));
                let half = if step > 0 { columns } else { columns - 1 };
                let turns = (2 * up * k + half) / (2 * columns);
                from + (to - from).signum() * turns as i64
            };
            (top, base) = (line(top_from, top_to), line(base_from, base_to));
            column += step;
            self.column(column, top, base, row);
        }
    }
}

/// One layer: tops and bases of the rows.
fn layer(
    twin: &mut Twin<'_>,
    rows: &[Row],
    tops: &[Option<f64>],
    bases: &[Option<f64>],
    grouped: bool,
    step: Option<Step>,
) {
    let canvas = twin.canvas;
    for line in by_line(rows, grouped) {
        let corner = |x: Option<f64>, height: usize| {
            let row = line[height];
            Some(Corner {
                x: position(&canvas.x, x)?,
                top: position(&canvas.y, tops[row])?,
                base: base_position(&canvas.y, bases[row])?,
            })
        };
        let whole = |place: usize| corner(rows[line[place]].x, place);
        // Vertices, and the row that each segment brings.
        let mut vertices: Vec<(Option<Corner>, usize)> = Vec::new();
        for place in 0..line.len() {
            if let Some(before) = place.checked_sub(1) {
                let (a, b) = (rows[line[before]].x, rows[line[place]].x);
                let middle = a.zip(b).map(|(a, b)| a / 2.0 + b / 2.0);
                let there = whole(before).is_some() && whole(place).is_some();
                let mut put =
                    |corner: Option<Corner>| vertices.push((corner.filter(|_| there), line[before]));
                match step {
                    None => {}
                    Some(Step::Pre) => put(corner(a, place)),
                    Some(Step::Post) => put(corner(b, before)),
                    Some(Step::Mid) => {
                        put(corner(middle, before));
                        put(corner(middle, place));
                    }
                }
            }
            vertices.push((whole(place), line[place]));
        }
        for at in 1..vertices.len() {
            let (Some(from), Some(to)) = (vertices[at - 1].0, vertices[at].0) else { continue };
            let start = at < 2 || vertices[at - 2].0.is_none();
            twin.trapezoid(start, from, to, &rows[vertices[at - 1].1]);
        }
    }
}

fn fold(reduction: &Reduction, visits: &[(usize, f64)]) -> f64 {
    let values = || visits.iter().map(|(_, value)| *value);
    match reduction.inner() {
        Reduction::Count(_) => visits.len() as f64,
        Reduction::Any(_) => 1.0,
        Reduction::Sum(_) => values().sum(),
        Reduction::Min(_) => values().fold(f64::INFINITY, f64::min),
        Reduction::Last(_) => visits.iter().max_by_key(|(row, _)| row).map_or(f64::NAN, |(_, value)| *value),
        other => panic!("{other} has no twin"),
    }
}

fn check(found: &Aggregate, twin: &Twin<'_>) -> Result<(), TestCaseError> {
    for plane in 0..found.planes() {
        let known = match found.categories.get(plane) {
            Some(name) if twin.by => WORDS.iter().position(|word| word == name).unwrap(),
            _ => plane,
        };
        for at in 0..twin.canvas.pixels() {
            let visits = twin.visits.get(&(known, at)).map_or(&[][..], Vec::as_slice);
            let got = cell(found.cells(plane), at);
            let expected = if visits.is_empty() { 0.0 } else { fold(&found.reduction, visits) };
            let none = visits.is_empty() && (got.is_nan() || got == 0.0);
            prop_assert!(
                none || (got - expected).abs() < 1e-9,
                "{}: cell {at} of plane {plane} is {got}, not {expected}",
                found.reduction
            );
        }
    }
    Ok(())
}

fn columns(base: AreaBase, grouped: bool, step: Option<Step>) -> AreaColumns {
    AreaColumns { x: "x".into(), y: vec!["y".into()], base, group: grouped.then(|| "group".into()), step }
}

fn reductions() -> [Reduction; 5] {
    let value = || "value".to_string();
    [
        Reduction::Count(Some(value())),
        Reduction::Any(Some(value())),
        Reduction::Sum(value()),
        Reduction::Min(value()),
        Reduction::Last(value()),
    ]
}

fn agree(
    rows: &[Row],
    canvas: &Canvas,
    (threads, batch_rows): (usize, usize),
    grouped: bool,
    step: Option<Step>,
) -> Result<(), TestCaseError> {
    let rows = &numbered(rows);
    let table = table(rows, false);
    let options = options(threads, batch_rows);
    let tops: Vec<Option<f64>> = rows.iter().map(|row| row.y).collect();
    let values: Vec<Option<f64>> = rows.iter().map(|row| row.value).collect();
    let twin = |by| Twin { canvas, with_base: true, plane: 0, by, visits: Visits::new() };
    for (base, bases) in [
        (AreaBase::Constant(0.5), vec![Some(0.5); rows.len()]),
        (AreaBase::Column("value".into()), values.clone()),
    ] {
        let with_base = matches!(base, AreaBase::Constant(_));
        let (mut plain, mut by) = (Twin { with_base, ..twin(false) }, Twin { with_base, ..twin(true) });
        layer(&mut plain, rows, &tops, &bases, grouped, step);
        layer(&mut by, rows, &tops, &bases, grouped, step);
        let columns = columns(base, grouped, step);
        for reduction in reductions() {
            let found = areas(canvas, &table, &columns, &reduction, &options).unwrap();
            prop_assert_eq!(found.rows, rows.len() as u64);
            check(&found, &plain)?;
            let reduction = Reduction::By("category".into(), Box::new(reduction));
            check(&areas(canvas, &table, &columns, &reduction, &options).unwrap(), &by)?;
        }
    }
    // Two layers: y, and the values on it.
    let columns = AreaColumns {
        y: vec!["y".into(), "value".into()],
        ..columns(AreaBase::Constant(0.0), grouped, step)
    };
    let sums: Vec<Option<f64>> = tops.iter().zip(&values).map(|(y, value)| Some((*y)? + (*value)?)).collect();
    let mut both = twin(false);
    layer(&mut both, rows, &tops, &vec![Some(0.0); rows.len()], grouped, step);
    (both.plane, both.with_base) = (1, false);
    layer(&mut both, rows, &sums, &tops, grouped, step);
    for reduction in reductions() {
        let found = areas(canvas, &table, &columns, &reduction, &options).unwrap();
        prop_assert_eq!(&found.categories, &["y", "value"]);
        check(&found, &both)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn areas_agree_with_their_twin(
        rows in prop_oneof![walk(), jumps()],
        (width, height) in (1usize..24, 1usize..24),
        (x_log, y_log) in prop_oneof![3 => Just((false, false)), 1 => (any::<bool>(), any::<bool>())],
        threads in 1usize..4,
        batch_rows in prop_oneof![1usize..8, 8usize..400],
        grouped: bool,
        step in rows::step(),
    ) {
        let canvas = Canvas { x: axis(width, x_log), y: axis(height, y_log) };
        agree(&rows, &canvas, (threads, batch_rows), grouped, step)?;
    }
}

#[test]
fn blocks_and_batches_of_any_size_are_joined() {
    let rows = long(3_000);
    let canvas = Canvas { x: axis(90, false), y: axis(60, false) };
    for (threads, batch_rows) in [(1, 16_384), (3, 1025), (2, 100)] {
        agree(&rows, &canvas, (threads, batch_rows), threads == 2, None).unwrap();
    }
}

#[test]
fn areas_go_on_from_one_source_to_the_next() {
    let rows = long(1_000);
    let canvas = Canvas { x: axis(50, false), y: axis(40, false) };
    let columns = AreaColumns {
        y: vec!["y".into(), "value".into()],
        ..columns(AreaBase::Constant(0.0), true, Some(Step::Mid))
    };
    let options = options(2, 64);
    let expected = areas(&canvas, &table(&rows, false), &columns, &Reduction::Count(None), &options).unwrap();
    let mut fold = AreasFold::new(&canvas, &columns, &Reduction::Count(None), &options).unwrap();
    for part in rows.chunks(333) {
        fold.consume(&table(part, false)).unwrap();
    }
    let found = fold.finish().unwrap();
    for plane in 0..2 {
        for at in 0..canvas.pixels() {
            assert_eq!(
                cell(found.cells(plane), at),
                cell(expected.cells(plane), at),
                "plane {plane}, cell {at}"
            );
        }
    }
}

#[test]
fn a_budget_without_room_for_runs_changes_nothing_but_the_speed() {
    let rows = long(2_000);
    let canvas = Canvas { x: axis(300, false), y: axis(300, false) };
    let (table, columns) = (table(&rows, false), columns(AreaBase::Constant(0.0), false, None));
    let count = Reduction::Count(None);
    let ample = areas(&canvas, &table, &columns, &count, &options(2, 512)).unwrap();
    let mut tight = options(1, 512);
    tight.consumer = MemoryPool::new(800_000).consumer("tight");
    let plan = Plan::for_areas(&table, &canvas, &columns, &count, &tight).unwrap();
    assert!(plan.peak + 4 * 300 * 301 > 800_000, "there is room for runs: {plan}");
    let found = areas(&canvas, &table, &columns, &count, &tight).unwrap();
    for at in 0..canvas.pixels() {
        assert_eq!(cell(found.cells(0), at), cell(ample.cells(0), at));
    }
    tight.consumer = MemoryPool::new(100_000).consumer("nothing");
    let refused = areas(&canvas, &table, &columns, &count, &tight);
    assert!(matches!(refused, Err(CanvasError::Budget(_))), "{refused:?}");
}

#[test]
fn what_is_no_area_is_refused() {
    let canvas = Canvas { x: axis(4, false), y: axis(4, false) };
    let new =
        |columns: AreaColumns, reduction| AreasFold::new(&canvas, &columns, &reduction, &options(1, 8)).err();
    let count = || Reduction::Count(None);
    let plain = || columns(AreaBase::Constant(0.0), false, None);
    let refused = new(AreaColumns { y: vec![], ..plain() }, count());
    assert!(matches!(refused, Some(CanvasError::NoHeights)), "{refused:?}");
    let refused = new(AreaColumns { base: AreaBase::Constant(f64::NAN), ..plain() }, count());
    assert!(matches!(refused, Some(CanvasError::BaseNotFinite { .. })), "{refused:?}");
    let two = AreaColumns { y: vec!["y".into(), "value".into()], ..plain() };
    let refused = new(two, Reduction::By("category".into(), Box::new(count())));
    assert!(matches!(refused, Some(CanvasError::StackedCategories { .. })), "{refused:?}");
}
