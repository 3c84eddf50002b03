//! A list in a block of the pool, for what a single row makes: how long it gets is known only at the row's end.

use drypoint_memory::{BudgetExceeded, Buffer, MemoryConsumer, Pod};

/// Items at first.
const FIRST: usize = 1024;

/// A list that asks the pool for each of its blocks, and keeps the largest.
pub(super) struct Growing<T: Pod> {
    consumer: MemoryConsumer,
    block: Option<Buffer<T>>,
    length: usize,
}

impl<T: Pod> Growing<T> {
    /// Nothing is asked for yet.
    pub(super) fn new(consumer: &MemoryConsumer) -> Self {
        Self { consumer: consumer.clone(), block: None, length: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.length = 0;
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn items(&self) -> &[T] {
        self.block.as_deref().map_or(&[], |block| &block[..self.length])
    }

    pub(super) fn items_mut(&mut self) -> &mut [T] {
        self.block.as_deref_mut().map_or(&mut [], |block| &mut block[..self.length])
    }

    /// Room for `more` items.
    fn reserve(&mut self, more: usize) -> Result<(), BudgetExceeded> {
        let held = self.block.as_ref().map_or(0, |block| block.len());
        let wanted = self.length.saturating_add(more);
        if wanted <= held {
            return Ok(());
        }
        let mut larger = self.consumer.buffer::<T>(wanted.max(held * 2).max(FIRST))?;
        larger[..self.length].copy_from_slice(self.items());
        self.block = Some(larger);
        Ok(())
    }

    #[inline]
    pub(super) fn push(&mut self, item: T) -> Result<(), BudgetExceeded> {
        if self.block.as_ref().is_none_or(|block| block.len() == self.length) {
            self.reserve(1)?;
        }
        if let Some(block) = &mut self.block {
            block[self.length] = item;
            self.length += 1;
        }
        Ok(())
    }

    /// `count` more items, to be written: what they are is arbitrary.
    pub(super) fn extend(&mut self, count: usize) -> Result<&mut [T], BudgetExceeded> {
        self.reserve(count)?;
        let start = self.length;
        self.length += count;
        Ok(&mut self.items_mut()[start..])
    }
}
