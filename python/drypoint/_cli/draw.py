"""``drypoint draw``: a source to a picture, within ``--memory`` for the whole process."""

from __future__ import annotations

import os
import sys
import time

from .. import _core
from .._aggregate import aggregate_of
from .._canvas import Canvas
from .._draw import MARKS, TABLES, check_options, choose_columns, draw, mark_of
from .._errors import BadArgument, OutputError, UnknownFormat
from .._job import STEPS, fold, job
from .._readable import Readable
from .._reductions import Reduction, by, count
from .._streams import Source, scan
from .output import print_json
from .progress import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

__all__ = ["add", "open_source", "run"]

_REDUCTIONS = ["count", "any", "sum", "mean", "min", "max", "var", "std", "first", "last"]
_FORMATS = (".png", ".svg", ".pdf")
_DESCRIPTION = "Draw the points of a table of any size as a picture, within --memory for the whole process."

_EPILOG = (
    "Example: drypoint draw trips.parquet -x lon -y lat --reduce mean --of fare --memory 64MB -o trips.png"
)


def add(verbs: Any) -> None:
    """Add the verb and its options."""
    verb = verbs.add_parser("draw", help="draw a table of any size", description=_DESCRIPTION, epilog=_EPILOG)
    verb.set_defaults(run=run)
    verb.add_argument(
        "source", nargs="+", metavar="SOURCE", help="files, globs or folders; - is standard input"
    )
    what = verb.add_argument_group("what")
    what.add_argument("-x", metavar="COL", help="column from left to right")
    what.add_argument(
        "-y",
        metavar="COL",
        action="append",
        help="column from bottom to top; with --mark area several, which are stacked",
    )
    what.add_argument("--mark", choices=MARKS, default="points", help="what becomes of the rows (points)")
    what.add_argument(
        "--group", metavar="COL", help="with --mark line or area: rows of one value are one line"
    )
    what.add_argument("--line-width", type=float, metavar="PX", help="with --mark line: antialiased, as wide")
    what.add_argument("--step", choices=STEPS, help="with --mark line or area: go in steps")
    what.add_argument(
        "--base", metavar="N|COL", help="with --mark area: a height or a column to stand on (0)"
    )
    what.add_argument(
        "--bins", type=_bins, metavar="N", help="with --mark histogram or heatmap: how many, or a rule (auto)"
    )
    what.add_argument("--reduce", choices=_REDUCTIONS, default="count", help="what each pixel shows (count)")
    what.add_argument("--of", metavar="COL", help="the column that is reduced")
    what.add_argument("--by", metavar="COL", help="a colour for each category of this column")
    what.add_argument(
        "--exact", action="store_true", help="keep a source that is read once on disk, draw exactly"
    )
    where = verb.add_argument_group("where")
    for axis in "xy":
        where.add_argument(
            f"--{axis}-range", nargs=2, metavar=("A", "B"), help=f"ends of the {axis} axis: numbers or dates"
        )
        where.add_argument(f"--{axis}-scale", choices=["linear", "log"], default="linear", help="(linear)")
    how = verb.add_argument_group("how it looks")
    how.add_argument("--size", metavar="WxH", default="900x600", help="of the picture in pixels (900x600)")
    how.add_argument(
        "--scale", type=float, default=1, metavar="N", help="pixels for each unit: 2 for high density"
    )
    how.add_argument("--cmap", metavar="NAME", help="a colour map or palette: viridis, fire, grays_r, ...")
    how.add_argument("--how", choices=["eq_hist", "linear", "log", "cbrt"], help="values to colours")
    how.add_argument(
        "--spread", type=int, metavar="PX", help="let each pixel cover this many around it (auto)"
    )
    how.add_argument(
        "--background", metavar="COLOR", help="with --bare: colour of empty pixels (transparent)"
    )
    how.add_argument("--theme", choices=["light", "dark"], default="light", help="of the page (light)")
    how.add_argument("--title", metavar="T", help="above the picture")
    how.add_argument("--caption", metavar="T", help="a line below: where the data is from")
    how.add_argument("--x-label", metavar="T", help="below the x axis (the column's name)")
    how.add_argument("--y-label", metavar="T", help="beside the y axis (the column's name)")
    how.add_argument("--bare", action="store_true", help="the image without axes")
    text = verb.add_argument_group("text files")
    text.add_argument(
        "--type", action="append", default=[], metavar="COL=TYPE", help="int64, float64, text, date, ..."
    )
    text.add_argument("--delimiter", metavar="C", help="between fields (recognised)")
    text.add_argument("--no-header", action="store_true", help="the first line is data")
    run_group = verb.add_argument_group("how it runs")
    run_group.add_argument("--memory", metavar="SIZE", help="ceiling of the whole process: 64MB, 2GiB, 50%%")
    run_group.add_argument("--threads", type=int, metavar="N", help="at most (as many as cores)")
    run_group.add_argument("-o", "--output", metavar="OUT", default="drypoint.png", help=".png, .svg or .pdf")
    run_group.add_argument("--explain", action="store_true", help="print the plan, draw nothing")
    run_group.add_argument("--quiet", action="store_true", help="print nothing")
    run_group.add_argument("--json", action="store_true", help="print the result as one JSON object")


