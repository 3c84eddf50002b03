//! Long work off the interpreter's thread, while that thread looks for Ctrl-C and tells of the progress.

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
                let result = work();
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
            (worker.join(), interrupt)
        })
    });
    if let Some(error) = interrupt {
        return Err(error);
    }
    match result {
        Ok(result) => {
            let value = result?;
            glance(py)?;
            Ok(value)
        }
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
