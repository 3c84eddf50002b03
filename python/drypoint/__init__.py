"""Draw anything in the memory you have."""

from . import _moment as _moment  # the report of the process begins here
from ._aggregate import Aggregate
from ._axes import Axes, Twin
from ._canvas import Canvas
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
from ._memory import MemoryReport, memory, set_budget, set_spill
from ._reductions import Reduction, any, by, count, first, last, max, mean, min, std, sum, var
from ._streams import Source, scan

__all__ = [
    "Aggregate",
    "Axes",
    "BadArgument",
    "BadValue",
    "Batch",
    "BudgetExceeded",
    "BufferStats",
    "Canvas",
    "Categories",
    "CloseError",
    "Closed",
    "ClosedError",
    "CompressedArray",
    "CooArray",
    "CorruptData",
    "CsrArray",
    "DrypointError",
    "EmptyData",
    "Figure",
    "FigureClosed",
    "Frames",
    "HandlerConflict",
    "Histogram",
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
    "Summary",
    "TiledAggregate",
    "Twin",
    "UnknownFormat",
    "UnsupportedData",
    "View",
    "ZarrArray",
    "ZarrGroup",
    "__version__",
    "any",
    "buffer_stats",
    "by",
    "category_binning",
    "category_modulo",
    "close",
    "compress",
    "count",
    "count_cat",
    "downsample",
    "draw",
    "dynspread",
    "each",
    "empty",
    "empty_like",
    "first",
    "first_n",
    "frames",
    "histogram",
    "holders",
    "last",
    "last_n",
    "manage",
    "max",
    "max_n",
    "mean",
    "memory",
    "min",
    "min_n",
    "mode",
    "open_zarr",
    "register_closer",
    "register_size",
    "release",
    "report",
    "scan",
    "scope",
    "scoped",
    "set_background",
    "set_budget",
    "set_spill",
    "snapshot",
    "spread",
    "spy",
    "stack",
    "std",
    "sum",
    "summary",
    "turn",
    "var",
    "view",
    "where",
    "write_frames",
    "write_zarr",
    "zeros",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._arrays.compress import compress
    from ._arrays.compressed import CompressedArray
    from ._arrays.coo import CooArray
    from ._arrays.csr import CsrArray
    from ._arrays.spy import spy
    from ._arrays.write_zarr import write_zarr
    from ._arrays.zarr import ZarrArray, ZarrGroup, open_zarr
    from ._categories import Categories, category_binning, category_modulo
    from ._folds import count_cat, first_n, last_n, max_n, min_n, mode, summary, where
    from ._frames.frames import Frames, frames
    from ._frames.write import write_frames
    from ._histogram import Histogram, histogram
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
    from ._stack import dynspread, set_background, spread, stack
    from ._summary import Summary
    from ._tiled import TiledAggregate
    from ._view.make import view
    from ._view.view import View
    from ._watch.turn import turn
else:
    # What only programs with scopes need is imported when it is first asked for.
    _LATER = {
        "BufferStats": "_lifetime.reuse",
        "Categories": "_categories",
        "Closed": "_lifetime.closers",
        "CompressedArray": "_arrays.compressed",
        "CooArray": "_arrays.coo",
        "CsrArray": "_arrays.csr",
        "Frames": "_frames.frames",
        "Histogram": "_histogram",
        "Holders": "_report.snapshot",
        "Manager": "_lifetime.manage",
        "Report": "_lifetime.report",
        "Scope": "_lifetime.scope",
        "Snapshot": "_report.snapshot",
        "Summary": "_summary",
        "ZarrArray": "_arrays.zarr",
        "ZarrGroup": "_arrays.zarr",
        "TiledAggregate": "_tiled",
        "View": "_view.view",
        "buffer_stats": "_lifetime.reuse",
        "category_binning": "_categories",
        "category_modulo": "_categories",
        "close": "_lifetime.close",
        "compress": "_arrays.compress",
        "count_cat": "_folds",
        "downsample": "_lines",
        "dynspread": "_stack",
        "each": "_lifetime.each",
        "empty": "_lifetime.reuse",
        "empty_like": "_lifetime.reuse",
        "first_n": "_folds",
        "frames": "_frames.frames",
        "histogram": "_histogram",
        "holders": "_report.snapshot",
        "last_n": "_folds",
        "manage": "_lifetime.manage",
        "max_n": "_folds",
        "min_n": "_folds",
        "mode": "_folds",
        "open_zarr": "_arrays.zarr",
        "register_closer": "_lifetime.closers",
        "register_size": "_report.sizes",
        "release": "_lifetime.release",
        "report": "_lifetime.process",
        "scope": "_lifetime.scope",
        "scoped": "_lifetime.scoped",
        "set_background": "_stack",
        "snapshot": "_report.snapshot",
        "spread": "_stack",
        "stack": "_stack",
        "spy": "_arrays.spy",
        "summary": "_folds",
        "turn": "_watch.turn",
        "view": "_view.make",
        "where": "_folds",
        "write_frames": "_frames.write",
        "write_zarr": "_arrays.write_zarr",
        "zeros": "_lifetime.reuse",
    }

    # Asked for by IPython, and no names of ours.
    _HOOKS = {"load_ipython_extension": "load", "unload_ipython_extension": "unload"}

    def __getattr__(name):
        if name in _HOOKS:
            return getattr(__import__(f"{__name__}._notebook.extension", fromlist=["load"]), _HOOKS[name])
        if (
            name == "matplotlib"
        ):  # no name of the list: `from drypoint import *` must not hide Matplotlib itself
            from importlib import import_module

            return import_module(".matplotlib", __name__)
        module = _LATER.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(__import__(f"{__name__}.{module}", fromlist=[name]), name)
        return globals().setdefault(name, value)

    def __dir__():
        return [*__all__, *(name for name in globals() if name.startswith("_"))]
