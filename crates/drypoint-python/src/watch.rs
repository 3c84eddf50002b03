//! Long work off the interpreter's thread, while that thread looks for Ctrl-C and tells of the progress.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use pyo3::prelude::*;

use crate::error::CoreError;

/// Ctrl-C is noticed within this time, well under what a person feels.
const GLANCE: Duration = Duration::from_millis(40);

/// Run `work` on a thread of its own with the interpreter released. `glance` is called attached, from time to time
/// and once at the end; its error, like a signal's, is what the caller sees after `stop` has ended the work.
pub(crate) fn watched<T: Send>(
    py: Python<'_>,
    stop: impl Fn() + Send + Sync,
    glance: impl Fn(Python<'_>) -> PyResult<()> + Send + Sync,
    work: impl FnOnce() -> Result<T, CoreError> + Send,
) -> PyResult<T> {
    let (result, interrupt) = py.detach(|| {
        std::thread::scope(|scope| {
            let (done, wait) = channel::<()>();
            let worker = scope.spawn(move || {
                let result = guarded(work);
                drop(done);
                result
            });
            let mut interrupt = None;
            while let Err(RecvTimeoutError::Timeout) = wait.recv_timeout(GLANCE) {
                if interrupt.is_none() {
                    match Python::try_attach(|py| py.check_signals().and_then(|()| glance(py))) {
                        Some(Ok(())) => continue,
                        Some(Err(error)) => interrupt = Some(error),
                        // The interpreter has gone, and with it whoever waited for the result.
                        None => {}
                    }
                    stop();
                }
            }
            (worker.join().unwrap_or_else(|panic| Err(told(&*panic))), interrupt)
        })
    });
    if let Some(error) = interrupt {
        return Err(error);
    }
    let value = result?;
    glance(py)?;
    Ok(value)
}

/// Run short work with the interpreter released.
pub(crate) fn detached<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T, CoreError> + Send,
) -> PyResult<T> {
    Ok(py.detach(|| guarded(work))?)
}

/// A panic becomes an error like any other. What `work` had in its hands is dropped with it.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, CoreError>) -> Result<T, CoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(told(&*panic)))
}

fn told(panic: &(dyn Any + Send)) -> CoreError {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    CoreError::Panic(text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default())
}

/// Panics of this library are caught and told as errors, so they are not printed as well; who looks for their place
/// sets `RUST_BACKTRACE`.
pub(crate) fn quieten_panics() {
    if std::env::var_os("RUST_BACKTRACE").is_none_or(|value| value == "0") {
        std::panic::set_hook(Box::new(|_| {}));
    }
}
