//! One shortest chain to each of some nodes: breadth first from the roots, until the last of them is found. What people ask
//! about first, the largest objects, lies near the roots, so that most of the heap is never looked at; an index of
//! it, which more chains to one node need, costs several looks at all of it.

use std::iter::successors;

use crate::bits::Bits;
use crate::chains::Chain;
use crate::graph::{Edge, Graph, NodeId};
use crate::view::View;

/// How a node was found. All zeros is not at all, so that a table of it costs nothing where nothing was found.
#[derive(Clone, Copy, Default)]
struct Found(u32);

impl Found {
    const ROOT: Self = Self(u32::MAX);

    fn from(source: NodeId) -> Self {
        Self(source + 1)
    }

    fn source(self) -> Option<NodeId> {
        if self.0 == Self::ROOT.0 { None } else { self.0.checked_sub(1) }
    }
}

/// A shortest chain from a root to each node, as far as a view shows it; `None` if there is no such chain.
///
/// Memory: 8 bytes and an eighth for each node that is looked at. Cost: a look at each edge of the nodes that are nearer to a
/// root than the farthest of these, and two where a node is on a chain.
pub fn shortest_chains(graph: &Graph, view: &impl View, nodes: &[NodeId]) -> Vec<Option<Chain>> {
    let mut search = Search {
        graph,
        found: vec![0; graph.node_count()],
        queue: Vec::new(),
        wanted: Bits::new(graph.node_count()),
        missing: 0,
    };
    search.missing = nodes.iter().filter(|&&node| search.wanted.insert(node)).count();
    search.run(view);
    nodes.iter().map(|&node| search.chain(view, node)).collect()
}

struct Search<'g> {
    graph: &'g Graph,
    /// As `Found`, of each node.
    found: Vec<u32>,
    queue: Vec<NodeId>,
    wanted: Bits,
    missing: usize,
}

impl Search<'_> {
    fn run(&mut self, view: &impl View) {
        for root in self.graph.roots() {
            if view.shows_root(*root) && view.shows_node(root.node) {
                self.find(root.node, Found::ROOT);
            }
        }
        let mut next = 0;
        while self.missing > 0
            && let Some(&source) = self.queue.get(next)
        {
            next += 1;
            for edge in self.graph.edges(source) {
                let known = self.found[edge.target as usize] != 0;
                if !known && view.shows_edge(source, edge) && view.shows_node(edge.target) {
                    self.find(edge.target, Found::from(source));
                }
            }
        }
    }

    fn find(&mut self, node: NodeId, how: Found) {
        if self.found[node as usize] == 0 {
            self.found[node as usize] = how.0;
            self.queue.push(node);
            self.missing -= usize::from(self.wanted.contains(node));
        }
    }

    fn chain(&self, view: &impl View, node: NodeId) -> Option<Chain> {
        if self.found[node as usize] == 0 {
            return None;
        }
        let before = |&node: &NodeId| Found(self.found[node as usize]).source();
        let mut nodes: Vec<NodeId> = successors(Some(node), before).collect();
        nodes.reverse();
        let root = self.graph.roots().iter().find(|root| root.node == nodes[0] && view.shows_root(**root))?;
        let edges = nodes.windows(2).map(|pair| self.edge(view, pair[0], pair[1])).collect::<Option<_>>()?;
        Some(Chain { root: *root, edges })
    }

    fn edge(&self, view: &impl View, source: NodeId, target: NodeId) -> Option<Edge> {
        self.graph.edges(source).find(|edge| edge.target == target && view.shows_edge(source, *edge))
    }
}
