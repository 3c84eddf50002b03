//! What the pool promises, one promise a test.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use drypoint_memory::{Buffer, MemoryPool, MemoryReservation, POOLED_FROM, ReclaimOrder, Reclaimer, fault};

const MIB: usize = 1 << 20;

#[test]
fn a_refusal_names_the_five_largest() {
    let pool = MemoryPool::new(100);
    let _held: Vec<_> =
        (1..8).map(|n| pool.consumer(&format!("holder {n}")).try_reserve(n).unwrap()).collect();
    let refused = pool.consumer("late").try_reserve(90).unwrap_err();
    assert_eq!((refused.requested, refused.available, refused.limit), (90, 72, 100));
    let names: Vec<_> = refused.holders.iter().map(|(name, bytes)| (&**name, *bytes)).collect();
    assert_eq!(names, [("holder 7", 7), ("holder 6", 6), ("holder 5", 5), ("holder 4", 4), ("holder 3", 3)]);
    assert!(refused.to_string().starts_with("late asked for 90 B, 72 B of the budget of 100 B is free"));
}

#[test]
fn a_plan_is_reserved_first_and_spent_later() {
    let pool = MemoryPool::new(4 * MIB);
    let (counts, batch) =
        (Buffer::<u32>::charged_bytes(300_000).unwrap(), Buffer::<f64>::charged_bytes(8192).unwrap());
    let mut plan = pool.consumer("plan").try_reserve(counts + 2 * batch).unwrap();
    let _crowd = pool.consumer("others").try_reserve(pool.available()).unwrap();
    let canvas = plan.zeroed::<u32>(300_000).unwrap();
    let batches = [plan.buffer::<f64>(8192).unwrap(), plan.buffer::<f64>(8192).unwrap()];
    assert_eq!(plan.bytes(), 0);
    assert_eq!(pool.available(), 0);
    assert_eq!(plan.buffer::<u8>(1).unwrap_err().available, 0);
    assert!(canvas.iter().all(|&count| count == 0));
    drop((canvas, batches));
    assert_eq!(pool.available(), counts + 2 * batch);
}

#[test]
fn the_second_round_of_the_same_sizes_misses_nothing() {
    let pool = MemoryPool::new(64 * MIB);
    let round = || {
        let consumer = pool.consumer("round");
        let _all = (
            consumer.zeroed::<u32>(540_000).unwrap(),
            consumer.buffer::<f64>(65_536).unwrap(),
            consumer.buffer::<f64>(65_536).unwrap(),
            consumer.zeroed::<u8>(36 * MIB).unwrap(),
        );
    };
    round();
    assert_eq!((pool.snapshot().hits, pool.snapshot().misses), (0, 4));
    round();
    assert_eq!((pool.snapshot().hits, pool.snapshot().misses), (4, 4));
}

#[test]
fn idle_blocks_make_room_for_other_sizes() {
    let pool = MemoryPool::new(4 * MIB);
    drop(pool.consumer("a").buffer::<u8>(3 * MIB).unwrap());
    assert!(pool.snapshot().idle > 3 * MIB);
    assert!(pool.available() == 4 * MIB);
    let _other = pool.consumer("b").buffer::<u8>(2 * MIB).unwrap();
    assert_eq!(pool.snapshot().idle, 0);
}

#[test]
fn the_newest_idle_block_serves_and_the_oldest_is_trimmed() {
    let pool = MemoryPool::new(64 * MIB);
    let consumer = pool.consumer("a");
    let (one, two) = (consumer.buffer::<u8>(MIB).unwrap(), consumer.buffer::<u8>(MIB).unwrap());
    let page = |buffer: &Buffer<u8>| buffer.as_ptr().addr() & !4095;
    let newest = page(&two);
    drop(one);
    drop(two);
    pool.trim(pool.snapshot().idle - 1);
    assert_eq!(page(&consumer.buffer::<u8>(MIB).unwrap()), newest);
}

#[test]
fn reclaimers_are_asked_in_order_and_only_as_far_as_needed() {
    let pool = MemoryPool::new(1000);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let hold = |name: &'static str, order| {
        let held = Mutex::new(Some(pool.consumer(name).try_reserve(200).unwrap()));
        let asked = asked.clone();
        pool.register_reclaimer(order, move |bytes| {
            asked.lock().unwrap().push((name, bytes));
            held.lock().unwrap().take().map_or(0, |held| held.bytes())
        })
    };
    let _collector = hold("collector", ReclaimOrder::Collector);
    let _spillable = hold("spillable", ReclaimOrder::Spillable);
    let cache = hold("cache", ReclaimOrder::Caches);
    let _compressible = hold("compressible", ReclaimOrder::Compressible);

    let _first = pool.consumer("late").try_reserve(500).unwrap();
    assert_eq!(*asked.lock().unwrap(), [("cache", 300), ("compressible", 100)]);
    asked.lock().unwrap().clear();
    drop(cache);
    let refused = pool.consumer("late").try_reserve(501).unwrap_err();
    assert_eq!(refused.available, 500);
    let names: Vec<_> = asked.lock().unwrap().iter().map(|&(name, _)| name).collect();
    assert_eq!(names, ["compressible", "spillable", "collector"]);
}

