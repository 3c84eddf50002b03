//! Threads over the readers of one scan: what each of them does to a batch is the caller's.
//!
//! Scoped threads and one loop each; readers share the work, so there is no queue of ours (decision 0008). The first
//! error or panic stops the others at their next batch.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use drypoint_stream::{Batch, Extent, Request, Scan, Source, StreamError};

use crate::columns::Roles;
use crate::options::Progress;
use crate::{Canvas, CanvasError, Reduction, Result};

/// Let each worker take batches of `source` until there is none, one thread for each; the first runs on this thread.
pub(crate) fn drive<W: Send>(
    source: &dyn Source,
    request: &Request,
    workers: &mut [W],
    progress: Option<&Progress>,
    take: impl Fn(&mut W, &Batch<'_>) -> Result<()> + Sync,
) -> Result<()> {
    drive_within(source, request, &[], workers, progress, take).map(drop)
}

/// The same for workers to whom rows outside of a window are nothing: how many of these no reader yielded.
pub(crate) fn drive_within<W: Send>(
    source: &dyn Source,
    request: &Request,
    window: &[(usize, Extent)],
    workers: &mut [W],
    progress: Option<&Progress>,
    take: impl Fn(&mut W, &Batch<'_>) -> Result<()> + Sync,
) -> Result<u64> {
    let scan = source.scan_within(request, window)?;
    let stop = AtomicBool::new(false);
    joined(workers, &stop, |worker| read(&*scan, request, worker, progress, &stop, &take))?;
    let passed_over = scan.passed_over();
    if let Some(progress) = progress {
        progress.add(usize::try_from(passed_over).unwrap_or(usize::MAX));
    }
    Ok(passed_over)
}

/// The window of a canvas, where a row outside of it leaves no trace in what is folded but in the number of rows.
pub(crate) fn window_of(canvas: &Canvas, roles: &Roles, reduction: &Reduction) -> Vec<(usize, Extent)> {
    // Of categories, those of all rows are told.
    use Reduction::{Any, Count, First, Last, Max, Mean, Min, Std, Sum, Var};
    let is_of_pixels = matches!(
        reduction,
        Count(_) | Any(_) | Sum(_) | Mean(_) | Min(_) | Max(_) | Var(_) | Std(_) | First(_) | Last(_)
    );
    if !is_of_pixels {
        return Vec::new();
    }
    [(roles.x, &canvas.x), (roles.y, &canvas.y)]
        .map(|(place, axis)| (roles.request[place], Extent { min: axis.range.0, max: axis.range.1 }))
        .to_vec()
}

/// Run `work` on each worker, one thread for each; the first runs on this thread. An error or a panic sets `stop`.
pub(crate) fn joined<W: Send>(
    workers: &mut [W],
    stop: &AtomicBool,
    work: impl Fn(&mut W) -> Result<()> + Sync,
) -> Result<()> {
    let work = |worker: &mut W| {
        let done = catch_unwind(AssertUnwindSafe(|| work(worker)))
            .unwrap_or_else(|panic| Err(CanvasError::Panicked { message: message(&*panic) }));
        if done.is_err() {
            stop.store(true, Ordering::Relaxed);
        }
        done
    };
    let Some((first, others)) = workers.split_first_mut() else { return Ok(()) };
    let results: Vec<Result<()>> = std::thread::scope(|scope| {
        let threads: Vec<_> = others.iter_mut().map(|worker| scope.spawn(|| work(worker))).collect();
        let mut results = vec![work(first)];
        results.extend(threads.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|panic| Err(CanvasError::Panicked { message: message(&*panic) }))
        }));
        results
    });
    // The error that stopped the others says more than that they were stopped.
    let mut errors = results.into_iter().filter_map(Result::err);
    match errors.next() {
        None => Ok(()),
        Some(first) if is_cancelled(&first) => {
            Err(errors.find(|error| !is_cancelled(error)).unwrap_or(first))
        }
        Some(first) => Err(first),
    }
}

fn read<W>(
    scan: &dyn Scan,
    request: &Request,
    worker: &mut W,
    progress: Option<&Progress>,
    stop: &AtomicBool,
    take: &(impl Fn(&mut W, &Batch<'_>) -> Result<()> + Sync),
) -> Result<()> {
    let mut reader = scan.reader()?;
    while !stop.load(Ordering::Relaxed) {
        request.cancel.check()?;
        let Some(batch) = reader.next()? else { break };
        take(worker, &batch)?;
        if let Some(progress) = progress {
            progress.add(batch.rows);
        }
    }
    Ok(())
}

fn is_cancelled(error: &CanvasError) -> bool {
    matches!(error, CanvasError::Stream(StreamError::Cancelled))
}

fn message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| text.to_string())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".into())
}
