//! A request of NumPy's for memory: served, refused, or left to the handler that NumPy came with.

use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use drypoint_memory::{ArrayAccount, ArrayRequest, Denied};

use crate::raw::with_interpreter;
use crate::turns::{self, Made};
use crate::{collection, refusal, sites};

/// From here on arrays remember where they were made, if nobody watches.
pub(crate) const SITE_FROM: usize = 256 << 10;

static FROM: AtomicUsize = AtomicUsize::new(SITE_FROM);

/// Have arrays of at least so many bytes remember where they were made.
pub(crate) fn remember_sites_from(bytes: usize) {
    FROM.store(bytes, Relaxed);
}

/// What NumPy gets.
pub(crate) enum Served {
    Memory(NonNull<u8>),
    /// Nothing: the caller raises `MemoryError`.
    Refused,
    /// Nothing of ours.
    Elsewhere,
}

/// Memory for an array of an account.
pub(crate) fn allocate(account: &Arc<ArrayAccount>, bytes: usize, zeroed: bool) -> Served {
    let site = site_for(bytes);
    let request = ArrayRequest { bytes, zeroed, site, overrun: 0 };
    let outcome = account.allocate(request);
    let served = match outcome {
        Ok(data) => Served::Memory(data),
        Err(Denied::System) => Served::Elsewhere,
        Err(denied) => refusal::insist(account, bytes, denied, |overrun| {
            account.allocate(ArrayRequest { overrun, ..request })
        }),
    };
    collection::look();
    served
}

/// The line that asks for so many bytes, as a number.
fn site_for(bytes: usize) -> u32 {
    if bytes < FROM.load(Relaxed) {
        return 0;
    }
    with_interpreter(
        |py| if turns::are_watched() { turns::made(py, Made::Array(bytes)) } else { sites::here(py) },
    )
    .unwrap_or(0)
}

/// Another size for an array that `attempt` changes, given where this is asked for and by how much ceilings may be passed.
pub(crate) fn resize(
    account: &Arc<ArrayAccount>,
    bytes: usize,
    attempt: impl Fn(u32, usize) -> Option<Result<NonNull<u8>, Denied>>,
) -> Served {
    let site = site_for(bytes);
    let attempt = |overrun| attempt(site, overrun).unwrap_or(Err(Denied::System));
    let served = match attempt(0) {
        Ok(data) => Served::Memory(data),
        Err(Denied::System) => Served::Refused,
        Err(denied) => refusal::insist(account, bytes, denied, attempt),
    };
    collection::look();
    served
}