#[test]
fn a_reclaimer_may_ask_for_memory_and_is_not_asked_meanwhile() {
    struct Compressor {
        pool: MemoryPool,
        raw: Mutex<Option<MemoryReservation>>,
        small: Mutex<Option<MemoryReservation>>,
        calls: AtomicUsize,
    }
    impl Reclaimer for Compressor {
        fn reclaim(&self, _bytes: usize) -> usize {
            self.calls.fetch_add(1, Ordering::Relaxed);
            assert!(self.pool.consumer("scratch").try_reserve(1 << 40).is_err());
            let Some(raw) = self.raw.lock().unwrap().take() else { return 0 };
            let small = self.pool.consumer("small").try_reserve(raw.bytes() / 10).unwrap();
            let freed = raw.bytes() - small.bytes();
            *self.small.lock().unwrap() = Some(small);
            freed
        }
    }
    let pool = MemoryPool::new(1000);
    let compressor = Arc::new(Compressor {
        raw: Mutex::new(Some(pool.consumer("raw").try_reserve(800).unwrap())),
        small: Mutex::new(None),
        calls: AtomicUsize::new(0),
        pool: pool.clone(),
    });
    let _guard = pool.register_reclaimer(ReclaimOrder::Compressible, Arc::downgrade(&compressor));
    let _late = pool.consumer("late").try_reserve(900).unwrap();
    assert_eq!(compressor.calls.load(Ordering::Relaxed), 1);
    assert_eq!(pool.available(), 20);
}

#[test]
fn a_reclaimer_that_panics_leaves_the_pool_whole() {
    let pool = MemoryPool::new(1000);
    let guard = pool.register_reclaimer(ReclaimOrder::Caches, |_| panic!("not today"));
    let consumer = pool.consumer("late");
    let caught =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| consumer.try_reserve(1001).map(drop)));
    assert!(caught.is_err());
    drop(guard);
    let calls = Arc::new(AtomicUsize::new(0));
    let _guard = pool.register_reclaimer(ReclaimOrder::Caches, {
        let calls = calls.clone();
        move |_| calls.fetch_add(1, Ordering::Relaxed)
    });
    assert!(consumer.try_reserve(1001).is_err());
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert_eq!(pool.available(), 1000);
}

#[test]
fn when_the_system_has_no_memory_everything_is_given_back() {
    let pool = MemoryPool::new(64 * MIB);
    for len in [1000, MIB] {
        fault::fail_next_mappings(2);
        let refused = pool.consumer("a").buffer::<u8>(len).unwrap_err();
        fault::fail_next_mappings(0);
        assert!(refused.requested <= refused.available, "{refused}");
        assert!(refused.to_string().contains("system"), "{refused}");
        assert_eq!(pool.available(), pool.limit());
    }
    drop(pool.consumer("a").buffer::<u8>(3 * MIB).unwrap());
    fault::fail_next_mappings(1);
    let _second_try = pool.consumer("a").buffer::<u8>(MIB).unwrap();
    assert_eq!(pool.snapshot().idle, 0, "idle blocks go to the system that has none");
}

#[test]
fn sizes_beyond_any_memory_are_refused() {
    let pool = MemoryPool::new(usize::MAX);
    for len in [usize::MAX, usize::MAX / 8, usize::MAX / 8 + 1, 1 << 45] {
        assert!(pool.consumer("a").buffer::<u64>(len).is_err(), "{len}");
        assert!(pool.consumer("a").try_reserve(1).unwrap().buffer::<u64>(len).is_err());
    }
    let half = pool.consumer("a").try_reserve(usize::MAX - 1).unwrap();
    assert!(pool.consumer("a").try_reserve(2).is_err());
    drop(half);
    assert_eq!(pool.available(), usize::MAX);
}

#[test]
fn small_and_empty_buffers() {
    let pool = MemoryPool::new(MIB);
    let consumer = pool.consumer("a");
    let empty = consumer.zeroed::<u64>(0).unwrap();
    assert!(empty.is_empty());
    assert_eq!(pool.snapshot().reserved, 0);
    let mut small = consumer.zeroed::<u16>(100).unwrap();
    assert_eq!(small.as_ptr().addr() % 64, 0);
    small[99] = 0x0102;
    assert_eq!(small.as_bytes().len(), 200);
    small.as_bytes_mut()[198] = 3;
    assert_eq!(small[99], u16::from_ne_bytes([3, 1]));
    assert_eq!(pool.snapshot().live, 256);
    assert!(format!("{small:?}").contains("u16"));
}

