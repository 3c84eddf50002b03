"""Closing a figure so that its memory goes now, and not at some later collection.

A figure is one large cycle: canvas, axes, artists and callbacks all refer to it and to each other. What only the figure
holds is its island (see `Island` in the core). A figure that nobody else holds is freed with its island. One that
somebody holds, as the locals of a loop always do, is dismantled: of its own objects those that are in somebody's sight
become empty shells that say so when they are used, and the rest of the island, which nobody sees, is freed. What the
figure shares with others, as colour maps, arrays of the program, or axes of another figure, is not touched.
"""

from __future__ import annotations

import sys
from _weakref import ref

from .. import _core
from . import native
from .closers import Closed
from .shell import Ending, empty, is_shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _weakref import ReferenceType
    from typing import Any

__all__ = [
    "area",
    "close_figure",
    "free_if_dropped",
    "leave_pyplot",
    "name_of",
    "root_figure",
]

#: Builds without a global lock count references in two words, which the core does not read.
FREE_THREADED = "t" in getattr(sys, "abiflags", "")

_OWN = (
    ("matplotlib.artist", "Artist"),
    ("matplotlib.backend_bases", "FigureCanvasBase"),
    ("matplotlib.backend_bases", "FigureManagerBase"),
    ("matplotlib.backend_bases", "NavigationToolbar2"),
)


def close_figure(
    figure: ReferenceType[Any],
    scope: str | None = None,
    place: str | None = None,
    left: list[ReferenceType[Any]] | None = None,
) -> Closed:
    """Take a figure out of pyplot and free what it holds, whoever holds it.

    Parameters
    ----------
    figure : weakref.ref
        The figure; weakly, so that no frame of ours is among its holders.
    scope : str, optional
        The scope at whose end this happens; ``dp.close`` by hand if not given.
    place : str, optional
        The line that made the figure.
    left : list, optional
        Filled with weak references to the shells, which somebody may hold.

    Returns
    -------
    Closed
        The bytes of pixels and arrays that went; None if they stay because a GUI toolkit may still look at the
        figure's window, which is then closed in the toolkit's own way and time. Refused if another figure draws with
        its axes: then it is only taken out of pyplot.

    Notes
    -----
    Costs a millisecond for 2,000 objects, as simple axes have, whatever else is alive in the process.
    """
    thing = figure()
    if thing is None or is_shell(thing):
        return Closed("Figure", already=True)
    name = name_of(thing)
    leave_pyplot(thing)
    if _has_window(thing):
        del thing
        return Closed("Figure", freed_bytes=free_if_dropped(figure), name=name)
    other = _drawn_with(thing)
    if other is not None:
        return Closed("Figure", name=name, refused=f"its axes are shared with {other}, which is open")
    _leave_groups(thing)
    if FREE_THREADED:
        return _close_slowly(thing, name, scope, place)
    del thing
    island = _core.Island([figure], _types(_OWN))
    seen = _visible(island, figure)
    freed = _bytes(island.dying(tuple(_types(_HOLDERS_OF_BYTES))))
    ending = Ending(name, scope, place)
    _forget_finalizers(seen)
    for one in seen:
        if empty(one, ending) and left is not None:
            left.append(ref(one))
    seen.clear()
    one = None
    island.free()
    _holds_nothing(figure)
    return Closed("Figure", freed_bytes=freed, name=name)


def _holds_nothing(figure: ReferenceType[Any]) -> None:
    """A closed figure that somebody still sees has no pixels."""
    shell = figure()
    if shell is not None:
        native.tell(shell, 0)


def free_if_dropped(figure: ReferenceType[Any]) -> int | None:
    """Free a figure if nothing but its own objects holds it.

    Parameters
    ----------
    figure : weakref.ref
        The figure.

    Returns
    -------
    int or None
        The bytes of pixels and arrays that went; None if something holds the figure.
    """
    if FREE_THREADED:
        return None
    island = _core.Island([figure], _types(_OWN))
    if not len(island) or island.held():
        return None
    freed = _bytes(island.dying(tuple(_types(_HOLDERS_OF_BYTES))))
    island.free()
    return freed


def _visible(island: _core.Island, figure: ReferenceType[Any]) -> list[Any]:
    """The figure's own objects that somebody outside sees."""
    seen: list[Any] = []
    asked = island.visible()
    while asked:
        mine = [one for one in asked if root_figure(one) is figure()]
        seen += mine
        asked = island.claim(mine)
    return seen


def _forget_finalizers(seen: list[Any]) -> None:
    """Drop finalizers that call a method of these objects, as widgets leave with their canvas."""
    finalizers = getattr(getattr(sys.modules.get("weakref"), "finalize", None), "_registry", None)
    if finalizers:
        known = {id(one) for one in seen}
        for finalizer, info in list(finalizers.items()):
            if id(getattr(getattr(info, "func", None), "__self__", None)) in known:
                finalizer.detach()


