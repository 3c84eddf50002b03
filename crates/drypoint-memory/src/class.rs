//! Size classes: eight to each power of two, so that a block of a neighbouring request can serve again
//! and at most an eighth of it lies unused (jemalloc's spacing).

use crate::raw::page_bytes;

/// Requests from here on are mapped and pooled; smaller ones are the system allocator's, which is good at them.
pub const POOLED_FROM: usize = 1 << LOWEST;

/// Blocks of one power of two that begin at the same line of a page fight for the same ways of the first
/// level cache when they are read side by side. Each mapping is this much longer than its class, and the
/// block begins at an odd cache line of its first page, another one each time.
pub(crate) const STAGGER: usize = 4096;

/// Every block begins at a multiple of this.
pub(crate) const ALIGNMENT: usize = 64;

const LOWEST: u32 = 16;
const HIGHEST: u32 = 47;
const STEPS: usize = 8;

/// One of the sizes that mapped blocks come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class(usize);

impl Class {
    /// How many there are.
    pub(crate) const COUNT: usize = (HIGHEST - LOWEST) as usize * STEPS + 1;

    /// The smallest class that holds `bytes`; none above 128 TiB.
    pub(crate) fn of(bytes: usize) -> Option<Self> {
        if bytes <= POOLED_FROM {
            return Some(Self(0));
        }
        let last = bytes - 1;
        let power = last.ilog2();
        if power >= HIGHEST {
            return None;
        }
        let step = (last >> (power - STEPS.ilog2())) & (STEPS - 1);
        Some(Self((power - LOWEST) as usize * STEPS + step + 1))
    }

    /// The class with this index, as [`Class::index`] gave it.
    pub(crate) fn from_index(index: usize) -> Self {
        debug_assert!(index < Self::COUNT);
        Self(index)
    }

    pub(crate) fn index(self) -> usize {
        self.0
    }

    /// Bytes that a block of this class can hold.
    pub(crate) fn capacity(self) -> usize {
        let Some(above) = self.0.checked_sub(1) else { return POOLED_FROM };
        let base = POOLED_FROM << (above / STEPS);
        base + (above % STEPS + 1) * (base / STEPS)
    }

    /// Bytes of address space, and at most of memory, that a block of this class takes.
    pub(crate) fn mapped_bytes(self) -> usize {
        (self.capacity() + STAGGER).next_multiple_of(page_bytes())
    }
}

/// Bytes that a block for `bytes` is charged with: what it really holds, not what was asked for.
/// `None` if no block can be that large.
pub fn charged_bytes(bytes: usize) -> Option<usize> {
    if bytes < POOLED_FROM {
        Some(bytes.next_multiple_of(ALIGNMENT))
    } else {
        Class::of(bytes).map(Class::mapped_bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn capacities_grow_and_belong_to_their_own_class() {
        let mut below = 0;
        for index in 0..Class::COUNT {
            let class = Class::from_index(index);
            assert!(class.capacity() > below);
            assert_eq!(Class::of(class.capacity()), Some(class));
            assert_eq!(Class::of(below + 1), Some(class));
            below = class.capacity();
        }
        assert_eq!(below, 1 << HIGHEST);
        assert_eq!(Class::of(below + 1), None);
        assert_eq!(Class::of(usize::MAX), None);
    }

    proptest! {
        #[test]
        fn at_most_an_eighth_is_lost(bytes in POOLED_FROM..1 << 40) {
            let capacity = Class::of(bytes).unwrap().capacity();
            prop_assert!(capacity >= bytes && capacity - bytes <= bytes / 8);
        }

        #[test]
        fn what_is_charged_covers_what_is_asked(bytes in 0usize..1 << 40) {
            let charged = charged_bytes(bytes).unwrap();
            prop_assert!(charged >= bytes && charged <= bytes + bytes / 8 + 2 * page_bytes());
        }
    }
}
