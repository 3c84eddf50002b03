//! Cycles, and what they hold. A component of many nodes holds what none of its nodes dominates, so each is shrunk to one
//! node first: in the graph of components, which has no cycles, the dominator tree says what each retains as a whole.

use std::collections::VecDeque;

use crate::builder::{GraphBuilder, GraphError};
use crate::components::{Components, component_scratch};
use crate::dominators::{DominatorTree, Holder, retained_scratch};
use crate::graph::{Edge, Graph, Node, NodeId, Root};
use crate::hash::IdMap;

/// A component that keeps itself alive: only the garbage collector can free it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// Its number among the [`Components`].
    pub component: u32,
    /// How many nodes it has.
    pub nodes: usize,
    /// The sum of their own bytes.
    pub shallow: u64,
    /// Bytes that would be freed if all of it went: its own, and those of all that only it holds.
    pub retained: u64,
    /// Whether a root reaches it. If not, it waits for the collector.
    pub reachable: bool,
}

/// The cycles of a graph, the one that retains most first.
///
/// Cost: some four looks at each edge. [`cycle_scratch`] says what it takes to make; what stays are the [`Components`],
/// the [`DominatorTree`] of the graph of components, and 40 bytes for each cycle.
#[derive(Clone, Debug)]
pub struct Cycles<'g> {
    graph: &'g Graph,
    components: Components,
    tree: DominatorTree,
    cycles: Vec<Cycle>,
}

/// Bytes that [`Cycles::new`] needs at most for a graph of this size, what stays included but for 40 bytes for each cycle;
/// `edges` counts the roots too.
pub fn cycle_scratch(nodes: usize, edges: usize) -> usize {
    let components = 12 * (nodes + 1);
    let shrunk = 12 * (nodes + 1) + 4 * edges + size_of::<Root>() * edges.min(nodes);
    component_scratch(nodes).max(components + shrunk + retained_scratch(nodes, edges))
}

impl<'g> Cycles<'g> {
    /// All cycles, living ones too: what would wait for the collector when it is let go.
    pub fn new(graph: &'g Graph, tree: &DominatorTree) -> Self {
        Self::of(graph, tree, Components::new(graph))
    }

    /// The cycles that no root reaches: what waits for the collector now.
    pub fn unreachable(graph: &'g Graph, tree: &DominatorTree) -> Self {
        Self::of(graph, tree, Components::within(graph, |node| !tree.is_reachable(node)))
    }

    fn of(graph: &'g Graph, tree: &DominatorTree, components: Components) -> Self {
        // A graph of components has no more nodes and edges than the graph that they are of.
        let shrunk = shrink(graph, &components).expect("components are added in order, and fit");
        let shrunk_tree = DominatorTree::new(&shrunk);
        let found = (0..components.count() as u32).filter(|&component| components.is_cycle(graph, component));
        let sum = |component| Cycle {
            component,
            nodes: components.members(component).len(),
            shallow: shrunk.shallow(component),
            retained: shrunk_tree.retained(component),
            reachable: tree.is_reachable(components.members(component)[0]),
        };
        let mut cycles: Vec<Cycle> = found.map(sum).collect();
        cycles.shrink_to_fit();
        cycles.sort_unstable_by_key(|cycle| (std::cmp::Reverse(cycle.retained), cycle.component));
        Self { graph, components, tree: shrunk_tree, cycles }
    }

    /// The cycles, the one that retains most first.
    pub fn all(&self) -> &[Cycle] {
        &self.cycles
    }

    /// The components that the cycles are some of.
    pub fn components(&self) -> &Components {
        &self.components
    }

    /// The nodes of a cycle.
    pub fn members(&self, cycle: &Cycle) -> &[NodeId] {
        self.components.members(cycle.component)
    }

    /// All nodes that would be freed if the cycle went, its own first.
    pub fn retained_nodes(&self, cycle: &Cycle) -> impl Iterator<Item = NodeId> + '_ {
        let components = self.tree.dominated(Holder::Node(cycle.component));
        components.flat_map(|component| self.components.members(component).iter().copied())
    }

    /// A short way from a node of the cycle back to itself, to show what must be cut. Each edge begins where the one
    /// before ends, the first where the last ends.
    ///
    /// It is the shortest through any of the first `tries` members (at least one is tried), so the shortest of all if
    /// `tries` is not less than [`Cycle::nodes`]. Cost: at most a look at each edge of the cycle for each try; usually few,
    /// because a search ends as soon as it cannot be shorter.
    pub fn short_ring(&self, cycle: &Cycle, tries: usize) -> Vec<Edge> {
        let mut shortest: Option<Vec<Edge>> = None;
        for &start in self.members(cycle).iter().take(tries.max(1)) {
            let limit = shortest.as_ref().map_or(usize::MAX, |ring| ring.len() - 1);
            if limit == 0 {
                break;
            }
            shortest = self.ring_through(start, cycle.component, limit).or(shortest);
        }
        shortest.expect("every node of a cycle lies on a ring")
    }

    /// The shortest ring through a node, breadth first; `None` if it has more edges than `limit`.
    fn ring_through(&self, start: NodeId, component: u32, limit: usize) -> Option<Vec<Edge>> {
        let mut arrivals: IdMap<NodeId, (NodeId, Edge)> = IdMap::default();
        let mut waiting = VecDeque::from([(start, 1)]);
        while let Some((source, length)) = waiting.pop_front() {
            if length > limit {
                return None;
            }
            for edge in self.graph.edges(source) {
                if edge.target == start {
                    let mut ring = vec![edge];
                    let mut at = source;
                    while at != start {
                        let (before, edge) = arrivals[&at];
                        ring.push(edge);
                        at = before;
                    }
                    ring.reverse();
                    return Some(ring);
                }
                if self.components.component(edge.target) == Some(component)
                    && !arrivals.contains_key(&edge.target)
                {
                    arrivals.insert(edge.target, (source, edge));
                    waiting.push_back((edge.target, length + 1));
                }
            }
        }
        None
    }
}

/// The graph whose nodes are the components.
fn shrink(graph: &Graph, components: &Components) -> Result<Graph, GraphError> {
    let mut builder = GraphBuilder::with_capacity(components.count(), graph.edge_count());
    for component in 0..components.count() as u32 {
        let shallow = components.members(component).iter().map(|&node| graph.shallow(node)).sum();
        builder.add_node(Node { shallow, ..Node::default() })?;
    }
    for component in 0..components.count() as u32 {
        for &node in components.members(component) {
            for &target in graph.targets(node) {
                if let Some(target) = components.component(target).filter(|&target| target != component) {
                    builder.add_edge(component, target, 0)?;
                }
            }
        }
    }
    for root in graph.roots() {
        if let Some(component) = components.component(root.node) {
            builder.add_root(component, 0)?;
        }
    }
    builder.finish()
}
