//! A run of bytes in memory that is shared: a block of the pool, or one that another library lends.

use std::sync::Arc;

use drypoint_memory::{Buffer, Pod};

/// Who keeps bytes alive. They must be at the same place whenever they are asked for.
pub trait Storage: Send + Sync {
    /// All the bytes.
    fn bytes(&self) -> &[u8];

    /// Whether they are another's, and so not counted in our pool.
    fn lent(&self) -> bool;
}

impl<T: Pod> Storage for Buffer<T> {
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }

    fn lent(&self) -> bool {
        false
    }
}

/// Some of the bytes of a [`Storage`].
#[derive(Clone)]
pub struct Part {
    storage: Arc<dyn Storage>,
    first: usize,
    len: usize,
}

impl Part {
    /// All of it.
    pub fn whole(storage: Arc<dyn Storage>) -> Self {
        let len = storage.bytes().len();
        Self { storage, first: 0, len }
    }

    /// `len` of its bytes from `first` on; `None` if it has not so many.
    pub fn new(storage: Arc<dyn Storage>, first: usize, len: usize) -> Option<Self> {
        let end = first.checked_add(len)?;
        (end <= storage.bytes().len()).then_some(Self { storage, first, len })
    }

    /// The first `items` items of a buffer.
    pub(super) fn of<T: Pod>(buffer: Buffer<T>, items: usize) -> Self {
        let len = items.min(buffer.len()) * size_of::<T>();
        Self { storage: Arc::new(buffer), first: 0, len }
    }

    /// `len` bytes of it from `first` on.
    ///
    /// # Panics
    /// If it has not so many.
    pub(super) fn cut(&self, first: usize, len: usize) -> Self {
        assert!(first + len <= self.len, "bytes {first} to {} of {}", first + len, self.len);
        Self { storage: self.storage.clone(), first: self.first + first, len }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.storage.bytes()[self.first..self.first + self.len]
    }

    /// The bytes as items, which lie at an address that suits them.
    ///
    /// # Panics
    /// If they do not.
    pub(super) fn items<T: Pod>(&self) -> &[T] {
        cast(self.bytes())
    }

    /// Whether the bytes begin where items of `bytes` bytes may.
    pub(super) fn aligned(&self, bytes: usize) -> bool {
        self.len == 0 || self.bytes().as_ptr().addr().is_multiple_of(bytes)
    }

    /// Whether they are another's.
    pub fn lent(&self) -> bool {
        self.storage.lent()
    }
}

/// Bytes as items. Where there are none their address does not matter.
///
/// # Panics
/// If they do not begin where items may, or end within one.
pub(super) fn cast<T: Pod>(bytes: &[u8]) -> &[T] {
    if bytes.is_empty() { &[] } else { bytemuck::cast_slice(bytes) }
}

/// As [`cast`], to write.
pub(super) fn cast_mut<T: Pod>(bytes: &mut [u8]) -> &mut [T] {
    if bytes.is_empty() { &mut [] } else { bytemuck::cast_slice_mut(bytes) }
}
