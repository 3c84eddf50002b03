"""The figures there are: freeing those that the program has dropped, and limiting how many are open.

After ``plt.close`` a figure is a large cycle that waits for the collector of CPython, and so is a bare ``Figure()`` that
was dropped. At moments that are ours anyway, as when a figure is made or drawn or a scope ends, a few of those that
pyplot does not have are looked at, if they are many or large; what nobody holds is freed. A figure that somebody does
hold stays as usable as after ``plt.close``. Looking costs a millisecond or more, so one that was found held is looked at
again only when fewer references to it are left, or after twice as many moments as before.
"""

from __future__ import annotations

from _thread import allocate_lock
from _weakref import ref

from .. import _arguments, _core
from .._errors import BadArgument
from . import constructions, figures, native
from .shell import is_shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["FigureRule", "drawn", "keep_rules", "look", "noted", "remember", "was_drawn"]

#: Bytes of figures without pyplot from which on they are looked at: a few small ones are left to the collector, which
#: takes them by the dozen for less.
LOOK_FROM = 24_000_000
#: Figures looked at in one moment.
MOST = 4
#: The longest wait, in moments, between two looks at a figure that somebody holds.
PATIENCE = 64
#: A canvas has a renderer, and there is a second buffer while it is saved; four bytes a pixel each.
BYTES_A_PIXEL = 8


class OpenFigure(ref["Any"]):
    """A weak reference to a figure, and what was found when it was last looked at."""

    __slots__ = ("arrays", "bytes", "key", "patience", "references", "waited")

    arrays: int
    bytes: int
    key: int
    patience: int
    references: int
    waited: int

    def __hash__(self) -> int:
        return self.key

    def __eq__(self, other: object) -> bool:
        return self is other


_figures: dict[int, OpenFigure] = {}
_looking = allocate_lock()
#: Moments at which a look at the figure before the newest would likely be in vain: a loop's locals hold it still.
_skip = 0


def _gone(record: OpenFigure) -> None:
    if _figures.get(record.key) is record:
        del _figures[record.key]


def remember(thing: object, kind: str) -> None:
    """A thing was made; if it is a figure, take it among the records, and look at the others."""
    if kind != "Figure" or not figures.is_figure(thing):
        return
    known = _figures.get(id(thing))
    if known is not None and known() is thing:  # its constructor ran once more
        return
    record = OpenFigure(thing, _gone)
    record.key = id(thing)
    width, height = figures.area(thing)
    record.bytes = width * height * BYTES_A_PIXEL
    record.arrays = 0
    record.patience = 1
    record.references = 0
    record.waited = 0
    _figures[record.key] = record
    keep_rules(thing)
    look(made=record.key)
    native.tell(thing, record.bytes)  # last: what was dropped before it is gone


def drawn(figure: Any) -> None:
    """A figure is about to be drawn: a good moment, since it is about to take memory."""
    record = _figures.get(id(figure))
    if record is not None and _rules:
        record.arrays = _arrays(figure)
    keep_rules(figure)
    look(made=None, but=id(figure))
    _measure(figure)


def was_drawn(canvas: Any) -> None:
    """A canvas was saved, perhaps with more pixels than its figure has by itself: it keeps them."""
    if not is_shell(canvas):
        _measure(getattr(canvas, "figure", None))


def _measure(figure: Any) -> None:
    """Note how large a figure is now, and tell it on."""
    record = _figures.get(id(figure))
    if record is None or is_shell(figure):
        return
    width, height = figures.area(figure)
    renderer = getattr(figure.canvas, "renderer", None)
    drawn = int(getattr(renderer, "width", 0)) * int(getattr(renderer, "height", 0))
    record.bytes = max(width * height, drawn) * BYTES_A_PIXEL
    native.tell(figure, record.bytes)


def noted() -> list[OpenFigure]:
    """The figures that are not closed, in the order in which they were made."""
    found = []
    for record in list(_figures.values()):
        figure = record()
        if figure is not None and not is_shell(figure):
            found.append(record)
        del figure
    return found


def look(made: int | None = None, but: int | None = None, everything: bool = False) -> int:
    """Free figures that nothing but their own objects holds.

    Parameters
    ----------
    made : int, optional
        The identity of a figure that was made just now: the reason for looking.
    but : int, optional
        The identity of a figure to leave alone.
    everything : bool
        Look at all of them, whatever was found before.

    Returns
    -------
    int
        How many were freed.
    """
    global _skip
    if constructions.only_observed():
        return 0
    if not _looking.acquire(blocking=False):  # another thread looks, or this one, in a finalizer
        return 0
    try:
        freed = looked = 0
        leave = {id(manager.canvas.figure) for manager in figures.managers()}
        leave.update(key for key in (made, but) if key is not None)
        records = list(_figures.values())
        waiting = sum(record.bytes for record in records if record.key not in leave)
        if waiting < LOOK_FROM and not everything:
            return 0
        newest = records[-2] if made is not None and len(records) > 1 else None
        for record in records:
            if record.key in leave or (looked >= MOST and not everything):
                continue
            if record is newest and _skip and not everything:
                _skip -= 1
                continue
            if not everything and not _worth_it(record):
                continue
            looked += 1
            if figures.free_if_dropped(record) is not None:
                freed += 1
                if record is newest:
                    _skip = 0
            else:
                record.waited = 0
                record.patience = min(record.patience * 2, PATIENCE)
                if record is newest:
                    _skip = PATIENCE
        return freed
    finally:
        _looking.release()


