//! What happens at a ceiling: room is made if that is possible, and otherwise the program is told.
//!
//! NumPy makes a `MemoryError` of a null, and OpenCV, which never looks, crashes. So null is only for NumPy itself; for
//! all others there is the memory that they ask for, and the error comes right after their call.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::{Duration, Instant};

use drypoint_memory::{ArrayAccount, BudgetExceeded, Denied, MemoryPool, living_arrays};
use pyo3::prelude::*;

use crate::collection::{self, Reason};
use crate::error::CoreError;
use crate::raw::{Aside, null_is_safe, raise_soon, with_interpreter, with_interpreter_again};
use crate::request::Served;
use crate::sites;

/// What may be taken beyond a ceiling while garbage is collected: finalizers have to work.
const HEADROOM: usize = 64 << 20;
/// How long a thread waits for another one's collection.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(1);
const NAMED_HOLDERS: usize = 5;
/// An error that nobody saw for so long was swallowed by somebody on its way.
const ON_ITS_WAY: Duration = Duration::from_secs(1);

thread_local! {
    /// What NumPy was refused last on this thread, until its error has been told.
    static UNTOLD: RefCell<Option<(usize, String)>> = const { RefCell::new(None) };
    /// When an error was sent on its way to this thread that it has not raised yet.
    static SENT: Cell<Option<Instant>> = const { Cell::new(None) };
    /// The class of the error that was sent last.
    static LAST: RefCell<Option<Py<PyAny>>> = const { RefCell::new(None) };
}

/// Whether an error waits for the call that is running to return. Until then no Python code may run in this thread: it
/// would be raised there, in a finalizer perhaps, where it is lost.
pub(crate) fn is_on_its_way() -> bool {
    SENT.try_with(Cell::get).ok().flatten().is_some_and(|sent| sent.elapsed() < ON_ITS_WAY)
}

/// In the place of `sys.unraisablehook`: an error on its way that was raised in a finalizer or a callback, which nobody
/// can catch, is sent once more. Not in Python, where it would be raised at once, in the hook.
#[pyclass(frozen, module = "drypoint._core")]
struct Unraisable {
    before: Py<PyAny>,
}

#[pymethods]
impl Unraisable {
    fn __call__(&self, py: Python<'_>, unraisable: &Bound<'_, PyAny>) -> PyResult<()> {
        let class = unraisable.getattr("exc_type")?;
        let ours = LAST.with_borrow(|last| last.as_ref().is_some_and(|last| class.is(last)));
        if ours { send(&class) } else { self.before.call1(py, (unraisable,)).map(drop) }
    }

    /// What was there before.
    #[getter]
    fn __wrapped__(&self, py: Python<'_>) -> Py<PyAny> {
        self.before.clone_ref(py)
    }
}

fn send(class: &Bound<'_, PyAny>) -> PyResult<()> {
    raise_soon(class)?;
    let _ = SENT.try_with(|sent| sent.set(Some(Instant::now())));
    Ok(())
}

/// The error that was on its way is raised.
#[pyfunction]
pub(crate) fn refusal_arrived() {
    SENT.set(None);
}

/// Try everything before a request is refused. `attempt` makes the request, given the bytes by which it may pass ceilings.
pub(crate) fn insist(
    account: &Arc<ArrayAccount>,
    bytes: usize,
    denied: Denied,
    attempt: impl Fn(usize) -> Result<NonNull<u8>, Denied>,
) -> Served {
    let insist = |py: Python<'_>| {
        if is_on_its_way() {
            account.open().count_refusal();
            return beyond(&attempt);
        }
        let _aside = Aside::new(py);
        insist_attached(py, account.open(), bytes, denied.clone(), &attempt)
    };
    // NumPy lets go of the interpreter where it reads numbers from text, and takes it up again after that: so may we. Other
    // threads without it can neither collect nor be told.
    with_interpreter(insist)
        .or_else(|| if null_is_safe() { with_interpreter_again(insist) } else { None })
        .unwrap_or_else(|| beyond(&attempt))
}

