//! Meshes: triangles between vertices, quads of a grid that is not even, and the cells of a table of categories.
//!
//! What a mesh covers is visited pixel by pixel, each visit with a value; visits go through the block and the cells of
//! points, so that every reduction works here as it does there, and none of their code is new (decision 0031).

mod curvilinear;
mod enlarged;
mod heatmap;
mod quads;
mod triangle;
mod trimesh;
mod vertices;
mod visits;

pub use heatmap::{CategoryOrder, HeatAxis, HeatmapFold};
pub use quads::{GridOfQuads, quadmesh};
pub use trimesh::TrimeshFold;
pub use vertices::MeshVertices;
