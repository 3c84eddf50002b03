//! Shading against Datashader's own numbers and against slow, obvious twins.

use drypoint_canvas::{Aggregate, Axis, AxisKind, Canvas, Planes, Reduction, Scale};
use drypoint_figure::{
    Color, ColorKey, ColorMap, FigureError, How, LEVELS, Pixels, Shaded, Shading, Spread, SpreadShape, shade,
};
use drypoint_memory::{MemoryConsumer, MemoryPool};
use proptest::prelude::*;

fn consumer() -> MemoryConsumer {
    MemoryPool::new(64 << 20).consumer("test")
}

fn canvas(width: usize, height: usize) -> Canvas {
    let axis = |pixels| Axis { pixels, range: (0.0, 1.0), scale: Scale::Linear, kind: AxisKind::Number };
    Canvas { x: axis(width), y: axis(height) }
}

fn counts(width: usize, cells: &[u32]) -> Aggregate {
    let mut plane = consumer().zeroed(cells.len()).unwrap();
    plane.copy_from_slice(cells);
    Aggregate::from_planes(
        canvas(width, cells.len() / width),
        Reduction::Count(None),
        vec![],
        Planes::U32(plane),
    )
}

fn numbers(cells: &[f64]) -> Aggregate {
    let mut plane = consumer().zeroed(cells.len()).unwrap();
    plane.copy_from_slice(cells);
    Aggregate::from_planes(canvas(cells.len(), 1), Reduction::Mean("v".into()), vec![], Planes::F64(plane))
}

fn by(names: &[&str], width: usize, planes: &[&[u32]]) -> Aggregate {
    let cells = planes.concat();
    let mut plane = consumer().zeroed(cells.len()).unwrap();
    plane.copy_from_slice(&cells);
    let names = names.iter().map(|name| name.to_string()).collect();
    let reduction = Reduction::By("c".into(), Box::new(Reduction::Count(None)));
    Aggregate::from_planes(canvas(width, planes[0].len() / width), reduction, names, Planes::U32(plane))
}

fn shading(how: How, rescale_discrete_levels: bool) -> Shading {
    Shading { how, rescale_discrete_levels, ..Shading::light() }
}

fn indices(shaded: &Shaded) -> Vec<u8> {
    match &shaded.pixmap.pixels {
        Pixels::Indexed { indices, .. } => indices.to_vec(),
        Pixels::Rgba(_) => panic!("expected an indexed picture"),
    }
}

/// The place of a value that Datashader scales to `part` of the map.
fn place(part: f64) -> i32 {
    if part.is_nan() { 0 } else { 1 + ((part * LEVELS as f64).floor() as i32).min(LEVELS as i32 - 1) }
}

fn agrees(aggregate: &Aggregate, shading: &Shading, parts: &[f64]) {
    let shaded = shade(aggregate, shading, &consumer()).unwrap();
    let found = indices(&shaded);
    for (cell, (index, part)) in found.iter().zip(parts).enumerate() {
        assert!((i32::from(*index) - place(*part)).abs() <= 1, "cell {cell}: {index}, Datashader has {part}");
    }
}

const COUNTS: [u32; 16] = [0, 1, 1, 1, 2, 2, 3, 5, 5, 9, 40, 70, 70, 1000, 0, 1];
const NAN: f64 = f64::NAN;

#[test]
fn counts_are_ranked_as_in_datashader() {
    // From datashader 0.19.1: eq_hist, _rescale_discrete_levels, log1p, cbrt, scaled to their span.
    let equal = [NAN, 0.0, 0.0, 0.0, 0.2, 0.2, 0.3, 0.5, 0.5, 0.6, 0.7, 0.9, 0.9, 1.0, NAN, 0.0];
    let rescaled = [
        NAN, 0.285714, 0.285714, 0.285714, 0.428571, 0.428571, 0.5, 0.642857, 0.642857, 0.714286, 0.785714,
        0.928571, 0.928571, 1.0, NAN, 0.285714,
    ];
    let log = [
        NAN, 0.0, 0.0, 0.0, 0.100343, 0.100343, 0.15904, 0.23299, 0.23299, 0.318081, 0.53402, 0.615033,
        0.615033, 1.0, NAN, 0.0,
    ];
    let cbrt = [
        NAN, 0.0, 0.0, 0.0, 0.100033, 0.100033, 0.126034, 0.158793, 0.158793, 0.200067, 0.339234, 0.410293,
        0.410293, 1.0, NAN, 0.0,
    ];
    let aggregate = counts(16, &COUNTS);
    agrees(&aggregate, &shading(How::EqHist, false), &equal);
    agrees(&aggregate, &shading(How::EqHist, true), &rescaled);
    agrees(&aggregate, &shading(How::Log, false), &log);
    agrees(&aggregate, &shading(How::Cbrt, false), &cbrt);
}

