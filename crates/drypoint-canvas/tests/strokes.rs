//! Antialiased lines against their slow, obvious twin: of each segment, how much of each pixel of the canvas it covers, as
//! Datashader defines it, whatever the batches and the threads.

mod rows;
mod table;

use std::collections::BTreeMap;

use drypoint_canvas::{
    Aggregate, Axis, Canvas, CanvasError, LineColumns, LinesFold, Reduction, Scale, Step, lines,
};
use proptest::prelude::*;
use rows::{Row, WORDS, axis, by_line, cell, columns, jumps, long, numbered, options, stepped, table, walk};

/// What came to a pixel: the row's value, coverage, and coverage that the segment before gave.
type Visit = (f64, f64, f64);

struct Twin<'a> {
    canvas: &'a Canvas,
    width: f64,
    /// Whether joints are round and count for each segment: what keeps the greatest.
    round: bool,
    /// By category and cell.
    visits: BTreeMap<(usize, usize), Vec<Visit>>,
}

fn position(axis: &Axis, value: Option<f64>) -> Option<f64> {
    let value = value?;
    let at = if axis.scale == Scale::Log { value.log10() } else { value };
    at.is_finite().then_some(at)
}

fn ends(axis: &Axis) -> (f64, f64) {
    let map = |value: f64| if axis.scale == Scale::Log { value.log10() } else { value };
    (map(axis.range.0), map(axis.range.1))
}

type Place = (f64, f64);

impl Twin<'_> {
    fn place(&self, row: &Row) -> Option<Place> {
        Some((position(&self.canvas.x, row.x)?, position(&self.canvas.y, row.y)?))
    }

    fn pixels(&self, (x, y): Place) -> Place {
        let at = |axis: &Axis, position: f64| {
            let (start, end) = ends(axis);
            let scale = axis.pixels as f64 / (end - start);
            position * scale + -start * scale - 0.5
        };
        (at(&self.canvas.x, x), at(&self.canvas.y, y))
    }

    /// The part of a segment within the ranges, and whether its start was cut.
    fn cut(&self, from: Place, to: Place) -> Option<(Place, Place, bool)> {
        let (mut enter, mut leave) = (0.0f64, 1.0f64);
        let axes = [(&self.canvas.x, from.0, to.0), (&self.canvas.y, from.1, to.1)];
        for (axis, a, b) in axes {
            let (low, high) = ends(axis);
            if (a < low && b < low) || (a > high && b > high) {
                return None;
            }
            for (is_out, enters, at) in [
                (a < low, true, (low - a) / (b - a)),
                (a > high, true, (high - a) / (b - a)),
                (b < low, false, (low - a) / (b - a)),
                (b > high, false, (high - a) / (b - a)),
            ] {
                if is_out && enters {
                    enter = enter.max(at);
                } else if is_out {
                    leave = leave.min(at);
                }
            }
        }
        if enter > leave {
            return None;
        }
        let at = |part: f64| (from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1));
        let start = if enter > 0.0 { at(enter) } else { from };
        let end = if leave < 1.0 { at(leave) } else { to };
        Some((start, end, enter > 0.0))
    }

    fn coverage(&self, distance: f64) -> f64 {
        let width = self.width.max(1.0);
        let edge = (distance - (width - 1.0) / 2.0).clamp(0.0, 1.0);
        let covered = (1.0 - edge) * self.width.min(1.0);
        // Multiples of 2^-26.
        (covered * f64::from(1 << 26)).round_ties_even() / f64::from(1 << 26)
    }

    fn segment(&mut self, before: Option<&Row>, from: &Row, to: &Row, after: Option<&Row>) {
        let (Some(start), Some(end)) = (self.place(from), self.place(to)) else { return };
        let Some((start, end, cut)) = self.cut(start, end) else { return };
        let before = before.and_then(|row| self.place(row)).filter(|_| !cut).map(|place| self.pixels(place));
        let is_last = after.and_then(|row| self.place(row)).is_none();
        let ((x0, y0), (x1, y1)) = (self.pixels(start), self.pixels(end));
        let length = (x1 - x0).hypot(y1 - y0);
        let (Some(category), Some(value)) = (from.category, from.value.filter(|value| !value.is_nan()))
        else {
            return;
        };
        if length == 0.0 {
            return;
        }
        let arrow = before.map(|(x, y)| (x0 - x, y0 - y, (x0 - x).hypot(y0 - y)));
        // A segment before without length is as none, and both ends are round then.
        let round = self.round || arrow.is_some_and(|(.., length)| length == 0.0);
        let arrow = arrow.filter(|_| !round);
        let half = (self.width.max(1.0) + 1.0) / 2.0;
        for line in 0..self.canvas.y.pixels {
            for column in 0..self.canvas.x.pixels {
                let (dx, dy) = (column as f64 - x0, line as f64 - y0);
                let ahead = (dx * (x1 - x0) + dy * (y1 - y0)) / length;
                let aside = (dx * (y1 - y0) - dy * (x1 - x0)).abs() / length;
                let back = arrow.map(|(x, y, length)| {
                    ((dx * x + dy * y) / length, (dx * y - dy * x).abs() / length, length)
                });
                let mut known = 0.0;
                let covered = if ahead < 0.0 {
                    if back.is_some_and(|(back, ..)| back <= 0.0) {
                        continue;
                    }
                    self.coverage(dx.hypot(dy))
                } else if ahead > length {
                    if !round && !is_last {
                        continue;
                    }
                    self.coverage((column as f64 - x1).hypot(line as f64 - y1))
                } else {
                    if let Some((back, aside, length)) = back
                        && (-length..=0.0).contains(&back)
                        && aside <= half
                    {
                        known = self.coverage(aside);
                    }
                    self.coverage(aside)
                };
                if covered > known {
                    let cell = line * self.canvas.x.pixels + column;
                    self.visits.entry((category, cell)).or_default().push((value, covered, known));
                }
            }
        }
    }
}

