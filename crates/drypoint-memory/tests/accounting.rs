//! The pool against a model that adds up what is held: whatever happens in between, refusals and failing mappings
//! included, what is granted equals what is returned.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use drypoint_memory::{
    BudgetExceeded, Buffer, MemoryPool, MemoryReservation, ReclaimOrder, ReclaimerGuard, charged_bytes, fault,
};
use proptest::prelude::*;

const LIMIT: usize = 4 << 20;
const NAMES: [&str; 3] = ["canvas", "batch", "decoders"];

#[derive(Debug, Clone)]
enum Step {
    Reserve { pool: usize, name: usize, bytes: usize },
    Grow { held: usize, bytes: usize },
    Shrink { held: usize, bytes: usize },
    Split { held: usize, bytes: usize },
    Buffer { pool: usize, name: usize, bytes: usize, zeroed: bool },
    Spend { held: usize, bytes: usize, zeroed: bool },
    Drop { held: usize },
    Cache { bytes: usize },
    Child { pool: usize, limit: usize },
    DropChild { pool: usize },
    SetLimit { pool: usize, limit: usize },
    IdleLimit { pool: usize, bytes: usize },
    Trim { pool: usize, keep: usize },
    FailMappings { count: usize },
}

fn sizes() -> impl Strategy<Value = usize> {
    prop_oneof![1 => 0usize..2000, 3 => Just(64 << 10), 4 => 60_000usize..400_000, 1 => 0usize..LIMIT + 100_000]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (pool, held, name) = (0usize..3, 0usize..12, 0usize..NAMES.len());
    let step = prop_oneof![
        4 => (pool.clone(), name.clone(), sizes()).prop_map(|(pool, name, bytes)| Step::Reserve { pool, name, bytes }),
        2 => (held.clone(), sizes()).prop_map(|(held, bytes)| Step::Grow { held, bytes }),
        2 => (held.clone(), sizes()).prop_map(|(held, bytes)| Step::Shrink { held, bytes }),
        2 => (held.clone(), sizes()).prop_map(|(held, bytes)| Step::Split { held, bytes }),
        8 => (pool.clone(), name, sizes(), any::<bool>())
            .prop_map(|(pool, name, bytes, zeroed)| Step::Buffer { pool, name, bytes, zeroed }),
        3 => (held.clone(), sizes(), any::<bool>())
            .prop_map(|(held, bytes, zeroed)| Step::Spend { held, bytes, zeroed }),
        6 => held.prop_map(|held| Step::Drop { held }),
        2 => sizes().prop_map(|bytes| Step::Cache { bytes }),
        1 => (pool.clone(), sizes()).prop_map(|(pool, limit)| Step::Child { pool, limit }),
        1 => pool.clone().prop_map(|pool| Step::DropChild { pool }),
        1 => (pool.clone(), sizes()).prop_map(|(pool, limit)| Step::SetLimit { pool, limit }),
        1 => (pool.clone(), sizes()).prop_map(|(pool, bytes)| Step::IdleLimit { pool, bytes }),
        1 => (pool, sizes()).prop_map(|(pool, keep)| Step::Trim { pool, keep }),
        1 => (1usize..3).prop_map(|count| Step::FailMappings { count }),
    ];
    prop::collection::vec(step, 1..80)
}

enum Thing {
    Bytes(MemoryReservation),
    Block { buffer: Buffer<u8>, charged: usize, tag: u8 },
}

struct Held {
    pool: usize,
    name: &'static str,
    thing: Thing,
}

impl Held {
    fn bytes(&self) -> usize {
        match &self.thing {
            Thing::Bytes(reservation) => reservation.bytes(),
            Thing::Block { charged, .. } => *charged,
        }
    }

    fn live(&self) -> usize {
        if let Thing::Block { charged, .. } = self.thing { charged } else { 0 }
    }
}

/// A pool and its children, what is held of each, and a cache at the root that can be reclaimed.
struct World {
    pools: Vec<MemoryPool>,
    parents: Vec<usize>,
    limits: Vec<usize>,
    held: Vec<Held>,
    cache: Arc<Mutex<Vec<MemoryReservation>>>,
    tag: u8,
    _guard: ReclaimerGuard,
}

impl World {
    fn new() -> Self {
        let root = MemoryPool::new(LIMIT);
        let cache = Arc::new(Mutex::new(Vec::<MemoryReservation>::new()));
        let _guard = root.register_reclaimer(ReclaimOrder::Caches, {
            let cache = cache.clone();
            move |bytes| {
                let mut freed = 0;
                while freed < bytes {
                    let Some(entry) = cache.lock().unwrap().pop() else { break };
                    freed += entry.bytes();
                }
                freed
            }
        });
        let (pools, parents, limits) = (vec![root], vec![0], vec![LIMIT]);
        Self { pools, parents, limits, held: Vec::new(), cache, tag: 0, _guard }
    }

