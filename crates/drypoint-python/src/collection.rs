//! Garbage collected by bytes: Python's collector counts objects, so a few cycles that hold gigabytes never concern it.
//!
//! What counts is how much the living arrays have grown since the last collection, never how much was allocated, which says
//! nothing of garbage (decision 0016). A collection is asked for at a safe point of the main thread; if none comes by
//! before half as much was added again, it is made where the allocation is. What frees little is tried less often.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use drypoint_memory::{ArrayAccount, live_array_bytes};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::raw::{Aside, Pending, add_pending_call, collector_is_on, thread_number, with_interpreter};
use crate::refusal;

/// The account of all arrays that no scope has.
pub(crate) static ROOT: LazyLock<Arc<ArrayAccount>> = LazyLock::new(ArrayAccount::root);

/// Steps are this much longer at most after collections that freed little.
const LONGEST: usize = 16;
/// Collections that free little may take one part in so many of the time.
const SHARE: u32 = 20;
/// Where another four steps were added meanwhile, or so many bytes, there may be garbage again: one part in so many then.
const LARGER_SHARE: u32 = 5;
const MOST_WAITED: usize = 1 << 30;

/// The growth that calls for a collection; 0 if none does.
static STEP: AtomicUsize = AtomicUsize::new(0);
/// The bytes at which the next one is due.
static DUE: AtomicUsize = AtomicUsize::new(usize::MAX);
/// The bytes that were alive when everything was collected last, or fewer since. What a collection of the young ones leaves
/// counts as old from then on, also if it is garbage a moment later: it adds up above this.
static FLOOR: AtomicUsize = AtomicUsize::new(0);
static SCHEDULED: AtomicBool = AtomicBool::new(false);
/// The thread that collects, as a number; 0 if none does.
static COLLECTING: AtomicU64 = AtomicU64::new(0);
/// The thread in which the interpreter's collector runs, whoever called it, as far as it is watched; 0 if in none.
static WITHIN: AtomicU64 = AtomicU64::new(0);
/// The process in which they do so. After a fork a child has only the thread that forked.
static COLLECTS_IN: AtomicU32 = AtomicU32::new(0);
/// Pixels that others hold outside NumPy, as they are estimated.
static NATIVE: AtomicIsize = AtomicIsize::new(0);

/// Why a collection is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// At a safe point.
    Growth,
    /// In the middle of an allocation, since no safe point came.
    Overdue,
    /// At a ceiling.
    Limit,
}

#[derive(Clone, Copy)]
struct Numbers {
    scheduled: u64,
    overdue: u64,
    at_limit: u64,
    seconds: f64,
    freed: usize,
    skipped: u64,
    /// When a collection that freed little ended, and how long it took.
    in_vain: Option<(Instant, Duration)>,
}

static NUMBERS: Mutex<Numbers> = Mutex::new(Numbers {
    scheduled: 0,
    overdue: 0,
    at_limit: 0,
    seconds: 0.0,
    freed: 0,
    skipped: 0,
    in_vain: None,
});

/// `act` must not call Python.
fn with_numbers<T>(act: impl FnOnce(&mut Numbers) -> T) -> T {
    act(&mut NUMBERS.lock().unwrap_or_else(PoisonError::into_inner))
}

fn live() -> usize {
    live_array_bytes().saturating_add_signed(NATIVE.load(Relaxed))
}

/// Whether this thread is collecting: what it asks for is for finalizers and the like.
pub(crate) fn is_mine() -> bool {
    let this = thread_number();
    COLLECTING.load(Relaxed) == this || WITHIN.load(Relaxed) == this
}

/// Whether any thread is.
pub(crate) fn is_running() -> bool {
    [&COLLECTING, &WITHIN].into_iter().any(|collects| {
        let thread = collects.load(Relaxed);
        if thread == 0 {
            return false;
        }
        if thread != thread_number() && COLLECTS_IN.load(Relaxed) != std::process::id() {
            // Lost only to whoever does the same, or begins to collect.
            let _ = collects.compare_exchange(thread, 0, Relaxed, Relaxed);
            return false;
        }
        true
    })
}