def _bins(text: str) -> int | str:
    """A number of bins, or the name of a rule."""
    return int(text) if text.isdecimal() else text


def run(options: argparse.Namespace) -> int:
    """Draw and say how it went."""
    import_resident = _core.resident_bytes()
    began = time.perf_counter()
    width, height = _size(options.size)
    drawn = {
        "group": options.group,
        "line_width": options.line_width,
        "step": options.step,
        "base": None if options.base is None else _number(options.base),
    }
    check_options(options.mark, **drawn)
    suffix = _suffix(options.output)
    if options.bare:
        _check_bare(options, suffix)
    elif options.background is not None:
        raise BadArgument("--background is for --bare; the background of a page comes from --theme")
    _core.check_writable(options.output)
    folder = os.path.dirname(os.path.realpath(options.output))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{options.output}: the folder {folder} cannot be written to")
    budget = _core.limit_process(options.memory) if options.memory else _core.memory()["budget"]
    reduction = _reduction(options)
    tables = options.mark in TABLES
    if tables and (options.bare or options.explain):
        raise BadArgument(f"--bare and --explain are for points and lines, not for --mark {options.mark}")
    with open_source(options) as rows:
        y = options.y[0] if options.y and len(options.y) == 1 else options.y
        x = options.x
        if not tables:
            x, y = choose_columns(rows, x, y, several=options.mark == "area")
        ranges = {"x_range": options.x_range, "y_range": options.y_range}
        ranges = {name: _range(value) for name, value in ranges.items()}
        scales = {"x_scale": options.x_scale, "y_scale": options.y_scale}
        if options.explain:
            mark = mark_of(options.mark, x, y, **drawn)
            canvas = Canvas(width, height, **ranges, **scales)
            begun = job(canvas, mark, reduction, threads=options.threads)
            print(begun.explain(rows._head()))
            return 0
        with Progress(rows.rows, enabled=not (options.quiet or options.json)) as progress:
            how = {"threads": options.threads, "exact": options.exact, "progress": progress.update}
            if options.bare:
                canvas = Canvas(width, height, **ranges, **scales)
                mark = mark_of(options.mark, x, y, **drawn)
                aggregate = aggregate_of(fold(rows, job(canvas, mark, reduction, **how)))
                image = aggregate.shade(
                    options.cmap, options.how, background=options.background, spread=options.spread or 0
                )
                image.save(options.output)
            else:
                figure = draw(
                    rows,
                    x,
                    y,
                    mark=options.mark,
                    **drawn,
                    bins=options.bins,
                    color=reduction,
                    width=width,
                    height=height,
                    title=options.title,
                    caption=options.caption,
                    x_label=options.x_label,
                    y_label=options.y_label,
                    **ranges,
                    **scales,
                    cmap=options.cmap,
                    how=options.how,
                    spread=options.spread,
                    theme=options.theme,
                    scale=options.scale,
                    **how,
                )
                figure.save(options.output)
                aggregate = figure.aggregate
    seconds = time.perf_counter() - began
    result = {
        "rows": aggregate.rows,
        "skipped": aggregate.skipped,
        "seconds": round(seconds, 4),
        "rows_per_second": round(aggregate.rows / seconds) if seconds else None,
        "peak_resident_bytes": _core.peak_resident_bytes(),
        "import_resident_bytes": import_resident,
        "budget_bytes": budget,
        "threads": aggregate._inner.threads,
        "output": options.output,
    }
    if options.json:
        print_json(result)
    elif not options.quiet:
        print(_sentence(result, limited=bool(options.memory)))
    return 0


