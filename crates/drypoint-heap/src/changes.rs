//! What changed between two snapshots. Groups are compared, not graphs: a list of sums is small plain data, so the first
//! snapshot's graph can be freed long before the second is taken.

use std::hash::Hash;

use crate::dominators::{DominatorTree, Holder};
use crate::graph::{Graph, UNKNOWN};
use crate::groups::{Group, group_by};
use crate::hash::IdMap;

/// One group in two snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<K> {
    /// The group's sums in the first snapshot; zeros if it was not there.
    pub before: Group<K>,
    /// Its sums in the second; zeros if it is gone.
    pub after: Group<K>,
}

impl<K: Copy> Change<K> {
    /// What the nodes of the group share.
    pub fn key(&self) -> K {
        self.after.key
    }

    /// How many nodes more there are; negative if fewer.
    pub fn nodes(&self) -> i64 {
        self.after.nodes as i64 - self.before.nodes as i64
    }

    /// How many bytes the nodes' own sizes grew by; negative if they shrank.
    pub fn shallow(&self) -> i64 {
        difference(self.after.shallow, self.before.shallow)
    }

    /// How many bytes what they retain grew by; negative if it shrank.
    pub fn retained(&self) -> i64 {
        difference(self.after.retained, self.before.retained)
    }
}

/// Sums beyond 2^63 B are of no memory that exists; they stop at the ends.
fn difference(after: u64, before: u64) -> i64 {
    (i128::from(after) - i128::from(before)).clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// The groups that differ between two snapshots: what grew most in shallow bytes first, what shrank most last.
///
/// Each list must have a key once, as [`group_by`] makes them, and the ids in the keys must mean the same in both
/// snapshots. Cost: one look at each group.
pub fn changes<K: Copy + Eq + Hash + Ord>(before: &[Group<K>], after: &[Group<K>]) -> Vec<Change<K>> {
    let nothing = |key| Group { key, nodes: 0, shallow: 0, retained: 0 };
    let mut changes: IdMap<K, Change<K>> = IdMap::default();
    for &group in before {
        changes.insert(group.key, Change { before: group, after: nothing(group.key) });
    }
    for &group in after {
        let change = changes.entry(group.key);
        change.or_insert(Change { before: nothing(group.key), after: group }).after = group;
    }
    let mut changes: Vec<_> = changes.into_values().filter(|change| change.before != change.after).collect();
    changes.sort_unstable_by_key(|change| {
        (std::cmp::Reverse((change.shallow(), change.retained(), change.nodes())), change.key())
    });
    changes
}

/// By type and the place that allocated: "`ndarray` made at app.py:40".
pub fn group_by_kind_and_site(graph: &Graph, tree: &DominatorTree) -> Vec<Group<(u32, u32)>> {
    group_by(graph, tree, |node| Some((graph.kind(node), graph.site(node))))
}

/// By type and the label by which their holder holds them: "`ndarray` as `.cache`". See [`holder_labels`].
pub fn group_by_kind_and_label(graph: &Graph, tree: &DominatorTree) -> Vec<Group<(u32, u32)>> {
    let labels = holder_labels(graph, tree);
    group_by(graph, tree, |node| Some((graph.kind(node), labels[node as usize])))
}

/// For each node the label of the first reference that its holder, its immediate dominator, has to it: of an edge, or of a
/// root. [`UNKNOWN`] if the holder has none, because the node is reached from it by several ways. Labels survive from
/// snapshot to snapshot where node numbers do not. Memory: 4 bytes a node. Cost: one look at each edge.
pub fn holder_labels(graph: &Graph, tree: &DominatorTree) -> Vec<u32> {
    let mut labels = vec![UNKNOWN; graph.node_count()];
    let mut note = |node: u32, label| {
        if labels[node as usize] == UNKNOWN {
            labels[node as usize] = label;
        }
    };
    for root in graph.roots().iter().filter(|root| tree.holder(root.node) == Holder::Roots) {
        note(root.node, root.label);
    }
    for source in graph.nodes() {
        for edge in graph.edges(source) {
            if tree.holder(edge.target) == Holder::Node(source) {
                note(edge.target, edge.label);
            }
        }
    }
    labels
}
