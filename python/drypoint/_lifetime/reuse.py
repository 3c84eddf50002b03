"""Large arrays from the pool: for a context, for the whole process, and for whoever asks for one by name.

NumPy is not imported here: where the program has not done so, there is nothing to do until it does.
"""

from __future__ import annotations

import sys
from _thread import allocate_lock

from .. import _core
from .._errors import BudgetExceeded, HandlerConflict
from .._memory import _readable
from . import constructions
from .imports import after_import, forget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from numpy import ndarray
    from numpy.typing import ArrayLike, DTypeLike

    from .scope import Scope

__all__ = [
    "BufferStats",
    "buffer_stats",
    "class_of",
    "collect",
    "collect_as_before",
    "collect_in_scopes",
    "empty",
    "empty_like",
    "numpy_came",
    "pool_process",
    "step_for",
    "zeros",
]

#: Growth of living arrays that calls for a collection: an eighth of the budget, within these bounds.
LEAST_STEP, MOST_STEP, PART = 16_000_000, 256_000_000, 8

_lock = allocate_lock()
_wanted = False
#: Whether collection by bytes was asked for, or refused; None if scopes may turn it on.
_collecting: bool | None = None
#: The arrays that `empty` and its like hand out where nothing else pools.
_asked_for: _core.ArrayAccount | None = None


# The process


def pool_process(on: bool) -> None:
    """Have all threads' arrays come from the pool, as soon as NumPy is there; or (False) no longer.

    Raises
    ------
    HandlerConflict
        If another library's allocator manages NumPy's memory.
    """
    global _wanted
    with _lock:
        if on:
            _core.pool_arrays(True)
        _wanted = on
    if on:
        after_import("numpy", _pool_late)
    else:
        forget("numpy", _pool_late)
        _core.pool_arrays(False)


def _pool_late(numpy: ModuleType) -> None:
    if not _wanted:
        return
    try:
        _core.pool_arrays(True)
    except HandlerConflict as conflict:
        import warnings

        warnings.warn(f"arrays are not pooled: {conflict}", RuntimeWarning, stacklevel=2)


def numpy_came(numpy: ModuleType) -> None:
    """The program imported NumPy: the open scopes of this context begin to hand out its arrays."""
    open_ones: list[Scope] = []
    scope = constructions.current.get()
    while scope is not None:
        open_ones.append(scope)
        scope = scope._parent
    for scope in reversed(open_ones):
        scope._enter_arrays()


# Collection


