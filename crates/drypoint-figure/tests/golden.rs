//! Figures against stored ones. A failure leaves expected, difference and actual side by side; after a change that is
//! meant, look at them and renew with `DRYPOINT_RENEW_GOLDEN=1 cargo test -p drypoint-figure --test golden`.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use drypoint_canvas::{Aggregate, Axis, AxisKind, Canvas, Planes, Reduction, Scale};
use drypoint_figure::{
    AxesSpec, AxisSpec, FigureSpec, Format, How, KeySpec, Layout, Shading, Spread, Theme, shade,
};
use drypoint_memory::{MemoryConsumer, MemoryPool};
use drypoint_stream::TimeUnit;

/// The edges of letters are rounded from float32 outlines: other machines may differ by a step or two of coverage.
const MOST_CHANNEL_DIFFERENCE: u8 = 36;
/// And at so many pixels in ten thousand.
const MOST_PIXELS: usize = 10;

struct Rgb {
    width: usize,
    height: usize,
    bytes: Vec<u8>,
}

fn consumer() -> MemoryConsumer {
    MemoryPool::new(64 << 20).consumer("golden")
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

/// A picture of `count` in each pixel, a smooth hill in whole numbers with an empty surrounding.
fn hill(layout: &Layout) -> Aggregate {
    let (width, height) = layout.data_pixels(0);
    let mut cells = consumer().zeroed::<u32>(width * height).unwrap();
    for (index, cell) in cells.iter_mut().enumerate() {
        let (x, y) = (
            (index % width) as i64 * 200 / width as i64 - 100,
            (index / width) as i64 * 200 / height as i64 - 100,
        );
        *cell = (8000 - x * x - y * y).max(0) as u32 / 40;
    }
    Aggregate::from_planes(canvas(layout), Reduction::Count(None), vec![], Planes::U32(cells))
}

fn stripes(layout: &Layout, categories: usize, name: impl Fn(usize) -> String) -> Aggregate {
    let (width, height) = layout.data_pixels(0);
    let size = width * height;
    let mut cells = consumer().zeroed::<u32>(size * categories).unwrap();
    for index in 0..size {
        let category = index % width * categories / width;
        cells[category * size + index] = 1 + (index / width) as u32 / 8;
        cells[(category + 1) % categories * size + index] = (index / width) as u32 / 16;
    }
    let names = (0..categories).map(name).collect();
    Aggregate::from_planes(
        canvas(layout),
        Reduction::By("c".into(), Box::new(Reduction::Count(None))),
        names,
        Planes::U32(cells),
    )
}

fn check(name: &str, spec: &FigureSpec, shading: &Shading, aggregate: impl Fn(&Layout) -> Aggregate) {
    let layout = Layout::plan(spec).unwrap();
    let shaded = shade(&aggregate(&layout), shading, &consumer()).unwrap();
    let mut bytes = Vec::new();
    layout.compose(shaded).unwrap().write(Format::Png, &mut bytes, &consumer()).unwrap();
    let actual = read(std::io::Cursor::new(&bytes));

    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.png"));
    if std::env::var_os("DRYPOINT_RENEW_GOLDEN").is_some() {
        std::fs::create_dir_all(stored.parent().unwrap()).unwrap();
        std::fs::write(&stored, &bytes).unwrap();
        return;
    }
    let expected = File::open(&stored).map(|file| read(BufReader::new(file)));
    let expected = expected.unwrap_or_else(|error| panic!("{}: {error}; renew to make it", stored.display()));
    let same_size = (actual.width, actual.height) == (expected.width, expected.height);
    let pixels = actual.bytes.chunks_exact(3).zip(expected.bytes.chunks_exact(3));
    let far = |(a, b): &(&[u8], &[u8])| {
        a.iter().zip(b.iter()).any(|(a, b)| a.abs_diff(*b) > MOST_CHANNEL_DIFFERENCE)
    };
    let different = pixels.filter(far).count();
    if !same_size || different * 10_000 > MOST_PIXELS * actual.width * actual.height {
        let path = side_by_side(name, &expected, &actual);
        panic!(
            "{name}: {different} pixels differ; expected, difference and actual are in {}",
            path.display()
        );
    }
}

fn read(bytes: impl std::io::BufRead + std::io::Seek) -> Rgb {
    let mut decoder = png::Decoder::new(bytes);
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb, "figures are opaque");
    Rgb { width: info.width as usize, height: info.height as usize, bytes }
}