/// While it lives this thread collects.
struct Running;

impl Running {
    /// `None` if a thread does already.
    fn begin() -> Option<Self> {
        if is_running() {
            return None;
        }
        COLLECTS_IN.store(std::process::id(), Relaxed);
        COLLECTING.compare_exchange(0, thread_number(), Relaxed, Relaxed).is_ok().then_some(Self)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        COLLECTING.store(0, Relaxed);
    }
}

/// After each large request: see whether it is time. A few loads where it is not.
#[inline]
pub(crate) fn look() {
    let step = STEP.load(Relaxed);
    if step == 0 {
        return;
    }
    let live = live();
    if live >= DUE.load(Relaxed) {
        due(live, step);
    } else {
        // What was freed without us lets the next growth begin from where it is now.
        let due = live.saturating_add(with_stretch(step));
        if due < DUE.load(Relaxed) {
            DUE.fetch_min(due, Relaxed);
        }
        if live < FLOOR.load(Relaxed) {
            FLOOR.fetch_min(live, Relaxed);
        }
    }
}

static STRETCH: AtomicUsize = AtomicUsize::new(1);

fn with_stretch(step: usize) -> usize {
    step.saturating_mul(STRETCH.load(Relaxed))
}

#[cold]
fn due(live: usize, step: usize) {
    if is_running() || refusal::is_on_its_way() {
        return;
    }
    let waited = with_stretch(step).saturating_mul(4).min(MOST_WAITED);
    let share = if live < DUE.load(Relaxed).saturating_add(waited) { SHARE } else { LARGER_SHARE };
    let in_vain = with_numbers(|numbers| numbers.in_vain);
    if in_vain.is_some_and(|(ended, took)| ended.elapsed() < took * (share - 1)) {
        return;
    }
    with_interpreter(|py| {
        if !collector_is_on(py) {
            with_numbers(|numbers| numbers.skipped += 1);
            DUE.store(live.saturating_add(step), Relaxed);
            return;
        }
        if live >= DUE.load(Relaxed).saturating_add(step / 2) {
            let _aside = Aside::new(py);
            collect_grown(py, Reason::Overdue);
        } else if !SCHEDULED.swap(true, Relaxed) && !add_pending_call(at_safe_point) {
            SCHEDULED.store(false, Relaxed); // the interpreter's queue is full: the next request asks again
        }
    });
}

extern "C" fn at_safe_point(_nothing: *mut c_void) -> c_int {
    let _pending = Pending::begin();
    SCHEDULED.store(false, Relaxed);
    if STEP.load(Relaxed) != 0 && live() >= DUE.load(Relaxed) && !refusal::is_on_its_way() {
        Python::attach(|py| collect_grown(py, Reason::Growth));
    }
    0
}

/// The young objects first: what a loop dropped is among them, mostly.
fn collect_grown(py: Python<'_>, reason: Reason) {
    let step = STEP.load(Relaxed);
    let grown = with_stretch(step);
    let before = live();
    let began = Instant::now();
    if !run(py, reason, 1) {
        return;
    }
    let left = live();
    if (before.saturating_sub(left) < grown / 2 || left > FLOOR.load(Relaxed) + step / 4)
        && run(py, reason, 2)
    {
        FLOOR.store(live(), Relaxed);
    }
    let (after, took) = (live(), began.elapsed());
    let fruitful = before.saturating_sub(after) >= grown / 2;
    let stretch = if fruitful { 1 } else { (STRETCH.load(Relaxed) * 2).min(LONGEST) };
    STRETCH.store(stretch, Relaxed);
    with_numbers(|numbers| {
        numbers.in_vain = (!fruitful).then(|| (Instant::now(), took));
    });
    DUE.store(after.saturating_add(step.saturating_mul(stretch)), Relaxed);
}

