//! The door through which foreign code takes blocks of the process's pool.

use super::core::PROCESS;
use crate::class::Class;
use crate::raw::Mapped;

/// What the allocator may do with the pool. Nothing here allocates, panics or refuses by budget.
pub(crate) struct Decoders;

impl Decoders {
    /// A block, and whether it is fresh. `None` only if the system has no memory.
    pub(crate) fn take(class: Class) -> Option<(Mapped, bool)> {
        if let Some(block) = PROCESS.with(|state| state.decoder_reuse(class)) {
            return Some((block, false));
        }
        // Counted before it exists, so that nobody is granted the same bytes meanwhile.
        let bytes = class.mapped_bytes();
        let surplus = PROCESS.with(|state| {
            state.decoder_begin(bytes, false);
            state.unlink_surplus()
        });
        PROCESS.unmap(surplus);
        let block = Mapped::fresh(class).or_else(|| {
            PROCESS.trim(0);
            Mapped::fresh(class)
        });
        if block.is_none() {
            PROCESS.with(|state| state.decoder_end(bytes));
        }
        block.map(|block| (block, true))
    }

    /// Take a block back.
    pub(crate) fn give_back(block: Mapped) {
        let leaving = PROCESS.with(|state| {
            state.decoder_end(block.bytes());
            state.keep(block)
        });
        PROCESS.unmap(leaving);
    }

    /// Whether a block of this class idles.
    pub(crate) fn has_idle(class: Class) -> bool {
        PROCESS.with(|state| state.idle.has(class))
    }

    /// A block changed its class where it is.
    pub(crate) fn resized(before: Class, after: Class) {
        let surplus = PROCESS.with(|state| {
            state.decoder_end(before.mapped_bytes());
            state.decoder_begin(after.mapped_bytes(), false);
            state.unlink_surplus()
        });
        PROCESS.unmap(surplus);
    }
}

/// In a forked child the idle blocks are copies that nobody wants.
#[cfg(all(unix, not(shuttle)))]
pub(crate) fn forget_idle_after_fork() {
    PROCESS.trim(0);
}
