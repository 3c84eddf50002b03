//! The folds against their slow, obvious twin: one row after the other, one branch after the other.

mod table;

use std::collections::BTreeMap;

use drypoint_canvas::{
    Aggregate, Axis, AxisKind, Canvas, CanvasError, Cells, GrowingAxis, GrowingFold, Options, PointsFold,
    Reduction, Scale, points,
};
use drypoint_memory::MemoryPool;
use proptest::prelude::*;
use table::{Data, Table, Words};

const WORDS: [&str; 5] = ["oak", "", "ash", "élan", "Zelkova"];

/// One row, as the twin sees it.
#[derive(Debug, Clone, Copy)]
struct Row {
    x: Option<f64>,
    y: Option<f64>,
    value: Option<f64>,
    category: Option<usize>,
}

/// Datashader's rule, written from its source.
fn pixel(axis: &Axis, value: f64) -> Option<usize> {
    let map = |value: f64| if axis.scale == Scale::Log { value.log10() } else { value };
    let (start, end) = axis.range;
    let scale = axis.pixels as f64 / (map(end) - map(start));
    let translate = -map(start) * scale;
    if start <= value && value <= end {
        let at = (map(value) * scale + translate).trunc();
        Some(if at >= axis.pixels as f64 { axis.pixels - 1 } else { at.max(0.0) as usize })
    } else {
        None
    }
}

/// What fell in each cell of each category: the values of its rows, in their order.
type Fell = BTreeMap<(usize, usize), Vec<Option<f64>>>;

/// The values that fall in each cell of each category, in the order of the rows, and how many rows have no pixel.
fn naive(canvas: &Canvas, rows: &[Row]) -> (Fell, u64) {
    let mut cells = Fell::new();
    let mut skipped = 0;
    for row in rows {
        let x = row.x.and_then(|x| pixel(&canvas.x, x));
        let y = row.y.and_then(|y| pixel(&canvas.y, y));
        match (x, y) {
            (Some(x), Some(y)) => {
                if let Some(category) = row.category {
                    let value = row.value.filter(|value| !value.is_nan());
                    cells.entry((category, y * canvas.x.pixels + x)).or_default().push(value);
                }
            }
            _ => skipped += 1,
        }
    }
    (cells, skipped)
}

/// The twin's result for one cell, from all that fell in it.
fn reduce(reduction: &Reduction, fell: &[Option<f64>]) -> f64 {
    let values: Vec<f64> = fell.iter().flatten().copied().collect();
    let count = values.len() as f64;
    let or_nan = |value: f64| if values.is_empty() { f64::NAN } else { value };
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    match reduction {
        Reduction::Count(None) => fell.len() as f64,
        Reduction::Count(Some(_)) => count,
        Reduction::Any(None) => f64::from(!fell.is_empty()),
        Reduction::Any(Some(_)) => f64::from(!values.is_empty()),
        Reduction::Sum(_) => or_nan(values.iter().sum()),
        Reduction::Mean(_) => or_nan(mean),
        Reduction::Min(_) => values.iter().copied().fold(f64::NAN, f64::min),
        Reduction::Max(_) => values.iter().copied().fold(f64::NAN, f64::max),
        Reduction::Var(_) => or_nan(variance),
        Reduction::Std(_) => or_nan(variance.sqrt()),
        Reduction::First(_) => values.first().copied().unwrap_or(f64::NAN),
        Reduction::Last(_) => values.last().copied().unwrap_or(f64::NAN),
        Reduction::By(_, inner) => reduce(inner, fell),
        _ => unreachable!("not folded here"),
    }
}

fn cell(aggregate: &Aggregate, plane: usize, cell: usize) -> f64 {
    match aggregate.cells(plane) {
        Cells::Bool(cells) => f64::from(cells[cell]),
        Cells::U32(cells) => f64::from(cells[cell]),
        Cells::U64(cells) => cells[cell] as f64,
        Cells::I64(cells) => cells[cell] as f64,
        Cells::F64(cells) => cells[cell],
    }
}

