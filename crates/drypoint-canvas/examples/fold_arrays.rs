//! Times the folds over arrays in memory, beside a plain streaming read of the same arrays.
//!
//! `cargo run --release -p drypoint-canvas --example fold_arrays -- [rows] [repeats]`
//!
//! The points are 70 % three Gaussian clusters and 30 % uniform, in random order, which is the worst case for caches.

use std::time::Instant;

use drypoint_canvas::{
    Axis, AxisKind, Canvas, GrowingAxis, GrowingFold, Options, Reduction, Scale, extents, points,
};
use drypoint_memory::MemoryPool;
use drypoint_stream::{Column, Values};

#[path = "../tests/table/mod.rs"]
mod table;
use table::{Table, Words};

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Near enough to a Gaussian: the sum of four.
    fn bell(&mut self) -> f64 {
        self.unit() + self.unit() + self.unit() + self.unit() - 2.0
    }
}

fn canvas(width: usize, height: usize) -> Canvas {
    let axis = |pixels| Axis { pixels, range: (0.0, 1.0), scale: Scale::Linear, kind: AxisKind::Number };
    Canvas { x: axis(width), y: axis(height) }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rows: usize = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(100_000_000);
    let repeats: usize = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(5);
    let only = arguments.next();

    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let centres = [(0.3, 0.3, 0.05), (0.7, 0.6, 0.1), (0.45, 0.8, 0.02)];
    let (mut x, mut y, mut value, mut code) = (
        Vec::with_capacity(rows),
        Vec::with_capacity(rows),
        Vec::with_capacity(rows),
        Vec::with_capacity(rows),
    );
    for _ in 0..rows {
        let kind = random.unit();
        if kind < 0.7 {
            let (cx, cy, spread) = centres[(kind / 0.7 * 3.0) as usize];
            x.push((cx + spread * random.bell()).clamp(0.0, 1.0));
            y.push((cy + spread * random.bell()).clamp(0.0, 1.0));
        } else {
            x.push(random.unit());
            y.push(random.unit());
        }
        value.push(random.unit() as f32);
        code.push((random.next() % 8) as u32);
    }
    let table = Table::new().f64("x", x).f64("y", y).f32("value", value).dictionary(
        "kind",
        code,
        Words::new(&["a", "b", "c", "d", "e", "f", "g", "h"]),
    );

    let best = |name: &str, run: &mut dyn FnMut()| {
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            return;
        }
        let mut times: Vec<f64> = (0..repeats)
            .map(|_| {
                let start = Instant::now();
                run();
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("{name:<44}{:>8.1} ms least {:>8.1} ms median", times[0], times[times.len() / 2]);
    };

    best("streaming read of x and y, 1 thread", &mut || {
        let sum = |column: &Column<'_>| match column.values {
            Values::F64(values) => {
                let mut lanes = [0.0f64; 32];
                for chunk in values.chunks_exact(32) {
                    for (lane, value) in lanes.iter_mut().zip(chunk) {
                        *lane += value;
                    }
                }
                lanes.iter().sum::<f64>()
            }
            _ => 0.0,
        };
        std::hint::black_box((sum(&table.column(0)), sum(&table.column(1))));
    });

    let value = || "value".to_string();
    let cases = [
        ("count 900x600", canvas(900, 600), Reduction::Count(None)),
        ("mean of float32 900x600", canvas(900, 600), Reduction::Mean(value())),
        (
            "count by 8 900x600",
            canvas(900, 600),
            Reduction::By("kind".into(), Box::new(Reduction::Count(None))),
        ),
        ("max of float32 900x600", canvas(900, 600), Reduction::Max(value())),
        ("sum of float32 900x600", canvas(900, 600), Reduction::Sum(value())),
        ("var of float32 900x600", canvas(900, 600), Reduction::Var(value())),
        ("last of float32 900x600", canvas(900, 600), Reduction::Last(value())),
        (
            "mean by 8 900x600",
            canvas(900, 600),
            Reduction::By("kind".into(), Box::new(Reduction::Mean(value()))),
        ),
        ("count 4000x3000", canvas(4000, 3000), Reduction::Count(None)),
    ];
    for (name, canvas, reduction) in &cases {
        for threads in [1, 2] {
            let mut options = Options::new(MemoryPool::new(4 << 30).consumer("example"));
            options.threads = Some(threads);
            best(&format!("{name}, {threads} thread(s)"), &mut || {
                let aggregate = points(canvas, &table, "x", "y", reduction, &options).expect("fold");
                std::hint::black_box(&aggregate);
            });
        }
    }
    let zoomed = Canvas {
        x: Axis { range: (0.4, 0.5), ..canvas(900, 600).x },
        y: Axis { range: (0.4, 0.5), ..canvas(900, 600).y },
    };
    let options = Options { threads: Some(1), ..Options::new(MemoryPool::new(1 << 30).consumer("example")) };
    best("count of a hundredth of the area, 1 thread(s)", &mut || {
        std::hint::black_box(
            points(&zoomed, &table, "x", "y", &Reduction::Count(None), &options).expect("fold"),
        );
    });
    for threads in [1, 2] {
        let options =
            Options { threads: Some(threads), ..Options::new(MemoryPool::new(1 << 30).consumer("example")) };
        best(&format!("extents of x and y, {threads} thread(s)"), &mut || {
            let columns = [("x", Scale::Linear), ("y", Scale::Linear)];
            std::hint::black_box(extents(&table, &columns, &options).expect("extents"));
        });
        best(&format!("count on a growing canvas, {threads} thread(s)"), &mut || {
            let axis =
                |pixels| GrowingAxis { pixels, range: None, scale: Scale::Linear, kind: AxisKind::Number };
            let mut fold =
                GrowingFold::new(axis(900), axis(600), "x", "y", &Reduction::Count(None), &options)
                    .expect("canvas");
            fold.consume(&table).expect("fold");
            std::hint::black_box(fold.finish().expect("aggregate"));
        });
    }
}
