//! Every object of the interpreter, and who refers to whom, in one pass.
//!
//! The collector knows the containers; what they refer to is shown by the same `tp_traverse` that it uses, and whatever is
//! not a container is met there. While the pass runs, nothing of the program does: the thread keeps the interpreter, the
//! collector is off, and the functions called are compiled ones that only read. So addresses stay true to the end, where
//! the objects that are wanted later get references.
//!
//! **Roots** are not a list of places that somebody thought of. An object that has more references than the pass has seen
//! is held by something that no object shows: a variable of a running call, compiled code, the interpreter itself. What no
//! root reaches is garbage that waits for the collector.

use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::mem::take;

use drypoint_heap::{Graph, GraphBuilder, GraphError, Node, NodeId};
use pyo3::exceptions::PyMemoryError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyType};

use super::addresses::{Addresses, expect};
use super::census::Census;
use super::frame::Quiet;
use super::held::Held;
use super::island::references_of;
use super::kinds::{Following, Kind, Kinds};
use super::ndarray::{Arrays, Referred};

/// The label of a root that nothing names. Named ones have theirs from 1 on.
pub(crate) const UNNAMED: u32 = u32::MAX;

/// Small values that one object alone refers to are counted with it, if they are at most this large.
const ABSORBED: usize = 4 << 10;

/// The objects and what is known of them.
pub(crate) struct Heap {
    pub(crate) graph: Graph,
    /// The object of each node.
    pub(crate) objects: Held,
    /// The type of each kind.
    pub(crate) kinds: Vec<Py<PyType>>,
}

/// What was counted is a little less than what comes: one part in so many.
const MORE: usize = 16;
/// Sources that are looked into one after the other, before what they refer to is taken in: meanwhile that is on its way
/// from the memory, which is most of what a pass costs.
const BATCH: usize = 16;
/// References that wait to be taken in at most.
const WAITING: usize = 512;

struct Walk<'py> {
    py: Python<'py>,
    builder: GraphBuilder,
    index: Addresses,
    pointers: Vec<*mut ffi::PyObject>,
    seen: Vec<u32>,
    kinds: Kinds<'py>,
    hidden: Hidden,
    arrays: Option<Arrays>,
    /// The sources of the batch begin here; each has bytes that were counted with it.
    first: usize,
    absorbed: [u64; BATCH],
    /// The source that is looked into, and references that were met: of a source, to an object.
    source: NodeId,
    met: Vec<(NodeId, *mut ffi::PyObject)>,
    failed: Option<GraphError>,
}

/// The tool's own objects, which are no part of the heap.
struct Hidden {
    addresses: Vec<usize>,
    /// One bit of each: what has none of these is not among them.
    bits: u64,
}

impl Hidden {
    fn new(mut addresses: Vec<usize>) -> Self {
        addresses.sort_unstable();
        let bits = addresses.iter().fold(0, |bits, &address| bits | Self::bit(address));
        Self { addresses, bits }
    }

    fn bit(address: usize) -> u64 {
        1 << (address >> 4 & 63)
    }

    #[inline]
    fn has(&self, address: usize) -> bool {
        self.bits & Self::bit(address) != 0 && self.addresses.binary_search(&address).is_ok()
    }
}

