//! Tiled folds against folds held as a whole: the same counts, whatever is done with them.

mod table;

use drypoint_canvas::{
    Aggregate, Axis, AxisKind, Canvas, CanvasError, Cells, Loaded, Options, Plan, Planes, Reduced, Reduction,
    Scale, TiledAggregate, points, suits_tiles, tiled_points,
};
use drypoint_memory::MemoryPool;
use drypoint_stream::Cancel;
use proptest::prelude::*;
use table::Table;

fn canvas(width: usize, height: usize, scale: Scale) -> Canvas {
    let axis = |pixels| Axis { pixels, range: (0.5, 8.0), scale, kind: AxisKind::Number };
    Canvas { x: axis(width), y: axis(height) }
}

fn cells(aggregate: &Aggregate) -> Vec<u64> {
    match aggregate.all_cells() {
        Cells::Bool(cells) => cells.iter().map(|cell| u64::from(*cell)).collect(),
        Cells::U32(cells) => cells.iter().map(|cell| u64::from(*cell)).collect(),
        Cells::U64(cells) => cells.to_vec(),
        Cells::I64(_) | Cells::F64(_) => panic!("counts are expected"),
    }
}

fn all(tiled: &TiledAggregate, pool: &MemoryPool) -> Aggregate {
    let (width, height) = (tiled.width(), tiled.height());
    tiled.crop(0..width, 0..height, &pool.consumer("crop"), &Cancel::default()).unwrap()
}

fn whole(reduced: Reduced) -> Aggregate {
    match reduced {
        Reduced::Whole(aggregate) => aggregate,
        Reduced::Tiled(_) => panic!("it is small"),
    }
}

/// Blocks of `step` cells from `first` on, added up one by one.
fn naive_blocks(
    cells: &[u64],
    width: usize,
    (x, y): (std::ops::Range<usize>, std::ops::Range<usize>),
    (step_x, step_y): (usize, usize),
    any: bool,
) -> Vec<u64> {
    let across = x.len().div_ceil(step_x);
    let mut sums = vec![0; across * y.len().div_ceil(step_y)];
    for row in y.clone() {
        for column in x.clone() {
            let sum = &mut sums[(row - y.start) / step_y * across + (column - x.start) / step_x];
            let count = cells[row * width + column];
            *sum = if any { (*sum).max(count) } else { *sum + count };
        }
    }
    sums
}

