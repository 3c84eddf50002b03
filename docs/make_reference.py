"""Write docs/reference.md and the pages of docs/reference/ from the docstrings; with --check, only say whether they are
up to date."""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from types import ModuleType

import drypoint as dp
from numpydoc.docscrape import NumpyDocString

DOCS = Path(__file__).parent

#: Page, title, names. A name is listed once; one that is not listed, or is not public, stops the making.
ROOMS = {
    "drawing": (
        "Drawing",
        [
            *("draw", "Figure", "Axes", "Twin", "Canvas", "Aggregate", "TiledAggregate", "Image"),
            *("stack", "spread", "dynspread", "set_background", "view", "View"),
            *("histogram", "Histogram", "downsample"),
        ],
    ),
    "reading": ("Reading and writing", ["scan", "Source", "Batch"]),
    "folds": (
        "Folds",
        [
            *("count", "any", "sum", "mean", "min", "max", "var", "std", "first", "last"),
            *("min_n", "max_n", "first_n", "last_n", "where", "mode", "by", "count_cat"),
            *("category_binning", "category_modulo", "Categories", "summary", "Summary", "Reduction"),
        ],
    ),
    "arrays": (
        "Arrays",
        ["compress", "CompressedArray", "set_spill", "open_zarr", "ZarrArray", "ZarrGroup", "write_zarr"],
    ),
    "sparse": ("Sparse arrays", ["CooArray", "CsrArray", "spy"]),
    "frames": ("Frames", ["frames", "Frames", "write_frames"]),
    "lifetimes": (
        "Lifetimes",
        [
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
    ),
    "heap": ("The heap", ["snapshot", "Snapshot", "holders", "Holders", "register_size", "turn"]),
    "memory": (
        "Memory",
        [
            "memory",
            "MemoryReport",
            "set_budget",
            "empty",
            "zeros",
            "empty_like",
            "buffer_stats",
            "BufferStats",
        ],
    ),
}

#: Modules of their own: page, title, name.
MODULES = {"matplotlib": ("Inside Matplotlib", "drypoint.matplotlib")}

HEAD = """# Reference

Every public name, from its docstring. `drypoint` is imported as `dp`; the [guide](guide.md) shows it at work.
"""


def main() -> int:
    """Write the pages, or compare them."""
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text() != text]
    stale += [path for path in sorted((DOCS / "reference").glob("*.md")) if path not in pages()]
    if "--check" in sys.argv:
        for path in stale:
            print(
                f"{path.relative_to(DOCS.parent)} is out of date: run .venv/bin/python docs/make_reference.py",
                file=sys.stderr,
            )
        return bool(stale)
    (DOCS / "reference").mkdir(exist_ok=True)
    for path, text in pages().items():
        path.write_text(text)
    for path in set(stale) - set(pages()):
        path.unlink()
    return 0


def pages() -> dict[Path, str]:
    """Each page with its text, the index first."""
    rooms: dict[str, tuple[str, ModuleType, list[str]]] = {
        page: (title, dp, names) for page, (title, names) in ROOMS.items()
    }
    listed = [name for _, _, names in rooms.values() for name in names]
    public = [name for name in dp.__all__ if name != "__version__"]
    errors = [name for name in public if is_error(getattr(dp, name))]
    wrong = set(listed).symmetric_difference(public) - set(errors)
    if wrong or len(set(listed)) < len(listed):
        raise SystemExit(f"docs/make_reference.py: ROOMS and drypoint.__all__ differ in {sorted(wrong)}")
    rooms["errors"] = ("Errors", dp, ["DrypointError", *(e for e in errors if e != "DrypointError")])
    for page, (title, name) in MODULES.items():
        module = importlib.import_module(name)
        rooms[page] = (title, module, list(module.__all__))
    index = HEAD
    made = {}
    for page, (title, module, names) in rooms.items():
        index += f"\n## [{title}](reference/{page}.md)\n\n"
        text = f"# {title}\n\n[All pages](../reference.md)\n"
        for name in names:
            thing = getattr(module, name)
            shown = called(module, name)
            summary = " ".join(NumpyDocString(inspect.getdoc(thing) or "")["Summary"]).replace("``", "`")
            index += f"- `{shown}`: {summary}\n"
            text += entry(thing, name, shown)
        made[DOCS / "reference" / f"{page}.md"] = text
    return {DOCS / "reference.md": index, **made}


def called(module: ModuleType, name: str) -> str:
    """A name as programs write it."""
    if module is dp:
        return name if is_error(getattr(dp, name)) else f"dp.{name}"
    return f"{module.__name__.replace('drypoint', 'dp', 1)}.{name}"


def is_error(thing: object) -> bool:
    """Whether it is a class of errors."""
    return inspect.isclass(thing) and issubclass(thing, Exception)


def members(thing: type) -> dict[str, object]:
    """What a class has of its own and from bases of this package, in the order in which they are written."""
    found: dict[str, object] = {}
    for base in thing.__mro__:
        if base.__module__.startswith("drypoint"):
            for name in vars(base):
                if not name.startswith("_") and inspect.getdoc(getattr(thing, name)):
                    found.setdefault(name, getattr(thing, name))
    return found


def entry(thing: object, name: str, shown: str) -> str:
    """One public name: heading, signature, sections, and the methods of a class."""
    text = f"\n## `{shown}`\n\n"
    if is_error(thing):
        kinds = ", ".join(f"`{base.__name__}`" for base in thing.__mro__[1:3] if base is not object)  # type: ignore[attr-defined]
        return f"{text}Also {kinds}. {sections(thing)}"
    text += signature(name, thing) + sections(thing)
    if inspect.isclass(thing):
        for method, member in members(thing).items():
            text += f"\n### `{name}.{method}`\n\n"
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
