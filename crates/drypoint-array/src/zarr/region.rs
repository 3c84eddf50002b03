//! Boxes: which chunks they touch, and how their items go from one place in memory to another.

/// Where a box lies in memory: the byte of its first item, and the bytes from one item to the next along each axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) first: usize,
    pub(super) strides: Vec<usize>,
}

impl Place {
    /// A box that fills its memory in C order.
    pub(super) fn whole(shape: &[usize], item_bytes: usize) -> Self {
        let mut strides = vec![item_bytes; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis].saturating_mul(shape[axis]);
        }
        Self { first: 0, strides }
    }

    /// The part that begins at `at`.
    pub(super) fn part(&self, at: &[usize]) -> Self {
        let first = self.first + at.iter().zip(&self.strides).map(|(at, stride)| at * stride).sum::<usize>();
        Self { first, strides: self.strides.clone() }
    }

    /// The same items with their axes in another order: axis `i` of the result is axis `order[i]`.
    pub(super) fn transposed(&self, order: &[usize]) -> Self {
        Self { first: self.first, strides: reordered(&self.strides, order) }
    }
}

/// Item `order[i]` at place `i`.
pub(super) fn reordered(items: &[usize], order: &[usize]) -> Vec<usize> {
    order.iter().map(|&axis| items[axis]).collect()
}

/// What is wanted of a chunk or an array: along each axis the first item, the distance to the next, how many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'p> {
    pub(super) start: &'p [usize],
    pub(super) step: &'p [usize],
    pub(super) count: &'p [usize],
}

impl Part<'_> {
    /// Where its items are in something that lies at `place`.
    pub(super) fn of(&self, place: &Place) -> Place {
        let mut part = place.part(self.start);
        // The stride of an axis of one item is never used, however long its step may be.
        part.strides
            .iter_mut()
            .zip(self.step)
            .for_each(|(stride, step)| *stride = stride.saturating_mul(*step));
        part
    }
}

/// What of an axis lies in one chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) chunk: usize,
    /// The first wanted item within the chunk.
    pub(super) within: usize,
    pub(super) count: usize,
    /// Where that item is among the wanted ones.
    pub(super) at: usize,
}

/// The chunks along an axis in which something is wanted.
pub(super) fn stretches(start: usize, step: usize, count: usize, chunk: usize) -> Vec<Stretch> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < count {
        let item = start + at * step;
        let within = item % chunk;
        let here = (chunk - within).div_ceil(step).min(count - at);
        found.push(Stretch { chunk: item / chunk, within, count: here, at });
        at += here;
    }
    found
}

