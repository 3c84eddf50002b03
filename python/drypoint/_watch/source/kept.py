"""Whether what goes into a container is used otherwise by the function that puts it there.

A frame that is drawn, written and then also kept was needed for a moment; one that is only kept was made to be kept.
"""

from __future__ import annotations

import ast

from . import words
from .calls import callee
from .module import FUNCTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .module import Module
    from .target import Target

__all__ = ["used_elsewhere"]


def used_elsewhere(
    source: Module,
    wanted: Target,
    node: ast.expr,
    store: ast.AST,
    value: ast.expr | None,
    stores: Sequence[ast.stmt | None],
) -> bool | None:
    """Whether a stored value is used beside being made, stored, returned and measured; None where that cannot be told.

    `node` is the container where it is stored, `store` the call, item or statement that does it, and `stores` are the
    statements of all its stores.
    """
    if _is_read_back(source, wanted, node, store):
        return True
    statement = source.statement(node)
    if isinstance(statement, ast.Assign):
        also = [target for target in statement.targets if isinstance(target, ast.Name)]  # x[k] = y = made()
        if also and value is statement.value and isinstance(store, ast.Subscript):
            return _name_is_used(source, wanted, also[0], stores)
    return None if value is None else _is_used(source, wanted, value, stores)


def _is_used(
    source: Module, wanted: Target, value: ast.expr, stores: Sequence[ast.stmt | None]
) -> bool | None:
    if isinstance(value, ast.NamedExpr):
        return _name_is_used(source, wanted, value.target, stores)
    if isinstance(value, ast.Name):
        return _name_is_used(source, wanted, value, stores)
    if isinstance(value, (ast.Tuple, ast.List, ast.Set, ast.Dict)):
        parts = value.values if isinstance(value, ast.Dict) else value.elts
        answers = {_is_used(source, wanted, part, stores) for part in parts}
        return answers.pop() if len(answers) == 1 else None
    if isinstance(value, (ast.Attribute, ast.Starred)):
        return None  # it was there before, held by something else
    return False


def _name_is_used(
    source: Module, wanted: Target, name: ast.Name, stores: Sequence[ast.stmt | None]
) -> bool | None:
    function = source.function(name)
    scope = source.resolve(name.id, name)
    found = [
        one
        for one in ast.walk(function)
        if isinstance(one, ast.Name) and one.id == name.id and source.resolve(one.id, one) is scope
    ]
    loads = [one for one in found if isinstance(one.ctx, ast.Load) and source.statement(one) not in stores]
    if not all(_is_aside(source, wanted, one) for one in loads):
        return True
    if any(isinstance(one, ast.ExceptHandler) and one.name == name.id for one in source.ancestors(name)):
        return False
    makers = [one for one in found if isinstance(one.ctx, ast.Store)]
    if scope is not function or not makers:
        return None  # a parameter, or a name from outside
    return None if any(_is_borrowed(source, maker) for maker in makers) else False


def _is_read_back(source: Module, wanted: Target, node: ast.expr, store: ast.AST) -> bool:
    """Whether the same function looks the item up again under the same key."""
    call = source.parents.get(store)
    if (
        isinstance(store, ast.Call)
        and isinstance(store.func, ast.Attribute)
        and store.func.attr == "setdefault"
    ):
        return not isinstance(call, ast.Expr)  # its result is the value
    if not isinstance(store, ast.Subscript):
        return False
    key = ast.dump(store.slice)
    for other in ast.walk(source.function(node)):
        looked: ast.AST | None = None
        func = getattr(other, "func", None)
        if isinstance(other, ast.Subscript) and isinstance(other.ctx, ast.Load):
            looked, asked = other.value, other.slice
        elif (
            isinstance(other, ast.Call)
            and isinstance(func, ast.Attribute)
            and func.attr in ("get", "pop")
            and other.args
        ):
            looked, asked = func.value, other.args[0]
        if looked is not None and ast.dump(asked) == key and wanted.is_at(source, looked):
            return True
    return False


def _is_aside(source: Module, wanted: Target, name: ast.Name) -> bool:
    """Whether a place only makes, returns or measures what a name holds, or asks whether the container has it."""
    statement = source.statement(name)
    parent = source.parents[name]
    if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        if any(_is_name(one, name.id) for target in targets for one in ast.walk(target)):
            return True  # its own making: `image = image.resize(...)`, `image[10:20] = 0`
    if isinstance(parent, ast.keyword) and parent.arg in ("out", "dst"):
        return True
    if isinstance(parent, ast.Attribute):
        outer = source.parents[parent]
        if parent.attr in words.METADATA:
            return True
        return parent.attr in ("fill", "sort") and isinstance(outer, ast.Call) and outer.func is parent
    if isinstance(parent, ast.Call) and name in parent.args:
        return callee(parent) in ("len", "type", "id", "isinstance")
    if isinstance(parent, ast.Compare):
        if all(isinstance(op, (ast.Is, ast.IsNot)) for op in parent.ops):
            return True
        return any(wanted.is_at(source, one) for one in ast.walk(parent) if isinstance(one, ast.expr))
    if isinstance(statement, ast.Return) or isinstance(parent, ast.Yield):
        return all(
            isinstance(one, (ast.Return, ast.Tuple, ast.Yield)) for one in _up_to(source, name, statement)
        )
    return False


def _up_to(source: Module, node: ast.AST, statement: ast.stmt | None) -> list[ast.AST]:
    """The nodes between a node and its statement, and the statement if it is a return."""
    found = []
    for around in source.ancestors(node):
        if around is statement or isinstance(around, (ast.stmt, *FUNCTIONS)):
            break
        found.append(around)
    return found


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_borrowed(source: Module, maker: ast.Name) -> bool:
    """Whether a name is given by a loop over something that holds it already, or is another name for something."""
    for around in source.ancestors(maker):
        if isinstance(around, (ast.For, ast.AsyncFor)) and any(
            one is maker for one in ast.walk(around.target)
        ):
            return isinstance(around.iter, (ast.Name, ast.Attribute, ast.Subscript))
        if isinstance(around, ast.Assign):
            return isinstance(around.value, (ast.Name, ast.Attribute))
        if isinstance(around, ast.stmt):
            return False
    return False
