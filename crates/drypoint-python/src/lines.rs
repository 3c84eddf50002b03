//! What a job draws of its rows: points, or lines; and a fold of either.

use drypoint_canvas::{
    Aggregate, Canvas, LineColumns, LinesFold, Options, Plan, PointsFold, Reduction, Result, lines, points,
};
use drypoint_stream::Source;

/// What becomes of the rows.
#[derive(Debug, Clone)]
pub(crate) enum Mark {
    Points,
    /// Joined in their order, those of one value of a column apart.
    Lines {
        group: Option<String>,
    },
}

impl Mark {
    /// Points need no group; lines may have one.
    pub(crate) fn new(name: &str, group: Option<String>) -> Self {
        if name == "line" { Mark::Lines { group } } else { Mark::Points }
    }

    /// The columns that it reads besides x, y and those of the reduction.
    pub(crate) fn column(&self) -> Option<&str> {
        match self {
            Mark::Points => None,
            Mark::Lines { group } => group.as_deref(),
        }
    }

    /// Whether a canvas can grow with it: lines that were drawn cannot be drawn again more coarsely.
    pub(crate) fn grows(&self) -> bool {
        matches!(self, Mark::Points)
    }

    /// Whether tiles can be folded into with it.
    pub(crate) fn is_tiled(&self) -> bool {
        matches!(self, Mark::Points)
    }

    fn columns(group: &Option<String>, (x, y): (&str, &str)) -> LineColumns {
        LineColumns { x: x.into(), y: y.into(), group: group.clone() }
    }

    /// Plan and draw a source that can be read again.
    pub(crate) fn draw(
        &self,
        canvas: &Canvas,
        source: &dyn Source,
        names: (&str, &str),
        reduction: &Reduction,
        options: &Options,
    ) -> Result<(Aggregate, usize)> {
        let threads = self.plan(source, canvas, names, reduction, options)?.threads;
        let aggregate = match self {
            Mark::Points => points(canvas, source, names.0, names.1, reduction, options)?,
            Mark::Lines { group } => lines(canvas, source, &Self::columns(group, names), reduction, options)?,
        };
        Ok((aggregate, threads))
    }

    /// The plan of drawing a source.
    pub(crate) fn plan(
        &self,
        source: &dyn Source,
        canvas: &Canvas,
        names: (&str, &str),
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Plan> {
        match self {
            Mark::Points => Plan::for_points(source, canvas, names.0, names.1, reduction, options),
            Mark::Lines { group } => {
                Plan::for_lines(source, canvas, &Self::columns(group, names), reduction, options)
            }
        }
    }

    /// A fold of the parts of a stream.
    pub(crate) fn fold(
        &self,
        canvas: &Canvas,
        names: (&str, &str),
        reduction: &Reduction,
        options: &Options,
    ) -> Result<MarkFold> {
        Ok(match self {
            Mark::Points => MarkFold::Points(PointsFold::new(canvas, names.0, names.1, reduction, options)?),
            Mark::Lines { group } => {
                MarkFold::Lines(LinesFold::new(canvas, &Self::columns(group, names), reduction, options)?)
            }
        })
    }
}

/// A fold of many sources.
pub(crate) enum MarkFold {
    Points(PointsFold),
    Lines(LinesFold),
}

impl MarkFold {
    pub(crate) fn consume(&mut self, part: &dyn Source) -> Result<()> {
        match self {
            MarkFold::Points(fold) => fold.consume(part),
            MarkFold::Lines(fold) => fold.consume(part),
        }
    }

    pub(crate) fn threads(&self) -> usize {
        match self {
            MarkFold::Points(fold) => fold.threads(),
            MarkFold::Lines(fold) => fold.threads(),
        }
    }

    pub(crate) fn finish(self) -> Result<Aggregate> {
        match self {
            MarkFold::Points(fold) => fold.finish(),
            MarkFold::Lines(fold) => fold.finish(),
        }
    }
}
