use std::collections::BTreeMap;

use drypoint_heap::{Chain, Edge, Everything, Graph, HolderIndex, NodeId, Root, View, shortest_chains};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::heaps::{graph, heaps};
use crate::twins::{self, Nodes};

/// Hides one node, one label of edges, one label of roots.
struct Hiding {
    node: NodeId,
    edges: u32,
    roots: u32,
}

impl View for Hiding {
    fn shows_node(&self, node: NodeId) -> bool {
        node != self.node
    }
    fn shows_edge(&self, _source: NodeId, edge: Edge) -> bool {
        edge.label != self.edges
    }
    fn shows_root(&self, root: Root) -> bool {
        root.label != self.roots
    }
}

fn shown_edges<'g>(graph: &'g Graph, view: &'g impl View) -> impl Iterator<Item = (NodeId, NodeId)> + 'g {
    let edges = graph.nodes().flat_map(|source| graph.edges(source).map(move |edge| (source, edge)));
    let shown = edges.filter(|&(source, edge)| {
        view.shows_node(source) && view.shows_node(edge.target) && view.shows_edge(source, edge)
    });
    shown.map(|(source, edge)| (source, edge.target))
}

/// Steps from the roots to each node without passing `avoided`, found by relaxing every edge as often as there are nodes.
fn distances(graph: &Graph, view: &impl View, avoided: Option<NodeId>) -> BTreeMap<NodeId, usize> {
    let shown = |root: &&Root| view.shows_root(**root) && view.shows_node(root.node);
    let mut distances: BTreeMap<NodeId, usize> = graph
        .roots()
        .iter()
        .filter(shown)
        .map(|root| (root.node, 0))
        .filter(|&(node, _)| Some(node) != avoided)
        .collect();
    for _ in graph.nodes() {
        for (source, target) in shown_edges(graph, view) {
            if let Some(&distance) = distances.get(&source).filter(|_| Some(target) != avoided) {
                let known = distances.entry(target).or_insert(usize::MAX);
                *known = (*known).min(distance + 1);
            }
        }
    }
    distances
}

fn check(graph: &Graph, view: &impl View, count: usize) -> Result<(), TestCaseError> {
    let index = HolderIndex::new(graph, view);
    let shortest = distances(graph, view, None);
    let all: Vec<_> = graph.nodes().collect();
    let first = shortest_chains(graph, view, &all);
    for node in graph.nodes() {
        let depth = shortest.get(&node).copied();
        let alone = &shortest_chains(graph, view, &[node, node])[1];
        for chain in [&first[node as usize], alone] {
            prop_assert_eq!(chain.as_ref().map(|chain| chain.edges.len()), depth);
            if let Some(chain) = chain {
                is_shown(graph, view, chain, node)?;
            }
        }
        prop_assert_eq!(index.depth(node).map(|depth| depth as usize), depth);
        prop_assert_eq!(index.chain(node).map(|chain| chain.edges.len()), depth);
        let around = distances(graph, view, Some(node));
        let holders: Nodes =
            shown_edges(graph, view).filter(|edge| edge.1 == node).map(|edge| edge.0).collect();
        let known: Vec<_> = index.direct_holders(node).to_vec();
        let live: Vec<_> = shown_edges(graph, view)
            .filter(|edge| edge.1 == node && shortest.contains_key(&edge.0))
            .map(|edge| edge.0)
            .collect();
        prop_assert_eq!(known, live);
        let own =
            graph.roots().iter().filter(|r| r.node == node && view.shows_root(**r) && view.shows_node(node));
        let mut expected: Vec<usize> = own.map(|_| 0).collect();
        expected.extend(holders.iter().filter_map(|holder| around.get(holder)).map(|distance| distance + 1));
        expected.sort_unstable();
        expected.truncate(count);
        let chains = index.chains(node, count);
        prop_assert_eq!(
            chains.iter().map(|chain| chain.edges.len()).collect::<Vec<_>>(),
            expected,
            "node {}",
            node
        );
        let last: Vec<_> = chains.iter().filter_map(|chain| chain.holder()).collect();
        prop_assert_eq!(last.iter().collect::<std::collections::BTreeSet<_>>().len(), last.len());
        for chain in &chains {
            is_shown(graph, view, chain, node)?;
        }
    }
    Ok(())
}

/// A chain leads from a shown root to the node, which it passes once, along what is shown.
fn is_shown(graph: &Graph, view: &impl View, chain: &Chain, node: NodeId) -> Result<(), TestCaseError> {
    prop_assert!(graph.roots().contains(&chain.root) && view.shows_root(chain.root));
    let nodes: Vec<_> = chain.nodes().collect();
    prop_assert_eq!(nodes.last(), Some(&node));
    prop_assert_eq!(nodes.iter().filter(|&&passed| passed == node).count(), 1);
    prop_assert!(nodes.iter().all(|&node| view.shows_node(node)));
    for (pair, edge) in nodes.windows(2).zip(&chain.edges) {
        prop_assert!(graph.edges(pair[0]).any(|other| other == *edge) && edge.target == pair[1]);
        prop_assert!(view.shows_edge(pair[0], *edge));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn chains_agree_with_plain_distances(graph in heaps(), count in 0..5_usize) {
        check(&graph, &Everything, count)?;
    }

    #[test]
    fn what_is_hidden_is_not_used(graph in heaps(), count in 1..4_usize, hidden in (0..14_u32, 0..4_u32, 0..4_u32)) {
        let (node, edges, roots) = hidden;
        check(&graph, &Hiding { node, edges, roots }, count)?;
    }

    #[test]
    fn who_reaches_a_node_is_a_holder_or_held_by_one(graph in heaps()) {
        let index = HolderIndex::new(&graph, &Everything);
        let live = twins::live(&graph);
        prop_assert!(graph.nodes().all(|node| index.depth(node).is_some() == live.contains(&node)));
    }
}

/// The node's second holder lies behind it on its shortest chain, but has a longer chain of its own.
#[test]
fn a_holder_behind_the_node_is_reached_by_the_long_way() {
    let edges = [(0, 1, 1), (0, 3, 2), (1, 2, 3), (2, 1, 4), (3, 4, 5), (4, 5, 6), (5, 2, 7)];
    let graph = graph(&[drypoint_heap::Node::default(); 6], &edges, &[(0, 9)]);
    let index = HolderIndex::new(&graph, &Everything);
    let labels: Vec<Vec<u32>> =
        index.chains(1, 9).iter().map(|chain| chain.edges.iter().map(|edge| edge.label).collect()).collect();
    assert_eq!(labels, [vec![1], vec![2, 5, 6, 7, 4]]);
}
