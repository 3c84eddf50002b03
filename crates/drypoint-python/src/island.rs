//! A figure and what only it holds: whether anyone else holds it, what would go with it, and letting that go.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple, PyType, PyWeakrefMethods, PyWeakrefReference};

use crate::raw::{Graph, Kind, free, gather};

/// More objects than any figure drawn by hand has; what lies beyond is taken for held from outside.
const LIMIT: usize = 300_000;

/// What is known of a node. Everything is `Unknown`, and would go, until something from outside is seen to reach it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Unknown,
    /// Reached from outside, but one of the types that may be the figure's own: the caller is asked.
    Asked,
    /// The figure's own, and in somebody's sight: it will be emptied, so the search for what is alive ends here.
    Shell,
    Alive,
}

/// What the roots reach, with strong references to all of it until `free`.
#[pyclass]
pub(crate) struct Island {
    graph: Graph,
    states: Vec<State>,
    roots: usize,
}

#[pymethods]
impl Island {
    /// The island of the objects that the weak references `roots` lead to; `own` are the types that `visible` asks about.
    #[new]
    fn new(
        py: Python<'_>,
        roots: Vec<Bound<'_, PyWeakrefReference>>,
        own: Vec<Bound<'_, PyType>>,
    ) -> PyResult<Self> {
        let alive: Vec<_> = roots.iter().filter_map(|root| root.upgrade()).collect();
        let graph = gather(py, &alive, &own, LIMIT)?;
        let states = vec![State::Unknown; graph.nodes.len()];
        Ok(Self { graph, states, roots: alive.len() })
    }

    fn __len__(&self) -> usize {
        self.graph.nodes.len()
    }

    /// Whether anything outside the island reaches a root. What does not is left for `free`.
    fn held(&mut self) -> bool {
        let outside = (0..self.states.len()).filter(|&at| self.graph.nodes[at].external > 0).collect();
        self.flood(outside, false);
        self.states[..self.roots].contains(&State::Alive)
    }

    /// The objects of the own types that something outside holds, directly or through what is not of these types.
    fn visible<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let mut outside = Vec::new();
        for at in 0..self.states.len() {
            let node = &self.graph.nodes[at];
            if at < self.roots || (node.external > 0 && node.kind == Kind::Own) {
                self.states[at] = State::Asked;
            } else if node.external > 0 {
                outside.push(at);
            }
        }
        self.flood(outside, true);
        self.asked(py)
    }

    /// Of the objects that `visible` gave, `mine` are the figure's: they will be emptied. The others are alive; the list
    /// is what these reach that must be asked about in turn.
    fn claim<'py>(&mut self, py: Python<'py>, mine: Vec<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyList>> {
        let index: HashMap<usize, usize> = (0..self.states.len())
            .filter(|&at| self.states[at] == State::Asked)
            .map(|at| (self.graph.nodes[at].object.as_ptr() as usize, at))
            .collect();
        for object in mine {
            let Some(&at) = index.get(&(object.as_ptr() as usize)) else {
                return Err(PyValueError::new_err("an object that visible() did not give"));
            };
            self.states[at] = State::Shell;
        }
        let others = index.into_values().filter(|&at| self.states[at] == State::Asked).collect();
        self.flood(others, true);
        self.asked(py)
    }

    /// The objects of these types that would go.
    fn dying<'py>(&self, py: Python<'py>, kinds: Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyList>> {
        let found = PyList::empty(py);
        let mut known = HashMap::new();
        for (node, state) in self.graph.nodes.iter().zip(&self.states) {
            if *state != State::Unknown {
                continue;
            }
            let kind = node.object.bind(py).get_type();
            let wanted = match known.entry(kind.as_ptr() as usize) {
                Entry::Occupied(entry) => *entry.get(),
                Entry::Vacant(entry) => *entry.insert(kind.is_subclass(&kinds)?),
            };
            if wanted {
                found.append(&node.object)?;
            }
        }
        Ok(found)
    }

    /// Let go of everything, and free what nothing outside reaches. Returns how many objects of cycles were found dead.
    fn free(&mut self, py: Python<'_>) -> PyResult<usize> {
        let graph = std::mem::replace(
            &mut self.graph,
            Graph { nodes: Vec::new(), offsets: Vec::new(), targets: Vec::new() },
        );
        let states = std::mem::take(&mut self.states);
        self.roots = 0;
        let mut going = Vec::new();
        for (node, state) in graph.nodes.into_iter().zip(states) {
            if state == State::Unknown {
                going.push(node.object);
            }
        }
        free(py, going)
    }
}

impl Island {
    /// Mark what `from` reaches as alive. With `ask`, an object of the own types is only noted, and not passed.
    fn flood(&mut self, from: Vec<usize>, ask: bool) {
        let mut waiting = from;
        for &at in &waiting {
            self.states[at] = State::Alive;
        }
        while let Some(at) = waiting.pop() {
            let (first, end) = (self.graph.offsets[at] as usize, self.graph.offsets[at + 1] as usize);
            for &target in &self.graph.targets[first..end] {
                let target = target as usize;
                if self.states[target] != State::Unknown {
                    continue;
                }
                if ask && self.graph.nodes[target].kind == Kind::Own {
                    self.states[target] = State::Asked;
                } else {
                    self.states[target] = State::Alive;
                    waiting.push(target);
                }
            }
        }
    }

    fn asked<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let objects = self
            .graph
            .nodes
            .iter()
            .zip(&self.states)
            .filter(|(_, state)| **state == State::Asked)
            .map(|(node, _)| node);
        PyList::new(py, objects.map(|node| node.object.bind(py)).collect::<Vec<_>>())
    }
}
