//! What goes when several nodes go at once. The dominator tree cannot say: two nodes may hold a third together, which is
//! then dominated by neither. So the graph is flooded once more without them, and what stays dry is what they retain.

use crate::bits::Bits;
use crate::dominators::{DominatorTree, Holder};
use crate::graph::{Graph, NodeId};

/// What would be freed.
#[derive(Clone, Debug)]
pub struct Freed {
    held: Bits,
    graph_nodes: u32,
    nodes: usize,
    bytes: u64,
}

impl Freed {
    /// How many nodes.
    pub fn node_count(&self) -> usize {
        self.nodes
    }

    /// The sum of their shallow sizes, in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether this node is among them.
    pub fn contains(&self, node: NodeId) -> bool {
        !self.held.contains(node)
    }

    /// The nodes, ascending.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        (0..self.graph_nodes).filter(|&node| self.contains(node))
    }
}

/// What would be freed if all these nodes went at once, themselves included.
///
/// That is at least the sum of the retained sizes of those that no other of them dominates; it is more where several of
/// them hold something together. Garbage keeps garbage, as in the [`DominatorTree`], but nothing that lives. Cost: one
/// look at each edge, one bit a node and four bytes for each node on the way.
pub fn retained_by(graph: &Graph, tree: &DominatorTree, nodes: impl IntoIterator<Item = NodeId>) -> Freed {
    let mut held = Bits::new(graph.node_count());
    let gone: Vec<NodeId> = nodes.into_iter().filter(|&node| held.insert(node)).collect();
    let mut waiting: Vec<NodeId> = Vec::new();
    for part_is_live in [true, false] {
        let entries = graph.roots().iter().map(|root| root.node).filter(|_| part_is_live);
        let entries = entries.chain(tree.unreachable_entries().iter().copied().filter(|_| !part_is_live));
        for entry in entries {
            if held.insert(entry) {
                waiting.push(entry);
            }
            while let Some(source) = waiting.pop() {
                for &target in graph.targets(source) {
                    if (part_is_live || !tree.is_reachable(target)) && held.insert(target) {
                        waiting.push(target);
                    }
                }
            }
        }
    }
    gone.iter().for_each(|&node| held.remove(node));
    let mut freed = Freed { held, graph_nodes: graph.node_count() as u32, nodes: 0, bytes: 0 };
    for node in graph.nodes() {
        if freed.contains(node) {
            freed.nodes += 1;
            freed.bytes += graph.shallow(node);
        }
    }
    freed
}

/// One reference: what a statement like `del holder.name` takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// The edge with this number.
    Edge(u32),
    /// The root at this place of [`Graph::roots`].
    Root(usize),
}

/// Bytes that would be freed if this one reference went: all that its target retains, or 0 if something else holds the
/// target too. Cost: constant if the target's holder is not the reference's source, else one look at each edge.
pub fn retained_by_reference(graph: &Graph, tree: &DominatorTree, reference: Reference) -> u64 {
    let (source, target) = match reference {
        Reference::Edge(edge) => (Holder::Node(graph.source(edge)), graph.target(edge)),
        Reference::Root(at) => (Holder::Roots, graph.roots()[at].node),
    };
    if tree.holder(target) != source {
        return 0;
    }
    // What the target itself holds does not hold it, nor does garbage hold what lives.
    let holds =
        |node: NodeId| !tree.dominates(target, node) && tree.is_reachable(node) == tree.is_reachable(target);
    let held_by_root = (graph.roots().iter().enumerate())
        .any(|(at, root)| root.node == target && reference != Reference::Root(at));
    let held_by_node = || {
        graph.nodes().any(|node| {
            let row = graph.row(node);
            row.into_iter().any(|edge| {
                graph.targets[edge] == target && reference != Reference::Edge(edge as u32) && holds(node)
            })
        })
    };
    if held_by_root || held_by_node() { 0 } else { tree.retained(target) }
}
