//! The pool under a model checker, which tries many of the orders in which threads can come by. Run with
//!
//! ```sh
//! RUSTFLAGS="--cfg shuttle" cargo test -p drypoint-memory --test model --release
//! ```
#![cfg(shuttle)]

use drypoint_memory::{
    BudgetExceeded, MemoryPool, MemoryReservation, POOLED_FROM, ReclaimOrder, charged_bytes,
};
use shuttle::sync::{Arc, Mutex};
use shuttle::thread;

const ROUNDS: usize = 3000;

/// Schedules at random, and schedules that change hands rarely, at the worst points.
fn check(model: fn()) {
    shuttle::check_random(model, ROUNDS);
    shuttle::check_pct(model, ROUNDS, 3);
}

fn sound(pool: &MemoryPool) {
    let snapshot = pool.snapshot();
    assert!(snapshot.reserved + snapshot.idle <= snapshot.limit, "{snapshot:?}");
    assert_eq!(snapshot.reserved, snapshot.consumers.iter().map(|usage| usage.reserved).sum::<usize>());
}

fn empty(pool: &MemoryPool) {
    let snapshot = pool.snapshot();
    assert_eq!((snapshot.reserved, snapshot.live), (0, 0));
    pool.trim(0);
    assert_eq!(pool.snapshot().used, 0);
}

/// Two want more than there is: one may be refused, never both, and never beyond the limit.
#[test]
fn two_reserve_at_the_limit() {
    check(|| {
        let pool = MemoryPool::new(100);
        let ask = |bytes| {
            let pool = pool.clone();
            thread::spawn(move || {
                let held = pool.consumer("a").try_reserve(bytes);
                sound(&pool);
                held
            })
        };
        let (one, two) = (ask(60), ask(70));
        let (one, two) = (one.join().unwrap(), two.join().unwrap());
        assert!(one.is_ok() != two.is_ok());
        drop((one, two));
        empty(&pool);
    });
}

/// What idles can always be had: a request that fits without idle blocks is granted, whoever trims them.
#[test]
fn idle_blocks_are_in_nobodys_way() {
    check(|| {
        let block = charged_bytes(POOLED_FROM).unwrap();
        let pool = MemoryPool::new(2 * block);
        let consumer = pool.consumer("a");
        drop((consumer.buffer::<u8>(POOLED_FROM).unwrap(), consumer.buffer::<u8>(POOLED_FROM).unwrap()));
        let threads: Vec<_> = (0..2)
            .map(|turn| {
                let pool = pool.clone();
                thread::spawn(move || {
                    let consumer = pool.consumer("b");
                    if turn == 0 {
                        drop(consumer.try_reserve(block).unwrap());
                    } else {
                        let mut buffer = consumer.zeroed::<u8>(POOLED_FROM).unwrap();
                        assert!(buffer.iter().all(|&byte| byte == 0));
                        buffer.fill(9);
                    }
                    sound(&pool);
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        empty(&pool);
    });
}

/// Buffers pass from thread to thread through the idle lists, and nobody sees a byte of another's.
#[test]
fn blocks_have_one_owner() {
    check(|| {
        let pool = MemoryPool::new(3 * charged_bytes(POOLED_FROM).unwrap());
        let threads: Vec<_> = (1..4u8)
            .map(|tag| {
                let pool = pool.clone();
                thread::spawn(move || {
                    let consumer = pool.consumer("a");
                    for _ in 0..2 {
                        let mut buffer = consumer.buffer::<u8>(POOLED_FROM).unwrap();
                        buffer[..64].fill(tag);
                        thread::yield_now();
                        assert!(buffer[..64].iter().all(|&byte| byte == tag));
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        let snapshot = pool.snapshot();
        assert_eq!(snapshot.hits + snapshot.misses, 6);
        empty(&pool);
    });
}

/// A cache that is reclaimed by one while another fills it.
#[test]
fn a_cache_is_reclaimed_while_it_is_filled() {
    check(|| {
        let pool = MemoryPool::new(100);
        let cache: Arc<Mutex<Vec<MemoryReservation>>> = Arc::default();
        let guard = pool.register_reclaimer(ReclaimOrder::Caches, {
            let cache = cache.clone();
            move |_| {
                let gone = std::mem::take(&mut *cache.lock().unwrap());
                gone.iter().map(MemoryReservation::bytes).sum()
            }
        });
        let filler = thread::spawn({
            let (pool, cache) = (pool.clone(), cache.clone());
            move || {
                for _ in 0..2 {
                    let entry: Result<_, BudgetExceeded> = pool.consumer("cache").try_reserve(30);
                    cache.lock().unwrap().extend(entry);
                }
            }
        });
        let held = pool.consumer("a").try_reserve(30);
        assert!(held.is_ok(), "60 at most are cached");
        drop(held);
        filler.join().unwrap();
        let all = pool.consumer("a").try_reserve(100);
        assert!(all.is_ok(), "nothing but the cache is held");
        drop((all, guard));
        empty(&pool);
    });
}

/// A child's limit is its parent's again exactly once, whoever holds it last, and its blocks move up.
#[test]
fn the_last_holder_of_a_child_returns_it() {
    check(|| {
        let pool = MemoryPool::new(1 << 20);
        let child = pool.child("scope", 1 << 19).unwrap();
        let thread = thread::spawn({
            let child = child.clone();
            move || drop(child.consumer("a").buffer::<u8>(POOLED_FROM).unwrap())
        });
        drop(child);
        sound(&pool);
        thread.join().unwrap();
        assert_eq!(pool.available(), 1 << 20);
        assert!(pool.snapshot().idle >= POOLED_FROM);
        empty(&pool);
    });
}

/// Limits that change under way.
#[test]
fn limits_change_while_others_reserve() {
    check(|| {
        let pool = MemoryPool::new(100);
        let child = pool.child("scope", 50).unwrap();
        let threads = [
            thread::spawn({
                let child = child.clone();
                move || drop(child.set_limit(80))
            }),
            thread::spawn({
                let child = child.clone();
                move || drop(child.set_limit(20))
            }),
            thread::spawn({
                let (pool, child) = (pool.clone(), child.clone());
                move || {
                    drop(child.consumer("a").try_reserve(50));
                    sound(&child);
                    sound(&pool);
                }
            }),
        ];
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(pool.available(), 100 - child.limit());
        drop(child);
        empty(&pool);
    });
}

/// One name is one account, however many come first, and no name is lost.
#[test]
fn a_name_is_one_account() {
    check(|| {
        let pool = MemoryPool::new(100);
        let threads: Vec<_> = ["a", "a", "b"]
            .into_iter()
            .map(|name| {
                let pool = pool.clone();
                thread::spawn(move || pool.consumer(name).try_reserve(10).unwrap())
            })
            .collect();
        let held: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert_eq!(pool.snapshot().consumer("a").unwrap().reserved, 20);
        assert_eq!(pool.snapshot().consumer("b").unwrap().reserved, 10);
        drop(held);
        empty(&pool);
    });
}