/// Run the collector up to a generation. `false` if it runs already.
pub(crate) fn run(py: Python<'_>, reason: Reason, generation: u8) -> bool {
    let Some(running) = Running::begin() else { return false };
    let (before, began) = (live(), Instant::now());
    let outcome = collector(py).and_then(|collect| collect.call1((generation,)));
    drop(running);
    if let Err(error) = outcome {
        error.write_unraisable(py, None);
    }
    count(reason, began.elapsed(), before.saturating_sub(live()));
    true
}

fn count(reason: Reason, took: Duration, freed: usize) {
    with_numbers(|numbers| {
        *match reason {
            Reason::Growth => &mut numbers.scheduled,
            Reason::Overdue => &mut numbers.overdue,
            Reason::Limit => &mut numbers.at_limit,
        } += 1;
        numbers.seconds += took.as_secs_f64();
        numbers.freed += freed;
    });
}

/// `gc.collect`, which also works where the collector is turned off.
fn collector(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static COLLECT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    COLLECT
        .get_or_try_init(py, || Ok(py.import("gc")?.getattr("collect")?.unbind()))
        .map(|collect| collect.bind(py))
}

/// Collect garbage each time that what is alive has grown by so many bytes; never, for None.
#[pyfunction]
pub(crate) fn collect_by_bytes(growth: Option<usize>) {
    STRETCH.store(1, Relaxed);
    match growth {
        Some(step) => {
            let live = live();
            FLOOR.store(live, Relaxed);
            DUE.store(live.saturating_add(step), Relaxed);
            STEP.store(step, Relaxed);
        }
        None => {
            STEP.store(0, Relaxed);
            DUE.store(usize::MAX, Relaxed);
        }
    }
}

/// Bytes outside NumPy that came (or went, below 0), for the growth that calls for a collection.
#[pyfunction]
pub(crate) fn note_native(bytes: isize) {
    NATIVE.fetch_add(bytes, Relaxed);
    if bytes > 0 {
        look();
    }
}

/// What the interpreter's collector did while somebody watched it.
#[derive(Clone, Copy)]
struct Runs {
    count: u64,
    seconds: f64,
    freed: usize,
    began: Option<(Instant, usize)>,
}

static RUNS: Mutex<Runs> = Mutex::new(Runs { count: 0, seconds: 0.0, freed: 0, began: None });

/// For `gc.callbacks`: knows who collects, and counts the collector's runs, their time, and the bytes of arrays that went in them.
#[pyfunction]
pub(crate) fn collector_ran(phase: &str, _info: &Bound<'_, PyAny>) {
    if phase == "start" {
        COLLECTS_IN.store(std::process::id(), Relaxed);
        WITHIN.store(thread_number(), Relaxed);
    } else {
        WITHIN.store(0, Relaxed);
    }
    let mut runs = RUNS.lock().unwrap_or_else(PoisonError::into_inner);
    if phase == "start" {
        runs.began = Some((Instant::now(), live()));
    } else if let Some((began, before)) = runs.began.take() {
        runs.count += 1;
        runs.seconds += began.elapsed().as_secs_f64();
        runs.freed += before.saturating_sub(live());
    }
}

/// Runs of the collector that were watched, their seconds, and the bytes of arrays that they freed.
#[pyfunction]
pub(crate) fn collector_runs() -> (u64, f64, usize) {
    let runs = *RUNS.lock().unwrap_or_else(PoisonError::into_inner);
    (runs.count, runs.seconds, runs.freed)
}

/// How often garbage was collected for its bytes, and what it gave.
#[pyfunction]
pub(crate) fn collections(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let report = PyDict::new(py);
    let numbers = with_numbers(|numbers| *numbers);
    report.set_item("scheduled", numbers.scheduled)?;
    report.set_item("overdue", numbers.overdue)?;
    report.set_item("at_limit", numbers.at_limit)?;
    report.set_item("skipped", numbers.skipped)?;
    report.set_item("seconds", numbers.seconds)?;
    report.set_item("freed", numbers.freed)?;
    Ok(report)
}
