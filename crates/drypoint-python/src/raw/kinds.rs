//! What a pass over the heap has to know of a type: how large its objects are, and how to find what they refer to.
//!
//! It is found once for each type, from the type's slots and from members that are looked up without asking the type,
//! which may answer in Python.

use std::collections::HashMap;
use std::ffi::{c_ulong, c_void};
use std::mem::transmute;
use std::sync::OnceLock;

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyType;

use super::ndarray::Arrays;
use super::symbol::symbol;

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
pub(super) enum Following {
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
pub(super) struct Kind {
    pub(super) object: Py<PyType>,
    basic: usize,
    item: usize,
    sizing: Sizing,
    pub(super) following: Following,
    /// `tp_traverse`, of those that are followed by it.
    pub(super) traverse: Option<ffi::traverseproc>,
    pub(super) collected: bool,
    /// A value without references: numbers, texts, bytes.
    pub(super) atom: bool,
    /// The type's own `__sizeof__`, where it is compiled.
    sizer: Option<Py<PyAny>>,
    /// Somebody's function for what such an object has beside its own bytes.
    pub(super) size_function: Option<Py<PyAny>>,
}

/// The types that a pass has met, by number.
pub(super) struct Kinds<'py> {
    py: Python<'py>,
    all: Vec<Kind>,
    numbers: HashMap<usize, u32>,
    /// The types met last, by a few bits of their addresses: nearly every look ends here.
    recent: [(usize, u32); RECENT],
    ndarray: Option<Py<PyType>>,
}

impl<'py> Kinds<'py> {
    pub(super) fn new(py: Python<'py>, arrays: Option<&Arrays>) -> Self {
        let ndarray = arrays.map(|arrays| arrays.kind.clone_ref(py));
        Self { py, all: Vec::new(), numbers: HashMap::new(), recent: [(0, 0); RECENT], ndarray }
    }

    /// The number of an object's type.
    #[inline]
    pub(super) fn of(&mut self, object: *mut ffi::PyObject) -> PyResult<u32> {
        // SAFETY: the object is alive, and so is its type.
        let found = unsafe { ffi::Py_TYPE(object) };
        let (address, known) = self.recent[(found as usize >> 4) % RECENT];
        if address == found as usize { Ok(known) } else { self.of_type(found) }
    }

    fn of_type(&mut self, found: *mut ffi::PyTypeObject) -> PyResult<u32> {
        let number = match self.numbers.get(&(found as usize)) {
            Some(&known) => known,
            None => {
                // SAFETY: a type is an object, and alive.
                let kind =
                    unsafe { Bound::from_borrowed_ptr(self.py, found.cast()) }.cast_into::<PyType>()?;
                let known = self.classify(kind)?;
                self.all.push(known);
                self.numbers.insert(found as usize, self.all.len() as u32 - 1);
                self.all.len() as u32 - 1
            }
        };
        self.recent[(found as usize >> 4) % RECENT] = (found as usize, number);
        Ok(number)
    }

    #[inline]
    pub(super) fn get(&self, number: u32) -> &Kind {
        &self.all[number as usize]
    }

    /// The types, in the order of their numbers.
    pub(super) fn into_types(self) -> Vec<Py<PyType>> {
        self.all.into_iter().map(|kind| kind.object).collect()
    }

    /// Have somebody's functions tell the sizes of their types, and of types made from these.
    pub(super) fn size_by(&mut self, sizes: &[(Py<PyType>, Py<PyAny>)]) {
        let py = self.py;
        for kind in &mut self.all {
            let found = sizes.iter().find(|(base, _)| is_made_from(kind.object.bind(py), base.bind(py)));
            kind.size_function = found.map(|(_, function)| function.clone_ref(py));
        }
    }

    /// The bytes of an object of a type, without those that a size function tells.
    pub(super) fn size(&self, object: *mut ffi::PyObject, kind: u32) -> PyResult<usize> {
        let kind = self.get(kind);
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
                let asked = kind.sizer.as_ref().map(|sizer| call_with(sizer.bind(self.py), &object));
                asked.and_then(|bytes| bytes.ok()?.extract().ok()).unwrap_or(kind.basic)
            }
        };
        Ok(own + header)
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
        let is_array = self.ndarray.as_ref().is_some_and(|ndarray| is_made_from(&kind, ndarray.bind(py)));
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
            let plain = owner.is(py.get_type::<PyAny>()) || shows_what_it_counts(owner);
            !plain && sizer.get_type().name().is_ok_and(|name| name == "method_descriptor")
        });
        let exact_number = pointer == &raw mut ffi::PyLong_Type;
        let sizing = match &sizer {
            Some((_, sizer)) if exact_number => Sizing::Number(sizer.call1((1,))?.extract()?),
            Some(_) => Sizing::Asked,
            None if item > 0 && flags & ffi::Py_TPFLAGS_LONG_SUBCLASS == 0 => Sizing::Items,
            None => Sizing::Fixed,
        };
        // SAFETY: a type, alive, whose slot of this number is empty or such a function.
        let traverse = unsafe {
            let slot = ffi::PyType_GetSlot(pointer, ffi::Py_tp_traverse);
            (!slot.is_null()).then(|| transmute::<*mut c_void, ffi::traverseproc>(slot))
        };
        let built_in = flags & ffi::Py_TPFLAGS_HEAPTYPE == 0;
        Ok(Kind {
            object: kind.unbind(),
            basic,
            item,
            sizing,
            following,
            traverse,
            collected,
            atom: following == Following::Nothing && built_in,
            sizer: sizer.map(|(_, sizer)| sizer.unbind()),
            size_function: None,
        })
    }
}

fn is_made_from(kind: &Bound<'_, PyType>, base: &Bound<'_, PyType>) -> bool {
    // SAFETY: both are types and alive.
    unsafe { ffi::PyType_IsSubtype(kind.as_type_ptr(), base.as_type_ptr()) != 0 }
}

/// `function(object)`, where possible without a tuple for the argument: it is called for every text of the heap.
fn call_with<'py>(function: &Bound<'py, PyAny>, object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    type Call = unsafe extern "C" fn(*mut ffi::PyObject, *mut ffi::PyObject) -> *mut ffi::PyObject;
    static FOUND: OnceLock<Option<Call>> = OnceLock::new();
    let call = FOUND.get_or_init(|| {
        // SAFETY: `PyObject *PyObject_CallOneArg(PyObject *, PyObject *)`, of every interpreter that has it.
        symbol(c"PyObject_CallOneArg").map(|call| unsafe { transmute::<*mut c_void, Call>(call) })
    });
    match call {
        // SAFETY: two live objects; the result is null with an exception set, or a new reference.
        Some(call) => unsafe {
            Bound::from_owned_ptr_or_err(function.py(), call(function.as_ptr(), object.as_ptr()))
        },
        None => function.call1((object,)),
    }
}

/// Whether a type's `__sizeof__` counts an object that its `tp_traverse` shows as well: `BytesIO` does, from 3.12 on.
fn shows_what_it_counts(owner: &Bound<'_, PyAny>) -> bool {
    let py = owner.py();
    let bytes_io = || py.import(intern!(py, "_io"))?.getattr(intern!(py, "BytesIO"));
    py.version_info() >= (3, 12) && bytes_io().is_ok_and(|kind| owner.is(&kind))
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
