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
use std::time::Instant;

use drypoint_memory::live_array_bytes;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::raw::{Position, thread_number};
use crate::sites::{self, Step};
use crate::survey;

/// So often something has to come again to be called a loop.
const LEAST: u64 = 4;
/// What did not come for so many halves of its own intervals has ended.
const WAITED: u32 = 3;
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
    /// How often `mark` was called, and the turns that the program had told each time.
    marks: usize,
    told_marks: Vec<u64>,
    /// At this event the turns are counted, to see whether it is time for a survey.
    count_at: u64,
}

/// What was made.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Made {
    /// An array of so many bytes.
    Array(usize),
    /// An object of the type at this address.
    Object(usize),
}

/// What one thread, or all but that one together, made.
#[derive(Default)]
struct Trail {
    /// Outermost first.
    last: Vec<Step>,
    loops: Vec<Loop>,
    /// How often a kind of thing was made at a place, first and last.
    kinds: HashMap<(u64, Made), Often>,
}

#[derive(Clone)]
struct Often {
    count: u64,
    /// Of one, if it is an array.
    bytes: usize,
    /// What the count was at each mark.
    marks: Vec<u64>,
    first: Instant,
    last: Instant,
}

impl Often {
    fn new(kind: Made, now: Instant) -> Self {
        let bytes = if let Made::Array(bytes) = kind { bytes } else { 0 };
        Self { count: 0, bytes, marks: Vec::new(), first: now, last: now }
    }
}

/// A code that began anew.
struct Loop {
    code: Py<PyAny>,
    address: usize,
    depth: usize,
    count: u64,
    /// What the count was at each mark.
    marks: Vec<u64>,
    first: Instant,
    last: Instant,
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
pub(crate) fn made(py: Python<'_>, kind: Made) -> u32 {
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
    fn note(&mut self, py: Python<'_>, path: &[Step], kind: Made) {
        self.events += 1;
        let trail =
            if thread_number() == FIRST_THREAD.load(Relaxed) { &mut self.first } else { &mut self.others };
        trail.note(py, path, kind, Instant::now());
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
                None => self.repeated().map_or(0, |often| often.count),
            },
            told => told,
        }
    }

    fn repeated(&self) -> Option<&Often> {
        [&self.first, &self.others].into_iter().filter_map(Trail::repeated).max_by_key(|often| often.count)
    }

    /// Note the counts of everything that may turn out to be the clock.
    fn mark(&mut self) {
        let place = self.marks;
        self.marks += 1;
        for trail in [&mut self.first, &mut self.others] {
            let loops = trail.loops.iter_mut().map(|known| (&mut known.marks, known.count));
            let kinds = trail.kinds.values_mut().map(|often| (&mut often.marks, often.count));
            for (marks, count) in loops.chain(kinds) {
                marks.resize(place, 0); // it was not there at the marks before
                marks.push(count);
            }
        }
        self.told_marks.push(TOLD.load(Relaxed));
    }

    /// Turns at each mark, by what is the clock now.
    fn marked(&self) -> Vec<u64> {
        if TOLD.load(Relaxed) > 0 {
            return self.told_marks.clone();
        }
        let mut marks = match (self.clock(), self.repeated()) {
            (Some(clock), _) => clock.marks.clone(),
            (None, Some(often)) => often.marks.clone(),
            (None, None) => Vec::new(),
        };
        marks.resize(self.marks, 0);
        marks
    }
}

