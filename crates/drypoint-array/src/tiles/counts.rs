//! All tiles of a canvas, in shards that threads lock one at a time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use drypoint_memory::{Buffer, MemoryConsumer, MemoryReservation, ReclaimOrder, ReclaimerGuard};

use super::directory::Directory;
use super::packed::corrupt;
use super::raw::{Pressure, Shard};
use super::relief::Relief;
use super::{NO_KEY, Packer, TileCells, TileGrid, TileScratch};
use crate::Result;

/// Shards where several threads count: so many that they seldom meet.
const SHARDS: usize = 16;

/// Counters of a grid of which little is touched: exact up to 2⁶⁴ in all.
///
/// Everything comes from one account. When it cannot be granted, tiles are packed and then moved to disk; the same
/// happens when somebody else needs memory of the same pool.
pub struct CountTiles {
    grid: TileGrid,
    consumer: MemoryConsumer,
    shards: Box<[Mutex<Shard>]>,
    shift: u32,
    relief: Relief,
    total: AtomicU64,
    guards: OnceLock<[ReclaimerGuard; 2]>,
    /// Of the packer, in `relief`.
    _held: MemoryReservation,
}

impl CountTiles {
    /// An empty grid, to be counted in by so many threads at once.
    pub fn new(grid: TileGrid, threads: usize, consumer: &MemoryConsumer) -> Result<Arc<Self>> {
        let count = if threads > 1 { SHARDS } else { 1 };
        let shift = count.ilog2();
        let held = consumer.try_reserve(Packer::FAST_BYTES)?;
        let shards = (0..count)
            .map(|_| Ok(Mutex::new(Shard::new((grid.tiles() >> shift) + 1, consumer)?)))
            .collect::<Result<_>>()?;
        let tiles = Arc::new(Self {
            grid,
            consumer: consumer.clone(),
            shards,
            shift,
            relief: Relief::default(),
            total: AtomicU64::new(0),
            guards: OnceLock::new(),
            _held: held,
        });
        let guard = |order, pressure| {
            let tiles: Weak<Self> = Arc::downgrade(&tiles);
            let reclaim =
                move |bytes: usize| tiles.upgrade().map_or(0, |tiles| tiles.reclaim(bytes, pressure));
            consumer.pool().register_reclaimer(order, reclaim)
        };
        let guards = [
            guard(ReclaimOrder::Compressible, Pressure::Pack),
            guard(ReclaimOrder::Spillable, Pressure::Spill),
        ];
        // It was just made and is empty.
        let _ = tiles.guards.set(guards);
        Ok(tiles)
    }

    /// Bytes that an empty grid takes, and what threads need to count in it at all.
    pub fn least_bytes(grid: &TileGrid, threads: usize) -> usize {
        let shards = if threads > 1 { SHARDS } else { 1 };
        let waiting =
            if threads > 1 { threads * shards * Distributor::WAITING * size_of::<u64>() } else { 0 };
        let tables = shards * Directory::bytes(grid.tiles() / shards as u64 + 1);
        // A page, and the first tables of tiles.
        Packer::FAST_BYTES + waiting + tables + shards * (1 << 17)
    }

    /// The grid.
    pub fn grid(&self) -> &TileGrid {
        &self.grid
    }

    /// The account that it is taken from.
    pub fn consumer(&self) -> &MemoryConsumer {
        &self.consumer
    }

    /// The sum of all counts.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Tiles in which something fell.
    pub fn tiles(&self) -> u64 {
        (0..self.shards.len()).map(|shard| self.shard(shard).tiles()).sum()
    }

    /// Bytes held of it: logs, counters, tables, packed tiles in memory and on disk.
    pub fn stored_bytes(&self) -> u64 {
        let held: u64 = (0..self.shards.len()).map(|shard| self.shard(shard).bytes()).sum();
        held + self.spilled_bytes()
    }

    /// Bytes of it that are on disk.
    pub fn spilled_bytes(&self) -> u64 {
        self.relief.spilled()
    }

    /// Count one point for each [key](TileGrid::key) that is not [`NO_KEY`].
    ///
    /// # Panics
    /// If a key is not of this grid.
    pub fn count(&self, keys: &[u64]) -> Result<()> {
        if let [shard] = &*self.shards {
            self.count_in(shard, keys)
        } else {
            let mut distributor = Distributor::new(self)?;
            distributor.count(self, keys)?;
            distributor.finish(self)
        }
    }

