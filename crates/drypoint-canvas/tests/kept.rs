//! Folds that keep rows, tell categories, or are several, against their slow, obvious twin.

mod table;

use std::collections::BTreeMap;

use drypoint_canvas::{
    Aggregate, Axis, AxisKind, Canvas, Categories, Cells, GrowingAxis, GrowingFold, LineColumns, Options,
    Plan, PointsFold, Rank, Reduction, Scale, lines, points,
};
use drypoint_memory::MemoryPool;
use proptest::prelude::*;
use table::{Data, Table, Words};

const WIDTH: usize = 3;
const HEIGHT: usize = 2;
const WORDS: [&str; 4] = ["oak", "ash", "yew", "élan"];

/// A row in the middle of a pixel, or outside of all.
#[derive(Debug, Clone, Copy)]
struct Row {
    cell: Option<usize>,
    value: Option<f64>,
    other: Option<f64>,
    kind: Option<usize>,
    number: i64,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    // Few different values, so that there are ties.
    let value = || proptest::option::weighted(0.85, (-3..4i32).prop_map(f64::from));
    let row = (
        proptest::option::weighted(0.9, 0..WIDTH * HEIGHT),
        value(),
        value(),
        proptest::option::weighted(0.9, 0..WORDS.len()),
        -20..20i64,
    );
    let row = row.prop_map(|(cell, value, other, kind, number)| Row { cell, value, other, kind, number });
    prop_oneof![proptest::collection::vec(row.clone(), 1..60), proptest::collection::vec(row, 1000..1400)]
}

fn canvas() -> Canvas {
    let axis = |pixels: usize| Axis {
        pixels,
        range: (0.0, pixels as f64),
        scale: Scale::Linear,
        kind: AxisKind::Number,
    };
    Canvas { x: axis(WIDTH), y: axis(HEIGHT) }
}

fn table(rows: &[Row]) -> Table {
    let place = |row: &Row| {
        row.cell.map_or((-9.0, -9.0), |cell| ((cell % WIDTH) as f64 + 0.5, (cell / WIDTH) as f64 + 0.5))
    };
    let valid = |of: fn(&Row) -> bool| rows.iter().map(of).collect::<Vec<bool>>();
    let numbers = |of: fn(&Row) -> Option<f64>| rows.iter().map(|row| of(row).unwrap_or(0.5)).collect();
    let words: Vec<&str> = rows.iter().map(|row| row.kind.map_or("?", |kind| WORDS[kind])).collect();
    Table::new()
        .f64("x", rows.iter().map(|row| place(row).0).collect())
        .f64("y", rows.iter().map(|row| place(row).1).collect())
        .with("value", Data::F64(numbers(|row| row.value)), Some(&valid(|row| row.value.is_some())))
        .with("other", Data::F64(numbers(|row| row.other)), Some(&valid(|row| row.other.is_some())))
        .with("kind", Data::Text(Words::new(&words)), Some(&valid(|row| row.kind.is_some())))
        .with("number", Data::I64(rows.iter().map(|row| row.number).collect()), None)
}

fn options(threads: usize, batch_rows: usize) -> Options {
    let mut options = Options::new(MemoryPool::new(64 << 20).consumer("test"));
    (options.threads, options.batch_rows) = (Some(threads), Some(batch_rows));
    options
}

/// All values of a cell of a plane.
fn cell(aggregate: &Aggregate, plane: usize, cell: usize) -> Vec<f64> {
    let depth = aggregate.depth();
    let at = cell * depth..(cell + 1) * depth;
    match aggregate.cells(plane) {
        Cells::Bool(cells) => cells[at].iter().map(|cell| f64::from(*cell)).collect(),
        Cells::U32(cells) => cells[at].iter().map(|cell| f64::from(*cell)).collect(),
        Cells::U64(cells) => cells[at].iter().map(|cell| *cell as f64).collect(),
        Cells::I64(cells) => cells[at].iter().map(|cell| *cell as f64).collect(),
        Cells::F64(cells) => cells[at].to_vec(),
    }
}

