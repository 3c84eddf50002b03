//! The object graph of a process, and what it says about memory: pure algorithms that know nothing of Python.
#![forbid(unsafe_code)]

mod bits;
mod builder;
mod chains;
mod changes;
mod components;
mod cycles;
mod dominators;
mod forest;
mod graph;
mod groups;
mod hash;
mod holders;
mod identities;
mod retained;
mod semidominators;
mod view;

pub use builder::{GraphBuilder, GraphError};
pub use chains::Chain;
pub use changes::{Change, changes, group_by_kind_and_label, group_by_kind_and_site, holder_labels};
pub use components::{Components, component_scratch};
pub use cycles::{Cycle, Cycles};
pub use dominators::{DominatorTree, Holder, retained_scratch};
pub use graph::{Edge, Graph, MAX_NODES, Node, NodeId, Root, UNKNOWN};
pub use groups::{Group, group_by, group_by_holder, group_by_kind, group_by_site};
pub use holders::{HolderIndex, holder_scratch};
pub use identities::{Fate, Identities};
pub use retained::{Freed, Reference, retained_by, retained_by_reference};
pub use view::{Everything, View};
