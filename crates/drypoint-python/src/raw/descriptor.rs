//! A file descriptor of Python's, such as that of standard input.

use std::fs::File;
use std::io;
use std::os::fd::BorrowedFd;

/// A file of our own for the same open file: closing it leaves Python's descriptor as it is.
pub(crate) fn duplicate(descriptor: i32) -> io::Result<File> {
    if descriptor < 0 {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    // SAFETY: the number is not -1 and is only used to ask the system for a duplicate at once; one that is not open is
    // refused by the system with an error.
    let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
    Ok(File::from(borrowed.try_clone_to_owned()?))
}
