//! How fast a CSV, NPY or NPZ file is read, and in how much memory.
//!
//! `cargo run --release -p drypoint-stream --example scan_text -- FILE [READERS] [BATCH_ROWS] [COLUMN...]`

use std::time::Instant;

use drypoint_memory::MemoryPool;
use drypoint_stream::csv::{CsvFile, CsvOptions};
use drypoint_stream::npy::NpyFile;
use drypoint_stream::npz::NpzFile;
use drypoint_stream::{Batch, Cancel, Request, Result, Source, Values};

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which file?")?;
    let readers: usize = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let batch_rows: usize = arguments.next().map_or(Ok(16_384), |text| text.parse())?;
    let names: Vec<String> = arguments.collect();

    let began = Instant::now();
    let source = open(&path)?;
    let columns = if names.is_empty() {
        (0..source.schema().fields.len().min(2)).collect()
    } else {
        names.iter().map(|name| source.schema().index_of(name)).collect::<Result<Vec<_>>>()?
    };
    let pool = MemoryPool::new(256 << 20);
    let request =
        Request { columns, batch_rows, readers, consumer: pool.consumer("scan"), cancel: Cancel::default() };
    let needs = source.needs(&request)?;
    let (rows, sum) = read_all(source.as_ref(), &request)?;
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{rows} rows in {seconds:.3} s, {:.1} Mrows/s, {readers} readers, sum {sum:e}, {needs:?}, peak {}",
        rows as f64 / seconds / 1e6,
        peak_resident()
    );
    Ok(())
}

fn open(path: &str) -> Result<Box<dyn Source>> {
    match path.rsplit('.').next() {
        Some("npy") => Ok(Box::new(NpyFile::open(path)?)),
        Some("npz") => Ok(Box::new(NpzFile::open(path)?)),
        _ => Ok(Box::new(CsvFile::open(path, &CsvOptions::default())?)),
    }
}

fn read_all(source: &dyn Source, request: &Request) -> Result<(u64, f64)> {
    let scan = source.scan(request)?;
    let scan = scan.as_ref();
    std::thread::scope(|threads| {
        let handles: Vec<_> = (0..request.readers)
            .map(|_| {
                threads.spawn(move || {
                    let mut reader = scan.reader()?;
                    let mut total = (0u64, 0.0f64);
                    while let Some(batch) = reader.next()? {
                        total = (total.0 + batch.rows as u64, total.1 + checksum(&batch));
                    }
                    Result::Ok(total)
                })
            })
            .collect();
        handles.into_iter().try_fold((0, 0.0), |sum, handle| {
            let part: (u64, f64) = handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            Ok((sum.0 + part.0, sum.1 + part.1))
        })
    })
}

/// Touches every value, in lanes, so that reading them is not optimised away and costs next to nothing.
fn checksum(batch: &Batch<'_>) -> f64 {
    batch
        .columns
        .iter()
        .map(|column| match column.values {
            Values::F64(values) => {
                let mut lanes = [0.0; 16];
                for block in values.chunks_exact(16) {
                    lanes.iter_mut().zip(block).for_each(|(lane, value)| *lane += value);
                }
                lanes.iter().sum::<f64>()
            }
            ref values => values.len() as f64,
        })
        .sum()
}

fn peak_resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("unknown").to_string()
}
