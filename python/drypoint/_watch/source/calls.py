"""Calls around a container: what is called, what only hands items through, what walks over them."""

from __future__ import annotations

import ast

from . import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .module import Module

__all__ = ["callee", "is_iterated", "unwrapped"]


def callee(call: ast.Call) -> str:
    """The last word of what is called: ``write`` of ``self.writer.write(frame)``."""
    func = call.func
    if isinstance(func, ast.Attribute):
        return func.attr
    return func.id if isinstance(func, ast.Name) else "?"


def unwrapped(source: Module, node: ast.expr) -> ast.expr:
    """The whole of ``enumerate(x[1:])`` around x: calls and slices that hand its items through."""
    while True:
        parent = source.parents[node]
        if isinstance(parent, ast.Starred):
            node = parent
            continue
        if isinstance(parent, ast.Call) and node in parent.args and callee(parent) in words.WRAP:
            node = parent
        elif isinstance(parent, ast.Attribute) and parent.attr in words.WRAP:
            call = source.parents[parent]
            if not isinstance(call, ast.Call) or call.func is not parent:
                return node
            node = call
        elif (
            isinstance(parent, ast.Subscript) and parent.value is node and isinstance(parent.slice, ast.Slice)
        ):
            node = parent
        else:
            return node


def is_iterated(source: Module, node: ast.expr) -> bool:
    """Whether a loop or a comprehension walks over it."""
    parent = source.parents[node]
    return (
        isinstance(parent, (ast.For, ast.AsyncFor, ast.comprehension)) and parent.iter is node
    ) or isinstance(parent, ast.YieldFrom)
