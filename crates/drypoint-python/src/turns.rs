//! The turns of a program, found by the order in which its lines make things.
//!
//! Whenever something large is made, the program's own calls are noted, outermost first, each with its place in its code. Where
//! the next note differs from the last one by a place further back in the same code, that code began anew: it is the body of
//! a loop, or a function that a loop calls. The outermost code that did so through most of the run is the clock. A loop all
//! of whose things are made by one call shows no such step; there the thing that is made least often counts. A program can
//! tell its turns instead.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError, TryLockError};

use drypoint_memory::live_array_bytes;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::raw::{Position, thread_number};
use crate::sites::{self, Step};
use crate::survey;

/// So often something has to come again to be called a loop.
const LEAST: u64 = 4;
/// Codes that began anew, and kinds of things at one place, that are told apart.
const MOST: usize = 256;

static WATCHED: AtomicBool = AtomicBool::new(false);
/// Turns that the program told.
static TOLD: AtomicU64 = AtomicU64::new(0);
/// Turns when they were counted last.
static COUNTED: AtomicU64 = AtomicU64::new(0);
/// The thread that began to watch; what the others make is noted together.
static FIRST_THREAD: AtomicU64 = AtomicU64::new(0);
static NOTES: LazyLock<Mutex<Notes>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Notes {
    first: Trail,
    others: Trail,
    room: Vec<Step>,
    events: u64,
    /// At this event the turns are counted, to see whether it is time for a survey.
    count_at: u64,
}

/// What one thread, or all but that one together, made.
#[derive(Default)]
struct Trail {
    /// Outermost first.
    last: Vec<Step>,
    loops: Vec<Loop>,
    /// How often a kind of thing was made at a place.
    kinds: HashMap<(u64, u64), u64>,
}

/// A code that began anew.
struct Loop {
    code: Py<PyAny>,
    address: usize,
    depth: usize,
    count: u64,
    /// The events of the first and the last time.
    first: u64,
    last: u64,
    /// Bytes of large arrays at the times that it began anew, in all.
    kept: u128,
    /// The last time it went from here back to there.
    from: Position,
    to: Position,
    /// The call that led into the code.
    caller: Option<(Py<PyAny>, Position)>,
}

/// Whether anybody wants to know.
#[inline]
pub(crate) fn are_watched() -> bool {
    WATCHED.load(Relaxed)
}

/// Something of a kind was made: the number of the line.
pub(crate) fn made(py: Python<'_>, kind: usize) -> u32 {
    let Some(mut notes) = notes_if_free() else { return sites::here(py) };
    let mut room = std::mem::take(&mut notes.room);
    let site = sites::here_by(py, &mut room);
    room.reverse();
    if !room.is_empty() {
        notes.note(py, &room, kind);
    }
    notes.room = room;
    let due = notes.is_due().then(|| notes.turns());
    drop(notes);
    if let Some(turns) = due {
        COUNTED.store(turns, Relaxed);
        survey::turn(turns);
    }
    site
}

/// Turns when they were counted last, which happens every so often.
pub(crate) fn count() -> u64 {
    COUNTED.load(Relaxed).max(TOLD.load(Relaxed))
}

