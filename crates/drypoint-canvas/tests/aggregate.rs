//! Aggregates of parts merge into the aggregate of the whole; what is saved is loaded, whatever happened to the file.

mod table;

use std::path::Path;

use drypoint_canvas::{
    Aggregate, Axis, AxisKind, Canvas, CanvasError, Cells, Options, Planes, Reduction, Scale, points,
};
use drypoint_memory::{MemoryConsumer, MemoryPool};
use drypoint_stream::TimeUnit;
use table::{Table, Words};

fn consumer() -> MemoryConsumer {
    MemoryPool::new(64 << 20).consumer("test")
}

fn canvas() -> Canvas {
    let axis = |pixels, scale, kind| Axis { pixels, range: (0.1, 1.0), scale, kind };
    let time = AxisKind::Time { unit: TimeUnit::Millisecond, zone: Some("Europe/Rome".into()) };
    Canvas { x: axis(4, Scale::Linear, time), y: axis(3, Scale::Log, AxisKind::Number) }
}

fn every_reduction() -> Vec<Reduction> {
    let value = || "va\\l\nue".to_string();
    let plain = [
        Reduction::Count(None),
        Reduction::Count(Some(value())),
        Reduction::Any(None),
        Reduction::Sum(value()),
        Reduction::Mean(value()),
        Reduction::Min(value()),
        Reduction::Max(value()),
        Reduction::Var(value()),
        Reduction::Std(value()),
        Reduction::First(value()),
        Reduction::Last(value()),
    ];
    let by = plain.clone().map(|inner| Reduction::By("kind".into(), Box::new(inner)));
    plain.into_iter().chain(by).collect()
}

/// Rows `from .. to` of one table, as a table whose keys begin where they would.
fn rows(from: usize, to: usize) -> Table {
    let random = |seed: usize| move |row: usize| ((row + 1) * seed % 1013) as f64 / 1012.0;
    let column = |seed| (from..to).map(random(seed)).collect::<Vec<f64>>();
    Table::new().f64("x", column(617)).f64("y", column(389)).f64("va\\l\nue", column(211)).dictionary(
        "kind",
        (from..to).map(|row| (row / 97 % 5) as u32).collect(),
        Words::new(&["e", "", "a\nb", "ü", "d"]),
    )
}

fn fold(table: &Table, reduction: &Reduction) -> Aggregate {
    let options = Options { threads: Some(1), ..Options::new(consumer()) };
    points(&canvas(), table, "x", "y", reduction, &options).unwrap()
}

fn numbers(aggregate: &Aggregate) -> Vec<f64> {
    match aggregate.all_cells() {
        Cells::Bool(cells) => cells.iter().map(|cell| f64::from(*cell)).collect(),
        Cells::U32(cells) => cells.iter().map(|cell| f64::from(*cell)).collect(),
        Cells::U64(cells) => cells.iter().map(|cell| *cell as f64).collect(),
        Cells::I64(cells) => cells.iter().map(|cell| *cell as f64).collect(),
        Cells::F64(cells) => cells.to_vec(),
    }
}

fn assert_near(found: &Aggregate, expected: &Aggregate, tolerance: f64) {
    assert_eq!(found.categories, expected.categories);
    assert_eq!((found.rows, found.skipped), (expected.rows, expected.skipped));
    let (found_cells, expected_cells) = (numbers(found), numbers(expected));
    assert_eq!(found_cells.len(), expected_cells.len());
    for (a, b) in found_cells.iter().zip(&expected_cells) {
        let same = a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= tolerance;
        assert!(same, "{:?}: {a}, expected {b}", expected.reduction);
    }
}

#[test]
fn parts_merge_into_the_whole() {
    for reduction in every_reduction() {
        let whole = fold(&rows(0, 400), &reduction);
        let consumer = consumer();
        // The last part before the middle one; keys of parts restart, so only the order of merging counts for those.
        let parts = [rows(0, 90), rows(90, 300), rows(300, 400)].map(|part| fold(&part, &reduction));
        let merged = parts[0].merge(&parts[1], &consumer).unwrap().merge(&parts[2], &consumer).unwrap();
        if matches!(reduction.inner(), Reduction::First(_) | Reduction::Last(_)) {
            assert_eq!(merged.rows, whole.rows);
            continue;
        }
        assert_near(&merged, &whole, 1e-12);
    }
}

