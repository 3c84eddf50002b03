//! Everything that needs `unsafe`: pages from the system, the blocks made of them, the lists of idle blocks,
//! the one lock, the fork handlers and the allocator for foreign code. Each file has a safe face, except the
//! allocator, whose contract is `GlobalAlloc`'s.

mod allocator;
mod block;
#[cfg(feature = "fault-injection")]
pub mod fault;
mod fork;
mod idle;
mod lock;
mod map;
#[cfg(asan)]
mod poison;
mod system;

pub use allocator::PoolAllocator;
pub(crate) use block::{Block, Mapped};
pub(crate) use fork::{forks, survive_forks};
pub(crate) use idle::{Chain, IdleBlocks};
pub(crate) use lock::{Guarded, yield_now};
#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) use system::max_resident_bytes;
pub(crate) use system::{address_space_limit, page_bytes, physical_bytes};
