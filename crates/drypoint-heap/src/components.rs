//! Strongly connected components: sets of nodes each of which reaches all others, which reference counts alone never
//! free. Tarjan's algorithm ("Depth-first search and linear graph algorithms", 1972) with its recursion turned into a
//! list of steps.

use crate::forest::NONE;
use crate::graph::{Graph, NodeId};

/// The strongly connected components of a graph, or of a part of it. Most have one node.
///
/// They are numbered so that edges between components lead from lower to higher numbers. Memory: 12 bytes a node at
/// most; [`component_scratch`] says what it takes to make. Cost: one look at each edge.
#[derive(Clone, Debug)]
pub struct Components {
    /// By node; `NONE` for nodes outside the part.
    numbers: Vec<u32>,
    starts: Vec<u32>,
    members: Vec<NodeId>,
}

/// Bytes that [`Components::new`] needs at most, the result included.
pub fn component_scratch(nodes: usize) -> usize {
    let result = 4 + 4 + 4;
    let search = 4 + size_of::<Step>() + 4;
    (result + search) * (nodes + 1)
}

/// A node on the path from where the search began to where it is.
#[derive(Clone, Copy)]
struct Step {
    node: NodeId,
    next: u32,
    /// When the node was found: 0, 1, 2, ...
    found: u32,
    /// The earliest found node that is known to be reached from this one and to reach it.
    earliest: u32,
}

struct Search<'g, F> {
    graph: &'g Graph,
    included: F,
    found: Vec<u32>,
    path: Vec<Step>,
    /// Found nodes whose component is not known yet.
    open: Vec<NodeId>,
    count: u32,
    components: Components,
}

impl Components {
    /// The components of the whole graph.
    pub fn new(graph: &Graph) -> Self {
        Self::within(graph, |_| true)
    }

    /// The components of a part of the graph: of the nodes for which `included` is true, and the edges between them.
    pub fn within(graph: &Graph, included: impl Fn(NodeId) -> bool) -> Self {
        let nodes = graph.node_count();
        let mut search = Search {
            graph,
            included,
            found: vec![NONE; nodes],
            // As long as they can become: what is not used is never touched, and nothing moves while it grows.
            path: Vec::with_capacity(nodes),
            open: Vec::with_capacity(nodes),
            count: 0,
            components: Self {
                numbers: vec![NONE; nodes],
                starts: Vec::with_capacity(nodes + 1),
                members: Vec::with_capacity(nodes),
            },
        };
        search.components.starts.push(0);
        for node in graph.nodes() {
            search.find(node);
            search.descend();
        }
        let mut components = search.components;
        components.starts.shrink_to_fit();
        components.members.shrink_to_fit();
        components.turn_round();
        components
    }

    /// Tarjan's algorithm meets what is referred to first; callers expect it last.
    fn turn_round(&mut self) {
        let last = self.count() as u32;
        for number in self.numbers.iter_mut().filter(|number| **number != NONE) {
            *number = last - 1 - *number;
        }
        let total = self.members.len() as u32;
        self.members.reverse();
        self.starts.reverse();
        self.starts.iter_mut().for_each(|start| *start = total - *start);
    }

    /// How many components there are.
    pub fn count(&self) -> usize {
        self.starts.len() - 1
    }

    /// The component of a node; `None` if the node is outside the part that was looked at.
    #[inline]
    pub fn component(&self, node: NodeId) -> Option<u32> {
        Some(self.numbers[node as usize]).filter(|&number| number != NONE)
    }

    /// The nodes of a component.
    #[inline]
    pub fn members(&self, component: u32) -> &[NodeId] {
        &self.members[self.starts[component as usize] as usize..self.starts[component as usize + 1] as usize]
    }

    /// Whether a component keeps itself alive: it has several nodes, or one that refers to itself.
    pub fn is_cycle(&self, graph: &Graph, component: u32) -> bool {
        match self.members(component) {
            [single] => graph.targets(*single).contains(single),
            _ => true,
        }
    }

    /// Bytes that the components themselves take.
    pub fn bytes(&self) -> usize {
        4 * (self.numbers.capacity() + self.starts.capacity() + self.members.capacity())
    }
}

impl<F: Fn(NodeId) -> bool> Search<'_, F> {
    fn find(&mut self, node: NodeId) {
        if self.found[node as usize] != NONE || !(self.included)(node) {
            return;
        }
        let (found, next) = (self.count, self.graph.starts[node as usize]);
        self.count += 1;
        self.found[node as usize] = found;
        self.open.push(node);
        self.path.push(Step { node, next, found, earliest: found });
    }

    fn descend(&mut self) {
        while let Some(step) = self.path.last_mut() {
            if step.next < self.graph.starts[step.node as usize + 1] {
                let target = self.graph.targets[step.next as usize];
                step.next += 1;
                let found = self.found[target as usize];
                if found == NONE {
                    self.find(target);
                } else if self.components.numbers[target as usize] == NONE {
                    step.earliest = step.earliest.min(found);
                }
                continue;
            }
            let Step { node, found, earliest, .. } = *step;
            self.path.pop();
            if let Some(before) = self.path.last_mut() {
                before.earliest = before.earliest.min(earliest);
            }
            if earliest == found {
                self.close(node);
            }
        }
    }

    /// All open nodes found since `first` are one component.
    fn close(&mut self, first: NodeId) {
        let number = self.components.count() as u32;
        while let Some(node) = self.open.pop() {
            self.components.numbers[node as usize] = number;
            self.components.members.push(node);
            if node == first {
                break;
            }
        }
        self.components.starts.push(self.components.members.len() as u32);
    }
}
