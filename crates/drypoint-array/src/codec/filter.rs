//! What is done to items before a byte codec sees them, so that bytes that are alike come to lie side by side.
//!
//! The steps always run in one order, whatever the order of their names: difference, planes, narrow, shuffle. Each loses
//! nothing. Items are taken for integers of their width here, floats too.

use super::layout::Layout;
use super::scratch::Words;
use super::word::{Word, with_word};
use crate::raw;

/// Which number each one is subtracted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Predict {
    /// None.
    #[default]
    None,
    /// The one before it, of the same channel.
    Delta,
    /// The one above it, in the row before.
    Up,
    /// Left + above - above left.
    Plane,
}

/// How the bytes of the numbers are put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Shuffle {
    /// As they are.
    #[default]
    None,
    /// All first bytes, all second bytes, ...
    Bytes,
    /// All first bits, all second bits, ...
    Bits,
}

/// The steps before a byte codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Filter {
    /// Number the pixels of a chunk that has at most 256 different ones; the other steps are for chunks that have more.
    pub palette: bool,
    /// Subtract a neighbour.
    pub predict: Predict,
    /// Put the channels of an image, or the two parts of complex numbers, one after the other.
    pub planar: bool,
    /// Keep as many bytes of each number as the largest one of the chunk needs.
    pub narrow: bool,
    /// Reorder bytes or bits.
    pub shuffle: Shuffle,
}

impl Filter {
    /// Whether bytes pass as they are.
    pub(super) fn is_none(self) -> bool {
        self == Self::default()
    }

    /// Whether it works on numbers, not only on bytes.
    pub(super) fn needs_numbers(self) -> bool {
        self.predict != Predict::None || self.planar || self.narrow
    }

    /// Numbers as they come out of narrowing are small in absolute value, not small.
    fn zigzag(self, layout: &Layout) -> bool {
        layout.signed || self.predict != Predict::None
    }

    /// Run the steps. `from` holds the items in native order and is used up; `spare` is as long. Returns whether the
    /// result is in `from`, and its bytes for each number.
    pub(super) fn apply(self, layout: &Layout, from: &mut Words, spare: &mut Words) -> (bool, usize) {
        let bytes = layout.bytes();
        let mut width = layout.width;
        let (mut here, mut there) = (from, spare);
        let mut swapped = false;
        if self.predict != Predict::None {
            with_word!(width, predict(self.predict, layout, here.bytes(bytes), there.bytes_mut(bytes)));
            std::mem::swap(&mut here, &mut there);
            swapped = !swapped;
        }
        if self.planar && layout.channels > 1 {
            with_word!(width, split(layout.channels, here.bytes(bytes), there.bytes_mut(bytes)));
            std::mem::swap(&mut here, &mut there);
            swapped = !swapped;
        }
        if self.narrow && width > 1 {
            let zigzag = self.zigzag(layout);
            let narrow = with_word!(width, narrowest(zigzag, here.bytes(bytes)));
            if narrow < width {
                let count = bytes / width;
                with_word!(
                    width,
                    narrowed(zigzag, narrow, here.bytes(bytes), there.bytes_mut(count * narrow))
                );
                std::mem::swap(&mut here, &mut there);
                swapped = !swapped;
                width = narrow;
            }
        }
        let bytes = bytes / layout.width.max(1) * width;
        match self.shuffle {
            Shuffle::None => {}
            Shuffle::Bytes => {
                raw::shuffle(width, here.bytes(bytes), there.bytes_mut(bytes));
                swapped = !swapped;
            }
            Shuffle::Bits => {
                raw::bit_shuffle(width, here.bytes_mut(bytes), there.bytes_mut(bytes));
                swapped = !swapped;
            }
        }
        (!swapped, width)
    }

