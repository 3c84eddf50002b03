//! Where batches meet, for pens that look at the vertices around a segment: one before it, one after it. What of a line lies
//! in one run of rows is drawn but for its first and last segment; three vertices at each end are kept until their
//! neighbours are known, so that a joint looks the same wherever the batches end.

use super::path::{Joiner, Pen};
use super::seam::Part;
use crate::Result;

/// A vertex with all that drawing takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Knot {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) base: f64,
    /// X in data units, of a row.
    pub(super) data_x: f64,
    pub(super) value: f64,
    /// Of a second column.
    pub(super) lookup: f64,
    /// The directory's number, or `NOWHERE` if missing.
    pub(super) category: u32,
    /// Of its row.
    pub(super) key: u64,
}

/// Vertices that are kept at each end.
const KEPT: usize = 3;

/// The first and last vertices of one line in a run of rows; all segments but the first and the last are drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    head: [Knot; KEPT],
    tail: [Knot; KEPT],
    /// How many vertices there are.
    len: u64,
}

impl Open {
    /// Of the vertices of a line: the first and the last up to three, and how many there are, one at least.
    pub(super) fn new(len: u64, knot: impl Fn(u64) -> Knot) -> Self {
        let last = len - 1;
        let head = std::array::from_fn(|at| knot((at as u64).min(last)));
        // The last one stands last; before the first one it is repeated, and not looked at.
        let tail = std::array::from_fn(|at| knot(last.saturating_sub((KEPT - 1 - at) as u64)));
        Self { head, tail, len }
    }

    fn kept(&self) -> usize {
        self.len.min(KEPT as u64) as usize
    }

    fn heads(&self) -> &[Knot] {
        &self.head[..self.kept()]
    }

    fn tails(&self) -> &[Knot] {
        &self.tail[KEPT - self.kept()..]
    }

    /// Both, and the segments drawn whose neighbours are known now.
    fn append<P: Pen>(self, next: Self, draw: &mut Joiner<'_, P>) -> Result<Self> {
        let mut around: Vec<Knot> = Vec::with_capacity(2 * KEPT);
        around.extend_from_slice(self.tails());
        around.extend_from_slice(next.heads());
        // The first vertex of `around`, counted from the first of both.
        let first = self.len - self.kept() as u64;
        let len = self.len + next.len;
        // A segment is drawn once a vertex before it and one after it are known.
        for segment in self.len.saturating_sub(2).max(1)..=self.len.min(len.saturating_sub(3)) {
            let at = (segment - first) as usize;
            draw.draw(&around[at - 1..at + 3], true, true)?;
        }
        let mut head = self.head;
        for (at, knot) in next.heads().iter().enumerate() {
            if let Some(free) = head.get_mut(self.kept() + at) {
                *free = *knot;
            }
        }
        let mut tail = next.tail;
        for (at, knot) in self.tails().iter().rev().enumerate() {
            if let Some(free) = KEPT.checked_sub(next.kept() + at + 1) {
                tail[free] = *knot;
            }
        }
        Ok(Self { head, tail, len })
    }
}

impl<P: Pen> Part<Joiner<'_, P>> for Open {
    fn join(self, next: Self, draw: &mut Joiner<'_, P>) -> Result<Self> {
        let (from, to) = (self.tail[KEPT - 1], next.head[0]);
        let corners = draw.corners(&from, &to);
        let joined = match corners.len() as u64 {
            0 => self,
            len => self.append(Open::new(len, |at| corners[at as usize]), draw)?,
        };
        joined.append(next, draw)
    }

    fn finish(&self, draw: &mut Joiner<'_, P>) -> Result<()> {
        if self.len < 2 {
            return Ok(());
        }
        draw.draw(self.heads(), false, self.len > 2)?;
        if self.len > 2 {
            draw.draw(self.tails(), true, false)?;
        }
        Ok(())
    }
}
