//! Tiles against a map of counts: every width, packed and spilled, by one thread and by many.

use std::collections::BTreeMap;

use drypoint_array::{CountTiles, TILE_CELLS, TileCells, TileGrid, TileScratch};
use drypoint_memory::MemoryPool;
use proptest::prelude::*;

type Twin = BTreeMap<u64, u64>;

/// Numbers that look random.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x14057b7ef767814f);
        ((u128::from(self.0 ^ self.0 >> 29) * u128::from(end)) >> 64) as u64
    }
}

fn found(tiles: &CountTiles, pool: &MemoryPool) -> Twin {
    let mut scratch = TileScratch::new(&pool.consumer("scratch")).unwrap();
    let mut found = Twin::new();
    let touched = tiles.touched().unwrap();
    assert!(touched.is_sorted_by(|a, b| a < b));
    for &tile in touched.iter() {
        match tiles.read(tile, &mut scratch).unwrap() {
            TileCells::Few(places) => {
                places
                    .iter()
                    .for_each(|place| *found.entry(tile << 16 | u64::from(*place)).or_default() += 1);
            }
            TileCells::Many(counts) => {
                for (place, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                    *found.entry(tile << 16 | place as u64).or_default() += count;
                }
            }
        }
    }
    found
}

/// Points of some kinds: everywhere, in one tile, in one cell.
fn keys(grid: &TileGrid, random: &mut Random, kind: u8, count: usize) -> Vec<u64> {
    let (width, height) = (grid.width() as u64, grid.height() as u64);
    let (x, y) = (random.below(width), random.below(height));
    let spread = [u64::MAX, 200, 3, 1][usize::from(kind % 4)];
    (0..count)
        .map(|_| {
            let mut near = |at: u64, end: u64| {
                if spread == u64::MAX { random.below(end) } else { (at + random.below(spread)).min(end - 1) }
            };
            grid.key(near(x, width) as usize, near(y, height) as usize)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn tiles_count_as_a_map_does(
        (width, height) in (1usize..5000, 1usize..3000),
        threads in 1usize..3,
        budget in prop_oneof![Just(256usize << 20), Just(4 << 20)],
        seed in any::<u64>(),
        steps in proptest::collection::vec((0u8..6, 0usize..20_000, 0u32..33), 1..12),
    ) {
        let pool = MemoryPool::new(budget);
        let grid = TileGrid::new(width, height).unwrap();
        let tiles = CountTiles::new(grid, threads, &pool.consumer("tiles")).unwrap();
        let mut twin = Twin::new();
        let mut random = Random(seed);
        for (kind, count, bits) in steps {
            if kind < 5 {
                let keys = keys(&grid, &mut random, kind, count);
                tiles.count(&keys).unwrap();
                keys.iter().for_each(|key| *twin.entry(*key).or_default() += 1);
            } else {
                let tile = random.below(grid.tiles());
                let mut counts = vec![0; TILE_CELLS];
                let (left, low) = grid.origin(tile);
                for _ in 0..count {
                    let (x, y) = (left + random.below(256) as usize, low + random.below(256) as usize);
                    if x < width && y < height {
                        let key = grid.key(x, y);
                        counts[(key & 0xffff) as usize] = random.below(1 << bits);
                    }
                }
                tiles.add(tile, TileCells::Many(&counts)).unwrap();
                for (place, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                    *twin.entry(tile << 16 | place as u64).or_default() += count;
                }
            }
            if kind == 4 {
                pool.reclaim(1 << 20);
            }
        }
        prop_assert_eq!(tiles.total(), twin.values().sum::<u64>());
        prop_assert!(found(&tiles, &pool) == twin);
        prop_assert!(pool.snapshot().used <= budget);
    }
}

#[test]
fn a_count_passes_every_width() {
    let pool = MemoryPool::new(64 << 20);
    let grid = TileGrid::new(300, 300).unwrap();
    let tiles = CountTiles::new(grid, 1, &pool.consumer("tiles")).unwrap();
    let key = grid.key(299, 299);
    let mut counts = vec![0; TILE_CELLS];
    let mut expected = 0u64;
    for bits in 0..62 {
        counts[(key & 0xffff) as usize] = (1 << bits) - 1;
        tiles.add(key >> 16, TileCells::Many(&counts)).unwrap();
        tiles.count(&[key; 300]).unwrap();
        expected += (1 << bits) - 1 + 300;
        assert_eq!(found(&tiles, &pool), Twin::from([(key, expected)]));
    }
    counts[(key & 0xffff) as usize] = u64::MAX - expected;
    tiles.add(key >> 16, TileCells::Many(&counts)).unwrap();
    assert_eq!(found(&tiles, &pool), Twin::from([(key, u64::MAX)]));
    counts[(key & 0xffff) as usize] = 1;
    assert!(tiles.add(key >> 16, TileCells::Many(&counts)).unwrap_err().to_string().contains("2⁶⁴"));
    assert_eq!(found(&tiles, &pool), Twin::from([(key, u64::MAX)]));
}

#[test]
fn few_points_in_a_vast_grid_cost_few_bytes() {
    let pool = MemoryPool::new(64 << 20);
    let grid = TileGrid::new(i32::MAX as usize, i32::MAX as usize).unwrap();
    let tiles = CountTiles::new(grid, 1, &pool.consumer("tiles")).unwrap();
    let keys = keys(&grid, &mut Random(1), 0, 10_000);
    tiles.count(&keys).unwrap();
    assert_eq!(tiles.tiles(), 10_000);
    assert!(tiles.stored_bytes() < 10_000 * 100, "{}", tiles.stored_bytes());
    assert_eq!(found(&tiles, &pool).len(), 10_000);
}

#[test]
fn uniform_points_cost_less_than_three_bytes_each() {
    let pool = MemoryPool::new(64 << 20);
    let grid = TileGrid::new(4096, 4096).unwrap();
    let tiles = CountTiles::new(grid, 1, &pool.consumer("tiles")).unwrap();
    let points = 256 * 1526;
    tiles.count(&keys(&grid, &mut Random(2), 0, points)).unwrap();
    assert!(tiles.stored_bytes() < 3 * points as u64, "{}", tiles.stored_bytes());
    assert!(pool.snapshot().reserved < 3 * points + (1 << 19), "{:?}", pool.snapshot());
}

/// Whether the tiles hold exactly these counts.
fn holds(tiles: &CountTiles, counted: &[u8]) -> bool {
    let mut scratch = TileScratch::new(&MemoryPool::new(8 << 20).consumer("scratch")).unwrap();
    (0..tiles.grid().tiles()).all(|tile| {
        let mut counts = vec![0; TILE_CELLS];
        match tiles.read(tile, &mut scratch).unwrap() {
            TileCells::Few(places) => places.iter().for_each(|place| counts[usize::from(*place)] += 1),
            TileCells::Many(found) => counts.copy_from_slice(found),
        }
        let expected = &counted[tile as usize * TILE_CELLS..][..TILE_CELLS];
        counts.iter().zip(expected).all(|(found, expected)| *found == u64::from(*expected))
    })
}

/// Ten times the budget: packed, spilled, right, and never above it.
#[test]
fn ten_budgets_of_tiles_fit_in_one() {
    let budget = 3 << 19;
    let pool = MemoryPool::new(budget);
    let grid = TileGrid::new(1 << 12, 1 << 12).unwrap();
    let tiles = CountTiles::new(grid, 1, &pool.consumer("tiles")).unwrap();
    let mut random = Random(7);
    let mut counted = vec![0u8; 1 << 24];
    let mut keys = vec![0; 100_000];
    for _ in 0..80 {
        for key in &mut keys {
            *key = random.below(1 << 24);
            counted[*key as usize] += 1;
        }
        tiles.count(&keys).unwrap();
    }
    assert!(2 * 80 * keys.len() > 10 * budget);
    assert!(pool.snapshot().peak_reserved <= budget);
    assert!(tiles.spilled_bytes() > 4 * budget as u64, "{}", tiles.spilled_bytes());
    assert!(holds(&tiles, &counted));
}

#[test]
fn others_get_the_memory_of_tiles_that_nobody_counts_in() {
    let pool = MemoryPool::new(8 << 20);
    let grid = TileGrid::new(1 << 12, 1 << 12).unwrap();
    let tiles = CountTiles::new(grid, 2, &pool.consumer("tiles")).unwrap();
    let keys = keys(&grid, &mut Random(3), 0, 2_000_000);
    tiles.count(&keys).unwrap();
    assert!(pool.available() < 4 << 20, "{}", pool.available());
    let held = pool.consumer("other").buffer::<u8>(6 << 20).unwrap();
    assert!(tiles.spilled_bytes() > 0);
    drop(held);
    let mut counted = vec![0u8; 1 << 24];
    keys.iter().for_each(|key| counted[*key as usize] += 1);
    assert!(holds(&tiles, &counted));
}

#[test]
fn what_is_refused_loses_nothing() {
    let pool = MemoryPool::new(2 << 20);
    let grid = TileGrid::new(1 << 20, 1 << 20).unwrap();
    let tiles = CountTiles::new(grid, 1, &pool.consumer("tiles")).unwrap();
    // So many tiles that their tables alone pass the budget.
    let mut random = Random(9);
    let mut counted = Twin::new();
    let refused = loop {
        let key = random.below(grid.tiles()) << 16;
        match tiles.count(&[key]) {
            Ok(()) => *counted.entry(key).or_default() += 1,
            Err(error) => break error,
        }
    };
    assert!(refused.to_string().contains("tiles asked for"), "{refused}");
    let other = MemoryPool::new(8 << 20);
    let mut scratch = TileScratch::new(&other.consumer("scratch")).unwrap();
    for (key, count) in counted {
        let TileCells::Few(places) = tiles.read(key >> 16, &mut scratch).unwrap() else { panic!() };
        assert_eq!(places.len() as u64, count);
    }
}

#[test]
fn threads_count_and_others_reclaim_at_once() {
    let pool = MemoryPool::new(4 << 20);
    let grid = TileGrid::new(1 << 12, 1 << 12).unwrap();
    let tiles = CountTiles::new(grid, 4, &pool.consumer("tiles")).unwrap();
    let all: Vec<Vec<u64>> = (0..3).map(|thread| keys(&grid, &mut Random(thread + 20), 0, 600_000)).collect();
    std::thread::scope(|scope| {
        for keys in &all {
            scope.spawn(|| keys.chunks(5000).for_each(|keys| tiles.count(keys).unwrap()));
        }
        scope.spawn(|| {
            for _ in 0..20 {
                pool.reclaim(1 << 20);
                std::thread::yield_now();
            }
        });
    });
    let mut counted = vec![0u8; 1 << 24];
    all.iter().flatten().for_each(|key| counted[*key as usize] += 1);
    assert!(holds(&tiles, &counted));
}
