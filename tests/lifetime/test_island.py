"""Islands against their slow twin, a full collection: on random graphs the same objects die."""

from __future__ import annotations

import gc
import random
import weakref
from functools import partial

import pytest
from drypoint import _core


class Thing:
    """A node; what it refers to is in its dictionary."""


class Slotted:
    __slots__ = ("__weakref__", "links")


@pytest.fixture(autouse=True)
def collector_off():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def link(source, target, how, seed):
    """One reference from a thing to another, by one of the ways that programs have."""
    links = source.links
    if how == 0:
        links.append(target)
    elif how == 1:
        links.append({"key": target})
    elif how == 2:
        links.append((target, seed))
    elif how == 3:
        links.append(lambda: target)
    elif how == 4:
        links.append(partial(print, target))
    elif how == 5:
        links.append({target})
    elif how == 6:
        links.append(weakref.ref(target))
    elif how == 7:
        links.append(target.__repr__)
    elif how == 8:
        links.append(one for one in [target])
    else:
        error = ValueError()
        error.thing = target
        links.append(error)


def graph(seed, whole=False):
    """Weak references to the things of a random graph, and what holds some of them from outside."""
    chance = random.Random(seed)
    things = [chance.choice([Thing, Slotted])() for _ in range(chance.randint(2, 40))]
    for thing in things:
        thing.links = []
    for _ in range(chance.randint(1, 120)):
        source, target = chance.choices(things, k=2)
        link(source, target, chance.randrange(10), seed)
    if whole:
        things[0].links.extend(things)
    held = chance.sample(things, chance.choice([0, 0, 1, 3]))
    holders = chance.choice([list, tuple, lambda some: [one.links for one in some]])(held)
    gc.collect()  # all are alive, and now old: what the island does not move stays until a full collection
    return [weakref.ref(thing) for thing in things], holders


@pytest.mark.parametrize("seed", range(200))
def test_nothing_dies_that_a_full_collection_keeps(seed):
    weak, holders = graph(seed)
    island = _core.Island([weak[0]], [])
    held = island.held()
    island.free()
    del island
    mine = [one() is not None for one in weak]
    assert held == mine[0]
    gc.collect()
    theirs = [one() is not None for one in weak]
    assert all(after <= before for before, after in zip(mine, theirs, strict=True))
    assert holders is not None


@pytest.mark.parametrize("seed", range(200))
def test_what_the_island_reaches_dies_with_it(seed):
    """All things hang on the root, so one island is the whole graph, and nothing is left for the collector."""
    weak, holders = graph(seed, whole=True)
    island = _core.Island([weak[0]], [])
    held = island.held()
    island.free()
    del island
    mine = [one() is not None for one in weak]
    assert gc.collect() == 0
    assert mine == [one() is not None for one in weak]
    assert held == mine[0]
    assert holders is not None


def test_visible_and_claimed():
    root, seen, hidden, foreign = Thing(), Thing(), Thing(), Slotted()
    root.parts = [seen, hidden, foreign]
    seen.root = hidden.root = root
    hidden.weight = bytearray(10)
    foreign.links = [hidden]
    weak = weakref.ref(hidden)
    outer = [seen]
    del hidden, seen
    island = _core.Island([weakref.ref(root)], [Thing])
    asked = island.visible()
    numbers = {id(one) for one in asked}
    expected = {id(root), id(outer[0]), id(weak())}  # the last through `foreign`
    assert numbers == expected
    asked = island.claim([root, outer[0]])
    assert asked == []
    del asked, island, foreign, outer
    weak_root = weakref.ref(root)
    del root
    island = _core.Island([weak_root], [Thing])
    assert not island.held()
    assert island.free() > 0 and weak() is None


def test_what_dies_is_told_before():
    root = Thing()
    root.parts = [Thing() for _ in range(5)]
    kept = root.parts[0]
    island = _core.Island([weakref.ref(root)], [])
    island.visible()
    assert len(island.dying((Thing,))) == 4  # all parts but the one that is held
    del island
    weak = weakref.ref(root)
    root.itself = root
    del root
    island = _core.Island([weak], [])
    assert not island.held()
    assert len(island.dying((Thing,))) == 5
    island.free()
    assert weak() is None and kept is not None


def test_an_island_of_what_is_gone():
    weak = weakref.ref(Thing())
    island = _core.Island([weak], [])
    assert len(island) == 0 and not island.held() and island.visible() == [] and island.free() == 0
    assert island.free() == 0


def test_objects_that_were_frozen_are_freed_too():
    root = Thing()
    root.itself = root
    weak = weakref.ref(root)
    gc.freeze()
    try:
        del root
        gc.collect()
        assert weak() is not None
        _core.Island([weak], []).free()
        assert weak() is None
    finally:
        gc.unfreeze()


def test_the_collector_is_left_as_it_was():
    for switch in (gc.enable, gc.disable):
        switch()
        before = gc.isenabled()
        _core.Island([weakref.ref(Thing)], []).free()
        assert gc.isenabled() == before