    /// Add what fell in a tile elsewhere.
    ///
    /// # Errors
    /// The budget, the disk, or a sum of all counts beyond 2⁶⁴.
    ///
    /// # Panics
    /// If there is no such tile.
    pub fn add(&self, tile: u64, cells: TileCells<'_>) -> Result<()> {
        assert!(tile < self.grid.tiles(), "tile {tile} of {}", self.grid.tiles());
        match cells {
            TileCells::Few(places) => {
                let mut keys = [0; 256];
                for places in places.chunks(keys.len()) {
                    for (key, place) in keys.iter_mut().zip(places) {
                        *key = tile << 16 | u64::from(*place);
                    }
                    self.count_in(&self.shards[self.shard_of(tile)], &keys[..places.len()])?;
                }
                Ok(())
            }
            TileCells::Many(counts) => {
                let sum = counts.iter().try_fold(0u64, |sum, count| sum.checked_add(*count));
                let added = sum.and_then(|sum| {
                    let add = |total: u64| total.checked_add(sum);
                    self.total.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).ok()
                });
                if added.is_none() {
                    return Err(corrupt("counts pass 2⁶⁴ in all".into()));
                }
                let mut shard = self.shard(self.shard_of(tile));
                let added = shard.add_counts(tile >> self.shift, counts, &self.relief);
                added.map_err(|error| self.relief.explain(error))
            }
        }
    }

    /// What fell in a tile.
    pub fn read<'s>(&self, tile: u64, scratch: &'s mut TileScratch) -> Result<TileCells<'s>> {
        scratch.clear();
        if tile < self.grid.tiles() {
            self.shard(self.shard_of(tile)).read(tile >> self.shift, scratch, &self.relief)?;
        }
        Ok(scratch.cells())
    }

    /// The tiles in which something fell, from the lowest row on and from left to right.
    pub fn touched(&self) -> Result<Buffer<u64>> {
        // Counting may go on meanwhile; what is touched later is not among them.
        let mut touched = self.consumer.buffer::<u64>(self.tiles() as usize)?;
        let mut len = 0;
        for place in 0..self.shards.len() {
            let shard = self.shard(place);
            for tile in shard.touched() {
                let Some(slot) = touched.get_mut(len) else { break };
                *slot = tile << self.shift | place as u64;
                len += 1;
            }
        }
        debug_assert_eq!(len, touched.len());
        touched.sort_unstable();
        Ok(touched)
    }

    fn shard(&self, place: usize) -> MutexGuard<'_, Shard> {
        self.shards[place].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shard_of(&self, tile: u64) -> usize {
        (tile & ((1 << self.shift) - 1)) as usize
    }

    fn count_in(&self, shard: &Mutex<Shard>, keys: &[u64]) -> Result<()> {
        let shift = 16 + self.shift;
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = shard.count(keys, shift, &self.relief).map_err(|error| self.relief.explain(error))?;
        self.total.fetch_add(counted, Ordering::Relaxed);
        Ok(())
    }

    /// Make room for somebody else. Shards that are being counted in are left out: their thread may be the one that asks.
    fn reclaim(&self, bytes: usize, pressure: Pressure) -> usize {
        let mut freed = 0;
        for shard in &self.shards {
            if freed >= bytes {
                break;
            }
            if let Ok(mut shard) = shard.try_lock() {
                // What cannot be packed or spilled now stays as it is; whoever asked is refused, and told why.
                let _ = shard.press(pressure, &self.relief);
                freed += shard.give_back();
            }
        }
        freed
    }
}

/// Keys on their way to their shards: each shard is locked once for many of them.
pub struct Distributor {
    keys: Vec<Vec<u64>>,
    _held: MemoryReservation,
}

impl Distributor {
    /// Keys that wait for one shard.
    const WAITING: usize = 1024;

    /// For one thread that counts in `tiles`.
    pub fn new(tiles: &CountTiles) -> Result<Self> {
        let count = if tiles.shards.len() > 1 { tiles.shards.len() } else { 0 };
        let held = tiles.consumer.try_reserve(count * Self::WAITING * size_of::<u64>())?;
        Ok(Self { keys: (0..count).map(|_| Vec::with_capacity(Self::WAITING)).collect(), _held: held })
    }

    /// Count one point for each key, now or at [`Distributor::finish`] at the latest.
    pub fn count(&mut self, tiles: &CountTiles, keys: &[u64]) -> Result<()> {
        if self.keys.is_empty() {
            return tiles.count(keys);
        }
        for key in keys.iter().filter(|key| **key != NO_KEY) {
            let shard = tiles.shard_of(key >> 16);
            let waiting = &mut self.keys[shard];
            waiting.push(*key);
            if waiting.len() == Self::WAITING {
                tiles.count_in(&tiles.shards[shard], waiting)?;
                waiting.clear();
            }
        }
        Ok(())
    }

    /// Count what waits.
    pub fn finish(&mut self, tiles: &CountTiles) -> Result<()> {
        for (shard, waiting) in self.keys.iter_mut().enumerate() {
            tiles.count_in(&tiles.shards[shard], waiting)?;
            waiting.clear();
        }
        Ok(())
    }
}