/// The category of a row, and all there are.
fn category(categories: &Categories, row: &Row) -> Option<usize> {
    match categories {
        Categories::Values(_) => row.kind,
        Categories::Modulo { modulo, offset, .. } => {
            Some((row.number - offset).rem_euclid(i64::from(*modulo)) as usize)
        }
        Categories::Bins { lower, upper, bins, under, over, .. } => {
            let count = *bins as usize;
            let Some(value) = row.value else { return Some(count) };
            let place = ((value - lower) / (upper - lower) * f64::from(*bins)).floor();
            Some(match place {
                place if place < 0.0 => {
                    if *under {
                        0
                    } else {
                        count
                    }
                }
                place if place >= f64::from(*bins) => {
                    if *over {
                        count - 1
                    } else {
                        count
                    }
                }
                place => place as usize,
            })
        }
    }
}

fn same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || a.is_nan() && b.is_nan())
}

/// What a cell holds, from the numbers of its rows.
fn reduce(reduction: &Reduction, rows: &[Row], fell: &[usize]) -> Vec<f64> {
    let value = |row: usize| rows[row].value;
    match reduction {
        Reduction::Count(None) => vec![fell.len() as f64],
        Reduction::Max(_) => {
            vec![fell.iter().filter_map(|row| value(*row)).fold(f64::NAN, f64::max)]
        }
        Reduction::Ranked(..) | Reduction::Where(..) => {
            let (selector, depth) = match reduction {
                Reduction::Where(selector, _) => (&**selector, selector.depth().unwrap_or(1)),
                other => (other, other.depth().unwrap_or(1)),
            };
            let mut chosen: Vec<usize> = fell.iter().copied().filter(|row| value(*row).is_some()).collect();
            let of = |row: &usize| value(*row).unwrap_or(0.0);
            match selector {
                Reduction::First(_) | Reduction::Ranked(Rank::First, ..) => {}
                Reduction::Last(_) | Reduction::Ranked(Rank::Last, ..) => chosen.reverse(),
                Reduction::Min(_) | Reduction::Ranked(Rank::Min, ..) => {
                    chosen.sort_by(|a, b| of(a).total_cmp(&of(b)))
                }
                _ => chosen.sort_by(|a, b| of(b).total_cmp(&of(a))),
            }
            let told = |row: Option<&usize>| match (reduction, row) {
                (Reduction::Where(_, None), row) => row.map_or(-1.0, |row| *row as f64),
                (Reduction::Where(..), row) => row.and_then(|row| rows[*row].other).unwrap_or(f64::NAN),
                (_, row) => row.map_or(f64::NAN, of),
            };
            (0..depth).map(|place| told(chosen.get(place))).collect()
        }
        other => unreachable!("{other}"),
    }
}

/// Every cell of every plane against the twin.
fn check(aggregate: &Aggregate, reduction: &Reduction, rows: &[Row]) {
    let categories = reduction.categories();
    let mut fell: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    let mut met: Vec<usize> = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let Some(kind) = categories.map_or(Some(0), |categories| category(categories, row)) else { continue };
        if row.cell.is_some() || matches!(categories, Some(Categories::Values(_))) {
            met.push(kind);
        }
        if let Some(cell) = row.cell {
            fell.entry((kind, cell)).or_default().push(number);
        }
    }
    met.sort_by_key(|kind| WORDS.get(*kind).copied());
    met.dedup();
    if let Some(computed) = categories.and_then(Categories::computed) {
        met = (0..computed).collect();
    } else if categories.is_some() {
        let names: Vec<&str> = met.iter().map(|kind| WORDS[*kind]).collect();
        assert_eq!(aggregate.categories, names);
    } else {
        met = vec![0];
    }
    for at in 0..WIDTH * HEIGHT {
        let of = |kind: usize| fell.get(&(kind, at)).map_or(&[][..], Vec::as_slice);
        if let Reduction::Mode(_) = reduction {
            let most = met.iter().map(|kind| of(*kind).len()).max().unwrap_or(0);
            let expected = met.iter().position(|kind| of(*kind).len() == most).filter(|_| most > 0);
            let expected = expected.map_or(-1.0, |place| place as f64);
            assert!(same(&cell(aggregate, 0, at), &[expected]), "{reduction}, cell {at}");
            continue;
        }
        for (plane, kind) in met.iter().enumerate() {
            let expected = reduce(reduction.inner(), rows, of(*kind));
            let found = cell(aggregate, plane, at);
            assert!(same(&found, &expected), "{reduction}, cell {at}: {found:?}, expected {expected:?}");
        }
    }
}

