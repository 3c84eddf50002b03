//! What one object reaches, with the references that come from outside, found without looking at the rest of the heap.
//!
//! The collector of CPython finds garbage by trial deletion: references that no object of a set explains come from
//! outside it, and what those do not reach is garbage. It does so for a whole generation; a figure is a few thousand
//! objects in a heap of millions. Here the set is what the figure reaches, through the same `tp_traverse` that the
//! collector uses. Freeing is left to the collector: the garbage is moved to the youngest generation, which it then
//! looks through, so weak references, finalizers and resurrection are as it has them. A walk that stops early explains
//! fewer references, so it can only free less.

use std::collections::HashMap;
use std::ffi::{c_int, c_ulong, c_void};

use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyModule, PyString, PyType};

/// Packages whose objects belong to what a figure is made of; builtin containers and functions do too.
const DOMAIN: [&str; 9] = [
    "matplotlib",
    "mpl_toolkits",
    "builtins",
    "functools",
    "collections",
    "weakref",
    "contextlib",
    "itertools",
    "numpy",
];
/// Builtin types that lead to what is the program's own. They are never subclassed.
const DOORS: [&str; 4] = ["cell", "generator", "coroutine", "async_generator"];
/// How many objects of the program's own are looked into: enough for a viewer and its helpers.
const FOREIGN_OBJECTS: usize = 2_000;
/// A container of the program's own that is longer is not looked into.
const FOREIGN_LENGTH: isize = 10_000;

/// What the walk does with objects of a type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Not looked into, and its references count as coming from outside.
    Closed,
    /// A NumPy array: the collector does not know it, but it holds the bytes. Only its base is followed.
    Array,
    /// One of the types that the caller calls a figure's own: artists, canvases, managers.
    Own,
    /// Of Matplotlib or builtin: looked into.
    Domain,
    /// A function: its module's names are where the island ends.
    Function,
    /// Of the program: looked into within limits.
    Foreign,
}

/// One object of an island.
pub(crate) struct Node {
    pub(crate) object: Py<PyAny>,
    pub(crate) kind: Kind,
    /// References to it that no other object of the island explains.
    pub(crate) external: u64,
}

/// Objects and the references among them: those of node `i` go to `targets[offsets[i]..offsets[i + 1]]`.
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) offsets: Vec<u32>,
    pub(crate) targets: Vec<u32>,
}

struct Walk<'py> {
    py: Python<'py>,
    own: &'py [Bound<'py, PyType>],
    array: Option<Bound<'py, PyType>>,
    kinds: HashMap<usize, Kind>,
    /// Dictionaries of modules, at whose border the island ends.
    globals: HashMap<usize, Py<PyAny>>,
    index: HashMap<usize, u32>,
    nodes: Vec<Node>,
    foreign: Vec<bool>,
    edges: Vec<(u32, u32)>,
    source: u32,
    limit: usize,
}

/// Everything that `roots` reach, up to `limit` objects. Each root's own reference in `roots` is left out of the count.
pub(crate) fn gather<'py>(
    py: Python<'py>,
    roots: &[Bound<'py, PyAny>],
    own: &'py [Bound<'py, PyType>],
    limit: usize,
) -> PyResult<Graph> {
    let modules = py.import(intern!(py, "sys"))?.getattr(intern!(py, "modules"))?.cast_into::<PyDict>()?;
    let array = match modules.get_item(intern!(py, "numpy"))? {
        Some(numpy) => numpy.getattr(intern!(py, "ndarray")).ok().and_then(|kind| kind.cast_into().ok()),
        None => None,
    };
    let mut globals = HashMap::with_capacity(modules.len() * 2);
    for (_, module) in modules.iter() {
        if let Ok(module) = module.cast::<PyModule>() {
            let dict = module.dict();
            globals.insert(dict.as_ptr() as usize, dict.into_any().unbind());
        }
    }
    let mut walk = Walk {
        py,
        own,
        array,
        kinds: HashMap::new(),
        globals,
        index: HashMap::new(),
        nodes: Vec::new(),
        foreign: Vec::new(),
        edges: Vec::new(),
        source: 0,
        limit,
    };
    for root in roots {
        walk.find(root.as_ptr());
    }
    walk.edges.clear(); // A root is not reached from the first one by being a root.
    let given = walk.nodes.len();
    walk.run()?;
    Ok(walk.finish(given))
}

