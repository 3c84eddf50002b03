//! Packed tiles of any bytes: an error, or counts that are packed and unpacked as themselves.
#![no_main]

use drypoint_array::{Packer, TileCells, TilePacking, TileScratch};
use drypoint_memory::MemoryPool;
use libfuzzer_sys::fuzz_target;

fn counts(scratch: &mut TileScratch) -> Vec<(u16, u64)> {
    let mut counts = Vec::new();
    scratch.each_cell(|place, count| counts.push((place, count)));
    counts
}

fuzz_target!(|bytes: &[u8]| {
    let consumer = MemoryPool::new(16 << 20).consumer("fuzz");
    let mut scratch = TileScratch::new(&consumer).expect("room for two tiles");
    if scratch.unpack(bytes).is_err() {
        return;
    }
    let expected = counts(&mut scratch);
    for packing in [TilePacking::Fast, TilePacking::Small] {
        let packed = Packer::default().pack(scratch.cells(), packing).to_vec();
        let mut again = TileScratch::new(&consumer).expect("room for two tiles");
        again.unpack(&packed).expect("what was packed can be unpacked");
        assert_eq!(counts(&mut again), expected);
    }
    assert!(matches!(scratch.cells(), TileCells::Few(_) | TileCells::Many(_)));
});
