//! The heap of the interpreter at one moment, and what it says about memory.

use std::sync::{Mutex, PoisonError};

use drypoint_heap::{
    Chain, Cycles, DominatorTree, Graph, Group, Holder, HolderIndex, NodeId, Root, View, group_by_kind,
    group_by_site,
};
use drypoint_memory::array_site;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyType};

use crate::raw::{RawHeap, UNNAMED, array_data, walk};
use crate::scratch::Scratch;
use crate::sites;

/// Where chains begin: at roots that have names, or at all; but not at what is only there because it was asked about.
struct Beginnings {
    named: bool,
    asked: Option<u32>,
    node: Option<NodeId>,
}

impl View for Beginnings {
    fn shows_root(&self, root: Root) -> bool {
        let unnamed = root.label == UNNAMED;
        let ours =
            self.asked.is_some_and(|label| root.label == label) || unnamed && self.node == Some(root.node);
        !(ours || self.named && unnamed)
    }
}

/// A walked heap. Nodes are numbers; `thing` gives what a number stands for until `forget` is called.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Heap {
    graph: Graph,
    tree: DominatorTree,
    kinds: Vec<Py<PyType>>,
    objects: Mutex<Vec<Py<PyAny>>>,
    /// Last, so that what it is for goes first.
    scratch: Mutex<Scratch>,
}

/// Objects, their own bytes, and the bytes that would go if all of them went.
type Sum = (usize, u64, u64);
/// A node's type, own bytes, retained bytes, line, and whether anything holds it.
type Known = (Py<PyType>, u64, u64, Option<String>, bool);
/// The place of a root among the named ones, and the nodes from there on.
type Way = (Option<u32>, Vec<NodeId>);

fn sum<K>(group: &Group<K>) -> Sum {
    (group.nodes, group.shallow, group.retained)
}

#[pymethods]
impl Heap {
    /// Walk the heap now. `named` are the objects of roots that have names: chains tell their places in the list. `hidden` are
    /// the tool's own. `sizes` are pairs of a type and a function that tells the bytes that an object has beside its own.
    #[new]
    fn new(
        py: Python<'_>,
        named: &Bound<'_, PyList>,
        hidden: &Bound<'_, PyList>,
        sizes: Vec<(Py<PyType>, Py<PyAny>)>,
    ) -> PyResult<Self> {
        let site_of = |array: &Bound<'_, PyAny>| array_data(array).map_or(0, array_site);
        let mut scratch = Scratch::reserve(py)?;
        let RawHeap { graph, objects, kinds } = walk(py, named, hidden, site_of, &sizes)?;
        scratch.fit(py, &graph)?;
        let tree = py.detach(|| {
            let tree = DominatorTree::new(&graph);
            scratch.trim();
            tree
        });
        Ok(Self { graph, tree, kinds, objects: Mutex::new(objects), scratch: Mutex::new(scratch) })
    }

    /// Objects, references, bytes of all, and objects and bytes that nothing holds.
    fn totals(&self) -> (usize, usize, u64, usize, u64) {
        let (graph, tree) = (&self.graph, &self.tree);
        let garbage = (tree.unreachable_count(), tree.unreachable_bytes());
        (graph.node_count(), graph.edge_count(), graph.total_shallow(), garbage.0, garbage.1)
    }

    /// By type: the type, how many, their own bytes, the bytes that would go with all of them.
    fn by_kind(&self, py: Python<'_>) -> Vec<(Py<PyType>, Sum)> {
        let groups = py.detach(|| group_by_kind(&self.graph, &self.tree));
        groups.iter().map(|group| (self.kinds[group.key as usize].clone_ref(py), sum(group))).collect()
    }

    /// By the line that made them, of those arrays that are known by it.
    fn by_line(&self, py: Python<'_>) -> Vec<(String, Sum)> {
        let groups = py.detach(|| group_by_site(&self.graph, &self.tree));
        groups.iter().filter_map(|group| Some((sites::text(py, group.key)?, sum(group)))).collect()
    }

    /// The nodes that retain most, largest first, but for those that only pass on what one other holds: that have less than
    /// a tenth of it for themselves and the rest.
    fn largest(&self, py: Python<'_>, count: usize) -> Vec<NodeId> {
        const LOOKED_AT: usize = 20;
        py.detach(|| {
            let mut nodes: Vec<NodeId> = self.graph.nodes().collect();
            let by_size = |&node: &NodeId| (std::cmp::Reverse(self.tree.retained(node)), node);
            let looked_at = count.saturating_mul(LOOKED_AT);
            if looked_at < nodes.len() {
                nodes.select_nth_unstable_by_key(looked_at, by_size);
                nodes.truncate(looked_at);
            }
            nodes.sort_by_key(by_size);
            nodes.retain(|&node| !self.passes_on(node));
            nodes.truncate(count);
            nodes
        })
    }

