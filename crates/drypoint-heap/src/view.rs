//! What a search may see. Hiding is for explanations only: the tool's own frames, or a cache that is known to hold
//! everything, should not be named as holders, but what they hold is still held, so retained sizes know no view.

use crate::graph::{Edge, NodeId, Root};

/// Says which nodes, edges and roots a search for holder chains may use. All are shown unless a method says otherwise.
pub trait View {
    /// Whether chains may lead through, or to, this node.
    fn shows_node(&self, _node: NodeId) -> bool {
        true
    }

    /// Whether chains may use this edge.
    fn shows_edge(&self, _source: NodeId, _edge: Edge) -> bool {
        true
    }

    /// Whether chains may begin at this root.
    fn shows_root(&self, _root: Root) -> bool {
        true
    }
}

/// The view that hides nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Everything;

impl View for Everything {}