def _close_slowly(figure: Any, name: str, scope: str | None, place: str | None) -> Closed:
    """Without the island: empty what the figure names, and let a full collection find the rest."""
    import gc

    ending = Ending(name, scope, place)
    canvas = figure.canvas
    for one in [*figure.findobj(), getattr(canvas, "manager", None), canvas, figure]:
        if one is not None:
            empty(one, ending)
    native.tell(figure, 0)
    del figure, canvas, one
    gc.collect()
    return Closed("Figure", name=name)


_HOLDERS_OF_BYTES = (("numpy", "ndarray"), ("matplotlib.backends.backend_agg", "RendererAgg"))


def _types(names: tuple[tuple[str, str], ...]) -> list[type]:
    """The types of these names that the program has imported."""
    found = (getattr(sys.modules.get(module), name, None) for module, name in names)
    return [kind for kind in found if isinstance(kind, type)]


def _bytes(dying: list[Any]) -> int:
    """Bytes of arrays that own their memory, and of the pixels of renderers."""
    total = 0
    for one in dying:
        if hasattr(one, "nbytes"):
            total += one.nbytes if one.base is None else 0
        else:
            total += int(one.width) * int(one.height) * 4
    return total


# What Matplotlib's objects say about themselves


def root_figure(thing: Any) -> Any:
    """The figure that an artist, a canvas, a manager or a toolbar belongs to; None if to none."""
    names = getattr(thing, "__dict__", {})
    if "canvas" in names and "figure" not in names and "_root_figure" not in names:
        names = getattr(names["canvas"], "__dict__", {})
    parent = names.get("_parent_figure") or names.get("figure") or names.get("_root_figure")
    if parent is None:
        return None
    names = getattr(parent, "__dict__", {})
    return names.get("_root_figure") or names.get("figure") or parent


def is_figure(thing: Any) -> bool:
    """Whether a thing is a figure of Matplotlib; a subfigure belongs to one."""
    return any(isinstance(thing, kind) for kind in _types((("matplotlib.figure", "Figure"),)))


def is_own(thing: Any) -> bool:
    """Whether a thing belongs to a figure: an artist, a canvas, a manager, a toolbar."""
    return isinstance(thing, tuple(_types(_OWN)))


def managers() -> list[Any]:
    """Pyplot's managers, the current one last; none if pyplot is not there."""
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    found: dict[Any, Any] = getattr(getattr(helpers, "Gcf", None), "figs", {})
    return list(found.values())


def leave_pyplot(figure: Any) -> None:
    """What ``plt.close(figure)`` does, if pyplot is imported and has the figure."""
    for manager in managers():
        if manager.canvas.figure is figure:
            sys.modules["matplotlib._pylab_helpers"].Gcf.destroy(manager)


def _has_window(figure: Any) -> bool:
    """Whether the figure's canvas is a widget of a GUI toolkit, which may draw it once more before it goes."""
    return bool(getattr(figure.canvas, "required_interactive_framework", None))


def area(figure: Any) -> tuple[int, int]:
    """Width and height in pixels."""
    width, height = figure.bbox.size
    return round(float(width)), round(float(height))


def name_of(figure: Any) -> str:
    """What a person calls a figure: its number and size."""
    width, height = area(figure)
    names = figure.__dict__
    number = names.get("_number", names.get("number"))
    label = "Figure" if number is None else f"Figure {number}"
    return f"{label} ({width}×{height})"


def _axes(figure: Any) -> list[Any]:
    return [axes for axes in figure.axes if not is_shell(axes)]


def _drawn_with(figure: Any) -> str | None:
    """The name of another figure whose axes share an axis of this one's and refer to it."""
    for axes in _axes(figure):
        for shared in getattr(axes, "_shared_axes", {}).values():
            for other in shared.get_siblings(axes):
                root = None if is_shell(other) else root_figure(other)
                if root is not None and root is not figure and not is_shell(root) and _follows(other, figure):
                    return name_of(root)
    return None


def _follows(axes: Any, figure: Any) -> bool:
    """Whether the axes take an axis from axes of the figure."""
    for name in ("_sharex", "_sharey", "_sharez"):
        shared = axes.__dict__.get(name)
        if shared is not None and root_figure(shared) is figure:
            return True
    return False


def _leave_groups(figure: Any) -> None:
    """Take the axes out of the groups that they share limits with, as deleting them does."""
    for axes in _axes(figure):
        for group in [*getattr(axes, "_shared_axes", {}).values(), getattr(axes, "_twinned_axes", None)]:
            if group is not None and len(group.get_siblings(axes)) > 1:
                group.remove(axes)