impl Walk<'_> {
    fn run(&mut self) -> PyResult<()> {
        let (mut next, mut looked_into) = (0, 0);
        let mut later = Vec::new();
        loop {
            while next < self.nodes.len() {
                let at = next;
                next += 1;
                let kind = self.kind_of(at)?;
                self.nodes[at].kind = kind;
                self.foreign[at] &= kind != Kind::Own;
                let shared = matches!(kind, Kind::Domain | Kind::Function);
                if kind == Kind::Foreign || (self.foreign[at] && shared) {
                    later.push(at);
                } else {
                    self.look_into(at)?;
                }
            }
            // What the figure itself reaches comes first, so that the limits cut off what is the program's.
            let Some(at) = later.pop() else { return Ok(()) };
            if looked_into < FOREIGN_OBJECTS && self.length(at) <= FOREIGN_LENGTH {
                looked_into += 1;
                self.foreign[at] = true;
                self.look_into(at)?;
            }
        }
    }

    fn look_into(&mut self, at: usize) -> PyResult<()> {
        let object = self.nodes[at].object.bind(self.py).clone();
        self.source = u32::try_from(at).map_err(|_| PyRuntimeError::new_err("an island of 2^32 objects"))?;
        match self.nodes[at].kind {
            Kind::Closed => return Ok(()),
            Kind::Array => {
                if let Ok(base) = object.getattr(intern!(self.py, "base"))
                    && !base.is_none()
                {
                    self.find(base.as_ptr());
                }
                return Ok(());
            }
            Kind::Function => {
                if let Ok(globals) = object.getattr(intern!(self.py, "__globals__")) {
                    self.globals.entry(globals.as_ptr() as usize).or_insert_with(|| globals.unbind());
                }
            }
            Kind::Own | Kind::Domain | Kind::Foreign => {}
        }
        // SAFETY: the object is alive, held by its node, and of a type with this slot, which `find` asked for. The
        // function given stores what it is shown in the walk behind the pointer, to which nobody else has access
        // meanwhile, and runs no Python code, as a visitor must not.
        unsafe {
            let slot = ffi::PyType_GetSlot(ffi::Py_TYPE(object.as_ptr()), ffi::Py_tp_traverse);
            if !slot.is_null() {
                let traverse = std::mem::transmute::<*mut c_void, ffi::traverseproc>(slot);
                traverse(object.as_ptr(), visit, std::ptr::from_mut(self).cast::<c_void>());
            }
        }
        Ok(())
    }

    /// Note that the current source refers to `object`.
    fn find(&mut self, object: *mut ffi::PyObject) {
        let address = object as usize;
        if let Some(&at) = self.index.get(&address) {
            self.edges.push((self.source, at));
            return;
        }
        if self.nodes.len() >= self.limit || self.globals.contains_key(&address) || !self.may_enter(object) {
            return;
        }
        let at = self.nodes.len() as u32;
        // SAFETY: whoever refers to it keeps it alive during this call, and the thread is attached.
        let object = unsafe { Bound::from_borrowed_ptr(self.py, object) }.unbind();
        self.nodes.push(Node { object, kind: Kind::Closed, external: 0 });
        self.foreign.push(self.foreign.get(self.source as usize).copied().unwrap_or(false));
        self.index.insert(address, at);
        self.edges.push((self.source, at));
    }

    /// Whether the object can be part of an island, as far as can be told without running Python code.
    fn may_enter(&self, object: *mut ffi::PyObject) -> bool {
        // SAFETY: the object is alive, as in `find`; these calls read it and its type.
        unsafe {
            let kind = ffi::Py_TYPE(object);
            if self.array.as_ref().is_some_and(|array| ffi::PyType_IsSubtype(kind, array.as_type_ptr()) != 0)
            {
                return true;
            }
            let flags: c_ulong = ffi::PyType_GetFlags(kind);
            flags & ffi::Py_TPFLAGS_HAVE_GC != 0
                && flags & ffi::Py_TPFLAGS_TYPE_SUBCLASS == 0
                && (ffi::PyObject_GC_IsTracked(object) != 0 || ffi::PyDict_CheckExact(object) != 0)
        }
    }

    fn kind_of(&mut self, at: usize) -> PyResult<Kind> {
        let object = self.nodes[at].object.bind(self.py);
        let kind = object.get_type();
        let address = kind.as_ptr() as usize;
        if let Some(&known) = self.kinds.get(&address) {
            return Ok(known);
        }
        let found = self.classify(&kind)?;
        self.kinds.insert(address, found);
        Ok(found)
    }

    fn classify(&self, kind: &Bound<'_, PyType>) -> PyResult<Kind> {
        if let Some(array) = &self.array
            && kind.is_subclass(array)?
        {
            return Ok(Kind::Array);
        }
        // SAFETY: both are types and alive; unlike `issubclass` this runs no Python code of theirs.
        let derives =
            |from: *mut ffi::PyTypeObject| unsafe { ffi::PyType_IsSubtype(kind.as_type_ptr(), from) != 0 };
        if self.own.iter().any(|own| derives(own.as_type_ptr())) {
            return Ok(Kind::Own);
        }
        let name = kind.name()?;
        if derives(&raw mut ffi::PyModule_Type) || name == "frame" {
            return Ok(Kind::Closed);
        }
        if name.to_str().is_ok_and(|name| DOORS.contains(&name)) {
            return Ok(Kind::Foreign);
        }
        // SAFETY: as above.
        let built_in = unsafe { ffi::PyType_GetFlags(kind.as_type_ptr()) } & ffi::Py_TPFLAGS_HEAPTYPE == 0;
        if built_in && name == "function" {
            return Ok(Kind::Function);
        }
        let package = kind.getattr(intern!(self.py, "__module__"))?;
        let package = package.cast::<PyString>().ok().and_then(|text| text.to_str().ok().map(str::to_owned));
        let package = package.unwrap_or_default();
        let domain = built_in || DOMAIN.contains(&package.split('.').next().unwrap_or_default());
        Ok(if domain { Kind::Domain } else { Kind::Foreign })
    }

    /// Items of a builtin container; 0 for anything else.
    fn length(&self, at: usize) -> isize {
        let object = self.nodes[at].object.as_ptr();
        // SAFETY: the node holds the object, and each size is asked of an object of that very type.
        unsafe {
            if ffi::PyDict_CheckExact(object) != 0 {
                ffi::PyDict_Size(object)
            } else if ffi::PyList_CheckExact(object) != 0 {
                ffi::PyList_Size(object)
            } else if ffi::PyTuple_CheckExact(object) != 0 {
                ffi::PyTuple_Size(object)
            } else if ffi::PyAnySet_CheckExact(object) != 0 {
                ffi::PySet_Size(object)
            } else {
                0
            }
        }
    }

    fn finish(mut self, roots: usize) -> Graph {
        let count = self.nodes.len();
        let mut explained = vec![1u64; count]; // the node's own reference
        explained.iter_mut().take(roots).for_each(|known| *known += 1); // and the caller's, for each root
        let mut offsets = vec![0u32; count + 1];
        for &(source, target) in &self.edges {
            explained[target as usize] += 1;
            offsets[source as usize + 1] += 1;
        }
        for at in 0..count {
            offsets[at + 1] += offsets[at];
        }
        let mut place = offsets.clone();
        let mut targets = vec![0u32; self.edges.len()];
        for &(source, target) in &self.edges {
            targets[place[source as usize] as usize] = target;
            place[source as usize] += 1;
        }
        for (node, known) in self.nodes.iter_mut().zip(explained) {
            node.external = references(&node.object).saturating_sub(known);
        }
        Graph { nodes: self.nodes, offsets, targets }
    }
}