#[test]
fn numbers_are_ranked_as_in_datashader() {
    let values = [NAN, -2.5, -1.0, 0.0, 0.25, 0.25, 3.0, 3.5, 7.0, 100.0, 4.0, 4.5];
    let parts = [
        NAN, 0.0, 0.099954, 0.19999, 0.399729, 0.399729, 0.500021, 0.599923, 0.899973, 1.0, 0.700138,
        0.800008,
    ];
    agrees(&numbers(&values), &shading(How::EqHist, false), &parts);
}

#[test]
fn categories_are_mixed_as_in_datashader() {
    let aggregate = by(&["a", "b"], 2, &[&[1, 3, 0, 0], &[0, 1, 0, 5]]);
    let shading = Shading {
        how: How::Linear,
        min_alpha: 40,
        category_colors: vec![Color::hex(0xff0000), Color::hex(0x0000ff)],
        ..Shading::light()
    };
    let shaded = shade(&aggregate, &shading, &consumer()).unwrap();
    // Datashader's rows, bottom first; where nothing fell ours is black and clear.
    let expected = [
        ((0, 1), [255, 0, 0, 40]),
        ((1, 1), [191, 0, 63, 201]),
        ((0, 0), [0, 0, 0, 0]),
        ((1, 0), [0, 0, 255, 255]),
    ];
    for ((x, y), rgba) in expected {
        let color = shaded.pixmap.color(x, y);
        for (found, expected) in [color.r, color.g, color.b, color.a].into_iter().zip(rgba) {
            assert!((i32::from(found) - expected).abs() <= 1, "({x}, {y}): {color}, Datashader has {rgba:?}");
        }
    }
    let ColorKey::Categories(categories) = shaded.key else { panic!("categories expected") };
    assert_eq!(categories.iter().map(|category| category.weight).collect::<Vec<_>>(), [4.0, 6.0]);
}

#[test]
fn the_lowest_row_is_the_last() {
    let shaded = shade(&counts(1, &[7, 0, 0]), &Shading::light(), &consumer()).unwrap();
    assert_eq!(indices(&shaded).iter().map(|index| *index > 0).collect::<Vec<_>>(), [false, false, true]);
}

#[test]
fn what_is_empty_is_clear_or_the_background() {
    let aggregate = counts(2, &[0, 3]);
    let clear = shade(&aggregate, &Shading::light(), &consumer()).unwrap();
    assert_eq!(clear.pixmap.color(0, 0), Color::TRANSPARENT);
    let ground = Color::hex(0x123456);
    let filled =
        shade(&aggregate, &Shading { background: Some(ground), ..Shading::light() }, &consumer()).unwrap();
    assert_eq!(filled.pixmap.color(0, 0), ground);
    assert_ne!(filled.pixmap.color(1, 0), ground);
    assert_eq!(shade(&counts(2, &[0, 0]), &Shading::light(), &consumer()).unwrap().key, ColorKey::Empty);
}

#[test]
fn flags_have_one_colour() {
    let mut plane = consumer().zeroed(2).unwrap();
    plane[1] = 1;
    let aggregate = Aggregate::from_planes(canvas(2, 1), Reduction::Any(None), vec![], Planes::Bool(plane));
    let shaded = shade(&aggregate, &Shading::dark(), &consumer()).unwrap();
    assert_eq!(indices(&shaded), [0, 1]);
    assert_eq!(shaded.key, ColorKey::Flag(shaded.pixmap.color(1, 0)));
}

#[test]
fn a_span_clips() {
    let shading = Shading { how: How::Linear, span: Some((10.0, 20.0)), ..Shading::light() };
    let found = indices(
        &shade(&numbers(&[0.0, 10.0, 15.0, 20.0, 99.0, f64::INFINITY]), &shading, &consumer()).unwrap(),
    );
    assert_eq!(found, [1, 1, 101, 200, 200, 200]);
    let bad = Shading { span: Some((2.0, 1.0)), ..Shading::light() };
    assert!(matches!(shade(&numbers(&[1.0]), &bad, &consumer()), Err(FigureError::BadSpan { .. })));
}