fn twin<'a>(canvas: &'a Canvas, rows: &[Row], grouped: bool, width: f64, round: bool) -> Twin<'a> {
    let mut twin = Twin { canvas, width, round, visits: BTreeMap::new() };
    for line in by_line(rows, grouped) {
        let row = |place: usize| line.get(place).map(|row| &rows[*row]);
        for place in 1..line.len() {
            let before = place.checked_sub(2).and_then(row);
            twin.segment(before, row(place - 1).unwrap(), row(place).unwrap(), row(place + 1));
        }
    }
    twin
}

fn fold(reduction: &Reduction, summed: bool, visits: &[Visit]) -> f64 {
    let weighed = !matches!(reduction.inner(), Reduction::Count(_) | Reduction::Any(_));
    let values = visits.iter().map(|(value, covered, known)| {
        let more = if summed { covered - known } else { *covered };
        if weighed { value * more } else { more }
    });
    match reduction.inner() {
        Reduction::Mean(_) => {
            let anew = visits.iter().filter(|(.., known)| *known == 0.0).count();
            if anew == 0 { f64::NAN } else { values.sum::<f64>() / anew as f64 }
        }
        _ if summed => values.sum(),
        _ => values.fold(f64::NEG_INFINITY, f64::max),
    }
}

fn reductions(grouped: bool) -> Vec<(Reduction, bool)> {
    let value = || "value".to_string();
    let mut all = vec![
        (Reduction::Count(Some(value())), true),
        (Reduction::Any(Some(value())), true),
        (Reduction::Sum(value()), true),
        (Reduction::Max(value()), true),
        (Reduction::Mean(value()), true),
    ];
    if !grouped {
        all.extend([
            (Reduction::Min(value()), true),
            (Reduction::First(value()), true),
            (Reduction::Last(value()), true),
            (Reduction::Count(Some(value())), false),
            (Reduction::Sum(value()), false),
        ]);
    }
    all
}