    fn cached(&self) -> usize {
        self.cache.lock().unwrap().iter().map(MemoryReservation::bytes).sum()
    }

    /// What a pool has granted, by name.
    fn granted(&self, pool: usize) -> BTreeMap<&'static str, usize> {
        let mut granted = BTreeMap::new();
        for held in self.held.iter().filter(|held| held.pool == pool) {
            *granted.entry(held.name).or_default() += held.bytes();
        }
        for child in (1..self.pools.len()).filter(|&child| self.parents[child] == pool) {
            *granted.entry("child").or_default() += self.limits[child];
        }
        if pool == 0 {
            *granted.entry("cache").or_default() += self.cached();
        }
        granted
    }

    /// What it could grant now, the cache given up.
    fn grantable(&self, pool: usize) -> usize {
        let cached = if pool == 0 { self.cached() } else { 0 };
        self.limits[pool] - (self.granted(pool).values().sum::<usize>() - cached)
    }

    fn reservation(&mut self, index: usize) -> Option<usize> {
        let count = self.held.len();
        let index = if count == 0 { return None } else { index % count };
        matches!(self.held[index].thing, Thing::Bytes(_)).then_some(index)
    }

    /// Fill a new buffer with a tag of its own, after looking whether it is zero where it should be.
    fn tagged(&mut self, mut buffer: Buffer<u8>, zeroed: bool) -> Thing {
        if zeroed {
            assert!(buffer.iter().all(|&byte| byte == 0), "a zeroed buffer is not");
        }
        self.tag = self.tag.wrapping_add(1) | 1;
        buffer.fill(self.tag);
        let charged = Buffer::<u8>::charged_bytes(buffer.len()).unwrap();
        Thing::Block { buffer, charged, tag: self.tag }
    }

    /// A request is granted exactly if it fits, or if the system failed it.
    fn judge<T>(&self, outcome: &Result<T, BudgetExceeded>, wanted: usize, grantable: usize) {
        match outcome {
            Ok(_) => assert!(wanted <= grantable, "granted {wanted} of {grantable}"),
            Err(refused) if refused.requested <= refused.available => {}
            Err(refused) => assert!(wanted > grantable, "refused {wanted} of {grantable}: {refused}"),
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Reserve { pool, name, bytes } => {
                let (pool, name) = (pool % self.pools.len(), NAMES[name]);
                let grantable = self.grantable(pool);
                let outcome = self.pools[pool].consumer(name).try_reserve(bytes);
                self.judge(&outcome, bytes, grantable);
                self.held.extend(outcome.map(|bytes| Held { pool, name, thing: Thing::Bytes(bytes) }));
            }
            Step::Grow { held, bytes } => {
                let Some(index) = self.reservation(held) else { return };
                let grantable = self.grantable(self.held[index].pool);
                let Thing::Bytes(reservation) = &mut self.held[index].thing else { unreachable!() };
                let before = reservation.bytes();
                let outcome = reservation.try_grow(bytes);
                assert_eq!(reservation.bytes(), if outcome.is_ok() { before + bytes } else { before });
                self.judge(&outcome, bytes, grantable);
            }
            Step::Shrink { held, bytes } => {
                let Some(index) = self.reservation(held) else { return };
                let Thing::Bytes(reservation) = &mut self.held[index].thing else { unreachable!() };
                let before = reservation.bytes();
                assert_eq!(reservation.shrink(bytes), bytes.min(before));
            }
            Step::Split { held, bytes } => {
                let Some(index) = self.reservation(held) else { return };
                let Held { pool, name, thing: Thing::Bytes(reservation) } = &mut self.held[index] else {
                    unreachable!()
                };
                let before = reservation.bytes();
                let part = reservation.split(bytes);
                assert_eq!(part.bytes() + reservation.bytes(), before);
                let part = Held { pool: *pool, name, thing: Thing::Bytes(part) };
                self.held.push(part);
            }
            Step::Buffer { pool, name, bytes, zeroed } => {
                let (pool, name) = (pool % self.pools.len(), NAMES[name]);
                let grantable = self.grantable(pool);
                let consumer = self.pools[pool].consumer(name);
                let outcome = if zeroed { consumer.zeroed(bytes) } else { consumer.buffer(bytes) };
                self.judge(&outcome, charged_bytes(bytes).unwrap(), grantable);
                if let Ok(buffer) = outcome {
                    let thing = self.tagged(buffer, zeroed);
                    self.held.push(Held { pool, name, thing });
                }
            }
            Step::Spend { held, bytes, zeroed } => {
                let Some(index) = self.reservation(held) else { return };
                let Held { pool, name, thing: Thing::Bytes(reservation) } = &mut self.held[index] else {
                    unreachable!()
                };
                let (pool, name, before) = (*pool, *name, reservation.bytes());
                let outcome = if zeroed { reservation.zeroed(bytes) } else { reservation.buffer(bytes) };
                let charged = charged_bytes(bytes).unwrap();
                assert_eq!(reservation.bytes(), if outcome.is_ok() { before - charged } else { before });
                self.judge(&outcome, charged, before);
                if let Ok(buffer) = outcome {
                    let thing = self.tagged(buffer, zeroed);
                    self.held.push(Held { pool, name, thing });
                }
            }
            Step::Drop { held } => {
                if !self.held.is_empty() {
                    let held = self.held.swap_remove(held % self.held.len());
                    if let Thing::Block { buffer, tag, .. } = &held.thing {
                        assert!(buffer.iter().all(|byte| byte == tag), "someone else wrote into a buffer");
                    }
                }
            }
            Step::Cache { bytes } => {
                let grantable = self.grantable(0);
                let outcome = self.pools[0].consumer("cache").try_reserve(bytes);
                self.judge(&outcome, bytes, grantable);
                self.cache.lock().unwrap().extend(outcome);
            }
            Step::Child { pool, limit } => {
                let parent = pool % self.pools.len();
                let grantable = self.grantable(parent);
                let outcome = self.pools[parent].child("child", limit);
                self.judge(&outcome, limit, grantable);
                if let Ok(child) = outcome {
                    self.pools.push(child);
                    self.parents.push(parent);
                    self.limits.push(limit);
                }
            }
            Step::DropChild { pool } => {
                // The youngest, so that the others keep their numbers.
                let last = self.pools.len() - 1;
                if last > 0 && pool > 0 {
                    // Once before what was held of it, once after.
                    let child = self.pools.pop().unwrap();
                    let mut child = Some(child);
                    if pool == 1 {
                        child = None;
                    }
                    self.held.retain(|held| held.pool != last);
                    drop(child);
                    self.parents.pop();
                    self.limits.pop();
                }
            }
            Step::SetLimit { pool, limit } => {
                let pool = pool % self.pools.len();
                let before = self.limits[pool];
                let cached = if pool == 0 { self.cached() } else { 0 };
                let reserved = self.granted(pool).values().sum::<usize>() - cached;
                let possible = limit >= reserved
                    && (pool == 0 || limit <= before || limit - before <= self.grantable(self.parents[pool]));
                let outcome = self.pools[pool].set_limit(limit);
                assert_eq!(outcome.is_ok(), possible, "{outcome:?}");
                if outcome.is_ok() {
                    self.limits[pool] = limit;
                }
            }
            Step::IdleLimit { pool, bytes } => {
                let pool = &self.pools[pool % self.pools.len()];
                pool.set_idle_limit(bytes);
                assert!(pool.snapshot().idle <= bytes);
            }
            Step::Trim { pool, keep } => {
                let pool = &self.pools[pool % self.pools.len()];
                let before = pool.snapshot().idle;
                let freed = pool.trim(keep);
                let after = pool.snapshot().idle;
                assert_eq!(before - freed, after);
                assert!(after <= keep);
            }
            Step::FailMappings { count } => fault::fail_next_mappings(count),
        }
    }

    fn check(&self) {
        for (index, pool) in self.pools.iter().enumerate() {
            let snapshot = pool.snapshot();
            let granted = self.granted(index);
            assert_eq!(snapshot.limit, self.limits[index]);
            assert_eq!(snapshot.reserved, granted.values().sum::<usize>());
            assert_eq!(snapshot.available, snapshot.limit - snapshot.reserved);
            assert_eq!(snapshot.available, pool.available());
            assert!(snapshot.reserved + snapshot.idle <= snapshot.limit, "{snapshot:?}");
            assert_eq!(snapshot.used, snapshot.reserved + snapshot.idle);
            assert!(snapshot.peak_reserved >= snapshot.reserved && snapshot.peak_live >= snapshot.live);
            let live = self.held.iter().filter(|held| held.pool == index);
            assert_eq!(snapshot.live, live.map(Held::live).sum::<usize>());
            assert_eq!(snapshot.hits, snapshot.consumers.iter().map(|usage| usage.hits).sum::<u64>());
            assert_eq!(snapshot.misses, snapshot.consumers.iter().map(|usage| usage.misses).sum::<u64>());
            for usage in &snapshot.consumers {
                assert_eq!(usage.reserved, granted.get(&*usage.name).copied().unwrap_or(0), "{}", usage.name);
                let held = self.held.iter().filter(|held| held.pool == index && *held.name == *usage.name);
                assert_eq!(usage.live, held.map(Held::live).sum::<usize>(), "{}", usage.name);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn granted_equals_returned(steps in steps()) {
        fault::fail_next_mappings(0);
        let mut world = World::new();
        for step in steps {
            world.step(step);
            world.check();
        }
        fault::fail_next_mappings(0);
        let root = world.pools[0].clone();
        drop(world);
        let snapshot = root.snapshot();
        prop_assert_eq!((snapshot.reserved, snapshot.live), (0, 0));
        root.trim(0);
        prop_assert_eq!(root.snapshot().used, 0);
    }
}