/// Call `each` with every chunk in which something is wanted: its place in the grid, the part of it, and where the part
/// begins among all that is wanted. In C order of the grid.
pub(super) fn each_chunk<E>(
    wanted: Part<'_>,
    chunk_shape: &[usize],
    mut each: impl FnMut(&[usize], Part<'_>, &[usize]) -> Result<(), E>,
) -> Result<(), E> {
    if wanted.count.contains(&0) {
        return Ok(());
    }
    let axes = wanted.count.len();
    let along: Vec<Vec<Stretch>> = (0..axes)
        .map(|axis| stretches(wanted.start[axis], wanted.step[axis], wanted.count[axis], chunk_shape[axis]))
        .collect();
    let mut turn = vec![0; axes];
    let (mut chunk, mut start, mut count, mut at) =
        (vec![0; axes], vec![0; axes], vec![0; axes], vec![0; axes]);
    loop {
        for axis in 0..axes {
            let here = along[axis][turn[axis]];
            (chunk[axis], start[axis], count[axis], at[axis]) =
                (here.chunk, here.within, here.count, here.at);
        }
        each(&chunk, Part { start: &start, step: wanted.step, count: &count }, &at)?;
        let Some(axis) = (0..axes).rev().find(|&axis| turn[axis] + 1 < along[axis].len()) else {
            return Ok(());
        };
        turn[axis] += 1;
        turn[axis + 1..].fill(0);
    }
}

/// One axis of a copy: items, and bytes from one to the next on either side.
#[derive(Clone, Copy)]
struct Axis {
    items: usize,
    from: usize,
    to: usize,
}

/// The axes of a copy, the innermost last; those that run on into their neighbour are one.
fn merged(shape: &[usize], from: &[usize], to: &[usize]) -> Vec<Axis> {
    let mut axes: Vec<Axis> = Vec::with_capacity(shape.len());
    for ((&items, &from), &to) in shape.iter().zip(from).zip(to) {
        if items == 1 {
            continue;
        }
        let inner = Axis { items, from, to };
        match axes.last_mut() {
            Some(outer) if outer.from == from * items && outer.to == to * items => {
                *outer = Axis { items: outer.items * items, ..inner };
            }
            _ => axes.push(inner),
        }
    }
    axes
}

/// Call `row` with the first bytes of every row of the innermost axis.
fn each_row(outer: &[Axis], mut from: usize, mut to: usize, mut row: impl FnMut(usize, usize)) {
    let mut counts = vec![0; outer.len()];
    loop {
        row(from, to);
        let mut axis = outer.len();
        loop {
            let Some(next) = axis.checked_sub(1) else { return };
            axis = next;
            let Axis { items, from: from_step, to: to_step } = outer[axis];
            counts[axis] += 1;
            if counts[axis] < items {
                from += from_step;
                to += to_step;
                break;
            }
            counts[axis] = 0;
            from -= from_step * (items - 1);
            to -= to_step * (items - 1);
        }
    }
}

/// Copy the items of a box from one place to another.
pub(super) fn copy(shape: &[usize], item_bytes: usize, from: (&[u8], &Place), to: (&mut [u8], &Place)) {
    let ((source, source_place), (target, target_place)) = (from, to);
    if shape.contains(&0) || item_bytes == 0 {
        return;
    }
    let axes = merged(shape, &source_place.strides, &target_place.strides);
    let whole = Axis { items: 1, from: item_bytes, to: item_bytes };
    let (inner, outer) = match axes.split_last() {
        Some((inner, outer)) => (*inner, outer),
        None => (whole, [].as_slice()),
    };
    if inner.from == item_bytes && inner.to == item_bytes {
        let run = inner.items * item_bytes;
        each_row(outer, source_place.first, target_place.first, |from, to| {
            target[to..to + run].copy_from_slice(&source[from..from + run]);
        });
        return;
    }
    each_row(outer, source_place.first, target_place.first, |from, to| match item_bytes {
        1 => scattered::<1>(source, from, target, to, inner),
        2 => scattered::<2>(source, from, target, to, inner),
        4 => scattered::<4>(source, from, target, to, inner),
        8 => scattered::<8>(source, from, target, to, inner),
        16 => scattered::<16>(source, from, target, to, inner),
        _ => {
            for item in 0..inner.items {
                let (from, to) = (from + item * inner.from, to + item * inner.to);
                target[to..to + item_bytes].copy_from_slice(&source[from..from + item_bytes]);
            }
        }
    });
}

/// A row whose items do not lie side by side, with a width that the compiler knows.
fn scattered<const WIDTH: usize>(source: &[u8], from: usize, target: &mut [u8], to: usize, axis: Axis) {
    for item in 0..axis.items {
        let (from, to) = (from + item * axis.from, to + item * axis.to);
        target[to..to + WIDTH].copy_from_slice(&source[from..from + WIDTH]);
    }
}

/// Put one item at each place of a box.
pub(super) fn fill(shape: &[usize], item: &[u8], target: &mut [u8], place: &Place) {
    if shape.contains(&0) || item.is_empty() {
        return;
    }
    let axes = merged(shape, &place.strides, &place.strides);
    let whole = Axis { items: 1, from: item.len(), to: item.len() };
    let (inner, outer) = match axes.split_last() {
        Some((inner, outer)) => (*inner, outer),
        None => (whole, [].as_slice()),
    };
    each_row(outer, place.first, place.first, |_, to| {
        if inner.to == item.len() {
            repeat(item, &mut target[to..to + inner.items * item.len()]);
        } else {
            for step in 0..inner.items {
                let to = to + step * inner.to;
                target[to..to + item.len()].copy_from_slice(item);
            }
        }
    });
}

/// `item`, over and over.
pub(super) fn repeat(item: &[u8], target: &mut [u8]) {
    if item.iter().all(|byte| *byte == item[0]) {
        target.fill(item[0]);
        return;
    }
    let mut done = item.len().min(target.len());
    target[..done].copy_from_slice(&item[..done]);
    while done < target.len() {
        let more = done.min(target.len() - done);
        target.copy_within(..more, done);
        done += more;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All places of a box.
    fn places(shape: &[usize]) -> Vec<Vec<usize>> {
        shape.iter().fold(vec![Vec::new()], |places, &items| {
            let longer =
                |place: &Vec<usize>| (0..items).map(|at| [place.clone(), vec![at]].concat()).collect();
            places.iter().flat_map(|place| -> Vec<Vec<usize>> { longer(place) }).collect()
        })
    }

    fn byte(place: &Place, at: &[usize]) -> usize {
        place.part(at).first
    }

    prop_compose! {
        /// An array, a box of it, a size of chunks, an order of axes.
        fn boxes()(axes in 0usize..4)(
            shape in prop::collection::vec(1usize..6, axes),
            cuts in prop::collection::vec((0usize..6, 0usize..6), axes),
            chunk in prop::collection::vec(1usize..4, axes),
            order in Just((0..axes).collect::<Vec<_>>()).prop_shuffle(),
            item_bytes in prop::sample::select(vec![1usize, 2, 3, 4, 8, 12, 16]),
        ) -> (Vec<usize>, Vec<usize>, Vec<usize>, Vec<usize>, Vec<usize>, usize) {
            let start: Vec<usize> = shape.iter().zip(&cuts).map(|(n, (a, _))| a % n).collect();
            let part = shape.iter().zip(&start).zip(&cuts).map(|((n, a), (_, b))| b % (n - a + 1)).collect();
            (shape, start, part, chunk, order, item_bytes)
        }
    }

    proptest! {
        #[test]
        fn steps_meet_the_same_items(start in 0usize..9, step in 1usize..9, count in 0usize..9, chunk in 1usize..9) {
            let found: Vec<usize> = stretches(start, step, count, chunk)
                .iter()
                .flat_map(|here| (0..here.count).map(|item| {
                    assert!(here.within + item * step < chunk);
                    here.chunk * chunk + here.within + item * step
                }))
                .collect();
            prop_assert_eq!(found, (0..count).map(|item| start + item * step).collect::<Vec<_>>());
        }

        #[test]
        fn copies_agree_with_item_by_item((shape, start, part, chunk, order, item_bytes) in boxes()) {
            let total: usize = shape.iter().product::<usize>() * item_bytes;
            let source: Vec<u8> = (0..total).map(|at| (at % 251) as u8).collect();
            let from = Place::whole(&shape, item_bytes).part(&start).transposed(&order);
            let part = reordered(&part, &order);
            let bytes = part.iter().product::<usize>() * item_bytes;
            let to = Place::whole(&part, item_bytes);
            let mut expected = vec![0; bytes];
            for at in places(&part) {
                let (a, b) = (byte(&from, &at), byte(&to, &at));
                expected[b..b + item_bytes].copy_from_slice(&source[a..a + item_bytes]);
            }
            let mut copied = vec![0; bytes];
            copy(&part, item_bytes, (&source, &from), (&mut copied, &to));
            prop_assert_eq!(&copied, &expected);

            // By chunks of the result, the same.
            let mut pieces = vec![0; bytes];
            let chunk = reordered(&chunk, &order);
            let mut items = 0;
            let (zeros, ones) = (vec![0; part.len()], vec![1; part.len()]);
            each_chunk(Part { start: &zeros, step: &ones, count: &part }, &chunk, |grid, piece, at| {
                for axis in 0..part.len() {
                    assert_eq!(grid[axis] * chunk[axis] + piece.start[axis], at[axis]);
                    assert!(piece.start[axis] + piece.count[axis] <= chunk[axis]);
                }
                items += piece.count.iter().product::<usize>();
                copy(piece.count, item_bytes, (&source, &from.part(at)), (&mut pieces, &to.part(at)));
                Ok::<(), ()>(())
            })
            .unwrap();
            prop_assert_eq!(items, part.iter().product::<usize>());
            prop_assert_eq!(&pieces, &expected);
        }

        #[test]
        fn fills_agree_with_item_by_item((shape, start, part, _, order, item_bytes) in boxes()) {
            let item: Vec<u8> = (1..=item_bytes as u8).collect();
            let place = Place::whole(&shape, item_bytes).part(&start).transposed(&order);
            let part = reordered(&part, &order);
            let total = shape.iter().product::<usize>() * item_bytes;
            let (mut filled, mut expected) = (vec![0; total], vec![0; total]);
            for at in places(&part) {
                let to = byte(&place, &at);
                expected[to..to + item_bytes].copy_from_slice(&item);
            }
            fill(&part, &item, &mut filled, &place);
            prop_assert_eq!(filled, expected);
        }
    }
}