def step_for(budget: int) -> int:
    """The growth of living arrays after which a collection pays, for a budget in bytes."""
    return max(LEAST_STEP, min(MOST_STEP, budget // PART))


def collect(growth: int | None) -> None:
    """Collect garbage each time that living arrays have grown by so many bytes; for None, not by bytes at all."""
    global _collecting
    _collecting = growth is not None
    _core.collect_by_bytes(growth)


def collect_as_before() -> None:
    """Leave the matter to scopes again."""
    global _collecting
    _collecting = None
    _core.collect_by_bytes(None)


def collect_in_scopes() -> None:
    """A scope begins: its arrays count, unless somebody said otherwise. It stays on, which costs two loads an array."""
    global _collecting
    if _collecting is None:
        _collecting = True
        _core.collect_by_bytes(step_for(_core.memory()["budget"]))


# Refusals


def class_of(error: BudgetExceeded) -> type[BudgetExceeded]:
    """A class whose instances say what this error says: what is raised from outside is named by its class."""

    def begin(self: BudgetExceeded) -> None:
        _core.refusal_arrived()
        BudgetExceeded.__init__(
            self, str(error), error.consumer, error.requested, error.available, error.limit, error.holders
        )

    members = {"__init__": begin, "__module__": BudgetExceeded.__module__, "__reduce__": _reduce}
    return type("BudgetExceeded", (BudgetExceeded,), members)


def _reduce(self: BudgetExceeded) -> tuple[Any, ...]:
    told = (str(self), self.consumer, self.requested, self.available, self.limit, self.holders)
    return BudgetExceeded, told


# By name


def _from_pool(make: str, *args: Any, **kwargs: Any) -> ndarray[Any, Any]:
    """An array of NumPy's function `make`, its memory from the pool."""
    import numpy

    global _asked_for
    function = getattr(numpy, make)
    if _wanted or constructions.current.get() is not None:
        return function(*args, **kwargs)  # type: ignore[no-any-return]
    if _asked_for is None:
        _asked_for = _core.ArrayAccount("dp.empty")
    before = _asked_for.enter()
    try:
        return function(*args, **kwargs)  # type: ignore[no-any-return]
    finally:
        _asked_for.leave(before)


def empty(shape: int | tuple[int, ...], dtype: DTypeLike = float, order: str = "C") -> ndarray[Any, Any]:
    """An array with arbitrary contents, its memory from Drypoint's pool.

    Parameters
    ----------
    shape : int or tuple of int
        Its shape.
    dtype : data-type, optional
        Its type; float64 by default.
    order : {"C", "F"}
        Whether rows or columns are contiguous.

    Returns
    -------
    numpy.ndarray
        Of 64 KiB and more it takes a block that an array of about this size left behind, if there is one, and leaves it
        to the next when its last reference goes. Smaller ones are NumPy's own.

    Raises
    ------
    MemoryError
        If a budget that holds here has no room for it.
    ImportError
        If NumPy is not installed.

    Notes
    -----
    Inside a scope, or under ``manage()``, every array comes from the pool; this is for code that is in neither. A block
    that idled costs a microsecond; a fresh one costs its page faults when it is filled.

    Examples
    --------
    >>> import drypoint as dp
    >>> frame = dp.empty((1080, 1920, 3), "uint8")
    >>> frame.shape
    (1080, 1920, 3)
    """
    return _from_pool("empty", shape, dtype, order)


def zeros(shape: int | tuple[int, ...], dtype: DTypeLike = float, order: str = "C") -> ndarray[Any, Any]:
    """An array of zeros, its memory from Drypoint's pool.

    Parameters
    ----------
    shape : int or tuple of int
        Its shape.
    dtype : data-type, optional
        Its type; float64 by default.
    order : {"C", "F"}
        Whether rows or columns are contiguous.

    Returns
    -------
    numpy.ndarray
        As from `empty`. Large ones are pages of the system that take memory once they are touched.

    Raises
    ------
    MemoryError
        If a budget that holds here has no room for it.
    ImportError
        If NumPy is not installed.

    Examples
    --------
    >>> import drypoint as dp
    >>> int(dp.zeros(100_000).sum())
    0
    """
    return _from_pool("zeros", shape, dtype, order)


def empty_like(prototype: ArrayLike, dtype: DTypeLike | None = None) -> ndarray[Any, Any]:
    """An array of another's shape and type with arbitrary contents, its memory from Drypoint's pool.

    Parameters
    ----------
    prototype : array_like
        What to be like.
    dtype : data-type, optional
        Another type.

    Returns
    -------
    numpy.ndarray
        As from `empty`.

    Raises
    ------
    MemoryError
        If a budget that holds here has no room for it.
    ImportError
        If NumPy is not installed.

    Examples
    --------
    >>> import drypoint as dp
    >>> dp.empty_like(dp.zeros((2, 3), "float32")).dtype
    dtype('float32')
    """
    return _from_pool("empty_like", prototype, dtype)


class BufferStats(dict[str, "Any"]):
    """Plain numbers, two of which can be subtracted, with a readable repr. Keys are listed at `buffer_stats`."""

    def __sub__(self, earlier: dict[str, Any]) -> BufferStats:
        return BufferStats({key: value - earlier[key] for key, value in self.items()})

    def __repr__(self) -> str:
        return "\n".join(
            (
                f"reused    {self['reused']:>10,}  fresh {self['fresh']:,}, refused {self['refused']:,}",
                f"faults    {self['minor_faults']:>10,}  from disk {self['major_faults']:,}",
                f"live      {_readable(self['live'])}  in {self['arrays']:,} arrays",
                f"idle      {_readable(self['idle'])}  aged {self['aged']:,}",
                f"collected {self['collections']:>10,}  {self['collection_seconds']:.3f} s",
            )
        )


def buffer_stats() -> BufferStats:
    """How arrays got their memory so far: from blocks that were used before, or from the system.

    Returns
    -------
    BufferStats
        A dict of counts since the process began: ``reused`` and ``fresh``, large arrays (64 KiB and more) from idle
        blocks and from new pages; ``refused`` by budgets; ``minor_faults`` and ``major_faults``, page faults of the
        whole process; ``aged``, idle blocks given back because nobody wanted them; ``collections`` by bytes and
        ``collection_seconds``; and of now: ``arrays`` and their bytes ``live``, and ``idle`` bytes. Costs some
        microseconds.

    Notes
    -----
    A loop is in its steady state when a turn adds nothing to ``fresh`` and next to nothing to the faults: subtract the
    numbers before from those after.

    Examples
    --------
    >>> import drypoint as dp
    >>> with dp.scope():
    ...     frame = dp.empty(1_000_000)
    ...     before = dp.buffer_stats()
    ...     for turn in range(3):
    ...         frame = None
    ...         frame = dp.empty(1_000_000)
    >>> (dp.buffer_stats() - before)["fresh"]
    0
    """
    arrays = _core.array_usage()
    pool = _core.memory()
    collections = _core.collections()
    minor, major = _faults()
    return BufferStats(
        reused=arrays["reused"],
        fresh=arrays["fresh"],
        refused=arrays["refused"],
        minor_faults=minor,
        major_faults=major,
        arrays=arrays["arrays"],
        live=arrays["live"],
        idle=pool["idle"],
        aged=pool["aged"],
        collections=sum(collections[name] for name in ("scheduled", "overdue", "at_limit")),
        collection_seconds=collections["seconds"],
    )


def _faults() -> tuple[int, int]:
    """Page faults of the process, without and with the disk; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0, 0
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_minflt, usage.ru_majflt