    /// Undo the steps: `from` holds `width` bytes for each number; `items` gets them, in native order.
    pub(super) fn undo(
        self,
        layout: &Layout,
        width: usize,
        from: &mut Words,
        spare: &mut Words,
        items: &mut [u8],
    ) {
        let count = layout.numbers();
        let narrow = width < layout.width;
        let planar = self.planar && layout.channels > 1;
        let mut steps =
            usize::from(self.shuffle != Shuffle::None) + usize::from(narrow) + usize::from(planar);
        let (mut here, mut there) = (from, spare);
        let stored = count * width;
        let bytes = layout.bytes();
        if steps == 0 {
            items.copy_from_slice(here.bytes(bytes));
        }
        if self.shuffle != Shuffle::None {
            steps -= 1;
            let target = if steps == 0 { &mut *items } else { there.bytes_mut(stored) };
            match self.shuffle {
                Shuffle::Bits => raw::bit_unshuffle(width, here.bytes_mut(stored), target),
                _ => raw::unshuffle(width, here.bytes(stored), target),
            }
            std::mem::swap(&mut here, &mut there);
        }
        if narrow {
            steps -= 1;
            let zigzag = self.zigzag(layout);
            let target = if steps == 0 { &mut *items } else { there.bytes_mut(bytes) };
            with_word!(layout.width, widened(zigzag, width, here.bytes(stored), target));
            std::mem::swap(&mut here, &mut there);
        }
        if planar {
            with_word!(layout.width, join(layout.channels, here.bytes(bytes), items));
        }
        self.undo_in_place(layout, items);
    }

    /// Add the neighbours again.
    pub(super) fn undo_in_place(self, layout: &Layout, items: &mut [u8]) {
        if self.predict != Predict::None {
            with_word!(layout.width, unpredict(self.predict, layout, items));
        }
    }
}

fn predict<W: Word>(predict: Predict, layout: &Layout, items: &[u8], target: &mut [u8]) {
    let (items, target) = (W::of(items), W::of_mut(target));
    let (channels, row) = (layout.channels, layout.row_numbers().max(1));
    match predict {
        Predict::None => target.copy_from_slice(items),
        Predict::Delta => subtract::<W>(items, channels, target),
        Predict::Up => subtract::<W>(items, row, target),
        Predict::Plane => {
            let mut above: &[W::Bytes] = &[];
            for (items, target) in items.chunks_exact(row).zip(target.chunks_exact_mut(row)) {
                if above.is_empty() {
                    subtract::<W>(items, channels, target);
                } else {
                    plane_of::<W>(items, above, channels, target);
                }
                above = items;
            }
        }
    }
}

fn minus<W: Word>(a: W::Bytes, b: W::Bytes) -> W::Bytes {
    W::get(a).sub(W::get(b)).put()
}

fn plus<W: Word>(a: W::Bytes, b: W::Bytes) -> W::Bytes {
    W::get(a).add(W::get(b)).put()
}

fn subtract<W: Word>(items: &[W::Bytes], distance: usize, target: &mut [W::Bytes]) {
    let distance = distance.min(items.len());
    target[..distance].copy_from_slice(&items[..distance]);
    for ((to, item), before) in target[distance..].iter_mut().zip(&items[distance..]).zip(items) {
        *to = minus::<W>(*item, *before);
    }
}

/// A row below another one.
fn plane_of<W: Word>(items: &[W::Bytes], above: &[W::Bytes], channels: usize, target: &mut [W::Bytes]) {
    let channels = channels.min(items.len());
    for ((to, item), up) in target.iter_mut().zip(items).zip(above).take(channels) {
        *to = minus::<W>(*item, *up);
    }
    let here = items[channels..].iter().zip(items);
    let there = above[channels..].iter().zip(above);
    for (to, ((item, left), (up, up_left))) in target[channels..].iter_mut().zip(here.zip(there)) {
        *to = minus::<W>(minus::<W>(*item, *left), minus::<W>(*up, *up_left));
    }
}

fn unpredict<W: Word>(predict: Predict, layout: &Layout, items: &mut [u8]) {
    let items = W::of_mut(items);
    let row = layout.row_numbers();
    if items.is_empty() || row == 0 {
        return;
    }
    match predict {
        Predict::None => {}
        Predict::Delta => running::<W>(layout.channels, items),
        Predict::Up => {
            for at in 1..items.len() / row {
                add_above::<W>(&mut items[(at - 1) * row..(at + 1) * row]);
            }
        }
        // Row by row, while the row is near.
        Predict::Plane => {
            for at in 0..items.len() / row {
                running::<W>(layout.channels, &mut items[at * row..(at + 1) * row]);
                if at > 0 {
                    add_above::<W>(&mut items[(at - 1) * row..(at + 1) * row]);
                }
            }
        }
    }
}

