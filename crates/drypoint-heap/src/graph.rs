//! Compressed rows, because a heap is known only once the whole of it is walked and never changes afterwards: two numbers
//! an edge and four a node are all that the algorithms need, and a row is one slice. What few heaps have (objects of 4 GiB
//! and more, sites, labels, identities) costs nothing where it is absent.

use std::collections::BTreeMap;

/// The number of a node: nodes are numbered 0, 1, 2, ... in the order in which they were added.
pub type NodeId = u32;

/// The value of an optional id that is not known: of a site or a label.
pub const UNKNOWN: u32 = 0;

/// How many nodes a graph can have; the numbers above are kept for what is not a node.
pub const MAX_NODES: usize = u32::MAX as usize - 8;

/// What is known of one object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Its own bytes, without those of anything that it refers to.
    pub shallow: u64,
    /// The caller's number for its type.
    pub kind: u32,
    /// The caller's number for the place that allocated it; 0 is unknown.
    pub site: u32,
    /// Its identity across snapshots, such as a mix of address and type; 0 is none.
    pub key: u64,
}

/// One reference, as its source sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The edge's number in the graph; the edges of a node have consecutive numbers.
    pub index: u32,
    /// The object referred to.
    pub target: NodeId,
    /// The caller's number for the attribute, key or slot; 0 is unknown.
    pub label: u32,
}

/// A node that is alive without any other node's help: a module, a frame's variable, an object that native code holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root {
    /// The node held.
    pub node: NodeId,
    /// The caller's number for what holds it.
    pub label: u32,
}

/// An object graph that no longer changes; made by a [`GraphBuilder`](crate::GraphBuilder).
///
/// Memory: 12 bytes a node (shallow size, kind, start of its row) and 4 an edge; with sites 4 more a node, with identities
/// 8 more a node, with labels 4 more an edge. A heap of 2.5 labelled edges a node with sites takes 36 bytes a node.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub(crate) shallow: Vec<u32>,
    pub(crate) large: BTreeMap<NodeId, u64>,
    pub(crate) kinds: Vec<u32>,
    pub(crate) sites: Vec<u32>,
    pub(crate) keys: Vec<u64>,
    pub(crate) starts: Vec<u32>,
    pub(crate) targets: Vec<NodeId>,
    pub(crate) labels: Vec<u32>,
    pub(crate) roots: Vec<Root>,
}

/// Stands in the table of shallow sizes for a node that is in the table of large ones.
pub(crate) const LARGE: u32 = u32::MAX;

impl Graph {
    /// How many nodes it has.
    pub fn node_count(&self) -> usize {
        self.shallow.len()
    }

    /// How many edges it has, repeated ones counted each time.
    pub fn edge_count(&self) -> usize {
        self.targets.len()
    }

    /// All node numbers, ascending.
    pub fn nodes(&self) -> std::ops::Range<NodeId> {
        0..self.node_count() as NodeId
    }

    /// What was said of a node.
    pub fn node(&self, node: NodeId) -> Node {
        Node {
            shallow: self.shallow(node),
            kind: self.kind(node),
            site: self.site(node),
            key: self.key(node),
        }
    }

    /// The node's own bytes.
    #[inline]
    pub fn shallow(&self, node: NodeId) -> u64 {
        match self.shallow[node as usize] {
            LARGE => self.large[&node],
            bytes => bytes.into(),
        }
    }

    /// The node's type, as the caller numbered it.
    #[inline]
    pub fn kind(&self, node: NodeId) -> u32 {
        self.kinds[node as usize]
    }

    /// The place that allocated the node, as the caller numbered it; [`UNKNOWN`] if nobody said.
    #[inline]
    pub fn site(&self, node: NodeId) -> u32 {
        self.sites.get(node as usize).copied().unwrap_or(UNKNOWN)
    }

    /// The node's identity across snapshots; 0 if it has none.
    #[inline]
    pub fn key(&self, node: NodeId) -> u64 {
        self.keys.get(node as usize).copied().unwrap_or(0)
    }

    /// The nodes that this one refers to, in the order in which the edges were added; repeated ones are repeated.
    #[inline]
    pub fn targets(&self, node: NodeId) -> &[NodeId] {
        &self.targets[self.row(node)]
    }

    /// The edges that leave this node, in the order in which they were added.
    pub fn edges(&self, node: NodeId) -> impl ExactSizeIterator<Item = Edge> + '_ {
        self.row(node).map(|index| Edge {
            index: index as u32,
            target: self.targets[index],
            label: self.label(index as u32),
        })
    }

    /// The label of the edge with this number; [`UNKNOWN`] if nobody said.
    #[inline]
    pub fn label(&self, edge: u32) -> u32 {
        self.labels.get(edge as usize).copied().unwrap_or(UNKNOWN)
    }

    /// The node that the edge with this number leaves. Costs a binary search.
    pub fn source(&self, edge: u32) -> NodeId {
        assert!((edge as usize) < self.edge_count(), "edge {edge} of {}", self.edge_count());
        (self.starts.partition_point(|&start| start <= edge) - 1) as NodeId
    }

    /// The node that the edge with this number leads to.
    #[inline]
    pub fn target(&self, edge: u32) -> NodeId {
        self.targets[edge as usize]
    }

    /// The roots, in the order in which they were added.
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// The sum of all shallow sizes, in bytes. Cost: one look at each node.
    pub fn total_shallow(&self) -> u64 {
        self.nodes().map(|node| self.shallow(node)).sum()
    }

    /// Bytes that the graph itself takes.
    pub fn bytes(&self) -> usize {
        4 * (self.shallow.capacity() + self.kinds.capacity() + self.sites.capacity() + self.starts.capacity())
            + 4 * (self.targets.capacity() + self.labels.capacity())
            + 8 * self.keys.capacity()
            + size_of::<Root>() * self.roots.capacity()
            + 32 * self.large.len()
    }

    #[inline]
    pub(crate) fn row(&self, node: NodeId) -> std::ops::Range<usize> {
        self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize
    }
}
