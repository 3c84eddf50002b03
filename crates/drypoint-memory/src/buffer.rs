//! Contiguous items in one block of the pool.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use crate::class::{Class, POOLED_FROM, charged_bytes};
use crate::raw::Block;
use crate::{BudgetExceeded, MemoryConsumer, MemoryReservation};

/// Plain old data: any bit pattern is a value, so a reused block may be handed out as it is.
pub trait Pod: bytemuck::Pod + Send + Sync {}
impl<T: bytemuck::Pod + Send + Sync> Pod for T {}

/// `len` items of `T`, 64-byte aligned, owned by one consumer. Dropping it makes its block an idle one of the pool,
/// whose next request of about this size it serves.
pub struct Buffer<T: Pod> {
    block: Block,
    len: usize,
    charged: usize,
    consumer: MemoryConsumer,
    items: PhantomData<T>,
}

impl<T: Pod> Buffer<T> {
    /// Bytes that `len` items are charged with: their block's, not only their own. `None` if no block can be that
    /// large. What a plan has to reserve if it will take the buffer out of a reservation.
    pub fn charged_bytes(len: usize) -> Option<usize> {
        len.checked_mul(size_of::<T>()).and_then(charged_bytes)
    }

    pub(crate) fn new(consumer: &MemoryConsumer, len: usize, zeroed: bool) -> Result<Self, BudgetExceeded> {
        Self::taken(consumer, len, zeroed, false)
    }

    pub(crate) fn from_reservation(
        held: &mut MemoryReservation,
        len: usize,
        zeroed: bool,
    ) -> Result<Self, BudgetExceeded> {
        let requested = Self::charged_bytes(len).unwrap_or(usize::MAX);
        if requested > held.bytes() {
            return Err(BudgetExceeded {
                consumer: held.consumer().name().to_string(),
                requested,
                available: held.bytes(),
                limit: held.consumer().pool().limit(),
                holders: Vec::new(),
            });
        }
        let buffer = Self::taken(held.consumer(), len, zeroed, true)?;
        held.hand_over(buffer.charged);
        Ok(buffer)
    }

    /// With `paid`, the bytes that the block is charged with are reserved by the caller, who hands them over.
    fn taken(
        consumer: &MemoryConsumer,
        len: usize,
        zeroed: bool,
        paid: bool,
    ) -> Result<Self, BudgetExceeded> {
        let home = consumer.pool().home();
        let account = consumer.account();
        let bytes = len.saturating_mul(size_of::<T>());
        let (block, charged) = match (bytes < POOLED_FROM, Class::of(bytes)) {
            (true, _) => {
                let charged = bytes.next_multiple_of(crate::class::ALIGNMENT);
                (home.take_small(account, charged, paid)?, charged)
            }
            (false, Some(class)) => {
                let (pages, fresh) = home.take(account, class, paid)?;
                let charged = pages.bytes();
                (Block::pages(pages, fresh, zeroed, bytes), charged)
            }
            (false, None) => return Err(home.refused(account.name(), bytes)),
        };
        Ok(Self { block, len, charged, consumer: consumer.clone(), items: PhantomData })
    }

    /// The account that holds it.
    pub fn consumer(&self) -> &MemoryConsumer {
        &self.consumer
    }

    /// The items as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        bytemuck::cast_slice(self)
    }

    /// The items as bytes, to write.
    pub fn as_bytes_mut(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(self)
    }
}

impl<T: Pod> Deref for Buffer<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        self.block.items(self.len)
    }
}

impl<T: Pod> DerefMut for Buffer<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        self.block.items_mut(self.len)
    }
}

impl<T: Pod> Drop for Buffer<T> {
    fn drop(&mut self) {
        let block = std::mem::replace(&mut self.block, Block::empty());
        self.consumer.pool().home().give_back(self.consumer.account(), block, self.charged);
    }
}

impl<T: Pod> fmt::Debug for Buffer<T> {
    /// What it is, not what it holds: that may be a billion numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer")
            .field("items", &std::any::type_name::<T>())
            .field("len", &self.len)
            .field("charged_bytes", &self.charged)
            .field("consumer", &self.consumer.name())
            .finish()
    }
}
