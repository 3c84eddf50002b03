"""The turns of a program, told by the program itself."""

from __future__ import annotations

from .. import _core

__all__ = ["turn"]


def turn() -> None:
    """Say that a turn of the program's main loop has ended, for whoever watches it.

    Returns
    -------
    None
        Nothing is done if nobody does. Costs less than a microsecond.

    Notes
    -----
    ``drypoint watch`` finds turns by itself, by the order in which lines make large things. It is told where that is not
    what a turn is; `each` tells its turns too.

    Examples
    --------
    >>> import drypoint as dp
    >>> for page in range(3):
    ...     dp.turn()
    """
    _core.tell_turn()
