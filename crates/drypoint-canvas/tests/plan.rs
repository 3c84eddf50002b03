//! The plan gives up batches, then private counters, then threads, and refuses what cannot be held.

mod table;

use drypoint_canvas::{Axis, AxisKind, Canvas, CanvasError, Options, Plan, Reduction, Scale, points};
use drypoint_memory::MemoryPool;
use table::Table;

fn canvas(width: usize, height: usize) -> Canvas {
    let axis = |pixels| Axis { pixels, range: (0.0, 1.0), scale: Scale::Linear, kind: AxisKind::Number };
    Canvas { x: axis(width), y: axis(height) }
}

fn plan(bytes: usize, reduction: &Reduction) -> Result<Plan, CanvasError> {
    let table = Table::new().f64("x", vec![0.5; 100]).f64("y", vec![0.5; 100]).f64("v", vec![1.0; 100]);
    let options = Options { threads: Some(2), ..Options::new(MemoryPool::new(bytes).consumer("plan")) };
    let plan = Plan::for_points(&table, &canvas(1000, 1000), "x", "y", reduction, &options)?;
    // What is planned can be done.
    points(&canvas(1000, 1000), &table, "x", "y", reduction, &options)?;
    Ok(plan)
}

#[test]
fn threads_and_counters_shrink_with_the_budget() {
    let (count, sum) = (Reduction::Count(None), Reduction::Sum("v".into()));
    let shape = |plan: Plan| (plan.threads, plan.shared_counters);
    assert_eq!(shape(plan(7_000_000, &count).unwrap()), (2, false));
    assert_eq!(shape(plan(5_500_000, &count).unwrap()), (2, true));
    assert_eq!(shape(plan(4_300_000, &count).unwrap()), (1, true));
    assert!(matches!(plan(3_900_000, &count), Err(CanvasError::Budget(_))));
    assert_eq!(shape(plan(17_200_000, &sum).unwrap()), (2, false));
    assert_eq!(shape(plan(9_000_000, &sum).unwrap()), (1, false));
    assert!(matches!(plan(7_900_000, &sum), Err(CanvasError::Budget(_))));
}

#[test]
fn the_peak_is_never_above_what_is_free() {
    for bytes in [5_000_000, 9_000_000, 30_000_000, 60_000_000] {
        for inner in [Reduction::Count(None), Reduction::Mean("v".into()), Reduction::Std("v".into())] {
            if let Ok(plan) = plan(bytes, &inner) {
                assert!(plan.peak <= bytes, "{plan}");
            }
        }
    }
}

#[test]
fn it_reads_as_a_table() {
    let text = plan(30_000_000, &Reduction::Count(None)).unwrap().to_string();
    assert!(text.starts_with("100 rows in batches of 16384 on 2 threads\n"), "{text}");
    assert!(text.contains("cells of a thread"), "{text}");
    assert!(text.lines().last().is_some_and(|line| line.contains("of 30.0 MB free")), "{text}");
}