/// Walk the heap from the objects that the collector tracks, which the caller lets go after it. `named` are the objects of roots that have names, `hidden` those of the tool itself; `site_of` tells where an
/// array was made; `sizes` are the types whose size somebody's function tells, beyond their own bytes.
pub(crate) fn walk(
    py: Python<'_>,
    tracked: &Bound<'_, PyList>,
    counted: &Census,
    named: &Bound<'_, PyList>,
    hidden: &Bound<'_, PyList>,
    site_of: impl Fn(&Bound<'_, PyAny>) -> u32,
    sizes: &[(Py<PyType>, Py<PyAny>)],
) -> PyResult<Heap> {
    let arrays = Arrays::find(py)?;
    let quiet = Quiet::new(py);
    let mut own: Vec<usize> = hidden.iter().map(|object| object.as_ptr() as usize).collect();
    own.extend([named.as_ptr() as usize, hidden.as_ptr() as usize, tracked.as_ptr() as usize]);
    let nodes = counted.nodes + counted.nodes / MORE;
    let mut walk = Walk {
        py,
        builder: GraphBuilder::with_capacity(nodes, counted.edges + counted.edges / MORE),
        index: Addresses::with_capacity(nodes),
        pointers: Vec::with_capacity(nodes),
        seen: Vec::with_capacity(nodes),
        kinds: Kinds::new(py, arrays.as_ref()),
        hidden: Hidden::new(own),
        arrays,
        first: 0,
        absorbed: [0; BATCH],
        source: 0,
        met: Vec::with_capacity(WAITING),
        failed: None,
    };
    for object in tracked.iter() {
        walk.find_or_add(object.as_ptr());
    }
    let listed = walk.pointers.len();
    for object in named.iter() {
        walk.find_or_add(object.as_ptr()); // a variable may be all that holds it
    }
    walk.run()?;
    // Names first, so that chains begin with them; then whoever has references that nothing explains.
    let mut ours = HashMap::new();
    for (place, object) in named.iter().enumerate() {
        let address = object.as_ptr() as usize;
        *ours.entry(address).or_insert(0u64) += 1;
        if let Some(node) = walk.index.get(address, &walk.pointers) {
            walk.builder.add_root(node, place as u32 + 1).map_err(too_large)?;
        }
    }
    // The tables that are of no more use go before others come.
    walk.index = Addresses::with_capacity(0);
    let objects = walk.hold_and_add_unnamed_roots(listed, &ours)?;
    drop(take(&mut walk.seen));
    drop(quiet);
    walk.describe(&objects, site_of, sizes)?;
    let graph = walk.builder.finish().map_err(too_large)?;
    Ok(Heap { graph, objects, kinds: walk.kinds.into_types() })
}

fn too_large(error: GraphError) -> PyErr {
    PyMemoryError::new_err(format!("the heap is too large to be looked at: {error}"))
}

impl Walk<'_> {
    fn run(&mut self) -> PyResult<()> {
        while self.first < self.pointers.len() {
            let until = self.pointers.len().min(self.first + BATCH);
            let mut kinds = [0; BATCH];
            for source in self.first..until {
                if let Some(&later) = self.pointers.get(source + BATCH) {
                    expect_object(later);
                }
                let object = self.pointers[source];
                let kind = self.kinds.of(object)?;
                kinds[source - self.first] = kind;
                self.source = source as NodeId;
                self.follow(object, kind)?;
            }
            self.take_in();
            if let Some(error) = self.failed.take() {
                return Err(too_large(error));
            }
            for source in self.first..until {
                let (object, kind) = (self.pointers[source], kinds[source - self.first]);
                let absorbed = take(&mut self.absorbed[source - self.first]);
                let shallow = self.kinds.size(object, kind)? as u64 + absorbed;
                let known = Node { shallow, kind, ..Node::default() };
                self.builder.describe(source as NodeId, known).map_err(too_large)?;
            }
            self.first = until;
        }
        Ok(())
    }

    fn follow(&mut self, object: *mut ffi::PyObject, kind: u32) -> PyResult<()> {
        let Kind { following, traverse, collected, .. } = *self.kinds.get(kind);
        match following {
            Following::Nothing => {}
            Following::DictItems => self.dict_items(object),
            Following::Array => {
                if collected {
                    self.traverse_tracked(object, traverse); // a subclass with attributes
                }
                return self.array_items(object);
            }
            Following::TupleItems => self.traverse(object, traverse),
            Following::Traversed => self.traverse_tracked(object, traverse),
        }
        Ok(())
    }

    fn traverse_tracked(&mut self, object: *mut ffi::PyObject, traverse: Option<ffi::traverseproc>) {
        // SAFETY: the object is alive. A type that is not made by a class statement is no object of the collector's,
        // though its type says so.
        if unsafe { ffi::PyObject_GC_IsTracked(object) } != 0 {
            self.traverse(object, traverse);
        }
    }

    fn traverse(&mut self, object: *mut ffi::PyObject, traverse: Option<ffi::traverseproc>) {
        if let Some(traverse) = traverse {
            // SAFETY: the object is alive and the function that of its type. The visitor stores what it is shown in the
            // walk behind the pointer, to which nobody else has access meanwhile, and runs no Python code.
            unsafe { traverse(object, visit, std::ptr::from_mut(self).cast::<c_void>()) };
        }
    }

    /// `tp_traverse` of a dict leaves out keys that are texts, however many they are.
    fn dict_items(&mut self, object: *mut ffi::PyObject) {
        let (mut place, mut key, mut value) = (0, std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: a dict that nobody changes meanwhile; both results are borrowed.
        unsafe {
            while ffi::PyDict_Next(object, &raw mut place, &raw mut key, &raw mut value) != 0 {
                self.meet(key);
                self.meet(value);
            }
        }
    }

    fn array_items(&mut self, object: *mut ffi::PyObject) -> PyResult<()> {
        let Some(arrays) = &self.arrays else { return Ok(()) };
        // SAFETY: the object is alive.
        let array = unsafe { Bound::from_borrowed_ptr(self.py, object) };
        match arrays.referred(&array)? {
            Referred::Nothing => {}
            Referred::Base(base) => self.meet(base.as_ptr()), // the array's own reference keeps it
            Referred::Items(items, depth) => self.nested_items(&items, depth),
        }
        Ok(())
    }

    fn nested_items(&mut self, items: &Bound<'_, PyAny>, depth: usize) {
        match items.cast::<PyList>() {
            Ok(list) if depth > 0 => list.iter().for_each(|item| self.nested_items(&item, depth - 1)),
            _ => self.meet(items.as_ptr()), // the array's own reference keeps it
        }
    }

    /// The current source refers to `object`.
    #[inline]
    fn meet(&mut self, object: *mut ffi::PyObject) {
        if object.is_null() {
            return;
        }
        if self.met.len() >= WAITING {
            self.take_in();
        }
        expect(object);
        self.index.expect(object as usize);
        self.met.push((self.source, object));
    }

    fn take_in(&mut self) {
        for &(_, object) in &self.met {
            self.index.expect_pointer(object as usize, &self.pointers);
        }
        for place in 0..self.met.len() {
            let (source, object) = self.met[place];
            self.refer(source, object);
        }
        self.met.clear();
    }

    fn refer(&mut self, source: NodeId, object: *mut ffi::PyObject) {
        // Modules may show their lists of dead objects too (asyncio does): to take one and let it go would free it again.
        let references = references_of(object);
        if references == 0 || self.failed.is_some() {
            return;
        }
        if references == 1
            && let Some(bytes) = self.absorbable(object)
        {
            self.absorbed[source as usize - self.first] += bytes as u64;
            return;
        }
        if let Some(target) = self.find_or_add(object) {
            self.seen[target as usize] = self.seen[target as usize].saturating_add(1);
            if let Err(error) = self.builder.add_edge(source, target, 0) {
                self.failed = Some(error);
            }
        }
    }

    /// The bytes of a small value, if it is one: no other refers to it.
    fn absorbable(&mut self, object: *mut ffi::PyObject) -> Option<usize> {
        let kind = self.kinds.of(object).ok()?;
        if !self.kinds.get(kind).atom {
            return None;
        }
        self.kinds.size(object, kind).ok().filter(|&bytes| bytes <= ABSORBED)
    }

    fn find_or_add(&mut self, object: *mut ffi::PyObject) -> Option<NodeId> {
        let address = object as usize;
        if self.hidden.has(address) {
            return None;
        }
        if let Some(node) = self.index.get(address, &self.pointers) {
            return Some(node);
        }
        match self.builder.add_node(Node::default()) {
            Ok(node) => {
                self.pointers.push(object);
                self.index.insert_last(&self.pointers);
                self.seen.push(0);
                Some(node)
            }
            Err(error) => {
                self.failed = Some(error);
                None
            }
        }
    }

    /// Take references to all objects; those that have more than were met are roots without a name.
    fn hold_and_add_unnamed_roots(&mut self, listed: usize, ours: &HashMap<usize, u64>) -> PyResult<Held> {
        let pointers = take(&mut self.pointers);
        for (node, &object) in pointers.iter().enumerate() {
            if let Some(&later) = pointers.get(node + BATCH) {
                expect(later);
            }
            // Values are shared by whoever wants one.
            if !self.kinds.get(self.builder.kind(node as NodeId)).atom {
                let mine = u64::from(node < listed) + ours.get(&(object as usize)).copied().unwrap_or(0);
                if references_of(object) > u64::from(self.seen[node]) + mine {
                    self.builder.add_root(node as NodeId, UNNAMED).map_err(too_large)?;
                }
            }
        }
        for &object in &pointers {
            // SAFETY: nothing was freed since the pointer was met, as the file's head says.
            unsafe { ffi::Py_IncRef(object) };
        }
        // SAFETY: each has a reference more now.
        Ok(unsafe { Held::new(pointers) })
    }

    /// What only functions can tell, who may run whatever they like: the objects are held now.
    fn describe(
        &mut self,
        objects: &Held,
        site_of: impl Fn(&Bound<'_, PyAny>) -> u32,
        sizes: &[(Py<PyType>, Py<PyAny>)],
    ) -> PyResult<()> {
        self.kinds.size_by(sizes);
        for node in 0..objects.len() {
            let node_kind = self.builder.kind(node as NodeId);
            let kind = self.kinds.get(node_kind);
            let is_array = kind.following == Following::Array;
            if !is_array && kind.size_function.is_none() {
                continue;
            }
            let Some(object) = objects.get(self.py, node) else { break };
            let more = match &kind.size_function {
                Some(function) => {
                    function.bind(self.py).call1((&object,)).and_then(|bytes| bytes.extract::<u64>())
                }
                None => Ok(0),
            };
            let own = self.kinds.size(object.as_ptr(), node_kind)? as u64;
            let site = if is_array { site_of(&object) } else { 0 };
            // A size that cannot be told is that of the object itself.
            let shallow = own + more.unwrap_or(0);
            let known = Node { shallow, kind: node_kind, site, ..Node::default() };
            self.builder.describe(node as NodeId, known).map_err(too_large)?;
        }
        Ok(())
    }
}

/// What `tp_traverse` calls for each reference; `walk` is the [`Walk`] that asked.
unsafe extern "C" fn visit(object: *mut ffi::PyObject, walk: *mut c_void) -> c_int {
    // SAFETY: `traverse` passed a walk that it has to itself, and a traversed object lends its references.
    unsafe { (*walk.cast::<Walk<'_>>()).meet(object) };
    0
}

/// An object, with what the collector has before it, will be looked at soon.
fn expect_object(object: *mut ffi::PyObject) {
    expect(object.cast::<usize>().wrapping_sub(2));
}
