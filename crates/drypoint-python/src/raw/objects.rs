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
use std::ffi::{c_int, c_ulong, c_void};

use drypoint_heap::{Graph, GraphBuilder, GraphError, Node, NodeId};
use pyo3::exceptions::PyMemoryError;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyType};

use super::frame::Quiet;
use super::island::references_of;

/// The label of a root that nothing names. Named ones have theirs from 1 on.
pub(crate) const UNNAMED: u32 = u32::MAX;

/// Small values that one object alone refers to are counted with it, if they are at most this large.
const ABSORBED: usize = 4 << 10;

/// Types that are found without a look into the table.
const RECENT: usize = 256;

/// How an object's own bytes are found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sizing {
    /// The type says all.
    Fixed,
    /// So many items of one size.
    Items,
    /// By the type's own compiled `__sizeof__`.
    Asked,
    /// As for whole numbers: small ones all have the same, and the others are asked.
    Number(usize),
}

/// How what it refers to is found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Following {
    /// It refers to nothing.
    Nothing,
    /// By `tp_traverse`, if the collector tracks it.
    Traversed,
    /// By `tp_traverse` in any case: the collector forgets those that hold no containers.
    TupleItems,
    /// Keys and values.
    DictItems,
    /// A NumPy array: its base, and its items if they are objects.
    Array,
}

/// What the pass has to know of a type.
struct Kind {
    object: Py<PyType>,
    basic: usize,
    item: usize,
    sizing: Sizing,
    following: Following,
    collected: bool,
    /// A value without references: numbers, texts, bytes.
    atom: bool,
    /// The type's own `__sizeof__`, where it is compiled.
    sizer: Option<Py<PyAny>>,
    size_function: Option<Py<PyAny>>,
}

/// The objects and what is known of them.
pub(crate) struct Heap {
    pub(crate) graph: Graph,
    /// The object of each node.
    pub(crate) objects: Vec<Py<PyAny>>,
    /// The type of each kind.
    pub(crate) kinds: Vec<Py<PyType>>,
}

/// Asked about arrays and their memory, where NumPy is there.
struct Arrays {
    kind: Py<PyType>,
    base: Py<PyAny>,
    dtype: Py<PyAny>,
    has_objects: Py<PyAny>,
    items: Py<PyAny>,
}

struct Walk<'py> {
    py: Python<'py>,
    builder: GraphBuilder,
    index: Addresses,
    pointers: Vec<*mut ffi::PyObject>,
    seen: Vec<u32>,
    kinds: Vec<Kind>,
    kind_of: HashMap<usize, u32>,
    /// The types met last, by a few bits of their addresses: nearly every look ends here.
    recent: [(usize, u32); RECENT],
    node_kinds: Vec<u32>,
    hidden: Vec<usize>,
    arrays: Option<Arrays>,
    source: NodeId,
    absorbed: u64,
    failed: Option<GraphError>,
}

