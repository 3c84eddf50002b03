//! The depth-first forest that dominators are computed on: first everything below the roots, then the rest below a second
//! virtual root. The edges outside the tree are noted at their targets on the way, because this is the one moment when both
//! ends of an edge are in the cache.
//!
//! What no root reaches has no natural beginning. It is entered at one node of each strongly connected component that
//! nothing else refers to: the one with the lowest number. Those are found by flooding in ascending order, then taking the
//! floods' beginnings backwards: one that a later beginning reaches is not an entry (the argument is Kosaraju's).

use crate::bits::Bits;
use crate::graph::{Graph, NodeId};

/// Not a node, not a number, the end of a list.
pub(crate) const NONE: u32 = u32::MAX;

/// One vertex while dominators are computed, by preorder number. Sixteen bytes, so that a step along the forest costs one
/// cache line; two fields mean another thing until the vertex is processed, when nothing reads their later meaning yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    /// The parent in the depth-first tree; later any ancestor (path compression).
    pub ancestor: u32,
    /// The vertex with the lowest semidominator on the path to `ancestor`. Before: the list of edges into this vertex.
    pub label: u32,
    /// The semidominator of `label`.
    pub lowest: u32,
    /// The semidominator. Before: the list of vertices whose semidominator this one is.
    pub semi: u32,
}

/// An edge outside the depth-first tree, in the list of its target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Incoming {
    pub source: u32,
    pub next: u32,
}

/// Vertices are numbered in preorder: 0 is the virtual root above the roots, `unreachable` the one above the garbage.
#[derive(Debug)]
pub(crate) struct Forest {
    /// The node of each number; `NONE` for the two virtual roots.
    pub node_of: Vec<NodeId>,
    pub links: Vec<Link>,
    pub incoming: Vec<Incoming>,
    pub unreachable: u32,
    /// Where the garbage is entered.
    pub entries: Vec<NodeId>,
}

struct Growth<'g> {
    graph: &'g Graph,
    forest: Forest,
    /// The number of each node, `NONE` while not visited.
    number_of: Vec<u32>,
    /// The path to the current vertex: its number, and the next of its edges.
    path: Vec<(u32, u32)>,
    /// Numbers below this one belong to a finished tree: edges into it are not followed backwards.
    floor: u32,
}

impl Forest {
    pub(crate) fn grow(graph: &Graph) -> Self {
        let nodes = graph.node_count();
        let mut growth = Growth {
            graph,
            forest: Self {
                node_of: Vec::with_capacity(nodes + 2),
                links: Vec::with_capacity(nodes + 2),
                // Every edge and root may turn out to be outside the tree; what is not used is never touched.
                incoming: Vec::with_capacity(graph.edge_count() + graph.roots().len()),
                unreachable: NONE,
                entries: Vec::new(),
            },
            number_of: vec![NONE; nodes],
            path: Vec::with_capacity(nodes),
            floor: 0,
        };
        let roots = growth.number(NONE, NONE);
        for root in graph.roots() {
            growth.follow(roots, root.node);
            growth.descend();
        }
        let unreachable = growth.number(NONE, NONE);
        growth.forest.unreachable = unreachable;
        growth.floor = unreachable;
        if growth.forest.node_of.len() < nodes + 2 {
            for &node in beginnings(graph, &growth.number_of).iter().rev() {
                if growth.number_of[node as usize] == NONE {
                    growth.forest.entries.push(node);
                    growth.follow(unreachable, node);
                    growth.descend();
                }
            }
        }
        growth.forest
    }
}

impl Growth<'_> {
    fn number(&mut self, node: NodeId, parent: u32) -> u32 {
        let number = self.forest.node_of.len() as u32;
        self.forest.node_of.push(node);
        self.forest.links.push(Link { ancestor: parent, label: NONE, lowest: NONE, semi: NONE });
        number
    }

    /// Take an edge: to a node not seen before it is a tree edge, else it is noted at its target.
    #[inline]
    fn follow(&mut self, source: u32, target: NodeId) {
        let number = self.number_of[target as usize];
        if number == NONE {
            let number = self.number(target, source);
            self.number_of[target as usize] = number;
            self.path.push((number, self.graph.starts[target as usize]));
            return;
        }
        // What garbage refers to is not kept alive by it; a repeated tree edge or a loop says nothing new.
        if number < self.floor || number == source {
            return;
        }
        let link = &mut self.forest.links[number as usize];
        if link.ancestor != source {
            self.forest.incoming.push(Incoming { source, next: link.label });
            link.label = self.forest.incoming.len() as u32 - 1;
        }
    }

    fn descend(&mut self) {
        while let Some(&mut (number, ref mut next)) = self.path.last_mut() {
            let node = self.forest.node_of[number as usize];
            if *next == self.graph.starts[node as usize + 1] {
                self.path.pop();
                continue;
            }
            let target = self.graph.targets[*next as usize];
            *next += 1;
            self.follow(number, target);
        }
    }
}

/// Nodes such that each node without a number is reached from one of them; of those, which come from outside a cycle come late.
fn beginnings(graph: &Graph, number_of: &[u32]) -> Vec<NodeId> {
    let mut seen = Bits::new(graph.node_count());
    let mut beginnings = Vec::new();
    let mut waiting = Vec::new();
    for node in graph.nodes() {
        if number_of[node as usize] != NONE || !seen.insert(node) {
            continue;
        }
        beginnings.push(node);
        waiting.push(node);
        while let Some(source) = waiting.pop() {
            for &target in graph.targets(source) {
                if number_of[target as usize] == NONE && seen.insert(target) {
                    waiting.push(target);
                }
            }
        }
    }
    beginnings
}
