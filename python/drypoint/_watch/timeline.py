"""The memory of a run over its seconds, drawn by Drypoint itself.

Drypoint draws points, so a line is the points along it, at the distance at which they touch. However many samples there
are, each column of pixels shows the least and the most of its samples, so that a peak of one sample is never lost.
"""

from __future__ import annotations

import itertools
from array import array

from .._figure import Figure
from .._readable import Readable
from .._reductions import any as any_
from .._reductions import by

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Literal

    from .document import Document

__all__ = ["Chart", "charts"]

RESIDENT, LIVE, COLLECTION, FIGURES = "resident", "arrays", "collection", "figures open"
COLORS = {RESIDENT: "#d1495b", LIVE: "#3f90da", COLLECTION: "#94a4a2", FIGURES: "#b8860b"}
#: Space above the highest line, and where in it, as a part of the chart's height, the marks of the collector begin.
ROOM, MARK = 1.08, 0.965
#: Columns of the widest picture that a line is kept for.
FINEST = 4_000
#: A chart of fewer figures would have ticks between whole numbers.
LEAST_FIGURES = 10


class Chart:
    """One picture, that can be drawn in any size.

    Parameters
    ----------
    lines : dict of str to list of list of (float, float)
        By their names, the pieces of each line, each of them places in units of the axes.
    y_label : str
        What the heights are.
    y_top : float
        Where the upper end is; the lower one is 0.
    told : str
        What can be seen, for those who do not see it.

    Attributes
    ----------
    told : str
        The same.
    """

    def __init__(
        self, lines: dict[str, list[list[tuple[float, float]]]], y_label: str, y_top: float, told: str
    ) -> None:
        self.lines = lines
        self.y_label = y_label
        self.y_top = y_top
        self.told = told

    def svg(self, width: int, height: int, theme: Literal["light", "dark"]) -> bytes:
        """The picture.

        Parameters
        ----------
        width, height : int
            Of the page, in units of 1/96 inch.
        theme : {"light", "dark"}
            Its colours.

        Returns
        -------
        bytes
            An SVG of its own.
        """
        from pathlib import Path
        from tempfile import TemporaryDirectory

        end = max(place[0] for pieces in self.lines.values() for piece in pieces for place in piece)
        across, up, names = array("d"), array("d"), []
        for name, pieces in sorted(self.lines.items()):
            for piece in pieces:
                for x, y in _along(piece, end / width, self.y_top / height):
                    across.append(x)
                    up.append(y)
                    names.append(name)
        figure = Figure(
            width,
            height,
            x_label="seconds",
            y_label=self.y_label,
            x_range=(0, end),
            y_range=(0, self.y_top),
            theme=theme,
            scale=2,
        )
        figure.points(
            {"seconds": across, "y": up, " ": names},
            x="seconds",
            y="y",
            color=by(" ", any_()),
            cmap=[COLORS[name] for name in sorted(self.lines)],
            spread=2,
        )
        with TemporaryDirectory() as folder:
            path = Path(folder, "chart.svg")
            figure.save(path)
            return path.read_bytes()


def charts(document: Document) -> list[Chart]:
    """The pictures of a run.

    Parameters
    ----------
    document : Document
        The run.

    Returns
    -------
    list of Chart
        Memory with the marks of the garbage collector; open figures, if there were any. None for a run of one sample.
    """
    timeline = document["timeline"]
    seconds = timeline["seconds"]
    if len(seconds) < 2 or seconds[-1] <= 0:
        return []
    scale, unit = _unit(max(*timeline["resident"], *timeline["live"], 1))
    top = max(*timeline["resident"], *timeline["live"], 1) / scale * ROOM
    lines = {
        name: [_thinned((at, size / scale) for at, size in zip(seconds, timeline[of], strict=True))]
        for name, of in ((RESIDENT, "resident"), (LIVE, "live"))
    }
    runs = list(_rises(seconds, timeline["collections"]))
    if runs:
        apart = {int(at / seconds[-1] * FINEST): at for at in runs}
        lines[COLLECTION] = [[(at, top * MARK), (at, top)] for at in apart.values()]
    resident = document["resident"]
    told = (
        f"Resident memory over {seconds[-1]:,.3g} seconds: {Readable(resident['start'])} at the start, at most "
        f"{Readable(resident['peak'])}, {Readable(resident['end'])} at the end. Large arrays: at most "
        f"{Readable(document['live']['peak'])}, {Readable(document['live']['end'])} at the end. "
        f"The garbage collector ran in {len(runs):,} of {len(seconds):,} samples."
    )
    drawn = [Chart(lines, f"memory, {unit}", top, told)]
    most = max(timeline["figures"])
    if most > 0:
        steps = _thinned(_steps(seconds, timeline["figures"]))
        told = (
            f"Figures open over the same seconds: at most {most:,}, {timeline['figures'][-1]:,} at the end."
        )
        drawn.append(Chart({FIGURES: [steps]}, FIGURES, max(most, LEAST_FIGURES) * ROOM, told))
    return drawn


def _unit(most: float) -> tuple[float, str]:
    """The unit in which the highest value has one to four digits."""
    for scale, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if most >= 1.5 * scale:
            return scale, unit
    return 1, "B"


def _rises(seconds: list[float], counts: list[float]) -> Iterator[float]:
    """When a count went up."""
    for at, before, after in zip(seconds[1:], counts, counts[1:], strict=False):
        if after > before:
            yield at


def _steps(seconds: list[float], counts: list[float]) -> list[tuple[float, float]]:
    """A count stays as it is until it changes."""
    places: list[tuple[float, float]] = []
    for at, count in zip(seconds, counts, strict=True):
        if places:
            places.append((at, places[-1][1]))
        places.append((at, count))
    return places


def _thinned(line: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """A line for every size of a picture, so that a long run is gone through once and not for each."""
    places = list(line)
    return list(_columns(places, places[-1][0] / FINEST))


def _along(line: list[tuple[float, float]], x_step: float, y_step: float) -> Iterator[tuple[float, float]]:
    """Points along a line, no two further from each other than a step."""
    kept = list(_columns(line, x_step))
    yield kept[0]
    for (x, y), (x_next, y_next) in itertools.pairwise(kept):
        steps = int(max(abs(x_next - x) / x_step, abs(y_next - y) / y_step)) + 1
        for step in range(1, steps + 1):
            part = step / steps
            yield x + (x_next - x) * part, y + (y_next - y) * part


def _columns(line: list[tuple[float, float]], x_step: float) -> Iterator[tuple[float, float]]:
    """Of all places within one step the first, the lowest, the highest and the last."""
    gathered: list[tuple[float, float]] = []
    for place in line:
        if gathered and int(place[0] / x_step) != int(gathered[0][0] / x_step):
            yield from _ends(gathered)
            gathered = []
        gathered.append(place)
    yield from _ends(gathered)


def _ends(places: list[tuple[float, float]]) -> list[tuple[float, float]]:
    if len(places) < 5:
        return places
    heights = [place[1] for place in places]
    kept = {0, heights.index(min(heights)), heights.index(max(heights)), len(places) - 1}
    return [places[number] for number in sorted(kept)]
