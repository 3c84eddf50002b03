//! A child after `fork` has one thread, and a lock that another thread of the parent held is held for ever.
//! So the lock is taken before a fork and let go on both sides after it.

#[cfg(all(unix, not(shuttle)))]
pub(crate) use handlers::{forks, survive_forks};

/// Nothing to do where there is no `fork`.
#[cfg(any(not(unix), shuttle))]
pub(crate) fn survive_forks() {}

/// The process is as it was started.
#[cfg(any(not(unix), shuttle))]
pub(crate) fn forks() -> usize {
    0
}

#[cfg(all(unix, not(shuttle)))]
mod handlers {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use crate::pool::forget_idle_after_fork;
    use crate::raw::lock;

    unsafe extern "C" {
        // Declared here because the `libc` crate has it for other systems only.
        fn pthread_atfork(
            prepare: Option<unsafe extern "C" fn()>,
            parent: Option<unsafe extern "C" fn()>,
            child: Option<unsafe extern "C" fn()>,
        ) -> libc::c_int;
    }

    static FORKS: AtomicUsize = AtomicUsize::new(0);

    /// How many forks lie between this process and the first of its program.
    pub(crate) fn forks() -> usize {
        FORKS.load(Ordering::Relaxed)
    }

    unsafe extern "C" fn before() {
        lock::acquire();
    }

    unsafe extern "C" fn after_in_parent() {
        lock::release();
    }

    /// Idle pages are shared with the parent until written, and writing copies what nobody wants: a child fills
    /// fresh pages faster.
    unsafe extern "C" fn after_in_child() {
        FORKS.fetch_add(1, Ordering::Relaxed);
        lock::release();
        forget_idle_after_fork();
    }

    /// Install the handlers, once. Called before the lock is first contended by a large block.
    pub(crate) fn survive_forks() {
        static INSTALLED: AtomicBool = AtomicBool::new(false);
        if INSTALLED.load(Ordering::Relaxed) || INSTALLED.swap(true, Ordering::Relaxed) {
            return;
        }
        // SAFETY: the handlers take no arguments, live as long as the program, and call only what is allowed in a
        // forked child: atomics, futex and munmap. Out of memory, the handlers are missing and a fork in the very
        // instant of another thread's request is the only thing that suffers.
        unsafe {
            pthread_atfork(Some(before), Some(after_in_parent), Some(after_in_child));
        }
    }
}