    /// What is known of a node: its type, own bytes, retained bytes, the line that made it, and whether anything holds it.
    fn node(&self, py: Python<'_>, node: NodeId) -> PyResult<Known> {
        self.check(node)?;
        let kind = self.kinds[self.graph.kind(node) as usize].clone_ref(py);
        let line = sites::text(py, self.graph.site(node));
        let (shallow, retained) = (self.graph.shallow(node), self.tree.retained(node));
        Ok((kind, shallow, retained, line, self.tree.is_reachable(node)))
    }

    /// For each of some nodes, up to `count` shortest ways by which it is held: the place of the root in `named` (None if it has
    /// no name), and the nodes from there on. `asked` is the place of a root that its caller alone holds: no chain begins there.
    #[pyo3(signature = (nodes, count, asked = None))]
    fn chains(
        &self,
        py: Python<'_>,
        nodes: Vec<NodeId>,
        count: usize,
        asked: Option<u32>,
    ) -> PyResult<Vec<Vec<Way>>> {
        nodes.iter().try_for_each(|&node| self.check(node))?;
        let asked = asked.map(|place| place + 1);
        let node = self.graph.roots().iter().find(|root| Some(root.label) == asked).map(|root| root.node);
        let view = |named| Beginnings { named, asked, node };
        Ok(py.detach(|| {
            let named = HolderIndex::new(&self.graph, &view(true));
            let mut all = None;
            let chains = |node| {
                let found = named.chains(node, count);
                if found.is_empty() {
                    all.get_or_insert_with(|| HolderIndex::new(&self.graph, &view(false))).chains(node, count)
                } else {
                    found
                }
            };
            nodes.into_iter().map(chains).map(|chains| chains.iter().map(plain).collect()).collect()
        }))
    }

    /// Cycles that nothing holds: their nodes, their bytes, and those that would go with them, largest first.
    fn garbage(&self, py: Python<'_>, most: usize) -> Vec<(Vec<NodeId>, u64, u64)> {
        py.detach(|| {
            let cycles = Cycles::unreachable(&self.graph, &self.tree);
            let mut found: Vec<_> = cycles.all().iter().collect();
            found.sort_by_key(|cycle| std::cmp::Reverse(cycle.retained));
            found.truncate(most);
            found
                .into_iter()
                .map(|cycle| (cycles.members(cycle).to_vec(), cycle.shallow, cycle.retained))
                .collect()
        })
    }

    /// The object of a node.
    fn thing(&self, py: Python<'_>, node: NodeId) -> PyResult<Py<PyAny>> {
        self.check(node)?;
        let objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        match objects.get(node as usize) {
            Some(object) => Ok(object.clone_ref(py)),
            None => Err(PyRuntimeError::new_err("the objects of this heap were let go")),
        }
    }

    /// Let go of the objects; numbers and chains stay.
    fn forget(&self) {
        let objects = std::mem::take(&mut *self.objects.lock().unwrap_or_else(PoisonError::into_inner));
        drop(objects);
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner).keep(&self.graph, &self.tree);
    }

    /// The node of an object; None if it was not there. Only true as long as the object has lived since.
    fn find(&self, object: &Bound<'_, PyAny>) -> Option<NodeId> {
        let key = object.as_ptr() as u64;
        self.graph.nodes().find(|&node| {
            self.graph.key(node) == key && self.kinds[self.graph.kind(node) as usize].is(object.get_type())
        })
    }
}

impl Heap {
    fn passes_on(&self, node: NodeId) -> bool {
        let retained = self.tree.retained(node);
        let mut held = self.tree.held_by(Holder::Node(node));
        held.any(|held| self.tree.retained(held) > retained - retained / 10)
    }

    fn check(&self, node: NodeId) -> PyResult<()> {
        if (node as usize) < self.graph.node_count() {
            Ok(())
        } else {
            Err(PyValueError::new_err(format!("there is no node {node}")))
        }
    }
}

fn plain(chain: &Chain) -> Way {
    let name = (chain.root.label != UNNAMED).then(|| chain.root.label - 1);
    (name, chain.nodes().collect())
}