/// What sums are allowed to differ by: they are added in another order.
fn agrees(reduction: &Reduction, found: f64, expected: f64, scale: f64) -> bool {
    let exact = found == expected || found.is_nan() && expected.is_nan();
    match reduction.inner() {
        Reduction::Sum(_) | Reduction::Mean(_) => exact || (found - expected).abs() <= 1e-12 * scale,
        Reduction::Var(_) => exact || (found - expected).abs() <= 1e-12 * scale * scale,
        Reduction::Std(_) => exact || (found * found - expected * expected).abs() <= 1e-12 * scale * scale,
        _ => exact,
    }
}

fn axis(pixels: usize, start: f64, end: f64, scale: Scale) -> Axis {
    Axis { pixels, range: (start, end), scale, kind: AxisKind::Number }
}

fn axes() -> impl Strategy<Value = Axis> {
    let linear = (
        1usize..40,
        prop_oneof![
            Just((0.0, 1.0)),
            Just((-1.0, 1.0)),
            Just((0.1, 0.7)),
            Just((-3.0, 1e9)),
            Just((1e9, 1e9 + 1e-5)),
            Just((-1e300, 1e300)),
            Just((-1e-310, 1e-310)),
            Just((-8e307, 8e307)),
            (-10.0..10.0f64, 0.001..20.0f64).prop_map(|(start, width)| (start, start + width)),
        ],
    )
        .prop_map(|(pixels, (start, end))| axis(pixels, start, end, Scale::Linear));
    let log = (1usize..40, prop_oneof![Just((0.1, 10.0)), Just((1e-300, 1e300)), Just((0.001, 0.7))])
        .prop_map(|(pixels, (start, end))| axis(pixels, start, end, Scale::Log));
    prop_oneof![3 => linear, 1 => log].prop_filter("drawable", |axis| axis.check("x").is_ok())
}

/// Coordinates: within the range, on pixel edges and next to them, on the bounds, and what must be skipped.
fn coordinates(axis: Axis) -> impl Strategy<Value = f64> {
    let (start, end) = axis.range;
    let pixels = axis.pixels;
    let edge = move |pixel: usize| {
        if axis.scale == Scale::Log {
            start * (end / start).powf(pixel as f64 / pixels as f64)
        } else {
            start + (end - start) * (pixel as f64 / pixels as f64)
        }
    };
    prop_oneof![
        6 => (0.0..1.0f64).prop_map(move |part| start + (end - start) * part),
        3 => (0..=pixels).prop_map(edge),
        1 => (0..=pixels).prop_map(move |pixel| edge(pixel).next_up()),
        1 => (0..=pixels).prop_map(move |pixel| edge(pixel).next_down()),
        1 => Just(start),
        1 => Just(end),
        1 => prop_oneof![
            Just(start.next_down()), Just(end.next_up()), Just(f64::NAN), Just(f64::INFINITY),
            Just(f64::NEG_INFINITY), Just(0.0), Just(-0.0), Just(5e-324), Just(-5e-324), Just(f64::MAX),
        ],
    ]
}

fn values() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -100.0..100.0f64,
        1 => prop_oneof![Just(f64::NAN), Just(0.0), Just(-0.0), Just(1e6)],
    ]
}

fn reductions() -> impl Strategy<Value = Reduction> {
    let value = || "value".to_string();
    let plain = prop_oneof![
        Just(Reduction::Count(None)),
        Just(Reduction::Count(Some(value()))),
        Just(Reduction::Any(None)),
        Just(Reduction::Any(Some(value()))),
        Just(Reduction::Sum(value())),
        Just(Reduction::Mean(value())),
        Just(Reduction::Min(value())),
        Just(Reduction::Max(value())),
        Just(Reduction::Var(value())),
        Just(Reduction::Std(value())),
        Just(Reduction::First(value())),
        Just(Reduction::Last(value())),
    ];
    (plain, any::<bool>()).prop_map(
        |(inner, by)| {
            if by { Reduction::By("kind".into(), Box::new(inner)) } else { inner }
        },
    )
}

