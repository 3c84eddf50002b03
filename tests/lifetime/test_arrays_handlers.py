"""Beside somebody else's allocator: it is left alone, and told of where a budget could not be kept.

The other one is written in C where there is a compiler, with the slots that NumPy's header gives its functions.
"""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
import threading
from pathlib import Path

import drypoint as dp
import numpy as np
import pytest
from child import run_child
from numpy._core.multiarray import get_handler_name

MB = 1_000_000

SOURCE = r"""
#include <Python.h>
#include <stdlib.h>
#include <stdint.h>
typedef struct {
    void *ctx;
    void *(*malloc)(void *, size_t);
    void *(*calloc)(void *, size_t, size_t);
    void *(*realloc)(void *, void *, size_t);
    void (*free)(void *, void *, size_t);
} Allocator;
typedef struct { char name[127]; uint8_t version; Allocator allocator; } Handler;
static long blocks;
static char *shifted(char *data) { if (data) { blocks++; data += 128; } return data; }
static void *a_malloc(void *c, size_t n) { return shifted(malloc(n + 128)); }
static void *a_calloc(void *c, size_t n, size_t m) { return shifted(calloc(1, n * m + 128)); }
static void *a_realloc(void *c, void *p, size_t n) {
    char *q;
    if (!p) return a_malloc(c, n);
    q = realloc((char *)p - 128, n + 128);
    return q ? q + 128 : NULL;
}
static void a_free(void *c, void *p, size_t n) { if (p) { blocks--; free((char *)p - 128); } }
static Handler handler = {"shifted", 1, {NULL, a_malloc, a_calloc, a_realloc, a_free}};
static PyObject *capsule, *table;
static PyObject *(*set_handler)(PyObject *);
static PyObject *install(PyObject *self, PyObject *nothing) { return set_handler(capsule); }
static PyObject *restore(PyObject *self, PyObject *old) { return set_handler(old); }
static PyObject *count(PyObject *self, PyObject *nothing) { return PyLong_FromLong(blocks); }
static PyMethodDef methods[] = {
    {"install", install, METH_NOARGS, ""}, {"restore", restore, METH_O, ""},
    {"count", count, METH_NOARGS, ""}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "shifted", NULL, -1, methods};
PyMODINIT_FUNC PyInit_shifted(void) {
    PyObject *core = PyImport_ImportModule("numpy._core._multiarray_umath");
    if (!core || !(table = PyObject_GetAttrString(core, "_ARRAY_API"))) return NULL;
    set_handler = (PyObject *(*)(PyObject *))((void **)PyCapsule_GetPointer(table, NULL))[304];
    capsule = PyCapsule_New(&handler, "mem_handler", NULL);
    return PyModule_Create(&module);
}
"""


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    folder = tmp_path_factory.mktemp("handler")
    source = folder / "shifted.c"
    source.write_text(SOURCE)
    paths = sysconfig.get_paths()
    options = ["-O1", "-w", "-shared", "-fPIC", f"-I{paths['include']}", "-o", str(folder / "shifted.so")]
    done = subprocess.run([compiler, *options, str(source)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no headers of Python: {done.stderr[:200]}")
    return folder


@pytest.fixture
def other(folder, monkeypatch):
    """The other handler, in the context of the test; its blocks must all be gone after it."""
    monkeypatch.syspath_prepend(folder)
    import shifted

    old = shifted.install()
    yield shifted
    shifted.restore(old)
    assert shifted.count() == 0


def test_budgets_and_manage_say_who_is_there(other):
    for attempt in (dp.manage, lambda: dp.manage("1GB"), lambda: dp.scope(budget=MB).__enter__()):
        with pytest.raises(
            dp.HandlerConflict, match=r'"shifted" already.*Set NumPy\'s own handler again first'
        ):
            attempt()
        assert get_handler_name() == "shifted"
    assert not dp.manage(reuse="system").close()


def test_a_scope_that_was_refused_can_be_entered_later(other):
    scope = dp.scope(budget=10 * MB)
    with pytest.raises(dp.HandlerConflict):
        scope.__enter__()
    assert "not entered" in repr(scope)
    context_without = threading.Thread(target=lambda: entered.append(_enter(scope)))
    entered: list[int] = []
    context_without.start()
    context_without.join()
    assert entered == [1]


def _enter(scope) -> int:
    with scope:
        array = np.empty(MB, np.uint8)
    return scope.report()["arrays"]["allocations"] * bool(array.size)


def test_a_scope_without_a_budget_does_all_the_rest(other, tmp_path):
    with dp.scope() as scope:
        file = open(tmp_path / "a", "wb")
        array = np.ones(MB)
        assert get_handler_name(array) == "shifted" and other.count() > 0
        with dp.scope() as inner:
            np.ones(MB)
        scope.record(file, "file", None)
    assert scope.report()["arrays"] == {} == inner.report()["arrays"]
    assert get_handler_name() == "shifted"
    file.close()


def test_one_installed_inside_a_scope_stays_after_it(folder, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    import shifted

    def work():
        with dp.scope("outer") as outer:
            mine = np.full(MB, 1, np.uint8)
            with dp.scope("inner"):
                old = shifted.install()
                theirs = np.full(MB, 2, np.uint8)
            assert get_handler_name() == "shifted"
            with pytest.raises(dp.HandlerConflict):
                dp.scope(budget=MB).__enter__()
        assert get_handler_name() == "shifted"
        theirs.resize(2 * MB, refcheck=False)
        mine.resize(2 * MB, refcheck=False)
        assert (theirs[:MB] == 2).all() and (mine[:MB] == 1).all()
        # Who puts back what was there puts back the handler of a scope that has ended: it takes nothing any more.
        shifted.restore(old)
        late = np.full(MB, 3, np.uint8)
        assert outer.report()["arrays"]["allocations"] == 1 and late.any()
        done.append(1)

    done: list[int] = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [1] and shifted.count() == 0


def test_manage_after_numpy_was_hooked_by_another_for_good(folder):
    child = run_child(f"""
import sys; sys.path.insert(0, {str(folder)!r})
import drypoint as dp, numpy as np, shifted
shifted.install()
try:
    dp.manage("1GB")
except dp.HandlerConflict as error:
    result = [str(error), dp.buffer_stats()["arrays"]]
array = dp.scope().__enter__() and np.ones(1_000_000)
from drypoint._lifetime import manage, reuse
result += [manage._active is None, reuse._wanted, shifted.count() > 0]
""")
    text, arrays, *rest = child.result
    assert '"shifted"' in text and arrays == 0 and rest == [True, False, True]
