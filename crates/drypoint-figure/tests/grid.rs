//! Grids of axes, layers over each other, and annotations, in all three formats and at all sizes.

use drypoint_canvas::{Aggregate, Axis, AxisKind, Canvas, Planes, Reduction, Scale};
use drypoint_figure::{
    Along, Anchor, Annotation, AxesSpec, AxisSpec, Blend, Color, Content, DisplayItem, Figure, FigureError,
    FigureSpec, Format, KeySpec, Layout, Part, Pixels, Pixmap, Rect, Shaded, Shading, shade, shade_part,
};
use drypoint_memory::{MemoryConsumer, MemoryPool};
use proptest::prelude::*;

fn consumer() -> MemoryConsumer {
    MemoryPool::new(64 << 20).consumer("test")
}

fn canvas((width, height): (usize, usize)) -> Canvas {
    let axis = |pixels| Axis { pixels, range: (0.0, 1.0), scale: Scale::Linear, kind: AxisKind::Number };
    Canvas { x: axis(width), y: axis(height) }
}

fn counts(size: (usize, usize), shading: &Shading) -> Shaded {
    let mut plane = consumer().zeroed::<u32>(size.0 * size.1).unwrap();
    plane.iter_mut().enumerate().for_each(|(place, cell)| *cell = (place % 97) as u32 / 40);
    let aggregate = Aggregate::from_planes(canvas(size), Reduction::Count(None), vec![], Planes::U32(plane));
    shade(&aggregate, shading, &consumer()).unwrap()
}

/// A grid whose axes have two layers each.
fn spec(rows: usize, columns: usize) -> FigureSpec {
    let mut spec = FigureSpec::new(640, 480, AxisSpec::new(0.0, 10.0), AxisSpec::new(-5.0, 5.0));
    let one = AxesSpec {
        keys: vec![KeySpec::ColorBar { label: Some("n".into()) }, KeySpec::Entry { label: "line".into() }],
        ..spec.axes[0].clone()
    };
    let place = |place: usize| AxesSpec { row: place / columns, column: place % columns, ..one.clone() };
    spec.axes = (0..rows * columns).map(place).collect();
    spec
}

fn annotations() -> Vec<Annotation> {
    let words = "words";
    let red = Some(Color::rgb(200, 0, 0));
    vec![
        Annotation::Band { along: Along::X, start: 2.0, end: 400.0, color: None, label: Some(words.into()) },
        Annotation::Band { along: Along::Y, start: -50.0, end: -30.0, color: red, label: None },
        Annotation::Line {
            along: Along::Y,
            at: 1.0,
            width: 1.0,
            dashed: true,
            color: red,
            label: Some(words.into()),
        },
        Annotation::Line {
            along: Along::X,
            at: 99.0,
            width: 3.0,
            dashed: false,
            color: None,
            label: Some("no".into()),
        },
        Annotation::Text {
            at: (9.9, 4.9),
            words: words.into(),
            size: Some(20.0),
            color: None,
            anchor: Anchor::Left,
        },
        Annotation::Text {
            at: (f64::NAN, 0.0),
            words: "no".into(),
            size: None,
            color: None,
            anchor: Anchor::Middle,
        },
        Annotation::Arrow {
            from: (1.0, -4.0),
            to: (3.0, 2.0),
            width: 2.0,
            color: red,
            words: Some(words.into()),
        },
        Annotation::Arrow {
            from: (1.0, -4.0),
            to: (30.0, 2.0),
            width: 2.0,
            color: red,
            words: Some("no".into()),
        },
    ]
}

fn composed(spec: &FigureSpec) -> Figure {
    let layout = Layout::plan(spec).unwrap();
    let faint = Shading { alpha: 90, ..Shading::dark() };
    let contents = (0..spec.axes.len()).map(|axes| {
        let size = layout.data_pixels(axes);
        let layers = vec![counts(size, &Shading::light()), counts(size, &faint)];
        Content { layers, annotations: annotations() }
    });
    layout.compose_all(contents.collect()).unwrap()
}

fn bytes(figure: &Figure, format: Format) -> Vec<u8> {
    let mut out = Vec::new();
    figure.write(format, &mut out, &consumer()).unwrap();
    out
}