fn values() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => 0.0..9.0f64,
        3 => 3.0..3.2f64,
        1 => prop_oneof![Just(f64::NAN), Just(0.5), Just(8.0), Just(-1.0), Just(f64::INFINITY)],
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn tiles_hold_what_a_whole_canvas_does(
        rows in proptest::collection::vec((values(), values(), values()), 1..3000),
        (width, height) in (1usize..900, 1usize..700),
        log in any::<bool>(),
        reduction in prop_oneof![
            Just(Reduction::Count(None)),
            Just(Reduction::Count(Some("v".into()))),
            Just(Reduction::Any(None)),
        ],
        threads in 1usize..3,
        budget in prop_oneof![Just(64usize << 20), Just(12 << 20)],
        (step, corner) in (0u32..6, (0.0..1.0f64, 0.0..1.0f64)),
    ) {
        let column = |pick: fn(&(f64, f64, f64)) -> f64| rows.iter().map(pick).collect::<Vec<f64>>();
        let table = Table::new().f64("x", column(|r| r.0)).f64("y", column(|r| r.1)).f64("v", column(|r| r.2));
        let canvas = canvas(width, height, if log { Scale::Log } else { Scale::Linear });
        let pool = MemoryPool::new(budget);
        let options = Options { threads: Some(threads), ..Options::new(pool.consumer("test")) };
        let free = Options::new(MemoryPool::new(64 << 20).consumer("whole"));
        let expected = points(&canvas, &table, "x", "y", &reduction, &free).unwrap();
        let tiled = tiled_points(&canvas, &table, "x", "y", &reduction, &options).unwrap();
        prop_assert_eq!((tiled.rows, tiled.skipped), (expected.rows, expected.skipped));
        let plain = cells(&expected);
        let everything = all(&tiled, &pool);
        prop_assert!(cells(&everything) == plain);
        prop_assert_eq!(&everything.canvas, &canvas);

        // Parts, coarser ones, and one from the other.
        let any = matches!(reduction, Reduction::Any(_));
        let (left, low) = ((width as f64 * corner.0) as usize, (height as f64 * corner.1) as usize);
        let consumer = pool.consumer("parts");
        let cancel = Cancel::default();
        let part = tiled.crop(left..width, low..height, &consumer, &cancel).unwrap();
        let boxed = (left..width, low..height);
        prop_assert!(cells(&part) == naive_blocks(&plain, width, boxed, (1, 1), any));
        let level = whole(tiled.level(step, &consumer, &cancel).unwrap());
        let side = 1 << step;
        prop_assert!(
            cells(&level) == naive_blocks(&plain, width, (0..width, 0..height), (side, side), any)
        );
        let mut halves = tiled.halved(&cancel).unwrap();
        for _ in 1..step {
            halves = halves.halved(&cancel).unwrap();
        }
        if step > 0 {
            prop_assert!(cells(&all(&halves, &pool)) == cells(&level));
        }
        let (most_x, most_y) = (1 + width / 7, 1 + height / 3);
        let zoomed = whole(tiled.zoom(None, None, (most_x, most_y), &consumer, &cancel).unwrap());
        prop_assert!(zoomed.width() <= most_x && zoomed.height() <= most_y);
        let steps = (width.div_ceil(most_x), height.div_ceil(most_y));
        prop_assert!(
            cells(&zoomed) == naive_blocks(&plain, width, (0..width, 0..height), steps, any)
        );

        // Merged with itself, saved and read again, and made of the whole.
        let merged = tiled.merge(&tiled, &cancel).unwrap();
        let twice = plain.iter().map(|count| if any { *count } else { 2 * count }).collect::<Vec<_>>();
        prop_assert!(cells(&all(&merged, &pool)) == twice);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("saved.npz");
        tiled.save(&path, &cancel).unwrap();
        let Loaded::Tiled(loaded) = Loaded::load(&path, &consumer, &cancel).unwrap() else { panic!() };
        prop_assert!(cells(&all(&loaded, &pool)) == plain);
        prop_assert_eq!(&loaded.canvas, &canvas);
        prop_assert_eq!((&loaded.reduction, loaded.rows), (&reduction, tiled.rows));
        let again = TiledAggregate::from_whole(&expected, &consumer, &cancel).unwrap();
        prop_assert!(cells(&all(&again, &pool)) == plain);
    }
}

#[test]
fn a_window_is_widened_to_whole_pixels() {
    let table = Table::new().f64("x", vec![0.6, 1.0, 7.9]).f64("y", vec![0.6, 1.0, 7.9]);
    let pool = MemoryPool::new(64 << 20);
    let options = Options::new(pool.consumer("test"));
    let canvas = canvas(750, 75, Scale::Linear);
    let tiled = tiled_points(&canvas, &table, "x", "y", &Reduction::Count(None), &options).unwrap();
    let zoom = |range| tiled.zoom(Some(range), None, (1000, 1000), &options.consumer, &Cancel::default());
    let found = whole(zoom((1.001, 1.999)).unwrap());
    assert_eq!(found.width(), 100);
    assert!((found.canvas.x.range.0 - 1.0).abs() < 1e-9 && (found.canvas.x.range.1 - 2.0).abs() < 1e-9);
    assert_eq!((found.height(), found.canvas.y.range), (75, (0.5, 8.0)));
    // Past the ends, the ends.
    assert_eq!(whole(zoom((-5.0, 50.0)).unwrap()).canvas, canvas);
    assert!(matches!(zoom((9.0, 10.0)), Err(CanvasError::NoSuchPart { axis: "x", .. })));
    assert!(matches!(zoom((2.0, 1.0)), Err(CanvasError::RangeReversed { .. })));
}

#[test]
fn what_cannot_be_tiled_is_refused_with_what_can() {
    let table = Table::new().f64("x", vec![1.0]).f64("y", vec![1.0]).f64("v", vec![1.0]);
    let options = Options::new(MemoryPool::new(64 << 20).consumer("test"));
    let canvas = canvas(100, 100, Scale::Linear);
    for reduction in [
        Reduction::Mean("v".into()),
        Reduction::Std("v".into()),
        Reduction::By("v".into(), Box::new(Reduction::Count(None))),
    ] {
        let refused = tiled_points(&canvas, &table, "x", "y", &reduction, &options).unwrap_err();
        assert!(matches!(refused, CanvasError::NotTiled { .. }));
        assert!(refused.to_string().contains("takes count() and any()"), "{refused}");
        assert!(!suits_tiles(&canvas, &reduction, 0));
    }
}

