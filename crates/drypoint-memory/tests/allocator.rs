//! The pool as the allocator of a whole program, as the Python extension installs it. The tests here share one
//! process-wide pool, so each takes its turn.

use std::alloc::{GlobalAlloc, Layout};
use std::sync::{Mutex, MutexGuard, PoisonError};

use drypoint_memory::{DECODERS, MemoryPool, PoolAllocator, Snapshot};

#[global_allocator]
static ALLOCATOR: PoolAllocator = PoolAllocator;

const MIB: usize = 1 << 20;

/// The process's pool at 64 MiB with nothing idle, for one test at a time.
fn turn() -> (MutexGuard<'static, ()>, &'static MemoryPool) {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let pool = MemoryPool::process();
    pool.set_limit(64 * MIB).unwrap();
    pool.trim(0);
    pool.reset_peaks();
    (turn, pool)
}

fn live(snapshot: &Snapshot) -> usize {
    snapshot.consumer(DECODERS).unwrap().live
}

#[test]
fn large_requests_reuse_blocks_and_small_ones_are_not_ours() {
    let (_turn, pool) = turn();
    let before = pool.snapshot();
    drop(vec![1u8; 60_000]);
    assert_eq!(pool.snapshot().hits + pool.snapshot().misses, before.hits + before.misses);
    for _ in 0..10 {
        let page = vec![1u8; MIB];
        let now = pool.snapshot();
        assert!(live(&now) >= live(&before) + MIB);
        assert_eq!(now.used, now.reserved + now.idle + live(&now));
        drop(page);
    }
    let after = pool.snapshot();
    assert_eq!(live(&after), live(&before));
    assert_eq!((after.hits - before.hits, after.misses - before.misses), (9, 1));
    assert!(after.idle > MIB);
}

#[test]
fn what_decoders_hold_is_missing_for_others_unless_it_was_reserved() {
    let (_turn, pool) = turn();
    let before = pool.available();
    let page = vec![1u8; 16 * MIB];
    let taken = before - pool.available();
    assert!(taken >= 16 * MIB);
    let covered = pool.consumer(DECODERS).try_reserve(taken).unwrap();
    assert_eq!(pool.available(), before - taken, "covered, it counts once");
    assert!(pool.consumer("late").try_reserve(before - taken + 1).is_err());
    drop(page);
    assert_eq!(pool.available(), before - taken, "reserved, it is kept for decoders");
    drop(covered);
    assert_eq!(pool.available(), before);
}

#[test]
fn a_childs_reservation_covers_decoders_too() {
    let (_turn, pool) = turn();
    let before = pool.available();
    let child = pool.child("scope", 32 * MIB).unwrap();
    let plan = child.consumer(DECODERS).try_reserve(20 * MIB).unwrap();
    let page = vec![1u8; 16 * MIB];
    assert_eq!(pool.available(), before - 32 * MIB);
    drop(plan);
    assert!(pool.available() < before - 32 * MIB - 16 * MIB);
    drop((page, child));
    assert_eq!(pool.available(), before);
}

#[test]
fn the_budget_never_refuses_the_allocator_and_idle_blocks_give_way() {
    let (_turn, pool) = turn();
    drop(pool.consumer("a").buffer::<u8>(8 * MIB).unwrap());
    let _held = pool.consumer("a").try_reserve(pool.available() - 10 * MIB).unwrap();
    let page = vec![1u8; 100 * MIB];
    let now = pool.snapshot();
    assert!(now.used > now.limit && now.idle == 0 && pool.available() == 0, "{now:?}");
    assert!(pool.consumer("late").try_reserve(1).is_err());
    drop(page);
    // One that could idle by itself, but not beside what is reserved.
    drop(vec![1u8; 30 * MIB]);
    let now = pool.snapshot();
    assert!(now.used <= now.limit, "{now:?}");
    assert!(now.peak_live >= 100 * MIB);
    assert!(now.consumer(DECODERS).unwrap().peak >= 100 * MIB);
}

#[test]
fn growing_shrinking_and_zeroing_keep_the_contents() {
    let (_turn, pool) = turn();
    let before = live(&pool.snapshot());
    for _ in 0..3 {
        let mut bytes = Vec::new();
        for n in 0..3_000_000u32 {
            bytes.extend_from_slice(&n.to_le_bytes());
        }
        let intact = |bytes: &[u8]| {
            bytes.chunks_exact(4).enumerate().all(|(n, word)| word == (n as u32).to_le_bytes())
        };
        assert!(intact(&bytes));
        for keep in [9_000_000, 8_999_996, 100_000, 70_000, 1000] {
            bytes.truncate(keep);
            bytes.shrink_to_fit();
            assert!(intact(&bytes), "{keep}");
        }
        assert!(vec![0u8; 5 * MIB].iter().all(|&byte| byte == 0));
        assert!(vec![0u8; 40 * MIB].iter().all(|&byte| byte == 0));
    }
    assert_eq!(live(&pool.snapshot()), before);
}

