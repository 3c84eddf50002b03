//! Polygons against their slow, obvious twin: every centre against every edge, whatever the batches and the threads.

mod table;

use std::collections::BTreeMap;

use drypoint_canvas::{
    Aggregate, Axis, AxisKind, Canvas, CanvasError, Cells, FillRule, Options, Plan, PolygonColumns,
    PolygonsFold, Reduction, Scale, polygons,
};
use drypoint_memory::MemoryPool;
use drypoint_stream::StreamError;
use proptest::prelude::*;
use table::{Data, Table, Words};

const WORDS: [&str; 3] = ["oak", "", "élan"];

type Ring = Vec<(f64, f64)>;

#[derive(Debug, Clone)]
struct Row {
    /// Polygons of rings; None where the row is missing.
    shape: Option<Vec<Vec<Ring>>>,
    value: Option<f64>,
    category: usize,
}

/// How often each row fills each cell.
fn twin(canvas: &Canvas, rule: FillRule, rows: &[Row]) -> Vec<(usize, usize)> {
    let mut visits = Vec::new();
    for (row, data) in rows.iter().enumerate() {
        for polygon in data.shape.iter().flatten() {
            visits.extend(filled(canvas, rule, polygon).into_iter().map(|cell| (row, cell)));
        }
    }
    visits
}

fn map(axis: &Axis, value: f64) -> f64 {
    if axis.scale == Scale::Log { value.log10() } else { value }
}

fn placed(axis: &Axis, value: f64) -> f64 {
    let (start, end) = (map(axis, axis.range.0), map(axis, axis.range.1));
    let scale = axis.pixels as f64 / (end - start);
    map(axis, value) * scale + -start * scale
}

fn filled(canvas: &Canvas, rule: FillRule, polygon: &[Ring]) -> Vec<usize> {
    let all: Vec<(f64, f64)> = polygon.iter().flatten().copied().collect();
    let usable = |axis: &Axis, value: f64| value.is_finite() && (axis.scale == Scale::Linear || value > 0.0);
    if all.is_empty() || !all.iter().all(|(x, y)| usable(&canvas.x, *x) && usable(&canvas.y, *y)) {
        return Vec::new();
    }
    let seen = |axis: &Axis, values: Vec<f64>| {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if high < axis.range.0 || low > axis.range.1 {
            return None;
        }
        let pixel = |value: f64| (placed(axis, value) as i64).clamp(0, axis.pixels as i64 - 1);
        Some((pixel(low.max(axis.range.0)), pixel(high.min(axis.range.1))))
    };
    let across = seen(&canvas.x, all.iter().map(|at| at.0).collect());
    let up = seen(&canvas.y, all.iter().map(|at| at.1).collect());
    let (Some(across), Some(up)) = (across, up) else { return Vec::new() };
    let mut cells = Vec::new();
    for line in up.0..=up.1 {
        for column in across.0..=across.1 {
            if across.0 == across.1 || up.0 == up.1 || is_inside(canvas, rule, polygon, (column, line)) {
                cells.push(line as usize * canvas.x.pixels + column as usize);
            }
        }
    }
    cells
}

/// A ray from the centre of a pixel to the right, and all edges.
fn is_inside(canvas: &Canvas, rule: FillRule, polygon: &[Ring], pixel: (i64, i64)) -> bool {
    let (px, py) = (pixel.0 as f64, pixel.1 as f64);
    let mut winding = 0;
    for ring in polygon.iter().filter(|ring| !ring.is_empty()) {
        let next = ring[1..].iter().chain(&ring[..1]);
        for (from, to) in ring.iter().zip(next) {
            let at = |at: &(f64, f64)| (placed(&canvas.x, at.0) - 0.5, placed(&canvas.y, at.1) - 0.5);
            let (from, to) = (at(from), at(to));
            let (low, high, turn) = if to.1 > from.1 { (from, to, 1) } else { (to, from, -1) };
            if low.1 >= py || high.1 < py {
                continue;
            }
            let cross = (high.0 - px) * (low.1 - py) - (high.1 - py) * (low.0 - px);
            let right = px <= low.0 && px <= high.0;
            let left = low.0 < px && high.0 < px;
            if right || (!left && (cross < 0.0 || (cross == 0.0 && turn > 0))) {
                winding += turn;
            }
        }
    }
    match rule {
        FillRule::EvenOdd => winding % 2 != 0,
        FillRule::NonZero => winding != 0,
    }
}

