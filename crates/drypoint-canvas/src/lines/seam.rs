//! Where batches meet: what of a line lies in one run of rows is drawn by the thread that read it, and its two ends are
//! noted here. Neighbouring runs between which nothing can come any more are joined at once and forgotten, so that the
//! notes do not grow with the number of batches; the rest is joined at the end of the source.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use drypoint_memory::{MemoryConsumer, MemoryReservation};
use drypoint_stream::StreamError;

use super::groups::GroupKey;
use super::stepping::Spot;
use crate::Result;

/// A vertex with all that drawing the segment after it takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vertex {
    pub(super) spot: Spot,
    /// NaN if missing; `None` if the reduction looks at none.
    pub(super) value: Option<f64>,
    /// The same of the second column.
    pub(super) lookup: Option<f64>,
    /// The directory's number, or `NOWHERE` if missing.
    pub(super) category: u32,
    /// Of its row, for the folds that depend on order.
    pub(super) key: u64,
}

/// The two ends of one line in a run of rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub(super) head: Vertex,
    /// The pixel to visit, with the head's value, if nothing comes before the head.
    pub(super) pending: Option<u32>,
    pub(super) tail: Vertex,
    /// Whether a vertex with a position stands before the tail; not known of a single vertex.
    pub(super) tail_follows: bool,
    /// Whether head and tail are the same.
    pub(super) single: bool,
}

/// What is noted of one line in a run of rows, and joined to what is noted of it in the next run by `D`.
pub(super) trait Part<D>: Sized {
    /// This part and the one that comes next, drawn together.
    fn join(self, next: Self, draw: &mut D) -> Result<Self>;
    /// Draw what waits for something before or after that never came.
    fn finish(&self, draw: &mut D) -> Result<()>;
}

/// Draws what joins two runs of rows.
pub(super) trait Draw {
    /// A pixel with a vertex's value.
    fn visit(&mut self, pixel: u32, vertex: &Vertex) -> Result<()>;
    /// A segment; returns what [`Frame::visit`](super::stepping::Frame::visit) does.
    fn segment(&mut self, from: &Vertex, to: &Vertex, start: bool) -> Result<Option<u32>>;
}

impl<D: Draw> Part<D> for Ends {
    fn join(self, next: Ends, draw: &mut D) -> Result<Ends> {
        let (left, right) = (self.tail.spot.is_missing(), next.head.spot.is_missing());
        let mut pending = self.pending;
        if left {
            if let Some(pixel) = next.pending {
                draw.visit(pixel, &next.head)?;
            }
        } else if !right {
            let found = draw.segment(&self.tail, &next.head, !self.single && !self.tail_follows)?;
            if self.single {
                pending = found;
            }
        }
        let tail_follows = if next.single { !left } else { next.tail_follows };
        Ok(Ends { head: self.head, pending, tail: next.tail, tail_follows, single: false })
    }

    fn finish(&self, draw: &mut D) -> Result<()> {
        match self.pending {
            Some(pixel) => draw.visit(pixel, &self.head),
            None => Ok(()),
        }
    }
}

/// The ends of all lines in a run of rows.
#[derive(Debug)]
pub(super) struct Stretch<E> {
    lines: HashMap<GroupKey, E>,
}

impl<E> Default for Stretch<E> {
    fn default() -> Self {
        Self { lines: HashMap::new() }
    }
}

impl<E: Copy> Stretch<E> {
    /// Note a line that is not noted yet.
    pub(super) fn note(&mut self, group: GroupKey, ends: E) {
        self.lines.insert(group, ends);
    }

    /// Append the rows that come next.
    fn join<D>(&mut self, next: Self, draw: &mut D) -> Result<()>
    where
        E: Part<D>,
    {
        for (group, ends) in next.lines {
            match self.lines.get_mut(&group) {
                Some(known) => *known = known.join(ends, draw)?,
                None => {
                    self.lines.insert(group, ends);
                }
            }
        }
        Ok(())
    }

    /// Bytes on the heap, about.
    fn bytes(&self) -> usize {
        // One control byte for each slot; names of groups are short beside the rest.
        self.lines.capacity() * (size_of::<(GroupKey, E)>() + 1)
            + self.lines.keys().take(1).map(GroupKey::heap_bytes).sum::<usize>() * self.lines.len()
    }
}

/// A stretch and the key past its last row; the key of its first row is where it stands.
type Noted<E> = (u64, Stretch<E>);

