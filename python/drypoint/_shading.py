"""How values become colours, as marks and aggregates are told it: checked at once, kept for when it is drawn."""

from __future__ import annotations

from . import _arguments, _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, TypeAlias

    _How: TypeAlias = Literal["eq_hist", "linear", "log", "cbrt"]

__all__ = ["HOWS", "MOST_SPREAD", "shading"]

HOWS = ("eq_hist", "linear", "log", "cbrt")
#: A pixel that covers more than this around it hides the data.
MOST_SPREAD = 100


def shading(
    cmap: Any,
    how: Any,
    span: Any,
    *,
    spread: Any = None,
    background: Any = None,
    min_alpha: Any = None,
    alpha: Any = 255,
    rescale: Any = True,
) -> _core.ShadingSpec:
    """What the core needs; `spread` None stands for as much as sparse data needs to be seen."""
    return _core.ShadingSpec(
        _arguments.optional(_arguments.colors, cmap, "cmap"),
        _arguments.optional(_arguments.choice, how, "how", HOWS),
        _arguments.optional(_arguments.span, span, "span"),
        _arguments.optional(_arguments.whole, spread, "spread", 0, MOST_SPREAD),
        _arguments.optional(_arguments.color, background, "background"),
        _arguments.optional(_arguments.whole, min_alpha, "min_alpha", 0, 255),
        _arguments.whole(alpha, "alpha", 0, 255),
        _arguments.flag(rescale, "rescale_discrete_levels"),
    )