/// ISO's WKB, or PostGIS's with a reference system; with a third coordinate; in either byte order.
fn wkb(polygons: &[Vec<Ring>], form: usize) -> Vec<u8> {
    let (little, third, system) = (form & 1 == 1, form & 2 != 0, form & 4 != 0);
    let number = |value: u32| if little { value.to_le_bytes() } else { value.to_be_bytes() };
    let float = |value: f64| if little { value.to_le_bytes() } else { value.to_be_bytes() };
    let head = |kind: u32, system: bool| {
        let mut bytes = vec![u8::from(little)];
        let flags = (u32::from(system) << 29) | (u32::from(third && system) << 31);
        let kind = kind + if third && !system { 1000 } else { 0 };
        bytes.extend(number(kind | flags));
        bytes.extend(if system { number(4326).to_vec() } else { vec![] });
        bytes
    };
    let polygon = |rings: &[Ring], system: bool| {
        let mut bytes = head(3, system);
        bytes.extend(number(rings.len() as u32));
        for ring in rings {
            bytes.extend(number(ring.len() as u32));
            for (x, y) in ring {
                bytes.extend(float(*x));
                bytes.extend(float(*y));
                bytes.extend(if third { float(7.0).to_vec() } else { vec![] });
            }
        }
        bytes
    };
    if let ([rings], false) = (polygons, form & 8 != 0) {
        return polygon(rings, system);
    }
    let mut bytes = head(6, system);
    bytes.extend(number(polygons.len() as u32));
    // A part may be marked with its third coordinate like the whole.
    polygons.iter().for_each(|rings| bytes.extend(polygon(rings, system && third)));
    bytes
}

fn table(rows: &[Row], form: usize) -> Table {
    let valid: Vec<bool> = rows.iter().map(|row| row.shape.is_some()).collect();
    let shapes = rows.iter().map(|row| row.shape.as_deref().map_or(vec![9], |shape| wkb(shape, form)));
    let values: Vec<bool> = rows.iter().map(|row| row.value.is_some()).collect();
    Table::new()
        .with("shape", Data::Binary(shapes.collect()), Some(&valid))
        .with("v", Data::F64(rows.iter().map(|row| row.value.unwrap_or(1e9)).collect()), Some(&values))
        .dictionary("c", rows.iter().map(|row| row.category as u32).collect(), Words::new(&WORDS))
}

fn columns(rule: FillRule) -> PolygonColumns {
    PolygonColumns { geometry: "shape".into(), rule }
}

fn options(pool: &MemoryPool, threads: usize, batch_rows: usize) -> Options {
    let mut options = Options::new(pool.consumer("test"));
    (options.threads, options.batch_rows) = (Some(threads), Some(batch_rows));
    options
}

fn axis(pixels: usize, range: (f64, f64), scale: Scale) -> Axis {
    Axis { pixels, range, scale, kind: AxisKind::Number }
}

fn f64s(aggregate: &Aggregate) -> Vec<f64> {
    plane(aggregate, 0)
}

fn plane(aggregate: &Aggregate, place: usize) -> Vec<f64> {
    match aggregate.cells(place) {
        Cells::U32(cells) => cells.iter().map(|cell| f64::from(*cell)).collect(),
        Cells::U64(cells) => cells.iter().map(|cell| *cell as f64).collect(),
        Cells::I64(cells) => cells.iter().map(|cell| *cell as f64).collect(),
        Cells::Bool(cells) => cells.iter().map(|cell| f64::from(*cell)).collect(),
        Cells::F64(cells) => cells.to_vec(),
    }
}

fn coordinates() -> impl Strategy<Value = f64> {
    // Many on the centres and the edges of pixels, where rules differ.
    prop_oneof![
        4 => (-4i32..40).prop_map(|half| f64::from(half) * 0.5),
        3 => -2.0..20.0f64,
        1 => Just(1e7),
        1 => Just(-1e7),
    ]
}

