"""A container by its written name: a variable and its scope, an attribute of anything, an item of either."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from .module import FUNCTIONS, Module

__all__ = ["Target", "find"]

#: Stands before the dot of an attribute of any object.
ANY = "_any_"


@dataclass(frozen=True, slots=True)
class Target:
    """What a name means in one file.

    Attributes
    ----------
    name : str
        Of the variable or the attribute.
    scopes : list of ast.AST
        The scopes that the variable belongs to; empty for an attribute, of which any object is meant.
    keys : tuple of str
        Of an item: its keys, as ``ast.dump`` has them, the last one last.
    """

    name: str
    scopes: list[ast.AST]
    keys: tuple[str, ...] = ()

    def is_at(self, source: Module, node: ast.AST) -> bool:
        """Whether a node is a way of writing it."""
        for key in reversed(self.keys):
            if not isinstance(node, ast.Subscript) or ast.dump(node.slice) != key:
                return False
            node = node.value
        if not self.scopes:
            return isinstance(node, ast.Attribute) and node.attr == self.name
        return (
            isinstance(node, ast.Name)
            and node.id == self.name
            and source.resolve(node.id, node) in self.scopes
        )

    def places(self, source: Module) -> list[ast.expr]:
        """Where it is written, in the order of the text."""
        found = []
        for place in source.written.get(self.name, ()):
            node: ast.AST | None = place
            for _ in self.keys:
                node = source.parents.get(node) if node is not None else None
            if isinstance(node, ast.expr) and self.is_at(source, node):
                found.append(node)
        return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def find(source: Module, name: str, function: str | None) -> Target | None:
    """What a written name means; None where it is none, or nowhere in the file."""
    name = name.replace(".<locals>", "")
    try:
        node: ast.AST = ast.parse(ANY + name if name.startswith(".") else name, mode="eval").body
    except (SyntaxError, ValueError):
        return None
    keys: list[str] = []
    while isinstance(node, ast.Subscript):
        keys.insert(0, ast.dump(node.slice))
        node = node.value
    for wanted in _meanings(source, node, function):
        found = Target(wanted.name, wanted.scopes, tuple(keys))
        if found.places(source):
            return found
    # "ICONS[3]": an item that happened to be there, which no text speaks of; its container is meant.
    item = re.fullmatch(r"(.+)\[-?\d+\]", name)
    return find(source, item[1], function) if item else None


def _meanings(source: Module, node: ast.AST, function: str | None) -> list[Target]:
    if isinstance(node, ast.Name):
        return [Target(node.id, scopes) for scopes in [_scopes(source, node.id, function)] if scopes]
    if not isinstance(node, ast.Attribute):
        return []
    if isinstance(node.value, ast.Name) and node.value.id == ANY:
        return [Target(node.attr, [])]
    found = []
    # "annotate.seen": a default, a local or a closure of a function
    around = [_seen_from(source, node.attr, one) for one in source.functions(ast.unparse(node.value))]
    scopes = _unique([scope for scope in around if scope is not None])
    if scopes:
        found.append(Target(node.attr, scopes))
    return [*found, Target(node.attr, [])]


def _scopes(source: Module, name: str, function: str | None) -> list[ast.AST]:
    """Where a variable may belong: as the function sees it, else the module, else all functions that bind it."""
    if function is not None:
        seen = [_seen_from(source, name, one) for one in source.functions(function)]
        found = _unique([scope for scope in seen if scope is not None])
        if found:
            return found
    if name in source.bound(source.tree) or any(
        isinstance(node, ast.Global) and name in node.names for node in ast.walk(source.tree)
    ):
        return [source.tree]
    return [
        node for node in ast.walk(source.tree) if isinstance(node, FUNCTIONS) and name in source.bound(node)
    ]


def _seen_from(source: Module, name: str, function: ast.AST) -> ast.AST | None:
    """The scope that a name belongs to when it is written in a function; None where it is not."""
    if name in source.bound(function):
        return function
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == name and source.function(node) is function:
            scope = source.resolve(name, node)
            return scope if scope is not source.tree or name in source.bound(source.tree) else None
    return None


def _unique(nodes: list[ast.AST]) -> list[ast.AST]:
    return list(dict.fromkeys(nodes))
