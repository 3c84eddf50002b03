//! Memory as the system counts it, measured in a child process of which nothing else is known.
#![cfg(target_os = "linux")]

use std::process::Command;

use drypoint_memory::{MemoryPool, PoolAllocator, peak_resident_bytes, reset_peak_resident, resident_bytes};

#[global_allocator]
static ALLOCATOR: PoolAllocator = PoolAllocator;

const MIB: usize = 1 << 20;

/// The kernel adds its counters up lazily; and the test harness and its threads need something.
const OVERHEAD: usize = 2 * MIB;

const ROLE: &str = "DRYPOINT_TEST_ROLE";

/// Run the test of this name again in a process of its own, where `work` is done instead.
fn in_child(name: &str, work: fn()) {
    if std::env::var(ROLE).as_deref() == Ok(name) {
        return work();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(ROLE, name)
        .env("DRYPOINT_MEMORY", "32MiB")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stdout));
}

/// A mix of sizes that never fits idle blocks as they are, huge pages among them, until everything was used.
fn churn(pool: &MemoryPool) {
    let consumer = pool.consumer("churn");
    let mut held = std::collections::VecDeque::new();
    for turn in 0..400usize {
        let len = 70_000 + turn * 1_234_567 % (9 * MIB);
        while let Err(refused) = consumer.zeroed::<u8>(len).map(|buffer| held.push_back(buffer)) {
            assert!(held.pop_front().is_some(), "{refused}");
        }
        held.back_mut().unwrap().fill(1);
        if turn % 7 == 0 {
            held.clear();
        }
    }
}

#[test]
fn a_process_stays_within_its_budget() {
    in_child("a_process_stays_within_its_budget", || {
        let pool = MemoryPool::process();
        assert_eq!(pool.limit(), 32 * MIB, "from the environment");
        let before = resident_bytes().unwrap();
        assert!(reset_peak_resident());
        churn(pool);
        let peak = peak_resident_bytes().unwrap() - before;
        assert!(peak <= 32 * MIB + OVERHEAD, "{peak}");
        assert!(peak >= 20 * MIB, "{peak}: the work was not done");
        let snapshot = pool.snapshot();
        assert!(snapshot.idle > 0 && snapshot.reserved == 0);
        pool.trim(0);
        let after = resident_bytes().unwrap() - before;
        assert!(after <= OVERHEAD, "{after} is kept after trimming");
    });
}

#[test]
fn decoders_reuse_the_same_pages() {
    in_child("decoders_reuse_the_same_pages", || {
        let pool = MemoryPool::process();
        let before = resident_bytes().unwrap();
        assert!(reset_peak_resident());
        for turn in 0..500usize {
            let compressed = vec![1u8; 900_000 + turn % 7];
            let mut decoded = Vec::with_capacity(4 * MIB);
            decoded.resize(4 * MIB, compressed[turn]);
        }
        let peak = peak_resident_bytes().unwrap() - before;
        assert!(peak <= 5 * MIB + OVERHEAD, "{peak}");
        assert!(pool.snapshot().misses <= 4, "{:?}", pool.snapshot());
    });
}

#[test]
fn untouched_zeroes_take_no_memory() {
    in_child("untouched_zeroes_take_no_memory", || {
        let pool = MemoryPool::new(1 << 30);
        let before = resident_bytes().unwrap();
        for _ in 0..3 {
            let mut canvas = pool.consumer("canvas").zeroed::<u32>(48 * MIB).unwrap();
            canvas[0] = 1;
            canvas[32 * MIB] = 1;
            let taken = resident_bytes().unwrap() - before;
            assert!(taken <= 4 * MIB + OVERHEAD, "{taken}");
            assert_eq!(canvas[1], 0);
        }
        assert_eq!(pool.snapshot().misses, 1);
    });
}
