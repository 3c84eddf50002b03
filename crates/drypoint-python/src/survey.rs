//! What goes on beside a program that is watched: a thread that samples the process, and the moments at which the heap is to
//! be looked at, which come between two steps of the program.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use drypoint_memory::{
    live_array_bytes, resident_bytes, site_peak, site_usage, sites_used, watch_site_peaks,
};
use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError};
use pyo3::prelude::*;

use crate::collection::collector_runs;
use crate::raw::{Pending, add_pending_call};
use crate::request::{SITE_FROM, remember_sites_from};
use crate::{sites, turns};

/// Samples that are kept. When they are full, every other one goes, and half as many are taken from then on.
const MOST: usize = 1024;
/// Growth of the process that is put down to the line where the program is.
const STEP: usize = 256 << 10;
/// Growth of the process after which the heap is looked at although no turns were seen: so many bytes and one part in so many.
const GROWN: usize = 32 << 20;
const GROWN_PART: usize = 4;
/// Where no turns are found, the first look comes after so long, each other after twice as long.
const FIRST_LOOK: Duration = Duration::from_millis(40);

static TO_CALL: Mutex<Option<Py<PyAny>>> = Mutex::new(None);
static WANTED: AtomicBool = AtomicBool::new(false);
static NEXT_TURN: AtomicU64 = AtomicU64::new(u64::MAX);
static FIRST_TURN: AtomicU64 = AtomicU64::new(1);
static NEXT_BYTES: AtomicUsize = AtomicUsize::new(usize::MAX);
/// Growth that no line was charged with yet.
static GROWTH: AtomicUsize = AtomicUsize::new(0);
static FIGURES: AtomicI64 = AtomicI64::new(0);
static LINES: Mutex<Vec<(u32, u64)>> = Mutex::new(Vec::new());

/// A moment of the process.
#[derive(Clone, Copy)]
struct Sample {
    seconds: f64,
    resident: usize,
    live: usize,
    figures: i64,
    collections: u64,
    turns: u64,
}

/// Turn `turns` has begun: it may be time for a look.
pub(crate) fn turn(turns: u64) {
    let next = NEXT_TURN.load(Relaxed);
    if turns >= next {
        NEXT_TURN.store(turns * 2, Relaxed);
        want();
    } else if turns * 2 < next && next != u64::MAX {
        // Another clock was found, by which it is earlier.
        NEXT_TURN.store((turns + 1).max(FIRST_TURN.load(Relaxed)), Relaxed);
    }
}

/// If no call can be added now, the sampler tries again.
fn want() {
    WANTED.store(true, Relaxed);
    add_pending_call(call);
}

extern "C" fn call(_nothing: *mut c_void) -> c_int {
    let _pending = Pending::begin();
    if !WANTED.swap(false, Relaxed) {
        return 0;
    }
    Python::attach(|py| {
        let callable =
            TO_CALL.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|it| it.clone_ref(py));
        match callable.map(|callable| (callable.call0(py), callable)) {
            Some((Err(error), _)) if error.is_instance_of::<PyKeyboardInterrupt>(py) => {
                error.restore(py); // it was meant for the program
                -1
            }
            Some((Err(error), callable)) => {
                error.write_unraisable(py, Some(callable.bind(py)));
                0
            }
            _ => 0,
        }
    })
}

extern "C" fn charge(_nothing: *mut c_void) -> c_int {
    let _pending = Pending::begin();
    let grown = GROWTH.swap(0, Relaxed) as u64;
    let site = Python::attach(sites::here);
    let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    match lines.iter_mut().find(|(known, _)| *known == site) {
        Some((_, bytes)) => *bytes += grown,
        None => lines.push((site, grown)),
    }
    0
}

/// Call a function between two steps of the program when it is time to look at the heap: at a turn, each time that the turns
/// have doubled, and when the process has grown. Never, for None.
#[pyfunction]
#[pyo3(signature = (callable, first_turn = 1))]
pub(crate) fn survey_by(callable: Option<Py<PyAny>>, first_turn: u64) {
    let on = callable.is_some();
    let before = std::mem::replace(&mut *TO_CALL.lock().unwrap_or_else(PoisonError::into_inner), callable);
    drop(before);
    FIRST_TURN.store(first_turn.max(1), Relaxed);
    NEXT_TURN.store(if on { first_turn.max(1) } else { u64::MAX }, Relaxed);
    NEXT_BYTES.store(if on { next_bytes(resident_bytes().unwrap_or(0)) } else { usize::MAX }, Relaxed);
}

fn next_bytes(resident: usize) -> usize {
    resident + GROWN.max(resident / GROWN_PART)
}

/// It was no moment for a look: the next turn may be.
#[pyfunction]
pub(crate) fn survey_later() {
    NEXT_TURN.store(turns::count() + 1, Relaxed);
}

/// The heap was looked at now: growth counts from here.
#[pyfunction]
pub(crate) fn surveyed() {
    NEXT_BYTES.store(next_bytes(resident_bytes().unwrap_or(0)), Relaxed);
}

/// Figures that came (or went, below 0).
#[pyfunction]
pub(crate) fn count_figures(more: i64) {
    FIGURES.fetch_add(more, Relaxed);
}

/// Samples the process until `stop` is called.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Sampler {
    running: Mutex<Option<Running>>,
}

/// Dropping the first ends the thread.
type Running = (Sender<()>, JoinHandle<Vec<Sample>>);

