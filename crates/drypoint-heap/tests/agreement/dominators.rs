use drypoint_heap::{DominatorTree, Holder};
use proptest::prelude::*;

use crate::heaps::heaps;
use crate::twins::{self, Nodes};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn holders_agree_with_removal(graph in heaps()) {
        let tree = DominatorTree::new(&graph);
        for node in graph.nodes() {
            prop_assert_eq!(tree.holder(node), twins::holder(&graph, node), "node {}", node);
        }
    }

    #[test]
    fn retained_agrees_with_removal(graph in heaps()) {
        let tree = DominatorTree::new(&graph);
        for node in graph.nodes() {
            let freed = twins::freed(&graph, &Nodes::from([node]));
            prop_assert_eq!(tree.retained(node), twins::bytes(&graph, &freed), "node {}", node);
            prop_assert_eq!(tree.dominated(Holder::Node(node)).collect::<Nodes>(), freed.clone());
            for other in graph.nodes() {
                prop_assert_eq!(tree.dominates(node, other), freed.contains(&other));
            }
        }
    }

    #[test]
    fn the_tree_holds_together(graph in heaps()) {
        let tree = DominatorTree::new(&graph);
        let live = twins::live(&graph);
        prop_assert_eq!(tree.live_bytes(), twins::bytes(&graph, &live));
        prop_assert_eq!(tree.live_bytes() + tree.unreachable_bytes(), graph.total_shallow());
        prop_assert_eq!(tree.unreachable_count(), graph.node_count() - live.len());
        prop_assert_eq!(tree.unreachable_entries().iter().copied().collect::<Nodes>(), twins::entries(&graph));
        prop_assert_eq!(tree.dominated(Holder::Roots).collect::<Nodes>(), live.clone());
        prop_assert_eq!(tree.dominated(Holder::Unreachable).len(), tree.unreachable_count());
        for node in graph.nodes() {
            prop_assert_eq!(tree.is_reachable(node), live.contains(&node));
        }
        let holders = graph.nodes().map(Holder::Node).chain([Holder::Roots, Holder::Unreachable]);
        for holder in holders {
            let held: Vec<_> = tree.held_by(holder).collect();
            let expected: Nodes = graph.nodes().filter(|&node| tree.holder(node) == holder).collect();
            prop_assert_eq!(held.len(), expected.len());
            prop_assert_eq!(held.into_iter().collect::<Nodes>(), expected);
        }
        for node in graph.nodes() {
            let chain: Vec<_> = tree.holders(node).collect();
            let expected: Nodes = graph.nodes().filter(|&o| o != node && tree.dominates(o, node)).collect();
            prop_assert_eq!(chain.iter().copied().collect::<Nodes>(), expected);
            prop_assert!(chain.windows(2).all(|pair| tree.dominates(pair[1], pair[0])));
        }
    }
}