fn clouds() -> impl Strategy<Value = (Canvas, Vec<Row>)> {
    (axes(), axes()).prop_flat_map(|(x, y)| {
        let present = |values: BoxedStrategy<f64>| proptest::option::weighted(0.95, values);
        let row = (
            present(coordinates(x.clone()).boxed()),
            present(coordinates(y.clone()).boxed()),
            present(values().boxed()),
            proptest::option::weighted(0.9, 0..WORDS.len()),
        );
        let row = row.prop_map(|(x, y, value, category)| Row { x, y, value, category });
        // More than a block, so that blocks end within a batch and batches within a block.
        (
            Just(Canvas { x, y }),
            prop_oneof![
                proptest::collection::vec(row.clone(), 0..40),
                proptest::collection::vec(row, 1000..1400)
            ],
        )
    })
}

/// A column of optional numbers; what stands in a missing row is chosen to do harm if it were read.
fn column(values: impl Iterator<Item = Option<f64>>) -> (Vec<f64>, Vec<bool>) {
    values.map(|value| (value.unwrap_or(0.5), value.is_some())).unzip()
}

fn table(rows: &[Row], dictionary: bool) -> Table {
    let (x, x_valid) = column(rows.iter().map(|row| row.x));
    let (y, y_valid) = column(rows.iter().map(|row| row.y));
    let (value, value_valid) = column(rows.iter().map(|row| row.value));
    let valid: Vec<bool> = rows.iter().map(|row| row.category.is_some()).collect();
    let kind = if dictionary {
        // A missing row's index lies beyond the dictionary.
        let codes = rows.iter().map(|row| row.category.map_or(u32::MAX - 1, |code| code as u32));
        Data::Dictionary(codes.collect(), Words::new(&WORDS))
    } else {
        let words: Vec<&str> =
            rows.iter().map(|row| row.category.map_or("missing", |code| WORDS[code])).collect();
        Data::Text(Words::new(&words))
    };
    Table::new()
        .with("value", Data::F64(value), Some(&value_valid))
        .with("x", Data::F64(x), Some(&x_valid))
        .with("kind", kind, Some(&valid))
        .with("y", Data::F64(y), Some(&y_valid))
}

fn options(threads: usize, batch_rows: usize) -> Options {
    let mut options = Options::new(MemoryPool::new(64 << 20).consumer("test"));
    (options.threads, options.batch_rows) = (Some(threads), Some(batch_rows));
    options
}

