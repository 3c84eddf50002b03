//! One pass, no sorting: a walker that visits objects in the order in which it numbered them delivers each row of the
//! graph whole and in order, so its list of numbered objects is its queue, and a row can be written where it stays.

use std::collections::BTreeMap;
use std::fmt;

use crate::graph::{Graph, LARGE, MAX_NODES, Node, NodeId, Root, UNKNOWN};

/// Why a graph cannot be built. The builder is as it was before the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphError {
    /// More than [`MAX_NODES`] nodes.
    TooManyNodes,
    /// More than 2^32 - 2 edges.
    TooManyEdges,
    /// An edge of `source` after one of `last`, which has a higher number.
    SourceOutOfOrder {
        /// The source of the refused edge.
        source: NodeId,
        /// The source of the edge before it.
        last: NodeId,
    },
    /// A node, source, target or root that was never added.
    NodeUnknown {
        /// The number used.
        node: NodeId,
        /// How many nodes there are.
        nodes: usize,
    },
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyNodes => write!(f, "a graph has at most {MAX_NODES} nodes"),
            Self::TooManyEdges => write!(f, "a graph has at most {MAX_EDGES} edges"),
            Self::SourceOutOfOrder { source, last } => {
                write!(f, "edges of node {source} after those of node {last}: sources must ascend")
            }
            Self::NodeUnknown { node, nodes } => write!(f, "node {node} of a graph of {nodes} nodes"),
        }
    }
}

impl std::error::Error for GraphError {}

const MAX_EDGES: usize = u32::MAX as usize - 1;

/// Takes nodes, edges and roots in one pass and makes a [`Graph`] of them.
///
/// The order that costs nothing: give an object its number when it is first met, and visit the objects by ascending
/// number. The edges of a node then arrive together and sources ascend, which is all that is asked. The target of an
/// edge may be added later than the edge. An edge says "keeps alive": weak references are not edges.
///
/// ```
/// use drypoint_heap::{GraphBuilder, Node};
///
/// let mut builder = GraphBuilder::new();
/// let list = builder.add_node(Node { shallow: 72, kind: 1, ..Node::default() })?;
/// let text = builder.add_node(Node { shallow: 53, kind: 2, ..Node::default() })?;
/// builder.add_edge(list, text, 0)?;
/// builder.add_root(list, 7)?;
/// let graph = builder.finish()?;
/// assert_eq!(graph.targets(list), [text]);
/// # Ok::<(), drypoint_heap::GraphError>(())
/// ```
#[derive(Debug, Default)]
pub struct GraphBuilder {
    shallow: Vec<u32>,
    large: BTreeMap<NodeId, u64>,
    kinds: Vec<u32>,
    sites: Vec<u32>,
    keys: Vec<u64>,
    /// Where the rows of the sources seen so far begin; the last is the row being written.
    starts: Vec<u32>,
    targets: Vec<NodeId>,
    labels: Vec<u32>,
    roots: Vec<Root>,
    highest_target: Option<NodeId>,
}

impl GraphBuilder {
    /// A builder with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// A builder that takes this many nodes and edges without moving what it has.
    pub fn with_capacity(nodes: usize, edges: usize) -> Self {
        Self {
            shallow: Vec::with_capacity(nodes),
            kinds: Vec::with_capacity(nodes),
            starts: Vec::with_capacity(nodes + 1),
            targets: Vec::with_capacity(edges),
            ..Self::default()
        }
    }

    /// How many nodes were added: the number of the next one.
    pub fn node_count(&self) -> usize {
        self.shallow.len()
    }

    /// The kind of a node, as it was told last. Panics if there is no such node.
    pub fn kind(&self, node: NodeId) -> u32 {
        self.kinds[node as usize]
    }

    /// How many edges were added.
    pub fn edge_count(&self) -> usize {
        self.targets.len()
    }

    /// Bytes that the builder takes now. While a table grows, it and its successor exist for a moment.
    pub fn bytes(&self) -> usize {
        4 * (self.shallow.capacity() + self.kinds.capacity() + self.sites.capacity() + self.starts.capacity())
            + 4 * (self.targets.capacity() + self.labels.capacity())
            + 8 * self.keys.capacity()
            + size_of::<Root>() * self.roots.capacity()
            + 32 * self.large.len()
    }