impl Trail {
    fn note(&mut self, py: Python<'_>, path: &[Step], kind: Made, now: Instant) {
        let mut hasher = DefaultHasher::new();
        path.hash(&mut hasher);
        let key = (hasher.finish(), kind);
        if self.kinds.len() < MOST || self.kinds.contains_key(&key) {
            let often = self.kinds.entry(key).or_insert(Often::new(kind, now));
            often.count += 1;
            often.last = now;
        }
        let depth = self.last.iter().zip(path).take_while(|(last, now)| last == now).count();
        if let (Some(from), Some(to)) = (self.last.get(depth), path.get(depth))
            && from.code == to.code
            && to.position < from.position
        {
            let (from, to) = (from.position, *to);
            let caller = depth.checked_sub(1).map(|above| path[above]);
            self.again(py, to, from, depth, caller, now);
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
        now: Instant,
    ) {
        if let Some(known) =
            self.loops.iter_mut().find(|known| known.address == to.code && known.depth == depth)
        {
            known.count += 1;
            known.kept += live_array_bytes() as u128;
            (known.last, known.from, known.to) = (now, from, to.position);
        } else if self.loops.len() < MOST
            && let Some(code) = sites::code_at(py, to.code)
        {
            let caller = caller.and_then(|step| Some((sites::code_at(py, step.code)?, step.position)));
            self.loops.push(Loop {
                code,
                address: to.code,
                depth,
                count: 1,
                marks: Vec::new(),
                kept: live_array_bytes() as u128,
                first: now,
                last: now,
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

    /// Of the things that come again to the end, one that came as often as others did, and seldom; or what is largest.
    fn repeated(&self) -> Option<&Often> {
        let end = self.kinds.values().map(|often| often.last).max()?;
        let span = |often: &Often| often.last - often.first;
        // What is made in one go before the loop may take longer than all of a short loop.
        let goes_on = |often: &Often| (end - often.last) * often.count as u32 * 2 <= span(often) * WAITED;
        let is_loop = |often: &&Often| often.count >= LEAST;
        let any = self.kinds.values().filter(is_loop).any(goes_on);
        let often = || self.kinds.values().filter(is_loop).filter(|often| !any || goes_on(often));
        let longest = often().map(span).max()?;
        let through = || often().filter(|one| span(one) * 4 >= longest * 3);
        let shared = |count: u64| through().filter(|other| other.count == count).count() > 1;
        let once = through().filter(|one| shared(one.count)).min_by_key(|one| one.count);
        once.or_else(|| through().max_by_key(|one| (one.bytes, std::cmp::Reverse(one.count))))
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
    if are_watched() { made(py, Made::Object(object.get_type().as_ptr() as usize)) } else { sites::here(py) }
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

/// Remember this moment for `turns_marked`.
#[pyfunction]
pub(crate) fn mark_turns() {
    notes().mark();
}

/// Turns at each moment that was remembered, all counted by the same clock.
#[pyfunction]
pub(crate) fn turns_marked() -> Vec<u64> {
    notes().marked()
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
    use std::time::Duration;

    use super::*;

    fn often(count: u64, from: u64, to: u64) -> Often {
        static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        let begin = *BEGIN;
        let (first, last) = (begin + Duration::from_secs(from), begin + Duration::from_secs(to));
        Often { count, bytes: 0, marks: Vec::new(), first, last }
    }

    #[test]
    fn what_comes_once_a_turn_counts() {
        let mut trail = Trail::default();
        for (kind, count) in [(10, 25), (11, 25), (12, 75), (13, 75), (14, 4), (15, 3)] {
            trail.kinds.insert((1, Made::Object(kind)), often(count, 10, 100));
        }
        trail.kinds.insert((2, Made::Object(16)), often(12, 0, 5)); // while it was set up
        assert_eq!(trail.repeated().map(|often| often.count), Some(25));
    }

    #[test]
    fn where_nothing_agrees_the_largest_counts() {
        let mut trail = Trail::default();
        trail.kinds.insert((1, Made::Object(10)), often(4, 10, 100));
        trail.kinds.insert((1, Made::Array(9)), Often { bytes: 9, ..often(33, 10, 100) });
        assert_eq!(trail.repeated().map(|often| often.count), Some(33));
    }

    #[test]
    fn nothing_repeated_is_no_turn() {
        assert!(Trail::default().repeated().is_none());
        assert!(Trail::default().clock().is_none());
    }

    #[test]
    fn marks_are_those_of_the_clock() {
        let mut notes = Notes::default();
        notes.mark();
        notes.first.kinds.insert((1, Made::Object(1)), often(4, 0, 9));
        notes.mark();
        for often in notes.first.kinds.values_mut() {
            often.count = 9;
        }
        notes.mark();
        assert_eq!(notes.marked(), [0, 4, 9]);
    }
}
