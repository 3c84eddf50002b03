//! A file descriptor of Python's, such as that of standard input.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, BorrowedFd};

use drypoint_stream::Cancel;

/// A read that waits looks this often whether it should stop waiting.
const GLANCE_MILLISECONDS: i32 = 40;

/// What a descriptor yields. A read waits no longer than until `cancel` says so, so that Ctrl-C ends a program whose pipe
/// is silent.
pub(crate) struct Input {
    file: File,
    cancel: Cancel,
}

impl Input {
    /// A descriptor of our own for the same open file: dropping it leaves Python's as it is.
    pub(crate) fn duplicate(descriptor: i32, cancel: Cancel) -> io::Result<Self> {
        if descriptor < 0 {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        // SAFETY: the number is not -1 and is only used to ask the system for a duplicate at once; one that is not open
        // is refused by the system with an error.
        let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
        Ok(Self { file: File::from(borrowed.try_clone_to_owned()?), cancel })
    }

    /// Whether there is something to read (or the end) within a glance.
    fn ready(&self) -> io::Result<bool> {
        let mut asked = libc::pollfd { fd: self.file.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one valid `pollfd`, which the call reads and writes while it runs.
        match unsafe { libc::poll(&raw mut asked, 1, GLANCE_MILLISECONDS) } {
            0 => Ok(false),
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(true),
        }
    }
}

impl Read for Input {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.cancel.is_cancelled() {
                // Not `Interrupted`, which callers try again.
                return Err(io::Error::other("interrupted"));
            }
            match self.ready() {
                Ok(true) => return self.file.read(target),
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
