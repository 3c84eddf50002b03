//! Immediate dominators by Lengauer and Tarjan ("A fast algorithm for finding dominators in a flowgraph", 1979), the simple
//! version: path compression without balancing, O(m log n) whatever the graph looks like, near linear on heaps. Faster
//! methods on small graphs need quadratic time on a long list whose items are held elsewhere too (decision 0018).
//!
//! One change to the paper: the bucket of a vertex is emptied when the vertex itself is reached, not at each of its
//! children. All below it is linked then, and it is not, so the answer is the same and a bucket is visited once.

use crate::forest::{Incoming, Link, NONE};

/// The immediate dominator of each vertex, by preorder number; `NONE` for the two virtual roots.
pub(crate) fn immediate_dominators(links: &mut [Link], incoming: &[Incoming], unreachable: u32) -> Vec<u32> {
    let mut dominators = vec![NONE; links.len()];
    let mut path = Vec::new();
    for vertex in (0..links.len() as u32).rev() {
        // `dominators` links the vertices of a bucket until each is taken out.
        let mut waiting = links[vertex as usize].semi;
        while waiting != NONE {
            let next = dominators[waiting as usize];
            let link = compressed(links, waiting, vertex, &mut path);
            dominators[waiting as usize] = if link.lowest < vertex { link.label } else { vertex };
            waiting = next;
        }
        if vertex == 0 || vertex == unreachable {
            continue;
        }
        let Link { ancestor: parent, label: mut edge, .. } = links[vertex as usize];
        let mut semi = parent;
        while edge != NONE {
            let Incoming { source, next } = incoming[edge as usize];
            let candidate =
                if source < vertex { source } else { compressed(links, source, vertex, &mut path).lowest };
            semi = semi.min(candidate);
            edge = next;
        }
        if semi == parent {
            dominators[vertex as usize] = parent;
        } else {
            dominators[vertex as usize] = links[semi as usize].semi;
            links[semi as usize].semi = vertex;
        }
        links[vertex as usize] = Link { ancestor: parent, label: vertex, lowest: semi, semi };
    }
    for vertex in 1..links.len() {
        let dominator = dominators[vertex];
        if dominator != NONE && dominator != links[vertex].semi {
            dominators[vertex] = dominators[dominator as usize];
        }
    }
    dominators
}

/// The link of a vertex after its path is compressed: its ancestor is then not above `linked_above`, the last vertex that
/// is not linked yet.
#[inline]
fn compressed(links: &mut [Link], vertex: u32, linked_above: u32, path: &mut Vec<u32>) -> Link {
    let link = links[vertex as usize];
    if link.ancestor <= linked_above {
        return link;
    }
    path.push(vertex);
    let mut above = links[link.ancestor as usize];
    let mut at = link.ancestor;
    while above.ancestor > linked_above {
        path.push(at);
        at = above.ancestor;
        above = links[at as usize];
    }
    while let Some(below) = path.pop() {
        let link = &mut links[below as usize];
        if above.lowest < link.lowest {
            link.lowest = above.lowest;
            link.label = above.label;
        }
        link.ancestor = above.ancestor;
        above = *link;
    }
    above
}

/// Bytes that growing the forest and finding the dominators take at most.
pub(crate) fn scratch(nodes: usize, edges: usize) -> usize {
    let forest = (size_of::<u32>() + size_of::<Link>()) * (nodes + 2) + size_of::<Incoming>() * edges;
    // The forest's own scratch is gone when the dominators and the path for compression are made.
    let growing = (4 + 8) * nodes;
    let dominators = (4 + 8) * (nodes + 2);
    forest + growing.max(dominators)
}
