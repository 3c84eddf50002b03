"""Draw anything in the memory you have."""

from . import _moment as _moment  # the report of the process begins here
from ._canvas import Aggregate, Canvas
from ._core import Batch, __version__
from ._draw import draw
from ._errors import (
    BadArgument,
    BadValue,
    BudgetExceeded,
    ClosedError,
    CloseError,
    CorruptData,
    DrypointError,
    EmptyData,
    FigureClosed,
    HandlerConflict,
    MissingColumn,
    NotNumeric,
    OutputError,
    SchemaMismatch,
    ScopeError,
    SourceNotFound,
    UnknownFormat,
    UnsupportedData,
)
from ._figure import Figure
from ._image import Image
from ._memory import MemoryReport, memory, set_budget
from ._reductions import Reduction, any, by, count, first, last, max, mean, min, std, sum, var
from ._streams import Source, scan

__all__ = [
    "Aggregate",
    "BadArgument",
    "BadValue",
    "Batch",
    "BudgetExceeded",
    "BufferStats",
    "Canvas",
    "CloseError",
    "Closed",
    "ClosedError",
    "CorruptData",
    "DrypointError",
    "EmptyData",
    "Figure",
    "FigureClosed",
    "HandlerConflict",
    "Holders",
    "Image",
    "Manager",
    "MemoryReport",
    "MissingColumn",
    "NotNumeric",
    "OutputError",
    "Reduction",
    "Report",
    "SchemaMismatch",
    "Scope",
    "ScopeError",
    "Snapshot",
    "Source",
    "SourceNotFound",
    "UnknownFormat",
    "UnsupportedData",
    "__version__",
    "any",
    "buffer_stats",
    "by",
    "close",
    "count",
    "downsample",
    "draw",
    "each",
    "empty",
    "empty_like",
    "first",
    "holders",
    "last",
    "manage",
    "max",
    "mean",
    "memory",
    "min",
    "register_closer",
    "register_size",
    "release",
    "report",
    "scan",
    "scope",
    "scoped",
    "set_budget",
    "snapshot",
    "std",
    "sum",
    "turn",
    "var",
    "zeros",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._lifetime.close import close
    from ._lifetime.closers import Closed, register_closer
    from ._lifetime.each import each
    from ._lifetime.manage import Manager, manage
    from ._lifetime.process import report
    from ._lifetime.release import release
    from ._lifetime.report import Report
    from ._lifetime.reuse import BufferStats, buffer_stats, empty, empty_like, zeros
    from ._lifetime.scope import Scope, scope
    from ._lifetime.scoped import scoped
    from ._lines import downsample
    from ._report.sizes import register_size
    from ._report.snapshot import Holders, Snapshot, holders, snapshot
    from ._watch.turn import turn
else:
    # What only programs with scopes need is imported when it is first asked for.
    _LATER = {
        "BufferStats": "_lifetime.reuse",
        "Closed": "_lifetime.closers",
        "Holders": "_report.snapshot",
        "Manager": "_lifetime.manage",
        "Report": "_lifetime.report",
        "Scope": "_lifetime.scope",
        "Snapshot": "_report.snapshot",
        "buffer_stats": "_lifetime.reuse",
        "close": "_lifetime.close",
        "downsample": "_lines",
        "each": "_lifetime.each",
        "empty": "_lifetime.reuse",
        "empty_like": "_lifetime.reuse",
        "holders": "_report.snapshot",
        "manage": "_lifetime.manage",
        "register_closer": "_lifetime.closers",
        "register_size": "_report.sizes",
        "release": "_lifetime.release",
        "report": "_lifetime.process",
        "scope": "_lifetime.scope",
        "scoped": "_lifetime.scoped",
        "snapshot": "_report.snapshot",
        "turn": "_watch.turn",
        "zeros": "_lifetime.reuse",
    }

    # Asked for by IPython, and no names of ours.
    _HOOKS = {"load_ipython_extension": "load", "unload_ipython_extension": "unload"}

    def __getattr__(name):
        if name in _HOOKS:
            return getattr(__import__(f"{__name__}._notebook.extension", fromlist=["load"]), _HOOKS[name])
        module = _LATER.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(__import__(f"{__name__}.{module}", fromlist=[name]), name)
        return globals().setdefault(name, value)

    def __dir__():
        return [*__all__, *(name for name in globals() if name.startswith("_"))]
