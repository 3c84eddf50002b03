"""A watched run as one HTML page that needs nothing else: no network, no server, no other file.

Every text of the program goes through `_text`. Should one slip by, the page's own policy lets only the one script and the
one style run whose hashes it names, and lets nothing be fetched.
"""

from __future__ import annotations

import re
from html import escape

from .. import _arguments, _core
from .._errors import BudgetExceeded
from .._readable import Readable
from .cells import printable
from .document import place
from .terminal import amounts
from .timeline import charts
from .verdicts import verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike
    from typing import Any, Literal

    from .document import Document
    from .timeline import Chart

__all__ = ["render", "write"]

#: Sizes in which each chart is drawn: for screens that are wide enough, and for telephones.
WIDE, NARROW, NARROW_BELOW = 1080, 400, 640
#: Of the charts, on wide screens and on narrow ones.
HEIGHTS = ((320, 300), (180, 200))
#: Who sees which theme; paper is light.
_MEDIA: dict[Literal["dark", "light"], str] = {
    "dark": "screen and (prefers-color-scheme: dark)",
    "light": "all",
}


def write(document: Document, path: str | PathLike[str]) -> None:
    """Write the page of a run, whole or not at all.

    Parameters
    ----------
    document : Document
        The run.
    path : path
        The file.

    Raises
    ------
    OutputError
        If it cannot be written; what was there before is still there.
    """
    _core.write_file(_arguments.path(path), render(document).encode())


def render(document: Document) -> str:
    """The page of a run.

    Parameters
    ----------
    document : Document
        The run.

    Returns
    -------
    str
        HTML.
    """
    style, script = _file("page.css"), _file("page.js")
    parts = {
        "style": style,
        "script": script,
        "style_hash": _hash(style),
        "script_hash": _hash(script),
        "title": f"{_text(document.program)} · drypoint watch",
        "program": _text(document.program),
        "ending": _ending(document),
        "tiles": _tiles(document),
        "found_title": _found_title(document),
        "findings": _findings(document),
        "timeline": _timeline(document),
        "tables": _kinds(document) + _lines(document),
        "drypoint": _text(document["drypoint"]),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda mark: parts[mark[1]], _file("page.html"))


def _file(name: str) -> str:
    """A part of the page as it is shipped."""
    from importlib.resources import files

    return files(__package__).joinpath("template", name).read_text("utf-8")


def _hash(text: str) -> str:
    """What the page's policy lets run."""
    from base64 import b64encode
    from hashlib import sha256

    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _text(text: str) -> str:
    """A text of the program, shown and never obeyed."""
    return escape(printable(text))


def _prose(text: str) -> str:
    """A sentence, in which `code` is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", _text(text))


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _ending(document: Document) -> str:
    """How a program ended that did not simply finish."""
    reason = document["exit"]["reason"]
    return "" if reason == "finished" else f'<p class="ending">{_text(reason)}</p>'


def _tiles(document: Document) -> str:
    """The numbers of the whole run."""
    resident, live, turns = document["resident"], document["live"], document["turns"]
    seconds = document["seconds"]
    tiles = [
        (
            "Resident memory, at most",
            str(Readable(resident["peak"])),
            f"{Readable(resident['start'])} at the start, {Readable(resident['end'])} at the end",
        ),
        ("Large arrays, at most", str(Readable(live["peak"])), f"{Readable(live['end'])} at the end"),
    ]
    if turns["how"] == "none":
        tiles += [("Turns", "none", "no loop was found"), ("Time", f"{seconds:,.3g} s", "")]
    else:
        each = f"{seconds / turns['count'] * 1000:,.3g} ms a turn" if turns["count"] else ""
        where = place(turns)
        how = "as the program told" if turns["how"] == "told" else f"found at {where}" if where else "found"
        tiles += [("Turns", f"{turns['count']:,}", how), ("Time", f"{seconds:,.3g} s", each)]
    return "".join(
        f'<div><dt>{name}</dt><dd class="large">{_text(large)}</dd><dd class="small">{_text(small)}</dd></div>'
        for name, large, small in tiles
    )


def _found_title(document: Document) -> str:
    """The heading over the findings."""
    count = len(document.faults)
    return (
        "Nothing to change"
        if not count
        else "1 thing to change"
        if count == 1
        else f"{count} things to change"
    )


def _findings(document: Document) -> str:
    """All cards, those that only explain after a line that says so; then what could not be seen."""
    cards = [_finding(found) for found in document.faults]
    if not document["findings"]:
        cards.append(f'<p class="nothing">{document.nothing}</p>')
    if document.notes:
        cards.append('<p class="aside">No fault, but good to know:</p>')
        cards += [_finding(found) for found in document.notes]
    cards += [f'<p class="aside">{_text(one)}</p>' for one in document.unseen]
    return "\n".join(cards)


def _finding(found: dict[str, Any]) -> str:
    """One card."""
    word = verdict(found["verdict"])
    first, *facts = amounts(found)
    if found.get("confidence") is not None:
        facts.append(f"{found['confidence']:.0%} sure")
    fix, message = found.get("fix") or "", found["message"]
    rows = []
    if where := place(found):
        rows.append(("made at", _code(where)))
    if found.get("chain"):
        links = "".join(f"<li>{_code(link)}</li>" for link in found["chain"].split(" → "))
        rows.append(("held by", f'<ol class="chain">{links}</ol>'))
    if found.get("evidence"):
        rows.append(
            (
                "because",
                f'<ul class="evidence">{"".join(f"<li>{_text(e)}</li>" for e in found["evidence"])}</ul>',
            )
        )
    if fix:
        message = message.removesuffix(fix).rstrip() or message
        rows.append(("cure", f'<p class="cure">{_prose(fix)}</p>'))
    body = "".join(f"<dt>{label}</dt><dd>{shown}</dd>" for label, shown in rows)
    return f"""<article class="finding {word.tone}">