#[test]
fn what_does_not_belong_together_is_not_merged() {
    let (count, any) = (Reduction::Count(None), Reduction::Any(None));
    let left = fold(&rows(0, 10), &count);
    let error = left.merge(&fold(&rows(0, 10), &any), &consumer()).unwrap_err();
    assert!(matches!(error, CanvasError::DifferentReduction { .. }));
    let mut other = canvas();
    other.x.range.1 = 2.0;
    let options = Options::new(consumer());
    let right = points(&other, &rows(0, 10), "x", "y", &count, &options).unwrap();
    assert!(matches!(left.merge(&right, &consumer()), Err(CanvasError::DifferentCanvas { .. })));
    let cells = consumer().zeroed(12).unwrap();
    let mean = || Reduction::Mean("v".into());
    let bare = Aggregate::from_planes(canvas(), mean(), Vec::new(), Planes::F64(cells));
    assert!(matches!(bare.merge(&bare, &consumer()), Err(CanvasError::NotMergeable { .. })));
}

#[test]
fn counts_that_outgrow_32_bits_become_wider() {
    let full = |count| {
        let mut cells = consumer().zeroed(12).unwrap();
        cells.fill(count);
        Aggregate::from_planes(canvas(), Reduction::Count(None), Vec::new(), Planes::U32(cells))
    };
    let merged = full(u32::MAX).merge(&full(2), &consumer()).unwrap();
    let Cells::U64(cells) = merged.cells(0) else { panic!("{:?}", merged.cells(0)) };
    assert_eq!(cells, [u64::from(u32::MAX) + 2; 12]);
}

fn saved(folder: &Path, reduction: &Reduction) -> (Aggregate, Vec<u8>) {
    let aggregate = fold(&rows(0, 300), reduction);
    let path = folder.join("saved.npz");
    aggregate.save(&path).unwrap();
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1, "nothing but the file is left");
    (aggregate, std::fs::read(path).unwrap())
}

#[test]
fn what_is_saved_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    for reduction in every_reduction() {
        let (aggregate, _) = saved(folder.path(), &reduction);
        let loaded = Aggregate::load(&folder.path().join("saved.npz"), &consumer()).unwrap();
        assert_eq!((&loaded.canvas, &loaded.reduction), (&aggregate.canvas, &aggregate.reduction));
        assert_near(&loaded, &aggregate, 0.0);
        // What a merge needs was saved too.
        let consumer = consumer();
        let (twice, again) = (aggregate.merge(&aggregate, &consumer), loaded.merge(&loaded, &consumer));
        assert_near(&again.unwrap(), &twice.unwrap(), 0.0);
    }
}

#[test]
fn a_damaged_file_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let by = Reduction::By("kind".into(), Box::new(Reduction::Mean("va\\l\nue".into())));
    let (_, bytes) = saved(folder.path(), &by);
    let path = folder.path().join("damaged.npz");
    let consumer = consumer();
    for end in (0..bytes.len()).step_by(37) {
        std::fs::write(&path, &bytes[..end]).unwrap();
        assert!(Aggregate::load(&path, &consumer).is_err(), "cut at {end}");
    }
    for at in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0xff;
        std::fs::write(&path, &damaged).unwrap();
        // Some bytes (times, attributes) mean nothing to us; all others must be noticed, none may do harm.
        if let Err(error) = Aggregate::load(&path, &consumer) {
            assert!(!error.to_string().is_empty());
        }
    }
    assert_eq!(consumer.pool().available(), 64 << 20);
    let error = Aggregate::load(&folder.path().join("absent.npz"), &consumer).unwrap_err();
    assert!(matches!(error, CanvasError::Io { .. }), "{error}");
    let small = MemoryPool::new(500).consumer("small");
    std::fs::write(&path, &bytes).unwrap();
    assert!(matches!(Aggregate::load(&path, &small), Err(CanvasError::Budget(_))));
}

#[test]
fn a_target_that_cannot_be_written_is_an_error_that_names_it() {
    let aggregate = fold(&rows(0, 10), &Reduction::Count(None));
    let error = aggregate.save(Path::new("/nowhere/at/all.npz")).unwrap_err();
    assert!(error.to_string().starts_with("/nowhere/at/all.npz"), "{error}");
}
