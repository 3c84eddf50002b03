//! Draws a variety of figures from data made up on the spot, to be looked at:
//! `cargo run --release -p drypoint-figure --example gallery -- out/`

use std::path::Path;
use std::time::Instant;

use drypoint_canvas::{Aggregate, Axis, AxisKind, Canvas, Planes, Reduction, Scale};
use drypoint_figure::*;
use drypoint_memory::{MemoryConsumer, MemoryPool};
use drypoint_stream::TimeUnit;

type Outcome<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "out".into());
    std::fs::create_dir_all(&folder)?;
    let gallery = Gallery { folder, consumer: MemoryPool::new(256 << 20).consumer("gallery") };
    gallery.attractor()?;
    gallery.time()?;
    gallery.categories()?;
    gallery.mean_on_logs()?;
    gallery.corners()
}

struct Gallery {
    folder: String,
    consumer: MemoryConsumer,
}

/// A small generator of even random numbers (splitmix64): the pictures must not change between runs.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..6).map(|_| self.next()).sum::<f64>() * 1.4 - 4.2
    }
}

impl Gallery {
    fn count(&self, layout: &Layout, points: impl Iterator<Item = (f64, f64)>) -> Outcome<Aggregate> {
        let (width, height) = layout.data_pixels(0);
        let mut cells = self.consumer.zeroed::<u32>(width * height)?;
        for (x, y) in points {
            if let Some(cell) = cell(layout, x, y) {
                cells[cell] += 1;
            }
        }
        Ok(Aggregate::from_planes(canvas(layout), Reduction::Count(None), vec![], Planes::U32(cells)))
    }

    fn save(&self, name: &str, layout: &Layout, aggregate: &Aggregate, shading: &Shading) -> Outcome<()> {
        let start = Instant::now();
        let shaded = shade(aggregate, shading, &self.consumer)?;
        let shading_time = start.elapsed();
        let figure = layout.compose(shaded)?;
        print!("{name:16} shade {:5.1} ms", shading_time.as_secs_f64() * 1e3);
        for extension in ["png", "svg", "pdf"] {
            let start = Instant::now();
            let path = format!("{}/{name}.{extension}", self.folder);
            figure.save(Path::new(&path), &self.consumer)?;
            let size = std::fs::metadata(&path)?.len() / 1024;
            print!("   {extension} {:5.1} ms {size:4} KiB", start.elapsed().as_secs_f64() * 1e3);
        }
        println!();
        Ok(())
    }

    fn attractor(&self) -> Outcome<()> {
        for (name, theme, scale) in
            [("light", Theme::Light, 1.0), ("dark", Theme::Dark, 1.0), ("light2x", Theme::Light, 2.0)]
        {
            let mut spec = FigureSpec::new(
                900,
                600,
                AxisSpec::new(-2.2, 2.2).labelled("x"),
                AxisSpec::new(-2.1, 2.1).labelled("y"),
            );
            spec.title = Some("Clifford attractor, ten million points".into());
            spec.caption = Some("a = −1.4, b = 1.6, c = 1.0, d = 0.7".into());
            spec.axes[0].keys = vec![KeySpec::ColorBar { label: Some("points".into()) }];
            (spec.theme, spec.scale) = (theme, scale);
            let layout = Layout::plan(&spec)?;
            let (mut x, mut y) = (0.1_f64, 0.1_f64);
            let points = (0..10_000_000).map(|_| {
                (x, y) = ((-1.4 * y).sin() + (-1.4 * x).cos(), (1.6 * x).sin() + 0.7 * (1.6 * y).cos());
                (x, y)
            });
            let aggregate = self.count(&layout, points)?;
            self.save(name, &layout, &aggregate, &theme.shading())?;
            if name == "dark" {
                let shading = Shading { colors: ColorMap::named("fire")?, ..theme.shading() };
                self.save("dark-fire", &layout, &aggregate, &shading)?;
                let shaded = shade(&aggregate, &theme.shading(), &self.consumer)?;
                Figure::bare(shaded.pixmap, 1.0)
                    .save(Path::new(&format!("{}/bare.png", self.folder)), &self.consumer)?;
            }
        }
        Ok(())
    }

