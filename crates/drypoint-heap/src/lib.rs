//! The object graph of a process and what it says about memory: who holds what, how much would be freed if it went, what
//! waits for the collector, what grew. Pure algorithms: nodes, edges and roots are numbers, and nothing here knows of
//! Python.
//!
//! | Question | Answer |
//! |---|---|
//! | how much would go with this object? | [`DominatorTree::retained`] |
//! | who alone keeps it alive? | [`DominatorTree::holder`], [`DominatorTree::holders`] |
//! | by which ways is it kept alive? | [`HolderIndex::chains`], [`shortest_chains`] |
//! | how much would go with all of these, or with this one reference? | [`retained_by`], [`retained_by_reference`] |
//! | what waits for the collector, in which cycles? | [`DominatorTree::unreachable_bytes`], [`Cycles`] |
//! | which types, places, holders keep most? | [`group_by_kind`], [`group_by_site`], [`group_by_holder`], [`group_by`] |
//! | what grew since the last snapshot? | [`changes`], [`Identities`] |
//!
//! All sizes are bytes. *Shallow* are an object's own bytes, *retained* those that would be freed if it went. A *root*
//! is alive without help from the graph. An object's *holder* is its immediate dominator; an *immediate* or direct
//! holder is anybody who refers to it.
//!
//! No algorithm recurses, and none that looks at the whole graph, of m edges and n nodes, takes more than O(m log n)
//! steps; what these need beside the graph can be asked before ([`retained_scratch`], [`holder_scratch`],
//! [`component_scratch`], [`cycle_scratch`]), so that a caller can reserve it.
//!
//! ```
//! use drypoint_heap::{
//!     DominatorTree, Everything, GraphBuilder, Holder, HolderIndex, Node, Reference, retained_by_reference,
//! };
//!
//! const MODULE: u32 = 1;
//! const DICT: u32 = 2;
//! const ARRAY: u32 = 3;
//! const FRAMES: u32 = 1;    // labels: the name of a global, a slot of a list, ...
//! const LAST: u32 = 2;
//!
//! // A module's dictionary holds a list of frames; its last frame has a second name.
//! let mut builder = GraphBuilder::new();
//! let module = builder.add_node(Node { shallow: 64, kind: MODULE, ..Node::default() })?;
//! let frames = builder.add_node(Node { shallow: 200, kind: DICT, ..Node::default() })?;
//! let first = builder.add_node(Node { shallow: 1_000, kind: ARRAY, ..Node::default() })?;
//! let last = builder.add_node(Node { shallow: 1_000, kind: ARRAY, ..Node::default() })?;
//! builder.add_root(module, 0)?;
//! builder.add_edge(module, frames, FRAMES)?;
//! builder.add_edge(module, last, LAST)?;
//! builder.add_edge(frames, first, 0)?;
//! builder.add_edge(frames, last, 0)?;
//! let graph = builder.finish()?;
//!
//! let tree = DominatorTree::new(&graph);
//! assert_eq!(tree.retained(module), 2_264);
//! assert_eq!(tree.retained(frames), 1_200);   // the last frame stays: it has another name
//! assert_eq!(tree.holder(last), Holder::Node(module));
//!
//! let index = HolderIndex::new(&graph, &Everything);
//! let chains = index.chains(last, 10);
//! assert_eq!(chains[0].nodes().collect::<Vec<_>>(), [module, last]);
//! assert_eq!(chains[1].nodes().collect::<Vec<_>>(), [module, frames, last]);
//!
//! let last_name = graph.edges(module).find(|edge| edge.label == LAST).unwrap();
//! assert_eq!(retained_by_reference(&graph, &tree, Reference::Edge(last_name.index)), 0);
//! # Ok::<(), drypoint_heap::GraphError>(())
//! ```
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
mod search;
mod semidominators;
mod view;

pub use builder::{GraphBuilder, GraphError};
pub use chains::Chain;
pub use changes::{Change, changes, group_by_kind_and_label, group_by_kind_and_site, holder_labels};
pub use components::{Components, component_scratch};
pub use cycles::{Cycle, Cycles, cycle_scratch};
pub use dominators::{DominatorTree, Holder, retained_scratch};
pub use graph::{Edge, Graph, MAX_NODES, Node, NodeId, Root, UNKNOWN};
pub use groups::{Group, group_by, group_by_holder, group_by_kind, group_by_site};
pub use holders::{HolderIndex, holder_scratch};
pub use identities::{Fate, Identities};
pub use retained::{Freed, Reference, retained_by, retained_by_reference};
pub use search::shortest_chains;
pub use view::{Everything, View};
