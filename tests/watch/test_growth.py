"""What grows gets the names of its holder, by whichever way it is reached."""

from __future__ import annotations

import types

from drypoint._watch import growth
from drypoint._watch.makings import Makings
from drypoint._watch.walked import Walked


class Heap:
    """As the compiled heap answers, of a few objects that are given with the ways to them."""

    def __init__(self, things, chains):
        self.things, self.ways = things, chains

    def thing(self, node):
        return self.things[node]

    def node(self, node):
        return type(self.things[node]), 1_000, 1_000, None, True

    def chains(self, nodes, count):
        return [self.ways.get(node, []) for node in nodes]

    def held(self, node, most):
        return []

    def site(self, node):
        return 0


def test_a_holder_that_the_shortest_way_passes_by_keeps_its_name():
    """The things are in a list below two dicts, and one of them is a variable too."""
    app = types.ModuleType("app")
    made = [bytearray(10) for _ in range(3)]
    app.SHOP = {"shelves": {"upper": made}}
    app.LAST = made[1]
    things = [app, vars(app), app.SHOP, app.SHOP["shelves"], made, made[1]]
    heap = Heap(things, {4: [(0, [0, 1, 2, 3, 4])], 5: [(0, [0, 1, 5])]})
    found = growth._named(Walked(heap, ["module app"], Makings()), 4, 90_000, 0, 3, [5])
    assert found.chain == "module app → LAST"
    assert found.start == "module app → SHOP['shelves']['upper']"
    assert found.holder.endswith("SHOP['shelves']['upper']")


def test_a_holder_on_the_way_has_the_name_that_the_way_has():
    app = types.ModuleType("app")
    app.ICONS = [bytearray(10) for _ in range(3)]
    things = [app, vars(app), app.ICONS, app.ICONS[1]]
    heap = Heap(things, {3: [(0, [0, 1, 2, 3])]})
    found = growth._named(Walked(heap, ["module app"], Makings()), 2, 90_000, 0, 3, [3])
    assert (found.chain, found.start) == ("module app → ICONS[1]", "module app → ICONS")
    assert found.holder.endswith("ICONS") and found.element == "bytearray"