fn notes_if_free() -> Option<MutexGuard<'static, Notes>> {
    match NOTES.try_lock() {
        Ok(notes) => Some(notes),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

fn notes() -> MutexGuard<'static, Notes> {
    NOTES.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Notes {
    fn note(&mut self, py: Python<'_>, path: &[Step], kind: usize) {
        self.events += 1;
        let events = self.events;
        let trail =
            if thread_number() == FIRST_THREAD.load(Relaxed) { &mut self.first } else { &mut self.others };
        trail.note(py, path, kind, events);
    }

    fn is_due(&mut self) -> bool {
        if self.events < self.count_at {
            return false;
        }
        self.count_at = self.events + 1 + self.events / 32;
        true
    }

    /// The loop whose turns are those of the program.
    fn clock(&self) -> Option<&Loop> {
        [&self.first, &self.others].into_iter().find_map(Trail::clock)
    }

    fn turns(&self) -> u64 {
        match TOLD.load(Relaxed) {
            0 => match self.clock() {
                Some(clock) => clock.count + 1,
                None => self.first.repeated().max(self.others.repeated()),
            },
            told => told,
        }
    }
}

impl Trail {
    fn note(&mut self, py: Python<'_>, path: &[Step], kind: usize, event: u64) {
        let mut hasher = DefaultHasher::new();
        path.hash(&mut hasher);
        let key = (hasher.finish(), kind as u64);
        if self.kinds.len() < MOST || self.kinds.contains_key(&key) {
            *self.kinds.entry(key).or_insert(0) += 1;
        }
        let depth = self.last.iter().zip(path).take_while(|(last, now)| last == now).count();
        if let (Some(from), Some(to)) = (self.last.get(depth), path.get(depth))
            && from.code == to.code
            && to.position < from.position
        {
            let (from, to) = (from.position, *to);
            let caller = depth.checked_sub(1).map(|above| path[above]);
            self.again(py, to, from, depth, caller, event);
        }
        self.last.clear();
        self.last.extend_from_slice(path);
    }

    fn again(
        &mut self,
        py: Python<'_>,
        to: Step,
        from: Position,
        depth: usize,
        caller: Option<Step>,
        event: u64,
    ) {
        if let Some(known) =
            self.loops.iter_mut().find(|known| known.address == to.code && known.depth == depth)
        {
            known.count += 1;
            known.kept += live_array_bytes() as u128;
            (known.last, known.from, known.to) = (event, from, to.position);
        } else if self.loops.len() < MOST
            && let Some(code) = sites::code_at(py, to.code)
        {
            let caller = caller.and_then(|step| Some((sites::code_at(py, step.code)?, step.position)));
            self.loops.push(Loop {
                code,
                address: to.code,
                depth,
                count: 1,
                kept: live_array_bytes() as u128,
                first: event,
                last: event,
                from,
                to: to.position,
                caller,
            });
        }
    }

    fn clock(&self) -> Option<&Loop> {
        let candidates = || self.loops.iter().filter(|known| known.count >= LEAST);
        let span = |known: &Loop| known.last - known.first;
        let longest = candidates().map(span).max()?;
        candidates()
            .filter(|known| span(known) * 2 >= longest)
            .min_by_key(|known| (known.depth, std::cmp::Reverse(span(known))))
    }

    /// How often the place that made most made the thing that it made least often.
    fn repeated(&self) -> u64 {
        let often = || self.kinds.iter().filter(|(_, count)| **count >= LEAST);
        let mut by_place: HashMap<u64, u64> = HashMap::new();
        for ((place, _), count) in often() {
            *by_place.entry(*place).or_insert(0) += count;
        }
        let most = by_place.iter().max_by_key(|(place, count)| (**count, **place)).map(|(place, _)| *place);
        often().filter(|((place, _), _)| Some(*place) == most).map(|(_, count)| *count).min().unwrap_or(0)
    }
}

/// Note from now on what is made, and in what order; or (False) no longer.
#[pyfunction]
pub(crate) fn watch_turns(on: bool) {
    let old = std::mem::take(&mut *notes());
    drop(old); // it holds codes
    TOLD.store(0, Relaxed);
    COUNTED.store(0, Relaxed);
    FIRST_THREAD.store(thread_number(), Relaxed);
    WATCHED.store(on, Relaxed);
}

/// An object of a type was made: the number of the line, as `site`.
#[pyfunction]
pub(crate) fn site_of_new(py: Python<'_>, object: &Bound<'_, PyAny>) -> u32 {
    if are_watched() { made(py, object.get_type().as_ptr() as usize) } else { sites::here(py) }
}

/// The program says that a turn has ended.
#[pyfunction]
pub(crate) fn tell_turn() {
    if are_watched() {
        survey::turn(TOLD.fetch_add(1, Relaxed) + 1);
    }
}

/// Turns so far, and whether the program told them.
#[pyfunction]
pub(crate) fn turns() -> (u64, bool) {
    (notes().turns(), TOLD.load(Relaxed) > 0)
}

/// The code whose turns are counted, the instructions from which and to which it went back, and the call that led into it
/// with its place; None if no loop was found.
#[pyfunction]
pub(crate) fn turns_clock(py: Python<'_>) -> PyResult<Option<Bound<'_, PyTuple>>> {
    let notes = notes();
    let Some(clock) = notes.clock() else { return Ok(None) };
    let place = |position| match position {
        Position::Instruction(offset) => offset,
        Position::Line(_) => -1,
    };
    let caller = clock.caller.as_ref().map(|(code, position)| (code.clone_ref(py), place(*position)));
    let found = (clock.code.clone_ref(py), place(clock.from), place(clock.to), caller);
    Ok(Some(found.into_pyobject(py)?))
}

/// Bytes of large arrays when a turn begins, on average; None if no loop was found.
#[pyfunction]
pub(crate) fn kept_at_turns() -> Option<u64> {
    let notes = notes();
    let clock = notes.clock()?;
    u64::try_from(clock.kept / u128::from(clock.count.max(1))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(trail: &mut Trail, events: &[(u64, u64)]) {
        for key in events {
            *trail.kinds.entry(*key).or_insert(0) += 1;
        }
    }

    #[test]
    fn the_rarest_thing_of_the_busiest_place_counts() {
        let mut trail = Trail::default();
        for _ in 0..25 {
            kinds(&mut trail, &[(1, 10), (1, 11), (1, 11), (1, 11)]);
        }
        kinds(&mut trail, &[(1, 12), (2, 10)]);
        assert_eq!(trail.repeated(), 25);
    }

    #[test]
    fn nothing_repeated_is_no_turn() {
        assert_eq!(Trail::default().repeated(), 0);
        assert!(Trail::default().clock().is_none());
    }
}
