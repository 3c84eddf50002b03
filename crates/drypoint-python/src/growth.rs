//! What keeps more than at an earlier look at the heap.
//!
//! New are the objects whose address and type were not there before. Each counts for the nearest object outwards, among those
//! that hold it alone, that was there already: what that one keeps more is what a person calls growth.

use std::cmp::Reverse;
use std::collections::HashMap;

use drypoint_heap::{DominatorTree, Graph, Holder, NodeId};
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::raw::Held;

/// What a later walk is compared with: who was there, and how much each large one kept.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Marks {
    /// Of all objects, ascending.
    all: Vec<u64>,
    /// Of those that retain at least [`HEAVY`]: mark, retained bytes, own bytes; by mark.
    heavy: Vec<(u64, u64, u64)>,
}

/// Of what an object keeps more, new objects have to be one part in so many for the rest to count as new too.
const FEW_NEW: u64 = 8;
/// Bytes from which on it is remembered what an object retains.
const HEAVY: u64 = 512;

impl Marks {
    fn has(&self, mark: u64) -> bool {
        self.all.binary_search(&mark).is_ok()
    }

    /// Retained and own bytes of an object that was there; those of a small one are not known and taken to be none.
    fn of(&self, mark: u64) -> (u64, u64) {
        let found = self.heavy.binary_search_by_key(&mark, |&(known, ..)| known);
        found.map_or((0, 0), |place| (self.heavy[place].1, self.heavy[place].2))
    }
}

/// An object that was there before and keeps more now: the node (None: what holds it is a root of the heap itself), the bytes
/// that it keeps more, those of its own among them, how many new objects it keeps at first hand of the type that takes most, and
/// the largest of these.
pub(crate) type Grown = (Option<NodeId>, u64, u64, usize, Vec<NodeId>);

/// A walked heap, to be marked or compared.
pub(crate) struct Walked<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) tree: &'a DominatorTree,
    pub(crate) kinds: &'a [Py<PyType>],
    pub(crate) objects: &'a Held,
}