    fn time(&self) -> Outcome<()> {
        let start = 1_700_000_000.0;
        for (name, seconds) in
            [("time-years", 1.2e8), ("time-days", 8e5), ("time-hours", 90_000.0), ("time-us", 3e-5)]
        {
            let kind = AxisKind::Time { unit: TimeUnit::Second, zone: None };
            let x = AxisSpec { kind, ..AxisSpec::new(start, start + seconds) }
                .labelled("time of departure (UTC)");
            let mut spec =
                FigureSpec::new(800, 420, x, AxisSpec::new(-60.0, 180.0).labelled("delay in minutes"));
            spec.title = Some("Departure delays".into());
            spec.axes[0].keys = vec![KeySpec::ColorBar { label: Some("flights".into()) }];
            let layout = Layout::plan(&spec)?;
            let mut random = Random(7);
            let points = (0..300_000).map(|_| {
                let t = random.next();
                let delay = random.normal() * 12.0 + 40.0 * (random.next().powi(8)) + 12.0 * (t * 40.0).sin();
                (start + t * seconds, delay)
            });
            let aggregate = self.count(&layout, points)?;
            self.save(name, &layout, &aggregate, &Shading::light())?;
        }
        Ok(())
    }

    fn categories(&self) -> Outcome<()> {
        for (name, count, theme) in
            [("cats-6", 6, Theme::Light), ("cats-dark", 10, Theme::Dark), ("cats-60", 60, Theme::Light)]
        {
            let names: Vec<String> = (0..count)
                .map(|index| match index % 6 {
                    0 => format!("New York {index}"),
                    1 => format!("a rather long name of a category {index}"),
                    2 => format!("Łódź {index}"),
                    3 => format!("Αθήνα {index}"),
                    4 => format!("Москва {index}"),
                    _ => format!("B{index}"),
                })
                .collect();
            let mut spec = FigureSpec::new(
                760,
                480,
                AxisSpec::new(-5.0, 5.0).labelled("longitude"),
                AxisSpec::new(-4.0, 4.0).labelled("latitude"),
            );
            spec.title = Some("Where they are".into());
            spec.theme = theme;
            spec.axes[0].keys = vec![KeySpec::Legend { title: Some("city".into()), names: names.clone() }];
            let layout = Layout::plan(&spec)?;
            let (width, height) = layout.data_pixels(0);
            let mut cells = self.consumer.zeroed::<u32>(width * height * count)?;
            let mut random = Random(3);
            for _ in 0..600_000 {
                let category = ((random.next() * random.next()) * count as f64) as usize;
                let angle = category as f64 * 2.4;
                let r = 0.9 + 0.3 * (category as f64).sqrt();
                let (x, y) =
                    (r * angle.cos() + random.normal() * 0.7, r * angle.sin() + random.normal() * 0.5);
                if let Some(cell) = cell(&layout, x, y) {
                    cells[category * width * height + cell] += 1;
                }
            }
            let by = Reduction::By("city".into(), Box::new(Reduction::Count(None)));
            let aggregate = Aggregate::from_planes(canvas(&layout), by, names, Planes::U32(cells));
            self.save(name, &layout, &aggregate, &theme.shading())?;
        }
        Ok(())
    }