fn decoded(figure: &Figure) -> (png::ColorType, Vec<u8>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes(figure, Format::Png)));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.color_type, pixels)
}

#[test]
fn every_format_shows_every_layer() {
    let figure = composed(&spec(2, 2));
    let svg = String::from_utf8(bytes(&figure, Format::Svg)).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let count = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
    // The arrow that points beyond the axes is not seen, nor are words that have no place.
    assert_eq!((count("image"), count("polygon")), (8, 4));
    assert!(svg.contains("fill-opacity") && svg.contains("words") && !svg.contains("\"no\""));
    let pdf = bytes(&figure, Format::Pdf);
    let find = |needle: &[u8]| pdf.windows(needle.len()).filter(|window| *window == needle).count();
    // The lower layer is in the picture of the upper one, which is opaque.
    assert_eq!((find(b"/Subtype /Image"), find(b"/SMask")), (4, 0));
    assert!(find(b"/ExtGState") > 0);
    assert_eq!(decoded(&figure).0, png::ColorType::Rgb);
}

#[test]
fn a_transparent_page_keeps_its_transparency() {
    let figure = composed(&FigureSpec { background: Some(Color::TRANSPARENT), ..spec(1, 1) });
    let (kind, pixels) = decoded(&figure);
    assert_eq!((kind, pixels[3]), (png::ColorType::Rgba, 0));
    assert!(pixels.chunks_exact(4).any(|pixel| pixel[3] == 255));
    let pdf = bytes(&figure, Format::Pdf);
    assert!(pdf.windows(6).any(|window| window == b"/SMask"));
}

#[test]
fn layers_must_be_those_that_were_planned() {
    let layout = Layout::plan(&spec(1, 1)).unwrap();
    let content = |count: usize, size| Content {
        layers: (0..count).map(|_| counts(size, &Shading::light())).collect(),
        annotations: Vec::new(),
    };
    let size = layout.data_pixels(0);
    assert!(matches!(
        layout.compose_all(vec![content(1, size)]),
        Err(FigureError::LayerCount { expected: 2, found: 1, .. })
    ));
    assert!(matches!(layout.compose_all(vec![content(2, (9, 9))]), Err(FigureError::Mismatch { .. })));
    assert!(matches!(layout.compose_all(vec![]), Err(FigureError::LayerCount { .. })));
    let bad = |change: &dyn Fn(&mut FigureSpec)| {
        let mut spec = spec(2, 1);
        change(&mut spec);
        Layout::plan(&spec).unwrap_err()
    };
    assert!(matches!(bad(&|spec| spec.axes.clear()), FigureError::BadGrid { rows: 0, .. }));
    assert!(matches!(bad(&|spec| spec.axes[1].row = 500), FigureError::BadGrid { rows: 501, .. }));
    assert!(matches!(bad(&|spec| spec.axes[1].row = 0), FigureError::SamePlace { row: 0, column: 0 }));
    assert!(matches!(bad(&|spec| spec.axes[0].aspect = Some(0.0)), FigureError::BadAspect { .. }));
    assert!(matches!(bad(&|spec| spec.zoom = 9.0), FigureError::BadScale { .. }));
    let mixed = |spec: &mut FigureSpec| {
        spec.axes[0].aspect = Some(1.0);
        spec.axes[0].x = AxisSpec { scale: Scale::Log, ..AxisSpec::new(1.0, 2.0) };
    };
    assert!(matches!(bad(&mixed), FigureError::MixedAspect));
}

#[test]
fn stacks_and_grounds() {
    let size = (40, 30);
    let (lower, upper) = (counts(size, &Shading::light()).pixmap, counts(size, &Shading::dark()).pixmap);
    let both = Pixmap::stack(&lower, &[&upper], Blend::Over, &consumer()).unwrap();
    assert!((0..1200).all(|place| both.color(place % 40, place / 40) == upper.color(place % 40, place / 40)));
    let small = counts((3, 3), &Shading::light()).pixmap;
    assert!(matches!(
        Pixmap::stack(&lower, &[&small], Blend::Over, &consumer()),
        Err(FigureError::UnlikeSizes { first: (40, 30), other: (3, 3) })
    ));
    let ground = both.on_background(Color::rgb(9, 9, 9), &consumer()).unwrap();
    assert!(matches!(ground.pixels, Pixels::Rgba(_)) && ground.color(0, 0).a == 255);
    let mut faint = upper;
    faint.fade(128);
    assert!((0..1200).all(|place| matches!(faint.color(place % 40, place / 40).a, 0 | 128)));
}