fn check(aggregate: &Aggregate, canvas: &Canvas, rows: &[Row], reduction: &Reduction) {
    let by = reduction.category_column().is_some();
    let kept: Vec<Row> =
        rows.iter().map(|row| if by { *row } else { Row { category: Some(0), ..*row } }).collect();
    let (fell, skipped) = naive(canvas, &kept);
    let mut present: Vec<usize> = kept.iter().filter_map(|row| row.category).collect();
    present.sort_by_key(|category| WORDS[*category]);
    present.dedup();
    if by {
        let names: Vec<&str> = present.iter().map(|category| WORDS[*category]).collect();
        assert_eq!(aggregate.categories, names);
    } else {
        assert!(aggregate.categories.is_empty());
        present = vec![0];
    }
    assert_eq!((aggregate.rows, aggregate.skipped), (rows.len() as u64, skipped));
    for (plane, category) in present.iter().enumerate() {
        for index in 0..canvas.pixels() {
            let fell = fell.get(&(*category, index)).map_or(&[][..], Vec::as_slice);
            let expected = reduce(reduction, fell);
            let found = cell(aggregate, plane, index);
            let scale = fell.iter().flatten().fold(0.0, |sum: f64, value| sum + value.abs());
            assert!(agrees(reduction, found, expected, scale), "cell {index}: {found}, expected {expected}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]

    #[test]
    fn folds_agree_with_naive(
        (canvas, rows) in clouds(),
        reduction in reductions(),
        threads in 1usize..4,
        batch_rows in prop_oneof![1usize..20, 900usize..3000],
        dictionary: bool,
    ) {
        let table = table(&rows, dictionary);
        let aggregate = points(&canvas, &table, "x", "y", &reduction, &options(threads, batch_rows)).unwrap();
        check(&aggregate, &canvas, &rows, &reduction);
    }

    #[test]
    fn many_sources_are_as_one(
        (canvas, rows) in clouds(),
        reduction in reductions(),
        parts in 1usize..5,
    ) {
        // Keys restart with each table here, so the folds by order are left out.
        prop_assume!(!matches!(reduction.inner(), Reduction::First(_) | Reduction::Last(_)));
        let mut fold = PointsFold::new(&canvas, "x", "y", &reduction, &options(2, 300)).unwrap();
        for part in rows.chunks(rows.len().div_ceil(parts).max(1)) {
            fold.consume(&table(part, true)).unwrap();
        }
        let aggregate = fold.finish().unwrap();
        check(&aggregate, &canvas, &rows, &reduction);
    }
}

#[test]
fn each_type_of_number_is_its_float64() {
    let canvas = Canvas { x: axis(7, -3.0, 5.0, Scale::Linear), y: axis(5, 0.0, 1.0, Scale::Linear) };
    macro_rules! data {
        ($kind:path, $type:ty, $numbers:expr) => {
            (
                $kind($numbers.iter().map(|n| *n as $type).collect()),
                $numbers.iter().map(|n| *n as $type as f64).collect(),
            )
        };
    }
    let signed = [-9.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 100.0];
    let large = [0.0, 1.0, 2.0, 5.0, 6.0, 9.3e18, 3.0, 3.0, 3.0, 5.0, 4.0, 1.8e19];
    let cases: Vec<(Data, Vec<f64>)> = vec![
        data!(Data::I8, i8, signed),
        data!(Data::I16, i16, signed),
        data!(Data::I32, i32, signed),
        data!(Data::I64, i64, signed),
        data!(Data::U8, u8, signed),
        data!(Data::U16, u16, large),
        data!(Data::U32, u32, large),
        data!(Data::U64, u64, large),
        data!(Data::F32, f32, signed.map(|n| n * 0.3)),
        (
            Data::Bool(vec![0, 1, 0, 0, 1, 1, 1, 0, 1, 0, 1, 1]),
            vec![0., 1., 0., 0., 1., 1., 1., 0., 1., 0., 1., 1.],
        ),
    ];
    for (data, numbers) in cases {
        let label = format!("{data:?}");
        let table = Table::new()
            .with("x", data.clone(), None)
            .with("value", data, None)
            .f64("y", vec![0.5; numbers.len()]);
        let rows: Vec<Row> = numbers
            .iter()
            .map(|x| Row { x: Some(*x), y: Some(0.5), value: Some(*x), category: Some(0) })
            .collect();
        for reduction in [Reduction::Sum("value".into()), Reduction::Max("value".into())] {
            let aggregate = points(&canvas, &table, "x", "y", &reduction, &options(1, 5)).unwrap();
            assert_eq!(aggregate.rows, numbers.len() as u64, "{label}");
            check(&aggregate, &canvas, &rows, &reduction);
        }
    }
}

#[test]
fn integers_sort_by_value_and_truth_by_truth() {
    let canvas = Canvas { x: axis(2, 0.0, 1.0, Scale::Linear), y: axis(2, 0.0, 1.0, Scale::Linear) };
    let cases = [
        (Data::I64(vec![10, -1, 9, i64::MIN, 9, -1]), vec!["-9223372036854775808", "-1", "9", "10"]),
        (Data::U64(vec![10, u64::MAX, 9, 1, 9, 10]), vec!["1", "9", "10", "18446744073709551615"]),
        (Data::I8(vec![10, -1, 9, -128, 9, -1]), vec!["-128", "-1", "9", "10"]),
        (Data::U8(vec![10, 255, 9, 128, 9, 255]), vec!["9", "10", "128", "255"]),
        (Data::I32(vec![3, 3, 3, 2, 2, 3]), vec!["2", "3"]),
        (Data::Bool(vec![1, 0, 1, 1, 0, 1]), vec!["False", "True"]),
    ];
    for (data, expected) in cases {
        let table = Table::new().f64("x", vec![0.5; 6]).f64("y", vec![0.5; 6]).with("kind", data, None);
        for threads in 1..4 {
            let by = Reduction::By("kind".into(), Box::new(Reduction::Count(None)));
            let aggregate = points(&canvas, &table, "x", "y", &by, &options(threads, 1)).unwrap();
            assert_eq!(aggregate.categories, expected);
            let total: f64 = (0..expected.len()).map(|plane| cell(&aggregate, plane, 3)).sum();
            assert_eq!(total, 6.0);
        }
    }
}

#[test]
fn what_cannot_be_folded_is_refused_with_its_numbers() {
    let canvas = Canvas { x: axis(9, 0.0, 1.0, Scale::Linear), y: axis(9, 0.0, 1.0, Scale::Linear) };
    let many = Table::new()
        .f64("x", vec![0.5; 300])
        .f64("y", vec![0.5; 300])
        .with("id", Data::U32((0..300).collect()), None)
        .with("name", Data::Text(Words::new(&["a"; 300])), None);
    let fold = |x: &str, reduction: Reduction, threads| {
        points(&canvas, &many, x, "y", &reduction, &options(threads, 10))
    };
    let by = |name: &str| Reduction::By(name.into(), Box::new(Reduction::Count(None)));

    let error = fold("x", by("id"), 2).unwrap_err();
    assert!(matches!(error, CanvasError::TooManyCategories { limit: 256, .. }), "{error}");
    assert!(matches!(fold("name", Reduction::Count(None), 1), Err(CanvasError::NotNumeric { .. })));
    assert!(matches!(fold("x", Reduction::Sum("name".into()), 1), Err(CanvasError::NotNumeric { .. })));
    assert!(matches!(fold("x", by("x"), 1), Err(CanvasError::NotCategorical { .. })));
    let nested = Reduction::By("id".into(), Box::new(by("name")));
    assert!(matches!(fold("x", nested, 1), Err(CanvasError::NestedCategories { .. })));
    let error = fold("z", Reduction::Count(None), 1).unwrap_err();
    assert!(error.to_string().contains("\"z\""), "{error}");

    let mut small = options(2, 100);
    small.consumer = MemoryPool::new(10_000).consumer("small");
    let error = points(&canvas, &many, "x", "y", &Reduction::Count(None), &small).unwrap_err();
    assert!(matches!(&error, CanvasError::Budget(budget) if budget.consumer == "small"), "{error}");
    assert_eq!(small.consumer.pool().available(), 10_000, "everything was given back");
}

#[test]
fn an_error_or_a_panic_of_one_thread_stops_all() {
    let canvas = Canvas { x: axis(9, 0.0, 1.0, Scale::Linear), y: axis(9, 0.0, 1.0, Scale::Linear) };
    let whole = Table::new().f64("x", vec![0.5; 100_000]).f64("y", vec![0.5; 100_000]);
    for threads in 1..4 {
        let failing = Table { fail_at: Some(2_000), ..whole.clone() };
        let options = options(threads, 1_000);
        let error = points(&canvas, &failing, "x", "y", &Reduction::Count(None), &options).unwrap_err();
        assert!(error.to_string().contains("as told"), "{error}");
        let panicking = Table { panic_at: Some(2_000), ..whole.clone() };
        let error = points(&canvas, &panicking, "x", "y", &Reduction::Count(None), &options).unwrap_err();
        assert!(
            matches!(&error, CanvasError::Panicked { message } if message.contains("row 2000")),
            "{error}"
        );
        options.cancel.cancel();
        let error = points(&canvas, &whole, "x", "y", &Reduction::Count(None), &options).unwrap_err();
        assert_eq!(error.to_string(), "interrupted");
    }
}

#[test]
fn a_fold_without_rows_is_an_empty_canvas() {
    let canvas = Canvas { x: axis(3, 0.0, 1.0, Scale::Linear), y: axis(2, 0.0, 1.0, Scale::Linear) };
    for reduction in [Reduction::Count(None), Reduction::Mean("v".into()), Reduction::Last("v".into())] {
        let fold = PointsFold::new(&canvas, "x", "y", &reduction, &options(1, 10)).unwrap();
        let aggregate = fold.finish().unwrap();
        assert_eq!((aggregate.rows, aggregate.skipped, aggregate.planes()), (0, 0, 1));
        assert_eq!(cell(&aggregate, 0, 5).is_nan(), reduction != Reduction::Count(None));
    }
}

#[test]
fn later_sources_take_nothing_more() {
    let canvas = Canvas { x: axis(300, 0.0, 1.0, Scale::Linear), y: axis(200, 0.0, 1.0, Scale::Linear) };
    let table = Table::new().f64("x", vec![0.5; 5_000]).f64("y", vec![0.5; 5_000]);
    let options = options(2, 1_000);
    let mut fold = PointsFold::new(&canvas, "x", "y", &Reduction::Count(None), &options).unwrap();
    fold.consume(&table).unwrap();
    let available = options.consumer.pool().available();
    for _ in 0..20 {
        fold.consume(&table).unwrap();
        assert_eq!(options.consumer.pool().available(), available);
    }
    drop(fold);
    assert_eq!(options.consumer.pool().available(), 64 << 20);
}

#[test]
fn first_and_last_follow_the_order_of_sources() {
    let canvas = Canvas { x: axis(3, 0.0, 1.0, Scale::Linear), y: axis(2, 0.0, 1.0, Scale::Linear) };
    // Falling lengths: the rows of a later source have smaller keys of their own.
    let parts: Vec<Table> = [900, 70, 5, 1]
        .iter()
        .enumerate()
        .map(|(part, rows)| {
            let value = (0..*rows).map(|row| f64::from(row) + 1000.0 * part as f64).collect();
            Table::new()
                .f64("x", vec![0.5; *rows as usize])
                .f64("y", vec![0.2; *rows as usize])
                .f64("value", value)
        })
        .collect();
    let any = |pixels| GrowingAxis { pixels, range: None, scale: Scale::Linear, kind: AxisKind::Number };
    for (reduction, expected) in
        [(Reduction::First("value".into()), 0.0), (Reduction::Last("value".into()), 3000.0)]
    {
        for threads in 1..4 {
            let options = options(threads, 50);
            let mut fold = PointsFold::new(&canvas, "x", "y", &reduction, &options).unwrap();
            let mut grown = GrowingFold::new(any(3), any(2), "x", "y", &reduction, &options).unwrap();
            for part in &parts {
                fold.consume(part).unwrap();
                grown.consume(part).unwrap();
            }
            for aggregate in [fold.finish().unwrap(), grown.finish().unwrap()] {
                let found: Vec<f64> =
                    (0..6).map(|index| cell(&aggregate, 0, index)).filter(|value| !value.is_nan()).collect();
                assert_eq!(found, [expected], "{reduction:?} on {threads} threads");
            }
        }
    }
}
