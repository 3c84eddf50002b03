"""What a program does with a container, read from its text: where things go in, leave it, are looked at again.

Other names for the same container (a parameter, a second variable) are not followed; where something depends on one, the
answer is None. A line may be met under several headings: ``x = x[-10:]`` reads the old and replaces it.
"""

from __future__ import annotations

import ast

from . import target, words
from .calls import callee, is_iterated, unwrapped
from .consumer import after_return, consumer
from .kept import used_elsewhere
from .module import Module, module, name_of
from .use import Place, Store, Use

__all__ = ["uses"]


def uses(file: str, name: str, function: str | None = None) -> Use | None:
    """What a file does with a container.

    Parameters
    ----------
    file : str
        As code objects have it.
    name : str
        As it is written: ``"ICONS"``, ``".history"`` (of any object), ``"annotate.seen"`` (a default, local or closure
        variable of a function), ``"STORE['frames']"``.
    function : str, optional
        A function that sees the variable, where several have one of this name. Without it the module's is meant, and
        where that has none, those of all functions.

    Returns
    -------
    Use or None
        None where the file cannot be read or the name is not in it.

    Examples
    --------
    >>> import linecache
    >>> from drypoint._watch import source
    >>> text = ["FRAMES = []\\n", "def step(i):\\n", "    FRAMES.append(render(i))\\n"]
    >>> linecache.cache["clip.py"] = (0, None, text, "clip.py")
    >>> found = source.uses("clip.py", "FRAMES")
    >>> found.stores
    [Store(line=3, function='step', how='append', stored='render(i)', used_elsewhere=False)]
    >>> found.reads, found.removes
    ([], [])
    """
    source = module(file)
    wanted = None if source is None else target.find(source, name, function)
    if source is None or wanted is None:
        return None
    reading = _Reading(source, wanted)
    for node in wanted.places(source):
        reading.look(node)
    return reading.finish()


