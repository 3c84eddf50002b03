"""Where items that were gathered are written one by one: they could have gone there as they were made.

Seen are loops over the container that give each item, or what is made of it in the loop, to a call that writes; loops
that take it by its number, or out with pop; and calls that take a whole clip, though they write it frame by frame.
"""

from __future__ import annotations

import ast

from . import words
from .calls import callee, is_iterated, unwrapped
from .target import Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .module import Module

__all__ = ["after_return", "consumer"]

#: Calls that only put items side by side on their way to a writer.
SIDE_BY_SIDE = frozenset({"stack", "array", "asarray", "join"})


def consumer(source: Module, node: ast.expr) -> tuple[int, str] | None:
    """The line and the call that writes the items, seen from one place of the container; or None."""
    whole = unwrapped(source, node)
    parent = source.parents[whole]
    if isinstance(parent, (ast.For, ast.AsyncFor)) and parent.iter is whole:
        return _written(parent.body, _items(parent.target, whole, node))
    if isinstance(parent, ast.comprehension) and is_iterated(source, whole):
        around = source.parents[parent]
        made = [getattr(around, part) for part in ("elt", "key", "value") if hasattr(around, part)]
        return _written(made, _items(parent.target, whole, node)) or _gathered(source, around)
    return _gathered(source, whole) or _by_number(source, node)


def after_return(source: Module, wanted: Target) -> tuple[int, str] | None:
    """The same, where a function gathers and returns the items and its caller, in the same file, writes them."""
    returned = [node for node in wanted.places(source) if isinstance(source.parents[node], ast.Return)]
    names = {source.function_name(node) for node in returned if source.function(node) in wanted.scopes}
    for call in ast.walk(source.tree):
        if not isinstance(call, ast.Call) or callee(call) not in names:
            continue
        found = consumer(source, call)
        given = source.parents[call]
        if found is None and isinstance(given, ast.Assign) and isinstance(given.targets[0], ast.Name):
            name = given.targets[0]
            places = Target(name.id, [source.resolve(name.id, name)]).places(source)
            found = next((found for place in places if (found := consumer(source, place)) is not None), None)
        if found is not None:
            return found
    return None


def _written(body: Sequence[ast.AST], names: set[str]) -> tuple[int, str] | None:
    """The first call in a loop's body that writes what one of the names holds, or what was made of it there."""
    nodes = [node for part in body for node in ast.walk(part)]
    for _ in range(2):
        for node in nodes:
            if isinstance(node, (ast.Assign, ast.NamedExpr)) and _mentions(node.value, names):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = names | {target.id for target in targets if isinstance(target, ast.Name)}
    calls = sorted((node for node in nodes if isinstance(node, ast.Call)), key=lambda call: call.lineno)
    for call in calls:
        if callee(call) not in words.WRITE:
            continue
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        itself = isinstance(call.func, ast.Attribute) and _mentions(call.func.value, names)
        if itself or any(_mentions(item, names) for item in given):
            return call.lineno, ast.unparse(call.func)
    return None


def _gathered(source: Module, node: ast.AST) -> tuple[int, str] | None:
    """The call that takes the whole clip, if a node is what it is given, maybe side by side in an array."""
    joined = False
    while True:
        parent = source.parents.get(node)
        if isinstance(parent, (ast.Starred, ast.Subscript)) and (
            not isinstance(parent, ast.Subscript)
            or (parent.value is node and isinstance(parent.slice, ast.Slice))
        ):
            node = parent
            continue
        keyword = parent.arg if isinstance(parent, ast.keyword) else None
        call = source.parents.get(parent) if isinstance(parent, ast.keyword) else parent
        if not isinstance(call, ast.Call) or node is call.func:
            return None
        name = callee(call)
        told = call.lineno, ast.unparse(call.func)
        if (
            keyword in words.GATHER
            or name == "writelines"
            or (joined and name in words.WRITE - {"imwrite", "save"})
        ):
            return told
        if name in words.WHOLE and not told[1].startswith("cv2."):  # OpenCV's imwrite takes one picture
            return told
        if name == "map" and call.args[-1] is node:
            function = call.args[0]
            word = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            return (call.lineno, ast.unparse(function)) if word in words.WRITE else None
        if name not in SIDE_BY_SIDE:
            return None
        joined = joined or name == "join"
        node = call


def _by_number(source: Module, node: ast.expr) -> tuple[int, str] | None:
    """The call in a loop that writes ``x[i]`` or ``x.pop(0)``."""
    parent = source.parents[node]
    item: ast.AST
    if isinstance(parent, ast.Subscript) and parent.value is node and isinstance(parent.slice, ast.Name):
        item, number = parent, parent.slice.id
    elif isinstance(parent, ast.Attribute) and parent.attr in ("pop", "popleft", "get"):
        item, number = source.parents[parent], ""
    else:
        return None
    for around in source.ancestors(node):
        if isinstance(around, ast.While):
            loop = not number
        elif isinstance(around, (ast.For, ast.AsyncFor)):
            loop = not number or any(
                isinstance(one, ast.Name) and one.id == number for one in ast.walk(around.target)
            )
        else:
            continue
        if loop:
            return _holding(around.body, item)
    return None


def _holding(body: Sequence[ast.AST], item: ast.AST) -> tuple[int, str] | None:
    """The call that writes an item, given to it at once or by a name."""
    names: set[str] = set()
    for part in body:
        for node in ast.walk(part):
            if isinstance(node, ast.Call) and callee(node) in words.WRITE:
                if any(one is item for one in ast.walk(node)) and node is not item:
                    return node.lineno, ast.unparse(node.func)
            elif isinstance(node, (ast.Assign, ast.NamedExpr)) and any(
                one is item for one in ast.walk(node.value)
            ):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return _written(body, names) if names else None


def _items(target: ast.expr, whole: ast.expr, node: ast.expr) -> set[str]:
    """The names of a loop that hold the items: no number of ``enumerate``, no key, no other part of ``zip``."""
    if isinstance(target, ast.Tuple) and isinstance(whole, ast.Call):
        name = callee(whole)
        if name in ("enumerate", "items") and len(target.elts) > 1:
            target = target.elts[1]
        elif name == "zip":
            here = [
                place for place, one in enumerate(whole.args) if any(part is node for part in ast.walk(one))
            ]
            if here and here[0] < len(target.elts):
                target = target.elts[here[0]]
    return {one.id for one in ast.walk(target) if isinstance(one, ast.Name)}


def _mentions(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(one, ast.Name) and one.id in names for one in ast.walk(node))
