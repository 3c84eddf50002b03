//! Layout, the three formats, and files that are whole or not there.

use std::path::Path;

use drypoint_canvas::{Aggregate, Axis, AxisKind, Canvas, Planes, Reduction, Scale};
use drypoint_figure::{
    AxisSpec, DisplayItem, Figure, FigureError, FigureSpec, Format, KeySpec, Layout, PictureKind, Shading,
    picture_bytes, shade,
};
use drypoint_memory::{MemoryConsumer, MemoryPool};
use drypoint_stream::TimeUnit;
use proptest::prelude::*;

fn consumer() -> MemoryConsumer {
    MemoryPool::new(64 << 20).consumer("test")
}

fn canvas(layout: &Layout) -> Canvas {
    let (width, height) = layout.data_pixels(0);
    let axis = |spec: &AxisSpec, pixels| Axis {
        pixels,
        range: spec.range,
        scale: spec.scale,
        kind: spec.kind.clone(),
    };
    Canvas { x: axis(&layout.spec().axes[0].x, width), y: axis(&layout.spec().axes[0].y, height) }
}

fn composed(spec: &FigureSpec, consumer: &MemoryConsumer) -> Figure {
    let layout = Layout::plan(spec).unwrap();
    let (width, height) = layout.data_pixels(0);
    let mut plane = consumer.zeroed::<u32>(width * height).unwrap();
    for (index, cell) in plane.iter_mut().enumerate() {
        *cell = (index % width * (index / width) % 977) as u32;
    }
    let aggregate =
        Aggregate::from_planes(canvas(&layout), Reduction::Count(None), vec![], Planes::U32(plane));
    layout.compose(shade(&aggregate, &Shading::light(), consumer).unwrap()).unwrap()
}

fn by_category(spec: &FigureSpec) -> Figure {
    let layout = Layout::plan(spec).unwrap();
    let (width, height) = layout.data_pixels(0);
    let mut plane = consumer().zeroed::<u32>(2 * width * height).unwrap();
    plane.iter_mut().step_by(7).for_each(|cell| *cell = 1);
    let reduction = Reduction::By("c".into(), Box::new(Reduction::Count(None)));
    let aggregate = Aggregate::from_planes(
        canvas(&layout),
        reduction,
        vec!["a <&> \"b\"".into(), String::new()],
        Planes::U32(plane),
    );
    layout.compose(shade(&aggregate, &Shading::light(), &consumer()).unwrap()).unwrap()
}

fn spec() -> FigureSpec {
    let mut spec = FigureSpec::new(
        320,
        240,
        AxisSpec::new(0.0, 10.0).labelled("x < y & \"z\""),
        AxisSpec::new(-1.0, 1.0),
    );
    spec.title = Some("A title with < & > and \u{1} and 漢".into());
    spec
}

fn bytes(figure: &Figure, format: Format) -> Vec<u8> {
    let mut out = Vec::new();
    figure.write(format, &mut out, &consumer()).unwrap();
    out
}

#[test]
fn svg_is_well_formed_and_complete() {
    for figure in [composed(&spec(), &consumer()), by_category(&spec())] {
        let text = String::from_utf8(bytes(&figure, Format::Svg)).unwrap();
        let document = roxmltree::Document::parse(&text).unwrap();
        let count = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
        assert_eq!(count("image"), 1);
        let texts = figure.items().iter().filter(|item| matches!(item, DisplayItem::Text { .. })).count();
        assert_eq!(count("g"), texts);
        let defined: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
        for used in document.descendants().filter(|node| node.has_tag_name("use")) {
            let link = used.attribute(("http://www.w3.org/1999/xlink", "href")).unwrap();
            assert!(defined.contains(&&link[1..]), "{link} is not defined");
        }
    }
}