fn insist_attached(
    py: Python<'_>,
    account: &Arc<ArrayAccount>,
    bytes: usize,
    mut denied: Denied,
    attempt: &impl Fn(usize) -> Result<NonNull<u8>, Denied>,
) -> Served {
    macro_rules! served_or_denied {
        ($overrun:expr) => {
            match attempt($overrun) {
                Ok(data) => return Served::Memory(data),
                Err(Denied::System) => return Served::Elsewhere,
                Err(again) => denied = again,
            }
        };
    }
    if collection::is_mine() {
        served_or_denied!(HEADROOM);
    } else if bytes <= denied_by(&denied) {
        let began = Instant::now();
        while collection::is_running() && began.elapsed() < PATIENCE {
            py.detach(|| std::thread::sleep(PAUSE));
            served_or_denied!(0);
        }
        if matches!(denied, Denied::Pool { .. }) && py.detach(|| MemoryPool::process().reclaim(bytes)) > 0 {
            served_or_denied!(0);
        }
        for generation in [1, 2] {
            if collection::run(py, Reason::Limit, generation) {
                served_or_denied!(0);
            }
        }
    }
    account.count_refusal();
    let refused = describe(py, account, bytes, denied);
    if null_is_safe() {
        let text = refused.to_string();
        let _ = UNTOLD.try_with(|untold| untold.replace(Some((bytes, text))));
        return Served::Refused;
    }
    if let Err(error) = tell_soon(py, refused) {
        error.write_unraisable(py, None);
    }
    beyond(attempt)
}

/// The ceiling that was in the way: what is larger than that fits in no case.
fn denied_by(denied: &Denied) -> usize {
    match denied {
        Denied::Account { limit, .. } | Denied::Pool { limit, .. } => *limit,
        Denied::System => usize::MAX,
    }
}

/// Memory whatever the ceilings say.
fn beyond(attempt: &impl Fn(usize) -> Result<NonNull<u8>, Denied>) -> Served {
    attempt(usize::MAX).map_or(Served::Elsewhere, Served::Memory)
}

/// The refusal with its numbers: who asked, for how much, and the lines that hold most.
fn describe(py: Python<'_>, account: &Arc<ArrayAccount>, bytes: usize, denied: Denied) -> BudgetExceeded {
    let (consumer, available, limit, within) = match denied {
        Denied::Account { name, limit, available } => {
            let within = std::iter::successors(Some(account), |account| account.parent())
                .find(|account| account.name() == &name && account.limit() == limit)
                .unwrap_or(account);
            (format!("NumPy in scope '{name}'"), available, limit, Some(within))
        }
        Denied::Pool { limit, available } => ("NumPy".to_owned(), available, limit, None),
        Denied::System => ("NumPy".to_owned(), 0, usize::MAX, None),
    };
    let mut holders = held_by_line(py, within.unwrap_or(&collection::ROOT));
    if within.is_none() {
        let consumers = MemoryPool::process().snapshot().consumers;
        let others = consumers.iter().filter(|usage| &*usage.name != drypoint_memory::ARRAYS);
        holders.extend(others.map(|usage| (usage.name.to_string(), usage.reserved.max(usage.live))));
    }
    holders.retain(|holder| holder.1 > 0);
    holders.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    holders.truncate(NAMED_HOLDERS);
    BudgetExceeded { consumer, requested: bytes, available, limit, holders }
}

/// Bytes of the arrays of an account by the line that made them, in no order.
fn held_by_line(py: Python<'_>, account: &ArrayAccount) -> Vec<(String, usize)> {
    let mut by_site: HashMap<u32, (usize, usize)> = HashMap::new();
    for (bytes, site) in living_arrays(account) {
        let held = by_site.entry(site).or_default();
        *held = (held.0 + bytes, held.1 + 1);
    }
    let name = |site, count| {
        let line = sites::text(py, site).unwrap_or_else(|| "an unknown line".to_owned());
        if count == 1 { format!("1 array of {line}") } else { format!("{count} arrays of {line}") }
    };
    by_site.into_iter().map(|(site, (bytes, count))| (name(site, count), bytes)).collect()
}

/// Raise `BudgetExceeded` in this thread as soon as the call that is running returns to Python.
fn tell_soon(py: Python<'_>, refused: BudgetExceeded) -> PyResult<()> {
    let error = PyErr::from(CoreError::Budget(refused));
    // What is raised this way is a class: one that is made for this refusal knows its text.
    let class = py.import("drypoint._lifetime.reuse")?.getattr("class_of")?.call1((error.value(py),))?;
    let last = LAST.try_with(|last| last.replace(Some(class.clone().unbind())));
    drop(last); // after the borrow
    let sys = py.import("sys")?;
    let before = sys.getattr("unraisablehook")?;
    if !before.is_instance_of::<Unraisable>() {
        sys.setattr("unraisablehook", Unraisable { before: before.unbind() }.into_pyobject(py)?)?;
    }
    send(&class)
}

/// The text of the refusal that NumPy's error on this thread is about, which asked for so many bytes, or does not tell.
#[pyfunction]
#[pyo3(signature = (bytes=None))]
pub(crate) fn take_refusal(bytes: Option<usize>) -> Option<String> {
    let told = UNTOLD.take();
    match (told, bytes) {
        (Some((asked, text)), Some(bytes)) if asked != bytes => {
            UNTOLD.set(Some((asked, text)));
            None
        }
        (told, _) => told.map(|(_, text)| text),
    }
}
