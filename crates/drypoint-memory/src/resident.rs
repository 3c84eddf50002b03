//! What the system counts for the whole process, other libraries and the interpreter included.
//!
//! Linux tells it in `/proc`; the kernel adds its counters up per processor lazily, so a figure may lag by some
//! hundred kilobytes. Elsewhere only the peak is known.

/// Bytes of memory that the process has now; `None` where the system does not tell.
pub fn resident_bytes() -> Option<usize> {
    status("VmRSS:")
}

/// The most memory that the process had since it began or since [`reset_peak_resident`].
#[cfg(any(target_os = "linux", not(unix)))]
pub fn peak_resident_bytes() -> Option<usize> {
    status("VmHWM:")
}

/// The most memory that the process had since it began.
#[cfg(all(unix, not(target_os = "linux")))]
pub fn peak_resident_bytes() -> Option<usize> {
    crate::raw::max_resident_bytes()
}

/// Let [`peak_resident_bytes`] begin again from now. `false` where the system has no such thing.
pub fn reset_peak_resident() -> bool {
    cfg!(target_os = "linux") && std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

#[cfg(target_os = "linux")]
fn status(field: &str) -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    parse_field(&status, field)
}

#[cfg(not(target_os = "linux"))]
fn status(_field: &str) -> Option<usize> {
    None
}

/// `VmRSS:      1234 kB`
#[cfg(any(target_os = "linux", test))]
fn parse_field(status: &str, field: &str) -> Option<usize> {
    let value = status.lines().find_map(|line| line.strip_prefix(field))?;
    value.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_the_status_is_read() {
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(parse_field(status, "VmRSS:"), Some(1 << 20));
        assert_eq!(parse_field(status, "VmHWM:"), Some(2 << 20));
        assert_eq!(parse_field(status, "VmSwap:"), None);
        assert_eq!(parse_field("VmRSS: much", "VmRSS:"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_peak_is_not_below_now() {
        let (now, peak) = (resident_bytes().unwrap(), peak_resident_bytes().unwrap());
        assert!(now > 0 && peak + (1 << 20) > now, "{now} {peak}");
    }
}