#[test]
fn the_plan_says_that_it_is_tiled() {
    let table = Table::new().f64("x", vec![1.0; 100]).f64("y", vec![1.0; 100]);
    let pool = MemoryPool::new(8 << 20);
    let options = Options { threads: Some(2), ..Options::new(pool.consumer("test")) };
    let vast = canvas(1 << 30, 1 << 30, Scale::Linear);
    let count = Reduction::Count(None);
    let plan = Plan::for_tiled_points(&table, &vast, "x", "y", &count, &options).unwrap();
    assert!(plan.tiled && plan.peak <= plan.available);
    assert!(plan.to_string().contains("in tiles made when something falls in them"), "{plan}");
    assert!(plan.to_string().contains("tiles, at least"), "{plan}");
    // What is planned can be done.
    let tiled = tiled_points(&vast, &table, "x", "y", &count, &options).unwrap();
    assert_eq!((tiled.tiles(), tiled.total()), (1, 100));
    assert!(suits_tiles(&vast, &count, usize::MAX));
    assert!(!suits_tiles(&canvas(900, 600, Scale::Linear), &count, 0));
    assert!(suits_tiles(&canvas(2000, 2000, Scale::Linear), &count, 10 << 20));
    assert!(!suits_tiles(&canvas(2000, 2000, Scale::Linear), &count, 30 << 20));
}

#[test]
fn damaged_files_are_refused_and_old_ones_open() {
    let table = Table::new()
        .f64("x", (0..20_000).map(|at| 0.5 + f64::from(at % 777) / 200.0).collect())
        .f64("y", (0..20_000).map(|at| 0.5 + f64::from(at % 991) / 200.0).collect());
    let pool = MemoryPool::new(64 << 20);
    let options = Options::new(pool.consumer("test"));
    let (canvas, count, cancel) =
        (canvas(600, 600, Scale::Linear), Reduction::Count(None), Cancel::default());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiles.npz");
    tiled_points(&canvas, &table, "x", "y", &count, &options).unwrap().save(&path, &cancel).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let mut refused = 0;
    for at in (0..bytes.len()).step_by(bytes.len() / 150 + 1) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x55;
        let other = folder.path().join("damaged.npz");
        std::fs::write(&other, &damaged).unwrap();
        match Loaded::load(&other, &options.consumer, &cancel) {
            Err(CanvasError::Corrupt { .. }) => refused += 1,
            Err(other) => panic!("{other}"),
            // A byte that says nothing: a time, an attribute.
            Ok(Loaded::Tiled(tiled)) => assert_eq!(tiled.total(), 20_000),
            Ok(Loaded::Whole(_)) => panic!("it was tiled"),
        }
    }
    assert!(refused > 100, "{refused}");
    let old = folder.path().join("whole.npz");
    points(&canvas, &table, "x", "y", &count, &options).unwrap().save(&old).unwrap();
    assert!(matches!(Loaded::load(&old, &options.consumer, &cancel), Ok(Loaded::Whole(_))));
    let told = Aggregate::load(&path, &options.consumer).unwrap_err().to_string();
    assert!(told.contains("a tiled aggregate"), "{told}");
}

#[test]
fn merging_needs_one_canvas_and_one_fold() {
    let table = Table::new().f64("x", vec![1.0]).f64("y", vec![1.0]);
    let options = Options::new(MemoryPool::new(64 << 20).consumer("test"));
    let cancel = Cancel::default();
    let fold = |side, reduction| {
        tiled_points(&canvas(side, side, Scale::Linear), &table, "x", "y", &reduction, &options).unwrap()
    };
    let count = fold(300, Reduction::Count(None));
    let different = count.merge(&fold(301, Reduction::Count(None)), &cancel).unwrap_err();
    assert!(matches!(different, CanvasError::DifferentCanvas { .. }));
    let different = count.merge(&fold(300, Reduction::Any(None)), &cancel).unwrap_err();
    assert!(matches!(different, CanvasError::DifferentReduction { .. }));
    let floats = Planes::F64(options.consumer.zeroed(90_000).unwrap());
    let sums = Aggregate::from_planes(count.canvas.clone(), Reduction::Sum("v".into()), Vec::new(), floats);
    let refused = TiledAggregate::from_whole(&sums, &options.consumer, &cancel).unwrap_err();
    assert!(matches!(refused, CanvasError::NotTiled { .. }));
}
