//! The memory of a snapshot, asked for at the pool before the snapshot begins: one that does not fit is refused then, and
//! nothing was made.

use drypoint_heap::{DominatorTree, Graph, holder_scratch, retained_scratch};
use drypoint_memory::{HEAP_SNAPSHOT, MemoryPool, MemoryReservation};
use pyo3::prelude::*;

use crate::error::CoreError;
use crate::memory::process_pool;
use crate::raw::{Census, slots_for};

/// What the heap may grow by between the counting and the walk, and what the counting does not see: arrays of objects.
const GROWTH: usize = 20;
/// One part in so many is for blocks that one step has freed and the next cannot use.
const LEFT: usize = 6;
/// Tables of types, names of modules, and pages that are touched in part.
const FIXED: usize = 1 << 20;

/// Bytes of the tables of the walk, for each node: the graph's (size, type, line, row), the object's address, and the references
/// to it that were seen.
const WALKED: usize = (4 + 4 + 4 + 4) + 8 + 4;
/// Of those, the graph's and the objects.
const KEPT: usize = (4 + 4 + 4 + 4) + 8;
const EDGE: usize = 4;
const ADDRESS: usize = size_of::<usize>();

/// Bytes granted for a snapshot.
pub(crate) struct Scratch {
    reservation: MemoryReservation,
    /// What the pool kept idle before; what the snapshot's own tables leave behind is of no use to the program.
    idle: usize,
}

impl Scratch {
    /// Ask for what a snapshot of a heap of this size will take.
    pub(crate) fn reserve(py: Python<'_>, counted: &Census) -> PyResult<Self> {
        let pool = process_pool()?;
        let more = |count: usize| count + count / GROWTH;
        let bytes = needed(more(counted.tracked), more(counted.nodes), more(counted.edges));
        let granted = py.detach(|| pool.consumer(HEAP_SNAPSHOT).try_reserve(bytes));
        Ok(Self { reservation: granted.map_err(CoreError::from)?, idle: pool.snapshot().idle })
    }

    /// Ask for more if the graph came out larger than it was thought to be.
    pub(crate) fn fit(&mut self, py: Python<'_>, graph: &Graph) -> PyResult<()> {
        let bytes = needed(0, graph.node_count(), graph.edge_count() + graph.roots().len());
        let missing = bytes.saturating_sub(self.reservation.bytes());
        py.detach(|| {
            self.trim();
            self.reservation.try_grow(missing)
        })
        .map_err(CoreError::from)?;
        Ok(())
    }

    /// Give back all but what stays: the graph, its tree, and the address of each object.
    pub(crate) fn keep(&mut self, graph: &Graph, tree: &DominatorTree) {
        let kept = graph.bytes() + tree.bytes() + ADDRESS * graph.node_count();
        self.reservation.shrink(self.reservation.bytes().saturating_sub(kept));
        self.trim();
    }

    /// Give back what was freed: the tables of one step are of other sizes than those of the next.
    pub(crate) fn trim(&self) {
        MemoryPool::process().trim(self.idle);
    }
}

/// The most that is there at a time: while the heap is walked, while its tree is made, or while ways are looked for.
fn needed(tracked: usize, nodes: usize, edges: usize) -> usize {
    let slots = slots_for(nodes);
    let walk = 8 * tracked + 4 * slots + WALKED * nodes + EDGE * edges;
    let kept = KEPT * nodes + EDGE * edges;
    let tree = retained_scratch(nodes, edges);
    let ways = 24 * nodes + 2 * holder_scratch(nodes, edges, 0);
    let most = walk.max(kept + tree).max(kept + ways);
    FIXED + most + most / LEFT
}