def _worth_it(record: OpenFigure) -> bool:
    """Whether a figure may have lost a holder since the last look."""
    figure = record()
    if figure is None:
        return False
    if is_shell(figure):
        _gone(record)
        return False
    count = _core.references(figure)
    del figure
    fewer = count < record.references
    record.references = count
    record.waited += 1
    return fewer or record.waited >= record.patience


class FigureRule:
    """A limit on pyplot's open figures, kept by closing the one that was current longest ago.

    Parameters
    ----------
    limit : str or int
        A number of figures (an int), or bytes as in ``"200MB"``: pixels at eight bytes each, and the arrays of artists.

    Raises
    ------
    BadArgument
        If it is neither, or less than one figure.

    Notes
    -----
    The limit is looked at when a figure is made or drawn. Pyplot's current figure is never closed, nor is one that is
    being made; figures without pyplot are not counted, and closed by whoever made them. What is closed is logged to
    ``drypoint`` as INFO, one line for each, and its name is in `closed`.
    """

    def __init__(self, limit: str | int) -> None:
        self.count: int | None = None
        self.bytes: int | None = None
        if isinstance(limit, int) and not isinstance(limit, bool):
            if limit < 1:
                raise BadArgument(f"figures must be at least 1, or bytes such as '200MB', not {limit!r}")
            self.count = limit
        else:
            try:
                self.bytes = _arguments.bytes_of(_arguments.text(limit, "figures"), "figures")
            except BadArgument:
                raise BadArgument(
                    f"figures must be a number of figures, or bytes such as '200MB', not {limit!r}"
                ) from None
        self.limit = limit
        #: Names of the figures that were closed, the last hundred of them.
        self.closed: list[str] = []

    def install(self) -> None:
        """Keep the limit from now on. Installing twice does nothing more."""
        if self not in _rules:
            _rules.append(self)

    def remove(self) -> None:
        """Keep it no longer."""
        if self in _rules:
            _rules.remove(self)

    def apply(self, drawing: object = None) -> list[str]:
        """Close what is over the limit; the names of the figures closed. `drawing` is left open."""
        managers = figures.managers()
        current = managers[-1] if managers else None
        waiting = [one for one in managers if one is not current and one.canvas.figure is not drawing]
        del managers, current  # or the figures are held by this function
        closed = []
        while waiting and self._exceeded():
            figure = waiting.pop(0).canvas.figure
            closed.append(figures.name_of(figure))
            figures.leave_pyplot(figure)
            del figure
            self._tell(closed[-1])
        if closed:
            look(everything=True)
        return closed

    def _exceeded(self) -> bool:
        """Whether pyplot's figures are over the limit."""
        mine = [manager.canvas.figure for manager in figures.managers()]
        if self.count is not None:
            return len(mine) > self.count
        return self.bytes is not None and sum(map(_bytes, mine)) > self.bytes

    def _tell(self, name: str) -> None:
        from logging import getLogger

        self.closed.append(name)
        del self.closed[:-100]
        getLogger("drypoint").info("closed %s: open figures are limited to %s", name, self.limit)

    def __repr__(self) -> str:
        return f"<at most {self.limit} of open figures, {len(self.closed)} closed>"


_rules: list[FigureRule] = []


def keep_rules(drawing: object = None) -> None:
    """Apply the limits that are in force."""
    for rule in tuple(_rules):
        rule.apply(drawing)


def _bytes(figure: Any) -> int:
    """What a figure holds: its pixels, and the arrays that it had when it was drawn last."""
    record = _figures.get(id(figure))
    if record is not None:
        return record.bytes + record.arrays
    width, height = figures.area(figure)
    return width * height * BYTES_A_PIXEL


def _arrays(figure: Any) -> int:
    """Bytes of the arrays that the artists in a figure's axes have, as far as is quickly found."""
    artists = (artist for axes in figure.axes for artist in axes.get_children())
    return sum(
        int(getattr(value, "nbytes", 0)) for artist in artists for value in list(vars(artist).values())
    )


constructions.observers.append(remember)
