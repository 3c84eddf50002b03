//! Random small heaps. Few nodes and many edges, so that every shape of a cycle comes up within a few hundred cases.

use drypoint_heap::{Graph, GraphBuilder, Node, NodeId};
use proptest::prelude::*;

/// A graph of a list of (source, target, label) in any order.
pub(crate) fn graph(nodes: &[Node], edges: &[(NodeId, NodeId, u32)], roots: &[(NodeId, u32)]) -> Graph {
    let mut edges = edges.to_vec();
    edges.sort_by_key(|edge| edge.0);
    let mut builder = GraphBuilder::new();
    for &node in nodes {
        builder.add_node(node).unwrap();
    }
    for (source, target, label) in edges {
        builder.add_edge(source, target, label).unwrap();
    }
    for &(node, label) in roots {
        builder.add_root(node, label).unwrap();
    }
    builder.finish().unwrap()
}

pub(crate) fn heaps() -> impl Strategy<Value = Graph> {
    (0..14_u32)
        .prop_flat_map(|count| {
            let node = (prop_oneof![0..100_u64, Just(1 << 40)], 0..4_u32, 0..3_u32);
            let nodes = prop::collection::vec(node, count as usize);
            let ends = 0..count.max(1);
            let most = if count == 0 { 0 } else { 3 * count as usize };
            let edges = prop::collection::vec((ends.clone(), ends.clone(), 0..4_u32), 0..=most);
            let roots = prop::collection::vec((ends, 0..3_u32), 0..=if count == 0 { 0 } else { 3 });
            (nodes, edges, roots)
        })
        .prop_map(|(nodes, edges, roots)| {
            let nodes: Vec<_> =
                nodes.into_iter().map(|(shallow, kind, site)| Node { shallow, kind, site, key: 0 }).collect();
            graph(&nodes, &edges, &roots)
        })
}
