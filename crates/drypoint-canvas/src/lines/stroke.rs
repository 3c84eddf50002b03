//! Antialiased lines of any width: the pen that knows what a pixel folds of them, as Datashader defines it (decision 0029).

use super::path::Pen;
use super::sink::Sink;
use super::stepping::Frame;
use super::track::Knots;
use crate::fold::Accumulator;
use crate::mapping::GridMap;
use crate::options::Options;
use crate::raw::{Isa, Nib, Vertices, stroke_greatest, stroke_means, stroke_sums};
use crate::{CanvasError, Reduction, Result};

/// What makes a stroke.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct StrokeRecipe {
    /// In pixels, above 0.
    pub(super) width: f64,
    /// Whether a pixel that a line passes more than once counts more than once.
    pub(super) self_intersect: bool,
    /// Whether coverage is multiplied by values; otherwise those are only asked whether they are there.
    pub(super) weighed: bool,
}

/// Draws strokes into the cells of one thread.
pub(super) struct StrokePen {
    nib: Nib,
    weighed: bool,
    frame: Frame,
    isa: Isa,
    sink: Sink,
}

impl Pen for StrokePen {
    type Recipe = StrokeRecipe;

    const OWN_BYTES: usize = Sink::OWN_BYTES;

    /// Sums of coverage, or its greatest. Of one line Datashader keeps the greatest of value times coverage for each of
    /// `min`, `max`, `first` and `last`.
    fn folded(recipe: &StrokeRecipe, reduction: &Reduction) -> Result<Reduction> {
        let column = || reduction.value_column().unwrap_or_default().to_owned();
        Ok(match reduction {
            Reduction::By(category, inner) => {
                Reduction::By(category.clone(), Box::new(Self::folded(recipe, inner)?))
            }
            Reduction::Count(_) | Reduction::Sum(_) if recipe.self_intersect => Reduction::Sum(column()),
            Reduction::Mean(_) => Reduction::Mean(column()),
            Reduction::Count(_)
            | Reduction::Any(_)
            | Reduction::Sum(_)
            | Reduction::Min(_)
            | Reduction::Max(_)
            | Reduction::First(_)
            | Reduction::Last(_) => Reduction::Max(column()),
            _ => return Err(CanvasError::NotStroked { reduction: Box::new(reduction.clone()) }),
        })
    }

    fn spare_bytes(_grid: &GridMap, _reduction: &Reduction, _layers: usize) -> usize {
        0
    }

    fn new(recipe: &StrokeRecipe, frame: &Frame, _: bool, sink: Sink, _: &Options) -> Result<Self> {
        let nib = Nib::new(recipe.width);
        Ok(Self { nib, weighed: recipe.weighed, frame: *frame, isa: Isa::detect(), sink })
    }

    fn draw(&mut self, knots: &Knots<'_>) {
        let Self { nib, weighed, frame, isa, sink } = self;
        let vertices = Vertices {
            x: knots.x,
            y: knots.y,
            weights: knots.values,
            weighed: *weighed,
            codes: knots.codes,
            comes: knots.comes,
            goes: knots.goes,
        };
        let sides = frame.sides();
        let sides = (&sides.0, &sides.1);
        let cut = |ends: [f64; 4]| frame.cut(ends).map(|part| (part.ends, part.clipped_start));
        match &mut sink.accumulator {
            Accumulator::Sum(cells) => {
                let mut planes: Vec<&mut [f64]> = cells.planes.iter_mut().map(|plane| &mut **plane).collect();
                stroke_sums(*isa, &vertices, sides, nib, &cut, &mut planes);
            }
            Accumulator::Max(cells) => {
                let mut planes: Vec<&mut [f64]> = cells.planes.iter_mut().map(|plane| &mut **plane).collect();
                stroke_greatest(*isa, &vertices, sides, nib, &cut, &mut planes);
            }
            Accumulator::Mean(cells, counters) => {
                let mut planes: Vec<&mut [f64]> = cells.planes.iter_mut().map(|plane| &mut **plane).collect();
                let mut touched = |plane, cell| counters.put(plane, cell, 1);
                stroke_means(*isa, &vertices, sides, nib, &cut, &mut planes, &mut touched);
            }
            _ => unreachable!("what strokes fold is a sum, a mean or the greatest"),
        }
    }

    fn sink(&mut self) -> &mut Sink {
        &mut self.sink
    }

    fn into_parts(self) -> (Accumulator, Vec<u32>) {
        self.sink.into_parts()
    }
}
