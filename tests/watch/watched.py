"""A watched run as the observer would write it, computed from a small model of a program, so that its numbers agree."""

from __future__ import annotations

import copy

KB, MB = 1_000, 1_000_000
#: Samples in each turn.
EVERY = 8


def plain(turns: int = 23, kept: int = 2_764_800, files: int = 3) -> dict:
    """A program that keeps a view of a frame of `kept` bytes and a figure every other turn, and leaves files open."""
    start = 61 * MB
    seconds, resident, live, figures, collections, numbers = [], [], [], [], [], []
    for sample in range(turns * EVERY):
        turn, step = divmod(sample, EVERY)
        seconds.append(round(sample * 0.01, 3))
        live.append(turn * kept + step * kept // (EVERY - 1))
        figures.append(turn // 2)
        collections.append(sample // 31)
        numbers.append(turn)
        resident.append(start + live[-1] + figures[-1] * 900 * KB + (step * 400 * KB))
    held = turns * kept
    document = {
        "version": 1,
        "drypoint": "0.1.0",
        "command": ["app.py", "--title", "two words", str(turns)],
        "exit": {"code": 0, "reason": "finished"},
        "seconds": seconds[-1] + 0.01,
        "turns": {"count": turns, "how": "found", "line": "app.py:97", "function": "main"},
        "resident": {"start": start, "peak": max(resident), "end": resident[-1]},
        "live": {"peak": max(live), "end": live[-1]},
        "findings": [
            {
                "verdict": "garbage",
                "message": f"{turns} canvases wait for the garbage collector, {turns * 0.9:.1f} MB in all, "
                "at most 9.1 MB at once; they refer to their figures.",
                "bytes": turns * 900 * KB,
                "bytes_per_turn": 900 * KB,
                "count": turns,
                "line": "app.py:61",
                "function": "thumbnail",
                "object": "matplotlib.backends.backend_agg.FigureCanvasAgg",
                "holder": None,
                "chain": None,
                "fix": None,
                "confidence": 0.8,
                "evidence": ["6 collections freed 18.9 MB", "none of them was held"],
            },
            {
                "verdict": "leak",
                "message": f"ICONS (module global, list) holds {turns} views of 3.1 kB; each keeps its base frame of "
                f"{kept / MB:.1f} MB alive (made at app.py:42 in step). Store frame[...].copy() instead.",
                "bytes": held,
                "bytes_per_turn": kept,
                "count": turns,
                "line": "app.py:42",
                "function": "step",
                "object": "numpy.ndarray",
                "holder": "ICONS",
                "chain": "module __main__ → ICONS[3].base",
                "fix": "Store frame[...].copy() instead.",
                "confidence": 0.95,
                "evidence": [f"{turns} made, {turns} alive", "grew in each of 3 intervals"],
            },
            {
                "verdict": "allocator",
                "message": "12.6 MB that the program gave back stay with the C library, ready for its next request.",
                "bytes": 12_600 * KB,
                "bytes_per_turn": None,
                "count": None,
                "line": None,
                "function": None,
                "object": None,
                "holder": None,
                "chain": None,
                "fix": None,
                "confidence": 0.7,
                "evidence": [],
            },
        ],
        "timeline": {
            "seconds": seconds,
            "resident": resident,
            "live": live,
            "figures": figures,
            "collections": collections,
            "turns": numbers,
        },
        "by_kind": [
            {"kind": "numpy.ndarray", "count": turns, "live": held, "peak": held},
            {"kind": "matplotlib.figure.Figure", "count": turns // 2, "live": 5 * MB, "peak": 11 * MB},
            {"kind": "PIL.Image.Image", "count": 2, "live": 0, "peak": 640 * KB},
        ],
        "by_line": [
            {
                "line": f"app.py:{line}",
                "function": function,
                "kind": kind,
                "allocations": turns * made,
                "allocated": turns * made * size,
                "live": turns * grows,
                "peak": turns * grows + made * size,
                "per_turn": made * size,
            }
            for line, function, kind, made, size, grows in [
                (42, "step", "numpy.ndarray", 1, kept, kept),
                (61, "thumbnail", "matplotlib.figure.Figure", 1, 900 * KB, 0),
                (77, "blend", "numpy.ndarray", 3, 1200 * KB, 0),
            ]
        ],
    }
    if files:
        document["findings"].append(
            {
                "verdict": "handle",
                "message": f"{files} image files were opened and not closed (app.py:55 in read). "
                "Use `with Image.open(...)`.",
                "bytes": files * 640 * KB,
                "bytes_per_turn": 640 * KB,
                "count": files,
                "line": "app.py:55",
                "function": "read",
                "object": "PIL.PngImagePlugin.PngImageFile",
                "holder": "THUMBNAILS",
                "chain": "module __main__ → THUMBNAILS → values → [0].fp",
                "fix": "Use `with Image.open(...)`.",
                "confidence": 1.0,
                "evidence": [f"{files} opened, 0 closed"],
            }
        )
    return document


def quiet() -> dict:
    """A run in which nothing was found, and nothing large was made."""
    document = plain(turns=2, files=0)
    document["turns"] = {"count": 0, "how": "none", "line": None, "function": None}
    document["findings"] = []
    document["by_kind"] = []
    document["by_line"] = []
    return document


def hostile() -> dict:
    """Names as a program could have them that wants to break terminals and pages."""
    document = copy.deepcopy(plain(turns=5))
    document["command"] = ["</title><script>alert(1)</script>.py", "\x1b[2J\u202egnp.exe"]
    found = document["findings"][1]
    found["message"] = '<img src=x onerror=alert(1)> & "quotes" \x1b]0;title\x07 図面' + "W" * 300
    found["holder"] = found["function"] = "<b>bold</b>"
    found["chain"] = "module __main__ → d['</li><script>'] → " + "x" * 200
    found["evidence"] = ["<!-- ", "]]>", "\ud800"]
    document["unseen"] = ["Which lines made </p><script>\x1b[2J is not known: " + "W" * 300 + "."]
    document["by_kind"][0]["kind"] = "<style>*{display:none}</style>"
    document["by_line"][0]["line"] = "/a" * 120 + "/図.py:1"
    document["by_line"][0]["function"] = "</td></table><h1>"
    document["exit"] = {"code": 1, "reason": "raised ValueError: <script>\n\x00"}
    return document