/// Walk the heap. `named` are the objects of roots that have names, `hidden` those of the tool itself; `site_of` tells where an
/// array was made; `sizes` are the types whose size somebody's function tells, beyond their own bytes.
pub(crate) fn walk(
    py: Python<'_>,
    named: &Bound<'_, PyList>,
    hidden: &Bound<'_, PyList>,
    site_of: impl Fn(&Bound<'_, PyAny>) -> u32,
    sizes: &[(Py<PyType>, Py<PyAny>)],
) -> PyResult<Heap> {
    let arrays = Arrays::find(py)?;
    let listing = py.import(intern!(py, "gc"))?.getattr(intern!(py, "get_objects"))?;
    let tracked = listing.call0()?.cast_into::<PyList>()?;
    let quiet = Quiet::new(py);
    let mut walk = Walk {
        py,
        builder: GraphBuilder::with_capacity(tracked.len() * 2, tracked.len() * 5),
        index: Addresses::with_capacity(tracked.len() * 2),
        pointers: Vec::with_capacity(tracked.len() * 2),
        seen: Vec::with_capacity(tracked.len() * 2),
        kinds: Vec::new(),
        kind_of: HashMap::new(),
        recent: [(0, 0); RECENT],
        node_kinds: Vec::new(),
        hidden: hidden.iter().map(|object| object.as_ptr() as usize).collect(),
        arrays,
        source: 0,
        absorbed: 0,
        failed: None,
    };
    walk.hidden.extend([named.as_ptr() as usize, hidden.as_ptr() as usize, tracked.as_ptr() as usize]);
    walk.hidden.sort_unstable();
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
    walk.add_unnamed_roots(listed, &ours)?;
    // The tables that are of no more use go now; that of the addresses becomes that of the objects.
    drop(std::mem::take(&mut walk.seen));
    walk.index = Addresses::with_capacity(0);
    let objects: Vec<Py<PyAny>> = std::mem::take(&mut walk.pointers)
        .into_iter()
        // SAFETY: nothing was freed since the pointer was met, as the file's head says.
        .map(|object| unsafe { Bound::from_borrowed_ptr(py, object) }.unbind())
        .collect();
    drop(tracked);
    drop(quiet);
    walk.describe(&objects, site_of, sizes)?;
    let kinds = walk.kinds.into_iter().map(|kind| kind.object).collect();
    Ok(Heap { graph: walk.builder.finish().map_err(too_large)?, objects, kinds })
}

fn too_large(error: GraphError) -> PyErr {
    PyMemoryError::new_err(format!("the heap is too large to be looked at: {error}"))
}

impl Arrays {
    fn find(py: Python<'_>) -> PyResult<Option<Self>> {
        let modules =
            py.import(intern!(py, "sys"))?.getattr(intern!(py, "modules"))?.cast_into::<PyDict>()?;
        let Some(numpy) = modules.get_item(intern!(py, "numpy"))? else { return Ok(None) };
        let (Ok(kind), Ok(dtype)) = (numpy.getattr("ndarray"), numpy.getattr("dtype")) else {
            return Ok(None);
        };
        // Those of the type itself: a subclass may have others, written in Python.
        fn member<'py>(kind: &Bound<'py, PyAny>, name: &str) -> PyResult<Bound<'py, PyAny>> {
            kind.getattr("__dict__")?.get_item(name)
        }
        fn getter(kind: &Bound<'_, PyAny>, name: &str) -> PyResult<Py<PyAny>> {
            Ok(member(kind, name)?.getattr("__get__")?.unbind())
        }
        Ok(Some(Self {
            base: getter(&kind, "base")?,
            dtype: getter(&kind, "dtype")?,
            has_objects: getter(&dtype, "hasobject")?,
            items: member(&kind, "tolist")?.unbind(),
            kind: kind.cast_into::<PyType>()?.unbind(),
        }))
    }
}

