//! Who holds a node, towards the roots: the graph backwards, and each node's distance from the nearest root. The distances
//! come from one breadth-first search for all questions to come; a question then walks backwards, where few nodes are,
//! instead of forwards, where all of them are.

use std::ops::Deref;

use crate::bits::Bits;
use crate::forest::NONE;
use crate::graph::{Edge, Graph, NodeId, Root};
use crate::hash::IdMap;
use crate::view::View;

/// The references of a graph backwards, as far as a [`View`] shows them and roots reach them; it borrows the graph, or shares
/// it in an `Arc`.
///
/// Memory: 12 bytes a node, 4 and an eighth an edge; [`holder_scratch`] says what it takes to make. Cost: two looks at
/// each edge.
#[derive(Clone, Debug)]
pub struct HolderIndex<G> {
    graph: G,
    hidden: Bits,
    roots: IdMap<NodeId, usize>,
    shown_roots: Vec<usize>,
    /// Edges from the nearest root; `NONE` where no chain leads.
    depths: Vec<u32>,
    /// The node before this one on a shortest path from a root; `NONE` at a root.
    parents: Vec<NodeId>,
    starts: Vec<u32>,
    sources: Vec<NodeId>,
}

/// Bytes that [`HolderIndex::new`] needs at most for a graph of this size, the finished index included.
pub fn holder_scratch(nodes: usize, edges: usize, roots: usize) -> usize {
    16 * (nodes + 1) + 4 * edges + edges.div_ceil(8) + 8 + 40 * roots
}

impl<G: Deref<Target = Graph>> HolderIndex<G> {
    /// The index of what the view shows.
    pub fn new(graph: G, view: &impl View) -> Self {
        let nodes = graph.node_count();
        let shown =
            |&at: &usize| view.shows_root(graph.roots()[at]) && view.shows_node(graph.roots()[at].node);
        let mut index = Self {
            hidden: Bits::new(graph.edge_count()),
            roots: IdMap::default(),
            shown_roots: (0..graph.roots().len()).filter(shown).collect(),
            depths: vec![NONE; nodes],
            parents: vec![NONE; nodes],
            starts: vec![0; nodes + 1],
            sources: Vec::new(),
            graph,
        };
        index.search(view);
        index.turn_round();
        index
    }

    /// Breadth first from the roots; counts on the way how many edges lead to each node.
    fn search(&mut self, view: &impl View) {
        let mut queue = Vec::with_capacity(self.graph.node_count());
        for &at in &self.shown_roots {
            let node = self.graph.roots()[at].node;
            self.roots.entry(node).or_insert(at);
            if self.depths[node as usize] == NONE {
                self.depths[node as usize] = 0;
                queue.push(node);
            }
        }
        let mut first = 0;
        while let Some(&source) = queue.get(first) {
            first += 1;
            for edge in self.graph.edges(source) {
                let target = edge.target as usize;
                if !view.shows_edge(source, edge) || !view.shows_node(edge.target) {
                    self.hidden.insert(edge.index);
                    continue;
                }
                self.starts[target + 1] += 1;
                if self.depths[target] == NONE {
                    self.depths[target] = self.depths[source as usize] + 1;
                    self.parents[target] = source;
                    queue.push(edge.target);
                }
            }
        }
    }

    /// The shown edges by target, sources ascending: a counting sort.
    fn turn_round(&mut self) {
        for at in 1..self.starts.len() {
            self.starts[at] += self.starts[at - 1];
        }
        self.sources = vec![0; self.starts[self.graph.node_count()] as usize];
        // Filling moves each start to the next one's place; afterwards all are moved back.
        for source in self.graph.nodes().filter(|&node| self.depths[node as usize] != NONE) {
            for edge in self.graph.row(source) {
                if !self.hidden.contains(edge as u32) {
                    let at = &mut self.starts[self.graph.targets[edge] as usize];
                    self.sources[*at as usize] = source;
                    *at += 1;
                }
            }
        }
        self.starts.rotate_right(1);
        self.starts[0] = 0;
    }

    /// The graph that this is an index of.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// How many edges the shortest chain from a root to this node has; `None` if there is no chain.
    pub fn depth(&self, node: NodeId) -> Option<u32> {
        Some(self.depths[node as usize]).filter(|&depth| depth != NONE)
    }

    /// The nodes that refer to this one, ascending; once for each reference.
    pub fn direct_holders(&self, node: NodeId) -> &[NodeId] {
        &self.sources[self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize]
    }

    /// The roots that are this node, as the view shows them.
    pub fn roots_of(&self, node: NodeId) -> impl Iterator<Item = Root> + '_ {
        let at = self.roots.get(&node).copied();
        let roots = at.into_iter().flat_map(|first| self.shown_roots.iter().filter(move |&&at| at >= first));
        roots.map(|&at| self.graph.roots()[at]).filter(move |root| root.node == node)
    }

    /// Bytes that the index itself takes.
    pub fn bytes(&self) -> usize {
        4 * (self.depths.capacity()
            + self.parents.capacity()
            + self.starts.capacity()
            + self.sources.capacity())
            + self.hidden.bytes()
            + 8 * self.shown_roots.capacity()
            + 24 * self.roots.capacity()
    }

    #[inline]
    pub(crate) fn depth_or_none(&self, node: NodeId) -> u32 {
        self.depths[node as usize]
    }

    /// The node before this one on its shortest chain; `NONE` at a root.
    #[inline]
    pub(crate) fn parent(&self, node: NodeId) -> NodeId {
        self.parents[node as usize]
    }

    /// The first shown edge from one node to another, which must exist.
    pub(crate) fn edge_between(&self, source: NodeId, target: NodeId) -> Edge {
        let mut edges = self.graph.edges(source);
        let found = edges.find(|edge| edge.target == target && !self.hidden.contains(edge.index));
        found.expect("every step of a chain is an edge that the view shows")
    }

    pub(crate) fn first_root_of(&self, node: NodeId) -> Root {
        self.graph.roots()[self.roots[&node]]
    }
}
