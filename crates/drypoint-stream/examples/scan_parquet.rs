//! Scan columns of a Parquet file and print the rate and the peak memory:
//! `cargo run --release --example scan_parquet -- FILE READERS BATCH_ROWS COLUMN...`

use std::time::Instant;

use drypoint_memory::MemoryPool;
use drypoint_stream::{Cancel, ParquetFile, Request, Source, Values};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, readers, batch_rows, names @ ..] = arguments.as_slice() else {
        return Err("usage: FILE READERS BATCH_ROWS COLUMN...".into());
    };
    let began = Instant::now();
    let file = ParquetFile::open(path)?;
    let columns = names.iter().map(|name| file.schema().index_of(name)).collect::<Result<Vec<_>, _>>()?;
    let request = Request {
        columns,
        batch_rows: batch_rows.parse()?,
        readers: readers.parse()?,
        consumer: MemoryPool::new(1 << 30).consumer("scan"),
        cancel: Cancel::default(),
    };
    let needs = file.needs(&request)?;
    let opened = began.elapsed();
    let scan = file.scan(&request)?;
    let totals = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..request.readers)
            .map(|_| {
                scope.spawn(|| -> drypoint_stream::Result<(u64, f64)> {
                    let mut reader = scan.reader()?;
                    let (mut rows, mut sum) = (0, 0.0);
                    while let Some(batch) = reader.next()? {
                        rows += batch.rows as u64;
                        for column in &batch.columns {
                            sum += total(column.values);
                        }
                    }
                    Ok((rows, sum))
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no reader panics")).collect::<Vec<_>>()
    });
    let seconds = began.elapsed().as_secs_f64();
    let (mut rows, mut sum) = (0, 0.0);
    for part in totals {
        let (part_rows, part_sum) = part?;
        rows += part_rows;
        sum += part_sum;
    }
    println!(
        "{rows} rows in {seconds:.3} s ({:.0} million rows/s), sum {sum:e}",
        rows as f64 / seconds / 1e6
    );
    println!("opened and planned in {:.1} ms", opened.as_secs_f64() * 1e3);
    let shared = needs.shared_bytes;
    println!(
        "needs: shared {shared} B, each reader {} B, at most {} readers",
        needs.reader_bytes, needs.max_readers
    );
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find(|line| line.starts_with("VmHWM"));
        println!("peak resident: {}", peak.unwrap_or("unknown"));
    }
    Ok(())
}

/// Something that reads every value and costs next to nothing: eight sums side by side.
fn total(values: Values<'_>) -> f64 {
    fn lanes<T: Copy>(values: &[T], as_f64: impl Fn(T) -> f64) -> f64 {
        let (blocks, rest) = values.as_chunks::<8>();
        let mut sums = [0.0; 8];
        for block in blocks {
            for (sum, value) in sums.iter_mut().zip(block) {
                *sum += as_f64(*value);
            }
        }
        sums.iter().sum::<f64>() + rest.iter().map(|value| as_f64(*value)).sum::<f64>()
    }
    match values {
        Values::F64(values) => lanes(values, |value| value),
        Values::F32(values) => lanes(values, f64::from),
        Values::I64(values) => lanes(values, |value| value as f64),
        Values::I32(values) => lanes(values, f64::from),
        Values::Dictionary { codes, .. } => lanes(codes, f64::from),
        other => other.len() as f64,
    }
}