    /// Add a node and say what is known of it; the rest can be told later by [`describe`](Self::describe).
    pub fn add_node(&mut self, node: Node) -> Result<NodeId, GraphError> {
        let id = self.node_count();
        if id >= MAX_NODES {
            return Err(GraphError::TooManyNodes);
        }
        self.shallow.push(0);
        self.kinds.push(0);
        if !self.sites.is_empty() {
            self.sites.push(UNKNOWN);
        }
        if !self.keys.is_empty() {
            self.keys.push(0);
        }
        self.describe(id as NodeId, node)?;
        Ok(id as NodeId)
    }

    /// Say anew what is known of a node.
    pub fn describe(&mut self, node: NodeId, known: Node) -> Result<(), GraphError> {
        self.check(node)?;
        let (at, nodes) = (node as usize, self.node_count());
        if self.shallow[at] == LARGE {
            self.large.remove(&node);
        }
        self.shallow[at] = u32::try_from(known.shallow).unwrap_or(LARGE);
        if self.shallow[at] == LARGE {
            self.large.insert(node, known.shallow);
        }
        self.kinds[at] = known.kind;
        set_or_stay_absent(&mut self.sites, at, known.site, nodes);
        set_or_stay_absent(&mut self.keys, at, known.key, nodes);
        Ok(())
    }

    /// Add a reference from `source` to `target`, which may be added later. Sources must not descend.
    pub fn add_edge(&mut self, source: NodeId, target: NodeId, label: u32) -> Result<(), GraphError> {
        self.check(source)?;
        let index = self.edge_count();
        if index >= MAX_EDGES {
            return Err(GraphError::TooManyEdges);
        }
        if (source as usize) + 1 < self.starts.len() {
            return Err(GraphError::SourceOutOfOrder { source, last: self.starts.len() as NodeId - 1 });
        }
        self.starts.resize(source as usize + 1, index as u32);
        self.targets.push(target);
        if !self.labels.is_empty() {
            self.labels.push(UNKNOWN);
        }
        set_or_stay_absent(&mut self.labels, index, label, index + 1);
        self.highest_target = self.highest_target.max(Some(target));
        Ok(())
    }

    /// Add a root: something outside the graph holds this node.
    pub fn add_root(&mut self, node: NodeId, label: u32) -> Result<(), GraphError> {
        self.check(node)?;
        self.roots.push(Root { node, label });
        Ok(())
    }

    /// The graph, with its tables cut to their length; fails if an edge leads to a node that was never added.
    pub fn finish(mut self) -> Result<Graph, GraphError> {
        if let Some(target) = self.highest_target {
            self.check(target)?;
        }
        self.starts.resize(self.node_count() + 1, self.edge_count() as u32);
        self.shallow.shrink_to_fit();
        self.kinds.shrink_to_fit();
        self.sites.shrink_to_fit();
        self.keys.shrink_to_fit();
        self.starts.shrink_to_fit();
        self.targets.shrink_to_fit();
        self.labels.shrink_to_fit();
        self.roots.shrink_to_fit();
        Ok(Graph {
            shallow: self.shallow,
            large: self.large,
            kinds: self.kinds,
            sites: self.sites,
            keys: self.keys,
            starts: self.starts,
            targets: self.targets,
            labels: self.labels,
            roots: self.roots,
        })
    }

    fn check(&self, node: NodeId) -> Result<(), GraphError> {
        if (node as usize) < self.node_count() {
            return Ok(());
        }
        Err(GraphError::NodeUnknown { node, nodes: self.node_count() })
    }
}

/// A table without a single value that differs from the default is not kept at all.
fn set_or_stay_absent<T: Copy + Default + PartialEq>(table: &mut Vec<T>, at: usize, value: T, length: usize) {
    if table.is_empty() {
        if value == T::default() {
            return;
        }
        table.resize(length, T::default());
    }
    table[at] = value;
}