#[test]
fn a_small_budget_is_refused_with_numbers() {
    let poor = MemoryPool::new(1000).consumer("pixmap");
    let error = shade(&counts(100, &[1; 10_000]), &Shading::light(), &poor).unwrap_err();
    assert!(matches!(&error, FigureError::Budget(refused) if refused.requested >= 10_000), "{error}");
}

#[test]
fn points_grow() {
    let mut cells = vec![0; 49];
    cells[24] = 1;
    cells[0] = 5;
    let grow = |px, shape| {
        let shading = Shading { spread: Spread::By { px, shape }, ..Shading::light() };
        indices(&shade(&counts(7, &cells), &shading, &consumer()).unwrap())
    };
    let filled = |indices: Vec<u8>| indices.iter().filter(|index| **index > 0).count();
    assert_eq!(filled(grow(0, SpreadShape::Circle)), 2);
    assert_eq!(filled(grow(1, SpreadShape::Square)), 9 + 4);
    assert_eq!(
        filled(grow(2, SpreadShape::Circle)),
        21 + 8 - 2,
        "a circle of radius 2.5 and a quarter of one, two pixels shared"
    );
    let high = grow(3, SpreadShape::Square);
    assert_eq!(high[3 * 7 + 3], 200, "where two dots meet the greater wins");
}

fn twin(cells: &[u32]) -> Vec<u8> {
    let mut values: Vec<u32> = cells.iter().copied().filter(|value| *value > 0).collect();
    values.sort_unstable();
    let cdf =
        |value: u32| values.iter().filter(|other| **other <= value).count() as f64 / values.len() as f64;
    let first = values.first().map_or(0.0, |value| cdf(*value));
    let place_of = |value: u32| match value {
        0 => 0,
        _ if first == 1.0 => LEVELS as i32,
        value => place((cdf(value) - first) / (1.0 - first)),
    };
    cells.iter().map(|value| place_of(*value) as u8).collect()
}

proptest! {
    #[test]
    fn equalised_counts_agree_with_a_sort(
        cells in proptest::collection::vec(prop_oneof![Just(0_u32), 1..6_u32, 1..60_000_u32], 1..120),
    ) {
        let found = indices(&shade(&counts(1, &cells), &shading(How::EqHist, false), &consumer()).unwrap());
        let expected: Vec<u8> = twin(&cells).into_iter().rev().collect();
        for (index, expected) in found.iter().zip(expected) {
            prop_assert!(index.abs_diff(expected) <= 1, "{index} is not {expected}");
        }
    }

    #[test]
    fn greater_values_never_have_lower_colours(
        cells in proptest::collection::vec(prop_oneof![any::<u32>(), 0..9_u32], 1..80),
        how in 0..4_usize,
    ) {
        let how = [How::EqHist, How::Linear, How::Log, How::Cbrt][how];
        let shaded = shade(&counts(cells.len(), &cells), &shading(how, true), &consumer()).unwrap();
        let mut pairs: Vec<(u32, u8)> = cells.iter().copied().zip(indices(&shaded)).collect();
        pairs.sort_unstable();
        prop_assert!(pairs.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{pairs:?}");
        prop_assert!(pairs.iter().all(|(value, index)| (*value == 0) == (*index == 0)));
        if let ColorKey::Values(scale) = &shaded.key {
            let places: Vec<f64> = pairs.iter().filter(|(value, _)| *value > 0).map(|(value, _)| scale.position(f64::from(*value))).collect();
            prop_assert!(places.windows(2).all(|pair| pair[0] <= pair[1]), "{places:?}");
            prop_assert!(places.iter().all(|place| (0.0..=1.0).contains(place)), "{places:?}");
        }
    }

    #[test]
    fn any_numbers_are_shaded(cells in proptest::collection::vec(any::<f64>(), 1..40), how in 0..4_usize) {
        let how = [How::EqHist, How::Linear, How::Log, How::Cbrt][how];
        let shaded = shade(&numbers(&cells), &shading(how, false), &consumer()).unwrap();
        for (value, index) in cells.iter().zip(indices(&shaded)) {
            prop_assert_eq!(value.is_nan(), index == 0);
        }
    }
}

#[test]
fn a_map_of_one_colour_is_flat() {
    let shading = Shading { colors: ColorMap::parse("#ff0000").unwrap(), ..Shading::light() };
    let shaded = shade(&counts(3, &[1, 2, 3]), &shading, &consumer()).unwrap();
    assert!((0..3).all(|x| shaded.pixmap.color(x, 0) == Color::hex(0xff0000)));
}
