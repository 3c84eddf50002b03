//! What the words mean, computed by removing something and looking again. Nothing here is fast.

use std::collections::BTreeSet;

use drypoint_heap::{Graph, Holder, NodeId};

pub(crate) type Nodes = BTreeSet<NodeId>;

/// All that is reached from `from` without the nodes `gone`, by edges whose numbers `kept` keeps.
pub(crate) fn reached(graph: &Graph, from: &Nodes, gone: &Nodes, kept: impl Fn(u32) -> bool) -> Nodes {
    let mut reached: Nodes = from - gone;
    loop {
        let further: Nodes = (reached.iter().flat_map(|&node| graph.edges(node)))
            .filter(|edge| {
                kept(edge.index) && !gone.contains(&edge.target) && !reached.contains(&edge.target)
            })
            .map(|edge| edge.target)
            .collect();
        if further.is_empty() {
            return reached;
        }
        reached.extend(further);
    }
}

pub(crate) fn below(graph: &Graph, node: NodeId) -> Nodes {
    reached(graph, &Nodes::from([node]), &Nodes::new(), |_| true)
}

pub(crate) fn roots(graph: &Graph) -> Nodes {
    graph.roots().iter().map(|root| root.node).collect()
}

pub(crate) fn live(graph: &Graph) -> Nodes {
    reached(graph, &roots(graph), &Nodes::new(), |_| true)
}

/// The strongly connected component of each node: all that it reaches and that reaches it.
pub(crate) fn component(graph: &Graph, node: NodeId) -> Nodes {
    below(graph, node).into_iter().filter(|&other| below(graph, other).contains(&node)).collect()
}

/// The lowest node of each component of the garbage that nothing else in the garbage refers to.
pub(crate) fn entries(graph: &Graph) -> Nodes {
    let live = live(graph);
    let garbage: Nodes = graph.nodes().filter(|node| !live.contains(node)).collect();
    let entered = |component: &Nodes| {
        garbage.iter().all(|&other| component.contains(&other) || below(graph, other).is_disjoint(component))
    };
    garbage
        .iter()
        .map(|&node| component(graph, node))
        .filter(entered)
        .map(|component| *component.first().unwrap())
        .collect()
}

/// What is still held when `gone` is taken out: from the roots, and within the garbage from its entries.
pub(crate) fn held_without(graph: &Graph, gone: &Nodes, kept: impl Fn(u32) -> bool) -> Nodes {
    let live = live(graph);
    let alive = reached(graph, &roots(graph), gone, &kept);
    let garbage = reached(graph, &entries(graph), &(gone | &live), &kept);
    &alive | &garbage
}

/// What goes when `gone` goes.
pub(crate) fn freed(graph: &Graph, gone: &Nodes) -> Nodes {
    let held = held_without(graph, gone, |_| true);
    graph.nodes().filter(|node| !held.contains(node)).collect()
}

pub(crate) fn bytes(graph: &Graph, nodes: &Nodes) -> u64 {
    nodes.iter().map(|&node| graph.shallow(node)).sum()
}

/// Of all the others whose going takes this node along, the one that goes with all of them.
pub(crate) fn holder(graph: &Graph, node: NodeId) -> Holder {
    let dominators: Nodes = graph
        .nodes()
        .filter(|&other| other != node && freed(graph, &Nodes::from([other])).contains(&node))
        .collect();
    let nearest = dominators.iter().find(|&&candidate| {
        dominators.iter().all(|&other| freed(graph, &Nodes::from([other])).contains(&candidate))
    });
    match nearest {
        Some(&nearest) => Holder::Node(nearest),
        None if live(graph).contains(&node) => Holder::Roots,
        None => Holder::Unreachable,
    }
}