fn reductions() -> Vec<Reduction> {
    let value = || "value".to_string();
    let ranks = [Rank::Min, Rank::Max, Rank::First, Rank::Last];
    let plain = [
        Reduction::Min(value()),
        Reduction::Max(value()),
        Reduction::First(value()),
        Reduction::Last(value()),
    ];
    let mut all: Vec<Reduction> = ranks.map(|rank| Reduction::Ranked(rank, value(), 3)).to_vec();
    for selector in plain.into_iter().chain(all.clone()) {
        all.push(Reduction::Where(Box::new(selector.clone()), None));
        all.push(Reduction::Where(Box::new(selector), Some("other".into())));
    }
    let modulo = || Categories::Modulo { column: "number".into(), modulo: 3, offset: 2 };
    let bins = |under, over| Categories::Bins {
        column: "value".into(),
        lower: -2.0,
        upper: 2.0,
        bins: 4,
        under,
        over,
    };
    for categories in ["kind".into(), modulo(), bins(true, true), bins(false, false)] {
        all.push(Reduction::Mode(categories.clone()));
        for inner in [&all[1], &all[4], &all[5], &all[12], &Reduction::Count(None)].map(Clone::clone) {
            all.push(Reduction::By(categories.clone(), Box::new(inner)));
        }
    }
    all
}