#[test]
fn pdf_has_its_parts_and_an_index_that_is_true() {
    for figure in [composed(&spec(), &consumer()), by_category(&spec())] {
        let bytes = bytes(&figure, Format::Pdf);
        let find = |needle: &[u8]| bytes.windows(needle.len()).filter(|window| *window == needle).count();
        assert!(bytes.starts_with(b"%PDF-1.") && bytes.ends_with(b"%%EOF"));
        assert_eq!((find(b"/Subtype /Image"), find(b"/FontFile2"), find(b"/ToUnicode")), (1, 2, 2));
        assert_eq!(find(b"/SMask"), 0, "the data of a figure is opaque");
        let tail = String::from_utf8_lossy(&bytes[bytes.len() - 40..]).to_string();
        let start: usize =
            tail.split("startxref").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
        assert!(bytes[start..].starts_with(b"xref"));
        let index = String::from_utf8_lossy(&bytes[start..]).to_string();
        for (number, line) in
            index.lines().skip(2).take_while(|line| line.ends_with("n ") || line.ends_with("f ")).enumerate()
        {
            if line.ends_with("n ") {
                let at: usize = line[..10].parse().unwrap();
                assert!(bytes[at..].starts_with(format!("{number} 0 obj").as_bytes()), "object {number}");
            }
        }
    }
}

#[test]
fn png_of_values_is_indexed_and_has_a_density() {
    let spec = FigureSpec { scale: 2.0, ..spec() };
    let decoder = png::Decoder::new(std::io::Cursor::new(bytes(&composed(&spec, &consumer()), Format::Png)));
    let reader = decoder.read_info().unwrap();
    let info = reader.info();
    assert_eq!((info.width, info.height, info.color_type), (640, 480, png::ColorType::Indexed));
    assert_eq!(info.pixel_dims.unwrap().xppu, 7559, "192 dots per inch");
    let categories = bytes(&by_category(&spec), Format::Png);
    let reader = png::Decoder::new(std::io::Cursor::new(categories)).read_info().unwrap();
    assert_eq!(reader.info().color_type, png::ColorType::Rgb);
}

#[test]
fn the_same_figure_gives_the_same_bytes() {
    for format in [Format::Png, Format::Svg, Format::Pdf] {
        assert_eq!(
            bytes(&composed(&spec(), &consumer()), format),
            bytes(&composed(&spec(), &consumer()), format)
        );
    }
}

#[test]
fn bare_pictures_keep_their_transparency() {
    let figure = composed(&spec(), &consumer());
    let pixmap = figure.pixmap().unwrap();
    let mut rgba = vec![0; 4 * pixmap.width * pixmap.height];
    pixmap.to_rgba(&mut rgba);
    let mut out = Vec::new();
    pixmap.write_png(1.0, &mut out, &consumer()).unwrap();
    let mut decoder = png::Decoder::new(std::io::Cursor::new(out));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut read = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut read).unwrap();
    assert_eq!(read, rgba);
}

#[test]
fn files_appear_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let figure = composed(&spec(), &consumer());
    let listed = || {
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>()
    };

    let unknown = figure.save(&folder.path().join("a.jpeg"), &consumer()).unwrap_err().to_string();
    assert!(unknown.contains("jpeg") && unknown.contains(".png, .svg and .pdf"), "{unknown}");
    let poor = MemoryPool::new(1000).consumer("poor");
    for name in ["a.png", "a.svg", "a.pdf"] {
        assert!(matches!(figure.save(&folder.path().join(name), &poor), Err(FigureError::Budget(_))));
    }
    let nowhere = figure.save(&folder.path().join("no/such/a.png"), &consumer()).unwrap_err();
    assert!(matches!(&nowhere, FigureError::Io { path, .. } if path.ends_with("no/such/a.png")), "{nowhere}");
    assert!(figure.save(Path::new(folder.path()), &consumer()).is_err());
    assert_eq!(listed().len(), 0, "{:?}", listed());

    let target = folder.path().join("a.PNG");
    std::fs::write(&target, b"old").unwrap();
    figure.save(&target, &consumer()).unwrap();
    assert!(std::fs::read(&target).unwrap().starts_with(b"\x89PNG"));
    assert_eq!(listed().len(), 1);
    figure.save(Path::new("/dev/null"), &consumer()).unwrap_err();
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_modes_are_usual() {
    use std::os::unix::fs::{MetadataExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("real.png"), folder.path().join("link.png"));
    std::fs::write(&file, b"old").unwrap();
    symlink(&file, &link).unwrap();
    let usual = std::fs::metadata(&file).unwrap().mode();
    composed(&spec(), &consumer()).save(&link, &consumer()).unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
    assert_eq!(std::fs::metadata(&file).unwrap().mode(), usual);
}