#[test]
fn a_child_is_carved_from_its_parent_until_its_last_holder_is_gone() {
    let pool = MemoryPool::new(16 * MIB);
    let child = pool.child("scope", 8 * MIB).unwrap();
    assert_eq!(pool.available(), 8 * MIB);
    assert!(pool.child("scope", 9 * MIB).is_err());
    let kept = child.consumer("a").buffer::<u8>(MIB).unwrap();
    drop(child.consumer("a").buffer::<u8>(2 * MIB).unwrap());
    assert!(child.consumer("a").try_reserve(8 * MIB).is_err());
    drop(child);
    assert_eq!(pool.available(), 8 * MIB);
    drop(kept);
    assert_eq!(pool.available(), 16 * MIB);
    let inherited = pool.snapshot();
    assert!(inherited.idle > 3 * MIB, "{inherited:?}");
    let again = pool.child("scope", 8 * MIB).unwrap();
    let _warm = again.consumer("a").buffer::<u8>(2 * MIB).unwrap();
    assert_eq!((again.snapshot().hits, again.snapshot().misses), (1, 0));
}

#[test]
fn a_childs_limit_follows_its_parent() {
    let pool = MemoryPool::new(1000);
    let child = pool.child("scope", 400).unwrap();
    child.set_limit(900).unwrap();
    assert_eq!(pool.available(), 100);
    assert!(child.set_limit(1001).is_err());
    let _held = child.consumer("a").try_reserve(300).unwrap();
    let refused = child.set_limit(299).unwrap_err();
    assert_eq!((refused.requested, refused.available, refused.limit), (300, 299, 299));
    child.set_limit(300).unwrap();
    assert_eq!(pool.available(), 700);
}

#[test]
fn peaks_can_begin_again() {
    let pool = MemoryPool::new(1000);
    drop(pool.consumer("a").try_reserve(700).unwrap());
    let _held = pool.consumer("a").try_reserve(100).unwrap();
    let before = pool.snapshot();
    assert_eq!((before.peak_reserved, before.consumer("a").unwrap().peak), (700, 700));
    pool.reset_peaks();
    let after = pool.snapshot();
    assert_eq!((after.peak_reserved, after.consumer("a").unwrap().peak), (100, 100));
}

#[test]
fn names_that_hold_nothing_are_forgotten_in_the_end() {
    let pool = MemoryPool::new(1000);
    let held = pool.consumer("kept").try_reserve(1).unwrap();
    let silent = pool.consumer("silent");
    for turn in 0..2000 {
        pool.consumer(&format!("turn {turn}"));
    }
    let snapshot = pool.snapshot();
    assert!(snapshot.consumers.len() < 300, "{}", snapshot.consumers.len());
    assert_eq!(snapshot.consumer("kept").unwrap().reserved, held.bytes());
    let _late = silent.try_reserve(5).unwrap();
    assert_eq!(pool.snapshot().consumer("silent").unwrap().reserved, 5);
}

#[test]
fn threads_share_a_pool_and_nobody_sees_anothers_bytes() {
    const THREADS: usize = 4;
    let pool = MemoryPool::new(8 * MIB);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let pool = &pool;
            scope.spawn(move || {
                let consumer = pool.consumer(&format!("thread {}", thread % 2));
                let mut held = Vec::new();
                for turn in 0..600usize {
                    let len = POOLED_FROM - 1000 + turn * 7919 * (thread + 1) % 500_000;
                    let zeroed = turn % 3 == 0;
                    let buffer = if zeroed {
                        consumer.zeroed::<u32>(len / 4)
                    } else {
                        consumer.buffer::<u32>(len / 4)
                    };
                    if let Ok(mut buffer) = buffer {
                        assert!(!zeroed || buffer.iter().all(|&item| item == 0));
                        buffer.fill((thread * 1000 + turn) as u32);
                        held.push((buffer, (thread * 1000 + turn) as u32));
                    }
                    if held.len() > turn % 5 {
                        let (buffer, tag) = held.swap_remove(turn % held.len());
                        assert!(buffer.iter().all(|&item| item == tag));
                    }
                    if turn % 50 == 0 {
                        let snapshot = pool.snapshot();
                        assert!(snapshot.reserved + snapshot.idle <= snapshot.limit);
                        pool.trim(MIB);
                    }
                }
            });
        }
    });
    let snapshot = pool.snapshot();
    assert_eq!((snapshot.reserved, snapshot.live), (0, 0));
    assert!(snapshot.hits > 0 && snapshot.misses > 0);
}
