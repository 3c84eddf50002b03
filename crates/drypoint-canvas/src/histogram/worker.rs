//! One thread's bins: of each category it met, in its own order.

use drypoint_memory::{Buffer, MemoryConsumer, Pod};
use drypoint_stream::Batch;

use super::Survey;
use super::bins::{Bins, NOWHERE};
use crate::columns::{Roles, as_f64, check_batch, convert_missing, for_each_missing};
use crate::fold::{Directory, Interner};
use crate::options::Options;
use crate::raw::BLOCK_ROWS;
use crate::{CanvasError, Result};

struct Scratch {
    x: [f64; BLOCK_ROWS],
    weights: [f64; BLOCK_ROWS],
    bins: [u32; BLOCK_ROWS],
    codes: [u32; BLOCK_ROWS],
}

pub(super) struct Worker {
    consumer: MemoryConsumer,
    bins: usize,
    scratch: Box<Scratch>,
    interner: Option<Interner>,
    /// The bins of each category. Counts have several lanes: rows of one bin would wait for each other in one.
    counts: Vec<Buffer<u64>>,
    sums: Vec<Buffer<f64>>,
    weighed: bool,
    surveying: bool,
    pub(super) survey: Survey,
    pub(super) rows: u64,
    pub(super) skipped: u64,
}

impl Worker {
    pub(super) const LANES: usize = 4;
    pub(super) const OWN_BYTES: usize = size_of::<Scratch>();

    pub(super) fn new(
        bins: usize,
        weighed: bool,
        categories: bool,
        surveying: bool,
        options: &Options,
    ) -> Result<Self> {
        let mut worker = Self {
            consumer: options.consumer.clone(),
            bins,
            scratch: Box::new(Scratch {
                x: [0.0; BLOCK_ROWS],
                weights: [0.0; BLOCK_ROWS],
                bins: [0; BLOCK_ROWS],
                codes: [0; BLOCK_ROWS],
            }),
            interner: categories.then(Interner::new),
            counts: Vec::new(),
            sums: Vec::new(),
            weighed,
            surveying,
            survey: Survey::default(),
            rows: 0,
            skipped: 0,
        };
        if !categories {
            let Worker { counts, sums, consumer, .. } = &mut worker;
            add_plane(counts, sums, bins, weighed, consumer)?;
        }
        Ok(worker)
    }

    pub(super) fn fold(
        &mut self,
        batch: &Batch<'_>,
        roles: &Roles,
        bins: &Bins,
        directory: Option<&Directory>,
    ) -> Result<()> {
        check_batch(batch, roles.request.len())?;
        let column = &batch.columns[roles.x];
        if let (Some(interner), Some(category)) = (&mut self.interner, roles.category) {
            interner.begin_batch(&batch.columns[category]);
        }
        let middle = bins.middle();
        for start in (0..batch.rows).step_by(BLOCK_ROWS) {
            let rows = BLOCK_ROWS.min(batch.rows - start);
            let Scratch { x, weights, bins: found, codes } = &mut *self.scratch;
            let (found, weights, codes) = (&mut found[..rows], &mut weights[..rows], &mut codes[..rows]);
            let x = as_f64(column, start, rows, x)?;
            bins.find(x, found);
            if let Some(validity) = column.validity {
                for_each_missing(validity, start, rows, |row| found[row] = NOWHERE);
            }
            self.skipped += found.iter().filter(|bin| **bin == NOWHERE).count() as u64;
            if self.surveying {
                for (value, _) in x.iter().zip(&*found).filter(|(_, bin)| **bin != NOWHERE) {
                    self.survey.add(value - middle, *value);
                }
            }
            if let Some(value) = roles.value {
                convert_missing(&batch.columns[value], start, weights)?;
            }
            match (&mut self.interner, roles.category, directory) {
                (Some(interner), Some(category), Some(directory)) => {
                    let (counts, sums) = (&mut self.counts, &mut self.sums);
                    let (count, weighed, consumer) = (self.bins, self.weighed, &self.consumer);
                    let mut met = |_| add_plane(counts, sums, count, weighed, consumer);
                    interner.encode(directory, &batch.columns[category], start, codes, &mut met)?;
                }
                _ => codes.fill(0),
            }
            let rows = found.iter().zip(&*codes).enumerate();
            let seen = rows.filter(|(_, (bin, code))| **bin != NOWHERE && **code != NOWHERE);
            if self.weighed {
                for (row, (bin, code)) in seen {
                    // Without a weight a value weighs nothing.
                    let weight = weights[row];
                    self.sums[*code as usize][*bin as usize] += if weight.is_nan() { 0.0 } else { weight };
                }
            } else {
                for (row, (bin, code)) in seen {
                    self.counts[*code as usize][*bin as usize * Self::LANES + row % Self::LANES] += 1;
                }
            }
        }
        self.rows += batch.rows as u64;
        Ok(())
    }

    fn planes<'a, T: Pod>(
        &'a self,
        planes: &'a [Buffer<T>],
        numbers: &'a [u32],
    ) -> impl Iterator<Item = (usize, &'a [T])> {
        let own = self.interner.as_ref().map(|interner| &interner.numbers[..]);
        planes.iter().enumerate().filter_map(move |(code, plane)| {
            let number = own.map_or(0, |own| own[code]);
            let place = numbers.iter().position(|known| *known == number)?;
            Some((place * self.bins, &**plane))
        })
    }

    /// Call `add(place, count)` for each bin of each category, in the order of `numbers`.
    pub(super) fn counts(&self, numbers: &[u32], mut add: impl FnMut(usize, u64)) {
        for (start, plane) in self.planes(&self.counts, numbers) {
            for (bin, lanes) in plane.chunks_exact(Self::LANES).enumerate() {
                add(start + bin, lanes.iter().sum());
            }
        }
    }

    /// The same for sums of weights.
    pub(super) fn sums(&self, numbers: &[u32], mut add: impl FnMut(usize, f64)) {
        for (start, plane) in self.planes(&self.sums, numbers) {
            plane.iter().enumerate().for_each(|(bin, sum)| add(start + bin, *sum));
        }
    }
}

fn add_plane(
    counts: &mut Vec<Buffer<u64>>,
    sums: &mut Vec<Buffer<f64>>,
    bins: usize,
    weighed: bool,
    consumer: &MemoryConsumer,
) -> std::result::Result<(), CanvasError> {
    if weighed {
        sums.push(consumer.zeroed(bins)?);
    } else {
        counts.push(consumer.zeroed(bins * Worker::LANES)?);
    }
    Ok(())
}
