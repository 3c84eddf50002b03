use std::collections::{BTreeMap, BTreeSet};

use drypoint_heap::{
    DominatorTree, Fate, Graph, GraphBuilder, Group, Holder, Identities, Node, changes,
    group_by_kind_and_label, group_by_kind_and_site, holder_labels,
};
use proptest::prelude::*;

use crate::heaps::heaps;
use crate::twins;

type Groups = Vec<Group<(u32, u32)>>;

fn check(before: &Groups, after: &Groups) -> Result<(), TestCaseError> {
    let sums = |groups: &Groups, key| {
        groups.iter().find(|group| group.key == key).map_or((0, 0, 0), |g| (g.nodes, g.shallow, g.retained))
    };
    let keys: BTreeSet<_> = before.iter().chain(after).map(|group| group.key).collect();
    let found = changes(before, after);
    let mut expected = BTreeMap::new();
    for key in keys {
        let (old, new) = (sums(before, key), sums(after, key));
        if old != new {
            let grown =
                (new.0 as i64 - old.0 as i64, new.1 as i64 - old.1 as i64, new.2 as i64 - old.2 as i64);
            expected.insert(key, grown);
        }
    }
    prop_assert!(found.windows(2).all(|pair| pair[0].shallow() >= pair[1].shallow()));
    prop_assert_eq!(found.len(), expected.len());
    let found: BTreeMap<_, _> = found
        .iter()
        .map(|change| (change.key(), (change.nodes(), change.shallow(), change.retained())))
        .collect();
    prop_assert_eq!(found, expected);
    Ok(())
}

fn keys() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(0..30_u64, 0..30)
}

fn keyed(keys: &[u64]) -> Graph {
    let mut builder = GraphBuilder::new();
    for &key in keys {
        builder.add_node(Node { key, ..Node::default() }).unwrap();
    }
    builder.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn labels_are_those_of_the_holders_references(graph in heaps()) {
        let labels = holder_labels(&graph, &DominatorTree::new(&graph));
        for node in graph.nodes() {
            let mut known = match twins::holder(&graph, node) {
                Holder::Node(holder) => graph.edges(holder).filter(|e| e.target == node).map(|e| e.label).collect(),
                Holder::Roots => graph.roots().iter().filter(|r| r.node == node).map(|r| r.label).collect(),
                Holder::Unreachable => vec![],
            };
            known.retain(|&label| label != 0);
            prop_assert_eq!(labels[node as usize], known.first().copied().unwrap_or(0));
        }
    }

    #[test]
    fn differences_agree_with_two_tables(before in heaps(), after in heaps()) {
        let (old, new) = (DominatorTree::new(&before), DominatorTree::new(&after));
        check(&group_by_kind_and_site(&before, &old), &group_by_kind_and_site(&after, &new))?;
        check(&group_by_kind_and_label(&before, &old), &group_by_kind_and_label(&after, &new))?;
        let labels = holder_labels(&after, &new);
        for group in group_by_kind_and_label(&after, &new) {
            let same = after.nodes().filter(|&n| (after.kind(n), labels[n as usize]) == group.key);
            prop_assert_eq!(same.count(), group.nodes);
        }
        check(&group_by_kind_and_site(&before, &old), &vec![])?;
    }

    #[test]
    fn fates_agree_with_looking_each_up(before in keys(), after in keys()) {
        let (old, new) = (Identities::of(&keyed(&before)), Identities::of(&keyed(&after)));
        let places = |keys: &[u64], key| -> Vec<u32> {
            (0..keys.len() as u32).filter(|&at| keys[at as usize] == key).collect()
        };
        let mut expected = BTreeSet::new();
        for key in 1..30 {
            let (old, new) = (places(&before, key), places(&after, key));
            let both = old.len().min(new.len());
            expected.extend(old.iter().zip(&new).map(|(&before, &after)| Fate::Stayed { before, after }));
            expected.extend(old[both..].iter().map(|&node| Fate::Gone(node)));
            expected.extend(new[both..].iter().map(|&node| Fate::New(node)));
        }
        let fates: Vec<_> = old.fates(&new).collect();
        prop_assert_eq!(fates.len(), expected.len());
        prop_assert_eq!(fates.into_iter().collect::<BTreeSet<_>>(), expected);
        for key in 1..31 {
            prop_assert_eq!(old.node(key), places(&before, key).first().copied());
        }
        prop_assert_eq!(old.len(), before.iter().filter(|&&key| key != 0).count());
    }
}