class _Reading:
    """The places of one container, sorted under their headings."""

    def __init__(self, source: Module, wanted: target.Target) -> None:
        self.source = source
        self.wanted = wanted
        self.use = Use()
        self.put: list[tuple[ast.expr, ast.AST, str, ast.expr | None, str]] = []

    def finish(self) -> Use:
        """The use, now that all stores are known."""
        statements = [self.source.statement(node) for node, *_ in self.put]
        for scope in self.wanted.scopes:
            self._default(scope)
        for node, around, how, value, text in self.put:
            used = used_elsewhere(self.source, self.wanted, node, around, value, statements)
            line = getattr(around, "lineno", node.lineno)
            self.use.stores.append(Store(line, self.source.function_name(node), how, text, used))
        if self.use.consumed_one_by_one is None:
            self.use.consumed_one_by_one = after_return(self.source, self.wanted)
        return self.use

    def look(self, node: ast.expr) -> None:
        """Say what is done at one place."""
        if self.use.consumed_one_by_one is None:
            self.use.consumed_one_by_one = consumer(self.source, node)
        parent = self.source.parents[node]
        if self._is_joined(node):
            return
        if isinstance(getattr(node, "ctx", None), ast.Del):
            self._remove(node, "del")
        elif isinstance(parent, ast.AugAssign) and parent.target is node:
            self._augmented(node, parent, "")
        elif isinstance(getattr(node, "ctx", None), ast.Store):
            self._assigned(node)
        elif isinstance(parent, ast.Subscript) and parent.value is node:
            self._item(node, parent)
        elif isinstance(parent, ast.Attribute):
            self._attribute(node, parent)
        elif isinstance(parent, ast.Call) and node in parent.args and self._call(node, parent):
            pass
        else:
            self._read(node, self._how(node))

    def _default(self, scope: ast.AST) -> None:
        """A default value is where a parameter begins, once for all calls."""
        arguments = getattr(scope, "args", None)
        if not isinstance(arguments, ast.arguments) or self.wanted.keys:
            return
        by_place = [*arguments.posonlyargs, *arguments.args]
        given = [
            *zip(by_place[len(by_place) - len(arguments.defaults) :], arguments.defaults, strict=True),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ]
        for parameter, value in given:
            if parameter.arg == self.wanted.name and value is not None:
                self.use.made.insert(0, Place(value.lineno, name_of(scope), ast.unparse(value)))

    # What a place may be

    def _attribute(self, node: ast.expr, parent: ast.Attribute, prefix: str = "") -> None:
        call = self.source.parents[parent]
        if not (isinstance(call, ast.Call) and call.func is parent):
            self._read(node, "read")
        elif parent.attr in words.PUT:
            place = words.PUT[parent.attr]
            value = call.args[place] if place < len(call.args) else None
            text = ", ".join(
                ast.unparse(item) for item in (*call.args[place:][:1], *(one.value for one in call.keywords))
            )
            result = self.source.parents[call]
            if parent.attr == "setdefault" and isinstance(result, ast.Attribute) and self._is_store(result):
                self._attribute(call, result, "[...].")  # x.setdefault(k, []).append(v)
            else:
                self.put.append((node, call, prefix + parent.attr, value, text))
        elif parent.attr in words.TAKE:
            self._remove(node, prefix + parent.attr)
        elif parent.attr in ("get", "get_nowait") and self._is_queue():
            self._remove(node, parent.attr)
        elif parent.attr == "get":
            self._read(node, "indexed")
        elif parent.attr in words.WRAP:
            self._read(node, self._how(node))
        else:
            self._read(node, f"method {parent.attr}")

    def _item(self, node: ast.expr, parent: ast.Subscript) -> None:
        outer = self.source.parents[parent]
        if isinstance(parent.ctx, ast.Del):
            self._remove(node, "del")
        elif isinstance(outer, ast.AugAssign) and outer.target is parent:
            self._augmented(node, outer, "[k] ")
        elif isinstance(parent.ctx, ast.Store):
            if isinstance(parent.slice, ast.Slice):
                self._remove(node, "slice assigned")
            else:
                value = outer.value if isinstance(outer, (ast.Assign, ast.AnnAssign)) else None
                self.put.append(
                    (node, parent, "[k] =", value, ast.unparse(value) if value is not None else "?")
                )
        elif isinstance(outer, ast.Attribute) and self._is_store(outer):
            self._attribute(node, outer, "[...].")
        elif isinstance(outer, ast.Subscript) and outer.value is parent and isinstance(outer.ctx, ast.Store):
            self._item(parent, outer)
        else:
            self._read(
                node, "iterated" if is_iterated(self.source, unwrapped(self.source, node)) else "indexed"
            )

    def _augmented(self, node: ast.expr, statement: ast.AugAssign, prefix: str) -> None:
        if isinstance(statement.op, (ast.Sub, ast.BitAnd, ast.BitXor)) and not prefix:
            self._remove(node, "-=")
            return
        value = statement.value
        one = value.elts[0] if isinstance(value, ast.List) and len(value.elts) == 1 else value
        self.put.append((node, statement, prefix + "+=", one, ast.unparse(one)))

    def _assigned(self, node: ast.expr) -> None:
        statement = self.source.statement(node)
        value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
        if value is not None and self._in(value):
            joined = self._joined(value)
            if joined is None:
                self._remove(node, "replaced")
            else:
                how, new, _ = joined
                text = ", ".join(ast.unparse(item) for item in new)
                self.put.append((node, statement or node, how, new[0] if len(new) == 1 else None, text))
            return
        line, where = node.lineno, self.source.function_name(node)
        if self._begins(node):
            self.use.made.append(Place(line, where, "?" if value is None else ast.unparse(value)))
        else:
            self._remove(node, "replaced")

    def _call(self, node: ast.expr, call: ast.Call) -> bool:
        """Functions that change their first argument: ``heappush(x, item)``."""
        name = callee(call)
        if call.args[0] is not node:
            return False
        if name in words.HAND_ON and len(call.args) > words.HAND_ON[name]:
            value = call.args[words.HAND_ON[name]]
            self.put.append((node, call, name, value, ast.unparse(value)))
            return True
        if name in words.TAKE:
            self._remove(node, name)
            return True
        return False

    # Questions

    def _how(self, node: ast.expr) -> str:
        """How a place is read that is neither an item nor a method that changes."""
        if is_iterated(self.source, unwrapped(self.source, node)):
            return "iterated"
        parent = self.source.parents[node]
        if isinstance(parent, ast.Attribute):
            return f"method {parent.attr}"
        if isinstance(parent, (ast.Starred, ast.keyword)):
            parent = self.source.parents[parent]
        if isinstance(parent, ast.Call):
            return "length" if callee(parent) == "len" else f"passed to {callee(parent)}"
        if isinstance(parent, (ast.Return, ast.Yield, ast.YieldFrom)):
            return "returned"
        if (
            isinstance(parent, ast.Compare)
            and parent.left is not node
            and isinstance(parent.ops[-1], (ast.In, ast.NotIn))
        ):
            return "member"
        if isinstance(
            parent, (ast.If, ast.While, ast.IfExp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Assert)
        ):
            return "tested"
        if isinstance(parent, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
            return "bound"
        return "read"

    def _is_store(self, attribute: ast.Attribute) -> bool:
        call = self.source.parents[attribute]
        return (
            isinstance(call, ast.Call)
            and call.func is attribute
            and attribute.attr in {*words.PUT, *words.TAKE}
        )

    def _is_queue(self) -> bool:
        """Whether things are put in as in a queue, whose ``get`` takes out."""
        parents = [self.source.parents[node] for node in self.wanted.places(self.source)]
        return any(isinstance(one, ast.Attribute) and one.attr in ("put", "put_nowait") for one in parents)

    def _in(self, value: ast.AST) -> bool:
        return any(self.wanted.is_at(self.source, node) for node in ast.walk(value))

    def _is_joined(self, node: ast.expr) -> bool:
        """Whether a place is the old part of ``x = x + [item]``, which is told at the new one."""
        statement = self.source.statement(node)
        if not isinstance(statement, ast.Assign):
            return False
        joined = self._joined(statement.value)
        if joined is None or node not in joined[2]:
            return False
        return any(self.wanted.is_at(self.source, one) for one in statement.targets)

    def _joined(self, value: ast.expr) -> tuple[str, list[ast.expr], list[ast.expr]] | None:
        """How a value is made of the old container and something new, what is new, what is old; None where it is not."""
        parts: list[ast.expr]
        if isinstance(value, ast.BinOp) and isinstance(value.op, (ast.Add, ast.BitOr)):
            how, parts = "= x +", [value.left, value.right]
        elif isinstance(value, (ast.List, ast.Tuple, ast.Set)):
            how, parts = (
                "= [*x, ...]",
                [one.value if isinstance(one, ast.Starred) else one for one in value.elts],
            )
        elif isinstance(value, ast.Dict):
            how = "= {**x, ...}"
            parts = value.values
        elif isinstance(value, ast.Call) and callee(value) in words.JOIN:
            how = ast.unparse(value.func)
            parts = [
                item
                for argument in value.args
                for item in (argument.elts if isinstance(argument, (ast.List, ast.Tuple)) else [argument])
            ]
            if isinstance(value.func, ast.Attribute) and self.wanted.is_at(self.source, value.func.value):
                parts.insert(0, value.func.value)  # x = x.append(item), as frames had it
                how = value.func.attr
        else:
            return None
        old = [part for part in parts if self.wanted.is_at(self.source, part)]
        new = [part for part in parts if part not in old]
        if not old or not new:
            return None
        new = [part.elts[0] if isinstance(part, ast.List) and len(part.elts) == 1 else part for part in new]
        return how, new, old

    def _begins(self, node: ast.expr) -> bool:
        """Whether an assignment is the first of its container: outside of loops, with none before it in its scope."""
        around = self.source.function(node)
        if isinstance(node, ast.Attribute):
            return getattr(around, "name", "") in ("__init__", "__new__", "__post_init__", "setUp")
        if self.wanted.scopes and around not in self.wanted.scopes:
            return False
        for one in self.source.ancestors(node):
            if one is around:
                break
            if isinstance(one, (ast.For, ast.AsyncFor, ast.While)):
                return isinstance(one, (ast.For, ast.AsyncFor)) and any(
                    part is node for part in ast.walk(one.target)
                )
        return not any(place.function == self.source.function_name(node) for place in self.use.made)

    def _remove(self, node: ast.expr, how: str) -> None:
        self.use.removes.append(Place(node.lineno, self.source.function_name(node), how))

    def _read(self, node: ast.expr, how: str) -> None:
        self.use.reads.append(Place(node.lineno, self.source.function_name(node), how))
