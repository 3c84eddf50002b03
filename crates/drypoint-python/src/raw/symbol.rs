//! Functions that this process may have and may not, looked up by name: those of one C library, and those of the
//! interpreter that are not in its limited API.

use std::ffi::{CStr, c_void};

/// Where the function is; None in a process without it.
pub(super) fn symbol(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: a look-up by a name that ends in 0.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!found.is_null()).then_some(found)
}
