//! The two methods that decision 0018 did not choose, plainly written, and the graph on which they are slow.

use drypoint_heap::{Graph, GraphBuilder, Node, NodeId};

const NONE: u32 = u32::MAX;

/// What both need: a depth-first tree below the roots, and the edges backwards, in preorder numbers; 0 is above the roots.
pub(crate) struct Space {
    number_of: Vec<u32>,
    parents: Vec<u32>,
    starts: Vec<u32>,
    sources: Vec<u32>,
    postorder: Vec<u32>,
}

impl Space {
    pub(crate) fn new(graph: &Graph) -> Self {
        let mut number_of = vec![NONE; graph.node_count()];
        let (mut parents, mut node_of, mut postorder) = (vec![0], vec![NONE], Vec::new());
        let mut edges = Vec::new();
        for root in graph.roots() {
            let mut path = Vec::new();
            let mut arrival = Some((0, root.node));
            loop {
                if let Some((source, target)) = arrival.take() {
                    if number_of[target as usize] == NONE {
                        number_of[target as usize] = node_of.len() as u32;
                        path.push((node_of.len() as u32, 0));
                        parents.push(source);
                        node_of.push(target);
                    }
                    edges.push((source, number_of[target as usize]));
                }
                let Some((number, next)) = path.last_mut() else { break };
                match graph.targets(node_of[*number as usize]).get(*next) {
                    Some(&target) => {
                        *next += 1;
                        arrival = Some((*number, target));
                    }
                    None => postorder.extend(path.pop().map(|(number, _)| number)),
                }
            }
        }
        postorder.push(0);
        let mut starts = vec![0_u32; node_of.len() + 1];
        edges.iter().for_each(|&(_, target)| starts[target as usize + 1] += 1);
        (1..starts.len()).for_each(|at| starts[at] += starts[at - 1]);
        let (mut free, mut sources) = (starts.clone(), vec![0; edges.len()]);
        for (source, target) in edges {
            sources[free[target as usize] as usize] = source;
            free[target as usize] += 1;
        }
        Self { number_of, parents, starts, sources, postorder }
    }

    pub(crate) fn number_of(&self, node: NodeId) -> u32 {
        self.number_of[node as usize]
    }

    fn sources(&self, vertex: u32) -> &[u32] {
        &self.sources[self.starts[vertex as usize] as usize..self.starts[vertex as usize + 1] as usize]
    }

    /// Georgiadis, Tarjan and Werneck, "Finding dominators in practice", 2006.
    pub(crate) fn semi_nca(&self) -> Vec<u32> {
        let count = self.parents.len();
        let mut ancestor = self.parents.clone();
        let mut label: Vec<u32> = (0..count as u32).collect();
        let mut semi = label.clone();
        let mut path = Vec::new();
        for vertex in (1..count as u32).rev() {
            let mut lowest = self.parents[vertex as usize];
            for &source in self.sources(vertex) {
                if source > vertex {
                    let mut at = source;
                    while ancestor[at as usize] > vertex {
                        path.push(at);
                        at = ancestor[at as usize];
                    }
                    while let Some(below) = path.pop() {
                        if semi[label[at as usize] as usize] < semi[label[below as usize] as usize] {
                            label[below as usize] = label[at as usize];
                        }
                        ancestor[below as usize] = ancestor[at as usize];
                        at = below;
                    }
                }
                lowest =
                    lowest.min(if source > vertex { semi[label[source as usize] as usize] } else { source });
            }
            semi[vertex as usize] = lowest;
        }
        let mut dominators = self.parents.clone();
        for vertex in 1..count {
            while dominators[vertex] > semi[vertex] {
                dominators[vertex] = dominators[dominators[vertex] as usize];
            }
        }
        dominators
    }

    /// Cooper, Harvey and Kennedy, "A simple, fast dominance algorithm", 2001.
    pub(crate) fn cooper_harvey_kennedy(&self) -> Vec<u32> {
        let mut rank = vec![0; self.postorder.len()];
        self.postorder.iter().enumerate().for_each(|(at, &vertex)| rank[vertex as usize] = at);
        let mut dominators = vec![NONE; self.parents.len()];
        dominators[0] = 0;
        let mut changed = true;
        while changed {
            changed = false;
            for &vertex in self.postorder.iter().rev().skip(1) {
                let mut new = NONE;
                for &source in self.sources(vertex) {
                    if dominators[source as usize] == NONE {
                        continue;
                    }
                    let mut other = source;
                    while new != NONE && new != other {
                        if rank[new as usize] < rank[other as usize] {
                            new = dominators[new as usize];
                        } else {
                            other = dominators[other as usize];
                        }
                    }
                    new = other;
                }
                changed |= dominators[vertex as usize] != new;
                dominators[vertex as usize] = new;
            }
        }
        dominators
    }
}

/// A linked list whose last item refers to objects that the root refers to as well.
pub(crate) fn list_to_shared(items: u32) -> Graph {
    let mut builder = GraphBuilder::new();
    for _ in 0..=2 * items {
        builder.add_node(Node::default()).unwrap();
    }
    builder.add_edge(0, 1, 0).unwrap();
    (items + 1..=2 * items).for_each(|shared| builder.add_edge(0, shared, 0).unwrap());
    (1..items).for_each(|item| builder.add_edge(item, item + 1, 0).unwrap());
    (items + 1..=2 * items).for_each(|shared| builder.add_edge(items, shared, 0).unwrap());
    builder.add_root(0, 0).unwrap();
    builder.finish().unwrap()
}