    fn mean_on_logs(&self) -> Outcome<()> {
        let log = |start, end| AxisSpec { scale: Scale::Log, ..AxisSpec::new(start, end) };
        let mut spec = FigureSpec::new(
            800,
            520,
            log(1e-6, 1e4).labelled("frequency in Hz"),
            log(0.5, 4e5).labelled("power"),
        );
        spec.title = Some("Mean temperature by frequency and power".into());
        spec.axes[0].keys = vec![KeySpec::ColorBar { label: Some("mean °C".into()) }];
        let layout = Layout::plan(&spec)?;
        let (width, height) = layout.data_pixels(0);
        let mut cells = self.consumer.zeroed::<f64>(width * height)?;
        for (index, cell) in cells.iter_mut().enumerate() {
            let (x, y) = ((index % width) as f64 / width as f64, (index / width) as f64 / height as f64);
            let inside = (x - 0.5).powi(2) + (y - 0.5).powi(2) < 0.2 * (1.0 + 0.3 * (9.0 * x).sin());
            *cell = if inside { 60.0 * (6.0 * x).sin() * (5.0 * y).cos() - 12.0 } else { f64::NAN };
        }
        let aggregate =
            Aggregate::from_planes(canvas(&layout), Reduction::Mean("t".into()), vec![], Planes::F64(cells));
        let shading = Shading { how: How::Linear, colors: ColorMap::named("rdbu_r")?, ..Shading::light() };
        self.save("mean-log", &layout, &aggregate, &shading)
    }

    fn corners(&self) -> Outcome<()> {
        let long = "A title that goes on and on, as titles made from the names of columns and files and conditions tend to do, and then on";
        let cases = [
            ("tiny-range", AxisSpec::new(1e9, 1e9 + 1e-3), AxisSpec::new(-1e-9, 2e-9)),
            ("huge", AxisSpec::new(-4e12, 9e12), AxisSpec::new(0.0, 8e6)),
            (
                "long-labels",
                AxisSpec::new(0.0, 1.0).labelled(long),
                AxisSpec::new(123_456.0, 123_457.0).labelled(long),
            ),
        ];
        for (name, x, y) in cases {
            let mut spec = FigureSpec::new(560, 360, x, y);
            spec.title = Some(if name == "long-labels" { long.into() } else { name.into() });
            spec.caption = Some(long.into());
            spec.axes[0].keys = vec![KeySpec::ColorBar {
                label: Some(if name == "long-labels" { long.into() } else { "n".into() }),
            }];
            let layout = Layout::plan(&spec)?;
            let mut random = Random(1);
            let ((x0, x1), (y0, y1)) = (spec.axes[0].x.range, spec.axes[0].y.range);
            let points = (0..4000).map(|_| {
                let (u, v) = (random.normal() * 0.15 + 0.5, random.normal() * 0.15 + 0.5);
                (x0 + u * (x1 - x0), y0 + v * (y1 - y0))
            });
            let aggregate = self.count(&layout, points)?;
            let shading = Shading { spread: Spread::Auto { scale: 1.0 }, ..Shading::light() };
            self.save(name, &layout, &aggregate, &shading)?;
        }
        let mut spec = FigureSpec::new(480, 320, AxisSpec::new(0.0, 10.0), AxisSpec::new(0.0, 10.0));
        spec.title = Some("Nothing here".into());
        let layout = Layout::plan(&spec)?;
        let aggregate = self.count(&layout, std::iter::empty())?;
        self.save("empty", &layout, &aggregate, &Shading::light())?;
        let single = self.count(&layout, [(3.0, 4.0), (10.0, 10.0), (0.0, 0.0)].into_iter())?;
        self.save(
            "three",
            &layout,
            &single,
            &Shading { spread: Spread::Auto { scale: 1.0 }, ..Shading::light() },
        )
    }
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

fn cell(layout: &Layout, x: f64, y: f64) -> Option<usize> {
    let (width, height) = layout.data_pixels(0);
    let bin = |value: f64, (start, end): (f64, f64), pixels: usize| {
        let part = (value - start) / (end - start);
        (0.0..=1.0).contains(&part).then(|| ((part * pixels as f64) as usize).min(pixels - 1))
    };
    let spec = layout.spec();
    Some(bin(y, spec.axes[0].y.range, height)? * width + bin(x, spec.axes[0].x.range, width)?)
}
