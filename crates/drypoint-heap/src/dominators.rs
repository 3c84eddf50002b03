//! The dominator tree laid out in its own preorder: what a node retains is then one stretch of an array, so that "does
//! this one hold that one", "all that it holds" and sums over nested groups need neither recursion nor lists of
//! children.

use crate::forest::{Forest, NONE};
use crate::graph::{Graph, NodeId};
use crate::semidominators::{self, immediate_dominators};

/// Who alone keeps a node alive: its immediate dominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Holder {
    /// No single node: the node is a root, or roots reach it by separate ways.
    Roots,
    /// No root reaches the node, and no single node of the garbage holds it: it waits for the collector, or native code
    /// that the walker did not see refers to it.
    Unreachable,
    /// This node: when it goes, the other goes.
    Node(NodeId),
}

/// Retained sizes: for each node, who alone holds it and how many bytes would be freed if it went.
///
/// A node is dominated by another if every path from the roots to it leads through that other one; the nearest such node
/// is its holder, and the bytes of all that a node dominates, itself included, are its retained size. Nodes that no root
/// reaches form a second tree. Their references into the living part hold nothing, because the collector will take them;
/// each of their components that nothing else refers to is entered at its node with the lowest number.
///
/// Memory: 24 bytes a node. To make it takes at most [`retained_scratch`] bytes and O(m log n) steps, near linear on
/// heaps. Method: semi-NCA (Georgiadis, Tarjan and Werneck 2006) with jump pointers, without recursion.
#[derive(Clone, Debug)]
pub struct DominatorTree {
    entries: Vec<Entry>,
    spans: Vec<Span>,
    unreachable: u32,
    garbage_entries: Vec<NodeId>,
    live_bytes: u64,
    garbage_bytes: u64,
}

/// By node.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    retained: u64,
    holder: u32,
    position: u32,
}

/// By position in preorder: the node there, and the position after the last of what it dominates.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    node: NodeId,
    end: u32,
}

const ROOTS: u32 = NONE;
const UNREACHABLE: u32 = NONE - 1;

/// Bytes that [`DominatorTree::new`] needs at most for a graph of this size, the finished tree included; `edges` counts
/// the roots too.
pub fn retained_scratch(nodes: usize, edges: usize) -> usize {
    // Nodes, dominators, sizes and entries of garbage.
    let layout = (4 + 4 + 4 + 4 + size_of::<Entry>() + size_of::<Span>()) * (nodes + 2);
    semidominators::scratch(nodes + 2, edges).max(layout)
}

impl DominatorTree {
    /// The dominators and retained sizes of all nodes.
    pub fn new(graph: &Graph) -> Self {
        let mut forest = Forest::grow(graph);
        let mut dominators = immediate_dominators(&mut forest);
        let Forest { node_of, links, unreachable, entries: garbage_entries, .. } = forest;
        drop(links);
        let count = node_of.len();
        let mut sizes = vec![1_u32; count];
        let mut entries = vec![Entry::default(); graph.node_count()];
        let (mut live_bytes, mut garbage_bytes) = (0, 0);
        for vertex in (0..count).rev() {
            if node_of[vertex] == NONE {
                continue;
            }
            let retained = &mut entries[node_of[vertex] as usize].retained;
            *retained += graph.shallow(node_of[vertex]);
            let retained = *retained;
            let dominator = dominators[vertex] as usize;
            sizes[dominator] += sizes[vertex];
            match node_of[dominator] {
                NONE if dominator == 0 => live_bytes += retained,
                NONE => garbage_bytes += retained,
                holder => entries[holder as usize].retained += retained,
            }
        }
        // Preorder: a vertex takes the next free position below its dominator, and its dominator comes first. From then on
        // its own next free position stands where its dominator stood.
        let mut spans = vec![Span::default(); count];
        let mut unreachable_at = 0;
        for vertex in 0..count {
            let (node, size, dominator) = (node_of[vertex], sizes[vertex], dominators[vertex]);
            let position = match dominator {
                NONE if vertex == 0 => 0,
                NONE => sizes[0],
                dominator => {
                    let free = &mut dominators[dominator as usize];
                    *free += size;
                    *free - size
                }
            };
            dominators[vertex] = position + 1;
            spans[position as usize] = Span { node, end: position + size };
            if node == NONE {
                unreachable_at = position;
                continue;
            }
            let entry = &mut entries[node as usize];
            entry.position = position;
            entry.holder = match dominator {
                0 => ROOTS,
                dominator if dominator == unreachable => UNREACHABLE,
                dominator => node_of[dominator as usize],
            };
        }
        Self { entries, spans, unreachable: unreachable_at, garbage_entries, live_bytes, garbage_bytes }
    }

