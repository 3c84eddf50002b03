//! Mappings that fail on request, so that tests reach the paths which a machine with memory never takes.

use std::cell::Cell;

thread_local! {
    static FAILURES: Cell<usize> = const { Cell::new(0) };
}

/// The next `count` mappings asked for by this thread are refused as if by the system.
pub fn fail_next_mappings(count: usize) {
    FAILURES.set(count);
}

pub(crate) fn is_due() -> bool {
    let left = FAILURES.get();
    FAILURES.set(left.saturating_sub(1));
    left > 0
}
