//! Which chunks a selection touches, and which items of each.

use super::layout::items_of;
use crate::{ArrayError, Result};

/// Every `step`-th item from `start` on, `count` of them, along each dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The first.
    pub start: Vec<usize>,
    /// From one to the next; at least 1.
    pub step: Vec<usize>,
    /// How many.
    pub count: Vec<usize>,
}

impl Selection {
    /// The box of `shape` that begins at `start`.
    pub fn of_box(start: &[usize], shape: &[usize]) -> Self {
        Self { start: start.to_vec(), step: vec![1; shape.len()], count: shape.to_vec() }
    }

    /// Items in it.
    pub fn items(&self) -> usize {
        items_of(&self.count).unwrap_or(usize::MAX)
    }
}

/// A shape cut into chunks of another; those at the far edges are smaller.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    pub(super) shape: Vec<usize>,
    pub(super) chunk: Vec<usize>,
}

/// What of a selection lies in one chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// The chunk's place among the chunks, in C order.
    pub(super) number: usize,
    /// Its first item along each dimension of the array.
    pub(super) origin: Vec<usize>,
    /// Its own shape.
    pub(super) shape: Vec<usize>,
    /// Where in the chunk the first item of the selection is.
    pub(super) inside: Vec<usize>,
    /// Where in the selection that item is.
    pub(super) outside: Vec<usize>,
    /// How many items of the selection the chunk has.
    pub(super) count: Vec<usize>,
}

impl Part {
    /// Whether every item of the chunk is selected.
    pub(super) fn is_whole(&self) -> bool {
        self.count == self.shape
    }
}

impl Grid {
    /// Chunks along each dimension.
    pub(super) fn counts(&self) -> Vec<usize> {
        self.shape.iter().zip(&self.chunk).map(|(&items, &chunk)| items.div_ceil(chunk)).collect()
    }

    /// Chunks in all.
    pub(super) fn chunks(&self) -> usize {
        self.counts().iter().product()
    }

    /// Refuse a selection that does not lie within the shape.
    pub(super) fn check(&self, name: &str, selection: &Selection) -> Result<()> {
        let dimensions = self.shape.len();
        let of_length =
            [&selection.start, &selection.step, &selection.count].iter().all(|list| list.len() == dimensions);
        let fits = of_length
            && (0..dimensions).all(|axis| {
                let (start, step, count) =
                    (selection.start[axis], selection.step[axis], selection.count[axis]);
                let last = count.checked_sub(1).map(|last| last.checked_mul(step));
                match last {
                    None => start <= self.shape[axis],
                    Some(reach) => {
                        step > 0
                            && reach
                                .and_then(|reach| reach.checked_add(start))
                                .is_some_and(|last| last < self.shape[axis])
                    }
                }
            });
        if fits {
            return Ok(());
        }
        let what = format!("the selection {selection:?} of an array of shape {:?}", self.shape);
        Err(ArrayError::Unsupported { name: name.into(), what })
    }

    /// What of `selection`, which lies within the shape, is in each chunk that it touches; in C order.
    pub(super) fn parts(&self, selection: &Selection) -> Vec<Part> {
        if selection.items() == 0 {
            return Vec::new();
        }
        let axes: Vec<Vec<Axis>> = (0..self.shape.len()).map(|axis| self.along(axis, selection)).collect();
        let counts = self.counts();
        let mut parts = Vec::with_capacity(axes.iter().map(Vec::len).product());
        let mut place = vec![0usize; axes.len()];
        loop {
            let mut part = Part {
                number: 0,
                origin: Vec::with_capacity(axes.len()),
                shape: Vec::with_capacity(axes.len()),
                inside: Vec::with_capacity(axes.len()),
                outside: Vec::with_capacity(axes.len()),
                count: Vec::with_capacity(axes.len()),
            };
            for (axis, &at) in place.iter().enumerate() {
                let here = &axes[axis][at];
                let origin = here.chunk * self.chunk[axis];
                part.number = part.number * counts[axis] + here.chunk;
                part.origin.push(origin);
                part.shape.push(self.chunk[axis].min(self.shape[axis] - origin));
                part.inside.push(here.inside);
                part.outside.push(here.outside);
                part.count.push(here.count);
            }
            parts.push(part);
            let mut axis = place.len();
            loop {
                if axis == 0 {
                    return parts;
                }
                axis -= 1;
                place[axis] += 1;
                if place[axis] < axes[axis].len() {
                    break;
                }
                place[axis] = 0;
            }
        }
    }

    /// The chunks along one dimension that have items of the selection.
    fn along(&self, axis: usize, selection: &Selection) -> Vec<Axis> {
        let (start, step, count) = (selection.start[axis], selection.step[axis], selection.count[axis]);
        let size = self.chunk[axis];
        let mut found = Vec::new();
        let mut outside = 0;
        while outside < count {
            let first = start + outside * step;
            let chunk = first / size;
            let after = (chunk + 1) * size;
            let here = (after - first).div_ceil(step).min(count - outside);
            found.push(Axis { chunk, inside: first - chunk * size, outside, count: here });
            outside += here;
        }
        found
    }
}

struct Axis {
    chunk: usize,
    inside: usize,
    outside: usize,
    count: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_selected_item_is_in_exactly_one_part(
            axes in prop::collection::vec((1usize..20, 1usize..7, 0usize..20, 1usize..6, 0usize..20), 0..4),
        ) {
            let (mut grid, mut selection) =
                (Grid { shape: vec![], chunk: vec![] }, Selection { start: vec![], step: vec![], count: vec![] });
            for (items, chunk, start, step, count) in axes {
                let start = start % items;
                grid.shape.push(items);
                grid.chunk.push(chunk);
                selection.start.push(start);
                selection.step.push(step);
                selection.count.push(count.min((items - start).div_ceil(step)));
            }
            grid.check("array", &selection).unwrap();
            let parts = grid.parts(&selection);
            let found: usize = parts.iter().map(|part| part.count.iter().product::<usize>()).sum();
            prop_assert_eq!(found, selection.items());
            for part in &parts {
                for axis in 0..grid.shape.len() {
                    prop_assert_eq!(
                        part.origin[axis] + part.inside[axis],
                        selection.start[axis] + part.outside[axis] * selection.step[axis]
                    );
                    let last = part.inside[axis] + (part.count[axis] - 1) * selection.step[axis];
                    prop_assert!(last < part.shape[axis]);
                }
            }
        }
    }

    #[test]
    fn what_lies_outside_is_refused() {
        let grid = Grid { shape: vec![10], chunk: vec![4] };
        let selection =
            |start, step, count| Selection { start: vec![start], step: vec![step], count: vec![count] };
        assert!(grid.check("array", &selection(0, 3, 4)).is_ok());
        assert!(grid.check("array", &selection(10, 1, 0)).is_ok());
        for wrong in
            [selection(0, 3, 5), selection(0, 0, 2), selection(11, 1, 0), selection(9, usize::MAX, 2)]
        {
            assert!(grid.check("array", &wrong).is_err(), "{wrong:?}");
        }
        assert!(grid.check("array", &Selection::of_box(&[], &[])).is_err());
    }
}