/// All of them in one pass.
fn everything() -> Reduction {
    let named = reductions().into_iter().enumerate().map(|(place, part)| (format!("r{place}"), part));
    Reduction::Summary(named.collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn every_fold_in_one_pass_agrees_with_naive(
        rows in rows(),
        threads in 1usize..4,
        batch_rows in prop_oneof![1usize..20, 900usize..3000],
    ) {
        let summary = everything();
        let aggregate = points(&canvas(), &table(&rows), "x", "y", &summary, &options(threads, batch_rows)).unwrap();
        prop_assert_eq!(aggregate.planes(), 0);
        for ((name, part), expected) in aggregate.into_parts().iter().zip(reductions()) {
            prop_assert!(name.starts_with('r'));
            prop_assert_eq!(&part.reduction, &expected);
            check(part, &expected, &rows);
        }
    }

    #[test]
    fn one_fold_is_as_in_a_summary(rows in rows(), which in 0..reductions().len(), threads in 1usize..4) {
        let reduction = reductions().swap_remove(which);
        let aggregate = points(&canvas(), &table(&rows), "x", "y", &reduction, &options(threads, 300)).unwrap();
        check(&aggregate, &reduction, &rows);
    }

    #[test]
    fn rows_are_numbered_through_all_sources(rows in rows(), parts in 1usize..5) {
        let mut fold = PointsFold::new(&canvas(), "x", "y", &everything(), &options(2, 100)).unwrap();
        for part in rows.chunks(rows.len().div_ceil(parts)) {
            fold.consume(&table(part)).unwrap();
        }
        for (part, expected) in fold.finish().unwrap().into_parts().iter().zip(reductions()) {
            check(&part.1, &expected, &rows);
        }
    }

    #[test]
    fn a_canvas_that_grows_keeps_the_same_rows(rows in rows(), threads in 1usize..3) {
        // Each pixel of the final canvas is whole cells of the grown one: corners are added that fix its range.
        let axis = |pixels: usize| GrowingAxis { pixels, range: None, scale: Scale::Linear, kind: AxisKind::Number };
        let summary = everything();
        let mut fold = GrowingFold::new(axis(WIDTH), axis(HEIGHT), "x", "y", &summary, &options(threads, 50)).unwrap();
        fold.consume(&table(&rows)).unwrap();
        let grown = fold.finish().unwrap().into_parts();
        // Positions are within half a pixel, so what all pixels hold together is what is compared.
        let exact = points(&canvas(), &table(&rows), "x", "y", &summary, &options(1, 500)).unwrap().into_parts();
        let outside = rows.iter().filter(|row| row.cell.is_none()).count();
        prop_assume!(outside == 0);
        for ((_, grown), (_, exact)) in grown.iter().zip(&exact) {
            if let Reduction::Ranked(Rank::Max, ..) = grown.reduction {
                let best = |aggregate: &Aggregate| {
                    (0..WIDTH * HEIGHT).map(|at| cell(aggregate, 0, at)[0]).fold(f64::NAN, f64::max)
                };
                prop_assert!(same(&[best(grown)], &[best(exact)]));
            }
            prop_assert_eq!(&grown.categories, &exact.categories);
        }
    }

    #[test]
    fn merging_and_saving_keep_everything(rows in rows(), cut in 0.0..1.0f64) {
        let cut = (rows.len() as f64 * cut) as usize;
        let consumer = MemoryPool::new(64 << 20).consumer("merged");
        let folder = std::env::temp_dir().join(format!("drypoint-kept-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for reduction in reductions() {
            if reduction.numbers_rows() {
                continue; // Each part counts its rows from its own beginning.
            }
            // Keys of the second part stand behind those of the first: what comes before is outside of the canvas.
            let hidden = |keep: fn(usize, usize) -> bool| -> Vec<Row> {
                let each = rows.iter().enumerate();
                each.map(|(at, row)| Row { cell: row.cell.filter(|_| keep(at, cut)), ..*row }).collect()
            };
            let fold = |rows: &[Row]| points(&canvas(), &table(rows), "x", "y", &reduction, &options(2, 200)).unwrap();
            let path = folder.join("part.npz");
            fold(&hidden(|at, cut| at < cut)).save(&path).unwrap();
            let first = Aggregate::load(&path, &consumer).unwrap();
            let merged = first.merge(&fold(&hidden(|at, cut| at >= cut)), &consumer).unwrap();
            check(&merged, &reduction, &rows);
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

/// Lines hand over the same rows whatever the batches and threads, also those that join two batches.
#[test]
fn lines_do_not_depend_on_batches() {
    let wave = |at: usize, by: f64| ((at as f64 * by).sin() + 1.0) * 1.4;
    let rows = 3000;
    let table = Table::new()
        .f64("x", (0..rows).map(|at| wave(at, 0.37)).collect())
        .f64("y", (0..rows).map(|at| wave(at, 0.11) / 1.5).collect())
        .f64("value", (0..rows).map(|at| (at * 7919 % 13) as f64).collect())
        .f64("other", (0..rows).map(|at| at as f64).collect())
        .with("kind", Data::Text(Words::new(&vec!["a"; rows])), None)
        .with("number", Data::I64((0..rows as i64).collect()), None);
    let columns =
        |group: Option<&str>| LineColumns { group: group.map(Into::into), ..LineColumns::new("x", "y") };
    for group in [None, Some("kind")] {
        let fold = |threads, batch_rows| {
            lines(&canvas(), &table, &columns(group), &everything(), &options(threads, batch_rows)).unwrap()
        };
        let whole = fold(1, rows).into_parts();
        for (threads, batch_rows) in [(1, 7), (3, 100), (2, 1)] {
            for ((name, one), (_, other)) in whole.iter().zip(fold(threads, batch_rows).into_parts()) {
                for at in 0..WIDTH * HEIGHT * one.planes() {
                    let (plane, at) = (at / (WIDTH * HEIGHT), at % (WIDTH * HEIGHT));
                    let (one, other) = (cell(one, plane, at), cell(&other, plane, at));
                    assert!(same(&one, &other), "{name} {threads} {batch_rows}: {one:?}, {other:?}");
                }
            }
        }
        // Without a column a row tells its number, which stands in a column here.
        let number = |part: &(String, Aggregate)| matches!(&part.1.reduction, Reduction::Where(_, None));
        let places: Vec<usize> = (0..whole.len()).filter(|at| number(&whole[*at])).collect();
        assert_eq!(places.len(), 8);
        for at in places {
            for cell_at in 0..WIDTH * HEIGHT {
                let rows = cell(&whole[at].1, 0, cell_at);
                let looked_up = cell(&whole[at + 1].1, 0, cell_at);
                assert_eq!(rows, looked_up, "{}", whole[at].1.reduction);
            }
        }
    }
}

#[test]
fn numbers_that_are_no_integers_have_a_mode() {
    let table = Table::new()
        .f64("x", vec![0.5; 7])
        .f64("y", vec![0.5; 7])
        .f64("value", vec![10.0, 2.5, f64::NAN, 2.5, 10.0, -0.0, 2.5]);
    let mode = Reduction::Mode("value".into());
    let aggregate = points(&canvas(), &table, "x", "y", &mode, &options(1, 3)).unwrap();
    assert_eq!(aggregate.categories, ["0", "2.5", "10"]);
    assert_eq!(cell(&aggregate, 0, 0), [1.0]);
    assert_eq!(cell(&aggregate, 0, 1), [-1.0]);
    assert!(
        points(
            &canvas(),
            &table,
            "x",
            "y",
            &Reduction::By("value".into(), Box::new(Reduction::Count(None))),
            &options(1, 3)
        )
        .is_err()
    );
}

#[test]
fn too_many_values_for_a_mode_are_refused() {
    let numbers: Vec<f64> = (0..300).map(f64::from).collect();
    let table = Table::new().f64("x", vec![0.5; 300]).f64("y", vec![0.5; 300]).f64("value", numbers);
    let error =
        points(&canvas(), &table, "x", "y", &Reduction::Mode("value".into()), &options(1, 100)).unwrap_err();
    assert!(error.to_string().contains("more than 256"), "{error}");
}

#[test]
fn a_small_spread_far_from_zero_keeps_its_digits() {
    let noise = |at: usize| (at.wrapping_mul(2_654_435_761) % 1000) as f64 / 1000.0;
    let rows = 400_000;
    let table = Table::new()
        .f64("x", vec![0.5; rows])
        .f64("y", vec![0.5; rows])
        .f64("value", (0..rows).map(|at| 1e9 + noise(at)).collect());
    let offs: Vec<f64> = (0..rows).map(|at| 1e9 + noise(at) - 1e9).collect();
    let mean = offs.iter().sum::<f64>() / rows as f64;
    let expected = offs.iter().map(|off| (off - mean).powi(2)).sum::<f64>() / rows as f64;
    for (threads, batch_rows) in [(1, rows), (1, 100), (3, 1000)] {
        let var = Reduction::Var("value".into());
        let aggregate = points(&canvas(), &table, "x", "y", &var, &options(threads, batch_rows)).unwrap();
        let found = cell(&aggregate, 0, 0)[0];
        assert!((found / expected - 1.0).abs() < 1e-9, "{found}, expected {expected}");
    }
}

#[test]
fn the_plan_holds_what_is_held() {
    let rows = 20_000;
    let table = Table::new()
        .f64("x", (0..rows).map(|at| (at % 300) as f64 / 100.0).collect())
        .f64("y", (0..rows).map(|at| (at % 200) as f64 / 100.0).collect())
        .f64("value", (0..rows).map(|at| (at % 5) as f64).collect())
        .f64("other", (0..rows).map(|at| at as f64).collect())
        .with("number", Data::I64((0..rows as i64).collect()), None)
        .with("kind", Data::Text(Words::new(&vec!["a"; rows])), None);
    let mut wide = canvas();
    (wide.x.pixels, wide.y.pixels) = (200, 150);
    for reduction in reductions().into_iter().chain([everything()]) {
        let pool = MemoryPool::new(1 << 30);
        let mut options = Options::new(pool.consumer("test"));
        options.threads = Some(2);
        options.known_categories = 4;
        let plan = Plan::for_points(&table, &wide, "x", "y", &reduction, &options).unwrap();
        let aggregate = points(&wide, &table, "x", "y", &reduction, &options).unwrap();
        let peak = pool.snapshot().peak_reserved;
        assert!(peak <= plan.peak, "{reduction}: {peak} B at the peak, {} B planned", plan.peak);
        drop(aggregate);
    }
}
