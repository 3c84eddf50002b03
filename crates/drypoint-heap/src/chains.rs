//! Several shortest chains to one node, each through another immediate holder: "the module's list, and the frame's
//! variable, and the cache". A chain must not pass the node itself before its end, so the distances from the roots,
//! which are known, are only lower bounds for a holder that lies behind the node; for those an A* search walks backwards
//! past the node (Hart, Nilsson and Raphael 1968), until it meets somebody whose own shortest chain avoids the node, or
//! a way that it found for another holder.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Deref;

use crate::forest::NONE;
use crate::graph::{Edge, Graph, NodeId, Root};
use crate::hash::IdMap;
use crate::holders::HolderIndex;

/// A path from a root to a node: why the node is alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Where it begins.
    pub root: Root,
    /// Its edges from the root's node on, each with its label; none if the node is the root's own.
    pub edges: Vec<Edge>,
}

impl Chain {
    /// The nodes from the root's to the last, both included.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::once(self.root.node).chain(self.edges.iter().map(|edge| edge.target))
    }

    /// The node before the last: the immediate holder, unless a root holds it.
    pub fn holder(&self) -> Option<NodeId> {
        self.nodes().nth(self.edges.len().checked_sub(1)?)
    }
}

impl<G: Deref<Target = Graph>> HolderIndex<G> {
    /// A shortest chain from a root to this node; `None` if nothing shown holds it. Cost: its length, and the number of
    /// references that each node on it has.
    pub fn chain(&self, node: NodeId) -> Option<Chain> {
        self.depth(node).map(|_| self.chain_through(&[node]))
    }

    /// The shortest chains to this node, at most `count`, no two with the same immediate holder, the shortest first.
    ///
    /// A root that is the node itself counts as a holder of its own. Each chain is a shortest one among those that end
    /// with its holder and do not pass the node before.
    ///
    /// Cost: a sort of the node's holders. For those that lie behind the node on their own shortest chain also a search
    /// backwards, until it is past the node; what one search finds, or finds to lead nowhere, the next ones use.
    pub fn chains(&self, node: NodeId, count: usize) -> Vec<Chain> {
        let mut chains: Vec<Chain> =
            self.roots_of(node).take(count).map(|root| Chain { root, edges: Vec::new() }).collect();
        if self.depth(node).is_none() || chains.len() == count {
            return chains;
        }
        let mut holders = self.direct_holders(node).to_vec();
        holders.dedup();
        holders.retain(|&holder| holder != node);
        holders.sort_by_key(|&holder| self.depth_or_none(holder));
        let mut detour = Detour::around(self, node);
        let wanted = count - chains.len();
        // The best so far, the longest on top.
        let mut best = BinaryHeap::new();
        for holder in holders {
            let at_least = self.depth_or_none(holder);
            if best.len() == wanted && best.peek().is_some_and(|&(longest, _)| longest <= at_least) {
                break;
            }
            best.extend(detour.distance(holder).map(|distance| (distance, holder)));
            if best.len() > wanted {
                best.pop();
            }
        }
        for (_, holder) in best.into_sorted_vec() {
            let mut path = detour.path(holder);
            path.push(node);
            chains.push(self.chain_through(&path));
        }
        chains
    }

    /// The shortest chain to the first node of a path, then along the path.
    fn chain_through(&self, path: &[NodeId]) -> Chain {
        let before = |&node: &NodeId| Some(self.parent(node)).filter(|&parent| parent != NONE);
        let mut nodes: Vec<NodeId> = std::iter::successors(Some(path[0]), before).collect();
        nodes.reverse();
        nodes.extend(&path[1..]);
        let edges = nodes.windows(2).map(|pair| self.edge_between(pair[0], pair[1])).collect();
        Chain { root: self.first_root_of(nodes[0]), edges }
    }
}

/// Ways from the roots that avoid one node.
struct Detour<'i, G> {
    index: &'i HolderIndex<G>,
    node: NodeId,
    /// Whether a node's own shortest chain passes the avoided node, where that was asked.
    behind: IdMap<NodeId, bool>,
    /// For nodes that are behind: the length of a shortest way that avoids it, and the node before on that way.
    known: IdMap<NodeId, (u32, NodeId)>,
    /// Nodes to which no way leads that avoids it.
    lost: IdMap<NodeId, ()>,
}

impl<'i, G: Deref<Target = Graph>> Detour<'i, G> {
    fn around(index: &'i HolderIndex<G>, node: NodeId) -> Self {
        let (behind, known, lost) = Default::default();
        Self { index, node, behind, known, lost }
    }

    /// The distance of a node if that is known, and not only how far it is at least.
    fn known(&mut self, node: NodeId) -> Option<u32> {
        if self.is_behind(node) {
            return self.known.get(&node).map(|&(distance, _)| distance);
        }
        self.index.depth(node)
    }

    /// How many edges a shortest way to this holder has.
    fn distance(&mut self, holder: NodeId) -> Option<u32> {
        let mut next: IdMap<NodeId, (NodeId, u32)> = IdMap::default();
        let mut waiting = BinaryHeap::new();
        next.insert(holder, (NONE, 0));
        waiting.push(Reverse((self.index.depth_or_none(holder), 0, holder)));
        while let Some(Reverse((at_least, steps, at))) = waiting.pop() {
            if next[&at].1 < steps || self.lost.contains_key(&at) {
                continue;
            }
            if let Some(distance) = self.known(at) {
                if steps + distance > at_least {
                    // Known to be farther than it looked: others may be nearer now.
                    waiting.push(Reverse((steps + distance, steps, at)));
                    continue;
                }
                self.remember(at, distance, &next);
                return Some(steps + distance);
            }
            for &source in self.index.direct_holders(at) {
                let nearer = next.get(&source).is_none_or(|&(_, known)| steps + 1 < known);
                if source != self.node && nearer {
                    next.insert(source, (at, steps + 1));
                    waiting.push(Reverse((steps + 1 + self.index.depth_or_none(source), steps + 1, source)));
                }
            }
        }
        self.lost.extend(next.into_keys().map(|node| (node, ())));
        None
    }

    /// The way that was found, from a node whose distance was known on; each part of a shortest way is a shortest way.
    fn remember(&mut self, from: NodeId, mut distance: u32, next: &IdMap<NodeId, (NodeId, u32)>) {
        let mut before = from;
        while let Some(&(node, _)) = next.get(&before).filter(|&&(node, _)| node != NONE) {
            distance += 1;
            self.known.insert(node, (distance, before));
            before = node;
        }
    }

    /// The end of a shortest way to a holder whose distance was asked: from a node on whose own shortest chain the way
    /// lies.
    fn path(&self, holder: NodeId) -> Vec<NodeId> {
        let before = |node: &NodeId| self.known.get(node).map(|&(_, before)| before);
        let mut path: Vec<NodeId> = std::iter::successors(Some(holder), before).collect();
        path.reverse();
        path
    }

    /// Whether the node's own shortest chain passes the avoided one. On it depths go up by one, so it is there or nowhere.
    fn is_behind(&mut self, node: NodeId) -> bool {
        let depth = self.index.depth_or_none(self.node);
        let mut walked = Vec::new();
        let mut at = node;
        let behind = loop {
            if let Some(&behind) = self.behind.get(&at) {
                break behind;
            }
            if self.index.depth_or_none(at) <= depth {
                break at == self.node;
            }
            walked.push(at);
            at = self.index.parent(at);
        };
        self.behind.extend(walked.into_iter().map(|node| (node, behind)));
        behind
    }
}