def open_source(options: argparse.Namespace) -> Source:
    """The source that the arguments name."""
    types = {}
    for pair in options.type:
        name, equals, kind = pair.rpartition("=")
        if not equals:
            raise BadArgument(f"--type {pair}: expected COL=TYPE, such as zip=text")
        types[name] = kind
    header = False if options.no_header else None
    if "-" in options.source:
        if len(options.source) > 1:
            raise BadArgument("- (standard input) cannot be drawn together with files")
        if sys.stdin is None:
            raise BadArgument("- (standard input) is closed")
        return Source(
            _core.scan_descriptor(sys.stdin.fileno(), "standard input", types, options.delimiter, header)
        )
    return scan(options.source, types=types, delimiter=options.delimiter, header=header)


def _reduction(options: argparse.Namespace) -> Reduction:
    if options.of is None and options.reduce not in ("count", "any"):
        raise BadArgument(f"--reduce {options.reduce} needs --of COL")
    inner = Reduction(options.reduce, options.of)
    if options.by is None:
        return inner
    return by(options.by, count() if inner == count() else inner)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise BadArgument(f"--size {text}: expected WIDTHxHEIGHT in pixels, such as 900x600")
    return int(width), int(height)


def _range(ends: list[str] | None) -> tuple[float | str, float | str] | None:
    if ends is None:
        return None
    start, end = (_number(end) for end in ends)
    return start, end


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text  # a date, which the core reads in the unit of the column


def _check_bare(options: argparse.Namespace, suffix: str) -> None:
    """An image without axes has no place for what belongs to a page."""
    if suffix != ".png":
        raise BadArgument(f"--bare writes an image without axes: the output must end in .png, not {suffix}")
    given = {"--title": options.title, "--caption": options.caption}
    given |= {"--x-label": options.x_label, "--y-label": options.y_label}
    given["--theme"] = None if options.theme == "light" else options.theme
    given["--scale"] = None if options.scale == 1 else options.scale
    useless = [name for name, value in given.items() if value is not None]
    if useless:
        raise BadArgument(f"--bare writes an image without axes: {', '.join(useless)} cannot be shown")


def _suffix(path: str) -> str:
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in _FORMATS:
        raise UnknownFormat(f"--output {path!r}: the output must end in one of {', '.join(_FORMATS)}")
    return suffix


def _sentence(result: dict[str, Any], *, limited: bool) -> str:
    skipped = f" ({result['skipped']:,} skipped)" if result["skipped"] else ""
    budget = f" of {Readable(result['budget_bytes'])}" if limited else ""
    return (
        f"{result['rows']:,} rows{skipped} in {result['seconds']:.2f} s, "
        f"{Readable(result['rows_per_second'], '')} rows/s, "
        f"peak {Readable(result['peak_resident_bytes'])}{budget} → {result['output']}"
    )
