//! A request of NumPy's for memory: served, refused, or left to the handler that NumPy came with.

use std::ptr::NonNull;
use std::sync::Arc;

use drypoint_memory::{ArrayAccount, ArrayRequest, Denied};

use crate::raw::with_interpreter;
use crate::{collection, refusal, sites};

/// From here on arrays remember where they were made.
const SITE_FROM: usize = 256 << 10;

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
    if bytes >= SITE_FROM { with_interpreter(sites::here).unwrap_or(0) } else { 0 }
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
