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
    let distance = layout.channels * W::BYTES;
    let row = layout.row_numbers() * W::BYTES;
    match predict {
        Predict::None => target.copy_from_slice(items),
        Predict::Delta => subtract::<W>(items, distance, target),
        Predict::Up => subtract::<W>(items, row, target),
        Predict::Plane => {
            subtract::<W>(items, row, target);
            // From the end, so that what is subtracted is still itself.
            for row in target.chunks_exact_mut(row.max(1)) {
                let mut at = row.len();
                while at >= distance + W::BYTES {
                    at -= W::BYTES;
                    let difference = W::read(&row[at..]).sub(W::read(&row[at - distance..]));
                    difference.write(&mut row[at..]);
                }
            }
        }
    }
}

fn subtract<W: Word>(items: &[u8], distance: usize, target: &mut [u8]) {
    let distance = distance.min(items.len());
    target[..distance].copy_from_slice(&items[..distance]);
    let pairs = items[distance..].chunks_exact(W::BYTES).zip(items.chunks_exact(W::BYTES));
    for ((item, before), to) in pairs.zip(target[distance..].chunks_exact_mut(W::BYTES)) {
        W::read(item).sub(W::read(before)).write(to);
    }
}

fn unpredict<W: Word>(predict: Predict, layout: &Layout, items: &mut [u8]) {
    let row = layout.row_numbers() * W::BYTES;
    if items.is_empty() || row == 0 {
        return;
    }
    match predict {
        Predict::None => {}
        Predict::Delta => running::<W>(layout.channels, items),
        Predict::Up => add_rows::<W>(row, items),
        Predict::Plane => {
            for row in items.chunks_exact_mut(row) {
                running::<W>(layout.channels, row);
            }
            add_rows::<W>(row, items);
        }
    }
}

fn add_rows<W: Word>(row: usize, items: &mut [u8]) {
    for at in 1..items.len() / row {
        let (above, here) = items[(at - 1) * row..(at + 1) * row].split_at_mut(row);
        for (to, up) in here.chunks_exact_mut(W::BYTES).zip(above.chunks_exact(W::BYTES)) {
            W::read(to).add(W::read(up)).write(to);
        }
    }
}

/// Sums from the beginning, for each of the interleaved channels.
fn running<W: Word>(channels: usize, items: &mut [u8]) {
    match channels {
        1 => running_of::<W, 1>(items),
        2 => running_of::<W, 2>(items),
        3 => running_of::<W, 3>(items),
        _ => running_of::<W, 4>(items),
    }
}

fn running_of<W: Word, const C: usize>(items: &mut [u8]) {
    let mut sums = [W::ZERO; C];
    for pixel in items.chunks_exact_mut(C * W::BYTES) {
        for (sum, to) in sums.iter_mut().zip(pixel.chunks_exact_mut(W::BYTES)) {
            *sum = sum.add(W::read(to));
            sum.write(to);
        }
    }
}

fn split<W: Word>(channels: usize, items: &[u8], target: &mut [u8]) {
    let plane = items.len() / channels;
    for channel in 0..channels {
        let to = target[channel * plane..(channel + 1) * plane].chunks_exact_mut(W::BYTES);
        for (to, pixel) in to.zip(items.chunks_exact(channels * W::BYTES)) {
            W::read(&pixel[channel * W::BYTES..]).write(to);
        }
    }
}

fn join<W: Word>(channels: usize, planes: &[u8], items: &mut [u8]) {
    let plane = items.len() / channels;
    for channel in 0..channels {
        let from = planes[channel * plane..(channel + 1) * plane].chunks_exact(W::BYTES);
        for (from, pixel) in from.zip(items.chunks_exact_mut(channels * W::BYTES)) {
            W::read(from).write(&mut pixel[channel * W::BYTES..]);
        }
    }
}

/// The fewest of 1, 2, 4, 8 bytes that hold every number.
fn narrowest<W: Word>(zigzag: bool, items: &[u8]) -> usize {
    let all = items.chunks_exact(W::BYTES).fold(W::ZERO, |all, item| {
        let number = W::read(item);
        all.or(if zigzag { number.zigzag() } else { number })
    });
    let bits = 64 - all.wide().leading_zeros() as usize;
    bits.div_ceil(8).next_power_of_two().clamp(1, W::BYTES)
}

fn narrowed<W: Word>(zigzag: bool, width: usize, items: &[u8], target: &mut [u8]) {
    with_word!(width, narrowed_to[W](zigzag, items, target));
}

fn narrowed_to<N: Word, W: Word>(zigzag: bool, items: &[u8], target: &mut [u8]) {
    for (item, to) in items.chunks_exact(W::BYTES).zip(target.chunks_exact_mut(N::BYTES)) {
        let number = W::read(item);
        let number = if zigzag { number.zigzag() } else { number };
        N::low(number.wide()).write(to);
    }
}

fn widened<W: Word>(zigzag: bool, width: usize, items: &[u8], target: &mut [u8]) {
    with_word!(width, widened_from[W](zigzag, items, target));
}

fn widened_from<N: Word, W: Word>(zigzag: bool, items: &[u8], target: &mut [u8]) {
    for (item, to) in items.chunks_exact(N::BYTES).zip(target.chunks_exact_mut(W::BYTES)) {
        let number = W::low(N::read(item).wide());
        if zigzag { number.unzigzag() } else { number }.write(to);
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
