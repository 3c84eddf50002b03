"""What stands at a line: the whole statement, and the names that it gives.

A line inside a call over several lines finds the statement around it. Of a loop, a block or a definition only the head
is the statement: its body has statements of its own.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass

from .module import Module, module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Binding", "binding", "statement"]

LONGEST = 100


@dataclass(frozen=True, slots=True)
class Binding:
    """The names that a statement gives, in its order, and the function around it.

    Attributes
    ----------
    names : list of str
        As ``["fig", "ax"]`` or ``["self.fig"]``; empty where the statement gives none.
    function : str
        As code objects have it: ``"<module>"`` outside of functions.
    """

    names: list[str]
    function: str


def statement(file: str, line: int) -> str | None:
    """The text of the statement at a line, on one line of at most 100 characters.

    Parameters
    ----------
    file : str
        As code objects have it.
    line : int
        Any line of the statement, the first is 1.

    Returns
    -------
    str or None
        None where the file cannot be read or no statement is at the line.
    """
    found = _at(file, line)
    if found is None:
        return None
    source, node = found
    text = (
        ast.get_source_segment(source.text, node) if isinstance(node, ast.stmt) and _is_simple(node) else None
    )
    if text is None or "\n" in text:  # written anew: without comments and breaks
        text = _head(node)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def binding(file: str, line: int) -> Binding | None:
    """The names that are given by the statement at a line.

    Parameters
    ----------
    file : str
        As code objects have it.
    line : int
        Any line of the statement, the first is 1.

    Returns
    -------
    Binding or None
        None where the file cannot be read or no statement is at the line.
    """
    found = _at(file, line)
    if found is None:
        return None
    source, node = found
    names: list[str] = []
    for target in _targets(node):
        for name in _written(target):
            if name not in names:
                names.append(name)
    return Binding(names, source.function_name(node))


def _at(file: str, line: int) -> tuple[Module, ast.AST] | None:
    """The innermost statement, or head of a block, that a line is in."""
    source = module(file)
    if source is None:
        return None
    if not source.heads:
        for node in ast.walk(source.tree):  # outer before inner
            if isinstance(node, (ast.stmt, ast.ExceptHandler)):
                first, last = _span(node)
                source.heads.update(dict.fromkeys(range(first, last + 1), node))
    found = source.heads.get(line)
    return None if found is None else (source, found)


def _span(node: ast.stmt | ast.ExceptHandler) -> tuple[int, int]:
    """First and last line of a statement, or of the head of a block."""
    decorators = getattr(node, "decorator_list", ())
    first = min([node.lineno, *(one.lineno for one in decorators)])
    inside = _inside(node)
    if not inside:
        return first, node.end_lineno or node.lineno
    # The head ends where its own expressions end: between it and the body may be comments.
    own = [child for child in ast.iter_child_nodes(node) if child not in inside]
    ends = [end for child in own for one in ast.walk(child) if (end := getattr(one, "end_lineno", None))]
    return first, max([node.lineno, *ends])


def _inside(node: ast.AST) -> list[ast.AST]:
    """The statements, handlers and cases within a block."""
    parts = (getattr(node, field, None) for field in ("body", "orelse", "finalbody", "handlers", "cases"))
    return [child for part in parts if isinstance(part, list) for child in part]


def _is_simple(node: ast.AST) -> bool:
    return not _inside(node)


def _head(node: ast.AST) -> str:
    if _is_simple(node):
        return " ".join(ast.unparse(node).split("\n"))
    head = copy.copy(node)
    for field in ("orelse", "finalbody", "handlers", "cases", "decorator_list"):
        if hasattr(head, field):
            setattr(head, field, [])
    if hasattr(head, "body"):
        head.body = [ast.Pass()]
    return ast.unparse(head).strip().split("\n")[0]


def _targets(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Assign):
        yield from node.targets
    elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor)):
        yield node.target
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        yield from (item.optional_vars for item in node.items if item.optional_vars is not None)
    inside = _inside(node)
    for child in ast.iter_child_nodes(node):
        if child not in inside:
            yield from (one.target for one in ast.walk(child) if isinstance(one, ast.NamedExpr))


def _written(target: ast.AST) -> Iterator[str]:
    if isinstance(target, (ast.Tuple, ast.List)):
        for item in target.elts:
            yield from _written(item)
    elif isinstance(target, ast.Starred):
        yield from _written(target.value)
    elif isinstance(target, (ast.Name, ast.Attribute)):
        yield ast.unparse(target)