    /// Bytes that would be freed if this node went: its own and those of all that only it holds.
    #[inline]
    pub fn retained(&self, node: NodeId) -> u64 {
        self.entries[node as usize].retained
    }

    /// Who alone holds this node: its immediate dominator.
    #[inline]
    pub fn holder(&self, node: NodeId) -> Holder {
        match self.entries[node as usize].holder {
            ROOTS => Holder::Roots,
            UNREACHABLE => Holder::Unreachable,
            node => Holder::Node(node),
        }
    }

    /// The node's holder, the holder's holder and so on: everyone who alone keeps it alive, the nearest first.
    pub fn holders(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(Some(node), |&node| match self.holder(node) {
            Holder::Node(holder) => Some(holder),
            _ => None,
        })
        .skip(1)
    }

    /// Whether `node` goes when `holder` goes. A node dominates itself. Cost: constant.
    #[inline]
    pub fn dominates(&self, holder: NodeId, node: NodeId) -> bool {
        let span = self.span(Holder::Node(holder));
        span.contains(&self.entries[node as usize].position)
    }

    /// Whether a root reaches this node; if not, it waits for the collector.
    #[inline]
    pub fn is_reachable(&self, node: NodeId) -> bool {
        self.entries[node as usize].position < self.unreachable
    }

    /// All that goes with a holder, itself first, each node after its holder. For the roots: all that lives; for the
    /// unreachable: all garbage.
    pub fn dominated(&self, holder: Holder) -> impl ExactSizeIterator<Item = NodeId> + '_ {
        let mut span = self.span(holder);
        if !matches!(holder, Holder::Node(_)) {
            span.start += 1;
        }
        self.spans[span.start as usize..span.end as usize].iter().map(|span| span.node)
    }

    /// The nodes whose holder this is: one level of the tree.
    pub fn held_by(&self, holder: Holder) -> impl Iterator<Item = NodeId> + '_ {
        let span = self.span(holder);
        let child = move |position: u32| (position < span.end).then_some(position);
        std::iter::successors(child(span.start + 1), move |&at| child(self.spans[at as usize].end))
            .map(|at| self.spans[at as usize].node)
    }

    /// Bytes of all nodes that a root reaches.
    pub fn live_bytes(&self) -> u64 {
        self.live_bytes
    }

    /// Bytes of all nodes that no root reaches: what a collection would free.
    pub fn unreachable_bytes(&self) -> u64 {
        self.garbage_bytes
    }

    /// How many nodes no root reaches.
    pub fn unreachable_count(&self) -> usize {
        self.spans.len() - self.unreachable as usize - 1
    }

    /// Where what no root reaches is entered: one node of each component that nothing else refers to.
    pub fn unreachable_entries(&self) -> &[NodeId] {
        &self.garbage_entries
    }

    /// Bytes that the tree itself takes.
    pub fn bytes(&self) -> usize {
        size_of::<Entry>() * self.entries.capacity()
            + size_of::<Span>() * self.spans.capacity()
            + 4 * self.garbage_entries.capacity()
    }

    /// The positions of all that a holder dominates.
    #[inline]
    fn span(&self, holder: Holder) -> std::ops::Range<u32> {
        let start = match holder {
            Holder::Roots => 0,
            Holder::Unreachable => self.unreachable,
            Holder::Node(node) => self.entries[node as usize].position,
        };
        start..self.spans[start as usize].end
    }

    /// Every node with its position in preorder and the position after the last that it dominates.
    pub(crate) fn preorder(&self) -> impl Iterator<Item = (NodeId, std::ops::Range<u32>)> + '_ {
        let spans = self.spans.iter().enumerate();
        spans.filter(|(_, span)| span.node != NONE).map(|(at, span)| (span.node, at as u32..span.end))
    }
}