fn check(found: &Aggregate, summed: bool, twin: &Twin<'_>, by: bool) -> Result<(), TestCaseError> {
    for plane in 0..found.planes() {
        for at in 0..twin.canvas.pixels() {
            let of = |word: usize| twin.visits.get(&(word, at)).cloned().unwrap_or_default();
            let visits: Vec<Visit> = if by {
                of(WORDS.iter().position(|word| *word == found.categories[plane]).unwrap())
            } else {
                (0..WORDS.len()).flat_map(of).collect()
            };
            let got = cell(found.cells(plane), at);
            let expected = fold(&found.reduction, summed, &visits);
            // One rounding of coverage apart where the arithmetic takes another way; on the edge of a stroke one of
            // both may say that there is nothing.
            let slack = 1e-6 * (1.0 + visits.len() as f64) * 10.0;
            let none = visits.is_empty() || visits.iter().all(|(_, covered, known)| covered - known < 1e-6);
            let near = (got - expected).abs() < slack
                || (got.is_nan() && expected.is_nan())
                || (none && (got.is_nan() || got.abs() < slack));
            // Whether a pixel at the edge is one of those that a mean is taken over.
            let edge = matches!(found.reduction.inner(), Reduction::Mean(_))
                && visits
                    .iter()
                    .any(|(_, covered, known)| covered - known < 1e-6 || (*known > 0.0 && *known < 1e-6));
            prop_assert!(
                near || edge,
                "{}: cell {at} is {got}, not {expected} of {visits:?}",
                found.reduction
            );
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy)]
struct Drawn {
    width: f64,
    step: Option<Step>,
    grouped: bool,
}

fn agree(
    rows: &[Row],
    canvas: &Canvas,
    (threads, batch_rows): (usize, usize),
    drawn: Drawn,
) -> Result<(), TestCaseError> {
    let Drawn { width, step, grouped } = drawn;
    let table = table(rows, false);
    let options = options(threads, batch_rows);
    let rows = stepped(&numbered(rows), canvas, grouped, step);
    let uncategorised: Vec<Row> = rows.iter().map(|row| Row { category: Some(0), ..*row }).collect();
    for (reduction, self_intersect) in reductions(grouped) {
        let columns = LineColumns { width, step, self_intersect, ..columns(grouped) };
        let summed = match reduction {
            Reduction::Count(_) | Reduction::Sum(_) => self_intersect,
            Reduction::Mean(_) => true,
            _ => false,
        };
        let found = lines(canvas, &table, &columns, &reduction, &options).unwrap();
        check(&found, summed, &twin(canvas, &uncategorised, grouped, width, !summed), false)?;
        let by = Reduction::By("category".into(), Box::new(reduction));
        let found = lines(canvas, &table, &columns, &by, &options).unwrap();
        check(&found, summed, &twin(canvas, &rows, grouped, width, !summed), true)?;
    }
    Ok(())
}

/// Points far out are cut with other roundings.
fn near(rows: Vec<Row>) -> Vec<Row> {
    let near = |value: Option<f64>| value.filter(|value| value.is_nan() || value.abs() < 1e6);
    rows.into_iter().map(|row| Row { x: near(row.x), y: near(row.y), ..row }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn strokes_agree_with_their_twin(
        rows in prop_oneof![walk(), jumps().prop_map(near)],
        (width, height) in (1usize..20, 1usize..20),
        (x_log, y_log) in prop_oneof![3 => Just((false, false)), 1 => (any::<bool>(), any::<bool>())],
        threads in 1usize..4,
        batch_rows in prop_oneof![1usize..8, 8usize..400],
        line_width in prop::sample::select(vec![0.3, 1.0, 1.7, 4.0, 9.5]),
        grouped: bool,
        step in rows::step(),
    ) {
        let canvas = Canvas { x: axis(width, x_log), y: axis(height, y_log) };
        agree(&rows, &canvas, (threads, batch_rows), Drawn { width: line_width, step, grouped })?;
    }
}

fn bits(aggregate: &Aggregate) -> Vec<u64> {
    (0..aggregate.canvas.pixels()).map(|at| cell(aggregate.cells(0), at).to_bits()).collect()
}

#[test]
fn a_joint_looks_the_same_wherever_batches_end() {
    let rows = long(6_000);
    let canvas = Canvas { x: axis(150, false), y: axis(100, false) };
    let table = table(&rows, false);
    for step in [None, Some(Step::Mid)] {
        for grouped in [false, true] {
            for reduction in [Reduction::Count(None), Reduction::Any(None), Reduction::Max("value".into())] {
                let columns = LineColumns { width: 2.5, step, ..columns(grouped) };
                let draw = |threads, batch_rows| {
                    bits(
                        &lines(&canvas, &table, &columns, &reduction, &options(threads, batch_rows)).unwrap(),
                    )
                };
                let whole = draw(1, 10_000);
                for (threads, batch_rows) in [(1, 1), (1, 2), (2, 3), (3, 100), (2, 4096)] {
                    assert_eq!(draw(threads, batch_rows), whole, "{reduction}, {threads} x {batch_rows}");
                }
                let mut fold = LinesFold::new(&canvas, &columns, &reduction, &options(2, 64)).unwrap();
                for part in rows.chunks(333) {
                    fold.consume(&rows::table(part, false)).unwrap();
                }
                assert_eq!(bits(&fold.finish().unwrap()), whole, "{reduction}, in parts");
            }
        }
    }
}

#[test]
fn parts_merge() {
    let (first, second) = (long(500), long(900).split_off(500));
    let canvas = Canvas { x: axis(30, false), y: axis(30, false) };
    let options = options(1, 100);
    let columns = LineColumns { width: 1.5, ..columns(false) };
    for reduction in [Reduction::Count(None), Reduction::Any(None), Reduction::Mean("value".into())] {
        let draw =
            |rows: &[Row]| lines(&canvas, &table(rows, false), &columns, &reduction, &options).unwrap();
        let (a, b) = (draw(&first), draw(&second));
        let both = a.merge(&b, &options.consumer).unwrap();
        for at in 0..canvas.pixels() {
            let (a, b, both) = (cell(a.cells(0), at), cell(b.cells(0), at), cell(both.cells(0), at));
            match (a.is_nan(), b.is_nan()) {
                (true, true) => assert!(both.is_nan()),
                (true, false) => assert_eq!(both, b),
                (false, true) => assert_eq!(both, a),
                _ if reduction == Reduction::Count(None) => assert_eq!(both, a + b),
                _ if reduction == Reduction::Any(None) => assert_eq!(both, a.max(b)),
                _ => assert!(both >= a.min(b) - 1e-9 && both <= a.max(b) + 1e-9),
            }
        }
    }
}

#[test]
fn what_strokes_do_not_define_is_refused() {
    let canvas = Canvas { x: axis(4, false), y: axis(4, false) };
    let new =
        |columns: LineColumns, reduction| LinesFold::new(&canvas, &columns, &reduction, &options(1, 8)).err();
    let stroke = |grouped| LineColumns { width: 1.0, ..columns(grouped) };
    let refused = new(stroke(false), Reduction::Var("value".into()));
    assert!(matches!(refused, Some(CanvasError::NotStroked { .. })), "{refused:?}");
    let refused = new(stroke(true), Reduction::First("value".into()));
    assert!(matches!(refused, Some(CanvasError::StrokesApart { .. })), "{refused:?}");
    for width in [-1.0, f64::NAN, 1e9] {
        let refused = new(LineColumns { width, ..columns(false) }, Reduction::Count(None));
        assert!(matches!(refused, Some(CanvasError::LineWidth { .. })), "{refused:?}");
    }
}
