//! Shapes that random graphs do not have: nothing at all, and a million of one thing.

use std::time::{Duration, Instant};

use drypoint_heap::{
    Components, Cycles, DominatorTree, Everything, Fate, Graph, GraphBuilder, GraphError, Holder,
    HolderIndex, Identities, Node, NodeId, Reference, changes, group_by_kind, group_by_kind_and_label,
    retained_by, retained_by_reference,
};

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
    assert_eq!(tree.dominated(Holder::Roots).len() + tree.dominated(Holder::Unreachable).len(), 0);
    assert_eq!(retained_by(&graph, &tree, []).node_count(), 0);
    assert_eq!(Components::new(&graph).count(), 0);
    assert!(Cycles::new(&graph, &tree).all().is_empty());
    let groups = group_by_kind(&graph, &tree);
    assert!(groups.is_empty() && changes(&groups, &groups).is_empty());
    let identities = Identities::of(&graph);
    assert!(identities.is_empty() && identities.fates(&identities).next().is_none());
    assert!(HolderIndex::new(&graph, &Everything).bytes() < 100);
}

#[test]
fn a_node_that_only_refers_to_itself_waits_for_the_collector() {
    let graph = graph(2, [(1, 1), (1, 1)], &[0]);
    let tree = DominatorTree::new(&graph);
    assert_eq!(tree.holder(1), Holder::Unreachable);
    assert_eq!((tree.live_bytes(), tree.unreachable_bytes(), tree.retained(1)), (1, 1, 1));
    let cycles = Cycles::unreachable(&graph, &tree);
    assert_eq!(cycles.all().iter().map(|cycle| cycles.members(cycle)).collect::<Vec<_>>(), [[1]]);
    assert_eq!(cycles.short_ring(&cycles.all()[0], 1).len(), 1);
    assert!(HolderIndex::new(&graph, &Everything).chains(1, 5).is_empty());
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
    assert_eq!(retained_by(&graph, &tree, [MILLION / 2]).node_count() as u32, MILLION / 2);
    assert_eq!(retained_by_reference(&graph, &tree, Reference::Edge(0)), u64::from(MILLION - 1));
    assert_eq!(Components::new(&graph).count() as u32, MILLION);
    assert!(Cycles::new(&graph, &tree).all().is_empty());
    assert_eq!(group_by_kind(&graph, &tree)[0].retained, u64::from(MILLION));
    let chains = HolderIndex::new(&graph, &Everything).chains(MILLION - 1, 3);
    assert_eq!(chains.iter().map(|chain| chain.edges.len() as u32).collect::<Vec<_>>(), [MILLION - 1]);
    assert!(start.elapsed() < LINEAR);
}

#[test]
fn a_long_ring_of_garbage_is_entered_once() {
    let (graph, start) =
        (graph(MILLION, (0..MILLION).map(|node| (node, (node + 1) % MILLION)), &[]), Instant::now());
    let tree = DominatorTree::new(&graph);
    assert_eq!(tree.unreachable_entries(), [0]);
    assert_eq!(tree.retained(0), u64::from(MILLION));
    let cycles = Cycles::unreachable(&graph, &tree);
    assert_eq!(cycles.all().len(), 1);
    assert_eq!(cycles.short_ring(&cycles.all()[0], 2).len() as u32, MILLION);
    assert!(start.elapsed() < LINEAR);
}

#[test]
fn a_star_is_wide() {
    let (graph, start) = (star(), Instant::now());
    let tree = DominatorTree::new(&graph);
    assert_eq!(tree.retained(0), u64::from(MILLION));
    assert_eq!(tree.held_by(Holder::Node(0)).count() as u32, MILLION - 1);
    assert_eq!(retained_by(&graph, &tree, 1..MILLION).bytes(), u64::from(MILLION - 1));
    assert_eq!(Components::new(&graph).count() as u32, MILLION);
    let index = HolderIndex::new(&graph, &Everything);
    assert_eq!(index.chain(MILLION - 1).unwrap().edges.len(), 1);
    assert!(start.elapsed() < LINEAR);
}

