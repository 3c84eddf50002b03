//! The depth-first forest that dominators are computed on: first everything below the roots, then the rest below a
//! second virtual root. The edges outside the tree are listed on the way, because this is the one moment when both ends
//! of an edge are in the cache.
//!
//! What no root reaches has no natural beginning. It is entered at one node of each strongly connected component that
//! nothing else refers to: the one with the lowest number. Those are found by flooding in ascending order, then taking the
//! floods' beginnings backwards: one that a later beginning reaches is not an entry (the argument is Kosaraju's).

use crate::bits::Bits;
use crate::graph::{Graph, NodeId};

/// Not a node, not a number, the end of a list.
pub(crate) const NONE: u32 = u32::MAX;

/// One vertex while dominators are computed, by preorder number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    /// The parent in the depth-first tree; later any ancestor (path compression).
    pub ancestor: u32,
    /// The lowest semidominator on the path to `ancestor`. Until the vertex is processed nothing asks for that, and here
    /// is how many edges outside the tree lead to it; later where they begin.
    pub lowest: u32,
    /// The semidominator.
    pub semi: u32,
}

/// Vertices are numbered in preorder: 0 is the virtual root above the roots, `unreachable` the one above the garbage.
#[derive(Debug)]
pub(crate) struct Forest {
    /// The node of each number; `NONE` for the two virtual roots.
    pub node_of: Vec<NodeId>,
    pub links: Vec<Link>,
    /// The edges outside the tree: source, target.
    pub incoming: Vec<(u32, u32)>,
    pub unreachable: u32,
    /// Where the garbage is entered.
    pub entries: Vec<NodeId>,
}

/// A vertex with edges that are still to be followed.
#[derive(Clone, Copy)]
struct Step {
    number: u32,
    next: u32,
    end: u32,
}

struct Growth<'g> {
    graph: &'g Graph,
    forest: Forest,
    /// The number of each node, `NONE` while not visited.
    number_of: Vec<u32>,
    /// The vertices from the root to the current one.
    path: Vec<Step>,
    /// Numbers below this one belong to a finished tree: edges into it are not followed backwards.
    floor: u32,
}

impl Forest {
    /// Bytes that a forest takes, and how many more it takes at most to grow it.
    pub(crate) fn scratch(nodes: usize, edges: usize) -> (usize, usize) {
        // Its node and its link; all may be entries.
        let node = 4 + size_of::<Link>() + 4;
        // Numbers and path; for garbage also what was seen, where floods begin and what waits.
        let growing = (4 + size_of::<Step>() + 4 + 4) * nodes + nodes.div_ceil(8) + 8;
        (node * nodes + size_of::<(u32, u32)>() * edges, growing)
    }

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
            let beginnings = beginnings(graph, &growth.number_of, nodes + 2 - growth.forest.node_of.len());
            growth.forest.entries.reserve_exact(beginnings.len());
            for &node in beginnings.iter().rev() {
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
        self.forest.links.push(Link { ancestor: parent, lowest: 0, semi: NONE });
        number
    }

    /// Take an edge: to a node not seen before it is a tree edge, else it goes into the list.
    #[inline]
    fn follow(&mut self, source: u32, target: NodeId) {
        let number = self.number_of[target as usize];
        if number == NONE {
            let number = self.number(target, source);
            self.number_of[target as usize] = number;
            let row = self.graph.row(target);
            if !row.is_empty() {
                self.path.push(Step { number, next: row.start as u32, end: row.end as u32 });
            }
            return;
        }
        // What garbage refers to is not kept alive by it; a repeated tree edge or a loop says nothing new.
        if number < self.floor || number == source {
            return;
        }
        let link = &mut self.forest.links[number as usize];
        if link.ancestor != source {
            self.forest.incoming.push((source, number));
            link.lowest += 1;
        }
    }

    fn descend(&mut self) {
        while let Some(step) = self.path.last_mut() {
            let Step { number, next, end } = *step;
            step.next += 1;
            if next + 1 == end {
                self.path.pop();
            }
            self.follow(number, self.graph.targets[next as usize]);
        }
    }
}

/// Nodes such that each node without a number is reached from one of them; of those, which come from outside a cycle
/// come late.
fn beginnings(graph: &Graph, number_of: &[u32], most: usize) -> Vec<NodeId> {
    let mut seen = Bits::new(graph.node_count());
    let mut beginnings = Vec::with_capacity(most);
    let mut waiting = Vec::with_capacity(most);
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
