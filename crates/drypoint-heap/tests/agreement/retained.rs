use drypoint_heap::{DominatorTree, Reference, retained_by, retained_by_reference};
use proptest::prelude::*;

use crate::heaps::{graph, heaps};
use crate::twins::{self, Nodes};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn sets_agree_with_removal(graph in heaps(), chosen in any::<u16>()) {
        let tree = DominatorTree::new(&graph);
        let gone: Nodes = graph.nodes().filter(|node| chosen >> node & 1 == 1).collect();
        let freed = retained_by(&graph, &tree, gone.iter().copied().chain(gone.iter().copied()));
        let expected = twins::freed(&graph, &gone);
        prop_assert_eq!(freed.nodes().collect::<Nodes>(), expected.clone());
        prop_assert_eq!(freed.node_count(), expected.len());
        prop_assert_eq!(freed.bytes(), twins::bytes(&graph, &expected));
    }

    #[test]
    fn one_node_agrees_with_the_tree(graph in heaps()) {
        let tree = DominatorTree::new(&graph);
        for node in graph.nodes() {
            prop_assert_eq!(retained_by(&graph, &tree, [node]).bytes(), tree.retained(node));
        }
    }

    #[test]
    fn edges_agree_with_removal(graph in heaps()) {
        let tree = DominatorTree::new(&graph);
        for edge in 0..graph.edge_count() as u32 {
            let held = twins::held_without(&graph, &Nodes::new(), |other| other != edge);
            let bytes = graph.total_shallow() - twins::bytes(&graph, &held);
            prop_assert_eq!(retained_by_reference(&graph, &tree, Reference::Edge(edge)), bytes, "edge {}", edge);
        }
    }

    #[test]
    fn roots_agree_with_removal(heap in heaps()) {
        let tree = DominatorTree::new(&heap);
        let live = twins::live(&heap);
        for at in 0..heap.roots().len() {
            let others: Nodes = (heap.roots().iter().enumerate())
                .filter(|&(other, _)| other != at).map(|(_, root)| root.node).collect();
            let still = twins::reached(&heap, &others, &Nodes::new(), |_| true);
            let bytes = twins::bytes(&heap, &live) - twins::bytes(&heap, &still);
            prop_assert_eq!(retained_by_reference(&heap, &tree, Reference::Root(at)), bytes, "root {}", at);
        }
    }
}

#[test]
fn two_that_hold_a_third_together_free_it_together() {
    let node = drypoint_heap::Node { shallow: 10, ..Default::default() };
    let graph = graph(&[node; 4], &[(0, 1, 0), (0, 2, 0), (1, 3, 0), (2, 3, 0)], &[(0, 0)]);
    let tree = DominatorTree::new(&graph);
    assert_eq!((tree.retained(1), tree.retained(2)), (10, 10));
    assert_eq!(retained_by(&graph, &tree, [1, 2]).bytes(), 30);
}
