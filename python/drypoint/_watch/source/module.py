"""The text of one file as a tree in which each node knows its parent, and each name the scope that it belongs to.

The text comes from linecache: it is the one that tracebacks of this run show, and cells of notebooks are there too.
Scopes are as the language has them (global, nonlocal, closures, comprehensions, bodies of classes); nothing is imported.
"""

from __future__ import annotations

import ast
import linecache
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FUNCTIONS", "Module", "module", "name_of"]

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
SCOPES = (ast.Module, ast.ClassDef, *FUNCTIONS, *COMPREHENSIONS)

#: By file: the lines that linecache had, and what was made of them.
_read: dict[str, tuple[list[str], Module | None]] = {}


def module(file: str) -> Module | None:
    """The tree of a file; None where it cannot be read or is no Python. Read again only when linecache has new lines."""
    lines = linecache.getlines(file)
    known = _read.get(file)
    if known is not None and known[0] is lines:
        return known[1]
    made: Module | None = None
    if lines:
        try:
            made = Module("".join(lines))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            made = None
    _read[file] = (lines, made)
    return made


class Module:
    """One file's tree.

    Attributes
    ----------
    text : str
        The source.
    tree : ast.Module
        Its tree.
    parents : dict
        The parent of each node.
    written : dict
        The places of each variable and attribute, by its name.
    heads : dict
        The innermost statement, or head of a block, by line; filled by who asks for it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its text the program was warned when it was compiled
            self.tree = ast.parse(text)
        self.parents: dict[ast.AST, ast.AST] = {}
        self.written: dict[str, list[ast.expr]] = {}
        self.heads: dict[int, ast.AST] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.Name, ast.Attribute)):
                name = node.id if isinstance(node, ast.Name) else node.attr
                self.written.setdefault(name, []).append(node)
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
        self._bound: dict[ast.AST, tuple[set[str], set[str]]] = {}

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, the nearest first."""
        found = self.parents.get(node)
        while found is not None:
            yield found
            found = self.parents.get(found)

    def function(self, node: ast.AST) -> ast.AST:
        """The function around a node, or the module. A default value and a decorator stand outside their function."""
        scope = self._scope(node)
        while not isinstance(scope, (ast.Module, *FUNCTIONS)):
            scope = self._scope(scope)
        return scope

    def function_name(self, node: ast.AST) -> str:
        """The name of that function, as code objects have it."""
        return name_of(self.function(node))

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """The innermost statement that a node is in."""
        if isinstance(node, ast.stmt):
            return node
        return next((around for around in self.ancestors(node) if isinstance(around, ast.stmt)), None)

    def functions(self, name: str) -> list[ast.AST]:
        """Functions of a name, or of the last parts of one: ``annotate``, ``Viewer.draw``."""
        parts = name.split(".")
        found: list[ast.AST] = []
        for node in ast.walk(self.tree):
            if isinstance(node, FUNCTIONS) and name_of(node) == parts[-1]:
                around = [
                    name_of(one)
                    for one in self.ancestors(node)
                    if isinstance(one, (ast.ClassDef, *FUNCTIONS))
                ]
                wanted = [part for part in reversed(parts[:-1]) if part != "<locals>"]
                if around[: len(wanted)] == wanted:
                    found.append(node)
        return found

    def bound(self, scope: ast.AST) -> set[str]:
        """The names that belong to a scope."""
        return self._names(scope)[0]

    def resolve(self, name: str, node: ast.AST) -> ast.AST:
        """The scope that a name, written at a node, belongs to; the module where no scope binds it."""
        scope = self._scope(node)
        first = True
        while not isinstance(scope, ast.Module):
            names, outer = self._names(scope)
            if name in outer:
                return self.tree
            if name in names and (first or not isinstance(scope, ast.ClassDef)):
                return scope
            first = False
            scope = self._scope(scope)
        return self.tree

    def _scope(self, node: ast.AST) -> ast.AST:
        """The scope that an expression at a node is looked up in."""
        child = node
        for around in self.ancestors(node):
            if isinstance(around, SCOPES) and not _stands_outside(child, around, node):
                return around
            child = around
        return self.tree

    def _names(self, scope: ast.AST) -> tuple[set[str], set[str]]:
        """The names bound in a scope, and those that it declares global."""
        if scope not in self._bound:
            bound, outer, beyond = set[str](), set[str](), set[str]()
            for node in _own(scope):
                if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                    bound.add(node.id)
                elif isinstance(node, ast.arg):
                    bound.add(node.arg)
                elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    bound.add(node.name)
                elif isinstance(node, ast.alias):
                    bound.add((node.asname or node.name).partition(".")[0])
                elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
                    bound.add(node.name)
                elif isinstance(node, ast.Global):
                    outer.update(node.names)
                elif isinstance(node, ast.Nonlocal):
                    beyond.update(node.names)
            self._bound[scope] = bound - outer - beyond, outer
        return self._bound[scope]


def name_of(scope: ast.AST) -> str:
    """The name of a function or class, as code objects have it."""
    if isinstance(scope, ast.Lambda):
        return "<lambda>"
    return str(getattr(scope, "name", "<module>"))


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope without those of scopes within. A walrus in a comprehension binds outside of it."""
    waiting = [child for child in ast.iter_child_nodes(scope)]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, COMPREHENSIONS):
            if not isinstance(scope, COMPREHENSIONS):
                yield from (one.target for one in ast.walk(node) if isinstance(one, ast.NamedExpr))
        elif not isinstance(node, (ast.ClassDef, *FUNCTIONS)) and not (
            isinstance(node, ast.NamedExpr) and isinstance(scope, COMPREHENSIONS)
        ):
            waiting.extend(ast.iter_child_nodes(node))


def _stands_outside(child: ast.AST, scope: ast.AST, node: ast.AST) -> bool:
    """Whether a part of a scope's own statement is looked up around it: a default, a decorator, the first source."""
    if isinstance(scope, FUNCTIONS):
        if isinstance(child, ast.arguments):
            return node is not child and not isinstance(node, ast.arg)
        return child in getattr(scope, "decorator_list", ()) or child is getattr(scope, "returns", None)
    if isinstance(scope, ast.ClassDef):
        return child not in scope.body
    if isinstance(scope, COMPREHENSIONS) and child is scope.generators[0]:
        inside = scope.generators[0]
        return any(one is node for one in ast.walk(inside.iter))
    return False
