//! A set of nodes or edges as one bit each: an eighth of what a `Vec<bool>` takes, and small enough to stay in a cache.

#[derive(Clone, Debug, Default)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    pub(crate) fn new(length: usize) -> Self {
        Self { words: vec![0; length.div_ceil(64)] }
    }

    #[inline]
    pub(crate) fn contains(&self, at: u32) -> bool {
        self.words[at as usize / 64] >> (at % 64) & 1 == 1
    }

    /// Whether it was absent before.
    #[inline]
    pub(crate) fn insert(&mut self, at: u32) -> bool {
        let word = &mut self.words[at as usize / 64];
        let bit = 1 << (at % 64);
        let absent = *word & bit == 0;
        *word |= bit;
        absent
    }

    #[inline]
    pub(crate) fn remove(&mut self, at: u32) {
        self.words[at as usize / 64] &= !(1 << (at % 64));
    }

    pub(crate) fn bytes(&self) -> usize {
        8 * self.words.capacity()
    }
}
