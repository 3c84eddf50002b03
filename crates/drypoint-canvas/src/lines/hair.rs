//! Aliased lines vertex by vertex: the pen for steps, whose corners no batch holds. What it visits is what
//! [`LineWorker`](super::worker::LineWorker) does.

use super::path::Pen;
use super::runs::{Runs, runs_suit, suits_runs};
use super::sink::{SegmentData, Sink};
use super::stepping::{Frame, Spot};
use super::track::Knots;
use crate::fold::Accumulator;
use crate::mapping::GridMap;
use crate::options::Options;
use crate::raw::SIDES;
use crate::{Reduction, Result};

/// Draws lines one pixel wide into the cells of one thread.
pub(super) struct HairPen {
    frame: Frame,
    sink: Sink,
    runs: Option<Runs>,
}

impl Pen for HairPen {
    type Recipe = ();

    const OWN_BYTES: usize = Sink::OWN_BYTES;

    fn folded(_: &(), reduction: &Reduction) -> Result<Reduction> {
        Ok(reduction.clone())
    }

    fn spare_bytes(grid: &GridMap, reduction: &Reduction, _layers: usize) -> usize {
        if runs_suit(reduction) { Runs::bytes(grid.width, grid.height) } else { 0 }
    }

    fn new(_: &(), frame: &Frame, spare: bool, sink: Sink, options: &Options) -> Result<Self> {
        let runs =
            spare.then(|| Runs::new(frame.grid.width, frame.grid.height, &options.consumer)).transpose()?;
        Ok(Self { frame: *frame, sink, runs })
    }

    fn draw(&mut self, knots: &Knots<'_>) {
        let Self { frame, sink, runs } = self;
        let data = SegmentData::of(knots);
        let grid = &frame.grid;
        if let Some(runs) = runs
            && !runs.has_room(knots.x.len().saturating_mul(grid.width.min(grid.height) + 1))
        {
            sink.drain(runs, 0);
        }
        let segments = knots.segments();
        let mut to = frame.spot(knots.x[segments.start], knots.y[segments.start]);
        for segment in segments {
            let from = to;
            to = frame.spot(knots.x[segment + 1], knots.y[segment + 1]);
            let start = segment == 0 || knots.is_missing(segment - 1);
            if from.is_missing() || to.is_missing() {
                continue;
            }
            if let Some(runs) = runs
                && !start
                && (from.code | to.code) & SIDES == 0
                && suits_runs(from.column.abs_diff(to.column), from.line.abs_diff(to.line))
            {
                if data.values.is_none_or(|values| !values[segment].is_nan()) {
                    frame.runs(&from, &to, |column, first, last| runs.add(column, first, last));
                }
                continue;
            }
            frame.visit(&from, &to, start, |pixel| sink.push(pixel, segment as u32, &data));
        }
        sink.flush(&data);
    }

    fn sink(&mut self) -> &mut Sink {
        &mut self.sink
    }

    fn into_parts(mut self) -> (Accumulator, Vec<u32>) {
        if let Some(runs) = &mut self.runs {
            self.sink.drain(runs, 0);
        }
        self.sink.into_parts()
    }
}

impl Frame {
    /// Where a vertex at a position is.
    fn spot(&self, x: f64, y: f64) -> Spot {
        let (across, up) = self.sides();
        let sides = u32::from(x < across.low)
            | u32::from(x > across.high) << 1
            | u32::from(y < up.low) << 2
            | u32::from(y > up.high) << 3;
        let missing = u32::from(x.is_nan() | y.is_nan()) << 4;
        let (column, line) = (self.grid.x.pixel_at(x) as u32, self.grid.y.pixel_at(y) as u32);
        Spot { x, y, column, line, code: sides | missing }
    }
}
