//! Zarr arrays of any bytes: errors, never a panic, never more memory than the pool has.
//!
//! The first two bytes are the length of the document; what follows it is put in the place of each of the first chunks.
#![no_main]

use std::fs;
use std::sync::atomic::AtomicBool;

use drypoint_array::zarr::ZarrNode;
use drypoint_array::{Chunked, Selection};
use drypoint_memory::MemoryPool;
use libfuzzer_sys::fuzz_target;

/// Names of the first chunk by each way to call it, for up to three axes.
const CHUNKS: [&str; 10] = ["c", "c/0", "c/0/0", "c/0/0/0", "c.0", "c.0.0", "c.0.0.0", "0", "0.0", "0.0.0"];

fuzz_target!(|bytes: &[u8]| {
    let Some((head, rest)) = bytes.split_first_chunk::<2>() else { return };
    let (document, chunk) = rest.split_at(usize::from(u16::from_le_bytes(*head)).min(rest.len()));
    let Ok(folder) = tempfile::tempdir() else { return };
    if fs::write(folder.path().join("zarr.json"), document).is_err() {
        return;
    }
    let pool = MemoryPool::new(64 << 20);
    let Ok(ZarrNode::Array(array)) = ZarrNode::open(folder.path(), &pool.consumer("fuzz")) else { return };
    let deepest = array.shape().len();
    for name in CHUNKS {
        let path = folder.path().join(name);
        // `c` is a file for a single item, and a folder for all others.
        if (name == "c") != (deepest == 0) {
            continue;
        }
        if name.matches('/').count() == deepest || !name.contains('/') {
            let _ = path.parent().map(fs::create_dir_all);
            let _ = fs::write(path, chunk);
        }
    }
    let count: Vec<usize> = array.shape().iter().map(|length| (*length).min(40)).collect();
    let start = vec![0; deepest];
    let selections = [
        Selection::of_box(&start, &count),
        Selection {
            start,
            step: vec![3; deepest],
            count: count.iter().map(|count| count.div_ceil(3)).collect(),
        },
    ];
    for selection in selections {
        let mut items = vec![0; selection.items().saturating_mul(array.dtype().item_bytes()).min(4 << 20)];
        if let Err(error) = array.select(&selection, 1, &AtomicBool::new(false), &mut items) {
            assert!(!error.to_string().is_empty());
        }
    }
});
