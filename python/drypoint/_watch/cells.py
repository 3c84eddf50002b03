"""Text in the cells of a terminal.

Names come from other people's programs, and a saved document may come from anywhere: what a terminal would obey rather
than show is written out, and East Asian characters count as the two cells that they take. `textwrap` knows neither.
"""

from __future__ import annotations

from unicodedata import category, combining, east_asian_width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["fit", "printable", "table", "width", "wrap"]


def printable(text: str) -> str:
    r"""A text as one line that a terminal only shows.

    Parameters
    ----------
    text : str
        Any.

    Returns
    -------
    str
        White space as single spaces; control, format and half characters as Python writes them.

    Examples
    --------
    >>> printable("a\tb\x1b[31m")
    'a b\\x1b[31m'
    """
    spaced = " ".join(text.split())
    if spaced.isprintable():
        return spaced
    return "".join(_shown(character) for character in spaced)


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return " " if category(character) == "Zs" else character.encode("unicode_escape").decode()


def width(text: str) -> int:
    """Cells that a printable text takes.

    Parameters
    ----------
    text : str
        As `printable` gives it.

    Returns
    -------
    int
        Its cells.

    Examples
    --------
    >>> width("plot"), width("図")
    (4, 2)
    """
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def fit(text: str, cells: int) -> str:
    """A text cut on its left, where paths say least.

    Parameters
    ----------
    text : str
        As `printable` gives it.
    cells : int
        It may take so many.

    Returns
    -------
    str
        It, or its end after an ellipsis.

    Examples
    --------
    >>> fit("/home/me/plots/app.py:42", 12)
    '…s/app.py:42'
    """
    if width(text) <= cells:
        return text
    while text and width(text) > cells - 1:
        text = text[1:]
    return f"…{text}"


def wrap(text: str, cells: int, indent: str = "") -> list[str]:
    """Lines of a paragraph.

    Parameters
    ----------
    text : str
        As `printable` gives it.
    cells : int
        A line may take so many, its indent included.
    indent : str
        Before each line.

    Returns
    -------
    list of str
        Broken at spaces; a word that is longer than a line is broken where the line ends.
    """
    room = max(cells - width(indent), 1)
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and width(lines[-1]) + 1 + width(word) <= room:
            lines[-1] += f" {word}"
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if lines[-1] and width(lines[-1]) + width(character) > room:
                lines.append("")
            lines[-1] += character
    return [indent + line for line in lines]


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], left: int, cells: int) -> list[str]:
    """Lines of a table: texts on the left, numbers on the right.

    Parameters
    ----------
    heads : tuple of str
        The first line.
    rows : sequence of tuple of str
        Printable, and as long as the heads.
    left : int
        So many columns are texts; the widest of them is cut while the table is too wide.
    cells : int
        A line may take so many.

    Returns
    -------
    list of str
        The heads, then the rows.
    """
    widths = [max(width(row[place]) for row in (heads, *rows)) for place in range(len(heads))]
    while sum(widths) + 2 * (len(widths) - 1) > cells and max(widths[:left]) > 12:
        widths[widths.index(max(widths[:left]))] -= 1
    lines = []
    for row in (heads, *rows):
        shown = [*map(fit, row[:left], widths), *row[left:]]
        padded = [
            text + " " * (cell - width(text)) if place < left else " " * (cell - width(text)) + text
            for place, (text, cell) in enumerate(zip(shown, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    return lines
