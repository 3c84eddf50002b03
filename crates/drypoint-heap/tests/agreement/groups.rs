use std::collections::BTreeMap;

use drypoint_heap::{DominatorTree, Holder, NodeId, group_by, group_by_holder, group_by_kind, group_by_site};
use proptest::prelude::*;

use crate::heaps::heaps;
use crate::twins::{self, Nodes};

/// Nodes, shallow and retained bytes of each group: a node counts if no other of the group takes it along.
fn sums<K: Ord + Copy>(
    graph: &drypoint_heap::Graph,
    key: impl Fn(NodeId) -> Option<K>,
) -> BTreeMap<K, (usize, u64, u64)> {
    let mut groups: BTreeMap<K, Nodes> = BTreeMap::new();
    for node in graph.nodes() {
        if let Some(key) = key(node) {
            groups.entry(key).or_default().insert(node);
        }
    }
    let freed = |node| twins::freed(graph, &Nodes::from([node]));
    let sum = |group: &Nodes| {
        let all: Nodes = group.iter().flat_map(|&node| freed(node)).collect();
        (group.len(), twins::bytes(graph, group), twins::bytes(graph, &all))
    };
    groups.iter().map(|(&key, group)| (key, sum(group))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn sums_agree_with_removal(graph in heaps()) {
        let tree = DominatorTree::new(&graph);
        macro_rules! agree {
            ($groups:expr, $key:expr) => {
                let groups = $groups;
                prop_assert!(groups.windows(2).all(|pair| pair[0].retained >= pair[1].retained));
                let found: Vec<_> = groups.iter().map(|g| (g.key, (g.nodes, g.shallow, g.retained))).collect();
                let count = found.len();
                let found: BTreeMap<_, _> = found.into_iter().collect();
                prop_assert_eq!(found.len(), count);
                prop_assert_eq!(found, sums(&graph, $key));
            };
        }
        agree!(group_by_kind(&graph, &tree), |node| Some(graph.kind(node)));
        agree!(group_by_site(&graph, &tree), |node| Some(graph.site(node)));
        agree!(group_by_holder(&graph, &tree), |node| Some(twins::holder(&graph, node)));
        let pair = |node| (node % 3 != 0).then(|| (graph.kind(node), graph.site(node)));
        agree!(group_by(&graph, &tree, pair), pair);
        let all = |node| tree.is_reachable(node).then_some(Holder::Roots);
        agree!(group_by(&graph, &tree, all), all);
    }
}
