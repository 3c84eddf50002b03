//! The heap of the interpreter at one moment, and what it says about memory.

use std::sync::{Arc, Mutex, PoisonError};

use drypoint_heap::{
    Chain, Cycles, DominatorTree, Graph, Group, Holder, HolderIndex, NodeId, Root, View, group_by_kind,
    group_by_site, shortest_chains,
};
use drypoint_memory::array_site;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyType};

use crate::growth::{Grown, Marks, Walked};
use crate::raw::{Held, RawHeap, UNNAMED, array_data, census, tracked, walk};
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
    graph: Arc<Graph>,
    tree: DominatorTree,
    kinds: Vec<Py<PyType>>,
    objects: Held,
    /// Who holds whom, seen from all roots and from those with names; None when the objects were let go.
    indices: Mutex<Option<[Option<Arc<Index>>; 2]>>,
    /// Last, so that what it is for goes first.
    scratch: Mutex<Scratch>,
}

type Index = HolderIndex<Arc<Graph>>;

/// Objects, their own bytes, and the bytes that would go if all of them went.
type Sum = (usize, u64, u64);
/// A node's type, own bytes, retained bytes, line, and whether anything holds it.
type Described = (Py<PyType>, u64, u64, Option<String>, bool);
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
        let tracked = tracked(py)?;
        let counted = census(&tracked);
        let mut scratch = Scratch::reserve(py, &counted)?;
        let RawHeap { graph, objects, kinds } = walk(py, &tracked, &counted, named, hidden, site_of, &sizes)?;
        drop(tracked);
        scratch.fit(py, &graph)?;
        let tree = py.detach(|| {
            let tree = DominatorTree::new(&graph);
            scratch.trim();
            tree
        });
        Ok(Self {
            graph: Arc::new(graph),
            tree,
            kinds,
            objects,
            indices: Mutex::new(Some([None, None])),
            scratch: Mutex::new(scratch),
        })
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

    /// The nodes with most bytes of their own, largest first.
    fn by_size(&self, py: Python<'_>, count: usize) -> Vec<NodeId> {
        py.detach(|| {
            let mut nodes: Vec<NodeId> = self.graph.nodes().collect();
            let by_size = |&node: &NodeId| (std::cmp::Reverse(self.graph.shallow(node)), node);
            if count < nodes.len() {
                nodes.select_nth_unstable_by_key(count, by_size);
                nodes.truncate(count);
            }
            nodes.sort_by_key(by_size);
            nodes
        })
    }

    /// What is known of a node: its type, own bytes, retained bytes, the line that made it, and whether anything holds it.
    fn node(&self, py: Python<'_>, node: NodeId) -> PyResult<Described> {
        self.check(node)?;
        let kind = self.kinds[self.graph.kind(node) as usize].clone_ref(py);
        let line = sites::text(py, self.graph.site(node));
        let (shallow, retained) = (self.graph.shallow(node), self.tree.retained(node));
        Ok((kind, shallow, retained, line, self.tree.is_reachable(node)))
    }

    /// The line that made a node, as a site; 0 if it is not known.
    fn site(&self, node: NodeId) -> PyResult<u32> {
        self.check(node)?;
        Ok(self.graph.site(node))
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
        let Some(asked) = asked.map(|place| place + 1) else {
            return Ok(py.detach(|| {
                if count == 1 {
                    return self.shortest(&nodes);
                }
                let chains = |node| {
                    let found = self.index(true).chains(node, count);
                    if found.is_empty() { self.index(false).chains(node, count) } else { found }
                };
                nodes.into_iter().map(chains).map(|chains| chains.iter().map(plain).collect()).collect()
            }));
        };
        let node = self.graph.roots().iter().find(|root| root.label == asked).map(|root| root.node);
        let view = |named| Beginnings { named, asked: Some(asked), node };
        Ok(py.detach(|| {
            let named = HolderIndex::new(&*self.graph, &view(true));
            let mut all = None;
            let chains = |node| {
                let found = named.chains(node, count);
                if found.is_empty() {
                    all.get_or_insert_with(|| HolderIndex::new(&*self.graph, &view(false)))
                        .chains(node, count)
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
        match self.objects.get(py, node as usize) {
            Some(object) => Ok(object.unbind()),
            None => Err(PyRuntimeError::new_err("the objects of this heap were let go")),
        }
    }

    /// Let go of the objects; numbers and chains stay.
    fn forget(&self, py: Python<'_>) {
        drop(self.indices.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.objects.let_go(py);
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner).keep(&self.graph, &self.tree);
    }

    /// What `grown` of a later walk wants to know of this one.
    fn marks(&self, py: Python<'_>) -> Marks {
        py.detach(|| self.walked().marks())
    }

    /// The objects of an earlier walk that keep at least `least` bytes or `count` objects more now, most first; of each, up to
    /// `most` of the new objects that it keeps, largest first. What nothing holds is not looked at.
    fn grown(&self, py: Python<'_>, before: &Marks, least: u64, count: usize, most: usize) -> Vec<Grown> {
        py.detach(|| self.walked().grown(before, least, count, most))
    }

    /// What the object at an address retains, if there is one whose type has this name.
    fn retained_at(&self, py: Python<'_>, address: u64, name: &str) -> Option<u64> {
        let node = self.graph.nodes().find(|&node| self.objects.address(node as usize) == address)?;
        let kind = self.kinds[self.graph.kind(node) as usize].bind(py);
        (kind.name().ok()?.to_str().ok()? == name).then(|| self.tree.retained(node))
    }

    /// The nodes that only this one holds, most retained first, at most so many.
    fn held(&self, node: NodeId, most: usize) -> PyResult<Vec<(NodeId, u64)>> {
        self.check(node)?;
        let mut held: Vec<_> =
            self.tree.held_by(Holder::Node(node)).map(|held| (held, self.tree.retained(held))).collect();
        held.sort_by_key(|&(node, bytes)| (std::cmp::Reverse(bytes), node));
        held.truncate(most);
        Ok(held)
    }

    /// What holds a node alone: a node, or None if that is no single one.
    fn holder(&self, node: NodeId) -> PyResult<Option<NodeId>> {
        self.check(node)?;
        Ok(match self.tree.holder(node) {
            Holder::Node(holder) => Some(holder),
            _ => None,
        })
    }

    /// The nodes of the instances of some types, and of their subclasses.
    fn of_kinds(&self, py: Python<'_>, types: Vec<Bound<'_, PyType>>) -> PyResult<Vec<NodeId>> {
        let mut wanted = vec![false; self.kinds.len()];
        for (place, kind) in self.kinds.iter().enumerate() {
            let kind = kind.bind(py);
            wanted[place] = types.iter().any(|of| kind.is_subclass(of).unwrap_or(false));
        }
        Ok(self.graph.nodes().filter(|&node| wanted[self.graph.kind(node) as usize]).collect())
    }

    /// Bytes of what nothing holds, by type, most first.
    fn waiting(&self, py: Python<'_>) -> Vec<(Py<PyType>, usize, u64)> {
        let mut sums = vec![(0usize, 0u64); self.kinds.len()];
        for node in self.graph.nodes().filter(|&node| !self.tree.is_reachable(node)) {
            let (count, bytes) = &mut sums[self.graph.kind(node) as usize];
            *count += 1;
            *bytes += self.graph.shallow(node);
        }
        let mut found: Vec<_> = sums
            .into_iter()
            .enumerate()
            .filter(|(_, (count, _))| *count > 0)
            .map(|(kind, (count, bytes))| (self.kinds[kind].clone_ref(py), count, bytes))
            .collect();
        found.sort_by_key(|(_, count, bytes)| (std::cmp::Reverse(*bytes), std::cmp::Reverse(*count)));
        found
    }

    /// The node of an object; None if it was not there. Only true as long as the object has lived since.
    fn find(&self, object: &Bound<'_, PyAny>) -> Option<NodeId> {
        let key = object.as_ptr() as u64;
        self.graph.nodes().find(|&node| {
            self.objects.address(node as usize) == key
                && self.kinds[self.graph.kind(node) as usize].is(object.get_type())
        })
    }
}

impl Heap {
    fn walked(&self) -> Walked<'_> {
        Walked { graph: &self.graph, tree: &self.tree, kinds: &self.kinds, objects: &self.objects }
    }

    /// The shortest way to each node, from a root with a name if there is one.
    fn shortest(&self, nodes: &[NodeId]) -> Vec<Vec<Way>> {
        let view = |named| Beginnings { named, asked: None, node: None };
        let search = |named, nodes: &[NodeId]| shortest_chains(&self.graph, &view(named), nodes);
        let mut found = search(true, nodes);
        let rest: Vec<usize> = (0..nodes.len()).filter(|&place| found[place].is_none()).collect();
        if !rest.is_empty() {
            let others: Vec<NodeId> = rest.iter().map(|&place| nodes[place]).collect();
            for (place, chain) in rest.into_iter().zip(search(false, &others)) {
                found[place] = chain;
            }
        }
        found.iter().map(|chain| chain.iter().map(plain).collect()).collect()
    }

    /// The way back from all nodes, from roots that have names or from all of them; made once, as long as objects are held.
    fn index(&self, named: bool) -> Arc<Index> {
        let mut indices = self.indices.lock().unwrap_or_else(PoisonError::into_inner);
        let made = indices.as_ref().and_then(|indices| indices[usize::from(named)].clone());
        made.unwrap_or_else(|| {
            let view = Beginnings { named, asked: None, node: None };
            let index = Arc::new(Index::new(self.graph.clone(), &view));
            if let Some(indices) = &mut *indices {
                indices[usize::from(named)] = Some(index.clone());
            }
            index
        })
    }

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