#[test]
fn a_category_alone_has_the_scale_of_all() {
    let plane = |at: usize, count: u32| {
        (0..8).map(move |place| if place == at { count } else { u32::from(place == 7) })
    };
    let mut cells = consumer().zeroed::<u32>(16).unwrap();
    cells.iter_mut().zip(plane(0, 10).chain(plane(1, 20))).for_each(|(cell, count)| *cell = count);
    let by = Reduction::By("c".into(), Box::new(Reduction::Count(None)));
    let aggregate =
        Aggregate::from_planes(canvas((4, 2)), by, vec!["a".into(), "b".into()], Planes::U32(cells));
    let shading = Shading { how: drypoint_figure::How::Linear, ..Shading::light() };
    let shown = |plane, mask| {
        shade_part(&aggregate, Part { mask, plane: Some(plane) }, &shading, &consumer()).unwrap()
    };
    let (first, second) = (shown(0, None), shown(1, None));
    let (strong, weak) = (second.pixmap.color(1, 1), first.pixmap.color(0, 1));
    assert_eq!(strong, shading.colors.at(1.0));
    assert!(weak != strong && weak.a == 255);
    assert_eq!(first.pixmap.color(3, 0), second.pixmap.color(3, 0));
    assert_eq!(first.pixmap.color(1, 1), Color::TRANSPARENT);
    let mask = [0, 0, 0, 0, 0, 0, 0, 1];
    let masked = shown(0, Some(&mask)).pixmap;
    assert_eq!((masked.color(3, 0).a, masked.color(0, 1)), (255, Color::TRANSPARENT));
    assert!(matches!(
        shade_part(&aggregate, Part { mask: Some(&mask[1..]), plane: None }, &shading, &consumer()),
        Err(FigureError::BadMask { cells: 7, width: 4, height: 2 })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn plot_areas_of_a_grid_are_of_one_size_and_apart(
        rows in 1_usize..5, columns in 1_usize..5, width in 60_u32..900, height in 60_u32..900,
        scale in 0.25..3.0_f64, zoom in 0.4..2.0_f64, shared in any::<bool>(), twin in any::<bool>(),
        aspect in proptest::option::of(0.05..20.0_f64),
    ) {
        let mut spec = FigureSpec { width, height, scale, zoom, shared_key: shared, ..spec(rows, columns) };
        for axes in &mut spec.axes {
            axes.right = twin.then(|| AxisSpec::new(1e-9, 3e7).labelled("right"));
            axes.aspect = aspect;
            axes.title = Some("title".into());
            axes.unlabelled = (axes.row + 1 < rows, axes.column > 0);
        }
        let Ok(layout) = Layout::plan(&spec) else { return Ok(()) };
        let rects: Vec<Rect> = (0..spec.axes.len()).map(|axes| layout.data_rect(axes)).collect();
        for (place, rect) in rects.iter().enumerate() {
            prop_assert!(rect.x >= 0.0 && rect.right() <= (f64::from(width) / zoom) as f32 + 1.0, "{rect:?}");
            prop_assert!(rect.y >= 0.0 && rect.bottom() <= (f64::from(height) / zoom) as f32 + 1.0, "{rect:?}");
            prop_assert_eq!(layout.data_pixels(place), layout.data_pixels(0));
            for other in &rects[..place] {
                let apart = rect.right() <= other.x || other.right() <= rect.x || rect.bottom() <= other.y || other.bottom() <= rect.y;
                prop_assert!(apart, "{rect:?} {other:?}");
            }
        }
        let keys: Vec<KeySpec> = layout.spec().axes[0].keys.clone();
        spec.axes.iter_mut().for_each(|axes| axes.keys = keys.clone());
        let figure = composed(&spec);
        let upright = figure.items().iter().all(|item| match item {
            DisplayItem::Rect { rect, .. } => rect.width >= 0.0 && rect.height >= 0.0,
            _ => true,
        });
        prop_assert!(upright);
        bytes(&figure, Format::Png);
    }
}
