"""Write docs/reference.md from the docstrings; with --check, only say whether it is up to date."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

import drypoint as dp
from numpydoc.docscrape import NumpyDocString

PAGE = Path(__file__).parent / "reference.md"

ROOMS = {
    "Drawing": ["draw", "Figure", "Canvas", "Aggregate", "TiledAggregate", "Image"],
    "Reading": ["scan", "Source", "Batch", "open_zarr", "ZarrArray", "ZarrGroup", "write_zarr"],
    "Folds": ["count", "any", "sum", "mean", "min", "max", "var", "std", "first", "last", "by", "Reduction"],
    "Sparse arrays": ["CooArray", "CsrArray", "spy"],
    "Lifetimes": [
        "scope",
        "each",
        "scoped",
        "Scope",
        "report",
        "Report",
        "register_closer",
        "close",
        "Closed",
        "release",
        "manage",
        "Manager",
    ],
    "The heap": ["snapshot", "Snapshot", "holders", "Holders", "register_size", "turn"],
    "Memory": [
        "memory",
        "MemoryReport",
        "set_budget",
        "empty",
        "zeros",
        "empty_like",
        "buffer_stats",
        "BufferStats",
    ],
}

HEAD = """# Reference

Every public name of `drypoint`, imported as `dp`, from its docstring. The [guide](guide.md) shows them at work.
"""


def main() -> int:
    """Write the page, or compare it."""
    listed = [name for names in ROOMS.values() for name in names]
    errors = [name for name in dp.__all__ if name not in listed and name != "__version__"]
    text = HEAD
    for room, names in {
        **ROOMS,
        "Errors": ["DrypointError", *(e for e in errors if e != "DrypointError")],
    }.items():
        text += f"\n## {room}\n" + "".join(entry(name) for name in names)
    if "--check" in sys.argv:
        if not PAGE.exists() or PAGE.read_text() != text:
            print(
                "docs/reference.md is out of date: run .venv/bin/python docs/make_reference.py",
                file=sys.stderr,
            )
            return 1
        return 0
    PAGE.write_text(text)
    return 0


def entry(name: str) -> str:
    """One public name: heading, signature, sections, and the methods of a class."""
    thing = getattr(dp, name)
    if inspect.isclass(thing) and issubclass(thing, Exception):
        kinds = ", ".join(f"`{base.__name__}`" for base in thing.__mro__[1:3] if base is not object)
        return f"\n### `{name}`\n\nAlso {kinds}. {sections(thing)}"
    text = f"\n### `dp.{name}`\n\n{signature(name, thing)}{sections(thing)}"
    if inspect.isclass(thing):
        for method, member in vars(thing).items():
            member = getattr(thing, method)
            if method.startswith("_") or not inspect.getdoc(member):
                continue
            text += f"\n#### `{name}.{method}`\n\n"
            text += signature(f"{name}.{method}", member) + sections(member)
    return text


def signature(name: str, thing: object) -> str:
    """The call as a code block; nothing for what is not called."""
    try:
        signed = inspect.signature(thing)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ""
    parameters = [
        str(p.replace(annotation=inspect.Parameter.empty))
        for n, p in signed.parameters.items()
        if n != "self"
    ]
    kinds = [p.kind for n, p in signed.parameters.items() if n != "self"]
    if inspect.Parameter.KEYWORD_ONLY in kinds:
        parameters.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    call = f"{name}({', '.join(parameters)})"
    if len(call) > 100:
        call = f"{name}(\n    " + ",\n    ".join(parameters) + ",\n)"
    return f"```text\n{call}\n```\n\n"


def sections(thing: object) -> str:
    """The docstring's parts as Markdown."""
    doc = NumpyDocString(inspect.getdoc(thing) or "")
    text = paragraphs(doc["Summary"]) + paragraphs(doc["Extended Summary"])
    for section in ("Parameters", "Attributes", "Returns", "Yields", "Raises"):
        if doc[section]:
            text += f"**{section}**\n\n"
            for part in doc[section]:
                kind = f" : *{part.type}*" if part.name and part.type else ""
                label = part.name or part.type
                text += f"- `{label}`{kind}" + (f" — {' '.join(part.desc)}" if part.desc else "") + "\n"
            text += "\n"
    text += paragraphs(doc["Notes"])
    if doc["Examples"]:
        text += "```pycon\n" + "\n".join(doc["Examples"]).strip() + "\n```\n"
    return text.rstrip() + "\n"


def paragraphs(lines: list[str]) -> str:
    """Lines of text, without the empty ones around them."""
    text = "\n".join(lines).strip().replace("``", "`")
    return f"{text}\n\n" if text else ""


if __name__ == "__main__":
    raise SystemExit(main())
