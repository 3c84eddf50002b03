//! Who asked NumPy for memory. A refusal is a null pointer, and not everybody looks: OpenCV's allocator of arrays
//! writes to it. NumPy looks, and raises a `MemoryError`; so null may be given if Python itself called NumPy, and to
//! nobody else.
//!
//! The call stack is read as a debugger would, by the libraries that its return addresses lie in. It takes tens of
//! microseconds and happens only where memory is about to be refused. Whatever is not recognised counts as somebody
//! who does not look.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod stack {
    use std::ffi::{CStr, OsStr, c_int, c_void};
    use std::mem::MaybeUninit;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;
    use std::ptr;

    use pyo3::ffi;

    /// Return addresses looked at. NumPy's own calls within each other are far fewer.
    const DEEPEST: usize = 64;

    /// The file of NumPy's compiled core, which has an ending after this.
    const CORE: &[u8] = b"_multiarray_umath.";

    /// A library, or the program's executable, as it is loaded.
    struct Loaded<'a> {
        base: *mut c_void,
        path: &'a Path,
    }

    impl Loaded<'_> {
        /// The one that an address lies in. The path is borrowed from the loader, which keeps it while the library is
        /// loaded: one with a call on the stack, or the interpreter.
        fn at(address: *const c_void) -> Option<Self> {
            let mut found = MaybeUninit::<libc::Dl_info>::zeroed();
            // SAFETY: `dladdr` takes any address and fills the structure if it returns another number than 0.
            let found = unsafe {
                if libc::dladdr(address, found.as_mut_ptr()) == 0 {
                    return None;
                }
                found.assume_init()
            };
            if found.dli_fname.is_null() {
                return None;
            }
            // SAFETY: a name that ends in 0, of a library that stays loaded while it is looked at, as said above.
            let path = unsafe { CStr::from_ptr(found.dli_fname) };
            Some(Self { base: found.dli_fbase, path: Path::new(OsStr::from_bytes(path.to_bytes())) })
        }

        /// NumPy's folder, if this is its compiled core.
        fn package(&self) -> Option<&Path> {
            let is_core = self.path.file_name()?.as_bytes().starts_with(CORE);
            is_core.then_some(self.path.parent()?.parent()?)
        }
    }

    fn addresses(room: &mut [*mut c_void]) -> &[*mut c_void] {
        let most = c_int::try_from(room.len()).unwrap_or(c_int::MAX);
        // SAFETY: as many places as are told, each of which may be written to.
        let count = unsafe { libc::backtrace(room.as_mut_ptr(), most) };
        &room[..usize::try_from(count).unwrap_or(0)]
    }

    pub(super) fn warm() {
        addresses(&mut [ptr::null_mut(); 1]);
    }

    pub(super) fn null_is_safe() -> bool {
        let ours = Loaded::at(null_is_safe as *const c_void);
        let runtime = Loaded::at(ffi::PyObject_Call as *const c_void);
        let (Some(ours), Some(runtime)) = (ours, runtime) else { return false };
        let mut room = [ptr::null_mut(); DEEPEST];
        let mut callers = addresses(&mut room)
            .iter()
            .map(|address| Loaded::at(*address))
            .skip_while(|caller| caller.as_ref().is_some_and(|caller| caller.base == ours.base));
        let Some(Some(core)) = callers.next() else { return false };
        let Some(numpy) = core.package() else { return false };
        let outside =
            callers.find(|caller| caller.as_ref().is_none_or(|caller| !caller.path.starts_with(numpy)));
        outside.flatten().is_some_and(|caller| caller.base == runtime.base)
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod stack {
    pub(super) fn warm() {}

    pub(super) fn null_is_safe() -> bool {
        false
    }
}

/// Load what [`null_is_safe`] needs, so that it asks for no memory itself.
pub(crate) fn warm() {
    stack::warm();
}

/// Whether the allocation that this thread is in was asked for by NumPy, called straight from Python.
///
/// Only true if this library was called by NumPy's compiled core, and that, perhaps through other libraries in NumPy's
/// folder, by the Python runtime.
pub(crate) fn null_is_safe() -> bool {
    stack::null_is_safe()
}
