//! Everything that needs `unsafe`: pages from the system, the blocks made of them, the lists of idle blocks,
//! the one lock, the fork handlers and the allocator for foreign code. Each file has a safe face, except the
//! allocator, whose contract is `GlobalAlloc`'s.

mod allocator;
mod arrays;
mod block;
#[cfg(feature = "fault-injection")]
pub mod fault;
mod fork;
mod idle;
mod lock;
mod map;
mod page_map;
#[cfg(asan)]
mod poison;
pub(crate) mod records;
mod system;

pub use allocator::PoolAllocator;
pub use arrays::{array_site, free_array, is_array, resize_array};
pub(crate) use block::{Block, Mapped};
pub(crate) use fork::{forks, survive_forks};
pub(crate) use idle::{Age, Chain, IdleBlocks};
pub(crate) use lock::{Guarded, yield_now};
pub(crate) use records::{Entry, Records};
#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) use system::max_resident_bytes;
pub(crate) use system::{address_space_limit, coarse_millis, page_bytes, physical_bytes};
