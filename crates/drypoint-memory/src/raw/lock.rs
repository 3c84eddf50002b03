//! One lock for all pools of the process.
//!
//! What it guards is a few dozen instructions each time, never a call to the outside and never an allocation, so
//! sharing it costs nothing that was measurable. A fork has to hold every lock there is, or the child may wait
//! for ever for one whose holder does not exist there: with a single lock there is none to forget.
//! `std`'s mutex will not do: it cannot be let go from the fork handler of another process.

#[cfg(shuttle)]
pub(crate) use checked::{Guarded, yield_now};
#[cfg(not(shuttle))]
pub(crate) use ours::{Guarded, yield_now};
#[cfg(not(shuttle))]
pub(super) use ours::{acquire, release};

#[cfg(not(shuttle))]
mod ours {
    use std::cell::UnsafeCell;
    pub(crate) use std::thread::yield_now;

    use super::futex::Futex;

    static LOCK: Futex = Futex::new();

    /// Wait for the lock. Only for fork handlers; everyone else goes through [`Guarded::with`].
    pub(in super::super) fn acquire() {
        LOCK.acquire();
    }

    /// Let go of it, also in a forked child, where nobody else can be waiting.
    pub(in super::super) fn release() {
        LOCK.release();
    }

    /// A value that is only seen under the lock.
    #[derive(Debug)]
    pub(crate) struct Guarded<T>(UnsafeCell<T>);

    // SAFETY: `with` gives one thread at a time access to the value, so to share it is to send it.
    unsafe impl<T: Send> Sync for Guarded<T> {}

    impl<T> Guarded<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(UnsafeCell::new(value))
        }

        /// Look at or change the value. `look` must be short, must not allocate or free from the heap,
        /// and must not come here again: the lock is the same for all values.
        pub(crate) fn with<R>(&self, look: impl FnOnce(&mut T) -> R) -> R {
            struct Release;
            impl Drop for Release {
                fn drop(&mut self) {
                    LOCK.release();
                }
            }
            LOCK.acquire();
            let _release = Release;
            // SAFETY: the lock is held until `_release` goes, and every access but `get_mut` comes through here.
            look(unsafe { &mut *self.0.get() })
        }

        /// The value, where exclusive access is proven by the borrow.
        pub(crate) fn get_mut(&mut self) -> &mut T {
            self.0.get_mut()
        }
    }
}

/// Three states, as in Drepper's "Futexes are tricky": free, taken, taken with someone asleep.
#[cfg(not(shuttle))]
mod futex {
    use std::sync::atomic::{AtomicU32, Ordering};

    const FREE: u32 = 0;
    const TAKEN: u32 = 1;
    const AWAITED: u32 = 2;
    const SPINS: u32 = 100;

    pub(super) struct Futex(AtomicU32);

    impl Futex {
        pub(super) const fn new() -> Self {
            Self(AtomicU32::new(FREE))
        }

        pub(super) fn acquire(&self) {
            for _ in 0..SPINS {
                if self.0.compare_exchange_weak(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                    return;
                }
                std::hint::spin_loop();
            }
            while self.0.swap(AWAITED, Ordering::Acquire) != FREE {
                self.sleep();
            }
        }

        pub(super) fn release(&self) {
            if self.0.swap(FREE, Ordering::Release) == AWAITED {
                self.wake();
            }
        }

        #[cfg(target_os = "linux")]
        fn sleep(&self) {
            let nobody = std::ptr::null::<libc::timespec>();
            // SAFETY: the word lives as long as `self`; the kernel reads it and sleeps only while it is AWAITED.
            unsafe {
                let wait = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
                libc::syscall(libc::SYS_futex, self.0.as_ptr(), wait, AWAITED, nobody);
            }
        }

        #[cfg(target_os = "linux")]
        fn wake(&self) {
            // SAFETY: the kernel only looks the address up.
            unsafe {
                let wake = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
                libc::syscall(libc::SYS_futex, self.0.as_ptr(), wake, 1);
            }
        }

        #[cfg(not(target_os = "linux"))]
        fn sleep(&self) {
            std::thread::yield_now();
        }

        #[cfg(not(target_os = "linux"))]
        fn wake(&self) {}
    }
}

/// The same face over the model checker's mutex, which knows every order in which threads can come by.
#[cfg(shuttle)]
mod checked {
    use shuttle::sync::Mutex;
    pub(crate) use shuttle::thread::yield_now;

    #[derive(Debug)]
    pub(crate) struct Guarded<T>(Mutex<T>);

    impl<T> Guarded<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(Mutex::new(value))
        }

        pub(crate) fn with<R>(&self, look: impl FnOnce(&mut T) -> R) -> R {
            look(&mut self.0.lock().unwrap())
        }

        pub(crate) fn get_mut(&mut self) -> &mut T {
            self.0.get_mut().unwrap()
        }
    }
}
