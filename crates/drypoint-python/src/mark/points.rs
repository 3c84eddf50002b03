//! A point for each row.

use drypoint_canvas::{Canvas, Options, Plan, PointsFold, Reduction, Result};
use drypoint_stream::Source;

use super::{MarkFold, Marked, mark_fold};

#[derive(Debug)]
pub(super) struct Points {
    pub(super) x: String,
    pub(super) y: String,
}

impl Marked for Points {
    fn along(&self) -> [Vec<&str>; 2] {
        [vec![&self.x], vec![&self.y]]
    }

    fn counted(&self) -> &'static str {
        "points"
    }

    fn as_points(&self) -> Option<(&str, &str)> {
        Some((&self.x, &self.y))
    }

    fn plan(
        &self,
        source: &dyn Source,
        canvas: &Canvas,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Plan> {
        Plan::for_points(source, canvas, &self.x, &self.y, reduction, options)
    }

    fn fold(&self, canvas: &Canvas, reduction: &Reduction, options: &Options) -> Result<Box<dyn MarkFold>> {
        Ok(Box::new(PointsFold::new(canvas, &self.x, &self.y, reduction, options)?))
    }
}

mark_fold!(PointsFold);