struct State<E> {
    /// What came before this source.
    before: Stretch<E>,
    noted: BTreeMap<u64, Noted<E>>,
    /// For each reader of this source, the key of its latest batch: keys of a reader grow.
    latest: Vec<Option<u64>>,
    reserved: Option<MemoryReservation>,
}

impl<E> Default for State<E> {
    fn default() -> Self {
        Self { before: Stretch::default(), noted: BTreeMap::new(), latest: Vec::new(), reserved: None }
    }
}

/// All notes of a fold.
pub(super) struct Seams<E> {
    consumer: MemoryConsumer,
    state: Mutex<State<E>>,
}

impl<E: Copy> Seams<E> {
    pub(super) fn new(consumer: &MemoryConsumer) -> Self {
        Self { consumer: consumer.clone(), state: Mutex::default() }
    }

    /// To be called before each source.
    pub(super) fn begin_source(&self, readers: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.latest.clear();
        state.latest.resize(readers, None);
    }

    /// Note the rows from key `start` to before `end`, read by `reader`; what can be joined is drawn.
    pub(super) fn note<D>(
        &self,
        reader: usize,
        (start, end): (u64, u64),
        stretch: Stretch<E>,
        draw: &mut D,
    ) -> Result<()>
    where
        E: Part<D>,
    {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { noted, latest, .. } = &mut *state;
        if noted.range(..end).next_back().is_some_and(|(_, (known_end, _))| *known_end > start) {
            return Err(StreamError::Mismatch {
                name: "batch".into(),
                what: format!("the keys of its rows, {start} to {end}, are not above those before"),
            }
            .into());
        }
        noted.insert(start, (end, stretch));
        latest[reader] = Some(start);
        // Rows without a gap between them.
        if let Some((&before, _)) = noted.range(..start).next_back().filter(|(_, (end, _))| *end == start) {
            join(noted, before, start, draw)?;
        }
        let first = noted.range(..=start).next_back().map_or(start, |(first, _)| *first);
        if noted.contains_key(&end) {
            join(noted, first, end, draw)?;
        }
        // All up to the least of the latest keys is noted: nothing will come in between.
        if let Some(known) = latest.iter().copied().min().flatten() {
            while let Some((first, second)) = two(noted).filter(|(_, second)| *second <= known) {
                join(noted, first, second, draw)?;
            }
        }
        state.account(&self.consumer)
    }

    /// Join all that is left of a source that has ended to what came before it.
    pub(super) fn end_source<D>(&self, draw: &mut D) -> Result<()>
    where
        E: Part<D>,
    {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = std::mem::take(&mut state.noted);
        for (_, (_, stretch)) in noted {
            state.before.join(stretch, draw)?;
        }
        state.account(&self.consumer)
    }

    /// Draw what waits at both ends of each line: nothing comes before or after.
    pub(super) fn finish<D>(&self, draw: &mut D) -> Result<()>
    where
        E: Part<D>,
    {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { before, reserved, .. } = std::mem::take(&mut *state);
        for ends in before.lines.values() {
            ends.finish(draw)?;
        }
        drop((before, reserved));
        Ok(())
    }
}

impl<E: Copy> State<E> {
    /// Reserve what the notes take, in steps.
    fn account(&mut self, consumer: &MemoryConsumer) -> Result<()> {
        const STEP: usize = 1 << 18;
        let bytes =
            self.before.bytes() + self.noted.values().map(|(_, stretch)| stretch.bytes()).sum::<usize>();
        if bytes < STEP / 4 && self.reserved.is_none() {
            return Ok(());
        }
        let wanted = bytes.next_multiple_of(STEP);
        let reserved = match &mut self.reserved {
            Some(reserved) => reserved,
            none => none.insert(consumer.try_reserve(0)?),
        };
        if wanted > reserved.bytes() {
            reserved.try_grow(wanted - reserved.bytes())?;
        } else {
            reserved.shrink(reserved.bytes() - wanted);
        }
        Ok(())
    }
}

/// The keys of the first two stretches.
fn two<E>(noted: &BTreeMap<u64, Noted<E>>) -> Option<(u64, u64)> {
    let mut keys = noted.keys();
    Some((*keys.next()?, *keys.next()?))
}

/// Append the stretch at `second` to that at `first`.
fn join<E: Copy + Part<D>, D>(
    noted: &mut BTreeMap<u64, Noted<E>>,
    first: u64,
    second: u64,
    draw: &mut D,
) -> Result<()> {
    if let Some((end, stretch)) = noted.remove(&second)
        && let Some((first_end, known)) = noted.get_mut(&first)
    {
        known.join(stretch, draw)?;
        *first_end = end;
    }
    Ok(())
}
