//! Sums over groups of nodes. What one node of a group retains may contain another of the same group (a list of lists),
//! and bytes must not be counted twice: in preorder of the dominator tree the outermost ones are those that begin after
//! the last outermost one ended, so one pass and one number for each group do.

use std::hash::Hash;

use crate::dominators::{DominatorTree, Holder};
use crate::graph::{Graph, NodeId};
use crate::hash::IdMap;

/// The nodes that share a key, summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group<K> {
    /// What they share.
    pub key: K,
    /// How many they are.
    pub nodes: usize,
    /// The sum of their own bytes.
    pub shallow: u64,
    /// The sum of what each retains alone, in bytes, each byte counted once however the nodes are nested. If all of them
    /// went at once, this and what they hold only together would be freed: [`retained_by`](crate::retained_by) has that.
    pub retained: u64,
}

/// Sum up the nodes that have the same key, largest retained size first; nodes whose key is `None` are left out.
///
/// Cost: one look at each node and a table with an entry for each group.
pub fn group_by<K: Copy + Eq + Hash + Ord>(
    graph: &Graph,
    tree: &DominatorTree,
    key: impl Fn(NodeId) -> Option<K>,
) -> Vec<Group<K>> {
    let mut groups: IdMap<K, (Group<K>, u32)> = IdMap::default();
    for (node, span) in tree.preorder() {
        let Some(key) = key(node) else { continue };
        let empty = Group { key, nodes: 0, shallow: 0, retained: 0 };
        let (group, outermost_end) = groups.entry(key).or_insert((empty, 0));
        group.nodes += 1;
        group.shallow += graph.shallow(node);
        if span.start >= *outermost_end {
            *outermost_end = span.end;
            group.retained += tree.retained(node);
        }
    }
    let mut groups: Vec<_> = groups.into_values().map(|(group, _)| group).collect();
    groups.sort_unstable_by(|a, b| b.retained.cmp(&a.retained).then(a.key.cmp(&b.key)));
    groups
}

/// By type: which types' instances keep most memory.
pub fn group_by_kind(graph: &Graph, tree: &DominatorTree) -> Vec<Group<u32>> {
    group_by(graph, tree, |node| Some(graph.kind(node)))
}

/// By the place that allocated them; the group [`UNKNOWN`](crate::UNKNOWN) is of all nodes without one.
pub fn group_by_site(graph: &Graph, tree: &DominatorTree) -> Vec<Group<u32>> {
    group_by(graph, tree, |node| Some(graph.site(node)))
}

/// By immediate dominator: for each holder the nodes that it alone keeps, one level of the dominator tree.
pub fn group_by_holder(graph: &Graph, tree: &DominatorTree) -> Vec<Group<Holder>> {
    group_by(graph, tree, |node| Some(tree.holder(node)))
}
