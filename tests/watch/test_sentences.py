"""What a finding says is whole: no piece of a text is lost, and each sentence ends.

Where texts come from is read in the package's own source, so that those of rare findings are asked too.
"""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace

import drypoint
import pytest
from drypoint._watch import advice

PACKAGE = Path(drypoint.__file__).parent
WATCH = sorted((PACKAGE / "_watch").rglob("*.py"))
#: What is told as sentences: in which calls, as which arguments, by place and by name.
SENTENCES = {"Finding": {"message": 1, "fix": None}, "Waste": {"fix": 5}, "Narrower": {"fix": 4}}

KINDS = (
    "pyplot",
    "cache",
    "traceback",
    "generator",
    "coroutine",
    "future",
    "log record",
    "callback",
    "animation",
    "history",
    "default argument",
    "closure",
    "artists",
    "class",
    "thread-local",
    "context variable",
    "finalizer",
    "queue",
    "container",
    "frame",
)
SUBJECTS = (
    "numpy.ndarray",
    "matplotlib.Figure",
    "matplotlib.Axes",
    "matplotlib.Axes (twin)",
    "matplotlib.Axes (colorbar)",
    "matplotlib.Colorbar",
    "matplotlib.PathCollection",
    "matplotlib.QuadContourSet",
    "matplotlib.Rectangle",
    *(f"matplotlib.{name}" for name in advice._INSTEAD),
)


def lone_texts(tree: ast.AST):
    """Lines of texts that stand alone and are no documentation of a module, class, function or attribute."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            for place, statement in enumerate(block if isinstance(block, list) else []):
                value = statement.value if isinstance(statement, ast.Expr) else None
                if not isinstance(value, ast.JoinedStr) and not (
                    isinstance(value, ast.Constant) and isinstance(value.value, str)
                ):
                    continue
                before = block[place - 1] if place else None
                documents = isinstance(value, ast.Constant) and (
                    isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
                    if before is None
                    else isinstance(node, (ast.Module, ast.ClassDef))
                    and isinstance(before, (ast.Assign, ast.AnnAssign))
                )
                if not documents:
                    yield statement.lineno


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('def f():\n    """It."""\n    return "a"\n    "b"', [4]),
        ('x = "a"\n"""The x."""\ndef f():\n    x = "a"\n    "b"', [5]),
        ('x = f"{1}"\nf"{2}"', [2]),
        ('try:\n    x\nfinally:\n    "b"', [4]),
    ],
)
def test_lone_texts_are_seen(text, lines):
    assert list(lone_texts(ast.parse(text))) == lines


def test_no_text_stands_alone():
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line in lone_texts(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not found


def ends(value: ast.expr | None, function: ast.AST) -> list[str]:
    """The texts that a value may end with; nothing for what was made elsewhere, or None."""
    if isinstance(value, ast.Constant):
        return [] if value.value is None else [value.value]
    if isinstance(value, ast.JoinedStr):
        last = value.values[-1]
        return ends(last, function) if isinstance(last, ast.Constant) else [ast.unparse(last)]
    if isinstance(value, ast.IfExp):
        return ends(value.body, function) + ends(value.orelse, function)
    if isinstance(value, ast.Name):
        given = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id == value.id for target in node.targets)
        ]
        return [text for one in given for text in ends(one, function)]
    if value is None or (isinstance(value, ast.Attribute) and value.attr == "fix"):
        return []  # it is asked where it is made
    return [ast.unparse(value)]


def sentences(path: Path):
    """The ends of all sentences that the calls of a file tell, with their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for call in ast.walk(function):
            name = call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""
            for argument, place in SENTENCES.get(name, {}).items():
                by_name = next((one.value for one in call.keywords if one.arg == argument), None)
                by_place = call.args[place] if place is not None and place < len(call.args) else None
                for text in ends(by_name or by_place, function):
                    yield f"{path.name}:{call.lineno} {argument}", text


def test_every_message_and_fix_is_a_sentence():
    found = [one for path in WATCH for one in sentences(path)]
    assert len(found) > 40  # most findings, most forms of waste
    assert [(where, text) for where, text in found if not text.endswith(".")] == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_advice_is_a_clause_and_sentences(kind, subject):
    growth = SimpleNamespace(
        holder="ICONS",
        subject=subject,
        chain="module __main__ → default argument seen of annotate.inner[3]",
        way=SimpleNamespace(kind=kind, who="Who"),
    )
    clause, fix = advice.advise(growth)
    assert clause and clause[0].islower() and clause[-1] not in ".: "
    assert fix[0].isupper() and fix.endswith(".") and "  " not in clause + fix
    assert fix.count("(") == fix.count(")") and clause.count("(") == clause.count(")")


def test_the_kinds_are_those_of_the_ways():
    text = (PACKAGE / "_watch" / "ways.py").read_text(encoding="utf-8")
    made = {
        call.args[0].value
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and getattr(call.func, "id", None) == "Way"
    }
    assert made == set(KINDS)
