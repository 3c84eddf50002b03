//! Rows joined in their order, those of one value of a column apart.

use drypoint_canvas::{Canvas, LineColumns, LinesFold, Options, Plan, Reduction, Result};
use drypoint_stream::Source;

use super::{MarkFold, Marked, mark_fold};

#[derive(Debug)]
pub(super) struct Line(LineColumns);

impl Line {
    pub(super) fn new(x: String, y: String, group: Option<String>) -> Self {
        Self(LineColumns { x, y, group })
    }
}

impl Marked for Line {
    fn along(&self) -> [Vec<&str>; 2] {
        [vec![&self.0.x], vec![&self.0.y]]
    }

    fn others(&self) -> Vec<&str> {
        self.0.group.as_deref().into_iter().collect()
    }

    fn counted(&self) -> &'static str {
        "passes"
    }

    fn plan(
        &self,
        source: &dyn Source,
        canvas: &Canvas,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Plan> {
        Plan::for_lines(source, canvas, &self.0, reduction, options)
    }

    fn fold(&self, canvas: &Canvas, reduction: &Reduction, options: &Options) -> Result<Box<dyn MarkFold>> {
        Ok(Box::new(LinesFold::new(canvas, &self.0, reduction, options)?))
    }
}

mark_fold!(LinesFold);