#[pymethods]
impl Sampler {
    /// A sample is taken each `every` seconds, in a thread that Python does not know.
    #[new]
    fn new(every: f64) -> PyResult<Self> {
        let every = Duration::try_from_secs_f64(every)
            .map_err(|_| PyRuntimeError::new_err("the time between two samples must be positive"))?;
        LINES.lock().unwrap_or_else(PoisonError::into_inner).clear();
        FIGURES.store(0, Relaxed);
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("drypoint watch".to_owned())
            .spawn(move || {
                let mut samples = Samples::new();
                while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(every) {
                    samples.take();
                }
                samples.finish()
            })
            .map_err(|error| PyRuntimeError::new_err(format!("no thread to sample with: {error}")))?;
        Ok(Self { running: Mutex::new(Some((stop, thread))) })
    }

    /// End it. Columns of all samples: seconds, resident bytes, bytes of large arrays, figures, collections, turns.
    #[expect(clippy::type_complexity, reason = "columns")]
    fn stop(&self, py: Python<'_>) -> (Vec<f64>, Vec<usize>, Vec<usize>, Vec<i64>, Vec<u64>, Vec<u64>) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let samples = running.and_then(|(stop, thread)| {
            drop(stop);
            py.detach(|| thread.join()).ok()
        });
        let samples = samples.unwrap_or_default();
        (
            samples.iter().map(|sample| sample.seconds).collect(),
            samples.iter().map(|sample| sample.resident).collect(),
            samples.iter().map(|sample| sample.live).collect(),
            samples.iter().map(|sample| sample.figures).collect(),
            samples.iter().map(|sample| sample.collections).collect(),
            samples.iter().map(|sample| sample.turns).collect(),
        )
    }
}

/// Lines that the process grew at, as sites, with the bytes.
#[pyfunction]
pub(crate) fn grown_lines() -> Vec<(u32, u64)> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

struct Samples {
    began: Instant,
    taken: Vec<Sample>,
    /// Of so many samples one is kept.
    stride: usize,
    seen: usize,
    highest: usize,
    /// When the heap is looked at next, as long as no turns are found.
    next_look: Duration,
}

impl Samples {
    fn new() -> Self {
        let resident = resident_bytes().unwrap_or(0);
        let mut samples = Self {
            began: Instant::now(),
            taken: Vec::with_capacity(MOST),
            stride: 1,
            seen: 0,
            highest: resident,
            next_look: FIRST_LOOK,
        };
        samples.keep(resident);
        samples
    }

    fn take(&mut self) {
        let resident = resident_bytes().unwrap_or(0);
        if resident >= self.highest + STEP {
            GROWTH.fetch_add(resident - self.highest, Relaxed);
            self.highest = resident;
        }
        if WANTED.load(Relaxed) {
            add_pending_call(call);
        } else if GROWTH.load(Relaxed) > 0 {
            add_pending_call(charge);
        }
        if turns::count() == 0 && resident >= NEXT_BYTES.load(Relaxed) {
            NEXT_BYTES.store(next_bytes(resident), Relaxed);
            want();
        }
        if turns::count() == 0 && self.began.elapsed() >= self.next_look {
            self.next_look *= 2;
            want();
        }
        self.seen += 1;
        let is_peak = self.taken.last().is_some_and(|last| resident > last.resident + last.resident / 8);
        if self.seen.is_multiple_of(self.stride) || is_peak {
            self.keep(resident);
        }
    }

    fn keep(&mut self, resident: usize) {
        if self.taken.len() >= MOST {
            self.thin();
        }
        self.taken.push(Sample {
            seconds: self.began.elapsed().as_secs_f64(),
            resident,
            live: live_array_bytes(),
            figures: FIGURES.load(Relaxed),
            collections: collector_runs().0,
            turns: turns::count(),
        });
    }

    /// Of each two samples the one with more bytes stays, so that no peak is lost.
    fn thin(&mut self) {
        self.taken = self
            .taken
            .chunks(2)
            .filter_map(|pair| pair.iter().max_by_key(|sample| sample.resident).copied())
            .collect();
        self.stride *= 2;
    }

    fn finish(mut self) -> Vec<Sample> {
        self.keep(resident_bytes().unwrap_or(0));
        self.taken
    }
}

/// Have arrays of at least so many bytes remember the line that made them, and note what each line holds at the peak of all;
/// None: as before.
#[pyfunction]
#[pyo3(signature = (least))]
pub(crate) fn watch_lines(least: Option<usize>) {
    remember_sites_from(least.unwrap_or(SITE_FROM));
    watch_site_peaks(least.is_some());
}

/// Of each line that asked for large arrays: its number as a site (0 for those that are not known), requests, bytes that they
/// asked for, arrays alive, their bytes, bytes at the peak of all lines, and how many requests were larger than the one before.
#[pyfunction]
pub(crate) fn array_lines() -> Vec<(u32, u64, u64, usize, usize, usize, u32)> {
    (0..sites_used())
        .map(|site| (site, site_usage(site)))
        .filter(|(_, usage)| usage.allocations > 0)
        .map(|(site, usage)| {
            let drypoint_memory::SiteUsage { allocations, allocated, arrays, live, at_peak, rising } = usage;
            (site, allocations, allocated, arrays, live, at_peak, rising)
        })
        .collect()
}

/// The most that large arrays took together since lines are watched, in bytes, to a sixteenth.
#[pyfunction]
pub(crate) fn array_peak() -> usize {
    site_peak()
}
