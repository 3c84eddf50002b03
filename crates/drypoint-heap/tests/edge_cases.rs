//! Shapes that random graphs do not have: nothing at all, and a million of one thing.

use std::time::{Duration, Instant};

use drypoint_heap::{DominatorTree, Graph, GraphBuilder, GraphError, Holder, Node, NodeId};

const MILLION: u32 = 1_000_000;

/// A method that takes quadratic time on a million would need hours; an unoptimised build, a busy machine, seconds.
const LINEAR: Duration = Duration::from_secs(60);

fn graph(nodes: u32, edges: impl IntoIterator<Item = (NodeId, NodeId)>, roots: &[NodeId]) -> Graph {
    let mut builder = GraphBuilder::new();
    for _ in 0..nodes {
        builder.add_node(Node { shallow: 1, ..Node::default() }).unwrap();
    }
    for (source, target) in edges {
        builder.add_edge(source, target, 0).unwrap();
    }
    for &root in roots {
        builder.add_root(root, 0).unwrap();
    }
    builder.finish().unwrap()
}

fn chain() -> Graph {
    graph(MILLION, (1..MILLION).map(|node| (node - 1, node)), &[0])
}

fn star() -> Graph {
    graph(MILLION, (1..MILLION).map(|node| (0, node)), &[0])
}

#[test]
fn nothing() {
    let graph = graph(0, [], &[]);
    let tree = DominatorTree::new(&graph);
    assert_eq!((tree.live_bytes(), tree.unreachable_bytes(), tree.unreachable_count()), (0, 0, 0));
    assert_eq!(tree.held_by(Holder::Roots).count() + tree.held_by(Holder::Unreachable).count(), 0);
}

#[test]
fn a_node_that_only_refers_to_itself_waits_for_the_collector() {
    let graph = graph(2, [(1, 1), (1, 1)], &[0]);
    let tree = DominatorTree::new(&graph);
    assert_eq!(tree.holder(1), Holder::Unreachable);
    assert_eq!((tree.live_bytes(), tree.unreachable_bytes(), tree.retained(1)), (1, 1, 1));
}

#[test]
fn garbage_that_refers_to_living_things_does_not_hold_them() {
    let graph = graph(3, [(0, 1), (2, 1)], &[0]);
    let tree = DominatorTree::new(&graph);
    assert_eq!(tree.holder(1), Holder::Node(0));
    assert_eq!((tree.retained(0), tree.retained(2)), (2, 1));
}

#[test]
fn a_long_chain_is_walked_without_recursion() {
    let (graph, start) = (chain(), Instant::now());
    let tree = DominatorTree::new(&graph);
    assert!((0..MILLION).all(|node| tree.retained(node) == u64::from(MILLION - node)));
    assert_eq!(tree.holders(MILLION - 1).count() as u32, MILLION - 1);
    assert!(start.elapsed() < LINEAR);
}

#[test]
fn a_long_ring_of_garbage_is_entered_once() {
    let (graph, start) =
        (graph(MILLION, (0..MILLION).map(|node| (node, (node + 1) % MILLION)), &[]), Instant::now());
    let tree = DominatorTree::new(&graph);
    assert_eq!(tree.unreachable_entries(), [0]);
    assert_eq!(tree.retained(0), u64::from(MILLION));
    assert!(start.elapsed() < LINEAR);
}

#[test]
fn a_star_is_wide() {
    let (graph, start) = (star(), Instant::now());
    let tree = DominatorTree::new(&graph);
    assert_eq!(tree.retained(0), u64::from(MILLION));
    assert_eq!(tree.held_by(Holder::Node(0)).count() as u32, MILLION - 1);
    assert!(start.elapsed() < LINEAR);
}

/// A chain whose last node refers to half a million nodes that the root refers to as well: walking up the dominator tree
/// from each of them, as Cooper, Harvey and Kennedy and the semi-NCA method do, takes 2.5e11 steps.
#[test]
fn a_long_chain_to_shared_nodes_stays_linear() {
    let half = MILLION / 2;
    let edges = std::iter::once((0, 1))
        .chain((half..MILLION).map(|shared| (0, shared)))
        .chain((1..half - 1).map(|node| (node, node + 1)))
        .chain((half..MILLION).map(|shared| (half - 1, shared)));
    let (graph, start) = (graph(MILLION, edges, &[0]), Instant::now());
    let tree = DominatorTree::new(&graph);
    assert!((half..MILLION).all(|shared| tree.holder(shared) == Holder::Node(0)));
    assert_eq!(tree.retained(1), u64::from(half - 1));
    assert!(start.elapsed() < LINEAR);
}

#[test]
fn the_builder_refuses_and_goes_on() {
    let mut builder = GraphBuilder::new();
    assert_eq!(builder.add_root(0, 0), Err(GraphError::NodeUnknown { node: 0, nodes: 0 }));
    assert_eq!(builder.add_edge(0, 0, 0), Err(GraphError::NodeUnknown { node: 0, nodes: 0 }));
    builder.add_node(Node::default()).unwrap();
    builder.add_node(Node::default()).unwrap();
    builder.add_edge(1, 0, 0).unwrap();
    assert_eq!(builder.add_edge(0, 1, 0), Err(GraphError::SourceOutOfOrder { source: 0, last: 1 }));
    builder.add_edge(1, 1, 5).unwrap();
    let graph = builder.finish().unwrap();
    assert_eq!((graph.edge_count(), graph.targets(0).len(), graph.targets(1)), (2, 0, &[0, 1][..]));
    assert_eq!((graph.label(0), graph.label(1), graph.source(0), graph.source(1)), (0, 5, 1, 1));
}

#[test]
fn a_target_may_come_later_but_must_come() {
    let mut builder = GraphBuilder::new();
    builder.add_node(Node::default()).unwrap();
    builder.add_edge(0, 1, 0).unwrap();
    assert_eq!(builder.finish().unwrap_err(), GraphError::NodeUnknown { node: 1, nodes: 1 });
}

#[test]
fn what_is_said_of_a_node_is_kept_and_can_change() {
    let mut builder = GraphBuilder::with_capacity(3, 0);
    let large = Node { shallow: u64::from(u32::MAX), kind: 1, site: 2, key: 3 };
    let huge = Node { shallow: 1 << 40, kind: 9, ..Node::default() };
    for node in [Node::default(), large, huge] {
        builder.add_node(node).unwrap();
    }
    builder.describe(2, large).unwrap();
    builder.describe(1, Node { shallow: 5, ..Node::default() }).unwrap();
    let graph = builder.finish().unwrap();
    assert_eq!(graph.node(0), Node::default());
    assert_eq!(graph.node(1), Node { shallow: 5, ..Node::default() });
    assert_eq!(graph.node(2), large);
    assert_eq!(graph.total_shallow(), 5 + u64::from(u32::MAX));
}