<h3><span class="word">{word.word}</span> <span class="bytes">{first}</span>
{"".join(f'<span class="fact">{fact}</span> ' for fact in facts)}</h3>
<p>{_prose(message)}</p>
{f"<dl>{body}</dl>" if body else ""}
<details><summary>What “{word.word}” means</summary><p>{_text(word.meaning)}</p></details>
</article>"""


def _timeline(document: Document) -> str:
    """The charts."""
    drawn = charts(document)
    if not drawn:
        return ""
    try:
        pictures = [_picture(chart, *heights) for chart, heights in zip(drawn, HEIGHTS, strict=False)]
    except BudgetExceeded as error:  # a program that was watched may have left its budget full
        pictures = [f'<p class="ending">No charts: {_text(str(error))}</p>']
    return (
        '<section aria-labelledby="time"><h2 id="time">Memory over time</h2>'
        + "".join(pictures)
        + "</section>"
    )


def _picture(chart: Chart, high: int, low: int) -> str:
    """A chart in two sizes and two themes, of which the browser takes one."""
    narrow, wide = f" and (max-width: {NARROW_BELOW - 1}px)", ""
    sources = [
        (_data(chart.svg(width, height, theme)), f"{_MEDIA[theme]}{limit}")
        for width, height, limit in ((NARROW, low, narrow), (WIDE, high, wide))
        for theme in _MEDIA
    ]
    *others, (last, _) = sources
    shown = "".join(f'<source media="{query}" srcset="{data}">' for data, query in others)
    return f'<figure><picture>{shown}<img src="{last}" alt="{_text(chart.told)}"></picture></figure>'


def _data(svg: bytes) -> str:
    """A picture within the page."""
    from base64 import b64encode

    return f"data:image/svg+xml;base64,{b64encode(svg).decode()}"


def _kinds(document: Document) -> str:
    """The table of kinds."""
    rows = sorted(document["by_kind"], key=lambda row: -row["peak"])
    most = max((row["peak"] for row in rows), default=0)
    return _table(
        "By kind",
        [("kind", True), ("count", False), ("at the end", False), ("at most", False)],
        3,
        [
            [_name(row["kind"]), _count(row["count"]), _bytes(row["live"]), _bytes(row["peak"], most)]
            for row in rows
        ],
    )


def _lines(document: Document) -> str:
    """The table of lines."""
    rows = sorted(document["by_line"], key=lambda row: -row["peak"])
    most = max((row["peak"] for row in rows), default=0)
    return _table(
        "By line",
        [
            ("line", True),
            ("kind", True),
            ("made", False),
            ("bytes made", False),
            ("a turn", False),
            ("at the end", False),
            ("at most", False),
        ],
        6,
        [
            [
                _name(place(row) or "?"),
                _name(row["kind"]),
                _count(row["allocations"]),
                _bytes(row["allocated"]),
                _bytes(row.get("per_turn") or 0),
                _bytes(row["live"]),
                _bytes(row["peak"], most),
            ]
            for row in rows
        ],
    )


def _table(title: str, heads: list[tuple[str, bool]], sorted_by: int, rows: list[list[str]]) -> str:
    """A table that scrolls within itself, and is sorted by one of its columns to begin with."""
    if not rows:
        return ""
    name = title.lower().replace(" ", "-")
    head = "".join(
        f'<th scope="col"{" class=text" if text else ""}{" aria-sort=descending" if number == sorted_by else ""}>'
        f"{label}</th>"
        for number, (label, text) in enumerate(heads)
    )
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return (
        f'<section aria-labelledby="{name}"><h2 id="{name}">{title}</h2>'
        f'<div class="scroll" role="region" tabindex="0" aria-labelledby="{name}"><table>'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div></section>"
    )


def _name(text: str) -> str:
    return f'<td class="text">{_code(text)}</td>'


def _count(count: float) -> str:
    return f'<td data-value="{count}">{count:,}</td>'


def _bytes(count: float, most: float = 0) -> str:
    """Bytes, with a bar that compares them to the most of the column."""
    bar = ""
    if most > 0:
        part = max(min(100 * count / most, 100), 0)
        bar = (
            '<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
            f'<rect width="{part:.2f}" height="1"/></svg>'
        )
    return f'<td data-value="{count}">{Readable(count)}{bar}</td>'
