//! What the system says about itself.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Size of a page, asked once.
pub(crate) fn page_bytes() -> usize {
    static PAGE: AtomicUsize = AtomicUsize::new(0);
    match PAGE.load(Ordering::Relaxed) {
        0 => {
            let page = ask_page_bytes().unwrap_or(4096);
            PAGE.store(page, Ordering::Relaxed);
            page
        }
        page => page,
    }
}

#[cfg(unix)]
fn sysconf(name: libc::c_int) -> Option<usize> {
    // SAFETY: sysconf takes any number and touches no memory of ours.
    usize::try_from(unsafe { libc::sysconf(name) }).ok()
}

#[cfg(unix)]
fn ask_page_bytes() -> Option<usize> {
    sysconf(libc::_SC_PAGESIZE).filter(|page| page.is_power_of_two())
}

#[cfg(not(unix))]
fn ask_page_bytes() -> Option<usize> {
    None
}

/// Milliseconds of a clock that only goes forward and costs nanoseconds to read; some of them may pass unseen.
#[cfg(target_os = "linux")]
pub(crate) fn coarse_millis() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a valid `timespec` for the call to fill.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &raw mut now) };
    now.tv_sec as u64 * 1000 + now.tv_nsec as u64 / 1_000_000
}

/// Milliseconds of a clock that only goes forward.
#[cfg(not(target_os = "linux"))]
pub(crate) fn coarse_millis() -> u64 {
    use std::sync::OnceLock;
    use std::time::Instant;

    static BEGAN: OnceLock<Instant> = OnceLock::new();
    BEGAN.get_or_init(Instant::now).elapsed().as_millis() as u64
}

/// Memory in the machine.
#[cfg(unix)]
pub(crate) fn physical_bytes() -> Option<usize> {
    sysconf(libc::_SC_PHYS_PAGES)?.checked_mul(page_bytes())
}

/// Memory in the machine; not known here.
#[cfg(not(unix))]
pub(crate) fn physical_bytes() -> Option<usize> {
    None
}

/// The soft limit on address space, if one is set.
#[cfg(unix)]
pub(crate) fn address_space_limit() -> Option<usize> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a valid `rlimit` for the call to fill.
    let answer = unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) };
    (answer == 0 && limit.rlim_cur != libc::RLIM_INFINITY)
        .then(|| usize::try_from(limit.rlim_cur).ok())
        .flatten()
}

/// The limit on address space; there is none here.
#[cfg(not(unix))]
pub(crate) fn address_space_limit() -> Option<usize> {
    None
}

/// The most memory that the process had, as `getrusage` tells it.
#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) fn max_resident_bytes() -> Option<usize> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: `usage` is writable and of the right type; all-zero bytes are a valid `rusage`.
    let (answer, usage) =
        unsafe { (libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()), usage.assume_init()) };
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    if answer == 0 { usize::try_from(usage.ru_maxrss).ok()?.checked_mul(unit) } else { None }
}
