"""Closing by hand what a scope would close at its end."""

from __future__ import annotations

from _weakref import ref

from .._errors import BadArgument
from . import closers, constructions, figures, open_figures
from .closers import Closed
from .shell import is_shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["close"]


def close(thing: Any) -> Closed | list[Closed]:
    """Close a figure or another resource now, and say what that freed and who still holds it.

    Parameters
    ----------
    thing : object
        A Matplotlib figure, or an axes, artist or canvas for its figure; ``"all"`` for all figures there are; any other
        resource that scopes close, such as an image, a capture, a mapping; or a list of such things.

    Returns
    -------
    Closed, or list of Closed
        With `kind`, `freed_bytes` and `held_by`, and a readable repr. A list for ``"all"`` and for a list.

    Raises
    ------
    BadArgument
        If nothing is known about closing it.

    Notes
    -----
    Closing a figure means that it is over, as for a file: it leaves pyplot, its memory goes at once, and whoever still
    holds it, its axes or artists gets `FigureClosed` on use. Milliseconds; naming the holders takes a look at all
    objects, tens of milliseconds in a small program.

    Examples
    --------
    >>> import drypoint as dp
    >>> import tempfile
    >>> file = tempfile.TemporaryFile()
    >>> dp.close(file).kind
    'BufferedRandom'
    >>> file.closed
    True
    """
    if isinstance(thing, str):
        if thing != "all":
            raise BadArgument(f'thing must be a resource, a list of them, or "all", not {thing!r}')
        return [_close_figure(figure) for figure in _all_figures()]
    if isinstance(thing, list | tuple) and closers.find(type(thing)) is None:
        return [_close_any(one) for one in thing]
    return _close_any(thing)


def _close_any(thing: Any) -> Closed:
    if is_shell(thing):
        return Closed(thing.__class__.__name__, already=True)
    figure = (
        thing if figures.is_figure(thing) else figures.root_figure(thing) if figures.is_own(thing) else None
    )
    if figure is not None:
        return _close_figure(ref(figure))
    return closers.close_one(thing)


def _all_figures() -> list[ref[Any]]:
    """Pyplot's figures and those that are known without it."""
    found = {id(manager.canvas.figure): ref(manager.canvas.figure) for manager in figures.managers()}
    for record in open_figures.noted():
        found.setdefault(record.key, record)
    return list(found.values())


def _close_figure(figure: ref[Any]) -> Closed:
    left: list[ref[Any]] = []
    recorder = constructions.current.get() or constructions.process
    resource = getattr(getattr(recorder, "resources", None), "things", {}).get(id(figure()))
    closed = figures.close_figure(figure, None, getattr(resource, "place", None), left)
    if closed.refused is None and not closed.already:
        held = [one for one in (shell() for shell in left) if one is not None]
        if held:
            from .holders import holders

            closed.held_by = holders(held, {id(left)})
    return closed
