//! Ranges: known, found in a pass, and found while drawing.

mod table;

use drypoint_canvas::{
    AxisKind, CanvasError, Cells, GrowingAxis, GrowingFold, Options, Reduction, Scale, extents, points,
};
use drypoint_memory::MemoryPool;
use drypoint_stream::Extent;
use proptest::prelude::*;
use table::{Data, Table, Words};

fn options(threads: usize, batch_rows: usize) -> Options {
    let mut options = Options::new(MemoryPool::new(64 << 20).consumer("test"));
    (options.threads, options.batch_rows) = (Some(threads), Some(batch_rows));
    options
}

fn growing(pixels: usize, range: Option<(f64, f64)>, scale: Scale) -> GrowingAxis {
    GrowingAxis { pixels, range, scale, kind: AxisKind::Number }
}

fn anything() -> impl Strategy<Value = f64> {
    prop_oneof![
        10 => -1e3..1e3f64,
        2 => (-300.0..300.0f64).prop_map(|power| 10f64.powf(power)),
        1 => prop_oneof![
            Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(0.0), Just(-0.0), Just(5e-324),
        ],
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn extents_agree_with_naive(
        rows in proptest::collection::vec((anything(), any::<bool>()), 0..3000),
        threads in 1usize..4,
        log: bool,
    ) {
        let (values, valid): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
        let counts = |valid: bool, value: f64| valid && value.is_finite() && (!log || value > 0.0);
        let kept: Vec<f64> =
            values.iter().zip(&valid).filter(|(value, valid)| counts(**valid, **value)).map(|(value, _)| *value).collect();
        let expected = (!kept.is_empty()).then(|| Extent {
            min: kept.iter().copied().fold(f64::INFINITY, f64::min),
            max: kept.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        });
        let table = Table::new().with("v", Data::F64(values), Some(&valid));
        let scale = if log { Scale::Log } else { Scale::Linear };
        let found = extents(&table, &[("v", scale)], &options(threads, 700)).unwrap();
        prop_assert_eq!(found, vec![expected]);
    }

    /// Each point is given a value of its own, so that the sums of the cells tell where each of them went.
    #[test]
    fn each_point_is_counted_once_within_half_a_pixel(
        cloud in proptest::collection::vec((-1e3..1e3f64, -30.0..3.0f64), 1..30),
        scales in (0.0..1e-2f64, 1.0..1e3f64),
        pixels in (1usize..12, 1usize..12),
        (log, fixed) in (any::<bool>(), any::<bool>()),
        (threads, batch_rows, parts) in (1usize..4, 1usize..8, 1usize..4),
    ) {
        // A first point far below the scale of the others: the grid must grow by large steps.
        let x: Vec<f64> = cloud.iter().enumerate().map(|(row, (x, _))| if row < 3 { x * scales.0 } else { x * scales.1 }).collect();
        let y: Vec<f64> = cloud.iter().map(|(_, power)| 10f64.powf(*power)).collect();
        let rows = x.len();
        let sum = Reduction::Sum("bit".into());
        let y_scale = if log { Scale::Log } else { Scale::Linear };
        let y_range = fixed.then_some((1e-3, 1e2));
        let mut fold = GrowingFold::new(
            growing(pixels.0, None, Scale::Linear),
            growing(pixels.1, y_range, y_scale),
            "x", "y", &sum, &options(threads, batch_rows),
        ).unwrap();
        let bits: Vec<f64> = (0..rows).map(|row| (1u64 << row) as f64).collect();
        for part in 0..parts {
            let part: Vec<usize> = (0..rows).filter(|row| row * parts / rows == part).collect();
            let pick = |values: &[f64]| part.iter().map(|row| values[*row]).collect();
            let table = Table::new().f64("x", pick(&x)).f64("y", pick(&y)).f64("bit", pick(&bits));
            fold.consume(&table).unwrap();
        }
        let aggregate = fold.finish().unwrap();
        let Cells::F64(cells) = aggregate.cells(0) else { panic!("sums are float64") };
        let inside = |row: usize| y_range.is_none_or(|(start, end)| start <= y[row] && y[row] <= end);
        let expected: u64 = (0..rows).filter(|row| inside(*row)).map(|row| 1 << row).sum();
        let found: u64 = cells.iter().filter(|sum| !sum.is_nan()).map(|sum| *sum as u64).sum();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(aggregate.skipped, (0..rows).filter(|row| !inside(*row)).count() as u64);
        for (cell, sum) in cells.iter().enumerate().filter(|(_, sum)| !sum.is_nan()) {
            let at = [cell % pixels.0, cell / pixels.0];
            for row in (0..rows).filter(|row| *sum as u64 >> row & 1 == 1) {
                for (axis, at, value) in [(&aggregate.canvas.x, at[0], x[row]), (&aggregate.canvas.y, at[1], y[row])] {
                    let map = |value: f64| if axis.scale == Scale::Log { value.log10() } else { value };
                    let (start, end) = (map(axis.range.0), map(axis.range.1));
                    let position = (map(value) - start) / (end - start) * axis.pixels as f64;
                    let (low, high) = (at as f64, at as f64 + 1.0);
                    prop_assert!(
                        low - 0.5 - 1e-6 <= position && position <= high + 0.5 + 1e-6,
                        "position {} in pixel {}", position, at
                    );
                }
            }
        }
    }

    #[test]
    fn totals_are_exact_in_every_fold(
        rows in proptest::collection::vec((anything(), 0.0..1.0f64, 0u32..3), 0..200),
        by: bool,
        threads in 1usize..4,
    ) {
        let x: Vec<f64> = rows.iter().map(|row| if row.0.abs() < 1e200 { row.0 } else { f64::NAN }).collect();
        let table = Table::new()
            .f64("x", x.clone())
            .f64("y", rows.iter().map(|row| row.1).collect())
            .f64("v", rows.iter().enumerate().map(|(row, _)| row as f64).collect())
            .dictionary("kind", rows.iter().map(|row| row.2).collect(), Words::new(&["a", "b", "c"]));
        let value = || "v".to_string();
        let located: Vec<usize> = (0..rows.len()).filter(|row| x[*row].is_finite()).collect();
        for inner in [
            Reduction::Count(None), Reduction::Min(value()), Reduction::Max(value()), Reduction::First(value()),
            Reduction::Last(value()), Reduction::Mean(value()), Reduction::Any(None), Reduction::Var(value()),
        ] {
            let reduction = if by { Reduction::By("kind".into(), Box::new(inner.clone())) } else { inner.clone() };
            let axis = |scale| growing(5, None, scale);
            let mut fold = GrowingFold::new(
                axis(Scale::Linear), axis(Scale::Linear), "x", "y", &reduction, &options(threads, 11),
            ).unwrap();
            fold.consume(&table).unwrap();
            let aggregate = match fold.finish() {
                // Rows so close together that the final range has no pixels in float64.
                Err(CanvasError::RangeIndivisible { .. }) => continue,
                other => other.unwrap(),
            };
            prop_assert_eq!(aggregate.skipped as usize, rows.len() - located.len());
            let all: Vec<f64> = (0..aggregate.planes()).flat_map(|plane| match aggregate.cells(plane) {
                Cells::Bool(cells) => cells.iter().map(|cell| f64::from(*cell)).collect::<Vec<_>>(),
                Cells::U32(cells) => cells.iter().map(|cell| f64::from(*cell)).collect(),
                Cells::U64(cells) => cells.iter().map(|cell| *cell as f64).collect(),
                Cells::I64(cells) => cells.iter().map(|cell| *cell as f64).collect(),
                Cells::F64(cells) => cells.iter().copied().filter(|cell| !cell.is_nan()).collect(),
            }).collect();
            let least = all.iter().copied().fold(f64::INFINITY, f64::min);
            let most = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            match inner {
                Reduction::Count(_) => prop_assert_eq!(all.iter().sum::<f64>(), located.len() as f64),
                Reduction::Min(_) | Reduction::First(_) if !located.is_empty() => {
                    prop_assert_eq!(least, located[0] as f64);
                }
                Reduction::Max(_) | Reduction::Last(_) if !located.is_empty() => {
                    prop_assert_eq!(most, located[located.len() - 1] as f64);
                }
                _ => {}
            }
        }
    }
}

#[test]
fn one_batch_that_fills_its_range_is_close_to_the_exact_picture() {
    let rows = 20_000;
    let coordinate = |seed: u32| -> Vec<f64> {
        (0..rows).map(|row: u32| f64::from(row.wrapping_mul(seed) >> 8) / f64::from(1u32 << 24)).collect()
    };
    let table = Table::new().f64("x", coordinate(2_654_435_761)).f64("y", coordinate(2_246_822_519));
    let count = Reduction::Count(None);
    let axis = || growing(20, None, Scale::Linear);
    let mut fold = GrowingFold::new(axis(), axis(), "x", "y", &count, &options(1, rows as usize)).unwrap();
    fold.consume(&table).unwrap();
    let grown = fold.finish().unwrap();
    let exact = points(&grown.canvas, &table, "x", "y", &count, &options(1, 1000)).unwrap();
    let (Cells::U32(grown), Cells::U32(exact)) = (grown.cells(0), exact.cells(0)) else { panic!() };
    assert_eq!(grown.iter().sum::<u32>(), exact.iter().sum::<u32>());
    let moved: u32 = grown.iter().zip(exact).map(|(a, b)| a.abs_diff(*b)).sum();
    assert!(moved < rows / 20, "{moved} of {rows} points lie in another pixel");
}

#[test]
fn known_extents_are_not_read_and_one_shot_sources_say_what_to_do() {
    let mut table = Table::new().f64("x", vec![1.0, 2.0]).f64("y", vec![3.0, 4.0]);
    table.extents[0] = Some(Extent { min: -7.0, max: 7.0 });
    let found =
        extents(&table, &[("x", Scale::Linear), ("y", Scale::Linear), ("x", Scale::Log)], &options(2, 10));
    let expected = [(-7.0, 7.0), (3.0, 4.0), (1.0, 2.0)].map(|(min, max)| Some(Extent { min, max }));
    assert_eq!(found.unwrap(), expected);
    let text = Table::new().with("t", Data::Text(Words::new(&["a"])), None);
    let error = extents(&text, &[("t", Scale::Linear)], &options(1, 10)).unwrap_err();
    assert!(matches!(error, CanvasError::NotNumeric { .. }), "{error}");
}