impl Walked<'_> {
    /// Tells an object from another one that took its place, unless that is of the same type; an array also from one of another
    /// line or size, since the short-lived arrays of a step leave their places to those that stay.
    fn mark(&self, node: NodeId) -> u64 {
        let kind = self.kinds[self.graph.kind(node) as usize].as_ptr() as u64;
        let made = match self.graph.site(node) {
            0 => 0,
            site => (u64::from(site) << 40) ^ self.graph.shallow(node),
        };
        self.objects.address(node as usize) ^ kind.rotate_left(29) ^ made.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    /// What `grown` of a later walk wants to know of this one.
    pub(crate) fn marks(&self) -> Marks {
        let mut all: Vec<u64> = self.graph.nodes().map(|node| self.mark(node)).collect();
        all.sort_unstable();
        let mut heavy: Vec<(u64, u64, u64)> = self
            .graph
            .nodes()
            .filter(|&node| self.tree.retained(node) >= HEAVY)
            .map(|node| (self.mark(node), self.tree.retained(node), self.graph.shallow(node)))
            .collect();
        heavy.sort_unstable();
        Marks { all, heavy }
    }

    /// The node that alone holds this one.
    fn parent(&self, node: NodeId) -> Option<NodeId> {
        match self.tree.holder(node) {
            Holder::Node(holder) => Some(holder),
            _ => None,
        }
    }

    /// The objects of an earlier walk that keep at least `least` bytes or `count` objects more now, most first; of each, up to
    /// `most` of the new objects that it keeps, largest first. What nothing holds is not looked at.
    pub(crate) fn grown(&self, before: &Marks, least: u64, count: usize, most: usize) -> Vec<Grown> {
        let mut found: HashMap<Option<NodeId>, (u64, Vec<NodeId>)> = Default::default();
        let is_new: Vec<bool> = self.graph.nodes().map(|node| !before.has(self.mark(node))).collect();
        let keepers = self.keepers(&is_new);
        for node in self.graph.nodes().filter(|&node| self.tree.is_reachable(node)) {
            if is_new[node as usize] {
                // What is old below it counts where it is.
                let (bytes, nodes) = found.entry(keepers[node as usize]).or_default();
                *bytes += self.graph.shallow(node);
                if self.parent(node) == keepers[node as usize] {
                    nodes.push(node);
                }
            } else if self.graph.shallow(node) >= least {
                found.entry(Some(node)).or_default();
            }
        }
        let nets = self.nets(before, found.keys().flatten().copied());
        let mut grown: Vec<Grown> = found
            .into_iter()
            .filter_map(|(holder, (new_bytes, mut nodes))| {
                let (more, own) = match holder {
                    None => (new_bytes, 0),
                    Some(node) => {
                        let (retained, shallow) = before.of(self.mark(node));
                        let own = self.graph.shallow(node).saturating_sub(shallow);
                        let own = if shallow == 0 && retained == 0 { 0 } else { own };
                        let net = self.tree.retained(node).saturating_sub(retained);
                        // What took the place of something freed looks old: then the difference tells more.
                        let alone = if retained == 0 { 0 } else { nets.get(&node).copied().unwrap_or(0) };
                        let more = if alone / FEW_NEW < new_bytes {
                            alone.max(new_bytes + own)
                        } else {
                            new_bytes + own
                        };
                        (net.min(more), own)
                    }
                };
                if more < least && nodes.len() < count {
                    return None;
                }
                self.keep_main_kind(&mut nodes);
                let new = nodes.len();
                nodes.sort_by_key(|&node| (Reverse(self.tree.retained(node)), node));
                nodes.truncate(most);
                Some((holder, more, own, new, nodes))
            })
            .collect();
        grown.sort_by_key(|(holder, more, ..)| (Reverse(*more), *holder));
        grown
    }

    /// What each of some nodes retains more than before, without what the next ones of them below it retain more.
    fn nets(&self, before: &Marks, nodes: impl Iterator<Item = NodeId>) -> HashMap<NodeId, u64> {
        let whole: HashMap<NodeId, u64> = nodes
            .map(|node| (node, self.tree.retained(node).saturating_sub(before.of(self.mark(node)).0)))
            .collect();
        let mut alone = whole.clone();
        for (&node, &net) in &whole {
            let mut at = self.parent(node);
            while let Some(above) = at {
                if let Some(rest) = alone.get_mut(&above) {
                    *rest = rest.saturating_sub(net);
                    break;
                }
                at = self.parent(above);
            }
        }
        alone
    }

    /// Only the nodes of the type that retains most of them all.
    fn keep_main_kind(&self, nodes: &mut Vec<NodeId>) {
        let mut sums: HashMap<u32, u64> = Default::default();
        for &node in nodes.iter() {
            *sums.entry(self.graph.kind(node)).or_default() += self.tree.retained(node);
        }
        if let Some((&main, _)) = sums.iter().max_by_key(|&(&kind, &bytes)| (bytes, kind)) {
            nodes.retain(|&node| self.graph.kind(node) == main);
        }
    }

    /// For each node the nearest one outwards, among those that hold it alone, that is not new.
    fn keepers(&self, is_new: &[bool]) -> Vec<Option<NodeId>> {
        let mut keepers: Vec<Option<NodeId>> = vec![None; is_new.len()];
        let mut known = vec![false; is_new.len()];
        let mut way = Vec::new();
        for node in self.graph.nodes() {
            let mut at = Some(node);
            let keeper = loop {
                let Some(here) = at else { break None };
                if known[here as usize] {
                    break keepers[here as usize];
                }
                way.push(here);
                match self.parent(here) {
                    Some(parent) if !is_new[parent as usize] => break Some(parent),
                    parent => at = parent,
                }
            };
            // An old node on the way would have ended it, so all of them have the same keeper.
            for passed in way.drain(..) {
                keepers[passed as usize] = keeper;
                known[passed as usize] = true;
            }
        }
        keepers
    }
}