impl Walk<'_> {
    fn run(&mut self) -> PyResult<()> {
        let mut next = 0;
        while next < self.pointers.len() {
            let object = self.pointers[next];
            self.source = next as NodeId;
            self.absorbed = 0;
            let kind = self.kind(object)?;
            self.node_kinds.push(kind);
            self.follow(object, kind)?;
            if let Some(error) = self.failed.take() {
                return Err(too_large(error));
            }
            let shallow = self.size(object, kind)? as u64 + self.absorbed;
            let known = Node { shallow, kind, site: 0, key: object as u64 };
            self.builder.describe(next as NodeId, known).map_err(too_large)?;
            next += 1;
        }
        Ok(())
    }

    fn follow(&mut self, object: *mut ffi::PyObject, kind: u32) -> PyResult<()> {
        match self.kinds[kind as usize].following {
            Following::Nothing => {}
            Following::DictItems => self.dict_items(object),
            Following::Array => {
                if self.kinds[kind as usize].collected {
                    self.traverse_tracked(object); // a subclass with attributes
                }
                return self.array_items(object);
            }
            Following::TupleItems => self.traverse(object),
            Following::Traversed => self.traverse_tracked(object),
        }
        Ok(())
    }

    fn traverse_tracked(&mut self, object: *mut ffi::PyObject) {
        // SAFETY: the object is alive. A type that is not made by a class statement is no object of the collector's,
        // though its type says so.
        if unsafe { ffi::PyObject_GC_IsTracked(object) } != 0 {
            self.traverse(object);
        }
    }

    fn traverse(&mut self, object: *mut ffi::PyObject) {
        // SAFETY: the object is alive and of a type with this slot, or it is null. The visitor stores what it is shown in
        // the walk behind the pointer, to which nobody else has access meanwhile, and runs no Python code.
        unsafe {
            let slot = slot(ffi::Py_TYPE(object), ffi::Py_tp_traverse);
            if !slot.is_null() {
                let traverse = std::mem::transmute::<*mut c_void, ffi::traverseproc>(slot);
                traverse(object, visit, std::ptr::from_mut(self).cast::<c_void>());
            }
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
        let base = arrays.base.bind(self.py).call1((&array,))?;
        if !base.is_none() {
            drop(array);
            let pointer = base.as_ptr();
            drop(base); // the array's own reference keeps it
            self.meet(pointer);
            return Ok(());
        }
        let dtype = arrays.dtype.bind(self.py).call1((&array,))?;
        if arrays.has_objects.bind(self.py).call1((dtype,))?.is_truthy()? {
            let items = arrays.items.bind(self.py).call1((&array,))?;
            self.nested_items(&items);
        }
        Ok(())
    }

    fn nested_items(&mut self, items: &Bound<'_, PyAny>) {
        match items.cast::<PyList>() {
            Ok(list) => list.iter().for_each(|item| self.nested_items(&item)),
            Err(_) => self.meet(items.as_ptr()),
        }
    }

    /// The current source refers to `object`.
    fn meet(&mut self, object: *mut ffi::PyObject) {
        // Modules may show their lists of dead objects too (asyncio does): to take one and let it go would free it again.
        let alive = !object.is_null() && references_of(object) > 0;
        if !alive || self.hidden.binary_search(&(object as usize)).is_ok() || self.failed.is_some() {
            return;
        }
        if let Some(bytes) = self.absorbable(object) {
            self.absorbed += bytes as u64;
            return;
        }
        if let Some(target) = self.find_or_add(object) {
            self.seen[target as usize] = self.seen[target as usize].saturating_add(1);
            if let Err(error) = self.builder.add_edge(self.source, target, 0) {
                self.failed = Some(error);
            }
        }
    }

    /// The bytes of a small value that only the current source refers to.
    fn absorbable(&mut self, object: *mut ffi::PyObject) -> Option<usize> {
        if references_of(object) != 1 {
            return None;
        }
        let kind = self.kind(object).ok()?;
        if !self.kinds[kind as usize].atom {
            return None;
        }
        self.size(object, kind).ok().filter(|&bytes| bytes <= ABSORBED)
    }

    fn find_or_add(&mut self, object: *mut ffi::PyObject) -> Option<NodeId> {
        let address = object as usize;
        if self.hidden.binary_search(&address).is_ok() {
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

    fn add_unnamed_roots(&mut self, listed: usize, ours: &HashMap<usize, u64>) -> PyResult<()> {
        for (node, &object) in self.pointers.iter().enumerate() {
            let kind = &self.kinds[self.node_kinds[node] as usize];
            if kind.atom {
                continue; // shared by whoever wants one
            }
            let mine = u64::from(node < listed) + ours.get(&(object as usize)).copied().unwrap_or(0);
            if references_of(object) > u64::from(self.seen[node]) + mine {
                self.builder.add_root(node as NodeId, UNNAMED).map_err(too_large)?;
            }
        }
        Ok(())
    }

    /// What only functions can tell, who may run whatever they like: the objects are held now.
    fn describe(
        &mut self,
        objects: &[Py<PyAny>],
        site_of: impl Fn(&Bound<'_, PyAny>) -> u32,
        sizes: &[(Py<PyType>, Py<PyAny>)],
    ) -> PyResult<()> {
        for kind in &mut self.kinds {
            let found = sizes.iter().find(|(base, _)| {
                // SAFETY: both are types and alive.
                unsafe {
                    ffi::PyType_IsSubtype(
                        kind.object.bind(self.py).as_type_ptr(),
                        base.bind(self.py).as_type_ptr(),
                    ) != 0
                }
            });
            kind.size_function = found.map(|(_, function)| function.clone_ref(self.py));
        }
        for (node, object) in objects.iter().enumerate() {
            let kind = &self.kinds[self.node_kinds[node] as usize];
            let is_array = kind.following == Following::Array;
            if !is_array && kind.size_function.is_none() {
                continue;
            }
            let object = object.bind(self.py);
            let more = match &kind.size_function {
                Some(function) => {
                    function.bind(self.py).call1((object,)).and_then(|bytes| bytes.extract::<u64>())
                }
                None => Ok(0),
            };
            let node_kind = self.node_kinds[node];
            let own = self.size(object.as_ptr(), node_kind)? as u64;
            let site = if is_array { site_of(object) } else { 0 };
            // A size that cannot be told is that of the object itself.
            let shallow = own + more.unwrap_or(0);
            let known = Node { shallow, kind: node_kind, site, key: object.as_ptr() as u64 };
            self.builder.describe(node as NodeId, known).map_err(too_large)?;
        }
        Ok(())
    }

    fn size(&self, object: *mut ffi::PyObject, kind: u32) -> PyResult<usize> {
        let kind = &self.kinds[kind as usize];
        let header = if kind.collected { 2 * size_of::<usize>() } else { 0 };
        let own = match kind.sizing {
            Sizing::Fixed => kind.basic,
            // SAFETY: objects of types with items have their count.
            Sizing::Items => kind.basic + kind.item * unsafe { ffi::Py_SIZE(object) }.unsigned_abs(),
            // SAFETY: a whole number, alive.
            Sizing::Number(small) if unsafe { is_small(object) } => small,
            Sizing::Asked | Sizing::Number(_) => {
                // SAFETY: the object is alive.
                let object = unsafe { Bound::from_borrowed_ptr(self.py, object) };
                let asked = kind.sizer.as_ref().map(|sizer| sizer.bind(self.py).call1((object,)));
                asked.and_then(|bytes| bytes.ok()?.extract().ok()).unwrap_or(kind.basic)
            }
        };
        Ok(own + header)
    }

    fn kind(&mut self, object: *mut ffi::PyObject) -> PyResult<u32> {
        // SAFETY: the object is alive, and so is its type.
        let found = unsafe { ffi::Py_TYPE(object) };
        let place = (found as usize >> 4) % RECENT;
        let (address, known) = self.recent[place];
        if address == found as usize {
            return Ok(known);
        }
        if let Some(&known) = self.kind_of.get(&(found as usize)) {
            self.recent[place] = (found as usize, known);
            return Ok(known);
        }
        // SAFETY: a type is an object.
        let kind = unsafe { Bound::from_borrowed_ptr(self.py, found.cast()) }.cast_into::<PyType>()?;
        let known = self.classify(kind)?;
        let number = self.kinds.len() as u32;
        self.kinds.push(known);
        self.kind_of.insert(found as usize, number);
        Ok(number)
    }

    /// A member of a type or of the nearest base that has it, with that base; found without asking the type, which may answer
    /// in Python.
    fn inherited<'a>(
        &'a self,
        kind: &Bound<'a, PyType>,
        name: &str,
    ) -> PyResult<Option<(Bound<'a, PyAny>, Bound<'a, PyAny>)>> {
        let of_type = self.py.get_type::<PyType>().getattr("__dict__")?;
        let order = of_type.get_item("__mro__")?.call_method1("__get__", (kind,))?;
        for owner in order.try_iter()? {
            let owner = owner?;
            let members = of_type.get_item("__dict__")?.call_method1("__get__", (&owner,))?;
            if let Ok(found) = members.get_item(name) {
                return Ok(Some((owner, found)));
            }
        }
        Ok(None)
    }

    fn classify(&self, kind: Bound<'_, PyType>) -> PyResult<Kind> {
        let py = self.py;
        let of_type = |name| -> PyResult<usize> {
            py.get_type::<PyType>()
                .getattr("__dict__")?
                .get_item(name)?
                .call_method1("__get__", (&kind,))?
                .extract()
        };
        let (basic, item) = (of_type("__basicsize__")?, of_type("__itemsize__")?);
        let pointer = kind.as_type_ptr();
        // SAFETY: a type, alive, and in the cases of exact types their addresses.
        let (flags, exact_dict, exact_tuple) = unsafe {
            let flags: c_ulong = ffi::PyType_GetFlags(pointer);
            (flags, pointer == &raw mut ffi::PyDict_Type, pointer == &raw mut ffi::PyTuple_Type)
        };
        let collected = flags & ffi::Py_TPFLAGS_HAVE_GC != 0;
        let is_array = self.arrays.as_ref().is_some_and(|arrays| {
            // SAFETY: both are types and alive.
            unsafe { ffi::PyType_IsSubtype(pointer, arrays.kind.bind(py).as_type_ptr()) != 0 }
        });
        let following = if is_array {
            Following::Array
        } else if exact_dict {
            Following::DictItems
        } else if exact_tuple {
            Following::TupleItems
        } else if collected {
            Following::Traversed
        } else {
            Following::Nothing
        };
        let sizer = self.inherited(&kind, "__sizeof__")?.filter(|(owner, sizer)| {
            let plain = owner.is(py.get_type::<PyAny>());
            !plain && sizer.get_type().name().is_ok_and(|name| name == "method_descriptor")
        });
        let exact_number = pointer == &raw mut ffi::PyLong_Type;
        let sizing = match &sizer {
            Some((_, sizer)) if exact_number => Sizing::Number(sizer.call1((1,))?.extract()?),
            Some(_) => Sizing::Asked,
            None if item > 0 && flags & ffi::Py_TPFLAGS_LONG_SUBCLASS == 0 => Sizing::Items,
            None => Sizing::Fixed,
        };
        let built_in = flags & ffi::Py_TPFLAGS_HEAPTYPE == 0;
        Ok(Kind {
            object: kind.unbind(),
            basic,
            item,
            sizing,
            following,
            collected,
            atom: following == Following::Nothing && built_in,
            sizer: sizer.map(|(_, sizer)| sizer.unbind()),
            size_function: None,
        })
    }
}

/// The slot of a type, also of one that is compiled into the interpreter.
///
/// # Safety
/// `kind` is a type, alive.
unsafe fn slot(kind: *mut ffi::PyTypeObject, number: c_int) -> *mut c_void {
    // SAFETY: from 3.10 on any type may be asked.
    unsafe { ffi::PyType_GetSlot(kind, number) }
}

/// Where the data of a NumPy array begins, by its array interface; None for a view, whose data is another's.
pub(crate) fn array_data(array: &Bound<'_, PyAny>) -> Option<*const u8> {
    if !array.getattr(intern!(array.py(), "base")).ok()?.is_none() {
        return None;
    }
    let data = array.getattr(intern!(array.py(), "__array_interface__")).ok()?.get_item("data").ok()?;
    let address: usize = data.get_item(0).ok()?.extract().ok()?;
    Some(std::ptr::without_provenance(address))
}

/// Whether a whole number is of the smallest kind.
///
/// # Safety
/// `object` is an `int`, alive.
unsafe fn is_small(object: *mut ffi::PyObject) -> bool {
    let mut overflow = 0;
    // SAFETY: handed on to the caller; of an `int` this raises nothing.
    let value = unsafe { ffi::PyLong_AsLongAndOverflow(object, &raw mut overflow) };
    overflow == 0 && value != 0 && value.unsigned_abs() < 1 << 30
}

/// What `tp_traverse` calls for each reference; `walk` is the [`Walk`] that asked.
unsafe extern "C" fn visit(object: *mut ffi::PyObject, walk: *mut c_void) -> c_int {
    // SAFETY: `traverse` passed a walk that it has to itself, and a traversed object lends its references.
    unsafe { (*walk.cast::<Walk<'_>>()).meet(object) };
    0
}

/// Which node an address has: open addressing over the numbers of nodes alone, since a map of the library's takes six times
/// the memory. Objects that were made together are found together: within a megabyte neighbours stay neighbours, so most
/// looks find their line in the cache.
struct Addresses {
    /// The number of a node, plus one; 0 is free.
    slots: Vec<u32>,
    used: usize,
}

impl Addresses {
    fn with_capacity(count: usize) -> Self {
        Self { slots: vec![0; (count * 3 / 2).next_power_of_two().max(1024)], used: 0 }
    }

    /// The slot that has an address, or where it would come.
    fn place(&self, address: usize, pointers: &[*mut ffi::PyObject]) -> usize {
        const MEGABYTE: u32 = 20;
        let mask = self.slots.len() - 1;
        let within = (address & ((1 << MEGABYTE) - 1)) >> 4;
        let region = (address >> MEGABYTE).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as usize) >> 24;
        let mut place = within.wrapping_add(region) & mask;
        while self.slots[place] != 0 && pointers[self.slots[place] as usize - 1].addr() != address {
            place = (place + 1) & mask;
        }
        place
    }

    fn get(&self, address: usize, pointers: &[*mut ffi::PyObject]) -> Option<NodeId> {
        self.slots[self.place(address, pointers)].checked_sub(1)
    }

    /// Enter the node that was added last.
    fn insert_last(&mut self, pointers: &[*mut ffi::PyObject]) {
        self.used += 1;
        if self.used * 3 >= self.slots.len() * 2 {
            self.slots = vec![0; self.slots.len() * 2];
            for (node, pointer) in pointers.iter().enumerate() {
                let place = self.place(pointer.addr(), &pointers[..node]);
                self.slots[place] = node as u32 + 1;
            }
        } else if let Some((last, before)) = pointers.split_last() {
            let place = self.place(last.addr(), before);
            self.slots[place] = pointers.len() as u32;
        }
    }
}