fn references(object: &Py<PyAny>) -> u64 {
    references_of(object.as_ptr())
}

/// The reference count as 3.11 to 3.14 have it: the lower half of the word where flags came to sit in the upper one. The object
/// has to be alive.
pub(super) fn references_of(object: *mut ffi::PyObject) -> u64 {
    // SAFETY: the object is alive; the count is the first word of every object in the builds that this is used with.
    let word = unsafe { object.cast::<usize>().read() };
    word as u64 & u64::from(u32::MAX)
}

/// What `tp_traverse` calls for each reference; `walk` is the [`Walk`] that asked.
unsafe extern "C" fn visit(object: *mut ffi::PyObject, walk: *mut c_void) -> c_int {
    // SAFETY: `look_into` passed a walk that it has to itself, and a traversed object lends its references.
    unsafe { (*walk.cast::<Walk<'_>>()).find(object) };
    0
}

/// Let go of `objects` after moving them to the generation that `gc.collect(0)` looks through, and have it do so.
/// Returns how many objects of cycles it found dead.
pub(crate) fn free(py: Python<'_>, objects: Vec<Py<PyAny>>) -> PyResult<usize> {
    let collect = py.import(intern!(py, "gc"))?.getattr(intern!(py, "collect"))?;
    // SAFETY: the thread is attached. Were the collector to run while part of the objects is still held below, it
    // would take them for alive and put them where the youngest generation does not reach.
    let enabled = unsafe { ffi::PyGC_Disable() } != 0;
    for object in &objects {
        let pointer = object.as_ptr();
        // SAFETY: the object is alive. Only one that is tracked is taken out and put back, which moves it to the
        // youngest generation; no Python code runs in between.
        unsafe {
            if ffi::PyObject_GC_IsTracked(pointer) != 0 {
                ffi::PyObject_GC_UnTrack(pointer.cast());
                ffi::PyObject_GC_Track(pointer.cast());
            }
        }
    }
    drop(objects);
    let found = collect.call1((0,));
    if enabled {
        // SAFETY: the thread is attached.
        unsafe { ffi::PyGC_Enable() };
    }
    found?.extract()
}