/// Of two rows, the first to the second.
fn add_above<W: Word>(rows: &mut [W::Bytes]) {
    let (above, here) = rows.split_at_mut(rows.len() / 2);
    for (to, up) in here.iter_mut().zip(above) {
        *to = plus::<W>(*to, *up);
    }
}

/// Sums from the beginning, for each of the interleaved channels.
fn running<W: Word>(channels: usize, items: &mut [W::Bytes]) {
    match channels {
        1 => running_of::<W, 1>(items),
        2 => running_of::<W, 2>(items),
        3 => running_of::<W, 3>(items),
        _ => running_of::<W, 4>(items),
    }
}

fn running_of<W: Word, const C: usize>(items: &mut [W::Bytes]) {
    let mut sums = [W::ZERO; C];
    for pixel in items.as_chunks_mut::<C>().0 {
        for (sum, to) in sums.iter_mut().zip(pixel) {
            *sum = sum.add(W::get(*to));
            *to = sum.put();
        }
    }
}

fn split<W: Word>(channels: usize, items: &[u8], target: &mut [u8]) {
    match channels {
        2 => split_of::<W, 2>(items, target),
        3 => split_of::<W, 3>(items, target),
        _ => split_of::<W, 4>(items, target),
    }
}

fn split_of<W: Word, const C: usize>(items: &[u8], target: &mut [u8]) {
    let pixels = W::of(items).as_chunks::<C>().0;
    for (channel, plane) in W::of_mut(target).chunks_exact_mut(pixels.len().max(1)).enumerate() {
        for (to, pixel) in plane.iter_mut().zip(pixels) {
            *to = pixel[channel];
        }
    }
}

fn join<W: Word>(channels: usize, planes: &[u8], items: &mut [u8]) {
    match channels {
        2 => join_of::<W, 2>(planes, items),
        3 => join_of::<W, 3>(planes, items),
        _ => join_of::<W, 4>(planes, items),
    }
}

fn join_of<W: Word, const C: usize>(planes: &[u8], items: &mut [u8]) {
    let pixels = W::of_mut(items).as_chunks_mut::<C>().0;
    let planes = W::of(planes);
    let count = pixels.len();
    let planes: [&[W::Bytes]; C] =
        std::array::from_fn(|channel| &planes[channel * count..(channel + 1) * count]);
    for (at, pixel) in pixels.iter_mut().enumerate() {
        for (to, plane) in pixel.iter_mut().zip(planes) {
            *to = plane[at];
        }
    }
}

/// The fewest of 1, 2, 4, 8 bytes that hold every number.
fn narrowest<W: Word>(zigzag: bool, items: &[u8]) -> usize {
    let all = W::of(items).iter().fold(W::ZERO, |all, item| {
        let number = W::get(*item);
        all.or(if zigzag { number.zigzag() } else { number })
    });
    let bits = 64 - all.wide().leading_zeros() as usize;
    bits.div_ceil(8).next_power_of_two().clamp(1, W::BYTES)
}

fn narrowed<W: Word>(zigzag: bool, width: usize, items: &[u8], target: &mut [u8]) {
    with_word!(width, narrowed_to[W](zigzag, items, target));
}

fn narrowed_to<N: Word, W: Word>(zigzag: bool, items: &[u8], target: &mut [u8]) {
    for (to, item) in N::of_mut(target).iter_mut().zip(W::of(items)) {
        let number = W::get(*item);
        let number = if zigzag { number.zigzag() } else { number };
        *to = N::low(number.wide()).put();
    }
}

fn widened<W: Word>(zigzag: bool, width: usize, items: &[u8], target: &mut [u8]) {
    with_word!(width, widened_from[W](zigzag, items, target));
}

fn widened_from<N: Word, W: Word>(zigzag: bool, items: &[u8], target: &mut [u8]) {
    for (to, item) in W::of_mut(target).iter_mut().zip(N::of(items)) {
        let number = W::low(N::get(*item).wide());
        *to = if zigzag { number.unzigzag() } else { number }.put();
    }
}

/// The channels of native numbers, one after the other.
pub(super) fn split_channels(layout: &Layout, items: &[u8], planes: &mut [u8]) {
    with_word!(layout.width, split(layout.channels, items, planes));
}

/// Undoes [`split_channels`].
pub(super) fn join_channels(layout: &Layout, planes: &[u8], items: &mut [u8]) {
    with_word!(layout.width, join(layout.channels, planes, items));
}