#[test]
fn every_alignment_is_kept() {
    let (_turn, pool) = turn();
    let before = live(&pool.snapshot());
    for power in 0..16 {
        for size in [1000, 65_536, 100_000, 5 * MIB] {
            let layout = Layout::from_size_align(size, 1 << power).unwrap();
            let larger = Layout::from_size_align(size * 2, 1 << power).unwrap();
            // SAFETY: the layouts are not empty; each pointer is used within its layout and given back for it.
            unsafe {
                let data = ALLOCATOR.alloc(layout);
                assert!(!data.is_null() && data.addr().is_multiple_of(layout.align()));
                data.write_bytes(0xaa, size);
                let data = ALLOCATOR.realloc(data, layout, larger.size());
                assert!(data.addr().is_multiple_of(layout.align()));
                assert!(std::slice::from_raw_parts(data, size).iter().all(|&byte| byte == 0xaa));
                ALLOCATOR.dealloc(data, larger);
            }
        }
    }
    assert_eq!(live(&pool.snapshot()), before);
}

#[test]
fn what_the_system_cannot_give_is_null() {
    let (_turn, pool) = turn();
    let before = pool.snapshot();
    let mut bytes = vec![7u8; MIB];
    assert!(bytes.try_reserve_exact(1 << 46).is_err());
    assert!(bytes.try_reserve_exact(isize::MAX as usize - MIB).is_err());
    assert!(bytes.iter().all(|&byte| byte == 7));
    drop(bytes);
    assert_eq!(live(&pool.snapshot()), live(&before));
}

#[test]
fn threads_and_their_ends() {
    struct AtEnd(Vec<u8>);
    impl Drop for AtEnd {
        fn drop(&mut self) {
            assert!(self.0.iter().all(|&byte| byte == 3));
            drop(vec![1u8; 2 * MIB]);
        }
    }
    thread_local! {
        static LAST: std::cell::RefCell<Option<AtEnd>> = const { std::cell::RefCell::new(None) };
    }
    let (_turn, pool) = turn();
    let before = live(&pool.snapshot());
    let (send, receive) = std::sync::mpsc::channel::<(u8, Vec<u8>)>();
    std::thread::scope(|scope| {
        for thread in 0..4u8 {
            let send = send.clone();
            scope.spawn(move || {
                LAST.set(Some(AtEnd(vec![3; MIB])));
                for turn in 0..200usize {
                    let tag = thread * 50 + (turn % 50) as u8;
                    let bytes = vec![tag; 65_536 + turn * 4999 % 300_000];
                    let other = vec![!tag; 100_000];
                    assert!(other.iter().all(|&byte| byte == !tag));
                    send.send((tag, bytes)).unwrap();
                }
            });
        }
        drop(send);
        for (tag, bytes) in receive {
            assert!(bytes.iter().all(|&byte| byte == tag));
        }
    });
    assert_eq!(live(&pool.snapshot()), before);
}

#[cfg(unix)]
#[test]
fn a_forked_child_can_go_on() {
    let (_turn, pool) = turn();
    drop(pool.consumer("a").buffer::<u8>(8 * MIB).unwrap());
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    drop(vec![1u8; MIB]);
                    drop(pool.consumer("busy").buffer::<u8>(100_000));
                    pool.trim(0);
                }
            });
        }
        for _ in 0..100 {
            // SAFETY: the child allocates through this crate and the C library, which survive a fork, and leaves
            // without running what belongs to the parent.
            let child = unsafe { libc::fork() };
            if child == 0 {
                let page = vec![5u8; 3 * MIB];
                let buffer = pool.consumer("child").zeroed::<u8>(2 * MIB);
                let room = pool.consumer("child").try_reserve(pool.available());
                let good = page[MIB] == 5 && buffer.is_ok_and(|buffer| buffer[MIB] == 0) && room.is_ok();
                // SAFETY: ends the child.
                unsafe { libc::_exit(if good { 0 } else { 1 }) };
            }
            let mut status = 0;
            // SAFETY: `status` is writable, and the child is ours.
            assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
            assert_eq!(status, 0);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
