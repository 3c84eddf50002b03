//! Boxes of items within larger ones: the same copy serves reading, writing and taking an array of any strides apart.
//!
//! Dimensions that lie one after the other on both sides are one, so a copy of whole rows is a single `memcpy`.

/// A box in memory: how many items along each dimension, and how far apart they are on either side.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    counts: Vec<usize>,
    from: Vec<isize>,
    to: Vec<isize>,
    run_bytes: usize,
}

/// The distances in bytes of items in C order.
pub(super) fn row_major(shape: &[usize], item_bytes: usize) -> Vec<isize> {
    let mut strides = vec![item_bytes as isize; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis] as isize;
    }
    strides
}

/// Items of a shape; `None` beyond what can be addressed.
pub(super) fn items_of(shape: &[usize]) -> Option<usize> {
    // An empty dimension makes an empty array, however large the others are.
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1usize, |items, &count| items.checked_mul(count))
}

impl Walk {
    /// Of items of `item_bytes`, `from` and `to` bytes apart. What is contiguous on both sides becomes one run.
    pub(super) fn new(counts: &[usize], from: &[isize], to: &[isize], item_bytes: usize) -> Self {
        let mut walk = Self { counts: Vec::new(), from: Vec::new(), to: Vec::new(), run_bytes: item_bytes };
        for axis in (0..counts.len()).rev() {
            if counts[axis] == 1 {
                continue;
            }
            let run = walk.run_bytes as isize;
            if walk.counts.is_empty() && from[axis] == run && to[axis] == run {
                walk.run_bytes *= counts[axis];
            } else {
                walk.counts.push(counts[axis]);
                walk.from.push(from[axis]);
                walk.to.push(to[axis]);
            }
        }
        walk
    }

    /// The bytes that can be copied at once.
    pub(super) fn run_bytes(&self) -> usize {
        self.run_bytes
    }

    /// Whether it is one run.
    pub(super) fn is_one_run(&self) -> bool {
        self.counts.is_empty()
    }

    /// Call `each` with the two distances of every run; the innermost dimension turns fastest.
    pub(super) fn try_each<E>(&self, mut each: impl FnMut(isize, isize) -> Result<(), E>) -> Result<(), E> {
        if self.counts.contains(&0) || self.run_bytes == 0 {
            return Ok(());
        }
        let mut place = vec![0usize; self.counts.len()];
        let (mut from, mut to) = (0isize, 0isize);
        loop {
            each(from, to)?;
            let mut axis = 0;
            loop {
                if axis == place.len() {
                    return Ok(());
                }
                place[axis] += 1;
                from += self.from[axis];
                to += self.to[axis];
                if place[axis] < self.counts[axis] {
                    break;
                }
                from -= self.from[axis] * place[axis] as isize;
                to -= self.to[axis] * place[axis] as isize;
                place[axis] = 0;
                axis += 1;
            }
        }
    }

    /// Copy all runs. `source` and `target` begin `source_at` and `target_at` bytes before the first.
    pub(super) fn copy(&self, source: &[u8], source_at: usize, target: &mut [u8], target_at: usize) {
        match self.run_bytes {
            1 => self.copy_items::<1>(source, source_at, target, target_at),
            2 => self.copy_items::<2>(source, source_at, target, target_at),
            4 => self.copy_items::<4>(source, source_at, target, target_at),
            8 => self.copy_items::<8>(source, source_at, target, target_at),
            16 => self.copy_items::<16>(source, source_at, target, target_at),
            run => {
                let copied = self.try_each(|from, to| {
                    let (from, to) = (source_at.wrapping_add_signed(from), target_at.wrapping_add_signed(to));
                    target[to..to + run].copy_from_slice(&source[from..from + run]);
                    Ok::<(), std::convert::Infallible>(())
                });
                let Ok(()) = copied;
            }
        }
    }

    /// As [`Walk::copy`] for runs of one small item: the innermost dimension in a loop of its own.
    fn copy_items<const N: usize>(
        &self,
        source: &[u8],
        source_at: usize,
        target: &mut [u8],
        target_at: usize,
    ) {
        let Some((&count, outer)) = self.counts.split_first() else {
            target[target_at..target_at + N].copy_from_slice(&source[source_at..source_at + N]);
            return;
        };
        let outer = Self {
            counts: outer.to_vec(),
            from: self.from[1..].to_vec(),
            to: self.to[1..].to_vec(),
            run_bytes: if count == 0 { 0 } else { N },
        };
        let (source_step, target_step) = (self.from[0], self.to[0]);
        let copied = outer.try_each(|from, to| {
            let (mut from, mut to) = (source_at.wrapping_add_signed(from), target_at.wrapping_add_signed(to));
            for _ in 0..count {
                target[to..to + N].copy_from_slice(&source[from..from + N]);
                from = from.wrapping_add_signed(source_step);
                to = to.wrapping_add_signed(target_step);
            }
            Ok::<(), std::convert::Infallible>(())
        });
        let Ok(()) = copied;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One item after the other, by its coordinates.
    fn naive(shape: &[usize], from: &[isize], to: &[isize], item: usize, source: &[u8], target: &mut [u8]) {
        let items = items_of(shape).unwrap();
        for number in 0..items {
            let (mut rest, mut at, mut put) = (number, 0isize, 0isize);
            for axis in (0..shape.len()).rev() {
                let place = (rest % shape[axis]) as isize;
                rest /= shape[axis];
                at += place * from[axis];
                put += place * to[axis];
            }
            let (at, put) = (at as usize, put as usize);
            target[put..put + item].copy_from_slice(&source[at..at + item]);
        }
    }

    proptest! {
        #[test]
        fn a_copy_agrees_with_one_item_at_a_time(
            large in prop::collection::vec(1usize..6, 0..4),
            part in prop::collection::vec(0usize..6, 4),
            item in prop::sample::select(vec![1usize, 2, 3, 4, 8, 12, 16]),
        ) {
            let shape: Vec<usize> = large.iter().zip(&part).map(|(&l, &p)| p.min(l)).collect();
            let from = row_major(&large, item);
            let to = row_major(&shape, item);
            let source: Vec<u8> = (0..items_of(&large).unwrap() * item).map(|n| n as u8).collect();
            let bytes = items_of(&shape).unwrap() * item;
            let (mut quick, mut slow) = (vec![0; bytes], vec![0; bytes]);
            Walk::new(&shape, &from, &to, item).copy(&source, 0, &mut quick, 0);
            naive(&shape, &from, &to, item, &source, &mut slow);
            prop_assert_eq!(quick, slow);
        }
    }
}
