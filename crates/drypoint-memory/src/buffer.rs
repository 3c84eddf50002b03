//! Contiguous items in one block of the pool.

use crate::{BudgetExceeded, MemoryConsumer, MemoryReservation};

/// Plain old data: any bit pattern is a value, so a reused block may be handed out as it is.
pub trait Pod: bytemuck::Pod + Send + Sync {}
impl<T: bytemuck::Pod + Send + Sync> Pod for T {}

/// `len` items of `T`, 64-byte aligned, owned by one consumer.
#[derive(Debug)]
pub struct Buffer<T: Pod> {
    items: Vec<T>,
    _held: MemoryReservation,
}

impl<T: Pod> Buffer<T> {
    pub(crate) fn new(consumer: &MemoryConsumer, len: usize) -> Result<Self, BudgetExceeded> {
        let held = consumer.try_reserve(len * size_of::<T>())?;
        Ok(Self { items: vec![T::zeroed(); len], _held: held })
    }
}

impl<T: Pod> std::ops::Deref for Buffer<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T: Pod> std::ops::DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.items
    }
}
