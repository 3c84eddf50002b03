//! Points folded by a reduction into an aggregate.

mod aggregate;
mod canvas;
mod reduction;

pub use aggregate::{Aggregate, Cells, Planes};
pub use canvas::{Axis, AxisKind, Canvas, Scale};
pub use reduction::Reduction;