fn rings() -> impl Strategy<Value = Ring> {
    prop::collection::vec((coordinates(), coordinates()), 0..9)
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let shape =
        prop::option::weighted(0.9, prop::collection::vec(prop::collection::vec(rings(), 1..4), 1..3));
    let row = (shape, prop::option::weighted(0.9, -9.0..9.0f64), 0..WORDS.len());
    prop::collection::vec(row.prop_map(|(shape, value, category)| Row { shape, value, category }), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_fold_is_that_of_the_centres_inside(
        rows in rows(),
        form in 0usize..16,
        threads in 1usize..4,
        batch_rows in 1usize..6,
        nonzero in any::<bool>(),
        log in any::<bool>(),
    ) {
        let rule = if nonzero { FillRule::NonZero } else { FillRule::EvenOdd };
        let scale = if log { Scale::Log } else { Scale::Linear };
        let canvas = Canvas { x: axis(13, (0.5, 16.5), scale), y: axis(16, (0.0, 16.0), Scale::Linear) };
        let (pool, table) = (MemoryPool::new(64 << 20), table(&rows, form));
        let draw = |reduction: &Reduction| {
            polygons(&canvas, &table, &columns(rule), reduction, &options(&pool, threads, batch_rows)).unwrap()
        };
        let visits = twin(&canvas, rule, &rows);
        let mut counts = vec![0.0; canvas.pixels()];
        let mut found: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
        for &(row, cell) in &visits {
            counts[cell] += 1.0;
            if let Some(value) = rows[row].value {
                found.entry(cell).or_default().push((row, value));
            }
        }
        let counted = draw(&Reduction::Count(None));
        prop_assert_eq!(f64s(&counted), counts.clone());
        prop_assert_eq!(counted.rows, rows.len() as u64);
        let any: Vec<f64> = counts.iter().map(|count| f64::from(u8::from(*count > 0.0))).collect();
        prop_assert_eq!(f64s(&draw(&Reduction::Any(None))), any);

        type Fold = fn(&[(usize, f64)]) -> f64;
        let folds: [(Reduction, Fold); 4] = [
            (Reduction::Max("v".into()), |seen| seen.iter().map(|seen| seen.1).fold(f64::NAN, f64::max)),
            (Reduction::First("v".into()), |seen| seen.first().map_or(f64::NAN, |seen| seen.1)),
            (Reduction::Last("v".into()), |seen| seen.last().map_or(f64::NAN, |seen| seen.1)),
            (Reduction::Count(Some("v".into())), |seen| seen.len() as f64),
        ];
        for (reduction, fold) in folds {
            let none = fold(&[]);
            let expected: Vec<f64> = (0..canvas.pixels())
                .map(|cell| found.get(&cell).map_or(none, |seen| fold(seen)))
                .collect();
            let drawn = f64s(&draw(&reduction));
            let same = drawn.iter().zip(&expected).all(|(a, b)| a == b || a.is_nan() && b.is_nan());
            prop_assert!(same, "{reduction}: {drawn:?} is not {expected:?}");
        }

        let by = draw(&Reduction::By("c".into(), Box::new(Reduction::Count(None))));
        let names: Vec<&str> = by.categories.iter().map(String::as_str).collect();
        let mut sums = vec![0.0; canvas.pixels()];
        for (place, name) in names.iter().enumerate() {
            let mut expected = vec![0.0; canvas.pixels()];
            let of = visits.iter().filter(|(row, _)| WORDS[rows[*row].category] == *name);
            of.for_each(|(_, cell)| expected[*cell] += 1.0);
            prop_assert_eq!(&plane(&by, place), &expected);
            sums.iter_mut().zip(expected).for_each(|(sum, cell)| *sum += cell);
        }
        prop_assert_eq!(sums, counts);
    }

    #[test]
    fn lists_of_rings_are_what_wkb_of_them_is(rows in rows(), cut in 0usize..12) {
        let canvas = Canvas { x: axis(9, (0.0, 16.0), Scale::Linear), y: axis(16, (0.0, 16.0), Scale::Linear) };
        let pool = MemoryPool::new(64 << 20);
        // Rows of one polygon each: what these lists can hold.
        let first = |row: &Row| row.shape.as_ref().map_or_else(Vec::new, |shape| shape[0].clone());
        let single: Vec<Row> =
            rows.iter().map(|row| Row { shape: Some(vec![first(row)]), ..row.clone() }).collect();
        let lists = Table::new().with("shape", Data::Rings(rows.iter().map(first).collect()), None);
        let drawn = |table: &Table| {
            let (rule, options) = (columns(FillRule::EvenOdd), options(&pool, 2, 3));
            polygons(&canvas, table, &rule, &Reduction::Count(None), &options).unwrap()
        };
        let whole = f64s(&drawn(&lists));
        prop_assert_eq!(&whole, &f64s(&drawn(&table(&single, 1))));

        // The same in two sources.
        let cut = cut.min(rows.len());
        let mut fold = PolygonsFold::new(
            &canvas, &columns(FillRule::EvenOdd), &Reduction::Count(None), &options(&pool, 2, 3),
        ).unwrap();
        for part in [&single[..cut], &single[cut..]] {
            fold.consume(&table(part, 3)).unwrap();
        }
        prop_assert_eq!(whole, f64s(&fold.finish().unwrap()));
    }
}

proptest! {
    #[test]
    fn damaged_bytes_are_an_error_or_a_polygon(
        rows in rows(),
        form in 0usize..16,
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        length in any::<prop::sample::Index>(),
    ) {
        let mut bytes = wkb(&rows.first().and_then(|row| row.shape.clone()).unwrap_or_default(), form);
        for (at, byte) in cuts {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(length.index(bytes.len() + 1));
        let table = Table::new().with("shape", Data::Binary(vec![bytes]), None);
        let pool = MemoryPool::new(1 << 20);
        let options = options(&pool, 1, 8);
        let drawn = polygons(&canvas(), &table, &columns(FillRule::EvenOdd), &Reduction::Count(None), &options);
        let told = matches!(
            drawn,
            Ok(_) | Err(CanvasError::Stream(StreamError::BadShape { .. } | StreamError::OtherShape { .. }))
        );
        prop_assert!(told, "{:?}", drawn.map(|_| ()));
    }
}

fn square() -> Row {
    let ring = vec![(1.0, 1.0), (5.0, 1.0), (5.0, 5.0), (1.0, 5.0), (1.0, 1.0)];
    Row { shape: Some(vec![vec![ring]]), value: Some(1.0), category: 0 }
}

fn canvas() -> Canvas {
    Canvas { x: axis(8, (0.0, 8.0), Scale::Linear), y: axis(8, (0.0, 8.0), Scale::Linear) }
}

fn refused(shape: Vec<u8>) -> String {
    let table = Table::new().with("shape", Data::Binary(vec![wkb(&[], 1), shape]), None);
    let pool = MemoryPool::new(1 << 20);
    let drawn = polygons(
        &canvas(),
        &table,
        &columns(FillRule::EvenOdd),
        &Reduction::Count(None),
        &options(&pool, 1, 8),
    );
    match drawn {
        Err(error @ CanvasError::Stream(StreamError::BadShape { .. } | StreamError::OtherShape { .. })) => {
            error.to_string()
        }
        other => panic!("{:?}", other.map(|_| ())),
    }
}

#[test]
fn what_is_no_polygon_is_told_with_its_row() {
    let whole = wkb(&square().shape.unwrap(), 1);
    let short = refused(whole[..whole.len() - 1].to_vec());
    assert_eq!(short, "column \"shape\", row 1: its WKB ends after 79 bytes where 80 are needed");
    assert!(refused(vec![]).contains("ends after 0 bytes"));
    assert!(refused(b"POLYGON ((0 0))".to_vec()).contains("byte order 80"));
    let mut endless = vec![1, 3, 0, 0, 0, 1, 0, 0, 0];
    endless.extend(u32::MAX.to_le_bytes());
    assert!(refused(endless).contains("are needed"));
    let mut line = vec![1, 2, 0, 0, 0, 1, 0, 0, 0];
    line.extend([0; 16]);
    assert_eq!(refused(line), "column \"shape\", row 1: it holds a line; drawn are polygons");
    let mut deep = Vec::new();
    (0..40).for_each(|_| deep.extend([1, 7, 0, 0, 0, 1, 0, 0, 0]));
    assert!(refused(deep).contains("collections within"));
}

#[test]
fn a_column_of_numbers_is_no_shape() {
    let pool = MemoryPool::new(1 << 20);
    let table = Table::new().f64("shape", vec![1.0]);
    let drawn = Plan::for_polygons(
        &table,
        &canvas(),
        &columns(FillRule::EvenOdd),
        &Reduction::Count(None),
        &options(&pool, 1, 8),
    );
    assert!(matches!(drawn, Err(CanvasError::NotShapes { .. })));
}

#[test]
fn a_polygon_too_large_for_the_budget_is_refused_and_all_is_given_back() {
    let pool = MemoryPool::new(1 << 20);
    let ring: Ring = (0..100_000).map(|at| (f64::from(at % 7), f64::from(at % 5))).collect();
    let row = Row { shape: Some(vec![vec![ring]]), ..square() };
    let table = table(&[square(), row], 1);
    let drawn = polygons(
        &canvas(),
        &table,
        &columns(FillRule::EvenOdd),
        &Reduction::Count(None),
        &options(&pool, 1, 8),
    );
    assert!(matches!(drawn, Err(CanvasError::Budget(_))));
    assert_eq!(pool.snapshot().reserved, 0);
}

#[test]
fn the_plan_holds_what_small_polygons_take() {
    let pool = MemoryPool::new(64 << 20);
    let rows: Vec<Row> = (0..1000).map(|_| square()).collect();
    let (table, columns, count) = (table(&rows, 1), columns(FillRule::EvenOdd), Reduction::Count(None));
    let mut options = Options::new(pool.consumer("test"));
    options.threads = Some(2);
    let plan = Plan::for_polygons(&table, &canvas(), &columns, &count, &options).unwrap();
    drop(polygons(&canvas(), &table, &columns, &count, &options).unwrap());
    let held = pool.snapshot().peak_reserved;
    assert!(held <= plan.peak, "{held} B were held, {} planned", plan.peak);
}
