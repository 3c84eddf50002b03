"""What is known of the use of one container: plain data, each with its line."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Place", "Store", "Use"]


@dataclass(frozen=True, slots=True)
class Place:
    """A line where something is done with the container: `how`, in the function."""

    line: int
    function: str
    how: str


@dataclass(frozen=True, slots=True)
class Store:
    """A line where something goes in.

    Attributes
    ----------
    line : int
        Of the call or the assignment.
    function : str
        Around it.
    how : str
        ``"append"``, ``"[k] ="``, ``"+="``, ``"[...].append"`` for lists in a dict, ``"np.append"`` for
        ``x = np.append(x, item)``.
    stored : str
        The text of what is put in.
    used_elsewhere : bool or None
        Whether the same function does more with it than make it, store it, return it, or ask its shape. None where it
        comes from outside the function.
    """

    line: int
    function: str
    how: str
    stored: str
    used_elsewhere: bool | None


@dataclass(slots=True)
class Use:
    """All that is done with one container in one file.

    Attributes
    ----------
    made : list of Place
        Where it begins; `how` is the text: ``"deque(maxlen=8)"``.
    stores : list of Store
        Where something goes in.
    reads : list of Place
        Where it is looked at: ``"iterated"``, ``"indexed"``, ``"passed to f"``, ``"length"``, ``"returned"``,
        ``"tested"``, ``"member"`` (``in``), ``"method m"``, ``"bound"`` (to another name) or ``"read"``.
    removes : list of Place
        Where something leaves: the method, ``"del"``, ``"replaced"``, ``"slice assigned"``.
    consumed_one_by_one : tuple of int and str, or None
        The line and the call that writes, encodes or sends each item: the items could go there at once.
    """

    made: list[Place] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    reads: list[Place] = field(default_factory=list)
    removes: list[Place] = field(default_factory=list)
    consumed_one_by_one: tuple[int, str] | None = None

    @property
    def used_elsewhere(self) -> list[bool | None]:
        """That of each store."""
        return [store.used_elsewhere for store in self.stores]
