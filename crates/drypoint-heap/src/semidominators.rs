//! Immediate dominators by the semi-NCA method (Georgiadis, Tarjan and Werneck, "Finding dominators in practice", 2006):
//! semidominators as Lengauer and Tarjan find them, with path compression; then, from the top down, each vertex's
//! dominator is the nearest one of its parent's that is not below its semidominator.
//!
//! One change to the paper, which walks up step by step and so takes quadratic time on a long list whose items are held
//! elsewhere too. Here each vertex also has a jump pointer up the dominator tree (Myers, "An applicative random-access
//! stack", 1983), and the walk takes O(log n) steps: O(m log n) in all, whatever the graph looks like (decision 0018).

use crate::forest::{Forest, Link, NONE};

/// Where a vertex jumps to in the dominator tree, and how deep it is there.
#[derive(Clone, Copy, Default)]
struct Jump {
    to: u32,
    depth: u32,
}

/// The immediate dominator of each vertex, by preorder number; `NONE` for the two virtual roots.
pub(crate) fn immediate_dominators(forest: &mut Forest) -> Vec<u32> {
    let mut dominators: Vec<u32> = forest.links.iter().map(|link| link.ancestor).collect();
    find_semidominators(forest);
    let links = &forest.links;
    let mut jumps = vec![Jump::default(); links.len()];
    for vertex in 0..links.len() {
        let mut dominator = dominators[vertex];
        if dominator == NONE {
            jumps[vertex] = Jump { to: vertex as u32, depth: 0 };
            continue;
        }
        let semi = links[vertex].semi;
        while dominator > semi {
            let Jump { to, .. } = jumps[dominator as usize];
            dominator = if to > semi { to } else { dominators[dominator as usize] };
        }
        dominators[vertex] = dominator;
        // Two jumps of equal length become one of twice the length and one.
        let first = jumps[dominator as usize];
        let second = jumps[first.to as usize];
        let third = jumps[second.to as usize];
        let equal = first.depth - second.depth == second.depth - third.depth;
        jumps[vertex] = Jump { to: if equal { second.to } else { dominator }, depth: first.depth + 1 };
    }
    dominators
}

fn find_semidominators(forest: &mut Forest) {
    let sources = sources_by_target(forest);
    let links = &mut forest.links;
    let mut end = sources.len();
    let mut path = Vec::new();
    for vertex in (0..links.len() as u32).rev() {
        let Link { ancestor: parent, lowest: start, .. } = links[vertex as usize];
        if parent == NONE {
            continue;
        }
        let mut semi = parent;
        for &source in &sources[start as usize..end] {
            let candidate = if source < vertex { source } else { lowest(links, source, vertex, &mut path) };
            semi = semi.min(candidate);
        }
        end = start as usize;
        links[vertex as usize] = Link { ancestor: parent, lowest: semi, semi };
    }
}

/// The sources of the edges outside the tree, sorted by target (a counting sort); `lowest` says where each target's begin.
/// Lists linked through the edges would do without, but each of their steps is a cache miss that waits for the one before:
/// on ten million nodes that takes three times as long.
fn sources_by_target(forest: &mut Forest) -> Vec<u32> {
    let incoming = std::mem::take(&mut forest.incoming);
    let mut end = 0;
    for link in &mut forest.links {
        end += link.lowest;
        link.lowest = end;
    }
    let mut sources = vec![0; incoming.len()];
    for (source, target) in incoming {
        let at = &mut forest.links[target as usize].lowest;
        *at -= 1;
        sources[*at as usize] = source;
    }
    sources
}

/// The lowest semidominator on the path from a vertex up to, but without, the first that is not below `linked_above`, the
/// last vertex that is not processed yet. The path is compressed.
#[inline]
fn lowest(links: &mut [Link], vertex: u32, linked_above: u32, path: &mut Vec<u32>) -> u32 {
    let mut at = vertex;
    let mut above = links[at as usize];
    while above.ancestor > linked_above {
        path.push(at);
        at = above.ancestor;
        above = links[at as usize];
    }
    while let Some(below) = path.pop() {
        let link = &mut links[below as usize];
        link.lowest = link.lowest.min(above.lowest);
        link.ancestor = above.ancestor;
        above = *link;
    }
    above.lowest
}

/// Bytes that growing the forest and finding the dominators take at most.
pub(crate) fn scratch(nodes: usize, edges: usize) -> usize {
    let (forest, growing) = Forest::scratch(nodes, edges);
    let sorting = 4 * nodes + 4 * edges;
    // Sources have taken the place of edges. The path that is compressed may be as long as the graph; its table doubles.
    let linking = ((4 + 12) * nodes).saturating_sub(4 * edges);
    let climbing = (4 + size_of::<Jump>()) * nodes;
    forest + growing.max(sorting).max(linking).max(climbing)
}
