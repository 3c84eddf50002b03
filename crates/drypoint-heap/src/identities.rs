//! Which nodes of one snapshot are nodes of another. Two sorted lists are walked side by side: 12 bytes for each node of a
//! snapshot are all that must be kept of it, and nothing is built to answer.

use crate::graph::{Graph, NodeId};

/// The nodes of a snapshot by their [`key`](crate::Node::key). It can be kept when the graph is gone.
///
/// Memory: 12 bytes for each node with a key; 16 more while it is made. Cost: a sort.
#[derive(Clone, Debug, Default)]
pub struct Identities {
    keys: Vec<u64>,
    nodes: Vec<NodeId>,
}

/// What became of a node from one snapshot to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fate {
    /// It is in both.
    Stayed {
        /// Its number in the first.
        before: NodeId,
        /// Its number in the second.
        after: NodeId,
    },
    /// It was in the first only.
    Gone(NodeId),
    /// It is in the second only.
    New(NodeId),
}

impl Identities {
    /// The identities of a graph's nodes; those whose key is 0 have none and are left out.
    pub fn of(graph: &Graph) -> Self {
        let keyed = graph.nodes().map(|node| (graph.key(node), node)).filter(|&(key, _)| key != 0);
        let mut pairs: Vec<(u64, NodeId)> = keyed.collect();
        pairs.sort_unstable();
        Self {
            keys: pairs.iter().map(|&(key, _)| key).collect(),
            nodes: pairs.iter().map(|&(_, node)| node).collect(),
        }
    }

    /// How many nodes have one.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no node has one.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The node with this key; the lowest if several have it.
    pub fn node(&self, key: u64) -> Option<NodeId> {
        let at = self.keys.partition_point(|&other| other < key);
        (self.keys.get(at) == Some(&key)).then(|| self.nodes[at])
    }

    /// What became of each node until a later snapshot, by ascending key. Nodes that share a key are matched in the
    /// order of their numbers.
    ///
    /// A key made of an address and a type cannot tell an object that stayed from one of the same type that took its
    /// place; where that matters, the walker mixes in something that changes, such as a number given at allocation.
    pub fn fates<'a>(&'a self, later: &'a Self) -> impl Iterator<Item = Fate> + 'a {
        let (mut before, mut after) = (0, 0);
        std::iter::from_fn(move || {
            let (old, new) = (self.keys.get(before), later.keys.get(after));
            let gone = old.is_some_and(|old| new.is_none_or(|new| old <= new));
            let came = new.is_some_and(|new| old.is_none_or(|old| new <= old));
            let (at_before, at_after) = (before, after);
            before += usize::from(gone);
            after += usize::from(came);
            match (gone, came) {
                (true, true) => {
                    Some(Fate::Stayed { before: self.nodes[at_before], after: later.nodes[at_after] })
                }
                (true, false) => Some(Fate::Gone(self.nodes[at_before])),
                (false, true) => Some(Fate::New(later.nodes[at_after])),
                (false, false) => None,
            }
        })
    }

    /// Bytes that the list itself takes.
    pub fn bytes(&self) -> usize {
        8 * self.keys.capacity() + 4 * self.nodes.capacity()
    }
}