fn side_by_side(name: &str, expected: &Rgb, actual: &Rgb) -> PathBuf {
    let (width, height) = (expected.width.max(actual.width), expected.height.max(actual.height));
    let at = |picture: &Rgb, x: usize, y: usize| -> Option<[u8; 3]> {
        let start = 3 * (y * picture.width + x);
        (x < picture.width && y < picture.height)
            .then(|| [0, 1, 2].map(|channel| picture.bytes[start + channel]))
    };
    let mut bytes = Vec::with_capacity(9 * width * height);
    for y in 0..height {
        for panel in 0..3 {
            for x in 0..width {
                let (old, new) =
                    (at(expected, x, y).unwrap_or_default(), at(actual, x, y).unwrap_or_default());
                let difference =
                    [0, 1, 2].map(|channel: usize| old[channel].abs_diff(new[channel]).saturating_mul(4));
                bytes.extend([old, difference, new][panel]);
            }
        }
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("golden");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}.png"));
    let mut encoder =
        png::Encoder::new(BufWriter::new(File::create(&path).unwrap()), 3 * width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&bytes).unwrap();
    path
}

fn axes(x: AxisSpec, y: AxisSpec) -> Vec<AxesSpec> {
    let keys = vec![KeySpec::ColorBar { label: Some("count".into()) }];
    vec![AxesSpec { keys, ..AxesSpec::new(x, y) }]
}

fn spec(theme: Theme) -> FigureSpec {
    let mut spec = FigureSpec::new(
        360,
        260,
        AxisSpec::new(-2.0, 2.0).labelled("width"),
        AxisSpec::new(0.0, 5e7).labelled("height"),
    );
    spec.title = Some("A hill, Ελλάδα, Україна".into());
    spec.caption = Some("256 − x² − y²".into());
    spec.axes[0].keys = vec![KeySpec::ColorBar { label: Some("count".into()) }];
    spec.theme = theme;
    spec
}

#[test]
fn counts_on_light() {
    check("counts-light", &spec(Theme::Light), &Shading::light(), hill);
}

#[test]
fn counts_on_dark_at_double_density() {
    check("counts-dark-2x", &FigureSpec { scale: 2.0, ..spec(Theme::Dark) }, &Shading::dark(), hill);
}

#[test]
fn dates_and_logs() {
    let x = AxisSpec {
        kind: AxisKind::Time { unit: TimeUnit::Day, zone: None },
        ..AxisSpec::new(19_600.0, 20_100.0)
    };
    let y = AxisSpec { scale: Scale::Log, ..AxisSpec::new(0.02, 4e5).labelled("power") };
    let spec = FigureSpec { title: None, caption: None, axes: axes(x, y), ..spec(Theme::Light) };
    check("dates-logs", &spec, &Shading { how: How::Log, ..Shading::light() }, hill);
}

#[test]
fn categories_with_a_long_legend() {
    let name = |category: usize| format!("category {category}");
    let key = KeySpec::Legend { title: Some("kind".into()), names: (0..20).map(name).collect() };
    let mut spec = spec(Theme::Light);
    spec.axes[0].keys = vec![key];
    check("categories", &spec, &Shading::light(), |layout| stripes(layout, 20, name));
}

#[test]
fn short_names_in_two_columns() {
    let name = |category: usize| String::from_iter(['A', char::from(b'A' + category as u8)]);
    let key = KeySpec::Legend { title: Some("state".into()), names: vec![name(0)] };
    let mut spec = spec(Theme::Dark);
    spec.axes[0].keys = vec![key];
    check("legend-columns", &spec, &Shading::dark(), |layout| stripes(layout, 16, name));
}

#[test]
fn part_of_a_day_and_tiny_values() {
    let x = AxisSpec {
        kind: AxisKind::Time { unit: TimeUnit::Day, zone: None },
        ..AxisSpec::new(19_600.2, 19_600.9)
    };
    let y = AxisSpec::new(-4.38e-9, 4.32e-9).labelled("y");
    let spec = FigureSpec { title: None, caption: None, axes: axes(x, y), height: 160, ..spec(Theme::Light) };
    check("part-of-a-day", &spec, &Shading { how: How::Linear, ..Shading::light() }, |layout| {
        let (width, height) = layout.data_pixels(0);
        let mut cells = consumer().zeroed::<f64>(width * height).unwrap();
        for (index, cell) in cells.iter_mut().enumerate() {
            *cell = ((index % width) as f64 - width as f64 / 2.0) * 4.59e-11;
        }
        Aggregate::from_planes(canvas(layout), Reduction::Mean("v".into()), vec![], Planes::F64(cells))
    });
}

#[test]
fn three_points() {
    let shading = Shading { spread: Spread::Auto { scale: 1.0 }, ..Shading::light() };
    check("three-points", &spec(Theme::Light), &shading, |layout| {
        let (width, height) = layout.data_pixels(0);
        let mut cells = consumer().zeroed::<u32>(width * height).unwrap();
        for (x, y, count) in [(width / 2, height / 2, 1), (width / 4, height / 3, 2), (0, 0, 3)] {
            cells[y * width + x] = count;
        }
        Aggregate::from_planes(canvas(layout), Reduction::Count(None), vec![], Planes::U32(cells))
    });
}
