//! A histogram as bars on the pixels of a canvas: whole pixels, so that all bars are sharp, a gap between them where there is
//! room, and the bars of categories on top of each other.

use drypoint_memory::MemoryConsumer;

use super::BinEdges;
use super::bins::Bins;
use crate::aggregate::Planes;
use crate::{Aggregate, Axis, Canvas, CanvasError, Reduction, Result, Scale};

/// Bars that are narrower than this have no gap.
const LEAST_WIDTH: i64 = 4;

/// Bars of `heights` between `edges`: those of the first category, then those of the next. Without categories one plane.
///
/// They stand on 0, or on the lower end of a logarithmic axis. `gap` pixels are left between neighbours. `stacked` puts
/// categories on top of each other, in their order; otherwise each stands on its own.
pub fn bars(
    canvas: &Canvas,
    edges: &[f64],
    heights: &[f64],
    by: Option<(&str, &[String])>,
    stacked: bool,
    gap: usize,
    consumer: &MemoryConsumer,
) -> Result<Aggregate> {
    canvas.check()?;
    let bins = Bins::new(&BinEdges::Listed(edges.to_vec()))?.count();
    let planes = by.map_or(1, |(_, categories)| categories.len());
    if heights.len() != planes * bins {
        return Err(CanvasError::NoBins { count: heights.len(), most: planes * bins });
    }
    let (width, height) = (canvas.x.pixels, canvas.y.pixels);
    let mut cells = consumer.zeroed::<u8>(planes * width * height)?;
    let mut below = vec![0.0; bins];
    for (plane, heights) in cells.chunks_exact_mut(width * height).zip(heights.chunks_exact(bins)) {
        for ((pair, bar), below) in edges.windows(2).zip(heights).zip(&mut below) {
            let (left, mut right) = (edge(&canvas.x, pair[0]), edge(&canvas.x, pair[1]));
            if right - left >= LEAST_WIDTH {
                right -= gap as i64;
            }
            let top = *below + if bar.is_nan() { 0.0 } else { *bar };
            let (from, to) = (edge(&canvas.y, *below), edge(&canvas.y, top));
            // What is there is seen, however little it is.
            let to = if top > *below && to == from { from + 1 } else { to };
            let (from, to) = (from.min(to), from.max(to));
            if stacked {
                *below = top;
            }
            // A bin narrower than a pixel covers it: then the highest of its bins is seen.
            let right = if right == left { left + 1 } else { right };
            let columns = left.clamp(0, width as i64) as usize..right.clamp(0, width as i64) as usize;
            for line in from.clamp(0, height as i64) as usize..to.clamp(0, height as i64) as usize {
                plane[line * width + columns.start..line * width + columns.end].fill(1);
            }
        }
    }
    let any = Reduction::Any(None);
    let (reduction, categories) = match by {
        Some((column, categories)) => (Reduction::By(column.into(), Box::new(any)), categories.to_vec()),
        None => (any, Vec::new()),
    };
    Ok(Aggregate::from_planes(canvas.clone(), reduction, categories, Planes::Bool(cells)))
}

/// The edge between pixels that is nearest to a value; what has no logarithm is below all.
fn edge(axis: &Axis, value: f64) -> i64 {
    const FAR: f64 = (1u64 << 40) as f64;
    let log = axis.scale == Scale::Log;
    let at = |value: f64| if log { value.log10() } else { value };
    let (start, end) = (at(axis.range.0), at(axis.range.1));
    let share = (at(value) - start) / (end - start);
    if share.is_nan() {
        return 0;
    }
    // Not lower than the axis: bars stand on its lower end where it begins above 0.
    (share * axis.pixels as f64).round().clamp(-FAR, FAR) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AxisKind, Cells};
    use drypoint_memory::MemoryPool;

    fn canvas(width: usize, height: usize, x: (f64, f64), y: (f64, f64), scale: Scale) -> Canvas {
        let axis = |pixels, range, scale| Axis { pixels, range, scale, kind: AxisKind::Number };
        Canvas { x: axis(width, x, Scale::Linear), y: axis(height, y, scale) }
    }

    fn drawn(aggregate: &Aggregate, plane: usize) -> Vec<String> {
        let Cells::Bool(cells) = aggregate.cells(plane) else { panic!("bars are truth values") };
        let lines = cells.chunks_exact(aggregate.width()).rev();
        lines.map(|line| line.iter().map(|cell| if *cell == 1 { '#' } else { '.' }).collect()).collect()
    }

    #[test]
    fn bars_stand_side_by_side_with_a_gap_where_there_is_room() {
        let consumer = MemoryPool::process().consumer("test");
        let canvas = canvas(12, 4, (0.0, 3.0), (0.0, 4.0), Scale::Linear);
        let found = bars(&canvas, &[0.0, 1.0, 2.0, 3.0], &[4.0, 0.0, 0.1], None, true, 1, &consumer).unwrap();
        assert_eq!(drawn(&found, 0), ["###.........", "###.........", "###.........", "###.....###."]);
    }

    #[test]
    fn categories_stand_on_each_other_or_each_on_its_own() {
        let consumer = MemoryPool::process().consumer("test");
        let canvas = canvas(2, 4, (0.0, 2.0), (0.0, 4.0), Scale::Linear);
        let names = ["a".to_string(), "b".to_string()];
        let by = Some(("kind", &names[..]));
        let heights = [1.0, 2.0, 2.0, 1.0];
        let stacked = bars(&canvas, &[0.0, 1.0, 2.0], &heights, by, true, 1, &consumer).unwrap();
        assert_eq!(drawn(&stacked, 0), ["..", "..", ".#", "##"]);
        assert_eq!(drawn(&stacked, 1), ["..", "##", "#.", ".."]);
        let apart = bars(&canvas, &[0.0, 1.0, 2.0], &heights, by, false, 1, &consumer).unwrap();
        assert_eq!(drawn(&apart, 1), ["..", "..", "#.", "##"]);
        assert_eq!(apart.categories, names);
    }

    #[test]
    fn logarithmic_bars_stand_on_the_end_of_the_axis() {
        let consumer = MemoryPool::process().consumer("test");
        let canvas = canvas(3, 3, (0.0, 3.0), (1.0, 1000.0), Scale::Log);
        let found =
            bars(&canvas, &[0.0, 1.0, 2.0, 3.0], &[0.0, 10.0, 1000.0], None, true, 1, &consumer).unwrap();
        assert_eq!(drawn(&found, 0), ["..#", "..#", ".##"]);
    }
}
