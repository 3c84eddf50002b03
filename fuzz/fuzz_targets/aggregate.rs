//! Saved aggregates of any bytes: an error, or an aggregate that saves and loads as itself, in little memory.
#![no_main]

use std::io::Write;
use std::path::Path;

use drypoint_canvas::Aggregate;
use drypoint_memory::{MemoryConsumer, MemoryPool};
use libfuzzer_sys::fuzz_target;
use rawzip::{CompressionMethod, ZipArchiveWriter};

const ARRAYS: [&str; 4] = ["cells.npy", "counts.npy", "means.npy", "keys.npy"];

/// An archive whose checksums are right, whatever is in it: the arrays, each behind two bytes of its length and absent
/// where that is zero, then the description.
fn archive(mut bytes: &[u8], target: &Path) -> Option<()> {
    let mut archive = ZipArchiveWriter::new(std::fs::File::create(target).ok()?);
    let mut member = |name: &str, content: &[u8]| {
        let (mut entry, config) =
            archive.new_file(name).compression_method(CompressionMethod::Store).start().ok()?;
        let mut writer = config.wrap(&mut entry);
        writer.write_all(content).ok()?;
        let (_, output) = writer.finish().ok()?;
        entry.finish(output).ok()
    };
    for name in ARRAYS {
        let (&[low, high], rest) = bytes.split_first_chunk::<2>()?;
        let (content, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes([low, high])))?;
        if !content.is_empty() {
            member(name, content)?;
        }
        bytes = rest;
    }
    member("about.txt", bytes)?;
    archive.finish().ok().map(drop)
}

fn load(path: &Path, consumer: &MemoryConsumer) {
    let Ok(aggregate) = Aggregate::load(path, consumer) else { return };
    let again = path.with_extension("again");
    aggregate.save(&again).expect("what was loaded can be saved");
    let loaded = Aggregate::load(&again, consumer).expect("what was saved can be loaded");
    assert_eq!(loaded.categories, aggregate.categories);
    assert_eq!(loaded.planes(), aggregate.planes());
    // Merging looks at every part; whether these two may be merged is its own decision.
    drop(loaded.merge(&aggregate, consumer));
}

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.npz");
    let pool = MemoryPool::new(64 << 20);
    std::fs::write(&path, bytes).expect("room for a small file");
    load(&path, &pool.consumer("fuzz"));
    if archive(bytes, &path).is_some() {
        load(&path, &pool.consumer("fuzz"));
    }
    assert_eq!(pool.snapshot().reserved, 0);
});