/// A node that a million others refer to, each a root and each referred to by it: all are holders, all lie behind it.
#[test]
fn a_node_held_by_a_million_is_explained_by_a_few() {
    let edges = (0..MILLION - 1)
        .map(|node| (node, MILLION - 1))
        .chain((0..MILLION - 1).map(|node| (MILLION - 1, node)));
    let roots: Vec<_> = (0..MILLION - 1).collect();
    let (graph, start) = (graph(MILLION, edges, &roots), Instant::now());
    let chains = HolderIndex::new(&graph, &Everything).chains(MILLION - 1, 3);
    assert_eq!(
        chains.iter().map(|chain| chain.nodes().collect::<Vec<_>>()).collect::<Vec<_>>(),
        [[0, MILLION - 1], [1, MILLION - 1], [2, MILLION - 1]]
    );
    assert!(start.elapsed() < LINEAR);
}

/// A module's list that holds everything, asked for its holders: all but one of those are held by it alone.
#[test]
fn holders_that_the_node_itself_holds_are_given_up_together() {
    let edges = std::iter::once((0, 1))
        .chain((2..MILLION).map(|node| (1, node)))
        .chain((2..MILLION).map(|node| (node, 1)));
    let (graph, start) = (graph(MILLION, edges, &[0]), Instant::now());
    let chains = HolderIndex::new(&graph, &Everything).chains(1, 3);
    assert_eq!(chains.iter().map(|chain| chain.holder()).collect::<Vec<_>>(), [Some(0)]);
    assert!(start.elapsed() < LINEAR);
}

/// Node 1 holds the last half million, which hold it; they are also held by the end of a chain of as many.
#[test]
fn a_long_way_round_is_found_once_for_all_holders() {
    let half = MILLION / 2;
    let edges = [(0, 1), (0, 2)]
        .into_iter()
        .chain((half..MILLION).map(|node| (1, node)))
        .chain((2..half - 1).map(|node| (node, node + 1)))
        .chain((half..MILLION).map(|node| (half - 1, node)))
        .chain((half..MILLION).map(|node| (node, 1)));
    let (graph, start) = (graph(MILLION, edges, &[0]), Instant::now());
    let chains = HolderIndex::new(&graph, &Everything).chains(1, 3);
    let lengths: Vec<_> = chains.iter().map(|chain| chain.edges.len() as u32).collect();
    assert_eq!(lengths, [1, half, half]);
    assert!(start.elapsed() < LINEAR);
}

#[test]
fn repeated_edges_are_one_reference_each() {
    let graph = graph(2, [(0, 1), (0, 1)], &[0, 0]);
    let tree = DominatorTree::new(&graph);
    assert_eq!(retained_by_reference(&graph, &tree, Reference::Edge(0)), 0);
    assert_eq!(retained_by_reference(&graph, &tree, Reference::Root(0)), 0);
    let index = HolderIndex::new(&graph, &Everything);
    assert_eq!(index.direct_holders(1), [0, 0]);
    assert_eq!((index.chains(1, 5).len(), index.chains(0, 5).len()), (1, 2));
    assert_eq!(group_by_kind_and_label(&graph, &tree)[0].nodes, 2);
}

#[test]
fn an_object_that_moved_is_gone_and_new() {
    let of = |keys: &[u64]| {
        let mut builder = GraphBuilder::new();
        for &key in keys {
            builder.add_node(Node { key, ..Node::default() }).unwrap();
        }
        Identities::of(&builder.finish().unwrap())
    };
    let (before, after) = (of(&[7, 0, u64::MAX]), of(&[u64::MAX, 8]));
    let fates: Vec<_> = before.fates(&after).collect();
    assert_eq!(fates, [Fate::Gone(0), Fate::New(1), Fate::Stayed { before: 2, after: 0 }]);
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