#[test]
fn estimates_are_enough() {
    for scale in [1.0, 2.0] {
        let spec = FigureSpec { scale, ..spec() };
        let aggregate_bytes = 4 * 320 * 240 * (scale * scale) as usize;
        let pool = MemoryPool::new(aggregate_bytes + picture_bytes(320, 240, scale, PictureKind::Values));
        let consumer = pool.consumer("figure");
        let figure = composed(&spec, &consumer);
        for format in [Format::Png, Format::Svg, Format::Pdf] {
            figure.write(format, &mut std::io::sink(), &consumer).unwrap();
        }
    }
}

#[test]
fn what_cannot_be_laid_out_says_why() {
    let plan = |change: &dyn Fn(&mut FigureSpec)| {
        let mut spec = spec();
        change(&mut spec);
        Layout::plan(&spec).unwrap_err()
    };
    assert!(matches!(plan(&|spec| spec.width = 0), FigureError::BadSize { .. }));
    assert!(matches!(plan(&|spec| spec.height = 100_000), FigureError::BadSize { .. }));
    assert!(matches!(plan(&|spec| spec.scale = f64::NAN), FigureError::BadScale { .. }));
    assert!(matches!(plan(&|spec| spec.width = 60), FigureError::NoRoom { .. }));
    assert!(matches!(
        plan(&|spec| spec.axes[0].x.range = (1.0, 1.0)),
        FigureError::BadRange { axis: "x", .. }
    ));
    assert!(matches!(
        plan(&|spec| spec.axes[0].y.scale = Scale::Log),
        FigureError::BadRange { axis: "y", .. }
    ));

    let layout = Layout::plan(&spec()).unwrap();
    let other = Layout::plan(&FigureSpec { width: 400, ..spec() }).unwrap();
    let plane = consumer().zeroed::<u32>(other.data_pixels(0).0 * other.data_pixels(0).1).unwrap();
    let aggregate =
        Aggregate::from_planes(canvas(&other), Reduction::Count(None), vec![], Planes::U32(plane));
    let shaded = shade(&aggregate, &Shading::light(), &consumer()).unwrap();
    assert!(matches!(layout.compose(shaded), Err(FigureError::Mismatch { .. })));
}

/// The box of a text in units of the figure.
fn boxes(figure: &Figure) -> Vec<(String, [f32; 4])> {
    figure
        .items()
        .iter()
        .filter_map(|item| match item {
            DisplayItem::Text { line, x, y, upward: false, .. } => {
                Some((line.text.clone(), [*x, y - line.cap_height(), x + line.width(), *y]))
            }
            DisplayItem::Text { line, x, y, upward: true, .. } => {
                Some((line.text.clone(), [x - line.cap_height(), y - line.width(), *x, *y]))
            }
            _ => None,
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn no_text_is_clipped_or_covers_another(
        width in 260_u32..900,
        height in 220_u32..700,
        start in -1e6..1e6_f64,
        power in -9..12_i32,
        time in any::<bool>(),
        label in proptest::option::of("[a-zA-Z ]{0,60}"),
        title in proptest::option::of("[a-zA-Z ]{0,120}"),
    ) {
        let range = (start, start + 10_f64.powi(power));
        let kind = if time { AxisKind::Time { unit: TimeUnit::Second, zone: None } } else { AxisKind::Number };
        let axis = AxisSpec { range, scale: Scale::Linear, kind, label: label.clone(), downwards: false };
        let mut spec = FigureSpec::new(width, height, axis.clone(), axis);
        spec.axes[0].keys = vec![KeySpec::ColorBar { label }];
        spec.caption = title.clone();
        spec.title = title;
        let figure = composed(&spec, &consumer());
        let boxes = boxes(&figure);
        for (index, (text, [left, top, right, bottom])) in boxes.iter().enumerate() {
            prop_assert!(*left >= 0.0 && *top >= 0.0, "{text:?} at {left}, {top}");
            prop_assert!(*right <= width as f32 && *bottom <= height as f32, "{text:?} ends at {right}, {bottom}");
            for (other, [l, t, r, b]) in &boxes[index + 1..] {
                let apart = right <= l || r <= left || bottom <= t || b <= top;
                prop_assert!(apart, "{text:?} {:?} covers {other:?} {:?}", boxes[index].1, [l, t, r, b]);
            }
        }
    }
}
