use drypoint_heap::{Components, Cycles, DominatorTree, Graph, NodeId, retained_by};
use proptest::prelude::*;

use crate::heaps::heaps;
use crate::twins::{self, Nodes};

/// The fewest steps from a node back to itself: how often its neighbours must be gone through until it appears.
fn girth_at(graph: &Graph, node: NodeId) -> Option<usize> {
    let mut level: Nodes = graph.targets(node).iter().copied().collect();
    for length in 1..=graph.node_count() {
        if level.contains(&node) {
            return Some(length);
        }
        level = level.iter().flat_map(|&node| graph.targets(node)).copied().collect();
    }
    None
}

fn check(graph: &Graph, cycles: &Cycles<'_>, part: &Nodes) -> Result<(), TestCaseError> {
    let tree = DominatorTree::new(graph);
    let on_cycles: Nodes = part.iter().copied().filter(|&node| girth_at(graph, node).is_some()).collect();
    let members: Vec<_> = cycles.all().iter().flat_map(|cycle| cycles.members(cycle)).copied().collect();
    prop_assert_eq!(members.len(), on_cycles.len());
    prop_assert_eq!(members.into_iter().collect::<Nodes>(), on_cycles);
    prop_assert!(cycles.all().windows(2).all(|pair| pair[0].retained >= pair[1].retained));
    for cycle in cycles.all() {
        let members: Nodes = cycles.members(cycle).iter().copied().collect();
        prop_assert_eq!(&members, &twins::component(graph, *members.first().unwrap()));
        let freed = twins::freed(graph, &members);
        prop_assert_eq!(cycle.nodes, members.len());
        prop_assert_eq!(cycle.shallow, twins::bytes(graph, &members));
        prop_assert_eq!(cycle.retained, twins::bytes(graph, &freed));
        prop_assert_eq!(cycle.retained, retained_by(graph, &tree, members.iter().copied()).bytes());
        prop_assert_eq!(cycle.reachable, twins::live(graph).is_superset(&members));
        prop_assert_eq!(cycles.retained_nodes(cycle).collect::<Nodes>(), freed);
        let first: Nodes = cycles.retained_nodes(cycle).take(cycle.nodes).collect();
        prop_assert_eq!(first, members.clone());
        for tries in [0, 1, 2, cycle.nodes] {
            let ring = cycles.short_ring(cycle, tries);
            let mut at = ring.last().unwrap().target;
            for edge in &ring {
                prop_assert!(graph.edges(at).any(|other| other == *edge));
                prop_assert!(members.contains(&edge.target));
                at = edge.target;
            }
            let tried = cycles.members(cycle).iter().take(tries.max(1));
            let girth = tried.filter_map(|&node| girth_at(graph, node)).min();
            prop_assert_eq!(Some(ring.len()), girth);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn components_agree_with_mutual_reachability(graph in heaps(), part in any::<u16>()) {
        let components = Components::new(&graph);
        for node in graph.nodes() {
            let component = components.component(node).unwrap();
            let members: Nodes = components.members(component).iter().copied().collect();
            prop_assert_eq!(members.len(), components.members(component).len());
            prop_assert_eq!(members, twins::component(&graph, node));
            for &target in graph.targets(node) {
                prop_assert!(component <= components.component(target).unwrap());
            }
        }
        let sizes = (0..components.count() as u32).map(|component| components.members(component).len());
        prop_assert_eq!(sizes.sum::<usize>(), graph.node_count());
        // In a part, the way must lie within the part.
        let outside: Nodes = graph.nodes().filter(|node| part >> node & 1 == 0).collect();
        let within = Components::within(&graph, |node| !outside.contains(&node));
        let below = |node| twins::reached(&graph, &Nodes::from([node]), &outside, |_| true);
        for node in graph.nodes() {
            let expected: Nodes = below(node).into_iter().filter(|&other| below(other).contains(&node)).collect();
            match within.component(node) {
                Some(component) => prop_assert_eq!(within.members(component).iter().copied().collect::<Nodes>(), expected),
                None => prop_assert!(outside.contains(&node)),
            }
        }
    }

    #[test]
    fn cycles_agree_with_removal(graph in heaps()) {
        let tree = DominatorTree::new(&graph);
        let live = twins::live(&graph);
        check(&graph, &Cycles::new(&graph, &tree), &graph.nodes().collect())?;
        let garbage: Nodes = graph.nodes().filter(|node| !live.contains(node)).collect();
        check(&graph, &Cycles::unreachable(&graph, &tree), &garbage)?;
    }
}
