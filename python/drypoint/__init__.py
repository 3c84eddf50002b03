"""Draw anything in the memory you have."""

from ._canvas import Aggregate, Canvas
from ._core import Batch, __version__
from ._draw import draw
from ._errors import (
    BadArgument,
    BadValue,
    BudgetExceeded,
    ClosedError,
    CorruptData,
    DrypointError,
    EmptyData,
    FigureClosed,
    MissingColumn,
    NotNumeric,
    OutputError,
    SchemaMismatch,
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
    "Canvas",
    "ClosedError",
    "CorruptData",
    "DrypointError",
    "EmptyData",
    "Figure",
    "FigureClosed",
    "Image",
    "MemoryReport",
    "MissingColumn",
    "NotNumeric",
    "OutputError",
    "Reduction",
    "SchemaMismatch",
    "Source",
    "SourceNotFound",
    "UnknownFormat",
    "UnsupportedData",
    "__version__",
    "any",
    "by",
    "count",
    "draw",
    "first",
    "last",
    "max",
    "mean",
    "memory",
    "min",
    "scan",
    "set_budget",
    "std",
    "sum",
    "var",
]
