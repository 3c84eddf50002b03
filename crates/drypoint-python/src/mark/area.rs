//! What lies between a line and its base; several columns stand on one another.

use drypoint_canvas::{
    AreaBase, AreaColumns, AreasFold, Canvas, Options, Plan, Reduction, Result, Scale, stack_extent,
};
use drypoint_stream::{Extent, Source};
use pyo3::prelude::*;

use super::line::step_of;
use super::{MarkFold, Marked, column_extents, mark_fold};

#[derive(Debug)]
pub(super) struct Area(AreaColumns);

/// A height, or the column that has it.
#[derive(FromPyObject)]
pub(super) enum Base {
    Constant(f64),
    Column(String),
}

impl Area {
    pub(super) fn new(
        x: String,
        y: Vec<String>,
        base: Base,
        group: Option<String>,
        step: Option<&str>,
    ) -> Self {
        let base = match base {
            Base::Constant(height) => AreaBase::Constant(height),
            Base::Column(name) => AreaBase::Column(name),
        };
        Self(AreaColumns { x, y, base, group, step: step.map(step_of) })
    }
}

impl Marked for Area {
    fn along(&self) -> [Vec<&str>; 2] {
        let mut heights: Vec<&str> = self.0.y.iter().map(String::as_str).collect();
        if let AreaBase::Column(base) = &self.0.base {
            heights.push(base);
        }
        [vec![&self.0.x], heights]
    }

    fn others(&self) -> Vec<&str> {
        self.0.group.as_deref().into_iter().collect()
    }

    fn counted(&self) -> &'static str {
        "areas"
    }

    fn layers(&self) -> &[String] {
        if self.0.y.len() > 1 { &self.0.y } else { &[] }
    }

    fn shown(&self, place: usize) -> Option<f64> {
        match self.0.base {
            AreaBase::Constant(height) if place == 1 => Some(height),
            _ => None,
        }
    }

    fn extents(
        &self,
        source: &dyn Source,
        wanted: &[(usize, Scale)],
        options: &Options,
    ) -> Result<Vec<Option<Extent>>> {
        if self.layers().is_empty() {
            return column_extents(self.along(), source, wanted, options);
        }
        let extent = |(place, scale): &(usize, Scale)| match place {
            0 => Ok(column_extents(self.along(), source, &[(0, *scale)], options)?.pop().flatten()),
            _ => stack_extent(source, &self.0, *scale, options),
        };
        wanted.iter().map(extent).collect()
    }

    fn plan(
        &self,
        source: &dyn Source,
        canvas: &Canvas,
        reduction: &Reduction,
        options: &Options,
    ) -> Result<Plan> {
        Plan::for_areas(source, canvas, &self.0, reduction, options)
    }

    fn fold(&self, canvas: &Canvas, reduction: &Reduction, options: &Options) -> Result<Box<dyn MarkFold>> {
        Ok(Box::new(AreasFold::new(canvas, &self.0, reduction, options)?))
    }
}

mark_fold!(AreasFold);
