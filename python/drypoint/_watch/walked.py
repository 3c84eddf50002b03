"""The heap at a look, with what makes its nodes telling: names of the roots, and the lines that made things.

All that looks at it asks the same questions: what is this, which line made it, by which way is it held?
"""

from __future__ import annotations

from . import ways

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .. import _core
    from .makings import Makings

__all__ = ["Walked"]

#: Ways to a thing that are compared.
WAYS = 4
#: Steps down from an element to what was made by a line of the program, and the part of it that each step has to be.
DEEPEST, PART = 40, 1 / 3


class Walked:
    """A walked heap, its objects not yet let go.

    Attributes
    ----------
    heap : Heap
        The graph.
    named : list of str
        The names of its roots.
    makings : Makings
        Knows the lines.
    """

    __slots__ = ("heap", "makings", "named")

    def __init__(self, heap: _core.Heap, named: list[str], makings: Makings) -> None:
        self.heap, self.named, self.makings = heap, named, makings

    def thing(self, node: int) -> Any:
        """The object of a node."""
        return self.heap.thing(node)

    def own(self, node: int) -> int:
        """Bytes of a node itself."""
        return self.heap.node(node)[1]

    def retained(self, node: int) -> int:
        """Bytes that would go with a node."""
        return self.heap.node(node)[2]

    def site_of(self, node: int) -> int:
        """The line that made a node, as a site; 0 if it is not known."""
        return self.makings.site_of(self.thing(node)) or self.heap.site(node)

    def made_inside(self, node: int) -> tuple[int, int]:
        """The first thing, from an element inwards along what takes most, whose line of the program is known."""
        whole = self.retained(node)
        at: int | None = node
        for _ in range(DEEPEST):
            if at is None:
                break
            site = self.site_of(at)
            if site:
                return at, site
            held = self.heap.held(at, 1)
            at = held[0][0] if held and held[0][1] >= PART * whole else None
        return node, 0

    def chain_to(self, node: int) -> tuple[str | None, list[int]]:
        """The way to a node that says most: by the program's own modules, if there is one."""
        found = self.heap.chains([node], WAYS)[0]
        if not found:
            return None, [node]

        def rank(chain: tuple[int | None, list[int]]) -> tuple[int, int]:
            root = "" if chain[0] is None else self.named[chain[0]]
            return ways.rank(root), len(chain[1])

        root, nodes = min(found, key=rank)
        return (None if root is None else self.named[root]), nodes
